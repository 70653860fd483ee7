"""What the customer's own page shows: the appointments with their live state, and what the customer may do about each.

Nothing here changes anything. Each state is worked out from the task as it stands, so page and text messages agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from app.complaints import queries as complaints
from app.complaints.models import Complaint
from app.core.config import settings
from app.core.db import db
from app.core.phone import format_for_people, mask
from app.customers import consent
from app.customers.links import CustomerLink
from app.customers.models import ConsentEvent, Customer
from app.customers.values import ConsentSource, ConsentState
from app.messaging import timing
from app.messaging import words as text_words
from app.people import queries as people
from app.people.models import Staff, Store
from app.people.opening import open_stretches
from app.tasks import service as tasks
from app.tasks.kinds import CancelReason, Heart, Status, TaskType
from app.tasks.models import Promise, Task, TaskHistory, TaskLine
from app.tasks.slots import APART, Slot

KEPT_AFTER_END = timedelta(days=7)
KEPT_AFTER_CANCELLING = timedelta(days=2)
MOST_SHOWN = 12
OFFERED = 2
SHORT_ADDRESS = 6

_PLANNED = (Status.OPEN.value, Status.ASSIGNED.value)
_DONE = (Status.COMPLETED.value, Status.PARTLY.value)
_NEVER_TOLD = (CancelReason.UNDONE.value, CancelReason.DUPLICATE.value)


class Now(StrEnum):
    """Where an appointment stands, in the customer's eyes."""

    BOOKED = "booked"
    MOVED = "moved"
    CONFIRMED = "confirmed"
    LATE = "late"
    ON_THE_WAY = "on_the_way"
    CALLING = "calling"
    ARRIVED = "arrived"
    DONE = "done"
    PARTLY = "partly"
    COULD_NOT_MEET = "could_not_meet"
    CANCELLED = "cancelled"


PETALS = {
    Now.BOOKED: 1,
    Now.MOVED: 1,
    Now.CONFIRMED: 2,
    Now.LATE: 2,
    Now.ON_THE_WAY: 3,
    Now.CALLING: 4,
    Now.ARRIVED: 4,
    Now.DONE: 5,
    Now.PARTLY: 4,
    Now.COULD_NOT_MEET: 0,
    Now.CANCELLED: 0,
}
"""The blossom opens petal by petal while the visit comes nearer."""

LIVE = frozenset({Now.ON_THE_WAY, Now.CALLING, Now.ARRIVED, Now.LATE})


@dataclass(frozen=True)
class Appointment:
    """One visit, delivery or call."""

    id: int
    version: int
    type: str
    direction: str | None
    now: Now
    start: datetime
    end: datetime
    who: str
    store: Store
    eta: datetime | None
    was_at: datetime | None
    ended_at: datetime | None
    lines: Sequence[tuple[int, str]]
    may_confirm: bool
    may_move: bool
    may_try_again: bool
    may_rate: bool
    heart: str
    rating: int | None

    @property
    def petals(self) -> int:
        return PETALS[self.now]

    @property
    def zone(self) -> str:
        return self.store.zone

    @property
    def is_over(self) -> bool:
        return self.now in (Now.DONE, Now.PARTLY, Now.COULD_NOT_MEET, Now.CANCELLED)


@dataclass(frozen=True)
class Choice:
    """Times to choose from: two at hand, and all by day. `key` stands in the form."""

    near: Sequence[Slot]
    days: Sequence[tuple[date, Sequence[Slot]]]


@dataclass(frozen=True)
class Texts:
    """Do our text messages reach the customer? `stopped_at_carrier`: only START opens the carrier's own stop."""

    phone_masked: str
    are_on: bool
    stopped_at_carrier: bool


