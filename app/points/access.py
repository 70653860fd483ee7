"""Who may see whose points."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from app.people.access import Actor, in_own_stores, may_lead_store
from app.points.models import PointsEntry


def visible_entries(stmt: Select[*tuple[Any, ...]], actor: Actor) -> Select[*tuple[Any, ...]]:
    """An associate sees the own lines, a supervisor those of own stores, head office all."""
    if actor.is_associate:
        return stmt.where(PointsEntry.associate_id == actor.id)
    return stmt.where(in_own_stores(PointsEntry.store_id, actor))


def may_see_whole_board(actor: Actor, store_id: int | None) -> bool:
    """Associates see where they stand and who is next to them; the full list is for those who lead the store."""
    return may_lead_store(actor, store_id)
