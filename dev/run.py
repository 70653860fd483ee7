"""`make run`: the whole company on this machine. Ctrl-C stops all of it, the next start keeps the data.

Knobs, from the environment: PORT, HOST, DATA, DEMO, CLOCK; TWILIO=1 sends real messages with the TWILIO_* credentials,
TWILIO=simulator starts a simulated Twilio beside the company, otherwise SMS goes to the sandbox phone. DATABASE_URL and
REDIS_URL replace the servers that are started here.
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
import psycopg

from dev.processes import (
    Child,
    ProcessFailed,
    adopt_orphans,
    end_all,
    end_descendants,
    identity,
    reap_orphans,
    tail,
    wait_until,
)
from dev.procfile import ROOT, own_program, read_procfile
from dev.servers import Postgres, Valkey, free_port, write_secret

DEMO_PASSWORD = "huifang-demo"
DEMO_LOGINS = (("head office", "+85251000001"), ("supervisor", "+85251000002"), ("associate", "+85251000003"))
LARGE_LOG_BYTES = 10_000_000
LONGEST_PAUSE_SECONDS = 30.0
CALM_AFTER_SECONDS = 60.0
TWILIO_NAMES = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_AUTH_TOKEN_OLD",
    "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_FROM",
    "TWILIO_API_BASE_URL",
)
SIMULATOR = "simulator"
SIMULATED_ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_FROM": "+15005550006"}


class CannotRun(Exception):
    """Says what is in the way and what to do about it."""


@dataclass(frozen=True)
class Knobs:
    port: int
    host: str
    data: Path
    demo: bool
    clock: str
    twilio: bool
    simulator: bool = False

    @classmethod
    def from_environment(cls) -> "Knobs":
        env = os.environ
        try:
            port = int(env.get("PORT") or 8000)
        except ValueError:
            raise CannotRun(f"PORT must be a number, not {env['PORT']!r}") from None
        clock = env.get("CLOCK", "").strip()
        if clock:
            check_clock(clock)
        return cls(
            port=port,
            host=env.get("HOST") or "127.0.0.1",
            data=(ROOT / (env.get("DATA") or "var")).resolve(),
            demo=is_yes(env.get("DEMO", "1")),
            clock=clock,
            twilio=is_yes(env.get("TWILIO", "")),
            simulator=env.get("TWILIO", "").strip().lower() == SIMULATOR,
        )

    @property
    def address(self) -> str:
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"


def is_yes(word: str) -> bool:
    return word.strip().lower() in {"1", "yes", "true", "on"}


def check_clock(text: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotRun(f"CLOCK must be a time such as 2027-03-10T10:00+08:00, not {text!r}") from None
    if moment.tzinfo is None:
        raise CannotRun(f"CLOCK needs its offset from UTC, such as {text}+08:00")


@dataclass
class Watched:
    """A process that is started again when it ends by itself, sooner the longer it had lived."""

    child: Child
    began: float = 0.0
    failures: int = 0
    due: float | None = None

    def start(self) -> None:
        self.child.start()
        self.began = time.monotonic()
        self.due = None

    def look(self) -> None:
        if self.due is not None:
            if time.monotonic() >= self.due:
                self.start()
            return
        if self.child.is_alive:
            return
        if time.monotonic() - self.began > CALM_AFTER_SECONDS:
            self.failures = 0
        pause = min(2.0**self.failures, LONGEST_PAUSE_SECONDS) - 1
        self.failures += 1
        self.due = time.monotonic() + pause
        self.child.kill()  # what it may have left in its group
        when = "now" if pause == 0 else f"in {pause:.0f} s"
        say(f"{self.child.name} {how_it_ended(self.child)}; starting it again {when} (see {shown(self.child.log)})")


@dataclass
class Installation:
    knobs: Knobs
    watched: list[Watched] = field(default_factory=list)
    servers: list[Watched] = field(default_factory=list)
    stop_asked: int = 0
    simulator_address: str = ""

    @property
    def data(self) -> Path:
        return self.knobs.data

    def log(self, name: str) -> Path:
        return self.data / "log" / f"{name}.log"

    # --- opening ------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.end_leftovers()
        self.check_web_port()
        env = self.environment()
        with step("database and Valkey"):
            env |= self.start_servers()
        if not is_migrated(env["DATABASE_URL"]):
            with step("migrations"):
                self.command("migrations", ["python", "-m", "flask", "--app", "wsgi", "db", "upgrade"], env)
            if not is_empty(env["DATABASE_URL"]):
                with step("what the update brings"):
                    self.command("refresh", ["python", "-m", "flask", "--app", "wsgi", "company", "refresh"], env)
        if self.knobs.demo and is_empty(env["DATABASE_URL"]):
            with step("demo company"):
                self.command("demo", ["python", "-m", "flask", "--app", "wsgi", "demo", "load"], env)
        if self.knobs.simulator:
            with step("simulated Twilio"):
                env |= self.start_simulator(env["PUBLIC_URL"])
        with step("web, relay and workers"):
            for name, command in read_procfile().items():
                watched = Watched(Child(name=name, command=command, log=self.log(name), env=env, folder=ROOT))
                watched.start()
                self.watched.append(watched)
            self.remember()
            wait_until(self.is_ready, timeout=90, what="the web process answering", every=0.1)
        self.welcome(env["DATABASE_URL"])

    def environment(self) -> dict[str, str]:
        env = {key: value for key, value in os.environ.items() if self.knobs.twilio or key not in TWILIO_NAMES}
        if self.knobs.twilio and not (env.get("TWILIO_ACCOUNT_SID") and env.get("TWILIO_AUTH_TOKEN")):
            raise CannotRun("TWILIO=1 needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment")
        env["PORT"] = str(self.knobs.port)
        env["HOST"] = self.knobs.host
        env["PYTHONUNBUFFERED"] = "1"
        env["SECRET_KEY"] = env.get("SECRET_KEY") or self.secret_key()
        env["MEDIA_ROOT"] = env.get("MEDIA_ROOT") or str(self.data / "media")
        env["MESSAGING_SPOOL"] = env.get("MESSAGING_SPOOL") or str(self.data / "spool")
        env["PUBLIC_URL"] = env.get("PUBLIC_URL") or self.knobs.address
        env.pop("CLOCK", None)
        if self.knobs.clock:
            env["CLOCK"] = self.knobs.clock
            # All processes count from here, also one that is started again an hour later.
            env["CLOCK_EPOCH"] = repr(time.time())
        return env

    def secret_key(self) -> str:
        path = self.data / "secret_key"
        if not path.is_file():
            write_secret(path, secrets.token_urlsafe(48))
        return path.read_text().strip()

    def check_web_port(self) -> None:
        if free_port(self.knobs.port) != self.knobs.port:
            other = self.knobs.port + 1
            raise CannotRun(
                f"Port {self.knobs.port} is taken. Another one: make run PORT={other}\n"
                f"  (a second company beside the first: make run PORT={other} DATA=var2)"
            )

    def start_servers(self) -> dict[str, str]:
        """Start what the environment does not name; returns the addresses."""
        addresses = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
        ports = self.remembered_ports()
        if "DATABASE_URL" not in addresses:
            postgres = Postgres(self.data / "postgres", self.log("postgres"), free_port(ports.get("postgres")))
            postgres.start()
            ports["postgres"] = postgres.port
            self.servers.append(Watched(postgres.child, began=time.monotonic()))
            make_database(postgres)
            addresses["DATABASE_URL"] = postgres.url("huifang")
        if "REDIS_URL" not in addresses:
            valkey = Valkey(self.data / "valkey", self.log("valkey"), free_port(ports.get("valkey")))
            valkey.start()
            ports["valkey"] = valkey.port
            self.servers.append(Watched(valkey.child, began=time.monotonic()))
            addresses["REDIS_URL"] = valkey.url
        (self.data / "ports.json").write_text(json.dumps(ports))
        return addresses

    def start_simulator(self, service: str) -> dict[str, str]:
        """A Twilio that sends nothing: the same SDK and the same signed webhooks, answered by its own page."""
        port = free_port(self.remembered_ports().get(SIMULATOR))
        self.remember_port(SIMULATOR, port)
        account = SIMULATED_ACCOUNT | {"TWILIO_AUTH_TOKEN": secrets.token_hex(16)}
        child = Child(
            name=SIMULATOR,
            command=own_program(["python", "-m", "tests.simulator", "--port", str(port), "--service", service]),
            log=self.log(SIMULATOR),
            env={**os.environ, **account, "PYTHONUNBUFFERED": "1"},
            folder=ROOT,
        )
        watched = Watched(child)
        watched.start()
        self.watched.append(watched)
        self.simulator_address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            child.check()
            return does_answer(f"{self.simulator_address}/_control/state")

        wait_until(answers, timeout=30, what="the simulated Twilio answering", every=0.1)
        return account | {"TWILIO_API_BASE_URL": self.simulator_address}

    def remember_port(self, name: str, port: int) -> None:
        (self.data / "ports.json").write_text(json.dumps(self.remembered_ports() | {name: port}))

    def remembered_ports(self) -> dict[str, int]:
        try:
            return dict(json.loads((self.data / "ports.json").read_text()))
        except (OSError, ValueError):
            return {}

    def command(self, name: str, command: list[str], env: dict[str, str]) -> None:
        child = Child(name=name, command=own_program(command), log=self.log(name), env=env, folder=ROOT)
        child.start()
        self.watched.append(Watched(child))  # so that a Ctrl-C now ends it too
        while child.is_alive and not self.stop_asked:
            time.sleep(0.02)
        self.watched.pop()
        if self.stop_asked:
            child.stop()
            raise KeyboardInterrupt
        if child.process.returncode:
            raise CannotRun(f"{name} failed; the end of {shown(child.log)}:\n{tail(child.log)}")

    def is_ready(self) -> bool:
        if self.stop_asked:
            raise KeyboardInterrupt
        for watched in self.watched:
            watched.child.check()
        return does_answer(f"{self.knobs.address}/readyz")

    def welcome(self, database_url: str) -> None:
        lines = ["", f"Huifang is open at {self.knobs.address}", ""]
        known = known_logins(database_url)
        lines += [f"  {role:<12} {phone}   {DEMO_PASSWORD}" for role, phone in DEMO_LOGINS if phone in known]
        if known:
            lines.append("")
        if self.knobs.simulator:
            lines.append(f"  The customers' phones, at a simulated Twilio: {self.simulator_address}")
        elif not self.knobs.twilio:
            lines.append(f"  The customers' phones: {self.knobs.address}/sandbox")
        if self.knobs.clock:
            lines.append(f"  The clock started at {self.knobs.clock}")
        lines += [f"  Logs: {shown(self.data / 'log')}    Stop: Ctrl-C", ""]
        print("\n".join(f"  {line}".rstrip() for line in lines), flush=True)

    # --- running and closing ------------------------------------------------------------------------------------------

    def watch(self) -> None:
        everybody = (*self.servers, *self.watched)
        pids = [watched.child.pid for watched in everybody]
        reap_at = 0.0
        while not self.stop_asked:
            for watched in everybody:
                watched.look()
            if pids != (pids := [watched.child.pid for watched in everybody]):
                self.remember()
            if time.monotonic() > reap_at:
                reap_orphans(pids)
                reap_at = time.monotonic() + 5
            time.sleep(0.2)

    def close(self) -> None:
        """People's requests end first, then the workers' jobs, then the servers that both need."""
        end_all([watched.child for watched in self.watched], timeout=self.patience(10))
        end_all([watched.child for watched in reversed(self.servers)], timeout=self.patience(30))
        end_descendants()
        (self.data / "processes.json").unlink(missing_ok=True)

    def patience(self, seconds: float) -> float:
        return 0.0 if self.stop_asked > 1 else seconds

    def ask_to_stop(self, _number: int, _frame: object) -> None:
        self.stop_asked += 1
        if self.stop_asked == 1:
            print("\n  stopping ...", flush=True)

    # --- after a crash ------------------------------------------------------------------------------------------------

    def remember(self) -> None:
        """Who belongs to us, for the next start after a kill -9 of this process."""
        ours = {}
        for watched in (*self.servers, *self.watched):
            if watched.child.is_alive:
                ours[str(watched.child.pid)] = identity(watched.child.pid)
        (self.data / "processes.json").write_text(json.dumps(ours))

    def end_leftovers(self) -> None:
        """End what a killed run left behind: only processes that began exactly when ours did."""
        try:
            ours = json.loads((self.data / "processes.json").read_text())
        except (OSError, ValueError):
            return
        left = [psutil.Process(int(pid)) for pid, began in ours.items() if began and identity(int(pid)) == began]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
        for process in psutil.wait_procs(left, timeout=15)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


# --- the database -----------------------------------------------------------------------------------------------------


def make_database(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = 'huifang'").fetchone():
            connection.execute("create database huifang")


def is_migrated(url: str) -> bool:
    """Whether the newest migration has run: asked here, because starting Flask to ask takes a second or two."""
    newest = max(path.name.split("_")[0] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    try:
        with psycopg.connect(plain(url)) as connection:
            found = connection.execute("select version_num from alembic_version").fetchall()
    except psycopg.errors.UndefinedTable:
        return False
    return found == [(newest,)]


def is_empty(url: str) -> bool:
    with psycopg.connect(plain(url)) as connection:
        return not connection.execute("select exists (select from store)").fetchone()[0]


def known_logins(url: str) -> set[str]:
    phones = [phone for _, phone in DEMO_LOGINS]
    with psycopg.connect(plain(url)) as connection:
        return {row[0] for row in connection.execute("select phone from staff where phone = any(%s)", [phones])}


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1).replace("postgres://", "postgresql://", 1)


# --- words ------------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"  {text}", flush=True)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    say(f"{name} ...")
    began = time.monotonic()
    yield
    say(f"{name}: {time.monotonic() - began:.1f} s")


def how_it_ended(child: Child) -> str:
    code = child.process.returncode
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def does_answer(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def set_large_logs_aside(folder: Path) -> None:
    for log in folder.glob("*.log"):
        if log.stat().st_size > LARGE_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))


@contextlib.contextmanager
def only_one_run(data: Path) -> Iterator[None]:
    with (data / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                f"Another `make run` uses {shown(data)} already. A second company: make run PORT=8001 DATA=var2"
            ) from None
        yield


def main() -> int:
    try:
        knobs = Knobs.from_environment()
        knobs.data.mkdir(parents=True, exist_ok=True)
        (knobs.data / "log").mkdir(exist_ok=True)
        set_large_logs_aside(knobs.data / "log")
        with only_one_run(knobs.data):
            return run(Installation(knobs))
    except (CannotRun, ProcessFailed) as problem:
        print(f"\n  {problem}\n", file=sys.stderr)
        return 1


def run(installation: Installation) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, installation.ask_to_stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup make run` means to outlive its terminal
        signal.signal(signal.SIGHUP, installation.ask_to_stop)
    adopt_orphans()
    try:
        installation.open()
        installation.watch()
    except KeyboardInterrupt:
        pass
    finally:
        installation.close()
    say("stopped; the next start keeps the data")
    return 0


if __name__ == "__main__":
    sys.exit(main())
