"""When a birthday comes round: today included, lunar ones by the plain month, short months by their end."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lunardate import LunarDate
from sqlalchemy import text

from app.careplans.calendar import BIRTHDAYS_SQL
from app.core.db import db
from app.customers.birthdays import Birthday, next_date
from app.customers.values import Calendar

DAYS = st.dates(date(2020, 3, 1), date(2095, 1, 1))


@pytest.mark.parametrize(
    ("month", "day", "today", "expected"),
    [
        (3, 10, date(2027, 3, 10), date(2027, 3, 10)),
        (3, 9, date(2027, 3, 10), date(2028, 3, 9)),
        (2, 29, date(2027, 1, 1), date(2027, 2, 28)),
        (2, 29, date(2027, 3, 1), date(2028, 2, 29)),
        (12, 31, date(2027, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_solar_birthday_comes_round_each_year(month: int, day: int, today: date, expected: date) -> None:
    assert next_date(Birthday(Calendar.SOLAR, month, day), today=today) == expected


@pytest.mark.parametrize(
    ("month", "day", "today", "expected"),
    [
        (8, 15, date(2027, 3, 10), date(2027, 9, 15)),  # Mid-Autumn
        (1, 1, date(2027, 3, 10), date(2028, 1, 26)),  # Spring Festival
        (12, 30, date(2027, 1, 1), date(2027, 2, 5)),  # New Year's Eve: this twelfth month has 29 days
        (6, 1, date(2025, 1, 1), date(2025, 6, 25)),  # of a year with a leap sixth month the plain one
        (6, 1, date(2025, 7, 25), date(2026, 7, 14)),  # ... and not once more in the leap one
    ],
)
def test_a_lunar_birthday_comes_round_in_the_plain_month(month: int, day: int, today: date, expected: date) -> None:
    assert next_date(Birthday(Calendar.LUNAR, month, day), today=today) == expected


@given(month=st.integers(1, 12), day=st.integers(1, 30), today=DAYS)
def test_a_lunar_birthday_is_its_lunar_day_or_the_last_of_a_short_month(month: int, day: int, today: date) -> None:
    found = next_date(Birthday(Calendar.LUNAR, month, day), today=today)
    assert found is not None
    assert today <= found <= today + timedelta(days=385)
    lunar = LunarDate.from_solar_date(found.year, found.month, found.day)
    assert (lunar.month, lunar.is_leap_month) == (month, False)
    if lunar.day != day:
        tomorrow = found + timedelta(days=1)
        after = LunarDate.from_solar_date(tomorrow.year, tomorrow.month, tomorrow.day)
        assert (day, lunar.day, after.day) == (30, 29, 1)


@given(month=st.integers(1, 12), day=st.integers(1, 28), today=DAYS)
def test_a_solar_birthday_keeps_its_day(month: int, day: int, today: date) -> None:
    found = next_date(Birthday(Calendar.SOLAR, month, day), today=today)
    assert found is not None
    assert (found.month, found.day) == (month, day)
    assert today <= found <= today + timedelta(days=366)


def test_beyond_the_lunar_tables_nothing_is_promised() -> None:
    assert next_date(Birthday(Calendar.LUNAR, 8, 15), today=date(2105, 1, 1)) is None


@pytest.mark.parametrize("calendar", list(Calendar))
def test_the_page_names_the_day_on_which_the_plans_congratulate(session: Any, calendar: Calendar) -> None:
    """The rule here and the set-based one of the care plans, for every birthday of a year with a leap month."""
    query = BIRTHDAYS_SQL.format(first="DATE '2028-01-01'", last="DATE '2029-12-31'")
    kept: dict[tuple[int, int], list[date]] = {}
    for row in db.session.execute(text(f"SELECT calendar, month, day_of_month, day FROM ({query}) b")):
        if row.calendar == calendar:
            kept.setdefault((row.month, row.day_of_month), []).append(row.day)
    assert kept
    today = date(2028, 1, 1)
    for (month, day), days in kept.items():
        expected = min(one for one in days if one >= today)
        assert next_date(Birthday(calendar, month, day), today=today) == expected, (month, day)
