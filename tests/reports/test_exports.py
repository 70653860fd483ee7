"""Every list as a table to take away."""

import contextvars
import csv
import io
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import event, select, text

from app.core.db import db
from app.core.models import AuditEntry
from app.core.tabular import csv_rows, without_guard
from app.core.workbook import xlsx_pieces
from app.people.access import Actor, Role
from app.purchases import habits
from app.reports import exports
from app.reports.export_lists import LISTS
from app.reports.exports import Format
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer, make_member
from tests.factories.messaging import make_message
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_product, make_purchase, make_stock
from tests.factories.tasks import make_task


class Desk:
    def __init__(self, client: Any, sign_in: Callable[..., dict[str, str]]) -> None:
        self.client, self.sign_in = client, sign_in
        self.store = make_store()
        self.keys = {
            "boss": sign_in(make_staff(Role.HEAD_OFFICE, locale="en")),
            "lead": sign_in(make_staff(Role.SUPERVISOR, self.store, locale="en")),
            "ann": sign_in(make_staff(Role.ASSOCIATE, self.store, locale="en")),
        }

    def ask(self, who: str, key: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/exports/{key}", query_string=query, headers=self.keys[who])

    def rows(self, who: str, key: str, **query: Any) -> list[dict[str, str]]:
        answer = self.ask(who, key, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


@pytest.fixture
def desk(session: Any, client: Any, sign_in: Any) -> Desk:
    return Desk(client, sign_in)


def titles_of(workbook: bytes, folder: Path) -> list[str]:
    path = folder / "list.xlsx"
    path.write_bytes(workbook)
    with zipfile.ZipFile(path) as archive:
        first = re.search(r'<row r="1".*?</row>', archive.read("xl/worksheets/sheet1.xml").decode(), re.S)
    assert first is not None
    return re.findall(r"<c ", first[0])


def a_full_shop(desk: Desk) -> None:
    customer = make_customer(store=desk.store, name="陈美玲", phone="+85261234567", sizes={"shoes": "38"}, tags=["vip"])
    make_member(customer)
    make_purchase(customer=customer)
    make_stock(make_product(), 5, store_id=desk.store.id)
    make_task(customer=customer)
    make_complaint(customer)
    make_message(customer)


@pytest.mark.parametrize("key", LISTS)
@pytest.mark.parametrize("who", ["boss", "lead", "ann"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_is_for_the_desk_in_both_forms(desk: Desk, key: str, who: str, kind: str, tmp_path: Path) -> None:
    a_full_shop(desk)
    answer = desk.ask(who, key, format=kind)
    assert answer.status_code == (403 if who == "ann" else 200)
    if who == "ann":
        return
    if kind == "csv":
        header = next(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    else:
        assert answer.get_data().startswith(b"PK")
        header = titles_of(answer.get_data(), tmp_path)
    assert len(header) == len(LISTS[key].columns)


def test_a_list_holds_what_the_list_shows(desk: Desk) -> None:
    a_full_shop(desk)
    (row,) = desk.rows("boss", "customers")
    assert (row["Customer"], row["Store"], row["Tags"], row["Sizes"]) == ("陈美玲", desk.store.name, "vip", "shoes 38")
    assert desk.rows("boss", "tasks")[0]["Customer"] == "陈美玲"
    assert {one["Name"] for one in desk.rows("boss", "households")} == {"陈美玲", "陈乐乐"}


def test_who_stays_away_is_named_in_the_lapsed_list(desk: Desk) -> None:
    customer = make_customer(store=desk.store, name="陈美玲")
    make_purchase(customer=customer, bought_at=datetime(2026, 1, 5, 12, tzinfo=UTC))
    habits.refresh(now=datetime(2027, 3, 10, 2, tzinfo=UTC))
    for kind in ("csv", "xlsx"):
        assert desk.ask("boss", "lapsed", format=kind).status_code == 200
    [row] = desk.rows("boss", "lapsed")
    assert (row["Customer"], row["Store"], row["Last bought"]) == ("陈美玲", desk.store.name, "2026-01-05")


def test_numbers_are_masked(desk: Desk) -> None:
    a_full_shop(desk)
    for key in ("customers", "purchases", "tasks", "complaints", "messages"):
        text_of = desk.ask("boss", key).get_data(as_text=True)
        assert "61234567" not in text_of.replace(" ", ""), key


def test_head_office_takes_whole_numbers_with_a_reason(desk: Desk) -> None:
    a_full_shop(desk)
    assert desk.ask("boss", "customers", full_numbers="true").status_code == 422
    (row,) = desk.rows("boss", "customers", full_numbers="true", reason="recall of a product")
    assert row["Number"] == "+85261234567"
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "export"))
    assert (entry.detail["full_numbers"], entry.detail["reason"]) == (True, "recall of a product")


def test_a_supervisor_never_gets_whole_numbers(desk: Desk) -> None:
    assert desk.ask("lead", "customers", full_numbers="true", reason="please").status_code == 403


def test_a_supervisor_takes_own_stores_away_and_no_others(desk: Desk) -> None:
    a_full_shop(desk)
    stranger = make_customer(name="李小明")
    make_purchase(customer=stranger)
    make_task(customer=stranger)
    make_message(stranger)
    for key in ("customers", "purchases", "tasks", "messages", "households"):
        assert "李小明" not in desk.ask("lead", key).get_data(as_text=True), key
        assert "李小明" in desk.ask("boss", key).get_data(as_text=True), key
    assert desk.ask("lead", "customers", store=stranger.store_id).status_code == 404


@pytest.mark.parametrize(
    ("key", "query", "count"),
    [
        ("customers", {"tier": "core"}, 1),
        ("customers", {"q": "美玲"}, 1),
        ("customers", {"tag": "none"}, 0),
        ("tasks", {"status": "completed"}, 0),
        ("complaints", {"open": "true"}, 1),
        ("complaints", {"open": "false"}, 0),
        ("messages", {"kind": "help"}, 1),
        ("purchases", {"from": "2030-01-01"}, 0),
    ],
)
def test_the_filters_of_the_list_narrow_the_export(desk: Desk, key: str, query: dict[str, str], count: int) -> None:
    a_full_shop(desk)
    make_customer(store=desk.store, name="王芳")
    db.session.execute(text("UPDATE customer SET tier = 'core' WHERE name = '陈美玲'"))
    assert len(desk.rows("lead", key, **query)) == count


@pytest.mark.parametrize("query", [{"tier": "gold"}, {"owner": "x"}, {"store": "-1"}, {"format": "pdf"}])
def test_filters_that_are_none_are_refused(desk: Desk, query: dict[str, str]) -> None:
    assert desk.ask("boss", "customers", **query).status_code == 422


def test_an_unknown_list_is_not_there(desk: Desk) -> None:
    assert desk.ask("boss", "secrets").status_code == 404


def test_each_export_is_written_down_with_its_rows(desk: Desk) -> None:
    a_full_shop(desk)
    desk.ask("lead", "customers", store=desk.store.id, q="美玲")
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "export"))
    assert (entry.subject_id, entry.store_id, entry.detail["rows"]) == ("customers", desk.store.id, 1)
    assert entry.detail["filters"] == {"store": str(desk.store.id)}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+852 6123 4567", "+852 6••• ••67"),
        ("61234567", "+852 6••• ••67"),
        ("６１２３４５６７", "+852 6••• ••67"),
        ("call 999-999-999-99", "call •••"),
        ("spring 2027", "spring 2027"),
        ("2027-03-10", "2027-03-10"),
    ],
)
def test_no_number_that_was_searched_for_stands_in_the_log(desk: Desk, typed: str, kept: str) -> None:
    a_full_shop(desk)
    desk.ask("boss", "customers", q=typed, tag=typed, full_numbers="true", reason=f"for {typed} only")
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "export"))
    assert entry.detail["filters"] == {"tag": kept}
    assert entry.detail["reason"] == f"for {kept} only"


