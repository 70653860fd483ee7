"""The 80/20 report: which few customers bring most of the revenue, per store and period, net of returns.

The base is the customers of the chosen stores who bought within the period, in one currency. The rolling year reads
the buying habits, the same figures that the tiers are computed from; any other period adds up its purchases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Numeric, Select, TextualSelect, select, text

from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.paging import Page, page_of
from app.customers.access import visible_customers
from app.customers.models import Customer
from app.people.access import Actor, in_own_stores, require_store
from app.people.models import Staff, Store
from app.purchases.habits import IS_KEPT

MOST_OF_IT = Decimal("80")
FEW = Decimal("20")
CURVE_STEPS = 50
DECILES = 10
LONGEST = timedelta(days=366 * 5)


@dataclass(frozen=True)
class Period:
    """Local days, both included. `None` for both is the rolling year up to now."""

    first: date | None = None
    last: date | None = None

    @property
    def is_rolling_year(self) -> bool:
        return self.first is None and self.last is None


@dataclass(frozen=True)
class Scope:
    """What a report is about: checked stores of one currency, and the period."""

    store_ids: tuple[int, ...]
    currency: str
    period: Period


@dataclass(frozen=True)
class Decile:
    """A tenth of the buyers, the best first."""

    number: int
    customers: int
    revenue: Decimal
    percent: Decimal
    running_percent: Decimal
    least: Decimal
    most: Decimal


@dataclass(frozen=True)
class Point:
    """So many per cent of the buyers, the best first, bring so many per cent of the revenue."""

    customers: Decimal
    revenue: Decimal


@dataclass(frozen=True)
class Revenue:
    """`vital` customers together bring 80 % of the revenue; the first fifth brings `percent_of_few`."""

    scope: Scope
    buyers: int
    customers: int
    total: Decimal
    vital: int
    percent_of_few: Decimal
    deciles: Sequence[Decile]
    curve: Sequence[Point]

    @property
    def vital_percent(self) -> Decimal:
        return _percent(self.vital, self.buyers)


@dataclass(frozen=True)
class Bringer:
    """One of the customers who bring most, as the list shows him."""

    place: int
    customer: Customer
    owner: str | None
    store: str
    purchases: int
    value: Decimal
    percent: Decimal
    running_percent: Decimal


def scope_for(
    *,
    store_id: int | None,
    currency: str | None = None,
    period: Period,
    actor: Actor,
) -> Scope:
    """The stores the actor may see; of several currencies the wanted one, else that of the first store.

    Raises NotFound for a store of somebody else, Invalid for a period that is none.
    """
    if store_id is not None:
        require_store(actor, store_id)
    stmt = select(Store.id, Store.country).where(in_own_stores(Store.id, actor)).order_by(Store.id)
    if store_id is not None:
        stmt = stmt.where(Store.id == store_id)
    money = {row.id: "CNY" if row.country == "CN" else "HKD" for row in db.session.execute(stmt)}
    if not money:
        raise NotFound()
    chosen = next((its for its in money.values() if its == currency), None) or next(iter(money.values()))
    _check(period)
    return Scope(
        store_ids=tuple(store for store, its in money.items() if its == chosen), currency=chosen, period=period
    )


def currencies(actor: Actor) -> list[str]:
    """The currencies of the actor's stores."""
    countries = db.session.scalars(select(Store.country).where(in_own_stores(Store.id, actor)).distinct())
    return sorted({"CNY" if country == "CN" else "HKD" for country in countries}, reverse=True)


def report(scope: Scope) -> Revenue:
    """One statement, whatever the number of customers. The scope has been checked against who asks."""
    row = db.session.execute(text(_SUMMARY % _spent(scope)), _values(scope)).one()
    buyers, total = row.buyers, Decimal(row.total)
    customers = db.session.execute(
        text("SELECT count(*) FROM customer WHERE store_id = ANY(CAST(:stores AS int[]))"),
        {"stores": list(scope.store_ids)},
    ).scalar_one()
    running = Decimal(0)
    deciles = []
    for number, count, revenue, least, most in row.deciles or []:
        running += Decimal(str(revenue))
        deciles.append(
            Decile(
                number=number,
                customers=count,
                revenue=Decimal(str(revenue)),
                percent=_percent(Decimal(str(revenue)), total),
                running_percent=_percent(running, total),
                least=Decimal(str(least)),
                most=Decimal(str(most)),
            )
        )
    points = [Point(_percent(place, buyers), _percent(Decimal(str(sum_)), total)) for place, sum_ in row.curve or []]
    return Revenue(
        scope=scope,
        buyers=buyers,
        customers=customers,
        total=total,
        vital=row.vital or 0,
        percent_of_few=_percent(Decimal(row.of_few or 0), total),
        deciles=deciles,
        curve=[Point(Decimal(0), Decimal(0)), *points] if points else [],
    )


