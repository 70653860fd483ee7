"""Files as they really come: two columns of one title, floats for numbers, nothing but a header, bytes of a picture."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
import xlsxwriter
from sqlalchemy import func, select, text

from app.core import files
from app.core.db import db, transaction
from app.customers import merging
from app.customers.merge_models import DuplicatePair
from app.customers.models import Customer
from app.imports import jobs, service
from app.imports.models import ImportRun
from app.purchases.models import Purchase
from app.tasks.models import Blob
from tests.factories.customers import make_customer
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_task
from tests.imports.conftest import Shop, csv_of, faults_of, rows_of, work
from tests.tasks.test_evidence import picture

Bring = Callable[..., ImportRun]
HEAD = ["姓名", "电话", "门店"]


def phones() -> list[str | None]:
    return list(db.session.scalars(select(Customer.phone).order_by(Customer.phone)))


def hand_in(data: bytes, shop: Shop, now: datetime, kind: str = "customers", **options: bool) -> ImportRun:
    with transaction():
        run = service.hand_in(
            kind, io.BytesIO(data), name="file", actor=shop.head, now=now, **{"dry_run": False, **options}
        )
    return work(run)


def test_numbers_that_a_workbook_keeps_as_numbers_are_numbers(shop: Shop, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ["陈小明", 91234567.0, "HK01"])
    sheet.write_row(2, 0, ["李四", 13800138000.0, "SZ01"])
    sheet.write_row(3, 0, ["王五", 8613800138001.0, "SZ01"])
    book.close()
    assert hand_in(path.read_bytes(), shop, now).counts["new"] == 3
    assert phones() == ["+85291234567", "+8613800138000", "+8613800138001"]


def test_a_number_that_a_spreadsheet_shortened_is_named_with_its_cure(shop: Shop, bring: Bring) -> None:
    run = bring("customers", [HEAD, ["陈小明", "8.61E+12", "SZ01"]], by=shop.head)
    assert faults_of(run) == [(2, "phone", "shortened")]


def test_a_receipt_number_that_was_shortened_is_not_taken_for_another(shop: Shop, bring: Bring) -> None:
    make_customer(store=shop.store, phone="+85291234567")
    make_product(code="DRESS")
    run = bring(
        "purchases",
        [
            ["小票号", "电话", "门店", "日期", "货号", "金额"],
            ["2.02704E+15", "91234567", "HK01", "2026-05-01", "DRESS", "100"],
            ["A-2", "91234567", "HK01", "2026-05-01", "DRESS", "12,50"],
        ],
        by=shop.head,
    )
    assert faults_of(run) == [(2, "external_id", "shortened"), (3, "amount", "not-a-number")]
    assert db.session.scalar(select(func.count()).select_from(Purchase)) == 0


def test_full_width_digits_and_spaces_are_read(shop: Shop, bring: Bring) -> None:
    bring(
        "customers",
        [
            ["　姓名", "电 话", "门店", "生日"],
            ["　陈 小明　", "９１２３　４５６７", "ＨＫ０１", "１９８０－０３－０１"],
        ],
        by=shop.head,
    )
    made = db.session.scalars(select(Customer)).one()
    assert (made.name, made.phone, made.birthday_month, made.birthday_day) == ("陈 小明", "+85291234567", 3, 1)


def test_a_chosen_column_is_remembered_although_another_has_its_title(shop: Shop, now: datetime, bring: Bring) -> None:
    """The first "number" is the member card's, the second the phone's."""
    rows = [["name", "number", "", "number"], ["Ann", "7", "HK01", "91234567"]]
    run = bring("customers", rows, by=shop.head, dry_run=True)
    with transaction():
        service.choose_columns(run.id, {"name": 0, "phone": 3, "store": 2}, actor=shop.head, now=now)
    assert work(run).counts["new"] == 1
    again = bring("customers", rows, by=shop.head)
    assert again.mapping == {"name": 0, "phone": 3, "store": 2}
    assert phones() == ["+85291234567"]


def test_a_file_with_nothing_but_a_header_says_so(shop: Shop, bring: Bring) -> None:
    run = bring("customers", [HEAD], by=shop.head)
    assert (run.state, run.fault["code"] if run.fault else "") == ("failed", "empty-table")


def test_a_cell_of_32_000_characters_is_named_and_the_others_go_in(shop: Shop, bring: Bring) -> None:
    rows = [[*HEAD, "备注"], ["陈小明", "91234567", "HK01", "浅" * 32_000], ["王五", "91234568", "HK01", "浅色"]]
    run = bring("customers", rows, by=shop.head)
    assert faults_of(run) == [(2, "note", "too-long")]
    assert phones() == ["+85291234568"]


def test_a_zero_byte_far_down_spoils_its_row_only(shop: Shop, bring: Bring) -> None:
    rows = [[*HEAD, "备注"], *(["陈小明", f"{91000000 + one}", "HK01", "浅" * 500] for one in range(120))]
    rows += [["王五", "91234567", "HK01", "浅\x00色" * 3000], ["李四", "91234568", "HK01", "她离婚\x00了"]]
    run = bring("customers", rows, by=shop.head)
    assert (run.state, run.counts["new"]) == ("done", 120)
    assert [code for _, _, code in faults_of(run)] == ["too-long", "unreadable", "too-private"]


def test_a_quotation_mark_that_is_not_closed_names_its_row(shop: Shop, now: datetime) -> None:
    lines = ["姓名,电话,门店,备注", '陈小明,91234567,HK01,"浅色']
    lines += [f"王五,{91000000 + number},HK01,x" for number in range(30)]
    run = hand_in("\n".join(lines).encode(), shop, now)
    assert run.state == "failed"
    assert run.fault is not None
    assert (run.fault["code"], run.fault["params"]) == ("open-quote", {"row": "2"})


def test_throwing_a_file_away_spares_a_picture_of_the_same_bytes(shop: Shop, now: datetime) -> None:
    """Whoever may import and has seen a picture of a visit could else destroy the proof."""
    data = picture()
    digest = files.store(data)
    blob = {"original_bytes": len(data), "size_bytes": len(data), "media_type": "image/jpeg", "width": 9, "height": 9}
    db.session.add(
        Blob(id=uuid4(), original_sha256=digest, sha256=digest, uploaded_by_id=shop.ann.id, uploaded_at=now, **blob)
    )
    run = hand_in(data, shop, now)
    assert run.state == "failed"
    with transaction():
        service.discard(run.id, actor=shop.head, now=now)
    assert files.read(digest) == data


# Leases


def test_a_worker_that_was_paused_past_its_lease_changes_nothing(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes when the file was checked by another, started by a person and taken over by a third."""
    rows = [HEAD, *(["陈小明", f"{91000000 + one}", "HK01"] for one in range(30))]
    with transaction():
        run = service.hand_in("customers", csv_of(rows), name="a.csv", actor=shop.head, now=now)
    asleep = jobs._claim()
    assert asleep is not None
    db.session.execute(text("UPDATE import_run SET leased_until = NULL"))
    work(run)
    with transaction():
        service.start(run.id, actor=shop.head, now=now)
    awake = jobs._claim()
    assert awake is not None
    assert (awake.run_id, awake.attempt) == (asleep.run_id, asleep.attempt)
    with pytest.raises(jobs.LostLease), jobs._chunk(asleep):
        pass
    jobs._release(asleep)
    jobs._fail(asleep, jobs.Broken())
    with jobs._chunk(awake) as held:
        assert held.state == "importing"


