"""The queues and the one way to wake a worker. A job carries no data: PostgreSQL holds the truth, Valkey only rings."""

from __future__ import annotations

from uuid import uuid4

from rq import Queue
from rq.serializers import JSONSerializer

from app.core.live import valkey

FAST, SMS, LONG = "fast", "sms", "long"
QUEUES = (FAST, SMS, LONG)
"""One worker process takes one queue: a slow SMS provider can't hold back points, a nightly run neither."""


def queue(name: str) -> Queue:
    return Queue(name, connection=valkey(), serializer=JSONSerializer, default_timeout=3600)


def wake(name: str, job: str) -> None:
    """Enqueue `job` ("drain_deliveries", "run_slot:vest_points") unless the same wake-up waits already.

    A running one doesn't count: its worker may just have been killed. RQ's unique job ids would keep a dead worker's
    wake-up blocked until the next maintenance, so waiting ones are told by their prefix instead.
    """
    function, _, argument = job.partition(":")
    prefix = job.replace(":", "-") + "--"
    target = queue(name)
    if any(job_id.startswith(prefix) for job_id in target.job_ids):
        return
    target.enqueue(
        f"workers.jobs.{function}",
        args=(argument,) if argument else (),
        job_id=prefix + uuid4().hex,
        result_ttl=0,
        failure_ttl=60,
    )
