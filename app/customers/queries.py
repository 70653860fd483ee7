"""Reads of this slice that pages, routes and other slices share."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.customers import numbers
from app.customers.access import visible_customers
from app.customers.models import Customer, CustomerNote, Household, OwnerHistory
from app.people.access import Actor
from app.people.models import Staff
from app.people.queries import covered_by

PHONE_DIGITS = re.compile(r"\+?[\s()-]*[0-9][0-9\s()-]*")


@dataclass(frozen=True, kw_only=True)
class CustomerFilter:
    """What a list of customers is narrowed by; `search` is part of a name, digits of a number, or a tag."""

    search: str = ""
    tag: str | None = None
    store_id: int | None = None
    owner_id: int | None = None
    tier: str | None = None
    phone_fault: bool = False


@dataclass(frozen=True)
class HouseholdFile:
    household: Household
    members: Sequence[tuple[Customer, str | None]]


def page_of_customers(
    wanted: CustomerFilter, *, actor: Actor, now: datetime, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Rows of Customer and the owner's name that the actor may see, in the order of the customers' names."""
    stmt = _with_owner().where(*_conditions(wanted))
    return page_of(
        visible_customers(stmt, actor, now), keys=[Customer.name_key, Customer.id], cursor=cursor, limit=limit
    )


def page_of_book(*, actor: Actor, now: datetime, cursor: str | None = None, limit: int | None = None) -> Page:
    """Whom the actor looks after, own and covered customers, by name: few columns, for a list kept on a phone."""
    stmt: Any = select(*_IN_BOOK).where(_is_in_book(actor, now))
    return page_of(stmt, keys=[Customer.name_key, Customer.id], cursor=cursor, limit=limit)


def tag_of_book(*, actor: Actor, now: datetime) -> str:
    """Changes whenever a row of the book does."""
    line = func.concat_ws("|", *_IN_BOOK)
    rows = func.string_agg(line, aggregate_order_by(literal("\n"), Customer.id))
    return str(db.session.scalar(select(func.md5(func.coalesce(rows, ""))).where(_is_in_book(actor, now))))


_IN_BOOK = (
    Customer.id,
    Customer.name,
    func.coalesce(func.right(Customer.phone, 4), "").label("phone_end"),
    Customer.district,
    Customer.tier,
)


def _is_in_book(actor: Actor, now: datetime) -> ColumnElement[bool]:
    return or_(Customer.owner_id == actor.id, Customer.owner_id.in_(covered_by(actor.id, now=now)))


def household(household_id: int, *, actor: Actor, now: datetime) -> HouseholdFile:
    """The household and those members the actor may see; NotFound if that is nobody."""
    stmt = _with_owner().where(Customer.household_id == household_id).order_by(Customer.name_key, Customer.id)
    members = [(row[0], row[1]) for row in db.session.execute(visible_customers(stmt, actor, now))]
    if not members:
        raise NotFound()
    return HouseholdFile(household=db.session.get_one(Household, household_id), members=members)


def page_of_notes(customer_id: int, *, cursor: str | None = None, limit: int | None = None) -> Page:
    """Rows of CustomerNote and its author's name, newest first. The caller has checked who asks."""
    stmt: Any = (
        select(CustomerNote, Staff.name)
        .outerjoin(Staff, (Staff.id == CustomerNote.author_id) & (CustomerNote.author_kind == "staff"))
        .where(CustomerNote.customer_id == customer_id)
    )
    keys = [CustomerNote.created_at.desc(), CustomerNote.id.desc()]
    return page_of(stmt, keys=keys, cursor=cursor, limit=limit)


def owners_of(customer_id: int) -> Sequence[tuple[OwnerHistory, str | None]]:
    """(OwnerHistory, name) pairs, the present owner first."""
    stmt = (
        select(OwnerHistory, Staff.name)
        .outerjoin(Staff, Staff.id == OwnerHistory.owner_id)
        .where(OwnerHistory.customer_id == customer_id)
        .order_by(OwnerHistory.since.desc(), OwnerHistory.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(stmt)]


def customer(customer_id: int) -> Customer | None:
    """For handlers and other slices, which have decided themselves who may know."""
    return db.session.get(Customer, customer_id)


def by_phone(phone: str) -> Customer | None:
    """The customer with this E.164 number, as an inbound message names him."""
    return db.session.scalar(select(Customer).where(Customer.phone == phone))


def customers_by_id(customer_ids: Collection[int]) -> dict[int, Customer]:
    """Many customers in one statement, for lists of other slices."""
    rows = db.session.scalars(select(Customer).where(Customer.id.in_(set(customer_ids))))
    return {row.id: row for row in rows}


def narrowed(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    """What the filter asks of Customer, for selects of other lists."""
    return _conditions(wanted)


def _with_owner() -> Select[Any]:
    stmt: Any = select(Customer, Staff.name).outerjoin(Staff, Staff.id == Customer.owner_id)
    pairs: Select[Any] = stmt
    return pairs


def _conditions(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.store_id is not None:
        conditions.append(Customer.store_id == wanted.store_id)
    if wanted.owner_id is not None:
        conditions.append(Customer.owner_id == wanted.owner_id)
    if wanted.tier is not None:
        conditions.append(Customer.tier == wanted.tier)
    if wanted.phone_fault:
        conditions.append(numbers.is_at_fault())
    if wanted.tag:
        conditions.append(Customer.tags.contains([wanted.tag]))
    if wanted.search.strip():
        conditions.append(_matches(wanted.search.strip()))
    return conditions


def _matches(search: str) -> ColumnElement[bool]:
    if PHONE_DIGITS.fullmatch(search):
        return Customer.phone.contains(re.sub(r"[^0-9]", "", search), autoescape=True)
    return or_(Customer.name.icontains(search, autoescape=True), Customer.tags.contains([search]))
