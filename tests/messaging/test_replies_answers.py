"""Answers to what was asked: yes, another time, stars, order again, put right or not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql

from app.complaints import service as complaints
from app.complaints.kinds import Source
from app.complaints.models import Complaint
from app.core import clock
from app.core.db import db
from app.messaging import pointless
from app.messaging.models import Question, State
from app.people.access import Actor
from app.tasks import service as tasks
from app.tasks.models import Task
from tests.factories.complaints import bring_to, make_complaint
from tests.factories.messaging import make_message, make_question
from tests.factories.tasks import make_checklist
from tests.messaging.test_flows import TOMORROW_NOON, Desk, Drain, at

pytestmark = pytest.mark.usefixtures("session")

MAINLAND = {"country": "CN", "zone": "Asia/Shanghai", "phone": "+8675582000000"}
PAST = datetime.fromisoformat("2027-03-10T11:00+08:00")


@pytest.fixture
def desk(drain: Drain) -> Desk:
    return Desk(drain)


def confirmed_at(task: Task) -> datetime | None:
    return db.session.get_one(Task, task.id, populate_existing=True).confirmed_at


def asked(desk: Desk, kind: str, **changes: object) -> Question:
    """A question that stands on the customer's phone."""
    message = make_message(
        desk.customer, state="delivered", provider="sandbox", submitted_at=clock.now() - timedelta(minutes=5)
    )
    return make_question(message, kind, **changes)


def published(name: str) -> list[dict[str, object]]:
    return list(db.session.execute(sql("SELECT payload FROM fact WHERE name = :name"), {"name": name}).scalars())


# Yes


@pytest.mark.parametrize("said", ["1", "好的", "YES", "可以，我在家", "得呀 聽日見", "ok see you", "👍"])
def test_a_yes_in_any_words_confirms(desk, said):
    task = desk.visit()
    desk.answers(said)
    assert confirmed_at(task) is not None
    assert desk.conversation().unread == 0


def test_a_yes_with_a_question_confirms_and_a_person_answers_the_rest(desk):
    task = desk.visit()
    desk.answers("好的，请问要准备什么吗？")
    assert confirmed_at(task) is not None
    assert desk.conversation().unread == 1


@pytest.mark.parametrize(("locale", "thanks"), [("zh_Hant", "多謝"), ("en", "Thank you"), ("zh_Hans", "谢谢")])
def test_the_answer_is_in_the_customers_language_not_in_that_of_the_text(drain, locale, thanks):
    desk = Desk(drain, locale=locale)
    desk.visit()
    desk.answers("ok")
    assert thanks in desk.phone()[-1]


def test_a_yes_to_a_time_that_has_moved_meanwhile_goes_to_a_person(desk):
    task = desk.visit()
    later = TOMORROW_NOON + timedelta(days=1)
    row = db.session.get_one(Task, task.id)
    row.window_start, row.window_end = later, later + timedelta(hours=2)
    db.session.flush()
    desk.answers("1")
    assert confirmed_at(task) is None
    assert desk.conversation().unread == 1


# Another time


@pytest.mark.parametrize("said", ["2", "不行", "NO", "唔得閒", "can't make it"])
def test_a_no_offers_two_other_times(desk, said):
    desk.visit()
    desk.answers(said)
    assert "1. 3月" in desk.phone()[-1]
    assert desk.conversation().unread == 0


@pytest.mark.parametrize("said", ["Friday 3pm", "周五下午三点", "OK but can you make it 4pm instead?"])
def test_who_names_a_time_of_his_own_gets_two_times_and_a_person(desk, said):
    task = desk.visit()
    desk.answers(said)
    assert "1. 3月" in desk.phone()[-1]
    assert desk.conversation().unread == 1
    assert confirmed_at(task) is None


@pytest.mark.parametrize("said", ["3", "都不行", "neither sorry"])
def test_neither_time_leads_to_the_free_choice_on_the_page_and_to_a_person(desk, said):
    desk.visit()
    desk.answers("2")
    desk.answers(said)
    assert "/c/" in desk.phone()[-1]
    assert desk.conversation().unread == 1
    assert desk.open_questions().count("slot") == 0


def test_words_choose_a_time_as_well_as_a_digit(desk):
    task = desk.visit()
    desk.answers("2")
    options = db.session.scalar(select(Question.options).where(Question.kind == "slot"))
    desk.answers("第二个时间可以")
    moved = db.session.get_one(Task, task.id, populate_existing=True)
    assert moved.window_start == datetime.fromisoformat(options[1]["start"])


def test_a_time_that_somebody_else_took_meanwhile_goes_to_a_person(desk):
    task = desk.visit()
    desk.answers("2")
    desk.do(lambda now: tasks.cancel(task.id, reason="customer_asked", actor=desk.boss, now=now))
    with at("2027-03-10T10:20+08:00"):
        desk.answers("1")
    assert desk.conversation().unread == 1


def test_where_answers_do_not_reach_us_nothing_is_offered_by_itself(drain):
    desk = Desk(drain, phone="+8613800138000", store=MAINLAND)
    task = desk.visit()
    asked(desk, "confirm", subject_id=task.id)
    told = len(desk.phone())
    desk.answers("2")
    assert len(desk.phone()) == told
    assert desk.conversation().unread == 1


