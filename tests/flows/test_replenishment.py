"""From a product that runs out to the parcel at the door, over real processes: plan, text, "1", delivery, stock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.people.access import Role
from app.purchases import run_outs
from tests.company import Caller, Company
from tests.conftest import NOW
from tests.factories.careplans import make_plan
from tests.factories.people import make_staff
from tests.factories.purchases import make_intake, make_product, make_purchase, make_stock
from tests.flows.shop import CUSTOMERS, PASSWORD, Shop, open_shop

BOSS = "+85251119999"
WHO_RUNS_OUT = 2
BOUGHT = NOW - timedelta(days=5)


def shop_that_replenishes(session: Session) -> None:
    """Two customers bought eight days' worth of shampoo five days ago; the store has six bottles."""
    open_shop(session)
    make_staff(Role.HEAD_OFFICE, name="叶翠珊", phone=BOSS, password=PASSWORD, locale="zh_Hans")
    make_plan("replenishment")
    product = make_product(name={"zh_Hans": "柔润洗发露", "zh_Hant": "柔潤洗髮露", "en": "Gentle shampoo"})
    wanted = select(Customer).where(Customer.name.in_(CUSTOMERS[:WHO_RUNS_OUT])).order_by(Customer.id)
    customers = list(session.scalars(wanted))
    for customer in customers:
        make_purchase(customer, lines=[(product, 2, 176)], bought_at=BOUGHT, recorded_at=BOUGHT)
        make_intake(customer, product, 100, since=date(2027, 3, 5))
    make_stock(product, 6, store_id=customers[0].store_id)
    session.flush()
    run_outs.refresh(NOW, [customer.id for customer in customers])


@pytest.fixture(scope="module")
def shop(start_company: Callable[..., Company]) -> Shop:
    opened = Shop(start_company(prepare=shop_that_replenishes))
    boss: Caller = opened.company.sign_in(BOSS, PASSWORD)
    boss.post("/care-plans/run", {})
    return opened


def kept_back(shop: Shop, customer: dict[str, Any]) -> list[tuple[str, int]]:
    rows = shop.company.rows(
        "select state, quantity from stock_reservation where customer_id = %(id)s order by id", id=customer["id"]
    )
    return [(row["state"], int(row["quantity"])) for row in rows]


def delivery_of(shop: Shop, customer: dict[str, Any]) -> dict[str, Any] | None:
    rows = shop.company.rows(
        "select id, status, window_start from task where customer_id = %(id)s and type = 'delivery'", id=customer["id"]
    )
    assert len(rows) <= 1
    return rows[0] if rows else None


def test_a_one_brings_what_runs_out_and_takes_it_from_the_shelf(shop: Shop) -> None:
    customer = shop.fresh_customer()
    assert "柔润洗发露2件快用完了" in shop.wait_for_text(customer, "请回1")
    assert kept_back(shop, customer) == [("held", 2)]

    shop.answers(customer, "1")
    delivery = shop.company.wait_for(lambda: delivery_of(shop, customer))
    shop.answers(customer, "1")
    shop.wait_for_text(customer, "方便请回1，想改时间请回2")
    assert delivery["window_start"] > datetime.fromisoformat("2027-03-10T10:00+08:00")
    lines = shop.company.rows("select quantity from task_line where task_id = %(id)s", id=delivery["id"])
    assert [line["quantity"] for line in lines] == [2]

    shop.complete({"id": delivery["id"]})
    shop.company.wait_for(lambda: kept_back(shop, customer) == [("taken", 2)])
    assert shop.company.value("select on_hand from product_stock") == 4
    assert delivery_of(shop, customer)


def test_a_two_puts_the_goods_back(shop: Shop) -> None:
    customer = shop.fresh_customer()
    shop.wait_for_text(customer, "请回1")
    shop.answers(customer, "2")
    shop.company.wait_for(lambda: kept_back(shop, customer) == [("released", 2)])
    shop.company.wait_until_quiet()
    assert delivery_of(shop, customer) is None
