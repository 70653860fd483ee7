"""The ledger: lines are added, vested and reversed here and nowhere else.

Each change is one statement that also moves the running totals by exactly what it changed, so the rollup can't drift
from the ledger whatever dies in between. Rows of the rollup are always touched in key order, which keeps two workers
from waiting for each other in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy import TextClause, text

from app.core.db import db
from app.core.live import announce
from app.points.rules import Award

log = structlog.get_logger()

VEST_CHUNK = 500

rollup_differences = Gauge(
    "huifang_points_rollup_differences",
    "Totals that differed from the ledger at the last nightly audit",
    multiprocess_mode="mostrecent",
)


@dataclass(frozen=True, kw_only=True)
class Posting:
    """All lines that one fact brings to one associate."""

    event_id: UUID
    associate_id: int
    store_id: int
    rule_set_id: int
    effective_at: datetime
    awards: Sequence[Award]
    task_id: int | None = None
    ending: int = 1


@dataclass(frozen=True)
class Difference:
    """A total that is not the sum of its lines."""

    season: str
    store_id: int
    staff_id: int
    rollup: tuple[int, int, int]
    ledger: tuple[int, int, int]


# `moved` holds (season, store_id, associate_id, vested, pending, entries) per changed line; the two halves below add
# it to the totals. `gained` counts what vested on the store's present day and starts anew with each day.
_MOVE_ROLLUP = """
    moved_totals AS (
        INSERT INTO points_rollup AS r
            (season, store_id, staff_id, vested, pending, entries_count, gained, gained_on, updated_at)
        SELECT m.season, m.store_id, m.associate_id, sum(m.vested), sum(m.pending), sum(m.entries), sum(m.vested),
               CAST(timezone(s.zone, CAST(:now AS timestamptz)) AS date), :now
        FROM moved m JOIN store s ON s.id = m.store_id
        GROUP BY m.season, m.store_id, m.associate_id, s.zone
        ORDER BY m.season, m.store_id, m.associate_id
        ON CONFLICT (season, store_id, staff_id) DO UPDATE SET
            vested = r.vested + excluded.vested,
            pending = r.pending + excluded.pending,
            entries_count = r.entries_count + excluded.entries_count,
            gained = excluded.gained + CASE WHEN r.gained_on = excluded.gained_on THEN r.gained ELSE 0 END,
            gained_on = excluded.gained_on,
            updated_at = excluded.updated_at
    )
    SELECT DISTINCT store_id, associate_id FROM moved
"""


def _moving(change: str) -> TextClause:
    """The statement `WITH change, the totals moved by it`; it returns the (store, associate) pairs it touched."""
    return text(f"{change}, {_MOVE_ROLLUP}")


_POST = _moving("""
    WITH new_entry AS (
        INSERT INTO points_entry
            (event_id, associate_id, store_id, task_id, ending, season, rule_set_id, rule_key, amount, message, params,
             evidence, effective_at, recorded_at, vests_at, state, vested_at)
        SELECT a.event_id, a.associate_id, s.id, a.task_id, a.ending,
               to_char(timezone(s.zone, a.effective_at), 'YYYY-MM'), a.rule_set_id,
               a.rule_key, a.amount, a.message, a.params, a.evidence, a.effective_at, :now, a.vests_at,
               CASE WHEN a.vests_now THEN 'vested' ELSE 'pending' END,
               CASE WHEN a.vests_now THEN CAST(:now AS timestamptz) END
        FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS a
            (n int, event_id uuid, associate_id int, store_id int, task_id bigint, ending int, rule_set_id int,
             effective_at timestamptz, vests_at timestamptz, rule_key text, amount int, message text, params jsonb,
             evidence jsonb, vests_now boolean)
        JOIN store s ON s.id = a.store_id
        ORDER BY a.n
        ON CONFLICT DO NOTHING
        RETURNING season, store_id, associate_id, amount, state
    ), moved AS (
        SELECT season, store_id, associate_id,
               CASE WHEN state = 'vested' THEN amount ELSE 0 END AS vested,
               CASE WHEN state = 'pending' THEN amount ELSE 0 END AS pending, 1 AS entries
        FROM new_entry
    )
""")

_VESTED = """,
    now_vested AS (
        UPDATE points_entry e SET state = 'vested', vested_at = :now FROM due WHERE e.id = due.id
        RETURNING e.season, e.store_id, e.associate_id, e.amount
    ), moved AS (
        SELECT season, store_id, associate_id, amount AS vested, -amount AS pending, 0 AS entries FROM now_vested
    )
"""

_DUE_NOW = """
    WITH due AS (
        SELECT id FROM points_entry WHERE state = 'pending' AND vests_at <= :now
        ORDER BY vests_at, id LIMIT :chunk FOR UPDATE SKIP LOCKED
    )
"""

_OF_TASK = """
    WITH due AS (
        SELECT id FROM points_entry WHERE task_id = :task_id AND state = 'pending' ORDER BY id FOR UPDATE
    )
