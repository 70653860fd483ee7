"""Reading a task to change it, and writing the change: one locked read, one statement for all that belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import TextClause, bindparam, select, text
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from app.core import outbox
from app.core.config import settings
from app.core.db import Wording, db, run_plain, worded
from app.core.errors import NotFound, StaleVersion
from app.core.kept_answers import KEPT_SQL
from app.core.live import announce
from app.core.outbox import Fact
from app.people.access import Actor, Role
from app.people.models import Store
from app.tasks import checklists
from app.tasks.access import eyes_of_role, is_visible, values_for
from app.tasks.checklists import Item
from app.tasks.lifecycle import TaskState
from app.tasks.models import ChecklistVersion, Task
from app.tasks.shown import ANSWERS, shown_with

MAX_ID = 2**31 - 1

_STATE_FIELDS = tuple(f.name for f in fields(TaskState))
_items_by_digest: dict[str, tuple[Item, ...]] = {}


@dataclass(frozen=True)
class Loaded:
    """A task locked for a change, and what a decision about it needs."""

    task: Task
    zone: ZoneInfo
    is_visible: bool

    @property
    def state(self) -> TaskState:
        return state_of(self.task)


@dataclass(frozen=True)
class LoadedWork(Loaded):
    """Also the checklist and the answers so far: item key -> (value, answered_at)."""

    items: tuple[Item, ...] = ()
    answers: Mapping[str, tuple[Any, datetime]] = field(default_factory=dict)
    # What else the task shows, when whoever asked is answered by the very statement that writes the step.
    shown: Mapping[str, Any] = field(default_factory=dict)
    teller: Teller | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {key: value for key, (value, _at) in self.answers.items()}


class Teller(Protocol):
    """How whoever asked for a step is answered, worked out before the step is written."""

    def kept_with(self, loaded: LoadedWork, change: Change, *, at: datetime) -> Mapping[str, Any]:
        """What the statement needs to keep the answer (core/kept_answers.py); empty when there is nothing to keep."""
        ...


def state_of(task: Task) -> TaskState:
    return TaskState(**{name: getattr(task, name) for name in _STATE_FIELDS})


def undo_window() -> timedelta:
    return timedelta(seconds=settings().tasks.undo_window_seconds)


def load(task_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Loaded:
    """The task, locked until the transaction ends; raises NotFound, or StaleVersion when `version` is old."""
    loaded = _load(task_id, actor=actor, now=now)
    if not loaded.is_visible:
        raise NotFound
    require_version(loaded.task, version)
    return loaded


def load_offered(task_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Loaded:
    """As load(), for work that the own store offered a moment ago: whoever comes too late is told so, though the task
    is no longer his or hers to see."""
    loaded = _load(task_id, actor=actor, now=now)
    if not loaded.is_visible and loaded.task.store_id not in actor.store_ids:
        raise NotFound
    if loaded.is_visible:
        require_version(loaded.task, version)
    return loaded


def require_version(task: Task, version: int | None) -> None:
    if version is not None and version != task.version:
        raise StaleVersion(extra={"current_version": task.version})


def _load(task_id: int, *, actor: Actor, now: datetime) -> Loaded:
    task, zone, visible = _locked(_task_stmt(actor.role), task_id, actor=actor, now=now)
    return Loaded(task=task, zone=ZoneInfo(zone), is_visible=bool(visible))


def load_work(task_id: int, *, actor: Actor, now: datetime, shown: bool = False) -> LoadedWork:
    """As load(), with checklist and answers; `shown`: also with what the answer to the step tells besides. It leaves
    the question of visibility to the caller, because work of a former assignee is held, not refused."""
    if shown:
        row = run_plain(_shown_work_stmt(actor.role), _values(task_id, actor, now)).first()
        if row is None:
            raise NotFound
        told = row._asdict()
        task = _task_of({name: told[name] for name in _TASK_COLUMNS})
    else:
        row = _locked(_work_stmt(actor.role), task_id, actor=actor, now=now)
        task, told = row.Task, {}
    return LoadedWork(
        task=task,
        zone=ZoneInfo(row.zone),
        is_visible=bool(row.is_visible),
        items=items_of(task.checklist_version_id, row.digest),
        answers={key: (value, datetime.fromisoformat(at)) for key, (value, at) in (row.answers or {}).items()},
        shown=told,
    )


_TASK_COLUMNS = tuple(column.name for column in Task.__table__.columns)


def _task_of(columns: dict[str, Any]) -> Task:
    """The task of these columns. What the session knows of it already is set right; else it stays out of the session:
    write() puts every change into its own statement, and keeping watch over the row would only cost time."""
    known: Task | None = db.session().identity_map.get(identity_key(Task, columns["id"]))
    if known is not None:
        for name, value in columns.items():
            set_committed_value(known, name, value)
        return known
    task: Task = Task.__mapper__.class_manager.new_instance()
    vars(task).update(columns)
    return task


# Built once per role and process: putting these together costs more than running them.


@lru_cache
def _task_stmt(role: Role) -> Any:
    stmt = select(Task, Store.zone, is_visible(eyes_of_role(role)).label("is_visible"))
    stmt = stmt.join(Store, Store.id == Task.store_id).where(Task.id == bindparam("task_id"))
    return stmt.with_for_update(of=Task).execution_options(populate_existing=True)


@lru_cache
def _work_stmt(role: Role) -> Any:
    with_checklist = _task_stmt(role).add_columns(ChecklistVersion.digest, ANSWERS.label("answers"))
    return with_checklist.join(ChecklistVersion, ChecklistVersion.id == Task.checklist_version_id)


@lru_cache
def _shown_work_stmt(role: Role) -> Wording:
    eyes = eyes_of_role(role)
    stmt = (
        select(
            *Task.__table__.columns,
            Store.zone,
            is_visible(eyes).label("is_visible"),
            ChecklistVersion.digest,
            ANSWERS.label("answers"),
        )
        .join(Store, Store.id == Task.store_id)
        .join(ChecklistVersion, ChecklistVersion.id == Task.checklist_version_id)
        .where(Task.id == bindparam("task_id"))
    )
    return worded(shown_with(stmt, eyes).with_for_update(of=Task))


def _locked(stmt: Any, task_id: int, *, actor: Actor, now: datetime) -> Any:
    row = db.session.execute(stmt, _values(task_id, actor, now)).one_or_none()
    if row is None:
        raise NotFound
    return row


def _values(task_id: int, actor: Actor, now: datetime) -> dict[str, Any]:
    if not 0 < task_id <= MAX_ID:
        raise NotFound
    return {"task_id": task_id, **values_for(actor, now)}


def items_of(version_id: int, digest: str) -> tuple[Item, ...]:
    """The parsed items of a checklist version. Its content never changes, so it is parsed once per process."""
    if digest not in _items_by_digest:
        raw = db.session.execute(
            select(ChecklistVersion.__table__.c["items"]).where(ChecklistVersion.id == version_id)
        ).scalar_one()
        _items_by_digest[digest] = checklists.parse(raw)
    return _items_by_digest[digest]


@dataclass(frozen=True)
class NewEvidence:
    kind: str
    captured_at: datetime
    blob_id: UUID | None = None
    item_key: str | None = None
    lat: float | None = None
    lng: float | None = None
    accuracy_metres: int | None = None
    place_state: str | None = None
    distance_metres: int | None = None
    is_exception: bool = False


@dataclass(frozen=True)
class Change:
    """All that one step writes. `action` and the differences go into the history; `fact` into the outbox."""

    action: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[Mapping[str, int | bool | None]] = ()
    evidence: Sequence[NewEvidence] = ()
    fact: Fact | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of_id: int | None = None


def write(loaded: Loaded, change: Change, *, actor: Actor, now: datetime, at: datetime | None = None) -> Task:
    """Write the change with its history, fact and deliveries in one statement, and tell whoever watches."""
    task = loaded.task
    before = {name: getattr(task, name) for name in change.columns}
    old, new = _differences(before, change, loaded)
    teller = loaded.teller if isinstance(loaded, LoadedWork) else None
    kept = teller.kept_with(loaded, change, at=at or now) if teller and isinstance(loaded, LoadedWork) else {}
    statement = _statement(
        tuple(sorted(change.columns)),
        bool(change.answers),
        bool(change.lines),
        bool(change.evidence),
        change.fact is not None,
        bool(kept),
    )
    parameters: dict[str, Any] = {
        "task_id": task.id,
        "action": change.action,
        "actor_kind": actor.kind,
        "actor_id": actor.id or None,
        "on_behalf_of_id": change.on_behalf_of_id,
        "client": actor.client,
        "at": at or now,
        "now": now,
        "staff_id": change.on_behalf_of_id or (actor.id if actor.kind == "staff" else None),
        "old": to_json(old),
        "new": to_json(new),
    }
    parameters |= {f"set_{name}": to_json(value) if name in _JSON else value for name, value in change.columns.items()}
    if change.answers:
        parameters["answers"] = to_json(change.answers)
    if change.lines:
        parameters["lines"] = to_json(list(change.lines))
    if change.evidence:
        parameters["evidence"] = msgspec.json.encode(change.evidence).decode()
    if change.fact is not None:
        parameters |= outbox.publish_values(change.fact)
        outbox.ring()
    run_plain(statement, {**parameters, **kept})
    for name, value in change.columns.items():
        set_committed_value(task, name, value)
    if change.columns:
        set_committed_value(task, "version", task.version + 1)
    _tell(loaded, before, change.on_behalf_of_id)
    return task


@lru_cache(maxsize=256)
def _statement(
    columns: tuple[str, ...], answers: bool, lines: bool, evidence: bool, fact: bool, kept: bool
) -> TextClause:
    parts = [
        """history AS (
        INSERT INTO task_history
            (task_id, action, actor_kind, actor_id, on_behalf_of_id, client, at, recorded_at, old, new)
        VALUES (:task_id, :action, :actor_kind, :actor_id, :on_behalf_of_id, :client, :at, :now,
            CAST(:old AS jsonb), CAST(:new AS jsonb))
    )"""
    ]
    if columns:
        assigned = ", ".join(f"{name} = :set_{name}" for name in columns)
        changed = f"UPDATE task SET {assigned}, version = version + 1 WHERE id = :task_id"  # noqa: S608
        parts.append(f"changed AS ({changed})")
    if answers:
        parts.append(
            """answered AS (
        INSERT INTO task_answer (task_id, item_key, value, answered_at, recorded_at, staff_id)
        SELECT :task_id, key, value, :at, :now, :staff_id FROM jsonb_each(CAST(:answers AS jsonb))
        ON CONFLICT (task_id, item_key) DO UPDATE SET value = excluded.value, answered_at = excluded.answered_at,
            recorded_at = excluded.recorded_at, staff_id = excluded.staff_id
    )"""
        )
    if lines:
        parts.append(
            """handed_over AS (
        UPDATE task_line SET delivered = x.delivered, refused = x.refused,
            is_code_checked = coalesce(x.is_code_checked, false)
        FROM jsonb_to_recordset(CAST(:lines AS jsonb))
            AS x(id int, delivered int, refused int, is_code_checked boolean)
        WHERE task_line.id = x.id AND task_line.task_id = :task_id
    )"""
        )
    if evidence:
        parts.append(
            """proven AS (
        INSERT INTO evidence (task_id, kind, blob_id, item_key, captured_at, recorded_at, staff_id, lat, lng,
            accuracy_metres, place_state, distance_metres, is_exception)
        SELECT :task_id, kind, blob_id, item_key, captured_at, :now, :staff_id, lat, lng, accuracy_metres, place_state,
            distance_metres, is_exception
        FROM jsonb_to_recordset(CAST(:evidence AS jsonb)) AS x(kind text, blob_id uuid, item_key text,
            captured_at timestamptz, lat numeric, lng numeric, accuracy_metres int, place_state text,
            distance_metres int, is_exception boolean)
        ON CONFLICT (task_id, blob_id) DO NOTHING
    )"""
        )
    if fact:
        parts.append(outbox.FACT_SQL)
    if kept:
        parts.append(f"kept AS ({KEPT_SQL})")
    # Only our own column names are put into the text; every value is bound.
    return text("WITH " + ",\n    ".join(parts) + "\nSELECT 1")


_JSON = {"reasons"}
_UNTOLD = {"end_recorded_at", "ended_by_id", "endings", "door_code_tries", "assigned_at", "former_assignee_ids"}


def _differences(before: Mapping[str, Any], change: Change, loaded: Loaded) -> tuple[dict[str, Any], dict[str, Any]]:
    """Old and new values for the history, without bookkeeping columns."""
    told = [name for name, value in change.columns.items() if name not in _UNTOLD and before[name] != value]
    old = {name: _plain(before[name]) for name in told}
    new = {name: _plain(change.columns[name]) for name in told}
    if change.answers and isinstance(loaded, LoadedWork):
        known = loaded.values
        old["answers"] = {key: known.get(key) for key in change.answers}
        new["answers"] = dict(change.answers)
    if change.lines:
        new["lines"] = list(change.lines)
    new |= change.details
    return old, new


def _plain(value: Any) -> Any:
    """Times as the API writes them everywhere."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _tell(loaded: Loaded, before: Mapping[str, Any], doer_id: int | None) -> None:
    task = loaded.task
    topics = {board_topic(task.store_id, task.window_start, loaded.zone)}
    if "window_start" in before:
        topics.add(board_topic(task.store_id, before["window_start"], loaded.zone))
    if "store_id" in before:
        topics.add(board_topic(before["store_id"], task.window_start, loaded.zone))
    topics |= {f"staff:{staff_id}" for staff_id in (task.assignee_id, before.get("assignee_id"), doer_id) if staff_id}
    announce(*sorted(topics))


def board_topic(store_id: int, window_start: datetime, zone: ZoneInfo) -> str:
    return f"board:{store_id}:{local_day(window_start, zone).isoformat()}"


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def name_of(actor: Actor) -> str:
    """How facts name the actor: "staff:7", "customer:9" or "system"."""
    return actor.kind if actor.role is Role.SYSTEM else f"{actor.kind}:{actor.id}"


def about(task: Task, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """The fields common to all facts about one task."""
    return {
        "occurred_at": now,
        "task_id": task.id,
        "customer_id": task.customer_id,
        "store_id": task.store_id,
        "actor": name_of(actor),
    }


def claimed_time(at: datetime | None, *, now: datetime, not_before: datetime | None = None) -> datetime:
    """The client's time where it can be true: never in the future, never before what must have come first."""
    if at is None or at > now:
        return now
    if not_before is not None and at < not_before:
        return min(not_before, now)
    return at


def on_behalf_of(task: Task, actor: Actor) -> int | None:
    """The associate for whom a supervisor records work."""
    return task.assignee_id if task.assignee_id != actor.id else None
