"""Answers that come at the same moment as something else, with real commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db, transaction
from app.customers.models import Customer
from app.messaging import replies
from app.messaging.models import Conversation, Inbound, Message, Question
from app.people.access import Actor
from app.tasks import service as tasks
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.messaging import make_inbound, make_message, make_question, ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_task

NOON = datetime(2027, 3, 11, 4, 0, tzinfo=UTC)
ROUNDS = 3


class Scene:
    """A customer who was asked whether the visit at noon suits."""

    def __init__(self) -> None:
        store = make_store()
        associate = make_staff(store=store)
        self.boss: Actor = actor_of(make_staff("supervisor", store=store), store)
        self.customer: Customer = make_customer(store=store, owner=associate)
        ship_templates()
        task = make_task(
            customer=self.customer,
            window_start=NOON,
            window_end=NOON + timedelta(hours=2),
            assignee=associate,
            status="assigned",
        )
        self.task_id = task.id
        asked = make_message(
            self.customer,
            task=task,
            kind="booked",
            state="delivered",
            provider="sandbox",
            speaks_of=NOON,
            submitted_at=clock.now() - timedelta(minutes=5),
        )
        make_question(asked, "confirm")
        db.session.commit()

    def text(self, body: str) -> int:
        inbound = make_inbound(self.customer, body, received_at=clock.now())
        db.session.commit()
        return inbound.id

    def task(self) -> Task:
        return db.session.get_one(Task, self.task_id, populate_existing=True)


def at_once(app: Flask, steps: Sequence[Callable[[], object]]) -> None:
    """Each step in its own thread and transaction, all let go at the same moment."""
    start = threading.Barrier(len(steps))
    failures: list[BaseException] = []

    def run(step: Callable[[], object]) -> None:
        try:
            with app.app_context():
                start.wait(timeout=30)
                with transaction():
                    step()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.rollback()
    assert failures == []


def understand(inbound_id: int) -> Callable[[], None]:
    return lambda: replies.understand(inbound_id, now=clock.now())


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_answers_at_once_one_counts_and_the_other_is_seen(app, fresh_database, _round):
    scene = Scene()
    texts = [scene.text("1"), scene.text("2")]
    at_once(app, [understand(inbound_id) for inbound_id in texts])

    answered = db.session.scalars(select(Question).where(Question.kind == "confirm")).one()
    offered = db.session.scalar(select(func.count()).where(Message.kind == "slots"))
    is_confirmed = scene.task().confirmed_at is not None
    assert (answered.answer, is_confirmed, offered) in {("1", True, 0), ("2", False, 1)}
    assert db.session.scalars(select(Conversation.unread)).one() == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_one_text_that_two_workers_take_up_is_understood_once(app, fresh_database, _round):
    scene = Scene()
    inbound_id = scene.text("1")
    at_once(app, [understand(inbound_id)] * 3)

    assert scene.task().confirmed_at is not None
    assert db.session.scalar(select(func.count()).where(Message.kind == "confirmed")) == 1
    assert db.session.scalars(select(Inbound.intent)).one() == "confirm"


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_yes_never_confirms_the_time_to_which_a_supervisor_moves_the_visit_meanwhile(app, fresh_database, _round):
    scene = Scene()
    inbound_id = scene.text("1")
    later = NOON + timedelta(days=1)

    def move() -> None:
        tasks.reschedule(
            scene.task_id,
            window_start=later,
            window_end=later + timedelta(hours=2),
            actor=scene.boss,
            now=clock.now(),
        )

    at_once(app, [understand(inbound_id), move])
    assert (scene.task().window_start, scene.task().confirmed_at) == (later, None)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_yes_and_a_cancellation_at_once_leave_a_cancelled_visit(app, fresh_database, _round):
    scene = Scene()
    inbound_id = scene.text("1")

    def cancel() -> None:
        tasks.cancel(scene.task_id, reason="customer_asked", actor=scene.boss, now=clock.now())

    at_once(app, [understand(inbound_id), cancel])
    assert scene.task().status == "cancelled"
    assert db.session.scalars(select(Inbound.handled_at)).one() is not None
