"""How many tasks a plan, or all plans together, will make in twelve weeks, against the hours people are there.

The engine's own SELECT of wishes is run over that horizon, for all customers at once; nothing is written. What it can't
know yet is estimated from what it does know: regular care and goods that run out come round again at their own
interval; purchases and complaints are taken to be as many as in the twelve weeks before; whom nothing has kept away so
far is not taken to lapse. Merging is approximated by the contact ceiling: one contact per household in each stretch of
as many days as the ceiling asks for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text

from app.careplans import hours, plan_queries
from app.careplans.generating import TODAY, Plan, Span, When, wishes
from app.careplans.plan_queries import PlanRow
from app.careplans.plan_settings import By, CadenceTiming, PlanKind, PlanSettings, WinBackTiming
from app.careplans.segments import EVERYBODY
from app.core.db import db
from app.customers.contact_budget import DEFAULT_GAP_DAYS
from app.customers.models import Household
from app.people import queries as people_queries
from app.people.access import Actor
from app.people.models import Store

WEEKS = 12
ALL = Span()
SORT_MEMORY = "64MB"
"""For the touches of a whole company, which would else be sorted on the disk."""
MOST_HOUSEHOLDS = 100_000
"""A page that thinks must not wait for minutes: of a bigger company a share of the households is counted."""
SOON_COUNTED = 30_000
"""Households that are counted while a reader waits for the page; it takes about a second."""
HORIZON = timedelta(weeks=WEEKS)

FROM_THE_PAST = frozenset({PlanKind.AFTER_PURCHASE, PlanKind.RECOVERY})
"""What fires them has not happened yet: the twelve weeks before stand for those to come."""


class OneIn(Span):
    """One household in so many, taken before anything is computed about it."""

    @property
    def of_its_store(self) -> str:
        return f"{super().of_its_store} AND abs(CAST(hashint4(c.household_id) AS bigint)) % CAST(:share AS int) = 0"


@dataclass(frozen=True)
class Week:
    """One week of one store; it begins on the Monday `week`."""

    week: date
    touches: int
    tasks: int
    minutes: int
    booked_minutes: int
    available_minutes: int

    @property
    def is_too_much(self) -> bool:
        return self.minutes > 0 and self.minutes + self.booked_minutes > self.available_minutes


@dataclass(frozen=True)
class StoreForecast:
    store_id: int
    name: str
    weeks: tuple[Week, ...]


@dataclass(frozen=True)
class Forecast:
    first: date
    last: date
    people: int
    share: int
    """Work was counted for one household in so many; 1 is all of them."""
    stores: tuple[StoreForecast, ...]

    @property
    def touches(self) -> int:
        return sum(week.touches for store in self.stores for week in store.weeks)

    @property
    def tasks(self) -> int:
        return sum(week.tasks for store in self.stores for week in store.weeks)

    @property
    def minutes(self) -> int:
        return sum(week.minutes for store in self.stores for week in store.weeks)

    @property
    def crowded(self) -> tuple[tuple[StoreForecast, Week], ...]:
        """Weeks with more work than there are hours."""
        return tuple((store, week) for store in self.stores for week in store.weeks if week.is_too_much)


def of_plan(
    settings: PlanSettings, *, plan_id: int | None, store_ids: Collection[int] | None, actor: Actor, now: datetime
) -> Forecast:
    """Of one plan with these settings, published or not; `plan_id` if it is an edit of one that stands."""
    plan = Plan(id=plan_id or 0, version_id=0, kind=settings.kind, name={}, settings=settings)
    people = plan_queries.count_people([settings.segment], actor=actor, now=now)[settings.segment]
    return _forecast([plan], people=people, store_ids=store_ids, actor=actor, now=now)


def of_all(*, store_ids: Collection[int] | None, actor: Actor, now: datetime) -> Forecast:
    """Of all plans that are on, together."""
    plans = [plan_of(row) for row in plan_queries.plans(only_on=True)]
    people = plan_queries.count_people([EVERYBODY], actor=actor, now=now)[EVERYBODY]
    return _forecast(plans, people=people, store_ids=store_ids, actor=actor, now=now)


def plan_of(row: PlanRow) -> Plan:
    """The plan as the engine knows it."""
    return Plan(
        id=row.plan.id, version_id=row.version.id, kind=row.settings.kind, name=row.plan.name, settings=row.settings
    )


def touches_of(
    plans: Sequence[Plan], *, customer_id: int, span: Span, store_id: int, today: date, last: date, now: datetime
) -> dict[int, date]:
    """By plan, the first day on which it will wish to touch this customer; plans that won't are left out."""
    parts: list[str] = []
    values: dict[str, Any] = {"now": now, "day": today, "first": today, "last": last, "stores": [store_id], "share": 1}
    for number, plan in enumerate(plans):
        sql, own = touches_sql(plan, today=today, last=last, now=now, span=span, estimates=False)
        parts.append(
            f"SELECT {plan.id} AS plan_id, t.due_day FROM ({_renamed(sql, f'p{number}')}) t"  # noqa: S608  fixed parts, values are bound
            " WHERE t.customer_id = :customer_id"
        )
        values |= {f"p{number}_{name}": value for name, value in own.items()}
    if not parts:
        return {}
    statement = f"""
        WITH {TODAY} SELECT plan_id, min(due_day) AS day FROM ({" UNION ALL ".join(parts)}) touch GROUP BY plan_id
    """  # noqa: S608  fixed parts, values are bound
    rows = db.session.execute(text(statement), values | {"customer_id": customer_id})
    return {row.plan_id: row.day for row in rows}


