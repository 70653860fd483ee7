"""The chart of a forecast: bars of work a week against the hours that people are there. Pure geometry for an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.careplans.forecast import StoreForecast, Week

WIDTH, HEIGHT = 460, 190
LEFT, RIGHT, TOP, BOTTOM = 74, 4, 22, 24
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
MOST_LINES = 4
ROOM_FACTOR = 5
"""Hours beyond so many times the work are shown by a mark at the top edge, else the bars could not be seen."""


@dataclass(frozen=True)
class Bar:
    """One week: x and width of its column; y and height of booked and new work; y of the hours there."""

    week: date
    x: float
    width: float
    booked_y: float
    booked_height: float
    new_y: float
    new_height: float
    there_y: float
    there_is_beyond: bool
    hours: str
    is_too_much: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Line:
    y: float
    hours: int


@dataclass(frozen=True)
class LoadChart:
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def chart_of(store: StoreForecast) -> LoadChart:
    top_hours, step = _scale(_top(store.weeks) / 60)
    room = HEIGHT - TOP - BOTTOM
    column = (WIDTH - LEFT - RIGHT) / max(len(store.weeks), 1)

    def y(minutes: float) -> float:
        return round(HEIGHT - BOTTOM - room * minutes / 60 / top_hours, 1)

    bars = []
    for number, week in enumerate(store.weeks):
        booked, total = y(week.booked_minutes), y(week.booked_minutes + week.minutes)
        bars.append(
            Bar(
                week=week.week,
                x=round(LEFT + number * column + column * 0.16, 1),
                width=round(column * 0.68, 1),
                booked_y=booked,
                booked_height=round(HEIGHT - BOTTOM - booked, 1),
                new_y=total,
                new_height=round(booked - total, 1),
                there_y=max(y(week.available_minutes), TOP - 10),
                there_is_beyond=week.available_minutes > top_hours * 60,
                hours=_hours(week.booked_minutes + week.minutes),
                is_too_much=week.is_too_much,
            )
        )
    lines = [Line(y(hours * 60), hours) for hours in range(0, top_hours + 1, step)]
    return LoadChart(bars=tuple(bars), lines=tuple(lines))


def _top(weeks: Sequence[Week]) -> int:
    """How many minutes the chart must be able to show."""
    work = max((week.booked_minutes + week.minutes for week in weeks), default=0)
    there = max((week.available_minutes for week in weeks), default=0)
    return max(work, there if not work else min(there, ROOM_FACTOR * work))


def _hours(minutes: int) -> str:
    """Above a bar: whole hours, one digit more for the first ones, nothing for none."""
    if not minutes:
        return ""
    return f"{minutes / 60:.1f}".removesuffix(".0") if minutes < 600 else str(round(minutes / 60))


def _scale(hours: float) -> tuple[int, int]:
    """The height of the chart in hours, and the hours between two of its lines."""
    for step in STEPS:
        if hours <= step * MOST_LINES:
            return max(step, -(-int(hours + 0.999) // step) * step), step
    return int(hours) + 1, int(hours) + 1
