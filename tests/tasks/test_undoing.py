from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.tasks import service
from app.tasks.errors import LinkedTaskTouched, NotYourStep, UndoWindowOver
from app.tasks.models import Task, TaskLine
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop, facts, history_of

FAILED_ITEM: dict[str, Any] = {"greeted": True, "product_fits": "fail", "what_is_wrong": "Too small"}
MINUTE = timedelta(minutes=1)


def done(shop: Shop, **answers: Any) -> Task:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now)
    return service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=answers or ENOUGH_ANSWERS)


def partly(shop: Shop) -> Task:
    task = shop.task(type="delivery", lines=[("Tin", 3)], assignee=shop.ann, status="active", started_at=shop.now)
    line = db.session.scalars(select(TaskLine).where(TaskLine.task_id == task.id)).one()
    return service.complete_partly(
        task.id, actor=shop.actor("ann"), now=shop.now, lines=[{"id": line.id, "delivered": 1, "refused": 0}]
    )


def children(task: Task) -> list[Task]:
    return list(db.session.scalars(select(Task).where(Task.parent_id == task.id).order_by(Task.id)))


def test_a_wrong_tap_is_taken_back_within_the_window(shop: Shop) -> None:
    task = done(shop)
    service.undo(task.id, actor=shop.actor("ann"), now=shop.now + 5 * MINUTE)
    assert (task.status, task.ended_at, task.ended_by_id, task.end_recorded_at) == ("active", None, None, None)
    assert task.started_at == shop.now
    (fact,) = facts("TaskReopened")
    assert (fact["ending"], fact["reason"], fact["assignee_id"]) == (1, "undo", shop.ann.id)


def test_after_the_window_the_supervisor_is_asked(shop: Shop) -> None:
    task = done(shop)
    with pytest.raises(UndoWindowOver):
        service.undo(task.id, actor=shop.actor("ann"), now=shop.now + 6 * MINUTE)
    assert task.status == "completed"


def test_the_window_counts_from_when_we_learned_of_it(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now - 60 * MINUTE)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=ENOUGH_ANSWERS, at=shop.now - 30 * MINUTE)
    service.undo(task.id, actor=shop.actor("ann"), now=shop.now + MINUTE)
    assert task.status == "active"


def test_nobody_undoes_for_somebody_else(shop: Shop) -> None:
    with pytest.raises(NotYourStep):
        service.undo(done(shop).id, actor=shop.actor("boss"), now=shop.now)


def test_a_supervisor_takes_back_what_he_ended_for_the_associate(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now)
    service.complete(task.id, actor=shop.actor("boss"), now=shop.now, answers=ENOUGH_ANSWERS)
    with pytest.raises(NotYourStep):
        service.undo(task.id, actor=shop.actor("ann"), now=shop.now + MINUTE)
    service.undo(task.id, actor=shop.actor("boss"), now=shop.now + MINUTE)
    assert task.status == "active"


def test_the_next_completion_is_a_new_ending(shop: Shop) -> None:
    task = done(shop)
    service.undo(task.id, actor=shop.actor("ann"), now=shop.now + MINUTE)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now + 2 * MINUTE)
    assert [fact["ending"] for fact in facts("TaskCompleted")] == [1, 2]


def test_undo_cancels_the_untouched_carried_task_and_forgets_what_was_handed_over(shop: Shop) -> None:
    task = partly(shop)
    service.undo(task.id, actor=shop.actor("ann"), now=shop.now + MINUTE)
    (child,) = children(task)
    db.session.refresh(child)
    line = db.session.scalars(select(TaskLine).where(TaskLine.task_id == task.id)).one()
    db.session.refresh(line)
    assert (child.status, child.end_reason) == ("cancelled", "undone")
    assert (line.delivered, line.refused) == (None, None)


def test_undo_is_refused_once_somebody_deals_with_the_carried_task(shop: Shop) -> None:
    task = partly(shop)
    (child,) = children(task)
    service.assign(child.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    with pytest.raises(LinkedTaskTouched) as refused:
        service.undo(task.id, actor=shop.actor("ann"), now=shop.now + MINUTE)
    assert refused.value.extra == {"linked_task_ids": [child.id]}
    assert (task.status, child.status) == ("partly", "assigned")


def test_a_follow_up_is_made_again_after_an_undo(shop: Shop) -> None:
    task = done(shop, **FAILED_ITEM)
    service.undo(task.id, actor=shop.actor("ann"), now=shop.now + MINUTE)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now + 2 * MINUTE)
    for child in children(task):
        db.session.refresh(child)
    assert [child.status for child in children(task)] == ["cancelled", "open"]


def test_reopening_needs_no_window_but_a_reason(shop: Shop) -> None:
    task = done(shop)
    service.reopen(task.id, reason="Photo of another home", actor=shop.actor("boss"), now=shop.now + 600 * MINUTE)
    assert task.status == "active"
    assert history_of(task.id)[-1].new["reason"] == "Photo of another home"
    assert facts("TaskReopened")[0]["reason"] == "Photo of another home"


def test_reopening_leaves_begun_linked_work_alone(shop: Shop) -> None:
    task = done(shop, **FAILED_ITEM)
    (child,) = children(task)
    service.assign(child.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    service.reopen(task.id, reason="Check again", actor=shop.actor("boss"), now=shop.now + MINUTE)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now + 2 * MINUTE)
    assert [(one.id, one.status) for one in children(task)] == [(child.id, "assigned")]


def test_a_rating_belongs_to_the_ending_it_was_given_for(shop: Shop) -> None:
    task = done(shop)
    service.rate(task.id, stars=2, actor=shop.actor("customer"), now=shop.now + MINUTE)
    service.reopen(task.id, reason="Make it right", actor=shop.actor("boss"), now=shop.now + 2 * MINUTE)
    assert (task.rating, task.rated_at) == (None, None)
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now + 3 * MINUTE)
    service.rate(task.id, stars=5, actor=shop.actor("customer"), now=shop.now + 4 * MINUTE)
    assert task.rating == 5
