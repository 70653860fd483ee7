"""Every window and arrival time that a customer was told; later reports ask which of them were kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from app.core.db import db, run_plain
from app.tasks.models import Promise

WINDOW, ETA = "window", "eta"


@dataclass(frozen=True)
class Telling:
    """A window, or a time of arrival (`end` is `start` then). The same `told_key` (a message id, say) counts once."""

    task_id: int
    kind: str
    start: datetime
    end: datetime
    told_key: str


def tell(tellings: Sequence[Telling], *, channel: str, now: datetime) -> frozenset[str]:
    """Write down what customers were told, in one statement; returns the keys that were news."""
    if not tellings:
        return frozenset()
    values = {
        "task_ids": [one.task_id for one in tellings],
        "kinds": [one.kind for one in tellings],
        "starts": [one.start for one in tellings],
        "ends": [one.end for one in tellings],
        "keys": [one.told_key for one in tellings],
        "channel": channel,
        "now": now,
    }
    return frozenset(row.told_key for row in run_plain(_RECORD, values))


def tell_window(task_id: int, *, start: datetime, end: datetime, channel: str, told_key: str, now: datetime) -> bool:
    """Write down that the customer was told this window."""
    return bool(tell([Telling(task_id, WINDOW, start, end, told_key)], channel=channel, now=now))


def tell_eta(task_id: int, *, eta: datetime, channel: str, told_key: str, now: datetime) -> bool:
    """Write down that the customer was told this time of arrival."""
    return bool(tell([Telling(task_id, ETA, eta, eta, told_key)], channel=channel, now=now))


def promises_of(task_id: int) -> list[Promise]:
    """What the customer was told, in order."""
    return list(
        db.session.scalars(select(Promise).where(Promise.task_id == task_id).order_by(Promise.told_at, Promise.id))
    )


# Text, because each text about a visit passes here. Tasks in order: each row holds its task until the commit.
_RECORD = text("""
    INSERT INTO promise (task_id, kind, promised_start, promised_end, channel, told_key, told_at)
    SELECT task_id, kind, starts, ends, :channel, told_key, :now
    FROM unnest(CAST(:task_ids AS integer[]), CAST(:kinds AS text[]), CAST(:starts AS timestamptz[]),
                CAST(:ends AS timestamptz[]), CAST(:keys AS text[])) AS told(task_id, kind, starts, ends, told_key)
    ORDER BY task_id
    ON CONFLICT (told_key) DO NOTHING RETURNING told_key
""")
