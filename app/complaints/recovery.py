"""The call that puts a complaint right: made at once, not twice, given to whom the customer knows."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from app.complaints.clocks import StoreClock, call_window
from app.complaints.models import Complaint
from app.core.db import db
from app.core.errors import Invalid
from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Store
from app.tasks import service as tasks
from app.tasks.kinds import CancelReason, Reason, Status, TaskType
from app.tasks.lifecycle import is_closed
from app.tasks.models import Task
from app.tasks.service import NewTask

log = structlog.get_logger()

CLIENT = "complaint"
ORIGIN = "complaint:"
"""Tasks of this slice are known by the start of their origin key."""

NOT_STARTED = (Status.OPEN.value, Status.ASSIGNED.value)
POINTLESS_NOW = (Reason.PROMOTION.value, Reason.LAPSED.value)
"""Automatic touches that would mock who has just complained."""


def clock_of(store: Store) -> StoreClock:
    return StoreClock(opening=store.opening_hours, zone=ZoneInfo(store.zone))


def ensure_task(complaint: Complaint, customer: Customer, store: Store, *, words: str, now: datetime) -> None:
    """The case has a live recovery call. A case opened again gets a new one when the former is over."""
    if complaint.recovery_task_id is not None:
        former = db.session.get(Task, complaint.recovery_task_id, populate_existing=True)
        if former is not None and not is_closed(former.status):
            return
    start, end = call_window(now, until=complaint.acknowledge_due_at, store=clock_of(store))
    new = NewTask(
        type=TaskType.CALLBACK,
        reason=Reason.COMPLAINT,
        customer_id=customer.id,
        window_start=start,
        window_end=end,
        assignee_id=_who_calls(complaint, customer, start=start, end=end),
        note=words[:500],
        origin_key=f"{ORIGIN}{complaint.id}:recovery:{complaint.reopenings}",
    )
    try:
        complaint.recovery_task_id = tasks.create(new, actor=Actor.system(CLIENT), now=now).id
    except Invalid as problem:
        # Without a published checklist no task can be made. The case itself must stand all the same.
        log.warning("no_recovery_task", complaint_id=complaint.id, errors=sorted(problem.errors or {}))


def _who_calls(complaint: Complaint, customer: Customer, *, start: datetime, end: datetime) -> int | None:
    """The familiar face or the cover. Whose own visit is complained about, and a reaction, the supervisor hands out."""
    owner_id = customer.owner_id
    if owner_id is None or complaint.is_reaction or owner_id == _who_was_there(complaint.task_id):
        return None
    if people.away_among([owner_id], starts=start, ends=end):
        cover_id = people.cover_of(owner_id, now=start)
        owner_id = None if cover_id is None or people.away_among([cover_id], starts=start, ends=end) else cover_id
    return owner_id if owner_id in {person.id for person in people.associates_of(complaint.store_id)} else None


def _who_was_there(task_id: int | None) -> int | None:
    return db.session.scalar(select(Task.assignee_id).where(Task.id == task_id)) if task_id is not None else None


def hand_along(complaint: Complaint, *, now: datetime) -> None:
    """The recovery call belongs to the store of the case, whose people make it; its time stays."""
    if complaint.recovery_task_id is not None:
        tasks.move_to_store(complaint.recovery_task_id, complaint.store_id, actor=Actor.system(CLIENT), now=now)


def call_off(complaint: Complaint, *, now: datetime) -> None:
    """Take back a recovery call that has not begun, because the case is closed."""
    task_id = complaint.recovery_task_id
    status = db.session.scalar(select(Task.status).where(Task.id == task_id)) if task_id is not None else None
    if task_id is not None and status in NOT_STARTED:
        tasks.cancel(task_id, reason=CancelReason.NOT_NEEDED, actor=Actor.system(CLIENT), now=now)


def end_pointless_touches(household_id: int, *, number: str, now: datetime) -> None:
    """Automatic promotions and win-backs of the household that have not begun (R18)."""
    members = select(Customer.id).where(Customer.household_id == household_id)
    found = db.session.scalars(
        select(Task.id)
        .where(
            Task.customer_id.in_(members),
            Task.reason.in_(POINTLESS_NOW),
            Task.status.in_(NOT_STARTED),
            Task.origin_key.is_not(None),
        )
        .order_by(Task.id)
    )
    for task_id in list(found):
        tasks.cancel(task_id, reason=CancelReason.NOT_NEEDED, note=number, actor=Actor.system(CLIENT), now=now)
