"""Business time. Rules and services get it as a parameter; only edges ask here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from app.settings import ClockSettings

_offset = timedelta(0)
_fixed: datetime | None = None


def use(settings: ClockSettings) -> None:
    """Start business time at `settings.start`; processes that share an epoch agree, whenever they began."""
    global _offset
    if settings.start is None:
        _offset = timedelta(0)
        return
    epoch = time.time() if settings.epoch is None else settings.epoch
    _offset = settings.start.astimezone(UTC) - datetime.fromtimestamp(epoch, UTC)


def now() -> datetime:
    """The present moment of the business, aware, in UTC."""
    return _fixed or datetime.now(UTC) + _offset


@contextmanager
def fixed(moment: datetime) -> Iterator[datetime]:
    """Hold business time still at `moment` (tests and the simulated year)."""
    global _fixed
    before, _fixed = _fixed, moment.astimezone(UTC)
    try:
        yield _fixed
    finally:
        _fixed = before
