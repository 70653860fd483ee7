"""A shop for the engine's tests: one store, one associate, checklists for every way of contact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.careplans import booking, engine, generating
from app.careplans.generating import EVERYBODY, Plan, Span, When
from app.careplans.models import Occurrence
from app.careplans.reasons import OccurrenceState
from app.core.bulk import rows_of
from app.core.db import db
from app.customers.models import ContactBooking, Customer
from app.people.models import Staff, Store
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.tasks import make_checklist
from tests.scenes import scene

TODAY = date(2027, 3, 10)
"""A Wednesday, the day of the tests' `now`."""


@dataclass
class Shop:
    store: Store
    ann: Staff
    now: datetime

    def customer(self, **changes: Any) -> Customer:
        """One who is not due for regular care: his file was opened today."""
        return make_customer(**{"store": self.store, "owner": self.ann, "created_at": self.now, **changes})

    def run(self, *, days_later: int = 0) -> engine.RunReport:
        return engine.run(now=self.now + timedelta(days=days_later))


@scene
def care_scene(now: datetime) -> Shop:
    return open_shop(now)


@pytest.fixture
def care(care_scene: Shop) -> Shop:
    return care_scene


def open_shop(now: datetime) -> Shop:
    store = make_store()
    for kind in ("callback", "home_visit", "delivery"):
        make_checklist(task_type=kind, reason="care")
    return Shop(store, make_staff("associate", store), now)


def write_due(plan: Plan, *, when: When, span: Span = EVERYBODY) -> int:
    """What this plan wishes for, as occurrences nobody has decided about yet; how many are new."""
    booking.open_tables()
    generating.wish(plan, when=when, span=span)
    return rows_of(
        """INSERT INTO occurrence (id, plan_id, plan_version_id, customer_id, household_id, store_id, key, kind,
               due_day, detail, created_at)
           SELECT id, plan_id, plan_version_id, customer_id, household_id, store_id, key, kind, due_day, detail, :now
           FROM wish""",
        {"now": when.now},
    )


def occurrences(**where: Any) -> list[Occurrence]:
    db.session.expire_all()
    return list(db.session.scalars(select(Occurrence).filter_by(**where).order_by(Occurrence.due_day, Occurrence.id)))


def only(**where: Any) -> Occurrence:
    (found,) = occurrences(**where)
    return found


def bookings(**where: Any) -> list[ContactBooking]:
    db.session.expire_all()
    return list(db.session.scalars(select(ContactBooking).filter_by(**where).order_by(ContactBooking.day)))


def recorded(customer: Customer, day: date, *, kind: str = "cadence", is_sales: bool = False, now: datetime) -> None:
    """A contact that took place on that day."""
    db.session.add(
        ContactBooking(
            household_id=customer.household_id,
            customer_id=customer.id,
            kind=kind,
            day=day,
            gap_days=7,
            origin_key=f"test:{customer.id}:{day}",
            state="recorded",
            reserved_at=now,
            recorded_at=now,
            is_sales=is_sales,
        )
    )
    db.session.flush()


def fate(found: Occurrence) -> tuple[str, str | None, date | None]:
    return found.state, found.reason, found.booked_day


BOOKED = OccurrenceState.BOOKED.value
Later = Callable[[int], datetime]
