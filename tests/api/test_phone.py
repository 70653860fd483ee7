"""What a phone fetches: the day with its customers' briefs, only what has changed, and the own book."""

import gzip
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.api.holdings import held_by, holdings_of, word_for
from app.core.db import db
from tests.factories.customers import make_customer
from tests.factories.people import key_of, make_staff, make_store
from tests.factories.tasks import make_task

API = "/api/v1"


@pytest.fixture
def day(session: Any, now: datetime) -> dict[str, Any]:
    store = make_store()
    owner = make_staff(store=store, name="李导购")
    customers = [make_customer(store=store, owner=owner, name=name) for name in ("安安", "白白", "陈陈")]
    visits = [
        make_task(customer=one, assignee=owner, window_start=now, window_end=now + timedelta(hours=1))
        for one in customers[:2]
    ]
    return {"store": store, "owner": owner, "customers": customers, "visits": visits, "key": key_of(owner)}


def look(client: FlaskClient, day: dict[str, Any], since: str = "") -> Any:
    answer = client.get(f"{API}/bootstrap", query_string={"since": since} if since else {}, headers=day["key"])
    assert answer.status_code == 200, answer.text
    return answer.json


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_the_day_brings_a_brief_of_each_of_its_customers(client: FlaskClient, day: dict[str, Any]) -> None:
    first = look(client, day)
    assert sorted(ids(first["customers"])) == sorted(one.id for one in day["customers"][:2])
    assert first["customer_ids"] == ids(first["customers"])
    assert first["task_ids"] == ids(first["tasks"])


def test_the_day_is_packed_for_whom_takes_it_so(client: FlaskClient, day: dict[str, Any]) -> None:
    plain = client.get(f"{API}/bootstrap", headers=day["key"])
    packed = client.get(f"{API}/bootstrap", headers={**day["key"], "Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert (packed.headers["Content-Encoding"], "Accept-Encoding" in packed.vary) == ("gzip", True)
    assert ids(json.loads(gzip.decompress(packed.data))["tasks"]) == ids(plain.json["tasks"])
    assert len(packed.data) < len(plain.data) / 3


def test_a_second_look_brings_only_what_has_changed(client: FlaskClient, day: dict[str, Any], now: datetime) -> None:
    first = look(client, day)
    second = look(client, day, first["since"])
    assert (second["tasks"], second["customers"]) == ([], [])
    assert (second["task_ids"], second["customer_ids"]) == (first["task_ids"], first["customer_ids"])

    day["customers"][0].preferences = "喜欢浅色"
    db.session.flush()
    third = look(client, day, second["since"])
    assert ids(third["customers"]) == [day["customers"][0].id]
    assert ids(third["tasks"]) == [day["visits"][0].id]  # its customer stands in it too
    make_task(
        customer=day["customers"][2], assignee=day["owner"], window_start=now, window_end=now + timedelta(hours=1)
    )
    fourth = look(client, day, third["since"])
    assert ids(fourth["customers"]) == [day["customers"][2].id]
    assert len(fourth["task_ids"]) == 3
    assert len(look(client, day)["tasks"]) == 3


def test_work_that_was_taken_away_is_no_longer_among_the_ids(client: FlaskClient, day: dict[str, Any]) -> None:
    first = look(client, day)
    day["visits"][1].assignee_id = make_staff(store=day["store"]).id
    db.session.flush()
    second = look(client, day, first["since"])
    assert second["task_ids"] == [day["visits"][0].id]
    assert second["tasks"] == []


@pytest.mark.parametrize("since", ["2027-03-10T02:00:00+00:00", "AAAA", "?", "好"])
def test_a_word_that_is_none_of_ours_brings_everything(client: FlaskClient, day: dict[str, Any], since: str) -> None:
    assert len(look(client, day, since)["tasks"]) == 2


def test_what_a_phone_holds_is_told_in_one_word() -> None:
    holdings = holdings_of({"t": [{"id": 1, "version": 2}], "c": [{"id": 1, "name": "安安"}]})
    assert held_by(word_for(holdings, longest=100)) == holdings
    assert holdings != holdings_of({"t": [{"id": 1, "version": 3}], "c": [{"id": 1, "name": "安安"}]})
    assert word_for(holdings, longest=10) == ""


# The own book


def test_the_book_holds_own_and_covered_customers_by_name(
    client: FlaskClient, day: dict[str, Any], now: datetime
) -> None:
    make_customer(store=day["store"], owner=make_staff(store=day["store"]))
    book = client.get(f"{API}/me/customers", headers=day["key"]).json
    assert [row["name"] for row in book["items"]] == ["安安", "白白", "陈陈"]
    first = book["items"][0]
    assert first["phone_end"] == day["customers"][0].phone[-4:]
    assert set(first) == {"id", "name", "phone_end", "district", "tier"}


def test_a_known_book_is_not_sent_again_until_a_row_of_it_changes(client: FlaskClient, day: dict[str, Any]) -> None:
    tag = client.get(f"{API}/me/customers", headers=day["key"]).json["tag"]
    again = client.get(f"{API}/me/customers?tag={tag}", headers=day["key"]).json
    assert (again["is_unchanged"], again["items"]) == (True, [])
    day["customers"][0].district = "沙田"
    db.session.flush()
    changed = client.get(f"{API}/me/customers?tag={tag}", headers=day["key"]).json
    assert (changed["is_unchanged"], len(changed["items"])) == (False, 3)


def test_a_long_book_comes_page_by_page(client: FlaskClient, day: dict[str, Any]) -> None:
    first = client.get(f"{API}/me/customers?limit=2", headers=day["key"]).json
    rest = client.get(
        f"{API}/me/customers", query_string={"limit": 2, "cursor": first["next_cursor"]}, headers=day["key"]
    )
    assert ids(first["items"]) + ids(rest.json["items"]) == [one.id for one in day["customers"]]
    assert rest.json["next_cursor"] is None


@pytest.mark.parametrize(
    ("role", "status"), [("associate", 200), ("supervisor", 200), ("head_office", 403), (None, 401)]
)
def test_a_book_is_for_those_who_look_after_customers(
    session: Any, client: FlaskClient, role: str | None, status: int
) -> None:
    headers = (
        key_of(make_staff(role, store=make_store()) if role != "head_office" else make_staff(role)) if role else {}
    )
    assert client.get(f"{API}/me/customers", headers=headers).status_code == status
