"""The periodic look at the clocks. It owns its transactions, one per case, and may run twice or late."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from sqlalchemy import select

from app.complaints import service
from app.complaints.kinds import Stage
from app.complaints.models import Complaint
from app.core.db import db, transaction
from app.tasks.kinds import Status
from app.tasks.models import Task

_CALLED = (Status.COMPLETED.value, Status.PARTLY.value)


def look_at_clocks(*, now: datetime) -> int:
    """Acknowledge what was called about, then escalate what ran out; returns how many cases were escalated."""
    _acknowledge_called(now=now)
    for done in count():
        with transaction():
            if not _escalate_one(now=now):
                return done
    raise AssertionError("unreachable")


def _acknowledge_called(*, now: datetime) -> None:
    calls = (
        select(Complaint.id, Task.id, Task.ended_at)
        .join(Task, Task.id == Complaint.recovery_task_id)
        .where(
            Complaint.stage == Stage.OPENED.value,
            Complaint.look_at.is_not(None),
            Task.status.in_(_CALLED),
            Task.ended_at >= Complaint.clocks_since,
        )
    )
    with transaction():
        waiting = db.session.execute(calls.order_by(Complaint.id)).all()
    for complaint_id, task_id, called_at in waiting:
        with transaction():
            complaint = _locked(complaint_id)
            if complaint is not None and complaint.stage == Stage.OPENED and called_at is not None:
                service.acknowledge_by_call(complaint, task_id=task_id, called_at=called_at, now=now)


def _escalate_one(*, now: datetime) -> bool:
    """One case whose clock ran out since the last look. Each look moves `look_at` on, so that it is not met again."""
    stmt = select(Complaint).where(Complaint.look_at <= now).order_by(Complaint.look_at, Complaint.id).limit(1)
    complaint = db.session.scalar(stmt.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    if complaint is None:
        return False
    service.escalate_overdue(complaint, now=now)
    db.session.flush()
    return True


def _locked(complaint_id: int) -> Complaint | None:
    return db.session.scalar(
        select(Complaint)
        .where(Complaint.id == complaint_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
