"""Goods and deliveries: kept back, taken, freed; and large purchases brought home the next day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.core.db import db
from app.people.access import Actor
from app.purchases import service as purchases
from app.purchases import stock, stock_queries
from app.purchases.changes import NewReturn, ReturnedLine, give_back
from app.purchases.models import Product, StockReservation
from app.purchases.service import NewLine as SoldLine
from app.purchases.service import NewPurchase
from app.tasks import goods, service
from app.tasks.creating import NewLine, NewTask
from app.tasks.models import Task, TaskLine
from tests.factories.messaging import ship_templates
from tests.factories.purchases import make_product, make_stock
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop

Drain = Callable[..., int]
SYSTEM = Actor.system()
HK = ZoneInfo("Asia/Hong_Kong")
OPEN = {str(weekday): [["10:00", "20:00"]] for weekday in range(7)}


@pytest.fixture(autouse=True)
def words_for_customers(shop: Shop) -> None:
    ship_templates()


@pytest.fixture
def tin(shop: Shop) -> Product:
    """A product of which four lie in the shop."""
    product = make_product()
    make_stock(product, 4, store_id=shop.store.id)
    return product


def free(shop: Shop, product: Product) -> tuple[Decimal | None, Decimal | None]:
    """What lies in the shop, and what of it is free."""
    shelf = stock_queries.shelves(shop.store.id, [product.id], now=shop.now)[0]
    db.session.expire_all()
    return shelf.stock and shelf.stock.on_hand, shelf.free


def deliver(shop: Shop, product: Product, quantity: int = 2, **changes: object) -> Task:
    values: dict[str, object] = {
        "type": "delivery",
        "customer_id": shop.customer.id,
        "window_start": shop.now + timedelta(hours=2),
        "window_end": shop.now + timedelta(hours=4),
        "assignee_id": shop.ann.id,
        "lines": [NewLine(quantity=quantity, product_id=product.id)],
    }
    return service.create(NewTask(**{**values, **changes}), actor=SYSTEM, now=shop.now)  # type: ignore[arg-type]


def hand_over(shop: Shop, task: Task, drain: Drain) -> None:
    service.start(task.id, actor=shop.actor("ann"), now=shop.now)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS)
    drain()


def test_a_delivery_keeps_its_goods_back(shop: Shop, tin: Product, drain: Drain) -> None:
    deliver(shop, tin)
    drain()

    assert free(shop, tin) == (4, 2)


def test_a_visit_and_a_fetching_keep_nothing_back(shop: Shop, tin: Product, drain: Drain) -> None:
    deliver(shop, tin, direction="collect")
    deliver(shop, tin, type="home_visit", lines=[])
    drain()

    assert free(shop, tin) == (4, 4)


def test_a_delivery_is_made_even_when_the_shelf_is_empty(shop: Shop, tin: Product, drain: Drain) -> None:
    task = deliver(shop, tin, quantity=9)
    drain()

    assert task.status == "assigned"
    assert free(shop, tin) == (4, 4)


def test_a_delivery_takes_over_what_its_offer_held(shop: Shop, tin: Product, drain: Drain) -> None:
    until = shop.now + timedelta(days=1)
    stock.reserve(shop.customer.id, tin.id, Decimal(2), origin_key="careplan:1", expires_at=until, now=shop.now)
    task = deliver(shop, tin, origin_key="careplan:1")
    drain()

    [held] = db.session.scalars(select(StockReservation)).all()
    assert (held.origin_key, held.expires_at) == (goods.origin_of(task.id), task.window_end + goods.KEPT_AFTER)
    assert free(shop, tin) == (4, 2)


def test_delivered_goods_have_left(shop: Shop, tin: Product, drain: Drain) -> None:
    task = deliver(shop, tin)
    drain()
    hand_over(shop, task, drain)

    assert free(shop, tin) == (2, 2)


def test_the_rest_of_a_partly_done_delivery_is_kept_back_for_the_next(shop: Shop, tin: Product, drain: Drain) -> None:
    task = deliver(shop, tin, quantity=4)
    drain()
    line = db.session.scalars(select(TaskLine.id).where(TaskLine.task_id == task.id)).one()
    service.start(task.id, actor=shop.actor("ann"), now=shop.now)
    service.complete_partly(
        task.id, actor=shop.actor("ann"), now=shop.now, lines=[{"id": line, "delivered": 1, "refused": 0}]
    )
    drain()

    assert free(shop, tin) == (3, 0)


@pytest.mark.parametrize("ending", ["fail", "cancel"])
def test_goods_that_never_left_are_free_again(shop: Shop, tin: Product, drain: Drain, ending: str) -> None:
    task = deliver(shop, tin)
    drain()
    if ending == "fail":
        service.start(task.id, actor=shop.actor("ann"), now=shop.now)
        service.fail(task.id, reason="not_at_home", actor=shop.actor("ann"), now=shop.now)
    else:
        service.cancel(task.id, reason="customer_asked", actor=shop.actor("boss"), now=shop.now)
    drain()

    assert free(shop, tin) == (4, 4)


def test_an_undone_delivery_brings_the_goods_back(shop: Shop, tin: Product, drain: Drain) -> None:
    task = deliver(shop, tin)
    drain()
    hand_over(shop, task, drain)
    service.undo(task.id, actor=shop.actor("ann"), now=shop.now)
    drain()

    assert free(shop, tin) == (4, 2)


def test_news_of_an_ending_that_was_undone_takes_nothing(shop: Shop, tin: Product, drain: Drain) -> None:
    task = deliver(shop, tin)
    drain()
    service.start(task.id, actor=shop.actor("ann"), now=shop.now)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS)
    service.undo(task.id, actor=shop.actor("ann"), now=shop.now)
    drain()

    assert free(shop, tin) == (4, 2)


def test_a_later_window_keeps_the_goods_longer(shop: Shop, tin: Product, drain: Drain) -> None:
    task = deliver(shop, tin)
    drain()
    later = shop.now + timedelta(days=5)
    service.reschedule(
        task.id,
        window_start=later,
        window_end=later + timedelta(hours=2),
        actor=shop.actor("boss"),
        now=shop.now,
    )
    drain()

    expires = db.session.scalars(select(StockReservation.expires_at)).one()
    assert expires == later + timedelta(hours=2) + goods.KEPT_AFTER


# Large purchases


@pytest.fixture
def pram(shop: Shop) -> Product:
    return make_product(code="PRAM", is_large=True)


def sell(shop: Shop, product: Product, *, at: datetime | None = None, is_taken: bool = False) -> int:
    new = NewPurchase(
        source="till",
        external_id="R1",
        customer_id=shop.customer.id,
        store_id=shop.store.id,
        bought_at=at or shop.now,
        lines=[SoldLine(product_id=product.id, quantity=Decimal(1), amount=Decimal(900), is_taken=is_taken)],
    )
    return purchases.record_purchase(new, actor=SYSTEM, now=shop.now).purchase.id


def tasks() -> list[Task]:
    return list(db.session.scalars(select(Task).order_by(Task.id).execution_options(populate_existing=True)))


def test_a_large_purchase_is_brought_the_next_day_in_the_hours_of_the_store(
    shop: Shop, pram: Product, drain: Drain
) -> None:
    shop.store.opening_hours = OPEN
    purchase_id = sell(shop, pram)
    drain()

    [task] = tasks()
    assert (task.type, task.direction, task.status) == ("delivery", "bring", "open")
    assert (task.customer_id, task.origin_key) == (shop.customer.id, goods.origin_of_purchase(purchase_id))
    assert task.window_start == datetime(2027, 3, 11, 2, 0, tzinfo=UTC)
    assert task.window_end == datetime(2027, 3, 11, 12, 0, tzinfo=UTC)
    [line] = db.session.scalars(select(TaskLine)).all()
    assert (line.product_id, line.quantity) == (pram.id, 1)


def test_a_large_purchase_told_twice_is_brought_once(shop: Shop, pram: Product, drain: Drain) -> None:
    purchase_id = sell(shop, pram)
    drain()
    from_again = purchases.PurchaseRecorded(
        purchase_id=purchase_id, customer_id=shop.customer.id, store_id=shop.store.id, occurred_at=shop.now
    )
    goods.deliver_large_purchases([from_again], now=shop.now)

    assert len(tasks()) == 1


def test_what_the_customer_carried_home_or_bought_long_ago_is_not_brought(
    shop: Shop, pram: Product, drain: Drain
) -> None:
    sell(shop, pram, is_taken=True)
    drain()
    assert tasks() == []


def test_a_receipt_of_last_week_makes_no_delivery(shop: Shop, pram: Product, drain: Drain) -> None:
    sell(shop, pram, at=shop.now - timedelta(days=7))
    drain()
    assert tasks() == []


def test_a_small_purchase_makes_no_delivery(shop: Shop, tin: Product, drain: Drain) -> None:
    sell(shop, tin)
    drain()
    assert tasks() == []


def test_a_large_purchase_brought_back_is_delivered_no_more(shop: Shop, pram: Product, drain: Drain) -> None:
    purchase_id = sell(shop, pram)
    drain()
    line = ReturnedLine(product_id=pram.id, quantity=Decimal(1))
    give_back(purchase_id, NewReturn(external_id="B1", lines=[line]), actor=SYSTEM, now=shop.now)
    drain()

    [task] = tasks()
    assert (task.status, task.end_reason) == ("cancelled", "not_needed")


def test_what_is_paid_for_is_not_kept_back_a_second_time(shop: Shop, pram: Product, drain: Drain) -> None:
    make_stock(pram, 3, store_id=shop.store.id)
    sell(shop, pram)
    drain()

    assert free(shop, pram) == (2, 2)


def test_a_closed_day_is_skipped() -> None:
    opening = {str(weekday): [["08:00", "13:00"], ["15:00", "22:00"]] for weekday in (0, 2)}
    bought = datetime(2027, 3, 10, 10, 0, tzinfo=HK)

    window = goods.next_day_window(bought, opening=opening, zone=HK)

    assert window is not None
    # The next open day is Monday; nobody is called on before nine or after eight in the evening.
    assert window[0].astimezone(HK) == datetime(2027, 3, 15, 9, 0, tzinfo=HK)
    assert window[1].astimezone(HK) == datetime(2027, 3, 15, 20, 0, tzinfo=HK)


def test_a_store_that_never_opens_promises_nothing() -> None:
    assert goods.next_day_window(datetime(2027, 3, 10, 10, 0, tzinfo=HK), opening={}, zone=HK) is None


@pytest.mark.parametrize("day", [date(2027, 3, 27), date(2027, 10, 30)])
def test_the_next_day_is_the_next_on_the_calendar_when_clocks_change(day: date) -> None:
    zone = ZoneInfo("Europe/Berlin")
    bought = datetime.combine(day, datetime.min.time(), zone).replace(hour=23, minute=30)

    window = goods.next_day_window(bought, opening=OPEN, zone=zone)

    assert window is not None
    assert window[0].astimezone(zone) == datetime.combine(day + timedelta(days=1), datetime.min.time(), zone).replace(
        hour=10
    )
