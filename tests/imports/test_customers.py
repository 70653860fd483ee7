"""Customers from a table: found again by their number, guarded by the same rules as a form, and taken back whole."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from app.core.db import db, transaction
from app.core.models import AuditEntry
from app.customers import consent, file_fields
from app.customers import service as customers
from app.customers.models import Consent, ConsentEvent, Customer, CustomerNote, Household, OwnerHistory
from app.customers.values import Channel, ConsentSource, ConsentState, OptionalField, Scope
from app.imports import service
from app.imports.models import ImportRun
from tests.factories.customers import make_customer
from tests.factories.people import make_staff
from tests.imports.conftest import Shop, count, faults_of, rows_of, work

Bring = Callable[..., ImportRun]
HEAD = ["姓名", "电话", "门店"]


def customer(phone: str = "+85291234567") -> Customer:
    return db.session.execute(select(Customer).where(Customer.phone == phone)).scalar_one()


def test_a_new_customer_gets_a_file_a_household_and_an_owner_with_history(shop: Shop, bring: Bring) -> None:
    run = bring(
        "customers",
        [
            [*HEAD, "负责人", "性别", "生日", "标签", "备注", "地址"],
            ["陈小明", "9123 4567", "HK01", "李美", "女", "1980年3月1日", "新客,喜欢浅色", "怕痒", "轩尼诗道1号"],
        ],
        by=shop.head,
    )
    assert (run.state, run.counts) == ("done", {"new": 1, "changed": 0, "same": 0, "wrong": 0})
    made = customer()
    assert (made.name, made.store_id, made.owner_id, made.gender) == ("陈小明", shop.store.id, shop.ann.id, "female")
    assert (made.birthday_calendar, made.birthday_year, made.birthday_month, made.birthday_day) == ("solar", 1980, 3, 1)
    assert (made.tags, made.address, made.locale) == (["新客", "喜欢浅色"], "轩尼诗道1号", "zh_Hant")
    assert db.session.get_one(Household, made.household_id).store_id == shop.store.id
    history = db.session.execute(select(OwnerHistory).where(OwnerHistory.customer_id == made.id)).scalar_one()
    assert (history.owner_id, history.changed_by_id) == (shop.ann.id, shop.head.id)
    assert db.session.scalars(select(CustomerNote.text).where(CustomerNote.customer_id == made.id)).all() == ["怕痒"]


def test_an_imported_file_sorts_as_one_made_by_hand(shop: Shop, bring: Bring) -> None:
    bring("customers", [HEAD, ["陈小明", "9123 4567", "HK01"]], by=shop.head)
    by_hand = make_customer(name="陈小明", store=shop.store)
    assert customer().name_key == by_hand.name_key


def test_a_known_number_changes_the_file_and_empty_cells_change_nothing(shop: Shop, bring: Bring) -> None:
    known = make_customer(store=shop.store, phone="+85291234567", address="旧地址", tags=["旧"], owner=shop.ann)
    run = bring(
        "customers",
        [[*HEAD, "地址", "标签", "负责人"], ["陈大明", "+852 9123 4567", "HK01", "", "新", ""]],
        by=shop.head,
    )
    assert run.counts["changed"] == 1
    db.session.refresh(known)
    assert (known.name, known.address, known.tags, known.owner_id) == ("陈大明", "旧地址", ["旧", "新"], shop.ann.id)
    assert known.version == 2


def test_the_same_file_again_changes_nothing(shop: Shop, bring: Bring) -> None:
    rows = [
        [*HEAD, "标签", "备注", "同意短信"],
        ["陈小明", "9123 4567", "HK01", "新客", "怕痒", "是"],
        ["王五", "", "HK01", "", "", ""],
    ]
    bring("customers", rows, by=shop.head)
    again = bring("customers", rows, by=shop.head)
    assert again.counts == {"new": 0, "changed": 0, "same": 2, "wrong": 0}
    assert again.state == "checked"
    assert (count("customer"), count("customer_note"), count("consent_event")) == (2, 1, 1)


def test_numbers_are_read_in_the_country_of_the_store(shop: Shop, bring: Bring) -> None:
    run = bring("customers", [HEAD, ["李四", "13800138000", "深圳店"], ["陈小明", "13800138000", "HK01"]], by=shop.head)
    assert customer("+8613800138000").store_id == shop.other.id
    assert faults_of(run) == [(3, "phone", "no-such-phone")]


@pytest.mark.parametrize(
    ("header", "cell", "fault"),
    [
        ("电话", "hello", ("phone", "not-a-phone")),
        ("电话", "12345", ("phone", "no-such-phone")),
        ("门店", "XX99", ("store", "no-such-store")),
        ("负责人", "不存在", ("owner", "no-such-owner")),
        ("性别", "蓝", ("gender", "not-in-list")),
        ("生日", "1980-02-30", ("birthday", "no-such-birthday")),
        ("备注", "客户刚离婚", ("note", "too-private")),
        ("偏好", "she is in debt", ("preferences", "too-private")),
        ("标签", "新客,糖尿病", ("tags", "too-private")),
        ("地址", "长" * 301, ("address", "too-long")),
        ("同意短信", "也许", ("consent_sms", "not-yes-or-no")),
        ("同意日期", "2027-13-01", ("consent_at", "not-a-moment")),
        ("同意日期", "2099-01-01", ("consent_at", "future")),
    ],
)
def test_a_wrong_cell_is_named_and_its_row_left_out(
    shop: Shop, bring: Bring, header: str, cell: str, fault: tuple[str, str]
) -> None:
    values = {"姓名": "陈小明", "电话": "9123 4567", "门店": "HK01", header: cell}
    good = {"姓名": "王五", "电话": "9123 4568", "门店": "HK01"}
    run = bring("customers", [list(values), list(values.values()), [good.get(key, "") for key in values]], by=shop.head)
    assert faults_of(run) == [(2, *fault)]
    assert run.counts == {"new": 1, "changed": 0, "same": 0, "wrong": 1}
    assert db.session.scalars(select(Customer.name)).all() == ["王五"]


def test_every_fault_of_a_row_is_named_at_once(shop: Shop, bring: Bring) -> None:
    run = bring("customers", [[*HEAD, "性别"], ["", "hello", "HK01", "蓝"]], by=shop.head)
    assert faults_of(run) == [(2, "name", "missing"), (2, "phone", "not-a-phone"), (2, "gender", "not-in-list")]


def test_a_lunar_birthday_is_kept_as_one(shop: Shop, bring: Bring) -> None:
    bring("customers", [[*HEAD, "生日"], ["陈小明", "9123 4567", "HK01", "农历 2-30"]], by=shop.head)
    made = customer()
    assert (made.birthday_calendar, made.birthday_year, made.birthday_month, made.birthday_day) == (
        "lunar",
        None,
        2,
        30,
    )


def test_the_second_of_two_rows_with_one_number_is_wrong(shop: Shop, bring: Bring) -> None:
    run = bring("customers", [HEAD, ["陈小明", "91234567", "HK01"], ["陈小明", "+85291234567", "HK01"]], by=shop.head)
    assert faults_of(run) == [(3, "phone", "twice")]
    assert rows_of(run)[1].faults[0]["params"] == {"row": "2"}


def test_a_customer_of_another_store_is_not_moved(shop: Shop, bring: Bring) -> None:
    known = make_customer(store=shop.other, phone="+85291234567")
    run = bring("customers", [HEAD, ["陈小明", "91234567", "HK01"]], by=shop.head)
    assert faults_of(run) == [(2, "phone", "other-store")]
    db.session.refresh(known)
    assert known.store_id == shop.other.id


def test_a_row_without_store_belongs_to_the_store_chosen_for_the_file(shop: Shop, bring: Bring) -> None:
    rows = [["姓名", "电话"], ["陈小明", "91234567"]]
    without = bring("customers", rows, by=shop.head)
    assert faults_of(without) == [(2, "store", "no-store")]
    bring("customers", rows, by=shop.head, store_id=shop.store.id)
    assert customer().store_id == shop.store.id


def test_a_supervisor_imports_into_own_stores_only(shop: Shop, bring: Bring) -> None:
    run = bring("customers", [HEAD, ["陈小明", "91234567", "HK01"], ["李四", "13800138000", "SZ01"]], by=shop.lead)
    assert faults_of(run) == [(3, "store", "no-such-store")]
    assert count("customer") == 1


def test_an_owner_is_named_by_number_and_must_work_in_the_store(shop: Shop, bring: Bring) -> None:
    elsewhere = make_staff(store=shop.other, name="别店")
    run = bring(
        "customers",
        [
            [*HEAD, "负责人"],
            ["陈小明", "91234567", "HK01", shop.ann.phone],
            ["王五", "91234568", "HK01", elsewhere.phone],
        ],
        by=shop.head,
    )
    assert customer().owner_id == shop.ann.id
    assert faults_of(run) == [(3, "owner", "no-such-owner")]


def test_a_name_that_two_associates_share_must_be_told_by_number(shop: Shop, bring: Bring) -> None:
    make_staff(store=shop.store, name="李美")
    run = bring("customers", [[*HEAD, "负责人"], ["陈小明", "91234567", "HK01", "李美"]], by=shop.head)
    assert faults_of(run) == [(2, "owner", "two-owners")]


def test_a_new_owner_ends_the_history_of_the_one_before(shop: Shop, bring: Bring) -> None:
    before = make_staff(store=shop.store)
    known = make_customer(store=shop.store, phone="+85291234567", owner=before)
    bring("customers", [[*HEAD, "负责人"], [known.name, "91234567", "HK01", "李美"]], by=shop.head)
    rows = db.session.scalars(
        select(OwnerHistory).where(OwnerHistory.customer_id == known.id).order_by(OwnerHistory.id)
    ).all()
    assert [(row.owner_id, row.until is None) for row in rows] == [(before.id, False), (shop.ann.id, True)]


def test_rows_with_one_household_live_together(shop: Shop, bring: Bring) -> None:
    known = make_customer(store=shop.store, phone="+85291230000", name="老客")
    bring(
        "customers",
        [
            [*HEAD, "家庭"],
            ["甲", "91234561", "HK01", "A"],
            ["乙", "91234562", "HK01", "A"],
            ["丙", "91234563", "HK01", "B"],
            ["老客", "91230000", "HK01", "B"],
            ["丁", "91234564", "HK01", ""],
        ],
        by=shop.head,
    )
    homes = {row.name: row.household_id for row in db.session.scalars(select(Customer))}
    assert homes["甲"] == homes["乙"]
    assert homes["丙"] == known.household_id == homes["老客"]
    assert len({homes["甲"], homes["丙"], homes["丁"]}) == 3
    assert count("household") == 3


def test_a_switched_off_field_is_not_taken(shop: Shop, bring: Bring, now: datetime) -> None:
    file_fields.switch({OptionalField.OCCUPATION: False}, actor=shop.head, now=now)
    run = bring("customers", [[*HEAD, "职业"], ["陈小明", "91234567", "HK01", "office"]], by=shop.head)
    assert faults_of(run) == [(2, "occupation", "field-off")]


# Consent


def test_a_consent_is_kept_with_its_words_its_day_and_where_it_came_from(shop: Shop, bring: Bring) -> None:
    bring(
        "customers",
        [[*HEAD, "同意短信", "同意日期", "同意原文"], ["陈小明", "91234567", "HK01", "是", "2026-05-01", "签了会员卡"]],
        by=shop.head,
    )
    event = db.session.execute(select(ConsentEvent)).scalar_one()
    assert (event.state, event.source, event.text) == ("in", "import", "签了会员卡 (file.csv, 2)")
    assert event.occurred_at.date().isoformat() == "2026-05-01"
    assert event.collector_id == shop.head.id


def test_a_yes_without_a_date_never_lifts_a_stop(shop: Shop, bring: Bring, now: datetime) -> None:
    make_customer(store=shop.store, phone="+85291234567", name="陈小明")
    consent.opt_out("+85291234567", source=ConsentSource.SMS, text="TD", actor=shop.head, now=now - timedelta(days=300))
    bring("customers", [[*HEAD, "同意短信"], ["陈小明", "91234567", "HK01", "是"]], by=shop.head)
    assert consent.is_opted_out("+85291234567")


def test_a_yes_that_is_older_than_the_stop_does_not_lift_it_and_a_later_one_does(
    shop: Shop, bring: Bring, now: datetime
) -> None:
    make_customer(store=shop.store, phone="+85291234567", name="陈小明")
    consent.opt_out("+85291234567", source=ConsentSource.SMS, text="TD", actor=shop.head, now=now - timedelta(days=30))
    header = [*HEAD, "同意短信", "同意日期"]
    bring("customers", [header, ["陈小明", "91234567", "HK01", "是", "2026-05-01"]], by=shop.head)
    assert consent.is_opted_out("+85291234567")
    bring("customers", [header, ["陈小明", "91234567", "HK01", "是", "2027-03-01"]], by=shop.head)
    assert not consent.is_opted_out("+85291234567")


def test_a_no_stops_texts_at_once(shop: Shop, bring: Bring) -> None:
    bring("customers", [[*HEAD, "同意短信"], ["陈小明", "91234567", "HK01", "否"]], by=shop.head)
    assert consent.is_opted_out("+85291234567")
    told = db.session.execute(text("SELECT name FROM fact")).scalars().all()
    assert told == ["CustomerOptedOut"]


# Traces


def test_each_file_is_audited_with_the_import_it_came_from(shop: Shop, bring: Bring) -> None:
    run = bring("customers", [HEAD, ["陈小明", "91234567", "HK01"]], by=shop.head)
    entry = db.session.execute(select(AuditEntry).where(AuditEntry.action == "customer.create")).scalar_one()
    assert (entry.actor, entry.subject_id, entry.store_id) == (str(shop.head.id), str(customer().id), shop.store.id)
    assert entry.detail == {"client": "import", "import": run.id}


# Undo


def undo(run: ImportRun, shop: Shop, now: datetime) -> ImportRun:
    with transaction():
        service.undo(run.id, actor=shop.head, now=now)
    return work(run)


def test_what_an_import_made_is_removed_by_its_undo(shop: Shop, bring: Bring, now: datetime) -> None:
    run = bring(
        "customers",
        [
            [*HEAD, "备注", "家庭", "同意短信"],
            ["甲", "91234561", "HK01", "怕痒", "A", "是"],
            ["乙", "91234562", "HK01", "", "A", ""],
        ],
        by=shop.head,
    )
    run = undo(run, shop, now)
    assert (run.state, run.counts["undone"], run.counts["kept"]) == ("undone", 2, 0)
    tables = ("customer", "household", "owner_history", "customer_note", "consent")
    assert {table: count(table) for table in tables} == dict.fromkeys(tables, 0)
    assert [event.state for event in db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.id))] == [
        "in",
        "out",
    ]


def test_what_an_import_changed_gets_its_former_values_back(shop: Shop, bring: Bring, now: datetime) -> None:
    before_owner = make_staff(store=shop.store)
    known = make_customer(store=shop.store, phone="+85291234567", address="旧地址", tags=["旧"], owner=before_owner)
    name, key = known.name, known.name_key
    run = bring(
        "customers",
        [[*HEAD, "地址", "标签", "负责人", "备注"], ["新名", "91234567", "HK01", "新地址", "新", "李美", "怕痒"]],
        by=shop.head,
    )
    db.session.refresh(known)
    assert (known.name, known.owner_id) == ("新名", shop.ann.id)
    undo(run, shop, now)
    db.session.refresh(known)
    assert (known.name, known.name_key, known.address, known.tags) == (name, key, "旧地址", ["旧"])
    assert known.owner_id == before_owner.id
    assert count("customer_note") == 0
    open_rows = db.session.scalars(select(OwnerHistory.owner_id).where(OwnerHistory.until.is_(None))).all()
    assert open_rows == [before_owner.id]


def test_a_file_that_was_changed_since_stays_with_the_reason(shop: Shop, bring: Bring, now: datetime) -> None:
    run = bring("customers", [HEAD, ["甲", "91234561", "HK01"], ["乙", "91234562", "HK01"]], by=shop.head)
    one = customer("+85291234561")
    customers.update(one.id, {"address": "新地址"}, version=1, actor=shop.head, now=now)
    run = undo(run, shop, now)
    assert (run.counts["undone"], run.counts["kept"]) == (1, 1)
    assert [(row.row, row.kept) for row in rows_of(run) if row.kept] == [(2, "changed-since")]
    assert db.session.scalars(select(Customer.phone)).all() == ["+85291234561"]


def test_a_file_that_was_used_since_stays_with_the_reason(shop: Shop, bring: Bring, now: datetime) -> None:
    run = bring("customers", [HEAD, ["甲", "91234561", "HK01"], ["乙", "91234562", "HK01"]], by=shop.head)
    customers.add_note(customer("+85291234562").id, "喜欢浅色", actor=shop.head, now=now)
    run = undo(run, shop, now)
    assert [(row.row, row.kept) for row in rows_of(run) if row.kept] == [(3, "used")]
    assert count("customer") == 1


def test_a_stop_that_came_with_the_import_stays_when_it_is_undone(shop: Shop, bring: Bring, now: datetime) -> None:
    run = bring("customers", [[*HEAD, "同意短信"], ["甲", "91234561", "HK01", "否"]], by=shop.head)
    undo(run, shop, now)
    assert count("customer") == 0
    row = db.session.execute(select(Consent)).scalar_one()
    assert (row.state, row.channel, row.scope) == (ConsentState.OUT, Channel.SMS, Scope.ALL)
