"""Purchases from a table: whole receipts, each once, told to those who need to know and not to customers."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from app.core.db import db, transaction
from app.events import PurchaseRecorded
from app.imports import service
from app.imports.models import ImportRun
from app.purchases.models import Purchase, PurchaseLine
from app.purchases.tier_models import BuyingHabit
from tests.factories.customers import make_customer
from tests.factories.purchases import make_product
from tests.imports.conftest import Shop, count, faults_of, rows_of, work

Bring = Callable[..., ImportRun]
HEAD = ["小票号", "电话", "门店", "日期", "货号", "数量", "金额"]
OLD = "2026-05-01 15:30"
FRESH = "2027-03-09 15:30"


@pytest.fixture
def goods(shop: Shop) -> None:
    make_customer(store=shop.store, phone="+85291234567")
    make_customer(store=shop.other, phone="+8613800138000")
    make_product(code="DRESS")
    make_product(code="SHOES")


def line(
    receipt: str = "A-1", *, at: str = OLD, code: str = "DRESS", phone: str = "91234567", **more: str
) -> list[str]:
    return [receipt, phone, more.get("store", "HK01"), at, code, more.get("quantity", "1"), more.get("amount", "100")]


@pytest.mark.usefixtures("goods")
def test_rows_with_one_number_are_lines_of_one_receipt(shop: Shop, bring: Bring) -> None:
    run = bring(
        "purchases", [HEAD, line(), line("A-2"), line(code="SHOES", quantity="2", amount="HK$1,200.50")], by=shop.head
    )
    assert run.counts == {"new": 3, "changed": 0, "same": 0, "wrong": 0}
    stored = db.session.scalars(select(Purchase).order_by(Purchase.external_id)).all()
    assert [(one.external_id, one.total, one.currency) for one in stored] == [
        ("A-1", Decimal("1300.50"), "HKD"),
        ("A-2", Decimal("100.00"), "HKD"),
    ]
    assert stored[0].bought_at.isoformat() == "2026-05-01T07:30:00+00:00"
    assert (stored[0].source, stored[0].store_id) == ("import", shop.store.id)
    lines = db.session.scalars(select(PurchaseLine).where(PurchaseLine.purchase_id == stored[0].id)).all()
    assert sorted(one.quantity for one in lines) == [1, 2]


@pytest.mark.usefixtures("goods")
def test_the_same_file_again_stores_nothing(shop: Shop, bring: Bring) -> None:
    rows = [HEAD, line(), line(code="SHOES")]
    bring("purchases", rows, by=shop.head)
    again = bring("purchases", rows, by=shop.head)
    assert again.counts == {"new": 0, "changed": 0, "same": 2, "wrong": 0}
    assert (count("purchase"), count("purchase_line")) == (1, 2)


@pytest.mark.usefixtures("goods")
def test_a_stored_receipt_with_other_lines_is_not_changed(shop: Shop, bring: Bring) -> None:
    bring("purchases", [HEAD, line()], by=shop.head)
    again = bring("purchases", [HEAD, line(amount="120")], by=shop.head)
    assert faults_of(again) == [(2, "external_id", "receipt-known")]


@pytest.mark.usefixtures("goods")
def test_one_wrong_line_keeps_the_whole_receipt_out(shop: Shop, bring: Bring) -> None:
    run = bring(
        "purchases",
        [HEAD, line(), line(code="HAT"), line("A-2"), line("A-3", amount="many"), line("A-3")],
        by=shop.head,
    )
    assert faults_of(run) == [
        (2, "external_id", "receipt-left-out"),
        (3, "product_code", "no-such-product"),
        (5, "amount", "not-a-number"),
        (6, "external_id", "receipt-left-out"),
    ]
    assert db.session.scalars(select(Purchase.external_id)).all() == ["A-2"]


@pytest.mark.usefixtures("goods")
def test_lines_that_disagree_about_the_customer_are_refused(shop: Shop, bring: Bring) -> None:
    make_customer(store=shop.store, phone="+85291234568")
    run = bring("purchases", [HEAD, line(), line(phone="91234568")], by=shop.head)
    assert faults_of(run) == [(2, "external_id", "receipt-disagrees"), (3, "external_id", "receipt-disagrees")]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"phone": "91239999"}, ("customer_phone", "no-such-customer")),
        ({"at": "2099-01-01"}, ("bought_at", "future")),
        ({"at": "yesterday"}, ("bought_at", "not-a-moment")),
        ({"quantity": "0"}, ("quantity", "not-a-number")),
        ({"amount": "-5"}, ("amount", "not-a-number")),
        ({"store": "XX"}, ("store", "no-such-store")),
    ],
)
@pytest.mark.usefixtures("goods")
def test_a_wrong_cell_is_named(shop: Shop, bring: Bring, changes: dict[str, str], fault: tuple[str, str]) -> None:
    run = bring("purchases", [HEAD, line(**changes)], by=shop.head)
    assert faults_of(run) == [(2, *fault)]


@pytest.mark.usefixtures("goods")
def test_a_supervisor_names_own_customers_only(shop: Shop, bring: Bring) -> None:
    run = bring("purchases", [HEAD, line(), line("A-2", phone="+8613800138000")], by=shop.lead)
    assert faults_of(run) == [(3, "customer_phone", "no-such-customer")]
    assert count("purchase") == 1


@pytest.mark.usefixtures("goods")
def test_a_fresh_purchase_is_told_and_an_old_one_is_not(shop: Shop, bring: Bring, drain: Callable[..., int]) -> None:
    bring("purchases", [HEAD, line(), line("A-2", at=FRESH)], by=shop.head)
    names = db.session.execute(text("SELECT name, (payload ->> 'purchase_id')::int FROM fact")).all()
    fresh = db.session.execute(select(Purchase.id).where(Purchase.external_id == "A-2")).scalar_one()
    assert [tuple(row) for row in names] == [(PurchaseRecorded.__name__, fresh)]
    assert drain() > 0


@pytest.mark.usefixtures("goods")
def test_habits_know_of_old_purchases_at_once(shop: Shop, bring: Bring) -> None:
    bring("purchases", [HEAD, line(), line("A-2", at="2026-06-01"), line("A-3", at="2026-07-01")], by=shop.head)
    habit = db.session.execute(select(BuyingHabit)).scalar_one()
    assert (habit.days_bought, habit.year_purchases, habit.year_value) == (3, 3, Decimal(300))


@pytest.mark.usefixtures("goods")
def test_an_undo_removes_the_receipts_and_the_habits(shop: Shop, bring: Bring, now: datetime) -> None:
    run = bring("purchases", [HEAD, line(), line(code="SHOES"), line("A-2")], by=shop.head)
    with transaction():
        service.undo(run.id, actor=shop.head, now=now)
    run = work(run)
    assert (run.state, run.counts["undone"], run.counts["kept"]) == ("undone", 3, 0)
    assert (count("purchase"), count("purchase_line"), count("buying_habit")) == (0, 0, 0)


@pytest.mark.usefixtures("goods")
def test_a_corrected_receipt_stays_when_the_import_is_undone(shop: Shop, bring: Bring, now: datetime) -> None:
    run = bring("purchases", [HEAD, line(), line("A-2")], by=shop.head)
    db.session.execute(text("UPDATE purchase SET version = 2 WHERE external_id = 'A-1'"))
    with transaction():
        service.undo(run.id, actor=shop.head, now=now)
    run = work(run)
    assert [(row.row, row.kept) for row in rows_of(run) if row.kept] == [(2, "changed-since")]
    assert db.session.scalars(select(Purchase.external_id)).all() == ["A-1"]
