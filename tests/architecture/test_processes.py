"""Every queue has a process that empties it, and everything that is enqueued goes to one of them."""

import gc
import re
import subprocess
import sys

import pytest

from dev.procfile import ROOT, read_procfile
from workers import collect_from_now, jobs, queues


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


@pytest.mark.parametrize("process", ["workers.relay", "workers.worker"])
def test_who_works_backstage_loads_neither_pages_nor_api(process: str) -> None:
    """They take longer to load than all the rest; a worker that was killed should be back at once."""
    asked = f"import sys, {process}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    for_people = {"app.web", "app.api", "app.cli", "app.demo", "alembic", "flask_limiter", "flask_wtf"}
    assert for_people & set(loaded.stdout.split()) == set()


def test_a_process_looks_for_garbage_again_once_it_has_loaded() -> None:
    gc.disable()
    before = gc.get_freeze_count()
    try:
        collect_from_now()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.enable()
