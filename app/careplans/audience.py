"""Whom a promotion would reach, and who is left out and why: one statement, for the preview and for the batch alike.

The reasons come in the order of their weight; the first that holds is told. What is still to be booked by the engine is
asked once more there, and once more by the policy before each text.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.careplans.manners import MANNERS
from app.careplans.plan_settings import PlanKind
from app.careplans.reasons import WhyNot
from app.careplans.segments import Segment, segment_sql
from app.core.db import db
from app.core.phone import country_of
from app.customers import contacts_bulk
from app.customers.contact_budget import DEFAULT_GAP_DAYS
from app.people.access import Actor, may_see_store
from app.purchases import restricted_buyers

LATER_DAYS = MANNERS[PlanKind.PROMOTION].later
"""The engine may move a promotion by so many days when its own day is taken."""
_TODAY = "CAST(timezone(s.zone, CAST(:now AS timestamptz)) AS date)"
_ONE_SALE_TOO_MANY = contacts_bulk.too_many_sales(
    "c.household_id", "CAST(:day AS date)", contacts=contacts_bulk.ledger("c.household_id", _TODAY)
)
LONGEST_GAP_DAYS = 366
"""No rule asks for more days between two contacts."""
_PREFIX = 5
"""Signs of a number that tell its country: a plus, the country and, in North America, the area."""


@dataclass(frozen=True)
class Share:
    """Customers alike: all of them go, or are left out for the same reason. `country` is that of their numbers."""

    reason: WhyNot | None
    locale: str
    country: str
    store_id: int
    people: int


@dataclass(frozen=True)
class Audience:
    shares: Sequence[Share] = field(default=())

    @property
    def going(self) -> int:
        return sum(share.people for share in self.shares if share.reason is None)

    @property
    def meant(self) -> int:
        return sum(share.people for share in self.shares)

    @property
    def left_out(self) -> Mapping[WhyNot, int]:
        """By reason, the most frequent first."""
        found: dict[WhyNot, int] = {}
        for share in self.shares:
            if share.reason is not None:
                found[share.reason] = found.get(share.reason, 0) + share.people
        return dict(sorted(found.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class Target:
    """Whom a promotion is meant for: the customers of these stores who fit the segment, on that day."""

    segment: Segment
    store_ids: tuple[int, ...]
    day: date


@dataclass(frozen=True)
class LeftOut:
    customer_id: int
    name: str
    reason: WhyNot


def look(target: Target, *, now: datetime) -> Audience:
    """Count who would get it, as things stand now."""
    sql, values = verdicts(target, now=now)
    rows = db.session.execute(
        text(f"""SELECT v.reason, v.locale, v.country, v.store_id, count(*) AS people FROM ({sql}) v
                 GROUP BY 1, 2, 3, 4 ORDER BY 1 NULLS FIRST, 5 DESC"""),  # noqa: S608  fixed parts, values are bound
        values,
    )
    return Audience(
        [
            Share(WhyNot(row.reason) if row.reason else None, row.locale, row.country, row.store_id, row.people)
            for row in rows
        ]
    )


def left_out(target: Target, *, reason: WhyNot, actor: Actor, now: datetime, limit: int) -> list[LeftOut]:
    """The first of those who are left out for this reason, of the stores that the actor may see."""
    sql, values = verdicts(target, now=now)
    seen = [store_id for store_id in target.store_ids if may_see_store(actor, store_id)]
    rows = db.session.execute(
        text(f"""SELECT v.customer_id, v.name, v.reason FROM ({sql}) v
                 WHERE v.reason = :wanted AND v.store_id = ANY(CAST(:seen AS int[]))
                 ORDER BY v.customer_id LIMIT :limit"""),  # noqa: S608  fixed parts, values are bound
        values | {"wanted": reason.value, "seen": seen, "limit": limit},
    )
    return [LeftOut(row.customer_id, row.name, WhyNot(row.reason)) for row in rows]


def verdicts(target: Target, *, now: datetime) -> tuple[str, dict[str, Any]]:
    """SQL of everybody who is meant (customer_id, household_id, store_id, name, locale, country, reason); reason is
    null for who may get it."""
    segment, values = segment_sql(target.segment)
    countries = _countries(target.store_ids)
    # Materialized, else each reason is found out once for the group and once more for the answer. Of a household one
    # gets it: its first member for whom nothing else speaks against it.
    sql = f"""
        WITH x AS MATERIALIZED ({_reasons_sql(segment)})
        SELECT x.customer_id, x.household_id, x.store_id, x.name, x.locale, x.country,
            CASE WHEN x.reason IS NULL AND row_number() OVER (
                PARTITION BY x.household_id, x.reason IS NULL ORDER BY x.customer_id) > 1
                THEN 'contacted_otherwise' ELSE x.reason END AS reason
        FROM x"""  # noqa: S608  fixed parts, values are bound
    return sql, values | {
        "day": target.day,
        "store_ids": list(target.store_ids),
        "countries": json.dumps(countries),
        "now": now,
    }


def _reasons_sql(segment: str) -> str:
    """What speaks against each single customer. Where a dear question is asked, a cheap one that nearly always answers
    it is asked first."""
    return f"""
            SELECT c.id AS customer_id, c.household_id, c.store_id, c.name, c.locale,
                coalesce(k.code, '') AS country,
                CASE
                    WHEN c.phone IS NULL THEN 'no_phone'
                    WHEN EXISTS (SELECT FROM consent o WHERE o.phone = c.phone AND o.channel = 'sms'
                        AND o.state = 'out' AND o.scope IN ('all', 'promotion')) THEN 'opted_out'
                    WHEN EXISTS (SELECT FROM phone_fault f WHERE f.phone = c.phone AND f.cleared_at IS NULL)
                        THEN 'unreachable'
                    WHEN NOT coalesce(k.allowed, false) THEN 'country'
                    WHEN c.household_id IN (
                        SELECT k.household_id FROM complaint k WHERE k.closed_at IS NULL
                        UNION SELECT member.household_id FROM complaint k JOIN customer member
                            ON member.id = k.customer_id WHERE k.closed_at IS NULL)
                        THEN 'complaint'
                    WHEN formula.customer_id IS NOT NULL AND {restricted_buyers.nothing_else_sql("c.id")}
                        THEN 'restricted'
                    WHEN ({_is_near("b.household_id = c.household_id")} OR {_is_near("b.customer_id = c.id")})
                        AND NOT EXISTS (
                        SELECT FROM generate_series(0, {LATER_DAYS}) AS later(days)
                        WHERE NOT EXISTS (SELECT FROM contact_booking b
                            WHERE (b.household_id = c.household_id OR b.customer_id = c.id) AND b.state <> 'released'
                                AND b.day < CAST(:day AS date) + later.days + gap.days
                                AND CAST(:day AS date) + later.days < b.day + b.gap_days))
                        THEN 'ceiling'
                    WHEN EXISTS (SELECT FROM contact_booking b
                            WHERE b.household_id = c.household_id AND b.is_sales AND b.state <> 'released')
                        AND {_ONE_SALE_TOO_MANY} THEN 'balance'
                END AS reason
            FROM customer c
            JOIN store s ON s.id = c.store_id
            LEFT JOIN jsonb_to_recordset(CAST(:countries AS jsonb)) AS k(prefix text, code text, allowed boolean)
                ON k.prefix = left(c.phone, {_PREFIX})
            LEFT JOIN ({restricted_buyers.buyers_sql("buyer.store_id = ANY(CAST(:store_ids AS int[]))")}
                ) formula ON formula.customer_id = c.id
            LEFT JOIN contact_rule own_rule ON own_rule.store_id = c.store_id
            LEFT JOIN contact_rule company_rule ON company_rule.store_id IS NULL
            CROSS JOIN LATERAL (
                SELECT coalesce(own_rule.gap_days, company_rule.gap_days, {DEFAULT_GAP_DAYS}) AS days) gap
            WHERE c.store_id = ANY(CAST(:store_ids AS int[])) AND s.is_active AND ({segment})"""  # noqa: S608  fixed parts, values are bound


def _is_near(whose: str) -> str:
    """A contact that may stand in the way on one of the days."""
    return f"""EXISTS (SELECT FROM contact_booking b WHERE {whose} AND b.state <> 'released'
        AND b.day + b.gap_days > CAST(:day AS date)
        AND b.day < CAST(:day AS date) + {LATER_DAYS} + {LONGEST_GAP_DAYS})"""


def _countries(store_ids: Collection[int]) -> list[dict[str, Any]]:
    """By how numbers begin: their country, and whether promotions may go there."""
    known = {
        row.code: row.sends and row.promotions and row.registration_status != "missing"
        for row in db.session.execute(text("SELECT code, sends, promotions, registration_status FROM sms_country"))
    }
    numbers = db.session.execute(
        text(f"""SELECT left(phone, {_PREFIX}) AS prefix, min(phone) AS phone FROM customer
                 WHERE phone IS NOT NULL AND store_id = ANY(CAST(:store_ids AS int[])) GROUP BY 1"""),  # noqa: S608
        {"store_ids": sorted(store_ids)},
    )
    return [
        {"prefix": row.prefix, "code": code, "allowed": known.get(code, False)}
        for row in numbers
        for code in [country_of(row.phone)]
    ]