def _forecast(
    plans: Sequence[Plan], *, people: int, store_ids: Collection[int] | None, actor: Actor, now: datetime
) -> Forecast:
    stores = _stores(store_ids, actor=actor)
    today, last = _horizon(stores, now=now)
    first_monday = hours.monday_of(today)
    ids = [store.id for store in stores]
    share = _share()
    work = _work(plans, store_ids=ids, share=share, today=today, last=last, now=now) if plans and ids else {}
    there = hours.of_stores(ids, first=today, last=last)
    mondays = [first_monday + timedelta(weeks=number) for number in range(WEEKS)]
    return Forecast(
        first=today,
        last=last,
        people=people,
        share=share,
        stores=tuple(
            StoreForecast(
                store_id=store.id,
                name=store.name,
                weeks=tuple(
                    Week(
                        monday,
                        *work.get((store.id, monday), (0, 0, 0)),
                        booked_minutes=there.booked.get((store.id, monday), 0),
                        available_minutes=there.available.get((store.id, monday), 0),
                    )
                    for monday in mondays
                ),
            )
            for store in stores
        ),
    )


def takes_long() -> bool:
    """Whether counting over the whole company takes so long that a page is shown before it. The database's own estimate
    of the size costs nothing; below zero it has none yet."""
    known = text("SELECT reltuples FROM pg_class WHERE oid = CAST('household' AS regclass)")
    return float(db.session.scalar(known) or 0) > SOON_COUNTED


