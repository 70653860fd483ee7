"""What is open with a customer at this moment: work planned, cases, a text that waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.complaints.models import Complaint
from app.core.db import db
from app.customers.models import Customer
from app.messaging.models import Conversation
from app.people.access import Actor
from app.people.models import Staff
from app.reports.day import UNFINISHED
from app.tasks.access import eyes_of, is_visible
from app.tasks.models import Task

SHOWN = 10


@dataclass(frozen=True)
class OpenMatters:
    """`tasks` with the names of those who do them, the next first."""

    tasks: list[tuple[Task, str | None]]
    complaints: list[Complaint]
    waiting: Conversation | None

    @property
    def is_empty(self) -> bool:
        return not (self.tasks or self.complaints or self.waiting)


def open_matters(customer: Customer, *, actor: Actor, now: datetime) -> OpenMatters:
    """The caller has checked who asks."""
    tasks: Any = (
        select(Task, Staff.name)
        .outerjoin(Staff, Staff.id == Task.assignee_id)
        .where(Task.customer_id == customer.id, Task.status.in_(UNFINISHED), is_visible(eyes_of(actor, now)))
        .order_by(Task.window_start, Task.id)
        .limit(SHOWN)
    )
    cases = (
        select(Complaint)
        .where(Complaint.customer_id == customer.id, Complaint.closed_at.is_(None))
        .order_by(Complaint.due_at, Complaint.id)
        .limit(SHOWN)
    )
    waiting = select(Conversation).where(
        Conversation.customer_id == customer.id, Conversation.waiting_since.is_not(None)
    )
    return OpenMatters(
        tasks=[(row[0], row[1]) for row in db.session.execute(tasks)],
        complaints=list(db.session.scalars(cases)),
        waiting=db.session.scalar(waiting),
    )
