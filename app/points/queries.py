"""Reads about points: rules, lines with their reasons, and one person's summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased, selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, page_of
from app.people.access import Actor, require_store
from app.people.models import Staff, Store
from app.points import leaderboard
from app.points.access import may_see_whole_board, visible_entries
from app.points.leaderboard import Line
from app.points.models import EntryState, PointsAcknowledgement, PointsEntry, PointsRollup, PointsRule, PointsRuleSet
from app.points.seasons import day_of, season_of, start_of_day
from app.tasks.models import Task

RECENT_LINES = 20
COMPANY_ZONE = "Asia/Hong_Kong"
"""Whose month the company's board shows; the stores' own boards follow their own zones."""
COUNTING = (EntryState.PENDING, EntryState.HELD, EntryState.VESTED)


@dataclass(frozen=True, kw_only=True)
class RuleSetForReader:
    """A published version as one person sees it."""

    id: int
    version: int
    summary: dict[str, str]
    published_at: datetime
    valid_from: datetime
    in_force: bool
    acknowledged_at: datetime | None
    rules: Sequence[PointsRule]


@dataclass(frozen=True)
class EntryLine:
    """A line of the ledger with all that answers "why these points?"; in the order of the columns selected below."""

    id: int
    associate_id: int
    associate_name: str
    store_id: int
    task_id: int | None
    task_number: str | None
    season: str
    rule_version: int
    rule_key: str
    amount: int
    message: str
    params: dict[str, Any]
    evidence: dict[str, Any]
    state: str
    effective_at: datetime
    recorded_at: datetime
    vests_at: datetime
    vested_at: datetime | None
    reverses_id: int | None
    reversed_by_id: int | None


@dataclass(frozen=True, kw_only=True)
class MyPoints:
    """What the field app shows of one associate: earned today, vested and pending this season, the own rank with those
    who stand next to it."""

    today: int
    season: int
    season_key: str
    rank: int | None
    trend: int | None
    pending: int
    neighbours: Sequence[Line]
    entries: Sequence[EntryLine]


@dataclass(frozen=True, kw_only=True)
class Board:
    """A leaderboard as far as the asking person may see it: the whole of it, or the own place and its neighbours."""

    season: str
    store_id: int | None
    is_whole: bool
    lines: Sequence[Line]
    me: Line | None


def rules_in_force(at: datetime) -> PointsRuleSet | None:
    """The version that judges what happens at that moment."""
    stmt = select(PointsRuleSet).where(PointsRuleSet.valid_from <= at)
    return db.session.scalars(stmt.order_by(PointsRuleSet.valid_from.desc(), PointsRuleSet.version.desc())).first()


def published_rules(actor: Actor, *, now: datetime, cursor: str | None = None, limit: int | None = None) -> Page:
    """All versions, newest first, as RuleSetForReader."""
    stmt = select(PointsRuleSet).options(selectinload(PointsRuleSet.rules))
    page = page_of(stmt, keys=[PointsRuleSet.version.desc()], cursor=cursor, limit=limit)
    return Page(rows=_for_reader(page.rows, staff_id=actor.id, now=now), next_cursor=page.next_cursor)


def rule_set(rule_set_id: int, *, actor: Actor, now: datetime) -> RuleSetForReader:
    stmt = select(PointsRuleSet).options(selectinload(PointsRuleSet.rules)).where(PointsRuleSet.id == rule_set_id)
    found = db.session.scalars(stmt).first()
    if found is None:
        raise NotFound()
    return _for_reader([found], staff_id=actor.id, now=now)[0]


def rules_to_acknowledge(actor: Actor, *, now: datetime) -> list[RuleSetForReader]:
    """The version in force and those to come that this associate has not confirmed yet; nobody else has to."""
    if not actor.is_associate:
        return []
    in_force = rules_in_force(now)
    stmt = (
        select(PointsRuleSet)
        .options(selectinload(PointsRuleSet.rules))
        .outerjoin(
            PointsAcknowledgement,
            (PointsAcknowledgement.rule_set_id == PointsRuleSet.id) & (PointsAcknowledgement.staff_id == actor.id),
        )
        .where(
            PointsAcknowledgement.staff_id.is_(None),
            PointsRuleSet.version >= (in_force.version if in_force else 0),
        )
        .order_by(PointsRuleSet.version)
    )
    return _for_reader(db.session.scalars(stmt).all(), staff_id=actor.id, now=now)


def entries(
    actor: Actor,
    *,
    staff_id: int | None = None,
    store_id: int | None = None,
    task_id: int | None = None,
    season: str | None = None,
    state: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Lines that the actor may see, newest first, as EntryLine."""
    stmt = visible_entries(_entry_lines(), actor)
    wanted = {
        PointsEntry.associate_id: staff_id,
        PointsEntry.store_id: store_id,
        PointsEntry.task_id: task_id,
        PointsEntry.season: season,
        PointsEntry.state: state,
    }
    for column, value in wanted.items():
        if value is not None:
            stmt = stmt.where(column == value)
    page = page_of(stmt, keys=[PointsEntry.effective_at.desc(), PointsEntry.id.desc()], cursor=cursor, limit=limit)
    return Page(rows=[_entry_line(row) for row in page.rows], next_cursor=page.next_cursor)


