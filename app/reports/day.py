"""A store's day: who is promised what, what is late, what lacks somebody. One query for the rows, one to count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.paging import Page, page_of
from app.core.phone import mask
from app.customers.models import Customer
from app.people.access import Actor
from app.people.models import Staff
from app.people.shifts import day_bounds
from app.tasks import checklists
from app.tasks.access import visible_tasks
from app.tasks.held import visible_held
from app.tasks.kinds import HeldState, Status
from app.tasks.lifecycle import Verb, allowed_actions
from app.tasks.models import ChecklistVersion, HeldSubmission, Task, TaskAnswer
from app.tasks.records import items_of, state_of, undo_window

UNFINISHED = (Status.OPEN.value, Status.ASSIGNED.value, Status.ACTIVE.value)
FINISHED = (Status.COMPLETED.value, Status.PARTLY.value, Status.FAILED.value)

HeartProgress = Mapping[str, tuple[int, int]]
"""Heart -> (items answered, items that show)."""


class View(StrEnum):
    """The questions a supervisor asks the day."""

    ALL = ""
    LATE = "late"
    UNASSIGNED = "unassigned"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class DayFilter:
    store_id: int
    day: date
    zone: str
    view: View = View.ALL
    type: str | None = None
    assignee_id: int | None = None
    q: str = ""


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """One line of the day, the customer's number masked."""

    id: int
    number: str
    type: str
    reason: str
    status: str
    window_start: datetime
    window_end: datetime
    customer_id: int
    customer_name: str
    phone_masked: str
    district: str
    assignee_id: int | None
    assignee_name: str | None
    confirmed_at: datetime | None
    arrived_at: datetime | None
    end_reason: str | None
    rating: int | None
    version: int
    is_late: bool
    is_over: bool
    may_assign: bool
    hearts: HeartProgress


@dataclass(frozen=True, kw_only=True)
class HeldWork:
    """Work that arrived after its task had moved on."""

    id: int
    task_id: int
    task_number: str
    staff_name: str
    verb: str
    why: str
    at: datetime
    note: str


Assignee = aliased(Staff)


def rows(
    wanted: DayFilter, *, actor: Actor, now: datetime, cursor: str | None = None, limit: int | None = None
) -> Page:
    """A page of DayRow in the order of their windows."""
    stmt = _narrowed(_row_select(), wanted, actor=actor, now=now).where(_question(wanted.view, now=now))
    page = page_of(stmt, keys=[Task.window_start, Task.id], cursor=cursor, limit=limit)
    return Page(rows=_rows(page.rows, actor=actor, now=now), next_cursor=page.next_cursor)


def rows_of_customer(customer_id: int, *, actor: Actor, now: datetime, limit: int = 20) -> list[DayRow]:
    """The customer's newest tasks, as far as the actor may see them."""
    stmt = visible_tasks(_row_select(), actor, now).where(Task.customer_id == customer_id)
    found = db.session.execute(stmt.order_by(Task.window_start.desc(), Task.id.desc()).limit(limit)).all()
    return _rows(found, actor=actor, now=now)


def counts(wanted: DayFilter, *, actor: Actor, now: datetime) -> dict[View, int]:
    """How many tasks answer each question, within the other filters."""
    columns = [func.count().filter(_question(view, now=now)).label(view.name) for view in View]
    stmt = select(*columns).select_from(Task).join(Customer, Customer.id == Task.customer_id)
    found = db.session.execute(_narrowed(stmt, wanted, actor=actor, now=now)).one()
    return {view: getattr(found, view.name) for view in View}


def held_work(
    *, actor: Actor, store_id: int | None = None, task_id: int | None = None, limit: int = 20
) -> list[HeldWork]:
    """What waits for a decision in a store or about a task, the oldest first."""
    stmt: Any = (
        select(HeldSubmission, Task.number, Staff.name)
        .join(Task, Task.id == HeldSubmission.task_id)
        .join(Staff, Staff.id == HeldSubmission.staff_id)
        .where(HeldSubmission.state == HeldState.PENDING.value)
    )
    if store_id is not None:
        stmt = stmt.where(HeldSubmission.store_id == store_id)
    if task_id is not None:
        stmt = stmt.where(HeldSubmission.task_id == task_id)
    found = db.session.execute(visible_held(stmt, actor).order_by(HeldSubmission.id).limit(limit))
    return [
        HeldWork(
            id=held.id,
            task_id=held.task_id,
            task_number=number,
            staff_name=name,
            verb=held.verb,
            why=held.why,
            at=held.at,
            note=str(held.payload.get("note", "")),
        )
        for held, number, name in found
    ]


