"""Windows that can be offered: the hours in which customers may be called on, and the associate's load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.db import db
from app.people import queries as people
from app.people.shifts import Interval
from app.tasks.kinds import Status, TaskType
from app.tasks.models import Task

VISIT_STARTS = (time(10), time(12), time(14), time(16), time(18))
CALLBACK_STARTS = (time(10), time(12), time(14), time(16), time(18))
EARLIEST_NOTICE = timedelta(hours=3)
APART = timedelta(hours=4)
DAYS_AHEAD = 14
VISIT_MINUTES = 120
CALLBACK_MINUTES = 60

_TAKES_TIME = (Status.ASSIGNED.value, Status.ACTIVE.value)


@dataclass(frozen=True)
class Slot:
    window_start: datetime
    window_end: datetime


@dataclass(frozen=True)
class Booked:
    """Work that an associate already has."""

    window_start: datetime
    window_end: datetime
    minutes: int


def offer_slots(task: Task, now: datetime, *, count: int = 2) -> list[Slot]:
    """The next sensible windows for this task, for a customer who asks for another time. May be fewer than `count`."""
    zone = people.zone_of_store(task.store_id)
    today = now.astimezone(zone).date()
    minutes = CALLBACK_MINUTES if task.type == TaskType.CALLBACK else VISIT_MINUTES
    starts = CALLBACK_STARTS if task.type == TaskType.CALLBACK else VISIT_STARTS
    candidates = candidate_slots(today=today, zone=zone, starts=starts, minutes=minutes)
    booked: list[Booked] = []
    shifts: list[Interval] | None = None
    if task.assignee_id is not None:
        last = today + timedelta(days=DAYS_AHEAD)
        booked = _booked(task.assignee_id, except_id=task.id, start=now, end=candidates[-1].window_end)
        days = people.working_days([task.assignee_id], first=today, last=last, zone=zone)[task.assignee_id]
        # Somebody without any planned hours is taken to keep the store's hours.
        shifts = [interval for day in days for interval in day.intervals] or None
    return choose(
        candidates,
        now=now,
        taken=Slot(task.window_start, task.window_end),
        booked=booked,
        shifts=shifts,
        minutes=task.expected_minutes,
        count=count,
    )


def candidate_slots(*, today: date, zone: ZoneInfo, starts: Sequence[time], minutes: int) -> list[Slot]:
    """Every window of the coming days, by the store's wall clock."""
    slots = []
    for day in range(DAYS_AHEAD + 1):
        for start in starts:
            opens = datetime.combine(today + timedelta(days=day), start, zone).astimezone(UTC)
            slots.append(Slot(opens, opens + timedelta(minutes=minutes)))
    return slots


def choose(
    candidates: Iterable[Slot],
    *,
    now: datetime,
    taken: Slot,
    booked: Sequence[Booked],
    shifts: Sequence[Interval] | None,
    minutes: int,
    count: int,
) -> list[Slot]:
    """The first windows that leave notice, differ from the present one, lie in working hours and have room left."""
    chosen: list[Slot] = []
    for slot in candidates:
        if slot.window_start < now + EARLIEST_NOTICE or _overlap(slot, taken):
            continue
        if chosen and slot.window_start - chosen[-1].window_start < APART:
            continue
        if shifts is not None and not any(
            shift.starts_at <= slot.window_start and slot.window_end <= shift.ends_at for shift in shifts
        ):
            continue
        if has_room(slot, booked, minutes=minutes):
            chosen.append(slot)
        if len(chosen) == count:
            break
    return chosen


def has_room(slot: Slot, booked: Sequence[Booked], *, minutes: int) -> bool:
    """Does the work fit into the window beside what overlaps it?"""
    room = (slot.window_end - slot.window_start) / timedelta(minutes=1)
    used = sum(work.minutes for work in booked if _overlap(slot, Slot(work.window_start, work.window_end)))
    return used + minutes <= room


def _overlap(one: Slot, other: Slot) -> bool:
    return one.window_start < other.window_end and other.window_start < one.window_end


def is_free(task: Task, start: datetime, end: datetime) -> bool:
    """Could the assignee of this task do it in another window?"""
    assert task.assignee_id is not None
    if people.away_among([task.assignee_id], starts=start, ends=end):
        return False
    booked = _booked(task.assignee_id, except_id=task.id, start=start, end=end)
    return has_room(Slot(start, end), booked, minutes=task.expected_minutes)


def _booked(staff_id: int, *, except_id: int, start: datetime, end: datetime) -> list[Booked]:
    rows = db.session.execute(
        select(Task.window_start, Task.window_end, Task.expected_minutes).where(
            Task.assignee_id == staff_id,
            Task.id != except_id,
            Task.status.in_(_TAKES_TIME),
            Task.window_start < end,
            Task.window_end > start,
        )
    )
    return [Booked(*row) for row in rows]
