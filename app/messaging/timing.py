"""When texts about a visit are due. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVENING_BEFORE = time(18)
SHORT_NOTICE = timedelta(hours=2)
MIN_GAP_AFTER_BOOKING = timedelta(hours=4)
"""A reminder sooner after the booking text than this would only repeat it."""

TRAVEL_KMH = 18.0
DETOUR = 1.35
ASSUMED_TRAVEL = timedelta(minutes=30)
SHORTEST_TRAVEL = timedelta(minutes=10)
LONGEST_TRAVEL = timedelta(minutes=90)


def reminder_at(window_start: datetime, *, zone: str, now: datetime) -> datetime | None:
    """18:00 of the evening before; two hours before when that comes too soon after the booking; else none."""
    local_start = window_start.astimezone(ZoneInfo(zone))
    evening = datetime.combine(local_start.date() - timedelta(days=1), EVENING_BEFORE, tzinfo=ZoneInfo(zone))
    for moment in (evening.astimezone(UTC), window_start - SHORT_NOTICE):
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
    travel = ASSUMED_TRAVEL
    if origin and destination:
        hours = _kilometres(origin, destination) * DETOUR / TRAVEL_KMH
        travel = min(max(timedelta(hours=hours), SHORTEST_TRAVEL), LONGEST_TRAVEL)
    arrival = max(started_at + travel, window_start)
    return datetime.fromtimestamp(math.ceil(arrival.timestamp() / 300) * 300, tz=UTC)


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    (lat1, lng1), (lat2, lng2) = (map(math.radians, point) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))
