"""Stopping for an ailing provider, trying one text, going on; and what head office is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.core import config
from app.core.db import db
from app.messaging import breaker, health
from app.messaging.breaker import Gate
from app.messaging.drain import Drain
from app.messaging.models import Message, State
from app.messaging.providers import ConfigFailure, Permanent, Retry, Unknown
from app.people.access import Actor
from app.settings import MessagingSettings, TwilioSettings
from tests.factories.messaging import make_message
from tests.messaging.carriers import Notepad

pytestmark = pytest.mark.usefixtures("session", "twilio")

FEW = MessagingSettings(threads=2)
SUSPENDED = ConfigFailure(code=30002, http_status=400)


@pytest.fixture
def twilio() -> Iterator[None]:
    """An installation with credentials; nothing here calls it."""
    before = config.settings()
    config.use(replace(before, twilio=TwilioSettings("AC" + "0" * 32, "12345", from_number="+15005550006")))
    yield
    config.use(before)


def stop_for_good() -> None:
    breaker.open_hard("twilio", reason="the SMS account needs attention", scale=1)


def time_passes() -> None:
    db.session.execute(text("UPDATE sender_health SET open_at = clock_timestamp() - interval '1 second'"))
    db.session.execute(text("UPDATE message SET next_attempt_at = NULL WHERE state = 'pending'"))


def run(provider: Notepad) -> int:
    calls = Drain(provider, settings=FEW).run(stop_after_seconds=5)
    db.session.expire_all()
    return calls


def states() -> list[str]:
    return sorted(db.session.scalars(text("SELECT state FROM message")))


def test_while_it_is_open_nobody_is_called():
    make_message()
    stop_for_good()
    assert run(Notepad()) == 0


def test_when_the_account_fails_only_what_had_begun_runs_into_it():
    for _ in range(40):
        make_message()
    # Two threads, and one more that waits for a free one.
    assert run(Notepad(*[SUSPENDED] * 40)) <= 3
    assert states() == ["pending"] * 40


def test_when_outcomes_are_unclear_the_rest_waits_instead_of_becoming_unknown():
    for _ in range(40):
        make_message()
    calls = run(Notepad(*[Unknown(why="timeout")] * 40))
    assert 5 <= calls <= 8
    assert states() == ["pending"] * (40 - calls) + ["unknown"] * calls


def test_after_the_pause_one_text_is_tried_and_its_success_lets_all_go():
    for _ in range(5):
        make_message()
    stop_for_good()
    time_passes()
    assert run(Notepad()) == 5
    assert breaker.enter("twilio", scale=1).gate is Gate.CLOSED


def test_a_trial_that_fails_costs_one_call_and_the_rest_goes_on_waiting():
    for _ in range(5):
        make_message()
    stop_for_good()
    time_passes()
    assert run(Notepad(SUSPENDED)) == 1
    assert states() == ["pending"] * 5
    assert breaker.enter("twilio", scale=1).gate is Gate.OPEN


def test_a_trial_with_an_unclear_end_keeps_it_open():
    for _ in range(2):
        make_message()
    stop_for_good()
    time_passes()
    assert run(Notepad(Unknown(why="timeout"))) == 1
    assert states() == ["pending", "unknown"]
    assert breaker.enter("twilio", scale=1).gate is Gate.OPEN


def test_a_trial_that_could_not_be_taken_keeps_it_open():
    make_message()
    stop_for_good()
    time_passes()
    assert run(Notepad(Retry(code=20429, http_status=429))) == 1
    assert breaker.enter("twilio", scale=1).gate is Gate.OPEN


def test_a_plain_refusal_of_the_text_that_was_tried_lets_the_others_go():
    for _ in range(3):
        make_message()
    stop_for_good()
    time_passes()
    assert run(Notepad(Permanent(code=21617, http_status=400))) == 3
    assert states() == ["failed", "submitted", "submitted"]


def test_one_worker_tries_and_the_others_wait_for_its_answer():
    stop_for_good()
    time_passes()
    assert [breaker.enter("twilio", scale=1).gate for _ in range(3)] == [Gate.PROBE, Gate.OPEN, Gate.OPEN]


def test_with_nothing_to_try_the_next_text_is_the_trial():
    stop_for_good()
    time_passes()
    assert run(Notepad()) == 0
    make_message()
    assert run(Notepad()) == 1


def test_who_has_mended_the_account_need_not_wait(now):
    rows = [make_message() for _ in range(3)]
    run(Notepad(SUSPENDED, SUSPENDED, SUSPENDED))
    assert {row.held_reason for row in db.session.query(Message)} >= {"the SMS account needs attention"}
    boss = Actor.system("desk")
    assert health.try_now(actor=boss, now=now)
    assert run(Notepad()) == len(rows)
    assert states() == ["submitted"] * 3


def test_what_was_parked_shows_no_reason_once_it_may_go(now):
    make_message()
    make_message(not_before=now + timedelta(hours=1))
    run(Notepad(SUSPENDED))
    health.try_now(actor=Actor.system("desk"), now=now)
    run(Notepad())
    assert {row.held_reason for row in db.session.query(Message)} == {None}


def test_a_full_queue_is_over_after_its_time():
    breaker.note_full("twilio", seconds=300)
    row = make_message(priority=70)
    assert run(Notepad()) == 0
    db.session.execute(text("UPDATE sender_health SET full_until = clock_timestamp()"))
    assert run(Notepad()) == 1
    assert db.session.get(Message, row.id).state == State.SUBMITTED


def test_too_many_calls_at_once_halve_them_for_every_worker():
    for _ in range(3):
        make_message()
    eight = MessagingSettings(threads=8)
    Drain(Notepad(Retry(code=20429, http_status=429)), settings=eight).run(stop_after_seconds=5)
    make_message()
    other = Drain(Notepad(), settings=eight)
    other.claim()
    assert 4 <= other.parallel <= 6


def test_a_minute_later_all_is_as_before():
    breaker.note_too_many("twilio", at_once=8)
    db.session.execute(text("UPDATE sender_health SET slowed_at = clock_timestamp() - interval '61 seconds'"))
    drain = Drain(Notepad(), settings=MessagingSettings(threads=8))
    drain.claim()
    assert drain.parallel == 8


def test_a_spent_daily_limit_slows_nothing_else_down():
    make_message()
    drain = Drain(Notepad(Retry(code=63038, http_status=400)), settings=MessagingSettings(threads=8))
    drain.run(stop_after_seconds=5)
    assert drain.parallel == 8


# Alerts


def test_head_office_sees_each_code_once_with_how_often_it_came(now):
    for _ in range(3):
        breaker.alert("twilio", code=30034, reason="our sender is not registered for this country", now=now)
    [alert] = health.open_alerts()
    assert (alert.code, alert.times, alert.first_at) == (30034, 3, now)


def test_a_settled_alert_comes_back_when_it_happens_again(now):
    breaker.alert("twilio", code=30034, reason="x", now=now)
    assert health.settle_alert("twilio", 30034, actor=Actor.system("desk"), now=now)
    assert health.open_alerts() == []
    breaker.alert("twilio", code=30034, reason="x", now=now + timedelta(hours=1))
    [alert] = health.open_alerts()
    assert (alert.times, alert.first_at) == (1, now + timedelta(hours=1))


def test_the_state_of_sending_names_what_waits_and_what_is_stuck(now):
    make_message(not_before=now - timedelta(minutes=7))
    make_message(not_before=now + timedelta(hours=9), held_until=now + timedelta(hours=9), held_reason="quiet hours")
    make_message(state="needs_attention", ended_at=now)
    make_message(state="failed", ended_at=now)
    make_message(state="unknown", next_attempt_at=datetime(2030, 1, 1, tzinfo=UTC))
    state = health.sending(now=now)
    assert (state.due, state.held, state.needs_attention, state.failed_lately, state.unknown) == (1, 1, 1, 1, 1)
    assert state.oldest_due_at == now - timedelta(minutes=7)
    assert state.is_well


def test_prometheus_sees_the_same(client, now):
    make_message(not_before=now - timedelta(minutes=7))
    figures = client.get("/metrics").get_data(as_text=True)
    assert "huifang_sms_due 1.0" in figures
    assert "huifang_sms_oldest_due_seconds 420.0" in figures
    assert "huifang_sms_breaker_open 0.0" in figures
