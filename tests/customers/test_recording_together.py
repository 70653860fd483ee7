"""Contacts that take place at once are written down at once, and what was long ago is left alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.customers import contacts
from app.customers.contacts import Overtaken, Refused, Touch
from app.customers.models import ContactBooking, Customer
from app.customers.values import ContactKind
from tests.factories.customers import make_customer
from tests.factories.people import make_store

DAY = date(2027, 3, 12)
LONG_AGO = 40
"""Contacts of the year before, so many."""


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer()


def reserve(customer: Customer, day: date, key: str, now: datetime) -> None:
    booked = contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=day, origin_key=key, now=now)
    assert not isinstance(booked, Refused)


def booking(session: Session, key: str) -> ContactBooking:
    return session.scalars(select(ContactBooking).where(ContactBooking.origin_key == key)).one()


@contextmanager
def bookings_read(session: Session) -> Iterator[set[str]]:
    """Which bookings a piece of code takes out of the database."""
    session.flush()
    session.expunge_all()
    found: set[str] = set()

    def note(one: ContactBooking, *_: object) -> None:
        found.add(one.origin_key)

    event.listen(ContactBooking, "load", note)
    try:
        yield found
    finally:
        event.remove(ContactBooking, "load", note)


def test_each_contact_recorded_now_counts_from_the_day_of_its_own_store(session: Session) -> None:
    late = datetime(2027, 3, 12, 23, 0, tzinfo=UTC)
    here, there = make_customer(store=make_store(zone="Asia/Hong_Kong")), make_customer(store=make_store(zone="UTC"))
    reserve(here, DAY, "plan:here", late)
    reserve(there, DAY, "plan:there", late)

    contacts.record_many_now(["plan:here", "plan:there", "plan:404"], now=late)

    assert booking(session, "plan:there").day == DAY
    assert booking(session, "plan:here").day == DAY + timedelta(days=1)
    assert {booking(session, key).state for key in ("plan:here", "plan:there")} == {"recorded"}


def test_a_contact_recorded_now_releases_what_it_comes_too_close_to(
    session: Session, customer: Customer, now: datetime
) -> None:
    reserve(customer, now.date() - timedelta(days=4), "plan:1", now)
    reserve(customer, now.date() + timedelta(days=3), "plan:2", now)

    overtaken = contacts.record_many_now(["plan:1"], now=now)

    assert overtaken == {"plan:1": (Overtaken(origin_key="plan:2", day=now.date() + timedelta(days=3)),)}
    assert booking(session, "plan:2").release_reason == "overtaken"


def test_recording_now_twice_changes_nothing(session: Session, customer: Customer, now: datetime) -> None:
    reserve(customer, DAY, "plan:1", now)
    contacts.record_many_now(["plan:1"], now=now)

    assert contacts.record_many_now(["plan:1"], now=now + timedelta(days=2)) == {}
    assert booking(session, "plan:1").day == now.date()


def test_a_booking_with_a_longer_gap_of_its_own_is_still_in_the_way(session: Session, customer: Customer) -> None:
    now = datetime(2027, 3, 12, 4, 0, tzinfo=UTC)
    reserve(customer, DAY - timedelta(days=60), "plan:long", now)
    booking(session, "plan:long").gap_days = 90
    session.flush()

    answer = contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=DAY, origin_key="plan:2", now=now)

    assert isinstance(answer, Refused)
    assert answer.next_free_day == DAY + timedelta(days=30)


def test_contacts_of_the_past_year_are_not_read_to_write_down_todays(
    session: Session, customer: Customer, now: datetime
) -> None:
    today = now.date()
    for number in range(1, LONG_AGO + 1):
        reserve(customer, today - timedelta(days=8 * number), f"old:{number}", now)
        contacts.record(f"old:{number}", day=today - timedelta(days=8 * number), now=now)
    reserve(customer, today, "plan:1", now)

    with bookings_read(session) as read:
        contacts.take_today([Touch("plan:1", customer.id, ContactKind.CADENCE)], now=now)
        contacts.record_many_now(["plan:1"], now=now)

    assert booking(session, "plan:1").state == "recorded"
    assert read == {"plan:1"}
