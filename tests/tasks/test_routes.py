"""Each route for each role: who gets through, who is refused, and that a refusal changes nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import select

from app.core.db import db
from app.tasks import service
from app.tasks.lifecycle import Verb
from app.tasks.models import HeldSubmission, Task, TaskHistory
from app.tasks.schemas import TaskView
from app.tasks.work import Submission
from tests.factories.people import make_staff
from tests.factories.tasks import ENOUGH_ANSWERS, NOON, text3
from tests.tasks.conftest import Shop

API = "/api/v1"
ROLES = ("ann", "bob", "boss", "other_boss", "office", "stranger", "nobody")
Call = Callable[..., Any]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "green").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def call(client: Any, sign_in: Any, shop: Shop) -> Call:
    """`call("ann", "POST", "/tasks/1/start", {})` as this person."""
    keys: dict[str, dict[str, str]] = {"nobody": {}}
    other_boss = make_staff("supervisor")

    def send(who: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
        if who not in keys:
            keys[who] = sign_in(other_boss if who == "other_boss" else getattr(shop, who))
        headers = keys[who] | options.pop("headers", {})
        if body is not None:
            options["json"] = body
        return client.open(API + path, method=method, headers=headers, **options)

    return send


def window(hours: int = 24) -> dict[str, str]:
    start = NOON + timedelta(hours=hours)
    return {"window_start": start.isoformat(), "window_end": (start + timedelta(hours=2)).isoformat()}


# verb -> (state of the task before, body, who may)
STEPS: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "assign": ({}, {"staff_id": "bob"}, {"boss", "office"}),
    "claim": ({}, {}, {"ann", "bob"}),
    "accept": ({"status": "assigned"}, {}, {"ann"}),
    "decline": ({"status": "assigned"}, {"reason": "too_far"}, {"ann"}),
    "confirm": ({"status": "assigned"}, {}, {"boss", "office"}),
    "start": ({"status": "assigned"}, {}, {"ann", "boss"}),
    "arrive": ({"status": "assigned"}, {"lat": 22.28, "lng": 114.17, "accuracy": 12}, {"ann", "boss"}),
    "complete": ({"status": "active"}, {"answers": ENOUGH_ANSWERS}, {"ann", "boss"}),
    "complete-partly": ({"status": "active"}, {"note": "Baby woke up"}, {"ann", "boss"}),
    "fail": ({"status": "active"}, {"reason": "not_at_home"}, {"ann", "boss"}),
    "reschedule": ({"status": "assigned"}, "window", {"boss", "office"}),  # type: ignore[dict-item]
    "cancel": ({"status": "assigned"}, {"reason": "customer_asked"}, {"boss", "office"}),
    "undo": ({"status": "completed"}, {}, {"ann"}),
    "reopen": ({"status": "completed"}, {"reason": "Wrong photo"}, {"boss", "office"}),
}
UNSEEN = {"nobody": 401, "stranger": 404, "other_boss": 404}


def before(shop: Shop, verb: str) -> Task:
    state = dict(STEPS[verb][0])
    if state:
        state["assignee"] = shop.ann
    if state.get("status") == "completed":
        state |= {"ended_at": shop.now, "end_recorded_at": shop.now}
    return shop.task(**state)


def body_of(shop: Shop, verb: str) -> dict[str, Any]:
    body = STEPS[verb][1]
    if body == "window":
        return window()
    return {name: shop.bob.id if value == "bob" else value for name, value in body.items()}


def test_every_verb_but_the_customers_own_has_a_route() -> None:
    assert set(STEPS) == {verb.value for verb in Verb} - {"rate"}


@pytest.mark.parametrize("verb", STEPS)
def test_each_step_lets_through_exactly_whom_the_table_names(shop: Shop, call: Call, verb: str) -> None:
    for who in ROLES:
        task = before(shop, verb)
        task_id, version = task.id, task.version
        answer = call(who, "POST", f"/tasks/{task_id}/{verb}", body_of(shop, verb))
        if who in STEPS[verb][2]:
            assert answer.status_code == 200, (who, answer.json)
            assert TaskView().load(answer.json)["id"] == task_id
            assert answer.json["version"] == version + 1
        else:
            # A task that is not this person's to see does not exist; the role itself may be refused before that.
            assert answer.status_code in {UNSEEN.get(who, 403), 403, 404}, (who, answer.json)
            assert answer.json["code"] in {"unauthorized", "forbidden", "not-found", "not-your-step"}
            assert db.session.get_one(Task, task_id).version == version
            assert db.session.scalars(select(TaskHistory).where(TaskHistory.task_id == task_id)).all() == []


def test_allowed_actions_are_exactly_the_urls_that_work(shop: Shop, call: Call) -> None:
    for verb in STEPS:
        for who in ("ann", "boss", "office"):
            task = before(shop, verb)
            shown = call(who, "GET", f"/tasks/{task.id}").json["allowed_actions"]
            answer = call(who, "POST", f"/tasks/{task.id}/{verb}", body_of(shop, verb))
            assert (answer.status_code == 200) == (verb in shown), (verb, who, shown, answer.json)


@pytest.mark.parametrize(
    ("who", "status"),
    [("boss", 201), ("office", 201), ("ann", 403), ("nobody", 401), ("other_boss", 422), ("stranger", 403)],
)
def test_tasks_are_created_by_supervisors_and_head_office(shop: Shop, call: Call, who: str, status: int) -> None:
    answer = call(who, "POST", "/tasks", {"type": "callback", "customer_id": shop.customer.id, **window()})
    assert answer.status_code == status, answer.json
    assert db.session.query(Task).count() == (status == 201)


def test_the_same_origin_key_is_found_not_made_again(shop: Shop, call: Call) -> None:
    body = {"type": "callback", "customer_id": shop.customer.id, "origin_key": "till:77", **window()}
    first, again = call("boss", "POST", "/tasks", body), call("boss", "POST", "/tasks", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]


@pytest.mark.parametrize("path", ["/tasks", "/tasks/claimable", "/held-submissions", "/checklist-templates"])
@pytest.mark.parametrize("who", ROLES)
def test_lists_are_for_everybody_who_signed_in(shop: Shop, call: Call, who: str, path: str) -> None:
    answer = call(who, "GET", path)
    if who == "nobody":
        assert answer.status_code == 401
    else:
        assert answer.status_code == 200
        assert set(answer.json) == {"items", "next_cursor"}


@pytest.mark.parametrize("path", ["", "/history", "/slots"])
def test_a_task_its_history_and_slots_are_for_who_may_see_it(shop: Shop, call: Call, path: str) -> None:
    task = shop.task(assignee=shop.ann)
    expected = {"ann": 200, "boss": 200, "office": 200, "bob": 404, "stranger": 404, "other_boss": 404, "nobody": 401}
    for who, status in expected.items():
        assert call(who, "GET", f"/tasks/{task.id}{path}").status_code == status, who


def test_the_list_takes_its_filters_from_the_query(shop: Shop, call: Call) -> None:
    mine = shop.task(assignee=shop.ann)
    shop.task(type="callback")
    narrow = f"store_id={shop.store.id}&day=2027-03-10&assignee=me&status=assigned,active&type=home_visit"
    path = f"/tasks?{narrow}&q={mine.number}"
    assert [row["id"] for row in call("ann", "GET", path).json["items"]] == [mine.id]
    assert [row["type"] for row in call("boss", "GET", "/tasks?assignee=none").json["items"]] == ["callback"]
    assert len(call("boss", "GET", f"/tasks?assignee={shop.ann.id}").json["items"]) == 1


def test_history_names_who_did_it(shop: Shop, call: Call) -> None:
    task = shop.task(assignee=shop.ann)
    call("ann", "POST", f"/tasks/{task.id}/start", {}, headers={"X-Client": "field-1.0"})
    (line,) = call("boss", "GET", f"/tasks/{task.id}/history").json["items"]
    assert (line["action"], line["actor_name"], line["new"]["status"]) == ("start", "Ann", "active")


@pytest.mark.parametrize(
    ("who", "status"),
    [("ann", 200), ("boss", 200), ("office", 403), ("bob", 404), ("stranger", 404), ("nobody", 401)],
)
def test_the_checklist_is_answered_by_who_works(shop: Shop, call: Call, who: str, status: int) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    answer = call(who, "PATCH", f"/tasks/{task.id}/checklist", {"answers": {"greeted": True}})
    assert answer.status_code == status, answer.json
    if status == 200:
        assert answer.json["checklist"][0]["answer"] is True


@pytest.mark.parametrize(
    ("who", "status"), [("office", 201), ("boss", 403), ("ann", 403), ("stranger", 403), ("nobody", 401)]
)
def test_checklists_are_published_by_head_office(shop: Shop, call: Call, who: str, status: int) -> None:
    tick = {"key": "done", "heart": "care", "kind": "tick", "label": text3("Done"), "required": True}
    shown = {
        "key": "why",
        "heart": "care",
        "kind": "text",
        "label": text3("Why"),
        "visible_if": {"item": "done", "is": True},
    }
    body = {"task_type": "callback", "reason": "lapsed", "name": text3("Lapsed"), "items": [tick, shown]}
    answer = call(who, "POST", "/checklist-templates", body)
    assert answer.status_code == status, answer.json
    if status == 201:
        assert (answer.json["version"], answer.json["key"]) == (1, "callback.lapsed")
        assert answer.json["items"] == [tick, shown]
        assert any(row["key"] == "callback.lapsed" for row in call("ann", "GET", "/checklist-templates").json["items"])


# Pictures


def put(call: Call, who: str, blob_id: Any, data: bytes, *, digest: str | None = None) -> Any:
    headers = {"X-Content-SHA256": digest or hashlib.sha256(data).hexdigest()}
    return call(who, "PUT", f"/blobs/{blob_id}", data=data, headers=headers, content_type="image/jpeg")


@pytest.mark.parametrize(
    ("who", "status"), [("ann", 201), ("boss", 201), ("stranger", 201), ("office", 403), ("nobody", 401)]
)
def test_pictures_are_sent_by_who_works(call: Call, who: str, status: int) -> None:
    assert put(call, who, uuid4(), picture()).status_code == status


def test_a_picture_travels_from_upload_to_the_task_page(shop: Shop, call: Call) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    blob_id, data = uuid4(), picture()
    sent, again = put(call, "ann", blob_id, data), put(call, "ann", blob_id, data)
    assert (sent.status_code, again.status_code) == (201, 200)
    tied = call("ann", "POST", f"/tasks/{task.id}/evidence", {"blob_id": str(blob_id), "kind": "photo"})
    assert tied.status_code == 201, tied.json
    (shown,) = call("boss", "GET", f"/tasks/{task.id}").json["evidence"]
    seen = call("boss", "GET", shown["url"].removeprefix(API))
    assert (seen.status_code, seen.mimetype) == (200, "image/jpeg")
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    for who, status in {"ann": 200, "office": 200, "bob": 404, "stranger": 404, "nobody": 401}.items():
        assert call(who, "GET", shown["url"].removeprefix(API)).status_code == status, who


@pytest.mark.parametrize(
    ("who", "status"), [("ann", 201), ("boss", 201), ("office", 403), ("bob", 404), ("nobody", 401)]
)
def test_evidence_is_added_by_who_works(shop: Shop, call: Call, who: str, status: int) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    blob_id = uuid4()
    put(call, who, blob_id, picture())
    answer = call(who, "POST", f"/tasks/{task.id}/evidence", {"blob_id": str(blob_id), "kind": "photo"})
    assert answer.status_code == status, answer.json


# Held work


@pytest.fixture
def held_id(shop: Shop) -> int:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now)
    service.assign(task.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    sent = service.submit(
        Verb.COMPLETE,
        task.id,
        work=Submission(answers=ENOUGH_ANSWERS, at=shop.now),
        actor=shop.actor("ann"),
        now=shop.now,
    )
    assert isinstance(sent, HeldSubmission)
    return sent.id


def test_late_work_is_answered_with_held_and_changes_nothing(shop: Shop, call: Call) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    call("boss", "POST", f"/tasks/{task.id}/assign", {"staff_id": shop.bob.id})
    body = {"answers": ENOUGH_ANSWERS, "at": shop.now.isoformat()}
    answer = call("ann", "POST", f"/tasks/{task.id}/complete", body)
    assert answer.status_code == 200
    assert answer.json["held"] is True
    shown = call("boss", "GET", f"/tasks/{task.id}").json
    assert (shown["status"], shown["assignee"]["id"]) == ("assigned", shop.bob.id)
    (waiting,) = call("boss", "GET", "/held-submissions?state=pending").json["items"]
    assert (waiting["id"], waiting["staff_name"], waiting["verb"]) == (answer.json["held_id"], "Ann", "complete")


@pytest.mark.parametrize("decision", ["accept", "dismiss"])
@pytest.mark.parametrize(
    ("who", "status"),
    [("boss", 200), ("office", 200), ("ann", 403), ("bob", 403), ("other_boss", 404), ("nobody", 401)],
)
def test_held_work_is_decided_by_who_leads_the_store(
    held_id: int, call: Call, decision: str, who: str, status: int
) -> None:
    answer = call(who, "POST", f"/held-submissions/{held_id}/{decision}", {"note": "Seen"})
    assert answer.status_code == status, answer.json
    expected = {"accept": "accepted", "dismiss": "dismissed"}[decision] if status == 200 else "pending"
    assert db.session.get_one(HeldSubmission, held_id).state == expected


def test_a_token_without_the_scope_is_refused(shop: Shop, client: Any, sign_in: Any) -> None:
    task = shop.task(assignee=shop.ann)
    reader = sign_in(shop.boss, scopes=["tasks:read"])
    assert client.get(f"{API}/tasks/{task.id}", headers=reader).status_code == 200
    answer = client.post(f"{API}/tasks/{task.id}/start", json={}, headers=reader)
    assert (answer.status_code, answer.json["code"]) == (403, "missing-scope")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"kind": "place", "place_state": "given", "lat": 22.2784, "lng": 114.1748, "accuracy": 12}, None),
        ({"kind": "place", "place_state": "denied"}, None),
        ({"kind": "place"}, "place_state"),
        ({"kind": "place", "place_state": "given", "lat": 22.2784}, "lng"),
        ({"kind": "place", "place_state": "denied", "item_key": "shelf"}, "item_key"),
        ({"kind": "photo"}, "blob_id"),
        ({"kind": "photo", "blob_id": str(uuid4()), "lat": 22.2784}, "lat"),
    ],
)
def test_evidence_is_a_picture_or_a_place_and_names_what_it_lacks(
    shop: Shop, call: Call, body: dict[str, Any], fault: str | None
) -> None:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now)
    answer = call("ann", "POST", f"/tasks/{task.id}/evidence", body)
    assert answer.status_code == (201 if fault is None else 422)
    if fault is not None:
        assert list(answer.json["errors"]) == [fault]
