"""Reads about tasks: one query for a task in full, one for a list, however long."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Pages
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.models import Staff, Store
from app.people.queries import covered_by
from app.tasks.access import (
    Eyes,
    eyes_of,
    eyes_of_role,
    is_among_visible,
    is_claimable,
    is_visible,
    may_see_customer,
    values_for,
)
from app.tasks.kinds import Status
from app.tasks.lifecycle import TaskState, allowed_actions
from app.tasks.models import ChecklistVersion, Task, TaskHistory
from app.tasks.records import MAX_ID, items_of, undo_window
from app.tasks.shown import ANSWERS, Assignee, shown_with
from app.tasks.views import mask_once, task_view


def task(task_id: int, *, actor: Actor, now: datetime) -> Task:
    """The task, if the actor may see it; raises NotFound."""
    stmt = select(Task).where(Task.id == _fitting(task_id), is_visible(eyes_of(actor, now)))
    found: Task | None = db.session.scalar(stmt)
    if found is None:
        raise NotFound
    return found


def _fitting(task_id: int) -> int:
    if not 0 < task_id <= MAX_ID:
        raise NotFound
    return task_id


# One task in full


def _view_rows(eyes: Eyes) -> Select[Any]:
    """A select of everything that views.task_view needs, narrowed to what may be seen."""
    stmt = (
        select(
            *(column for column in Task.__table__.columns if column.name != "door_code"),
            # Compared with what was typed; the view tells only the outcome.
            Task.door_code.label("expected_code"),
            Store.zone,
            ChecklistVersion.digest,
            ANSWERS.label("answers"),
        )
        .join(Store, Store.id == Task.store_id)
        .join(ChecklistVersion, ChecklistVersion.id == Task.checklist_version_id)
    )
    return shown_with(stmt, eyes).where(is_visible(eyes))


@lru_cache
def _one_task(role: Role) -> Select[Any]:
    # Built once per role: putting these statements together costs more than running them.
    return _view_rows(eyes_of_role(role)).where(Task.id == bindparam("task_id"))


def view(task_id: int, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """One task as the API shows it; raises NotFound."""
    values = {"task_id": _fitting(task_id), **values_for(actor, now)}
    row = db.session.execute(_one_task(actor.role), values).one_or_none()
    if row is None:
        raise NotFound
    return _view(row, actor=actor, now=now)


def _view(row: Row[Any], *, actor: Actor, now: datetime) -> dict[str, Any]:
    items = items_of(row.checklist_version_id, row.digest)
    return task_view(row._mapping, items, actor=actor, now=now, undo_window=undo_window())


def tasks_for_bootstrap(actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The tasks of yesterday to tomorrow that this person does or covers, in full, by the stores' wall clocks.

    Work begun earlier and not yet ended comes along, so that it can be ended without signal.
    """
    mine = or_(Task.assignee_id == actor.id, Task.assignee_id.in_(covered_by(actor.id, now=now)))
    today = _local_day(now)
    first, last = _days_around(now.date(), before=2, after=3)
    near = and_(
        Task.window_start >= first,
        Task.window_start < last,
        _local_day(Task.window_start).between(today - 1, today + 1),
    )
    stmt = _view_rows(eyes_of(actor, now)).where(mine, or_(near, Task.status == Status.ACTIVE.value))
    rows = db.session.execute(stmt.order_by(Task.window_start, Task.id)).all()
    return [_view(row, actor=actor, now=now) for row in rows]


def _local_day(moment: Any) -> ColumnElement[date]:
    return cast(func.timezone(Store.zone, moment), Date)


def _days_around(day: date, *, before: int, after: int) -> tuple[datetime, datetime]:
    """A span in UTC that holds the local days meant, whatever the zone: an index finds it, the exact test follows."""
    midnight = datetime.combine(day, time(), UTC)
    return midnight - timedelta(days=before), midnight + timedelta(days=after)


