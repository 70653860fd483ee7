"""Who has a live stream open, and when somebody's phone last fetched all it shows.

Kept in Valkey only, so it may be forgotten at any time: then somebody counts as away who is not, which costs a text too
many and never one too few.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from redis import RedisError

from app.core.live import valkey

log = structlog.get_logger()

STREAM_SECONDS = 40
"""Longer than two signs of life of a stream (app/api/live.py) are apart."""
LOOK_SECONDS = 3 * 24 * 3600


def note_stream(who: str) -> None:
    """A live stream of `who` is open; to be said again while it stays so."""
    _keep(f"present:stream:{who}", "1", STREAM_SECONDS)


def note_look(who: str, *, at: datetime) -> None:
    """`who` has fetched what there is to see, as it stood at `at`."""
    _keep(f"present:look:{who}", at.isoformat(), LOOK_SECONDS)


def is_watching(who: str) -> bool:
    return _kept(f"present:stream:{who}") is not None


def last_look(who: str) -> datetime | None:
    text = _kept(f"present:look:{who}")
    return datetime.fromisoformat(text) if text else None


def _keep(key: str, value: str, seconds: int) -> None:
    try:
        valkey().set(key, value, ex=seconds)
    except RedisError as error:
        log.info("presence_not_kept", error=type(error).__name__)


def _kept(key: str) -> str | None:
    try:
        value = valkey().get(key)
    except RedisError as error:
        log.info("presence_not_known", error=type(error).__name__)
        return None
    return value.decode() if isinstance(value, bytes) else None
