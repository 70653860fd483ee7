"""The failure matrix of sending, line by line, with real processes killed at the very moment that the line names.

Nothing is lost: each text ends in a state that a person can see. Nothing is doubled: the carrier accepted it at most
once, or the row says `possible_duplicate`.
"""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import uuid4

import pytest
import requests

from app.core import clock
from app.core.db import db
from app.messaging.drain import Drain
from app.messaging.models import Message
from app.messaging.providers.twilio import TwilioProvider
from app.settings import MessagingSettings, TwilioSettings
from tests.chaos.scene import Scene, Text, moment, pauses, posts
from tests.factories.messaging import make_message
from tests.simulator.twilio import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    FROM_NUMBER,
    HELD,
    HELD_BEFORE_ACCEPTING,
    SERVER_ERROR,
    SERVER_ERROR_AFTER_ACCEPTING,
    SUSPENDED,
    TOO_MANY,
    UNAUTHORIZED,
    TwilioSimulator,
    refusal,
    slow,
)

LATER = moment("2027-03-10T15:00+08:00")
FAULT = "select 1 from phone_fault where phone = %(phone)s and cleared_at is null"
CHILD = "select id::text from message where parent_id = %(id)s"
RECEIPTS = ("sending", "sent", "delivered")
TASKS_OF = "select id from task where customer_id = %(id)s"


def count_of(scene: Scene, statement: str, **values: object) -> int:
    return len(scene.company.rows(statement, **values))


# The service that takes orders


def test_the_api_dies_before_its_commit(scene):
    """Nothing has happened; the client's repetition with the same key does it once."""
    booking, key, answers = scene.booking(), {"Idempotency-Key": str(uuid4())}, []
    with scene.locked("lock table task in share row exclusive mode"):
        asking = threading.Thread(
            target=posts, args=(lambda: scene.office.call("POST", "/tasks", booking, headers=key), answers)
        )
        asking.start()
        scene.wait_until_blocked()
        scene.company.kill("web")
        asking.join(timeout=30)
    assert answers == ["ConnectionError"]
    scene.company.revive("web")
    scene.company.wait_until_ready()
    assert count_of(scene, TASKS_OF, id=booking["customer_id"]) == 0
    first = scene.office.post("/tasks", booking, headers=key)
    again = scene.office.post("/tasks", booking, headers=key)
    assert first["id"] == again["id"]
    told = "select 1 from message where task_id = %(id)s and kind = 'booked' and state = 'submitted'"
    scene.company.wait_for(told, id=first["id"])
    assert count_of(scene, TASKS_OF, id=booking["customer_id"]) == 1
    assert count_of(scene, "select 1 from message where task_id = %(id)s and kind = 'booked'", id=first["id"]) == 1


def test_it_dies_after_the_commit_and_before_anybody_was_woken(scene):
    """The relay finds the rows by itself, once it looks."""
    booking = scene.booking()
    scene.company.kill("relay")
    task = scene.office.post("/tasks", booking, headers={"Idempotency-Key": str(uuid4())})
    scene.company.kill("web")
    assert pauses(lambda: scene.twilio.requests == [], seconds=1)
    scene.company.revive("relay")
    told = "select id::text from message where task_id = %(id)s and kind = 'booked' and state = 'submitted'"
    message_id = scene.company.wait_for(told, id=task["id"])
    assert len(scene.twilio.creates_of(message_id)) == 1


# Valkey


def test_valkey_is_down(scene):
    """Only a delay: the row waits in the database."""
    scene.company.kill("valkey")
    text = scene.text()
    assert pauses(lambda: scene.state(text) == "pending", seconds=1.5)
    scene.company.revive("valkey")
    scene.until(text, "submitted")
    assert len(scene.accepted(text)) == 1


