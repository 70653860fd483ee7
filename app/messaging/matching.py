"""Which open question a text answers. Only questions that the customer can have read are looked at, never tasks.

One fits: that one. Several fit: the customer is asked back and names one by its two-digit code, alone ("11": what was
said before is meant of this one) or with the answer behind it ("11 2").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.db import db
from app.messaging import outbound, questions, visits, words
from app.messaging.intents import Intent, IntentKind, normalise, read
from app.messaging.kinds import Kind
from app.messaging.models import Inbound, Message, QuestionKind, Reach
from app.messaging.outbound import Draft, Recipient
from app.messaging.questions import Open
from app.tasks.models import Task

ASK_BACK_WITHIN = timedelta(hours=2)
MOST_NAMED = 4
AMBIGUOUS = "ambiguous"

FITTING: Mapping[QuestionKind, frozenset[IntentKind]] = {
    QuestionKind.CONFIRM: frozenset({IntentKind.CONFIRM, IntentKind.RESCHEDULE}),
    QuestionKind.SLOT: frozenset({IntentKind.CONFIRM, IntentKind.RESCHEDULE}),
    QuestionKind.RATING: frozenset({IntentKind.RATING}),
    QuestionKind.REORDER: frozenset({IntentKind.REORDER, IntentKind.REFUSE}),
    QuestionKind.REMEDY: frozenset({IntentKind.CONFIRM, IntentKind.REFUSE}),
    QuestionKind.OWNER: frozenset({IntentKind.CONFIRM, IntentKind.REFUSE}),
}
"""What counts as an answer to a question."""

_CODE = re.compile(r"^(?P<code>[1-9][0-9])(?:[ ,.:;)、-]+(?P<rest>.+))?$")

_MATTERS = {
    QuestionKind.RATING: {"zh_Hans": "打分", "zh_Hant": "評分", "en": "rating"},
    QuestionKind.REORDER: {"zh_Hans": "再订", "zh_Hant": "再訂", "en": "order again"},
    QuestionKind.REMEDY: {"zh_Hans": "您反映的事", "zh_Hant": "您反映的事", "en": "your complaint"},
    QuestionKind.OWNER: {"zh_Hans": "换专员", "zh_Hant": "換專員", "en": "your associate"},
    QuestionKind.CONFIRM: {"zh_Hans": "预约", "zh_Hant": "預約", "en": "appointment"},
    QuestionKind.SLOT: {"zh_Hans": "改时间", "zh_Hant": "改時間", "en": "new time"},
}


@dataclass(frozen=True)
class Match:
    """An open question and what the text says to it. `said` may be an earlier text that a code now explains."""

    open: Open
    intent: Intent
    said: str

    @property
    def kind(self) -> QuestionKind:
        return QuestionKind(self.open.question.kind)


def waiting_questions(inbound: Inbound, *, now: datetime) -> list[Open]:
    """What the customer was asked and has not answered. A text that came late can't answer what was asked after it."""
    assert inbound.customer_id is not None
    waiting = questions.open_of(inbound.customer_id, now=now)
    return [one for one in waiting if not inbound.is_late or _was_asked_before(one.message, inbound.received_at)]


def matches_of(inbound: Inbound, waiting: Sequence[Open], *, now: datetime) -> list[Match]:
    """The open questions that this text answers; more than one when the customer has to be asked back."""
    by_code = _match_by_code(inbound, waiting, now=now)
    if by_code is not None:
        return [by_code]
    matches = [match for one in waiting if (match := match_of(one, inbound.body)) is not None]
    # Two times were offered a moment ago: 1 and 2 choose between them, whatever else is open.
    slots = [match for match in matches if match.kind is QuestionKind.SLOT]
    return slots[:1] or matches


def match_of(one: Open, said: str) -> Match | None:
    kind = QuestionKind(one.question.kind)
    intent = read(said, asked=kind.value)
    if intent.kind not in FITTING[kind]:
        return None
    if kind is QuestionKind.SLOT and intent.kind is IntentKind.CONFIRM and not _offers(one, intent.value):
        return None
    return Match(open=one, intent=intent, said=said)


def ask_which(inbound: Inbound, matches: Sequence[Match], recipient: Recipient, *, now: datetime) -> bool:
    """Ask back with a code for each matter. False when that would not help: a person has to find out.

    Nobody is asked twice within two hours, for more than four matters, or where the answer could not reach us.
    """
    if recipient.reach is Reach.ONE_WAY or _asked_back(inbound, now=now) or len(matches) > MOST_NAMED:
        return False
    options = "; ".join(f"{match.open.question.code} {_name_of(match.open, recipient)}" for match in matches)
    key = f"inbound:{inbound.id}:{Kind.WHICH_ONE}"
    draft = Draft(kind=Kind.WHICH_ONE, dedupe_key=key, words={"options": options}, answers_inbound_id=inbound.id)
    return outbound.write(recipient, draft, now=now) is not None


def _offers(one: Open, number: int | None) -> bool:
    return number is not None and 1 <= number <= len(one.question.options)


def _was_asked_before(message: Message, moment: datetime) -> bool:
    return message.submitted_at is not None and message.submitted_at <= moment


def _match_by_code(inbound: Inbound, waiting: Sequence[Open], *, now: datetime) -> Match | None:
    found = _CODE.match(normalise(inbound.body))
    one = next((item for item in waiting if found and item.question.code == found["code"]), None)
    if found is None or one is None:
        return None
    said = found["rest"] or _text_asked_back_about(inbound, now=now)
    return match_of(one, said) if said else None


def _text_asked_back_about(inbound: Inbound, *, now: datetime) -> str | None:
    return db.session.scalar(
        select(Inbound.body)
        .where(
            Inbound.customer_id == inbound.customer_id,
            Inbound.intent == AMBIGUOUS,
            Inbound.received_at > now - ASK_BACK_WITHIN,
        )
        .order_by(Inbound.received_at.desc(), Inbound.id.desc())
        .limit(1)
    )


def _asked_back(inbound: Inbound, *, now: datetime) -> bool:
    return _text_asked_back_about(inbound, now=now) is not None


def _name_of(one: Open, recipient: Recipient) -> str:
    """What a question was about, in a few words."""
    kind = QuestionKind(one.question.kind)
    matter = _MATTERS[kind][recipient.locale]
    task = db.session.get(Task, one.question.subject_id) if one.question.subject_type == "task" else None
    if task is None:
        return matter
    day = words.day(task.window_start, zone=recipient.shop_zone, locale=recipient.locale)
    happens = visits.what_happens(task, locale=recipient.locale)
    return f"{day} {happens} {matter}" if kind is QuestionKind.RATING else f"{day} {happens}"
