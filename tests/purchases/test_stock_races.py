"""Many people who want the same goods at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from threading import Barrier
from typing import TypeVar

from flask import Flask
from sqlalchemy import func, select

from app.core.db import db, transaction
from app.people.access import Actor
from app.purchases import intakes, run_outs, stock, stock_bulk, stock_sales
from app.purchases.intakes import NewIntake
from app.purchases.models import Intake, ProductStock, RunOut, StockReservation
from app.purchases.stock import Reserved, Short, Wish
from app.purchases.stock_bulk import BulkWish, Kept
from tests.factories.customers import make_customer
from tests.factories.purchases import make_product, make_purchase, make_stock

Answer = TypeVar("Answer")
AT_ONCE = 8


def all_at_once(app: Flask, ask: Callable[[int], Answer], *, times: int = AT_ONCE) -> list[Answer]:
    """`ask` in as many threads, each with a connection and a transaction of its own."""
    together = Barrier(times)

    def one(number: int) -> Answer:
        with app.app_context():
            together.wait()
            try:
                with transaction():
                    return ask(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def promised(answers: Sequence[Reserved | Short]) -> int:
    return sum(isinstance(answer, Reserved) for answer in answers)


def test_the_last_pieces_are_promised_to_as_many_as_there_are(app: Flask, fresh_database: str, now: datetime) -> None:
    customer, product = make_customer(), make_product()
    make_stock(product, 3, store_id=customer.store_id)
    db.session.commit()

    answers = all_at_once(
        app,
        lambda number: stock.reserve(
            customer.id, product.id, Decimal(1), origin_key=f"o{number}", expires_at=now + timedelta(days=1), now=now
        ),
    )

    assert promised(answers) == 3
    assert db.session.scalar(select(func.sum(StockReservation.quantity))) == 3


def test_one_origin_asked_for_by_many_is_held_once(app: Flask, fresh_database: str, now: datetime) -> None:
    customer, product = make_customer(), make_product()
    make_stock(product, 3, store_id=customer.store_id)
    db.session.commit()

    answers = all_at_once(
        app,
        lambda _number: stock.reserve(
            customer.id, product.id, Decimal(2), origin_key="same", expires_at=now + timedelta(days=1), now=now
        ),
    )

    assert promised(answers) == AT_ONCE
    assert db.session.scalars(select(StockReservation.quantity)).all() == [2]


def test_baskets_that_overlap_neither_oversell_nor_wait_in_a_circle(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    customer = make_customer()
    products = [make_product() for _number in range(4)]
    for product in products:
        make_stock(product, 4, store_id=customer.store_id)
    db.session.commit()
    ids = [product.id for product in products]

    def ask(number: int) -> Reserved | Short:
        chosen = Random(number).sample(ids, 3)
        wishes = [Wish(product_id, Decimal(1)) for product_id in chosen]
        origin, until = f"basket{number}", now + timedelta(days=1)
        return stock.reserve_all(customer.id, wishes, origin_key=origin, expires_at=until, now=now)

    answers = all_at_once(app, ask)

    rows = db.session.execute(
        select(StockReservation.product_id, func.sum(StockReservation.quantity)).group_by(StockReservation.product_id)
    ).all()
    assert all(total <= 4 for _product_id, total in rows)
    assert sum(total for _product_id, total in rows) == 3 * promised(answers)
    assert promised(answers) >= 4


def test_nights_and_desks_that_want_the_same_pieces_promise_each_once(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    customer, product = make_customer(), make_product()
    make_stock(product, 3, store_id=customer.store_id)
    db.session.commit()
    place, until = (customer.id, customer.store_id, product.id), now + timedelta(days=1)

    def ask(number: int) -> int:
        if number % 2:
            wishes = [BulkWish(f"n{number}-{turn}", *place, Decimal(1), until) for turn in range(2)]
            return list(stock_bulk.reserve_many(wishes, now=now).values()).count(Kept.RESERVED)
        wish = stock.reserve(customer.id, product.id, Decimal(1), origin_key=f"d{number}", expires_at=until, now=now)
        return int(isinstance(wish, Reserved))

    assert sum(all_at_once(app, ask)) == 3
    assert db.session.scalar(select(func.sum(StockReservation.quantity))) == 3


def test_a_delivery_told_by_many_takes_once(app: Flask, fresh_database: str, now: datetime) -> None:
    customer, product = make_customer(), make_product()
    make_stock(product, 5, store_id=customer.store_id)
    stock.reserve(customer.id, product.id, Decimal(2), origin_key="task:1", expires_at=now + timedelta(days=1), now=now)
    db.session.commit()

    assert sum(all_at_once(app, lambda _number: stock.take("task:1", now=now))) == 1
    assert db.session.scalar(select(ProductStock.on_hand)) == 3


def test_taking_and_reserving_at_once_never_goes_below_what_is_there(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    customer, product = make_customer(), make_product()
    make_stock(product, 4, store_id=customer.store_id)
    until = now + timedelta(days=1)
    for number in range(4):
        stock.reserve(customer.id, product.id, Decimal(1), origin_key=f"t{number}", expires_at=until, now=now)
    db.session.commit()

    def ask(number: int) -> int:
        if number < 4:
            return stock.take(f"t{number}", now=now)
        more = stock.reserve(customer.id, product.id, Decimal(1), origin_key=f"n{number}", expires_at=until, now=now)
        return promised([more])

    assert sum(all_at_once(app, ask)) == 4
    assert db.session.scalar(select(ProductStock.on_hand)) == 0


def test_one_receipt_settled_by_many_leaves_once(app: Flask, fresh_database: str, now: datetime) -> None:
    customer, product = make_customer(), make_product()
    make_stock(product, 9, store_id=customer.store_id)
    purchase_id = make_purchase(customer, lines=[(product, 2, 20)], bought_at=now).id
    db.session.commit()

    all_at_once(app, lambda _number: stock_sales.settle([purchase_id], now=now))

    assert db.session.scalar(select(ProductStock.on_hand)) == 7


def test_refreshing_one_household_and_everybody_at_once_ends_with_the_truth(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    customer, product = make_customer(), make_product()
    make_purchase(customer, lines=[(product, 1, 20)], bought_at=now)
    customer_id, product_id = customer.id, product.id
    db.session.commit()

    def ask(number: int) -> int:
        if number == 0:
            new = NewIntake(product_id=product_id, per_day=Decimal(40))
            intakes.add(customer_id, new, actor=Actor.system(), now=now)
            return 0
        return run_outs.refresh(now, None if number % 2 else [customer_id])

    all_at_once(app, ask)

    assert db.session.scalar(select(func.count()).select_from(Intake)) == 1
    assert db.session.scalars(select(RunOut.day)).all() == [now.date() + timedelta(days=10)]
