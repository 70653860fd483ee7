"""The occurrence behind an origin key, which is kept with it from the moment the touch leaves the house."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.core.db import db


def occurrence_of(origin_key: str) -> Any | None:
    """The leading occurrence of this contact, locked; None when it is to be tried again under another key by now."""
    return db.session.execute(
        text("""
            SELECT o.id, o.state, o.reason, o.task_id, o.customer_id, o.store_id, o.kind, o.detail, o.household_id
            FROM occurrence o
            WHERE o.origin_key = :key AND o.state NOT IN ('due', 'deferred', 'booked', 'merged') FOR UPDATE
        """),
        {"key": origin_key},
    ).first()


def put_off_after(origin_key: str) -> int | None:
    """The occurrence that is to be tried again because the contact of this key failed, as long as nobody has begun the
    new try; locked."""
    occurrence_id: int | None = db.session.scalar(
        text("""
            SELECT o.id FROM occurrence o
            WHERE o.origin_key = :key AND o.state IN ('due', 'deferred', 'booked', 'merged') FOR UPDATE
        """),
        {"key": origin_key},
    )
    return occurrence_id
