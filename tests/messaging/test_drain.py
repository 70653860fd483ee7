"""Draining rows through the real Twilio SDK against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.customers import consent
from app.messaging import breaker, callbacks, policy, upkeep
from app.messaging.drain import Called, Drain, drain_messages
from app.messaging.drain_sql import CLAIM, IN_ORDER
from app.messaging.models import Message, MessageAttempt, State
from app.messaging.providers import Retry, Sent
from app.messaging.providers.sandbox import SandboxProvider
from app.messaging.providers.twilio import TwilioProvider
from app.people.access import Actor
from app.settings import MessagingSettings, TwilioSettings
from tests.factories.messaging import make_inbound, make_message
from tests.factories.people import make_staff
from tests.factories.tasks import make_task
from tests.simulator import twilio as simulator_module
from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, TwilioSimulator

pytestmark = pytest.mark.usefixtures("session")

FAST = MessagingSettings(threads=4)


@pytest.fixture(scope="module")
def running_simulator() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as running:
        yield running


@pytest.fixture
def simulator(running_simulator: TwilioSimulator) -> TwilioSimulator:
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def provider(simulator: TwilioSimulator) -> TwilioProvider:
    return provider_at(simulator.url)


def provider_at(
    url: str, *, token: str = AUTH_TOKEN, timeout: float = 1.0, sender: str = FROM_NUMBER
) -> TwilioProvider:
    settings = TwilioSettings(account_sid=ACCOUNT_SID, auth_token=token, from_number=sender, api_base_url=url)
    return TwilioProvider(settings, timeout_seconds=timeout, threads=4)


def drained(provider: object, message: Message) -> Message:
    Drain(provider, settings=FAST).run(stop_after_seconds=5)
    return fresh(message)


def fresh(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get(Message, message.id)


def outcomes(message: Message) -> list[str | None]:
    rows = db.session.query(MessageAttempt).filter_by(message_id=message.id).order_by(MessageAttempt.n)
    return [row.outcome for row in rows]


def test_an_accepted_text_keeps_the_carriers_id(simulator, provider):
    sent = drained(provider, make_message())
    assert (sent.state, sent.provider_sid) == (State.SUBMITTED, simulator.messages[0].sid)
    assert outcomes(sent) == ["Sent"]


def test_the_callback_address_names_our_row_and_asks_for_retries(simulator, provider):
    sent = drained(provider, make_message())
    assert simulator.messages[0].callback == f"http://localhost/twilio/status?mid={sent.id}#rc=5&rp=all"


def test_the_validity_period_is_how_long_the_text_makes_sense(simulator, provider, now):
    drained(provider, make_message(expires_at=now + timedelta(minutes=15)))
    assert 800 < simulator.messages[0].validity_seconds <= 900


def test_many_texts_go_out_once_each(simulator, provider):
    rows = [make_message(body=f"【慧芳】第{number}条") for number in range(60)]
    Drain(provider, settings=FAST).run(stop_after_seconds=20)
    assert sorted(message.body for message in simulator.messages) == sorted(row.body for row in rows)
    assert {fresh(row).state for row in rows} == {State.SUBMITTED}


def test_too_many_requests_are_tried_again_later(simulator, provider):
    simulator.script(simulator_module.TOO_MANY, simulator_module.TOO_MANY)
    message = make_message()
    assert drained(provider, message).state == State.PENDING
    db.session.execute(text("UPDATE message SET next_attempt_at = NULL"))
    db.session.execute(text("UPDATE message SET next_attempt_at = NULL"))
    drained(provider, message)
    db.session.execute(text("UPDATE message SET next_attempt_at = NULL"))
    assert drained(provider, message).state == State.SUBMITTED
    assert (outcomes(message), len(simulator.messages)) == (["Retry", "Retry", "Sent"], 1)


def test_the_time_that_the_carrier_asks_for_is_waited(simulator, provider):
    simulator.script(simulator_module.Scenario(accepts=False, status=429, code=20429, retry_after="17"))
    message = drained(provider, make_message())
    waits = (message.next_attempt_at - datetime.now(UTC)).total_seconds()
    assert 10 < waits <= 17


@pytest.mark.parametrize(
    "scenario",
    [
        simulator_module.SERVER_ERROR,
        simulator_module.SERVER_ERROR_AFTER_ACCEPTING,
        simulator_module.ACCEPT_THEN_RESET,
        simulator_module.RESET_BEFORE_ACCEPTING,
        simulator_module.BAD_GATEWAY_PAGE,
        simulator_module.slow(1.6),
    ],
    ids=["500", "500 accepted", "reset", "reset unaccepted", "502 page", "timeout"],
)
def test_an_unclear_outcome_is_never_sent_again_by_itself(simulator, provider, scenario):
    simulator.script(scenario)
    message = drained(provider, make_message())
    assert message.state == State.UNKNOWN
    drained(provider, message)
    assert len([one for one in simulator.requests if one.method == "POST"]) == 1


def test_a_refused_connection_is_surely_unsent(simulator):
    message = drained(provider_at("http://127.0.0.1:9"), make_message())
    assert (message.state, outcomes(message)) == (State.PENDING, ["Retry"])


def test_wrong_credentials_park_all_texts_and_stop_the_sender(simulator):
    first, second = make_message(), make_message()
    provider = provider_at(simulator.url, token="wrong")
    Drain(provider, settings=MessagingSettings(threads=1)).run(stop_after_seconds=5)
    assert {fresh(first).state, fresh(second).state} == {State.PENDING}
    assert breaker.is_open("twilio") == "the SMS account needs attention"
    asked = len(simulator.requests)
    Drain(provider, settings=FAST).run(stop_after_seconds=5)
    assert len(simulator.requests) == asked


def test_five_unclear_outcomes_open_the_breaker(simulator, provider):
    simulator.script(*[simulator_module.SERVER_ERROR] * 5)
    for _ in range(5):
        make_message()
    waiting = make_message(priority=99)
    Drain(provider, settings=MessagingSettings(threads=1, claim_size=1)).run(stop_after_seconds=5)
    assert fresh(waiting).state == State.PENDING
    assert breaker.is_open("twilio") is not None


@pytest.mark.parametrize(
    ("number", "state", "reason"),
    [
        ("+15005550001", State.FAILED, "the number can't receive SMS"),
        ("+15005550009", State.FAILED, "the number can't receive SMS"),
        ("+15005550002", State.FAILED, "our account may not send to this country"),
        ("+15005550003", State.FAILED, "our account may not send to this country"),
        ("+15005550004", State.SUPPRESSED, "the customer has opted out"),
    ],
)
def test_a_magic_number_ends_as_its_code_says(simulator, provider, number, state, reason):
    message = drained(
        provider,
        make_message(to_phone=number, zone="America/New_York", not_before=datetime(2027, 3, 10, 1, tzinfo=UTC)),
    )
    if message.held_until is not None:
        with clock.fixed(message.held_until):
            message = drained(provider, message)
    assert (message.state, message.end_reason) == (state, reason)


def test_a_refusal_that_only_the_carrier_knew_becomes_ours(simulator, provider):
    message = make_message()
    simulator.block(message.to_phone)
    assert drained(provider, message).state == State.SUPPRESSED
    assert consent.is_opted_out(message.to_phone)


@pytest.mark.parametrize("sender", ["+15005550001", "+15005550007"])
def test_a_wrong_sender_is_a_failure_of_the_account(simulator, sender):
    message = drained(provider_at(simulator.url, sender=sender), make_message())
    assert (message.state, message.held_reason) == (State.PENDING, "the SMS account needs attention")


def test_a_text_for_an_opted_out_number_is_suppressed_without_a_call(simulator, provider, now):
    message = make_message()
    consent.opt_out(message.to_phone, source="office", text="", actor=Actor.system(), now=now)
    assert drained(provider, message).state == State.SUPPRESSED
    assert simulator.requests == []


def test_an_opt_out_between_claim_and_call_stops_the_call(simulator, provider, now):
    message = make_message()
    drain = Drain(provider, settings=FAST)
    claimed = drain.claim()
    consent.opt_out(message.to_phone, source="sms", text="STOP", actor=Actor.system(), now=now)
    assert drain._record_and_submit([], claimed) == []
    assert drained(provider, message).state in (State.PENDING, State.SUPPRESSED)
    assert simulator.requests == []


def test_a_row_whose_lease_ran_out_gets_no_call(simulator, provider):
    message = make_message()
    drain = Drain(provider, settings=FAST)
    claimed = drain.claim()
    db.session.execute(text("UPDATE message SET lease_until = clock_timestamp() - interval '1 second'"))
    assert drain._record_and_submit([], claimed) == []
    assert fresh(message).state == State.PENDING
    assert simulator.requests == []


def test_a_row_claimed_twice_by_one_drain_is_sent_once(simulator, provider):
    make_message()
    drain = Drain(provider, settings=FAST)
    first = drain.claim()
    db.session.execute(text("UPDATE message SET lease_until = clock_timestamp() - interval '1 second'"))
    second = drain.claim()
    submitted = drain._record_and_submit([], [*first, *second])
    assert [row for row, _ in submitted] == second


def test_a_row_claimed_by_one_drain_is_not_claimed_by_another(simulator, provider):
    make_message()
    first, second = Drain(provider, settings=FAST), Drain(provider, settings=FAST)
    assert len(first.claim()) == 1
    assert second.claim() == []


def test_a_claim_reads_what_is_due_in_the_order_of_its_index(now):
    for _ in range(20):
        make_message()
    values = {"now": now, "owner": "me", "lease": 60, "size": 5, "lowest": 99, "unasked_kinds": []}
    db.session.execute(IN_ORDER)
    plan = "\n".join(db.session.scalars(text(f"EXPLAIN {CLAIM.text}"), values))
    assert "Index Scan using ix_message_due" in plan


def test_a_lost_claim_is_due_again(simulator, provider):
    message = make_message(state="claimed", lease_owner="gone", lease_until=datetime(2020, 1, 1, tzinfo=UTC))
    assert drained(provider, message).state == State.SUBMITTED


def test_a_lost_call_is_unknown_and_not_sent_again(simulator, provider):
    message = make_message(
        state="submitting",
        lease_owner="gone",
        lease_until=datetime(2020, 1, 1, tzinfo=UTC),
        attempt_no=1,
        call_started_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    assert drained(provider, message).state == State.UNKNOWN
    assert simulator.requests == []


def test_what_a_callback_wrote_first_stands_when_our_own_answer_comes(simulator, provider):
    message = make_message()
    drain = Drain(provider, settings=FAST)
    claimed = drain.claim()
    [(row, attempt)] = drain._record_and_submit([], claimed)
    db.session.execute(
        text("""UPDATE message SET state = 'delivered', provider_sid = 'SMx', provider_status = 'delivered',
                status_rank = 100, lease_owner = NULL, lease_until = NULL""")
    )
    drain._record_and_submit([Called(row, attempt, Sent(sid="SMx", status="queued"))], [])
    assert (fresh(message).state, fresh(message).provider_status) == (State.DELIVERED, "delivered")


@pytest.mark.parametrize("said", ["queued", "sending", "sent", "delivered", "undelivered"])
@pytest.mark.parametrize("before", ["sending", "sent", None])
def test_our_own_answer_never_makes_the_end_look_like_old_news(simulator, provider, now, before, said):
    """The create may be answered after callbacks went out, and then name a status that they bring as well."""
    message = make_message()
    drain = Drain(provider, settings=FAST)
    [(row, attempt)] = drain._record_and_submit([], drain.claim())
    sid = "SM" + "b" * 32

    def hear(status):
        report = callbacks.Report(
            provider="twilio", sid=sid, status=status, to_phone=message.to_phone, message_id=message.id
        )
        return callbacks.receive(report, now=now)

    if before:
        hear(before)
    drain._record_and_submit([Called(row, attempt, Sent(sid=sid, status=said))], [])
    assert fresh(message).state in (State.SUBMITTED, State.SENT)
    assert hear("delivered") is callbacks.Verdict.APPLIED
    assert fresh(message).state == State.DELIVERED


def test_a_late_answer_of_an_abandoned_call_binds_the_id(simulator, provider):
    message = make_message()
    drain = Drain(provider, settings=FAST)
    [(row, attempt)] = drain._record_and_submit([], drain.claim())
    db.session.execute(text("UPDATE message SET state = 'unknown', lease_owner = NULL, lease_until = NULL"))
    drain._record_and_submit([Called(row, attempt, Sent(sid="SMlate"))], [])
    assert (fresh(message).state, fresh(message).provider_sid) == (State.SUBMITTED, "SMlate")


def test_a_late_but_certain_refusal_settles_an_abandoned_call(simulator, provider):
    message = make_message()
    drain = Drain(provider, settings=FAST)
    [(row, attempt)] = drain._record_and_submit([], drain.claim())
    db.session.execute(text("UPDATE message SET state = 'unknown', lease_owner = NULL, lease_until = NULL"))
    drain._record_and_submit([Called(row, attempt, Retry(code=20429, http_status=429))], [])
    assert fresh(message).state == State.PENDING


def test_the_sandbox_delivers_at_once(now):
    message = drained(SandboxProvider(), make_message())
    assert (message.state, message.provider, message.ended_at) == (State.DELIVERED, "sandbox", now)


def test_without_credentials_the_sandbox_is_the_provider():
    message = make_message()
    drain_messages()
    assert fresh(message).provider == "sandbox"


# Policy at claim


@pytest.mark.parametrize("hour", ["2027-03-10T15:00+00:00", "2027-03-10T20:00+00:00"])
def test_at_night_a_text_is_held_until_eight_and_says_why(provider, simulator, hour):
    with clock.fixed(datetime.fromisoformat(hour)):
        message = drained(provider, make_message(kind="booked"))
    assert (message.state, message.held_reason) == (State.PENDING, "quiet hours")
    assert message.held_until == datetime(2027, 3, 11, 0, 0, tzinfo=UTC)
    assert simulator.requests == []


def test_in_the_morning_the_held_text_goes(provider, simulator):
    with clock.fixed(datetime(2027, 3, 10, 15, tzinfo=UTC)):
        message = drained(provider, make_message(kind="booked"))
    with clock.fixed(datetime(2027, 3, 11, 0, 0, tzinfo=UTC)):
        message = drained(provider, message)
    assert (message.state, message.held_reason, message.held_until) == (State.SUBMITTED, None, None)


def test_a_text_that_would_be_too_late_in_the_morning_expires_and_says_so(provider, simulator):
    night = datetime(2027, 3, 10, 15, tzinfo=UTC)
    with clock.fixed(night):
        message = drained(provider, make_message(expires_at=night + timedelta(hours=2)))
    assert (message.state, message.end_reason) == (State.EXPIRED, policy.TOO_LATE_AFTER_QUIET_HOURS)


def test_a_direct_answer_goes_out_at_night(provider, simulator):
    night = datetime(2027, 3, 10, 15, tzinfo=UTC)
    with clock.fixed(night):
        message = make_message(kind="help")
        inbound = make_inbound(received_at=night - timedelta(minutes=3))
        message.answers_inbound_id = inbound.id
        db.session.flush()
        assert drained(provider, message).state == State.SUBMITTED


def test_a_text_of_a_task_that_is_over_is_cancelled(provider, simulator):
    task = make_task(status="cancelled", ended_at=datetime(2027, 3, 10, 1, tzinfo=UTC))
    message = drained(provider, make_message(task=task, kind="booked"))
    assert (message.state, message.end_reason) == (State.CANCELED, policy.TASK_OVER)


def test_a_text_that_names_an_old_window_is_cancelled(provider, simulator):
    task = make_task()
    message = make_message(task=task, kind="booked", speaks_of=task.window_start - timedelta(days=1))
    message = drained(provider, message)
    assert (message.state, message.end_reason) == (State.CANCELED, policy.TASK_MOVED)


def test_the_more_urgent_text_goes_first(provider, simulator):
    make_message(body="later", priority=60)
    make_message(body="now", priority=0)
    Drain(provider, settings=MessagingSettings(threads=1)).run(stop_after_seconds=5)
    assert [message.body for message in simulator.messages] == ["now", "later"]


def test_a_text_is_not_due_before_its_time(provider, simulator, now):
    message = drained(provider, make_message(not_before=now + timedelta(seconds=1)))
    assert message.state == State.PENDING
    assert simulator.requests == []


# Unknown ones


def unknown(message: Message) -> Message:
    db.session.execute(text("UPDATE message SET next_attempt_at = clock_timestamp() WHERE state = 'unknown'"))
    return fresh(message)


def test_an_unknown_text_that_the_carrier_has_is_bound(simulator, provider, now):
    simulator.script(simulator_module.ACCEPT_THEN_RESET)
    message = unknown(drained(provider, make_message()))
    assert upkeep.reconcile_unknown(now=now, provider=provider) == 1
    found = fresh(message)
    assert (found.state, found.provider_sid) == (State.SUBMITTED, simulator.messages[0].sid)


def test_the_same_words_of_another_row_are_not_taken_for_it(simulator, provider, now):
    sent = make_message()
    drained(provider, sent)
    simulator.script(simulator_module.SERVER_ERROR)
    twin = make_message(to_phone=sent.to_phone, customer_id=sent.customer_id)
    unknown(drained(provider, twin))
    assert upkeep.reconcile_unknown(now=now, provider=provider) == 0
    assert fresh(twin).state == State.UNKNOWN


def test_after_the_last_look_a_person_is_asked(simulator, provider, now):
    simulator.script(simulator_module.SERVER_ERROR)
    message = unknown(drained(provider, make_message()))
    for _ in range(4):
        upkeep.reconcile_unknown(now=now, provider=provider)
        message = unknown(message)
    assert (message.state, message.end_reason) == (State.NEEDS_ATTENTION, upkeep.NEVER_KNOWN)
    assert len([one for one in simulator.requests if one.method == "POST"]) == 1


def test_a_door_code_is_sent_once_more_and_flagged(simulator, provider, now):
    simulator.script(simulator_module.SERVER_ERROR)
    task = make_task(status="active", assignee=make_staff())
    message = unknown(drained(provider, make_message(task=task, kind="door_code")))
    for _ in range(4):
        upkeep.reconcile_unknown(now=now, provider=provider)
        message = unknown(message)
    again = drained(provider, message)
    assert (again.state, again.possible_duplicate) == (State.SUBMITTED, True)


def test_while_the_carrier_can_not_be_asked_nothing_is_decided(simulator, provider, now):
    simulator.script(simulator_module.SERVER_ERROR)
    message = unknown(drained(provider, make_message()))
    assert upkeep.reconcile_unknown(now=now, provider=provider_at("http://127.0.0.1:9")) == 0
    assert (fresh(message).state, fresh(message).lookups) == (State.UNKNOWN, 0)


def test_what_came_too_late_expires_with_its_reason(now):
    held = make_message(expires_at=now, held_reason="quiet hours", held_until=now)
    late = make_message(expires_at=now)
    in_time = make_message()
    assert upkeep.expire_due(now=now) == 2
    assert (fresh(held).state, fresh(held).end_reason) == (State.EXPIRED, policy.TOO_LATE_AFTER_QUIET_HOURS)
    assert fresh(late).end_reason == policy.TOO_LATE
    assert fresh(in_time).state == State.PENDING


def test_the_nightly_poll_repairs_a_missed_callback(simulator, provider, now):
    message = drained(provider, make_message())
    simulator.messages[0].status = "delivered"
    assert upkeep.poll_silent(now=now + timedelta(hours=25), provider=provider) == 1
    assert fresh(message).state == State.DELIVERED


def test_after_three_silent_days_a_text_counts_as_undelivered(simulator, provider, now):
    message = drained(provider, make_message())
    assert upkeep.poll_silent(now=now + timedelta(hours=73), provider=provider) == 1
    assert (fresh(message).state, fresh(message).end_reason) == (State.UNDELIVERED, upkeep.CARRIER_SILENT)