def test_valkey_is_flushed(scene):
    """The wake-up that waited is gone; the next look rings again."""
    scene.stop("sms")
    text = scene.text()
    scene.wait_for(lambda: scene.company.valkey.llen("rq:queue:sms"))
    scene.company.valkey.flushall()
    scene.go_on("sms")
    scene.until(text, "submitted")
    assert len(scene.accepted(text)) == 1


# Two at the same work


def test_a_job_runs_twice(scene):
    """Wake-ups far more than work, and two workers: each row is claimed once."""
    scene.another_worker()
    scene.twilio.latency_seconds = 0.02
    scene.stop("sms")
    texts = scene.texts(40)
    scene.wake_worker(times=10)
    scene.go_on("sms")
    for text in texts:
        scene.until(text, "submitted")
    assert [len(scene.twilio.calls_for(text.id)) for text in texts] == [1] * 40


def test_a_worker_that_slept_past_its_claim_makes_no_call(scene):
    """Another one has the row by then; the fence of the first finds it gone."""
    asked = "select lease_owner from message where id = %(id)s and state = 'claimed'"
    text = scene.text(not_before=LATER)
    with scene.locked_number(text):
        scene.make_due(text)
        first_owner = scene.company.wait_for(asked, timeout=60, id=text.id)
        scene.stop("sms")
        scene.another_worker()
        scene.wait_for(lambda: scene.company.value(asked, id=text.id) not in (None, first_owner))
    scene.until(text, "submitted", "unknown")
    scene.go_on("sms")
    scene.until_reconciled(text)
    assert pauses(lambda: len(scene.twilio.calls_for(text.id)) == 1, seconds=1.5)


# A worker is killed


def test_a_worker_is_killed_when_it_has_claimed(scene):
    """No call was made, so the row is simply due again when the lease has ended."""
    text = scene.text(not_before=LATER)
    with scene.locked_number(text):
        scene.make_due(text)
        scene.until(text, "claimed")
        scene.wait_until_blocked()
        scene.company.kill("sms")
    assert (scene.state(text), scene.twilio.requests) == ("claimed", [])
    scene.company.revive("sms")
    scene.until(text, "submitted")
    assert (len(scene.accepted(text)), scene.outcomes(text)) == (1, ["Sent"])


def test_a_worker_is_killed_when_it_has_committed_to_the_call_and_nothing_arrived(scene):
    """Nobody can know, so it is looked for and then shown to a person. It is never sent again by itself."""
    scene.twilio.script(HELD_BEFORE_ACCEPTING)
    text = scene.text()
    scene.wait_until_held()
    scene.company.kill("sms")
    scene.twilio.release()
    assert scene.state(text) == "submitting"
    scene.company.revive("sms")
    scene.until(text, "unknown")
    row = scene.until_reconciled(text)
    assert (row["state"], row["possible_duplicate"]) == ("needs_attention", False)
    assert len(scene.twilio.calls_for(text.id)) == 1


def test_a_text_that_must_arrive_goes_out_once_more_and_says_so(scene):
    """The only kind of row that is sent again without knowing."""
    scene.twilio.script(HELD_BEFORE_ACCEPTING)
    text = scene.door_code()
    scene.wait_until_held()
    scene.company.kill("sms")
    scene.twilio.release()
    scene.company.revive("sms")
    scene.until(text, "unknown")
    row = scene.until_reconciled(text)
    assert (row["state"], row["possible_duplicate"]) == ("submitted", True)
    assert (len(scene.twilio.calls_for(text.id)), len(scene.accepted(text))) == (2, 1)


@pytest.mark.parametrize("finds_out_by", ["callback", "reconciling"])
def test_a_worker_is_killed_when_the_carrier_has_accepted(scene, finds_out_by):
    """The callback names our row and brings the carrier's id; without one the carrier's list is asked."""
    scene.twilio.script(HELD)
    text = scene.text()
    scene.wait_until_held()
    scene.company.kill("sms")
    scene.twilio.release()
    scene.company.revive("sms")
    scene.until(text, "unknown")
    [message] = scene.accepted(text)
    if finds_out_by == "callback":
        assert scene.twilio.report(message, RECEIPTS) == [204] * 3
    row = scene.until_reconciled(text)
    assert row["state"] == ("delivered" if finds_out_by == "callback" else "submitted")
    assert row["provider_sid"] == message.sid
    assert len(scene.twilio.calls_for(text.id)) == 1


