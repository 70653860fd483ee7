"""`make run` in the foreground: it opens, watches over its processes, and leaves nothing behind, however it ends."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from dev.processes import wait_until
from dev.procfile import ROOT, read_procfile
from dev.servers import free_port
from tests.servers import new_folder


@dataclass
class Run:
    """One `python -m dev.run`, as `make run` starts it after the setup."""

    data: Path
    port: int = field(default_factory=free_port)
    knobs: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        return (self.data / "output.txt").read_text()

    def start(self) -> "Run":
        knobs = {"PORT": str(self.port), "DATA": str(self.data), "DEMO": "0", "WEB_WORKERS": "1", **self.knobs}
        env = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "CLOCK")}
        with (self.data / "output.txt").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dev.run"], cwd=ROOT, env=env | knobs, stdout=output, stderr=subprocess.STDOUT
            )
        return self

    def wait_until_open(self) -> "Run":
        def open_or_over() -> bool:
            assert self.process.poll() is None, self.output
            return "is open at" in self.output

        wait_until(open_or_over, timeout=120, what="make run opening")
        return self

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child_with(self, words: str) -> psutil.Process | None:
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):  # a zombie counts as none
                if words in " ".join(process.cmdline()):
                    return process
        return None

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def address_of_database(self) -> str:
        password = (self.data / "postgres" / "password").read_text()
        port = re.search(r'"postgres": (\d+)', (self.data / "ports.json").read_text()).group(1)
        return f"postgresql://postgres:{password}@127.0.0.1:{port}/huifang"


@dataclass(frozen=True)
class FirstRun:
    """One that began with nothing and was ended by Ctrl-C; what it left behind."""

    data: Path
    family: list[psutil.Process]
    code: int
    left_running: list[psutil.Process]


@pytest.fixture(scope="module")
def first_run() -> FirstRun:
    run = Run(new_folder()).start().wait_until_open()
    with psycopg.connect(run.address_of_database()) as connection:
        connection.execute("create table kept as select 42 as answer")
    family = run.family()
    return FirstRun(run.data, family, run.end(signal.SIGINT), running(family))


def copy_of(first_run: FirstRun, **knobs: str) -> Run:
    """To be started on what the first one left: making a database anew takes longer than all the rest."""
    run = Run(new_folder(), knobs=knobs)
    subprocess.run(["cp", "-a", f"{first_run.data}/.", run.data], check=True)
    return run


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run(new_folder())
    yield run
    if run.process and run.process.poll() is None:
        run.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def open_run(first_run: FirstRun) -> Iterator[Run]:
    """One that several tests share: each leaves it open and whole."""
    run = copy_of(first_run)
    yield run.start().wait_until_open()
    run.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def second_run(first_run: FirstRun, open_run: Run) -> Iterator[Run]:
    """Another one beside it, with a clock and a carrier of its own; it too is left open and whole."""
    run = copy_of(first_run, TWILIO="simulator", CLOCK="2027-03-10T15:00+08:00")
    yield run.start().wait_until_open()
    run.end(signal.SIGTERM)


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_ctrl_c_leaves_nothing_running_and_the_next_start_keeps_the_data(first_run: FirstRun, open_run: Run) -> None:
    assert len(first_run.family) >= len(read_procfile()) + 2
    assert first_run.code == 0
    assert first_run.left_running == []
    with psycopg.connect(open_run.address_of_database()) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_a_run_that_was_killed_takes_its_processes_along_and_starts_again(second_run: Run) -> None:
    family = second_run.family()
    assert len(family) >= len(read_procfile()) + 2
    second_run.process.kill()
    second_run.process.wait()
    wait_until(lambda: running(family) == [], timeout=90, what="the killed run's processes ending")

    second_run.start().wait_until_open()
    assert requests.get(f"http://127.0.0.1:{second_run.port}/readyz", timeout=10).status_code == 200


@pytest.mark.parametrize("victim", ["workers.relay", "workers.worker fast", "valkey-server", "postgres -D"])
def test_a_process_that_dies_is_started_again(open_run: Run, victim: str) -> None:
    notices = open_run.output.count("starting it again")
    dead = open_run.child_with(victim)
    dead.kill()

    def replaced() -> bool:
        found = open_run.child_with(victim)
        return found is not None and found.pid != dead.pid

    def answers() -> bool:
        parts = requests.get(f"http://127.0.0.1:{open_run.port}/readyz", timeout=10).json().get("parts", {})
        return parts == {"database": "ok", "valkey": "ok"}

    wait_until(replaced, timeout=60, what="the new process", every=0.2)
    wait_until(answers, timeout=60, what="everything answering again", every=0.2)
    assert open_run.output.count("starting it again") > notices


def test_a_folder_in_use_is_refused(open_run: Run) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "dev.run"],
        cwd=ROOT,
        env={**os.environ, "PORT": str(free_port()), "DATA": str(open_run.data)},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "DATA=var2" in refused.stderr


def test_a_taken_port_is_named_with_a_free_way(open_run: Run, run: Run) -> None:
    run.port = open_run.port
    run.start()
    assert run.process.wait(60) == 1
    assert "is taken" in run.output
    assert "DATA=var2" in run.output


def test_a_second_company_runs_beside_the_first_at_a_time_of_its_own(open_run: Run, second_run: Run) -> None:
    assert "The clock started at 2027-03-10T15:00+08:00" in second_run.output
    for one in (open_run, second_run):
        assert requests.get(f"http://127.0.0.1:{one.port}/readyz", timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"CLOCK": "tomorrow"}, "CLOCK must be a time"),
        ({"CLOCK": "2027-03-10T10:00"}, "needs its offset"),
        ({"PORT": "http"}, "PORT must be a number"),
        ({"TWILIO": "1"}, "TWILIO_ACCOUNT_SID"),
    ],
)
def test_a_wrong_knob_is_named_and_nothing_starts(run: Run, knobs: dict[str, str], words: str) -> None:
    run.knobs = knobs
    run.start()
    assert run.process.wait(60) == 1
    assert words in run.output
    assert not (run.data / "postgres").exists()


def test_a_simulated_twilio_takes_texts_and_brings_answers_over_signed_webhooks(second_run: Run) -> None:
    simulator = re.search(r"simulated Twilio: (http\S+)", second_run.output).group(1)
    phone = "+85261234567"
    with psycopg.connect(second_run.address_of_database(), autocommit=True) as connection:
        connection.execute(
            """with shop as (insert into store (code, name, region, country, zone, languages, locale,
                   created_at)
                   values ('S1', 'Shop', 'HK', 'HK', 'Asia/Hong_Kong', '{zh_Hant}', 'zh_Hant', now()) returning id)
               insert into message (dedupe_key, kind, store_id, to_phone, zone, locale, body, encoding, segments,
                   priority, not_before, expires_at, created_at)
               select 'a', 'help', id, %s, 'Asia/Hong_Kong', 'zh_Hant', '您好', 'UCS-2', 1, 20,
                   '2027-03-10T06:00Z', '2027-03-11T06:00Z', '2027-03-10T06:00Z' from shop""",
            [phone],
        )

        def is_delivered() -> bool:
            return connection.execute("select state from message").fetchone() == ("delivered",)

        wait_until(is_delivered, timeout=60, what="the text and its receipts", every=0.2)
        order = {"from": phone, "body": "退订"}
        assert requests.post(f"{simulator}/_control/text", json=order, timeout=30).json()["answers"] == [200]
        assert connection.execute("select state from consent where phone = %s", [phone]).fetchone() == ("out",)
    shown = requests.get(f"{simulator}/_control/state", timeout=10).json()
    assert [(one["direction"], one["body"]) for one in shown["messages"]] == [
        ("outbound-api", "您好"), ("inbound", "退订"),
    ]  # fmt: skip
    assert "Simulated Twilio" in requests.get(simulator, timeout=10).text
