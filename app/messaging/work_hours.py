"""When an associate may be told of work by SMS: on shift, or shortly before it, and not at night. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.messaging.hours import Hours
from app.people.shifts import Interval, merged

BEFORE_SHIFT = timedelta(hours=1)
"""Who begins at ten wants to know at nine, at home, where the day leads first."""


@dataclass(frozen=True)
class Opening:
    """A text may go from `opens_at` up to `until`."""

    opens_at: datetime
    until: datetime


def next_opening(now: datetime, shifts: Sequence[Interval], *, quiet: Hours, at_night_too: bool) -> Opening | None:
    """The first moment from `now` on; None when none of the shifts has one. `at_night_too`: it is about today."""
    for stretch in merged(Interval(shift.starts_at - BEFORE_SHIFT, shift.ends_at) for shift in shifts):
        begins = max(now, stretch.starts_at)
        opens_at = begins if at_night_too else quiet.open_from(begins)
        if opens_at < stretch.ends_at:
            until = stretch.ends_at if at_night_too else min(stretch.ends_at, quiet.open_until(opens_at))
            return Opening(opens_at, until)
    return None
