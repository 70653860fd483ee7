"""Keeping goods back for many at once says what stock.reserve says one by one."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.purchases import stock, stock_queries
from app.purchases.models import Product, StockReservation
from app.purchases.stock import Reserved, Short, Wish
from app.purchases.stock_bulk import BulkWish, Kept, foresee, reserve_many
from tests.factories.customers import make_customer
from tests.factories.purchases import make_product, make_purchase, make_reservation, make_stock


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer()


def wish(customer: Customer, product: Product, quantity: int, key: str, now: datetime) -> BulkWish:
    return BulkWish(key, customer.id, customer.store_id, product.id, Decimal(quantity), now + timedelta(days=5))


def counted(customer: Customer, on_hand: int) -> Product:
    product = make_product()
    make_stock(product, on_hand, store_id=customer.store_id)
    return product


def free(customer: Customer, product: Product, now: datetime) -> Decimal | None:
    return stock_queries.shelves(customer.store_id, [product.id], now=now)[0].free


def test_who_wishes_for_more_than_there_is_takes_nothing_from_those_after_him(
    customer: Customer, now: datetime
) -> None:
    tin = counted(customer, 2)

    kept = reserve_many([wish(customer, tin, 3, "a", now), wish(customer, tin, 2, "b", now)], now=now)

    assert kept == {"a": Kept.SHORT, "b": Kept.RESERVED}


def test_what_somebody_is_not_given_whole_is_free_for_the_next(customer: Customer, now: datetime) -> None:
    tin, soap = counted(customer, 1), counted(customer, 0)
    wishes = [wish(customer, tin, 1, "a", now), wish(customer, soap, 1, "a", now), wish(customer, tin, 1, "b", now)]

    assert reserve_many(wishes, now=now) == {"a": Kept.SHORT, "b": Kept.RESERVED}


def test_foreseeing_says_the_same_and_keeps_nothing_back(customer: Customer, now: datetime) -> None:
    tin = counted(customer, 2)
    wishes = [wish(customer, tin, 3, "a", now), wish(customer, tin, 2, "b", now), wish(customer, tin, 1, "c", now)]

    assert foresee(wishes, now=now) == {"a": Kept.SHORT, "b": Kept.RESERVED, "c": Kept.SHORT}
    assert free(customer, tin, now) == 2


def test_who_comes_first_gets_the_last_piece(customer: Customer, now: datetime) -> None:
    tin = counted(customer, 1)

    kept = reserve_many([wish(customer, tin, 1, key, now) for key in ("z", "a")], now=now)

    assert kept == {"z": Kept.RESERVED, "a": Kept.SHORT}


def test_what_an_origin_holds_and_can_t_enlarge_is_not_given_to_others(customer: Customer, now: datetime) -> None:
    tin = counted(customer, 3)
    reserve_many([wish(customer, tin, 2, "a", now)], now=now)

    kept = reserve_many([wish(customer, tin, 4, "a", now), wish(customer, tin, 2, "b", now)], now=now)

    assert kept == {"a": Kept.SHORT, "b": Kept.SHORT}
    assert free(customer, tin, now) == 1


def test_a_promise_of_goods_that_were_paid_before_is_a_new_one(
    session: Session, customer: Customer, now: datetime
) -> None:
    tin = counted(customer, 3)
    receipt = make_purchase(customer, lines=[(tin, 1, 10)])
    make_reservation(
        customer, tin, origin_key="a", state="released", ended_at=now, purchase_id=receipt.id, reserved_at=now
    )

    reserve_many([wish(customer, tin, 2, "a", now)], now=now)

    assert free(customer, tin, now) == 1


@pytest.mark.parametrize("seed", range(12))
def test_many_at_once_get_what_they_would_get_one_by_one(
    session: Session, customer: Customer, now: datetime, seed: int
) -> None:
    chance = Random(seed)
    products = [counted(customer, chance.randint(0, 6)) for _ in range(3)] + [make_product()]
    baskets = {
        f"o{number}": [
            Wish(product.id, Decimal(chance.randint(1, 3))) for product in chance.sample(products, chance.randint(1, 2))
        ]
        for number in range(8)
    }
    wishes = [
        BulkWish(key, customer.id, customer.store_id, line.product_id, line.quantity, now + timedelta(days=5))
        for key, lines in baskets.items()
        for line in lines
    ]

    with session.begin_nested() as trial:
        one_by_one = {
            key: _word(stock.reserve_all(customer.id, lines, **_terms(key, now))) for key, lines in baskets.items()
        }
        held_one_by_one = _held(session)
        trial.rollback()

    together = reserve_many(wishes, now=now)
    assert {key: kept is Kept.RESERVED for key, kept in together.items()} == one_by_one
    assert _held(session) == held_one_by_one


def _terms(key: str, now: datetime) -> dict[str, object]:
    return {"origin_key": key, "expires_at": now + timedelta(days=5), "now": now}


def _word(answer: Reserved | Short) -> bool:
    return isinstance(answer, Reserved)


def _held(session: Session) -> set[tuple[str, int, Decimal]]:
    rows = select(StockReservation.origin_key, StockReservation.product_id, StockReservation.quantity)
    return {tuple(row) for row in session.execute(rows)}
