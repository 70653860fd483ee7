"""Which of several open matters a text answers, and what is asked back when that is not clear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.messaging.models import Message, Question
from app.tasks.models import Task
from tests.factories.messaging import make_message, make_question
from tests.messaging.test_flows import TOMORROW_NOON, Desk, Drain, at

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def desk(drain: Drain) -> Desk:
    return Desk(drain)


def two_visits(desk: Desk) -> tuple[Task, Task]:
    return desk.visit(), desk.visit(start=TOMORROW_NOON + timedelta(days=1))


def code_of(task: Task) -> str:
    stmt = select(Question.code).join(Message, Message.id == Question.message_id)
    return db.session.scalars(stmt.where(Question.subject_id == task.id, Message.kind == "booked")).one()


def is_confirmed(task: Task) -> bool:
    return db.session.get_one(Task, task.id, populate_existing=True).confirmed_at is not None


def asks_back(desk: Desk) -> int:
    return sum("请回前面的两位数字" in text for text in desk.phone())


def test_each_matter_is_named_with_its_code_in_the_customers_language(drain):
    desk = Desk(drain, locale="en")
    first, second = two_visits(desk)
    desk.answers("1")
    asked = desk.phone()[-1]
    assert f"{code_of(first)} Thu 11 Mar visit you" in asked
    assert f"{code_of(second)} Fri 12 Mar visit you" in asked


@pytest.mark.parametrize("form", ["{} 1", "{}, 1", "{}. yes", "{}:好的", "{}) ok"])
def test_a_code_with_the_answer_behind_it_decides_at_once(desk, form):
    first, second = two_visits(desk)
    desk.answers(form.format(code_of(second)))
    assert (is_confirmed(first), is_confirmed(second)) == (False, True)
    assert asks_back(desk) == 0


def test_a_bare_code_after_asking_back_takes_up_what_was_said_before(desk):
    first, second = two_visits(desk)
    desk.answers("2")
    desk.answers(code_of(second))
    assert "1. 3月" in desk.phone()[-1]
    slots = db.session.scalars(select(Question.subject_id).where(Question.kind == "slot")).all()
    assert list(slots) == [second.id]
    assert not is_confirmed(first)


def test_both_codes_one_after_the_other_answer_both(desk):
    first, second = two_visits(desk)
    desk.answers("1")
    desk.answers(code_of(first))
    desk.answers(code_of(second))
    assert (is_confirmed(first), is_confirmed(second)) == (True, True)


def test_a_code_that_nobody_was_given_is_for_a_person(desk):
    first, second = two_visits(desk)
    desk.answers("1")
    desk.answers("97")
    assert (is_confirmed(first), is_confirmed(second)) == (False, False)
    assert desk.conversation().unread == 1


def test_a_bare_code_out_of_the_blue_is_for_a_person(desk):
    first, _ = two_visits(desk)
    desk.answers(code_of(first))
    assert not is_confirmed(first)
    assert desk.conversation().unread == 1


def test_a_code_two_hours_later_needs_its_answer_with_it(desk):
    first, _ = two_visits(desk)
    desk.answers("1")
    with at("2027-03-10T12:05+08:00"):
        desk.answers(code_of(first))
        assert not is_confirmed(first)
        desk.answers(f"{code_of(first)} 1")
    assert is_confirmed(first)


def test_the_code_of_a_matter_that_is_over_is_for_a_person(desk):
    first, _ = two_visits(desk)
    code = code_of(first)
    with at("2027-03-11T15:00+08:00"):
        desk.answers(f"{code} 1")
    assert not is_confirmed(first)
    assert desk.conversation().unread == 1


def test_nobody_is_asked_back_twice_a_person_takes_over(desk):
    two_visits(desk)
    desk.answers("1")
    desk.answers("1")
    assert asks_back(desk) == 1
    assert desk.conversation().unread == 1


def test_more_than_four_matters_are_for_a_person(desk):
    for days in range(5):
        desk.visit(start=TOMORROW_NOON + timedelta(days=days))
    desk.answers("1")
    assert asks_back(desk) == 0
    assert desk.conversation().unread == 1


def test_where_answers_do_not_reach_us_nobody_is_asked_back(drain):
    store = {"country": "CN", "zone": "Asia/Shanghai", "phone": "+8675582000000"}
    desk = Desk(drain, phone="+8613800138000", store=store)
    for task in two_visits(desk):
        message = make_message(
            desk.customer, state="delivered", provider="sandbox", submitted_at=clock.now() - timedelta(minutes=1)
        )
        make_question(message, "confirm", subject_id=task.id)
    told = len(desk.phone())
    desk.answers("1")
    assert len(desk.phone()) == told
    assert desk.conversation().unread == 1


def test_stars_and_a_visit_are_told_apart_by_the_number(desk):
    visit = desk.visit(start=TOMORROW_NOON + timedelta(days=3))
    done = desk.visit(start=clock.now() + timedelta(hours=1))
    desk.complete(done)
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        desk.answers("5")
        assert db.session.get_one(Task, done.id, populate_existing=True).rating == 5
        desk.answers("1")
    assert is_confirmed(visit)


def test_one_that_fits_a_visit_and_stars_is_asked_back(desk):
    desk.visit(start=TOMORROW_NOON + timedelta(days=3))
    done = desk.visit(start=clock.now() + timedelta(hours=1))
    desk.complete(done)
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        desk.answers("1")
        assert "打分" in desk.phone()[-1]
    assert db.session.get_one(Task, done.id, populate_existing=True).rating is None


def test_two_offered_times_come_before_everything_else_that_is_open(desk):
    first, second = two_visits(desk)
    desk.answers(f"{code_of(first)} 2")
    desk.answers("1")
    moved = db.session.get_one(Task, first.id, populate_existing=True)
    assert moved.window_start != TOMORROW_NOON
    assert not is_confirmed(second)