# Lists


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """What a list is narrowed to; None leaves a question open."""

    store_id: int | None = None
    day: date | None = None
    assignee_id: int | None = None
    unassigned: bool = False
    customer_id: int | None = None
    statuses: Sequence[str] = ()
    type: str | None = None
    q: str | None = None

    def asked(self) -> dict[str, Any]:
        """The fields that narrow, with their values. An id of 0 is a value: nobody's tasks."""
        return {name: value for name, value in vars(self).items() if value or (value == 0 and value is not False)}


_STATE_COLUMNS = tuple(getattr(Task, name) for name in TaskState.__dataclass_fields__)


def _row_json(eyes: Eyes) -> tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]]:
    """A task without its children and its customer as two JSON texts, and the phone number that is masked outside."""
    open_to_me = may_see_customer(eyes)
    own = func.json_build_object(
        *(
            part
            for name in (
                "id",
                "number",
                "type",
                "reason",
                "status",
                "direction",
                "store_id",
                "window_start",
                "window_end",
                "expected_minutes",
                "reasons",
                "note",
                "accepted_at",
                "confirmed_at",
                "started_at",
                "arrived_at",
                "ended_at",
                "end_reason",
                "rating",
                "parent_id",
                "link",
                "version",
            )
            for part in (name, getattr(Task, name))
        ),
        "zone",
        Store.zone,
        "assignee",
        case((Task.assignee_id.is_not(None), func.json_build_object("id", Assignee.id, "name", Assignee.name))),
    )
    customer = case(
        (
            open_to_me,
            func.json_build_object(
                "id",
                Customer.id,
                "name",
                Customer.name,
                "district",
                Customer.district,
                "address",
                Customer.address,
                "lat",
                Customer.lat,
                "lng",
                Customer.lng,
                "locale",
                Customer.locale,
                "dialect",
                Customer.dialect,
            ),
        ),
        else_=func.json_build_object(
            "id",
            literal_column("NULL"),
            "name",
            func.left(Customer.name, 1) + "•",
            "district",
            Customer.district,
            "address",
            literal_column("NULL"),
            "lat",
            literal_column("NULL"),
            "lng",
            literal_column("NULL"),
            "locale",
            Customer.locale,
            "dialect",
            Customer.dialect,
        ),
    )
    phone = case((open_to_me, Customer.phone))
    return cast(own, Text), cast(customer, Text), phone


def _list_stmt(eyes: Eyes, narrowed: ColumnElement[bool]) -> Select[Any]:
    return (
        select(*_row_json(eyes), *_STATE_COLUMNS)
        .join(Store, Store.id == Task.store_id)
        .join(Customer, Customer.id == Task.customer_id)
        .outerjoin(Assignee, Assignee.id == Task.assignee_id)
        .where(narrowed)
    )


_KEYS = (Task.window_start, Task.id)


@lru_cache(maxsize=256)
def _kept_list(role: Role, narrowed_by: tuple[str, ...]) -> Pages:
    """The list for one role and one combination of filters: putting it together costs more than running it."""
    eyes = eyes_of_role(role)
    # What one person or one customer narrows needs no union of indexes.
    is_short = "assignee_id" in narrowed_by or "customer_id" in narrowed_by
    stmt = _list_stmt(eyes, is_visible(eyes) if is_short else is_among_visible(eyes))
    conditions = _conditions(eyes)
    return Pages(stmt.where(*(conditions[name] for name in narrowed_by)), keys=_KEYS)


def _conditions(eyes: Eyes) -> dict[str, ColumnElement[bool]]:
    """What each field of TaskFilter means; _values() gives the parameters."""
    # A search must not unmask anybody: names count only of customers whom the reader may see in full.
    named = and_(Customer.name.icontains(bindparam("q_name"), escape="/"), may_see_customer(eyes))
    return {
        "store_id": Task.store_id == bindparam("store_id"),
        "day": and_(
            Task.window_start >= bindparam("first"),
            Task.window_start < bindparam("last"),
            _local_day(Task.window_start) == bindparam("day"),
        ),
        "assignee_id": Task.assignee_id == bindparam("assignee_id"),
        "unassigned": Task.assignee_id.is_(None),
        "customer_id": Task.customer_id == bindparam("customer_id"),
        "statuses": Task.status.in_(bindparam("statuses", expanding=True)),
        "type": Task.type == bindparam("type"),
        "q": or_(func.lower(Task.number) == bindparam("q_number"), named),
    }


