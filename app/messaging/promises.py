"""What follows once a carrier has taken a text: what it said is promised, what it was counts as a contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.customers import contacts
from app.messaging import touch_ends
from app.messaging.kinds import Kind
from app.messaging.outbound import contact_key
from app.tasks import promises as tasks
from app.tasks.promises import Telling

CHANNEL = "sms"


@dataclass(frozen=True)
class Told:
    """A text that has reached the carrier. The window is the task's present one."""

    id: UUID
    kind: str
    task_id: int | None
    speaks_of: datetime | None
    is_proactive: bool
    dedupe_key: str
    zone: str
    window_start: datetime | None = None
    window_end: datetime | None = None


def keep(told: Sequence[Told], *, now: datetime) -> None:
    """Write down the contacts, and the windows and times of arrival that the customers were told. Twice is once."""
    kept = [contact_key(one.dedupe_key) for one in told if one.is_proactive]
    contacts.record_many_now(kept, now=now)
    touch_ends.tell(kept, touch_ends.SENT, now=now)
    tasks.tell([telling for one in told if (telling := _telling(one)) is not None], channel=CHANNEL, now=now)


def _telling(told: Told) -> Telling | None:
    if told.task_id is None or told.speaks_of is None:
        return None
    if told.kind in (Kind.ON_THE_WAY, Kind.LATE):
        kind, ends = tasks.ETA, told.speaks_of
    elif told.window_end is not None and told.window_start == told.speaks_of:
        kind, ends = tasks.WINDOW, told.window_end
    else:
        return None
    return Telling(task_id=told.task_id, kind=kind, start=told.speaks_of, end=ends, told_key=f"message:{told.id}")
