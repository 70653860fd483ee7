"""Understanding a stored text: match it to what was asked, do it, or hand it to a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.db import db
from app.core.errors import Problem
from app.core.outbox import publish
from app.customers import consent
from app.customers.values import ConsentSource
from app.events import QuestionAnswered
from app.messaging import conversations, outbound, questions, visits, words
from app.messaging.inbound import says_stop
from app.messaging.intents import CARRIER_HELP, CARRIER_START, Intent, IntentKind, normalise, read
from app.messaging.kinds import Kind
from app.messaging.models import Attention, Inbound, QuestionKind
from app.messaging.outbound import Draft, Recipient
from app.messaging.questions import Ask, Open
from app.people.access import Actor
from app.tasks import service as tasks
from app.tasks.models import Task

SLOTS_OPEN_FOR = timedelta(hours=24)
ASK_BACK_WITHIN = timedelta(hours=2)
LOW_RATING = 2

_CODE = re.compile(r"^(?P<code>[1-9][0-9])(?:[ ,.:;-]+(?P<rest>.+))?$")

FITTING = {
    QuestionKind.CONFIRM: frozenset({IntentKind.CONFIRM, IntentKind.RESCHEDULE}),
    QuestionKind.SLOT: frozenset({IntentKind.CONFIRM, IntentKind.RESCHEDULE}),
    QuestionKind.RATING: frozenset({IntentKind.RATING}),
    QuestionKind.REORDER: frozenset({IntentKind.REORDER}),
}


@dataclass(frozen=True)
class Match:
    """An open question and what the text says to it. `said` may be an earlier text that a code now explains."""

    open: Open
    intent: Intent
    said: str


@dataclass(frozen=True)
class Understood:
    """What became of a text: its meaning, and whether a person has to look."""

    intent: str
    needs_person: bool = False
    attention: Attention | None = None
    pauses: bool = False


def understand(inbound_id: int, *, now: datetime) -> None:
    """Act on one stored text, once."""
    inbound = db.session.get(Inbound, inbound_id, with_for_update=True, populate_existing=True)
    if inbound is None or inbound.handled_at is not None:
        return
    if inbound.customer_id is not None:
        conversations.lock_thread(inbound.customer_id)
    understood = _read_text(inbound, now=now)
    if inbound.is_late and understood.intent != IntentKind.OPT_OUT:
        # Nothing answers it by itself any more (outbound.write), so somebody does.
        understood = replace(understood, needs_person=True)
    inbound.intent = understood.intent
    inbound.handled_at = now
    db.session.flush()
    conversations.note_inbound(
        inbound,
        needs_person=understood.needs_person,
        attention=understood.attention,
        pauses=understood.pauses,
    )


def _read_text(inbound: Inbound, *, now: datetime) -> Understood:
    intent = read(inbound.body)
    if says_stop(inbound.body, inbound.opt_out_type):
        return Understood(IntentKind.OPT_OUT)
    if consent.is_opted_out(inbound.from_phone):
        return _from_a_stopped_number(inbound, intent, now=now)
    if inbound.customer_id is None:
        return Understood(intent.kind, needs_person=True, attention=Attention.UNKNOWN_SENDER)
    if intent.kind is IntentKind.COMPLAINT:
        return Understood(IntentKind.COMPLAINT, needs_person=True, attention=Attention.COMPLAINT)
    if intent.kind is IntentKind.HELP:
        return _help(inbound, now=now)
    matches = _matches(inbound, now=now)
    if len(matches) > 1:
        return _ask_which(inbound, matches, now=now)
    if matches:
        return _answer(matches[0], inbound, now=now)
    if intent.kind is IntentKind.OPT_OUT and intent.doubtful:
        return Understood(IntentKind.OPT_OUT, needs_person=True, attention=Attention.MAYBE_OPT_OUT, pauses=True)
    return Understood(intent.kind, needs_person=intent.kind is not IntentKind.OPT_IN)


def _from_a_stopped_number(inbound: Inbound, intent: Intent, *, now: datetime) -> Understood:
    """Only START and its like open it again, and then do nothing else; other words go to a person."""
    wants_in = intent.kind is IntentKind.OPT_IN or intent.word in CARRIER_START or inbound.opt_out_type == "START"
    if not wants_in:
        return Understood(intent.kind, needs_person=True)
    actor = Actor.customer(inbound.customer_id) if inbound.customer_id else Actor.system("sms")
    consent.opt_in(inbound.from_phone, source=ConsentSource.SMS, text=inbound.body, actor=actor, now=now)
    return Understood(IntentKind.OPT_IN)


def _help(inbound: Inbound, *, now: datetime) -> Understood:
    carrier_answers = inbound.provider == "twilio" and read(inbound.body).word in CARRIER_HELP
    if not carrier_answers and inbound.opt_out_type is None:
        _write_answer(Kind.HELP, inbound, {}, now=now)
    return Understood(IntentKind.HELP)


# Which question is meant


def _matches(inbound: Inbound, *, now: datetime) -> list[Match]:
    """The open questions that this text answers; a two-digit code in front names one."""
    assert inbound.customer_id is not None
    waiting = questions.open_of(inbound.customer_id, now=now)
    by_code = _match_by_code(inbound, waiting, now=now)
    if by_code is not None:
        return [by_code]
    matches = [match for one in waiting if (match := _match(one, inbound.body)) is not None]
    # Two times were offered a moment ago: 1 and 2 choose between them, whatever else is open.
    slots = [match for match in matches if match.open.question.kind == QuestionKind.SLOT]
    return slots[:1] or matches


def _match(one: Open, said: str) -> Match | None:
    kind = QuestionKind(one.question.kind)
    intent = read(said, asked=kind.value)
    if intent.kind not in FITTING[kind]:
        return None
    if kind is QuestionKind.SLOT and intent.kind is IntentKind.CONFIRM and intent.value is None:
        return None
    return Match(open=one, intent=intent, said=said)


def _match_by_code(inbound: Inbound, waiting: Sequence[Open], *, now: datetime) -> Match | None:
    found = _CODE.match(normalise(inbound.body))
    one = next((item for item in waiting if found and item.question.code == found["code"]), None)
    if found is None or one is None:
        return None
    said = found["rest"] or _text_asked_back_about(inbound, now=now)
    return _match(one, said) if said else None


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


AMBIGUOUS = "ambiguous"


def _ask_which(inbound: Inbound, matches: Sequence[Match], *, now: datetime) -> Understood:
    recipient = _recipient(inbound)
    if recipient is None:
        return Understood(AMBIGUOUS, needs_person=True)
    options = "; ".join(f"{match.open.question.code} {_name_of(match.open, recipient)}" for match in matches[:4])
    _write_answer(Kind.WHICH_ONE, inbound, {"options": options}, now=now)
    return Understood(AMBIGUOUS)


def _name_of(one: Open, recipient: Recipient) -> str:
    """What a question was about, in a few words."""
    task = db.session.get(Task, one.question.subject_id) if one.question.subject_type == "task" else None
    if task is None:
        return one.question.kind
    day = words.day(task.window_start, zone=recipient.shop_zone, locale=recipient.locale)
    happens = visits.what_happens(task, locale=recipient.locale)
    if one.question.kind == QuestionKind.RATING:
        stars = {"zh_Hans": "打分", "zh_Hant": "評分", "en": "rating"}[recipient.locale]
        return f"{day} {happens} {stars}"
    return f"{day} {happens}"


# Doing what the answer says


def _answer(match: Match, inbound: Inbound, *, now: datetime) -> Understood:
    """Call down for tasks, publish for matters above; what no longer fits goes to a person."""
    try:
        with db.session.begin_nested():
            return _act(match, inbound, now=now)
    except Problem:
        questions.answer(match.open.question, with_text=match.said, inbound_id=inbound.id, now=now)
        return Understood(match.intent.kind, needs_person=True)


def _act(match: Match, inbound: Inbound, *, now: datetime) -> Understood:
    question = match.open.question
    actor = Actor.customer(question.customer_id)
    questions.answer(question, with_text=match.said, inbound_id=inbound.id, now=now)
    if question.subject_type != "task":
        _publish_answer(match, now=now)
        return Understood(match.intent.kind)
    if question.kind == QuestionKind.RATING:
        return _rate(match, actor, now=now)
    if match.intent.kind is IntentKind.RESCHEDULE:
        return _offer_slots(match, inbound, now=now)
    if question.kind == QuestionKind.SLOT:
        return _take_slot(match, actor, now=now)
    tasks.confirm(question.subject_id, actor=actor, now=now)
    recipient = _recipient(inbound, store_id=match.open.message.store_id)
    if recipient is not None:
        _write_confirmed(question.subject_id, inbound, recipient, now=now)
    return Understood(IntentKind.CONFIRM)


def _rate(match: Match, actor: Actor, *, now: datetime) -> Understood:
    stars = match.intent.value or 0
    tasks.rate(match.open.question.subject_id, stars=stars, actor=actor, now=now)
    if stars <= LOW_RATING:
        return Understood(IntentKind.RATING, needs_person=True, attention=Attention.LOW_RATING)
    return Understood(IntentKind.RATING)


def _offer_slots(match: Match, inbound: Inbound, *, now: datetime) -> Understood:
    """Two other times; a person takes over when there are none, or when the offered ones don't suit."""
    question = match.open.question
    task = db.session.get(Task, question.subject_id)
    recipient = _recipient(inbound, store_id=match.open.message.store_id)
    if task is None or recipient is None or question.kind == QuestionKind.SLOT:
        return Understood(IntentKind.RESCHEDULE, needs_person=True)
    slots = tasks.offer_slots(task, now)
    if len(slots) < 2:
        return Understood(IntentKind.RESCHEDULE, needs_person=True)
    named = [
        words.slot(one.window_start, one.window_end, zone=recipient.shop_zone, locale=recipient.locale)
        for one in slots[:2]
    ]
    outbound.write(
        recipient,
        Draft(
            kind=Kind.SLOTS,
            dedupe_key=f"inbound:{inbound.id}:slots",
            words=visits.words_for(task, recipient) | {"slot1": named[0], "slot2": named[1]},
            task_id=task.id,
            task_type=task.type,
            answers_inbound_id=inbound.id,
            ask=Ask(
                QuestionKind.SLOT,
                "task",
                task.id,
                expires_at=min(now + SLOTS_OPEN_FOR, slots[0].window_start),
                options=[
                    {"start": one.window_start.isoformat(), "end": one.window_end.isoformat()} for one in slots[:2]
                ],
            ),
        ),
        now=now,
    )
    return Understood(IntentKind.RESCHEDULE)


