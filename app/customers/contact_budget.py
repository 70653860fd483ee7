"""The arithmetic of the contact budget: bookings are stretches of days that must not overlap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT_GAP_DAYS = 7


@dataclass(frozen=True, order=True)
class Stretch:
    """The day of a contact and how many days, it included, no other contact may fall into."""

    day: date
    gap_days: int

    @property
    def end(self) -> date:
        """The first day that is free again."""
        return self.day + timedelta(days=self.gap_days)

    def collides_with(self, other: Stretch) -> bool:
        return self.day < other.end and other.day < self.end


def first_free_day(taken: Iterable[Stretch], *, gap_days: int, not_before: date) -> date:
    """The first day on which one more contact fits, also with those booked after it."""
    day = not_before
    for stretch in sorted(taken):
        if Stretch(day, gap_days).collides_with(stretch):
            day = stretch.end
    return day
