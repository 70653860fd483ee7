"""Each kind of bad input has its own problem document and changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Consent, Customer, CustomerNote
from app.people.access import Role
from app.people.models import Store
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store

SignIn = Callable[..., dict[str, str]]
API = "/api/v1"


@pytest.fixture
def store(session: Session) -> Store:
    return make_store()


@pytest.fixture
def customer(store: Store) -> Customer:
    return make_customer(store=store, phone="+85261234567")


@pytest.fixture
def headers(store: Store, sign_in: SignIn) -> dict[str, str]:
    return sign_in(make_staff(Role.SUPERVISOR, store=store))


BAD_FILES: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name"),
    ({"name": "  "}, "name"),
    ({"name": 7}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"phone": "12"}, "phone"),
    ({"phone": "not a number"}, "phone"),
    ({"store_id": "one"}, "store_id"),
    ({"store_id": True}, "store_id"),
    ({"store_id": 987654}, "store_id"),
    ({"store_id": 2**40}, "store_id"),
    ({"owner_id": 987654}, "owner_id"),
    ({"household_id": 987654}, "household_id"),
    ({"locale": "fr"}, "locale"),
    ({"gender": "f"}, "gender"),
    ({"dialect": "Yue!"}, "dialect"),
    ({"birthday": {"month": 2, "day": 30}}, "birthday"),
    ({"birthday": {"calendar": "lunar", "month": 13, "day": 1}}, "birthday"),
    ({"birthday": {"day": 1}}, "birthday"),
    ({"birthday": "1990-05-01"}, "birthday"),
    ({"lat": 91, "lng": 0}, "lat"),
    ({"lat": "north"}, "lat"),
    ({"lat": 22.3}, "lat"),
    ({"tags": "VIP"}, "tags"),
    ({"tags": [""]}, "tags"),
    ({"sizes": {"dress": ""}}, "sizes"),
    ({"preferences": "她离婚了"}, "preferences"),
    ({"marital_status": "single"}, "marital_status"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD_FILES)
def test_a_new_file_with_a_wrong_value_names_the_field(
    session: Session, store: Store, client: FlaskClient, headers: dict[str, str], wrong: dict[str, Any], field: str
) -> None:
    answer = client.post(f"{API}/customers", json={"name": "X", "store_id": store.id} | wrong, headers=headers)

    problem = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), problem
    assert list(problem["errors"]) == [field]
    assert session.scalar(select(func.count()).select_from(Customer)) == 0


@pytest.mark.parametrize(("wrong", "field"), [pair for pair in BAD_FILES if pair[1] != "household_id"])
def test_a_change_with_a_wrong_value_changes_nothing(
    session: Session,
    customer: Customer,
    client: FlaskClient,
    headers: dict[str, str],
    wrong: dict[str, Any],
    field: str,
) -> None:
    clear = {"lng": None} if wrong == {"lat": 22.3} else {}
    body = {"version": 1, "district": "changed"} | wrong | clear

    answer = client.patch(f"{API}/customers/{customer.id}", json=body, headers=headers)

    assert answer.status_code == 422, answer.get_json()
    assert list(answer.get_json()["errors"]) == [field]
    assert (customer.version, customer.district) == (1, "湾仔")


@pytest.mark.parametrize("missing", ["name", "store_id"])
def test_a_missing_field_is_named(store: Store, client: FlaskClient, headers: dict[str, str], missing: str) -> None:
    body = {"name": "X", "store_id": store.id}
    del body[missing]

    answer = client.post(f"{API}/customers", json=body, headers=headers)

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [missing])


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"null"])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, headers: dict[str, str], body: bytes) -> None:
    answer = client.post(f"{API}/customers", data=body, headers=headers | {"Content-Type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/customers/{}",
        "/customers/{}/notes",
        "/customers/{}/consents",
        "/customers/{}/contact-budget",
        "/households/{}",
    ],
)
@pytest.mark.parametrize("identity", [987654, 2**31, 2**63, "abc"])
def test_an_unknown_id_is_not_found(client: FlaskClient, headers: dict[str, str], path: str, identity: object) -> None:
    answer = client.get(API + path.format(identity), headers=headers)

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/customers/987654", {"version": 1}),
        ("POST", "/customers/987654/notes", {"text": "喜欢浅色"}),
        ("POST", "/customers/987654/consents", {"state": "out", "text": "退订"}),
        ("PUT", "/customers/987654/household", {"with_customer_id": 987654}),
        ("DELETE", "/customers/987654/household", None),
        ("PATCH", "/households/987654", {"name": "陈家"}),
    ],
)
def test_nothing_can_be_written_to_an_unknown_id(
    client: FlaskClient, headers: dict[str, str], method: str, path: str, body: Any
) -> None:
    answer = client.open(API + path, method=method, json=body, headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found")


def test_a_number_that_is_taken_is_a_conflict_that_tells_no_name(
    customer: Customer, client: FlaskClient, sign_in: SignIn
) -> None:
    stranger = make_staff()

    answer = client.post(
        f"{API}/customers",
        json={"name": "X", "phone": "6123 4567", "store_id": stranger.home_store_id},
        headers=sign_in(stranger),
    )

    assert (answer.status_code, answer.get_json()["code"]) == (409, "phone-taken")
    assert customer.name not in answer.get_data(as_text=True)


def test_a_stale_version_is_answered_with_the_present_file(
    customer: Customer, client: FlaskClient, headers: dict[str, str]
) -> None:
    address = f"{API}/customers/{customer.id}"
    client.patch(address, json={"district": "旺角", "version": 1}, headers=headers)

    answer = client.patch(address, json={"district": "中環", "version": 1}, headers=headers)

    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (409, "stale-version")
    assert (problem["current"]["district"], problem["current"]["version"]) == ("旺角", 2)


def test_a_foreign_store_cannot_be_listed(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get(f"{API}/customers?store_id={make_store().id}", headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=rubbish", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("store_id=x", "store_id"),
        ("tier=gold", "tier"),
        (f"q={'x' * 81}", "q"),
        ("q=%00", "q"),
    ],
)
def test_a_wrong_query_names_the_field(client: FlaskClient, headers: dict[str, str], query: str, field: str) -> None:
    answer = client.get(f"{API}/customers?{query}", headers=headers)

    assert answer.status_code == 422, answer.get_json()
    assert field in str(answer.get_json()["errors"])


def test_a_private_note_is_refused_with_advice(
    session: Session, customer: Customer, client: FlaskClient, headers: dict[str, str]
) -> None:
    answer = client.post(f"{API}/customers/{customer.id}/notes", json={"text": "听说她离婚了"}, headers=headers)

    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "too-private")
    assert problem["words"] == [{"topic": "marriage", "word": "离婚"}]
    assert problem["errors"]["text"][0]
    assert session.scalars(select(CustomerNote)).all() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"state": "maybe"}, "state"),
        ({"channel": "fax"}, "channel"),
        ({"scope": "some"}, "scope"),
        ({"source": "sms"}, "source"),
        ({"text": " "}, "text"),
        ({"said_at": "yesterday"}, "said_at"),
        ({"said_at": "2027-03-01T10:00:00"}, "said_at"),
        ({"said_at": "2030-01-01T10:00:00+08:00"}, "said_at"),
    ],
)
def test_a_wrong_consent_is_not_written_down(
    session: Session,
    customer: Customer,
    client: FlaskClient,
    headers: dict[str, str],
    wrong: dict[str, Any],
    field: str,
) -> None:
    body = {"state": "out", "text": "退订"} | wrong

    answer = client.post(f"{API}/customers/{customer.id}/consents", json=body, headers=headers)

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert session.scalars(select(Consent)).all() == []


def test_an_older_word_is_a_conflict(customer: Customer, client: FlaskClient, headers: dict[str, str]) -> None:
    address = f"{API}/customers/{customer.id}/consents"
    client.post(address, json={"state": "out", "text": "退订"}, headers=headers)

    answer = client.post(
        address, json={"state": "in", "text": "同意", "said_at": "2027-03-01T10:00:00+08:00"}, headers=headers
    )

    assert (answer.status_code, answer.get_json()["code"]) == (409, "newer-consent-known")


def test_a_customer_without_a_number_cannot_consent(store: Store, client: FlaskClient, headers: dict[str, str]) -> None:
    baby = make_customer(store=store, phone=None)

    answer = client.post(f"{API}/customers/{baby.id}/consents", json={"state": "in", "text": "同意"}, headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "customer-has-no-phone")


def test_a_household_over_two_stores_is_a_conflict(customer: Customer, client: FlaskClient, sign_in: SignIn) -> None:
    answer = client.put(
        f"{API}/customers/{customer.id}/household",
        json={"with_customer_id": make_customer().id},
        headers=sign_in(make_staff(Role.HEAD_OFFICE)),
    )

    assert (answer.status_code, answer.get_json()["code"]) == (409, "household-of-another-store")


def test_joining_somebody_unknown_is_not_found(
    customer: Customer, client: FlaskClient, headers: dict[str, str]
) -> None:
    answer = client.put(f"{API}/customers/{customer.id}/household", json={"with_customer_id": 987654}, headers=headers)

    assert answer.status_code == 404
