"""Work that could not be done, at a time that the customer chose for a second try."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from app.core.db import db
from app.people.access import Actor
from app.tasks import slots
from app.tasks.creating import NewLine, NewTask, create
from app.tasks.errors import WrongStatus
from app.tasks.kinds import FailReason, Link, Status
from app.tasks.models import Task, TaskLine
from app.tasks.planning import confirm
from app.tasks.records import load

WORTH_ANOTHER_TRY = frozenset(
    {FailReason.NO_ANSWER, FailReason.NOT_AT_HOME, FailReason.WRONG_ADDRESS, FailReason.OTHER}
)
"""The other reasons are for the store to put right first."""


def may_try_again(task: Task) -> bool:
    """Did it fail for a reason that another time cures, and has nobody arranged that time yet?"""
    if task.status != Status.FAILED or task.end_reason not in WORTH_ANOTHER_TRY:
        return False
    return not db.session.scalar(select(exists().where(Task.parent_id == task.id, Task.status != Status.CANCELLED)))


def try_again(task_id: int, *, window_start: datetime, window_end: datetime, actor: Actor, now: datetime) -> Task:
    """A linked task with the same work in the chosen window, confirmed by who chose it. Asking twice makes one."""
    task = load(task_id, actor=actor, now=now).task
    key = f"task:{task.id}:again:{task.endings}"
    found = db.session.scalar(select(Task).where(Task.origin_key == key))
    if found is not None:
        return found
    if not may_try_again(task):
        raise WrongStatus(status=task.status)
    is_free = task.assignee_id is not None and slots.is_free(task, window_start, window_end)
    lines = db.session.scalars(select(TaskLine).where(TaskLine.task_id == task.id).order_by(TaskLine.id))
    new = NewTask(
        type=task.type,
        reason=task.reason,
        direction=task.direction,
        customer_id=task.customer_id,
        assignee_id=task.assignee_id if is_free else None,
        window_start=window_start,
        window_end=window_end,
        expected_minutes=task.expected_minutes,
        reasons=task.reasons,
        note=task.note,
        lines=[NewLine(quantity=line.quantity, name=line.name, product_id=line.product_id) for line in lines],
        origin_key=key,
        parent_id=task.id,
        link=Link.FOLLOW_UP,
    )
    made = create(new, actor=actor, now=now)
    return confirm(made.id, actor=actor, now=now)
