"""What follows once a carrier has taken a text: what it said is promised, what it was counts as a contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.customers import contacts
from app.messaging import touch_ends
from app.messaging.kinds import Kind
from app.messaging.outbound import contact_key
from app.tasks import service as tasks

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


def keep(told: Told, *, now: datetime) -> None:
    """Write down the window or the time of arrival that the customer was told, and the contact. Twice is once."""
    if told.task_id is not None and told.speaks_of is not None:
        key = f"message:{told.id}"
        if told.kind in (Kind.ON_THE_WAY, Kind.LATE):
            tasks.tell_eta(told.task_id, eta=told.speaks_of, channel=CHANNEL, told_key=key, now=now)
        elif told.window_end is not None and told.window_start == told.speaks_of:
            tasks.tell_window(
                told.task_id, start=told.speaks_of, end=told.window_end, channel=CHANNEL, told_key=key, now=now
            )
    if told.is_proactive:
        contacts.record_now(contact_key(told.dedupe_key), now=now)
        touch_ends.tell([contact_key(told.dedupe_key)], touch_ends.SENT, now=now)
