"""Which work of an associate is new, moved or gone, gathered from facts until somebody is told (work_texts.py)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from app.core.config import settings
from app.core.db import db
from app.events import CustomerDetailsChanged, TaskAssigned, TaskCancelled, TaskFact, TaskRescheduled
from app.tasks.kinds import Status, TaskType
from app.tasks.models import Task


@dataclass(frozen=True)
class Item:
    """One change of one person's work, with what he or she knew before it. `window_start` None: as it stands now."""

    staff_id: int
    task_id: int
    had_it: bool
    at: datetime
    event_id: UUID
    window_start: datetime | None = None
    new_address: bool = False


def note_assigned(facts: Sequence[TaskAssigned], *, now: datetime) -> None:
    items = [_item(fact, fact.assignee_id, had_it=False) for fact in facts]
    items += [
        _item(fact, fact.previous_assignee_id, had_it=True) for fact in facts if fact.previous_assignee_id is not None
    ]
    note(_of_others(items, facts), now=now)


def note_rescheduled(fact: TaskRescheduled, *, now: datetime) -> None:
    if fact.assignee_id is not None:
        note([_item(fact, fact.assignee_id, had_it=True, window_start=fact.previous_start)], now=now)


def note_cancelled(fact: TaskCancelled, *, now: datetime) -> None:
    if fact.assignee_id is not None:
        note([_item(fact, fact.assignee_id, had_it=True)], now=now)


def note_new_address(fact: CustomerDetailsChanged, *, now: datetime) -> None:
    if "address" not in fact.fields:
        return
    tasks = db.session.execute(
        select(Task.id, Task.assignee_id).where(
            Task.customer_id == fact.customer_id,
            Task.status.in_([Status.ASSIGNED.value, Status.ACTIVE.value]),
            Task.type != TaskType.CALLBACK.value,
        )
    )
    items = [
        Item(staff_id, task_id, True, fact.occurred_at, fact.event_id, new_address=True)
        for task_id, staff_id in tasks
        if staff_id is not None
    ]
    note(items, now=now)


def _item(fact: TaskFact, staff_id: int, *, had_it: bool, window_start: datetime | None = None) -> Item:
    return Item(staff_id, fact.task_id, had_it, fact.occurred_at, fact.event_id, window_start)


def _of_others(items: Sequence[Item], facts: Sequence[TaskAssigned]) -> list[Item]:
    """Without what somebody did to the own work: who takes a task knows of it."""
    actors = {fact.event_id: fact.actor for fact in facts}
    return [item for item in items if actors[item.event_id] != f"staff:{item.staff_id}"]


def note(items: Sequence[Item], *, now: datetime) -> None:
    """Keep those that concern today or tomorrow of somebody who wants to hear of it."""
    if not items:
        return
    given = json.dumps([asdict(item) | {"at": item.at.isoformat()} for item in items], default=_plain)
    near = db.session.execute(_NEAR, {"items": given, "now": now}).mappings().all()
    patience = timedelta(minutes=settings().messaging.work_patience_minutes)
    for row in near:
        db.session.execute(_KEEP, {**row, "due_at": row["at"] + patience})


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


# The day by the clock of the store, as everywhere. Nightly runs give out work for weeks ahead: most of it ends here.
_NEAR = text("""
    SELECT n.staff_id, n.task_id, n.had_it, n.at, n.event_id, n.new_address,
           coalesce(n.window_start, task.window_start) AS window_start
    FROM jsonb_to_recordset(CAST(:items AS jsonb)) AS n(staff_id int, task_id int, had_it boolean, at timestamptz,
            event_id uuid, window_start timestamptz, new_address boolean)
    JOIN task ON task.id = n.task_id
    JOIN store ON store.id = task.store_id
    JOIN staff ON staff.id = n.staff_id AND staff.is_active AND staff.work_texts AND staff.role = 'associate'
    WHERE EXISTS (
        SELECT FROM (VALUES (task.window_start), (n.window_start)) AS known(start)
        WHERE CAST(timezone(store.zone, known.start) AS date)
            BETWEEN CAST(timezone(store.zone, :now) AS date) AND CAST(timezone(store.zone, :now) AS date) + 1)
      AND NOT EXISTS (
        SELECT FROM work_news WHERE work_news.staff_id = n.staff_id AND work_news.task_id = n.task_id
            AND n.event_id = ANY(work_news.events))
    ORDER BY n.staff_id, n.task_id, n.at
""")

# Facts come in any order: what was known before is what the earliest of them says.
_KEEP = text("""
    INSERT INTO work_news (staff_id, task_id, had_it, window_start, new_address, since, changed_at, due_at, events)
    VALUES (:staff_id, :task_id, :had_it, :window_start, :new_address, :at, :at, :due_at,
            ARRAY[CAST(:event_id AS uuid)])
    ON CONFLICT (staff_id, task_id) WHERE settled_at IS NULL DO UPDATE SET
        had_it = CASE WHEN excluded.since < work_news.since THEN excluded.had_it ELSE work_news.had_it END,
        window_start = CASE WHEN excluded.since < work_news.since
                            THEN excluded.window_start ELSE work_news.window_start END,
        new_address = work_news.new_address OR excluded.new_address,
        since = least(work_news.since, excluded.since),
        changed_at = greatest(work_news.changed_at, excluded.changed_at),
        due_at = least(work_news.due_at, excluded.due_at),
        events = work_news.events || excluded.events
""")
