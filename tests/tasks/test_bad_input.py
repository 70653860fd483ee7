"""Bad input: each fault has its own problem document and changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.core import config
from app.core.db import db
from app.tasks import service
from tests.factories.customers import make_customer
from tests.factories.tasks import ENOUGH_ANSWERS, NOON, text3
from tests.tasks.conftest import Shop
from tests.tasks.test_routes import API, picture, window

TABLES = ("task", "task_history", "task_answer", "task_line", "evidence", "blob", "held_submission", "fact")


def snapshot() -> dict[str, Any]:
    """Every row of this slice, to see that nothing has changed."""
    return {name: db.session.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2")).all() for name in TABLES}


@pytest.fixture
def unchanged(shop: Shop) -> Iterator[None]:
    before = snapshot()
    yield
    assert snapshot() == before


@pytest.fixture
def boss(shop: Shop, sign_in: Any) -> dict[str, str]:
    return sign_in(shop.boss)


@pytest.fixture
def ann(shop: Shop, sign_in: Any) -> dict[str, str]:
    return sign_in(shop.ann)


def problem(answer: Any, status: int, code: str, *fields: str) -> None:
    assert answer.status_code == status, answer.json
    assert answer.mimetype == "application/problem+json"
    document = answer.json
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"urn:huifang:problem:{code}"
    assert document["title"]
    if fields:
        assert set(document["errors"]) == set(fields)


def good(shop: Shop) -> dict[str, Any]:
    return {"type": "home_visit", "customer_id": shop.customer.id, **window()}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "sea_voyage"}, "type"),
        ({"type": 5}, "type"),
        ({"customer_id": "nine"}, "customer_id"),
        ({"customer_id": True}, "customer_id"),
        ({"customer_id": 0}, "customer_id"),
        ({"customer_id": 2**31}, "customer_id"),
        ({"customer_id": 999_999}, "customer_id"),
        ({"window_start": "tomorrow"}, "window_start"),
        ({"window_start": "2027-03-10T12:00:00"}, "window_start"),
        ({"window_start": "0001-01-01T00:00:00+14:00"}, "window_start"),
        ({"window_end": "9999-12-31T23:59:59-12:00"}, "window_end"),
        ({"window_end": NOON.isoformat()}, "window_end"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "\x00"}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"note": ["list"]}, "note"),
        ({"reason": "boredom"}, "reason"),
        ({"expected_minutes": 0}, "expected_minutes"),
        ({"expected_minutes": 1441}, "expected_minutes"),
        ({"assignee_id": 999_999}, "assignee_id"),
        ({"colour": "red"}, "colour"),
        ({"direction": "up"}, "direction"),
        ({"reasons": ["text"]}, "reasons"),
        ({"origin_key": " "}, "origin_key"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_wrong_value_is_named(shop: Shop, client: Any, boss: Any, change: dict[str, Any], field: str) -> None:
    problem(client.post(f"{API}/tasks", json=good(shop) | change, headers=boss), 422, "invalid", field)


@pytest.mark.parametrize("missing", ["type", "customer_id", "window_start", "window_end"])
@pytest.mark.usefixtures("unchanged")
def test_a_missing_field_is_named(shop: Shop, client: Any, boss: Any, missing: str) -> None:
    body = {name: value for name, value in good(shop).items() if name != missing}
    problem(client.post(f"{API}/tasks", json=body, headers=boss), 422, "invalid", missing)


@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_no_json_is_refused(shop: Shop, client: Any, boss: Any) -> None:
    answer = client.post(f"{API}/tasks", data="{not json", content_type="application/json", headers=boss)
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("task_id", ["999999", "2147483647", "2147483648", "99999999999999999999", "0"])
def test_an_unknown_task_is_not_found(shop: Shop, client: Any, boss: Any, task_id: str) -> None:
    for answer in (
        client.get(f"{API}/tasks/{task_id}", headers=boss),
        client.post(f"{API}/tasks/{task_id}/start", json={}, headers=boss),
        client.get(f"{API}/tasks/{task_id}/history", headers=boss),
    ):
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


def test_a_task_of_a_foreign_store_is_not_found(shop: Shop, client: Any, boss: Any) -> None:
    foreign = shop.task(customer=make_customer())
    before = snapshot()
    problem(client.get(f"{API}/tasks/{foreign.id}", headers=boss), 404, "not-found")
    answer = client.post(f"{API}/tasks/{foreign.id}/cancel", json={"reason": "duplicate"}, headers=boss)
    problem(answer, 404, "not-found")
    assert snapshot() == before


def test_a_stale_version_gets_the_present_state(shop: Shop, client: Any, boss: Any) -> None:
    task = shop.task(version=4)
    before = snapshot()
    answer = client.post(f"{API}/tasks/{task.id}/assign", json={"staff_id": shop.ann.id, "version": 3}, headers=boss)
    problem(answer, 409, "stale-version")
    assert (answer.json["current"]["id"], answer.json["current"]["version"]) == (task.id, 4)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("status", "verb", "body", "code"),
    [
        ("assigned", "complete", {"answers": ENOUGH_ANSWERS}, "illegal-transition"),
        ("completed", "start", {}, "task-already-closed"),
        ("cancelled", "complete", {}, "task-already-closed"),
        ("completed", "undo", {}, "undo-window-over"),
        ("open", "start", {}, "not-your-step"),
    ],
)
def test_an_illegal_transition_says_why(
    shop: Shop, client: Any, ann: Any, status: str, verb: str, body: dict[str, Any], code: str
) -> None:
    state: dict[str, Any] = {"status": status} | ({} if status == "open" else {"assignee": shop.ann})
    if status == "completed":
        state["end_recorded_at"] = shop.now - timedelta(hours=1)
    task = shop.task(**state)
    before = snapshot()
    answer = client.post(f"{API}/tasks/{task.id}/{verb}", json=body, headers=ann)
    problem(answer, 403 if code == "not-your-step" else 409, code)
    assert snapshot() == before


def test_an_arrival_for_a_callback_is_refused(shop: Shop, client: Any, ann: Any) -> None:
    task = shop.task(type="callback", assignee=shop.ann)
    problem(client.post(f"{API}/tasks/{task.id}/arrive", json={}, headers=ann), 409, "step-not-for-type")


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("decline", {}, "reason"),
        ("decline", {"reason": "bored"}, "reason"),
        ("start", {"at": "10:00"}, "at"),
        ("start", {"at": "2027-03-10T10:00:00"}, "at"),
        ("start", {"version": "two"}, "version"),
        ("arrive", {"lat": 91, "lng": 0}, "lat"),
        ("arrive", {"lat": "NaN", "lng": 0}, "lat"),
        ("start", {"surprise": 1}, "surprise"),
    ],
)
def test_a_faulty_step_is_named_and_changes_nothing(
    shop: Shop, client: Any, ann: Any, verb: str, body: dict[str, Any], field: str
) -> None:
    task = shop.task(assignee=shop.ann)
    before = snapshot()
    problem(client.post(f"{API}/tasks/{task.id}/{verb}", json=body, headers=ann), 422, "invalid", field)
    assert snapshot() == before


@pytest.mark.parametrize(
    "answers",
    [
        {"greeted": "yes"},
        {"unknown": True},
        {"stock_left": 99},
        {"mood": "angry"},
        {"shelf": ["not a uuid"]},
        {"stock_left": {"deep": 1}},
    ],
)
def test_a_faulty_answer_is_named_and_changes_nothing(
    shop: Shop, client: Any, ann: Any, answers: dict[str, Any]
) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    before = snapshot()
    answer = client.patch(f"{API}/tasks/{task.id}/checklist", json={"answers": answers}, headers=ann)
    problem(answer, 422, "invalid", *(f"answers.{key}" for key in answers))
    assert snapshot() == before


def test_missing_answers_are_named_and_change_nothing(shop: Shop, client: Any, ann: Any) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    before = snapshot()
    answer = client.post(f"{API}/tasks/{task.id}/complete", json={"answers": {"mood": "glad"}}, headers=ann)
    problem(answer, 422, "invalid", "answers.greeted", "answers.product_fits")
    assert answer.json["missing"] == ["greeted", "product_fits"]
    assert snapshot() == before


def test_a_changed_note_conflicts_and_shows_the_servers_text(shop: Shop, client: Any, ann: Any) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    service.answer_checklist(task.id, actor=shop.actor("boss"), now=shop.now, answers={"note": "Has a dog"})
    before = snapshot()
    body = {"answers": {"note": "Has a cat"}, "base": {"note": ""}, "at": shop.now.isoformat()}
    answer = client.patch(f"{API}/tasks/{task.id}/checklist", json=body, headers=ann)
    problem(answer, 409, "conflict", "answers.note")
    assert (answer.json["field"], answer.json["server_value"]) == ("answers.note", "Has a dog")
    assert snapshot() == before


def test_a_reused_idempotency_key_with_another_body_is_refused(shop: Shop, client: Any, boss: Any) -> None:
    headers = boss | {"Idempotency-Key": str(uuid4())}
    first = client.post(f"{API}/tasks", json=good(shop), headers=headers)
    again = client.post(f"{API}/tasks", json=good(shop), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json == again.json
    before = snapshot()
    problem(client.post(f"{API}/tasks", json=good(shop) | {"note": "other"}, headers=headers), 422, "key-reused")
    assert snapshot() == before


# Pictures


def put(client: Any, headers: Any, data: bytes, *, digest: str | None = None, blob_id: Any = None) -> Any:
    digest = digest or hashlib.sha256(data).hexdigest()
    return client.put(
        f"{API}/blobs/{blob_id or uuid4()}",
        data=data,
        content_type="image/jpeg",
        headers=headers | {"X-Content-SHA256": digest},
    )


@pytest.fixture
def small_limit(shop: Shop) -> Iterator[None]:
    before = config.settings()
    config.use(replace(before, media=replace(before.media, max_bytes=1024 * 1024)))
    yield
    config.use(before)


@pytest.mark.usefixtures("small_limit", "unchanged")
def test_an_oversize_photo_is_refused_with_the_limit(client: Any, ann: Any) -> None:
    answer = put(client, ann, b"\xff\xd8" + b"x" * (1024 * 1024))
    problem(answer, 413, "too-large")
    assert "1 MB" in answer.json["title"]


@pytest.mark.usefixtures("unchanged")
def test_a_fake_image_is_refused(client: Any, ann: Any) -> None:
    problem(put(client, ann, b"<html>not a picture</html>"), 422, "not-a-picture")


@pytest.mark.usefixtures("unchanged")
def test_a_wrong_digest_is_refused(client: Any, ann: Any) -> None:
    problem(put(client, ann, picture(), digest="0" * 64), 422, "digest-mismatch")


@pytest.mark.usefixtures("unchanged")
def test_a_missing_digest_is_refused(client: Any, ann: Any) -> None:
    answer = client.put(f"{API}/blobs/{uuid4()}", data=picture(), content_type="image/jpeg", headers=ann)
    assert answer.status_code == 422
    assert "X-Content-SHA256" in str(answer.json["errors"])


def test_other_bytes_under_a_used_id_are_refused(client: Any, ann: Any, shop: Shop) -> None:
    blob_id = uuid4()
    assert put(client, ann, picture(), blob_id=blob_id).status_code == 201
    before = snapshot()
    problem(put(client, ann, picture() + b" ", blob_id=blob_id), 409, "blob-differs")
    assert snapshot() == before


def test_evidence_whose_picture_is_missing_asks_for_it(shop: Shop, client: Any, ann: Any) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    before = snapshot()
    missing = str(uuid4())
    answer = client.post(f"{API}/tasks/{task.id}/evidence", json={"blob_id": missing, "kind": "photo"}, headers=ann)
    problem(answer, 409, "blob-missing")
    assert answer.json["blob_ids"] == [missing]
    assert snapshot() == before


# Lists and templates


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=asleep", "status"),
        ("day=yesterday", "day"),
        ("day=9999-12-31", "day"),
        ("assignee=everybody", "assignee"),
        ("store_id=0", "store_id"),
        ("limit=201", "limit"),
        ("cursor=nonsense", "cursor"),
        ("type=sea_voyage", "type"),
    ],
)
def test_a_faulty_query_is_named(client: Any, boss: Any, query: str, field: str) -> None:
    answer = client.get(f"{API}/tasks?{query}", headers=boss)
    assert answer.status_code == 422
    assert field in str(answer.json["errors"])


TICK = {"key": "done", "heart": "care", "kind": "tick", "label": text3("Done")}


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{**TICK, "heart": "spleen"}],
        [{**TICK, "label": {"en": "English only"}}],
        [{**TICK, "key": "Not a key"}],
        [TICK, TICK],
        [{**TICK, "visible_if": {"item": "later", "is": True}}],
        [{**TICK, "visible_if": "always"}],
        [{**TICK, "follow_up": {"type": "callback", "reason": "care", "days": 1}}],
    ],
)
def test_a_faulty_checklist_is_not_published(shop: Shop, client: Any, sign_in: Any, items: list[Any]) -> None:
    versions = db.session.execute(text("SELECT count(*) FROM checklist_version")).scalar()
    body = {"task_type": "callback", "reason": "lapsed", "name": text3("Lapsed"), "items": items}
    answer = client.post(f"{API}/checklist-templates", json=body, headers=sign_in(shop.office))
    assert answer.status_code == 422, answer.json
    assert db.session.execute(text("SELECT count(*) FROM checklist_version")).scalar() == versions
