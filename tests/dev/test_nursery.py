"""A process out of the nursery is the line of the Procfile: the tests of whole companies rely on it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dev.processes import wait_until
from dev.procfile import ROOT, read_procfile
from tests.nursery import Forked, nursery_for

ENVIRONMENT = {"PATH": os.environ["PATH"], "HUIFANG_ENV": "test", "PYTHONUNBUFFERED": "1"}
# Nobody listens at these addresses, so a relay lives, and keeps trying.
LONELY = ENVIRONMENT | {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "x" * 40,
}
SOMEBODY_ELSE = """
import json, sys
from pathlib import Path
from dev.procfile import read_procfile
from tests.nursery import Forked
child = Forked("relay", read_procfile()["relay"], Path(sys.argv[1]), env=json.loads(sys.argv[2]))
child.start()
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Forked]:
    child = Forked("relay", read_procfile()["relay"], tmp_path / "relay.log", env=LONELY, folder=ROOT)
    child.start()
    yield child
    child.kill()


def is_trying(child: Forked) -> bool:
    return child.log.is_file() and "relay_database_away" in child.log.read_text()


def test_every_line_of_the_procfile_comes_out_of_one() -> None:
    assert None not in [nursery_for(command) for command in read_procfile().values()]
    assert nursery_for([sys.executable, "-m", "http.server"]) is None


def test_it_runs_its_program_with_its_own_environment_log_and_group(relay: Forked) -> None:
    wait_until(lambda: is_trying(relay), timeout=60, what="the relay trying")
    assert relay.is_alive
    assert os.getsid(relay.pid) == os.getpgid(relay.pid) == relay.pid
    assert "SECRET_KEY" not in os.environ


def test_a_program_that_ends_leaves_its_code_and_its_words(tmp_path: Path) -> None:
    child = Forked("worker", [sys.executable, "-m", "workers.worker", "nowhere"], tmp_path / "log", env=ENVIRONMENT)
    child.start()
    assert child.process.wait(60) == 1
    assert "usage: python -m workers.worker" in child.log.read_text()


def test_it_hears_the_signal_that_asks_it_to_end(relay: Forked) -> None:
    wait_until(lambda: is_trying(relay), timeout=60, what="the relay trying")
    relay.signal(signal.SIGTERM)
    assert relay.process.wait(60) == 0


def test_killed_it_is_gone_at_once(relay: Forked) -> None:
    relay.kill()
    assert relay.process.returncode == -signal.SIGKILL
    assert not psutil.pid_exists(relay.pid)


def test_it_ends_with_those_who_started_it(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", SOMEBODY_ELSE, tmp_path / "log", json.dumps(LONELY)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with starter:
        child = psutil.Process(int(starter.stdout.readline()))
        assert child.is_running()
        starter.kill()
    wait_until(lambda: not child.is_running(), timeout=60, what="the relay ending")