@dataclass(frozen=True)
class PageView:
    link: CustomerLink
    customer: Customer
    store: Store
    appointments: Sequence[Appointment]
    texts: Texts | None
    complaint: Complaint | None
    opens: Sequence[tuple[datetime, datetime]]

    @property
    def upcoming(self) -> list[Appointment]:
        return [one for one in self.appointments if not one.is_over]

    @property
    def over(self) -> list[Appointment]:
        return [one for one in self.appointments if one.is_over]

    @property
    def is_live(self) -> bool:
        """Somebody is on the way: look often."""
        return any(one.now in LIVE for one in self.appointments)

    def tag(self, *more: object) -> str:
        """Changes whenever the page would read differently."""
        case = self.complaint
        parts: list[object] = [
            self.link.id,
            self.customer.version,
            [(one.id, one.version, one.now, one.eta, one.may_rate) for one in self.appointments],
            self.texts and (self.texts.are_on, self.texts.stopped_at_carrier),
            case and (case.id, case.version),
            more,
        ]
        return sha256(repr(parts).encode()).hexdigest()[:20]


def read(link: CustomerLink, *, now: datetime) -> PageView:
    customer = db.session.get_one(Customer, link.customer_id)
    store = people.store(customer.store_id)
    zone = ZoneInfo(store.zone)
    return PageView(
        link=link,
        customer=customer,
        store=store,
        appointments=_appointments(link, customer, now=now),
        texts=_texts(customer),
        complaint=_own_case(customer),
        opens=open_stretches(now.astimezone(zone).date(), opening=store.opening_hours, zone=zone),
    )


def _own_case(customer: Customer) -> Complaint | None:
    """What another member of the household has complained about is his to tell, and his to call put right."""
    case = complaints.open_case_of(customer.id)
    return case if case is not None and case.customer_id == customer.id else None


def choice_for(task: Task, *, now: datetime) -> Choice:
    """What the customer may move this task to."""
    free = tasks.free_slots(task, now)
    near: list[Slot] = []
    for slot in free:
        if len(near) < OFFERED and (not near or slot.window_start - near[-1].window_start >= APART):
            near.append(slot)
    zone = people.zone_of_store(task.store_id)
    days: dict[date, list[Slot]] = {}
    for slot in free:
        days.setdefault(slot.window_start.astimezone(zone).date(), []).append(slot)
    return Choice(near=near, days=list(days.items()))


