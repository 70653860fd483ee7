"""Creating tasks, one or ten thousand: one read that checks, one statement that writes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, select, text

from app.core import outbox
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import N_, Text3, pick
from app.core.live import announce
from app.core.outbox import Fact
from app.events import TaskAssigned, TaskCreated
from app.people.access import Actor, may_see_store
from app.tasks.kinds import Direction, Link, Reason, Status, TaskType
from app.tasks.models import Task
from app.tasks.records import board_topic, load, name_of, to_json
from app.tasks.wording import REASON_TEXTS

EXPECTED_MINUTES = {TaskType.HOME_VISIT: 45, TaskType.DELIVERY: 30, TaskType.CALLBACK: 10}
FALLBACK_REASON = Reason.CARE
_TYPES, _REASONS = frozenset(TaskType), frozenset(Reason)
LONGEST_WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class NewLine:
    quantity: int
    name: str = ""
    product_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """What a task is made from; store and checklist follow from customer, type and reason."""

    type: str
    customer_id: int
    window_start: datetime
    window_end: datetime
    reason: str = Reason.CARE
    direction: str | None = None
    assignee_id: int | None = None
    expected_minutes: int | None = None
    reasons: Sequence[Text3] = ()
    note: str = ""
    origin_key: str | None = None
    lines: Sequence[NewLine] = ()
    parent_id: int | None = None
    link: str | None = None
    checklist_of: str | None = None
    """The reason whose checklist is used, where it is not that of the task itself."""


@dataclass(frozen=True)
class _CustomerPlace:
    """Where the customer is at home with us."""

    store_id: int
    zone: str
    locale: str


@dataclass(frozen=True)
class _Known:
    """What the database says about everything that the new tasks mention."""

    customers: Mapping[int, _CustomerPlace]
    associates: Mapping[int, frozenset[int]]
    checklists: Mapping[tuple[str, str], int]
    products: Mapping[int, Text3]
    ids: Sequence[int] = field(default=())


def create(new: NewTask, *, actor: Actor, now: datetime) -> Task:
    """Create the task, or find the one that already has this origin_key."""
    task, _is_new = create_or_find(new, actor=actor, now=now)
    return task


def create_or_find(new: NewTask, *, actor: Actor, now: datetime) -> tuple[Task, bool]:
    """The task and whether it was made now."""
    task_id, is_new = create_or_find_id(new, actor=actor, now=now)
    return load(task_id, actor=actor, now=now).task, is_new


def create_or_find_id(new: NewTask, *, actor: Actor, now: datetime) -> tuple[int, bool]:
    """As create_or_find(), for who reads the task in a way of his own. It may be one that the actor may not see."""
    created = create_many([new], actor=actor, now=now)
    if created:
        return created[0], True
    return db.session.execute(select(Task.id).where(Task.origin_key == new.origin_key)).scalar_one(), False


def create_many(new_tasks: Sequence[NewTask], *, actor: Actor, now: datetime) -> list[int]:
    """Create all tasks whose origin_key is not taken yet; returns the ids of the new ones.

    Raises Invalid naming the field, with the position when there are several, and then creates none.
    """
    if not new_tasks:
        return []
    known = _read_known(new_tasks)
    _check_all(new_tasks, known, actor=actor, now=now)
    rows = [_row(task_id, new, known, now=now) for task_id, new in zip(known.ids, new_tasks, strict=True)]
    facts = [fact for row in rows for fact in _facts(row, actor=actor, now=now)]
    with_goods = any(new.lines for new in new_tasks)
    created: list[int] = (
        db.session.execute(
            _CREATE_WITH_GOODS if with_goods else _CREATE,
            {
                "tasks": to_json(rows),
                **_fact_values(facts),
                "actor_kind": actor.kind,
                "actor_id": actor.id or None,
                "client": actor.client,
                "now": now,
            },
        ).scalar_one()
        or []
    )
    outbox.ring()
    _tell(rows, set(created), known)
    return sorted(created)


_KNOWN = text("""
    SELECT
        (SELECT jsonb_agg(jsonb_build_array(c.id, c.store_id, s.zone, s.locale))
         FROM customer c JOIN store s ON s.id = c.store_id WHERE c.id = ANY(CAST(:customers AS int[]))),
        (SELECT jsonb_agg(jsonb_build_array(st.id, ss.store_id))
         FROM staff st JOIN staff_store ss ON ss.staff_id = st.id
         WHERE st.id = ANY(CAST(:staff AS int[])) AND st.is_active AND st.role = 'associate'),
        (SELECT jsonb_agg(jsonb_build_array(task_type, reason, current_version_id))
         FROM checklist_template WHERE current_version_id IS NOT NULL),
        (SELECT jsonb_agg(jsonb_build_array(p.id, p.name)) FROM product p WHERE p.id = ANY(CAST(:products AS int[]))),
        (SELECT array_agg(nextval('task_id_seq')) FROM generate_series(1, :count))
