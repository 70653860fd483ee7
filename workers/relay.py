"""The relay: sees due rows (when it is rung, and each second) and enqueues wake-ups. It never does the work itself.

Two relays are harmless: wake-ups carry no ids and workers claim rows. Valkey may be empty or away: rows stay due.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

import structlog
from redis import RedisError
from redis.client import PubSub
from sqlalchemy.exc import DBAPIError

from app import create_backstage
from app.core import clock, live, log, outbox, schedule
from app.core.db import db, transaction
from app.imports import jobs as imports
from app.messaging import outbound
from app.settings import settings_from_environment
from workers import collect_from_now
from workers.jobs import JOBS
from workers.queues import wake

logger = structlog.get_logger()

TICK_SECONDS = 1.0


class Relay:
    """One loop: wait for a ring or the tick, look for due rows, wake the workers that own them."""

    def __init__(self) -> None:
        self._stopping = False

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def run(self) -> None:
        while not self._stopping:
            try:
                self._listen()
            except (RedisError, OSError) as error:
                # Rows that become due meanwhile stay so: without the bell they wait for the tick.
                logger.warning("relay_valkey_away", error=type(error).__name__)
                self._look_if_possible()
                time.sleep(TICK_SECONDS)

    def _listen(self) -> None:
        with live.listening() as channel:
            logger.info("relay_listens")
            while not self._stopping:
                self._look_if_possible()
                wait_for_ring(channel)

    def _look_if_possible(self) -> None:
        try:
            self.look()
        except DBAPIError as error:
            logger.warning("relay_database_away", error=type(error).__name__)
            db.session.remove()

    def look(self) -> None:
        """Open schedule slots and wake the workers for whatever is due."""
        with transaction():
            schedule.open_slots(JOBS, now=clock.now())
        wanted = [("fast", "drain_deliveries")] if outbox.has_due() else []
        if outbound.has_due(now=clock.now()):
            wanted.append(("sms", "drain_messages"))
        if imports.has_due():
            wanted.append(("long", "run_imports"))
        wanted += [(JOBS[name].queue, f"run_slot:{name}") for name in schedule.due_jobs() if name in JOBS]
        db.session.remove()
        for queue, job in wanted:
            try:
                wake(queue, job)
            except RedisError as error:
                logger.warning("relay_valkey_away", error=type(error).__name__)
                time.sleep(TICK_SECONDS)


def wait_for_ring(channel: PubSub) -> None:
    """Until something has become due, at most as long as the tick. One look answers all that have rung by then."""
    ends = time.monotonic() + TICK_SECONDS
    while (left := ends - time.monotonic()) > 0:
        message = channel.get_message(timeout=left)
        if message is not None and outbox.BELL.encode() in message["data"].split():
            break
    while channel.get_message(timeout=0) is not None:
        pass


def main() -> None:
    log.use()
    app = create_backstage(settings_from_environment())
    collect_from_now()
    relay = Relay()
    signal.signal(signal.SIGTERM, relay.stop)
    signal.signal(signal.SIGINT, relay.stop)
    with app.app_context():
        relay.run()


if __name__ == "__main__":
    main()
