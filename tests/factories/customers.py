"""Customers for tests: add, flush, return."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from app.core.db import db
from app.customers.models import Customer, CustomerNote, Household, HouseholdMember, OwnerHistory
from app.people.models import Staff, Store
from tests.factories.people import make_store

LONG_AGO = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)

_numbers = count(1)


def make_household(*, store: Store | None = None, **changes: Any) -> Household:
    store_id = changes.pop("store_id", None) or (store or make_store()).id
    household = Household(**{"store_id": store_id, "name": "", "created_at": LONG_AGO, **changes})
    db.session.add(household)
    db.session.flush()
    return household


def make_customer(
    *, store: Store | None = None, owner: Staff | None = None, household: Household | None = None, **changes: Any
) -> Customer:
    """A customer with a phone of his own, in a household of his own unless one is given; `phone=None` for none."""
    number = next(_numbers)
    if "store_id" not in changes:
        changes["store_id"] = household.store_id if household and not store else (store or make_store()).id
    if owner is not None:
        changes["owner_id"] = owner.id
    if household is not None:
        changes["household_id"] = household.id
    elif "household_id" not in changes:
        changes["household_id"] = make_household(store_id=changes["store_id"]).id
    values: dict[str, Any] = {
        "name": f"陈小明{number}",
        "phone": f"+85261{number:06d}",
        "locale": "zh_Hant",
        "address": "轩尼诗道 1 号",
        "district": "湾仔",
        "lat": 22.2783,
        "lng": 114.1747,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        **changes,
    }
    customer = Customer(**values)
    db.session.add(customer)
    db.session.flush()
    db.session.add(
        OwnerHistory(customer_id=customer.id, owner_id=customer.owner_id, since=LONG_AGO, changed_by_kind="system")
    )
    db.session.flush()
    return customer


def make_note(customer: Customer, *, author: Staff | None = None, **changes: Any) -> CustomerNote:
    values: dict[str, Any] = {
        "customer_id": customer.id,
        "author_kind": "staff" if author else "system",
        "author_id": author.id if author else None,
        "text": "喜欢浅色，怕痒的领标要剪掉",
        "created_at": LONG_AGO,
        **changes,
    }
    note = CustomerNote(**values)
    db.session.add(note)
    db.session.flush()
    return note


def make_member(customer: Customer, *, collector: Staff | None = None, **changes: Any) -> HouseholdMember:
    """A baby in the customer's household, four months old at the tests' time, with its guardian's consent."""
    values: dict[str, Any] = {
        "household_id": customer.household_id,
        "name": "陈乐乐",
        "relation": "baby",
        "birth_date": date(2026, 11, 3),
        "guardian_consent_text": "同意保存孩子的名字和出生日期",
        "guardian_consent_channel": "in_person",
        "guardian_consent_at": LONG_AGO,
        "guardian_consent_collector_id": collector.id if collector else None,
        "created_at": LONG_AGO,
        **changes,
    }
    member = HouseholdMember(**values)
    db.session.add(member)
    db.session.flush()
    return member
