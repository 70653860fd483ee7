"""What becomes of an occurrence when its text was sent, or ended unsent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text

from app.careplans import ending
from app.careplans.ending import Ending
from app.careplans.reasons import OccurrenceState, WhyNot
from app.careplans.touch_keys import occurrence_of
from app.core.db import db
from app.customers import contacts
from app.events import TouchEnded
from app.purchases import stock

SENT, MAYBE_SENT = "sent", "needs_attention"

REASONS: Mapping[str, WhyNot] = {
    "ordered": WhyNot.ORDERED,
    "answered": WhyNot.ANSWERED,
    "complained": WhyNot.COMPLAINED,
    "opted_out": WhyNot.STOPPED,
    "unreachable": WhyNot.UNREACHABLE,
    "too_late": WhyNot.TOO_LATE,
    "switched_off": WhyNot.PLAN_SWITCHED_OFF,
    "restricted": WhyNot.RESTRICTED,
    "country": WhyNot.COUNTRY,
}


def settle_text(fact: TouchEnded, *, now: datetime) -> None:
    """Sent is done. What ended unsent gives its slot and its goods back, and keeps the reason."""
    if fact.outcome in (SENT, MAYBE_SENT):
        _done(fact, now=now)
        return
    contacts.release(fact.origin_key, reason=fact.why or "not_sent", now=now)
    stock.release(fact.origin_key, now=now)
    row = occurrence_of(fact.origin_key)
    if row is None or row.state != OccurrenceState.MADE or row.task_id is not None:
        return
    _note(row.id, outcome=fact.outcome, words=fact.reason)
    ending.settle([Ending(row.id, OccurrenceState.ENDED, REASONS.get(fact.why, WhyNot.NOT_SENT))], now=now)


def _done(fact: TouchEnded, *, now: datetime) -> None:
    if fact.outcome == MAYBE_SENT:
        # Nobody knows: it may have been read, so it counts as a contact.
        contacts.record_now(fact.origin_key, now=now)
    row = occurrence_of(fact.origin_key)
    if row is None or row.task_id is not None:
        return
    # A text that had failed may have been sent again by hand.
    if row.state == OccurrenceState.MADE or (row.state == OccurrenceState.ENDED and row.reason == WhyNot.NOT_SENT):
        db.session.execute(
            text("""UPDATE occurrence SET state = 'done', reason = NULL, decided_at = :now
                    WHERE id = :id OR (lead_id = :id AND state = 'made')"""),
            {"id": row.id, "now": now},
        )
        _note(row.id, outcome=fact.outcome, words="")


def _note(occurrence_id: int, *, outcome: str, words: str) -> None:
    told = {"text": outcome} | ({"text_reason": words} if words else {})
    db.session.execute(
        text("UPDATE occurrence SET detail = detail || CAST(:told AS jsonb) WHERE id = :id"),
        {"id": occurrence_id, "told": json.dumps(told)},
    )
