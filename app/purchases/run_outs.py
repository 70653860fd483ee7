"""The table of run-out days, kept true by one statement: run_out.py in SQL, for one customer or for a million.

A household shares what its customers buy, so a run-out belongs to a household and a product; it stands in the file of
the customer with the daily amount, else of the one who bought last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text

from app.core.db import db, transaction
from app.customers.models import Customer
from app.purchases.models import RunOut
from app.purchases.run_out import FAR_OFF, FORMULA_MONTHS, INTERVALS_MEASURED, LONGEST_DAYS, REORDERS_NEEDED

HOUSEHOLDS_AT_ONCE = 100_000
LOCK = 7_114_017
"""Key of the advisory locks of this table: shared by who refreshes a household, exclusive for who refreshes many."""

# "Used" is the place on the line of all that a household ever uses of a product: a pack that begins at x and holds c
# ends at x + c, and each begins where the one before ends or at what was used by the day it was bought, whichever is
# later. As a running sum: end = filled + max(used on the day - filled before), over this pack and all before it.
_REFRESH = """
WITH household_in AS (
    {scope}
), person AS (
    SELECT c.id AS customer_id, c.household_id FROM customer c JOIN household_in USING (household_id)
), consumer AS (
    SELECT p.household_id, i.product_id, i.id, i.customer_id, i.household_member_id, i.per_day, i.since,
        i.until + 1 AS gone, m.birth_date,
        i.requested_at IS NOT NULL AND m.consent_withdrawn_at IS NULL AS is_requested
    FROM intake i JOIN person p USING (customer_id) LEFT JOIN household_member m ON m.id = i.household_member_id
), in_use AS (
    SELECT household_id, product_id, max(coalesce(gone, since)) AS changed,
        sum(per_day) FILTER (WHERE gone IS NULL) AS per_day
    FROM consumer GROUP BY household_id, product_id
), pack AS (
    SELECT p.household_id, l.product_id, (b.bought_at AT TIME ZONE s.zone)::date AS day,
        sum((l.quantity - l.returned) * g.pack_size) AS content, sum(l.quantity - l.returned) AS quantity,
        (array_agg(b.customer_id ORDER BY b.bought_at DESC, b.id DESC))[1] AS customer_id
    FROM person p
    JOIN purchase b USING (customer_id)
    JOIN store s ON s.id = b.store_id
    JOIN purchase_line l ON l.purchase_id = b.id AND l.quantity > l.returned
    JOIN product g ON g.id = l.product_id AND g.pack_size IS NOT NULL
    LEFT JOIN in_use u ON u.household_id = p.household_id AND u.product_id = l.product_id
    WHERE g.is_consumable OR u.product_id IS NOT NULL
    GROUP BY p.household_id, l.product_id, 3
), shelf AS (
    SELECT k.*, row_number() OVER (of_product ORDER BY k.day DESC) AS newest,
        sum(k.content) OVER (of_product ORDER BY k.day) AS filled
    FROM pack k WINDOW of_product AS (PARTITION BY k.household_id, k.product_id)
), shelf_in_use AS (
    SELECT k.household_id, k.product_id, k.day, k.content, k.newest, k.filled,
        sum(u.per_day * greatest(0, least(k.day, u.gone) - u.since)) AS used
    FROM shelf k JOIN consumer u USING (household_id, product_id)
    GROUP BY k.household_id, k.product_id, k.day, k.content, k.newest, k.filled
), emptied AS (
    SELECT k.*, k.filled + max(k.used - k.filled + k.content) OVER (of_product ORDER BY k.day) AS used_up,
        max(k.used) OVER of_product AS used_at_last
    FROM shelf_in_use k WINDOW of_product AS (PARTITION BY k.household_id, k.product_id)
), mark AS (
    SELECT household_id, product_id, since AS day FROM consumer
    UNION SELECT household_id, product_id, gone FROM consumer WHERE gone IS NOT NULL
), span AS (
    SELECT m.household_id, m.product_id, m.day, m.used, m.rate,
        lead(m.used) OVER (PARTITION BY m.household_id, m.product_id ORDER BY m.day) AS used_at_next
    FROM (
        SELECT m.household_id, m.product_id, m.day,
            sum(u.per_day * greatest(0, least(m.day, u.gone) - u.since)) AS used,
            sum(u.per_day) FILTER (WHERE u.since <= m.day AND (u.gone IS NULL OR u.gone > m.day)) AS rate
        FROM mark m JOIN consumer u USING (household_id, product_id)
        GROUP BY m.household_id, m.product_id, m.day
    ) m
), open_pack AS (
    SELECT k.household_id, k.product_id, k.day AS bought_on, k.content, k.newest,
        s.day + least({longest}, div(k.used_up - s.used, s.rate))::int AS used_up_on
    FROM emptied k JOIN span s USING (household_id, product_id)
    WHERE k.used_up > k.used_at_last AND s.used < k.used_up AND s.rate > 0
        AND (s.used_at_next IS NULL OR s.used_at_next >= k.used_up)
), by_label AS (
    SELECT household_id, product_id, max(used_up_on) FILTER (WHERE newest = 1) AS day,
        jsonb_agg(jsonb_build_object('bought_on', bought_on, 'content', trim_scale(content), 'used_up_on', used_up_on)
            ORDER BY bought_on) AS packs
    FROM open_pack GROUP BY household_id, product_id
), pace AS (
    SELECT k.household_id, k.product_id, max(k.day) - min(k.day) AS days, max(k.day) AS last_day,
        sum(k.content) FILTER (WHERE k.newest > 1) AS amount, max(k.content) FILTER (WHERE k.newest = 1) AS last_content
    FROM shelf k LEFT JOIN in_use u USING (household_id, product_id)
    WHERE k.newest <= {intervals} + 1 AND (u.changed IS NULL OR k.day >= u.changed)
    GROUP BY k.household_id, k.product_id
    HAVING count(*) > {reorders}
), by_pace AS (
    SELECT household_id, product_id, day, amount, days,
        jsonb_build_array(jsonb_build_object(
            'bought_on', last_day, 'content', trim_scale(last_content), 'used_up_on', day)) AS packs
    FROM (
        SELECT p.*, last_day + least({longest}, div(last_content * days, amount))::int AS day FROM pace p
    ) p
), told AS (
    SELECT household_id, product_id,
        CASE WHEN is_measured THEN p.day ELSE l.day END AS day,
        CASE WHEN is_measured THEN 'measured' ELSE 'label' END AS basis,
        CASE WHEN is_measured THEN p.packs ELSE l.packs END AS packs,
        l.day AS day_by_label
    FROM by_label l
    JOIN in_use u USING (household_id, product_id)
    LEFT JOIN by_pace p USING (household_id, product_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(p.amount <= {far_off} * u.per_day * p.days AND u.per_day * p.days <= {far_off} * p.amount,
            false) AS is_measured
    ) m
    WHERE l.day IS NOT NULL
    UNION ALL
    SELECT household_id, product_id, p.day, 'reorder', p.packs, NULL
    FROM by_pace p LEFT JOIN in_use u USING (household_id, product_id)
    WHERE u.product_id IS NULL
), held_by AS (
    SELECT t.household_id, t.product_id,
        (array_agg(u.customer_id ORDER BY u.is_requested DESC, u.id))[1] AS customer_id,
        CASE WHEN count(*) = 1 THEN min(u.household_member_id) END AS household_member_id,
        bool_or(u.is_requested) AS is_requested,
        CASE WHEN count(u.birth_date) = count(*)
            THEN max((u.birth_date + make_interval(months => g.months))::date) END AS ends_on
    FROM told t
    JOIN consumer u USING (household_id, product_id)
    JOIN (
        SELECT id, coalesce(until_age_months, CASE WHEN is_restricted THEN {formula_months} END) AS months FROM product
    ) g ON g.id = t.product_id
    WHERE u.since <= t.day_by_label AND (u.gone IS NULL OR u.gone > t.day_by_label)
    GROUP BY t.household_id, t.product_id
), result AS (
    SELECT coalesce(h.customer_id, k.customer_id) AS customer_id, t.product_id, h.household_member_id, t.day, t.basis,
        t.packs, k.day AS last_bought_on, k.quantity AS reorder_quantity, g.is_restricted,
        coalesce(h.is_requested, false) AS is_requested, g.is_large AS needs_delivery, h.ends_on
    FROM told t
    JOIN shelf k ON k.household_id = t.household_id AND k.product_id = t.product_id AND k.newest = 1
    JOIN product g ON g.id = t.product_id
    LEFT JOIN held_by h ON h.household_id = t.household_id AND h.product_id = t.product_id
    WHERE t.basis = 'reorder' OR h.customer_id IS NOT NULL
), gone AS (
    DELETE FROM run_out r USING person p
    WHERE p.customer_id = r.customer_id AND (r.customer_id, r.product_id) NOT IN (
        SELECT x.customer_id, x.product_id FROM result x)
    RETURNING 1
), kept AS (
    INSERT INTO run_out AS r ({columns}, computed_at)
    SELECT {columns}, :now FROM result
    ON CONFLICT (customer_id, product_id) DO UPDATE SET ({columns}, computed_at) = ({new_columns}, excluded.computed_at)
    WHERE ({old_columns}) IS DISTINCT FROM ({new_columns})
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)
"""

_COLUMNS = (
    "customer_id",
    "product_id",
    "household_member_id",
    "day",
    "basis",
    "packs",
    "last_bought_on",
    "reorder_quantity",
    "is_restricted",
    "is_requested",
    "needs_delivery",
    "ends_on",
)
_OF_CUSTOMERS = "SELECT DISTINCT household_id FROM customer WHERE id = ANY(CAST(:customers AS int[]))"
_BETWEEN = "SELECT id AS household_id FROM household WHERE id BETWEEN :first AND :last"


def _statement(scope: str) -> Any:
    # Every word pasted here is ours; all values come bound.
    return text(
        _REFRESH.format(
            scope=scope,
            longest=LONGEST_DAYS,
            intervals=INTERVALS_MEASURED,
            reorders=REORDERS_NEEDED,
            far_off=FAR_OFF,
            formula_months=FORMULA_MONTHS,
            columns=", ".join(_COLUMNS),
            old_columns=", ".join(f"r.{name}" for name in _COLUMNS),
            new_columns=", ".join(f"excluded.{name}" for name in _COLUMNS),
        )
    )


_FOR_CUSTOMERS = _statement(_OF_CUSTOMERS)
_FOR_HOUSEHOLDS = _statement(_BETWEEN)


def refresh(now: datetime, customer_ids: Collection[int] | None = None) -> int:
    """Compute the run-outs anew, of these customers' households or of all; returns how many rows changed.

    Two refreshes of one household wait for each other, else the one that had seen less could write last.
    """
    if customer_ids is None:
        db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
        return _between(1, 2**31 - 1, now=now)
    if not customer_ids:
        return 0
    wanted = sorted(set(customer_ids))
    lock_households(wanted)
    return int(db.session.execute(_FOR_CUSTOMERS, {"customers": wanted, "now": now}).scalar_one())


def lock_households(customer_ids: Collection[int]) -> None:
    """Let others who compute run-outs of these households wait until this transaction ends."""
    db.session.execute(select(func.pg_advisory_xact_lock_shared(LOCK)))
    households = select(Customer.household_id).where(Customer.id.in_(sorted(set(customer_ids)))).distinct().subquery()
    ordered = select(households.c.household_id).order_by(households.c.household_id).subquery()
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK, ordered.c.household_id)))


def refresh_all(*, now: datetime, say: Callable[[str], object] | None = None) -> int:
    """The nightly look at everybody, in chunks of households, each in a transaction of its own."""
    changed = 0
    first = 1
    while True:
        with transaction():
            last = db.session.scalar(_end_of_chunk(first))
            if last is None:
                return changed
            db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
            changed += _between(first, last, now=now)
        if say is not None:
            say(f"run-outs of households up to {last}: {changed} changed")
        first = last + 1


def forget(customer_ids: Collection[int]) -> None:
    """Drop the rows of customers whose file moves into another one."""
    db.session.execute(delete(RunOut).where(RunOut.customer_id.in_(customer_ids)))


def _between(first: int, last: int, *, now: datetime) -> int:
    # The planner takes each step of so many households for a single row and would join them by loops in loops.
    _plan_for_many("off")
    changed = db.session.execute(_FOR_HOUSEHOLDS, {"first": first, "last": last, "now": now}).scalar_one()
    _plan_for_many("on")
    return int(changed)


def _plan_for_many(loops: str) -> None:
    """Until the transaction ends or it is said again."""
    db.session.execute(select(func.set_config("enable_nestloop", loops, True)))


def _end_of_chunk(first: int) -> Any:
    chunk = (
        select(Customer.household_id)
        .where(Customer.household_id >= first)
        .distinct()
        .order_by(Customer.household_id)
        .limit(HOUSEHOLDS_AT_ONCE)
        .subquery()
    )
    return select(func.max(chunk.c.household_id))
