"""The database: one typed base for all tables, one session, one way to write."""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import namedtuple_row
from sqlalchemy import ClauseElement, DateTime, Engine, MetaData, Text, TextClause, event
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import Pool

naming = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Plain SQLAlchemy models; Flask-SQLAlchemy lends its session and engine."""

    metadata = MetaData(naming_convention=naming)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB,
        dict[str, str]: JSONB,
        list[Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[dict[str, str]]: JSONB,
    }


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


class Connection(psycopg.Connection[Any]):
    """A connection that keeps its prepared statements when a transaction without an error is rolled back.

    Every read ends so. psycopg would forget them each time, lest one names a table made and undone in that transaction,
    which no request does; then each list would be parsed and planned anew, and each read would cost a DEALLOCATE.
    """

    def rollback(self) -> None:
        if self.pgconn.transaction_status == TransactionStatus.INTRANS:
            with self.lock:
                done = self.pgconn.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK
            if done:
                return
        super().rollback()


@event.listens_for(Engine, "do_connect")
def _connect(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Connection:
    return Connection.connect(*arguments, **options)


@event.listens_for(Pool, "checkout")
def refuse_dead_connection(connection: Any, _record: Any, _proxy: Any) -> None:
    """Hand out no connection whose server is gone (a restart, a failover); the pool then opens a fresh one.

    A closed socket becomes readable, which costs a look at it and not, as a ping would, a round trip per request.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if poll.poll(0):
        raise DisconnectionError("the server closed this connection")


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit what happens inside, or nothing of it. Stands at edges only (routes, jobs, CLI, the delivery drain).

    Refuses nesting: an inner block could neither commit nor roll back alone, so it would only look safe.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        raise RuntimeError("transaction() does not nest: services leave it to the edge that called them")
    session.info["in_transaction"] = True
    hooks: list[Callable[[], None]] = []
    session.info["after_commit"] = hooks
    session.info["collected"] = {}
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("in_transaction", None)
        session.info.pop("after_commit", None)
        session.info.pop("collected", None)
    for hook in hooks:
        hook()


class Rows(list[Any]):
    """What a plain statement brought: named tuples."""

    def first(self) -> Any:
        return self[0] if self else None


@dataclass(frozen=True)
class Wording:
    """A statement as the driver takes it; `fixed` are the values that stand in it.

    `numbered` and `order` say the same as PostgreSQL takes it: psycopg would work that out anew at each execution of a
    long statement.
    """

    sql: str
    fixed: Mapping[str, Any]
    numbered: bytes
    order: tuple[str, ...]


@lru_cache(maxsize=256)
def worded(stmt: ClauseElement) -> Wording:
    """Put a statement of plain columns into words, once per process. Columns whose type converts what the driver gives
    (a Numeric as float, say) are none, nor is a list for IN.
    """
    compiled: Any = stmt.compile(dialect=db.engine.dialect)
    if compiled.post_compile_params:
        raise ValueError("the words of a list for IN depend on its length")
    sql = str(compiled)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return Wording(sql, fixed, *_numbered(sql))


def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """$1, $2 in place of %(names)s, and the names in that order."""
    order: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return "%" if found[1] is None else f"${order.setdefault(found[1], len(order) + 1)}"

    numbered = re.sub(r"%\((\w+)\)s|%%", place, sql)
    return numbered.encode(), tuple(order)


def run_plain(stmt: TextClause | Wording, values: Mapping[str, Any]) -> Rows:
    """Execute a statement of plain columns in the session's transaction, on the driver itself.

    For what every request runs: SQLAlchemy's own part of a statement takes longer than PostgreSQL's. Errors come as
    SQLAlchemy's, and who listens to statements hears of it.
    """
    session = db.session()
    session.flush()
    connection = session.connection()
    wording = stmt if isinstance(stmt, Wording) else worded(stmt)
    given = {**wording.fixed, **values}
    driver: Any = connection.connection.driver_connection
    cursor: Any = psycopg.RawCursor(driver, row_factory=namedtuple_row)
    try:
        connection.dispatch.before_cursor_execute(connection, cursor, wording.sql, given, None, False)
        cursor.execute(wording.numbered, [given[name] for name in wording.order])
        return Rows(cursor.fetchall() if cursor.pgresult.nfields else ())
    except psycopg.Error as error:
        raise _told_by_sqlalchemy(error, connection, wording.sql, given) from error
    finally:
        cursor.close()


def _told_by_sqlalchemy(error: Any, connection: SqlConnection, sql: str, given: dict[str, Any]) -> Exception:
    """The driver's error as after every other statement; a connection whose server is gone is given up."""
    is_gone = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if is_gone:
        connection.invalidate(error)
    told = DBAPIError.instance(
        sql,
        given,
        error,
        psycopg.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=is_gone,
        dialect=connection.dialect,
    )
    assert isinstance(told, Exception)
    return told


def after_commit(hook: Callable[[], None]) -> None:
    """Run `hook` when the surrounding transaction() has committed; at once when there is none."""
    hooks = db.session().info.get("after_commit")
    if hooks is None:
        hook()
    else:
        hooks.append(hook)


def collect_for_commit(items: Iterable[str], hook: Callable[[Collection[str]], None]) -> None:
    """As `after_commit`, but `hook` runs once with all the items that the transaction collected for it."""
    collected: dict[Callable[..., None], dict[str, None]] | None = db.session().info.get("collected")
    if collected is None:
        hook(list(items))
        return
    if hook not in collected:
        mine = collected[hook] = {}
        after_commit(lambda: hook(mine))
    collected[hook].update(dict.fromkeys(items))
