"""Handing out work: assign, claim, accept, decline, confirm, reschedule, cancel, rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import N_, Text3
from app.events import (
    TaskAssigned,
    TaskCancelled,
    TaskConfirmed,
    TaskDeclined,
    TaskRated,
    TaskRescheduled,
)
from app.people.access import Actor, Role
from app.people.models import Staff, StaffStore
from app.tasks import slots
from app.tasks.creating import window_faults
from app.tasks.kinds import Heart, Status
from app.tasks.lifecycle import Transition, Verb, check, is_closed
from app.tasks.models import Task
from app.tasks.records import Change, Loaded, about, claimed_time, load, load_offered, local_day, undo_window, write

MOVE = "move"
"""In the history: the task went along to another store."""
RETELL = "retell"
"""In the history: what it is about has changed, because two contacts became one or one became two."""


@dataclass(frozen=True)
class Step:
    """A loaded task for which the transition table has said yes."""

    loaded: Loaded
    row: Transition

    @property
    def task(self) -> Task:
        return self.loaded.task

    def columns(self, now: datetime, **more: Any) -> dict[str, Any]:
        """What the table itself changes: status, stamps, cleared columns."""
        columns: dict[str, Any] = dict.fromkeys(self.row.clears)
        columns |= dict.fromkeys(self.row.stamps, now)
        if self.row.to is not None and self.row.to != self.task.status:
            columns["status"] = self.row.to.value
        return columns | more


def prepare(verb: Verb, task_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Step:
    """Load the task and ask the table; raises its refusal."""
    loaded = load(task_id, actor=actor, now=now, version=version)
    return Step(loaded, check(verb, loaded.state, actor, now=now, undo_window=undo_window()))


def assign(task_id: int, staff_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Task:
    """Give the task to an associate of its store; from another one it is taken away. The same one changes nothing."""
    step = prepare(Verb.ASSIGN, task_id, actor=actor, now=now, version=version)
    task = step.task
    if not _is_associate_of(staff_id, task.store_id):
        raise Invalid(errors={"staff_id": [N_("There is no such associate in this store.")]})
    if task.assignee_id == staff_id:
        return task
    return _hand_to(step, staff_id, actor=actor, now=now)


def claim(task_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Task:
    """Take open work of the own store. Of two people who try, the row lock lets one in; the other meets TaskTaken."""
    loaded = load_offered(task_id, actor=actor, now=now, version=version)
    step = Step(loaded, check(Verb.CLAIM, loaded.state, actor, now=now, undo_window=undo_window()))
    return _hand_to(step, actor.id, actor=actor, now=now)


def _hand_to(step: Step, staff_id: int, *, actor: Actor, now: datetime) -> Task:
    task = step.task
    previous = task.assignee_id
    columns = step.columns(now, assignee_id=staff_id)
    columns["former_assignee_ids"] = [known for known in _with_former(task, previous) if known != staff_id]
    fact = TaskAssigned(**about(task, actor=actor, now=now), assignee_id=staff_id, previous_assignee_id=previous)
    return write(step.loaded, Change(step.row.verb, columns, fact=fact), actor=actor, now=now)


def _with_former(task: Task, staff_id: int | None) -> list[int]:
    return sorted({*task.former_assignee_ids, *([staff_id] if staff_id is not None else [])})


def _is_associate_of(staff_id: int, store_id: int) -> bool:
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Staff.id == staff_id,
                    Staff.is_active,
                    Staff.role == Role.ASSOCIATE.value,
                    StaffStore.staff_id == Staff.id,
                    StaffStore.store_id == store_id,
                )
            )
        )
    )


def accept(
    task_id: int, *, actor: Actor, now: datetime, at: datetime | None = None, version: int | None = None
) -> Task:
    step = prepare(Verb.ACCEPT, task_id, actor=actor, now=now, version=version)
    moment = claimed_time(at, now=now, not_before=step.task.assigned_at)
    return write(step.loaded, Change(step.row.verb, step.columns(moment)), actor=actor, now=now, at=moment)


def decline(
    task_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Task:
    step = prepare(Verb.DECLINE, task_id, actor=actor, now=now, version=version)
    task = step.task
    columns = step.columns(now, assignee_id=None, former_assignee_ids=_with_former(task, actor.id))
    fact = TaskDeclined(**about(task, actor=actor, now=now), assignee_id=actor.id, reason=reason)
    change = Change(step.row.verb, columns, fact=fact, details=_words(reason, note))
    return write(step.loaded, change, actor=actor, now=now, at=claimed_time(at, now=now))


def confirm(task_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Task:
    """Note that the customer agrees with the window. A customer who says so twice is right both times."""
    loaded = load(task_id, actor=actor, now=now, version=version)
    says_so_again = actor.role is Role.CUSTOMER and loaded.task.confirmed_at is not None
    if says_so_again and not is_closed(loaded.task.status):
        return loaded.task
    step = Step(loaded, check(Verb.CONFIRM, loaded.state, actor, now=now, undo_window=undo_window()))
    fact = TaskConfirmed(**about(step.task, actor=actor, now=now))
    return write(loaded, Change(step.row.verb, step.columns(now), fact=fact), actor=actor, now=now)


def reschedule(
    task_id: int,
    *,
    window_start: datetime,
    window_end: datetime,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> Task:
    """Move the window. The associate keeps the task if free then (work already begun: on the same day), else it opens.

    A customer who chose the window has confirmed it; a window chosen by the store is to be confirmed anew.
    """
    step = prepare(Verb.RESCHEDULE, task_id, actor=actor, now=now, version=version)
    task, zone = step.task, step.loaded.zone
    faults = window_faults(window_start, window_end, actor=actor, now=now)
    if faults:
        raise Invalid(errors={path: [message] for path, message in faults.items()})
    columns: dict[str, Any] = {
        "window_start": window_start,
        "window_end": window_end,
        "confirmed_at": now if actor.role is Role.CUSTOMER else None,
    }
    same_day = local_day(window_start, zone) == local_day(task.window_start, zone)
    keeps = task.assignee_id is not None and (
        (task.status != Status.ACTIVE or same_day) and slots.is_free(task, window_start, window_end)
    )
    if task.assignee_id is not None and not keeps:
        columns |= _given_up(task)
    fact = TaskRescheduled(
        **about(task, actor=actor, now=now),
        window_start=window_start,
        window_end=window_end,
        previous_start=task.window_start,
        previous_end=task.window_end,
        assignee_id=task.assignee_id,
    )
    return write(step.loaded, Change(step.row.verb, columns, fact=fact), actor=actor, now=now)


def move_to_store(task_id: int, store_id: int, *, actor: Actor, now: datetime) -> Task:
    """Let another store do what is not over yet; who does not work there gives it up, unless already at it.

    No person asks for this: it follows from something else that has moved, and the caller has made sure of that.
    """
    loaded = load(task_id, actor=actor, now=now)
    task = loaded.task
    if task.store_id == store_id or is_closed(task.status):
        return task
    columns: dict[str, Any] = {"store_id": store_id}
    if task.status == Status.ASSIGNED and not _is_associate_of(task.assignee_id or 0, store_id):
        columns |= _given_up(task)
    return write(loaded, Change(MOVE, columns), actor=actor, now=now)


def retell(task_id: int, *, reasons: Sequence[Text3], note: str, actor: Actor, now: datetime) -> Task:
    """Say anew what a task that is not over yet is about. As with move_to_store, no person asks for this."""
    loaded = load(task_id, actor=actor, now=now)
    if is_closed(loaded.task.status):
        return loaded.task
    columns: dict[str, Any] = {"reasons": list(reasons), "note": note.strip()}
    return write(loaded, Change(RETELL, columns), actor=actor, now=now)


def _given_up(task: Task) -> dict[str, Any]:
    """The columns of a task that its associate has no longer."""
    return {
        "status": Status.OPEN.value,
        "assignee_id": None,
        "assigned_at": None,
        "accepted_at": None,
        "started_at": None,
        "arrived_at": None,
        "former_assignee_ids": _with_former(task, task.assignee_id),
    }


def cancel(
    task_id: int, *, reason: str, actor: Actor, now: datetime, note: str = "", version: int | None = None
) -> Task:
    step = prepare(Verb.CANCEL, task_id, actor=actor, now=now, version=version)
    return write_cancelled(step, reason=reason, note=note, actor=actor, now=now)


def write_cancelled(step: Step, *, reason: str, note: str, actor: Actor, now: datetime, **more: Any) -> Task:
    columns = step.columns(now, end_reason=reason, end_note=note or None, **more)
    columns["ended_by_id"] = actor.staff_id
    fact = TaskCancelled(**about(step.task, actor=actor, now=now), reason=reason, assignee_id=step.task.assignee_id)
    return write(step.loaded, Change(step.row.verb, columns, fact=fact), actor=actor, now=now)


def rate(task_id: int, *, stars: int, actor: Actor, now: datetime, heart: str | None = None) -> Task:
    """The customer's own rating of 1 to 5, for one heart when the question named one."""
    step = prepare(Verb.RATE, task_id, actor=actor, now=now)
    if not 1 <= stars <= 5:
        raise Invalid(errors={"stars": [N_("Must be between 1 and 5.")]})
    if heart is not None and heart not in set(Heart):
        raise Invalid(errors={"heart": [N_("Must be one of the five hearts.")]})
    columns = step.columns(now, rating=stars, rated_heart=heart)
    fact = TaskRated(
        **about(step.task, actor=actor, now=now), assignee_id=step.task.assignee_id, stars=stars, heart=heart
    )
    return write(step.loaded, Change(step.row.verb, columns, fact=fact), actor=actor, now=now)


def _words(reason: str, note: str) -> dict[str, str]:
    return {"reason": reason, "note": note.strip()} if note.strip() else {"reason": reason}
