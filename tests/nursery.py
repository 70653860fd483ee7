"""Processes of the Procfile that are ready at once: forked from one that has loaded their code and done nothing else.

Loading takes a second of work and more, and all tests together start and kill some hundred and fifty processes. What
runs is the Procfile's line all the same: its program as `__main__` with the line's arguments, an environment, a log and
a session of its own, alone with the signals that it gets. tests/dev starts a company the plain way.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.processes import IS_LINUX, Child, die_with_parent

ROOT = Path(__file__).resolve().parent.parent
BACKSTAGE, WEB = "backstage", "web"
LOADED = {
    # All that `workers.relay` and `workers.worker` import, but not themselves: they are to run as __main__.
    BACKSTAGE: ("app.subscriptions", "workers.jobs", "workers.queues", "sqlalchemy.dialects.postgresql.psycopg"),
    WEB: (
        "app.subscriptions", "app.web", "app.api", "app.core.http", "app.core.limits", "app.people.auth",
        "sqlalchemy.dialects.postgresql.psycopg", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread",
    ),
}  # fmt: skip
PAUSE_SECONDS = 0.005


class Forked(Child):
    """A Child that a nursery brings forth."""

    def start(self) -> None:
        if (nursery := nursery_for(self.command)) is None:
            super().start()
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.is_buried = False
        order = {
            "command": list(self.command),
            "env": dict(self.env or os.environ),
            "folder": str(self.folder or Path.cwd()),
            "log": str(self.log),
            "stop_signal": int(self.stop_signal),
        }
        self.process = Birth(nursery, nursery.ask(order), self.command)  # type: ignore[assignment]


def nursery_for(command: Sequence[str]) -> Nursery | None:
    """None for programs that are no Python of ours, and where the kernel does not end orphans."""
    if not IS_LINUX:
        return None
    if command[:2] == [sys.executable, "-m"] and command[2].startswith("workers."):
        return nursery(BACKSTAGE)
    return nursery(WEB) if Path(command[0]).name == "gunicorn" else None


@functools.cache
def nursery(kind: str) -> Nursery:
    """One of each kind for a test process; they end with it."""
    return Nursery(kind)


class Nursery:
    """Our end of the line. One question, one answer; any thread may ask."""

    def __init__(self, kind: str) -> None:
        ours, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._line = ours.makefile("rwb")
        command = [sys.executable, "-m", "tests.nursery", kind, str(theirs.fileno())]
        self._process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], preexec_fn=die_with_parent(signal.SIGKILL)
        )
        theirs.close()

    def ask(self, question: Mapping[str, Any]) -> Any:
        with self._lock:
            self._line.write(json.dumps(question).encode() + b"\n")
            self._line.flush()
            answer = self._line.readline()
        assert answer, "the nursery has ended"
        return json.loads(answer)


@dataclass
class Birth:
    """What Popen is for a child of one's own."""

    nursery: Nursery
    pid: int
    command: Sequence[str]
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.nursery.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(list(self.command), timeout or 0.0)
            time.sleep(PAUSE_SECONDS)
        return code


# --- in the nursery ---------------------------------------------------------------------------------------------------


def main() -> None:
    kind, number = sys.argv[1], int(sys.argv[2])
    gc.disable()
    for name in LOADED[kind]:
        importlib.import_module(name)
    gc.freeze()
    order = wait_for_order(socket.socket(fileno=number))
    if order is not None:
        run(order)


def wait_for_order(line: socket.socket) -> dict[str, Any] | None:
    """In each child its order; in the nursery itself None, when nobody asks any more."""
    with line, line.makefile("rwb") as questions:
        for question in questions:
            asked = json.loads(question)
            if "ended" in asked:
                answer = how_it_ended(asked["ended"])
            elif (answer := fork(asked["stop_signal"])) == 0:
                return dict(asked)
            questions.write(json.dumps(answer).encode() + b"\n")
            questions.flush()
    return None


def fork(stop_signal: int) -> int:
    """0 in the child; to the nursery it is born when it leads a group of its own, as who kills it expects."""
    reading, writing = os.pipe()
    dies_with_us = die_with_parent(signal.Signals(stop_signal))
    pid = os.fork()
    if pid == 0:
        os.setsid()
        dies_with_us()
    os.close(writing)
    if pid:
        os.read(reading, 1)
    os.close(reading)
    return pid


def how_it_ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def run(order: Mapping[str, Any]) -> None:
    """Be the program that was ordered. It ends as any program does: by returning, exiting or raising from here."""
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for ours, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, standard)
    sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["folder"])
    gc.enable()
    program, *arguments = order["command"]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [program, *arguments]
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
