"""How a task may change: one table, read by the API, the pages and the customers' answers alike. Pure: no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from app.people.access import Actor, Role
from app.tasks.errors import (
    NotYourStep,
    StepAlreadyDone,
    StepNotForType,
    TaskAlreadyClosed,
    TaskTaken,
    UndoWindowOver,
    WrongStatus,
)
from app.tasks.kinds import Status, TaskType


class Verb(StrEnum):
    """The steps of a task; each is the last part of a URL."""

    ASSIGN = "assign"
    CLAIM = "claim"
    ACCEPT = "accept"
    DECLINE = "decline"
    CONFIRM = "confirm"
    START = "start"
    ARRIVE = "arrive"
    COMPLETE = "complete"
    COMPLETE_PARTLY = "complete-partly"
    FAIL = "fail"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    UNDO = "undo"
    REOPEN = "reopen"
    RATE = "rate"


class Who(StrEnum):
    """What the asking person is to the task."""

    ASSIGNEE = "assignee"
    COLLEAGUE = "colleague"
    SUPERVISOR = "supervisor"
    HEAD_OFFICE = "head_office"
    CUSTOMER = "customer"
    SYSTEM = "system"
    STRANGER = "stranger"


@dataclass(frozen=True)
class Transition:
    """One row of the table. `to` None keeps the status; `once` names a stamp that must still be empty."""

    verb: Verb
    by: frozenset[Who]
    source: frozenset[Status]
    to: Status | None = None
    stamps: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    once: str | None = None
    not_for: TaskType | None = None
    within_undo_window: bool = False


@dataclass(frozen=True)
class TaskState:
    """What the rules need to know of a task."""

    type: str
    status: str
    customer_id: int
    store_id: int
    assignee_id: int | None = None
    accepted_at: datetime | None = None
    confirmed_at: datetime | None = None
    started_at: datetime | None = None
    arrived_at: datetime | None = None
    end_recorded_at: datetime | None = None
    ended_by_id: int | None = None
    rated_at: datetime | None = None


_CLOSED = frozenset({Status.COMPLETED, Status.PARTLY, Status.FAILED, Status.CANCELLED})
_ENDED = _CLOSED - {Status.CANCELLED}
_PLANNED = frozenset({Status.OPEN, Status.ASSIGNED, Status.ACTIVE})
_ASSIGNED = frozenset({Status.ASSIGNED})
_ACTIVE = frozenset({Status.ACTIVE})

_OFFICE = frozenset({Who.SUPERVISOR, Who.HEAD_OFFICE, Who.SYSTEM})
_WORKERS = frozenset({Who.ASSIGNEE, Who.SUPERVISOR})

_WORK_STAMPS = ("started_at", "arrived_at")
_END_STAMPS = ("ended_at", "end_recorded_at", "ended_by_id")
_END_CLEARS = (*_END_STAMPS, "end_reason", "end_note", "door_code_checked_at", "rating", "rated_at", "rated_heart")

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        Verb.ASSIGN, _OFFICE, _PLANNED, Status.ASSIGNED, ("assigned_at",), clears=("accepted_at", *_WORK_STAMPS)
    ),
    Transition(Verb.CLAIM, frozenset({Who.COLLEAGUE}), frozenset({Status.OPEN}), Status.ASSIGNED, ("assigned_at",)),
    Transition(
        Verb.ACCEPT, frozenset({Who.ASSIGNEE}), _ASSIGNED, Status.ASSIGNED, ("accepted_at",), once="accepted_at"
    ),
    Transition(Verb.DECLINE, frozenset({Who.ASSIGNEE}), _ASSIGNED, Status.OPEN, clears=("accepted_at", "assigned_at")),
    Transition(Verb.CONFIRM, _OFFICE | {Who.CUSTOMER}, _PLANNED, None, ("confirmed_at",), once="confirmed_at"),
    Transition(Verb.START, _WORKERS, _ASSIGNED, Status.ACTIVE, ("started_at",)),
    Transition(
        Verb.ARRIVE,
        _WORKERS,
        _ASSIGNED | _ACTIVE,
        Status.ACTIVE,
        ("arrived_at",),
        once="arrived_at",
        not_for=TaskType.CALLBACK,
    ),
    Transition(Verb.COMPLETE, _WORKERS, _ACTIVE, Status.COMPLETED, _END_STAMPS),
    Transition(Verb.COMPLETE_PARTLY, _WORKERS, _ACTIVE, Status.PARTLY, _END_STAMPS),
    Transition(Verb.FAIL, _WORKERS, _ACTIVE, Status.FAILED, _END_STAMPS),
    Transition(Verb.RESCHEDULE, _OFFICE | {Who.CUSTOMER}, _PLANNED, None),
    Transition(Verb.CANCEL, _OFFICE, _PLANNED, Status.CANCELLED, ("ended_at", "end_recorded_at")),
    Transition(Verb.UNDO, _WORKERS, _ENDED, Status.ACTIVE, clears=_END_CLEARS, within_undo_window=True),
    Transition(Verb.REOPEN, frozenset({Who.SUPERVISOR, Who.HEAD_OFFICE}), _ENDED, Status.ACTIVE, clears=_END_CLEARS),
    Transition(
        Verb.RATE,
        frozenset({Who.CUSTOMER}),
        frozenset({Status.COMPLETED, Status.PARTLY}),
        None,
        ("rated_at",),
        once="rated_at",
    ),
)
BY_VERB = {transition.verb: transition for transition in TRANSITIONS}
EXECUTION_VERBS = (Verb.START, Verb.ARRIVE, Verb.COMPLETE, Verb.COMPLETE_PARTLY, Verb.FAIL)


def who_is(actor: Actor, state: TaskState) -> Who:
    """What `actor` is to this task."""
    if actor.role == Role.SYSTEM:
        return Who.SYSTEM
    if actor.role == Role.CUSTOMER:
        return Who.CUSTOMER if actor.id == state.customer_id else Who.STRANGER
    if actor.role == Role.HEAD_OFFICE:
        return Who.HEAD_OFFICE
    if state.store_id not in actor.store_ids:
        return Who.ASSIGNEE if _is_assignee(actor, state) else Who.STRANGER
    if actor.role == Role.SUPERVISOR:
        return Who.SUPERVISOR
    return Who.ASSIGNEE if _is_assignee(actor, state) else Who.COLLEAGUE


def _is_assignee(actor: Actor, state: TaskState) -> bool:
    return state.assignee_id is not None and actor.id == state.assignee_id


def is_within_undo_window(state: TaskState, *, now: datetime, undo_window: timedelta) -> bool:
    return state.end_recorded_at is not None and now <= state.end_recorded_at + undo_window


def check(verb: Verb, state: TaskState, actor: Actor, *, now: datetime, undo_window: timedelta) -> Transition:
    """The transition, or the refusal that explains best why not."""
    row = BY_VERB[verb]
    status = Status(state.status)
    who = who_is(actor, state)
    if verb is Verb.CLAIM and who in (Who.COLLEAGUE, Who.ASSIGNEE) and status is not Status.OPEN:
        raise TaskTaken() if status not in _CLOSED else TaskAlreadyClosed(status=status)
    if who not in row.by:
        raise NotYourStep()
    if status not in row.source:
        raise TaskAlreadyClosed(status=status) if status in _CLOSED else WrongStatus(status=status)
    if row.not_for == state.type:
        raise StepNotForType()
    if row.once is not None and getattr(state, row.once) is not None:
        raise StepAlreadyDone()
    if row.within_undo_window:
        if state.ended_by_id != actor.id:
            raise NotYourStep()
        if not is_within_undo_window(state, now=now, undo_window=undo_window):
            raise UndoWindowOver()
    return row


def allowed_actions(state: TaskState, actor: Actor, *, now: datetime, undo_window: timedelta) -> tuple[str, ...]:
    """The verbs that check() would let this person do now, in the table's order."""
    undoable = state.ended_by_id == actor.id and is_within_undo_window(state, now=now, undo_window=undo_window)
    filled = tuple(
        stamp for stamp in ("accepted_at", "confirmed_at", "arrived_at", "rated_at") if getattr(state, stamp)
    )
    return _allowed(who_is(actor, state), state.status, state.type, filled, undoable)


@lru_cache(maxsize=4096)
def _allowed(who: Who, status: str, type_: str, filled: tuple[str, ...], undoable: bool) -> tuple[str, ...]:
    # Lists show many tasks in few different situations, so each situation is worked out once.
    return tuple(
        row.verb.value
        for row in TRANSITIONS
        if who in row.by
        and status in row.source
        and row.not_for != type_
        and row.once not in filled
        and (undoable or not row.within_undo_window)
    )


def may_record_work(state: TaskState, actor: Actor) -> bool:
    """May answers and evidence still be added by this person: while the work is theirs to do."""
    return who_is(actor, state) in _WORKERS and state.status in (Status.ASSIGNED, Status.ACTIVE)


def is_closed(status: str) -> bool:
    return status in _CLOSED


def undo_until(state: TaskState, *, undo_window: timedelta) -> datetime | None:
    if state.end_recorded_at is None or state.status not in _ENDED:
        return None
    return state.end_recorded_at + undo_window


def carried_lines(lines: Sequence[tuple[int, int, int]]) -> list[int]:
    """What remains of each line (quantity, delivered, refused); a refused piece is settled, not carried."""
    return [quantity - delivered - refused for quantity, delivered, refused in lines]