@pytest.mark.parametrize("finds_out_by", ["callback", "reconciling"])
def test_a_worker_is_killed_between_the_answer_and_the_note_of_it(scene, finds_out_by):
    scene.twilio.script(HELD)
    text = scene.text()
    scene.wait_until_held()
    with scene.locked_row(text):
        scene.twilio.release()
        scene.wait_until_blocked()
        scene.company.kill("sms")
    [message] = scene.accepted(text)
    assert (scene.row(text)["provider_sid"], scene.outcomes(text)) == (None, [None])
    if finds_out_by == "callback":
        assert scene.twilio.report(message, ["sent"]) == [204]
        assert scene.state(text) == "sent"
    scene.company.revive("sms")
    if finds_out_by == "reconciling":
        scene.until(text, "unknown")
    row = scene.until_reconciled(text)
    assert row["provider_sid"] == message.sid
    assert len(scene.twilio.calls_for(text.id)) == 1


# The database is away


def test_the_database_is_away_before_the_call(scene):
    """No claim, no call."""
    scene.stop("sms")
    text = scene.text()
    scene.company.kill("postgres")
    scene.go_on("sms")
    assert pauses(lambda: scene.twilio.requests == [], seconds=1)
    scene.company.revive("postgres")
    scene.until(text, "submitted")
    assert len(scene.twilio.calls_for(text.id)) == 1


def test_the_database_is_away_after_the_answer(scene):
    """The worker keeps the carrier's id and writes it down as soon as it can; nobody needs to look for it."""
    scene.twilio.script(HELD)
    text = scene.text()
    scene.wait_until_held()
    scene.company.kill("postgres")
    scene.twilio.release()
    scene.wait_for(lambda: scene.twilio.held_count == 0)
    scene.company.revive("postgres")
    row = scene.until(text, "submitted")
    assert (row["provider_sid"], row["lookups"]) == (scene.accepted(text)[0].sid, 0)
    assert len(scene.twilio.calls_for(text.id)) == 1


def test_the_database_stays_away_and_then_the_worker_dies_too(scene):
    """What it had in hand is in a file, and the next worker brings it home."""
    scene.twilio.script(HELD)
    text = scene.text()
    scene.wait_until_held()
    scene.company.kill("postgres")
    scene.twilio.release()
    [message] = scene.accepted(text)
    spool = scene.company.folder / "spool"
    scene.wait_for(lambda: any(message.sid in path.read_text() for path in spool.glob("*.jsonl")))
    scene.company.kill("sms")
    scene.company.revive("postgres")
    scene.company.revive("sms")
    row = scene.until(text, "submitted")
    assert (row["provider_sid"], row["lookups"]) == (message.sid, 0)
    assert len(scene.twilio.calls_for(text.id)) == 1


def test_the_database_is_away_while_webhooks_come(scene):
    """503, so that they come again; when it is back each counts once."""
    scene.twilio.receipts = ("delivered",)
    scene.twilio.habits.after_seconds = 3600.0
    text = scene.text()
    scene.until(text, "submitted")
    scene.company.kill("postgres")
    assert scene.text_in(text.phone, "在吗", sid="SM" + "7" * 32) == 503
    scene.twilio.skip(3600)
    scene.wait_for(lambda: scene.twilio.webhook_answers["status", 503] > 0)
    scene.company.revive("postgres")
    scene.until(text, "delivered")
    assert scene.text_in(text.phone, "在吗", sid="SM" + "7" * 32) == 200
    assert scene.text_in(text.phone, "在吗", sid="SM" + "7" * 32) == 200
    assert count_of(scene, "select 1 from inbound where from_phone = %(phone)s", phone=text.phone) == 1
    assert scene.twilio.given_up == []