def _share() -> int:
    """One household in how many is asked; ids tell the size of the company at no cost."""
    return max(1, (db.session.scalar(select(func.max(Household.id))) or 0) // MOST_HOUSEHOLDS)


def horizon(*, store_ids: Collection[int] | None, actor: Actor, now: datetime) -> tuple[date, date]:
    """The first and the last day that a forecast of these stores looks at."""
    return _horizon(_stores(store_ids, actor=actor), now=now)


def _horizon(stores: Sequence[Store], *, now: datetime) -> tuple[date, date]:
    today = now.astimezone(ZoneInfo(stores[0].zone) if stores else UTC).date()
    return today, hours.monday_of(today) + HORIZON - timedelta(days=1)


def _stores(store_ids: Collection[int] | None, *, actor: Actor) -> Sequence[Store]:
    stmt = people_queries.stores(actor).where(Store.is_active).order_by(Store.id)
    return db.session.scalars(stmt if store_ids is None else stmt.where(Store.id.in_(store_ids))).all()


_MERGED = """
    gap AS (
        SELECT s.id AS store_id, coalesce(own.gap_days, company.gap_days, :default_gap) AS days
        FROM store s
        LEFT JOIN contact_rule own ON own.store_id = s.id
        LEFT JOIN contact_rule company ON company.store_id IS NULL
    ),
    ordered AS (
        SELECT t.*, max(t.due_day) FILTER (WHERE t.interval_days IS NULL) OVER (
            PARTITION BY t.household_id ORDER BY t.due_day RANGE BETWEEN UNBOUNDED PRECEDING AND '1 day' PRECEDING
            ) AS other_day
        FROM touch t
    ),
    contact AS (
        SELECT o.household_id, max(o.store_id) AS store_id, min(o.due_day) AS day, max(o.minutes) AS minutes,
            bool_or(o.is_task) AS is_task
        FROM ordered o JOIN gap g ON g.store_id = o.store_id
        WHERE o.interval_days IS NULL OR o.other_day IS NULL OR o.other_day <= o.due_day - o.interval_days
        GROUP BY o.household_id, (o.due_day - CAST(:first AS date)) / g.days
    )
    SELECT store_id, CAST(date_trunc('week', day) AS date) AS week, CAST(count(*) AS int) AS touches,
        CAST(count(*) FILTER (WHERE is_task) AS int) AS tasks, CAST(coalesce(sum(minutes), 0) AS int) AS minutes
    FROM contact
    GROUP BY 1, 2
"""
"""Regular care (the touches with an interval) starts to count anew with every other contact, so it gives way to those
that lie less than its interval before. On the same day they are told in one contact, in the more personal way."""


def _work(
    plans: Sequence[Plan], *, store_ids: Sequence[int], share: int, today: date, last: date, now: datetime
) -> dict[tuple[int, date], tuple[int, int, int]]:
    """Contacts, tasks and their minutes by store and week, from one household in `share`."""
    parts: list[str] = []
    values: dict[str, Any] = {"now": now, "day": today, "first": today, "last": last, "stores": list(store_ids)}
    values |= {"default_gap": DEFAULT_GAP_DAYS, "share": share}
    span = OneIn() if share > 1 else ALL
    for number, plan in enumerate(plans):
        sql, own = touches_sql(plan, today=today, last=last, now=now, span=span)
        parts.append(_renamed(sql, f"p{number}"))
        values |= {f"p{number}_{name}": value for name, value in own.items()}
    statement = f"WITH {TODAY}, touch AS ({' UNION ALL '.join(parts)}), {_MERGED}"
    # Nobody can tell the planner how many days of a horizon are somebody's birthday; it expects one, and would walk
    # through all customers for each of them.
    db.session.execute(text(f"SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '{SORT_MEMORY}'"))
    rows = db.session.execute(text(statement), values).all()
    db.session.execute(text("SET LOCAL enable_nestloop = on; SET LOCAL work_mem TO DEFAULT"))
    return {(row.store_id, row.week): (row.touches * share, row.tasks * share, row.minutes * share) for row in rows}


_OWN_NAMES = re.compile(r"(?<![:\w]):(\w+)")
_SHARED = frozenset({"now", "day", "first", "last", "stores", "share"})


def _renamed(sql: str, prefix: str) -> str:
    """The statement with parameters of its own, so that several stand in one."""
    return _OWN_NAMES.sub(lambda found: f":{found[1]}" if found[1] in _SHARED else f":{prefix}_{found[1]}", sql)


def touches_sql(
    plan: Plan, *, today: date, last: date, now: datetime, span: Span = ALL, estimates: bool = True
) -> tuple[str, dict[str, Any]]:
    """SELECT of every touch this plan will wish for from `today` to `last`, and its values.

    Of who can be reached only, without what has left the house already. `interval_days` is set for regular care.
    Without estimates only that counts whose cause has happened.
    """
    ahead = (last - today).days
    settings, shift = plan.settings, 0
    when = When(now=now, day=today)
    if estimates and plan.kind in FROM_THE_PAST:
        # The season belongs to the days to come, not to those that stand for them.
        settings, shift = replace(settings, season=None), HORIZON.days
        when = When(now=now, day=today - HORIZON)
    wished, values = wishes(replace(plan, settings=settings), when=when, span=span)
    if shift:
        wished = f"WITH today AS (SELECT store_id, day - {shift} AS day FROM today) {wished}"  # noqa: S608  fixed parts
    values = {name: value for name, value in values.items() if name not in ("now", "day")}
    values |= {"ahead": ahead, "back": 0, "minutes": plan.settings.action.minutes}
    values |= {"is_task": plan.settings.action.by is not By.SMS, "channel": _channel(plan.settings.action.by)}
    again, interval, own = _again(plan, estimates=estimates)
    values |= own
    season = plan.settings.season
    values |= {"since": season.since if season else None, "until": season.until if season else None}
    return (
        f"""
        SELECT w.household_id, w.store_id, w.customer_id, w.key, r.number, r.day AS due_day,
            {interval} AS interval_days, CAST(:minutes AS int) AS minutes, CAST(:is_task AS boolean) AS is_task
        FROM ({wished}) w
        JOIN customer c ON c.id = w.customer_id
        LEFT JOIN occurrence gone ON gone.customer_id = w.customer_id AND gone.plan_id = :plan_id AND gone.key = w.key
            AND gone.state NOT IN ('due', 'deferred', 'booked', 'merged')
        CROSS JOIN LATERAL ({again.format(due=f"(w.due_day + {shift})")}) r
        WHERE r.day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
            AND w.store_id = ANY(CAST(:stores AS int[]))
            AND (CAST(:since AS date) IS NULL OR r.day >= CAST(:since AS date))
            AND (CAST(:until AS date) IS NULL OR r.day <= CAST(:until AS date))
            AND c.phone IS NOT NULL
            AND NOT EXISTS (SELECT FROM consent k WHERE k.phone = c.phone AND k.channel = :channel AND k.state = 'out'
                AND k.scope IN ('all', 'care'))
            AND (r.number > 0 OR gone.id IS NULL)
        """,  # noqa: S608  fixed parts, values are bound
        values,
    )


def _channel(by: By) -> str:
    return "sms" if by is By.SMS else "call"


_EACH = """SELECT n AS number, CAST({due} + n * {step} AS date) AS day
            FROM generate_series(0, CAST(:ahead AS int) / ({least})) n"""
"""As often as it can come round within the horizon, when each time takes at least so many days."""
_ONCE = "SELECT 0 AS number, CAST({due} AS date) AS day"


def _again(plan: Plan, *, estimates: bool) -> tuple[str, str, dict[str, Any]]:
    """SQL of the days on which a wish comes round within the horizon, of its interval in days, and their values."""
    timing = plan.settings.timing
    if isinstance(timing, CadenceTiming):
        months = " ".join(f"WHEN '{tier}' THEN {int(count)}" for tier, count in timing.months.items())
        own = f"CASE c.tier {months} END"
        each = _EACH.format(due="{due}", step=f"make_interval(months => {own})", least=f"28 * {own}")
        return each, f"({own}) * 30", {}
    if plan.kind is PlanKind.REPLENISHMENT:
        # Between being bought and running out lies what a purchase lasts; then it is bought again.
        lasts = "greatest(7, CAST(w.detail ->> 'run_out' AS date) - CAST(split_part(w.key, ':', 2) AS date))"
        return _EACH.format(due="{due}", step=lasts, least=lasts), "CAST(NULL AS int)", {}
    if estimates and isinstance(timing, WinBackTiming):
        again = (
            _ONCE + " WHERE CAST(w.key AS date) + CAST((w.due_day - CAST(w.key AS date))"
            " / CAST(:cycles_here AS numeric) AS int) <= CAST(:first AS date)"
        )
        return again, "CAST(NULL AS int)", {"cycles_here": timing.cycles}
    return _ONCE, "CAST(NULL AS int)", {}
