"""The table of run-out days: the statement says what the pure rule says, and whose row it is."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.purchases import jobs, run_outs
from app.purchases.models import Product, PurchaseLine, RunOut
from app.purchases.run_out import Consumer, Pack, run_out
from tests.factories.customers import make_customer, make_member
from tests.factories.people import make_store
from tests.factories.purchases import make_intake, make_product, make_purchase
from tests.purchases.test_run_out import households, packs_lists

HK = ZoneInfo("Asia/Hong_Kong")


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), HK).astimezone(UTC)


def bought(customer: Customer, product: Product, day: date, quantity: int = 1) -> None:
    make_purchase(customer, lines=[(product, quantity, 10)], bought_at=at(day))


def rows(session: Session) -> list[RunOut]:
    return list(
        session.scalars(
            select(RunOut).order_by(RunOut.customer_id, RunOut.product_id).execution_options(populate_existing=True)
        )
    )


def row(session: Session) -> RunOut:
    [found] = rows(session)
    return found


@pytest.fixture
def formula(session: Session) -> Product:
    return make_product(code="F1", pack_size=Decimal(900), unit="g", is_restricted=True, is_consumable=True)


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer(store=make_store(zone="Asia/Hong_Kong"))


worlds = st.lists(st.tuples(packs_lists, households), min_size=1, max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds)
def test_the_statement_agrees_with_the_rule(
    session: Session, now: datetime, world: list[tuple[list[Pack], list[Consumer]]]
) -> None:
    session.rollback()
    store = make_store(zone="Asia/Hong_Kong")
    by_gram = make_product(pack_size=Decimal("0.001"), unit="g", is_consumable=True)
    expected: dict[int, Any] = {}
    for packs, consumers in world:
        customer = make_customer(store=store)
        for pack in packs:
            purchase = make_purchase(customer, lines=[], bought_at=at(pack.bought_on))
            session.add(
                PurchaseLine(
                    purchase_id=purchase.id, product_id=by_gram.id, quantity=pack.content * 1000, amount=Decimal(1)
                )
            )
        for consumer in consumers:
            member = make_member(customer)
            make_intake(customer, by_gram, consumer.per_day, member=member, since=consumer.since, until=consumer.until)
        told = run_out(packs, consumers)
        if told is not None:
            open_packs = [(one.bought_on, one.content, one.used_up_on) for one in told.packs]
            expected[customer.id] = (told.day, told.basis.value, open_packs)
    session.flush()

    run_outs.refresh(now)

    assert {one.customer_id: (one.day, one.basis, _packs(one.packs)) for one in rows(session)} == expected
    session.rollback()


def _packs(stored: Sequence[dict[str, Any]]) -> list[tuple[date, Decimal, date]]:
    return [
        (date.fromisoformat(one["bought_on"]), Decimal(str(one["content"])), date.fromisoformat(one["used_up_on"]))
        for one in stored
    ]


def test_a_run_out_names_who_uses_it_and_what_to_keep_back(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    baby = make_member(customer, birth_date=date(2026, 8, 31))
    make_intake(customer, formula, 100, member=baby, since=date(2027, 1, 1))
    bought(customer, formula, date(2027, 1, 1), quantity=2)

    assert run_outs.refresh(now) == 1

    found = row(session)
    assert (found.customer_id, found.household_member_id) == (customer.id, baby.id)
    assert (found.day, found.basis, found.last_bought_on) == (date(2027, 1, 19), "label", date(2027, 1, 1))
    assert (found.reorder_quantity, found.is_restricted, found.is_requested) == (2, True, False)
    assert (found.ends_on, found.computed_at) == (date(2029, 8, 31), now)


def test_a_purchase_at_night_counts_on_the_day_of_the_store(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    make_intake(customer, formula, 100, since=date(2027, 1, 1))
    make_purchase(customer, lines=[(formula, 1, 10)], bought_at=datetime(2027, 1, 1, 17, 30, tzinfo=UTC))

    run_outs.refresh(now)

    assert row(session).last_bought_on == date(2027, 1, 2)


def test_what_was_returned_is_not_used_up(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    make_intake(customer, formula, 100, since=date(2027, 1, 1))
    bought(customer, formula, date(2027, 1, 1), quantity=2)
    session.scalars(select(PurchaseLine)).one().returned = Decimal(1)
    session.flush()

    run_outs.refresh(now)

    assert row(session).day == date(2027, 1, 10)


def test_the_husbands_purchase_feeds_the_baby_in_the_wifes_file(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    husband = make_customer(household_id=customer.household_id, store_id=customer.store_id)
    make_intake(customer, formula, 100, since=date(2027, 1, 1))
    bought(husband, formula, date(2027, 1, 1))

    run_outs.refresh(now, [husband.id])

    assert (row(session).customer_id, row(session).day) == (customer.id, date(2027, 1, 10))


def test_twins_have_one_run_out_with_the_request_of_either(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    for requested_at in (None, now):
        twin = make_member(customer, birth_date=date(2026, 8, 31))
        make_intake(customer, formula, 50, member=twin, since=date(2027, 1, 1), requested_at=requested_at)
    bought(customer, formula, date(2027, 1, 1))

    run_outs.refresh(now)

    found = row(session)
    assert (found.household_member_id, found.is_requested, found.day) == (None, True, date(2027, 1, 10))


def test_a_withdrawn_consent_leaves_no_request(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    baby = make_member(customer, guardian_consent_at=now, consent_withdrawn_at=now)
    make_intake(customer, formula, 100, member=baby, since=date(2027, 1, 1), requested_at=now)
    bought(customer, formula, date(2027, 1, 1))

    run_outs.refresh(now)

    assert not row(session).is_requested


def test_regular_buyers_of_what_is_used_up_need_no_recorded_amount(
    session: Session, customer: Customer, now: datetime
) -> None:
    shampoo, coat = make_product(is_consumable=True), make_product(pack_size=Decimal(1))
    for product in (shampoo, coat):
        for number in range(3):
            bought(customer, product, date(2027, 1, 1) + timedelta(days=20 * number))

    run_outs.refresh(now)

    found = row(session)
    assert (found.product_id, found.basis, found.day) == (shampoo.id, "reorder", date(2027, 3, 2))
    assert not found.is_requested


def test_the_age_of_a_stage_ends_before_the_formula_does(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    formula.until_age_months = 6
    baby = make_member(customer, birth_date=date(2026, 9, 15))
    make_intake(customer, formula, 100, member=baby, since=date(2027, 1, 1))
    bought(customer, formula, date(2027, 1, 1))

    run_outs.refresh(now)

    assert row(session).ends_on == date(2027, 3, 15)


def test_a_large_product_needs_delivery(session: Session, customer: Customer, formula: Product, now: datetime) -> None:
    formula.is_large = True
    make_intake(customer, formula, 100, since=date(2027, 1, 1))
    bought(customer, formula, date(2027, 1, 1))

    run_outs.refresh(now)

    assert row(session).needs_delivery


def test_a_second_look_changes_nothing(session: Session, customer: Customer, formula: Product, now: datetime) -> None:
    make_intake(customer, formula, 100, since=date(2027, 1, 1))
    bought(customer, formula, date(2027, 1, 1))
    run_outs.refresh(now)

    assert run_outs.refresh(now + timedelta(days=1)) == 0
    assert row(session).computed_at == now


def test_a_run_out_whose_reason_is_gone_goes_too(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    intake = make_intake(customer, formula, 100, since=date(2027, 1, 1))
    bought(customer, formula, date(2027, 1, 1))
    run_outs.refresh(now)
    intake.until = date(2027, 1, 3)
    session.flush()

    assert run_outs.refresh(now, [customer.id]) == 1
    assert rows(session) == []


def test_one_household_is_looked_at_without_the_others(
    session: Session, customer: Customer, formula: Product, now: datetime
) -> None:
    other = make_customer()
    for person in (customer, other):
        make_intake(person, formula, 100, since=date(2027, 1, 1))
        bought(person, formula, date(2027, 1, 1))

    run_outs.refresh(now, [customer.id])

    assert [one.customer_id for one in rows(session)] == [customer.id]


def test_each_product_of_a_household_runs_out_by_itself(session: Session, customer: Customer, now: datetime) -> None:
    expected = {}
    for per_day in (100, 200):
        product = make_product()
        make_intake(customer, product, per_day, since=date(2027, 1, 1))
        bought(customer, product, date(2027, 1, 1))
        expected[product.id] = date(2027, 1, 1) + timedelta(days=400 // per_day)

    run_outs.refresh(now)

    assert {one.product_id: one.day for one in rows(session)} == expected


def test_the_nightly_look_goes_through_everybody_in_chunks(
    session: Session, formula: Product, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_outs, "HOUSEHOLDS_AT_ONCE", 2)
    for _number in range(5):
        person = make_customer()
        make_intake(person, formula, 100, since=date(2027, 1, 1))
        bought(person, formula, date(2027, 1, 1))
    session.commit()

    assert (jobs.refresh_run_outs(now=now), jobs.refresh_run_outs(now=now)) == (5, 0)
    assert len(rows(session)) == 5
