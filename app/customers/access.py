"""Who may see which customers. Every query of this slice goes through here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, column, or_, select, table

from app.core.config import settings
from app.customers.models import Customer
from app.people.access import Actor, Role, in_own_stores
from app.people.models import TimeOff, TimeOffStatus

# Tasks lie above this slice, so their model can't be imported. A read of three columns by name was chosen over a
# registered function, which a worker could forget to register and then hide customers, and over an own table fed by
# facts, which would lag behind the assignment. The names are part of the agreed task table; the access tests use it.
_task = table("task", column("customer_id"), column("assignee_id"), column("ended_at"))


def visible_customers(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """Narrow a select over Customer to what the actor may see at this moment.

    Head office and the service see all, a supervisor own stores, a customer himself. An associate sees own customers,
    those of a colleague whose time off he covers, and those of his tasks until some hours after their end.
    """
    if actor.sees_all_stores:
        return stmt
    if actor.role is Role.CUSTOMER:
        return stmt.where(Customer.id == actor.id)
    if actor.is_supervisor:
        return stmt.where(in_own_stores(Customer.store_id, actor))
    # A union lets each arm use its own index; one condition with OR would read the whole table.
    mine = select(Customer.id).where(or_(Customer.owner_id == actor.id, Customer.owner_id.in_(_covered_by(actor, now))))
    return stmt.where(Customer.id.in_(mine.union_all(_served_by(actor, now))))


def _covered_by(actor: Actor, now: datetime) -> Select[Any]:
    return select(TimeOff.staff_id).where(
        TimeOff.cover_id == actor.id,
        TimeOff.status == TimeOffStatus.APPROVED,
        TimeOff.starts_at <= now,
        TimeOff.ends_at > now,
    )


def _served_by(actor: Actor, now: datetime) -> Select[Any]:
    still_open_from = now - timedelta(hours=settings().tasks.customer_access_hours)
    return select(_task.c.customer_id).where(
        _task.c.assignee_id == actor.id,
        or_(_task.c.ended_at.is_(None), _task.c.ended_at > still_open_from),
    )


def audit_name(actor: Actor) -> object:
    """How the audit log names the actor: the staff id, "customer:9", or "system"."""
    if actor.staff_id is not None:
        return actor.staff_id
    return f"{actor.kind}:{actor.id}" if actor.kind == "customer" else actor.kind
