"""Who may see which tasks, and until when the customer behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    exists,
    false,
    literal,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from app.core.config import settings
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.queries import covered_by
from app.tasks.kinds import Status
from app.tasks.models import Task

_MOMENT = DateTime(timezone=True)


@dataclass(frozen=True)
class Eyes:
    """The one who looks, as parts of a query: values for a query built once, or named parameters for a kept one."""

    role: Role
    me: Any
    stores: Any
    now: Any
    closed_before: Any

    @property
    def see_all(self) -> bool:
        return self.role in (Role.HEAD_OFFICE, Role.SYSTEM)


def eyes_of(actor: Actor, now: datetime) -> Eyes:
    return Eyes(
        role=actor.role,
        me=actor.id,
        stores=literal(sorted(actor.store_ids), ARRAY(Integer)),
        now=now,
        closed_before=_closed_before(now),
    )


def eyes_of_role(role: Role) -> Eyes:
    """For statements that are built once per role; values_for() gives their parameters."""
    return Eyes(
        role=role,
        me=bindparam("seen_by", type_=Integer),
        stores=bindparam("seen_in", type_=ARRAY(Integer)),
        now=bindparam("seen_at", type_=_MOMENT),
        closed_before=bindparam("closed_before", type_=_MOMENT),
    )


def values_for(actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "seen_by": actor.id,
        "seen_in": sorted(actor.store_ids),
        "seen_at": now,
        "closed_before": _closed_before(now),
    }


def _closed_before(now: datetime) -> datetime:
    return now - timedelta(hours=settings().tasks.customer_access_hours)


def visible_tasks(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """Narrow a select over many tasks to what the actor may see at this moment."""
    return stmt.where(is_among_visible(eyes_of(actor, now)))


def is_among_visible(eyes: Eyes) -> ColumnElement[bool]:
    """The same as is_visible, for lists that nothing else narrows.

    A union lets each arm use its own index; is_visible's one condition with OR would read the whole table.
    """
    if eyes.role is not Role.ASSOCIATE:
        return is_visible(eyes)
    its = aliased(Task)
    mine = _mine_and_covered(eyes)
    arms = (
        select(its.id).where(its.assignee_id.in_(mine)),
        select(its.id).where(_is_open(its), its.store_id == any_(eyes.stores)),
        select(its.id).join(Customer, Customer.id == its.customer_id).where(Customer.owner_id.in_(mine)),
    )
    return Task.id.in_(union_all(*arms))


def _mine_and_covered(eyes: Eyes) -> Any:
    return select(type_coerce(eyes.me, Integer)).union_all(covered_by(eyes.me, now=eyes.now))


def is_visible(eyes: Eyes) -> ColumnElement[bool]:
    """May this task, found by other means, be seen?

    Head office and the service see all, a supervisor own stores, a customer his own tasks. An associate sees own and
    covered tasks, those of own and covered customers, and what the stores have to hand out.
    """
    if eyes.see_all:
        return true()
    if eyes.role is Role.CUSTOMER:
        is_own: ColumnElement[bool] = Task.customer_id == eyes.me
        return is_own
    if eyes.role is Role.SUPERVISOR:
        return _in_own_stores(eyes)
    return or_(_is_served_by(eyes), is_claimable(eyes), _belongs_to_customer_of(eyes))


def is_claimable(eyes: Eyes) -> ColumnElement[bool]:
    """What an associate may take: open work of own stores. Others see by it what is left to hand out."""
    if eyes.role is Role.CUSTOMER:
        return false()
    return _is_open(Task) if eyes.see_all else and_(_is_open(Task), _in_own_stores(eyes))


def _is_open(task: Any) -> ColumnElement[bool]:
    """Nobody has an open task; said once more because its index goes by that."""
    return and_(task.status == Status.OPEN.value, task.assignee_id.is_(None))


def may_see_customer(eyes: Eyes) -> ColumnElement[bool]:
    """May the customer of this task be seen in full? Otherwise only the district and a masked name are shown."""
    if eyes.role is not Role.ASSOCIATE:
        return true()
    is_recent = or_(Task.ended_at.is_(None), Task.ended_at > eyes.closed_before)
    return or_(and_(_is_served_by(eyes), is_recent), _belongs_to_customer_of(eyes))


def _in_own_stores(eyes: Eyes) -> ColumnElement[bool]:
    in_stores: ColumnElement[bool] = Task.store_id == any_(eyes.stores)
    return in_stores


def _is_served_by(eyes: Eyes) -> ColumnElement[bool]:
    return or_(Task.assignee_id == eyes.me, Task.assignee_id.in_(covered_by(eyes.me, now=eyes.now)))


def _belongs_to_customer_of(eyes: Eyes) -> ColumnElement[bool]:
    owned = or_(Customer.owner_id == eyes.me, Customer.owner_id.in_(covered_by(eyes.me, now=eyes.now)))
    return exists(select(Customer.id).where(Customer.id == Task.customer_id, owned).correlate(Task))
