"""How far from the customer's door somebody arrived."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_METRES = 6_371_000
NEAR_METRES = 300


def metres_between(lat: float, lng: float, other_lat: float, other_lng: float) -> int:
    """Distance over the ground in a straight line."""
    half_lat, half_lng = radians(other_lat - lat) / 2, radians(other_lng - lng) / 2
    haversine = sin(half_lat) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(half_lng) ** 2
    return round(2 * EARTH_METRES * asin(min(1.0, sqrt(haversine))))


def is_too_far(distance_metres: int | None, *, accuracy: float | None) -> bool:
    """Worth a look by a supervisor. The phone's own doubt counts for the associate: towers throw GPS off."""
    return distance_metres is not None and distance_metres > NEAR_METRES + (accuracy or 0)
