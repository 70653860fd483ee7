"""Reads about imports."""

from __future__ import annotations

from sqlalchemy import select

from app.core.paging import Page, page_of
from app.imports.access import visible_runs
from app.imports.models import DUE, ImportRun, State, Step
from app.people.access import Actor


def page_of_runs(actor: Actor, *, kind: str | None = None, cursor: str | None = None, limit: int | None = None) -> Page:
    """The newest first, without those that were thrown away."""
    stmt = visible_runs(select(ImportRun).where(ImportRun.state != State.DISCARDED), actor)
    if kind is not None:
        stmt = stmt.where(ImportRun.kind == kind)
    return page_of(stmt, keys=[ImportRun.id.desc()], cursor=cursor, limit=limit)


def is_busy(run: ImportRun) -> bool:
    return run.state in DUE


def percent(run: ImportRun) -> int:
    """How far the present step is. How many rows a file has is known when it has been read, so reading has no end."""
    if run.state in (State.DONE, State.UNDONE, State.CHECKED):
        return 100
    if run.step == Step.READING or not run.last_row:
        return 0
    return min(99, run.step_done * 100 // run.last_row)


def can_undo(run: ImportRun) -> bool:
    return run.state == State.DONE and run.forgotten_at is None
