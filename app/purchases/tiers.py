"""Core, important, ordinary: computed from recency, frequency and value of a rolling year, in SQL.

`recompute` brings the habits up to date, ranks everybody in one statement, and moves only those whose tier differs.
A pin stands until it ends. The rules are versions of head office; the one in force at the time decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text

from app.core import audit, schedule
from app.core.db import db, transaction
from app.core.errors import Forbidden, Invalid, StaleVersion
from app.core.i18n import N_
from app.customers import service as customers
from app.customers import tiers as files
from app.customers.access import audit_name
from app.customers.models import Customer
from app.customers.tiers import PIN_HOLDS, TierChange
from app.customers.values import Tier
from app.people.access import Actor, in_own_stores
from app.people.models import Staff, Store
from app.purchases import habits
from app.purchases.tier_models import BuyingHabit, TierRule
from app.purchases.tier_rules import CURRENCIES, SHIPPED, Scores, TierRules, from_json, to_json

JOB = "compute_tiers"
CHUNK = 20_000
SAMPLES = 20
EVERYBODY_ON = 0
"""The weekday whose night looks at the habits of everybody."""
LONGEST_NOTE = 300
TIERS = tuple(Tier)


@dataclass(frozen=True)
class RulesInForce:
    """`number` is 0 while head office has changed nothing."""

    rules: TierRules
    number: int
    note: str = ""
    effective_at: datetime | None = None
    created_by: str | None = None


@dataclass(frozen=True)
class Recomputed:
    habits: int
    ranked: int
    moved: int


@dataclass(frozen=True)
class StoreMoves:
    """How many of a store's customers stand in each tier now and would then; `up` and `down` are those who move."""

    store_id: int
    now: Mapping[str, int]
    then: Mapping[str, int]
    up: int
    down: int


@dataclass(frozen=True)
class Mover:
    """One customer who would move, with the figures."""

    customer_id: int
    name: str
    store_id: int
    tier: str
    then: str
    purchases: int
    value: Decimal
    currency: str
    last_bought_on: date | None


@dataclass(frozen=True)
class Preview:
    stores: list[StoreMoves]
    moves: Mapping[tuple[str, str], int]
    samples: list[Mover]

    @property
    def moving(self) -> int:
        return sum(self.moves.values())


@dataclass(frozen=True)
class Standing:
    """Where the store's customers stand now; `pinned` are among them."""

    store_id: int
    counts: Mapping[str, int]
    pinned: int


@dataclass(frozen=True)
class Why:
    """What a customer's tier is computed from. Without a purchase within a year all figures are nothing."""

    earned: str
    purchases: int
    value: Decimal
    currency: str
    last_bought_on: date | None
    recency_score: int | None
    frequency_score: int | None
    value_score: int | None
    value_percent: Decimal | None


def rules_in_force(now: datetime) -> RulesInForce:
    found = db.session.execute(
        select(TierRule, Staff.name)
        .outerjoin(Staff, Staff.id == TierRule.created_by_id)
        .where(TierRule.effective_at <= now)
        .order_by(TierRule.number.desc())
        .limit(1)
    ).first()
    if found is None:
        return RulesInForce(rules=SHIPPED, number=0)
    return _version(found[0], found[1])


def versions(*, limit: int = 50) -> list[RulesInForce]:
    """All versions, the newest first; one may still lie in the future."""
    rows = db.session.execute(
        select(TierRule, Staff.name)
        .outerjoin(Staff, Staff.id == TierRule.created_by_id)
        .order_by(TierRule.number.desc())
        .limit(limit)
    )
    return [_version(row, name) for row, name in rows]


def save_rules(
    rules: TierRules, *, note: str, number: int, effective_at: datetime | None, actor: Actor, now: datetime
) -> RulesInForce:
    """A new version, in force at once or later; `number` is the newest one the author has seen.

    Customers move when the tiers are computed next, which is asked for at once if the version is in force.
    """
    if not actor.sees_all_stores:
        raise Forbidden()
    if effective_at is not None and effective_at < now:
        raise Invalid(errors={"effective_at": [N_("This lies in the past.")]})
    if len(note) > LONGEST_NOTE:
        raise Invalid(errors={"note": [N_("This is too long.")]})
    # One author at a time: of two who have seen the same version the second is told.
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('tier_rule'))"))
    newest = db.session.scalar(select(func.coalesce(func.max(TierRule.number), 0))) or 0
    if newest != number:
        raise StaleVersion(extra={"version": newest})
    row = TierRule(
        number=newest + 1,
        settings=to_json(rules),
        note=note.strip(),
        effective_at=effective_at or now,
        created_at=now,
        created_by_id=actor.staff_id,
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        audit_name(actor), action="tiers.rules", subject=("tier_rule", row.id), now=now, detail={"number": row.number}
    )
    if row.effective_at <= now:
        schedule.ask_for(JOB, now=now)
    return _version(row, actor.name)


