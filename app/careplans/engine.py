"""One pass of the care plans over all stores: plan and book, then write tasks and texts. An edge: it owns its
transactions, one per stretch of households.

A run is a row with its stretches as rows. Whoever works on a stretch holds its row; what is done is not repeated. So a
run that was killed is simply taken up again, and two that start at the same moment share the work: the outcome is that
of one clean run. A later run of the same day finds only what has changed since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, text

from app.careplans import booking, ending, made_calls, making, supplies
from app.careplans.generating import Span, When, all_plans
from app.careplans.models import CareRun
from app.core.db import db, transaction
from app.core.live import announce

log = structlog.get_logger()

CHUNK = 20_000
"""Households per transaction: seconds of work, so that nobody waits long for one of them."""
STEPS = ("plan", "make")
WORTH_ANALYZING = 1000
TOPIC = "care"
HOME_ZONE = ZoneInfo("Asia/Hong_Kong")
"""Whose date a run bears when no day is given; each store is planned by its own."""
STALE = timedelta(hours=20)
"""A run nobody finished for so long is left to lie: the next one does what it did not do."""

Say = Callable[[str], object]


@dataclass(frozen=True)
class RunReport:
    run_id: int
    day: date
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def made(self) -> int:
        return self.counts.get("tasks", 0) + self.counts.get("texts", 0)


@dataclass(frozen=True)
class _Run:
    id: int
    day: date
    when: When


@dataclass(frozen=True)
class _Stretch:
    id: int
    step: str
    chunk: int
    span: Span


def run(day: date | None = None, *, now: datetime, say: Say | None = None, chunk: int = CHUNK) -> RunReport:
    """Plan and make everything that is due at `now`, or on a given day; takes up what was begun for that day."""
    return _work(_begin(day, now=now, chunk=chunk), say=say)


def run_asked(*, now: datetime, say: Say | None = None) -> list[RunReport]:
    """Do the runs that people asked for, and end those that were killed."""
    with transaction():
        waiting = db.session.execute(
            select(CareRun.id, CareRun.day, CareRun.is_day_given, CareRun.state)
            .where(CareRun.state.in_(["asked", "running"]), CareRun.planned_at > now - STALE)
            .order_by(CareRun.id)
        ).all()
    return [_work(_begin(row.day if row.is_day_given else None, now=now, chunk=CHUNK), say=say) for row in waiting]


def ask(day: date | None, *, staff_id: int | None, now: datetime) -> CareRun:
    """Note down that somebody wants a run; the long worker does it. In the caller's transaction."""
    wanted = CareRun(
        day=day or now.astimezone(HOME_ZONE).date(),
        is_day_given=day is not None,
        planned_at=now,
        started_at=now,
        state="asked",
        asked_by_id=staff_id,
    )
    db.session.add(wanted)
    db.session.flush()
    return wanted


# One run


def _begin(day: date | None, *, now: datetime, chunk: int) -> _Run:
    """The unfinished run of that day, or one that was asked for, or a new one; with its stretches laid out."""
    with transaction() as session:
        # Two that start at the same moment must find one run.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('care run'))"))
        session.execute(
            text("""UPDATE care_run SET state = 'abandoned', finished_at = :now
                    WHERE state IN ('asked', 'running') AND planned_at <= :stale"""),
            {"now": now, "stale": now - STALE},
        )
        wanted = day or now.astimezone(HOME_ZONE).date()
        found = session.execute(
            text("""SELECT id, planned_at, state FROM care_run
                    WHERE state IN ('asked', 'running') AND day = :day AND is_day_given = :given
                    ORDER BY state DESC, id LIMIT 1 FOR UPDATE"""),
            {"day": wanted, "given": day is not None},
        ).first()
        if found is not None and found.state == "running":
            return _Run(found.id, wanted, When(found.planned_at, day))
        if found is not None:
            run_id = found.id
            session.execute(
                text("UPDATE care_run SET state = 'running', planned_at = :now, started_at = :now WHERE id = :id"),
                {"id": run_id, "now": now},
            )
        else:
            run_id = session.execute(
                text("""INSERT INTO care_run (day, is_day_given, planned_at, started_at, state)
                        VALUES (:day, :given, :now, :now, 'running') RETURNING id"""),
                {"day": wanted, "given": day is not None, "now": now},
            ).scalar_one()
        session.execute(
            text("""INSERT INTO care_run_chunk (run_id, step, chunk, from_id, until_id)
                    SELECT :run_id, step, part, part * :size, (part + 1) * :size - 1
                    FROM (SELECT DISTINCT id / :size AS part FROM household) parts, unnest(CAST(:steps AS text[])) step
                    ORDER BY step, part"""),
            {"run_id": run_id, "size": chunk, "steps": list(STEPS)},
        )
        announce(TOPIC)
    return _Run(run_id, wanted, When(now, day))


def _work(found: _Run, *, say: Say | None) -> RunReport:
    for step in STEPS:
        while _work_one(found, step, say=say):
            pass
        _wait_for_others(found, step)
    return _finish(found)