def _take_slot(match: Match, actor: Actor, *, now: datetime) -> Understood:
    """The customer chose: the task moves and is confirmed; the text that says so follows from the fact."""
    chosen = match.open.question.options[(match.intent.value or 1) - 1]
    tasks.reschedule(
        match.open.question.subject_id,
        window_start=datetime.fromisoformat(chosen["start"]),
        window_end=datetime.fromisoformat(chosen["end"]),
        actor=actor,
        now=now,
    )
    return Understood(IntentKind.CONFIRM)


def _publish_answer(match: Match, *, now: datetime) -> None:
    question = match.open.question
    publish(
        QuestionAnswered(
            question_id=question.id,
            customer_id=question.customer_id,
            kind=question.kind,
            subject_type=question.subject_type,
            subject_id=question.subject_id,
            answer=str(match.intent.value or match.intent.kind),
            occurred_at=now,
        )
    )


def _write_confirmed(task_id: int, inbound: Inbound, recipient: Recipient, *, now: datetime) -> None:
    task = db.session.get(Task, task_id, populate_existing=True)
    if task is None:
        return
    outbound.write(
        recipient,
        Draft(
            kind=Kind.CONFIRMED,
            dedupe_key=f"inbound:{inbound.id}:confirmed",
            words=visits.words_for(task, recipient),
            task_id=task.id,
            task_type=task.type,
            speaks_of=task.window_start,
            answers_inbound_id=inbound.id,
            expires_at=task.window_end,
        ),
        now=now,
    )


def _write_answer(kind: Kind, inbound: Inbound, said: dict[str, str], *, now: datetime) -> None:
    recipient = _recipient(inbound)
    if recipient is not None:
        key = f"inbound:{inbound.id}:{kind}"
        draft = Draft(kind=kind, dedupe_key=key, words=said, answers_inbound_id=inbound.id)
        outbound.write(recipient, draft, now=now)


def _recipient(inbound: Inbound, *, store_id: int | None = None) -> Recipient | None:
    return outbound.recipient_of(inbound.customer_id, store_id=store_id) if inbound.customer_id else None
