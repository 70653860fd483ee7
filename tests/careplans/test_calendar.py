"""Dates that come round: months counted on, solar and lunar birthdays, festivals."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st
from lunardate import LunarDate
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.careplans.calendar import BIRTHDAYS_SQL, months_after, solar_birthday

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2090, 1, 1))


@given(DAYS, st.integers(1, 36))
def test_months_are_counted_as_people_count_them(day: date, months: int) -> None:
    assert months_after(day, months) == day + relativedelta(months=months)


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 1, 31), 3, date(2027, 4, 30)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
    ],
)
def test_a_month_that_lacks_the_day_ends_earlier(day: date, months: int, due: date) -> None:
    assert months_after(day, months) == due


def test_who_was_born_on_leap_day_celebrates_on_the_28th_of_other_years() -> None:
    assert solar_birthday(2, 29, year=2027) == date(2027, 2, 28)
    assert solar_birthday(2, 29, year=2028) == date(2028, 2, 29)


def birthdays(session: Session, first: date, last: date) -> list[tuple[str, int, int, date, int]]:
    rows = session.execute(text(BIRTHDAYS_SQL.format(first=":first", last=":last")), {"first": first, "last": last})
    return [tuple(row) for row in rows]


def lunar(session: Session, month: int, day: int, *, first: date, last: date) -> list[tuple[date, int]]:
    found = [row for row in birthdays(session, first, last) if row[:3] == ("lunar", month, day)]
    return sorted((row[3], row[4]) for row in found)


def test_the_calendar_agrees_with_the_lunar_library_on_every_day(session: Session) -> None:
    rows = session.execute(
        text("SELECT day, lunar_year, lunar_month, lunar_day, is_leap_month FROM calendar_day")
    ).all()
    assert len(rows) == (date(2099, 12, 31) - date(2020, 1, 1)).days + 1
    for row in rows[::97]:
        moon = LunarDate.from_solar_date(row.day.year, row.day.month, row.day.day)
        assert (moon.year, moon.month, moon.day, bool(moon.is_leap_month)) == tuple(row[1:])


@pytest.mark.parametrize(
    ("festival", "day"),
    [
        ("new_year", date(2027, 1, 1)),
        ("spring_festival", date(2027, 2, 6)),
        ("easter", date(2027, 3, 28)),
        ("mid_autumn", date(2027, 9, 15)),
        ("christmas", date(2027, 12, 25)),
    ],
)
def test_the_festivals_of_2027_are_where_people_expect_them(session: Session, festival: str, day: date) -> None:
    found = session.scalars(
        text("SELECT day FROM calendar_day WHERE festival = :festival AND extract(year FROM day) = 2027"),
        {"festival": festival},
    ).all()
    assert found == [day]


def test_each_festival_comes_once_in_each_year(session: Session) -> None:
    counts = session.execute(
        text("""SELECT festival, count(DISTINCT extract(year FROM day)), count(*) FROM calendar_day
                WHERE festival IS NOT NULL GROUP BY festival""")
    ).all()
    assert sorted(tuple(row) for row in counts) == [
        (name, 80, 80) for name in ("christmas", "easter", "mid_autumn", "new_year", "spring_festival")
    ]


def test_a_lunar_birthday_is_kept_in_the_plain_month_and_not_in_the_leap_month(session: Session) -> None:
    # 2025 has a second sixth month, from 25 July on.
    kept = lunar(session, 6, 10, first=date(2025, 1, 29), last=date(2026, 2, 16))
    assert kept == [(date(2025, 7, 4), 2025)]


def test_the_thirtieth_is_kept_on_the_last_day_of_a_short_month(session: Session) -> None:
    first, last = date(2027, 2, 6), date(2028, 1, 25)
    for month in range(1, 13):
        lengths = session.execute(
            text("""SELECT max(lunar_day), max(day) FROM calendar_day
                    WHERE lunar_year = 2027 AND lunar_month = :month AND NOT is_leap_month"""),
            {"month": month},
        ).one()
        assert lengths[0] in (29, 30)
        assert lunar(session, month, 30, first=first, last=last) == [(lengths[1], 2027)]


def test_every_lunar_birthday_comes_once_in_each_lunar_year(session: Session) -> None:
    found = birthdays(session, date(2020, 1, 25), date(2060, 2, 1))
    seen: dict[tuple[int, int, int], int] = {}
    for calendar, month, day, _on, year in found:
        if calendar == "lunar":
            seen[(month, day, year)] = seen.get((month, day, year), 0) + 1
    assert set(seen.values()) == {1}
    assert len(seen) == 12 * 30 * 40


def test_every_solar_birthday_comes_once_a_year_leap_day_too(session: Session) -> None:
    found = [row for row in birthdays(session, date(2027, 1, 1), date(2028, 12, 31)) if row[0] == "solar"]
    assert len(found) == 2 * 366
    assert {row[3] for row in found if row[1:3] == (2, 29)} == {date(2027, 2, 28), date(2028, 2, 29)}


@given(DAYS)
def test_a_birthday_never_slips_into_another_month(day: date) -> None:
    kept = solar_birthday(day.month, day.day, year=day.year + 1)
    assert kept.month == day.month
    assert abs((kept - day).days - 365) <= 1
    assert kept <= day + timedelta(days=366)
