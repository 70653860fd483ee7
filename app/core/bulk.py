"""Writing very many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import db

_T = TypeVar("_T")


def insert_if_new(insert: str, values: Mapping[str, Any]) -> int | None:
    """INSERT ... SELECT of rows that should not stand yet; returns how many, or None, and nothing is written, when one
    of them stands already.

    ON CONFLICT asks the index before each row, which costs a fifth more. So that is for who was told None.
    """
    return if_new(lambda: rows_of(insert, values))


def if_new(write: Callable[[], _T]) -> _T | None:
    """What this returns; None, and nothing is written, when a row of it stands already."""
    with suppress(IntegrityError), db.session.connection().begin_nested():
        return write()
    return None


def open_scratch(table: str, statements: Sequence[str]) -> None:
    """Create temporary tables, of which `table` is one, unless this connection has them. Asked first, because even
    CREATE ... IF NOT EXISTS is refused to who may only read."""
    if not db.session.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": f"pg_temp.{table}"}):
        for statement in statements:
            db.session.execute(text(statement))


def rows_of(statement: str, values: Mapping[str, Any]) -> int:
    """Execute it; the rows it wrote."""
    return int(db.session.execute(text(statement), dict(values)).rowcount)  # type: ignore[attr-defined]
