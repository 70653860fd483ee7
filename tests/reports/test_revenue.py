"""Which few customers bring most of the revenue."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.models import Store
from app.purchases import habits
from app.reports import revenue
from app.reports.revenue import Period, Revenue
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_purchase

SYSTEM = Actor.system()
MARCH = Period(first=date(2027, 3, 1), last=date(2027, 3, 31))
numbers = count(1)


def spends(store: Store, now: datetime, total: int | str, *, days_ago: int = 3, **changes: object) -> Customer:
    customer = make_customer(store=store, phone=None)
    make_purchase(
        customer,
        lines=[],
        total=Decimal(total),
        bought_at=now - timedelta(days=days_ago),
        currency="CNY" if store.country == "CN" else "HKD",
        **changes,
    )
    return customer


def report(store: Store | None, period: Period = MARCH, actor: Actor = SYSTEM, currency: str | None = None) -> Revenue:
    scope = revenue.scope_for(store_id=store.id if store else None, currency=currency, period=period, actor=actor)
    return revenue.report(scope)


def names(store: Store, actor: Actor = SYSTEM, *, now: datetime, **paging: object) -> list[int]:
    scope = revenue.scope_for(store_id=store.id, period=MARCH, actor=actor)
    return [row.customer.id for row in revenue.page_of_bringers(scope, actor=actor, now=now, **paging).rows]


def test_a_fifth_that_brings_four_fifths_is_found(session: Session, now: datetime) -> None:
    store = make_store()
    best = [spends(store, now, 400) for _ in range(2)]
    for _ in range(8):
        spends(store, now, 25)
    make_customer(store=store)
    found = report(store)
    assert (found.customers, found.buyers, found.total) == (11, 10, Decimal(1000))
    assert (found.vital, found.vital_percent, found.percent_of_few) == (2, Decimal(20), Decimal(80))
    assert names(store, now=now) == [customer.id for customer in best]


def test_the_tenths_add_up(session: Session, now: datetime) -> None:
    store = make_store()
    for number in range(1, 24):
        spends(store, now, number * 10)
    found = report(store)
    assert [tenth.number for tenth in found.deciles] == list(range(1, 11))
    assert sum(tenth.customers for tenth in found.deciles) == 23
    assert sum(tenth.revenue for tenth in found.deciles) == found.total
    assert found.deciles[-1].running_percent == Decimal(100)
    assert found.deciles[0].most == Decimal(230)


def test_returns_are_not_revenue(session: Session, now: datetime) -> None:
    store = make_store()
    spends(store, now, 500, refunded=Decimal(200))
    spends(store, now, 500, refunded=Decimal(500))
    found = report(store)
    assert (found.buyers, found.total) == (1, Decimal(300))


def test_the_period_counts_the_stores_days(session: Session, now: datetime) -> None:
    store = make_store()
    customer = make_customer(store=store)
    for at in ("2027-02-28T15:59:00+00:00", "2027-02-28T16:00:00+00:00", "2027-03-31T15:59:00+00:00",
               "2027-03-31T16:00:00+00:00"):  # fmt: skip
        make_purchase(customer, lines=[], total=Decimal(10), bought_at=datetime.fromisoformat(at))
    assert report(store).total == Decimal(20)


def test_the_rolling_year_is_that_of_the_tiers(session: Session, now: datetime) -> None:
    store = make_store()
    spends(store, now, 100, days_ago=364)
    spends(store, now, 900, days_ago=366)
    habits.refresh(now=now)
    assert report(store, Period()).total == Decimal(100)


def test_each_money_is_reported_apart(session: Session, now: datetime) -> None:
    hong_kong, shenzhen = make_store(), make_store(country="CN", zone="Asia/Shanghai")
    spends(hong_kong, now, 100)
    spends(shenzhen, now, 900)
    assert revenue.currencies(SYSTEM) == ["HKD", "CNY"]
    assert report(None).total == Decimal(100)
    assert report(None, currency="CNY").total == Decimal(900)
    assert report(shenzhen, currency="HKD").total == Decimal(900)


def test_nothing_sold_is_an_empty_report(session: Session, now: datetime) -> None:
    store = make_store()
    found = report(store)
    assert (found.buyers, found.vital, found.vital_percent, found.deciles, found.curve) == (0, 0, 0, [], [])
    assert names(store, now=now) == []


def test_the_list_is_read_page_by_page(session: Session, now: datetime) -> None:
    store = make_store()
    people = [spends(store, now, 100 - number) for number in range(10)]
    scope = revenue.scope_for(store_id=store.id, period=MARCH, actor=SYSTEM)
    first = revenue.page_of_bringers(scope, actor=SYSTEM, now=now, limit=5)
    rest = revenue.page_of_bringers(scope, actor=SYSTEM, now=now, limit=5, cursor=first.next_cursor)
    rows = [*first.rows, *rest.rows]
    assert [row.customer.id for row in rows] == [person.id for person in people[:8]]
    assert [row.place for row in rows] == list(range(1, 9))
    assert rows[-1].running_percent >= Decimal(80) > rows[-2].running_percent


def test_a_supervisor_reports_on_own_stores(session: Session, now: datetime) -> None:
    here, there = make_store(), make_store()
    spends(here, now, 100)
    spends(there, now, 900)
    person = make_staff(Role.SUPERVISOR, here)
    lead = Actor(id=person.id, name="", role=Role.SUPERVISOR, store_ids=frozenset({here.id}))
    assert report(None, actor=lead).total == Decimal(100)
    with pytest.raises(NotFound):
        report(there, actor=lead)


@pytest.mark.parametrize(
    "period",
    [
        Period(first=date(2027, 3, 1)),
        Period(last=date(2027, 3, 1)),
        Period(first=date(2027, 3, 2), last=date(2027, 3, 1)),
        Period(first=date(2020, 1, 1), last=date(2027, 3, 1)),
    ],
)
def test_a_period_needs_two_days_in_order_and_an_end(session: Session, now: datetime, period: Period) -> None:
    with pytest.raises(Invalid):
        report(make_store(), period)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(min_value=1, max_value=5000), min_size=1, max_size=30))
def test_the_arithmetic_is_that_of_a_plain_model(session: Session, now: datetime, values: list[int]) -> None:
    with session.begin_nested() as nested:
        store = make_store(code=f"R{next(numbers)}")
        for value in values:
            spends(store, now, value)
        found = report(store)
        best, total = sorted(values, reverse=True), sum(values)
        running = 0
        for place, value in enumerate(best, start=1):
            running += value
            if running * 100 >= total * 80:
                assert found.vital == place
                break
        few = -(-len(values) * 20 // 100)
        assert abs(found.percent_of_few - Decimal(sum(best[:few])) * 100 / total) <= Decimal("0.005")
        assert sum(tenth.revenue for tenth in found.deciles) == total
        curve = [(point.customers, point.revenue) for point in found.curve]
        assert curve == sorted(curve)
        assert curve[0] == (0, 0)
        assert curve[-1] == (100, 100)
        # The best first: the curve bends one way only.
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(curve)]
        assert all(later <= earlier + Decimal("0.05") for earlier, later in pairwise(slopes))
        nested.rollback()
