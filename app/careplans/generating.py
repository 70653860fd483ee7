"""What is due: one set-based statement per plan and stretch of households; never a loop over customers.

Each kind of plan is a SELECT of wishes (customer, phone, key, due day, detail) over the aliases `c` (customer), `s`
(store) and `d` (that store's day). `wish` writes them into the booking's work table and leaves out what was written
before, so that doing it again makes nothing.

The key says what fired, so that the same cause never fires twice: the contact counted from, the purchase, the year of
the birthday, the child's age.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.careplans.calendar import BIRTHDAYS_SQL
from app.careplans.manners import (
    AHEAD_DAYS,
    LONG_OVERDUE_DAYS,
    LOOK_BACK_DAYS,
    SPREAD_DAYS,
)
from app.careplans.models import CarePlan, CarePlanVersion
from app.careplans.plan_settings import (
    AfterPurchaseTiming,
    BirthdayTiming,
    CadenceTiming,
    FestivalTiming,
    MilestoneTiming,
    PlanKind,
    PlanSettings,
    RecoveryTiming,
    ReplenishmentTiming,
    WinBackTiming,
    parse,
)
from app.careplans.segments import segment_sql
from app.core.bulk import rows_of
from app.core.db import db
from app.customers.values import Tier
from app.purchases.habits import own_cycle_sql

LAST_ID = 2**31 - 1
RECOVERY_LOOK_BACK_DAYS = 7


@dataclass(frozen=True)
class Plan:
    """A plan as the engine works with it."""

    id: int
    version_id: int
    kind: PlanKind
    name: Mapping[str, str]
    settings: PlanSettings
    is_on: bool = True


@dataclass(frozen=True)
class When:
    """The business time of a run. Without a given day each store's own day at `now` counts."""

    now: datetime
    day: date | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {"now": self.now, "day": self.day}

    @property
    def middle(self) -> date:
        """The run's day, give or take one, whatever the store's zone."""
        return self.day or self.now.date()

    @property
    def long_past(self) -> date | None:
        """Before this day nothing can be done any more, though the run looks on from a day that is yet to come; None
        when it looks on from today."""
        anywhere = (self.now + timedelta(hours=14)).date()
        return None if self.day is None or self.day <= anywhere else self.now.date() - timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Households from one id to another, both included; with `store_id` only the customers of that store."""

    first: int = 0
    last: int = LAST_ID
    store_id: int | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {"from_id": self.first, "until_id": self.last, "only_store": self.store_id}

    @property
    def of_its_store(self) -> str:
        """SQL, over the alias `c` (customer)."""
        return "true" if self.store_id is None else "c.store_id = :only_store"


EVERYBODY = Span()

TODAY = """today AS MATERIALIZED (
        SELECT id AS store_id,
            coalesce(CAST(:day AS date), CAST(timezone(zone, CAST(:now AS timestamptz)) AS date)) AS day
        FROM store WHERE is_active
    )"""
"""A part of WITH: what day it is at each store in use."""


def plans_on() -> list[Plan]:
    """The plans that are on, by id; promotions too, whose occurrences are written by their gate."""
    return [plan for plan in all_plans() if plan.is_on]


def all_plans() -> list[Plan]:
    rows = db.session.execute(
        select(CarePlan.id, CarePlan.kind, CarePlan.name, CarePlan.is_on, CarePlanVersion.id, CarePlanVersion.settings)
        .join(CarePlanVersion, CarePlanVersion.id == CarePlan.current_version_id)
        .order_by(CarePlan.id)
    )
    return [
        Plan(id=plan_id, version_id=version_id, kind=PlanKind(kind), name=name, is_on=is_on, settings=parse(kind, raw))
        for plan_id, kind, name, is_on, version_id, raw in rows
    ]


def wish(plan: Plan, *, when: When, span: Span) -> int:
    """Write what is due by this plan, and was not written before, into the temporary table `wish` of booking.py, with
    ids as occurrences will have; returns how many there are."""
    if plan.kind not in _WISHES:
        return 0
    wished, values = wishes(plan, when=when, span=span)
    return rows_of(
        f"""
        INSERT INTO wish (id, plan_id, plan_version_id, customer_id, household_id, store_id, phone, key, kind, due_day,
            detail)
        WITH {TODAY}
        SELECT nextval('occurrence_id_seq'), :plan_id, :version_id, w.customer_id, w.household_id, w.store_id, w.phone,
            w.key, :kind, w.due_day, w.detail
        FROM ({wished}) w WHERE {_is_new(plan.kind)}""",  # noqa: S608  fixed parts, values are bound
        values,
    )


def _is_new(kind: PlanKind) -> str:
    """SQL over the alias `w`: nothing of this key was written before.

    Regular care counts from the last contact or purchase. While it can't be given, because of a stop say, that moves
    on and with it the key; the one that waits is enough.
    """
    # OFFSET 0: looked up in the unique key, wish by wish. As a join PostgreSQL may read all occurrences there are, of
    # all stretches, for each plan and stretch; what a night costs would grow with the square of the customers.
    is_new = """NOT EXISTS (
            SELECT FROM occurrence o WHERE o.customer_id = w.customer_id AND o.plan_id = :plan_id AND o.key = w.key
            OFFSET 0)"""
    if kind is not PlanKind.CADENCE:
        return is_new
    return f"""{is_new} AND NOT EXISTS (
            SELECT FROM occurrence o WHERE o.household_id = w.household_id
                AND o.customer_id = w.customer_id AND o.plan_id = :plan_id
                AND o.state IN ('due', 'deferred', 'booked', 'merged', 'made') OFFSET 0)"""


def wishes(plan: Plan, *, when: When, span: Span) -> tuple[str, dict[str, Any]]:
    """The SELECT of what this plan wishes for, over `today`, with its values; it writes nothing (see forecast.py)."""
    segment, segment_values = segment_sql(plan.settings.segment, day_param="d.day")
    who = f"c.household_id BETWEEN :from_id AND :until_id AND {span.of_its_store} AND ({segment})"
    wished, own_values = _WISHES[plan.kind](plan.settings, who)
    values = {
        "plan_id": plan.id,
        "version_id": plan.version_id,
        "kind": plan.kind.value,
        "ahead": AHEAD_DAYS,
        "back": LOOK_BACK_DAYS,
        "middle": when.middle,
        **when.values,
        **span.values,
        **segment_values,
        **own_values,
    }
    season = plan.settings.season
    if season:
        limits = []
        if season.since:
            limits.append("w.due_day >= :season_since")
            values["season_since"] = season.since
        if season.until:
            limits.append("w.due_day <= :season_until")
            values["season_until"] = season.until
        wished = f"SELECT * FROM ({wished}) w WHERE {' AND '.join(limits)}"  # noqa: S608  fixed parts, values are bound
    return wished, values


_WHOM = """FROM customer c
        JOIN store s ON s.id = c.store_id
        JOIN today d ON d.store_id = s.id"""
_PERSON = "c.id AS customer_id, c.household_id, c.store_id, c.phone"
_NOTHING = "CAST('{}' AS jsonb) AS detail"

_Wishes = tuple[str, dict[str, Any]]


def _of_the_customer(table: str) -> str:
    """The rows of this customer, looked up one customer after the other: joined, PostgreSQL may read what the company
    knows of all its customers for every stretch."""
    return f"(SELECT * FROM {table} own WHERE own.customer_id = c.id OFFSET 0)"  # noqa: S608  names


def _spread(due: str, person: str = "c") -> str:
    """Not before today; what is long overdue is spread over the next days, alike for a whole household."""
    return (
        f"CASE WHEN {due} < d.day - {LONG_OVERDUE_DAYS} THEN d.day + {person}.household_id % {SPREAD_DAYS}"
        f" ELSE greatest({due}, d.day) END"
    )


def _cadence(settings: PlanSettings, who: str) -> _Wishes:
    """Counted from the household's last contact, else the last purchase, else the first day of the file. A month that
    lacks the day ends earlier."""
    timing = settings.timing
    assert isinstance(timing, CadenceTiming)
    months = " ".join(f"WHEN '{tier.value}' THEN CAST(:months_{tier.value} AS int)" for tier in Tier)
    # OFFSET 0: each step is computed once a row; else PostgreSQL puts the whole sum into every place that uses it.
    return (
        f"""
        SELECT d.customer_id, d.household_id, d.store_id, d.phone, CAST(d.base AS text) AS key,
            {_spread("d.due", "d")} AS due_day, {_NOTHING}
        FROM (
            SELECT x.*, CAST(x.base + make_interval(months => x.months) AS date) AS due
            FROM (
                SELECT {_PERSON}, d.day, CASE c.tier {months} END AS months,
                    coalesce(last.day, h.last_bought_on, CAST(timezone(s.zone, c.created_at) AS date)) AS base
                {_WHOM}
                LEFT JOIN (
                    SELECT b.household_id, max(b.day) AS day FROM contact_booking b
                    WHERE b.household_id BETWEEN :from_id AND :until_id AND b.state = 'recorded' GROUP BY b.household_id
                ) last ON last.household_id = c.household_id
                LEFT JOIN LATERAL {_of_the_customer(own_cycle_sql())} h ON true
                WHERE {who}
                OFFSET 0
            ) x OFFSET 0
        ) d WHERE d.due <= d.day + :ahead""",  # noqa: S608  fixed parts, values are bound
        {f"months_{tier.value}": timing.months.get(tier.value) for tier in Tier},
    )


def _after_purchase(settings: PlanSettings, who: str) -> _Wishes:
    """So many days after each purchase of which anything was kept; the earliest product decides."""
    timing = settings.timing
    assert isinstance(timing, AfterPurchaseTiming)
    longest = "(SELECT greatest(:days, coalesce(max(follow_up_day), 0)) FROM product)"
    return (
        f"""
        SELECT x.customer_id, x.household_id, x.store_id, x.phone, x.key, x.due_day, x.detail
        FROM (
            SELECT {_PERSON}, 'p' || p.id AS key, d.day AS today,
                CAST(timezone(s.zone, p.bought_at) AS date) + kept.days AS due_day,
                jsonb_build_object('purchase_id', p.id, 'products', kept.products) AS detail
            {_WHOM}
            CROSS JOIN LATERAL (
                SELECT id, bought_at FROM purchase
                WHERE customer_id = c.id
                    AND bought_at >= CAST(CAST(:middle AS date) - {longest} - :back - 2 AS timestamp) OFFSET 0) p
            CROSS JOIN LATERAL (
                SELECT min(coalesce(pr.follow_up_day, :days)) AS days, array_agg(DISTINCT pr.id) AS products
                FROM purchase_line pl JOIN product pr ON pr.id = pl.product_id
                WHERE pl.purchase_id = p.id AND pl.quantity > pl.returned) kept
            WHERE kept.days IS NOT NULL AND {who}
        ) x WHERE x.due_day BETWEEN x.today - :back AND x.today + :ahead""",  # noqa: S608  fixed parts
        {"days": timing.days},
    )


def _replenishment(settings: PlanSettings, who: str) -> _Wishes:
    """Some days before a product runs out, once for each time it was bought; not for a child that has outgrown it."""
    timing = settings.timing
    assert isinstance(timing, ReplenishmentTiming)
    before = "CASE WHEN r.needs_delivery THEN :before_delivery ELSE :before END"
    return (
        f"""
        SELECT {_PERSON}, r.product_id || ':' || r.last_bought_on AS key, greatest(r.day - {before}, d.day) AS due_day,
            jsonb_build_object('product_id', r.product_id, 'run_out', r.day, 'quantity', r.reorder_quantity,
                'member_id', r.household_member_id, 'restricted', r.is_restricted, 'requested', r.is_requested,
                'delivery', r.needs_delivery) AS detail
        {_WHOM}
        CROSS JOIN LATERAL {_of_the_customer("run_out")} r
        LEFT JOIN household_member m ON m.id = r.household_member_id
        WHERE r.day > d.day AND r.day <= d.day + :ahead + {before}
            AND (r.ends_on IS NULL OR r.day < r.ends_on)
            AND (NOT r.is_restricted OR m.birth_date IS NULL
                OR r.day < m.birth_date + make_interval(months => :until_age))
            AND {who}""",
        {
            "before": timing.days_before,
            "before_delivery": timing.days_before_with_delivery,
            "until_age": timing.until_age_months,
        },
    )


def _birthday(settings: PlanSettings, who: str) -> _Wishes:
    """The customer's own; and that of each child of the household, told to the first who can be reached."""
    timing = settings.timing
    assert isinstance(timing, BirthdayTiming)
    birthdays = BIRTHDAYS_SQL.format(
        first="(SELECT min(day) FROM today)", last="(SELECT max(day) FROM today) + :ahead + :days_before"
    )
    wished = f"""
        WITH birthday AS MATERIALIZED ({birthdays})
        SELECT {_PERSON}, CAST(b.year AS text) AS key, b.day - :days_before AS due_day, {_NOTHING}
        {_WHOM}
        JOIN birthday b ON b.calendar = c.birthday_calendar AND b.month = c.birthday_month
            AND b.day_of_month = c.birthday_day
        WHERE b.day - :days_before BETWEEN d.day AND d.day + :ahead AND {who}"""
    if timing.with_members:
        wished += f" UNION ALL {_childs_birthday(who)}"
    return wished, {"days_before": timing.days_before}


