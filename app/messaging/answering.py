"""Doing what an answer says: call down for tasks and complaints, publish for matters above.

What no longer fits (the visit has moved meanwhile, is over, was rated) changes nothing and goes to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.complaints import service as complaints
from app.core.db import db
from app.core.errors import Problem
from app.core.outbox import publish
from app.customers import hand_overs
from app.events import QuestionAnswered
from app.messaging import outbound, pointless, questions, visits, words
from app.messaging.intents import IntentKind
from app.messaging.kinds import Kind
from app.messaging.matching import Match
from app.messaging.models import Attention, Inbound, QuestionKind, Reach
from app.messaging.outbound import Draft, Recipient
from app.messaging.questions import Ask
from app.people.access import Actor
from app.tasks import service as tasks
from app.tasks.models import Task

SLOTS_OPEN_FOR = timedelta(hours=24)
LOW_RATING = 2
"""So few stars, or fewer, are for a person to look at."""


@dataclass(frozen=True)
class Understood:
    """What became of a text: its meaning, and whether a person has to look."""

    intent: str
    needs_person: bool = False
    attention: Attention | None = None
    pauses: bool = False


def answer(match: Match, inbound: Inbound, *, now: datetime) -> Understood:
    """Mark the question answered and do what the answer says, all or nothing."""
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
    match match.kind:
        case QuestionKind.REMEDY:
            return _remedy(match, actor, now=now)
        case QuestionKind.OWNER:
            return _new_face(match, actor, now=now)
        case _ if question.subject_type != "task":
            return _tell_above(match, inbound, now=now)
        case QuestionKind.RATING:
            return _rate(match, actor, now=now)
        case QuestionKind.SLOT if match.intent.kind is IntentKind.CONFIRM:
            return _take_slot(match, actor, now=now)
        case QuestionKind.SLOT:
            return _let_choose_freely(match, inbound, now=now)
        case _ if match.intent.kind is IntentKind.RESCHEDULE:
            return _offer_slots(match, inbound, now=now)
        case _:
            return _confirm(match, actor, inbound, now=now)


# Visits


def _confirm(match: Match, actor: Actor, inbound: Inbound, *, now: datetime) -> Understood:
    task_id = match.open.question.subject_id
    task = db.session.get(Task, task_id, populate_existing=True, with_for_update=True)
    told = match.open.message.speaks_of
    if task is None or (told is not None and told != task.window_start):
        # It moved after the text had gone: the yes was to another time.
        return Understood(IntentKind.CONFIRM, needs_person=True)
    tasks.confirm(task_id, actor=actor, now=now)
    recipient = recipient_of(inbound, store_id=match.open.message.store_id)
    if recipient is not None and inbound.opt_out_type is None:
        _write_confirmed(task_id, inbound, recipient, now=now)
    return Understood(IntentKind.CONFIRM, needs_person=match.intent.asks_too)


def _write_confirmed(task_id: int, inbound: Inbound, recipient: Recipient, *, now: datetime) -> None:
    task = db.session.get(Task, task_id, populate_existing=True)
    if task is None:
        return
    draft = Draft(
        kind=Kind.CONFIRMED,
        dedupe_key=f"inbound:{inbound.id}:confirmed",
        words=visits.words_for(task, recipient),
        task_id=task.id,
        task_type=task.type,
        speaks_of=task.window_start,
        answers_inbound_id=inbound.id,
        expires_at=task.window_end,
    )
    outbound.write(recipient, draft, now=now)


def _offer_slots(match: Match, inbound: Inbound, *, now: datetime) -> Understood:
    """Two other times. A person looks too when the customer named a time of his own, or when there are none."""
    task = db.session.get(Task, match.open.question.subject_id, populate_existing=True)
    recipient = recipient_of(inbound, store_id=match.open.message.store_id)
    if task is None or recipient is None or recipient.reach is Reach.ONE_WAY:
        return Understood(IntentKind.RESCHEDULE, needs_person=True)
    slots = tasks.offer_slots(task, now)
    if len(slots) < 2:
        return _let_choose_freely(match, inbound, now=now)
    named = [
        words.slot(one.window_start, one.window_end, zone=recipient.shop_zone, locale=recipient.locale)
        for one in slots[:2]
    ]
    options = [{"start": one.window_start.isoformat(), "end": one.window_end.isoformat()} for one in slots[:2]]
    draft = Draft(
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
            options=options,
        ),
    )
    is_told = outbound.write(recipient, draft, now=now) is not None
    return Understood(IntentKind.RESCHEDULE, needs_person=match.intent.names_time or not is_told)


def _let_choose_freely(match: Match, inbound: Inbound, *, now: datetime) -> Understood:
    """Neither time suits: the page shows all free ones, where texts may carry links; and a person sees it."""
    task = db.session.get(Task, match.open.question.subject_id, populate_existing=True)
    recipient = recipient_of(inbound, store_id=match.open.message.store_id)
    if task is not None and recipient is not None and recipient.reach is Reach.TWO_WAY and recipient.country.links:
        draft = Draft(
            kind=Kind.FREE_CHOICE,
            dedupe_key=f"inbound:{inbound.id}:free_choice",
            words=visits.words_for(task, recipient),
            task_id=task.id,
            task_type=task.type,
            answers_inbound_id=inbound.id,
            expires_at=task.window_end,
        )
        outbound.write(recipient, draft, now=now)
    return Understood(IntentKind.RESCHEDULE, needs_person=True)


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


# Stars, complaints, matters above


def _rate(match: Match, actor: Actor, *, now: datetime) -> Understood:
    stars = match.intent.value or 0
    task_id = match.open.question.subject_id
    tasks.rate(task_id, stars=stars, actor=actor, now=now)
    pointless.end_after_rating(task_id, now=now)
    if stars <= LOW_RATING:
        return Understood(IntentKind.RATING, needs_person=True, attention=Attention.LOW_RATING)
    return Understood(IntentKind.RATING)


def _remedy(match: Match, actor: Actor, *, now: datetime) -> Understood:
    """1: put right. 2: not yet, so the case opens again and a person is called."""
    is_settled = match.intent.kind is IntentKind.CONFIRM
    complaints.record_answer(
        match.open.question.subject_id, satisfied=is_settled, words=match.said, actor=actor, now=now
    )
    if is_settled:
        return Understood(match.intent.kind)
    return Understood(match.intent.kind, needs_person=True, attention=Attention.COMPLAINT)


def _new_face(match: Match, actor: Actor, *, now: datetime) -> Understood:
    """1: welcome. 2: somebody else, please; a supervisor sees to it and somebody answers."""
    is_fine = match.intent.kind is IntentKind.CONFIRM
    hand_overs.record_answer(match.open.question.subject_id, is_fine=is_fine, words=match.said, actor=actor, now=now)
    return Understood(match.intent.kind, needs_person=not is_fine or match.intent.asks_too)


def not_put_right(match_with: Match, *, now: datetime) -> None:
    """Words of complaint are an answer to "is it put right?" too."""
    question = match_with.open.question
    actor = Actor.customer(question.customer_id)
    complaints.record_answer(question.subject_id, satisfied=False, words=match_with.said, actor=actor, now=now)


def _tell_above(match: Match, inbound: Inbound, *, now: datetime) -> Understood:
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
    if match.intent.kind is IntentKind.REORDER:
        pointless.end_after_order(question.customer_id, now=now)
    if match.kind is QuestionKind.REORDER and match.intent.kind is IntentKind.REFUSE:
        _write_not_now(match, inbound, now=now)
    return Understood(match.intent.kind, needs_person=match.intent.asks_too)


def _write_not_now(match: Match, inbound: Inbound, *, now: datetime) -> None:
    """A no is answered as kindly as a yes; nobody has to do it by hand."""
    recipient = recipient_of(inbound, store_id=match.open.message.store_id)
    if recipient is None or recipient.reach is Reach.ONE_WAY or inbound.opt_out_type is not None:
        return
    draft = Draft(
        kind=Kind.NOT_NOW,
        dedupe_key=f"inbound:{inbound.id}:{Kind.NOT_NOW}",
        words={},
        answers_inbound_id=inbound.id,
    )
    outbound.write(recipient, draft, now=now)


def recipient_of(inbound: Inbound, *, store_id: int | None = None) -> Recipient | None:
    return outbound.recipient_of(inbound.customer_id, store_id=store_id) if inbound.customer_id else None


def task_spoken_of(customer_id: int, *, now: datetime) -> int | None:
    """The visit that the customer is most likely talking about: the newest that we have asked about."""
    waiting = questions.open_of(customer_id, now=now)
    asked = next((one.question.subject_id for one in waiting if one.question.subject_type == "task"), None)
    if asked is None:
        return None
    return db.session.scalar(select(Task.id).where(Task.id == asked, Task.customer_id == customer_id))
