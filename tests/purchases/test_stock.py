"""Stock: what is counted, kept back, taken and sold; nothing is promised twice."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.people.models import Store
from app.purchases import jobs, stock, stock_queries, stock_sales
from app.purchases.changes import Correction, NewReturn, ReturnedLine, correct, give_back
from app.purchases.models import Product, ProductStock, StockMovement, StockReservation
from app.purchases.service import NewLine
from app.purchases.stock import Count, Reserved, Short, Wish
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.purchases import make_product, make_purchase, make_stock

SYSTEM = Actor.system()
ONE, TWO = Decimal(1), Decimal(2)


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer()


@pytest.fixture
def tin(session: Session, customer: Customer) -> Product:
    """A product of which three lie in the customer's store."""
    product = make_product()
    make_stock(product, 3, store_id=customer.store_id)
    return product


def free(customer: Customer, product: Product, now: datetime) -> Decimal | None:
    return stock_queries.shelves(customer.store_id, [product.id], now=now)[0].free


def on_hand(session: Session, product: Product) -> Decimal:
    return (
        session.scalars(
            select(ProductStock).where(ProductStock.product_id == product.id).execution_options(populate_existing=True)
        )
        .one()
        .on_hand
    )


def hold(customer: Customer, product: Product, quantity: int = 1, *, now: datetime, key: str = "a") -> Reserved | Short:
    return stock.reserve(
        customer.id, product.id, Decimal(quantity), origin_key=key, expires_at=now + timedelta(days=5), now=now
    )


def test_goods_are_kept_back_until_they_expire(customer: Customer, tin: Product, now: datetime) -> None:
    held = hold(customer, tin, 2, now=now)

    assert held == Reserved("a", now + timedelta(days=5), ONE)
    assert free(customer, tin, now) == 1
    assert free(customer, tin, now + timedelta(days=5)) == 3


def test_more_than_is_free_is_refused_and_says_what_is(customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now)

    assert hold(customer, tin, 2, now=now, key="b") == Short(tin.id, ONE)


def test_what_nobody_has_counted_can_t_be_promised(customer: Customer, now: datetime) -> None:
    product = make_product()

    assert hold(customer, product, now=now) == Short(product.id, Decimal(0), is_counted=False)


def test_the_same_origin_holds_once(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now)
    hold(customer, tin, 2, now=now)

    assert free(customer, tin, now) == 1


def test_a_larger_wish_of_the_same_origin_replaces_the_smaller(customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 1, now=now)

    assert isinstance(hold(customer, tin, 3, now=now), Reserved)
    assert free(customer, tin, now) == 0


def test_several_products_are_kept_back_together_or_not_at_all(customer: Customer, tin: Product, now: datetime) -> None:
    missing = make_product()
    make_stock(missing, 0, store_id=customer.store_id)
    wishes = [Wish(tin.id, ONE), Wish(missing.id, ONE)]

    answer = stock.reserve_all(customer.id, wishes, origin_key="a", expires_at=now + timedelta(days=1), now=now)

    assert answer == Short(missing.id, Decimal(0))
    assert free(customer, tin, now) == 3


def test_another_store_s_shelf_helps_nobody(customer: Customer, now: datetime) -> None:
    product = make_product()
    make_stock(product, 9, store_id=make_store().id)

    assert isinstance(hold(customer, product, now=now), Short)


def test_released_goods_are_free_again(customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 3, now=now)

    assert (stock.release("a", now=now), stock.release("a", now=now)) == (1, 0)
    assert free(customer, tin, now) == 3


def test_a_released_origin_may_hold_again(customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 3, now=now)
    stock.release("a", now=now)

    assert isinstance(hold(customer, tin, 2, now=now), Reserved)
    assert free(customer, tin, now) == 1