def _work_one(found: _Run, step: str, *, say: Say | None) -> bool:
    """Do one stretch that nobody else is doing; whether there was one."""
    with transaction() as session:
        row = session.execute(
            text("""SELECT id, step, chunk, from_id, until_id FROM care_run_chunk
                    WHERE run_id = :run_id AND step = :step AND state = 'due'
                    ORDER BY chunk LIMIT 1 FOR UPDATE SKIP LOCKED"""),
            {"run_id": found.id, "step": step},
        ).first()
        if row is None:
            return False
        stretch = _Stretch(row.id, row.step, row.chunk, Span(row.from_id, row.until_id))
        counts = run_step(step, when=found.when, span=stretch.span, run_id=found.id, chunk=stretch.chunk)
        _note(found, stretch, counts)
        announce(TOPIC)
    _show_the_planner(stretch, counts)
    if say is not None:
        done, all_of_them = progress(found.id)
        told = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        say(f"{step} {done}/{all_of_them}: {told or 'nothing new'}")
    return True


def _show_the_planner(stretch: _Stretch, counts: Mapping[str, int]) -> None:
    """A night may multiply these tables, and what PostgreSQL believes of their size decides how it searches them. Its
    own look comes a minute later, which is too late for the first stretches."""
    is_milestone = stretch.chunk & (stretch.chunk - 1) == 0
    if is_milestone and counts.get("new", 0) > WORTH_ANALYZING:
        with transaction() as session:
            session.execute(text(booking.FEW_SAMPLES))
            session.execute(text("ANALYZE occurrence, contact_booking"))


def run_step(step: str, *, when: When, span: Span, run_id: int | None, chunk: int = 0) -> dict[str, int]:
    """One step for a stretch of households, in the caller's transaction; what became of it, counted."""
    plans = all_plans()
    booking.hold(span)
    if step == "plan":
        supplies.follow(span, now=when.now)
        ending.keep_the_balance(span=span, now=when.now)
        booked = booking.plan_and_book(plans, when=when, span=span, run_id=run_id)
        made_calls.tell_along(now=when.now)
        return booked.counts
    return making.make(plans, when=when, span=span, run_id=run_id or 0, chunk=chunk).counts


def _note(found: _Run, stretch: _Stretch, counts: Mapping[str, int]) -> None:
    rows = counts.get("new", 0) + counts.get("tasks", 0) + counts.get("texts", 0)
    db.session.execute(
        text("UPDATE care_run_chunk SET state = 'done', rows = :rows, done_at = now() WHERE id = :id"),
        {"id": stretch.id, "rows": rows},
    )
    db.session.execute(
        text("""UPDATE care_run SET counts = (
                    SELECT coalesce(jsonb_object_agg(key, total), '{}') FROM (
                        SELECT key, sum(CAST(value AS bigint)) AS total FROM (
                            SELECT * FROM jsonb_each_text(care_run.counts)
                            UNION ALL SELECT * FROM jsonb_each_text(CAST(:counts AS jsonb))) counted GROUP BY key) sums)
                WHERE id = :id"""),
        {"id": found.id, "counts": json.dumps(dict(counts))},
    )


def _wait_for_others(found: _Run, step: str) -> None:
    """Until the stretches that others hold are done; one of them may have died, then its stretch is ours."""
    while True:
        with transaction() as session:
            # Waits for whoever holds it; when that one has committed, the row is no longer due and is not returned.
            left = session.execute(
                text("""SELECT id FROM care_run_chunk WHERE run_id = :run_id AND step = :step AND state = 'due'
                        ORDER BY chunk LIMIT 1 FOR UPDATE"""),
                {"run_id": found.id, "step": step},
            ).first()
            waiting = session.execute(
                text("""SELECT EXISTS (SELECT FROM care_run_chunk
                        WHERE run_id = :run_id AND step = :step AND state = 'due')"""),
                {"run_id": found.id, "step": step},
            ).scalar()
        if left is not None:
            while _work_one(found, step, say=None):
                pass
        if not waiting:
            return


def _finish(found: _Run) -> RunReport:
    with transaction() as session:
        row = session.execute(
            text("""UPDATE care_run SET state = 'done', finished_at = coalesce(finished_at, greatest(now(), started_at))
                    WHERE id = :id AND state <> 'abandoned' RETURNING counts"""),
            {"id": found.id},
        ).first()
        announce(TOPIC)
    counts = dict(row.counts) if row is not None else {}
    log.info("care_run_done", run=found.id, day=found.day.isoformat(), **counts)
    return RunReport(found.id, found.day, counts)


def progress(run_id: int) -> tuple[int, int]:
    """Stretches done and all of them."""
    done, all_of_them = db.session.execute(
        text("SELECT count(*) FILTER (WHERE state = 'done'), count(*) FROM care_run_chunk WHERE run_id = :id"),
        {"id": run_id},
    ).one()
    return int(done), int(all_of_them)


def runs(limit: int = 10) -> list[dict[str, Any]]:
    """The latest runs with their progress, newest first."""
    rows = db.session.execute(
        text("""SELECT r.*, s.name AS asked_by, p.done, p.chunks FROM (
                    SELECT * FROM care_run ORDER BY id DESC LIMIT :limit) r
                LEFT JOIN staff s ON s.id = r.asked_by_id
                LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'done') AS done, count(*) AS chunks
                    FROM care_run_chunk WHERE run_id = r.id) p ON true
                ORDER BY r.id DESC"""),
        {"limit": limit},
    ).mappings()
    return [dict(row) for row in rows]