def test_nothing_in_an_export_is_a_formula(desk: Desk) -> None:
    make_customer(store=desk.store, name="=HYPERLINK(1)", preferences="@SUM(A1)")
    (row,) = desk.rows("boss", "customers")
    assert (row["Customer"], row["Preferences"]) == ("'=HYPERLINK(1)", "'@SUM(A1)")
    with zipfile.ZipFile(io.BytesIO(desk.ask("boss", "customers", format="xlsx").get_data())) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "HYPERLINK(1)" in sheet
    assert "<f>" not in sheet


@pytest.mark.parametrize(("locale", "title"), [("zh_Hans", "顾客"), ("en", "Customer")])
def test_titles_are_in_the_readers_language(desk: Desk, locale: str, title: str) -> None:
    keys = desk.sign_in(make_staff(Role.HEAD_OFFICE, locale=locale))
    answer = desk.client.get("/api/v1/exports/customers", headers={**keys, "Accept-Language": locale.replace("_", "-")})
    assert title in answer.get_data().decode("utf-8-sig").splitlines()[0].split(",")


def test_the_list_of_exports_names_columns(desk: Desk) -> None:
    answer = desk.client.get("/api/v1/exports", headers=desk.keys["lead"])
    assert {one["key"] for one in answer.json["items"]} == set(LISTS)


