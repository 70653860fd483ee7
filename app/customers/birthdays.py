"""Which birthdays exist. The year may be unknown; people often tell only the day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from lunardate import LunarDate

from app.core.i18n import N_
from app.customers.values import Calendar

LEAP_YEAR = 2000


@dataclass(frozen=True)
class Birthday:
    calendar: Calendar
    month: int
    day: int
    year: int | None = None


def fault_of(birthday: Birthday, *, this_year: int) -> str | None:
    """Why this can't be a birthday, for the catalog; None if it can."""
    if birthday.year is not None and not 1900 <= birthday.year <= this_year:
        return N_("The year must lie between 1900 and today.")
    if not 1 <= birthday.month <= 12:
        return N_("There is no such month.")
    if not 1 <= birthday.day <= _days_in(birthday):
        return N_("This month has no such day.")
    return None


def _days_in(birthday: Birthday) -> int:
    if birthday.calendar is Calendar.LUNAR:
        return 30
    return calendar.monthrange(birthday.year or LEAP_YEAR, birthday.month)[1]


def next_date(birthday: Birthday, *, today: date) -> date | None:
    """The next day on which it is kept, today included; None beyond the years that the lunar tables cover.

    A lunar birthday is kept in the plain month, not in the leap month that repeats it. A day that a year lacks (the
    30th of a short lunar month, 29 February) is kept on the last day of its month.
    """
    # A lunar year begins in January or February and ends in the next solar one.
    for year in range(today.year - 1, today.year + 3):
        day = _kept_in(birthday, year)
        if day is None:
            return None
        if day >= today:
            return day
    return None


def _kept_in(birthday: Birthday, year: int) -> date | None:
    if birthday.calendar is Calendar.SOLAR:
        return date(year, birthday.month, min(birthday.day, calendar.monthrange(year, birthday.month)[1]))
    for day in (birthday.day, birthday.day - 1):
        try:
            kept: date = LunarDate(year, birthday.month, day).to_solar_date()
        except ValueError:
            continue
        return kept
    return None
