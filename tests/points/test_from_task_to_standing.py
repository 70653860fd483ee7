"""From the step on the phone over the outbox to the line, its reason and the standing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import db
from app.people.access import Actor
from app.people.models import Staff
from app.points import queries
from app.points.models import PointsEntry
from app.tasks import service as tasks
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff
from tests.factories.points import make_acknowledgement
from tests.factories.tasks import ENOUGH_ANSWERS, make_task

Drain = Callable[..., int]


@pytest.fixture
def associate(session: Session) -> Staff:
    person = make_staff()
    make_acknowledgement(person)
    return person


@pytest.fixture
def task(associate: Staff, now: datetime) -> Task:
    customer = make_customer(store_id=associate.home_store_id, phone=None)
    return make_task(
        assignee=associate,
        customer=customer,
        status="active",
        door_code="4711",
        window_start=now - timedelta(hours=1),
        window_end=now + timedelta(hours=1),
    )


def lines(task: Task) -> list[tuple[str, int, str]]:
    db.session.expire_all()
    stmt = select(PointsEntry).where(PointsEntry.task_id == task.id).order_by(PointsEntry.id)
    return [(entry.rule_key, entry.amount, entry.state) for entry in db.session.scalars(stmt)]


def complete(task: Task, associate: Staff, now: datetime, **answers: Any) -> None:
    tasks.complete(task.id, actor=actor_of(associate), now=now, answers={**ENOUGH_ANSWERS, **answers})


def test_completing_with_the_door_code_moves_the_standing(
    associate: Staff, task: Task, now: datetime, drain: Drain
) -> None:
    complete(task, associate, now, door="4711")
    drain()
    assert lines(task) == [("home_visit", 20, "vested"), ("hearts", 4, "vested")]
    mine = queries.my_points(actor_of(associate), now=now)
    assert (mine.today, mine.season, mine.rank) == (24, 24, 1)


def test_undo_takes_the_points_back_and_doing_it_again_earns_them_again(
    associate: Staff, task: Task, now: datetime, drain: Drain
) -> None:
    complete(task, associate, now)
    drain()
    tasks.undo(task.id, actor=actor_of(associate), now=now + timedelta(minutes=1))
    drain()
    assert lines(task) == [
        ("home_visit", 20, "reversed"),
        ("hearts", 0, "reversed"),
        ("home_visit", -20, "reversed"),
        ("hearts", 0, "reversed"),
    ]
    complete(task, associate, now + timedelta(minutes=2), door="4711")
    drain()
    assert lines(task)[4:] == [("home_visit", 20, "vested"), ("hearts", 4, "vested")]


def test_an_undo_before_any_delivery_leaves_no_line(associate: Staff, task: Task, now: datetime, drain: Drain) -> None:
    complete(task, associate, now)
    tasks.undo(task.id, actor=actor_of(associate), now=now + timedelta(minutes=1))
    drain()
    assert lines(task) == []


def test_the_customers_five_makes_all_of_it_count(associate: Staff, task: Task, now: datetime, drain: Drain) -> None:
    complete(task, associate, now)
    drain()
    tasks.rate(task.id, stars=5, actor=Actor.customer(task.customer_id), now=now + timedelta(hours=1))
    drain()
    assert lines(task) == [("home_visit", 20, "vested"), ("hearts", 0, "vested"), ("rating", 10, "vested")]


def test_a_failed_visit_costs_nothing(associate: Staff, task: Task, now: datetime, drain: Drain) -> None:
    tasks.fail(task.id, actor=actor_of(associate), now=now, reason="not_at_home")
    drain()
    assert lines(task) == [("honest_failure", 0, "vested")]
