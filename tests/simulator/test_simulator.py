"""The simulator itself: what it does to the SDK and to a service, without any of our own code."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from dev.processes import wait_until
from dev.procfile import ROOT
from tests.simulator import scenarios
from tests.simulator.shapes import segments_of
from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, SERVICE_SID, TwilioSimulator

PHONE = "+85291234567"
RECEIPTS = ("sending", "sent", "delivered")


class Service:
    """Takes webhooks as the real one would: forged ones are 403, else `answer`."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.answer = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                signature = self.headers["X-Twilio-Signature"]
                is_genuine = RequestValidator(AUTH_TOKEN).validate(outer.url + self.path, form, signature)
                if is_genuine:
                    outer.got.append({**form, "path": self.path})
                self.send_response(outer.answer if is_genuine else 403)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for form in self.got]


@pytest.fixture(scope="module")
def running() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: TwilioSimulator) -> Iterator[TwilioSimulator]:
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    thread = threading.Thread(target=service.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield service
    service.server.shutdown()
    service.server.server_close()


@pytest.fixture
def client(simulator: TwilioSimulator) -> Client:
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=TwilioHttpClient(timeout=5))
    client.api.base_url = simulator.url
    return client


def send(client: Client, **changes: Any) -> Any:
    values = {"to": PHONE, "body": "hello", "from_": FROM_NUMBER} | changes
    return client.messages.create(**values)


def settled(simulator: TwilioSimulator) -> None:
    wait_until(lambda: not simulator.is_busy, timeout=20, what="the callbacks")


def control(simulator: TwilioSimulator, order: str, body: dict[str, Any] | None = None) -> requests.Response:
    url = f"{simulator.url}/_control/{order}"
    return requests.get(url, timeout=10) if body is None else requests.post(url, json=body, timeout=10)


# Creates


def test_a_send_from_a_number_is_queued_and_one_by_a_service_accepted(client):
    plain = send(client)
    served = send(client, from_=None, messaging_service_sid=SERVICE_SID)
    assert (plain.status, plain.from_, plain.num_segments) == ("queued", FROM_NUMBER, "1")
    assert (served.status, served.from_, served.num_segments) == ("accepted", None, "0")


@pytest.mark.parametrize("number", scenarios.MAGIC_TO)
def test_a_magic_number_is_refused_with_its_code(client, number):
    with pytest.raises(TwilioRestException) as refused:
        send(client, to=number)
    assert refused.value.code == scenarios.MAGIC_TO[number][0]


@pytest.mark.parametrize("number", scenarios.MAGIC_FROM)
def test_a_magic_sender_is_refused_with_its_code(client, number):
    with pytest.raises(TwilioRestException) as refused:
        send(client, from_=number)
    assert refused.value.code == scenarios.MAGIC_FROM[number][0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": ""}, 21604),
        ({"from_": None}, 21603),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"validity_period": 36_001}, 20001),
        ({"schedule_type": "fixed", "send_at": "2030-01-01T00:00:00Z"}, 35118),
    ],
)
def test_what_twilio_would_not_take_is_refused(client, changes, code):
    with pytest.raises(TwilioRestException) as refused:
        send(client, **changes)
    assert refused.value.code == code


def test_a_wrong_key_is_unauthorized(simulator):
    client = Client(ACCOUNT_SID, "wrong", http_client=TwilioHttpClient(timeout=5))
    client.api.base_url = simulator.url
    with pytest.raises(TwilioRestException) as refused:
        send(client)
    assert (refused.value.status, refused.value.code) == (401, 20003)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("429", 0),
        ("500", 0),
        ("500 after accepting", 1),
        ("reset", 0),
        ("reset after accepting", 1),
        ("502 page", 0),
        ("401", 0),
        ("suspended", 0),
        ("21610", 0),
    ],
)
def test_a_scripted_fault_fails_the_call_and_keeps_only_what_it_accepted(simulator, client, name, accepted):
    simulator.script(scenarios.NAMED[name])
    with pytest.raises((TwilioRestException, requests.ConnectionError)):
        send(client)
    assert len(simulator.messages) == accepted
    assert send(client).status == "queued"


def test_a_slow_send_is_accepted_before_it_is_answered(simulator, client):
    simulator.script(scenarios.slow(0.5))
    began = time.monotonic()
    send(client)
    assert time.monotonic() - began >= 0.5


