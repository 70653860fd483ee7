"""The measured processes: our service as the Procfile starts it, and the limits, on one PostgreSQL and one Valkey."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench import world
from bench.world import Size
from dev.processes import Child, end_all, wait_until
from dev.procfile import ROOT, own_program, read_procfile
from dev.servers import Postgres, Valkey, free_port

GUNICORN = ["gunicorn", "-c", "gunicorn.conf.py"]


@dataclass
class Web:
    """One gunicorn with its two workers."""

    child: Child
    port: int
    path: str

    @property
    def pid(self) -> int:
        return self.child.pid

    def wait(self) -> float:
        """Seconds until the first 200."""
        began = time.perf_counter()
        wait_until(self._answers, timeout=90, what=f"{self.child.name} answering", every=0.01)
        return time.perf_counter() - began

    def _answers(self) -> bool:
        self.child.check()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.path}", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


def quarter_of_memory() -> int:
    """Bytes; what PostgreSQL's manual gives a server of its own, which a company of a million customers has."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(256 * 2**20, min(4 * 2**30, memory // 4))


@dataclass
class Site:
    folder: Path
    began: float = field(default_factory=time.time)
    children: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = {"shared_buffers": f"{quarter_of_memory() // 2**20}MB"}
        self.postgres = Postgres(self.folder / "postgres", self.log("postgres"), free_port(), settings)
        self.valkey = Valkey(self.folder / "valkey", self.log("valkey"), free_port())

    def open(self) -> None:
        self.folder.mkdir(parents=True)
        self.postgres.start()
        self.valkey.start()

    def close(self) -> None:
        end_all(self.children, timeout=8)
        self.postgres.stop()
        self.valkey.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def make_database(self, name: str, size: Size, *, with_limits: bool) -> str:
        """A migrated and filled database; its address."""
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = self.postgres.url(name)
        subprocess.run(
            own_program(["python", "-m", "bench.prepare"]),
            env=self.environment(url),
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        world.fill(url, size)
        if with_limits:
            world.fill_limits(url, size)
        return url

    def ours(self, url: str, *, wait: bool = True, **env: str) -> Web:
        """Our web process on this database."""
        port = free_port()
        env = {**self.environment(url, PORT=str(port)), **env}
        return self._web("ours", [*GUNICORN, "wsgi:app"], env, port, "/healthz", wait)

    def limits(self, url: str, *, wait: bool = True) -> Web:
        port = free_port()
        env = self.environment(url, PORT=str(port), LIMITS_DATABASE_URL=url.replace("://", "+psycopg://", 1))
        path = "/day/1?first=2027-03-10T00:00%2B08:00&last=2027-03-11T00:00%2B08:00"
        return self._web("limits", [*GUNICORN, "bench.limits:app"], env, port, path, wait)

    def bare(self, *, wait: bool = True) -> Web:
        port = free_port()
        return self._web(
            "bare", [*GUNICORN, "bench.bare:app"], self.environment("", PORT=str(port)), port, "/hello", wait
        )

    def process(self, name: str, url: str, command: Sequence[str] = (), **env: str) -> Child:
        """One of the Procfile's other processes, or a program of the benchmark's own."""
        child = Child(
            name=name,
            command=own_program(list(command)) if command else read_procfile()[name],
            log=self.log(name),
            env=self.environment(url, **env),
            folder=ROOT,
        )
        child.start()
        self.children.append(child)
        return child

    def end(self, *ended: Web | Child) -> None:
        children = [each.child if isinstance(each, Web) else each for each in ended]
        end_all(children, timeout=8)
        self.children = [child for child in self.children if child not in children]

    def environment(self, url: str, **more: str) -> Mapping[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
        return {
            **inherited,
            "DATABASE_URL": url,
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "only-for-benchmarks-only-for-benchmarks",
            "MEDIA_ROOT": str(self.folder / "media"),
            "CLOCK": world.CLOCK,
            "CLOCK_EPOCH": repr(self.began),
            "RATE_LIMITS": "false",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def _web(self, name: str, command: list[str], env: Mapping[str, str], port: int, path: str, wait: bool) -> Web:
        child = Child(name=name, command=own_program(command), log=self.log(name), env=env, folder=ROOT)
        child.start()
        self.children.append(child)
        web = Web(child=child, port=port, path=path)
        if wait:
            web.wait()
        return web
