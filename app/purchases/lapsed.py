"""Who stays away longer than is usual for him, and whom nobody has looked after for as long.

The measure is the customer's own: 1.5 times the days that usually lie between his purchases, or 120 days for who has
no rhythm yet. `own_cycle_sql` is the same measure for set-based work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    select,
    table,
)

from app.core.db import db
from app.core.paging import Page, page_of
from app.customers import consent
from app.customers.access import visible_customers
from app.customers.models import ContactBooking, Customer
from app.customers.values import BookingState, Channel, Scope, Tier
from app.people.access import Actor
from app.people.models import Staff, Store
from app.purchases.habits import FALLBACK_DAYS, LAPSES_AFTER_CYCLES, own_cycle_sql
from app.purchases.tier_models import BuyingHabit

__all__ = ["LapsedCustomer", "LapsedFilter", "Silence", "count_lapsed", "own_cycle_sql", "page_of_lapsed"]

# Tasks lie above this slice; these columns are part of the agreed task table, see customers/access.py.
_task = table("task", column("customer_id"), column("status"), column("ended_at"))
DONE = ("completed", "partly")
FURTHEST_ZONE = timedelta(hours=14)


class Silence(StrEnum):
    """NOT_BOUGHT: nothing bought for 1.5 own cycles. NOT_CONTACTED: nobody called, visited or delivered as long."""

    NOT_BOUGHT = "not_bought"
    NOT_CONTACTED = "not_contacted"


@dataclass(frozen=True)
class LapsedFilter:
    silence: Silence = Silence.NOT_BOUGHT
    store_id: int | None = None
    owner_id: int | None = None
    tier: Tier | None = None


@dataclass(frozen=True)
class LapsedCustomer:
    """`cycle_days` is None without a rhythm of his own; `wants_no_calls` he has told us."""

    customer_id: int
    name: str
    phone: str | None
    household_id: int
    store_id: int
    store_name: str
    owner_id: int | None
    owner_name: str | None
    tier: str
    last_bought_on: date | None
    cycle_days: Decimal | None
    lapses_on: date | None
    last_contact_on: date | None
    today: date
    wants_no_calls: bool

    @property
    def days_away(self) -> int | None:
        return None if self.last_bought_on is None else (self.today - self.last_bought_on).days


def page_of_lapsed(
    wanted: LapsedFilter, *, actor: Actor, now: datetime, cursor: str | None = None, limit: int | None = None
) -> Page:
    """LapsedCustomer rows that the actor may see.

    Who stopped buying comes with the latest first: he is the easiest to win back. Who was not contacted comes with the
    core customers first; that list is one store's.
    """
    stmt = visible_customers(_rows(now), actor, now).where(*_conditions(wanted, now))
    if wanted.silence is Silence.NOT_BOUGHT:
        keys: list[Any] = [BuyingHabit.lapses_on.desc(), Customer.id.desc()]
    else:
        keys = [_TIER_RANK, Customer.id]
    page = page_of(stmt, keys=keys, cursor=cursor, limit=limit)
    return Page(rows=_shown(page.rows), next_cursor=page.next_cursor)


def list_of(wanted: LapsedFilter, *, actor: Actor, now: datetime) -> Select[Any]:
    """The whole list in its order, as columns."""
    found = _rows(now).add_columns(
        Customer.id.label("customer_id"), Customer.name.label("customer"), Store.name.label("store")
    )
    stmt = visible_customers(found, actor, now).where(*_conditions(wanted, now))
    if wanted.silence is Silence.NOT_BOUGHT:
        return stmt.order_by(BuyingHabit.lapses_on.desc(), Customer.id.desc())
    return stmt.order_by(_TIER_RANK, Customer.id)


def count_lapsed(wanted: LapsedFilter, *, actor: Actor, now: datetime, at_most: int = 1000) -> int:
    """How many the list holds, counted up to `at_most`."""
    stmt = select(Customer.id).join(Store, Store.id == Customer.store_id)
    stmt = stmt.outerjoin(BuyingHabit, BuyingHabit.customer_id == Customer.id)
    stmt = visible_customers(stmt, actor, now).where(*_conditions(wanted, now)).limit(at_most)
    return int(db.session.scalar(select(func.count()).select_from(stmt.subquery())) or 0)


_TIER_RANK: ColumnElement[int] = case(
    (Customer.tier == Tier.CORE.value, literal(0, Integer)),
    (Customer.tier == Tier.IMPORTANT.value, literal(1, Integer)),
    else_=literal(2, Integer),
)


def _today(now: datetime) -> ColumnElement[date]:
    """The local day of the customer's store."""
    return cast(func.timezone(Store.zone, now), Date)


