"""Days with their lunar date and festival, and the rules of dates that come round: months counted on, birthdays.

The engine joins the table; the pure rules beside it say the same for one date, for pages and for tests.
"""

from __future__ import annotations

import calendar
from datetime import date

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

FIRST_YEAR, LAST_YEAR = 2020, 2099


class CalendarDay(Base):
    """One day of the years 2020 to 2099. The lunar calendar's leap months carry the number of the month before."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        CheckConstraint(
            "festival in ('new_year', 'spring_festival', 'easter', 'mid_autumn', 'christmas')", name="festival"
        ),
        Index("ix_calendar_day_festival_day", "festival", "day", postgresql_where=text("festival is not null")),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    lunar_year: Mapped[int] = mapped_column(SmallInteger)
    lunar_month: Mapped[int] = mapped_column(SmallInteger)
    lunar_day: Mapped[int] = mapped_column(SmallInteger)
    is_leap_month: Mapped[bool]
    festival: Mapped[str | None]


def months_after(day: date, months: int) -> date:
    """The same day so many months on; a month that lacks it ends earlier: 31 January and one month is 28 February."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def solar_birthday(month: int, day: int, *, year: int) -> date:
    """The birthday in that year; who was born on 29 February has it on the 28th when there is none."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


BIRTHDAYS_SQL = """
    SELECT 'solar' AS calendar, extract(month FROM d.day)::int AS month, extract(day FROM d.day)::int AS day_of_month,
        d.day, extract(year FROM d.day)::int AS year
    FROM calendar_day d WHERE d.day BETWEEN {first} AND {last}
    UNION ALL
    SELECT 'solar', 2, 29, d.day, extract(year FROM d.day)::int
    FROM calendar_day d
    WHERE d.day BETWEEN {first} AND {last}
        AND extract(month FROM d.day) = 2 AND extract(day FROM d.day) = 28 AND extract(day FROM d.day + 1) = 1
    UNION ALL
    SELECT 'lunar', d.lunar_month, d.lunar_day, d.day, d.lunar_year
    FROM calendar_day d WHERE d.day BETWEEN {first} AND {last} AND NOT d.is_leap_month
    UNION ALL
    SELECT 'lunar', d.lunar_month, 30, d.day, d.lunar_year
    FROM calendar_day d JOIN calendar_day tomorrow ON tomorrow.day = d.day + 1
    WHERE d.day BETWEEN {first} AND {last} AND NOT d.is_leap_month AND d.lunar_day = 29 AND tomorrow.lunar_day = 1
"""
"""Which birthdays fall on which days between two: (calendar, month, day_of_month, day, year).

A lunar birthday is kept once in a lunar year, in the plain month and not in the leap month that repeats it; the 30th of
a month that has 29 days is kept on the 29th. Its year is the lunar one, so that a solar year may hold two or none.
"""
