"""Products and people from a table, with the guard-rails of their slices."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.core.db import db, transaction
from app.imports import service
from app.imports.models import ImportRun
from app.people import queries as people
from app.people.models import Staff
from app.purchases.models import Product
from tests.factories.people import make_staff
from tests.factories.purchases import make_product
from tests.imports.conftest import Shop, count, faults_of, rows_of, work

Bring = Callable[..., ImportRun]


def undo(run: ImportRun, shop: Shop, now: datetime) -> ImportRun:
    with transaction():
        service.undo(run.id, actor=shop.head, now=now)
    return work(run)


def product(code: str) -> Product:
    return db.session.execute(select(Product).where(Product.code == code)).scalar_one()


GOODS = ["货号", "商品名称", "英文名", "类别", "规格", "单位", "限制", "消耗品", "下一阶段"]


def test_products_are_made_with_their_stages_whatever_their_order(shop: Shop, bring: Bring) -> None:
    run = bring(
        "products",
        [
            GOODS,
            ["F1", "奶粉1段", "Formula 1", "formula", "900", "g", "是", "是", "F2"],
            ["F2", "奶粉2段", "Formula 2", "formula", "900", "g", "是", "是", ""],
            ["D1", "连衣裙", "", "dress", "", "", "", "", ""],
        ],
        by=shop.head,
    )
    assert run.counts == {"new": 3, "changed": 0, "same": 0, "wrong": 0}
    first, second, dress = product("F1"), product("F2"), product("D1")
    assert (first.next_product_id, first.is_restricted, first.pack_size) == (second.id, True, Decimal(900))
    assert first.name == {"zh_Hans": "奶粉1段", "en": "Formula 1"}
    assert (dress.is_restricted, dress.follow_up_day, dress.is_active) == (False, 3, True)


def test_formula_must_say_whether_it_is_restricted(shop: Shop, bring: Bring) -> None:
    run = bring("products", [GOODS, ["F1", "婴儿奶粉", "", "formula", "", "", "", "", ""]], by=shop.head)
    assert faults_of(run) == [(2, "is_restricted", "say-whether-restricted")]


def test_a_table_never_takes_the_restriction_off(shop: Shop, bring: Bring) -> None:
    known = make_product(code="F1", is_restricted=True)
    run = bring("products", [["货号", "限制"], ["F1", "否"]], by=shop.head)
    assert faults_of(run) == [(2, "is_restricted", "stays-restricted")]
    db.session.refresh(known)
    assert known.is_restricted


def test_products_that_follow_each_other_in_a_circle_are_refused(shop: Shop, bring: Bring) -> None:
    run = bring(
        "products",
        [
            ["货号", "商品名称", "类别", "下一阶段"],
            ["A", "甲", "x", "B"],
            ["B", "乙", "x", "A"],
            ["C", "丙", "x", "A"],
            ["D", "丁", "x", "Z"],
        ],
        by=shop.head,
    )
    assert faults_of(run) == [
        (2, "next_product", "follows-itself"),
        (3, "next_product", "follows-itself"),
        (5, "next_product", "no-such-product"),
    ]
    assert product("A").next_product_id is None
    assert product("C").next_product_id == product("A").id


def test_changed_products_get_their_former_values_back(shop: Shop, bring: Bring, now: datetime) -> None:
    known = make_product(code="D1", category="dress")
    name = dict(known.name)
    rows = [["货号", "英文名", "类别", "规格"], ["D1", "Silk dress", "silk", "2"], ["D2", "Hat", "hat", ""]]
    run = bring("products", rows, by=shop.head)
    db.session.refresh(known)
    assert (known.category, known.name["en"], known.name["zh_Hans"]) == ("silk", "Silk dress", name["zh_Hans"])
    run = undo(run, shop, now)
    db.session.refresh(known)
    assert (known.category, known.name, known.pack_size) == ("dress", name, Decimal(400))
    assert (run.counts["undone"], count("product")) == (2, 1)


def test_stages_of_one_file_are_undone_together(shop: Shop, bring: Bring, now: datetime) -> None:
    rows = [["货号", "商品名称", "类别", "下一阶段"], ["A", "甲", "x", "B"], ["B", "乙", "x", ""]]
    run = undo(bring("products", rows, by=shop.head), shop, now)
    assert (run.counts["undone"], count("product")) == (2, 0)


PEOPLE = ["姓名", "手机", "职位", "门店", "语言", "技能"]


def person(phone: str) -> Staff:
    return db.session.execute(select(Staff).where(Staff.phone == phone)).scalar_one()


def test_people_are_made_with_their_stores_and_without_a_password(shop: Shop, bring: Bring) -> None:
    run = bring("staff", [PEOPLE, ["王芳", "9123 4567", "店长", "HK01，SZ01", "yue,en", "fitting"]], by=shop.head)
    assert run.counts["new"] == 1
    made = person("+85291234567")
    assert (made.name, made.role, made.home_store_id) == ("王芳", "supervisor", shop.store.id)
    assert (made.languages, made.skills, made.password_hash) == (["yue", "en"], ["fitting"], None)
    assert people.store_ids_of(made.id) == {shop.store.id, shop.other.id}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["王芳", "9123 4567", "总部", "HK01", "", ""], ("role", "not-by-import")),
        (["王芳", "9123 4567", "店员", "", "", ""], ("stores", "no-stores")),
        (["王芳", "9123 4567", "店员", "XX", "", ""], ("stores", "no-such-store")),
        (["王芳", "9123 4567", "店员", "HK01", "", "flying"], ("skills", "no-such-skill")),
        (["王芳", "", "店员", "HK01", "", ""], ("phone", "missing")),
    ],
)
def test_a_wrong_row_is_named(shop: Shop, bring: Bring, row: list[str], fault: tuple[str, str]) -> None:
    assert faults_of(bring("staff", [PEOPLE, row], by=shop.head)) == [(2, *fault)]


def test_a_role_is_not_changed_by_a_table_and_nobody_comes_back(shop: Shop, bring: Bring) -> None:
    gone = make_staff(store=shop.store, is_active=False)
    rows = [PEOPLE, ["李美", shop.ann.phone, "店长", "HK01", "", ""], ["旧人", gone.phone, "", "HK01", "", ""]]
    assert faults_of(bring("staff", rows, by=shop.head)) == [(2, "role", "role-differs"), (3, "phone", "has-left")]


def test_an_undo_takes_new_people_away_and_changed_ones_back(shop: Shop, bring: Bring, now: datetime) -> None:
    rows = [
        PEOPLE,
        ["王芳", "91234567", "店员", "HK01", "", ""],
        ["李大美", shop.ann.phone, "", "HK01,SZ01", "en", ""],
        ["赵六", "91234568", "店员", "HK01", "", ""],
    ]
    run = bring("staff", rows, by=shop.head)
    db.session.refresh(shop.ann)
    assert (shop.ann.name, shop.ann.languages) == ("李大美", ["en"])
    person("+85291234568").password_hash = "x"
    db.session.flush()
    run = undo(run, shop, now)
    db.session.refresh(shop.ann)
    assert (shop.ann.name, shop.ann.languages) == ("李美", ["yue"])
    assert people.store_ids_of(shop.ann.id) == {shop.store.id}
    assert [(row.row, row.kept) for row in rows_of(run) if row.kept] == [(4, "used")]
    assert db.session.scalars(select(Staff.id).where(Staff.phone == "+85291234567")).all() == []


def test_the_barcode_of_a_product_comes_with_the_table(shop: Shop, bring: Bring) -> None:
    make_product(code="D1", barcode="4901111111111")
    head = ["货号", "条码", "商品名称", "类别"]
    run = bring("products", [head, ["F1", "4901234567894", "婴儿米饼", "food"], ["D1", "", "", ""]], by=shop.head)
    assert run.counts == {"new": 1, "changed": 0, "same": 1, "wrong": 0}
    assert [product(code).barcode for code in ("F1", "D1")] == ["4901234567894", "4901111111111"]


def test_what_is_no_barcode_is_named(shop: Shop, bring: Bring) -> None:
    head = ["货号", "条码", "商品名称", "类别"]
    run = bring("products", [head, ["F1", "4,9E12 €", "婴儿米饼", "food"]], by=shop.head)
    assert faults_of(run) == [(2, "barcode", "no-barcode")]