def page_of_bringers(
    scope: Scope, *, actor: Actor, now: datetime, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Bringer rows: the customers who together bring 80 % of the revenue, the best first."""
    stmt, place = bringers(scope, actor=actor, now=now)
    page = page_of(stmt, keys=[place], cursor=cursor, limit=limit)
    return Page(rows=[_bringer(row) for row in page.rows], next_cursor=page.next_cursor)


def bringers(scope: Scope, *, actor: Actor, now: datetime) -> tuple[Select[Any], Column[int]]:
    """The list as a select, for pages and exports, and the column it is ordered by."""
    placed: TextualSelect = (
        text(_LIST % _spent(scope))
        .bindparams(**_values(scope, for_list=True))
        .columns(
            Column("id", Integer),
            Column("place", BigInteger),
            Column("value", Numeric(14, 2)),
            Column("purchases", BigInteger),
            Column("percent", Numeric(5, 2)),
            Column("running_percent", Numeric(5, 2)),
        )
    )
    found = placed.subquery("placed")
    columns: list[Any] = [
        Customer,
        Staff.name.label("owner"),
        Store.name.label("store"),
        found.c.purchases,
        found.c.value,
        found.c.percent,
        found.c.running_percent,
    ]
    stmt: Select[Any] = (
        select(*columns)
        .select_from(found)
        .join(Customer, Customer.id == found.c.id)
        .join(Store, Store.id == Customer.store_id)
        .outerjoin(Staff, Staff.id == Customer.owner_id)
    )
    return visible_customers(stmt, actor, now), found.c.place  # type: ignore[return-value]


_FROM_HABITS = """
    SELECT h.customer_id AS id, h.year_value AS value, h.year_purchases AS purchases
    FROM buying_habit h JOIN customer c ON c.id = h.customer_id
    WHERE c.store_id = ANY(CAST(:stores AS int[])) AND h.currency = :currency AND h.year_value > 0"""
# The bounds around the local days are for the index on the moment.
_FROM_PURCHASES = f"""
    SELECT c.id, sum(p.total - p.refunded) AS value, count(*) AS purchases
    FROM purchase p
    JOIN customer c ON c.id = p.customer_id
    JOIN store s ON s.id = c.store_id
    WHERE c.store_id = ANY(CAST(:stores AS int[])) AND p.currency = :currency AND {IS_KEPT}
      AND p.bought_at >= CAST(:first AS date) - interval '1 day'
      AND p.bought_at < CAST(:last AS date) + interval '2 days'
      AND (p.bought_at AT TIME ZONE s.zone)::date BETWEEN :first AND :last
    GROUP BY c.id
    HAVING sum(p.total - p.refunded) > 0"""  # noqa: S608  no text from outside

_PLACED = """
    WITH spent AS (%s), placed AS (
        SELECT id, value, purchases, row_number() OVER best AS place, sum(value) OVER (best ROWS UNBOUNDED PRECEDING)
            AS running, count(*) OVER () AS buyers, sum(value) OVER () AS total
        FROM spent
        WINDOW best AS (ORDER BY value DESC, id)
    ), vital AS (
        SELECT min(place) AS vital FROM placed WHERE running * 100 >= total * :most_of_it
    ), size AS (SELECT max(buyers) AS buyers FROM placed)"""
_SUMMARY = f"""{_PLACED}
    SELECT count(*) AS buyers, coalesce(max(total), 0) AS total, (SELECT vital FROM vital) AS vital,
        max(running) FILTER (WHERE place = ceil(buyers * :few / 100)) AS of_few,
        (SELECT jsonb_agg(jsonb_build_array(decile, customers, revenue, least, most) ORDER BY decile)
         FROM (SELECT ceil(place * :deciles / CAST(buyers AS numeric)) AS decile, count(*) AS customers,
                   sum(value) AS revenue, min(value) AS least, max(value) AS most
               FROM placed GROUP BY 1) tenths) AS deciles,
        (SELECT jsonb_agg(jsonb_build_array(place, running) ORDER BY place)
         FROM placed
         WHERE place IN (SELECT CAST(ceil(step * size.buyers / CAST(:steps AS numeric)) AS bigint)
                         FROM generate_series(1, :steps) step, size)
        ) AS curve
    FROM placed"""  # noqa: S608  no text from outside
_LIST = f"""{_PLACED}
    SELECT id, place, value, purchases, round(value * 100 / total, 2) AS percent,
        round(running * 100 / total, 2) AS running_percent
    FROM placed WHERE place <= (SELECT vital FROM vital)"""  # noqa: S608  no text from outside


def _spent(scope: Scope) -> str:
    return _FROM_HABITS if scope.period.is_rolling_year else _FROM_PURCHASES


def _values(scope: Scope, *, for_list: bool = False) -> dict[str, Any]:
    values: dict[str, Any] = {
        "stores": list(scope.store_ids),
        "currency": scope.currency,
        "most_of_it": MOST_OF_IT,
    }
    if not for_list:
        values |= {"few": FEW, "deciles": DECILES, "steps": CURVE_STEPS}
    if not scope.period.is_rolling_year:
        values |= {"first": scope.period.first, "last": scope.period.last}
    return values


def _check(period: Period) -> None:
    if (period.first is None) != (period.last is None):
        raise Invalid(errors={"to": [N_("Give the first and the last day, or neither.")]})
    if period.first is not None and period.last is not None:
        if period.last < period.first:
            raise Invalid(errors={"to": [N_("This lies before the first day.")]})
        if period.last - period.first > LONGEST:
            raise Invalid(errors={"to": [N_("At most five years.")]})


def _bringer(row: Any) -> Bringer:
    return Bringer(
        place=row[-1],
        customer=row[0],
        owner=row.owner,
        store=row.store,
        purchases=row.purchases,
        value=row.value,
        percent=row.percent,
        running_percent=row.running_percent,
    )


def _percent(part: Decimal | int, whole: Decimal | int) -> Decimal:
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.01")) if whole else Decimal(0)
