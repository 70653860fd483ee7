"""The audit log: every read of a full file, every export and every change, with who and when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import insert, text

from app.core.db import db
from app.core.models import AuditEntry


def record(
    actor: object,
    *,
    action: str,
    subject: tuple[str, object],
    now: datetime,
    store_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one entry in the caller's transaction.

    `actor` is a staff id or a name such as "system" or "customer:9"; `action` reads "customer.read"; `detail` holds
    ids and field names, never phone numbers or message bodies.
    """
    kind, identity = subject
    db.session.execute(
        insert(AuditEntry).values(
            at=now,
            actor=str(actor),
            action=action,
            subject_type=kind,
            subject_id=str(identity),
            store_id=store_id,
            request_id=request_id(),
            detail=dict(detail or {}),
        )
    )


_RECORD_MANY = text("""
    INSERT INTO audit_entry (at, actor, action, subject_type, subject_id, store_id, detail)
    SELECT :now, :actor, :action, :kind, subject.id::text, subject.store_id, CAST(:detail AS jsonb)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:stores AS int[])) AS subject (id, store_id)
""")


def record_many(
    actor: object,
    *,
    action: str,
    kind: str,
    subjects: Sequence[tuple[int, int | None]],
    now: datetime,
    detail: Mapping[str, Any],
) -> None:
    """One entry for each of `subjects` (id, store id), for what is changed in bulk."""
    if subjects:
        values = {
            "now": now,
            "actor": str(actor),
            "action": action,
            "kind": kind,
            "ids": [identity for identity, _ in subjects],
            "stores": [store_id for _, store_id in subjects],
            "detail": json.dumps(dict(detail)),
        }
        db.session.execute(_RECORD_MANY, values)


def request_id() -> str | None:
    """The request of which an entry tells; nobody's for jobs."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found
