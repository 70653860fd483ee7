"""A season is a calendar month at the store."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

SEASON_PATTERN = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


def season_of(moment: datetime, zone: str) -> str:
    """'2027-03' for any moment of March 2027 on the store's wall clock."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def start_of_day(moment: datetime, zone: str) -> datetime:
    """Local midnight of that day, also on the two days a year when the clock changes."""
    return datetime.combine(day_of(moment, zone), time.min, tzinfo=ZoneInfo(zone))
