"""Changes of purchases, stock and daily amounts over HTTP: what each route answers, and to whom."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.customers.models import Customer, HouseholdMember
from app.people.access import Role
from app.people.models import Staff, Store
from app.purchases.models import Intake, Product, Purchase, StockReservation
from tests.factories.customers import make_customer, make_member
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_intake, make_product, make_purchase, make_reservation, make_stock
from tests.scenes import scene

SignIn = Callable[..., dict[str, str]]
API = "/api/v1"


@dataclass(frozen=True)
class Shop:
    store: Store
    customer: Customer
    baby: HouseholdMember
    product: Product
    purchase: Purchase
    intake: Intake
    held: StockReservation
    people: dict[str, Staff]

    def address(self, path: str) -> str:
        return API + path.format(
            store=self.store.id,
            customer=self.customer.id,
            product=self.product.id,
            purchase=self.purchase.id,
            intake=self.intake.id,
            held=self.held.id,
        )


@scene
def supplies_scene(_now: datetime) -> Shop:
    store = make_store()
    owner = make_staff(store=store)
    customer = make_customer(store=store, owner=owner, name="陈美玲", phone="+85261234567")
    product = make_product(code="SH-400", is_consumable=True)
    make_stock(product, 5, store_id=store.id)
    return Shop(
        store=store,
        customer=customer,
        baby=make_member(customer),
        product=product,
        purchase=make_purchase(customer, lines=[(product, 2, 100)], external_id="R9"),
        intake=make_intake(customer, product, 20),
        held=make_reservation(customer, product),
        people={
            "head office": make_staff(Role.HEAD_OFFICE),
            "supervisor": make_staff(Role.SUPERVISOR, store=store),
            "owner": owner,
            "colleague": make_staff(store=store),
            "foreign supervisor": make_staff(Role.SUPERVISOR),
        },
    )


@pytest.fixture
def shop(supplies_scene: Shop) -> Shop:
    return supplies_scene


ASKERS = ("head office", "supervisor", "owner", "colleague", "foreign supervisor", "nobody")
LED = (200, 200, 403, 403, 404, 401)
KEPT = (200, 200, 200, 404, 404, 401)
MATRIX: list[tuple[str, str, str | None, tuple[int, ...]]] = [
    ("PATCH", "/products/{product}", "product", (200, 403, 403, 403, 403, 401)),
    ("GET", "/purchases/{purchase}", None, KEPT),
    ("GET", "/purchases/{purchase}/changes", None, KEPT),
    ("POST", "/purchases/{purchase}/corrections", "correction", (201, 201, 403, 403, 404, 401)),
    ("POST", "/purchases/{purchase}/returns", "return", (201, 201, 403, 403, 404, 401)),
    ("GET", "/stock?store_id={store}", None, (200, 200, 200, 200, 404, 401)),
    ("POST", "/stock/counts", "count", LED),
    ("GET", "/stock/movements?store_id={store}", None, LED),
    ("GET", "/stock/reservations?store_id={store}", None, LED),
    ("POST", "/stock/reservations/{held}/release", None, LED),
    ("GET", "/customers/{customer}/intakes", None, KEPT),
    ("POST", "/customers/{customer}/intakes", "intake", (201, 201, 201, 404, 404, 401)),
    ("GET", "/customers/{customer}/run-outs", None, KEPT),
    ("PATCH", "/intakes/{intake}", "amount", KEPT),
    ("POST", "/intakes/{intake}/end", "version", KEPT),
    ("POST", "/intakes/{intake}/request", "request", KEPT),
    ("DELETE", "/intakes/{intake}/request?version=1", None, KEPT),
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
    line = {"product_id": shop.product.id, "quantity": "1"}
    bodies: dict[str, Any] = {
        "product": {"version": 1, "is_large": True},
        "correction": {"external_id": "C1", "lines": [line | {"amount": "50"}]},
        "return": {"external_id": "B1", "lines": [line]},
        "count": {"store_id": shop.store.id, "items": [{"product_code": "SH-400", "on_hand": "7.5"}]},
        "intake": {"product_id": shop.product.id, "household_member_id": shop.baby.id, "per_day": "12.5"},
        "amount": {"version": 1, "per_day": "30"},
        "version": {"version": 1},
        "request": {"version": 1, "text": "Please remind me", "channel": "phone"},
    }
    headers = sign_in(shop.people[asker]) if asker in shop.people else {}

    answer = client.open(shop.address(path), method=method, json=bodies.get(sends or ""), headers=headers)

    assert answer.status_code == statuses[place], answer.get_data(as_text=True)


@pytest.fixture
def supervisor(shop: Shop, sign_in: SignIn) -> dict[str, str]:
    return sign_in(shop.people["supervisor"])


@pytest.fixture
def head_office(shop: Shop, sign_in: SignIn) -> dict[str, str]:
    return sign_in(shop.people["head office"])


def test_a_till_finds_its_receipt_by_its_own_number(
    shop: Shop, client: FlaskClient, supervisor: dict[str, str]
) -> None:
    make_purchase(shop.customer, external_id="R10")

    found = client.get(f"{API}/purchases?source=till&external_id=R9", headers=supervisor).get_json()

    assert [item["id"] for item in found["items"]] == [shop.purchase.id]


def test_a_return_is_answered_with_what_is_left(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    body = {"external_id": "B1", "lines": [{"product_code": "SH-400", "quantity": "1"}]}
    address = shop.address("/purchases/{purchase}/returns")

    first, again = (client.post(address, json=body, headers=supervisor) for _time in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    sold = first.get_json()["purchase"]
    assert (sold["total"], sold["refunded"], sold["net_total"], sold["version"]) == ("100.00", "50.00", "50.00", 2)
    assert (sold["lines"][0]["quantity"], sold["lines"][0]["returned"]) == ("2.000", "1.000")
    assert again.get_json()["is_new"] is False


def test_the_history_tells_each_change(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    lines = [{"product_id": shop.product.id, "quantity": "3", "amount": "150"}]
    correction = {"external_id": "C1", "reason": "Three, not two", "lines": lines}
    client.post(shop.address("/purchases/{purchase}/corrections"), json=correction, headers=supervisor)

    [change] = client.get(shop.address("/purchases/{purchase}/changes"), headers=supervisor).get_json()["items"]

    assert (change["kind"], change["version"], change["reason"]) == ("correction", 2, "Three, not two")
    assert change["by"] == f"staff:{shop.people['supervisor'].id}"
    assert (change["before"]["total"], change["after"]["total"]) == ("100.00", "150.00")


@pytest.mark.parametrize(
    "body",
    [
        {"external_id": "C1"},
        {"external_id": "C1", "customer_id": 1, "customer_phone": "+85261234567"},
        {"external_id": " ", "total": "1"},
    ],
)
def test_a_correction_that_says_nothing_is_refused(
    shop: Shop, client: FlaskClient, supervisor: dict[str, str], body: dict[str, Any]
) -> None:
    answer = client.post(shop.address("/purchases/{purchase}/corrections"), json=body, headers=supervisor)

    assert answer.status_code == 422


def test_a_stale_product_is_not_changed(shop: Shop, client: FlaskClient, head_office: dict[str, str]) -> None:
    address = shop.address("/products/{product}")
    client.patch(address, json={"version": 1, "is_large": True}, headers=head_office)

    answer = client.patch(address, json={"version": 1, "is_large": False}, headers=head_office)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "stale-version")


def test_a_product_is_changed_field_by_field(shop: Shop, client: FlaskClient, head_office: dict[str, str]) -> None:
    following = make_product()
    changes = {
        "version": 1,
        "pack_size": "450",
        "until_age_months": 6,
        "next_product_id": following.id,
        "is_active": False,
        "follow_up_day": None,
    }

    changed = client.patch(shop.address("/products/{product}"), json=changes, headers=head_office).get_json()

    assert changed["version"] == 2
    assert {name: changed[name] for name in changes if name not in ("version", "pack_size")} == {
        name: value for name, value in changes.items() if name not in ("version", "pack_size")
    }
    assert (changed["pack_size"], changed["unit"]) == ("450.000", "ml")


def test_stages_that_follow_each_other_in_a_circle_are_refused(
    shop: Shop, client: FlaskClient, head_office: dict[str, str]
) -> None:
    following = make_product(next_product_id=shop.product.id)

    answer = client.patch(
        shop.address("/products/{product}"),
        json={"version": 1, "next_product_id": following.id},
        headers=head_office,
    )

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["next_product_id"])


def test_the_stock_of_a_store_says_what_is_free(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    make_product(code="ZZ-1")

    counted, unknown = client.get(shop.address("/stock?store_id={store}"), headers=supervisor).get_json()["items"]

    assert (counted["on_hand"], counted["reserved"], counted["free"]) == ("5.000", "1.000", "4.000")
    assert (unknown["product"]["code"], unknown["on_hand"], unknown["free"]) == ("ZZ-1", None, None)


@pytest.mark.parametrize(
    ("query", "codes"), [("q=shampoo", ["SH-400", "ZZ-1"]), ("only_counted=true", ["SH-400"]), ("only_short=true", [])]
)
def test_the_stock_is_searched(
    shop: Shop, client: FlaskClient, supervisor: dict[str, str], query: str, codes: list[str]
) -> None:
    make_product(code="ZZ-1")

    found = client.get(shop.address("/stock?store_id={store}&") + query, headers=supervisor).get_json()["items"]

    assert [item["product"]["code"] for item in found] == codes


def test_a_released_reservation_is_free_again(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    [held] = client.get(shop.address("/stock/reservations?store_id={store}"), headers=supervisor).get_json()["items"]
    released = client.post(shop.address("/stock/reservations/{held}/release"), headers=supervisor).get_json()

    assert (held["customer"]["name"], held["state"], released["state"]) == ("陈美玲", "held", "released")
    left = client.get(shop.address("/stock/reservations?store_id={store}"), headers=supervisor).get_json()
    assert left["items"] == []


def test_an_amount_is_answered_with_its_consumer_and_request(
    shop: Shop, client: FlaskClient, supervisor: dict[str, str]
) -> None:
    body = {
        "product_id": shop.product.id,
        "household_member_id": shop.baby.id,
        "per_day": "12.5",
        "since": "2027-03-01",
        "request": {"text": "请提醒我", "channel": "in_person"},
    }
    kept = client.post(shop.address("/customers/{customer}/intakes"), json=body, headers=supervisor).get_json()

    assert (kept["consumer"], kept["per_day"], kept["since"]) == (shop.baby.name, "12.500", "2027-03-01")
    assert (kept["request"]["text"], kept["request"]["collector"]["id"]) == ("请提醒我", shop.people["supervisor"].id)


def test_run_outs_are_told_with_their_packs(shop: Shop, client: FlaskClient, supervisor: dict[str, str]) -> None:
    client.patch(shop.address("/intakes/{intake}"), json={"version": 1, "per_day": "20"}, headers=supervisor)

    [found] = client.get(shop.address("/customers/{customer}/run-outs"), headers=supervisor).get_json()["items"]

    # Bought in January of the year before the amount began: two packs of 400 last forty days.
    assert (found["code"], found["day"], found["basis"]) == ("SH-400", "2027-02-10", "label")
    assert [pack["content"] for pack in found["packs"]] == ["800"]
    assert date.fromisoformat(found["last_bought_on"]) == date(2026, 1, 5)
