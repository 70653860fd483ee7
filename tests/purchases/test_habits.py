"""How customers buy: rhythm, last day, and the year's purchases net of returns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import db
from app.customers.models import Customer
from app.purchases import habits
from app.purchases.tier_models import BuyingHabit
from tests.factories.customers import make_customer
from tests.factories.people import make_store
from tests.factories.purchases import make_purchase


def buy(customer: Customer, now: datetime, *days_ago: int, total: int = 100, **changes: object) -> None:
    for days in days_ago:
        make_purchase(customer, bought_at=now - timedelta(days=days), total=Decimal(total), **changes)


def habit_of(customer: Customer) -> BuyingHabit | None:
    db.session.expire_all()
    return db.session.get(BuyingHabit, customer.id)


def test_the_own_cycle_is_the_median_of_the_days_between_purchases(session: Session, now: datetime) -> None:
    customer = make_customer()
    buy(customer, now, 100, 90, 60)  # 10 and 30 days apart
    habits.refresh_for([customer.id], now=now)
    habit = habit_of(customer)
    assert habit is not None
    assert habit.cycle_days == Decimal(20)
    assert habit.last_bought_on == (now - timedelta(days=60)).date()
    assert habit.lapses_on == habit.last_bought_on + timedelta(days=30)


def test_two_purchases_on_one_day_are_one_day_of_buying(session: Session, now: datetime) -> None:
    customer = make_customer()
    buy(customer, now, 100, 100, 90, 60)
    habits.refresh_for([customer.id], now=now)
    habit = habit_of(customer)
    assert habit is not None
    assert (habit.days_bought, habit.cycle_days, habit.year_purchases) == (3, Decimal(20), 4)


def test_with_fewer_than_three_purchases_there_is_no_own_cycle(session: Session, now: datetime) -> None:
    customer = make_customer()
    buy(customer, now, 40, 10)
    habits.refresh_for([customer.id], now=now)
    habit = habit_of(customer)
    assert habit is not None
    assert habit.cycle_days is None
    assert habit.lapses_on == habit.last_bought_on + timedelta(days=120)


def test_a_day_is_that_of_the_store(session: Session, now: datetime) -> None:
    customer = make_customer(store=make_store(zone="Asia/Hong_Kong"))
    make_purchase(customer, bought_at=datetime(2027, 3, 1, 17, 0, tzinfo=UTC))
    habits.refresh_for([customer.id], now=now)
    habit = habit_of(customer)
    assert habit is not None
    assert habit.last_bought_on == date(2027, 3, 2)


def test_what_was_given_back_does_not_count(session: Session, now: datetime) -> None:
    customer = make_customer()
    buy(customer, now, 30, total=500, refunded=Decimal(120))
    buy(customer, now, 5, total=300, refunded=Decimal(300))
    habits.refresh_for([customer.id], now=now)
    habit = habit_of(customer)
    assert habit is not None
    assert (habit.year_purchases, habit.year_value) == (1, Decimal(380))
    assert habit.last_bought_on == (now - timedelta(days=30)).date()


def test_money_of_another_country_is_not_added_up(session: Session, now: datetime) -> None:
    customer = make_customer(store=make_store(country="CN", zone="Asia/Shanghai"))
    buy(customer, now, 30, total=500, currency="CNY")
    buy(customer, now, 20, total=900, currency="HKD")
    habits.refresh_for([customer.id], now=now)
    habit = habit_of(customer)
    assert habit is not None
    assert (habit.currency, habit.year_value, habit.year_purchases) == ("CNY", Decimal(500), 2)


def test_the_year_rolls_on(session: Session, now: datetime) -> None:
    customer = make_customer()
    buy(customer, now, 366, 364, total=70)
    habits.refresh_for([customer.id], now=now)
    habit = habit_of(customer)
    assert habit is not None
    assert (habit.days_bought, habit.year_purchases, habit.year_value) == (2, 1, Decimal(70))


def test_who_gave_everything_back_has_no_habit(session: Session, now: datetime) -> None:
    customer = make_customer()
    purchase = make_purchase(customer, total=Decimal(88), bought_at=now - timedelta(days=3))
    habits.refresh_for([customer.id], now=now)
    assert habit_of(customer) is not None
    purchase.refunded = purchase.total
    db.session.flush()
    habits.refresh_for([customer.id], now=now)
    assert habit_of(customer) is None


def test_going_over_all_customers_writes_only_what_differs(session: Session, now: datetime) -> None:
    for days in (200, 100, 10):
        buy(make_customer(), now, days)
    assert habits.refresh(now=now, chunk=2) == 3
    assert habits.refresh(now=now, chunk=2) == 0
    buy(make_customer(), now, 1)
    assert habits.refresh(now=now) == 1


def test_days_that_pass_change_the_year_of_those_alone_who_bought_a_year_ago(session: Session, now: datetime) -> None:
    leaving, other = make_customer(), make_customer()
    buy(leaving, now, 364, 10)
    buy(other, now, 100)
    habits.refresh(now=now)
    buy(other, now, 50)  # past the service: the weekly look at everybody is for that

    assert habits.refresh_passed(now=now + timedelta(days=2)) == 1

    habit, untouched = habit_of(leaving), habit_of(other)
    assert habit is not None
    assert untouched is not None
    assert (habit.year_purchases, untouched.year_purchases) == (1, 1)


def test_a_purchase_told_ahead_of_its_time_counts_when_it_has_come(session: Session, now: datetime) -> None:
    customer = make_customer()
    buy(customer, now, 30)
    make_purchase(customer, bought_at=now + timedelta(hours=1), recorded_at=now)
    habits.refresh(now=now)

    habits.refresh_passed(now=now + timedelta(days=1))

    habit = habit_of(customer)
    assert habit is not None
    assert habit.year_purchases == 2


def test_who_has_moved_to_another_country_is_compared_in_its_money(session: Session, now: datetime) -> None:
    customer = make_customer(store=make_store(country="HK"))
    buy(customer, now, 30)
    habits.refresh(now=now)
    customer.store_id = make_store(country="CN", zone="Asia/Shanghai").id
    db.session.flush()

    habits.refresh_passed(now=now)

    habit = habit_of(customer)
    assert habit is not None
    assert habit.currency == "CNY"


def test_following_the_days_agrees_with_a_look_at_everybody(session: Session, now: datetime) -> None:
    for days in range(300, 380, 3):
        buy(make_customer(), now, days, days - 60)
    habits.refresh(now=now)
    for passed in range(2, 20, 2):
        habits.refresh_passed(now=now + timedelta(days=passed), chunk=3)
        assert habits.refresh(now=now + timedelta(days=passed)) == 0


def test_the_cycle_can_be_joined_by_others(session: Session, now: datetime) -> None:
    customer = make_customer()
    buy(customer, now, 100, 90, 80)
    habits.refresh_for([customer.id], now=now)
    row = db.session.execute(
        text(f"SELECT cycle_days, last_bought_on FROM {habits.own_cycle_sql()} o WHERE o.customer_id = :id"),
        {"id": customer.id},
    ).one()
    assert row == (Decimal(10), (now - timedelta(days=80)).date())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(min_value=0, max_value=900), min_size=1, max_size=12))
def test_any_history_gives_the_median_of_its_gaps(session: Session, now: datetime, days_ago: list[int]) -> None:
    with db.session.begin_nested():
        customer = make_customer(phone=None)
        buy(customer, now, *days_ago)
        habits.refresh_for([customer.id], now=now)
        habit = habit_of(customer)
        days = sorted(set(days_ago), reverse=True)
        gaps = [earlier - later for earlier, later in pairwise(days)]
        assert habit is not None
        assert habit.days_bought == len(days)
        assert habit.last_bought_on == (now - timedelta(days=min(days))).date()
        assert habit.cycle_days == (Decimal(str(median(gaps))) if len(days) >= 3 else None)
        assert habit.lapses_on > habit.last_bought_on