def test_a_held_send_waits_until_it_is_let_go(simulator, client):
    simulator.script(scenarios.HELD)
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(send(client)))
    thread.start()
    wait_until(lambda: simulator.held_count == 1, timeout=10, what="the held request")
    assert len(simulator.messages) == 1
    assert answers == []
    simulator.release()
    thread.join(timeout=10)
    assert answers[0].sid == simulator.messages[0].sid


def test_faults_by_chance_follow_from_the_seed(simulator, client):
    def luck() -> list[bool]:
        simulator.reset()
        simulator.seed(7)
        simulator.chances = {"500": 0.5}
        outcomes = []
        for _ in range(12):
            try:
                send(client)
                outcomes.append(True)
            except TwilioRestException:
                outcomes.append(False)
        return outcomes

    first = luck()
    assert {True, False} == set(first)
    assert luck() == first


# Looking


def test_lists_have_pages_and_filters_and_know_texts_that_came_in(simulator, client):
    for number in range(7):
        send(client, body=f"n{number}")
    send(client, to="+85261111111")
    with pytest.raises(requests.ConnectionError):
        simulator.text_in(to_url="http://127.0.0.1:9/twilio/inbound", sender=PHONE, body="nobody hears")
    assert [one.body for one in client.messages.list(to=PHONE, page_size=3)] == [f"n{n}" for n in reversed(range(7))]
    assert [one.body for one in client.messages.list(to=PHONE, limit=2)] == ["n6", "n5"]
    [came] = client.messages.list(to=FROM_NUMBER)
    assert (came.body, came.direction, came.from_, came.status) == ("nobody hears", "inbound", PHONE, "received")
    assert [one.sid for one in client.messages.list(from_=PHONE)] == [came.sid]
    assert client.messages(came.sid).fetch().body == "nobody hears"


def test_a_page_larger_than_twilios_largest_is_refused(client):
    with pytest.raises(TwilioException, match="PageSize"):
        client.messages.list(limit=5000)


def test_a_filter_by_day_leaves_out_what_was_not_sent_yet(simulator, client):
    send(client, body="waits")
    sent = simulator.message(send(client, body="sent").sid)
    simulator._move(sent, "sent")
    day = sent.sent_at
    assert [one.body for one in client.messages.list(date_sent_after=day)] == ["sent"]
    assert [one.body for one in client.messages.list(date_sent=day.date())] == ["sent"]


def test_a_message_is_fetched_redacted_and_deleted(client):
    sid = send(client).sid
    assert client.messages(sid).fetch().body == "hello"
    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        client.messages(sid).fetch()
    assert gone.value.status == 404


def test_only_a_scheduled_message_can_be_cancelled(client):
    from datetime import UTC, datetime, timedelta

    later = datetime.now(UTC) + timedelta(hours=1)
    planned = send(client, from_=None, messaging_service_sid=SERVICE_SID, schedule_type="fixed", send_at=later)
    assert planned.status == "scheduled"
    assert client.messages(planned.sid).update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException):
        client.messages(send(client).sid).update(status="canceled")


# Receipts


def test_receipts_come_by_themselves_in_order(simulator, client, service):
    simulator.receipts, simulator.habits.apart_seconds = RECEIPTS, 0.05
    sid = send(client, status_callback=f"{service.url}/status?mid=7#rc=5&rp=all").sid
    settled(simulator)
    assert service.statuses() == list(RECEIPTS)
    assert service.got[0]["path"] == "/status?mid=7"
    assert client.messages(sid).fetch().status == "delivered"


def test_receipts_come_three_times_and_backwards(simulator, client, service):
    simulator.receipts = RECEIPTS
    simulator.habits.times, simulator.habits.order, simulator.habits.apart_seconds = 3, "reversed", 0.3
    send(client, status_callback=f"{service.url}/status")
    settled(simulator)
    assert Counter(service.statuses()) == dict.fromkeys(RECEIPTS, 3)
    assert service.statuses()[:3] == ["delivered"] * 3


def test_receipts_that_are_an_hour_late_come_when_the_hour_has_passed(simulator, client, service):
    simulator.receipts, simulator.habits.late_share = RECEIPTS, 1.0
    send(client, status_callback=f"{service.url}/status")
    time.sleep(0.3)
    assert service.got == []
    simulator.skip(3600)
    settled(simulator)
    assert sorted(service.statuses()) == sorted(RECEIPTS)


