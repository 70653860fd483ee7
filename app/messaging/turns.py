"""Conversations from hand to hand: the familiar face first, the cover, whoever leads the store, or somebody named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select, text

from app.core import config
from app.core.db import db, transaction
from app.core.live import announce
from app.customers.models import Customer
from app.messaging.models import Attention, Conversation, ConversationTurn, TurnStep
from app.messaging.turn_rules import Known, Person, first_to_answer, hand_over_due
from app.people import queries as people
from app.people.access import Role
from app.people.models import Staff
from app.tasks.kinds import Status
from app.tasks.models import Task

HOLDS_FOR = timedelta(hours=72)
"""So long a talk that a person was given stays with him or her from one text to the next."""

AT_ONCE = 200
"""Conversations one run of a job looks at; the next run, a minute later, takes the rest."""

UNKNOWN = "conversations:unknown"


@dataclass(frozen=True)
class Turn:
    """One line of a conversation's history."""

    step: str
    at: datetime
    assignee: str | None
    actor: str | None


# Where a text lands


def arrive(conversation: Conversation, *, now: datetime) -> None:
    """A text needs a person. Who is at it already stays; else it lands with whom the customer knows."""
    if _somebody_is_at_it(conversation):
        return
    holder = _holder(conversation, now=now)
    assignee_id = _first_for(conversation, now=now) if conversation.customer_id is not None else None
    conversation.by_hand = holder is not None and holder == assignee_id
    since = conversation.waiting_since or now
    _give(conversation, assignee_id, step=TurnStep.ARRIVED, actor_id=None, since=since, now=now)
    if assignee_id is None and conversation.customer_id is not None:
        conversation.handed_over_at = now


def _somebody_is_at_it(conversation: Conversation) -> bool:
    """It waited already when this text came: the first of the unread ones set the turn."""
    return conversation.unread > 1 and (conversation.assignee_id is not None or conversation.handed_over_at is not None)


def _first_for(conversation: Conversation, *, now: datetime) -> int | None:
    customer = db.session.get_one(Customer, conversation.customer_id)
    lately = now - timedelta(hours=config.settings().tasks.customer_access_hours)
    met = db.session.execute(
        select(Task.assignee_id, Task.status)
        .where(
            Task.customer_id == customer.id,
            Task.assignee_id.is_not(None),
            or_(
                Task.status == Status.ACTIVE.value,
                Task.status.in_([Status.COMPLETED.value, Status.PARTLY.value]) & (Task.ended_at > lately),
            ),
        )
        .order_by(Task.ended_at.desc().nulls_first(), Task.started_at.desc(), Task.id.desc())
        .limit(10)
    ).all()
    on_the_way = next((row.assignee_id for row in met if row.status == Status.ACTIVE), None)
    met_lately = next((row.assignee_id for row in met if row.status != Status.ACTIVE), None)
    holder = _holder(conversation, now=now)
    found = _people({holder, on_the_way, met_lately, customer.owner_id}, store_id=customer.store_id, now=now)
    known = Known(
        holder=found.get(holder),
        on_the_way=found.get(on_the_way),
        met_lately=found.get(met_lately),
        owner=found.get(customer.owner_id),
    )
    return first_to_answer(known, is_for_the_owner=conversation.attention == Attention.MAYBE_OPT_OUT)


def _holder(conversation: Conversation, *, now: datetime) -> int | None:
    """Whom a person gave this talk, while it goes on."""
    given_at = conversation.assigned_at if conversation.by_hand else None
    return conversation.assignee_id if given_at is not None and given_at > now - HOLDS_FOR else None


def _people(ids: Collection[int | None], *, store_id: int, now: datetime) -> dict[int | None, Person]:
    wanted = {one for one in ids if one is not None}
    away = people.away_among(wanted, starts=now, ends=None) if wanted else frozenset()
    covers = {one: people.cover_of(one, now=now) for one in away}
    everybody = wanted | {one for one in covers.values() if one is not None}
    here = _working_in(store_id, everybody)
    return {
        one: Person(
            id=one,
            works_here=one in here,
            is_away=one in away,
            cover_id=covers.get(one) if covers.get(one) in here else None,
        )
        for one in wanted
    }


def _working_in(store_id: int, ids: Collection[int]) -> frozenset[int]:
    stmt = select(Staff.id).where(Staff.id.in_(ids), Staff.is_active, people.works_in(store_id))
    return frozenset(db.session.scalars(stmt)) if ids else frozenset()


# How it moves on


def give(conversation: Conversation, assignee_id: int, *, step: TurnStep, actor_id: int | None, now: datetime) -> None:
    """A person gives it to somebody; an associate who does not answer loses it to the store again after a while."""
    _give(conversation, assignee_id, step=step, actor_id=actor_id, since=now, now=now)
    conversation.by_hand = step is not TurnStep.HANDED_BACK
    conversation.handed_over_at = None
    db.session.flush()


def hand_back(conversation: Conversation, *, actor_id: int | None, now: datetime) -> None:
    """To whom the rule gives it, whoever has it now."""
    conversation.by_hand = False
    assignee_id = _first_for(conversation, now=now) if conversation.customer_id is not None else None
    if assignee_id is None:
        to_the_lead(conversation, step=TurnStep.HANDED_BACK, actor_id=actor_id, now=now)
    else:
        give(conversation, assignee_id, step=TurnStep.HANDED_BACK, actor_id=actor_id, now=now)