def recompute_nightly(*, now: datetime) -> Recomputed:
    """The job. Handlers keep the habits of who buys, so most nights need only those whose year has moved on; once a
    week everybody is looked at, whatever was written past them."""
    return recompute(now=now, everybody=now.astimezone(UTC).weekday() == EVERYBODY_ON)


def recompute(*, now: datetime, everybody: bool = True, say: Callable[[str], object] | None = None) -> Recomputed:
    """Habits, ranks, tiers; in transactions of its own. Killed anywhere, the next run finishes the work."""
    refreshed = habits.refresh(now=now, say=say) if everybody else habits.refresh_passed(now=now, say=say)
    with transaction():
        in_force = rules_in_force(now)
        ranked = rank(in_force.rules, now=now)
    if say is not None:
        say(f"{ranked} customers ranked anew by rules {in_force.number}")
    moved = _move_all(now=now, number=in_force.number, say=say)
    return Recomputed(habits=refreshed, ranked=ranked, moved=moved)


def rank(rules: TierRules, *, now: datetime) -> int:
    """Write scores, place and earned tier of everybody who bought within a year; returns how many rows differed."""
    return int(db.session.execute(_STORE_RANKS, _values(rules, now)).scalar_one())


def preview(rules: TierRules, *, actor: Actor, now: datetime) -> Preview:
    """Who would move under these rules, by store, with a sample of the customers who bought most. Writes nothing."""
    if not actor.sees_all_stores:
        raise Forbidden()
    counts, samples = db.session.execute(_PREVIEW, _values(rules, now) | {"samples": SAMPLES}).one()
    by_store: dict[int, list[tuple[str, str, int]]] = {}
    moves: dict[tuple[str, str], int] = {}
    for store_id, tier, then, count in counts or []:
        by_store.setdefault(store_id, []).append((tier, then, count))
        if tier != then:
            moves[tier, then] = moves.get((tier, then), 0) + count
    return Preview(
        stores=[_store_moves(store_id, rows) for store_id, rows in sorted(by_store.items())],
        moves=moves,
        samples=[
            Mover(
                customer_id=row["id"],
                name=row["name"],
                store_id=row["store_id"],
                tier=row["tier"],
                then=row["next_tier"],
                purchases=row["purchases"],
                value=Decimal(str(row["value"])),
                currency=row["currency"],
                last_bought_on=date.fromisoformat(row["last_bought_on"]) if row["last_bought_on"] else None,
            )
            for row in samples or []
        ],
    )


def standings(actor: Actor) -> list[Standing]:
    """How many customers of each of the actor's stores stand in each tier."""
    rows = db.session.execute(
        select(
            Customer.store_id,
            Customer.tier,
            func.count(),
            func.count(Customer.tier_pinned_at),
        )
        .where(in_own_stores(Customer.store_id, actor))
        .group_by(Customer.store_id, Customer.tier)
        .order_by(Customer.store_id)
    )
    counts: dict[int, dict[str, int]] = {}
    pinned: dict[int, int] = {}
    for store_id, tier, count, pins in rows:
        counts.setdefault(store_id, dict.fromkeys(map(str, TIERS), 0))[tier] = count
        pinned[store_id] = pinned.get(store_id, 0) + pins
    return [Standing(store_id=store_id, counts=found, pinned=pinned[store_id]) for store_id, found in counts.items()]


def why(customer_id: int) -> Why:
    """The figures of one customer. The caller has checked who asks."""
    habit = db.session.get(BuyingHabit, customer_id)
    if habit is None:
        country = db.session.scalar(
            select(Store.country).join(Customer, Customer.store_id == Store.id).where(Customer.id == customer_id)
        )
        return Why(Tier.ORDINARY, 0, Decimal(0), "CNY" if country == "CN" else "HKD", None, None, None, None, None)
    return Why(
        earned=habit.earned_tier,
        purchases=habit.year_purchases,
        value=habit.year_value,
        currency=habit.currency,
        last_bought_on=habit.last_bought_on,
        recency_score=habit.recency_score,
        frequency_score=habit.frequency_score,
        value_score=habit.value_score,
        value_percent=habit.value_percent,
    )


