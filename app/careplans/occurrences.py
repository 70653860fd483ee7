"""Reading occurrences: the list of a day, of a store or of a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from app.careplans.models import CarePlan, CareRun, Occurrence
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers.access import visible_customers
from app.customers.models import Customer
from app.people.access import Actor
from app.people.models import Store


@dataclass(frozen=True)
class OccurrenceFilter:
    """`since` and `until` are days on which it was due, both included."""

    since: date | None = None
    until: date | None = None
    store_id: int | None = None
    customer_id: int | None = None
    plan_id: int | None = None
    state: str | None = None
    kind: str | None = None


def page_of_occurrences(
    wanted: OccurrenceFilter, *, actor: Actor, now: datetime, cursor: str | None = None, limit: int = 50
) -> Page:
    """Rows of (Occurrence, customer name, phone, plan name), by due day; an associate's are those of his customers."""
    stmt: Any = (
        select(
            Occurrence,
            Customer.name.label("customer_name"),
            Customer.phone.label("phone"),
            CarePlan.name.label("plan_name"),
        )
        .join(Customer, Customer.id == Occurrence.customer_id)
        .join(CarePlan, CarePlan.id == Occurrence.plan_id)
    )
    if actor.is_associate:
        stmt = visible_customers(stmt, actor, now)
    elif not actor.sees_all_stores:
        stmt = stmt.where(Occurrence.store_id.in_(sorted(actor.store_ids)))
    for column, value in (
        (Occurrence.store_id, wanted.store_id),
        (Occurrence.customer_id, wanted.customer_id),
        (Occurrence.plan_id, wanted.plan_id),
        (Occurrence.state, wanted.state),
        (Occurrence.kind, wanted.kind),
    ):
        if value is not None:
            stmt = stmt.where(column == value)
    if wanted.since is not None:
        stmt = stmt.where(Occurrence.due_day >= wanted.since)
    if wanted.until is not None:
        stmt = stmt.where(Occurrence.due_day <= wanted.until)
    return page_of(stmt, keys=[Occurrence.due_day, Occurrence.id], cursor=cursor, limit=limit)


def tally(day: date, *, actor: Actor, store_id: int | None = None) -> dict[str, int]:
    """How many of the day's occurrences are in which state."""
    stmt = select(Occurrence.state, func.count()).where(Occurrence.due_day == day).group_by(Occurrence.state)
    if store_id is not None:
        stmt = stmt.where(Occurrence.store_id == store_id)
    elif not actor.sees_all_stores:
        stmt = stmt.where(Occurrence.store_id.in_(sorted(actor.store_ids)))
    else:
        # Named one by one, the stores let the index be used that begins with them.
        stmt = stmt.where(Occurrence.store_id.in_(select(Store.id)))
    return {state: int(count) for state, count in db.session.execute(stmt)}


def run_of(run_id: int) -> CareRun:
    found = db.session.get(CareRun, run_id)
    if found is None:
        raise NotFound()
    return found
