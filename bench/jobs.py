"""Jobs that do nothing: one by one in RQ's own SimpleWorker, and as deliveries of a fact in our outbox.

python -m bench.jobs limit      an RQ SimpleWorker, set as ours is
python -m bench.jobs ours       our `fast` worker, which also knows a fact that nobody does anything about
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import psycopg
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app.core import live, outbox

LIMIT_QUEUE = "limit"
WRITE = """
    WITH facts AS (
        INSERT INTO fact (event_id, name, occurred_at, payload)
        SELECT gen_random_uuid(), 'Nothing', now(),
               '{"occurred_at": "2027-03-10T02:00:00Z", "event_id": "00000000-0000-4000-8000-000000000000"}'
        FROM generate_series(1, %s) RETURNING id
    )
    INSERT INTO delivery (fact_id, subscriber) SELECT id, 'bench' FROM facts
"""


def nothing() -> None:
    """A job."""


def enqueue(url: str, count: int) -> None:
    """Put jobs before the limit's worker."""
    waiting = queue(url)
    waiting.enqueue_many([Queue.prepare_data(nothing, result_ttl=0) for _ in range(count)])


def queue(url: str) -> Queue:
    return Queue(LIMIT_QUEUE, connection=Redis.from_url(url), serializer=JSONSerializer)


def write(url: str, valkey: str, count: int) -> None:
    """Put as many facts with one delivery each before our worker."""
    with psycopg.connect(url) as connection:
        connection.execute(WRITE, [count])
    ring(valkey)


def ring(valkey: str) -> None:
    """As the service does after each commit that leaves something due."""
    with Redis.from_url(valkey) as connection:
        connection.publish(live.CHANNEL, outbox.BELL)


def limit() -> None:
    connection = Redis.from_url(os.environ["REDIS_URL"])
    worker = SimpleWorker([LIMIT_QUEUE], connection=connection, serializer=JSONSerializer)
    worker.work(logging_level="WARNING")


def ours() -> None:
    from app.subscriptions import SUBSCRIPTIONS
    from workers import worker

    @dataclass(frozen=True, kw_only=True)
    class Nothing(outbox.Fact):
        pass

    def ignore(fact: outbox.Fact, *, now: datetime) -> None:
        pass

    cast(dict[Any, Any], SUBSCRIPTIONS)[Nothing] = {"bench": ignore}
    sys.argv = ["worker", "fast"]
    worker.main()


if __name__ == "__main__":
    {"limit": limit, "ours": ours}[sys.argv[1]]()
