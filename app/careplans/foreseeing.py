"""The texts that the plans will send on a day at a store: those that are booked, and those that would be wished for by
then. Reads only; what is booked by the day itself decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.careplans.booking import new_key_sql
from app.careplans.generating import EVERYBODY, TODAY, Plan, When, all_plans, wishes
from app.careplans.plan_settings import By, PlanKind
from app.careplans.reasons import WhyNot
from app.careplans.reorders import packs_of
from app.core.db import db
from app.core.i18n import Text3
from app.customers.contact_budget import DEFAULT_GAP_DAYS
from app.people.models import Store
from app.purchases.models import Product

MOST = 2000


@dataclass(frozen=True)
class Foreseen:
    """One text: as a touch of TouchesDue, and what speaks against it as things stand."""

    customer_id: int
    touch: dict[str, Any]
    against: WhyNot | None = None


def texts_of_the_day(store: Store, day: date, *, now: datetime) -> list[Foreseen]:
    """At most MOST of them, in the order of the customers."""
    plans = {plan.id: plan for plan in all_plans() if plan.is_on}
    today = now.astimezone(ZoneInfo(store.zone)).date()
    rows = [*_booked(store.id, day)]
    known = {row.origin_key for row in rows}
    for plan in plans.values():
        if plan.settings.action.by is By.SMS and plan.kind is not PlanKind.PROMOTION and day >= today:
            rows += [row for row in _wished(plan, store.id, day, today=today, now=now) if row.origin_key not in known]
    products = _names(rows)
    found = [_foreseen(row, plans, products, store, day) for row in rows]
    return sorted((each for each in found if each is not None), key=lambda each: each.customer_id)[:MOST]


def _booked(store_id: int, day: date) -> Sequence[Any]:
    """Contacts of that day with what they tell along, and promotions that wait to be booked."""
    return db.session.execute(
        text(f"""
            SELECT o.id, o.plan_id, o.kind, o.customer_id, o.detail, {new_key_sql("o")} AS origin_key,
                CAST(NULL AS text) AS against,
                (SELECT jsonb_agg(jsonb_build_array(m.plan_id, m.kind, m.detail) ORDER BY m.id)
                    FROM occurrence m WHERE m.lead_id = o.id AND m.state = 'merged') AS merged
            FROM occurrence o JOIN customer c ON c.id = o.customer_id
            WHERE c.store_id = :store_id AND ((o.state = 'booked' AND o.booked_day = :day)
                OR (o.kind = 'promotion' AND o.state = 'due' AND o.due_day = :day))
            ORDER BY o.id LIMIT :most
        """),  # noqa: S608  fixed parts, values are bound
        {"store_id": store_id, "day": day, "most": MOST},
    ).all()


def _wished(plan: Plan, store_id: int, day: date, *, today: date, now: datetime) -> Sequence[Any]:
    """What this plan would wish for that day, and has not written down yet."""
    when = When(now=now, day=today)
    wished, values = wishes(plan, when=when, span=EVERYBODY)
    statement = text(f"""
        WITH {TODAY}
        SELECT NULL AS id, CAST(:plan_id AS int) AS plan_id, CAST(:kind AS text) AS kind, w.customer_id, w.detail,
            'careplan:' || :plan_id || ':cust:' || w.customer_id || ':' || w.key AS origin_key, NULL AS merged,
            CASE
                WHEN CAST(w.detail ->> 'restricted' AS boolean) AND NOT CAST(w.detail ->> 'requested' AS boolean)
                    THEN 'no_request'
                WHEN :sells AND NOT coalesce(CAST(w.detail ->> 'requested' AS boolean), false) AND EXISTS (
                    SELECT FROM complaint k WHERE k.household_id = w.household_id AND k.closed_at IS NULL)
                    THEN 'complaint'
                WHEN EXISTS (SELECT FROM contact_booking b
                    WHERE b.household_id = w.household_id AND b.state <> 'released'
                        AND b.day < CAST(:wanted AS date) + (
                            SELECT coalesce(max(rule.gap_days) FILTER (WHERE rule.store_id IS NOT NULL),
                                max(rule.gap_days), {DEFAULT_GAP_DAYS})
                            FROM contact_rule rule WHERE coalesce(rule.store_id, :store_id) = :store_id)
                        AND CAST(:wanted AS date) < b.day + b.gap_days)
                    THEN 'ceiling'
            END AS against
        FROM ({wished}) w
        WHERE w.store_id = :store_id AND w.due_day = :wanted AND NOT EXISTS (
            SELECT FROM occurrence o WHERE o.customer_id = w.customer_id AND o.plan_id = :plan_id AND o.key = w.key)
        ORDER BY w.customer_id LIMIT :most
    """)  # noqa: S608  fixed parts, values are bound
    values |= {
        "ahead": (day - today).days,
        "wanted": day,
        "store_id": store_id,
        "sells": plan.kind is PlanKind.REPLENISHMENT,
        "most": MOST,
    }
    return db.session.execute(statement, values).all()


def _names(rows: Sequence[Any]) -> Mapping[int, Text3]:
    ids = {detail["product_id"] for row in rows for detail in _details(row) if detail.get("product_id")}
    if not ids:
        return {}
    return {row.id: row.name for row in db.session.execute(select(Product.id, Product.name).where(Product.id.in_(ids)))}


def _details(row: Any) -> list[Mapping[str, Any]]:
    return [row.detail, *(detail for _plan, _kind, detail in row.merged or ())]


def _foreseen(
    row: Any, plans: Mapping[int, Plan], products: Mapping[int, Text3], store: Store, day: date
) -> Foreseen | None:
    """The touch as it would be handed over; None for a contact that is no text."""
    told = [(row.plan_id, row.kind, row.detail), *((row.merged) or ())]
    parts = [(plans[plan_id], kind, detail) for plan_id, kind, detail in told if plan_id in plans]
    if not parts or any(plan.settings.action.by is not By.SMS for plan, _kind, _detail in parts):
        return None
    action = parts[0][0].settings.action
    zone = ZoneInfo(store.zone)
    opens, closes = (datetime.combine(day, time.fromisoformat(mark), tzinfo=zone) for mark in action.hours)
    used_up = [detail for _plan, kind, detail in parts if kind == PlanKind.REPLENISHMENT]
    touch = {
        "occurrence_id": row.id or 0,
        "customer_id": row.customer_id,
        "kind": "cadence" if row.detail.get("as_care") else row.kind,
        "origin_key": row.origin_key,
        "plan_id": row.plan_id,
        "words": action.words,
        "more": [plan.settings.action.words for plan, _kind, _detail in parts[1:] if plan.settings.action.words],
        "send_at": opens.isoformat(),
        "expires_at": closes.isoformat(),
        "asks": "reorder" if used_up else None,
        "goods": [
            {"product_id": each["product_id"], "quantity": packs_of(each), "name": products[each["product_id"]]}
            for each in used_up
            if each["product_id"] in products
        ],
        "restricted": any(each.get("restricted") for each in used_up),
    }
    return Foreseen(row.customer_id, touch, WhyNot(row.against) if row.against else None)
