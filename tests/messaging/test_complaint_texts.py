"""What a customer reads about the own complaint, and what is not sent because of it."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.complaints import service
from app.complaints.kinds import Source
from app.core.db import db
from app.core.models import FactRow
from app.events import ComplaintOpened
from app.messaging import complaint_texts
from app.messaging.models import Message, Question
from app.messaging.segments import measure
from app.messaging.shipped import SHIPPED
from app.messaging.templates import render, sample_for
from app.messaging.touch_ends import HAS_COMPLAINED
from app.people.access import Actor, Role
from app.tasks import service as tasks
from tests.factories.complaints import RIGHT, bring_to, make_complaint
from tests.factories.customers import make_customer
from tests.factories.messaging import make_inbound, make_message, ship_templates
from tests.factories.people import make_staff, make_store
from tests.factories.tasks import ENOUGH_ANSWERS, make_checklist


@pytest.fixture
def customer(session, now):
    ship_templates()
    make_checklist(task_type="callback", reason="complaint")
    store = make_store(name="沙田店")
    ann = make_staff(store=store, name="Carmen")
    return make_customer(store=store, owner_id=ann.id, locale="en", phone="+85261234567")


def texts(customer, *kinds: str) -> list[Message]:
    stmt = select(Message).where(Message.customer_id == customer.id).order_by(Message.created_at, Message.id)
    rows = db.session.scalars(stmt.execution_options(populate_existing=True))
    return [row for row in rows if not kinds or row.kind in kinds]


def questions_of(complaint) -> list[Question]:
    stmt = select(Question).where(Question.subject_type == "complaint", Question.subject_id == complaint.id)
    return list(db.session.scalars(stmt.execution_options(populate_existing=True)))


def by_text(customer, now, **changes):
    make_inbound(customer, "It broke!", received_at=now)
    return make_complaint(customer, now=now, source=Source.SMS, actor=Actor.customer(customer.id), **changes)


def test_who_complains_is_told_that_he_was_heard_and_who_calls(customer, now, drain):
    by_text(customer, now)
    drain()
    (heard,) = texts(customer)
    assert heard.kind == "complaint_heard"
    assert "Carmen will call you soon" in heard.body
    assert heard.answers_inbound_id is not None


def test_the_recovery_call_itself_is_not_booked_by_text_nor_rated(customer, now, drain):
    complaint = by_text(customer, now)
    drain()
    ann = Actor(id=customer.owner_id, name="", role=Role.ASSOCIATE, store_ids=frozenset({customer.store_id}))
    tasks.start(complaint.recovery_task_id, actor=ann, now=now)
    tasks.complete(complaint.recovery_task_id, actor=ann, now=now, answers=ENOUGH_ANSWERS)
    drain()
    assert {text.kind for text in texts(customer)} == {"complaint_heard"}


def test_what_the_office_writes_down_is_no_direct_answer_to_a_text(customer, now, drain):
    make_inbound(customer, "hello", received_at=now)
    make_complaint(customer, now=now)
    drain()
    (heard,) = texts(customer, "complaint_heard")
    assert heard.answers_inbound_id is None


def test_further_words_bring_no_second_text(customer, now, drain):
    by_text(customer, now)
    by_text(customer, now)
    drain()
    assert len(texts(customer, "complaint_heard")) == 1


def test_a_resolved_case_asks_whether_it_is_put_right(customer, now, drain):
    complaint = bring_to(by_text(customer, now), "resolved", now=now)
    drain()
    (asked,) = texts(customer, "complaint_remedy")
    assert "Reply 1" in asked.body
    (question,) = questions_of(complaint)
    assert (question.kind, question.message_id) == ("remedy", asked.id)


def test_where_answers_can_not_reach_us_a_number_is_given_and_nothing_asked(session, now, drain):
    ship_templates()
    store = make_store(country="CN", zone="Asia/Shanghai", phone="+8675586543300")
    customer = make_customer(store=store, phone="+8613800138000", locale="zh_Hans")
    complaint = make_complaint(customer, stage="resolved", now=now)
    drain()
    (asked,) = texts(customer, "complaint_remedy")
    assert "0755" in asked.body.replace(" ", "")
    assert questions_of(complaint) == []


@pytest.mark.parametrize("satisfied", [True, False])
def test_an_answer_closes_the_question_wherever_it_came_from(customer, now, drain, satisfied):
    complaint = bring_to(by_text(customer, now), "resolved", now=now)
    drain()
    actor = Actor.customer(customer.id)
    service.record_answer(complaint.id, satisfied=satisfied, words="", actor=actor, now=now)
    drain()
    (question,) = questions_of(complaint)
    assert question.closed_at is not None
    assert [text.state for text in texts(customer, "complaint_remedy")] == ["canceled"]


def test_a_case_opened_again_is_heard_again_and_asked_again(customer, now, drain):
    complaint = bring_to(by_text(customer, now), "resolved", now=now)
    drain()
    service.record_answer(complaint.id, satisfied=False, words="2", actor=Actor.customer(customer.id), now=now)
    drain()
    lead = Actor(id=0, name="", role=Role.HEAD_OFFICE)
    service.acknowledge(complaint.id, actor=lead, now=now)
    service.resolve(complaint.id, **RIGHT, actor=lead, now=now)
    drain()
    assert [text.dedupe_key for text in texts(customer, "complaint_heard")] == [f"complaint:{complaint.id}:heard:1"]
    assert len(texts(customer, "complaint_remedy")) == 2
    assert sum(question.closed_at is None for question in questions_of(complaint)) == 1


def test_news_of_an_earlier_remedy_asks_nothing_more(customer, now, drain):
    complaint = bring_to(by_text(customer, now), "resolved", now=now)
    lead, later = Actor(id=0, name="", role=Role.HEAD_OFFICE), now + timedelta(hours=1)
    service.reopen(complaint.id, words="It broke again", actor=lead, now=later)
    service.acknowledge(complaint.id, actor=lead, now=later)
    service.resolve(complaint.id, **RIGHT, actor=lead, now=later)
    drain()
    assert len(texts(customer, "complaint_remedy")) == 1


def test_a_text_that_comes_late_is_not_sent(customer, now, drain):
    bring_to(by_text(customer, now), "resolved", now=now)
    drain()
    assert texts(customer, "complaint_heard") == []


def test_every_handler_may_run_twice(customer, now, drain):
    complaint = by_text(customer, now)
    drain()
    row = db.session.scalars(select(FactRow).where(FactRow.name == "ComplaintOpened")).one()
    fact = ComplaintOpened(
        **{**row.payload, "occurred_at": now, "event_id": UUID(str(row.event_id))}  # as the worker reads it
    )
    complaint_texts.text_heard(fact, now=now)
    complaint_texts.end_pointless_texts(fact, now=now)
    assert len(texts(customer)) == 1
    assert complaint.stage == "opened"


def test_promotions_and_requests_for_stars_of_the_household_are_taken_back(customer, now, drain):
    wife = make_customer(store=None, store_id=customer.store_id, household_id=customer.household_id)
    later = now + timedelta(hours=3)
    offer = make_message(wife, kind="promotion", not_before=later)
    stars = make_message(customer, kind="rating", not_before=later)
    care = make_message(customer, kind="care", not_before=later)
    by_hand = make_message(customer, kind="staff", not_before=later, sender_id=customer.owner_id)
    elsewhere = make_message(make_customer(), kind="promotion", not_before=later)
    by_text(customer, now)
    drain()
    for text in (offer, stars, care, by_hand, elsewhere):
        db.session.refresh(text)
    assert [(text.state, text.end_reason) for text in (offer, stars)] == [("canceled", HAS_COMPLAINED)] * 2
    assert [text.state for text in (care, by_hand, elsewhere)] == ["pending"] * 3


ABOUT_COMPLAINTS = [key for key in SHIPPED if key[0].value.startswith("complaint_")]


@pytest.mark.parametrize("key", ABOUT_COMPLAINTS, ids=lambda key: f"{key[0]}-{key[2]}")
@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"])
def test_a_text_about_a_complaint_fits_one_sms_and_asks_for_digits_only(key, locale):
    size = measure(render(SHIPPED[key][locale], sample_for(locale)))
    assert size.segments == 1