def _childs_birthday(who: str) -> str:
    """By the child's own file where there is one, which may keep a lunar birthday; else by the birth date. Who has a
    number and a birthday in a file of his own is greeted himself."""
    return f"""
        SELECT {_PERSON}, 'b' || kid.id || ':' || kid.year AS key, kid.day - :days_before AS due_day,
            jsonb_build_object('member_id', kid.id, 'years', kid.year - kid.born) AS detail
        {_WHOM}
        JOIN (
            SELECT m.id, m.household_id, m.customer_id, b.day, b.year, kept.year AS born
            FROM household_member m
            LEFT JOIN customer own ON own.id = m.customer_id AND own.birthday_month IS NOT NULL
            CROSS JOIN LATERAL (SELECT coalesce(own.birthday_calendar, 'solar') AS calendar,
                coalesce(own.birthday_month, CAST(extract(month FROM m.birth_date) AS int)) AS month,
                coalesce(own.birthday_day, CAST(extract(day FROM m.birth_date) AS int)) AS day_of_month,
                CASE WHEN own.id IS NULL THEN CAST(extract(year FROM m.birth_date) AS int) ELSE own.birthday_year END
                    AS year) kept
            JOIN birthday b ON b.calendar = kept.calendar AND b.month = kept.month
                AND b.day_of_month = kept.day_of_month
            WHERE {_KNOWN_CHILD} AND own.phone IS NULL AND coalesce(b.year > kept.year, true)
            OFFSET 0
        ) kid ON kid.household_id = c.household_id
        WHERE kid.day - :days_before BETWEEN d.day AND d.day + :ahead
            AND c.id = (SELECT first.id FROM customer first
                WHERE first.household_id = kid.household_id AND first.id IS DISTINCT FROM kid.customer_id
                ORDER BY first.phone IS NULL, first.id LIMIT 1)
            AND {who}"""  # noqa: S608  fixed parts, values are bound


