"""What people do with an import: hand in a file, correct its columns, start it, take it back. Workers do the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import IO

from sqlalchemy import delete, select

from app.core import audit, files
from app.core.db import db
from app.core.errors import Invalid, NotFound, TooLarge
from app.core.i18n import N_
from app.core.live import announce
from app.core.staging import StagedRow
from app.customers.access import audit_name
from app.imports import mapping as columns
from app.imports.access import visible_runs
from app.imports.errors import NothingToImport, RowsAreWrong, TooLateToUndo, WrongState
from app.imports.kinds import kind_of, require_may_import
from app.imports.models import ImportRun, State, Step
from app.people.access import Actor, may_see_store
from app.tasks.models import Blob

MAX_BYTES = 64 * 1024 * 1024
"""100,000 rows of 20 columns are some 12 MB as XLSX and 25 MB as CSV."""


def hand_in(
    kind_key: str,
    stream: IO[bytes],
    *,
    name: str,
    actor: Actor,
    now: datetime,
    store_id: int | None = None,
    dry_run: bool = True,
    wants_all: bool = False,
) -> ImportRun:
    """Keep the file; a worker reads and checks it, and imports it at once unless this is a `dry_run`."""
    kind = kind_of(kind_key)
    require_may_import(kind, actor)
    if store_id is not None and not may_see_store(actor, store_id):
        raise Invalid(errors={"store_id": [N_("There is no such store, or it is not yours.")]})
    kept = files.store_stream(stream, limit=MAX_BYTES)
    if kept is None:
        raise TooLarge(limit=MAX_BYTES // (1024 * 1024))
    digest, size = kept
    run = ImportRun(
        kind=kind.key,
        file_name=name.replace("\x00", "").strip()[:200] or kind.key,
        file_sha256=digest,
        file_size=size,
        store_id=store_id,
        created_by_id=actor.id,
        created_at=now,
        goes_on=not dry_run,
        wants_all=wants_all,
    )
    db.session.add(run)
    db.session.flush()
    _audit("import.hand_in", run, actor=actor, now=now)
    return run


def get(run_id: int, *, actor: Actor) -> ImportRun:
    run: ImportRun | None = db.session.scalar(visible_runs(select(ImportRun).where(ImportRun.id == run_id), actor))
    if run is None:
        raise NotFound()
    return run


def choose_columns(run_id: int, chosen: Mapping[str, int], *, actor: Actor, now: datetime) -> ImportRun:
    """Say which column is which, and have the file checked anew. It is remembered for the next file like this."""
    run = _locked(run_id, actor=actor, among=(State.MAPPING, State.CHECKED))
    kind, header = kind_of(run.kind), run.table_info["header"]
    columns.require_whole(kind, chosen, header)
    columns.remember(kind, header, chosen, actor=actor, now=now)
    run.mapping = dict(chosen)
    db.session.execute(delete(StagedRow).where(StagedRow.run_id == run.id))
    run.rows = run.last_row = 0
    run.counts = {}
    _move(run, State.CHECKING, Step.READING)
    return run


def start(run_id: int, *, wants_all: bool = False, actor: Actor, now: datetime) -> ImportRun:
    """Import what the check found good; with `wants_all` only if every row is good."""
    run = _locked(run_id, actor=actor, among=(State.CHECKED,))
    require_may_import(kind_of(run.kind), actor)
    if not run.counts.get("new") and not run.counts.get("changed"):
        raise NothingToImport()
    if wants_all and run.counts.get("wrong"):
        raise RowsAreWrong()
    run.wants_all = wants_all
    run.started_at = now
    _move(run, State.IMPORTING, Step.APPLYING)
    _audit("import.start", run, actor=actor, now=now)
    return run


def undo(run_id: int, *, actor: Actor, now: datetime) -> ImportRun:
    """Take the whole import back: rows it made are removed, rows it changed get their former values."""
    run = _locked(run_id, actor=actor, among=(State.DONE,))
    require_may_import(kind_of(run.kind), actor)
    if run.forgotten_at is not None:
        raise TooLateToUndo()
    run.undone_by_id, run.undone_at = actor.id, now
    _move(run, State.UNDOING, Step.UNDOING)
    _audit("import.undo", run, actor=actor, now=now)
    return run


def discard(run_id: int, *, actor: Actor, now: datetime) -> ImportRun:
    """Throw a file away that was only checked."""
    run = _locked(run_id, actor=actor, among=(State.MAPPING, State.CHECKED, State.FAILED))
    forget(run, now=now)
    _move(run, State.DISCARDED, Step.READING)
    _audit("import.discard", run, actor=actor, now=now)
    return run


def forget(run: ImportRun, *, now: datetime) -> None:
    """Delete the rows and, when no other run stands on it, the file: they are full of personal data."""
    db.session.execute(delete(StagedRow).where(StagedRow.run_id == run.id))
    run.forgotten_at = now
    others = select(ImportRun.id).where(
        ImportRun.file_sha256 == run.file_sha256, ImportRun.id != run.id, ImportRun.forgotten_at.is_(None)
    )
    # Equal bytes are one file: somebody may have handed in, by mistake or not, what is a picture of a visit as well.
    pictures = select(Blob.id).where(Blob.sha256 == run.file_sha256)
    if db.session.scalar(others.limit(1)) is None and db.session.scalar(pictures.limit(1)) is None:
        files.delete(run.file_sha256)


def _locked(run_id: int, *, actor: Actor, among: tuple[State, ...]) -> ImportRun:
    stmt = visible_runs(select(ImportRun).where(ImportRun.id == run_id), actor).with_for_update(key_share=True)
    run: ImportRun | None = db.session.scalar(stmt.execution_options(populate_existing=True))
    if run is None:
        raise NotFound()
    if run.state not in among:
        raise WrongState(extra={"state": run.state})
    return run


def _move(run: ImportRun, state: State, step: Step) -> None:
    run.state, run.step, run.step_done = state.value, step.value, 0
    run.attempts, run.leased_until = 0, None
    db.session.flush()
    announce(topic_of(run.id))


def topic_of(run_id: int) -> str:
    return f"import:{run_id}"


def _audit(action: str, run: ImportRun, *, actor: Actor, now: datetime) -> None:
    audit.record(
        audit_name(actor),
        action=action,
        subject=("import", run.id),
        store_id=run.store_id,
        now=now,
        detail={"kind": run.kind, "client": actor.client, "counts": run.counts or {}},
    )