def test_an_expired_origin_may_hold_again_only_what_is_free(customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 3, now=now)
    later = now + timedelta(days=6)
    hold(customer, tin, 3, now=later, key="b")

    assert hold(customer, tin, 3, now=later) == Short(tin.id, Decimal(0))


def test_taken_goods_leave_the_stock_once(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now)

    assert (stock.take("a", now=now), stock.take("a", now=now)) == (1, 0)
    assert (on_hand(session, tin), free(customer, tin, now)) == (1, 1)


def test_less_handed_over_leaves_the_rest_free(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 2, now=now)

    stock.take("a", now=now, quantities={tin.id: ONE})

    assert (on_hand(session, tin), free(customer, tin, now)) == (2, 2)


def test_nothing_handed_over_releases(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now)

    assert stock.take("a", now=now, quantities={}) == 0
    assert (on_hand(session, tin), free(customer, tin, now)) == (3, 3)


def test_goods_handed_over_late_are_taken_all_the_same(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 2, now=now)
    stock.expire_due(now=now + timedelta(days=6))

    assert stock.take("a", now=now + timedelta(days=6)) == 1
    assert on_hand(session, tin) == 1


def test_a_taken_origin_holds_no_more(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now)
    stock.take("a", now=now)

    hold(customer, tin, 2, now=now)

    assert (on_hand(session, tin), free(customer, tin, now)) == (1, 1)


def test_an_undone_delivery_lies_here_again(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now)
    stock.take("a", now=now)

    stock.untake("a", expires_at=now + timedelta(days=1), now=now)

    assert (on_hand(session, tin), free(customer, tin, now)) == (3, 1)


def test_an_offer_goes_on_as_a_delivery(customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now, key="offer")

    assert stock.adopt("offer", as_="task:1", expires_at=now + timedelta(days=9), now=now) == 1
    assert stock.release("offer", now=now) == 0
    assert free(customer, tin, now + timedelta(days=8)) == 1


def test_an_expired_offer_is_not_revived(customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now, key="offer")

    later = now + timedelta(days=6)
    assert stock.adopt("offer", as_="task:1", expires_at=later + timedelta(days=1), now=later) == 0


