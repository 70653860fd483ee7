"""Messages as the pages show them: each line with its fate in words."""

from dataclasses import dataclass
from datetime import datetime

from app.people.access import Actor


@dataclass(frozen=True, kw_only=True)
class Line:
    """One text of a thread. `held_until` is set while quiet hours or a pause keep it back."""

    key: str
    at: datetime
    body: str
    is_inbound: bool = False
    is_note: bool = False
    who: str = ""
    is_waiting: bool = False
    held_until: datetime | None = None
    held_words: str = ""
    state_words: str = ""
    sign: str = "check"
    trouble: bool = False


@dataclass(frozen=True)
class Thread:
    conversation_id: int | None
    lines: list[Line]


def of_customer(customer_id: int, *, actor: Actor, now: datetime) -> Thread:
    return Thread(None, [])


def of_task(task_id: int, *, actor: Actor, now: datetime, zone: str) -> list[Line]:
    return []


def needing_attention(*, actor: Actor) -> list[Line]:
    return []