""")


def _read_known(new_tasks: Sequence[NewTask]) -> _Known:
    customers, staff, templates, products, ids = db.session.execute(
        _KNOWN,
        {
            "customers": sorted({new.customer_id for new in new_tasks}),
            "staff": sorted({new.assignee_id for new in new_tasks if new.assignee_id is not None}),
            "products": sorted({line.product_id for new in new_tasks for line in new.lines if line.product_id}),
            "count": len(new_tasks),
        },
    ).one()
    stores: dict[int, set[int]] = {}
    for staff_id, store_id in staff or []:
        stores.setdefault(staff_id, set()).add(store_id)
    return _Known(
        customers={customer_id: _CustomerPlace(*place) for customer_id, *place in customers or []},
        associates={staff_id: frozenset(ids) for staff_id, ids in stores.items()},
        checklists={(task_type, reason): version_id for task_type, reason, version_id in templates or []},
        products=dict(products or []),
        ids=ids,
    )


def _check_all(new_tasks: Sequence[NewTask], known: _Known, *, actor: Actor, now: datetime) -> None:
    errors: dict[str, Any] = {}
    for position, new in enumerate(new_tasks):
        faults = _faults(new, known, actor=actor, now=now)
        for path, message in faults.items():
            errors[path if len(new_tasks) == 1 else f"{position}.{path}"] = [message]
    if errors:
        raise Invalid(errors=errors)


def _faults(new: NewTask, known: _Known, *, actor: Actor, now: datetime) -> dict[str, str]:
    faults: dict[str, str] = {}
    place = known.customers.get(new.customer_id)
    if place is None or not may_see_store(actor, place.store_id):
        faults["customer_id"] = N_("There is no such customer.")
    elif new.assignee_id is not None and place.store_id not in known.associates.get(new.assignee_id, ()):
        faults["assignee_id"] = N_("There is no such associate in this store.")
    faults |= window_faults(new.window_start, new.window_end, actor=actor, now=now)
    if new.type not in _TYPES:
        faults["type"] = N_("This type of task is unknown.")
    elif checklist_for(new.type, new.checklist_of or new.reason, known.checklists) is None:
        faults["type"] = N_("No checklist is published for this type of task.")
    if new.reason not in _REASONS:
        faults["reason"] = N_("This reason is unknown.")
    if new.direction is not None and (new.type != TaskType.DELIVERY or new.direction not in set(Direction)):
        faults["direction"] = N_("Only a delivery has a direction: bring, collect or return.")
    if new.lines and new.type != TaskType.DELIVERY:
        faults["lines"] = N_("Only a delivery carries goods.")
    for number, line in enumerate(new.lines):
        if line.product_id is not None and line.product_id not in known.products:
            faults[f"lines.{number}.product_id"] = N_("There is no such product.")
        elif line.product_id is None and not line.name.strip():
            faults[f"lines.{number}.name"] = N_("Name the goods.")
    return faults


def window_faults(start: datetime, end: datetime, *, actor: Actor, now: datetime) -> dict[str, str]:
    """What is wrong with a promised window. The service itself may write down what lies in the past."""
    if end <= start:
        return {"window_end": N_("Must be after the start.")}
    if end - start > LONGEST_WINDOW:
        return {"window_end": N_("A window is at most seven days long.")}
    if end <= now and actor.kind != "system":
        return {"window_end": N_("This window is already over.")}
    return {}


def checklist_for(task_type: str, reason: str, published: Mapping[tuple[str, str], int]) -> int | None:
    """The version for this type and reason; the one for care stands in where a reason has none of its own."""
    for wanted in (reason, FALLBACK_REASON, *Reason):
        version_id = published.get((task_type, wanted))
        if version_id is not None:
            return version_id
    return None


def _row(task_id: int, new: NewTask, known: _Known, *, now: datetime) -> dict[str, Any]:
    task_type = TaskType(new.type)
    is_assigned = new.assignee_id is not None
    place = known.customers[new.customer_id]
    direction = (new.direction or Direction.BRING) if task_type is TaskType.DELIVERY else None
    return {
        "id": task_id,
        "type": task_type,
        "reason": new.reason,
        "status": Status.ASSIGNED if is_assigned else Status.OPEN,
        "direction": direction,
        "customer_id": new.customer_id,
        "store_id": place.store_id,
        "assignee_id": new.assignee_id,
        "window_start": new.window_start,
        "window_end": new.window_end,
        "expected_minutes": new.expected_minutes or EXPECTED_MINUTES[task_type],
        "reasons": list(new.reasons) or [REASON_TEXTS[Reason(new.reason)]],
        "note": new.note.strip(),
        "door_code": None if task_type is TaskType.CALLBACK else f"{secrets.randbelow(10_000):04d}",
        "origin_key": new.origin_key,
        "parent_id": new.parent_id,
        "link": new.link,
        "checklist_version_id": checklist_for(new.type, new.checklist_of or new.reason, known.checklists),
        "created_at": now,
        "assigned_at": now if is_assigned else None,
        "lines": [
            {
                "product_id": line.product_id,
                "name": line.name.strip() or pick(known.products[line.product_id or 0], place.locale),
                "quantity": line.quantity,
            }
            for line in new.lines
        ],
    }


def _facts(row: Mapping[str, Any], *, actor: Actor, now: datetime) -> list[Fact]:
    common = {
        "occurred_at": now,
        "task_id": row["id"],
        "customer_id": row["customer_id"],
        "store_id": row["store_id"],
        "actor": name_of(actor),
        "assignee_id": row["assignee_id"],
    }
    facts: list[Fact] = [TaskCreated(**common)]
    if row["assignee_id"] is not None:
        facts.append(TaskAssigned(**common))
    return facts


def _fact_values(facts: Sequence[Fact]) -> dict[str, Any]:
    """What _CREATE writes of them: the facts as one document, and who subscribes to which kind of them."""
    kinds = [outbox.publish_values(fact) for fact in {type(fact): fact for fact in facts}.values()]
    subscribed = [(kind["name"], subscriber) for kind in kinds for subscriber in kind["subscribers"]]
    rows = [
        {
            "position": position,
            "task_id": getattr(fact, "task_id", None),
            "event_id": fact.event_id,
            "name": type(fact).__name__,
            "payload": fact,
        }
        for position, fact in enumerate(facts)
    ]
    return {
        "facts": to_json(rows),
        "fact_names": [name for name, _subscriber in subscribed],
        "subscribers": [subscriber for _name, subscriber in subscribed],
    }


_COLUMNS = (
    "id int, type text, reason text, status text, direction text, customer_id int, store_id int, assignee_id int, "
    "window_start timestamptz, window_end timestamptz, expected_minutes int, reasons jsonb, note text, door_code text, "
    "origin_key text, parent_id int, link text, checklist_version_id int, created_at timestamptz, "
    "assigned_at timestamptz"
)
_NAMES = ", ".join(column.split()[0] for column in _COLUMNS.split(", "))

_LINES = """, loaded AS (
        INSERT INTO task_line (task_id, product_id, name, quantity)
        SELECT created.id, l.product_id, l.name, l.quantity
        FROM created
        JOIN jsonb_to_recordset(CAST(:tasks AS jsonb)) AS x(id int, lines jsonb) USING (id),
            jsonb_to_recordset(x.lines) AS l(product_id int, name text, quantity int)
    )"""


def _create_sql(lines: str) -> TextClause:
    """Each document is read once: for ten thousand tasks reading it is a good part of the work. Column names are ours;
    every value comes bound."""
    return text(f"""
    WITH created AS (
        INSERT INTO task ({_NAMES})
        SELECT {_NAMES} FROM jsonb_to_recordset(CAST(:tasks AS jsonb)) AS x({_COLUMNS})
        ON CONFLICT (origin_key) DO NOTHING
        RETURNING id, status, assignee_id, window_start, window_end, parent_id
    ), history AS (
        INSERT INTO task_history (task_id, action, actor_kind, actor_id, client, at, recorded_at, new)
        SELECT id, 'create', :actor_kind, :actor_id, :client, :now, :now, jsonb_strip_nulls(jsonb_build_object(
            'status', status, 'assignee_id', assignee_id, 'window_start', window_start, 'window_end', window_end,
            'parent_id', parent_id))
        FROM created
    ){lines}, new_fact AS (
        INSERT INTO fact (event_id, name, occurred_at, payload)
        SELECT x.event_id, x.name, :now, x.payload
        FROM jsonb_to_recordset(CAST(:facts AS jsonb))
            AS x(position int, task_id int, event_id uuid, name text, payload jsonb)
        JOIN created ON created.id = x.task_id
        ORDER BY x.position
        RETURNING id, name
    ), due AS (
        INSERT INTO delivery (fact_id, subscriber)
        SELECT new_fact.id, s.subscriber
        FROM new_fact
        JOIN unnest(CAST(:fact_names AS text[]), CAST(:subscribers AS text[])) AS s(name, subscriber) USING (name)
    )
    SELECT array_agg(created.id) FROM created
    """)  # noqa: S608


_CREATE = _create_sql("")
_CREATE_WITH_GOODS = _create_sql(_LINES)


def _tell(rows: Sequence[Mapping[str, Any]], created: set[int], known: _Known) -> None:
    ours = [row for row in rows if row["id"] in created]
    # Of very many tasks most begin at the same hours of the same stores.
    boards = {(row["store_id"], row["window_start"], known.customers[row["customer_id"]].zone) for row in ours}
    topics = {board_topic(store_id, start, ZoneInfo(zone)) for store_id, start, zone in boards}
    announce(*sorted(topics | {f"staff:{row['assignee_id']}" for row in ours if row["assignee_id"]}))


def linked(parent: Task, *, link: Link, new: NewTask) -> NewTask:
    """`new` as a task that grew out of `parent`."""
    return replace(new, parent_id=parent.id, link=link)
