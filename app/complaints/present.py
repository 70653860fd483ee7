"""Cases as the API and the pages show them to the person who asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.complaints import queries
from app.complaints.kinds import Stage
from app.complaints.lifecycle import allowed_actions
from app.complaints.models import Complaint
from app.complaints.queries import Row
from app.complaints.service import state_of
from app.core.phone import mask
from app.people.access import Actor


def case(row: Row, *, actor: Actor, now: datetime) -> dict[str, Any]:
    complaint = row.complaint
    return {
        **{name: getattr(complaint, name) for name in _PLAIN},
        "allowed_actions": list(allowed_actions(state_of(complaint), actor)),
        "customer": {
            "id": row.customer.id,
            "name": row.customer.name,
            "phone_masked": mask(row.customer.phone) if row.customer.phone else None,
        },
        "zone": row.store.zone,
        "owner": {"id": complaint.owner_id, "name": row.owner} if complaint.owner_id else None,
        "recovery_task": row.task,
        "words": row.words,
        "clocks": {
            "acknowledge": _clock(complaint.acknowledge_due_at, complaint.acknowledged_at, now),
            "plan": _clock(complaint.plan_due_at, complaint.planned_at or complaint.resolved_at, now),
        },
        "is_overdue": is_overdue(complaint, now),
    }


def in_full(complaint_id: int, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """One case with everything said and done; raises NotFound."""
    row = queries.row(complaint_id, actor=actor, now=now)
    history = [
        {
            "id": event.id,
            "action": event.action,
            "actor_kind": event.actor_kind,
            "actor_name": name,
            "client": event.client,
            "at": event.at,
            "detail": event.detail,
        }
        for event, name in queries.events_of(complaint_id)
    ]
    statements = queries.statements_of([complaint_id])[complaint_id]
    return {**case(row, actor=actor, now=now), "statements": statements, "history": history}


def is_overdue(complaint: Complaint, now: datetime) -> bool:
    return complaint.stage != Stage.CLOSED and complaint.due_at <= now


def _clock(due_at: datetime, done_at: datetime | None, now: datetime) -> dict[str, Any]:
    return {"due_at": due_at, "done_at": done_at, "is_overdue": (done_at or now) > due_at}


_PLAIN = (
    "id",
    "number",
    "stage",
    "source",
    "is_reaction",
    "store_id",
    "task_id",
    "opened_at",
    "due_at",
    "alarm",
    "alarm_level",
    "escalated_at",
    "plan",
    "promised_for",
    "resolved_at",
    "apology",
    "cause",
    "remedy",
    "satisfied",
    "answered_at",
    "answer",
    "outcome",
    "closed_at",
    "reopenings",
    "version",
)
