"""Who may see which tasks, and until when the customer behind them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true

from app.core.config import settings
from app.customers.models import Customer
from app.people.access import Actor, Role, in_own_stores
from app.people.queries import covered_by
from app.tasks.kinds import Status
from app.tasks.models import Task


def visible_tasks(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """Narrow a select over Task to what the actor may see at this moment."""
    return stmt.where(is_visible(actor, now))


def is_visible(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Head office and the service see all, a supervisor own stores, a customer his own tasks.

    An associate sees own and covered tasks, those of own and covered customers, and what the stores have to hand out.
    """
    if actor.sees_all_stores:
        return true()
    if actor.role is Role.CUSTOMER:
        return Task.customer_id == actor.id
    if actor.is_supervisor:
        return in_own_stores(Task.store_id, actor)
    return or_(_is_served_by(actor, now), is_claimable(actor), _belongs_to_customer_of(actor, now))


def is_claimable(actor: Actor) -> ColumnElement[bool]:
    """What an associate may take: open work of own stores."""
    if not actor.is_associate:
        return false()
    return and_(Task.status == Status.OPEN.value, in_own_stores(Task.store_id, actor))


def may_see_customer(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """May the actor see the customer of this task in full? Otherwise only the district and a masked name are shown."""
    if not actor.is_associate:
        return true()
    closed_before = now - timedelta(hours=settings().tasks.customer_access_hours)
    is_recent = or_(Task.ended_at.is_(None), Task.ended_at > closed_before)
    return or_(and_(_is_served_by(actor, now), is_recent), _belongs_to_customer_of(actor, now))


def _is_served_by(actor: Actor, now: datetime) -> ColumnElement[bool]:
    return or_(Task.assignee_id == actor.id, Task.assignee_id.in_(covered_by(actor.id, now=now)))


def _belongs_to_customer_of(actor: Actor, now: datetime) -> ColumnElement[bool]:
    owned = or_(Customer.owner_id == actor.id, Customer.owner_id.in_(covered_by(actor.id, now=now)))
    return exists(select(Customer.id).where(Customer.id == Task.customer_id, owned).correlate(Task))