def many_customers(store_id: int, count: int) -> None:
    db.session.execute(
        text("""WITH home AS (INSERT INTO household (store_id, created_at)
                    SELECT :store, now() FROM generate_series(1, :count) RETURNING id)
                INSERT INTO customer (name, name_key, household_id, store_id, locale, created_at, updated_at, address)
                SELECT 'Customer ' || id, lpad(id::text, 9, '0'), id, :store, 'en', now(), now(), repeat('x', 200)
                FROM home"""),
        {"store": store_id, "count": count},
    )


def test_an_export_takes_the_same_statements_for_few_and_for_many(desk: Desk) -> None:
    counts = []
    for count in (3, 2000):
        many_customers(desk.store.id, count)
        seen: list[str] = []
        listener = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        desk.rows("boss", "customers")
        event.remove(db.engine, "before_cursor_execute", listener)
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("kind", [Format.CSV, Format.XLSX])
def test_a_long_list_needs_little_memory(desk: Desk, now: datetime, kind: Format) -> None:
    many_customers(desk.store.id, 8_000)
    prepared = exports.prepare(
        LISTS["customers"],
        {},
        format=kind,
        actor=Actor.system(),
        now=now,
        locale="en",
        say=str,
        words_of=lambda _name, value: value,
    )
    tracemalloc.start()
    write = csv_rows if kind is Format.CSV else xlsx_pieces
    size = sum(len(piece) for piece in write(prepared.header, prepared.lines(db.session())))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 120_000
    assert peak < 4_000_000


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_first_bytes_leave_before_the_rows_are_read(desk: Desk, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    many_customers(desk.store.id, 5_000)
    fetched: list[int] = []
    fetch = psycopg.ServerCursor.fetchmany

    def noted(self: Any, size: int = 0) -> Any:
        fetched.append(size)
        return fetch(self, size)

    monkeypatch.setattr(psycopg.ServerCursor, "fetchmany", noted)
    answer = desk.ask("boss", "customers", format=kind)
    pieces = iter(answer.response)
    assert next(pieces).startswith(b"PK" if kind == "xlsx" else b"\xef\xbb\xbf")
    assert not fetched
    assert next(pieces)
    assert 0 < len(fetched) < 5
    assert len(list(pieces)) > 5
    assert len(fetched) >= 10


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("key", LISTS)
def test_the_rows_flow_when_the_request_is_over(desk: Desk, kind: str, key: str) -> None:
    a_full_shop(desk)
    answer = desk.ask("boss", key, format=kind)
    # A server reads on where no request and no application is known.
    held = contextvars.Context().run(lambda: b"".join(answer.response))
    assert len(held) > 50
    answer.close()


def test_both_forms_hold_the_same_rows(desk: Desk) -> None:
    a_full_shop(desk)
    make_customer(store=desk.store, name="=1+1", phone="+8613912345678", preferences=" two\r\nlines ")
    for key in ("customers", "tasks", "purchases", "households", "stock"):
        chosen = LISTS[key]
        as_text = desk.rows("boss", key)
        book = CalamineWorkbook.from_filelike(io.BytesIO(desk.ask("boss", key, format="xlsx").get_data()))
        titles, *lines = book.get_sheet_by_index(0).to_python()
        assert titles == list(as_text[0]) == [column.title for column in chosen.columns]
        filled = [[title for title, cell in row.items() if cell] for row in as_text]
        assert [[title for title, cell in zip(titles, line, strict=True) if cell != ""] for line in lines] == filled
        names = titles.index("Customer") if "Customer" in titles else titles.index("Store")
        assert [line[names] for line in lines] == [without_guard(row[titles[names]]) for row in as_text]