# OFFSET 0 after it: first the few children whose day is near, then who is told.
_KNOWN_CHILD = """m.household_id BETWEEN :from_id AND :until_id
                AND m.relation IN ('baby', 'child') AND m.anonymised_at IS NULL
                AND m.guardian_consent_at IS NOT NULL AND m.consent_withdrawn_at IS NULL"""


def _festival(settings: PlanSettings, who: str) -> _Wishes:
    timing = settings.timing
    assert isinstance(timing, FestivalTiming)
    return (
        f"""
        SELECT {_PERSON}, CAST(extract(year FROM f.day) AS text) AS key, f.day - :days_before AS due_day, {_NOTHING}
        {_WHOM}
        JOIN calendar_day f ON f.festival = :festival AND f.day - :days_before BETWEEN d.day AND d.day + :ahead
        WHERE {who}""",  # noqa: S608  fixed parts, values are bound
        {"festival": timing.festival.value, "days_before": timing.days_before},
    )


def _milestone(settings: PlanSettings, who: str) -> _Wishes:
    """A child of the household, with the guardian's consent, comes to an age; told to the first who can be reached."""
    timing = settings.timing
    assert isinstance(timing, MilestoneTiming)
    return (
        f"""
        SELECT {_PERSON}, 'm' || kid.id || ':' || kid.months AS key, kid.due_day,
            jsonb_build_object('member_id', kid.id, 'age_months', kid.months) AS detail
        {_WHOM}
        JOIN (
            SELECT m.id, m.household_id, age.months,
                CAST(m.birth_date + make_interval(months => age.months) AS date) AS due_day
            FROM household_member m CROSS JOIN unnest(CAST(:ages AS int[])) AS age(months)
            WHERE {_KNOWN_CHILD}
                AND CAST(m.birth_date + make_interval(months => age.months) AS date)
                    BETWEEN CAST(:middle AS date) - :back - 2 AND CAST(:middle AS date) + :ahead + 2
            OFFSET 0
        ) kid ON kid.household_id = c.household_id
        WHERE kid.due_day BETWEEN d.day - :back AND d.day + :ahead
            AND c.id = (SELECT first.id FROM customer first WHERE first.household_id = kid.household_id
                ORDER BY first.phone IS NULL, first.id LIMIT 1)
            AND {who}""",  # noqa: S608  fixed parts
        {"ages": list(timing.age_months)},
    )


