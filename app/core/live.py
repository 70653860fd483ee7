"""Live events: "this changed" travels over Valkey to every process and on to the pages that watch it.

A message names topics and nothing else; the page fetches what it may see. Losing one costs a delay, so announcing
never fails a request.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

from app.core import config
from app.core.db import collect_for_commit

log = structlog.get_logger()

CHANNEL = "live"
MAX_STREAMS = 100
"""Streams a process serves; more are told to poll (503), because each holds a thread."""

_connection: Redis | None = None


def valkey() -> Redis:
    """This process's Valkey connection pool."""
    global _connection
    if _connection is None:
        _connection = Redis.from_url(config.settings().valkey.url, socket_timeout=5, socket_connect_timeout=2)
    return _connection


def announce(*topics: str) -> None:
    """Tell watchers of the topics that they changed, once the surrounding transaction has committed."""
    if topics:
        collect_for_commit(topics, _send)


def _send(topics: Collection[str]) -> None:
    try:
        # One message for all of the transaction: this happens within the request, and each message is a round trip.
        valkey().publish(CHANNEL, " ".join(topics))
    except RedisError as error:
        log.info("live_not_sent", topics=topics, error=type(error).__name__)


@contextmanager
def listening() -> Iterator[PubSub]:
    """All that is announced, over a connection of its own; each message's data are topics, parted by spaces."""
    # No tries of its own: what was announced meanwhile is lost, so whoever listens has to know.
    retry = Retry(NoBackoff(), 0)
    with Redis.from_url(config.settings().valkey.url, socket_connect_timeout=2, retry=retry) as connection:
        channel = connection.pubsub(ignore_subscribe_messages=True)
        channel.subscribe(CHANNEL)
        yield channel


class Full(Exception):
    """This process serves as many streams as it can."""


class Hub:
    """One Valkey subscription per process, fanned out to the streams of that process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[queue.SimpleQueue[str], frozenset[str]] = {}
        self._listener: threading.Thread | None = None

    @contextmanager
    def watch(self, topics: frozenset[str]) -> Iterator[queue.SimpleQueue[str]]:
        """A queue that receives the changed topics; raises Full above MAX_STREAMS."""
        mailbox: queue.SimpleQueue[str] = queue.SimpleQueue()
        with self._lock:
            if len(self._streams) >= MAX_STREAMS:
                raise Full
            self._streams[mailbox] = topics
            if self._listener is None or not self._listener.is_alive():
                # Started on first use, not at import: gunicorn forks after loading the application.
                self._listener = threading.Thread(target=self._listen, name="live", daemon=True)
                self._listener.start()
        try:
            yield mailbox
        finally:
            with self._lock:
                self._streams.pop(mailbox, None)

    def count(self) -> int:
        return len(self._streams)

    def _listen(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self._relay()
            except (RedisError, OSError) as error:
                log.info("live_listener_reconnects", error=type(error).__name__)
                pause.wait(1.0)
                # Whatever was announced meanwhile is lost: let every page look once.
                self._tell_all()

    def _relay(self) -> None:
        with listening() as channel:
            for message in channel.listen():  # type: ignore[no-untyped-call]
                self._tell(message["data"].decode().split())

    def _tell(self, changed: list[str]) -> None:
        with self._lock:
            for mailbox, topics in self._streams.items():
                for topic in changed:
                    if topic in topics:
                        mailbox.put(topic)

    def _tell_all(self) -> None:
        with self._lock:
            for mailbox, topics in self._streams.items():
                for topic in topics:
                    mailbox.put(topic)


hub = Hub()
