"""The audit log: every read of a full file, every export and every change, with who and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import insert

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


def request_id() -> str | None:
    """The request of which an entry tells; nobody's for jobs."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found
