"""Which birthdays exist. The year may be unknown; people often tell only the day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

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
