"""Who refers to a row: asked before something is removed for good."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from app.core.db import Base, db


def used_ids(table: str, ids: Collection[int], *, except_tables: Collection[str]) -> set[int]:
    """Those of `ids` that a row of any table refers to, whichever slice it belongs to.

    Read from the schema, so that a table added tomorrow counts without anybody thinking of it here.
    """
    used: set[int] = set()
    wanted = sorted(set(ids))
    if not wanted:
        return used
    for other, column in _referring(table):
        if other not in except_tables:
            rows = db.session.execute(
                text(f"SELECT DISTINCT {column} FROM {other} WHERE {column} = ANY(CAST(:ids AS bigint[]))"),  # noqa: S608
                {"ids": wanted},
            )
            used.update(row[0] for row in rows)
    return used


def _referring(table: str) -> list[tuple[str, str]]:
    return [
        (other.name, key.parent.name)
        for other in Base.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column.table.name == table
    ]