def my_points(actor: Actor, *, now: datetime) -> MyPoints:
    """The summary of the actor's own points, from the running totals and the newest lines."""
    home = db.session.execute(
        select(Store.id, Store.zone).join(Staff, Staff.home_store_id == Store.id).where(Staff.id == actor.id)
    ).first()
    zone = home.zone if home else "UTC"
    season = season_of(now, zone)
    totals = db.session.execute(
        select(func.coalesce(func.sum(PointsRollup.vested), 0), func.coalesce(func.sum(PointsRollup.pending), 0)).where(
            PointsRollup.staff_id == actor.id, PointsRollup.season == season
        )
    ).one()
    today = db.session.scalar(
        select(func.coalesce(func.sum(PointsEntry.amount), 0)).where(
            PointsEntry.associate_id == actor.id,
            PointsEntry.effective_at >= start_of_day(now, zone),
            PointsEntry.state.in_(COUNTING),
        )
    )
    place = (
        leaderboard.place_of(actor.id, season=season, store_id=home.id, today=day_of(now, zone))
        if home and actor.is_associate
        else None
    )
    return MyPoints(
        today=int(today or 0),
        season=int(totals[0]),
        season_key=season,
        rank=place.rank if place else None,
        trend=place.trend if place else None,
        pending=int(totals[1]),
        neighbours=leaderboard.around(place, season=season, store_id=home.id) if home and place else [],
        entries=recent_entries(actor.id),
    )


def recent_entries(staff_id: int, *, limit: int = RECENT_LINES) -> list[EntryLine]:
    stmt = (
        _entry_lines()
        .where(PointsEntry.associate_id == staff_id)
        .order_by(PointsEntry.effective_at.desc(), PointsEntry.id.desc())
        .limit(limit)
    )
    return [_entry_line(row) for row in db.session.execute(stmt)]


def entries_of_task(task_id: int, *, actor: Actor) -> list[EntryLine]:
    """What one task brought, oldest line first, as far as the actor may see it."""
    stmt = visible_entries(_entry_lines(), actor).where(PointsEntry.task_id == task_id).order_by(PointsEntry.id)
    return [_entry_line(row) for row in db.session.execute(stmt)]


def board(
    actor: Actor,
    *,
    now: datetime,
    store_id: int | None = None,
    season: str | None = None,
    lines: int = leaderboard.DEFAULT_LINES,
) -> Board:
    """The standing of a store; without `store_id` that of the company for head office, of the own store for others."""
    if store_id is None and actor.sees_all_stores:
        wanted = season or season_of(now, COMPANY_ZONE)
        whole = leaderboard.top(season=wanted, store_id=None, lines=lines)
        return Board(season=wanted, store_id=None, is_whole=True, lines=whole, me=None)
    store_id, zone = _store_of_board(actor, store_id)
    wanted = season or season_of(now, zone)
    me = (
        leaderboard.place_of(actor.id, season=wanted, store_id=store_id, today=day_of(now, zone))
        if actor.is_associate
        else None
    )
    is_whole = may_see_whole_board(actor, store_id)
    if is_whole or me is None:
        shown = leaderboard.top(season=wanted, store_id=store_id, lines=lines, me=actor.id)
    else:
        shown = leaderboard.around(me, season=wanted, store_id=store_id)
    return Board(season=wanted, store_id=store_id, is_whole=is_whole, lines=shown, me=me)


def _store_of_board(actor: Actor, store_id: int | None) -> tuple[int, str]:
    """The store asked for, else the actor's home store, else the first one; with its zone."""
    if store_id is not None:
        require_store(actor, store_id)
    stmt = select(Store.id, Store.zone).where(Store.id == store_id)
    if store_id is None:
        is_home = exists().where(Staff.id == actor.id, Staff.home_store_id == Store.id)
        stmt = select(Store.id, Store.zone).where(Store.id.in_(actor.store_ids)).order_by(is_home.desc(), Store.id)
    found = db.session.execute(stmt.limit(1)).first()
    if found is None:
        raise NotFound()
    return found.id, found.zone


def _entry_lines() -> Select[*tuple[Any, ...]]:
    reversal = aliased(PointsEntry)
    return (
        select(
            PointsEntry.id,
            PointsEntry.associate_id,
            Staff.name.label("associate_name"),
            PointsEntry.store_id,
            PointsEntry.task_id,
            Task.number.label("task_number"),
            PointsEntry.season,
            PointsRuleSet.version.label("rule_version"),
            PointsEntry.rule_key,
            PointsEntry.amount,
            PointsEntry.message,
            PointsEntry.params,
            PointsEntry.evidence,
            PointsEntry.state,
            PointsEntry.effective_at,
            PointsEntry.recorded_at,
            PointsEntry.vests_at,
            PointsEntry.vested_at,
            PointsEntry.reverses_id,
            reversal.id.label("reversed_by_id"),
        )
        .join(Staff, Staff.id == PointsEntry.associate_id)
        .join(PointsRuleSet, PointsRuleSet.id == PointsEntry.rule_set_id)
        .outerjoin(Task, Task.id == PointsEntry.task_id)
        .outerjoin(reversal, reversal.reverses_id == PointsEntry.id)
    )


def _entry_line(row: Sequence[Any]) -> EntryLine:
    """Paging appends its keys to the row; they are left out."""
    return EntryLine(*row[: len(fields(EntryLine))])


def _for_reader(found: Sequence[PointsRuleSet], *, staff_id: int, now: datetime) -> list[RuleSetForReader]:
    in_force = rules_in_force(now)
    read_at = {
        row.rule_set_id: row.acknowledged_at
        for row in db.session.execute(
            select(PointsAcknowledgement.rule_set_id, PointsAcknowledgement.acknowledged_at).where(
                PointsAcknowledgement.staff_id == staff_id,
                PointsAcknowledgement.rule_set_id.in_([each.id for each in found]),
            )
        )
    }
    return [
        RuleSetForReader(
            id=each.id,
            version=each.version,
            summary=each.summary,
            published_at=each.published_at,
            valid_from=each.valid_from,
            in_force=in_force is not None and in_force.id == each.id,
            acknowledged_at=read_at.get(each.id),
            rules=each.rules,
        )
        for each in found
    ]