def unpin(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    """Take the pin off and give the customer the tier last computed."""
    customers.get(customer_id, actor=actor, now=now)
    return files.unpin(customer_id, back_to=Tier(why(customer_id).earned), actor=actor, now=now)


def _version(row: TierRule, author: str | None) -> RulesInForce:
    return RulesInForce(
        rules=from_json(row.settings),
        number=row.number,
        note=row.note,
        effective_at=row.effective_at,
        created_by=author,
    )


def _store_moves(store_id: int, rows: list[tuple[str, str, int]]) -> StoreMoves:
    before, after = dict.fromkeys(map(str, TIERS), 0), dict.fromkeys(map(str, TIERS), 0)
    up = down = 0
    for tier, then, count in rows:
        before[tier] += count
        after[then] += count
        if TIERS.index(Tier(then)) < TIERS.index(Tier(tier)):
            up += count
        elif tier != then:
            down += count
    return StoreMoves(store_id=store_id, now=before, then=after, up=up, down=down)


def _values(rules: TierRules, now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "within": str(rules.within),
        "basis": str(rules.basis),
        "core_percent": rules.core_percent,
        "important_percent": rules.important_percent,
        "core_points": rules.core_points,
        "important_points": rules.important_points,
        "core_purchases": rules.core_purchases,
        "important_purchases": rules.important_purchases,
        "by_steps": rules.scores is Scores.STEPS,
        "recency_days": [limit + 1 for limit in rules.steps.recency_days],
        "purchases": list(rules.steps.purchases),
        **{f"value_{currency.lower()}": list(rules.steps.value[currency]) for currency in CURRENCIES},
    }


# The percentage is whole: with parts of it one new customer would rewrite everybody's row at night.
# Equals share a score, so nobody is scored down by the order of ids; the place, which must cut somewhere, breaks ties
# by frequency, then by the last purchase.
_RANKED = """
    WITH placed AS (
        SELECT h.customer_id, h.currency, h.year_value, h.year_purchases,
            (CAST(:now AS timestamptz) AT TIME ZONE s.zone)::date - h.last_bought_on AS days,
            count(*) OVER everybody AS people,
            rank() OVER (PARTITION BY g.compared ORDER BY h.last_bought_on) - 1 AS less_recent,
            rank() OVER (PARTITION BY g.compared ORDER BY h.year_purchases) - 1 AS less_often,
            rank() OVER (PARTITION BY g.compared ORDER BY h.year_value) - 1 AS less_value,
            row_number() OVER (PARTITION BY g.compared ORDER BY h.year_value DESC, h.year_purchases DESC,
                h.last_bought_at DESC, h.customer_id) AS place
        FROM buying_habit h
        JOIN customer c ON c.id = h.customer_id
        JOIN store s ON s.id = c.store_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN :within = 'store' THEN c.store_id::text ELSE h.currency END AS compared
        ) g
        WHERE h.year_purchases > 0
        WINDOW everybody AS (PARTITION BY g.compared)
    ), scored AS (
        SELECT customer_id, year_value, year_purchases, place, people,
            CASE WHEN :by_steps THEN 5 - width_bucket(days, CAST(:recency_days AS int[]))
                ELSE least(5, 1 + 5 * less_recent / people) END AS r,
            CASE WHEN :by_steps THEN 1 + width_bucket(year_purchases, CAST(:purchases AS int[]))
                ELSE least(5, 1 + 5 * less_often / people) END AS f,
            CASE WHEN :by_steps THEN 1 + width_bucket(year_value, CASE currency
                    WHEN 'CNY' THEN CAST(:value_cny AS numeric[]) ELSE CAST(:value_hkd AS numeric[]) END)
                ELSE least(5, 1 + 5 * less_value / people) END AS m
        FROM placed
    ), ranked AS (
        SELECT customer_id, r, f, m, ceil(100.0 * place / people) AS percent,
            CASE
                WHEN year_purchases >= :core_purchases AND year_value > 0 AND
                    CASE :basis WHEN 'share' THEN place <= ceil(people * :core_percent / 100.0)
                        ELSE r + f + m >= :core_points END
                THEN 'core'
                WHEN year_purchases >= :important_purchases AND year_value > 0 AND
                    CASE :basis WHEN 'share' THEN place <= ceil(people * :important_percent / 100.0)
                        ELSE r + f + m >= :important_points END
                THEN 'important'
                ELSE 'ordinary'
            END AS tier
        FROM scored
    )"""

_STORE_RANKS = text(f"""{_RANKED}, fresh AS (
        SELECT h.customer_id, r.r, r.f, r.m, r.percent, coalesce(r.tier, 'ordinary') AS tier
        FROM buying_habit h LEFT JOIN ranked r ON r.customer_id = h.customer_id
        WHERE (h.recency_score, h.frequency_score, h.value_score, h.value_percent, h.earned_tier)
            IS DISTINCT FROM (r.r, r.f, r.m, r.percent, coalesce(r.tier, 'ordinary'))
    ), written AS (
        UPDATE buying_habit h
        SET recency_score = f.r, frequency_score = f.f, value_score = f.m, value_percent = f.percent,
            earned_tier = f.tier
        FROM fresh f WHERE f.customer_id = h.customer_id
        RETURNING 1
    )
    SELECT count(*) FROM written""")  # noqa: S608  no text from outside

_PREVIEW = text(f"""{_RANKED}, would AS MATERIALIZED (
        SELECT c.id, c.name, c.store_id, c.tier,
            CASE WHEN {PIN_HOLDS} THEN c.tier ELSE coalesce(r.tier, 'ordinary') END AS next_tier
        FROM customer c
        JOIN store s ON s.id = c.store_id
        LEFT JOIN ranked r ON r.customer_id = c.id
    ), sample AS (
        SELECT w.*, coalesce(h.year_purchases, 0) AS purchases, coalesce(h.year_value, 0) AS value,
            coalesce(h.currency, {habits.CURRENCY}) AS currency, h.last_bought_on
        FROM would w
        JOIN store s ON s.id = w.store_id
        LEFT JOIN buying_habit h ON h.customer_id = w.id
        WHERE w.tier <> w.next_tier
        ORDER BY coalesce(h.year_value, 0) DESC, w.id
        LIMIT :samples
    )
    SELECT
        (SELECT jsonb_agg(jsonb_build_array(store_id, tier, next_tier, number))
         FROM (SELECT store_id, tier, next_tier, count(*) AS number FROM would GROUP BY 1, 2, 3) counted),
        (SELECT jsonb_agg(to_jsonb(sample)) FROM sample)""")  # noqa: S608  no text from outside

_DIFFERENT = text(f"""
    SELECT c.id, coalesce(h.earned_tier, 'ordinary'), coalesce(h.recency_score, 0), coalesce(h.frequency_score, 0),
        coalesce(h.value_score, 0), h.value_percent
    FROM customer c
    JOIN store s ON s.id = c.store_id
    LEFT JOIN buying_habit h ON h.customer_id = c.id
    WHERE c.id > :after AND c.id <= :upto AND NOT {PIN_HOLDS}
      AND (c.tier <> coalesce(h.earned_tier, 'ordinary') OR c.tier_pinned_at IS NOT NULL)
    ORDER BY c.id""")  # noqa: S608  no text from outside


def _move_all(*, now: datetime, number: int, say: Callable[[str], object] | None) -> int:
    moved, after = 0, 0
    with transaction() as session:
        last = int(session.execute(text("SELECT coalesce(max(id), 0) FROM customer")).scalar_one())
    while after < last:
        with transaction() as session:
            rows = session.execute(_DIFFERENT, {"after": after, "upto": after + CHUNK, "now": now})
            changes = [
                TierChange(
                    customer_id=customer_id,
                    tier=tier,
                    detail={
                        "rules": number,
                        "scores": [recency, frequency, value],
                        "percent": None if percent is None else float(percent),
                    },
                )
                for customer_id, tier, recency, frequency, value, percent in rows
            ]
            moved += files.set_tiers(changes, actor=Actor.system("tiers"), now=now)
        after += CHUNK
        if say is not None and changes:
            say(f"{moved} customers moved, up to {min(after, last)} of {last}")
    return moved
