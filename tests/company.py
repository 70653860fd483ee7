"""A whole company: gunicorn, relay and workers as real processes, for flows, browsers and faults."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
import requests
from psycopg.rows import dict_row, tuple_row

from dev.processes import Child, tail, wait_until
from dev.procfile import ROOT, read_procfile
from dev.servers import Postgres, Valkey, free_port
from tests.nursery import Forked
from tests.servers import new_folder, start_valkey

SECRET_KEY = "only-for-tests-only-for-tests-only-for-tests"


@dataclass
class Company:
    """Started with start(); `kill` and `restart` name a process of the Procfile."""

    database_url: str
    clock: str = "2027-03-10T10:00+08:00"
    undo_window: float = 2.0
    env: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ("web", "relay", "fast", "sms", "long")
    postgres: Postgres | None = None  # its own, when a test wants to kill it
    folder: Path = field(default_factory=new_folder)
    port: int = field(default_factory=free_port)
    began: float = field(default_factory=time.time)
    valkey_server: Valkey | None = None
    processes: dict[str, Child] = field(default_factory=dict)
    _idle: list[psycopg.Connection[Any]] = field(default_factory=list, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def valkey_url(self) -> str:
        return self.valkey_server.url

    @property
    def valkey(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey_url)

    def environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("TWILIO_", "FLASK_"))}
        return {
            **inherited,
            "HUIFANG_ENV": "test",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey_url,
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": self.url,
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "WEB_WORKERS": "1",
            "WEB_THREADS": "64",
            "MEDIA_ROOT": str(self.folder / "media"),
            "MESSAGING_SPOOL": str(self.folder / "spool"),
            "CLOCK": self.clock,
            "CLOCK_EPOCH": repr(self.began),
            "UNDO_WINDOW": str(self.undo_window),
            "MESSAGING_TIME_SCALE": "0.01",
            "OUTBOX_LEASE_SECONDS": "3",
            "OUTBOX_BACKOFF_SECONDS": "0.2",
            "RATE_LIMITS": "false",
            "PYTHONUNBUFFERED": "1",
            **self.env,
        }

    def start(self) -> "Company":
        self.valkey_server = start_valkey(self.folder)
        for name in self.names:
            self.restart(name)
        self.wait_until_ready()
        return self

    def stop(self) -> None:
        """At once: nothing of it is kept. tests/dev looks at how a company closes in good order."""
        for child in self.processes.values():
            child.kill()
        while self._idle:
            self._idle.pop().close()
        if self.valkey_server:
            self.valkey_server.kill()
        if self.postgres:
            self.postgres.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self, name: str) -> Child:
        """Start a process of the Procfile; ends the one that runs under this name, if any."""
        if name in self.processes:
            self.processes[name].stop(timeout=8)
        self.processes[name] = self.another(name, name)
        return self.processes[name]

    def another(self, line: str, name: str, **env: str) -> Child:
        """Start one more process of this line of the Procfile under a name of its own; whoever asks ends it."""
        child = Forked(
            name=name,
            command=read_procfile()[line],
            log=self.log_of(name),
            env={**self.environment(), **env},
            folder=ROOT,
        )
        child.start()
        return child

    def kill(self, name: str) -> None:
        """kill -9 of a Procfile process with its children, or of "valkey" or (if it has its own) "postgres"."""
        if name == "valkey":
            self.valkey_server.kill()
        elif name == "postgres":
            self.postgres.kill()
        else:
            self.processes[name].kill()

    def signal(self, name: str, number: signal.Signals) -> None:
        self.processes[name].signal(number)

    def revive(self, name: str) -> None:
        """Start again what kill() ended; Valkey comes back empty."""
        if name == "valkey":
            self.valkey_server.start()
        elif name == "postgres":
            self.postgres.start()
        else:
            self.restart(name)

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        def ready() -> bool:
            for child in self.processes.values():
                child.check()
            try:
                return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
            except requests.RequestException:
                return False

        if "web" in self.processes:
            wait_until(ready, timeout=timeout, what="the company opening", every=0.1)

    def pid_of(self, name: str) -> int:
        return self.processes[name].pid

    def log_of(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def logs(self) -> str:
        """The end of every log, for a failed assertion's message."""
        return "\n".join(f"--- {name}\n{tail(self.log_of(name))}" for name in self.processes)

    # --- looking inside -----------------------------------------------------------------------------------------------

    def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a query, straight from the database: `company.rows("select ... where id = %(id)s", id=4)`."""
        return self._ask(statement, values, dict_row)

    def value(self, statement: str, **values: Any) -> Any:
        found = self._ask(statement, values, tuple_row)
        return found[0][0] if found else None

    def _ask(self, statement: str, values: dict[str, Any], shape: Any) -> list[Any]:
        """Over a connection of before, where there is one: who waits for something asks many times."""
        while True:
            try:
                connection, is_new = self._idle.pop(), False
            except IndexError:
                connection, is_new = psycopg.connect(self.database_url, autocommit=True), True
            try:
                found = connection.cursor(row_factory=shape).execute(statement, values).fetchall()
            except BaseException:
                # One of before may have died with its server, which may be back: then a new one tells.
                if is_new or not connection.closed:
                    connection.close()
                    raise
            else:
                self._idle.append(connection)
                return found

    def wait_for(self, question: str | Callable[[], Any], *, timeout: float = 90.0, **values: Any) -> Any:
        """Ask SQL or a function until the answer is true; returns it, or fails with the logs."""
        deadline = time.monotonic() + timeout
        while True:
            answer = self.value(question, **values) if isinstance(question, str) else question()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout:g} s: {question}\n{self.logs()}")
            time.sleep(0.1)

    def wait_until_quiet(self, *, timeout: float = 90.0) -> None:
        """Until no delivery is due any more: every side effect has happened."""
        self.wait_for("select not exists (select from delivery where state = 'due')", timeout=timeout)

    # --- over HTTP ----------------------------------------------------------------------------------------------------

    def sign_in(self, phone: str, password: str) -> "Caller":
        answer = requests.post(f"{self.url}/api/v1/sessions", json={"phone": phone, "password": password}, timeout=30)
        assert answer.status_code in (200, 201), f"{answer.status_code} {answer.text}\n{self.logs()}"
        return Caller(self.url, answer.json()["token"])


@dataclass(frozen=True)
class Caller:
    """Somebody signed in to the API of a running company."""

    url: str
    token: str

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            options["data"] = json.dumps(body)
        options.setdefault("timeout", 30)
        return requests.request(method, f"{self.url}/api/v1{path}", headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self._json(self.call("GET", path, **options))

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self._json(self.call("POST", path, {} if body is None else body, **options))

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        assert answer.ok, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None
