"""How each customer buys: when last, in what rhythm, how often and for how much within a year; net of returns.

Kept in `buying_habit`, so that lists and the nightly plans never add up purchases. The handlers of purchase facts keep
one customer true at once; `refresh_passed` follows the days that pass, and `refresh` goes over all, whatever happened.
All write only what differs, so a night in which nothing changed writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.core.db import db, transaction

YEAR = timedelta(days=365)
LAPSES_AFTER_CYCLES = 1.5
FALLBACK_DAYS = 120
"""When somebody with fewer than three days of purchases, so without a rhythm of his own, counts as lapsed."""
LEAST_DAYS = 3
CHUNK = 20_000
NIGHTS = timedelta(days=4)
"""How far back the passing of days is followed: a few nights may be missed."""

CURRENCY = "CASE s.country WHEN 'CN' THEN 'CNY' ELSE 'HKD' END"
"""Over `store s`: the money in which its customers are compared."""
IS_KEPT = "(p.refunded = 0 OR p.refunded < p.total)"
"""Over `purchase p`: not given back as a whole."""

_FRESH = f"""
    WITH bought AS (
        SELECT p.customer_id, p.bought_at, (p.bought_at AT TIME ZONE s.zone)::date AS day, {CURRENCY} AS currency,
            CASE WHEN p.currency = {CURRENCY} THEN p.total - p.refunded ELSE 0 END AS value
        FROM customer c
        JOIN store s ON s.id = c.store_id
        JOIN purchase p ON p.customer_id = c.id
        WHERE %(who)s AND {IS_KEPT}
    ), gaps AS (
        SELECT customer_id, day, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
        FROM (SELECT DISTINCT customer_id, day FROM bought) days
    ), rhythm AS (
        SELECT customer_id, max(day) AS last_bought_on, count(*) AS days_bought,
            CASE WHEN count(*) >= :least_days
                THEN round(CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS numeric), 2) END AS cycle_days
        FROM gaps GROUP BY customer_id
    ), totals AS (
        SELECT customer_id, max(currency) AS currency, max(bought_at) AS last_bought_at,
            count(*) FILTER (WHERE bought_at > :since AND bought_at <= :now) AS year_purchases,
            coalesce(sum(value) FILTER (WHERE bought_at > :since AND bought_at <= :now), 0) AS year_value
        FROM bought GROUP BY customer_id
    ), fresh AS (
        SELECT customer_id, currency, last_bought_at, last_bought_on, days_bought, cycle_days,
            last_bought_on + CAST(coalesce(ceil(cycle_days * :cycles), :fallback_days) AS int) AS lapses_on,
            year_purchases, year_value
        FROM rhythm JOIN totals USING (customer_id)
    )"""  # noqa: S608  no text from outside
_COLUMNS = (
    "currency",
    "last_bought_at",
    "last_bought_on",
    "days_bought",
    "cycle_days",
    "lapses_on",
    "year_purchases",
    "year_value",
)


def _row(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in _COLUMNS)


def _refresh(of_whom: str) -> Any:
    """`of_whom` is a condition over `%s`, put on each table: said of the customers alone, it would not tell the
    database that a stretch of the index on purchases is enough."""
    customers, purchases, rows = (of_whom % column for column in ("c.id", "p.customer_id", "h.customer_id"))
    return text(f"""{_FRESH % {"who": f"{customers} AND {purchases}"}}, gone AS (
            DELETE FROM buying_habit h
            WHERE {rows} AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.customer_id = h.customer_id)
            RETURNING 1
        ), kept AS (
            INSERT INTO buying_habit (customer_id, {", ".join(_COLUMNS)})
            SELECT f.customer_id, {_row("f")}
            FROM fresh f LEFT JOIN buying_habit h ON h.customer_id = f.customer_id AND {rows}
            WHERE h.customer_id IS NULL OR ({_row("h")}) IS DISTINCT FROM ({_row("f")})
            ORDER BY f.customer_id
            ON CONFLICT (customer_id) DO UPDATE
            SET {", ".join(f"{column} = excluded.{column}" for column in _COLUMNS)}
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)""")  # noqa: S608  no text from outside


_REFRESH_SOME = _refresh("%s = ANY(CAST(:ids AS int[]))")
_REFRESH_RANGE = _refresh("%s BETWEEN :after + 1 AND :upto")

# A purchase leaves the year, or its moment, told ahead of time, has come; or the store's money has become another one.
_PASSED = text(f"""
    SELECT p.customer_id FROM purchase p
    WHERE p.customer_id IS NOT NULL
        AND (p.bought_at > :since - CAST(:nights AS interval) AND p.bought_at <= :since
            OR p.bought_at > :now - CAST(:nights AS interval) AND p.bought_at <= :now AND p.bought_at > p.recorded_at)
    UNION
    SELECT h.customer_id FROM buying_habit h
    JOIN customer c ON c.id = h.customer_id
    JOIN store s ON s.id = c.store_id
    WHERE h.currency <> {CURRENCY}
    ORDER BY 1""")  # noqa: S608  no text from outside


def refresh(*, now: datetime, say: Callable[[str], object] | None = None, chunk: int = CHUNK) -> int:
    """Bring the habits of all customers up to date, chunk by chunk in transactions of its own; returns rows changed.

    Killed half way, it starts again and finds the first chunks done. Needed after purchases were written in bulk past
    the service (a load, a benchmark); everything else is followed by the handlers.
    """
    changed, after, last = 0, 0, _last_customer_id()
    while after < last:
        with transaction() as session:
            values = _values(now) | {"after": after, "upto": after + chunk}
            changed += int(session.execute(_REFRESH_RANGE, values).scalar_one())
        after += chunk
        if say is not None:
            say(f"habits of customers up to {min(after, last)} of {last}")
    return changed


def refresh_passed(*, now: datetime, say: Callable[[str], object] | None = None, chunk: int = CHUNK) -> int:
    """The same for those alone with whom the days that have passed change something. Its cost does not grow with the
    years of purchases."""
    with transaction() as session:
        values = {"now": now, "since": now - YEAR, "nights": NIGHTS}
        ids = list(session.execute(_PASSED, values).scalars())
    changed = 0
    for start in range(0, len(ids), chunk):
        with transaction():
            changed += refresh_for(ids[start : start + chunk], now=now)
    if say is not None:
        say(f"habits of {len(ids)} customers whose year has moved on")
    return changed


def refresh_for(customer_ids: Collection[int], *, now: datetime) -> int:
    """The same for some customers, in the caller's transaction."""
    values = _values(now) | {"ids": sorted(customer_ids)}
    return int(db.session.execute(_REFRESH_SOME, values).scalar_one())


def own_cycle_sql() -> str:
    """A subquery to join: one row per customer who ever bought, with `customer_id`, `cycle_days` (numeric; null with
    fewer than three days of purchases), `last_bought_on` (the store's local date) and `lapses_on` (the first day on
    which 1.5 cycles, or 120 days without a cycle, have passed). Reads one narrow table by its key."""
    return "(SELECT customer_id, cycle_days, last_bought_on, lapses_on FROM buying_habit)"


def _values(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "since": now - YEAR,
        "cycles": LAPSES_AFTER_CYCLES,
        "fallback_days": FALLBACK_DAYS,
        "least_days": LEAST_DAYS,
    }


def _last_customer_id() -> int:
    with transaction() as session:
        return int(session.execute(text("SELECT coalesce(max(id), 0) FROM customer")).scalar_one())
