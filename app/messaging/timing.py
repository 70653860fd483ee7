"""When texts about a visit are due. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.settings import Settings

MIN_GAP_AFTER_BOOKING = timedelta(hours=4)
"""A reminder sooner after the booking text than this would only repeat it."""

TRAVEL_KMH = 18.0
DETOUR = 1.35
ASSUMED_TRAVEL = timedelta(minutes=30)
SHORTEST_TRAVEL = timedelta(minutes=10)
LONGEST_TRAVEL = timedelta(minutes=90)


@dataclass(frozen=True)
class Timetable:
    """The delays that an installation may set: the reminder's hour of the evening before, and the undo window."""

    evening: time = time(18)
    short_notice: timedelta = timedelta(hours=2)
    undo_window: timedelta = timedelta(minutes=5)


USUAL = Timetable()


def timetable_of(chosen: Settings) -> Timetable:
    """The delays of this installation."""
    return Timetable(
        evening=time(chosen.messaging.reminder_hour),
        short_notice=timedelta(hours=chosen.messaging.reminder_notice_hours),
        undo_window=timedelta(seconds=chosen.tasks.undo_window_seconds),
    )


def reminder_at(window_start: datetime, *, zone: str, now: datetime, timetable: Timetable = USUAL) -> datetime | None:
    """The evening before; shortly before the visit when that comes too soon after the booking; else none."""
    local_start = window_start.astimezone(ZoneInfo(zone))
    evening = datetime.combine(local_start.date() - timedelta(days=1), timetable.evening, tzinfo=ZoneInfo(zone))
    for moment in (evening.astimezone(UTC), window_start - timetable.short_notice):
        if moment - now >= MIN_GAP_AFTER_BOOKING:
            return moment
    return None


def estimated_arrival(
    started_at: datetime,
    *,
    window_start: datetime,
    origin: tuple[float, float] | None,
    destination: tuple[float, float] | None,
) -> datetime:
    """Arrival by the distance from the store, to the next five minutes, never before the promised window."""
    arrival = max(started_at + travel_time(origin, destination), window_start)
    return datetime.fromtimestamp(math.ceil(arrival.timestamp() / 300) * 300, tz=UTC)


def travel_time(origin: tuple[float, float] | None, destination: tuple[float, float] | None) -> timedelta:
    if not origin or not destination:
        return ASSUMED_TRAVEL
    hours = _kilometres(origin, destination) * DETOUR / TRAVEL_KMH
    return min(max(timedelta(hours=hours), SHORTEST_TRAVEL), LONGEST_TRAVEL)


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    (lat1, lng1), (lat2, lng2) = (map(math.radians, point) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))
