"""Taking an ending back: undo by the one who ended it, within minutes; reopen by a supervisor, later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.events import TaskReopened
from app.people.access import Actor
from app.tasks.errors import LinkedTaskTouched
from app.tasks.kinds import CancelReason, Status
from app.tasks.lifecycle import Verb
from app.tasks.models import Task, TaskLine
from app.tasks.planning import Step, prepare, write_cancelled
from app.tasks.records import Change, about, on_behalf_of, write

UNTOUCHED = 1
"""The version of a task that nobody has changed since it was made."""


def undo(task_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Task:
    """Take back the own ending; refused once somebody has begun to deal with the task that came out of it."""
    step = prepare(Verb.UNDO, task_id, actor=actor, now=now, version=version)
    linked = _linked(step.task)
    if any(not _is_untouched(child) for child in linked):
        raise LinkedTaskTouched(extra={"linked_task_ids": [child.id for child in linked]})
    return _take_back(step, linked, reason="undo", actor=actor, now=now)


def reopen(task_id: int, *, reason: str, actor: Actor, now: datetime, version: int | None = None) -> Task:
    """Take an ending back for a stated reason. Linked work that has begun goes on; the rest is cancelled."""
    step = prepare(Verb.REOPEN, task_id, actor=actor, now=now, version=version)
    linked = [child for child in _linked(step.task) if _is_untouched(child)]
    return _take_back(step, linked, reason=reason, actor=actor, now=now)


def _linked(task: Task) -> list[Task]:
    """What came out of the latest ending and still stands."""
    return list(
        db.session.scalars(
            select(Task)
            .where(
                Task.parent_id == task.id,
                Task.created_at >= task.end_recorded_at,
                Task.status != Status.CANCELLED.value,
            )
            .order_by(Task.id)
        )
    )


def _is_untouched(child: Task) -> bool:
    return child.version == UNTOUCHED and child.status == Status.OPEN


def _take_back(step: Step, linked: list[Task], *, reason: str, actor: Actor, now: datetime) -> Task:
    task = step.task
    system = Actor.system(actor.client)
    for child in linked:
        cancelling = prepare(Verb.CANCEL, child.id, actor=system, now=now)
        # The key is given back, so that the next ending can make its own.
        freed: dict[str, Any] = {"origin_key": f"{child.origin_key}:undone:{child.id}"}
        write_cancelled(cancelling, reason=CancelReason.UNDONE, note="", actor=system, now=now, **freed)
    fact = TaskReopened(
        **about(task, actor=actor, now=now), assignee_id=task.assignee_id, reason=reason, ending=task.endings
    )
    lines = [
        {"id": line_id, "delivered": None, "refused": None}
        for line_id in db.session.scalars(select(TaskLine.id).where(TaskLine.task_id == task.id))
    ]
    change = Change(
        step.row.verb,
        step.columns(now),
        lines=lines,
        fact=fact,
        details={"reason": reason},
        on_behalf_of_id=on_behalf_of(task, actor),
    )
    return write(step.loaded, change, actor=actor, now=now)
