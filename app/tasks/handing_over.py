"""What becomes of planned visits when somebody else looks after their customer."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Problem
from app.core.live import announce
from app.events import CustomerDetailsChanged, CustomerHandedOver
from app.people.access import Actor
from app.tasks.kinds import Status
from app.tasks.models import Task
from app.tasks.planning import assign

log = structlog.get_logger()

NEAR = timedelta(days=2)
"""What a phone holds reaches no further."""


def reassign_open_tasks(fact: CustomerHandedOver, *, now: datetime) -> None:
    """Visits that are planned in the time of the hand-over go to the new face; one under way stays where it is. What
    can't be reassigned stays on the board as it was, for the supervisor to see."""
    if fact.from_id is None or fact.to_id is None:
        return
    stmt = select(Task.id).where(
        Task.customer_id == fact.customer_id,
        Task.assignee_id == fact.from_id,
        Task.status == Status.ASSIGNED.value,
        Task.window_end > now,
    )
    if fact.until is not None:
        stmt = stmt.where(Task.window_start < fact.until)
    for task_id in db.session.scalars(stmt.order_by(Task.id)).all():
        try:
            with db.session.begin_nested():
                assign(task_id, fact.to_id, actor=Actor.system("hand_over"), now=now)
        except Problem as refusal:
            log.warning("task_not_handed_over", task_id=task_id, to_id=fact.to_id, code=refusal.code)


def show_new_details(fact: CustomerDetailsChanged, *, now: datetime) -> None:
    """Phones of those who are to visit the customer fetch the day anew."""
    stmt = select(Task.assignee_id).where(
        Task.customer_id == fact.customer_id,
        Task.status.in_([Status.ASSIGNED.value, Status.ACTIVE.value]),
        Task.window_start < now + NEAR,
    )
    announce(*sorted({f"staff:{staff_id}" for staff_id in db.session.scalars(stmt)}))
