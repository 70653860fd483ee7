"""Who may see which customers. Every query of this slice goes through here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, Integer, Select, any_, column, literal, or_, select, table

from app.core.config import settings
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.queries import covered_by

# Tasks lie above this slice, so their model can't be imported. A read of three columns by name was chosen over a
# registered function, which a worker could forget to register and then hide customers, and over an own table fed by
# facts, which would lag behind the assignment. The names are part of the agreed task table; the access tests use it.
_task = table("task", column("customer_id"), column("assignee_id"), column("ended_at"))


def visible_customers(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """Narrow a select over Customer to what the actor may see at this moment.

    Head office and the service see all, a supervisor own stores, a customer himself. An associate sees own customers,
    those of a colleague whose time off he covers, and those of his tasks until some hours after their end.
    """
    return visible_to(
        stmt,
        actor.role,
        me=actor.id,
        stores=literal(sorted(actor.store_ids), ARRAY(Integer)),
        now=now,
        closed_before=now - timedelta(hours=settings().tasks.customer_access_hours),
    )


def visible_to(stmt: Select[Any], role: Role, *, me: Any, stores: Any, now: Any, closed_before: Any) -> Select[Any]:
    """The same for statements that are built once per role: who looks, and when, may be named parameters."""
    if role in (Role.HEAD_OFFICE, Role.SYSTEM):
        return stmt
    if role is Role.CUSTOMER:
        return stmt.where(Customer.id == me)
    if role is Role.SUPERVISOR:
        return stmt.where(Customer.store_id == any_(stores))
    # A union lets each arm use its own index; one condition with OR would read the whole table.
    mine = select(Customer.id).where(or_(Customer.owner_id == me, Customer.owner_id.in_(covered_by(me, now=now))))
    served = select(_task.c.customer_id).where(
        _task.c.assignee_id == me, or_(_task.c.ended_at.is_(None), _task.c.ended_at > closed_before)
    )
    return stmt.where(Customer.id.in_(mine.union_all(served)))


def audit_name(actor: Actor) -> object:
    """How the audit log names the actor: the staff id, "customer:9", or "system"."""
    if actor.staff_id is not None:
        return actor.staff_id
    return f"{actor.kind}:{actor.id}" if actor.kind == "customer" else actor.kind
