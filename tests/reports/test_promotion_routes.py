"""Each route of promotions, asked by each role."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.core.db import db
from app.customers import consent
from app.customers.values import ConsentSource, Scope
from app.people.access import Actor
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import key_of, make_staff, make_store
from tests.scenes import scene

API = "/api/v1"
WORDS = {"zh_Hans": "春茶到店。", "zh_Hant": "春茶到店。", "en": "Spring tea is here."}
ROLES = ("head_office", "supervisor", "associate", "other_supervisor", None)
LEADERS = {"head_office": 200, "supervisor": 200, "associate": 403, "other_supervisor": 200, None: 401}
OF_STORE = {**LEADERS, "other_supervisor": 404}
OFFICE = {"head_office": 200, "supervisor": 403, "associate": 403, "other_supervisor": 403, None: 401}


@dataclass
class World:
    headers: dict[str | None, dict[str, str]]
    store: Any
    customer: Any
    client: Any = None

    def ask(self, role: str | None, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(f"{API}{path}", method=method, headers=self.headers[role], json=body)

    def wish(self, **changes: Any) -> dict[str, Any]:
        values = {"reason": "春茶到店", "day": "2027-03-12", "store_ids": [self.store.id], "words": WORDS}
        return {**values, **changes}

    def proposed(self) -> dict[str, Any]:
        answer = self.ask("supervisor", "POST", "/promotions", self.wish())
        assert answer.status_code == 201, answer.text
        return answer.json


@scene
def promotions_scene(_now: Any) -> World:
    store, elsewhere = make_store(), make_store()
    people = {
        "head_office": make_staff("head_office", locale="en"),
        "supervisor": make_staff("supervisor", store=store, locale="en"),
        "associate": make_staff(store=store),
        "other_supervisor": make_staff("supervisor", store=elsewhere),
    }
    customer = make_customer(store=store)
    ship_templates()
    headers: dict[str | None, dict[str, str]] = {name: key_of(person) for name, person in people.items()}
    return World({**headers, None: {}}, store, customer)


@pytest.fixture
def world(promotions_scene: World, client: Any) -> World:
    return replace(promotions_scene, client=client)


def each(expected: dict[str | None, int], **changes: int) -> Any:
    rows = [(role, changes.get(str(role), status)) for role, status in expected.items()]
    return pytest.mark.parametrize(("role", "status"), rows)


@each(LEADERS)
def test_who_lists_promotions(world, role, status):
    world.proposed()
    answer = world.ask(role, "GET", "/promotions")
    assert answer.status_code == status
    if status == 200:
        assert len(answer.json["items"]) == (0 if role == "other_supervisor" else 1)


def test_a_long_calendar_is_listed_page_by_page(world):
    for day in ("2027-03-12", "2027-03-16", "2027-03-20"):
        assert world.ask("supervisor", "POST", "/promotions", world.wish(day=day)).status_code == 201
    days, path = [], "/promotions?since=0001-01-01&limit=2"
    page = world.ask("supervisor", "GET", path).json
    days += [one["day"] for one in page["items"]]
    page = world.ask("supervisor", "GET", f"{path}&cursor={page['next_cursor']}").json
    days += [one["day"] for one in page["items"]]
    assert (days, page["next_cursor"]) == (["2027-03-12", "2027-03-16", "2027-03-20"], None)


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31"])
def test_no_day_is_too_far_away_to_be_asked_for(world, since):
    assert world.ask("supervisor", "GET", f"/promotions?since={since}").status_code == 200


@each(LEADERS, head_office=201, supervisor=201, other_supervisor=422)
def test_who_proposes_one(world, role, status):
    assert world.ask(role, "POST", "/promotions", world.wish()).status_code == status


@each(LEADERS, other_supervisor=422)
def test_who_looks_at_a_preview(world, role, status):
    assert world.ask(role, "POST", "/promotions/preview", world.wish()).status_code == status


@each(OF_STORE)
def test_who_reads_one(world, role, status):
    path = f"/promotions/{world.proposed()['id']}"
    assert world.ask(role, "GET", path).status_code == status


@each(OF_STORE)
def test_who_reads_the_names_of_those_left_out(world, role, status):
    path = f"/promotions/{world.proposed()['id']}/left-out?reason=opted_out"
    assert world.ask(role, "GET", path).status_code == status


@each(OF_STORE)
def test_who_changes_a_proposal(world, role, status):
    promotion = world.proposed()
    body = world.wish(reason="新茶", version=promotion["version"])
    # A store of somebody else is no store to propose for, which is told first.
    expected = 422 if role == "other_supervisor" else status
    assert world.ask(role, "PATCH", f"/promotions/{promotion['id']}", body).status_code == expected


@each(OFFICE)
def test_who_confirms_one(world, role, status):
    promotion = world.proposed()
    body = {"count": 1, "version": promotion["version"]}
    answer = world.ask(role, "POST", f"/promotions/{promotion['id']}/confirm", body)
    assert answer.status_code == status
    if status == 200:
        assert (answer.json["state"], answer.json["confirmed_count"]) == ("confirmed", 1)


@each(OF_STORE)
def test_who_stops_one(world, role, status):
    path = f"/promotions/{world.proposed()['id']}/stop"
    assert world.ask(role, "POST", path, {"reason": "rain"}).status_code == status


def test_a_number_that_changed_is_told_with_the_present_one(world):
    promotion = world.proposed()
    body = {"count": 7, "version": promotion["version"]}
    answer = world.ask("head_office", "POST", f"/promotions/{promotion['id']}/confirm", body)
    assert (answer.status_code, answer.json["code"], answer.json["count"]) == (409, "promotion-audience-changed", 1)


def test_a_stale_change_is_answered_with_the_present_state(world):
    promotion = world.proposed()
    path = f"/promotions/{promotion['id']}"
    world.ask("supervisor", "PATCH", path, world.wish(reason="新茶", version=1))
    answer = world.ask("supervisor", "PATCH", path, world.wish(reason="老茶", version=1))
    assert (answer.status_code, answer.json["current"]["reason"]) == (409, "新茶")


def test_the_same_days_twice_are_a_conflict(world):
    world.proposed()
    answer = world.ask("supervisor", "POST", "/promotions", world.wish(day="2027-03-14"))
    assert (answer.status_code, answer.json["code"]) == (409, "promotion-slot-taken")


def test_the_preview_names_the_reasons_in_the_readers_language(world, now):
    out = make_customer(store=world.store)
    consent.opt_out(
        out.phone, scope=Scope.PROMOTION, source=ConsentSource.OFFICE, text="", actor=Actor.system(), now=now
    )
    db.session.commit()
    preview = world.proposed()["preview"]
    assert (preview["meant"], preview["going"]) == (2, 1)
    assert preview["left_out"] == [
        {
            "reason": "opted_out",
            "words": "The customer does not wish to be contacted in this way.",
            "people": 1,
        }
    ]
    assert preview["costs"][0]["currency"] == "USD"