def _win_back(settings: PlanSettings, who: str) -> _Wishes:
    """Nothing bought for some of the customer's own cycles; once until the next purchase."""
    timing = settings.timing
    assert isinstance(timing, WinBackTiming)
    lapsed = "(h.last_bought_on + CAST(coalesce(ceil(h.cycle_days * CAST(:cycles AS numeric)), :fallback_days) AS int))"
    return (
        f"""
        SELECT {_PERSON}, CAST(h.last_bought_on AS text) AS key, {_spread(lapsed)} AS due_day, {_NOTHING}
        {_WHOM}
        CROSS JOIN LATERAL {_of_the_customer(own_cycle_sql())} h
        WHERE {lapsed} <= d.day + :ahead AND {who}""",
        {"cycles": timing.cycles, "fallback_days": timing.fallback_days},
    )


def _recovery(settings: PlanSettings, who: str) -> _Wishes:
    timing = settings.timing
    assert isinstance(timing, RecoveryTiming)
    closed = "CAST(timezone(s.zone, k.closed_at) AS date)"
    return (
        f"""
        SELECT {_PERSON}, 'c' || k.id || ':' || k.reopenings AS key, {closed} + :days AS due_day,
            jsonb_build_object('complaint_id', k.id) AS detail
        {_WHOM}
        JOIN complaint k ON k.customer_id = c.id
        WHERE k.closed_at IS NOT NULL
            AND {closed} + :days BETWEEN d.day - {RECOVERY_LOOK_BACK_DAYS} AND d.day + :ahead AND {who}""",
        {"days": timing.days_after_closing},
    )


_WISHES: Mapping[PlanKind, Callable[[PlanSettings, str], _Wishes]] = {
    PlanKind.CADENCE: _cadence,
    PlanKind.AFTER_PURCHASE: _after_purchase,
    PlanKind.REPLENISHMENT: _replenishment,
    PlanKind.BIRTHDAY: _birthday,
    PlanKind.FESTIVAL: _festival,
    PlanKind.MILESTONE: _milestone,
    PlanKind.WIN_BACK: _win_back,
    PlanKind.RECOVERY: _recovery,
}