def _usual_silence() -> ColumnElement[int]:
    """Days after which the customer counts as lapsed."""
    return cast(func.coalesce(func.ceil(BuyingHabit.cycle_days * LAPSES_AFTER_CYCLES), FALLBACK_DAYS), Integer)


def _rows(now: datetime) -> Select[Any]:
    booked = (
        select(func.max(ContactBooking.day))
        .where(
            ContactBooking.household_id == Customer.household_id,
            ContactBooking.state == BookingState.RECORDED.value,
        )
        .correlate(Customer)
        .scalar_subquery()
    )
    served = (
        select(func.max(_task.c.ended_at))
        .where(_task.c.customer_id == Customer.id, _task.c.status.in_(DONE))
        .correlate(Customer)
        .scalar_subquery()
    )
    columns: list[Any] = [
        Customer.id,
        Customer.name,
        Customer.phone,
        Customer.household_id,
        Customer.store_id,
        Store.name.label("store_name"),
        Customer.owner_id,
        Staff.name.label("owner_name"),
        Customer.tier,
        BuyingHabit.last_bought_on,
        BuyingHabit.cycle_days,
        BuyingHabit.lapses_on,
        func.greatest(booked, cast(func.timezone(Store.zone, served), Date)).label("last_contact_on"),
        _today(now).label("today"),
    ]
    stmt: Select[Any] = (
        select(*columns)
        .join(Store, Store.id == Customer.store_id)
        .outerjoin(BuyingHabit, BuyingHabit.customer_id == Customer.id)
        .outerjoin(Staff, Staff.id == Customer.owner_id)
    )
    return stmt


def _conditions(wanted: LapsedFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.store_id is not None:
        conditions.append(Customer.store_id == wanted.store_id)
    if wanted.owner_id is not None:
        conditions.append(Customer.owner_id == wanted.owner_id)
    if wanted.tier is not None:
        conditions.append(Customer.tier == wanted.tier.value)
    if wanted.silence is Silence.NOT_BOUGHT:
        # The first bound is for the index, which knows no zones.
        conditions += [
            BuyingHabit.lapses_on <= (now + FURTHEST_ZONE).date(),
            BuyingHabit.lapses_on <= _today(now),
        ]
        return conditions
    since = _today(now) - _usual_silence()
    conditions += [
        cast(func.timezone(Store.zone, Customer.created_at), Date) < since,
        ~exists(
            select(ContactBooking.id).where(
                ContactBooking.household_id == Customer.household_id,
                ContactBooking.state == BookingState.RECORDED.value,
                ContactBooking.day >= since,
            )
        ),
        ~exists(
            select(_task.c.customer_id).where(
                _task.c.customer_id == Customer.id,
                _task.c.status.in_(DONE),
                func.timezone(Store.zone, _task.c.ended_at) >= since,
            )
        ),
    ]
    return conditions


def _shown(rows: Sequence[Any]) -> list[LapsedCustomer]:
    silent = _who_wants_no_calls([row.phone for row in rows if row.phone])
    return [
        LapsedCustomer(
            customer_id=row[0],
            name=row.name,
            phone=row.phone,
            household_id=row.household_id,
            store_id=row.store_id,
            store_name=row.store_name,
            owner_id=row.owner_id,
            owner_name=row.owner_name,
            tier=row.tier,
            last_bought_on=row.last_bought_on,
            cycle_days=row.cycle_days,
            lapses_on=row.lapses_on,
            last_contact_on=row.last_contact_on,
            today=row.today,
            wants_no_calls=row.phone in silent,
        )
        for row in rows
    ]


def _who_wants_no_calls(phones: Sequence[str]) -> set[str]:
    if not phones:
        return set()
    return set(consent.opted_out_phones(phones, scope=Scope.CARE, channel=Channel.CALL))
