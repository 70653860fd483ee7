"""The text that introduces who looks after a customer from now on, and what the customer answers to it.

It is one proactive contact: nobody asked for it and it belongs to no task, so it needs the consent to care, keeps to
the hours for such texts and takes the household's next free slot. When a visit comes first, that visit's own text has
named the new face already; so the introduction waits up to two weeks and then ends as too late.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_

from app.core.db import db
from app.customers.hand_over_models import HandOver, HandOverLine, LineState
from app.events import CustomerHandedOver
from app.messaging import outbound, questions, words
from app.messaging.kinds import Kind
from app.messaging.models import Message, QuestionKind, Reach
from app.messaging.outbound import Draft
from app.messaging.questions import Ask
from app.people.models import Staff

SUBJECT = "hand_over"
LASTS = timedelta(days=14)
OVER = "the hand-over has ended"

_PERIODS = {
    "zh_Hans": ("今后", "即日起至{day}"),
    "zh_Hant": ("今後", "即日起至{day}"),
    "en": ("from now on", "until {day}"),
}


def introduce(fact: CustomerHandedOver, *, now: datetime) -> None:
    """Write the text, unless the hand-over is over already; take back the one of the hand-over before."""
    _withdraw_earlier(fact, now=now)
    line = db.session.get(HandOverLine, fact.line_id, populate_existing=True)
    if not fact.introduces or line is None or line.state != LineState.GIVEN:
        return
    recipient = outbound.recipient_of(line.customer_id)
    if recipient is None:
        return
    made = db.session.get_one(HandOver, line.hand_over_id)
    ends = min(now + LASTS, made.until) if made.until is not None else now + LASTS
    if ends <= now:
        return
    names = {staff_id: db.session.get_one(Staff, staff_id).name for staff_id in (line.from_id, line.to_id)}
    for_good, for_a_time = _PERIODS[recipient.locale]
    period = for_good
    if made.until is not None:
        period = for_a_time.format(day=words.day(made.until, zone=recipient.shop_zone, locale=recipient.locale))
    draft = Draft(
        kind=Kind.HAND_OVER,
        dedupe_key=f"hand_over:{line.id}",
        words={
            "who": words.colleague(names[line.to_id], locale=recipient.locale),
            "former": words.colleague(names[line.from_id], locale=recipient.locale),
            "period": period,
        },
        expires_at=ends,
        ask=Ask(QuestionKind.OWNER, SUBJECT, line.id, expires_at=ends) if recipient.reach is Reach.TWO_WAY else None,
    )
    outbound.write(recipient, draft, now=now)


def _withdraw_earlier(fact: CustomerHandedOver, *, now: datetime) -> None:
    """An introduction that has not gone out would name the wrong person; an open question about it has no sense."""
    key = f"hand_over:{fact.line_id}"
    stale = and_(
        Message.customer_id == fact.customer_id,
        Message.kind == Kind.HAND_OVER.value,
        (outbound.first_key() != key) | (fact.is_back),
    )
    outbound.cancel_waiting(stale, reason=OVER, now=now)
    asked = db.session.query(Message.id).filter(stale).all()
    questions.close_of_messages([row.id for row in asked], reason=OVER, now=now)