def to_the_lead(conversation: Conversation, *, step: TurnStep, actor_id: int | None, now: datetime) -> None:
    _give(conversation, None, step=step, actor_id=actor_id, since=now, now=now)
    conversation.by_hand = False
    conversation.handed_over_at = now
    db.session.flush()


def end(conversation: Conversation, *, step: TurnStep, actor_id: int | None, now: datetime) -> None:
    """Nothing waits any more. Who had it is kept: an answer to our answer should find him or her."""
    conversation.handed_over_at = None
    conversation.hand_over_due_at = None
    if step is not TurnStep.ANSWERED:
        conversation.assignee_id = conversation.assigned_at = None
        conversation.by_hand = False
    _remember(conversation, step, actor_id=actor_id, now=now)


def _give(
    conversation: Conversation,
    assignee_id: int | None,
    *,
    step: TurnStep,
    actor_id: int | None,
    since: datetime,
    now: datetime,
) -> None:
    before = conversation.assignee_id
    conversation.assignee_id = assignee_id
    conversation.assigned_at = now if assignee_id is not None else None
    conversation.hand_over_due_at = _due(conversation, since=since) if assignee_id is not None else None
    _remember(conversation, step, actor_id=actor_id, now=now)
    for staff_id in {before, assignee_id} - {None}:
        announce(f"staff:{staff_id}")


def _due(conversation: Conversation, *, since: datetime) -> datetime | None:
    """Who leads the store keeps what he has; an associate's silence is noticed."""
    is_associate = db.session.scalar(select(Staff.role).where(Staff.id == conversation.assignee_id)) == Role.ASSOCIATE
    if not is_associate or conversation.waiting_since is None or conversation.store_id is None:
        return None
    store = people.store(conversation.store_id)
    minutes = config.settings().messaging.hand_over_minutes
    return hand_over_due(since, minutes=minutes, opening=store.opening_hours, zone=store.zone)


def _remember(conversation: Conversation, step: TurnStep, *, actor_id: int | None, now: datetime) -> None:
    db.session.flush()
    has_turn = step not in ENDS
    db.session.execute(
        insert(ConversationTurn).values(
            conversation_id=conversation.id,
            step=step.value,
            assignee_id=conversation.assignee_id if has_turn else None,
            actor_id=actor_id,
            at=now,
        )
    )
    announce(f"conversations:{conversation.store_id}" if conversation.store_id else UNKNOWN)


def remember_attached(conversation: Conversation, *, actor_id: int | None, now: datetime) -> None:
    _remember(conversation, TurnStep.ATTACHED, actor_id=actor_id, now=now)


ENDS = frozenset({TurnStep.ANSWERED, TurnStep.SETTLED, TurnStep.OPTED_OUT, TurnStep.MAY_GO_ON})


def history(conversation_id: int, *, limit: int = 30) -> list[Turn]:
    """The newest steps of a conversation, newest first; the caller has checked who asks."""
    rows = db.session.execute(
        select(ConversationTurn)
        .where(ConversationTurn.conversation_id == conversation_id)
        .order_by(ConversationTurn.id.desc())
        .limit(limit)
    ).scalars()
    turns = list(rows)
    names = people.names_of({one for turn in turns for one in (turn.assignee_id, turn.actor_id) if one is not None})
    return [
        Turn(
            step=turn.step,
            at=turn.at,
            assignee=names.get(turn.assignee_id) if turn.assignee_id else None,
            actor=names.get(turn.actor_id) if turn.actor_id else None,
        )
        for turn in turns
    ]


# What nobody notices by himself


def hand_over_waiting(*, now: datetime) -> int:
    """What waited too long goes to whoever leads the store, what lies with somebody away to the cover."""
    with transaction():
        late = _locked(Conversation.hand_over_due_at <= now, Conversation.waiting_since.is_not(None))
        for conversation in late:
            to_the_lead(conversation, step=TurnStep.HANDED_OVER, actor_id=None, now=now)
    with transaction():
        passed_on = [talk for talk in _locked(_lies_with_somebody_away(now)) if _cover(talk, now=now)]
    return len(late) + len(passed_on)


def _locked(*conditions: object) -> list[Conversation]:
    stmt = select(Conversation).where(*conditions).order_by(Conversation.id)  # type: ignore[arg-type]
    return list(db.session.scalars(stmt.limit(AT_ONCE).with_for_update(skip_locked=True)))


def _lies_with_somebody_away(now: datetime) -> object:
    return text(
        """conversation.waiting_since IS NOT NULL AND EXISTS (
            SELECT 1 FROM time_off WHERE time_off.staff_id = conversation.assignee_id AND status = 'approved'
                AND starts_at <= :away_now AND ends_at > :away_now)"""
    ).bindparams(away_now=now)


def _cover(conversation: Conversation, *, now: datetime) -> bool:
    if conversation.store_id is None:
        return False
    absent = conversation.assignee_id
    cover_id = _people({absent}, store_id=conversation.store_id, now=now)[absent].answers
    if cover_id == absent:
        return False
    if cover_id is None:
        to_the_lead(conversation, step=TurnStep.HANDED_OVER, actor_id=None, now=now)
    else:
        conversation.by_hand = False
        _give(conversation, cover_id, step=TurnStep.COVERED, actor_id=None, since=now, now=now)
    return True