def test_a_yes_from_a_one_way_country_counts_all_the_same(drain):
    desk = Desk(drain, phone="+8613800138000", store=MAINLAND)
    task = desk.visit()
    asked(desk, "confirm", subject_id=task.id)
    desk.answers("1")
    assert confirmed_at(task) is not None


# Stars


@pytest.mark.parametrize(
    ("said", "stars"),
    [("5", 5), ("五星", 5), ("four stars", 4), ("4.5", 4), ("4.6分", 5), ("9/10", 4), ("满分！", 5), ("⭐⭐⭐", 3)],
)
def test_stars_in_digits_words_and_fractions(desk, said, stars):
    task = desk.visit(start=PAST)
    desk.complete(task)
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        desk.answers(said)
    assert db.session.get_one(Task, task.id, populate_existing=True).rating == stars


@pytest.mark.parametrize("said", ["很好，谢谢", "6", "not bad", "5 for Mei, 3 for the driver"])
def test_praise_without_a_number_of_stars_is_for_a_person(desk, said):
    task = desk.visit(start=PAST)
    desk.complete(task)
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        desk.answers(said)
    assert db.session.get_one(Task, task.id, populate_existing=True).rating is None
    assert desk.conversation().unread == 1


def test_a_complaint_with_stars_is_both(desk):
    make_checklist(task_type="callback", reason="complaint")
    task = desk.visit(start=PAST)
    desk.complete(task)
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        desk.answers("1 terrible service")
    assert db.session.get_one(Task, task.id, populate_existing=True).rating == 1
    assert db.session.scalar(select(Complaint.source)) == "sms"
    assert desk.conversation().attention == "complaint"


def test_a_second_request_for_the_same_stars_ends_when_the_first_is_answered(desk):
    task = desk.visit(start=PAST)
    desk.complete(task)
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        waiting = make_message(desk.customer, task=task, kind="rating", not_before=clock.now() + timedelta(hours=1))
        desk.answers("5")
    row = next(one for one in desk.rows("rating") if one.id == waiting.id)
    assert (row.state, row.end_reason) == (State.CANCELED, pointless.HAS_RATED)


# Order again


@pytest.mark.parametrize(("said", "answer"), [("1", "1"), ("好的，送一箱来", "reorder"), ("2", "2")])
def test_an_answer_about_an_order_is_told_above(desk, said, answer):
    asked(desk, "reorder", subject_type="occurrence", subject_id=7)
    desk.answers(said)
    assert [fact["answer"] for fact in published("QuestionAnswered")] == [answer]


def test_an_order_ends_waiting_care_and_promotions_with_the_reason(desk):
    asked(desk, "reorder", subject_type="occurrence", subject_id=7)
    later = clock.now() + timedelta(hours=3)
    for kind in ("care", "promotion"):
        make_message(desk.customer, kind=kind, not_before=later)
    desk.answers("要两罐")
    ended = {(row.kind, row.state, row.end_reason) for row in desk.rows() if row.kind in ("care", "promotion")}
    assert ended == {
        ("care", State.CANCELED, pointless.HAS_ORDERED),
        ("promotion", State.CANCELED, pointless.HAS_ORDERED),
    }


def test_an_order_that_nobody_asked_about_is_for_a_person(desk):
    desk.answers("再来两罐奶粉")
    assert published("QuestionAnswered") == []
    assert desk.conversation().unread == 1


@pytest.mark.parametrize("said", ["no", "不用了", "not now"])
def test_a_no_to_an_order_is_no_wish_to_hear_nothing_more(desk, said):
    asked(desk, "reorder", subject_type="occurrence", subject_id=7)
    desk.answers(said)
    assert desk.conversation().paused_at is None
    assert desk.conversation().unread == 0


# Put right?


@pytest.fixture
def resolved(desk) -> Complaint:
    make_checklist(task_type="callback", reason="complaint")
    case = make_complaint(desk.customer, now=clock.now(), source=Source.SMS, actor=Actor.customer(desk.customer.id))
    bring_to(case, "resolved", now=clock.now())
    desk.settle()
    assert "remedy" in desk.open_questions()
    return case


@pytest.mark.parametrize("said", ["1", "好了，谢谢", "yes all sorted now"])
def test_put_right_is_noted_in_the_case(desk, resolved, said):
    desk.answers(said)
    case = db.session.get_one(Complaint, resolved.id, populate_existing=True)
    assert case.satisfied is True
    assert desk.open_questions().count("remedy") == 0


@pytest.mark.parametrize("said", ["2", "还没有", "no, it still leaks", "还是坏的！"])
def test_not_put_right_opens_the_case_again_and_calls_a_person(desk, resolved, said):
    desk.answers(said)
    case = db.session.get_one(Complaint, resolved.id, populate_existing=True)
    assert case.stage != "resolved"
    assert case.closed_at is None
    assert desk.conversation().attention == "complaint"
    assert db.session.scalar(select(Complaint.id).where(Complaint.id != resolved.id)) is None


def test_the_answer_to_a_closed_case_is_for_a_person(desk, resolved):
    desk.do(lambda now: complaints.record_answer(resolved.id, satisfied=True, words="好", actor=desk.boss, now=now))
    with at("2027-03-10T10:20+08:00"):
        desk.answers("1")
    assert desk.conversation().unread == 1
