"""When a store is open, as pure rules: the usual week on the store's own clock, and time counted in opening hours.

`opening` is the store's column as it stands: per weekday ("0" is Monday) a list of stretches ["10:00", "20:00"], none
on a closed day. A stretch ends at "24:00" at the latest; a night is two stretches. A stretch keeps its wall-clock ends
on the days when clocks change, so that it is shorter or longer in real time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from app.core.i18n import N_
from app.people.shifts import Interval, earliest, latest, merged

Opening = Mapping[str, Sequence[Sequence[str]]]

WEEK = 7
MAX_STRETCHES = 4
DEFAULT_HOURS: dict[str, list[list[str]]] = {str(weekday): [["10:00", "20:00"]] for weekday in range(WEEK)}

_WALL = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))")
_TYPED = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
# What people type instead of the plain marks, on keyboards of either script.
_PLAIN = str.maketrans("：，、；;–—－～~至", ":,,,,------")

NOT_A_TIME = N_("Write times as 10:00, up to 24:00.")
WRONG_ORDER = N_("Closing time must be after opening time.")
OVERLAPPING = N_("These hours overlap.")
TOO_MANY = N_("At most four stretches a day.")
NEVER_OPEN = N_("A store is open on at least one day.")


class HoursFault(ValueError):
    """Typed hours that can't be read; its text is for people."""


def open_stretches(day: date, *, opening: Opening, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The stretches of one local day in UTC: sorted, apart from each other, none empty."""
    found = (_stretch(day, starts, ends, zone) for starts, ends in opening.get(str(day.weekday()), ()))
    return [(one.starts_at, one.ends_at) for one in merged(found)]


def is_open(at: datetime, *, opening: Opening, zone: ZoneInfo) -> bool:
    day = at.astimezone(zone).date()
    return any(starts <= at < ends for starts, ends in open_stretches(day, opening=opening, zone=zone))


def working_deadline(start: datetime, hours: float, *, opening: Opening, zone: ZoneInfo) -> datetime:
    """The moment at which the store has been open for `hours` since `start`.

    Work that ends exactly at closing time is due then, not the next morning. A store without any hours would never be
    due, so its clock runs day and night.
    """
    left = timedelta(hours=hours)
    if not _ever_opens(opening):
        return start + left
    for number in count():
        for begins, ends in open_stretches(_day_of(start, zone, number), opening=opening, zone=zone):
            begins = max(begins, start)
            if begins >= ends:
                continue
            if begins + left <= ends:
                return begins + left
            left -= ends - begins
    raise AssertionError("a week that opens at all is worked through sooner or later")


def working_time_between(a: datetime, b: datetime, *, opening: Opening, zone: ZoneInfo) -> timedelta:
    """How long the store was open from `a` to `b`; nothing when `b` lies before `a`."""
    if not _ever_opens(opening):
        return max(b - a, timedelta())
    total = timedelta()
    for number in range((b.astimezone(zone).date() - a.astimezone(zone).date()).days + 1):
        for begins, ends in open_stretches(_day_of(a, zone, number), opening=opening, zone=zone):
            total += max(min(ends, b) - max(begins, a), timedelta())
    return total


def next_opening(at: datetime, *, opening: Opening, zone: ZoneInfo) -> datetime:
    """`at` itself while the store is open, else the moment when it opens again."""
    return working_deadline(at, 0, opening=opening, zone=zone)


# What people write


def checked(hours: Any) -> tuple[dict[str, list[list[str]]], dict[str, list[str]]]:
    """The whole week in order, and what is wrong with it per weekday; a weekday left out is closed."""
    week: dict[str, list[list[str]]] = {}
    faults: dict[str, list[str]] = {}
    for weekday in map(str, range(WEEK)):
        stretches = sorted([str(starts), str(ends)] for starts, ends in hours.get(weekday, ()))
        fault = _fault(stretches)
        if fault:
            faults[weekday] = [fault]
        week[weekday] = stretches
    if not faults and not any(week.values()):
        faults["0"] = [NEVER_OPEN]
    return week, faults


def read(text: str) -> list[list[str]]:
    """Hours as people type them, "10:00-13:00, 14:30-20:00"; nothing is a closed day. Raises HoursFault."""
    plain = "".join(text.translate(_PLAIN).split())
    stretches = []
    for part in filter(None, plain.split(",")):
        found = _TYPED.fullmatch(part)
        if not found:
            raise HoursFault(N_("Write hours as 10:00-20:00, several with a comma between them."))
        opens, opens_minute, closes, closes_minute = found.groups()
        stretches.append([f"{opens:0>2}:{opens_minute}", f"{closes:0>2}:{closes_minute}"])
    fault = _fault(sorted(stretches))
    if fault:
        raise HoursFault(fault)
    return sorted(stretches)


def write(stretches: Sequence[Sequence[str]]) -> str:
    return ", ".join("-".join(stretch) for stretch in stretches)


def _fault(stretches: Sequence[Sequence[str]]) -> str | None:
    if not all(_WALL.fullmatch(mark) for stretch in stretches for mark in stretch):
        return NOT_A_TIME
    if any(starts >= ends for starts, ends in stretches):
        return WRONG_ORDER
    if any(later[0] < earlier[1] for earlier, later in pairwise(stretches)):
        return OVERLAPPING
    return TOO_MANY if len(stretches) > MAX_STRETCHES else None


def _ever_opens(opening: Opening) -> bool:
    return any(opening.get(str(weekday)) for weekday in range(WEEK))


def _day_of(moment: datetime, zone: ZoneInfo, number: int) -> date:
    return moment.astimezone(zone).date() + timedelta(days=number)


def _stretch(day: date, starts: str, ends: str, zone: ZoneInfo) -> Interval:
    opens = earliest(day, time.fromisoformat(starts), zone)
    if ends == "24:00":
        return Interval(opens, earliest(day + timedelta(days=1), time.min, zone))
    return Interval(opens, latest(day, time.fromisoformat(ends), zone).astimezone(UTC))
