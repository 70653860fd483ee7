"""A callback to somebody who stays away, given by a person: one task, booked in the contact ledger like a plan's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from app.complaints import queries as complaints
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_, Text3
from app.customers import consent, contacts, contacts_bulk
from app.customers import service as customers
from app.customers.contacts import Refused
from app.customers.errors import NoPhone
from app.customers.models import Customer
from app.customers.values import Channel, ContactKind, Scope
from app.people import queries as people
from app.people.access import Actor, Role, require_lead
from app.people.models import Staff, StaffStore, Store
from app.people.opening import open_stretches
from app.people.shifts import earliest
from app.tasks import service as tasks
from app.tasks.kinds import Reason, Status, TaskType
from app.tasks.models import Task
from app.tasks.service import NewTask

FIRST_HOUR, LAST_HOUR = time(10), time(19)
"""Well within the hours in which calls are allowed."""
WINDOW = timedelta(hours=2)
SHORTEST = timedelta(minutes=30)
FURTHEST_DAYS = 60
LOOK_AHEAD_DAYS = 14
KEY = "lapsed:"
UNFINISHED = (Status.OPEN.value, Status.ASSIGNED.value, Status.ACTIVE.value)
REASON: Text3 = {
    "zh_Hans": "好久不见，打个电话问候",
    "zh_Hant": "好久不見，打個電話問候",
    "en": "Not seen for long: a call to ask how things are",
}


class TooSoon(Conflict):
    """The household's contact budget says no; `next_free_day` says when it would say yes."""

    code = "contact-too-soon"
    message = N_("This household is contacted too close to that day. The next free day is %(day)s.")


class Frozen(Conflict):
    code = "complaint-open"
    message = N_("This household has an open complaint. Put that right first.")


class WantsNoCalls(Conflict):
    code = "wants-no-calls"
    message = N_("This customer has asked not to be called.")


@dataclass(frozen=True)
class Planned:
    """An unfinished callback of this kind."""

    task_id: int
    customer_id: int
    window_start: datetime
    assignee_id: int | None


@dataclass(frozen=True)
class CalledBack:
    """`is_new` is False when such a callback was waiting already."""

    task: Task
    is_new: bool


def call_back(customer_id: int, *, day: date | None, actor: Actor, now: datetime) -> CalledBack:
    """Make the callback on `day`, or on the next day on which the store has time to call.

    Raises TooSoon with the next free day when the household was or will be contacted within the days between two
    contacts. After two contacts about sales it is a call for care. The owner gets it, or who covers for him, else
    whoever claims it.
    """
    customer = customers.get(customer_id, actor=actor, now=now)
    require_lead(actor, customer.store_id)
    if customer.phone is None:
        raise NoPhone(N_("This customer has no phone number."))
    if consent.is_opted_out(customer.phone, Scope.CARE, channel=Channel.CALL):
        raise WantsNoCalls()
    if complaints.open_case_in(customer.household_id) is not None:
        raise Frozen()
    # Two desks that press at the same moment get one task.
    db.session.execute(select(Customer.id).where(Customer.id == customer.id).with_for_update(key_share=True))
    waiting = planned_for([customer.id]).get(customer.id)
    if waiting is not None:
        return CalledBack(task=db.session.get_one(Task, waiting.task_id), is_new=False)
    store = people.store(customer.store_id)
    starts, ends = _window(store, day, now=now)
    booked_day = starts.astimezone(ZoneInfo(store.zone)).date()
    key = f"{KEY}{customer.id}:{booked_day.isoformat()}"
    today = now.astimezone(ZoneInfo(store.zone)).date()
    is_care = contacts_bulk.would_be_third_sale(customer.household_id, booked_day, today=today)
    answer = contacts.reserve(
        customer.id,
        kind=ContactKind.CADENCE if is_care else ContactKind.WIN_BACK,
        day=booked_day,
        origin_key=key,
        now=now,
    )
    if isinstance(answer, Refused):
        free = answer.next_free_day.isoformat()
        raise TooSoon(extra={"next_free_day": free}, day=free)
    task = tasks.create(
        NewTask(
            type=TaskType.CALLBACK,
            customer_id=customer.id,
            window_start=starts,
            window_end=ends,
            reason=Reason.CARE if is_care else Reason.LAPSED,
            reasons=[REASON],
            assignee_id=_caller(customer, starts),
            origin_key=key,
        ),
        actor=actor,
        now=now,
    )
    return CalledBack(task=task, is_new=True)


def planned_for(customer_ids: Collection[int]) -> dict[int, Planned]:
    """The unfinished callbacks to these customers, by customer. The caller has checked who asks."""
    rows = db.session.execute(
        select(Task.id, Task.customer_id, Task.window_start, Task.assignee_id)
        .where(
            Task.customer_id.in_(customer_ids),
            Task.type == TaskType.CALLBACK.value,
            or_(Task.reason == Reason.LAPSED.value, Task.origin_key.startswith(KEY)),
            Task.status.in_(UNFINISHED),
        )
        .order_by(Task.window_start.desc())
    )
    return {row.customer_id: Planned(row.id, row.customer_id, row.window_start, row.assignee_id) for row in rows}


def _window(store: Store, day: date | None, *, now: datetime) -> tuple[datetime, datetime]:
    zone = ZoneInfo(store.zone)
    today = now.astimezone(zone).date()
    if day is not None and not today <= day <= today + timedelta(days=FURTHEST_DAYS):
        raise Invalid(errors={"day": [N_("Choose a day within the next two months.")]})
    days = [day] if day is not None else [today + timedelta(days=ahead) for ahead in range(LOOK_AHEAD_DAYS)]
    for each in days:
        found = _stretch(store, each, zone, now)
        if found is not None:
            return found
    raise Invalid(errors={"day": [N_("The store has no time to call on that day.")]})


def _stretch(store: Store, day: date, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime] | None:
    first = max(earliest(day, FIRST_HOUR, zone), _next_quarter(now))
    last = earliest(day, LAST_HOUR, zone)
    for opens, closes in open_stretches(day, opening=store.opening_hours, zone=zone):
        starts, ends = max(opens, first), min(closes, last)
        if ends - starts >= SHORTEST:
            return starts, min(ends, starts + WINDOW)
    return None


def _next_quarter(now: datetime) -> datetime:
    whole = now.replace(second=0, microsecond=0)
    return whole + timedelta(minutes=15 - whole.minute % 15)


def _caller(customer: Customer, at: datetime) -> int | None:
    """The owner or his cover at that time, if he works in the store; None leaves the task to be claimed."""
    if customer.owner_id is None:
        return None
    caller = customer.owner_id
    if people.is_away(caller, now=at):
        cover = people.cover_of(caller, now=at)
        if cover is None:
            return None
        caller = cover
    works = db.session.scalar(
        select(Staff.id)
        .join(StaffStore, StaffStore.staff_id == Staff.id)
        .where(
            Staff.id == caller,
            Staff.is_active,
            Staff.role == Role.ASSOCIATE.value,
            StaffStore.store_id == customer.store_id,
        )
    )
    return caller if works is not None else None
