"""The answer to a step is put together before it is written: it must be what anybody reads afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.core.db import db
from app.core.models import IdempotencyKey
from app.tasks.models import TaskHistory
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop

Step = tuple[str, str, dict[str, Any], dict[str, Any]]
STEPS: list[Step] = [
    ("POST", "start", {"status": "assigned"}, {}),
    ("POST", "arrive", {"status": "active"}, {}),
    ("POST", "arrive", {"status": "active"}, {"lat": 22.28, "lng": 114.17, "accuracy": 12}),
    ("PATCH", "checklist", {"status": "active"}, {"answers": ENOUGH_ANSWERS}),
    ("POST", "complete", {"status": "active"}, {"answers": ENOUGH_ANSWERS}),
    ("POST", "fail", {"status": "active", "type": "delivery", "lines": [("奶粉", 2)]}, {"reason": "refused"}),
    ("POST", "complete-partly", {"status": "active"}, {"note": "Baby woke up"}),
    ("POST", "fail", {"status": "active"}, {"reason": "not_at_home", "note": "rang twice"}),
]


NAMES = [f"{number}-{step[1]}" for number, step in enumerate(STEPS)]


@pytest.mark.parametrize(("method", "verb", "before", "body"), STEPS, ids=NAMES)
@pytest.mark.parametrize("who", ["ann", "boss"])
def test_a_step_is_answered_with_the_task_as_it_is_read_afterwards(
    client: Any,
    sign_in: Any,
    shop: Shop,
    method: str,
    verb: str,
    before: dict[str, Any],
    body: dict[str, Any],
    who: str,
) -> None:
    task = shop.task(**{"assignee": shop.ann, **before})
    headers = sign_in(getattr(shop, who))
    path = f"/api/v1/tasks/{task.id}"
    answer = client.open(
        f"{path}/{verb}", method=method, json=body, headers=headers | {"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == 200, answer.get_json()
    assert normal(answer.get_json()) == normal(client.get(path, headers=headers).get_json())


def normal(value: Any) -> Any:
    """Moments are written with and without a fraction; they are the same."""
    if isinstance(value, dict):
        return {key: normal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [normal(inner) for inner in value]
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-" and "T" in value:
        return datetime.fromisoformat(value)
    return value


def test_the_same_key_again_brings_the_very_same_answer_and_writes_nothing(
    client: Any, sign_in: Any, shop: Shop
) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    headers = sign_in(shop.ann) | {"Idempotency-Key": str(uuid4())}
    path, body = f"/api/v1/tasks/{task.id}/complete", {"answers": ENOUGH_ANSWERS}
    first = client.post(path, json=body, headers=headers)
    steps = db.session.scalar(select(func.count()).where(TaskHistory.task_id == task.id))
    again = client.post(path, json=body, headers=headers)
    assert first.status_code == again.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_data() == first.get_data()
    assert db.session.scalar(select(func.count()).where(TaskHistory.task_id == task.id)) == steps
    assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1


def test_a_refused_step_keeps_no_answer_so_that_a_mended_one_may_pass(client: Any, sign_in: Any, shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    headers = sign_in(shop.ann) | {"Idempotency-Key": str(uuid4())}
    refused = client.post(f"/api/v1/tasks/{task.id}/complete", json={"answers": {}}, headers=headers)
    assert refused.status_code == 422
    assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


def test_work_ended_long_ago_is_answered_as_its_doer_may_still_see_it(
    client: Any, sign_in: Any, shop: Shop, now: datetime
) -> None:
    task = shop.task(assignee=shop.bob, status="active", started_at=now - timedelta(days=6))
    headers = sign_in(shop.bob) | {"Idempotency-Key": str(uuid4())}
    body = {"answers": ENOUGH_ANSWERS, "at": (now - timedelta(days=5)).isoformat()}
    answer = client.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers=headers)
    assert answer.status_code == 200
    assert normal(answer.get_json()) == normal(client.get(f"/api/v1/tasks/{task.id}", headers=headers).get_json())
