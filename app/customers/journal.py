"""Moving, changing and deleting rows of any table so that it can be taken back exactly. Set-based: one statement for
all rows of a table, one journal row for each statement.

Tables of the slices above are named as data (merge_map.py), never imported.
"""

# ruff: noqa: S608  the statements are made of names that stand in merge_map.py; values are bound

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import text

from app.core.db import db
from app.customers.merge_models import CustomerMergeStep


class Journal:
    """The steps of one merge, in the order in which they were done."""

    def __init__(self, merge_id: int) -> None:
        self.merge_id = merge_id
        self.counts: dict[str, int] = {}

    def move(self, table: str, column: str, *, old: int, new: int) -> int:
        """Let all rows that point at `old` point at `new`."""
        key = _key_object(table)
        rows = _scalar(
            f"""WITH moved AS (UPDATE "{table}" t SET {column} = :new WHERE t.{column} = :old RETURNING {key} AS key)
                SELECT jsonb_agg(key) FROM moved""",
            old=old,
            new=new,
        )
        return self._note("moved", table, rows, column=column, old=old, new=new)

    def change(self, table: str, *, where: str, to: Mapping[str, str], **values: Any) -> int:
        """Set columns to SQL expressions in the rows of `t` for which `where` holds; both are ours, not a reader's."""
        primary = _primary_key(table)
        columns = [*primary, *(name for name in to if name not in primary)]
        before = ", ".join(f"'{name}', was.{name}" for name in columns)
        after = ", ".join(f"'{name}', now.{name}" for name in columns)
        same = " AND ".join(f"now.{name} = was.{name}" for name in primary)
        chosen = " AND ".join(f"x.{name} = t.{name}" for name in primary)
        rows = _scalar(
            f"""WITH was AS MATERIALIZED (SELECT t.* FROM "{table}" t WHERE {where} FOR UPDATE),
                now AS (
                    UPDATE "{table}" t SET {", ".join(f"{name} = {value}" for name, value in to.items())}
                    FROM was x WHERE {chosen} RETURNING t.*)
                SELECT jsonb_agg(jsonb_build_object(
                    'before', jsonb_build_object({before}), 'after', jsonb_build_object({after})))
                FROM now JOIN was ON {same}""",
            **values,
        )
        return self._note("changed", table, rows)

    def delete(self, table: str, *, where: str, **values: Any) -> int:
        """Take rows out; the journal keeps them whole."""
        rows = _scalar(
            f"""WITH gone AS (DELETE FROM "{table}" t WHERE {where} RETURNING to_jsonb(t.*) AS row)
                SELECT jsonb_agg(row) FROM gone""",
            **values,
        )
        return self._note("deleted", table, rows)

    def _note(
        self,
        kind: str,
        table: str,
        rows: Sequence[Any] | None,
        *,
        column: str = "",
        old: int | None = None,
        new: int | None = None,
    ) -> int:
        if not rows:
            return 0
        db.session.add(
            CustomerMergeStep(
                merge_id=self.merge_id,
                kind=kind,
                table_name=table,
                column_name=column,
                old_id=old,
                new_id=new,
                rows=list(rows),
            )
        )
        db.session.flush()
        self.counts[table] = self.counts.get(table, 0) + len(rows)
        return len(rows)


def take_back(step: CustomerMergeStep) -> int:
    """Undo one step; returns how many of its rows have meanwhile gone elsewhere and stay there."""
    rows = json.dumps(step.rows)
    match step.kind:
        case "moved":
            return len(step.rows) - _move_back(step, rows)
        case "changed":
            return len(step.rows) - _change_back(step, rows)
        case _:
            return len(step.rows) - insert_again(step.table_name, step.rows)


def _move_back(step: CustomerMergeStep, rows: str) -> int:
    table, column = step.table_name, step.column_name
    return _count(
        f"""UPDATE "{table}" t SET {column} = :old
            FROM jsonb_populate_recordset(NULL::"{table}", CAST(:rows AS jsonb)) k
            WHERE {_same_key(table)} AND t.{column} = :new""",
        rows=rows,
        old=step.old_id,
        new=step.new_id,
    )


def _change_back(step: CustomerMergeStep, rows: str) -> int:
    """Only what still stands as the merge left it: whatever was said of the row since is newer."""
    table = step.table_name
    primary = _primary_key(table)
    columns = [name for name in step.rows[0]["before"] if name not in primary]
    unchanged = " AND ".join(f"t.{name} IS NOT DISTINCT FROM a.{name}" for name in columns)
    keys = " AND ".join(f"t.{name} = a.{name}" for name in primary)
    extra = f"AND {_STILL_FITS[table]}" if table in _STILL_FITS else ""
    return _count(
        f"""UPDATE "{table}" t SET {", ".join(f"{name} = b.{name}" for name in columns)}
            FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS given,
                jsonb_populate_record(NULL::"{table}", given -> 'after') a,
                jsonb_populate_record(NULL::"{table}", given -> 'before') b
            WHERE {keys} AND {unchanged} {extra}""",
        rows=rows,
    )


_STILL_FITS = {
    "contact_booking": """NOT EXISTS (
        SELECT FROM contact_booking o
        WHERE b.state = 'reserved' AND o.state = 'reserved' AND o.id <> t.id AND o.household_id = t.household_id
            AND daterange(o.day, o.day + o.gap_days) && daterange(t.day, t.day + t.gap_days))"""
}
"""What must hold besides: a slot given up may have been taken since."""


def insert_again(table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Put whole rows back; columns that the table got since take their defaults."""
    columns = ", ".join(f'"{name}"' for name in rows[0])
    return _count(
        f"""INSERT INTO "{table}" ({columns})
            SELECT {columns} FROM jsonb_populate_recordset(NULL::"{table}", CAST(:rows AS jsonb))
            ON CONFLICT DO NOTHING""",
        rows=json.dumps(list(rows)),
    )


@cache
def _primary_key(table: str) -> tuple[str, ...]:
    found = db.session.execute(
        text("""SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
                WHERE i.indrelid = CAST(:table AS regclass) AND i.indisprimary AND a.attnum = ANY(i.indkey)
                ORDER BY a.attnum"""),
        {"table": f'"{table}"'},
    )
    return tuple(row[0] for row in found)


def _key_object(table: str) -> str:
    return "jsonb_build_object(" + ", ".join(f"'{name}', t.{name}" for name in _primary_key(table)) + ")"


def _same_key(table: str) -> str:
    return " AND ".join(f"t.{name} = k.{name}" for name in _primary_key(table))


def _scalar(sql: str, **values: Any) -> Any:
    return db.session.execute(text(sql), values).scalar()


def _count(sql: str, **values: Any) -> int:
    result: Any = db.session.execute(text(sql), values)
    return int(result.rowcount)
