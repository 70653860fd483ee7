"""Tasks as the API shows them. Built from plain rows: a serializer per row would cost more than the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from app.core.phone import mask
from app.people.access import Actor, Role
from app.tasks import at_the_door, checklists
from app.tasks.checklists import Item
from app.tasks.lifecycle import TaskState, Who, allowed_actions, undo_until, who_is

BLOBS = "/api/v1/blobs"

mask_once = lru_cache(maxsize=8192)(mask)


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def mask_name(name: str) -> str:
    """The first character, enough to greet with after somebody looked it up: "陈•", "A•"."""
    return f"{name[:1]}•"


def task_view(
    row: Any, items: Sequence[Item], *, actor: Actor, now: datetime, undo_window: timedelta
) -> dict[str, Any]:
    """One task in full. `row` is a mapping of what queries selects for this."""
    state = TaskState(**{name: row[name] for name in TaskState.__dataclass_fields__})
    ends = undo_until(state, undo_window=undo_window)
    return {
        "id": row["id"],
        "number": row["number"],
        "type": row["type"],
        "reason": row["reason"],
        "status": row["status"],
        "allowed_actions": list(allowed_actions(state, actor, now=now, undo_window=undo_window)),
        "direction": row["direction"],
        "customer": customer_view(row, state, actor=actor),
        "store_id": row["store_id"],
        "zone": row["zone"],
        "assignee": _assignee(row),
        "window_start": iso(row["window_start"]),
        "window_end": iso(row["window_end"]),
        "expected_minutes": row["expected_minutes"],
        "reasons": row["reasons"],
        "note": row["note"],
        "checklist": checklist_view(items, row["answers"] or {}),
        "lines": row["lines"] or [],
        "evidence": [_evidence(entry, row["answers"] or {}) for entry in row["evidence"] or []],
        "promised": row["promised"] or [],
        "created_at": iso(row["created_at"]),
        "assigned_at": iso(row["assigned_at"]),
        "accepted_at": iso(row["accepted_at"]),
        "confirmed_at": iso(row["confirmed_at"]),
        "started_at": iso(row["started_at"]),
        "arrived_at": iso(row["arrived_at"]),
        "ended_at": iso(row["ended_at"]),
        "end_reason": row["end_reason"],
        "end_note": row["end_note"],
        "door_code_checked_at": iso(row["door_code_checked_at"]),
        "door_code": _door_code(row, items),
        "rating": row["rating"],
        "rated_heart": row["rated_heart"],
        "rated_at": iso(row["rated_at"]),
        "undo_until": iso(ends),
        "parent_id": row["parent_id"],
        "link": row["link"],
        "origin_key": row["origin_key"],
        "checklist_version_id": row["checklist_version_id"],
        "version": row["version"],
    }


def _assignee(row: Mapping[str, Any]) -> dict[str, Any] | None:
    return None if row["assignee_id"] is None else {"id": row["assignee_id"], "name": row["assignee_name"]}


def customer_view(row: Mapping[str, Any], state: TaskState, *, actor: Actor) -> dict[str, Any]:
    """The customer as far as this person may know him; the number in full only for who may have to call."""
    if not row["may_see_customer"]:
        return masked_customer(row)
    return {
        "id": row["customer_id"],
        "name": row["customer_name"],
        "phone": row["customer_phone"] if may_call(state, actor) else None,
        "phone_masked": mask_once(row["customer_phone"]) if row["customer_phone"] else None,
        "address": row["address"],
        "district": row["district"],
        "lat": row["lat"],
        "lng": row["lng"],
        "locale": row["customer_locale"],
        "dialect": row["dialect"],
        "tags": row["tags"],
        "preferences": row["preferences"],
        "access_notes": row["access_notes"],
    }


def masked_customer(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a colleague needs to decide whether to take the task."""
    return {
        "id": None,
        "name": mask_name(row["customer_name"]),
        "phone": None,
        "phone_masked": None,
        "address": None,
        "district": row["district"],
        "lat": None,
        "lng": None,
        "locale": row["customer_locale"],
        "dialect": row["dialect"],
        "tags": [],
        "preferences": "",
        "access_notes": "",
    }


def may_call(state: TaskState, actor: Actor) -> bool:
    """An associate who may see the customer serves him; head office has no calls to make."""
    return actor.role is Role.ASSOCIATE or who_is(actor, state) is Who.SUPERVISOR


def _door_code(row: Mapping[str, Any], items: Sequence[Item]) -> str | None:
    """Only whether what was typed is right; the code itself stays between the customer and us."""
    answers = {key: answer[0] for key, answer in (row["answers"] or {}).items()}
    return at_the_door.code_state(items, answers, expected=row["expected_code"], tries=row["door_code_tries"])


def _evidence(entry: Mapping[str, Any], answers: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    url = f"{BLOBS}/{entry['blob_id']}" if entry["blob_id"] else None
    return {**entry, "url": url, "is_taken_out": _is_taken_out(entry, answers.get(entry["item_key"] or ""))}


def _is_taken_out(entry: Mapping[str, Any], answer: Sequence[Any] | None) -> bool:
    """Whether a later answer of its item no longer names the picture: it was taken anew. It stays on record."""
    if answer is None or entry["blob_id"] is None or answer[1] < entry["captured_at"]:
        return False
    value = answer[0]
    return entry["blob_id"] not in (value if isinstance(value, list) else [value])


def checklist_view(items: Sequence[Item], answers: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each item with its state; `answers` holds key -> [value, answered_at]."""
    values = {key: answer[0] for key, answer in answers.items()}
    return [
        state.item.shown
        | {
            "required": state.required,
            "visible": state.visible,
            "answer": values.get(state.item.key),
            "answered_at": answers[state.item.key][1] if state.item.key in answers else None,
        }
        for state in checklists.evaluate(items, values)
    ]