def slot_key(slot: Slot | Appointment) -> str:
    """Names a window in a form."""
    start = slot.window_start if isinstance(slot, Slot) else slot.start
    return str(int(start.timestamp()) // 60)


def find_slot(task: Task, key: str, *, now: datetime) -> Slot | None:
    """The free window that this key names."""
    return next((slot for slot in tasks.free_slots(task, now) if slot_key(slot) == key), None)


def task_of(link: CustomerLink, task_id: int) -> Task | None:
    """A task of the link's customer."""
    return db.session.scalar(select(Task).where(Task.id == task_id, Task.customer_id == link.customer_id))


def shown_task_of(link: CustomerLink, task_id: int, *, now: datetime) -> Task | None:
    """The same, if the page tells of it: nobody acts on work that stays inside."""
    rows = _rows(link, now=now, most=1, task_id=task_id)
    return rows[0].Task if rows else None


def next_heart(customer_id: int) -> Heart:
    """The heart that is asked about next: they take turns, one with each answer of this customer."""
    rated = db.session.scalar(
        select(func.count()).where(Task.customer_id == customer_id, Task.rated_heart.is_not(None))
    )
    return list(Heart)[(rated or 0) % len(Heart)]


def is_ratable(task: Task, *, now: datetime) -> bool:
    """Only once the associate can no longer take the ending back, as with the text that asks for stars."""
    undo = timedelta(seconds=settings().tasks.undo_window_seconds)
    ended = task.end_recorded_at
    return task.status in _DONE and task.rated_at is None and ended is not None and ended + undo <= now


def short_address(customer: Customer) -> str:
    """Enough to see that it is the right home, not enough for a stranger to find the door."""
    if customer.district:
        return customer.district
    plain = customer.address.strip()
    return f"{plain[:SHORT_ADDRESS]}…" if len(plain) > SHORT_ADDRESS else plain


def greeting(customer: Customer, locale: str) -> str:
    """Name and title; a name that texts in English would leave out is written as it is."""
    said = text_words.greeting(customer.name, gender=customer.gender, locale=locale)
    return customer.name if said == text_words.NOBODY else said


def dialled(number: str | None) -> str:
    return format_for_people(number) if number else ""


# The appointments


def _appointments(link: CustomerLink, customer: Customer, *, now: datetime) -> list[Appointment]:
    rows = _rows(link, now=now, most=MOST_SHOWN)
    ids = [row.Task.id for row in rows]
    stores = people.stores_by_id({row.Task.store_id for row in rows})
    moved, etas, lines = _moved_by_us(ids), _etas(ids), _lines(rows)
    heart = next_heart(customer.id).value if any(is_ratable(row.Task, now=now) for row in rows) else ""

    found = []
    for row in rows:
        task: Task = row.Task
        state = _state(task, was_moved=task.id in moved, now=now)
        is_planned = task.status in _PLANNED
        found.append(
            Appointment(
                id=task.id,
                version=task.version,
                type=task.type,
                direction=task.direction,
                now=state,
                start=task.window_start,
                end=task.window_end,
                who=text_words.given_name(row.who or ""),
                store=stores[task.store_id],
                eta=_eta(task, customer, stores[task.store_id], told=etas.get(task.id))
                if state is Now.ON_THE_WAY
                else None,
                was_at=moved.get(task.id) if state is Now.MOVED else None,
                ended_at=task.ended_at,
                lines=lines.get(task.id, ()),
                may_confirm=is_planned and task.confirmed_at is None and task.window_end > now,
                may_move=is_planned,
                may_try_again=tasks.may_try_again(task),
                may_rate=is_ratable(task, now=now),
                heart=task.rated_heart or heart,
                rating=task.rating,
            )
        )
    return sorted(found, key=lambda one: _order(one, link))


def _order(one: Appointment, link: CustomerLink) -> tuple[Any, ...]:
    """What is to come first, the one that the link speaks of before the others; then what was, the newest first."""
    if one.is_over:
        return (1, one.id != link.task_id, -(one.ended_at or one.end).timestamp(), one.id)
    return (0, one.id != link.task_id, one.start.timestamp(), one.id)


def _rows(link: CustomerLink, *, now: datetime, most: int, task_id: int | None = None) -> Sequence[Any]:
    """Only what the customer can know of: planned work that nobody has, and that was never told, stays inside."""
    was_told = exists(select(Promise.id).where(Promise.task_id == Task.id, Promise.kind == "window"))
    is_known = or_(Task.assignee_id.is_not(None), Task.confirmed_at.is_not(None), Task.id == link.task_id, was_told)
    is_planned = and_(Task.status.in_(_PLANNED), is_known, Task.window_end > now - KEPT_AFTER_CANCELLING)
    is_recent = and_(
        Task.status.in_((*_DONE, Status.FAILED.value)),
        Task.ended_at > now - KEPT_AFTER_END,
    )
    is_off = and_(
        Task.status == Status.CANCELLED.value,
        is_known,
        Task.end_reason.not_in(_NEVER_TOLD),
        Task.ended_at > now - KEPT_AFTER_CANCELLING,
    )
    stmt = (
        select(Task, Staff.name.label("who"))
        .outerjoin(Staff, Staff.id == Task.assignee_id)
        .where(
            Task.customer_id == link.customer_id,
            or_(is_planned, Task.status == Status.ACTIVE.value, is_recent, is_off),
            Task.id == task_id if task_id is not None else true(),
        )
        .order_by((Task.id == link.task_id).desc(), Task.window_start.desc())
        .limit(most)
    )
    return db.session.execute(stmt.execution_options(populate_existing=True)).all()


def _state(task: Task, *, was_moved: bool, now: datetime) -> Now:
    if task.status in _PLANNED:
        if task.window_end <= now:
            return Now.LATE
        if task.confirmed_at is not None:
            return Now.CONFIRMED
        return Now.MOVED if was_moved else Now.BOOKED
    if task.status == Status.ACTIVE:
        if task.type == TaskType.CALLBACK:
            return Now.CALLING
        return Now.ARRIVED if task.arrived_at is not None else Now.ON_THE_WAY
    return {
        Status.COMPLETED.value: Now.DONE,
        Status.PARTLY.value: Now.PARTLY,
        Status.FAILED.value: Now.COULD_NOT_MEET,
    }.get(task.status, Now.CANCELLED)


def _moved_by_us(task_ids: Sequence[int]) -> dict[int, datetime]:
    """Where the window lay before the store moved it last."""
    stmt = (
        select(TaskHistory.task_id, TaskHistory.actor_kind, TaskHistory.old)
        .where(TaskHistory.task_id.in_(task_ids), TaskHistory.action == "reschedule")
        .order_by(TaskHistory.task_id, TaskHistory.id.desc())
        .ext(distinct_on(TaskHistory.task_id))
    )
    rows = db.session.execute(stmt).all() if task_ids else []
    return {
        row.task_id: datetime.fromisoformat(row.old["window_start"])
        for row in rows
        if row.actor_kind != "customer" and row.old.get("window_start")
    }


def _etas(task_ids: Sequence[int]) -> Mapping[int, tuple[datetime, datetime]]:
    """The time of arrival told last, and when it was told."""
    if not task_ids:
        return {}
    stmt = (
        select(Promise.task_id, Promise.promised_start, Promise.told_at)
        .where(Promise.task_id.in_(task_ids), Promise.kind == "eta")
        .order_by(Promise.task_id, Promise.told_at.desc(), Promise.id.desc())
        .ext(distinct_on(Promise.task_id))
    )
    return {row.task_id: (row.promised_start, row.told_at) for row in db.session.execute(stmt)}


def _eta(task: Task, customer: Customer, store: Store, *, told: tuple[datetime, datetime] | None) -> datetime:
    """As the customer was told; by the distance as long as no text has said it."""
    started = task.started_at or task.window_start
    if told is not None and told[1] >= started:
        return told[0]
    return timing.estimated_arrival(
        started,
        window_start=task.window_start,
        origin=_place(store),
        destination=_place(customer),
    )


def _place(row: Any) -> tuple[float, float] | None:
    return (row.lat, row.lng) if row.lat is not None and row.lng is not None else None


def _lines(rows: Sequence[Any]) -> Mapping[int, list[tuple[int, str]]]:
    ids = [row.Task.id for row in rows if row.Task.type == TaskType.DELIVERY]
    if not ids:
        return {}
    found: dict[int, list[tuple[int, str]]] = {}
    stmt = select(TaskLine.task_id, TaskLine.quantity, TaskLine.name).where(TaskLine.task_id.in_(ids))
    for line in db.session.execute(stmt.order_by(TaskLine.task_id, TaskLine.id)):
        found.setdefault(line.task_id, []).append((line.quantity, line.name))
    return found


def _texts(customer: Customer) -> Texts | None:
    if not customer.phone:
        return None
    are_on = not consent.is_opted_out(customer.phone)
    return Texts(
        phone_masked=mask(customer.phone),
        are_on=are_on,
        stopped_at_carrier=_stopped_at_carrier(consent.history(customer.phone, limit=10)),
    )


def _stopped_at_carrier(said: Sequence[ConsentEvent]) -> bool:
    """Was the last stop texted? Then the carrier keeps a stop of its own, which only a text of the customer's ends."""
    for event in said:
        if event.state == ConsentState.IN and event.source in (ConsentSource.SMS, ConsentSource.PROVIDER):
            return False
        if event.state == ConsentState.OUT:
            return event.source in (ConsentSource.SMS, ConsentSource.PROVIDER)
    return False
