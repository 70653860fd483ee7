"""What a rehearsal is asked for and what its sources bring to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from app.core.db import db
from app.customers.models import Consent
from app.customers.values import Channel, ConsentState
from app.messaging.models import Conversation
from app.messaging.stage import Course, Delay, Fate
from app.messaging.wordings import DraftWording, WordingBook
from app.people.access import Actor
from app.people.models import Store


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to play. `afresh`: as if nothing had been told yet, from each task's booking on; else from now on."""

    store_id: int
    day: date
    course: Course = Course.LIKELY
    afresh: bool = False
    draft: DraftWording | None = None


@dataclass(frozen=True, kw_only=True)
class PlayedText:
    """One text of the play, of one task."""

    task_id: int | None
    task_type: str
    kind: str
    fate: Fate
    reason: str | None
    due_at: datetime
    goes_at: datetime | None
    delays: Sequence[Delay]
    expires_at: datetime
    body: str
    encoding: str
    segments: int
    country: str
    cost: Decimal
    currency: str
    is_written: bool

    @property
    def at(self) -> datetime:
        return self.goes_at or self.due_at


@dataclass(frozen=True, kw_only=True)
class Played:
    """What a source put on the stage for one customer."""

    customer_id: int
    name: str
    phone_masked: str
    locale: str
    texts: Sequence[PlayedText]
    already_sent: int = 0
    has_phone: bool = True


@dataclass(frozen=True)
class Setting:
    """What every source needs for its part of the play."""

    wanted: Wanted
    store: Store
    book: WordingBook
    actor: Actor
    now: datetime


@dataclass(frozen=True)
class Part:
    """What one source brought to the play."""

    played: Sequence[Played]
    tasks: int = 0
    is_cut: bool = False


Source = Callable[[Setting], Part]


# What stands around a text, read for many at once


def refused_scopes(phones: Collection[str]) -> dict[str, list[str]]:
    refused: dict[str, list[str]] = {}
    rows = db.session.execute(
        select(Consent.phone, Consent.scope).where(
            Consent.phone.in_(phones),
            Consent.channel == Channel.SMS.value,
            Consent.state == ConsentState.OUT.value,
        )
    )
    for phone, scope in rows:
        refused.setdefault(phone, []).append(scope)
    return refused


def paused_among(customer_ids: Collection[int]) -> frozenset[int]:
    stmt = select(Conversation.customer_id).where(
        Conversation.customer_id.in_(customer_ids), Conversation.paused_at.is_not(None)
    )
    return frozenset(found for found in db.session.scalars(stmt) if found is not None)