def test_a_run_that_gets_on_is_not_given_up_however_often_it_is_broken_off(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 5)
    rows = [HEAD, *(["陈小明", f"{91000000 + one}", "HK01"] for one in range(60))]
    with transaction():
        run = service.hand_in("customers", csv_of(rows), name="a.csv", actor=shop.head, now=now, dry_run=False)
    calls, original = [0], jobs._mark_lost

    def breaks_often(run_id: int, first: int, last: int) -> None:
        calls[0] += 1
        if calls[0] % 2 == 0:
            raise RuntimeError("the machine is restarted")
        original(run_id, first, last)

    monkeypatch.setattr(jobs, "_mark_lost", breaks_often)
    for _restart in range(30):
        db.session.execute(text("UPDATE import_run SET leased_until = NULL"))
        run = work(run)
        if run.state == "done":
            break
    assert (run.state, run.counts, calls[0]) == ("done", {"new": 60, "changed": 0, "same": 0, "wrong": 0}, 25)


# Taking back what has been lived with


def undo(run: ImportRun, shop: Shop, now: datetime) -> ImportRun:
    with transaction():
        service.undo(run.id, actor=shop.head, now=now)
    return work(run)


def kept(run: ImportRun) -> list[tuple[int, str | None]]:
    return [(row.row, row.kept) for row in rows_of(run) if row.kept]