def test_the_job_marks_what_expired(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    hold(customer, tin, 2, now=now)
    session.commit()

    assert jobs.expire_reservations(now=now) == 0
    assert jobs.expire_reservations(now=now + timedelta(days=5)) == 1
    assert session.scalars(select(StockReservation.state)).all() == ["expired"]


def test_a_count_sets_the_stock_and_keeps_why(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    boss = make_staff(Role.SUPERVISOR, store=session.get_one(Store, customer.store_id))

    stock.count(
        customer.store_id, [Count(product_id=tin.id, on_hand=Decimal(9))], actor=actor_of(boss), now=now, note="x"
    )

    [moved] = stock_queries.page_of_movements(customer.store_id).rows
    assert (on_hand(session, tin), moved.movement.change, moved.movement.note) == (9, 6, "x")
    assert moved.by == boss.name


def test_products_are_counted_by_code_for_the_first_time(session: Session, customer: Customer, now: datetime) -> None:
    product = make_product(code="NEW-1")

    stock.count(customer.store_id, [Count(product_code="NEW-1", on_hand=TWO)], actor=SYSTEM, now=now)

    assert on_hand(session, product) == 2


def test_a_count_with_a_fault_writes_nothing(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    counts = [
        Count(product_id=tin.id, on_hand=TWO),
        Count(product_code="none", on_hand=TWO),
        Count(product_code=tin.code, on_hand=TWO),
    ]

    with pytest.raises(Invalid) as refused:
        stock.count(customer.store_id, counts, actor=SYSTEM, now=now)

    assert {place: list(faults) for place, faults in (refused.value.errors or {}).items()} == {
        "1": ["product_code"],
        "2": ["product_code"],
    }
    assert on_hand(session, tin) == 3


def test_a_count_of_a_list_seen_long_ago_is_refused(customer: Customer, tin: Product, now: datetime) -> None:
    seen = stock_queries.shelves(customer.store_id, [tin.id], now=now)[0].stock
    assert seen is not None
    version = seen.version
    hold(customer, tin, 1, now=now)
    stock.take("a", now=now)

    with pytest.raises(StaleVersion):
        stock.count(customer.store_id, [Count(product_id=tin.id, on_hand=TWO, version=version)], actor=SYSTEM, now=now)


def test_who_does_not_lead_the_store_counts_nothing(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    counts = [Count(product_id=tin.id, on_hand=TWO)]
    associate = make_staff(store=session.get_one(Store, customer.store_id))

    with pytest.raises(Forbidden):
        stock.count(customer.store_id, counts, actor=actor_of(associate), now=now)
    with pytest.raises(NotFound):
        stock.count(customer.store_id, counts, actor=actor_of(make_staff(Role.SUPERVISOR)), now=now)


def test_what_is_sold_leaves_the_stock_once(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    purchase = make_purchase(customer, lines=[(tin, 2, 10)], bought_at=now)

    for _time in range(2):
        stock_sales.settle([purchase.id], now=now)

    assert on_hand(session, tin) == 1


def test_what_was_sold_before_the_count_is_part_of_it(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    purchase = make_purchase(customer, lines=[(tin, 2, 10)], bought_at=now - timedelta(hours=1))
    stock.count(customer.store_id, [Count(product_id=tin.id, on_hand=Decimal(5))], actor=SYSTEM, now=now)

    stock_sales.settle([purchase.id], now=now)

    assert on_hand(session, tin) == 5


def test_more_sold_than_counted_leaves_none(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    purchase = make_purchase(customer, lines=[(tin, 5, 10)], bought_at=now)

    for _time in range(2):
        stock_sales.settle([purchase.id], now=now)

    assert on_hand(session, tin) == 0
    assert session.scalars(select(StockMovement.change)).all() == [-5]


def test_a_correction_moves_the_difference(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    purchase = make_purchase(customer, lines=[(tin, 1, 10)], bought_at=now)
    stock_sales.settle([purchase.id], now=now)
    lines = [NewLine(product_id=tin.id, quantity=Decimal(3), amount=Decimal(30))]
    correct(purchase.id, Correction(external_id="C1", lines=lines), actor=SYSTEM, now=now)

    stock_sales.settle([purchase.id], now=now)

    assert on_hand(session, tin) == 0


def test_a_line_corrected_away_goes_back(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    purchase = make_purchase(customer, lines=[(tin, 2, 10)], bought_at=now)
    stock_sales.settle([purchase.id], now=now)
    lines = [NewLine(product_id=make_product().id, quantity=ONE, amount=Decimal(30))]
    correct(purchase.id, Correction(external_id="C1", lines=lines), actor=SYSTEM, now=now)

    stock_sales.settle([purchase.id], now=now)

    assert on_hand(session, tin) == 3


@pytest.mark.parametrize(("is_restocked", "left"), [(True, 2), (False, 1)])
def test_only_what_goes_back_on_the_shelf_counts_again(
    session: Session, customer: Customer, tin: Product, now: datetime, is_restocked: bool, left: int
) -> None:
    purchase = make_purchase(customer, lines=[(tin, 2, 10)], bought_at=now)
    stock_sales.settle([purchase.id], now=now)
    line = ReturnedLine(product_id=tin.id, quantity=ONE, is_restocked=is_restocked)
    give_back(purchase.id, NewReturn(external_id="B1", lines=[line]), actor=SYSTEM, now=now)

    for _time in range(2):
        stock_sales.settle([purchase.id], now=now)

    assert on_hand(session, tin) == left


def test_goods_delivered_and_then_billed_leave_once(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 2, now=now)
    stock.take("a", now=now)
    purchase = make_purchase(customer, lines=[(tin, 2, 10)], bought_at=now + timedelta(hours=1))

    for _time in range(2):
        stock_sales.settle([purchase.id], now=now + timedelta(hours=1))

    assert on_hand(session, tin) == 1


def test_goods_billed_and_then_delivered_leave_once(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 2, now=now)
    purchase = make_purchase(customer, lines=[(tin, 2, 10)], bought_at=now)
    stock_sales.settle([purchase.id], now=now)
    assert free(customer, tin, now) == 1

    stock.take("a", now=now)
    stock_sales.settle([purchase.id], now=now)

    assert (on_hand(session, tin), free(customer, tin, now)) == (1, 1)


def test_somebody_else_s_reservation_is_not_billed(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 2, now=now)
    other = make_customer(store_id=customer.store_id)

    stock_sales.settle([make_purchase(other, lines=[(tin, 1, 10)], bought_at=now).id], now=now)

    assert (on_hand(session, tin), free(customer, tin, now)) == (2, 0)


def test_a_receipt_corrected_to_less_brings_no_delivered_goods_back(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 2, now=now)
    stock.take("a", now=now)
    purchase = make_purchase(customer, lines=[(tin, 2, 20)], bought_at=now + timedelta(hours=1))
    stock_sales.settle([purchase.id], now=now + timedelta(hours=1))
    lines = [NewLine(product_id=tin.id, quantity=ONE, amount=Decimal(10))]
    correct(purchase.id, Correction(external_id="C1", lines=lines), actor=SYSTEM, now=now + timedelta(hours=2))

    for _time in range(2):
        stock_sales.settle([purchase.id], now=now + timedelta(hours=2))

    assert on_hand(session, tin) == 1


def test_delivered_goods_wait_for_their_own_receipt_when_the_first_was_a_mistake(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 2, now=now)
    stock.take("a", now=now)
    later = now + timedelta(hours=1)
    wrong = make_purchase(customer, lines=[(tin, 2, 20)], bought_at=later)
    stock_sales.settle([wrong.id], now=later)
    lines = [NewLine(product_id=make_product().id, quantity=ONE, amount=Decimal(10))]
    correct(wrong.id, Correction(external_id="C1", lines=lines), actor=SYSTEM, now=later)
    stock_sales.settle([wrong.id], now=later)
    assert on_hand(session, tin) == 1

    right = make_purchase(customer, lines=[(tin, 2, 20)], bought_at=later)
    stock_sales.settle([right.id], now=later)

    assert on_hand(session, tin) == 1


def test_goods_of_a_receipt_that_was_somebody_else_s_are_kept_back_again(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 1, now=now)
    purchase = make_purchase(customer, lines=[(tin, 1, 10)], bought_at=now)
    stock_sales.settle([purchase.id], now=now)
    other = make_customer(store_id=customer.store_id)
    correct(purchase.id, Correction(external_id="C1", customer_id=other.id), actor=SYSTEM, now=now)

    for _time in range(2):
        stock_sales.settle([purchase.id], now=now)

    assert (on_hand(session, tin), free(customer, tin, now)) == (2, 1)
    stock.take("a", now=now)
    assert on_hand(session, tin) == 1


def test_goods_kept_back_anew_under_a_name_that_was_paid_are_not_free(
    session: Session, customer: Customer, tin: Product, now: datetime
) -> None:
    hold(customer, tin, 1, now=now)
    purchase = make_purchase(customer, lines=[(tin, 1, 10)], bought_at=now)
    stock_sales.settle([purchase.id], now=now)
    stock.release("a", now=now)

    hold(customer, tin, 2, now=now)

    assert (on_hand(session, tin), free(customer, tin, now)) == (2, 0)


def test_counting_nothing_changes_nothing(session: Session, customer: Customer, tin: Product, now: datetime) -> None:
    assert stock.count(customer.store_id, [], actor=SYSTEM, now=now) == []
    assert on_hand(session, tin) == 3
