"""Each route of plans, asked by each role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from app.core.db import db
from tests.factories.careplans import make_occurrence
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.plans import make_plan, plan_settings

API = "/api/v1"
NAME = {"zh_Hans": "老顾客", "zh_Hant": "老顧客", "en": "Regulars"}
OFFICE = {"head_office": 200, "supervisor": 403, "owner": 403, "colleague": 403, "other_supervisor": 403, None: 401}
LEADERS = {**OFFICE, "supervisor": 200, "other_supervisor": 200}
OF_STORE = {**LEADERS, "other_supervisor": 404}
SEES = {"head_office": 200, "supervisor": 200, "owner": 200, "colleague": 404, "other_supervisor": 404, None: 401}
CORE = [{"field": "tier", "op": "in", "value": ["core"]}]


@dataclass
class World:
    headers: dict[str, dict[str, str]]
    store: Any
    customer: Any
    plan: Any


@pytest.fixture
def world(client, sign_in, now) -> World:
    store, elsewhere = make_store(), make_store()
    owner = make_staff(store=store)
    people = {
        "head_office": make_staff("head_office", locale="en"),
        "supervisor": make_staff("supervisor", store=store, locale="en"),
        "owner": owner,
        "colleague": make_staff(store=store),
        "other_supervisor": make_staff("supervisor", store=elsewhere),
    }
    customer = make_customer(store=store, owner=owner, tier="ordinary")
    make_customer(store=elsewhere, tier="core")
    plan = make_plan("cadence", settings=plan_settings(conditions=CORE))
    return World({name: sign_in(person) for name, person in people.items()}, store, customer, plan)


def ask(client, world, role, method, path, body=None):
    headers = world.headers[role] if role else {}
    return client.open(f"{API}{path}", method=method, headers=headers, json=body)


def each(expected, **changes):
    return pytest.mark.parametrize(
        ("role", "status"),
        [(role, changes.get("ok", status) if status == 200 else status) for role, status in expected.items()],
    )


@each(LEADERS)
def test_who_lists_the_plans(client, world, role, status):
    answer = ask(client, world, role, "GET", "/care-plans")
    assert answer.status_code == status
    if status == 200:
        [line] = answer.json["items"]
        assert (line["id"], line["kind"], line["is_on"], line["number"]) == (world.plan.id, "cadence", True, 1)


@pytest.mark.parametrize(("role", "people"), [("head_office", 1), ("supervisor", 0), ("other_supervisor", 1)])
def test_people_are_counted_among_those_one_may_see(client, world, role, people):
    assert ask(client, world, role, "GET", "/care-plans").json["items"][0]["people"] == people


def test_the_list_counts_the_touches_that_stand_for_the_next_days(client, world):
    for day, state in ((date(2027, 3, 12), "booked"), (date(2027, 3, 23), "made"), (date(2027, 3, 24), "booked"),
                       (date(2027, 3, 12), "dropped")):  # fmt: skip
        make_occurrence(world.plan, world.customer, due_day=day, state=state)
    assert ask(client, world, "supervisor", "GET", "/care-plans").json["items"][0]["touches_ahead"] == 2
    assert ask(client, world, "other_supervisor", "GET", "/care-plans").json["items"][0]["touches_ahead"] == 0


@each(OFFICE, ok=201)
def test_who_writes_a_plan(client, world, role, status):
    body = {"kind": "birthday", "name": NAME, "settings": {"action": {"by": "callback"}}}
    answer = ask(client, world, role, "POST", "/care-plans", body)
    assert answer.status_code == status
    if status == 201:
        assert (answer.json["is_on"], answer.json["settings"]["timing"]) == (
            False,
            {"days_before": 0, "with_members": True},
        )


def test_a_faulty_plan_is_refused_with_the_path_of_each_fault(client, world):
    settings = {"action": {"by": "sms"}, "segment": {"conditions": [{"field": "tier", "op": "in", "value": ["x"]}]}}
    answer = ask(
        client, world, "head_office", "POST", "/care-plans", {"kind": "cadence", "name": NAME, "settings": settings}
    )
    assert answer.status_code == 422
    assert set(answer.json["errors"]["settings"]) == {"action", "segment", "timing"}
    assert answer.json["errors"]["settings"]["segment"]["conditions"]["0"]["value"] == [
        "One of these values does not exist."
    ]


@each(LEADERS)
def test_who_reads_a_plan(client, world, role, status):
    answer = ask(client, world, role, "GET", f"/care-plans/{world.plan.id}")
    assert answer.status_code == status
    if status == 200:
        assert [version["number"] for version in answer.json["versions"]] == [1]


def test_a_plan_that_does_not_exist_is_not_found(client, world):
    assert ask(client, world, "head_office", "GET", "/care-plans/999999").status_code == 404


@each(OFFICE)
def test_who_changes_a_plan(client, world, role, status):
    body = {"version": 1, "settings": plan_settings(), "note": "everybody"}
    answer = ask(client, world, role, "PATCH", f"/care-plans/{world.plan.id}", body)
    assert answer.status_code == status
    if status == 200:
        assert (answer.json["number"], answer.json["version"], answer.json["people"]) == (2, 2, 2)
        assert answer.json["versions"][0]["note"] == "everybody"


def test_a_stale_change_is_answered_with_the_present_plan(client, world):
    body = {"version": 7, "settings": plan_settings()}
    answer = ask(client, world, "head_office", "PATCH", f"/care-plans/{world.plan.id}", body)
    assert (answer.status_code, answer.json["code"]) == (409, "stale-version")
    assert answer.json["current"]["version"] == 1


@pytest.mark.parametrize(("verb", "is_on"), [("on", True), ("off", False)])
@each(OFFICE)
def test_who_switches_a_plan(client, world, role, status, verb, is_on):
    answer = ask(client, world, role, "POST", f"/care-plans/{world.plan.id}/{verb}", {})
    assert answer.status_code == status
    if status == 200:
        assert answer.json["is_on"] is is_on


@each(OFFICE, ok=201)
def test_who_copies_a_plan(client, world, role, status):
    answer = ask(client, world, role, "POST", f"/care-plans/{world.plan.id}/copy")
    assert answer.status_code == status
    if status == 201:
        assert (answer.json["is_on"], answer.json["settings"]["segment"]["conditions"]) == (False, CORE)


@each(LEADERS)
def test_who_sees_the_forecast_of_a_plan(client, world, role, status):
    answer = ask(client, world, role, "GET", f"/care-plans/{world.plan.id}/forecast")
    assert answer.status_code == status
    if status == 200:
        assert all(len(store["weeks"]) == 12 for store in answer.json["stores"])


@each(LEADERS)
def test_who_sees_the_forecast_of_all_plans(client, world, role, status):
    assert ask(client, world, role, "GET", "/care-plans/forecast").status_code == status


@each(OF_STORE)
def test_who_sees_the_forecast_of_a_store(client, world, role, status):
    for path in (f"/care-plans/{world.plan.id}/forecast", "/care-plans/forecast"):
        answer = ask(client, world, role, "GET", f"{path}?store_id={world.store.id}")
        assert answer.status_code == status
        if status == 200:
            assert [store["store_id"] for store in answer.json["stores"]] == [world.store.id]


@each(LEADERS)
def test_who_previews_settings_that_nobody_published(client, world, role, status):
    body = {"kind": "cadence", "settings": plan_settings(), "plan_id": world.plan.id}
    answer = ask(client, world, role, "POST", "/care-plans/preview", body)
    assert answer.status_code == status
    if status == 200:
        assert answer.json["people"] == (2 if role == "head_office" else 1)


@each(SEES)
def test_who_asks_why_a_customer_was_not_contacted(client, world, role, status):
    answer = ask(client, world, role, "GET", f"/customers/{world.customer.id}/why")
    assert answer.status_code == status
    if status == 200:
        [plan] = answer.json["plans"]
        assert (plan["plan_id"], plan["next_day"], len(plan["broken"])) == (world.plan.id, None, 1)


def test_why_is_told_in_the_words_of_the_reader(client, world):
    answer = ask(client, world, "head_office", "GET", f"/customers/{world.customer.id}/why").json
    assert answer["plans"][0]["words"] == "Tier: the plan asks for core; here it is ordinary."
    assert answer["budget"] == ["The household may be contacted today."]


def test_a_preview_and_a_forecast_write_nothing(client, world):
    before = db.session.execute(db.text("select count(*) from occurrence")).scalar()
    ask(client, world, "head_office", "POST", "/care-plans/preview", {"kind": "cadence", "settings": plan_settings()})
    ask(client, world, "head_office", "GET", "/care-plans/forecast")
    assert db.session.execute(db.text("select count(*) from occurrence")).scalar() == before
