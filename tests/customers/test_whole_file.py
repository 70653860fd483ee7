"""The file as one who serves the customer reads it over the API, and what is written down about reading it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.db import db
from app.core.models import AuditEntry
from app.customers import reads
from app.people.access import Role
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer, make_member, make_note
from tests.factories.messaging import make_conversation, make_message, ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.points import make_rules
from tests.factories.tasks import make_checklist, make_task

API = "/api/v1"
SignIn = Callable[..., dict[str, str]]


@pytest.fixture
def shop(session: Any, now: datetime) -> Any:
    store = make_store()
    owner = make_staff(store=store, name="李导购")
    make_checklist()
    make_checklist(task_type="callback", reason="complaint")
    ship_templates()
    make_rules()
    return {
        "store": store,
        "owner": owner,
        "lead": make_staff(Role.SUPERVISOR, store, name="何督导"),
        "boss": make_staff(Role.HEAD_OFFICE),
        "customer": make_customer(
            store=store,
            owner=owner,
            phone="+85261234567",
            birthday_calendar="lunar",
            birthday_month=8,
            birthday_day=15,
        ),
    }


def entries(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


# The file


def test_an_associate_finds_members_last_contacts_and_open_matters_in_the_file(
    shop: Any, now: datetime, client: FlaskClient, sign_in: SignIn
) -> None:
    customer = shop["customer"]
    make_member(customer, name="乐乐", collector=shop["owner"])
    done = make_task(
        customer=customer,
        assignee=shop["owner"],
        status="completed",
        window_start=now - timedelta(days=3),
        window_end=now - timedelta(days=3) + timedelta(hours=1),
    )
    planned = make_task(
        customer=customer, assignee=shop["owner"], window_start=now, window_end=now + timedelta(hours=1)
    )
    make_message(customer, created_at=now - timedelta(days=1), body="明天见")
    case = make_complaint(customer, now=now)
    make_conversation(customer, waiting_since=now)

    file = client.get(f"{API}/customers/{customer.id}", headers=sign_in(shop["owner"])).get_json()

    [member] = file["members"]
    assert (member["name"], member["age_months"], member["kept_until"]) == ("乐乐", 4, "2029-12-03")
    assert member["consent"]["collector"] == {"id": shop["owner"].id, "name": "李导购"}
    assert {moment["id"] for moment in file["last_contacts"] if moment["kind"] == "task"} >= {str(done.id)}
    assert "明天见" in [moment["words"] for moment in file["last_contacts"]]
    open_ids = {task["id"] for task in file["open_matters"]["tasks"]}
    assert planned.id in open_ids
    assert done.id not in open_ids
    assert [one["number"] for one in file["open_matters"]["complaints"]] == [case.number]
    assert file["open_matters"]["waiting_text"]["since"] == now.isoformat()


def test_a_lunar_birthday_says_when_it_comes_round(shop: Any, client: FlaskClient, sign_in: SignIn) -> None:
    file = client.get(f"{API}/customers/{shop['customer'].id}", headers=sign_in(shop["owner"])).get_json()
    assert file["birthday"]["calendar"] == "lunar"
    assert file["next_birthday"] == "2027-09-15"


def test_the_file_costs_the_same_however_much_happened(
    shop: Any, now: datetime, client: FlaskClient, sign_in: SignIn, count_queries: Any
) -> None:
    customer, headers = shop["customer"], sign_in(shop["owner"])
    make_member(customer)
    make_note(customer)
    make_message(customer)
    make_task(customer=customer, window_start=now, window_end=now + timedelta(hours=1))
    path = f"{API}/customers/{customer.id}"
    client.get(path, headers=headers)
    with count_queries() as short:
        client.get(path, headers=headers)
    for number in range(12):
        make_member(customer, name=f"宝宝{number}")
        make_note(customer)
        make_message(customer)
        make_task(customer=customer, window_start=now, window_end=now + timedelta(hours=1))
    with count_queries() as long:
        client.get(path, headers=headers)
    assert len(long) == len(short)


# The timeline


def test_the_timeline_goes_on_where_the_cursor_says(
    shop: Any, now: datetime, client: FlaskClient, sign_in: SignIn
) -> None:
    customer, headers = shop["customer"], sign_in(shop["owner"])
    for number in range(5):
        make_note(customer, text=f"第{number}条", created_at=now - timedelta(days=number))
    path = f"{API}/customers/{customer.id}/timeline?kind=note&limit=2"
    first = client.get(path, headers=headers).get_json()
    second = client.get(f"{path}&cursor={first['next_cursor']}", headers=headers).get_json()
    assert [item["words"] for item in first["items"] + second["items"]] == ["第0条", "第1条", "第2条", "第3条"]
    assert first["items"][0]["at"] == now.isoformat()


@pytest.mark.parametrize("query", ["kind=points", "limit=101", "limit=0", "cursor=x", "colour=red"])
def test_what_the_timeline_does_not_know_is_refused(
    shop: Any, client: FlaskClient, sign_in: SignIn, query: str
) -> None:
    path = f"{API}/customers/{shop['customer'].id}/timeline?{query}"
    assert client.get(path, headers=sign_in(shop["owner"])).status_code == 422


# What is written down


def test_reading_file_and_timeline_is_written_down_with_the_program(
    shop: Any, client: FlaskClient, sign_in: SignIn
) -> None:
    headers = sign_in(shop["owner"]) | {"X-Client": "field"}
    for part in ("", "/timeline"):
        client.get(f"{API}/customers/{shop['customer'].id}{part}", headers=headers)
    for action in (reads.READ, reads.TIMELINE):
        [entry] = entries(action)
        assert (entry.actor, entry.subject_id) == (str(shop["owner"].id), str(shop["customer"].id))
        assert entry.detail["client"] == "field"


def test_a_reading_that_is_refused_is_not_written_down(shop: Any, client: FlaskClient, sign_in: SignIn) -> None:
    stranger = make_staff(Role.SUPERVISOR)
    for part in ("", "/timeline", "/reads"):
        client.get(f"{API}/customers/{shop['customer'].id}{part}", headers=sign_in(stranger))
    assert [entries(action) for action in reads.READINGS] == [[]] * len(reads.READINGS)


def test_a_supervisor_sees_who_read_when_and_from_where(
    shop: Any, now: datetime, client: FlaskClient, sign_in: SignIn
) -> None:
    path = f"{API}/customers/{shop['customer'].id}"
    client.get(path, headers=sign_in(shop["owner"]) | {"X-Client": "field"})
    client.patch(path, json={"district": "旺角", "version": 1}, headers=sign_in(shop["boss"]))
    log = client.get(f"{path}/reads", headers=sign_in(shop["lead"])).get_json()["items"]
    told = [(line["who"]["name"], line["action"], line["client"], line["at"]) for line in log]
    assert told[-1] == ("李导购", "customer.read", "field", now.isoformat())
    change = next(line for line in log if line["action"] == "customer.update")
    assert (change["kind"], change["changed"]) == ("change", ["district"])
    only = client.get(f"{path}/reads?kind=read", headers=sign_in(shop["lead"])).get_json()["items"]
    assert {line["kind"] for line in only} == {"read"}


def test_looking_into_the_log_is_written_down_as_well(shop: Any, client: FlaskClient, sign_in: SignIn) -> None:
    path = f"{API}/customers/{shop['customer'].id}/reads"
    client.get(path, headers=sign_in(shop["lead"]))
    [line, *_] = client.get(path, headers=sign_in(shop["boss"])).get_json()["items"]
    assert (line["action"], line["who"]["name"]) == ("customer.reads", "何督导")


def test_the_log_knows_no_number_and_no_words(shop: Any, client: FlaskClient, sign_in: SignIn) -> None:
    path, headers = f"{API}/customers/{shop['customer'].id}", sign_in(shop["boss"])
    version = client.get(path, headers=headers).get_json()["version"]
    body = {"phone": "+85261112222", "preferences": "喜欢早上", "version": version}
    client.patch(path, json=body, headers=headers)
    client.post(f"{path}/notes", json={"text": "喜欢浅色"}, headers=headers)
    whole = str([(entry.action, entry.detail) for entry in db.session.scalars(select(AuditEntry))])
    for secret in ("61112222", "61234567", "喜欢"):
        assert secret not in whole


@pytest.mark.parametrize("path", ["/bootstrap", "/me/day"])
def test_what_a_phone_carries_is_written_down_once_a_day(
    shop: Any, now: datetime, client: FlaskClient, sign_in: SignIn, path: str
) -> None:
    make_task(customer=shop["customer"], assignee=shop["owner"], window_start=now, window_end=now + timedelta(hours=1))
    headers = sign_in(shop["owner"])
    for _ in range(3):
        assert client.get(f"{API}{path}", headers=headers).status_code == 200
    [entry] = entries(reads.CARRIED)
    assert (entry.actor, entry.subject_id) == (str(shop["owner"].id), str(shop["customer"].id))
    assert entry.store_id == shop["store"].id


def test_what_a_phone_carries_is_written_down_for_each_person_and_day(shop: Any, now: datetime) -> None:
    ids = {shop["customer"].id}
    first, second = actor_of(shop["owner"]), actor_of(shop["lead"])
    assert reads.record_carried(ids, actor=first, now=now) == 1
    assert reads.record_carried(ids, actor=first, now=now + timedelta(hours=23)) == 0
    assert reads.record_carried(ids, actor=second, now=now) == 1
    assert reads.record_carried(ids, actor=first, now=now + timedelta(hours=25)) == 1
    assert reads.record_carried(set(), actor=first, now=now) == 0


# Members over the API


def test_a_member_s_whole_life_over_the_api(shop: Any, now: datetime, client: FlaskClient, sign_in: SignIn) -> None:
    headers = sign_in(shop["owner"])
    members = f"{API}/households/{shop['customer'].household_id}/members"
    baby = {"name": "乐乐", "relation": "baby", "birth_date": "2026-11-03"}
    refused = client.post(members, json=baby, headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "guardian-consent-missing")

    agreed = {"text": "同意保存名字和出生日期", "channel": "paper", "at": "2027-03-09T09:00:00+08:00"}
    made = client.post(members, json={**baby, "consent": agreed}, headers=headers).get_json()
    assert made["consent"] == {
        "text": "同意保存名字和出生日期",
        "channel": "paper",
        "at": "2027-03-09T01:00:00+00:00",
        "collector": {"id": shop["owner"].id, "name": "李导购"},
        "withdrawn_at": None,
    }
    one = f"{API}/members/{made['id']}"
    assert client.get(members, headers=headers).get_json()["items"] == [made]
    gone = client.post(f"{one}/withdraw", json={"text": "请删除", "channel": "sms"}, headers=headers).get_json()
    assert (gone["name"], gone["birth_date"], gone["anonymised_at"]) == ("", None, now.isoformat())
    assert client.get(members, headers=headers).get_json()["items"] == []
    history = client.get(f"{one}/consent", headers=headers).get_json()["history"]
    assert [(event["state"], event["text"]) for event in history] == [("in", agreed["text"]), ("out", "请删除")]
    assert client.patch(one, json={"name": "x", "version": 9}, headers=headers).get_json()["code"] == "member-is-gone"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"relation": "cousin"}, "relation"),
        ({"birth_date": "2030-01-01"}, "birth_date"),
        ({"birth_date": "soon"}, "birth_date"),
        ({"name": " "}, "name"),
        ({"name": "她的前夫"}, "name"),
        ({"consent": {"text": ""}}, "consent"),
        ({"consent": {"text": "单亲妈妈同意"}}, "consent_text"),
        ({"customer_id": 2147483647}, "customer_id"),
    ],
)
def test_a_member_that_can_t_be_kept_names_the_field(
    shop: Any, client: FlaskClient, sign_in: SignIn, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "乐乐", "relation": "baby", "birth_date": "2026-11-03", "consent": {"text": "同意"}, **changes}
    members = f"{API}/households/{shop['customer'].household_id}/members"
    answer = client.post(members, json=body, headers=sign_in(shop["owner"]))
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_a_stale_change_of_a_member_is_refused(shop: Any, client: FlaskClient, sign_in: SignIn) -> None:
    member = make_member(shop["customer"])
    headers = sign_in(shop["owner"])
    one = f"{API}/members/{member.id}"
    assert (
        client.patch(one, json={"birth_date": str(date(2026, 12, 1)), "version": 1}, headers=headers).status_code == 200
    )
    assert client.patch(one, json={"name": "又", "version": 1}, headers=headers).status_code == 409