def test_lost_receipts_leave_the_truth_to_be_asked_for(simulator, client, service):
    simulator.receipts, simulator.habits.lost_share = RECEIPTS, 1.0
    sid = send(client, status_callback=f"{service.url}/status").sid
    settled(simulator)
    assert (service.got, client.messages(sid).fetch().status) == ([], "delivered")


def test_forged_and_changed_receipts_do_not_pass_and_a_strangers_does(simulator, client, service):
    simulator.receipts = ("delivered",)
    habits = simulator.habits
    habits.forged_share = habits.changed_share = habits.stray_share = 1.0
    sid = send(client, status_callback=f"{service.url}/status?mid=7").sid
    settled(simulator)
    assert simulator.webhook_answers == {
        ("status", 204): 1, ("forged", 403): 1, ("changed", 403): 1, ("stray", 204): 1,
    }  # fmt: skip
    assert sorted(form["MessageSid"] == sid for form in service.got) == [False, True]


def test_an_undelivered_one_names_its_code(simulator, client, service):
    simulator.receipts, simulator.habits.undelivered_share = RECEIPTS, 1.0
    simulator.habits.error_code = 30005
    sid = send(client, status_callback=f"{service.url}/status").sid
    settled(simulator)
    assert [form.get("ErrorCode") for form in service.got if form["MessageStatus"] == "undelivered"] == ["30005"]
    assert (client.messages(sid).fetch().status, client.messages(sid).fetch().error_code) == ("undelivered", 30005)


@pytest.mark.parametrize(
    ("fragment", "tries"), [("", 1), ("#rc=2&rp=all", 3), ("#rc=3&rp=5xx", 4), ("#rc=3&rp=4xx", 1)]
)
def test_a_receipt_is_repeated_as_its_address_asks(simulator, client, service, fragment, tries):
    simulator.receipts, simulator.retry_pause_seconds, service.answer = ("delivered",), 0.02, 503
    send(client, status_callback=f"{service.url}/status{fragment}")
    settled(simulator)
    assert len(service.got) == tries
    assert len(simulator.given_up) == (1 if tries > 1 else 0)


def test_a_queue_of_one_segment_a_second_lets_long_texts_wait(simulator, client, service):
    simulator.receipts, simulator.segments_per_second = ("sent",), 10.0
    for _ in range(3):
        send(client, body="中" * 134, status_callback=f"{service.url}/status")
    began = time.monotonic()
    settled(simulator)
    assert 0.3 <= time.monotonic() - began < 5
    assert service.statuses() == ["sent"] * 3


def test_what_waits_longer_than_it_is_valid_fails(simulator, client, service):
    simulator.receipts, simulator.segments_per_second = ("sent",), 0.1
    send(client, status_callback=f"{service.url}/status")
    sid = send(client, status_callback=f"{service.url}/status", validity_period=5).sid
    simulator.skip(10)
    settled(simulator)
    assert client.messages(sid).fetch().error_code == 30036


def test_a_queue_of_ten_hours_is_full(simulator, client):
    simulator.segments_per_second = 0.00001
    send(client)
    with pytest.raises(TwilioRestException) as full:
        send(client)
    assert full.value.code == 21611


# Opt-out


def text_in(simulator: TwilioSimulator, service: Service, body: str, **options: Any) -> int:
    return simulator.text_in(to_url=f"{service.url}/inbound", sender=PHONE, body=body, **options)


@pytest.mark.parametrize("word", ["STOP", "stop ", "CANCEL", "Quit", "END", "optout"])
def test_a_stop_word_blocks_further_sends_and_still_reaches_us(simulator, client, service, word):
    text_in(simulator, service, word)
    assert service.got[0]["Body"] == word
    assert "OptOutType" not in service.got[0]
    with pytest.raises(TwilioRestException) as blocked:
        send(client)
    assert blocked.value.code == 21610
    assert len(simulator.auto_replies) == 1


@pytest.mark.parametrize("words", ["Stop please", "退订", "don't stop", "R"])
def test_other_words_block_nothing_at_twilio(simulator, client, service, words):
    text_in(simulator, service, words)
    assert send(client).status == "queued"


def test_yes_lets_sends_through_again(simulator, client, service):
    text_in(simulator, service, "STOP")
    text_in(simulator, service, "Yes")
    assert send(client).status == "queued"
    assert len(simulator.auto_replies) == 2


