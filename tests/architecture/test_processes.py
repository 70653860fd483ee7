"""Every queue has a process that empties it, and everything that is enqueued goes to one of them."""

import re

from dev.procfile import ROOT, read_procfile
from workers import jobs, queues


def test_every_queue_is_consumed_by_a_process() -> None:
    commands = [" ".join(command) for command in read_procfile().values()]
    consumed = {match.group(1) for line in commands if (match := re.search(r"workers\.worker (\w+)", line))}
    assert consumed == set(queues.QUEUES)


def test_every_periodic_job_goes_to_a_queue_that_exists() -> None:
    assert {job.queue for job in jobs.JOBS.values()} <= set(queues.QUEUES)


def test_the_relay_and_the_web_are_processes_too() -> None:
    assert {"web", "relay"} <= set(read_procfile())


def test_every_wake_up_names_a_job_that_exists() -> None:
    source = (ROOT / "workers" / "relay.py").read_text()
    named = set(re.findall(r'"(drain_\w+|run_\w+)', source))
    assert named
    assert all(callable(getattr(jobs, name, None)) for name in named)