# What the carrier answers


def test_too_many_requests(scene):
    """Surely not processed: the row waits a moment and goes again."""
    scene.twilio.script(TOO_MANY, TOO_MANY, TOO_MANY)
    text = scene.text()
    scene.until(text, "submitted")
    assert scene.outcomes(text) == ["Retry", "Retry", "Retry", "Sent"]
    assert len(scene.accepted(text)) == 1


def test_a_slow_answer_within_the_time_limit_is_an_answer(scene):
    """25 of 30 seconds, in a tenth of the time."""
    with scene.worker_with(MESSAGING_HTTP_TIMEOUT="3"):
        scene.twilio.script(slow(2.4))
        text = scene.text()
        scene.until(text, "submitted")
    assert (scene.outcomes(text), len(scene.twilio.calls_for(text.id))) == (["Sent"], 1)


def test_a_call_that_hangs_holds_up_no_other_text(scene):
    scene.twilio.script(HELD)
    hanging = scene.text()
    scene.wait_until_held()
    for text in scene.texts(3):
        scene.until(text, "submitted")
    assert scene.twilio.held_count == 1
    scene.twilio.release()
    scene.until(hanging, "submitted")
    assert len(scene.twilio.calls_for(hanging.id)) == 1


@pytest.mark.parametrize(
    ("scenario", "ends"),
    [(SERVER_ERROR, "needs_attention"), (SERVER_ERROR_AFTER_ACCEPTING, "submitted"), (slow(6), "submitted")],
    ids=["server error", "server error after accepting", "timeout"],
)
def test_an_unclear_answer_is_looked_into_and_never_repeated(scene, scenario, ends):
    with scene.worker_with(MESSAGING_HTTP_TIMEOUT="1.5"):
        scene.twilio.script(scenario)
        text = scene.text()
        scene.until(text, "unknown")
        row = scene.until_reconciled(text)
    assert (row["state"], len(scene.twilio.calls_for(text.id))) == (ends, 1)


def test_many_unclear_answers_keep_the_other_texts_waiting(scene):
    """The breaker opens: rows wait in pending instead of becoming unknown, and go when the carrier is well again."""
    scene.twilio.script(*[SERVER_ERROR] * 8)
    lost = scene.texts(8)
    scene.company.wait_for("select open_at is not null from sender_health where open_at > clock_timestamp()")
    called = len(scene.twilio.requests)
    waiting = scene.texts(3)
    assert scene.state(waiting[0]) == "pending"
    assert len(scene.twilio.requests) <= called + 1, "one is enough to try the carrier with"
    for text in waiting:
        scene.until(text, "submitted")
    for text in lost:
        assert scene.until_reconciled(text)["state"] in ("needs_attention", "submitted")
        assert len(scene.accepted(text)) <= 1


@pytest.mark.parametrize(
    "scenario", [UNAUTHORIZED, SUSPENDED, refusal(21606)], ids=["wrong key", "suspended", "wrong sender"]
)
def test_an_account_that_may_not_send_stops_the_sender(scene, scenario):
    """One text finds out, the others wait; somebody is told."""
    scene.twilio.script(*[scenario] * 20)
    first = scene.text()
    scene.company.wait_for("select open_at > clock_timestamp() from sender_health where reason is not null")
    others = scene.texts(3)
    assert {scene.state(text) for text in [first, *others]} == {"pending"}
    assert scene.row(first)["held_reason"] == "the SMS account needs attention"
    assert "sms_account_failure" in scene.company.log_of("sms").read_text()
    scene.twilio.reset()
    scene.mend_sender()
    for text in [first, *others]:
        scene.until(text, "submitted")
        assert len(scene.accepted(text)) == 1