def _values(wanted: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(wanted)
    values.pop("unassigned", None)
    if "day" in values:
        values["first"], values["last"] = _days_around(values["day"], before=1, after=2)
    if "q" in values:
        q = values.pop("q")
        values |= {"q_number": q.lower(), "q_name": re.sub(r"([%_/])", r"/\1", q)}
    return values


def list_json(wanted: TaskFilter, *, actor: Actor, now: datetime, cursor: str | None, limit: int | None) -> str:
    """A page of tasks by window, as the JSON text of {items, next_cursor}. Rows carry no checklist."""
    asked = wanted.asked()
    pages = _kept_list(actor.role, tuple(asked))
    page = pages.read(cursor=cursor, limit=limit, values=_values(asked) | values_for(actor, now))
    return _items_json(page.rows, next_cursor=page.next_cursor, actor=actor, now=now)


def claimable_json(*, actor: Actor, now: datetime, store_id: int | None, cursor: str | None, limit: int | None) -> str:
    """What an associate may take: open work of own stores whose window is not over."""
    eyes = eyes_of(actor, now)
    stmt = _list_stmt(eyes, is_claimable(eyes)).where(Task.window_end > now)
    if store_id is not None:
        stmt = stmt.where(Task.store_id == store_id)
    page = Pages(stmt, keys=_KEYS).read(cursor=cursor, limit=limit)
    return _items_json(page.rows, next_cursor=page.next_cursor, actor=actor, now=now)


def day_json(staff_id: int, *, day: date, actor: Actor, now: datetime) -> str:
    """All tasks of one person on one local day, as the JSON text of {items, next_cursor}."""
    first, last = _days_around(day, before=1, after=2)
    values = {"staff_id": staff_id, "day": day, "first": first, "last": last, **values_for(actor, now)}
    rows = db.session.execute(_one_day(actor.role), values).all()
    return _items_json(rows, next_cursor=None, actor=actor, now=now)


@lru_cache
def _one_day(role: Role) -> Select[Any]:
    eyes = eyes_of_role(role)
    stmt = _list_stmt(eyes, is_visible(eyes)).where(
        Task.assignee_id == bindparam("staff_id"),
        Task.window_start >= bindparam("first"),
        Task.window_start < bindparam("last"),
        _local_day(Task.window_start) == bindparam("day"),
    )
    return stmt.order_by(Task.window_start, Task.id)


def _items_json(rows: Sequence[Any], *, next_cursor: str | None, actor: Actor, now: datetime) -> str:
    window = undo_window()
    items = ",".join(_item_json(row, actor=actor, now=now, window=window) for row in rows)
    return f'{{"items":[{items}],"next_cursor":{msgspec.json.encode(next_cursor).decode()}}}'


def _item_json(row: Sequence[Any], *, actor: Actor, now: datetime, window: timedelta) -> str:
    own, customer, phone = row[:3]
    # A page's rows carry the keys of its cursor at the end.
    state = TaskState(*row[3 : 3 + len(_STATE_COLUMNS)])
    actions = allowed_actions(state, actor, now=now, undo_window=window)
    masked = f'"{mask_once(phone)}"' if phone else "null"
    return (
        f'{own[:-1]},"allowed_actions":{_actions_json(actions)},"customer":{customer[:-1]},"phone_masked":{masked}}}}}'
    )


@lru_cache(maxsize=1024)
def _actions_json(actions: tuple[str, ...]) -> str:
    return msgspec.json.encode(actions).decode()


# History


def history(task_id: int, *, actor: Actor, now: datetime) -> Select[Any]:
    """The task's history rows with the actor's name; raises NotFound when the task is not the actor's to see."""
    task(task_id, actor=actor, now=now)
    shown: tuple[Any, ...] = (TaskHistory, Staff.name)
    by_staff = and_(TaskHistory.actor_kind == "staff", Staff.id == TaskHistory.actor_id)
    return select(*shown).where(TaskHistory.task_id == task_id).outerjoin(Staff, by_staff)
