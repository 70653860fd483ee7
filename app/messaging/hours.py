"""Open and closed hours on a local clock that jumps twice a year. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

HORIZON_DAYS = 3
"""Longer than any closed stretch, also where a country once left out a whole day."""


@dataclass(frozen=True)
class Hours:
    """A day's closed stretches by the wall clock of `zone`, over midnight too; what is not closed is open.

    The wall clock decides: an hour that comes twice is judged twice, one that is left out never.
    """

    zone: str
    closed: tuple[tuple[time, time], ...]

    def is_open(self, at: datetime) -> bool:
        clock = at.astimezone(ZoneInfo(self.zone)).time()
        return not any(_lies_in(clock, starts, ends) for starts, ends in self.closed)

    def open_from(self, at: datetime) -> datetime:
        """`at` itself when it is open, else the first open instant after it."""
        if self.is_open(at):
            return at
        opens = next((turn for turn in self._turns(at) if self.is_open(turn)), None)
        return opens or at + timedelta(days=HORIZON_DAYS)

    def open_until(self, at: datetime) -> datetime:
        """The first closed instant after `at`, which is open."""
        closes = next((turn for turn in self._turns(at) if not self.is_open(turn)), None)
        return closes or at + timedelta(days=HORIZON_DAYS)

    def _turns(self, at: datetime) -> Sequence[datetime]:
        """The instants after `at` when the answer may change: a stretch's edge by the clock, or a jump of the clock."""
        turns = _turns_from(self, at.astimezone(UTC).date())
        return turns[bisect_right(turns, at) :]


@lru_cache(maxsize=4096)
def _turns_from(hours: Hours, day: date) -> tuple[datetime, ...]:
    """All turns of the days to come, for whoever asks on this day: thousands of texts ask the same of each country."""
    zone = ZoneInfo(hours.zone)
    marks = {edge for stretch in hours.closed for edge in stretch}
    edges = {
        datetime.combine(day + timedelta(days=number), mark, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        for number in range(-1, HORIZON_DAYS + 2)
        for mark in marks
        for fold in (0, 1)
    }
    return tuple(sorted(edges | set(_jumps(datetime.combine(day, time(), UTC), zone))))


def _lies_in(clock: time, starts: time, ends: time) -> bool:
    if starts <= ends:
        return starts <= clock < ends
    return clock >= starts or clock < ends


def _jumps(at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants after `at` at which the clock is put forward or back."""
    before = int(at.timestamp())
    for _day in range(HORIZON_DAYS + 1):
        after = before + 86_400
        if _offset(before, zone) != _offset(after, zone):
            low, high = before, after
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(middle, zone) == _offset(before, zone):
                    low = middle
                else:
                    high = middle
            yield datetime.fromtimestamp(high, UTC)
        before = after


def _offset(second: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(second, zone).utcoffset()
