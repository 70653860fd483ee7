"""The product and purchase routes over HTTP: what each answers, to whom, and to bad input."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.people.access import Role
from app.people.models import Staff, Store
from app.purchases.models import Product, Purchase
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_product, make_purchase
from tests.scenes import scene

SignIn = Callable[..., dict[str, str]]
API = "/api/v1"
NAME = {"zh_Hans": "奶瓶", "zh_Hant": "奶瓶", "en": "Bottle"}


@dataclass(frozen=True)
class Shop:
    store: Store
    customer: Customer
    product: Product
    people: dict[str, Staff]

    def receipt(self, **changes: Any) -> dict[str, Any]:
        return {
            "source": "till",
            "external_id": "R1",
            "customer_id": self.customer.id,
            "store_id": self.store.id,
            "bought_at": "2027-03-10T09:30:00+08:00",
            "lines": [{"product_id": self.product.id, "quantity": "2", "amount": "176.00"}],
            **changes,
        }


@scene
def purchases_scene(_now: datetime) -> Shop:
    store = make_store()
    owner = make_staff(store=store)
    people = {
        "head office": make_staff(Role.HEAD_OFFICE),
        "supervisor": make_staff(Role.SUPERVISOR, store=store),
        "owner": owner,
        "colleague": make_staff(store=store),
        "foreign supervisor": make_staff(Role.SUPERVISOR),
    }
    customer = make_customer(store=store, owner=owner, name="陈美玲", phone="+85261234567")
    return Shop(store=store, customer=customer, product=make_product(code="SH-400"), people=people)


@pytest.fixture
def shop(purchases_scene: Shop) -> Shop:
    return purchases_scene


@pytest.fixture
def supervisor(shop: Shop, sign_in: SignIn) -> dict[str, str]:
    return sign_in(shop.people["supervisor"])


@pytest.fixture
def head_office(shop: Shop, sign_in: SignIn) -> dict[str, str]:
    return sign_in(shop.people["head office"])


ASKERS = ("head office", "supervisor", "owner", "colleague", "foreign supervisor", "nobody")
MATRIX: list[tuple[str, str, str | None, tuple[int, ...]]] = [
    ("GET", "/products", None, (200, 200, 200, 200, 200, 401)),
    ("POST", "/products", "product", (201, 403, 403, 403, 403, 401)),
    ("GET", "/purchases", None, (200, 200, 200, 200, 200, 401)),
    ("GET", "/purchases?customer_id={customer}", None, (200, 200, 200, 404, 404, 401)),
    ("GET", "/purchases?store_id={store}", None, (200, 200, 200, 200, 404, 401)),
    ("POST", "/purchases", "purchase", (201, 201, 403, 403, 422, 401)),
]


@pytest.mark.parametrize(("asker", "place"), [(asker, place) for place, asker in enumerate(ASKERS)])
@pytest.mark.parametrize(("method", "path", "sends", "statuses"), MATRIX)
def test_each_route_answers_each_role_as_agreed(
    shop: Shop,
    client: FlaskClient,
    sign_in: SignIn,
    asker: str,
    place: int,
    method: str,
    path: str,
    sends: str | None,
    statuses: tuple[int, ...],
) -> None:
    bodies = {"product": {"code": "B-1", "name": NAME, "category": "baby"}, "purchase": shop.receipt()}
    address = API + path.format(customer=shop.customer.id, store=shop.store.id)
    headers = sign_in(shop.people[asker]) if asker in shop.people else {}

    answer = client.open(address, method=method, json=bodies.get(sends or ""), headers=headers)

    assert answer.status_code == statuses[place], answer.get_data(as_text=True)


def test_a_purchase_is_answered_whole(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    seller = shop.people["owner"]
    answer = client.post(f"{API}/purchases", json=shop.receipt(seller_id=seller.id), headers=supervisor)

    sold = answer.get_json()
    assert (answer.status_code, sold["is_new"]) == (201, True)
    assert sold["customer"] == {"id": shop.customer.id, "name": "陈美玲"}
    assert (sold["total"], sold["currency"], sold["seller"]["id"]) == ("176.00", "HKD", seller.id)
    assert sold["bought_at"] == "2027-03-10T01:30:00+00:00"
    [line] = sold["lines"]
    assert (line["product"]["code"], line["quantity"], line["amount"]) == ("SH-400", "2.000", "176.00")


def test_a_purchase_sent_again_is_answered_with_the_stored_row(
    shop: Shop, session: Session, client: FlaskClient, supervisor: dict[str, str]
) -> None:
    first = client.post(f"{API}/purchases", json=shop.receipt(), headers=supervisor)
    again = client.post(f"{API}/purchases", json=shop.receipt(), headers=supervisor)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json() == first.get_json() | {"is_new": False}
    assert session.scalar(select(func.count()).select_from(Purchase)) == 1


def test_a_list_is_answered_in_its_order(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    batch = [shop.receipt(external_id=number) for number in ("R2", "R1", "R2")]

    answer = client.post(f"{API}/purchases", json=batch, headers=supervisor)

    items = answer.get_json()["items"]
    assert [(item["external_id"], item["is_new"]) for item in items] == [("R2", True), ("R1", True), ("R2", False)]


def test_the_till_may_know_the_customer_by_his_number(
    shop: Shop, client: FlaskClient, supervisor: dict[str, str]
) -> None:
    receipt = shop.receipt(
        customer_phone="+852 6123 4567", lines=[{"product_code": "SH-400", "quantity": 1, "amount": 88}]
    )
    del receipt["customer_id"]

    answer = client.post(f"{API}/purchases", json=receipt, headers=supervisor)

    assert answer.get_json()["customer"]["id"] == shop.customer.id


def test_purchases_are_listed_newest_first_by_page(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    older = make_purchase(shop.customer, external_id="older")
    make_purchase(shop.customer, external_id="newer", bought_at=older.bought_at.replace(year=2027))

    first = client.get(f"{API}/purchases?limit=1", headers=supervisor).get_json()
    second = client.get(f"{API}/purchases?limit=1&cursor={first['next_cursor']}", headers=supervisor).get_json()

    assert [page["items"][0]["external_id"] for page in (first, second)] == ["newer", "older"]
    assert second["next_cursor"] is None


def test_products_are_filtered_by_category_and_text(
    shop: Shop, client: FlaskClient, supervisor: dict[str, str]
) -> None:
    make_product(code="B-1", category="baby", name=NAME)
    make_product(code="B-2", category="baby", is_active=False)

    def codes(query: str) -> list[str]:
        items = client.get(f"{API}/products?{query}", headers=supervisor).get_json()["items"]
        return [product["code"] for product in items]

    assert codes("category=baby") == ["B-1"]
    assert codes("category=baby&include_inactive=true") == ["B-1", "B-2"]
    assert codes("q=bottle") == ["B-1"]


def test_a_restricted_product_says_so(client: FlaskClient, head_office: dict[str, str]) -> None:
    body = {"code": "IF-1", "name": NAME, "category": "formula", "is_restricted": True, "pack_size": "800", "unit": "g"}

    product = client.post(f"{API}/products", json=body, headers=head_office).get_json()

    assert (product["is_restricted"], product["pack_size"], product["follow_up_day"]) == (True, "800.000", 3)


# --- bad input

BAD_RECEIPTS: list[tuple[dict[str, Any], str]] = [
    ({"source": ""}, "source"),
    ({"external_id": 7}, "external_id"),
    ({"customer_id": 987654}, "customer_id"),
    ({"customer_id": "me"}, "customer_id"),
    ({"customer_phone": "+85261234567"}, "customer_id"),
    ({"customer_id": None}, "customer_id"),
    ({"store_id": 987654}, "store_id"),
    ({"seller_id": 987654}, "seller_id"),
    ({"bought_at": "2027-03-10T09:30:00"}, "bought_at"),
    ({"bought_at": "2027-03-11T09:30:00+08:00"}, "bought_at"),
    ({"total": "-1"}, "total"),
    ({"total": "NaN"}, "total"),
    ({"total": "1e400"}, "total"),
    ({"currency": "hkd"}, "currency"),
    ({"lines": []}, "lines"),
    ({"lines": [{"product_id": 987654, "quantity": 1, "amount": 1}]}, "lines"),
    ({"lines": [{"quantity": 1, "amount": 1}]}, "lines"),
    ({"lines": [{"product_code": "SH-400", "quantity": 0, "amount": 1}]}, "lines"),
    ({"lines": [{"product_code": "SH-400", "quantity": 1, "amount": 1, "discount": 2}]}, "lines"),
    ({"coupon": "X"}, "coupon"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD_RECEIPTS)
def test_a_wrong_receipt_names_the_field_and_is_not_stored(
    shop: Shop, session: Session, client: FlaskClient, supervisor: dict[str, str], wrong: dict[str, Any], field: str
) -> None:
    answer = client.post(f"{API}/purchases", json=shop.receipt(**wrong), headers=supervisor)

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.get_json()
    assert list(answer.get_json()["errors"]) == [field]
    assert session.scalar(select(func.count()).select_from(Purchase)) == 0


@pytest.mark.parametrize(("wrong", "field"), BAD_RECEIPTS)
def test_a_wrong_receipt_in_a_list_is_named_by_its_position(
    shop: Shop, session: Session, client: FlaskClient, supervisor: dict[str, str], wrong: dict[str, Any], field: str
) -> None:
    batch = [shop.receipt(external_id="R0"), shop.receipt(**wrong)]

    answer = client.post(f"{API}/purchases", json=batch, headers=supervisor)

    assert answer.status_code == 422, answer.get_json()
    assert {place: list(errors) for place, errors in answer.get_json()["errors"].items()} == {"1": [field]}
    assert session.scalar(select(func.count()).select_from(Purchase)) == 0


@pytest.mark.parametrize("field", ["source", "external_id", "customer_id", "store_id", "bought_at", "lines"])
def test_a_missing_field_is_named(shop: Shop, client: FlaskClient, supervisor: dict[str, str], field: str) -> None:
    receipt = shop.receipt()
    del receipt[field]

    answer = client.post(f"{API}/purchases", json=receipt, headers=supervisor)

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


@pytest.mark.parametrize("body", ["[]", '"receipt"', "7", "null", '["receipt"]'])
def test_what_is_no_receipt_is_refused(client: FlaskClient, supervisor: dict[str, str], body: str) -> None:
    answer = client.post(f"{API}/purchases", data=body, headers=supervisor | {"Content-Type": "application/json"})

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_too_many_at_once_are_refused(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    batch = [shop.receipt(external_id=str(number)) for number in range(2001)]

    answer = client.post(f"{API}/purchases", json=batch, headers=supervisor)

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["body"])


@pytest.mark.parametrize(("kind", "status"), [("application/json", 400), ("text/plain", 415)])
def test_a_body_that_is_no_json_is_refused(
    client: FlaskClient, supervisor: dict[str, str], kind: str, status: int
) -> None:
    answer = client.post(f"{API}/purchases", data=b"{", headers=supervisor | {"Content-Type": kind})

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_number_of_another_store_is_a_conflict(
    shop: Shop, client: FlaskClient, head_office: dict[str, str], sign_in: SignIn
) -> None:
    client.post(f"{API}/purchases", json=shop.receipt(), headers=head_office)
    stranger = sign_in(shop.people["foreign supervisor"])

    answer = client.post(f"{API}/purchases", json=shop.receipt(), headers=stranger)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "purchase-of-another-store")


def test_a_product_code_is_taken_once(shop: Shop, client: FlaskClient, head_office: dict[str, str]) -> None:
    body = {"code": "SH-400", "name": NAME, "category": "hair"}

    answer = client.post(f"{API}/products", json=body, headers=head_office)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "product-code-taken")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": " "}, "code"),
        ({"code": "B 1"}, "code"),
        ({"name": "Bottle"}, "name"),
        ({"name": {"en": "Bottle"}}, "name"),
        ({"name": NAME | {"fr": "Biberon"}}, "name"),
        ({"category": None}, "category"),
        ({"pack_size": 0}, "pack_size"),
        ({"follow_up_day": 0}, "follow_up_day"),
        ({"is_restricted": "perhaps"}, "is_restricted"),
        ({"price": 5}, "price"),
    ],
)
def test_a_wrong_product_names_the_field(
    session: Session, client: FlaskClient, head_office: dict[str, str], wrong: dict[str, Any], field: str
) -> None:
    body = {"code": "B-1", "name": NAME, "category": "baby"} | wrong

    answer = client.post(f"{API}/products", json=body, headers=head_office)

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert session.scalars(select(Product).where(Product.code == "B-1")).all() == []
