"""The worker's side: runs are due, a worker claims one with a lease and takes it on, chunk by chunk.

Each chunk is a transaction that also moves the run's mark and its lease; a worker killed with -9 leaves whole chunks,
and whoever claims the run after the lease continues behind the last one. A worker that was only slow finds that its
lease is another's now and stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
import structlog
from sqlalchemy import select, text

from app.core import clock, files
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.i18n import N_
from app.core.live import announce
from app.core.tabular import EmptyTable, NotATable, Row, open_table, without_guard
from app.imports import mapping as columns
from app.imports import service
from app.imports.kinds import kind_of, may_import
from app.imports.models import ImportRun, State, Step
from app.people import queries as people
from app.people.access import Actor
from app.people.import_batch import Batch, ImportKind, RowCheck, Setting

log = structlog.get_logger()

CHUNK = 2_000
"""Rows of the file at a time. It bounds memory, locks held at once, and what a kill costs."""
LEASE_SECONDS = 120
MAX_ATTEMPTS = 5
MOST_ROWS = 500_000
SAMPLE_ROWS = 5
KEEP_DAYS = 30
"""How long an import can be undone; then its rows and its file are deleted."""


class TooManyRows(NotATable):
    code = "too-many-rows"
    message = N_("This file has more than %(most)s rows. Split it.")


class NotAllowedAnyMore(Problem):
    code = "not-allowed"
    message = N_("The person who started this import may not do so any more.")


class FileIsGone(Problem):
    code = "file-is-gone"
    message = N_("The file is not there any more. Please choose it again.")


class Broken(Problem):
    code = "broken"
    message = N_("Something went wrong on our side, several times. Nothing is lost: what was imported can be undone.")


class LostLease(Exception):
    """Another worker has taken the run over."""


@dataclass
class Claim:
    """A run in the hands of this worker. `until` is its lease as it stands in the row: whoever is not the last to have
    written it has lost the run, whatever was started, corrected or taken over meanwhile. `attempt` counts claims that
    brought nothing forward."""

    run_id: int
    attempt: int
    until: datetime


_IS_DUE = "state IN ('waiting', 'checking', 'importing', 'undoing') AND (leased_until IS NULL OR leased_until < now())"
_CLAIM = text(f"""
    UPDATE import_run SET attempts = attempts + 1, leased_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE id = (SELECT id FROM import_run WHERE {_IS_DUE} ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, attempts, leased_until
""")  # noqa: S608  no text from outside
# An import fills tables faster than statistics follow: a plan made for an empty table would read it whole for each row.
# Every statement over a batch finds its rows by an index, so the others are not offered.
_HOLD = text("""
    UPDATE import_run SET leased_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE id = :id AND leased_until = :until AND state IN ('waiting', 'checking', 'importing', 'undoing')
    RETURNING leased_until, set_config('enable_seqscan', 'off', true)
""")


def has_due() -> bool:
    return bool(db.session.execute(text(f"SELECT EXISTS (SELECT 1 FROM import_run WHERE {_IS_DUE})")).scalar())  # noqa: S608


def run_due() -> int:
    """Take on runs until none is due; returns how many."""
    ran = 0
    while (claim := _claim()) is not None:
        try:
            if claim.attempt > MAX_ATTEMPTS:
                raise Broken()  # it takes its worker down each time
            _take_on(claim)
        except LostLease:
            log.info("import_taken_over", run=claim.run_id)
        except Problem as problem:
            _fail(claim, problem)
        except Exception as error:
            log.warning("import_failed", run=claim.run_id, error=type(error).__name__, exc_info=True)
            if claim.attempt >= MAX_ATTEMPTS:
                _fail(claim, Broken())
            else:
                _release(claim)
        ran += 1
    return ran


def forget_old(*, now: datetime) -> None:
    """Delete rows and files of imports that nobody can undo any more, and of checks that nobody followed."""
    stmt = (
        select(ImportRun)
        .where(ImportRun.forgotten_at.is_(None), ImportRun.created_at < now - timedelta(days=KEEP_DAYS))
        .where(ImportRun.state.not_in([State.WAITING, State.CHECKING, State.IMPORTING, State.UNDOING]))
        .order_by(ImportRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while True:
        with transaction() as session:
            run = session.scalar(stmt)
            if run is None:
                return
            service.forget(run, now=now)


def _claim() -> Claim | None:
    with transaction() as session:
        row = session.execute(_CLAIM, {"lease": LEASE_SECONDS}).first()
    return Claim(row.id, row.attempts, row.leased_until) if row else None


def _take_on(claim: Claim) -> None:
    while True:
        run = _look(claim)
        kind = kind_of(run.kind)
        actor = _actor_of(run, kind)
        match run.state, run.step:
            case State.WAITING, _:
                _open(claim, run, kind)
            case State.CHECKING, Step.READING:
                _read(claim, run, kind, actor)
            case State.CHECKING, _:
                _judge(claim, run, kind, actor)
            case State.IMPORTING, _:
                _apply(claim, run, kind, actor)
            case State.UNDOING, _:
                _undo(claim, run, kind, actor)
            case _:
                return


def _look(claim: Claim) -> ImportRun:
    """The run as it stands, detached: chunks commit while it is used."""
    with transaction() as session:
        run = session.get_one(ImportRun, claim.run_id, populate_existing=True)
        session.expunge(run)
    return run


def _actor_of(run: ImportRun, kind: ImportKind) -> Actor:
    """Who acts now: the rights of today, not those of the day the file was handed in."""
    who = run.undone_by_id if run.state == State.UNDOING else run.created_by_id
    with transaction():
        person = people.staff(who or run.created_by_id)
        actor = people.actor_for(person.id, client="import")
        if not person.is_active or not may_import(kind, actor):
            raise NotAllowedAnyMore()
    return actor


# The steps


def _open(claim: Claim, run: ImportRun, kind: ImportKind) -> None:
    """Look at the header and the first rows, and propose which column is which."""
    path = files.path_of(run.file_sha256)
    if not path.exists():
        raise FileIsGone()
    with open_table(path) as (info, rows):
        sample = [cells for _, cells in islice(rows, SAMPLE_ROWS)]
    if not sample:
        raise EmptyTable()
    told = {
        "kind": info.kind,
        "encoding": info.encoding,
        "delimiter": info.delimiter,
        "sheet": info.sheet,
        "header": list(info.header),
        "sample": [[cell[:80].replace("\x00", "") for cell in cells] for cells in sample],
    }
    with _chunk(claim) as held:
        chosen = columns.for_header(kind, info.header)
        held.table_info, held.mapping = told, chosen
        if columns.missing(kind, chosen):
            _go(held, State.MAPPING, Step.READING)
        else:
            _go(held, State.CHECKING, Step.READING)


def _read(claim: Claim, run: ImportRun, kind: ImportKind, actor: Actor) -> None:
    """Every row by itself: understood, checked, and put into the waiting room."""
    path = files.path_of(run.file_sha256)
    if not path.exists():
        raise FileIsGone()
    with transaction():
        check = kind.prepare(Setting(actor=actor, now=clock.now(), store_id=run.store_id, source=run.file_name))
    places = {key: int(place) for key, place in (run.mapping or {}).items()}
    read = run.rows
    with open_table(path) as (_info, rows):
        fresh = (row for row in rows if row[0] > run.step_done)
        while chunk := list(islice(fresh, CHUNK)):
            read += len(chunk)
            if read > MOST_ROWS:
                raise TooManyRows(most=str(MOST_ROWS))
            with _chunk(claim) as held:
                _stage(run.id, chunk, places, check)
                held.rows, held.last_row, held.step_done = read, chunk[-1][0], chunk[-1][0]
    with _chunk(claim) as held:
        _go(held, State.CHECKING, Step.JUDGING)


def _stage(run_id: int, chunk: list[Row], places: Mapping[str, int], check: RowCheck) -> None:
    connection: Any = db.session.connection().connection.driver_connection
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY import_row (run_id, row, key, group_key, data, verdict, faults) FROM STDIN") as copy,
    ):
        for number, cells in chunk:
            checked = check({key: without_guard(cells[place]) for key, place in places.items()})
            copy.write_row(
                (
                    run_id,
                    number,
                    checked.key,
                    checked.group_key,
                    msgspec.json.encode(checked.data).decode(),
                    "wrong" if checked.faults else None,
                    msgspec.json.encode(checked.faults).decode() if checked.faults else "[]",
                )
            )


def _judge(claim: Claim, run: ImportRun, kind: ImportKind, actor: Actor) -> None:
    """All rows against what we have: new, changed, the same, or wrong."""
    _tell_the_planner()
    for first, last in _stretches(run):
        with _chunk(claim) as held:
            kind.judge(_batch(run, actor, first, last))
            held.step_done = last
    with _chunk(claim) as held:
        held.counts = _counted(run.id)
        good = held.counts["new"] + held.counts["changed"]
        if run.goes_on and good and not (run.wants_all and held.counts["wrong"]):
            held.started_at = clock.now()
            _go(held, State.IMPORTING, Step.APPLYING)
        else:
            _go(held, State.CHECKED, Step.JUDGING)


def _apply(claim: Claim, run: ImportRun, kind: ImportKind, actor: Actor) -> None:
    _tell_the_planner()
    for first, last in _stretches(run):
        with _chunk(claim) as held:
            kind.apply(_batch(run, actor, first, last))
            _mark_lost(run.id, first, last)
            held.step_done = last
            if run.wants_all and _wrong_between(run.id, first, last):
                # The world moved since the check. All or nothing: what is in already goes out again.
                held.undone_by_id, held.undone_at = actor.id, clock.now()
                _go(held, State.UNDOING, Step.UNDOING)
                return
    with _chunk(claim) as held:
        kind.finish(_batch(run, actor, 1, run.last_row))
        held.counts = _counted(run.id)
        held.finished_at = clock.now()
        _go(held, State.DONE, Step.APPLYING)


def _undo(claim: Claim, run: ImportRun, kind: ImportKind, actor: Actor) -> None:
    """From the end to the start: what came later may stand on what came before."""
    for first, last in _stretches(run):
        with _chunk(claim) as held:
            kind.undo(_batch(run, actor, run.last_row + 1 - last, run.last_row + 1 - first))
            held.step_done = last
    with _chunk(claim) as held:
        kept = db.session.execute(
            text("SELECT count(*) FROM import_row WHERE run_id = :run AND kept IS NOT NULL"), {"run": run.id}
        ).scalar_one()
        undone = db.session.execute(
            text("SELECT count(*) FROM import_row WHERE run_id = :run AND did = 'undone'"), {"run": run.id}
        ).scalar_one()
        held.counts = {**run.counts, "undone": undone, "kept": kept}
        _go(held, State.UNDONE, Step.UNDOING)


def _tell_the_planner() -> None:
    """Fresh rows have no statistics, and judged ones wrong statistics: each chunk would be compared row by row."""
    with transaction() as session:
        session.execute(text("ANALYZE import_row"))


def _stretches(run: ImportRun) -> Iterator[tuple[int, int]]:
    """Stretches of row numbers behind the mark; the step's mark counts rows of the file."""
    first = run.step_done + 1
    while first <= run.last_row:
        last = min(first + CHUNK - 1, run.last_row)
        yield first, last
        first = last + 1


def _batch(run: ImportRun, actor: Actor, first: int, last: int) -> Batch:
    return Batch(run_id=run.id, first=first, last=last, actor=actor, now=clock.now(), file=run.file_name)


def _mark_lost(run_id: int, first: int, last: int) -> None:
    """Rows that lost every race against somebody at a desk are reported, never dropped in silence."""
    db.session.execute(
        text("""UPDATE import_row SET verdict = 'wrong', faults = '[{"column": "", "code": "changed-meanwhile"}]'
                WHERE run_id = :run AND row BETWEEN :first AND :last AND did IS NULL
                  AND coalesce(verdict, 'new') IN ('new', 'changed')"""),
        {"run": run_id, "first": first, "last": last},
    )


def _wrong_between(run_id: int, first: int, last: int) -> bool:
    return bool(
        db.session.execute(
            text("""SELECT EXISTS (SELECT 1 FROM import_row WHERE run_id = :run AND row BETWEEN :first AND :last
                                   AND verdict = 'wrong')"""),
            {"run": run_id, "first": first, "last": last},
        ).scalar()
    )


def _counted(run_id: int) -> dict[str, int]:
    rows = db.session.execute(
        text("SELECT verdict, count(*) FROM import_row WHERE run_id = :run GROUP BY verdict"), {"run": run_id}
    )
    return {"new": 0, "changed": 0, "same": 0, "wrong": 0} | {row[0]: row[1] for row in rows if row[0]}


# Leases


class _chunk:  # noqa: N801  reads as a verb: with _chunk(claim) as held
    """A transaction in which the run is held: nobody else works on it, and its mark moves with the rows."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._until = claim.until
        self._transaction = transaction()

    def __enter__(self) -> ImportRun:
        session = self._transaction.__enter__()
        claim = self._claim
        values = {"id": claim.run_id, "until": claim.until, "lease": LEASE_SECONDS}
        try:
            row = session.execute(_HOLD, values).first()
            if row is None:
                raise LostLease
            self._until = row.leased_until
            announce(service.topic_of(claim.run_id))
            held = session.get_one(ImportRun, claim.run_id, populate_existing=True)
        except BaseException as error:
            self._transaction.__exit__(type(error), error, error.__traceback__)
            raise
        # With this chunk the run gets on: it is no failing one, however often a machine is restarted under it.
        held.attempts = 0
        return held

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._transaction.__exit__(kind, error, trace)
        if kind is None:
            self._claim.until, self._claim.attempt = self._until, 0


def _go(held: ImportRun, state: State, step: Step) -> None:
    held.state, held.step, held.step_done = state.value, step.value, 0
    if state not in (State.CHECKING, State.IMPORTING, State.UNDOING):
        held.leased_until = None


def _release(claim: Claim) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE import_run SET leased_until = now() + make_interval(secs => :pause) "
                 "WHERE id = :id AND leased_until = :until"),
            {"id": claim.run_id, "until": claim.until, "pause": 2**claim.attempt},
        )  # fmt: skip


def _fail(claim: Claim, problem: Problem) -> None:
    with transaction() as session:
        run = session.get_one(ImportRun, claim.run_id, populate_existing=True)
        if run.leased_until != claim.until:
            return
        run.fault = {"code": problem.code, "message": problem.message, "params": problem.params}
        # What was taken over already stays and can be undone.
        run.state = State.DONE.value if run.state in (State.IMPORTING, State.UNDOING) else State.FAILED.value
        run.finished_at = clock.now()
        run.leased_until = None
        announce(service.topic_of(run.id))
