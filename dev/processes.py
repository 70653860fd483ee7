"""Child processes that never outlive us: own process groups, a death signal where Linux offers one, ordered endings."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
IS_LINUX = sys.platform.startswith("linux")


class ProcessFailed(Exception):
    """A process ended when it should have lived; the message carries the end of its log."""


@dataclass
class Child:
    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    folder: Path | None = None
    user: str | int | None = None
    group: str | int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stdin: bytes | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    is_buried: bool = False

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        drops_root = {}
        if self.user is not None:
            drops_root = {"user": self.user, "group": self.group, "extra_groups": []}
        with self.log.open("ab") as log:
            self.is_buried = False
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.PIPE if self.stdin is not None else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.env) if self.env is not None else None,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal) if IS_LINUX else None,
                **drops_root,
            )
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self.process.stdin:
                self.process.stdin.write(self.stdin)

    @property
    def pid(self) -> int:
        if self.process is None:
            raise ProcessFailed(f"{self.name} was not started")
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def check(self) -> None:
        """Raise when the process has ended, with the last lines of its log."""
        if not self.is_alive:
            code = self.process.returncode if self.process else None
            raise ProcessFailed(f"{self.name} ended with code {code}; the end of {self.log}:\n{tail(self.log)}")

    def signal(self, number: signal.Signals) -> None:
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """As a power cut would: the whole group at once, no goodbye."""
        if self.process is None or self.is_buried:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.is_buried = True  # from now on the number may be somebody else's

    def stop(self, timeout: float = 10.0) -> None:
        end_all([self], timeout=timeout)

    def ending(self) -> str:
        return tail(self.log)


def end_all(children: Iterable[Child], *, timeout: float) -> None:
    """Ask all at once, give them `timeout` seconds together, then kill what is left of each group."""
    children = [child for child in children if child.process is not None]
    for child in children:
        child.signal(child.stop_signal)
    deadline = time.monotonic() + timeout
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
        child.kill()


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For Popen's preexec_fn: when our own process is killed, even by -9, the kernel ends the child."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return before_exec


def adopt_orphans() -> None:
    """Grandchildren whose parent dies become our children instead of init's, so that we can end them too."""
    if IS_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def reap_orphans(own: Iterable[int]) -> None:
    """Adopted processes that have ended wait for a parent to notice; `own` are those that a Popen looks after."""
    cared_for = set(own)
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, ChildProcessError):
            if process.pid not in cared_for and process.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(process.pid, os.WNOHANG)


def end_descendants(timeout: float = 5.0) -> None:
    """What is still below us after every child has been stopped."""
    left = psutil.Process().children(recursive=True)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=timeout)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def identity(pid: int) -> float | None:
    """When the process began: together with the pid this names one process for ever."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def tail(path: Path, lines: int = 30) -> str:
    if not path.is_file():
        return "(no log)"
    with path.open("rb") as log:
        log.seek(0, os.SEEK_END)
        log.seek(max(0, log.tell() - 20_000))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def wait_until(condition: Callable[[], bool], *, timeout: float, what: str, every: float = 0.02) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{what}: not within {timeout:g} s")
        time.sleep(every)
