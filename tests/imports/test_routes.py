"""The API and the pages of imports, with each role."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.live import topics_for
from app.core.db import db
from app.core.errors import Invalid
from app.core.models import AuditEntry
from app.core.tabular import open_table
from app.customers.models import Customer
from app.imports import jobs, service
from app.imports.models import ImportRun
from app.people.access import Role
from app.people.models import Staff
from tests.factories.people import PASSWORD, actor_of, make_staff
from tests.imports.conftest import Shop, csv_of
from tests.web.conftest import Desk

API = "/api/v1/imports"
ROWS = [["姓名", "电话", "门店"], ["陈小明", "91234567", "HK01"], ["王五", "abc", "HK01"], ["李四", "", "XX"]]
SignIn = Callable[..., dict[str, str]]


@pytest.fixture
def keys(shop: Shop, sign_in: SignIn) -> dict[str, dict[str, str]]:
    db.session.get_one(Staff, shop.head.id).locale = "en"
    people = {
        "head": db.session.get_one(Staff, shop.head.id),
        "lead": db.session.get_one(Staff, shop.lead.id),
        "other": make_staff(Role.SUPERVISOR, shop.other),
        "ann": shop.ann,
    }
    return {name: sign_in(person) for name, person in people.items()}


def hand_in(client: FlaskClient, key: dict[str, str], kind: str = "customers", rows: Any = ROWS, **query: Any) -> Any:
    return client.post(
        f"{API}/{kind}", data=csv_of(rows).getvalue(), headers=key, query_string={"name": "a.csv", **query}
    )


def test_a_dry_run_names_row_column_problem_and_cure_and_imports_nothing(
    client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    answer = hand_in(client, keys["head"])
    assert (answer.status_code, answer.json["state"]) == (202, "waiting")
    jobs.run_due()
    run = client.get(f"{API}/{answer.json['id']}", headers=keys["head"]).json
    assert (run["state"], run["counts"]) == ("checked", {"new": 1, "changed": 0, "same": 0, "wrong": 2})
    assert run["mapping"] == {"name": 0, "phone": 1, "store": 2}
    faults = client.get(f"{API}/{run['id']}/faults", headers=keys["head"]).json["items"]
    assert faults[0] == {
        "row": 3,
        "column": "phone",
        "column_title": "电话",
        "value": "abc",
        "code": "not-a-phone",
        "problem": "This is not a phone number.",
        "cure": "Write it with the country code, such as +852 9123 4567.",
    }
    assert [fault["row"] for fault in faults] == [3, 4]
    assert db.session.scalars(select(Customer.id)).all() == []


def test_a_checked_file_is_imported_on_demand_and_taken_back(
    client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    run = hand_in(client, keys["head"]).json["id"]
    jobs.run_due()
    assert client.post(f"{API}/{run}/start", json={}, headers=keys["head"]).json["state"] == "importing"
    jobs.run_due()
    done = client.get(f"{API}/{run}", headers=keys["head"]).json
    assert (done["state"], done["can_undo"], done["percent"]) == ("done", True, 100)
    assert db.session.scalars(select(Customer.name)).all() == ["陈小明"]
    assert client.post(f"{API}/{run}/undo", headers=keys["head"]).status_code == 200
    jobs.run_due()
    assert client.get(f"{API}/{run}", headers=keys["head"]).json["state"] == "undone"
    assert db.session.scalars(select(Customer.name)).all() == []
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "import")).all()
    assert actions == ["import.hand_in", "import.start", "import.undo"]


def test_all_or_nothing_imports_nothing_when_a_row_is_wrong(
    client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    run = hand_in(client, keys["head"], dry_run="false", all_or_nothing="true").json["id"]
    jobs.run_due()
    assert client.get(f"{API}/{run}", headers=keys["head"]).json["state"] == "checked"
    refused = client.post(f"{API}/{run}/start", json={"all_or_nothing": True}, headers=keys["head"])
    assert (refused.status_code, refused.json["code"]) == (409, "rows-are-wrong")
    assert db.session.scalars(select(Customer.id)).all() == []


def test_a_file_with_unknown_titles_waits_for_its_columns_and_they_are_remembered(
    client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    rows = [["X1", "X2", "X3"], ["陈小明", "91234567", "HK01"]]
    run = hand_in(client, keys["head"], rows=rows).json["id"]
    jobs.run_due()
    assert client.get(f"{API}/{run}", headers=keys["head"]).json["state"] == "mapping"
    missing = client.put(f"{API}/{run}/mapping", json={"mapping": {"phone": 1}}, headers=keys["head"])
    assert (missing.status_code, missing.json["code"], list(missing.json["errors"])) == (
        422,
        "columns-missing",
        ["name"],
    )
    twice = client.put(f"{API}/{run}/mapping", json={"mapping": {"name": 1, "phone": 1}}, headers=keys["head"])
    assert twice.status_code == 422
    chosen = {"name": 0, "phone": 1, "store": 2}
    assert client.put(f"{API}/{run}/mapping", json={"mapping": chosen}, headers=keys["head"]).status_code == 200
    jobs.run_due()
    assert client.get(f"{API}/{run}", headers=keys["head"]).json["counts"]["new"] == 1
    turned = [["X3", "X2", "X1"], ["HK01", "91234568", "王五"]]
    again = hand_in(client, keys["head"], rows=turned).json["id"]
    jobs.run_due()
    assert client.get(f"{API}/{again}", headers=keys["head"]).json["mapping"] == {"store": 0, "phone": 1, "name": 2}


@pytest.mark.parametrize(
    ("kind", "who", "status"),
    [
        ("customers", "head", 202),
        ("products", "head", 202),
        ("purchases", "head", 202),
        ("staff", "head", 202),
        ("customers", "lead", 202),
        ("purchases", "lead", 202),
        ("products", "lead", 403),
        ("staff", "lead", 403),
        ("customers", "ann", 403),
        ("purchases", "ann", 403),
    ],
)
def test_who_may_import_what(
    client: FlaskClient, keys: dict[str, dict[str, str]], kind: str, who: str, status: int
) -> None:
    assert hand_in(client, keys[who], kind).status_code == status


def test_every_door_is_closed_to_associates_and_other_supervisors_see_nothing(
    client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    run = hand_in(client, keys["lead"]).json["id"]
    doors = [
        ("GET", "", None),
        ("GET", "/faults", None),
        ("GET", "/report", None),
        ("PUT", "/mapping", {"mapping": {}}),
        ("POST", "/start", {}),
        ("POST", "/undo", None),
        ("DELETE", "", None),
    ]
    for method, path, body in doors:
        statuses = [
            client.open(f"{API}/{run}{path}", method=method, json=body, headers=keys[who]).status_code
            for who in ("ann", "other")
        ]
        assert statuses == [403, 404], (method, path)
    lists = {who: client.get(API, headers=keys[who]) for who in ("head", "lead", "other", "ann")}
    assert [len(lists[who].json["items"]) for who in ("head", "lead", "other")] == [1, 1, 0]
    assert lists["ann"].status_code == 403
    assert client.get(f"{API}/kinds", headers=keys["ann"]).status_code == 403
    kinds = client.get(f"{API}/kinds", headers=keys["lead"]).json["items"]
    assert [kind["key"] for kind in kinds] == ["customers", "purchases"]


def test_what_is_no_table_fails_with_its_reason_and_can_be_thrown_away(
    client: FlaskClient, keys: dict[str, dict[str, str]]
) -> None:
    answer = client.post(f"{API}/customers", data=b"\xd0\xcf\x11\xe0" + b"\0" * 600, headers=keys["head"])
    run = answer.json["id"]
    jobs.run_due()
    failed = client.get(f"{API}/{run}", headers=keys["head"]).json
    assert (failed["state"], failed["fault"]["code"]) == ("failed", "old-workbook")
    assert client.delete(f"{API}/{run}", headers=keys["head"]).json["state"] == "discarded"


def test_an_upload_may_be_repeated_with_its_key(client: FlaskClient, keys: dict[str, dict[str, str]]) -> None:
    key = {**keys["head"], "Idempotency-Key": str(uuid4())}
    ids = {hand_in(client, key).json["id"] for _ in range(2)}
    assert len(ids) == 1
    assert len(db.session.scalars(select(ImportRun.id)).all()) == 1


def test_a_file_beyond_the_limit_is_refused(
    client: FlaskClient, keys: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_BYTES", 40)
    assert hand_in(client, keys["head"]).status_code == 413


def test_an_empty_body_is_refused(client: FlaskClient, keys: dict[str, dict[str, str]]) -> None:
    assert client.post(f"{API}/customers", headers=keys["head"]).status_code == 422


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
def test_the_report_holds_the_wrong_rows_and_can_be_handed_in_again(
    client: FlaskClient, keys: dict[str, dict[str, str]], wanted: str, tmp_path: Any
) -> None:
    run = hand_in(client, keys["head"]).json["id"]
    jobs.run_due()
    answer = client.get(f"{API}/{run}/report?format={wanted}", headers=keys["head"])
    path = tmp_path / "report"
    path.write_bytes(answer.data)
    with open_table(path) as (info, rows):
        cells = [row for _, row in rows]
    assert info.header == ("姓名", "电话", "门店", "Row", "Problem", "Cure")
    assert [row[:4] for row in cells] == [["王五", "abc", "HK01", "3"], ["李四", "", "XX", "4"]]
    assert cells[0][4] == "电话: This is not a phone number."
    again = client.post(f"{API}/customers", data=answer.data, headers=keys["head"]).json["id"]
    jobs.run_due()
    assert client.get(f"{API}/{again}", headers=keys["head"]).json["counts"]["wrong"] == 2


# Pages


@pytest.fixture
def desk(app: Flask, session: Session) -> Callable[[Role], Desk]:
    return lambda role: Desk(app.test_client(), make_staff(role, password=PASSWORD, locale="en"))


def upload(desk: Desk, rows: Any = ROWS, **form: Any) -> Any:
    return desk.send("/office/imports", **{"kind": "customers", "file": (csv_of(rows), "客户.csv"), **form})


def test_the_pages_lead_from_the_file_to_the_import_and_back(shop: Shop, desk: Any) -> None:
    client = desk(Role.HEAD_OFFICE)
    assert "Nothing has been imported yet" in client.get("/office/imports").text
    address = upload(client).headers["Location"]
    assert "Being opened" in client.get(address).text
    jobs.run_due()
    checked = client.get(address).text
    for words in ("Import 1 row", "2 rows are wrong", "This is not a phone number.", "Which column is which"):
        assert words in checked
    assert client.send(f"{address}/start").status_code == 303
    jobs.run_due()
    assert "Take the import back" in client.get(address).text
    client.send(f"{address}/undo")
    jobs.run_due()
    assert "Taken back" in client.get(address).text
    assert "客户.csv" in client.get("/office/imports").text


def test_columns_are_chosen_on_the_page(shop: Shop, desk: Any) -> None:
    client = desk(Role.HEAD_OFFICE)
    address = upload(client, [["X1", "X2"], ["陈小明", "91234567"]], store_id=str(shop.store.id)).headers["Location"]
    jobs.run_due()
    assert "Columns to choose" in client.get(address).text
    assert client.send(f"{address}/mapping", **{"column-phone": "1"}).status_code == 422
    client.send(f"{address}/mapping", **{"column-name": "0", "column-phone": "1"})
    jobs.run_due()
    assert "Import 1 row" in client.get(address).text


def test_a_file_is_thrown_away_on_the_page(shop: Shop, desk: Any) -> None:
    client = desk(Role.HEAD_OFFICE)
    address = upload(client).headers["Location"]
    jobs.run_due()
    assert client.send(f"{address}/discard").headers["Location"] == "/office/imports"
    assert "客户.csv" not in client.get("/office/imports").text.split('id="runs"')[1]


def test_a_form_without_a_file_says_so(shop: Shop, desk: Any) -> None:
    answer = desk(Role.HEAD_OFFICE).send("/office/imports", kind="customers")
    assert answer.status_code == 422
    assert "Choose a file." in answer.text


def test_the_report_and_the_empty_tables_are_downloads(shop: Shop, desk: Any, tmp_path: Any) -> None:
    client = desk(Role.HEAD_OFFICE)
    address = upload(client).headers["Location"]
    jobs.run_due()
    assert "to-correct.csv" in client.get(f"{address}/report.csv").headers["Content-Disposition"]
    for kind in ("customers", "products", "purchases", "staff"):
        path = tmp_path / kind
        path.write_bytes(client.get(f"/office/imports/{kind}.xlsx").data)
        with open_table(path) as (info, _rows):
            assert "Name" in info.header or "Code" in info.header or "Receipt number" in info.header


def test_supervisors_have_the_page_for_their_kinds_and_associates_have_not(shop: Shop, desk: Any) -> None:
    client = desk(Role.SUPERVISOR)
    words = client.get("/office/imports").text
    assert 'value="customers"' in words
    assert 'value="staff"' not in words
    assert client.get("/office/imports/staff.xlsx").status_code == 403
    assert upload(client, kind="staff").status_code == 403
    assert desk(Role.ASSOCIATE).get("/office/imports").status_code == 403


def test_the_page_of_an_import_may_watch_it_and_an_associate_may_not(shop: Shop) -> None:
    assert topics_for(shop.lead, "import:5") == {"import:5": "import:5"}
    with pytest.raises(Invalid):
        topics_for(actor_of(shop.ann), "import:5")
