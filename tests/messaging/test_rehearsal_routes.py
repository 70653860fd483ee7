"""The rehearsal and the wordings' versions over HTTP: who may, what it answers, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.db import db
from app.core.i18n import LOCALES
from app.core.models import AuditEntry
from app.messaging.models import Message, MessageTemplate
from app.people.access import Role
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import key_of, make_staff, make_store
from tests.factories.tasks import make_task
from tests.scenes import scene

NOON = datetime(2027, 3, 11, 4, 0, tzinfo=UTC)
ROLES = ("head_office", "supervisor", "other_supervisor", "associate")


class World:
    client: Any

    def __init__(self) -> None:
        store, elsewhere = make_store(), make_store()
        people = {
            "head_office": make_staff(Role.HEAD_OFFICE, locale="en"),
            "supervisor": make_staff(Role.SUPERVISOR, store, locale="en"),
            "other_supervisor": make_staff(Role.SUPERVISOR, elsewhere, locale="en"),
            "associate": make_staff(Role.ASSOCIATE, store, locale="en"),
        }
        self.store = store
        self.headers = {role: key_of(person) for role, person in people.items()}
        for number in range(3):
            start = NOON + timedelta(hours=number)
            make_task(
                customer=make_customer(store=store),
                assignee=people["associate"],
                window_start=start,
                window_end=start + timedelta(hours=1),
            )
        ship_templates()
        db.session.commit()

    def ask(self, role: str, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=self.headers[role])

    def play(self, role: str = "supervisor", **query: Any) -> Any:
        asked = {"store_id": self.store.id, "date": "2027-03-11"} | query
        return self.ask(
            role, "GET", "/message-rehearsals?" + "&".join(f"{key}={value}" for key, value in asked.items())
        )

    def wording(self) -> MessageTemplate:
        return db.session.query(MessageTemplate).filter_by(kind="rating", reach="two_way").one()

    def draft(self, **changes: str) -> dict[str, Any]:
        texts = dict.fromkeys(LOCALES, "{name} new 1") | changes
        return {
            "store_id": self.store.id,
            "date": "2027-03-11",
            "draft": {"kind": "rating", "reach": "two_way", "texts": texts},
        }


@scene
def rehearsals_scene(_now) -> World:
    return World()


@pytest.fixture
def world(client, rehearsals_scene) -> World:
    rehearsals_scene.client = client
    return rehearsals_scene


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (200, 200, 404, 403), strict=True)))
def test_head_office_and_the_store_s_own_supervisor_may_rehearse(world, role, status):
    assert world.play(role).status_code == status
    assert world.ask(role, "POST", "/message-rehearsals", world.draft()).status_code == status


def test_nobody_rehearses_without_a_session(world):
    for method in ("GET", "POST"):
        assert world.client.open("/api/v1/message-rehearsals", method=method).status_code == 401


def test_the_answer_tells_texts_sums_and_money(world):
    played = world.play().json
    assert (played["tasks"], played["total"]["messages"], played["fates"]["goes"]) == (3, 12, 12)
    [cost] = played["total"]["costs"]
    assert cost["currency"] == "USD"
    assert float(cost["amount"]) == pytest.approx(
        sum(float(text["cost"]) for part in played["items"] for text in part["texts"])
    )
    [text] = [text for text in played["items"][0]["texts"] if text["kind"] == "booked"]
    assert (text["status"], text["goes_at"], text["is_written"]) == ("goes", "2027-03-10T02:00:00+00:00", False)
    assert played["items"][0]["customer"]["phone_masked"].startswith("+852")
    assert db.session.query(Message).count() == 0


def test_the_list_comes_page_by_page(world):
    first = world.play(limit=2).json
    second = world.play(limit=2, cursor=first["next_cursor"]).json
    ids = [part["customer"]["id"] for part in first["items"] + second["items"]]
    assert (len(first["items"]), len(second["items"]), len(set(ids))) == (2, 1, 3)
    assert second["next_cursor"] is None


def test_only_customers_with_a_text_of_a_fate_can_be_asked_for(world):
    assert world.play(fate="expired").json["items"] == []
    assert len(world.play(fate="goes").json["items"]) == 3


def test_a_draft_is_played_and_not_kept(world):
    played = world.ask("head_office", "POST", "/message-rehearsals", world.draft()).json
    assert sum(" new 1" in text["text"] for part in played["items"] for text in part["texts"]) == 3
    assert db.session.query(MessageTemplate).filter_by(kind="rating").count() == 1


@pytest.mark.parametrize(
    "query",
    [
        {"date": "tomorrow"},
        {"date": "2027-02-30"},
        {"date": "1999-01-01"},
        {"store_id": "x"},
        {"store_id": 0},
        {"store_id": 2**40},
        {"course": "sideways"},
        {"fate": "waits"},
        {"cursor": "nonsense"},
        {"limit": 0},
        {"limit": 1000},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_refused(world, query):
    assert world.play(**query).status_code == 422


def test_a_store_that_is_not_there_is_not_found(world):
    assert world.play("head_office", store_id=2**31 - 1).status_code == 404


def test_a_draft_with_faults_is_refused_at_its_language(world):
    answer = world.ask("head_office", "POST", "/message-rehearsals", world.draft(en="Hi {moon}, 1"))
    assert answer.status_code == 422
    assert answer.json["errors"]["draft"]["texts"] == {"en": ["This kind of message does not know {moon}."]}


# Versions


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (200, 200, 200, 403), strict=True)))
def test_desks_read_the_versions(world, role, status):
    answer = world.ask(role, "GET", f"/message-templates/{world.wording().id}/versions")
    assert answer.status_code == status


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (201, 403, 403, 403), strict=True)))
def test_only_head_office_brings_a_version_back(world, role, status):
    answer = world.ask(role, "POST", f"/message-templates/{world.wording().id}/restore", {})
    assert answer.status_code == status


def test_a_version_comes_back_as_the_next_one(world):
    first = world.wording()
    body = {"kind": "rating", "reach": "two_way", "texts": dict.fromkeys(LOCALES, "{name} 1"), "seen_version": 1}
    second = world.ask("head_office", "POST", "/message-templates", body).json
    third = world.ask("head_office", "POST", f"/message-templates/{first.id}/restore", {"seen_version": 2}).json
    assert (second["version"], third["version"], third["texts"]["en"]) == (2, 3, first.texts["en"])
    versions = world.ask("supervisor", "GET", f"/message-templates/{first.id}/versions").json["items"]
    assert [(each["version"], each["is_current"]) for each in versions] == [(3, True), (2, False), (1, False)]
    assert versions[2]["author"] is None


@pytest.mark.parametrize("path", ["/message-templates", "/message-templates/{id}/restore"])
def test_publishing_over_an_unseen_version_is_a_conflict(world, path):
    body: dict[str, Any] = {"seen_version": 7}
    if path == "/message-templates":
        body |= {"kind": "rating", "reach": "two_way", "texts": dict.fromkeys(LOCALES, "{name} 1")}
    answer = world.ask("head_office", "POST", path.format(id=world.wording().id), body)
    assert (answer.status_code, answer.json["code"]) == (409, "stale-version")


@pytest.mark.parametrize(("method", "path"), [("GET", "versions"), ("POST", "restore")])
def test_a_wording_that_is_not_there_is_not_found(world, method, path):
    body = {} if method == "POST" else None
    assert world.ask("head_office", method, f"/message-templates/999999/{path}", body).status_code == 404


def test_a_preview_tells_prices_and_costly_signs(world):
    shown = world.ask(
        "supervisor",
        "POST",
        f"/message-templates/{world.wording().id}/preview",
        {"locale": "en", "texts": {"en": "It’s {name}, 1"}},
    ).json
    assert shown["forcing"] == ["’"]
    assert {price["country"] for price in shown["prices"]} >= {"HK"}


def test_a_preview_with_a_customer_is_written_down(world):
    customer = make_customer(store=world.store)
    db.session.commit()
    path = f"/message-templates/{world.wording().id}/preview"
    shown = world.ask("supervisor", "POST", path, {"customer_id": customer.id}).json
    assert [price["country"] for price in shown["prices"]] == ["HK"]
    read = db.session.query(AuditEntry).filter_by(action="customer.read", subject_id=str(customer.id))
    assert read.count() == 1
