"""Bookings written many at once: what collides is left out, the others are written."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers import contacts_bulk
from app.customers.models import ContactBooking
from tests.factories.customers import make_customer

DAY = date(2027, 3, 20)


def rows(*bookings: tuple[int, int, str]) -> str:
    """household, customer, key: all for the same day."""
    listed = ", ".join(f"({home}, {who}, '{key}')" for home, who, key in bookings)
    return f"""SELECT household_id, customer_id, 'cadence' AS kind, DATE '{DAY}' AS day, 14 AS gap_days, origin_key,
        false AS is_sales FROM (VALUES {listed}) AS v(household_id, customer_id, origin_key)"""


@pytest.mark.parametrize("second_key", ["same", "other"])
def test_of_many_bookings_only_the_one_that_collides_is_left_out(
    session: Session, now: datetime, second_key: str
) -> None:
    taken, free = make_customer(), make_customer()
    assert contacts_bulk.book(rows((taken.household_id, taken.id, "same")), {}, now=now) == 1
    both = rows((taken.household_id, taken.id, second_key), (free.household_id, free.id, "free"))
    assert contacts_bulk.book(both, {}, now=now) == 1
    assert session.scalar(select(func.count()).select_from(ContactBooking)) == 2