@pytest.mark.parametrize(
    ("code", "is_bad"), [(21211, True), (21614, True), (21635, True), (21612, False), (21408, False), (21608, False)]
)
def test_a_number_that_can_get_no_text(scene, code, is_bad):
    """This text has failed. A number that can get none at all is noted, and the next text to it makes no call."""
    scene.twilio.script(refusal(code))
    text = scene.text()
    row = scene.until(text, "failed")
    assert (row["error_code"], len(scene.twilio.calls_for(text.id))) == (code, 1)
    assert count_of(scene, FAULT, phone=text.phone) == is_bad
    [next_one] = scene.more_texts_to(text, 1, kind="done")
    scene.until(next_one, "suppressed" if is_bad else "submitted")
    assert len(scene.twilio.calls_for(next_one.id)) == (0 if is_bad else 1)


def test_the_carrier_finds_out_later_that_a_number_can_get_no_text(scene):
    text = scene.text()
    scene.until(text, "submitted")
    [message] = scene.accepted(text)
    assert scene.twilio.report(message, ["sent", "undelivered"], error_code=30005, times=2) == [204] * 4
    assert (scene.state(text), count_of(scene, FAULT, phone=text.phone)) == ("undelivered", 1)
    assert count_of(scene, CHILD, id=text.id) == 0


def test_a_handset_was_out_of_reach(scene):
    """The row keeps its end; a new one, of its own, is sent in its place."""
    text = scene.text()
    scene.until(text, "submitted")
    [message] = scene.accepted(text)
    assert scene.twilio.report(message, ["sent", "undelivered"], error_code=30003, times=2) == [204] * 4
    child = Text(scene.company.wait_for(CHILD, timeout=60, id=text.id), text.phone)
    assert scene.state(child) == "pending"
    scene.make_due(child)
    scene.until(child, "submitted")
    assert (scene.state(text), len(scene.accepted(text)), len(scene.accepted(child))) == ("undelivered", 1, 1)


def test_the_carrier_suspends_the_account_later(scene):
    """30002 in a callback stops the sender and is told to head office."""
    text = scene.text()
    scene.until(text, "submitted")
    [message] = scene.accepted(text)
    assert scene.twilio.report(message, ["failed"], error_code=30002) == [204]
    waiting = scene.text()
    assert pauses(lambda: scene.state(waiting) == "pending", seconds=1)
    assert count_of(scene, "select 1 from sender_alert where code = 30002 and settled_at is null") == 1
    scene.mend_sender()
    scene.until(waiting, "submitted")


def test_a_refusal_that_only_the_carrier_knew(scene):
    """21610: the text is suppressed, and the number is ours to respect from now on."""
    text = scene.text(not_before=LATER)
    scene.twilio.block(text.phone)
    scene.make_due(text)
    row = scene.until(text, "suppressed")
    assert row["error_code"] == 21610
    asked = "select state from consent where phone = %(phone)s and channel = 'sms' and scope = 'all'"
    assert scene.company.value(asked, phone=text.phone) == "out"
    [next_one] = scene.more_texts_to(text, 1)
    scene.until(next_one, "suppressed")
    assert scene.twilio.calls_for(next_one.id) == []


# Callbacks


def test_a_callback_comes_again(scene):
    text = scene.text()
    scene.until(text, "submitted")
    [message] = scene.accepted(text)
    assert scene.twilio.report(message, ["sent", "delivered"], times=3) == [204] * 6
    assert scene.state(text) == "delivered"
    assert count_of(scene, "select 1 from provider_event where sid = %(sid)s", sid=message.sid) == 2


def test_callbacks_come_out_of_order(scene):
    text = scene.text()
    scene.until(text, "submitted")
    [message] = scene.accepted(text)
    assert scene.twilio.report(message, ["delivered", "sent", "sending", "queued"]) == [204] * 4
    assert (scene.state(text), scene.row(text)["provider_status"]) == ("delivered", "delivered")


