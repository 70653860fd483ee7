"""Bookings written for whole stretches of households: as the ledger would write them one by one."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.bulk import insert_if_new
from app.core.db import db
from app.customers import contacts, contacts_bulk
from app.customers.values import ContactKind
from tests.factories.customers import make_customer

DAY = date(2027, 3, 18)
WANTED = """SELECT household_id, id AS customer_id, 'cadence' AS kind, CAST(:day AS date) AS day, 7 AS gap_days,
    'touch:' || id AS origin_key, false AS is_sales FROM customer"""


def states() -> list[str]:
    return list(db.session.scalars(text("SELECT state FROM contact_booking ORDER BY customer_id")))


@pytest.mark.parametrize("again", [False, True])
def test_a_released_key_lives_again_whether_it_was_looked_for_or_not(
    session: Session, now: datetime, again: bool
) -> None:
    first, _second = make_customer(), make_customer()
    key = f"touch:{first.id}"
    contacts.reserve(first.id, kind=ContactKind.CADENCE, day=DAY, origin_key=key, now=now)
    contacts.release(key, reason="planned_anew", now=now)
    assert contacts_bulk.book(WANTED, {"day": DAY}, now=now, again=again) == 2
    assert states() == ["reserved", "reserved"]


def test_a_booking_that_would_come_too_close_is_left_out_and_the_others_are_written(
    session: Session, now: datetime
) -> None:
    first, _second = make_customer(), make_customer()
    contacts.reserve(first.id, kind=ContactKind.PERSONAL, day=date(2027, 3, 15), origin_key="desk:1", now=now)
    assert contacts_bulk.book(WANTED, {"day": DAY}, now=now) == 1
    assert db.session.scalar(text("SELECT count(*) FROM contact_booking WHERE day = :day"), {"day": DAY}) == 1


def test_a_bulk_of_which_one_stands_already_writes_nothing_and_says_so(session: Session, now: datetime) -> None:
    make_customer()
    insert = """INSERT INTO contact_booking (household_id, customer_id, kind, day, gap_days, origin_key, reserved_at)
        SELECT household_id, id, 'cadence', CAST(:day AS date) + n * 30, 7, 'touch:' || n, CAST(:now AS timestamptz)
        FROM customer, generate_series(1, :count) n"""
    assert insert_if_new(insert, {"day": DAY, "now": now, "count": 1}) == 1
    assert insert_if_new(insert, {"day": DAY, "now": now, "count": 3}) is None
    assert states() == ["reserved"]


def test_a_stretch_of_households_is_held_with_its_gaps(session: Session) -> None:
    homes = [make_customer().household_id for _ in range(3)]
    assert contacts_bulk.hold_homes(homes[0], homes[1]) == 2
    wanted = "SELECT id AS household_id FROM household WHERE id <= :last"
    contacts_bulk.read_slots(wanted, {"last": homes[1]}, since=DAY)
    assert db.session.execute(text("SELECT household_id, gap_days FROM home ORDER BY 1")).all() == [
        (homes[0], 7),
        (homes[1], 7),
    ]
