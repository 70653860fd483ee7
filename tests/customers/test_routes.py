"""The customer routes over HTTP: what each answers, and to whom."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.models import AuditEntry
from app.customers import contacts
from app.customers.models import Customer
from app.customers.values import ContactKind
from app.people.access import Role
from app.people.models import Staff, Store
from tests.factories.customers import make_customer, make_household, make_member, make_note
from tests.factories.people import make_staff, make_store
from tests.scenes import scene

SignIn = Callable[..., dict[str, str]]
API = "/api/v1"


@dataclass(frozen=True)
class Shop:
    """One customer, his owner, and everybody else who may ask for him."""

    store: Store
    customer: Customer
    people: dict[str, Staff]


@scene
def customers_scene(_now: datetime) -> Shop:
    store = make_store()
    owner = make_staff(store=store, name="李导购")
    customer = make_customer(
        store=store,
        owner=owner,
        household=make_household(store=store, name="陈家"),
        name="陈美玲",
        phone="+85261234567",
        tags=["素色"],
        sizes={"dress": "M"},
    )
    people = {
        "head office": make_staff(Role.HEAD_OFFICE),
        "supervisor": make_staff(Role.SUPERVISOR, store=store),
        "owner": owner,
        "colleague": make_staff(store=store),
        "foreign supervisor": make_staff(Role.SUPERVISOR),
        "foreign associate": make_staff(),
    }
    return Shop(store=store, customer=customer, people=people)


@pytest.fixture
def shop(customers_scene: Shop) -> Shop:
    return customers_scene


ASKERS = ("head office", "supervisor", "owner", "colleague", "foreign supervisor", "foreign associate", "nobody")

# What each of ASKERS is answered, in that order.
MATRIX: list[tuple[str, str, Any, tuple[int, ...]]] = [
    ("GET", "/customers", None, (200, 200, 200, 200, 200, 200, 401)),
    ("GET", "/customers?store_id={store}", None, (200, 200, 200, 200, 404, 404, 401)),
    (
        "POST",
        "/customers",
        {"name": "王芳", "phone": "91234567", "store_id": "{store}"},
        (201, 201, 201, 201, 422, 422, 401),
    ),
    ("GET", "/customers/{customer}", None, (200, 200, 200, 404, 404, 404, 401)),
    ("PATCH", "/customers/{customer}", {"district": "旺角", "version": 1}, (200, 200, 200, 404, 404, 404, 401)),
    ("PATCH", "/customers/{customer}", {"owner_id": None, "version": 1}, (200, 200, 403, 404, 404, 404, 401)),
    ("GET", "/customers/{customer}/notes", None, (200, 200, 200, 404, 404, 404, 401)),
    ("POST", "/customers/{customer}/notes", {"text": "喜欢浅色"}, (201, 201, 201, 404, 404, 404, 401)),
    ("GET", "/customers/{customer}/consents", None, (200, 200, 200, 404, 404, 404, 401)),
    ("POST", "/customers/{customer}/consents", {"state": "out", "text": "退订"}, (200, 200, 200, 404, 404, 404, 401)),
    ("POST", "/customers/{customer}/consents", {"state": "in", "text": "同意"}, (200, 200, 403, 404, 404, 404, 401)),
    ("GET", "/customers/{customer}/contact-budget", None, (200, 200, 200, 404, 404, 404, 401)),
    (
        "PUT",
        "/customers/{customer}/household",
        {"with_customer_id": "{customer}"},
        (200, 200, 200, 404, 404, 404, 401),
    ),
    ("DELETE", "/customers/{customer}/household", None, (200, 200, 200, 404, 404, 404, 401)),
    ("GET", "/households/{household}", None, (200, 200, 200, 404, 404, 404, 401)),
    ("PATCH", "/households/{household}", {"name": "陈府"}, (200, 200, 403, 403, 404, 403, 401)),
    ("GET", "/customers/{customer}/timeline", None, (200, 200, 200, 404, 404, 404, 401)),
    ("GET", "/customers/{customer}/reads", None, (200, 200, 403, 403, 404, 403, 401)),
    ("GET", "/households/{household}/members", None, (200, 200, 200, 404, 404, 404, 401)),
    (
        "POST",
        "/households/{household}/members",
        {"name": "陈先生", "relation": "partner"},
        (201, 201, 201, 404, 404, 404, 401),
    ),
    ("GET", "/members/{member}", None, (200, 200, 200, 404, 404, 404, 401)),
    ("PATCH", "/members/{member}", {"name": "陈樂樂", "version": 1}, (200, 200, 200, 404, 404, 404, 401)),
    ("DELETE", "/members/{member}", None, (200, 200, 200, 404, 404, 404, 401)),
    ("GET", "/members/{member}/consent", None, (200, 200, 200, 404, 404, 404, 401)),
    ("PUT", "/members/{member}/consent", {"text": "同意"}, (200, 200, 200, 404, 404, 404, 401)),
    ("POST", "/members/{member}/withdraw", {"text": "删除"}, (200, 200, 200, 404, 404, 404, 401)),
    ("GET", "/file-fields", None, (200, 200, 200, 200, 200, 200, 401)),
    ("PATCH", "/file-fields", {"industry": False}, (200, 403, 403, 403, 403, 403, 401)),
]


@pytest.mark.parametrize(("asker", "place"), [(asker, place) for place, asker in enumerate(ASKERS)])
@pytest.mark.parametrize(("method", "path", "body", "statuses"), MATRIX)
def test_each_route_answers_each_role_as_agreed(
    shop: Shop,
    client: FlaskClient,
    sign_in: SignIn,
    asker: str,
    place: int,
    method: str,
    path: str,
    body: Any,
    statuses: tuple[int, ...],
) -> None:
    ids = {"{store}": shop.store.id, "{customer}": shop.customer.id, "{household}": shop.customer.household_id}
    ids["{member}"] = make_member(shop.customer).id
    address = path
    for name, identity in ids.items():
        address = address.replace(name, str(identity))
    sent = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in (body or {}).items()}
    headers = sign_in(shop.people[asker]) if asker in shop.people else {}

    answer = client.open(API + address, method=method, json=sent if body else None, headers=headers)

    assert answer.status_code == statuses[place], answer.get_data(as_text=True)


def test_a_list_masks_the_numbers(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    answer = client.get(f"{API}/customers?q=美玲", headers=sign_in(shop.people["supervisor"])).get_json()

    [row] = answer["items"]
    assert row["phone_masked"] == "+852 6••• ••67"
    assert row["owner"] == {"id": shop.people["owner"].id, "name": "李导购"}
    assert "phone" not in row
    assert row["completeness"]["percent"] == 67


def test_a_list_goes_on_where_the_cursor_says(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    make_customer(store=shop.store, name="Amy")
    headers = sign_in(shop.people["supervisor"])

    first = client.get(f"{API}/customers?limit=1", headers=headers).get_json()
    second = client.get(f"{API}/customers?limit=1&cursor={first['next_cursor']}", headers=headers).get_json()

    assert [page["items"][0]["name"] for page in (first, second)] == ["Amy", "陈美玲"]
    assert second["next_cursor"] is None


def test_a_list_needs_the_same_few_queries_however_long(
    shop: Shop, client: FlaskClient, sign_in: SignIn, count_queries: Callable[[], Any]
) -> None:
    headers = sign_in(shop.people["supervisor"])
    with count_queries() as short:
        client.get(f"{API}/customers", headers=headers)
    for _ in range(10):
        make_customer(store=shop.store, owner=shop.people["owner"])
    with count_queries() as long:
        client.get(f"{API}/customers", headers=headers)

    assert len(long) == len(short)


def test_the_full_file_shows_everything_and_is_audited(
    shop: Shop, session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    file = client.get(f"{API}/customers/{shop.customer.id}", headers=sign_in(shop.people["owner"])).get_json()

    assert (file["phone"], file["sizes"], file["version"]) == ("+85261234567", {"dress": "M"}, 1)
    assert file["owners"][0]["owner"]["name"] == "李导购"
    assert file["created_at"] == "2026-01-05T02:00:00+00:00"
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.read"))
    assert entry.actor == str(shop.people["owner"].id)


def test_a_customer_is_created_whole(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    body = {
        "name": "王芳",
        "phone": "9123 4567",
        "store_id": shop.store.id,
        "locale": "zh_Hans",
        "dialect": "yue",
        "gender": "female",
        "birthday": {"calendar": "lunar", "month": 8, "day": 15},
        "address": "弥敦道 1 号",
        "district": "旺角",
        "lat": 22.32,
        "lng": 114.17,
        "tags": ["素色", "素色", "送禮多"],
        "preferences": "晚上七点后联系",
        "sizes": {"dress": "M"},
        "household_id": shop.customer.household_id,
    }

    answer = client.post(f"{API}/customers", json=body, headers=sign_in(shop.people["supervisor"]))

    file = answer.get_json()
    assert answer.status_code == 201
    assert (file["phone"], file["owner"], file["tags"]) == ("+85291234567", None, ["素色", "送禮多"])
    assert file["birthday"] == {"calendar": "lunar", "year": None, "month": 8, "day": 15}
    assert file["completeness"] == {"percent": 89, "missing": ["owner"]}


def test_the_same_key_creates_once(shop: Shop, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    headers = sign_in(shop.people["owner"]) | {"Idempotency-Key": "8ad3bd5c-3d7b-43a7-bd3f-d52d1a4a8a44"}
    body = {"name": "王芳", "store_id": shop.store.id}

    first = client.post(f"{API}/customers", json=body, headers=headers)
    again = client.post(f"{API}/customers", json=body, headers=headers)

    assert first.get_json() == again.get_json()
    assert len(session.scalars(select(Customer).where(Customer.name == "王芳")).all()) == 1


def test_the_owner_changes_with_his_reason(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    successor = shop.people["colleague"]
    body = {"owner_id": successor.id, "owner_reason": "产假", "version": 1}

    file = client.patch(
        f"{API}/customers/{shop.customer.id}", json=body, headers=sign_in(shop.people["supervisor"])
    ).get_json()

    assert file["owner"]["id"] == successor.id
    assert [(line["owner"]["id"], line["reason"]) for line in file["owners"]] == [
        (successor.id, "产假"),
        (shop.people["owner"].id, ""),
    ]
    assert file["owners"][1]["until"] is not None


def test_notes_come_newest_first_with_their_authors(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    make_note(shop.customer, text="旧的")
    headers = sign_in(shop.people["owner"])
    client.post(f"{API}/customers/{shop.customer.id}/notes", json={"text": "新的"}, headers=headers)

    notes = client.get(f"{API}/customers/{shop.customer.id}/notes", headers=headers).get_json()["items"]

    assert [(note["text"], (note["author"] or {}).get("name")) for note in notes] == [
        ("新的", "李导购"),
        ("旧的", None),
    ]


def test_a_reaction_to_a_product_offers_a_complaint(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    answer = client.post(
        f"{API}/customers/{shop.customer.id}/notes",
        json={"text": "用后过敏"},
        headers=sign_in(shop.people["owner"]),
    )

    assert answer.status_code == 201
    assert answer.get_json()["offer"]["kind"] == "complaint"
    assert answer.get_json()["offer"]["message"]


def test_a_stop_is_shown_with_who_took_it(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    owner = shop.people["owner"]
    answer = client.post(
        f"{API}/customers/{shop.customer.id}/consents",
        json={"state": "out", "scope": "promotion", "text": "不要再发促销"},
        headers=sign_in(owner),
    ).get_json()

    [state] = answer["consents"]
    assert (state["channel"], state["scope"], state["state"]) == ("sms", "promotion", "out")
    [event] = answer["history"]
    assert (event["text"], event["source"]) == ("不要再发促销", "office")
    assert event["collector"] == {"kind": "staff", "id": owner.id}


def test_a_customer_without_a_number_has_no_consents(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    baby = make_customer(store=shop.store, phone=None)

    answer = client.get(f"{API}/customers/{baby.id}/consents", headers=sign_in(shop.people["supervisor"]))

    assert answer.get_json() == {"customer_id": baby.id, "phone_masked": "", "consents": [], "history": []}


def test_the_contact_budget_is_shown_in_days(shop: Shop, client: FlaskClient, sign_in: SignIn, now: datetime) -> None:
    day = date(2027, 3, 12)
    contacts.reserve(shop.customer.id, kind=ContactKind.BIRTHDAY, day=day, origin_key="plan:1", now=now)

    budget = client.get(
        f"{API}/customers/{shop.customer.id}/contact-budget", headers=sign_in(shop.people["owner"])
    ).get_json()

    booked = {"day": "2027-03-12", "kind": "birthday", "state": "reserved", "customer_id": shop.customer.id}
    assert budget == {
        "household_id": shop.customer.household_id,
        "gap_days": 7,
        "today": "2027-03-10",
        "is_free_today": False,
        "next_free_day": "2027-03-19",
        "last": None,
        "next": booked,
        "contacts": [booked],
    }


def test_two_customers_become_one_household(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    husband = make_customer(store=shop.store, name="Amos")

    household = client.put(
        f"{API}/customers/{husband.id}/household",
        json={"with_customer_id": shop.customer.id},
        headers=sign_in(shop.people["supervisor"]),
    ).get_json()

    assert household["name"] == "陈家"
    assert [member["name"] for member in household["members"]] == ["Amos", "陈美玲"]


def test_a_token_without_the_scope_may_not_write(shop: Shop, client: FlaskClient, sign_in: SignIn) -> None:
    headers = sign_in(shop.people["head office"], scopes=["customers:read"])

    assert client.get(f"{API}/customers/{shop.customer.id}", headers=headers).status_code == 200
    answer = client.post(f"{API}/customers", json={"name": "X", "store_id": shop.store.id}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "missing-scope")
