"""Windows that can be offered: the hours in which customers may be called on, and the associate's load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.db import db
from app.people import queries as people
from app.people.opening import Opening, open_stretches
from app.people.shifts import Interval
from app.tasks.kinds import Status, TaskType
from app.tasks.models import Task

# However long a store is open, nobody is called on before or after.
POLITE_FROM, POLITE_TO = time(9), time(20)
STEP = timedelta(hours=2)
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


def offer_slots(task: Task, now: datetime, *, count: int = 2, apart: timedelta = APART) -> list[Slot]:
    """The next sensible windows for this task, for a customer who asks for another time. May be fewer than `count`."""
    return first_slots(
        task.store_id,
        task_type=task.type,
        minutes=task.expected_minutes,
        assignee_id=task.assignee_id,
        now=now,
        count=count,
        apart=apart,
        instead_of=task,
    )


def first_slots(
    store_id: int,
    *,
    task_type: str,
    minutes: int,
    assignee_id: int | None,
    now: datetime,
    count: int = 1,
    apart: timedelta = APART,
    instead_of: Task | None = None,
) -> list[Slot]:
    """The next sensible windows for work of this length at a store; `instead_of` is the task that would move there."""
    store = people.store(store_id)
    zone = ZoneInfo(store.zone)
    today = now.astimezone(zone).date()
    length = CALLBACK_MINUTES if task_type == TaskType.CALLBACK else VISIT_MINUTES
    candidates = candidate_slots(today=today, zone=zone, opening=store.opening_hours, minutes=length)
    if not candidates:
        return []
    booked: list[Booked] = []
    shifts: list[Interval] | None = None
    if assignee_id is not None:
        last = today + timedelta(days=DAYS_AHEAD)
        except_id = instead_of.id if instead_of is not None else 0
        booked = _booked(assignee_id, except_id=except_id, start=now, end=candidates[-1].window_end)
        days = people.working_days([assignee_id], first=today, last=last, zone=zone)[assignee_id]
        # Somebody without any planned hours is taken to keep the store's hours.
        shifts = [interval for day in days for interval in day.intervals] or None
    return choose(
        candidates,
        now=now,
        taken=Slot(instead_of.window_start, instead_of.window_end) if instead_of is not None else None,
        booked=booked,
        shifts=shifts,
        minutes=minutes,
        count=count,
        apart=apart,
    )


def free_slots(task: Task, now: datetime) -> list[Slot]:
    """Every window of the coming days that is still free, for a customer who chooses himself."""
    return offer_slots(task, now, count=DAYS_AHEAD * 24, apart=timedelta(0))


def candidate_slots(*, today: date, zone: ZoneInfo, opening: Opening, minutes: int) -> list[Slot]:
    """Every window of the coming days that lies in the store's opening hours and at a polite time of day."""
    length = timedelta(minutes=minutes)
    slots = []
    for number in range(DAYS_AHEAD + 1):
        day = today + timedelta(days=number)
        polite_from = datetime.combine(day, POLITE_FROM, zone).astimezone(UTC)
        polite_to = datetime.combine(day, POLITE_TO, zone).astimezone(UTC)
        for opens, closes in open_stretches(day, opening=opening, zone=zone):
            start = max(opens, polite_from)
            while start + length <= min(closes, polite_to):
                slots.append(Slot(start, start + length))
                start += STEP
    return slots


def choose(
    candidates: Iterable[Slot],
    *,
    now: datetime,
    taken: Slot | None,
    booked: Sequence[Booked],
    shifts: Sequence[Interval] | None,
    minutes: int,
    count: int,
    apart: timedelta = APART,
) -> list[Slot]:
    """The first windows that leave notice, differ from the present one, lie in working hours and have room left."""
    chosen: list[Slot] = []
    for slot in candidates:
        if slot.window_start < now + EARLIEST_NOTICE or (taken is not None and _overlap(slot, taken)):
            continue
        if chosen and slot.window_start - chosen[-1].window_start < apart:
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
