from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.tasks import service
from app.tasks.creating import NewTask
from app.tasks.models import ChecklistTemplate, ChecklistVersion
from tests.factories.tasks import NOON, make_checklist, text3
from tests.tasks.conftest import Shop

TICK = {"key": "done", "heart": "care", "kind": "tick", "label": text3("Done")}


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_shipping_twice_publishes_once(session: Any, now: datetime) -> None:
    assert service.ship_templates(now) == 10
    assert service.ship_templates(now) == 0
    assert (count(ChecklistTemplate), count(ChecklistVersion)) == (10, 10)


def test_shipping_leaves_alone_what_head_office_has_changed(shop: Shop) -> None:
    service.ship_templates(shop.now)
    changed = service.publish_checklist(
        task_type="callback",
        reason="care",
        name=text3("Ours"),
        items=[TICK],
        actor=shop.actor("office"),
        now=shop.now,
    )
    service.ship_templates(shop.now)
    template = db.session.get_one(ChecklistTemplate, changed.template_id)
    assert template.current_version_id == changed.id


def test_the_same_content_again_is_the_same_version(shop: Shop) -> None:
    content: dict[str, Any] = {"task_type": "callback", "reason": "lapsed", "name": text3("Lapsed"), "items": [TICK]}
    first = service.publish_checklist(**content, actor=shop.actor("office"), now=shop.now)
    again = service.publish_checklist(**content, actor=shop.actor("office"), now=shop.now)
    assert again.id == first.id


def test_a_task_keeps_the_version_it_was_made_with(shop: Shop) -> None:
    old = make_checklist(task_type="callback", reason="care")
    window = {"window_start": NOON, "window_end": NOON.replace(hour=6)}
    wish = NewTask(type="callback", reason="care", customer_id=shop.customer.id, **window)
    before = service.create(wish, actor=shop.actor("boss"), now=shop.now)
    service.publish_checklist(
        task_type="callback",
        reason="care",
        name=text3("New"),
        items=[TICK],
        actor=shop.actor("office"),
        now=shop.now,
    )
    after = service.create(wish, actor=shop.actor("boss"), now=shop.now)
    db.session.refresh(before)
    assert before.checklist_version_id == old.id
    assert after.checklist_version_id != old.id


@pytest.mark.parametrize("sql", ["UPDATE checklist_version SET number = 99", "DELETE FROM checklist_version"])
def test_the_database_refuses_to_change_a_published_version(shop: Shop, sql: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), db.session.begin_nested():
        db.session.execute(text(sql))


@pytest.mark.parametrize("sql", ["UPDATE task_history SET action = 'x'", "DELETE FROM task_history"])
def test_the_database_refuses_to_change_history(shop: Shop, sql: str) -> None:
    task = shop.task(assignee=shop.ann)
    service.start(task.id, actor=shop.actor("ann"), now=shop.now)
    with pytest.raises(IntegrityError, match="append-only"), db.session.begin_nested():
        db.session.execute(text(sql))
