"""The real servers behind the tests: one PostgreSQL for the run, a Valkey and a database for each test process.

DATABASE_URL and REDIS_URL, when set, replace them; then the tests make and drop databases of their own there.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from dev.servers import THROWAWAY, Postgres, Valkey, free_port

BUILDING_LOCK = 724_001


def new_folder() -> Path:
    """A temporary folder that PostgreSQL's own user may walk through when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="huifang-test-"))
    folder.chmod(0o711)
    return folder


def start_postgres(folder: Path) -> Postgres:
    settings = THROWAWAY | {"track_commit_timestamp": "on"}  # what came before what is asked after random runs
    server = Postgres(folder / "postgres", folder / "postgres.log", free_port(), settings)
    server.start()
    return server


def start_valkey(folder: Path) -> Valkey:
    server = Valkey(folder / "valkey", folder / "valkey.log", free_port())
    server.start()
    return server


@dataclass
class SharedPostgres:
    """What the whole run shares; xdist's controller starts it and tells its workers the address."""

    admin_url: str
    prefix: str
    server: Postgres | None = None
    folder: Path | None = None

    @classmethod
    def start(cls) -> "SharedPostgres":
        prefix = f"huifang_test_{uuid4().hex[:8]}"
        if url := os.environ.get("DATABASE_URL"):
            return cls(admin_url=url, prefix=prefix)
        folder = new_folder()
        server = start_postgres(folder)
        return cls(admin_url=server.url(), prefix=prefix, server=server, folder=folder)

    def stop(self) -> None:
        if self.server is None:
            DatabaseMaker(self.admin_url, self.prefix).drop_all()
            return
        self.server.kill()  # nothing in it is worth a goodbye
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class DatabaseMaker:
    """Makes databases by copying a template, which takes a fraction of a second, and drops them."""

    admin_url: str
    prefix: str
    made: list[str] = field(default_factory=list)
    key: str = field(default_factory=lambda: uuid4().hex[:6])

    def url(self, name: str) -> str:
        parts = urlsplit(self.admin_url)
        return urlunsplit(parts._replace(path=f"/{name}"))

    def template(self, kind: str, *, build: Callable[[str], None], base: str | None = None) -> str:
        """The template `kind`, filled by `build(url)` the first time any test process asks for it."""
        name, unfinished = f"{self.prefix}_{kind}", f"{self.prefix}_{kind}_unfinished"
        with self._admin() as connection:
            # Who needs one that is there does not wait until another one has been built.
            if self._exists(connection, name):
                return name
            connection.execute("select pg_advisory_lock(%s)", [BUILDING_LOCK])
            try:
                if self._exists(connection, name):
                    return name
                self._drop(connection, unfinished)
                self._create(connection, unfinished, template=base or "template0")
                build(self.url(unfinished))
                rename = sql.SQL("alter database {} rename to {}")
                connection.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
            finally:
                connection.execute("select pg_advisory_unlock(%s)", [BUILDING_LOCK])
        return name

    def copy(self, template: str) -> str:
        """A new database of its own; returns its name, the first of this maker's that is free.

        Names come back, so that who talks to one after the other may keep what is no database's own.
        """
        name = next(name for number in count(1) if (name := f"{self.prefix}_{self.key}_{number}") not in self.made)
        with self._admin() as connection:
            self._create(connection, name, template=template)
        self.made.append(name)
        return name

    def drop(self, name: str) -> None:
        with self._admin() as connection:
            self._drop(connection, name)
        with contextlib.suppress(ValueError):
            self.made.remove(name)

    def drop_all(self) -> None:
        """Every database of this run, whichever process made it."""
        with self._admin() as connection:
            found = connection.execute(
                "select datname from pg_database where starts_with(datname, %s)", [self.prefix]
            ).fetchall()
            for (name,) in found:
                self._drop(connection, name)

    @contextlib.contextmanager
    def _admin(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            yield connection

    @staticmethod
    def _exists(connection: psycopg.Connection, name: str) -> bool:
        return connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None

    @staticmethod
    def _create(connection: psycopg.Connection, name: str, *, template: str) -> None:
        command = sql.SQL("create database {} template {}")
        connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))

    @staticmethod
    def _drop(connection: psycopg.Connection, name: str) -> None:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
