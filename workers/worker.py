"""A worker process for one queue: `python -m workers.worker fast`.

Small jobs run in the process itself (a fork costs more than the job); `long` forks, so that a big run gives its memory
back when it ends.
"""

from __future__ import annotations

import signal
import sys
import time

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer

from app import create_backstage
from app.core import log
from app.core.live import valkey
from app.settings import settings_from_environment
from workers import collect_from_now, jobs
from workers.queues import LONG, QUEUES, queue

__all__ = ["jobs", "main"]

logger = structlog.get_logger()

PAUSE_SECONDS = 1.0
LONGEST_WAIT_FOR_VALKEY_SECONDS = 5.0
WORKER_TTL_SECONDS = 40
MAINTENANCE_SECONDS = 10
"""Short, so that what a killed worker left behind in Valkey stops blocking its wake-up soon."""


class _Told:
    """Remembers that it was told to stop, should Valkey go away before it has."""

    is_stopping = False

    def handle_warm_shutdown_request(self) -> None:
        self.is_stopping = True
        super().handle_warm_shutdown_request()  # type: ignore[misc]  # RQ's, of the class beside this one


class InProcess(_Told, SimpleWorker):
    """For jobs that are shorter than a fork."""


class Forking(_Told, Worker):
    """For jobs whose memory is to be given back."""


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:
        raise SystemExit(f"usage: python -m workers.worker {'|'.join(QUEUES)}")
    name = sys.argv[1]
    log.use()
    app = create_backstage(settings_from_environment())
    collect_from_now()
    with app.app_context():
        while not _worked_until_stopped(name):
            # RQ's handlers belong to the worker that has just died; a stop must end the pause.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            time.sleep(PAUSE_SECONDS)


def _worked_until_stopped(name: str) -> bool:
    """False when Valkey went away in the middle of a job: RQ waits for it only between jobs, else it gives up. Unless
    it had been told to stop before: then that was the end."""
    kind, worker = Forking if name == LONG else InProcess, None
    try:
        worker = kind(
            [queue(name)],
            connection=valkey(),
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
        )
        worker.max_connection_wait_time = LONGEST_WAIT_FOR_VALKEY_SECONDS
        worker.work(logging_level="WARNING")
    except (RedisConnectionError, RedisTimeoutError) as error:
        logger.warning("worker_valkey_away", queue=name, error=type(error).__name__)
        return worker is not None and worker.is_stopping
    return True


if __name__ == "__main__":
    main()
