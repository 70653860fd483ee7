"""Reads about plans: the list, one plan with its versions, and how many people a segment means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from app.careplans.models import CarePlan, CarePlanVersion
from app.careplans.plan_settings import PlanKind, PlanSettings, parse
from app.careplans.segments import Segment, segment_sql
from app.core.db import db
from app.core.errors import NotFound
from app.people.access import Actor
from app.people.models import Staff

AHEAD_DAYS = 14
MOVES_AT_MOST = 60
"""A contact is booked at most so many days from the day it was due; so the index by due day finds it."""
ORDER = tuple(PlanKind)

TODAY_THERE = "timezone(s.zone, cast(:now as timestamptz))"
"""SQL of the local day at the customer's store."""


@dataclass(frozen=True)
class PlanRow:
    """A plan with its settings in force."""

    plan: CarePlan
    version: CarePlanVersion
    settings: PlanSettings


@dataclass(frozen=True)
class VersionRow:
    version: CarePlanVersion
    published_by: str | None


def plans(*, only_on: bool = False) -> list[PlanRow]:
    """All plans that are written by hand or shipped, in the order of their kinds."""
    stmt = (
        select(CarePlan, CarePlanVersion)
        .join(CarePlanVersion, CarePlanVersion.id == CarePlan.current_version_id)
        .where(CarePlan.kind != PlanKind.PROMOTION.value)
    )
    rows = db.session.execute(stmt.where(CarePlan.is_on) if only_on else stmt).all()
    found = [PlanRow(plan, version, parse(plan.kind, version.settings)) for plan, version in rows]
    return sorted(found, key=lambda row: (ORDER.index(row.settings.kind), row.plan.id))


def plan(plan_id: int) -> PlanRow:
    row = db.session.execute(
        select(CarePlan, CarePlanVersion)
        .join(CarePlanVersion, CarePlanVersion.id == CarePlan.current_version_id)
        .where(CarePlan.id == plan_id, CarePlan.kind != PlanKind.PROMOTION.value)
    ).first()
    if row is None:
        raise NotFound()
    return PlanRow(row[0], row[1], parse(row[0].kind, row[1].settings))


def versions_of(plan_id: int) -> list[VersionRow]:
    """Newest first."""
    rows = db.session.execute(
        select(CarePlanVersion, Staff.name)
        .outerjoin(Staff, Staff.id == CarePlanVersion.published_by_id)
        .where(CarePlanVersion.plan_id == plan_id)
        .order_by(CarePlanVersion.number.desc())
    )
    return [VersionRow(version, name) for version, name in rows]


def count_people(segments: Sequence[Segment], *, actor: Actor, now: datetime) -> dict[Segment, int]:
    """How many customers each segment means today; equal segments are counted once, all in one reading."""
    distinct = list(dict.fromkeys(segments))
    if not distinct:
        return {}
    columns: list[str] = []
    values: dict[str, Any] = {}
    for number, segment in enumerate(distinct):
        sql, parameters = segment_sql(segment, day_param=TODAY_THERE, prefix=f"seg{number}")
        columns.append(f"count(*) filter (where {sql}) as n{number}")
        values |= parameters
    where = "true" if actor.sees_all_stores else "c.store_id = any(cast(:own_stores as int[]))"
    statement = f"select {', '.join(columns)} from customer c join store s on s.id = c.store_id where {where}"  # noqa: S608  built from fixed parts, values are bound
    if not actor.sees_all_stores:
        values["own_stores"] = sorted(actor.store_ids)
    row = db.session.execute(text(statement), values | {"now": now}).one()
    return dict(zip(distinct, map(int, row), strict=True))


def touches_ahead(*, actor: Actor, now: datetime) -> Mapping[int, int]:
    """By plan, the contacts that stand for the next days; what is told with another one is counted with that."""
    own = "" if actor.sees_all_stores else "and o.store_id = any(cast(:own_stores as int[]))"
    statement = f"""
        with today as (select s.id, cast({TODAY_THERE} as date) as day from store s)
        select o.plan_id, count(*) as touches
        from today d join occurrence o on o.store_id = d.id
        where o.due_day between d.day - {MOVES_AT_MOST} and d.day + {AHEAD_DAYS + MOVES_AT_MOST}
          and o.state in ('booked', 'made') and o.lead_id is null
          and coalesce(o.booked_day, o.due_day) between d.day and d.day + {AHEAD_DAYS - 1} {own}
        group by o.plan_id
    """  # noqa: S608  built from fixed parts, values are bound
    values: dict[str, Any] = {"now": now}
    if not actor.sees_all_stores:
        values["own_stores"] = sorted(actor.store_ids)
    return {row.plan_id: row.touches for row in db.session.execute(text(statement), values)}
