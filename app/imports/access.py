"""Who sees which imports: head office all, a supervisor those he or she has started."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from app.imports.models import ImportRun
from app.people.access import Actor


def visible_runs(stmt: Select[Any], actor: Actor) -> Select[Any]:
    return stmt if actor.sees_all_stores else stmt.where(ImportRun.created_by_id == actor.id)
