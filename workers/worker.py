"""A worker process for one queue: `python -m workers.worker fast`.

Small jobs run in the process itself (a fork costs more than the job); `long` forks, so that a big run gives its memory
back when it ends.
"""

from __future__ import annotations

import sys

from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer

from app import create_app
from app.core import log
from app.core.live import valkey
from app.settings import settings_from_environment
from workers import jobs
from workers.queues import LONG, QUEUES, queue

__all__ = ["jobs", "main"]

WORKER_TTL_SECONDS = 40
MAINTENANCE_SECONDS = 10
"""Short, so that what a killed worker left behind in Valkey stops blocking its wake-up soon."""


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:
        raise SystemExit(f"usage: python -m workers.worker {'|'.join(QUEUES)}")
    name = sys.argv[1]
    log.use()
    app = create_app(settings_from_environment())
    kind = Worker if name == LONG else SimpleWorker
    with app.app_context():
        kind(
            [queue(name)],
            connection=valkey(),
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
        ).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