PEOPLE = [[*HEAD, "家庭"], *([f"客{one}", f"9123456{one}", "HK01", "A"] for one in range(6))]


def test_only_files_that_nobody_has_used_are_taken_back_and_their_home_stays(
    shop: Shop, bring: Bring, now: datetime
) -> None:
    run = bring("customers", PEOPLE, by=shop.head)
    by_name = {one.name: one for one in db.session.scalars(select(Customer))}
    make_task(customer=by_name["客1"])
    make_purchase(customer=by_name["客2"])
    home = by_name["客0"].household_id
    run = undo(run, shop, now)
    assert (run.state, run.counts["undone"], run.counts["kept"]) == ("undone", 4, 2)
    assert kept(run) == [(3, "used"), (4, "used")]
    left = db.session.scalars(select(Customer).order_by(Customer.name)).all()
    assert [(one.name, one.household_id) for one in left] == [("客1", home), ("客2", home)]


def test_a_file_that_only_looks_like_another_is_taken_back(shop: Shop, bring: Bring, now: datetime) -> None:
    """The nightly search for duplicates names both; that is nobody's use of them."""
    other = make_customer(store=shop.store, name="客0")
    run = bring("customers", PEOPLE[:2], by=shop.head)
    made = db.session.execute(select(Customer.id).where(Customer.phone == "+85291234560")).scalar_one()
    pair = {"low_id": min(other.id, made), "high_id": max(other.id, made)}
    db.session.add(DuplicatePair(**pair, score=90, evidence=[], state="open", found_at=now))
    run = undo(run, shop, now)
    assert (run.counts["undone"], run.counts["kept"]) == (1, 0)
    assert db.session.scalars(select(Customer.id)).all() == [other.id]
    assert db.session.scalars(select(DuplicatePair.low_id)).all() == []


def test_a_file_that_was_merged_into_another_is_named_as_kept(shop: Shop, bring: Bring, now: datetime) -> None:
    other = make_customer(store=shop.store, name="客0", phone=None)
    run = bring("customers", PEOPLE[:3], by=shop.head)
    made = db.session.execute(select(Customer.id).where(Customer.name == "客0", Customer.id != other.id)).scalar_one()
    with transaction():
        merging.merge(other.id, made, actor=shop.head, now=now)
    run = undo(run, shop, now)
    assert (run.counts["undone"], run.counts["kept"]) == (1, 1)
    assert kept(run) == [(2, "changed-since")]
    assert db.session.scalars(select(Customer.name)).all() == ["客0"]


def test_a_purchase_import_is_taken_back_before_the_customers_it_names(shop: Shop, bring: Bring, now: datetime) -> None:
    make_product(code="DRESS")
    people = bring("customers", PEOPLE[:2], by=shop.head)
    bought = [
        ["小票号", "电话", "门店", "日期", "货号", "金额"],
        ["A-1", "91234560", "HK01", "2026-05-01", "DRESS", "100"],
    ]
    purchases = bring("purchases", bought, by=shop.head)
    assert undo(purchases, shop, now).counts["undone"] == 1
    assert undo(people, shop, now).counts["undone"] == 1
    assert db.session.scalars(select(Customer.id)).all() == []
