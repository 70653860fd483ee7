"""Looking up what became of an unknown text: the right one is bound, none is bound twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core import config
from app.core.db import db
from app.messaging import callbacks, upkeep
from app.messaging.callbacks import Report, Verdict
from app.messaging.models import Message, State
from app.messaging.providers import Found
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.messaging.carriers import Notepad

pytestmark = pytest.mark.usefixtures("session")

CALLED = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
BODY = "【慧芳】好的"
PHONE = "+85251230001"


def unknown(**changes: Any) -> Message:
    values = {"to_phone": PHONE, "body": BODY, "call_started_at": CALLED, "sender": "+15005550006"} | changes
    return make_message(
        changes.pop("customer", None) or make_customer(),
        state="unknown",
        provider="twilio",
        attempt_no=1,
        next_attempt_at=datetime(2020, 1, 1, tzinfo=UTC),
        **values,
    )


def found(sid: str, *, seconds: float = 1, **changes: Any) -> Found:
    values = {"body": BODY, "created_at": CALLED + timedelta(seconds=seconds), "sender": "+15005550006"} | changes
    return Found(sid=sid, status="sent", **values)


def look(*remembered: Found, now: datetime) -> int:
    provider = Notepad()
    provider.found = list(remembered)
    settled = upkeep.reconcile_unknown(now=now, provider=provider)
    db.session.expire_all()
    return settled


def fresh(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get(Message, message.id)


def due_again() -> None:
    db.session.execute(text("UPDATE message SET next_attempt_at = '2020-01-01Z' WHERE state = 'unknown'"))


def called_hours_ago(hours: int) -> None:
    db.session.execute(
        text("UPDATE message SET call_started_at = clock_timestamp() - make_interval(hours => :hours)"),
        {"hours": hours},
    )


def test_the_carriers_message_of_that_moment_is_bound(now):
    message = unknown()
    assert look(found("SM1"), now=now) == 1
    assert (fresh(message).provider_sid, fresh(message).state) == ("SM1", State.SENT)


@pytest.mark.parametrize(
    "other",
    [
        {"body": "【慧芳】别的"},
        {"seconds": -6},
        {"seconds": 61},
        {"sender": "+15005559999"},
        {"created_at": None},
    ],
    ids=["other words", "too early", "too late", "another sender", "no time"],
)
def test_another_message_is_not_taken_for_it(now, other):
    message = unknown()
    assert look(found("SM1", **other), now=now) == 0
    assert fresh(message).state == State.UNKNOWN


@pytest.mark.parametrize("seconds", [-5, 0, 60])
def test_the_edges_of_the_window_belong_to_it(now, seconds):
    unknown()
    assert look(found("SM1", seconds=seconds), now=now) == 1


@pytest.fixture
def hundredfold() -> Iterator[None]:
    before = config.settings()
    config.use(replace(before, messaging=replace(before.messaging, time_scale=0.1)))
    yield
    config.use(before)


@pytest.mark.usefixtures("hundredfold")
@pytest.mark.parametrize(("seconds", "settled"), [(5, 1), (7, 0), (-2, 1), (-3, 0)])
def test_the_window_shrinks_with_the_time_scale_but_not_below_whole_seconds(now, seconds, settled):
    unknown()
    assert look(found("SM1", seconds=seconds), now=now) == settled


def test_two_unknown_twins_never_share_one_message(now):
    twins = [unknown(), unknown()]
    assert look(found("SM1"), now=now) == 1
    assert sorted(fresh(one).provider_sid or "" for one in twins) == ["", "SM1"]


def test_two_unknown_twins_get_one_message_each(now):
    twins = [unknown(), unknown()]
    assert look(found("SM1"), found("SM2", seconds=2), now=now) == 2
    assert {fresh(one).provider_sid for one in twins} == {"SM1", "SM2"}


def test_while_a_twin_is_just_being_handed_over_nothing_is_decided(now):
    message = unknown()
    make_message(
        to_phone=PHONE, body=BODY, state="submitting", lease_owner="me", lease_until=datetime(2100, 1, 1, tzinfo=UTC)
    )
    assert look(found("SM1"), now=now) == 0
    assert (fresh(message).state, fresh(message).lookups) == (State.UNKNOWN, 0)


def test_a_message_that_another_row_owns_is_left_to_it(now):
    owner = unknown(provider_sid="SM1")
    owner.state, owner.submitted_at = "submitted", now
    db.session.flush()
    message = unknown()
    assert look(found("SM1"), now=now) == 0
    assert fresh(message).provider_sid is None


def test_a_callback_that_names_the_twin_sets_a_wrong_guess_right(now):
    guessed, named = unknown(), unknown()
    look(found("SM1"), now=now)
    if fresh(named).provider_sid:
        guessed, named = named, guessed
    report = Report(provider="twilio", sid="SM1", status="delivered", to_phone=PHONE, message_id=named.id)
    assert callbacks.receive(report, now=now) is Verdict.APPLIED
    assert (fresh(named).state, fresh(named).provider_sid) == (State.DELIVERED, "SM1")
    assert (fresh(guessed).state, fresh(guessed).provider_sid) == (State.UNKNOWN, None)


def test_the_row_that_was_wrongly_bound_is_looked_for_again(now):
    guessed, named = unknown(), unknown()
    look(found("SM1"), now=now)
    if fresh(named).provider_sid:
        guessed, named = named, guessed
    callbacks.receive(Report(provider="twilio", sid="SM1", status="sent", to_phone=PHONE, message_id=named.id), now=now)
    due_again()
    look(found("SM1"), found("SM2", seconds=3), now=now)
    assert fresh(guessed).provider_sid == "SM2"


def test_after_a_day_without_an_answer_a_person_is_asked(now):
    message = unknown(lookups=3)
    provider = Notepad()
    provider.is_away = True
    called_hours_ago(23)
    upkeep.reconcile_unknown(now=now, provider=provider)
    assert fresh(message).state == State.UNKNOWN
    called_hours_ago(25)
    due_again()
    upkeep.reconcile_unknown(now=now, provider=provider)
    assert (fresh(message).state, fresh(message).end_reason) == (State.NEEDS_ATTENTION, upkeep.NEVER_KNOWN)