def test_a_callback_comes_before_our_own_answer(scene):
    """It binds the carrier's id; what the worker writes afterwards changes nothing."""
    scene.twilio.script(HELD)
    text = scene.text()
    scene.wait_until_held()
    [message] = scene.accepted(text)
    assert scene.twilio.report(message, ["sent", "delivered"]) == [204, 204]
    before = scene.row(text)
    assert (before["state"], before["provider_sid"]) == ("delivered", message.sid)
    scene.twilio.release()
    scene.wait_for(lambda: scene.outcomes(text) == ["Sent"])
    after = scene.row(text)
    kept = ("state", "provider_sid", "provider_status", "status_rank", "ended_at", "submitted_at", "error_code")
    assert [after[name] for name in kept] == [before[name] for name in kept]


@pytest.mark.parametrize("wrong", ["token", "body", "address"])
def test_a_forged_callback(scene, wrong):
    """403, and nothing is kept of it."""
    text, other = scene.texts(2)
    scene.until(text, "submitted")
    scene.until(other, "submitted")
    [message] = scene.accepted(text)
    form = scene.twilio.callback_form(message, "delivered")
    address = message.callback.split("#")[0]
    signature = scene.twilio.sign(address, form, token="forged" if wrong == "token" else None)
    if wrong == "body":
        form["MessageStatus"] = "failed"
    if wrong == "address":
        address = address.replace(text.id, other.id)
    answer = requests.post(address, data=form, headers={"X-Twilio-Signature": signature}, timeout=30)
    assert answer.status_code == 403
    assert {scene.state(text), scene.state(other)} == {"submitted"}
    assert count_of(scene, "select 1 from provider_event where sid = %(sid)s", sid=message.sid) == 0


def test_a_genuine_callback_for_another_number_or_account_changes_nothing(scene):
    text = scene.text()
    scene.until(text, "submitted")
    [message] = scene.accepted(text)
    form = scene.twilio.callback_form(message, "delivered")
    assert scene.twilio.post(message.callback, {**form, "To": "+85269999999"}) == 204
    assert scene.twilio.post(message.callback, {**form, "AccountSid": "AC" + "9" * 32}) == 403
    assert scene.state(text) == "submitted"


# Stops


def test_a_stop_races_a_send(scene):
    """What was already being sent goes out; nothing after it, however much waits."""
    scene.twilio.script(HELD)
    text = scene.text()
    scene.wait_until_held()
    later = scene.more_texts_to(text, 5, not_before=LATER)
    assert scene.text_in(text.phone, "STOP") == 200
    scene.make_due(text)
    scene.twilio.release()
    scene.until(text, "submitted")
    for one in later:
        scene.until(one, "suppressed")
        assert scene.twilio.calls_for(one.id) == []
    assert len(scene.twilio.calls_for(text.id)) == 1


def test_a_stop_comes_between_the_claim_and_the_call(scene):
    """The statement that commits to the call asks again."""
    text = scene.text(not_before=LATER)
    with scene.locked_number(text):
        scene.make_due(text)
        scene.until(text, "claimed")
        scene.wait_until_blocked()
        answers: list[object] = []
        scene.stop("sms")
        url = f"{scene.company.url}/twilio/inbound"
        asking = threading.Thread(
            target=lambda: answers.append(scene.twilio.text_in(to_url=url, sender=text.phone, body="退订"))
        )
        asking.start()
        scene.wait_until_blocked(2)
    # The worker had asked for the number first, so it gets it first; but it sleeps, and its lease runs out.
    scene.go_on("sms")
    asking.join(timeout=30)
    assert answers == [200]
    row = scene.until(text, "suppressed", "submitted", "unknown")
    stopped_at = scene.company.value(
        "select pg_xact_commit_timestamp(xmin) from consent_event where phone = %(p)s", p=text.phone
    )
    assert row["state"] == "suppressed" or row["call_started_at"] < stopped_at
    assert len(scene.twilio.calls_for(text.id)) == (0 if row["state"] == "suppressed" else 1)


