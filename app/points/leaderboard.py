"""The standing of a season, read from the running totals only. Vested points rank; pending ones stand beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import bindparam, text

from app.core.db import db

NEIGHBOURS = 2
DEFAULT_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Line:
    """One person's place. People with equal points share a rank, and the next rank counts all of them."""

    rank: int
    staff_id: int
    name: str
    vested: int
    pending: int
    entries_count: int
    is_me: bool = False
    trend: int | None = None
    """Places won (or lost) since last night; only for the asking person."""


_TOP = text("""
    SELECT r.staff_id, s.name, r.vested, r.pending, r.entries_count
    FROM (
        SELECT staff_id, vested, pending, entries_count FROM points_rollup
        WHERE season = :season AND store_id = :store_id ORDER BY vested DESC, staff_id LIMIT :lines
    ) r JOIN staff s ON s.id = r.staff_id
    ORDER BY r.vested DESC, r.staff_id
""")

_TOP_OF_ALL = text("""
    SELECT r.staff_id, s.name, r.vested, r.pending, r.entries_count
    FROM (
        SELECT staff_id, sum(vested) AS vested, sum(pending) AS pending, sum(entries_count) AS entries_count
        FROM points_rollup WHERE season = :season GROUP BY staff_id ORDER BY vested DESC, staff_id LIMIT :lines
    ) r JOIN staff s ON s.id = r.staff_id
    ORDER BY r.vested DESC, r.staff_id
""").bindparams(bindparam("season"))

# The person may have no line yet: then zero points are compared, and there is a place all the same.
_MINE = text("""
    WITH me AS (
        SELECT s.id AS staff_id, s.name, coalesce(r.vested, 0) AS vested, coalesce(r.pending, 0) AS pending,
               coalesce(r.entries_count, 0) AS entries_count,
               coalesce(r.vested - CASE WHEN r.gained_on = :today THEN r.gained ELSE 0 END, 0) AS last_night
        FROM staff s
        LEFT JOIN points_rollup r ON r.season = :season AND r.store_id = :store_id AND r.staff_id = s.id
        WHERE s.id = :staff_id
    )
    SELECT me.staff_id, me.name, me.vested, me.pending, me.entries_count,
           1 + count(b.staff_id) FILTER (WHERE b.vested > me.vested) AS rank,
           1 + count(b.staff_id) FILTER (
                WHERE b.vested - CASE WHEN b.gained_on = :today THEN b.gained ELSE 0 END > me.last_night) AS rank_before
    FROM me LEFT JOIN points_rollup b ON b.season = :season AND b.store_id = :store_id AND b.staff_id <> me.staff_id
    GROUP BY me.staff_id, me.name, me.vested, me.pending, me.entries_count
""")

_NEIGHBOURS = text("""
    SELECT n.staff_id, s.name, n.vested, n.pending, n.entries_count,
           1 + (SELECT count(*) FROM points_rollup b
                WHERE b.season = :season AND b.store_id = :store_id AND b.vested > n.vested
                  ) + CASE WHEN :my_vested > n.vested AND NOT :i_am_listed THEN 1 ELSE 0 END AS rank
    FROM (
        (SELECT * FROM points_rollup
         WHERE season = :season AND store_id = :store_id AND staff_id <> :staff_id
           AND (vested > :my_vested OR (vested = :my_vested AND staff_id < :staff_id))
         ORDER BY vested, staff_id DESC LIMIT :lines)
        UNION ALL
        (SELECT * FROM points_rollup
         WHERE season = :season AND store_id = :store_id AND staff_id <> :staff_id
           AND (vested < :my_vested OR (vested = :my_vested AND staff_id > :staff_id))
         ORDER BY vested DESC, staff_id LIMIT :lines)
    ) n JOIN staff s ON s.id = n.staff_id
    ORDER BY n.vested DESC, n.staff_id
""")


def top(*, season: str, store_id: int | None, lines: int = DEFAULT_LINES, me: int | None = None) -> list[Line]:
    """The first `lines` people of a store, or of the whole company."""
    values = {"season": season, "lines": lines}
    rows = db.session.execute(
        *((_TOP_OF_ALL, values) if store_id is None else (_TOP, {**values, "store_id": store_id}))
    ).all()
    return _ranked([Line(rank=0, is_me=row.staff_id == me, **row._mapping) for row in rows])


def place_of(staff_id: int, *, season: str, store_id: int, today: date) -> Line:
    """One person's own place in the store, with the places won since last night."""
    values = {"season": season, "store_id": store_id, "staff_id": staff_id, "today": today}
    row = db.session.execute(_MINE, values).one()._mapping
    return Line(
        rank=row["rank"],
        staff_id=row["staff_id"],
        name=row["name"],
        vested=row["vested"],
        pending=row["pending"],
        entries_count=row["entries_count"],
        is_me=True,
        trend=row["rank_before"] - row["rank"],
    )


def around(me: Line, *, season: str, store_id: int) -> list[Line]:
    """The person and the nearest two above and below."""
    rows = db.session.execute(
        _NEIGHBOURS,
        {
            "season": season,
            "store_id": store_id,
            "staff_id": me.staff_id,
            "my_vested": me.vested,
            "i_am_listed": me.entries_count > 0,
            "lines": NEIGHBOURS,
        },
    )
    others = [Line(**row._mapping) for row in rows]
    return sorted([*others, me], key=lambda line: (-line.vested, line.staff_id))


def _ranked(lines: Sequence[Line]) -> list[Line]:
    ranked: list[Line] = []
    for index, line in enumerate(lines):
        shared = ranked[-1].rank if ranked and ranked[-1].vested == line.vested else index + 1
        ranked.append(replace(line, rank=shared))
    return ranked
