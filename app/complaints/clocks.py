"""The two clocks of a complaint, in the store's working hours. Pure.

Acknowledge: two working hours; what comes in at night is due two hours after opening.

Plan: the rule says 24 hours, not 24 working hours, which would be two days and a half of a shop that is open for ten.
So it is a day on the wall clock, begun when the store could first begin, and only days on which the store opens count:
a complaint of Saturday at three is due on Monday at three where Sunday is a day of rest. What would fall into closed
hours is due at the next opening.

Each clock calls twice: the store's supervisors when it runs out, head office when as much time has passed again and
nothing happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.complaints.kinds import Alarm, Level
from app.people.opening import Opening, next_opening, open_stretches, working_deadline
from app.settings import ComplaintSettings
from app.tasks.slots import POLITE_FROM, POLITE_TO

SHORTEST_CALL = timedelta(minutes=30)
LOOK_AHEAD_DAYS = 14


@dataclass(frozen=True)
class StoreClock:
    """The store's week and its wall clock."""

    opening: Opening
    zone: ZoneInfo


@dataclass(frozen=True)
class Due:
    """When a clock runs out, and when nobody has answered its first call either."""

    alarm: Alarm
    at: datetime
    again_at: datetime

    def level_at(self, now: datetime) -> Level | None:
        if now >= self.again_at:
            return Level.HEAD_OFFICE
        return Level.SUPERVISOR if now >= self.at else None


def acknowledge_due(since: datetime, *, store: StoreClock, rules: ComplaintSettings) -> Due:
    at = working_deadline(since, rules.acknowledge_working_hours, opening=store.opening, zone=store.zone)
    again = working_deadline(at, rules.acknowledge_working_hours, opening=store.opening, zone=store.zone)
    return Due(Alarm.ACKNOWLEDGE, at, again)


def plan_due(since: datetime, *, store: StoreClock, rules: ComplaintSettings) -> Due:
    at = day_deadline(since, rules.plan_hours, store=store)
    return Due(Alarm.PLAN, at, day_deadline(at, rules.plan_hours, store=store))


def day_deadline(since: datetime, hours: float, *, store: StoreClock) -> datetime:
    """`hours` on the wall clock from the next opening on; days on which the store stays closed don't count."""
    moment = next_opening(since, opening=store.opening, zone=store.zone)
    left = timedelta(hours=hours)
    while True:
        day = moment.astimezone(store.zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time.min, store.zone).astimezone(UTC)
        if not _rests(moment, store):
            if moment + left <= midnight:
                return next_opening(moment + left, opening=store.opening, zone=store.zone)
            left -= midnight - moment
        moment = midnight


def call_window(now: datetime, *, until: datetime, store: StoreClock) -> tuple[datetime, datetime]:
    """When the recovery call should be made: as soon as the store is open and calling is polite, best before `until`.

    Too short a rest of the day is left to the next morning, unless `until` allows no later.
    """
    stretches = [stretch for number in range(LOOK_AHEAD_DAYS) for stretch in _polite(now, number, store)]
    for opens, closes in stretches:
        start = max(opens, now)
        if closes - start >= SHORTEST_CALL:
            return start, min(closes, max(until, start + SHORTEST_CALL))
    start = max(now, until - SHORTEST_CALL)
    return start, start + SHORTEST_CALL


def _polite(now: datetime, number: int, store: StoreClock) -> list[tuple[datetime, datetime]]:
    day = now.astimezone(store.zone).date() + timedelta(days=number)
    earliest = datetime.combine(day, POLITE_FROM, store.zone).astimezone(UTC)
    latest = datetime.combine(day, POLITE_TO, store.zone).astimezone(UTC)
    found = open_stretches(day, opening=store.opening, zone=store.zone)
    return [(max(opens, earliest), min(closes, latest)) for opens, closes in found]


def _rests(moment: datetime, store: StoreClock) -> bool:
    """A whole closed day. A store without any hours never rests: its clock runs day and night."""
    day = moment.astimezone(store.zone).date()
    return any(store.opening.values()) and not open_stretches(day, opening=store.opening, zone=store.zone)
