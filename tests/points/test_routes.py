"""Points over HTTP: each route as each role, what it shows and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.db import db
from app.people.access import Role
from app.people.models import Staff, Store
from app.points.models import PointsAcknowledgement, PointsRuleSet
from app.points.rules import RuleKey
from tests.factories.people import make_staff, make_store
from tests.factories.points import MORNING, make_entry, make_rules
from tests.factories.tasks import make_task

SignIn = Callable[..., dict[str, str]]
ROLES = [Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE]
SUMMARY = {"zh_Hans": "第二版", "zh_Hant": "第二版", "en": "Version 2"}


@pytest.fixture
def store(client: FlaskClient) -> Store:
    make_rules()
    return make_store()


@pytest.fixture
def crew(store: Store) -> dict[Role, Staff]:
    return {
        Role.HEAD_OFFICE: make_staff(Role.HEAD_OFFICE),
        Role.SUPERVISOR: make_staff(Role.SUPERVISOR, store),
        Role.ASSOCIATE: make_staff(Role.ASSOCIATE, store),
    }


def body_of(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.get_json()


GETS = ["/points/rules", "/points/entries", "/leaderboard"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", GETS)
def test_everybody_on_the_staff_may_read(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], path: str, role: Role
) -> None:
    body_of(client.get(f"/api/v1{path}", headers=sign_in(crew[role])))


@pytest.mark.parametrize(
    ("method", "path"),
    [*(("GET", path) for path in GETS), ("POST", "/points/rules"), ("POST", "/points/rules/1/acknowledge")],
)
def test_nobody_else_may(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(f"/api/v1{path}", method=method, json={}).status_code == 401


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, [201, 403, 403], strict=True)))
def test_only_head_office_publishes_rules(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], role: Role, status: int
) -> None:
    answer = client.post("/api/v1/points/rules", json={"summary": SUMMARY}, headers=sign_in(crew[role]))
    assert answer.status_code == status
    assert db.session.scalar(select(func.max(PointsRuleSet.version))) == (2 if status == 201 else 1)


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, [403, 403, 200], strict=True)))
def test_only_associates_confirm_rules(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], role: Role, status: int
) -> None:
    url = f"/api/v1/points/rules/{make_rules().id}/acknowledge"
    assert client.post(url, headers=sign_in(crew[role])).status_code == status
    assert db.session.scalar(select(func.count()).select_from(PointsAcknowledgement)) == int(status == 200)


@pytest.mark.parametrize("role", ROLES)
def test_a_token_without_the_scope_is_refused(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], role: Role
) -> None:
    headers = sign_in(crew[role], scopes=["tasks:read"])
    assert [client.get(f"/api/v1{path}", headers=headers).status_code for path in GETS] == [403, 403, 403]


def test_the_rules_show_their_four_questions_and_my_confirmation(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], now: datetime
) -> None:
    headers = sign_in(crew[Role.ASSOCIATE])
    (before,) = body_of(client.get("/api/v1/points/rules", headers=headers))["items"]
    assert (before["version"], before["in_force"], before["acknowledged_at"]) == (1, True, None)
    assert [rule["key"] for rule in before["rules"]] == list(RuleKey)
    assert set(before["rules"][0]) == {"key", "amount", "params", "what", "why", "reward", "penalty"}
    answer = body_of(client.post(f"/api/v1/points/rules/{before['id']}/acknowledge", headers=headers))
    assert answer == {"rule_set_id": before["id"], "acknowledged_at": now.isoformat()}
    (after,) = body_of(client.get("/api/v1/points/rules", headers=headers))["items"]
    assert after["acknowledged_at"] == now.isoformat()


def test_versions_come_newest_first_and_in_pages(client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff]) -> None:
    headers = sign_in(crew[Role.HEAD_OFFICE])
    for _ in range(2):
        body_of(client.post("/api/v1/points/rules", json={"summary": SUMMARY}, headers=headers), 201)
    first = body_of(client.get("/api/v1/points/rules?limit=2", headers=headers))
    assert [each["version"] for each in first["items"]] == [3, 2]
    rest = body_of(client.get(f"/api/v1/points/rules?limit=2&cursor={first['next_cursor']}", headers=headers))
    assert ([each["version"] for each in rest["items"]], rest["next_cursor"]) == ([1], None)


def test_a_published_version_is_answered_as_it_stands(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], now: datetime
) -> None:
    starts = now + timedelta(days=7)
    body = {
        "summary": SUMMARY,
        "valid_from": starts.isoformat(),
        "rules": [{"key": "photo", "amount": 4, "why": SUMMARY}],
    }
    answer = body_of(client.post("/api/v1/points/rules", json=body, headers=sign_in(crew[Role.HEAD_OFFICE])), 201)
    photo = next(rule for rule in answer["rules"] if rule["key"] == "photo")
    assert (answer["version"], answer["valid_from"], answer["in_force"]) == (2, starts.isoformat(), False)
    assert (photo["amount"], photo["why"]) == (4, SUMMARY)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"summary": None}, "summary"),
        ({"summary": {"en": "Version 2"}}, "summary"),
        ({"valid_from": "2020-01-01T00:00:00+00:00"}, "valid_from"),
        ({"valid_from": "tomorrow"}, "valid_from"),
        ({"rules": [{"key": "bribe", "amount": 4}]}, "rules"),
        ({"rules": [{"key": "photo", "amount": 4.5}]}, "rules"),
        ({"rules": [{"key": "photo", "amount": -1}]}, "rules"),
        ({"rules": [{"key": "honest_failure", "amount": 4}]}, "rules.0.amount"),
        ({"typo": 1}, "typo"),
    ],
)
def test_unusable_rules_are_refused_by_name_and_change_nothing(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], change: dict[str, Any], path: str
) -> None:
    body = {"summary": SUMMARY, **change}
    answer = client.post("/api/v1/points/rules", json=body, headers=sign_in(crew[Role.HEAD_OFFICE]))
    assert path in body_of(answer, 422)["errors"]
    assert db.session.scalar(select(func.max(PointsRuleSet.version))) == 1


def test_publishing_twice_with_one_key_publishes_once(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff]
) -> None:
    headers = {**sign_in(crew[Role.HEAD_OFFICE]), "Idempotency-Key": str(uuid4())}
    answers = [
        body_of(client.post("/api/v1/points/rules", json={"summary": SUMMARY}, headers=headers), 201) for _ in range(2)
    ]
    assert [each["version"] for each in answers] == [2, 2]


@pytest.mark.parametrize("rule_set_id", [999_999, 2**40, 2**70])
def test_confirming_unknown_rules_is_not_found(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], rule_set_id: int
) -> None:
    url = f"/api/v1/points/rules/{rule_set_id}/acknowledge"
    body_of(client.post(url, headers=sign_in(crew[Role.ASSOCIATE])), 404)


def test_a_line_says_why_in_the_readers_language(client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff]) -> None:
    task = make_task(assignee=crew[Role.ASSOCIATE])
    entry = make_entry(crew[Role.ASSOCIATE], 20, task=task)
    headers = {**sign_in(crew[Role.ASSOCIATE]), "Accept-Language": "en"}
    (line,) = body_of(client.get("/api/v1/points/entries", headers=headers))["items"]
    assert line["id"] == entry.id
    assert (line["task_number"], line["rule_version"], line["rule_key"], line["amount"]) == (
        task.number,
        1,
        "home_visit",
        20,
    )
    assert "20" in line["reason"]
    assert "%(" not in line["reason"]
    assert "message" not in line


@pytest.fixture
def three_lines(crew: dict[Role, Staff], store: Store) -> dict[str, int]:
    """The id of a line of the associate, of a colleague and of somebody in a foreign store."""
    colleague, stranger = make_staff(store=store), make_staff()
    return {
        "own": make_entry(crew[Role.ASSOCIATE], 1).id,
        "colleague": make_entry(colleague, 2, vested=False).id,
        "foreign": make_entry(stranger, 3, at=MORNING - timedelta(days=30)).id,
    }


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.ASSOCIATE, {"own"}),
        (Role.SUPERVISOR, {"own", "colleague"}),
        (Role.HEAD_OFFICE, {"own", "colleague", "foreign"}),
    ],
)
def test_lines_are_shown_to_the_person_and_to_those_who_lead(
    client: FlaskClient,
    sign_in: SignIn,
    crew: dict[Role, Staff],
    three_lines: dict[str, int],
    role: Role,
    seen: set[str],
) -> None:
    items = body_of(client.get("/api/v1/points/entries", headers=sign_in(crew[role])))["items"]
    assert {item["id"] for item in items} == {three_lines[name] for name in seen}


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("state=pending", {"colleague"}),
        ("season=2027-02", {"foreign"}),
        ("store_id={store}", {"own", "colleague"}),
        ("staff_id={associate}", {"own"}),
        ("task_id=1&staff_id={associate}", set()),
    ],
)
def test_lines_can_be_narrowed(
    client: FlaskClient,
    sign_in: SignIn,
    crew: dict[Role, Staff],
    store: Store,
    three_lines: dict[str, int],
    query: str,
    seen: set[str],
) -> None:
    wanted = query.format(store=store.id, associate=crew[Role.ASSOCIATE].id)
    items = body_of(client.get(f"/api/v1/points/entries?{wanted}", headers=sign_in(crew[Role.HEAD_OFFICE])))["items"]
    assert {item["id"] for item in items} == {three_lines[name] for name in seen}


def test_lines_come_newest_first_and_in_pages(client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff]) -> None:
    ids = [make_entry(crew[Role.ASSOCIATE], 1, at=MORNING + timedelta(minutes=m)).id for m in (0, 0, 1, 2)]
    headers, cursor, seen = sign_in(crew[Role.ASSOCIATE]), "", []
    while True:
        page = body_of(client.get(f"/api/v1/points/entries?limit=3{cursor}", headers=headers))
        seen += [item["id"] for item in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    "query",
    ["state=lost", "season=2027-13", "limit=0", "limit=201", "store_id=0", "task_id=x", "cursor=nonsense"],
)
def test_an_unusable_question_about_lines_is_refused(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], query: str
) -> None:
    body_of(client.get(f"/api/v1/points/entries?{query}", headers=sign_in(crew[Role.HEAD_OFFICE])), 422)


def test_the_board_of_the_own_store_for_a_supervisor(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], store: Store
) -> None:
    make_entry(crew[Role.ASSOCIATE], 20)
    board = body_of(client.get("/api/v1/leaderboard", headers=sign_in(crew[Role.SUPERVISOR])))
    assert (board["season"], board["store_id"], board["is_whole"], board["me"]) == ("2027-03", store.id, True, None)
    assert [(line["rank"], line["vested"], line["name"]) for line in board["lines"]] == [
        (1, 20, crew[Role.ASSOCIATE].name)
    ]


def test_an_associate_gets_the_own_place(client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff]) -> None:
    make_entry(crew[Role.ASSOCIATE], 20)
    board = body_of(client.get("/api/v1/leaderboard", headers=sign_in(crew[Role.ASSOCIATE])))
    assert (board["is_whole"], board["me"]["rank"], board["me"]["is_me"]) == (False, 1, True)


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, [200, 404, 404], strict=True)))
def test_a_foreign_board_is_head_offices(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], role: Role, status: int
) -> None:
    foreign = make_store()
    body_of(client.get(f"/api/v1/leaderboard?store_id={foreign.id}", headers=sign_in(crew[role])), status)


def test_the_company_board_is_head_offices_default(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff]
) -> None:
    board = body_of(client.get("/api/v1/leaderboard", headers=sign_in(crew[Role.HEAD_OFFICE])))
    assert (board["store_id"], board["is_whole"]) == (None, True)


@pytest.mark.parametrize("query", ["season=march", "store_id=-1", "limit=9999"])
def test_an_unusable_question_about_the_board_is_refused(
    client: FlaskClient, sign_in: SignIn, crew: dict[Role, Staff], query: str
) -> None:
    body_of(client.get(f"/api/v1/leaderboard?{query}", headers=sign_in(crew[Role.HEAD_OFFICE])), 422)
