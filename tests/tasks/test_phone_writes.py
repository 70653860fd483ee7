"""All that a phone may send later, each verb by name: the same request again, a key used twice, and work come too late.

The field app repeats a request until it has seen its answer, so every one of these must bear it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.core.db import db
from app.core.models import FactRow
from app.customers.models import CustomerNote
from app.tasks import service
from app.tasks.models import HeldSubmission, Task
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop

Call = Callable[..., Any]

# verb -> (state of the task before, method, path below the task, body)
STEPS: dict[str, tuple[dict[str, Any], str, str, dict[str, Any]]] = {
    "accept": ({"status": "assigned"}, "POST", "accept", {}),
    "decline": ({"status": "assigned"}, "POST", "decline", {"reason": "too_far"}),
    "start": ({"status": "assigned"}, "POST", "start", {}),
    "arrive": ({"status": "active"}, "POST", "arrive", {}),
    "checklist": ({"status": "active"}, "PATCH", "checklist", {"answers": ENOUGH_ANSWERS, "base": {}}),
    "complete": ({"status": "active"}, "POST", "complete", {"answers": ENOUGH_ANSWERS}),
    "complete-partly": ({"status": "active"}, "POST", "complete-partly", {"note": "Baby woke up"}),
    "fail": ({"status": "active"}, "POST", "fail", {"reason": "not_at_home"}),
}
HELD = ("start", "arrive", "checklist", "complete", "complete-partly", "fail")


def send(call: Call, shop: Shop, verb: str, task: Task, **changes: Any) -> Any:
    _state, method, path, body = STEPS[verb]
    key = changes.pop("key", None) or str(uuid4())
    return call(
        "ann",
        method,
        f"/tasks/{task.id}/{path}",
        {"at": shop.now.isoformat(), **body, **changes},
        headers={"Idempotency-Key": key},
    )


@pytest.fixture
def call(client: Any, sign_in: Any, shop: Shop) -> Call:
    """`call("ann", "POST", "/tasks/1/start", {})` as this person."""

    def ask(who: str, method: str, path: str, body: Any, *, headers: dict[str, str] | None = None) -> Any:
        signed = sign_in(getattr(shop, who)) | (headers or {})
        return client.open(f"/api/v1{path}", method=method, json=body, headers=signed)

    return ask


def facts_of() -> int:
    return int(db.session.scalar(select(func.count()).select_from(FactRow)))


@pytest.mark.parametrize("verb", STEPS)
def test_each_step_bears_being_sent_again_and_refuses_a_key_used_twice(shop: Shop, call: Call, verb: str) -> None:
    task, key = shop.task(assignee=shop.ann, **STEPS[verb][0]), str(uuid4())
    first = send(call, shop, verb, task, key=key)
    assert first.status_code == 200, first.json
    told = facts_of()
    again = send(call, shop, verb, task, key=key)
    assert (again.status_code, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert facts_of() == told

    other = send(call, shop, verb, task, key=key, at=(shop.now - timedelta(minutes=1)).isoformat())
    assert (other.status_code, other.json["code"]) == (422, "key-reused")
    assert facts_of() == told


@pytest.mark.parametrize("verb", STEPS)
@pytest.mark.parametrize("meanwhile", ["assign", "cancel"])
def test_what_comes_after_the_task_moved_on_is_held_or_let_go_but_never_stands_in_the_way(
    shop: Shop,
    call: Call,
    verb: str,
    meanwhile: str,
) -> None:
    task = shop.task(assignee=shop.ann, **STEPS[verb][0])
    body = {"staff_id": shop.bob.id} if meanwhile == "assign" else {"reason": "customer_asked"}
    assert call("boss", "POST", f"/tasks/{task.id}/{meanwhile}", body).status_code == 200
    key = str(uuid4())
    answer = send(call, shop, verb, task, key=key)
    if verb in HELD:
        assert (answer.status_code, answer.json["held"]) == (200, True)
        again = send(call, shop, verb, task, key=key)
        assert again.json == answer.json
        assert db.session.scalar(select(func.count()).select_from(HeldSubmission)) == 1
    else:
        assert (answer.status_code, answer.json["code"]) == (409, "no-longer-yours")


def test_a_stranger_learns_nothing_by_naming_a_time(shop: Shop, call: Call) -> None:
    task = shop.task(assignee=shop.bob, status="assigned")
    answer = call("stranger", "POST", f"/tasks/{task.id}/accept", {"at": shop.now.isoformat()})
    assert answer.status_code == 404


def test_an_ending_is_taken_back_once_however_often_it_is_asked(shop: Shop, call: Call) -> None:
    task, key = shop.task(assignee=shop.ann, status="active", started_at=shop.now), str(uuid4())
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS)
    ask = {"headers": {"Idempotency-Key": key}}
    first = call("ann", "POST", f"/tasks/{task.id}/undo", {"at": shop.now.isoformat()}, **ask)
    again = call("ann", "POST", f"/tasks/{task.id}/undo", {"at": shop.now.isoformat()}, **ask)
    assert (first.status_code, first.json["status"]) == (200, "active")
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_note_and_a_complaint_keep_the_time_at_which_they_were_heard(shop: Shop, call: Call) -> None:
    shop.task(assignee=shop.ann)  # Hers to see: she visits this customer.
    heard = shop.now - timedelta(hours=5)
    path, key = f"/customers/{shop.customer.id}/notes", {"headers": {"Idempotency-Key": str(uuid4())}}
    note = {"text": "Likes light colours", "at": heard.isoformat()}
    answers = [call("ann", "POST", path, note, **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    (kept,) = db.session.scalars(select(CustomerNote).where(CustomerNote.customer_id == shop.customer.id))
    assert kept.written_at == heard
    assert kept.created_at > heard

    key = {"headers": {"Idempotency-Key": str(uuid4())}}
    words = {"customer_id": shop.customer.id, "words": "The seam opened", "source": "visit", "at": heard.isoformat()}
    first, again = call("ann", "POST", "/complaints", words, **key), call("ann", "POST", "/complaints", words, **key)
    assert (first.status_code, first.json) == (201, again.json)
    (statement,) = first.json["statements"]
    assert (statement["said_at"], statement["source"]) == (heard.isoformat(), "visit")
    assert first.json["opened_at"] > heard.isoformat()


@pytest.mark.parametrize("verb", ["note", "complaint"])
def test_a_time_in_the_future_counts_as_now(shop: Shop, call: Call, verb: str) -> None:
    shop.task(assignee=shop.ann)
    later = (shop.now + timedelta(days=400)).isoformat()
    if verb == "note":
        answer = call("ann", "POST", f"/customers/{shop.customer.id}/notes", {"text": "Likes tea", "at": later})
        assert answer.json["written_at"] == answer.json["created_at"]
    else:
        words = {"customer_id": shop.customer.id, "words": "The seam opened", "at": later}
        answer = call("ann", "POST", "/complaints", words)
        assert answer.json["statements"][0]["said_at"] <= answer.json["opened_at"]