def test_a_stop_comes_while_texts_wait(scene):
    """They are suppressed at once, not only when their time comes."""
    texts = scene.texts(1, not_before=LATER)
    texts += scene.more_texts_to(texts[0], 3, not_before=LATER)
    assert scene.text_in(texts[0].phone, "退订") == 200
    for text in texts:
        assert scene.until(text, "suppressed")["end_reason"] == "the customer has opted out"
    assert scene.twilio.requests == []


# Appointments move


def move(scene: Scene, task_id: int) -> None:
    body = {"window_start": "2027-03-10T17:00:00+08:00", "window_end": "2027-03-10T19:00:00+08:00"}
    scene.office.post(f"/tasks/{task_id}/reschedule", body, headers={"Idempotency-Key": str(uuid4())})


def told(scene: Scene, task_id: int) -> list[tuple[str, str]]:
    asked = """select kind, state from message where task_id = %(id)s and kind <> 'reminder'
               and state in ('submitted', 'sent', 'delivered') order by submitted_at"""
    return [(row["kind"], row["state"]) for row in scene.company.rows(asked, id=task_id)]


def test_an_appointment_moves_while_its_text_waits(scene):
    """The old text is taken back; the customer reads one time only, the right one."""
    scene.stop("sms")
    task = scene.office.post("/tasks", scene.booking(), headers={"Idempotency-Key": str(uuid4())})
    booked = "select id from message where task_id = %(id)s and kind = 'booked' and state = 'pending'"
    scene.company.wait_for(booked, id=task["id"])
    move(scene, task["id"])
    canceled = "select id from message where task_id = %(id)s and state = 'canceled'"
    scene.company.wait_for(canceled, id=task["id"])
    scene.go_on("sms")
    scene.wait_for(lambda: told(scene, task["id"]))
    assert pauses(lambda: len(told(scene, task["id"])) == 1, seconds=1)
    assert ["17:00" in message.body for message in scene.twilio.messages] == [True]


def test_an_appointment_moves_while_its_text_is_being_sent(scene):
    """That one can't be taken back, so a correction follows it."""
    scene.twilio.script(HELD)
    task = scene.office.post("/tasks", scene.booking(), headers={"Idempotency-Key": str(uuid4())})
    scene.wait_until_held()
    move(scene, task["id"])
    scene.twilio.release()
    scene.wait_for(lambda: len(told(scene, task["id"])) == 2)
    assert [kind for kind, _ in told(scene, task["id"])] == ["booked", "changed"]
    assert ["17:00" in message.body for message in scene.twilio.messages] == [False, True]


# Clocks


def test_a_worker_whose_clock_is_wrong_gives_leases_by_the_clock_of_the_database(scene):
    epoch = repr(scene.company.began - 1800)  # business time half an hour ahead of everybody else's
    with scene.worker_with(CLOCK_EPOCH=epoch):
        scene.twilio.script(HELD)
        text = scene.text()
        scene.wait_until_held()
        lease = "select extract(epoch from lease_until - call_started_at)::float from message where id = %(id)s"
        assert 0 < scene.company.value(lease, id=text.id) < 5
        scene.until(text, "unknown")
        scene.twilio.release()
        scene.until(text, "submitted")
    assert len(scene.accepted(text)) == 1


EDGES = [
    ("America/New_York", "+12125550123", "2027-03-13T22:30-05:00", "2027-03-14T08:00-04:00"),
    ("America/New_York", "+12125550123", "2027-11-06T22:30-04:00", "2027-11-07T08:00-05:00"),
    ("Europe/London", "+442071838750", "2027-03-27T22:30+00:00", "2027-03-28T08:00+01:00"),
    ("Europe/London", "+442071838750", "2027-10-30T22:30+01:00", "2027-10-31T08:00+00:00"),
]


