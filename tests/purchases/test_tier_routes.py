"""Tiers, referrals, lapsed customers and revenue over HTTP: each route as each role."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.people.access import Role
from app.people.models import Staff, Store
from app.purchases import tiers
from app.purchases.tier_models import Referral
from app.purchases.tier_rules import SHIPPED, to_json
from tests.factories.customers import make_customer
from tests.factories.people import key_of, make_staff, make_store
from tests.factories.purchases import make_purchase
from tests.factories.tasks import make_checklist
from tests.scenes import scene

API = "/api/v1"


@dataclass
class World:
    """A store with its people, one of another store, and a customer who stays away. Asked as `name`."""

    keys: dict[str, dict[str, str]]
    store: Store
    owner: Staff
    customer: Customer
    friend: Customer
    elsewhere: Customer
    client: FlaskClient | None = None

    def ask(self, who: str, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(f"{API}{path}", method=method, headers=self.keys.get(who, {}), json=body)


@scene
def tiers_scene(now: datetime) -> World:
    make_checklist(task_type="callback")
    store, other = make_store(), make_store()
    people = {
        "boss": make_staff(Role.HEAD_OFFICE),
        "lead": make_staff(Role.SUPERVISOR, store),
        "owner": make_staff(Role.ASSOCIATE, store),
        "colleague": make_staff(Role.ASSOCIATE, store),
        "stranger": make_staff(Role.SUPERVISOR, other),
    }
    customer = make_customer(store=store, owner=people["owner"])
    make_purchase(customer, lines=[], total=Decimal(900), bought_at=now - timedelta(days=200))
    tiers.recompute(now=now)
    return World(
        keys={name: key_of(person) for name, person in people.items()},
        store=store,
        owner=people["owner"],
        customer=customer,
        friend=make_customer(store=store, owner=people["owner"]),
        elsewhere=make_customer(store=other),
    )


@pytest.fixture
def world(tiers_scene: World, client: FlaskClient) -> World:
    return replace(tiers_scene, client=client)


PIN = {"tier": "core", "reason": "Friend of the house"}
RULES = {"settings": {"core_percent": 10}, "number": 0}
EVERYONE = ("boss", "lead", "owner", "colleague", "stranger", "nobody")


@pytest.mark.parametrize(
    ("method", "path", "body", "answers"),
    [
        ("GET", "/tiers", None, (200, 200, 403, 403, 200, 401)),
        ("GET", "/tiers/versions", None, (200, 200, 403, 403, 200, 401)),
        ("POST", "/tiers/preview", {"settings": {}}, (200, 403, 403, 403, 403, 401)),
        ("POST", "/tiers", RULES, (201, 403, 403, 403, 403, 401)),
        ("GET", "/customers/{customer}/tier", None, (200, 200, 200, 404, 404, 401)),
        ("POST", "/customers/{customer}/tier", PIN, (200, 200, 403, 403, 404, 401)),
        ("DELETE", "/customers/{customer}/tier", None, (200, 200, 403, 403, 404, 401)),
        ("GET", "/referrals", None, (200, 200, 200, 200, 200, 401)),
        ("GET", "/referrals?store_id={store}", None, (200, 200, 200, 200, 404, 401)),
        ("POST", "/referrals", {"new_customer_id": "{friend}", "referrer_id": "{customer}"},
         (201, 201, 201, 404, 404, 401)),
        ("GET", "/lapsed-customers?store_id={store}", None, (200, 200, 403, 403, 404, 401)),
        ("GET", "/lapsed-customers?why=not_contacted&store_id={store}", None, (200, 200, 403, 403, 404, 401)),
        ("POST", "/customers/{customer}/win-back", {}, (200, 200, 403, 403, 404, 401)),
        ("GET", "/reports/revenue?store_id={store}", None, (200, 200, 403, 403, 404, 401)),
        ("GET", "/reports/revenue?from=2026-04-01&to=2027-03-10", None, (200, 200, 403, 403, 200, 401)),
        ("GET", "/reports/revenue/customers?store_id={store}", None, (200, 200, 403, 403, 404, 401)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", range(len(EVERYONE)), ids=EVERYONE)
def test_each_route_answers_each_role(
    world: World, method: str, path: str, body: Any, answers: tuple[int, ...], number: int
) -> None:
    ids = {"customer": world.customer.id, "friend": world.friend.id, "store": world.store.id}
    if isinstance(body, dict):
        body = {
            key: int(value.format(**ids)) if isinstance(value, str) and value.startswith("{") else value
            for key, value in body.items()
        }
    answer = world.ask(EVERYONE[number], method, path.format(**ids), body)
    assert answer.status_code == answers[number], answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("who", "read", "withdrawn"),
    [("boss", 200, 204), ("lead", 200, 204), ("owner", 200, 403), ("colleague", 404, 404), ("stranger", 404, 404),
     ("nobody", 401, 401)],
)  # fmt: skip
def test_one_referral_answers_each_role(world: World, session: Session, who: str, read: int, withdrawn: int) -> None:
    made = world.ask(
        "lead", "POST", "/referrals", {"new_customer_id": world.friend.id, "referrer_id": world.customer.id}
    )
    path = f"/referrals/{made.json['id']}"
    assert world.ask(who, "GET", path).status_code == read
    assert world.ask(who, "DELETE", path).status_code == withdrawn
    assert (session.get(Referral, made.json["id"]) is None) == (withdrawn == 204)


def test_a_tier_is_told_with_its_reasons(world: World) -> None:
    world.ask(
        "lead", "POST", f"/customers/{world.customer.id}/tier", {**PIN, "tier": "important", "until": "2027-04-01"}
    )
    told = world.ask("owner", "GET", f"/customers/{world.customer.id}/tier").json
    assert told["tier"] == "important"
    assert (told["pin"]["reason"], told["pin"]["until"], told["pin"]["holds"]) == (PIN["reason"], "2027-04-01", True)
    assert told["why"] | {} == told["why"]
    assert (told["why"]["earned"], told["why"]["value"], told["why"]["purchases"]) == ("core", "900.00", 1)
    assert [past["cause"] for past in told["history"]] == ["pinned", "computed"]
    unpinned = world.ask("lead", "DELETE", f"/customers/{world.customer.id}/tier").json
    assert (unpinned["tier"], unpinned["pin"]) == ("core", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tier": "gold", "reason": "x"}, "tier"),
        ({"tier": "core", "reason": "  "}, "reason"),
        ({"tier": "core", "reason": "Friend", "until": "2027-03-09"}, "until"),
        ({"tier": "core", "reason": "她快离婚了"}, "reason"),
    ],
)
def test_a_pin_that_makes_no_sense_is_refused_by_field(world: World, body: dict[str, Any], field: str) -> None:
    answer = world.ask("lead", "POST", f"/customers/{world.customer.id}/tier", body)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_thresholds_are_previewed_saved_and_seen(world: World) -> None:
    preview = world.ask("boss", "POST", "/tiers/preview", {"settings": {"core_purchases": 2, "important_purchases": 2}})
    assert preview.json["moving"] == 1
    assert preview.json["moves"] == [{"from": "core", "to": "ordinary", "customers": 1}]
    assert preview.json["samples"][0]["customer"]["id"] == world.customer.id
    saved = world.ask("boss", "POST", "/tiers", {"settings": {"core_percent": 15}, "number": 0, "note": "Fewer"})
    assert saved.json["settings"] == to_json(SHIPPED) | {"core_percent": 15}
    shown = world.ask("lead", "GET", "/tiers").json
    assert (shown["rules"]["number"], shown["newest"], shown["rules"]["note"]) == (1, 1, "Fewer")
    assert shown["stores"] == [
        {"store_id": world.store.id, "counts": {"core": 1, "important": 0, "ordinary": 1}, "pinned": 0}
    ]


def test_thresholds_from_an_older_version_are_refused(world: World) -> None:
    assert world.ask("boss", "POST", "/tiers", RULES).status_code == 201
    assert world.ask("boss", "POST", "/tiers", RULES).status_code == 409


def test_faults_of_thresholds_name_the_field(world: World) -> None:
    answer = world.ask("boss", "POST", "/tiers", {"settings": {"core_percent": 0}, "number": 0})
    assert answer.status_code == 422
    assert "core_percent" in str(answer.json["errors"])


def test_refused_referrals_say_why(world: World, now: datetime) -> None:
    body = {"new_customer_id": world.friend.id, "referrer_id": world.friend.id}
    assert world.ask("lead", "POST", "/referrals", body).json["code"] == "referral-of-oneself"
    body = {"new_customer_id": world.customer.id, "referrer_id": world.friend.id}
    assert world.ask("lead", "POST", "/referrals", body).json["code"] == "bought-before-the-referral"
    body = {"new_customer_id": world.friend.id, "referrer_phone": world.elsewhere.phone}
    assert world.ask("lead", "POST", "/referrals", body).status_code == 422
    assert world.ask("lead", "POST", "/referrals", {"new_customer_id": world.friend.id}).status_code == 422


def test_a_lapsed_customer_is_listed_and_called_back_once(world: World) -> None:
    (row,) = world.ask("lead", "GET", "/lapsed-customers").json["items"]
    assert (row["customer"]["id"], row["days_away"], row["callback"]) == (world.customer.id, 200, None)
    assert "•" in row["phone_masked"]
    made = world.ask("lead", "POST", f"/customers/{world.customer.id}/win-back", {}).json
    assert (made["assignee_id"], made["is_new"]) == (world.owner.id, True)
    again = world.ask("boss", "POST", f"/customers/{world.customer.id}/win-back", {}).json
    assert (again["task_id"], again["is_new"]) == (made["task_id"], False)
    (row,) = world.ask("lead", "GET", "/lapsed-customers").json["items"]
    assert row["callback"]["task_id"] == made["task_id"]


def test_a_callback_over_the_ceiling_names_the_next_free_day(world: World, session: Session) -> None:
    made = world.ask("lead", "POST", f"/customers/{world.customer.id}/win-back", {}).json
    session.execute(text("UPDATE contact_booking SET state = 'recorded', recorded_at = reserved_at"))
    session.execute(
        text("UPDATE task SET status = 'cancelled', ended_at = now(), end_recorded_at = now(), end_reason = 'other'"
             " WHERE id = :id"), {"id": made["task_id"]},
    )  # fmt: skip
    refused = world.ask("lead", "POST", f"/customers/{world.customer.id}/win-back", {"day": "2027-03-12"})
    assert refused.status_code == 409
    assert (refused.json["code"], refused.json["next_free_day"]) == ("contact-too-soon", "2027-03-17")


def test_the_revenue_is_reported_with_its_list(world: World) -> None:
    found = world.ask("lead", "GET", "/reports/revenue").json
    assert (found["total"], found["buyers"], found["customers"], found["vital"]) == ("900.00", 1, 2, 1)
    assert found["curve"][-1] == {"customers": "100.00", "revenue": "100.00"}
    (row,) = world.ask("lead", "GET", "/reports/revenue/customers").json["items"]
    assert (row["customer"]["id"], row["percent"], row["tier"]) == (world.customer.id, "100.00", "core")
    assert "•" in row["phone_masked"]
    wrong = world.ask("lead", "GET", "/reports/revenue?from=2027-03-01")
    assert "to" in wrong.json["errors"]
