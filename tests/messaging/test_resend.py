"""A text that failed for a passing reason goes out as a new row while it is of use; the old row stays as it ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.customers import consent, contacts
from app.customers.values import ContactKind
from app.events import TaskReopened
from app.messaging import breaker, callbacks, handlers, policy, resend
from app.messaging.callbacks import Report
from app.messaging.drain import Drain
from app.messaging.models import Message, Question, State
from app.messaging.questions import open_of
from app.people.access import Actor
from app.settings import MessagingSettings
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, make_question
from tests.factories.people import make_staff
from tests.factories.tasks import make_task
from tests.messaging.carriers import Notepad

pytestmark = pytest.mark.usefixtures("session")

MORNING = datetime(2027, 3, 11, 0, 0, tzinfo=UTC)  # 8:00 in Hong Kong, the day after


def taken(**changes: object) -> Message:
    """A text that the carrier has taken."""
    values = {"state": "submitted", "provider": "twilio", "provider_sid": f"SM{uuid4().hex}"} | changes
    return make_message(submitted_at=datetime(2027, 3, 10, 2, tzinfo=UTC), attempt_no=1, **values)


def fail(message: Message, code: int, *, now: datetime, status: str = "undelivered") -> Message | None:
    """The carrier reports it as failed; the row that repeats it, if there is one."""
    report = Report(
        provider="twilio", sid=message.provider_sid, status=status, to_phone=message.to_phone, error_code=code
    )
    callbacks.receive(report, now=now)
    db.session.expire_all()
    return db.session.scalar(select(Message).where(Message.parent_id == message.id))


def send(message: Message, *, at: datetime) -> Message:
    with clock.fixed(at):
        Drain(Notepad(), settings=MessagingSettings(threads=1)).run(stop_after_seconds=5)
    db.session.expire_all()
    return db.session.get(Message, message.id)


def test_an_unreachable_phone_is_tried_again_half_an_hour_later(now):
    message = taken(body="【慧芳】明天见")
    again = fail(message, 30003, now=now)
    assert (again.body, again.to_phone, again.state) == (message.body, message.to_phone, State.PENDING)
    assert (again.not_before, again.expires_at) == (now + timedelta(minutes=30), message.expires_at)


def test_the_old_row_stays_as_it_ended_and_says_what_follows(now):
    message = taken()
    fail(message, 30003, now=now)
    row = db.session.get(Message, message.id)
    assert (row.state, row.error_code, row.end_reason) == (State.UNDELIVERED, 30003, resend.SENT_AGAIN)


def test_the_new_row_is_sent_once(now):
    again = fail(taken(), 30003, now=now)
    sent = send(again, at=now + timedelta(minutes=31))
    assert (sent.state, sent.attempt_no) == (State.SUBMITTED, 1)


def test_before_its_time_the_new_row_waits(now):
    again = fail(taken(), 30003, now=now)
    assert send(again, at=now + timedelta(minutes=29)).state == State.PENDING


@pytest.mark.parametrize(("code", "times"), [(30003, 2), (30008, 1), (30022, 2), (30004, 0), (30410, 0), (59999, 0)])
def test_each_code_is_worth_so_many_rows_and_no_more(now, code, times):
    message: Message | None = taken()
    rows = 0
    while message is not None:
        message = fail(message, code, now=now)
        if message is not None:
            rows += 1
            message.state, message.provider, message.provider_sid = "submitted", "twilio", f"SM{uuid4().hex}"
            db.session.flush()
    assert rows == times


def test_the_last_failure_says_why(now):
    message = taken(resend_no=2)
    assert fail(message, 30003, now=now) is None
    assert db.session.get(Message, message.id).end_reason == "the phone could not be reached"


def test_a_text_that_would_come_too_late_is_not_sent_again(now):
    message = taken(expires_at=now + timedelta(minutes=20))
    assert fail(message, 30003, now=now) is None


@pytest.mark.parametrize("code", [30023, 30027, 63038])
def test_a_spent_daily_limit_waits_for_the_recipients_next_morning(now, code):
    again = fail(taken(expires_at=now + timedelta(days=2)), code, now=now)
    assert again.not_before == MORNING


def test_a_passed_validity_is_made_good_at_once_while_it_is_of_use(now):
    again = fail(taken(), 30036, now=now)
    assert again.not_before == now


def test_the_same_report_twice_makes_one_new_row(now):
    message = taken()
    fail(message, 30003, now=now)
    fail(message, 30003, now=now)
    fail(message, 30003, now=now, status="failed")
    assert db.session.query(Message).filter_by(parent_id=message.id).count() == 1


def test_who_has_opted_out_meanwhile_gets_nothing_more(now):
    message = taken()
    again = fail(message, 30003, now=now)
    consent.opt_out(message.to_phone, source="sms", text="STOP", actor=Actor.system(), now=now)
    assert send(again, at=now + timedelta(hours=1)).state == State.SUPPRESSED


def test_what_became_pointless_meanwhile_is_not_sent_again(now):
    task = make_task()
    again = fail(taken(task=task, kind="booked", speaks_of=task.window_start), 30003, now=now)
    task.status, task.ended_at = "cancelled", now
    db.session.flush()
    row = send(again, at=now + timedelta(hours=1))
    assert (row.state, row.end_reason) == (State.CANCELED, policy.TASK_OVER)


def test_at_night_the_new_row_waits_for_the_morning(now):
    again = fail(taken(kind="booked"), 30003, now=now)
    row = send(again, at=datetime(2027, 3, 10, 15, tzinfo=UTC))
    assert (row.state, row.held_reason) == (State.PENDING, "quiet hours")


def test_an_answer_to_the_new_row_finds_the_question_of_the_first(now):
    task = make_task()
    message = taken(task=task, kind="booked")
    make_question(message)
    again = send(fail(message, 30003, now=now), at=now + timedelta(hours=1))
    [found] = open_of(message.customer_id, now=now)
    assert found.message.id == again.id
    assert db.session.query(Question).count() == 1


def test_a_contact_that_is_repeated_is_one_contact(now):
    customer = make_customer()
    contacts.reserve(customer.id, kind=ContactKind.PERSONAL, day=now.date(), origin_key="staff:1", now=now)
    contacts.record("staff:1", day=now.date(), now=now)
    message = taken(customer=customer, dedupe_key="staff:1", kind="staff", is_proactive=True)
    again = send(fail(message, 30003, now=now), at=now + timedelta(hours=1))
    assert again.state == State.SUBMITTED
    budget = contacts.budget(customer.household_id, now=now)
    assert [booking.origin_key for booking in budget.contacts] == ["staff:1"]


def test_when_the_first_one_arrives_after_all_the_second_is_taken_back(now):
    message = taken()
    again = fail(message, 30003, now=now)
    fail(message, 0, now=now, status="delivered")
    assert (db.session.get(Message, again.id).state, db.session.get(Message, again.id).end_reason) == (
        State.CANCELED,
        resend.ARRIVED,
    )


@pytest.mark.parametrize(("status", "code", "state"), [("delivered", 0, "canceled"), ("undelivered", 30003, "pending")])
def test_late_news_of_a_text_that_was_tried_again_by_hand_sends_nothing_more(now, status, code, state):
    message = taken(state="needs_attention", provider_sid=None)
    by_hand = make_message(parent_id=message.id, resend_no=1, to_phone=message.to_phone, not_before=now)
    report = Report("twilio", "SM1", status, message.to_phone, error_code=code, message_id=message.id)
    callbacks.receive(report, now=now)
    db.session.expire_all()
    children = db.session.scalars(select(Message).where(Message.parent_id == message.id)).all()
    assert [(child.id, child.state) for child in children] == [(by_hand.id, state)]


def test_a_full_queue_keeps_back_what_is_not_urgent(now):
    fail(taken(), 30001, now=now)
    code = make_message(kind="staff", body="急", priority=0)
    birthday = make_message(body="生日", priority=70)
    provider = Notepad()
    Drain(provider, settings=MessagingSettings(threads=1)).run(stop_after_seconds=5)
    assert provider.bodies == ["急"]
    assert db.session.get(Message, birthday.id).state == State.PENDING
    assert code.id != birthday.id


def test_a_suspended_account_stops_everything_and_head_office_hears_of_it(now):
    fail(taken(), 30002, now=now)
    assert breaker.is_open("twilio") == "the SMS account needs attention"


def test_a_country_that_is_closed_does_not_stop_the_others(now):
    fail(taken(), 30034, now=now)
    assert breaker.is_open("twilio") is None
    other = make_message()
    assert send(other, at=now).state == State.SUBMITTED


def test_what_is_taken_back_takes_its_repetition_along(now):
    person = make_staff()
    task = make_task(status="active", assignee=person)
    again = fail(taken(task=task, kind="rating", dedupe_key=f"task:{task.id}:rating:ending:1"), 30003, now=now)
    reopened = TaskReopened(
        task_id=task.id,
        customer_id=task.customer_id,
        store_id=task.store_id,
        assignee_id=person.id,
        reason="undo",
        actor="system",
        occurred_at=now,
    )
    handlers.withdraw_ending_texts(reopened, now=now)
    db.session.expire_all()
    assert db.session.get(Message, again.id).state == State.CANCELED


def test_the_api_names_the_text_that_is_repeated_and_the_sender(client, sign_in, now):
    message = taken(sender="+15005550006")
    again = fail(message, 30003, now=now)
    boss = sign_in(make_staff("head_office"))
    shown = client.get(f"/api/v1/messages/{again.id}", headers=boss).json
    assert (shown["repeats_id"], shown["sender"]) == (str(message.id), None)
    assert client.get(f"/api/v1/messages/{message.id}", headers=boss).json["sender"] == "+15005550006"