"""

_VEST_DUE = _moving(_DUE_NOW + _VESTED)
_VEST_TASK = _moving(_OF_TASK + _VESTED)

_REVERSE = _moving("""
    WITH original AS (
        SELECT * FROM points_entry
        WHERE task_id = :task_id AND ending <= :ending AND reverses_id IS NULL AND state <> 'reversed'
        ORDER BY id FOR UPDATE
    ), reversal AS (
        INSERT INTO points_entry
            (event_id, associate_id, store_id, task_id, ending, season, rule_set_id, rule_key, amount, message, params,
             evidence, effective_at, recorded_at, vests_at, state, reverses_id)
        SELECT :event_id, associate_id, store_id, task_id, ending, season, rule_set_id, rule_key, -amount, :message,
               jsonb_build_object('amount', amount), CAST(:evidence AS jsonb), :effective_at, :now, :now, 'reversed', id
        FROM original
        ON CONFLICT DO NOTHING
        RETURNING reverses_id
    ), taken_back AS (
        UPDATE points_entry e SET state = 'reversed' FROM reversal WHERE e.id = reversal.reverses_id
    ), moved AS (
        SELECT o.season, o.store_id, o.associate_id,
               CASE WHEN o.state = 'vested' THEN -o.amount ELSE 0 END AS vested,
               CASE WHEN o.state IN ('pending', 'held') THEN -o.amount ELSE 0 END AS pending, 1 AS entries
        FROM original o JOIN reversal ON reversal.reverses_id = o.id
    )
""")

_AUDIT = text("""
    SELECT coalesce(r.season, e.season), coalesce(r.store_id, e.store_id), coalesce(r.staff_id, e.associate_id),
           coalesce(r.vested, 0), coalesce(r.pending, 0), coalesce(r.entries_count, 0),
           coalesce(e.vested, 0), coalesce(e.pending, 0), coalesce(e.entries_count, 0)
    FROM points_rollup r
    FULL JOIN (
        SELECT season, store_id, associate_id,
               coalesce(sum(amount) FILTER (WHERE state = 'vested'), 0) AS vested,
               coalesce(sum(amount) FILTER (WHERE state IN ('pending', 'held')), 0) AS pending,
               count(*) AS entries_count
        FROM points_entry GROUP BY season, store_id, associate_id
    ) e ON e.season = r.season AND e.store_id = r.store_id AND e.associate_id = r.staff_id
    WHERE (r.vested, r.pending, r.entries_count) IS DISTINCT FROM (e.vested, e.pending, e.entries_count)
    ORDER BY 1, 2, 3
""")


def post(posting: Posting, *, inspection_window: timedelta, now: datetime) -> bool:
    """Add the lines of one fact; False when they stand there already, which a repeated delivery may well find."""
    return post_all([posting], inspection_window=inspection_window, now=now)


def post_all(postings: Sequence[Posting], *, inspection_window: timedelta, now: datetime) -> bool:
    """The same for many facts, with one statement."""
    lines = [
        {
            "event_id": str(posting.event_id),
            "associate_id": posting.associate_id,
            "store_id": posting.store_id,
            "task_id": posting.task_id,
            "ending": posting.ending,
            "rule_set_id": posting.rule_set_id,
            "effective_at": posting.effective_at.isoformat(),
            "vests_at": (posting.effective_at + inspection_window).isoformat(),
            **_as_row(award),
        }
        for posting in postings
        for award in posting.awards
    ]
    if not lines:
        return False
    return _run(_POST, now=now, lines=json.dumps([{"n": n, **line} for n, line in enumerate(lines)]))


def vest_due(*, now: datetime, chunk: int | None = None) -> bool:
    """Vest up to `chunk` (else VEST_CHUNK) pending lines whose inspection window is over; False when none was left."""
    return _run(_VEST_DUE, now=now, chunk=chunk or VEST_CHUNK)


def vest_task(task_id: int, *, now: datetime) -> bool:
    """Vest what is pending for this task: the customer has answered, which is proof."""
    return _run(_VEST_TASK, now=now, task_id=task_id)


def reverse_task(
    task_id: int, *, ending: int, event_id: UUID, message: str, evidence: dict[str, Any], at: datetime, now: datetime
) -> bool:
    """Take back every line of this task up to that ending, each at most once, in the season it was earned in."""
    return _run(
        _REVERSE,
        now=now,
        task_id=task_id,
        ending=ending,
        event_id=event_id,
        message=message,
        evidence=json.dumps(evidence),
        effective_at=at,
    )


def audit_rollup() -> list[Difference]:
    """Compare every total with the sum of its lines; reported loudly, never mended silently."""
    differences = [
        Difference(row[0], row[1], row[2], (row[3], row[4], row[5]), (row[6], row[7], row[8]))
        for row in db.session.execute(_AUDIT)
    ]
    rollup_differences.set(len(differences))
    for difference in differences:
        log.error(
            "points_rollup_differs",
            season=difference.season,
            store_id=difference.store_id,
            staff_id=difference.staff_id,
            rollup=difference.rollup,
            ledger=difference.ledger,
        )
    return differences


def _run(statement: TextClause, *, now: datetime, **values: Any) -> bool:
    """Execute a statement that ends in the (store, associate) pairs it changed, and tell their pages."""
    changed = db.session.execute(statement, {"now": now, **values}).all()
    for store_id in sorted({row.store_id for row in changed}):
        announce(f"leaderboard:{store_id}")
    for associate_id in sorted({row.associate_id for row in changed}):
        announce(f"staff:{associate_id}")
    return bool(changed)


def _as_row(award: Award) -> dict[str, Any]:
    return {
        "rule_key": award.rule_key.value,
        "amount": award.amount,
        "message": award.message,
        "params": award.params,
        "evidence": award.evidence,
        "vests_now": award.vests_now,
    }
