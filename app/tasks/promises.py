"""Every window and arrival time that a customer was told; later reports ask which of them were kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text

from app.core.db import db
from app.tasks.models import Promise


def tell_window(task_id: int, *, start: datetime, end: datetime, channel: str, told_key: str, now: datetime) -> bool:
    """Write down that the customer was told this window; the same `told_key` (a message id, say) counts once."""
    return _record(task_id, "window", start=start, end=end, channel=channel, told_key=told_key, now=now)


def tell_eta(task_id: int, *, eta: datetime, channel: str, told_key: str, now: datetime) -> bool:
    """Write down that the customer was told this time of arrival."""
    return _record(task_id, "eta", start=eta, end=eta, channel=channel, told_key=told_key, now=now)


def promises_of(task_id: int) -> list[Promise]:
    """What the customer was told, in order."""
    return list(
        db.session.scalars(select(Promise).where(Promise.task_id == task_id).order_by(Promise.told_at, Promise.id))
    )


def _record(
    task_id: int, kind: str, *, start: datetime, end: datetime, channel: str, told_key: str, now: datetime
) -> bool:
    values = {"task_id": task_id, "kind": kind, "start": start, "end": end, "channel": channel, "told_key": told_key}
    return db.session.scalar(_RECORD, {**values, "now": now}) is not None


# Text, because each text about a visit passes here.
_RECORD = text("""
    INSERT INTO promise (task_id, kind, promised_start, promised_end, channel, told_key, told_at)
    VALUES (:task_id, :kind, :start, :end, :channel, :told_key, :now)
    ON CONFLICT (told_key) DO NOTHING RETURNING id
""")