def test_yes_of_somebody_who_never_stopped_gets_no_answer_from_twilio(simulator, service):
    text_in(simulator, service, "YES")
    assert simulator.auto_replies == []


def test_a_block_holds_for_one_sender_only(simulator, client, service):
    text_in(simulator, service, "STOP")
    assert send(client, from_=None, messaging_service_sid=SERVICE_SID).status == "accepted"
    text_in(simulator, service, "STOP")
    with pytest.raises(TwilioRestException):
        send(client, from_=None, messaging_service_sid=SERVICE_SID)


@pytest.mark.parametrize(
    ("word", "kind"), [("STOP", "STOP"), ("退订", "STOP"), ("START", "START"), ("HELP", "HELP"), ("hello", None)]
)
def test_with_advanced_opt_out_the_webhook_says_what_twilio_understood(simulator, service, word, kind):
    simulator.opt_outs.is_advanced, simulator.opt_outs.more_stop_words = True, frozenset({"退订"})
    text_in(simulator, service, word)
    assert service.got[0].get("OptOutType") == kind


def test_the_same_text_twice_is_one_text_at_twilio(simulator, client, service):
    for _ in range(2):
        text_in(simulator, service, "hello", sid="SM" + "7" * 32)
    assert len(service.got) == 2
    assert len(client.messages.list(to=FROM_NUMBER)) == 1


# Over HTTP


def test_the_knobs_turn_while_it_runs(simulator, client):
    control(simulator, "knobs", {"latency_seconds": 0.3, "chances": {"429": 1}, "seed": 3})
    with pytest.raises(TwilioRestException) as busy:
        send(client)
    assert busy.value.status == 429
    control(simulator, "knobs", {"chances": {}})
    began = time.monotonic()
    send(client)
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"speed": 1}, 400),
        ({"habits": {"mood": "bad"}}, 400),
        ({"chances": {"earthquake": 0.1}}, 400),
        ({"chances": {"429": 0.9, "500": 0.9}}, 400),
        ({"latency_seconds": "quick"}, 400),
    ],
)
def test_a_wrong_knob_is_named_and_turns_nothing(simulator, body, status):
    before = control(simulator, "state").json()["knobs"]
    answer = control(simulator, "knobs", {"receipts": ["sent"], **body})
    assert answer.status_code == status
    assert control(simulator, "state").json()["knobs"] == before


def test_texts_and_faults_are_ordered_over_http(simulator, client, service):
    simulator.inbound_url = f"{service.url}/inbound"
    assert control(simulator, "text", {"from": PHONE, "body": "退订", "times": 2}).json()["answers"] == [204, 204]
    assert {form["MessageSid"] for form in service.got} == {service.got[0]["MessageSid"]}
    control(simulator, "script", {"scenarios": ["500"]})
    with pytest.raises(TwilioRestException):
        send(client)
    sid = send(client, status_callback=f"{service.url}/status").sid
    assert control(simulator, "report", {"sid": sid, "statuses": ["sent"], "times": 2}).json()["answers"] == [204, 204]
    control(simulator, "block", {"number": PHONE})
    with pytest.raises(TwilioRestException):
        send(client)
    shown = control(simulator, "state").json()
    assert [one["body"] for one in shown["messages"]] == ["退订", "hello"]
    assert PHONE in shown["blocked"]


def test_an_unknown_order_names_the_known_ones(simulator):
    answer = control(simulator, "dance", {})
    assert (answer.status_code, "knobs" in answer.json()["error"]) == (404, True)


def test_a_form_of_a_foreign_page_turns_nothing(simulator):
    answer = requests.post(f"{simulator.url}/_control/reset", data={"a": "b"}, timeout=10)
    assert answer.status_code == 415


def test_the_page_is_served(simulator):
    answer = requests.get(simulator.url, timeout=10)
    assert (answer.status_code, "Simulated Twilio" in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2), ("a" * 152 + "€" + "a" * 7, 2),
        ("中" * 70, 1), ("中" * 71, 2), ("中" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("a" * 69 + "😀", 2),
    ],
    ids=range(12),
)  # fmt: skip
def test_parts_are_counted_as_twilio_counts_them(text, parts):
    assert segments_of(text) == parts


def test_it_needs_nothing_but_what_the_service_needs():
    """`make run TWILIO=simulator` must work without the test tools."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import tests.simulator.__main__, sys; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"pytest", "hypothesis", "playwright", "schemathesis"} & set(loaded)