def hearts_of(items: Sequence[checklists.Item], values: Mapping[str, Any]) -> HeartProgress:
    """How far each heart is, counting the items that show."""
    found: dict[str, tuple[int, int]] = {}
    for state in checklists.evaluate(items, values):
        if state.visible:
            done, total = found.get(state.item.heart, (0, 0))
            found[state.item.heart] = (done + state.answered, total + 1)
    return found


def is_late(status: str, window_end: datetime, *, now: datetime) -> bool:
    return status in UNFINISHED and window_end < now


def _row_select() -> Select[Any]:
    answers = (
        select(func.jsonb_object_agg(TaskAnswer.item_key, TaskAnswer.value))
        .where(TaskAnswer.task_id == Task.id)
        .correlate(Task)
        .scalar_subquery()
    )
    return (
        select(
            Task,
            Customer.name,
            Customer.phone,
            Customer.district,
            Assignee.name,
            ChecklistVersion.digest,
            answers,
        )
        .join(Customer, Customer.id == Task.customer_id)
        .join(ChecklistVersion, ChecklistVersion.id == Task.checklist_version_id)
        .outerjoin(Assignee, Assignee.id == Task.assignee_id)
    )


def _narrowed(stmt: Any, wanted: DayFilter, *, actor: Actor, now: datetime) -> Any:
    first, last = day_bounds(wanted.day, ZoneInfo(wanted.zone))
    stmt = visible_tasks(stmt, actor, now).where(
        Task.store_id == wanted.store_id, Task.window_start >= first, Task.window_start < last
    )
    if wanted.type is not None:
        stmt = stmt.where(Task.type == wanted.type)
    if wanted.assignee_id is not None:
        stmt = stmt.where(Task.assignee_id == wanted.assignee_id)
    if wanted.q:
        stmt = stmt.where(
            or_(
                Customer.name.icontains(wanted.q, autoescape=True),
                Customer.district.icontains(wanted.q, autoescape=True),
                Customer.address.icontains(wanted.q, autoescape=True),
                func.lower(Task.number) == wanted.q.lower(),
            )
        )
    return stmt


def _question(view: View, *, now: datetime) -> ColumnElement[bool]:
    unfinished = Task.status.in_(UNFINISHED)
    questions: dict[View, ColumnElement[bool]] = {
        View.ALL: Task.id.is_not(None),
        View.LATE: and_(unfinished, Task.window_end < now),
        View.UNASSIGNED: Task.status == Status.OPEN.value,
        View.UNCONFIRMED: and_(unfinished, Task.confirmed_at.is_(None)),
        View.CONFIRMED: and_(unfinished, Task.confirmed_at.is_not(None)),
        View.ACTIVE: Task.status == Status.ACTIVE.value,
        View.DONE: Task.status.in_(FINISHED),
    }
    return questions[view]


def _rows(found: Sequence[Any], *, actor: Actor, now: datetime) -> list[DayRow]:
    window = undo_window()
    return [
        DayRow(
            id=task.id,
            number=task.number,
            type=task.type,
            reason=task.reason,
            status=task.status,
            window_start=task.window_start,
            window_end=task.window_end,
            customer_id=task.customer_id,
            customer_name=name,
            phone_masked=mask(phone),
            district=district,
            assignee_id=task.assignee_id,
            assignee_name=assignee,
            confirmed_at=task.confirmed_at,
            arrived_at=task.arrived_at,
            end_reason=task.end_reason,
            rating=task.rating,
            version=task.version,
            is_late=is_late(task.status, task.window_end, now=now),
            is_over=task.status not in UNFINISHED,
            may_assign=Verb.ASSIGN in allowed_actions(state_of(task), actor, now=now, undo_window=window),
            hearts=hearts_of(items_of(task.checklist_version_id, digest), answers or {}),
        )
        for task, name, phone, district, assignee, digest, answers, *_keys in found
    ]
