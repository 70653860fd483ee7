"""A second try at what could not be done, at a time that the customer chose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.db import db
from app.people.access import Actor, Role
from app.tasks import service
from app.tasks.errors import WrongStatus
from app.tasks.models import Task, TaskHistory, TaskLine
from tests.factories.people import make_staff
from tests.factories.tasks import NOON, make_task

CHOSEN = NOON + timedelta(days=2)


@pytest.fixture
def associate(session):
    return make_staff()


def failed(associate, **changes):
    return make_task(assignee=associate, status="failed", **({"end_reason": "not_at_home"} | changes))


def again(task, now, *, start=CHOSEN):
    actor = Actor(id=task.customer_id, name="", role=Role.CUSTOMER, store_ids=frozenset({task.store_id}), client="page")
    return service.try_again(task.id, window_start=start, window_end=start + timedelta(hours=2), actor=actor, now=now)


def test_the_new_task_is_the_customers_choice_with_the_same_face(associate, now):
    made = again(task := failed(associate), now)
    assert (made.window_start, made.assignee_id, made.status) == (CHOSEN, associate.id, "assigned")
    assert (made.parent_id, made.link, made.type, made.reason) == (task.id, "follow_up", task.type, task.reason)
    assert made.confirmed_at == now
    lines = db.session.execute(
        select(TaskHistory.action, TaskHistory.actor_kind, TaskHistory.client).where(TaskHistory.task_id == made.id)
    )
    assert [tuple(line) for line in lines] == [("create", "customer", "page"), ("confirm", "customer", "page")]


def test_asking_twice_makes_one_task(associate, now):
    task = failed(associate)
    assert again(task, now).id == again(task, now, start=CHOSEN + timedelta(days=1)).id
    assert len(db.session.scalars(select(Task).where(Task.parent_id == task.id)).all()) == 1


def test_a_delivery_takes_its_goods_along(associate, now):
    made = again(failed(associate, type="delivery", lines=[("Tea", 2)]), now)
    assert [(line.name, line.quantity) for line in db.session.scalars(select(TaskLine).filter_by(task_id=made.id))] == [
        ("Tea", 2)
    ]


def test_who_is_not_free_then_leaves_it_to_others(associate, now):
    make_task(assignee=associate, window_start=CHOSEN, window_end=CHOSEN + timedelta(hours=2), expected_minutes=110)
    made = again(failed(associate), now)
    assert (made.status, made.assignee_id) == ("open", None)


@pytest.mark.parametrize("reason", ["refused", "wrong_number", "out_of_stock", "unsafe"])
def test_what_the_store_has_to_put_right_first_is_not_tried_again(associate, now, reason):
    task = failed(associate, end_reason=reason)
    assert not service.may_try_again(task)
    with pytest.raises(WrongStatus):
        again(task, now)


def test_what_somebody_has_arranged_already_is_not_offered(associate, now):
    task = failed(associate)
    arranged = make_task(customer_id=task.customer_id, store_id=task.store_id, parent_id=task.id, link="follow_up")
    assert not service.may_try_again(task)
    arranged.status, arranged.ended_at = "cancelled", now
    db.session.flush()
    assert service.may_try_again(task)


def test_what_did_not_fail_is_not_tried_again(associate, now):
    assert not service.may_try_again(make_task(assignee=associate))
    assert not service.may_try_again(make_task(assignee=associate, status="completed"))


def test_every_free_window_is_offered_to_who_chooses_himself(associate, now):
    task = make_task(assignee=associate)
    free = service.free_slots(task, now)
    assert len(free) > len(service.offer_slots(task, now)) == 2
    assert set(service.offer_slots(task, now)) <= set(free)
    assert all(slot.window_start >= now + timedelta(hours=3) for slot in free)