@pytest.mark.parametrize(("zone", "phone", "written", "opens"), EDGES, ids=[edge[2][:10] for edge in EDGES])
def test_the_clocks_change_in_the_night_and_a_text_waits_until_eight(session, zone, phone, written, opens):
    with TwilioSimulator() as twilio:
        settings = TwilioSettings(ACCOUNT_SID, AUTH_TOKEN, from_number=FROM_NUMBER, api_base_url=twilio.url)
        provider = TwilioProvider(settings, timeout_seconds=10, threads=1)

        def state_at(when: datetime) -> tuple[str, datetime | None, int]:
            with clock.fixed(when):
                Drain(provider, settings=MessagingSettings(threads=1)).run(stop_after_seconds=5)
            db.session.expire_all()
            row = db.session.get(Message, message_id)
            return row.state, row.held_until, len(twilio.messages)

        evening, morning = moment(written), moment(opens)
        message_id = make_message(
            kind="done",
            to_phone=phone,
            zone=zone,
            not_before=evening,
            created_at=evening,
            expires_at=moment("2028-01-01T00:00Z"),
        ).id
        assert state_at(evening) == ("pending", morning, 0)
        assert state_at(morning) == ("submitted", None, 1)


# Texts that come in, and carriers that fall silent


def test_a_text_comes_in_three_times_at_once(scene):
    """One row, one effect."""
    text = scene.text()
    scene.until(text, "submitted")
    sid, answers = "SM" + uuid4().hex, []
    url = f"{scene.company.url}/twilio/inbound"
    asking = [
        threading.Thread(
            target=lambda: answers.append(scene.twilio.text_in(to_url=url, sender=text.phone, body="在吗", sid=sid))
        )
        for _ in range(3)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(timeout=30)
    assert answers == [200] * 3
    scene.company.wait_until_quiet()
    assert count_of(scene, "select 1 from inbound where sid = %(sid)s", sid=sid) == 1
    unread = """select unread from conversation join customer on customer.id = conversation.customer_id
                where customer.phone = %(phone)s"""
    assert scene.company.value(unread, phone=text.phone) == 1


def test_a_text_that_no_webhook_brought_is_fetched(scene):
    """Nobody was in when it came, however often; the nightly job asks the carrier what we have missed."""
    text = scene.text()
    scene.until(text, "submitted")
    scene.company.kill("web")
    with pytest.raises(requests.ConnectionError):
        scene.text_in(text.phone, "退订")
    scene.company.revive("web")
    scene.company.wait_until_ready()
    [missed] = scene.twilio.inbound
    missed.created_at = missed.sent_at = moment("2027-03-10T10:00+08:00")
    scene.run_job("recover_inbound")
    assert count_of(scene, "select 1 from inbound where sid = %(sid)s", sid=missed.sid) == 1
    [next_one] = scene.more_texts_to(text, 1)
    scene.until(next_one, "suppressed")
    assert scene.twilio.calls_for(next_one.id) == []


@pytest.mark.parametrize(
    ("hours", "says", "ends", "reason"),
    [
        (25, "delivered", "delivered", None),
        (25, "sent", "submitted", None),
        (73, "sent", "undelivered", "the carrier never reported"),
        (73, "delivered", "delivered", None),
    ],
    ids=["delivered unnoticed", "silent for a day", "silent for three days", "delivered unnoticed for three days"],
)
def test_the_carrier_accepts_and_then_falls_silent(scene, hours, says, ends, reason):
    text = scene.text()
    scene.until(text, "submitted")
    scene.accepted(text)[0].status = says
    scene.execute(
        "update message set submitted_at = submitted_at - make_interval(hours => %s) where id = %s", [hours, text.id]
    )
    scene.run_job("poll_silent_messages")
    row = scene.row(text)
    assert (row["state"], row["end_reason"]) == (ends, reason)
