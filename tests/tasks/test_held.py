"""Work that arrives after the task has moved on is kept and decided by a supervisor, never refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.tasks import held, service
from app.tasks.errors import AlreadyDecided, TaskAlreadyClosed
from app.tasks.lifecycle import Verb
from app.tasks.models import HeldSubmission, Task, TaskAnswer
from app.tasks.work import Submission
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop, facts, history_of

HOUR = timedelta(hours=1)


def submit(shop: Shop, verb: str, task: Task, who: str = "ann", **work: Any) -> Task | HeldSubmission:
    work.setdefault("at", shop.now - HOUR)
    return service.submit(verb, task.id, work=Submission(**work), actor=shop.actor(who), now=shop.now)


def moved_to_bob(shop: Shop, **changes: Any) -> Task:
    task = shop.task(**({"assignee": shop.ann, "status": "active", "started_at": shop.now - 2 * HOUR} | changes))
    return service.assign(task.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)


def pending(shop: Shop) -> list[HeldSubmission]:
    stmt = held.visible_held(select(HeldSubmission), shop.actor("boss")).where(HeldSubmission.state == "pending")
    return list(db.session.scalars(stmt.order_by(HeldSubmission.id)))


def test_work_on_a_reassigned_task_is_held(shop: Shop) -> None:
    task = moved_to_bob(shop)
    sent = submit(shop, Verb.COMPLETE, task, answers=ENOUGH_ANSWERS)
    assert isinstance(sent, HeldSubmission)
    assert (sent.why, sent.state, sent.payload) == ("reassigned", "pending", {"answers": ENOUGH_ANSWERS})
    assert (sent.at, sent.received_at) == (shop.now - HOUR, shop.now)
    assert (task.status, task.assignee_id) == ("assigned", shop.bob.id)
    assert facts("WorkHeld")[0]["held_id"] == sent.id
    assert history_of(task.id)[-1].action == "held"


def test_work_on_a_cancelled_task_is_held(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    service.cancel(task.id, reason="customer_asked", actor=shop.actor("boss"), now=shop.now)
    sent = submit(shop, Verb.FAIL, task, reason="not_at_home")
    assert isinstance(sent, HeldSubmission)
    assert sent.why == "cancelled"


def test_work_that_somebody_else_ended_meanwhile_is_held(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now)
    service.complete(task.id, actor=shop.actor("boss"), now=shop.now, answers=ENOUGH_ANSWERS)
    sent = submit(shop, Verb.COMPLETE, task, answers=ENOUGH_ANSWERS)
    assert isinstance(sent, HeldSubmission)
    assert sent.why == "ended"


def test_work_on_a_task_that_is_still_mine_is_simply_done(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now - 2 * HOUR)
    assert isinstance(submit(shop, Verb.COMPLETE, task, answers=ENOUGH_ANSWERS), Task)
    assert task.status == "completed"


def test_without_a_client_time_nothing_is_held(shop: Shop) -> None:
    with pytest.raises(NotFound):
        submit(shop, Verb.COMPLETE, moved_to_bob(shop), answers=ENOUGH_ANSWERS, at=None)


def test_somebody_who_never_had_the_task_can_not_leave_work_there(shop: Shop) -> None:
    with pytest.raises(NotFound):
        submit(shop, Verb.COMPLETE, moved_to_bob(shop), who="stranger", answers=ENOUGH_ANSWERS)
    assert pending(shop) == []


def test_accepting_lets_the_work_count_for_whoever_did_it(shop: Shop) -> None:
    task = moved_to_bob(shop, status="assigned", started_at=None)
    submit(shop, Verb.START, task, at=shop.now - 2 * HOUR)
    submit(shop, held.CHECKLIST, task, answers={"greeted": True})
    sent = submit(shop, Verb.COMPLETE, task, answers={"product_fits": "pass"})
    assert isinstance(sent, HeldSubmission)
    service.accept_held(sent.id, actor=shop.actor("boss"), now=shop.now)
    assert (task.status, task.assignee_id) == ("completed", shop.ann.id)
    assert (task.started_at, task.ended_at) == (shop.now - 2 * HOUR, shop.now - HOUR)
    assert task.former_assignee_ids == [shop.bob.id]
    assert facts("TaskCompleted")[0]["assignee_id"] == shop.ann.id
    answers = db.session.scalars(select(TaskAnswer.item_key).where(TaskAnswer.task_id == task.id)).all()
    assert set(answers) == {"greeted", "product_fits"}
    assert pending(shop) == []


def test_accepting_an_ending_revives_a_cancelled_task(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now - 2 * HOUR)
    service.cancel(task.id, reason="customer_asked", actor=shop.actor("boss"), now=shop.now)
    sent = submit(shop, Verb.COMPLETE, task, answers=ENOUGH_ANSWERS)
    assert isinstance(sent, HeldSubmission)
    service.accept_held(sent.id, actor=shop.actor("boss"), now=shop.now)
    assert (task.status, task.end_reason) == ("completed", None)


def test_work_with_missing_answers_can_not_be_accepted(shop: Shop) -> None:
    sent = submit(shop, Verb.COMPLETE, moved_to_bob(shop))
    assert isinstance(sent, HeldSubmission)
    with pytest.raises(Invalid), db.session.begin_nested():
        service.accept_held(sent.id, actor=shop.actor("boss"), now=shop.now)
    assert [one.id for one in pending(shop)] == [sent.id]


def test_a_task_that_somebody_else_ended_stays_as_it_is(shop: Shop) -> None:
    task = moved_to_bob(shop)
    sent = submit(shop, Verb.COMPLETE, task, answers=ENOUGH_ANSWERS)
    assert isinstance(sent, HeldSubmission)
    service.start(task.id, actor=shop.actor("bob"), now=shop.now)
    service.complete(task.id, actor=shop.actor("bob"), now=shop.now, answers=ENOUGH_ANSWERS)
    with pytest.raises(TaskAlreadyClosed):
        service.accept_held(sent.id, actor=shop.actor("boss"), now=shop.now)


def test_dismissing_leaves_the_task_and_keeps_the_record(shop: Shop) -> None:
    task = moved_to_bob(shop)
    sent = submit(shop, Verb.COMPLETE, task, answers=ENOUGH_ANSWERS)
    assert isinstance(sent, HeldSubmission)
    decided = service.dismiss_held(sent.id, actor=shop.actor("boss"), now=shop.now, note="Was not there")
    assert (decided.state, decided.decision_note, decided.decided_by_id) == (
        "dismissed",
        "Was not there",
        shop.boss.id,
    )
    assert (task.status, task.assignee_id) == ("assigned", shop.bob.id)


def test_a_decision_is_made_once(shop: Shop) -> None:
    sent = submit(shop, Verb.COMPLETE, moved_to_bob(shop), answers=ENOUGH_ANSWERS)
    assert isinstance(sent, HeldSubmission)
    service.dismiss_held(sent.id, actor=shop.actor("boss"), now=shop.now)
    with pytest.raises(AlreadyDecided):
        service.accept_held(sent.id, actor=shop.actor("boss"), now=shop.now)


def test_an_associate_sees_own_held_work_and_decides_none(shop: Shop) -> None:
    sent = submit(shop, Verb.COMPLETE, moved_to_bob(shop), answers=ENOUGH_ANSWERS)
    assert isinstance(sent, HeldSubmission)
    own = held.visible_held(select(HeldSubmission.id), shop.actor("ann"))
    others = held.visible_held(select(HeldSubmission.id), shop.actor("bob"))
    assert (list(db.session.scalars(own)), list(db.session.scalars(others))) == ([sent.id], [])
    with pytest.raises(Forbidden):
        service.accept_held(sent.id, actor=shop.actor("ann"), now=shop.now)
