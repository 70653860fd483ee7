"""Tasks for tests: added and flushed, with a small published checklist of every kind of item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.db import db
from app.tasks.checklists import digest_of
from app.tasks.models import ChecklistTemplate, ChecklistVersion, Task, TaskLine
from tests.factories.customers import make_customer

NOON = datetime(2027, 3, 10, 4, 0, tzinfo=UTC)  # 12:00 in Hong Kong, two hours after the tests' `now`


def text3(words: str) -> dict[str, str]:
    return {"zh_Hans": words, "zh_Hant": words, "en": words}


SMALL_CHECKLIST: list[dict[str, Any]] = [
    {"key": "greeted", "heart": "care", "kind": "tick", "label": text3("Greeted by name"), "required": True},
    {
        "key": "product_fits",
        "heart": "conscience",
        "kind": "pass_fail",
        "label": text3("The product suits"),
        "required": True,
        "follow_up": {"type": "callback", "reason": "complaint", "days": 1},
    },
    {
        "key": "what_is_wrong",
        "heart": "sincerity",
        "kind": "text",
        "label": text3("What is wrong"),
        "visible_if": {"item": "product_fits", "is": "fail"},
        "required": True,
    },
    {
        "key": "stock_left",
        "heart": "detail",
        "kind": "number",
        "label": text3("Tins left"),
        "min": 0,
        "max": 20,
        "unit": "tin",
    },
    {
        "key": "mood",
        "heart": "thoughtfulness",
        "kind": "choice",
        "label": text3("How is the customer"),
        "choices": [{"key": "glad", "label": text3("Glad")}, {"key": "busy", "label": text3("Busy")}],
    },
    {"key": "note", "heart": "detail", "kind": "text", "label": text3("Note for the file")},
    {"key": "shelf", "heart": "detail", "kind": "photo", "label": text3("The shelf")},
    {"key": "signed", "heart": "conscience", "kind": "signature", "label": text3("Signature")},
    {"key": "door", "heart": "conscience", "kind": "code", "label": text3("Door code")},
]
ENOUGH_ANSWERS: dict[str, Any] = {"greeted": True, "product_fits": "pass"}
"""What the small checklist needs before a task may be completed."""

_ENDED = ("completed", "partly", "failed")


def make_checklist(
    *, task_type: str = "home_visit", reason: str = "after_purchase", items: list[dict[str, Any]] | None = None
) -> ChecklistVersion:
    """Publish a version for this type and reason, as version 1 or as the next one."""
    session = db.session
    template = session.query(ChecklistTemplate).filter_by(task_type=task_type, reason=reason).one_or_none()
    if template is None:
        template = ChecklistTemplate(
            key=f"{task_type}.{reason}",
            task_type=task_type,
            reason=reason,
            name=text3(f"{task_type} {reason}"),
            created_at=NOON - timedelta(days=30),
        )
        session.add(template)
        session.flush()
    last = (
        session.query(ChecklistVersion)
        .filter_by(template_id=template.id)
        .order_by(ChecklistVersion.number.desc())
        .first()
    )
    chosen = SMALL_CHECKLIST if items is None else items
    version = ChecklistVersion(
        template_id=template.id,
        number=1 if last is None else last.number + 1,
        items=chosen,
        digest=digest_of(chosen),
        published_at=NOON - timedelta(days=30),
    )
    session.add(version)
    session.flush()
    template.current_version_id = version.id
    session.flush()
    return version


def make_task(**changes: Any) -> Task:
    """A task in any status. Besides columns it takes `customer`, `assignee` and `checklist` (models) and `lines`."""
    customer = changes.pop("customer", None)
    assignee = changes.pop("assignee", None)
    lines = changes.pop("lines", [])
    checklist = changes.pop("checklist", None)
    task_type = changes.get("type", "home_visit")
    reason = changes.get("reason", "after_purchase")
    if assignee is not None:
        changes.setdefault("assignee_id", assignee.id)
    if customer is None and "customer_id" not in changes:
        store_id = changes.get("store_id") or getattr(assignee, "home_store_id", None)
        customer = make_customer(**({"store_id": store_id} if store_id else {}))
    if customer is not None:
        changes.setdefault("customer_id", customer.id)
        changes.setdefault("store_id", customer.store_id)
    if checklist is None and "checklist_version_id" not in changes:
        checklist = current_or_new_checklist(task_type, reason)
    if checklist is not None:
        changes.setdefault("checklist_version_id", checklist.id)
    values = _stamps_for(changes) | {
        "type": task_type,
        "reason": reason,
        "direction": "bring" if task_type == "delivery" else None,
        "window_start": NOON,
        "window_end": NOON + timedelta(hours=2),
        "expected_minutes": 45,
        "created_at": NOON - timedelta(days=1),
    }
    task = Task(**(values | changes))
    db.session.add(task)
    db.session.flush()
    for name, quantity in lines:
        db.session.add(TaskLine(task_id=task.id, name=name, quantity=quantity))
    db.session.flush()
    db.session.refresh(task)
    return task


def current_or_new_checklist(task_type: str, reason: str) -> ChecklistVersion:
    found = (
        db.session.query(ChecklistVersion)
        .join(ChecklistTemplate, ChecklistTemplate.current_version_id == ChecklistVersion.id)
        .filter(ChecklistTemplate.task_type == task_type, ChecklistTemplate.reason == reason)
        .one_or_none()
    )
    return found or make_checklist(task_type=task_type, reason=reason)


def _stamps_for(changes: dict[str, Any]) -> dict[str, Any]:
    """The stamps that a task of this status must carry."""
    status = changes.get("status") or ("assigned" if changes.get("assignee_id") else "open")
    window = changes.get("window_start", NOON)
    stamps: dict[str, Any] = {"status": status}
    if status != "open" and changes.get("assignee_id"):
        stamps["assigned_at"] = window - timedelta(days=1)
    if status in ("active", *_ENDED):
        stamps["started_at"] = window - timedelta(minutes=20)
    if status in _ENDED:
        ended = window + timedelta(minutes=40)
        stamps |= {
            "ended_at": ended,
            "end_recorded_at": ended,
            "ended_by_id": changes.get("assignee_id"),
            "endings": 1,
        }
    if status == "failed":
        stamps["end_reason"] = "not_at_home"
    if status == "cancelled":
        stamps |= {"ended_at": window, "end_recorded_at": window, "end_reason": "customer_asked"}
    return stamps
