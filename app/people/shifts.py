"""Working hours as pure rules: the usual week, what replaces it on single days, and absences, on a local calendar.

Wall-clock times are those of the store. On the two days a year when clocks change, a stretch keeps its wall-clock ends:
it is an hour shorter or longer in real time, never double, never negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `starts_at` up to, not including, `ends_at`; aware, in UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    def contains(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def overlaps(self, other: Interval) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class WeeklyShift:
    """One stretch on every `weekday` (Monday is 0) from `valid_from` up to, not including, `valid_until`."""

    weekday: int
    starts: time
    ends: time
    valid_from: date = date.min
    valid_until: date | None = None

    def applies_on(self, day: date) -> bool:
        is_in_force = self.valid_from <= day and (self.valid_until is None or day < self.valid_until)
        return is_in_force and day.weekday() == self.weekday


@dataclass(frozen=True, slots=True)
class DayShift:
    """What replaces the usual week on `day`; without times: no work."""

    day: date
    starts: time | None = None
    ends: time | None = None


@dataclass(frozen=True, slots=True)
class WorkingDay:
    day: date
    intervals: list[Interval]
    is_exception: bool
    is_away: bool

    @property
    def minutes(self) -> int:
        """Whole minutes of the day: parts of one before and after a leave count together."""
        return sum((each.ends_at - each.starts_at for each in self.intervals), timedelta()) // timedelta(minutes=1)


def working_days(
    *,
    first: date,
    last: date,
    zone: ZoneInfo,
    weekly: Iterable[WeeklyShift],
    exceptions: Iterable[DayShift] = (),
    time_off: Iterable[Interval] = (),
) -> list[WorkingDay]:
    """What one person works on each day from `first` to `last`, both included."""
    weekly, exceptions, time_off = list(weekly), list(exceptions), list(time_off)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [_working_day(day, zone, weekly, exceptions, time_off) for day in days]


def working_intervals(
    day: date,
    *,
    zone: ZoneInfo,
    weekly: Iterable[WeeklyShift],
    exceptions: Iterable[DayShift] = (),
    time_off: Iterable[Interval] = (),
) -> list[Interval]:
    """The stretches one person works on a local day: sorted, apart from each other, none empty."""
    found = working_days(first=day, last=day, zone=zone, weekly=weekly, exceptions=exceptions, time_off=time_off)
    return found[0].intervals


def is_working(
    moment: datetime,
    *,
    zone: ZoneInfo,
    weekly: Iterable[WeeklyShift],
    exceptions: Iterable[DayShift] = (),
    time_off: Iterable[Interval] = (),
) -> bool:
    day = moment.astimezone(zone).date()
    found = working_intervals(day, zone=zone, weekly=weekly, exceptions=exceptions, time_off=time_off)
    return any(interval.contains(moment) for interval in found)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where a local day begins and ends, in UTC; 23 or 25 hours apart when the clocks change."""
    return earliest(day, time.min, zone), earliest(day + timedelta(days=1), time.min, zone)


def earliest(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first moment at which the store's clock shows `wall` or later."""
    return min(_readings(day, wall, zone))


def latest(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The last moment at which the store's clock shows `wall`; the change itself for a time that is skipped."""
    return max(_readings(day, wall, zone))


def without(intervals: Sequence[Interval], absences: Iterable[Interval]) -> list[Interval]:
    """What is left of `intervals` when `absences` are taken out."""
    left = list(intervals)
    for absence in absences:
        left = [piece for interval in left for piece in _cut(interval, absence)]
    return left


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted, with overlapping and touching stretches joined, empty ones dropped."""
    joined: list[Interval] = []
    for interval in sorted(intervals):
        if interval.starts_at >= interval.ends_at:
            continue
        if joined and interval.starts_at <= joined[-1].ends_at:
            joined[-1] = Interval(joined[-1].starts_at, max(joined[-1].ends_at, interval.ends_at))
        else:
            joined.append(interval)
    return joined


def overlapping(stretches: Iterable[tuple[time, time]]) -> bool:
    """Whether two stretches of one day share time; touching ones don't."""
    ordered = sorted(stretches)
    return any(later[0] < earlier[1] for earlier, later in pairwise(ordered))


def _working_day(
    day: date, zone: ZoneInfo, weekly: list[WeeklyShift], exceptions: list[DayShift], time_off: list[Interval]
) -> WorkingDay:
    replaced = [exception for exception in exceptions if exception.day == day]
    if replaced:
        stretches = [(e.starts, e.ends) for e in replaced if e.starts is not None and e.ends is not None]
    else:
        stretches = [(shift.starts, shift.ends) for shift in weekly if shift.applies_on(day)]
    planned = merged(Interval(earliest(day, starts, zone), latest(day, ends, zone)) for starts, ends in stretches)
    left = without(planned, time_off)
    whole_day = Interval(*day_bounds(day, zone))
    is_away = left != planned or (not planned and any(absence.overlaps(whole_day) for absence in time_off))
    return WorkingDay(day=day, intervals=left, is_exception=bool(replaced), is_away=is_away)


def _cut(interval: Interval, absence: Interval) -> list[Interval]:
    if not interval.overlaps(absence):
        return [interval]
    return merged([Interval(interval.starts_at, absence.starts_at), Interval(absence.ends_at, interval.ends_at)])


def _readings(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moments when the clock shows `wall`: one, two when it is set back, the change itself when it jumps over."""
    local = datetime.combine(day, wall, tzinfo=zone)
    before, after = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:
        return before, after
    jump = _change_between(after, before, zone)
    return jump, jump


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The moment in (low, high] at which the offset changes, to the second."""
    old_offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            break
        if middle.astimezone(zone).utcoffset() == old_offset:
            low = middle
        else:
            high = middle
    return high
