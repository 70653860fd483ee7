"""The texts that the plans will send on a day at a store: those that are booked, and those that the engine would book.
Reads only; what is booked by the day itself decides.

Nothing is guessed here: the engine's own decision is played over the store's households (booking.play), with what it
merges into one contact, puts off or turns into care, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.careplans import booking
from app.careplans.booking import new_key_sql
from app.careplans.generating import Plan, Span, When, all_plans
from app.careplans.manners import AHEAD_DAYS, MANNERS
from app.careplans.plan_settings import By, PlanKind
from app.careplans.reasons import WhyNot
from app.careplans.reorders import packs_of
from app.careplans.telling import Names, words_of
from app.core.db import db
from app.customers.models import HouseholdMember
from app.people.models import Store
from app.purchases import stock_bulk
from app.purchases.models import Product
from app.purchases.stock_bulk import BulkWish, Kept

MOST = 2000


@dataclass(frozen=True)
class Foreseen:
    """One text: as a touch of TouchesDue, and what speaks against it as things stand."""

    customer_id: int
    touch: dict[str, Any]
    against: WhyNot | None = None


@dataclass(frozen=True)
class _Part:
    """One of the things that a contact tells."""

    plan: Plan
    kind: PlanKind
    detail: Mapping[str, Any]


def texts_of_the_day(store: Store, day: date, *, now: datetime) -> list[Foreseen]:
    """At most MOST of them, in the order of the customers."""
    plans = {plan.id: plan for plan in all_plans()}
    booking.play(list(plans.values()), when=_night_before(store, day, now=now), span=Span(store_id=store.id))
    rows = _contacts(store.id, day)
    names = _names(rows)
    short = _short_of_goods(rows, store, now=now)
    found = [_foreseen(row, plans, names, store, day, is_short=row.origin_key in short) for row in rows]
    return sorted((each for each in found if each is not None), key=lambda each: each.customer_id)[:MOST]


def _night_before(store: Store, day: date, *, now: datetime) -> When:
    """The first run that looks as far as this day: the next one, or one that is yet to come."""
    today = now.astimezone(ZoneInfo(store.zone)).date()
    first = day - timedelta(days=AHEAD_DAYS)
    return When(now, first) if first > today else When(now)


def _contacts(store_id: int, day: date) -> Sequence[Any]:
    """Contacts of that day, written down or just played, with what they tell along; and what was due on it and is put
    off or given up."""
    return db.session.execute(
        text(f"""
            WITH contact AS MATERIALIZED (
                SELECT o.id, o.plan_id, o.kind, o.customer_id, c.household_id, o.detail,
                    {new_key_sql("o")} AS origin_key,
                    CAST(NULL AS text) AS against
                FROM occurrence o JOIN customer c ON c.id = o.customer_id
                WHERE c.store_id = :store_id AND o.state = 'booked' AND o.booked_day = :day
                    AND o.id NOT IN (SELECT id FROM wish)
                UNION ALL
                SELECT w.id, w.plan_id, w.kind, w.customer_id, w.household_id,
                    CASE WHEN t.as_care THEN w.detail || '{{"as_care": true}}' ELSE w.detail END, {new_key_sql("w")},
                    CASE WHEN t.state <> 'booked' THEN t.reason END
                FROM touch t JOIN wish w ON w.id = t.id
                WHERE t.store_id = :store_id AND ((t.state = 'booked' AND t.booked_day = :day)
                    OR (t.state IN ('deferred', 'missed', 'dropped') AND t.due_day = :day))
            ), along AS (
                SELECT o.lead_id, o.id, o.plan_id, o.kind, o.detail FROM occurrence o
                WHERE o.state = 'merged' AND o.lead_id IN (SELECT id FROM contact)
                    AND o.id NOT IN (SELECT id FROM wish)
                UNION ALL
                SELECT t.lead_id, w.id, w.plan_id, w.kind, w.detail FROM touch t JOIN wish w ON w.id = t.id
                WHERE t.state = 'merged' AND t.lead_id IN (SELECT id FROM contact)
            )
            SELECT contact.*, (SELECT jsonb_agg(jsonb_build_array(a.plan_id, a.kind, a.detail) ORDER BY a.id)
                FROM along a WHERE a.lead_id = contact.id) AS merged
            FROM contact ORDER BY contact.id LIMIT :most
        """),  # noqa: S608  fixed parts, values are bound
        {"store_id": store_id, "day": day, "most": MOST},
    ).all()


def _names(rows: Sequence[Any]) -> Names:
    details = [detail for row in rows for detail in (row.detail, *(along[2] for along in row.merged or ()))]
    products = {detail["product_id"] for detail in details if detail.get("product_id")}
    members = {detail["member_id"] for detail in details if detail.get("member_id")}
    known = select(Product.id, Product.name).where(Product.id.in_(products))
    called = select(HouseholdMember.id, HouseholdMember.name).where(HouseholdMember.id.in_(members))
    return Names(
        products={row.id: row.name for row in db.session.execute(known)} if products else {},
        members={row.id: row.name for row in db.session.execute(called)} if members else {},
    )


def _parts(row: Any, plans: Mapping[int, Plan]) -> list[_Part]:
    """The leading one first, as the real contact has them."""
    along = [_Part(plans[plan_id], PlanKind(kind), detail) for plan_id, kind, detail in row.merged or ()]
    along.sort(key=lambda part: MANNERS[part.kind].rank)
    return [_Part(plans[row.plan_id], PlanKind(row.kind), row.detail), *along]


def _short_of_goods(rows: Sequence[Any], store: Store, *, now: datetime) -> set[str]:
    """Whom the store could not promise the goods as things stand, by origin key: those who come first get them, as when
    the contacts are made. Whoever is not contacted on that day takes nothing away."""
    wishes = [
        BulkWish(
            origin_key=row.origin_key,
            customer_id=row.customer_id,
            store_id=store.id,
            product_id=detail["product_id"],
            quantity=Decimal(packs_of(detail)),
            expires_at=now,
        )
        for row in sorted(rows, key=lambda row: (row.household_id, row.id))
        if row.against is None
        for kind, detail in ((row.kind, row.detail), *(along[1:] for along in row.merged or ()))
        if kind == PlanKind.REPLENISHMENT
    ]
    return {key for key, kept in stock_bulk.foresee(wishes, now=now).items() if kept is Kept.SHORT}


def _foreseen(
    row: Any, plans: Mapping[int, Plan], names: Names, store: Store, day: date, *, is_short: bool
) -> Foreseen | None:
    """The touch as it would be handed over; None for a contact that is no text."""
    parts = _parts(row, plans)
    if any(part.plan.settings.action.by is not By.SMS for part in parts):
        return None
    zone = ZoneInfo(store.zone)
    opens, closes = (
        datetime.combine(day, time.fromisoformat(mark), tzinfo=zone) for mark in parts[0].plan.settings.action.hours
    )
    used_up = [part.detail for part in parts if part.kind is PlanKind.REPLENISHMENT]
    leading, *more = [words_of(part.kind, part.detail, names, words=part.plan.settings.action.words) for part in parts]
    touch = {
        "occurrence_id": row.id,
        "customer_id": row.customer_id,
        "kind": "cadence" if row.detail.get("as_care") else row.kind,
        "origin_key": row.origin_key,
        "plan_id": row.plan_id,
        "words": leading,
        "more": [words for words in more if words],
        "send_at": opens.isoformat(),
        "expires_at": closes.isoformat(),
        "asks": "reorder" if used_up else None,
        "goods": [
            {"product_id": each["product_id"], "quantity": packs_of(each), "name": names.products[each["product_id"]]}
            for each in used_up
            if each["product_id"] in names.products
        ],
        "restricted": any(each.get("restricted") for each in used_up),
    }
    if is_short:
        return Foreseen(row.customer_id, touch, WhyNot.SHORT)
    return Foreseen(row.customer_id, touch, WhyNot(row.against) if row.against else None)
