"""Status callbacks in any order, any number of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.db import db
from app.customers import consent
from app.messaging import callbacks
from app.messaging.callbacks import Report, Verdict
from app.messaging.models import Message, ProviderEvent, State
from app.tasks.promises import promises_of
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.factories.tasks import make_task

pytestmark = pytest.mark.usefixtures("session")

SID = "SM" + "a" * 32


def submitting(**changes: object) -> Message:
    return make_message(
        state="submitting",
        lease_owner="me",
        lease_until=datetime(2100, 1, 1, tzinfo=UTC),
        call_started_at=datetime(2027, 3, 10, 2, tzinfo=UTC),
        attempt_no=1,
        provider="twilio",
        **changes,
    )


def report(message: Message, status: str, *, sid: str = SID, error_code: int = 0, **changes: object) -> Report:
    values = {"message_id": message.id, "to_phone": message.to_phone} | changes
    return Report(provider="twilio", sid=sid, status=status, error_code=error_code, **values)


def fresh(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get(Message, message.id)


def events() -> list[tuple[str, str]]:
    return [(row.status, row.verdict) for row in db.session.scalars(select(ProviderEvent).order_by(ProviderEvent.id))]


def test_a_callback_before_our_own_answer_binds_the_carriers_id(now):
    message = submitting()
    assert callbacks.receive(report(message, "sent"), now=now) is Verdict.APPLIED
    assert (fresh(message).state, fresh(message).provider_sid, fresh(message).lease_owner) == (State.SENT, SID, None)


def test_a_callback_settles_an_unknown_text(now):
    message = make_message(state="unknown", provider="twilio")
    callbacks.receive(report(message, "delivered"), now=now)
    assert (fresh(message).state, fresh(message).ended_at) == (State.DELIVERED, now)


def test_news_that_a_person_was_asked_about_still_counts(now):
    message = make_message(state="needs_attention", provider="twilio")
    callbacks.receive(report(message, "delivered"), now=now)
    assert fresh(message).state == State.DELIVERED


def test_a_late_sent_does_not_undo_delivered(now):
    message = submitting()
    callbacks.receive(report(message, "delivered"), now=now)
    assert callbacks.receive(report(message, "sent"), now=now) is Verdict.LATE
    assert fresh(message).state == State.DELIVERED


def test_the_same_news_twice_is_stored_once(now):
    message = submitting()
    callbacks.receive(report(message, "sent"), now=now)
    assert callbacks.receive(report(message, "sent"), now=now) is Verdict.DUPLICATE
    assert events() == [("sent", "applied")]


def test_the_first_end_stands_and_a_contradiction_is_kept(now):
    message = submitting()
    callbacks.receive(report(message, "undelivered", error_code=30003), now=now)
    assert callbacks.receive(report(message, "delivered"), now=now) is Verdict.CONTRADICTS
    assert (fresh(message).state, fresh(message).error_code) == (State.UNDELIVERED, 30003)
    assert events() == [("undelivered", "applied"), ("delivered", "contradicts")]


def test_news_for_another_number_is_kept_but_changes_nothing(now):
    message = submitting()
    assert callbacks.receive(report(message, "delivered", to_phone="+85269999999"), now=now) is Verdict.UNMATCHED
    assert fresh(message).state == State.SUBMITTING


def test_news_of_another_carrier_id_for_a_bound_row_changes_nothing(now):
    message = submitting(provider_sid="SM" + "b" * 32)
    assert callbacks.receive(report(message, "delivered"), now=now) is Verdict.UNMATCHED
    assert fresh(message).state == State.SUBMITTING


def test_news_of_an_unknown_row_is_kept_and_matched_later(now):
    message = make_message(state="submitted", provider="twilio", submitted_at=now)
    early = report(message, "delivered", message_id=uuid4())
    assert callbacks.receive(early, now=now) is Verdict.UNMATCHED
    message.provider_sid = SID
    db.session.flush()
    assert callbacks.rematch(since=now - timedelta(hours=1), now=now) == 1
    assert fresh(message).state == State.DELIVERED


def test_news_of_strange_texts_does_not_crowd_out_ours(now, monkeypatch):
    monkeypatch.setattr(callbacks, "AT_ONCE", 1)
    message = submitting()
    strange = Report(provider="twilio", sid="SM" + "f" * 32, status="delivered", to_phone="+85290000000")
    callbacks.receive(strange, now=now)
    callbacks.receive(report(message, "delivered", message_id=None), now=now)
    message.provider_sid = SID
    db.session.flush()
    assert callbacks.rematch(since=now - timedelta(hours=1), now=now) == 1
    assert fresh(message).state == State.DELIVERED


def test_a_waiting_row_is_not_moved_by_a_callback(now):
    message = make_message()
    assert callbacks.receive(report(message, "delivered"), now=now) is Verdict.UNMATCHED
    assert fresh(message).state == State.PENDING


def put_back(**changes: object) -> Message:
    """Nobody knew what became of the first call, so it is to go once more."""
    return make_message(kind="door_code", provider="twilio", attempt_no=1, possible_duplicate=True, **changes)


@pytest.mark.parametrize(
    ("status", "state"), [("queued", State.SUBMITTED), ("delivered", State.DELIVERED), ("of no meaning", "submitted")]
)
def test_a_text_that_waits_to_go_once_more_stays_when_the_first_is_heard_of(now, status, state):
    message = put_back(held_reason="quiet hours", held_until=now)
    assert callbacks.receive(report(message, status), now=now) is Verdict.APPLIED
    row = fresh(message)
    assert (row.state, row.provider_sid, row.held_reason, row.held_until) == (state, SID, None, None)


def test_a_worker_that_has_claimed_it_lets_it_go(now):
    message = put_back(state="claimed", lease_owner="me", lease_until=datetime(2100, 1, 1, tzinfo=UTC))
    callbacks.receive(report(message, "sent"), now=now)
    assert (fresh(message).state, fresh(message).lease_owner) == (State.SENT, None)


def test_one_that_came_too_late_to_go_once_more_has_arrived_the_first_time(now):
    message = put_back(state="expired", ended_at=now, end_reason="too late")
    callbacks.receive(report(message, "delivered"), now=now)
    assert (fresh(message).state, fresh(message).end_reason) == (State.DELIVERED, None)


def test_one_that_the_carrier_surely_did_not_take_is_not_moved(now):
    message = make_message(provider="twilio", attempt_no=1)
    assert callbacks.receive(report(message, "sent"), now=now) is Verdict.UNMATCHED


def test_an_opt_out_that_the_carrier_reports_later_becomes_ours(now):
    message = submitting()
    callbacks.receive(report(message, "undelivered", error_code=21610), now=now)
    assert consent.is_opted_out(message.to_phone)


def test_a_window_that_the_carrier_took_is_promised_once(now):
    task = make_task()
    message = submitting(task=task, kind="booked", speaks_of=task.window_start, customer=make_customer())
    callbacks.receive(report(message, "queued"), now=now)
    callbacks.receive(report(message, "sent"), now=now)
    assert [promise.promised_start for promise in promises_of(task.id)] == [task.window_start]


ENDINGS = [("delivered", 0), ("undelivered", 30003), ("undelivered", 30005), ("failed", 30007), ("sent", 0)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_any_order_and_repetition_of_callbacks_ends_alike(session, now, data, ending):
    news = [("queued", 0), ("sending", 0), ("sent", 0), ending]
    played = data.draw(st.permutations(news + data.draw(st.lists(st.sampled_from(news), max_size=4))))
    straight, shuffled = submitting(), submitting()
    for message, order in ((straight, news), (shuffled, played)):
        sid = f"SM{uuid4().hex}"
        for status, error_code in order:
            callbacks.receive(report(message, status, sid=sid, error_code=error_code), now=now)
    assert final(straight) == final(shuffled)


def final(message: Message) -> tuple[object, ...]:
    row = fresh(message)
    return (
        row.state,
        row.provider_status,
        row.status_rank,
        row.error_code,
        row.ended_at,
        row.submitted_at,
        row.lease_owner,
        row.next_attempt_at,
        row.provider_sid is not None,
        row.end_reason,
        db.session.query(Message).filter_by(parent_id=row.id).count(),
    )
