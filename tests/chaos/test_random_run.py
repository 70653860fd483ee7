"""Two thousand texts on an evening when everything goes wrong: none lost, none doubled, none where none may go.

Workers, the relay and Valkey are killed or paused, the carrier fails, customers stop and start again, callbacks come
twice, late, backwards, forged or never, and in the middle of it the quiet hours begin in Hong Kong and end in New York.
Then comes the morning, and every row must have come to its end.

A bigger run, or the same one again:  RANDOM_RUN_TEXTS=20000 RANDOM_RUN_SEED=7 pytest tests/chaos/test_random_run.py -s
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests

from app.core.db import db
from app.messaging.kinds import RULES, Kind
from app.people.models import Store
from dev.processes import Child
from tests.chaos.scene import TIME_SCALE, environment
from tests.company import Company
from tests.conftest import connected_to
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.factories.people import make_staff, make_store
from tests.factories.tasks import make_task
from tests.simulator.twilio import Recorded, TwilioSimulator

TEXTS = int(os.environ.get("RANDOM_RUN_TEXTS", "2000"))
SEED = int(os.environ.get("RANDOM_RUN_SEED", "20270310"))
PATIENCE_SECONDS = 60.0 + TEXTS / 10
CUSTOMERS = 160
DOOR_CODES = 25
STOPS, STARTS = 30, 8
DISASTERS = 10
CALLS_BETWEEN, LONGEST_CALM_SECONDS = TEXTS // 50, 3.0
SPAN = timedelta(seconds=max(30, TEXTS / 40))
"""The texts become due over so long."""
QUIET_AFTER = 0.6
EVENING, MORNING = "2027-03-10T20:58:00+08:00", "2027-03-11T08:01:00+08:00"

LONGEST_PAUSE_SECONDS = 3.5
"""How long a worker may sleep in the middle of its work: longer than the lease of a call."""
SLACK = timedelta(seconds=1)
"""Between asking whether a text may go and the note that it goes; a busy machine takes its time."""

ENDS = {"delivered", "undelivered", "failed", "suppressed", "expired", "canceled", "needs_attention"}
ANY_HOUR = {kind.value for kind, rule in RULES.items() if rule.any_hour}
KINDS = [Kind.DONE, Kind.RATING, Kind.COULD_NOT_MEET, Kind.CANCELLED, Kind.STAFF, Kind.HELP]
PLACES = {  # zone -> how the numbers of the place begin, and how often it is drawn
    "Asia/Hong_Kong": ("+85261", 6),
    "America/New_York": ("+141520", 3),
    "America/Halifax": ("+190244", 1),
}
FAULTS = {"429": 0.03, "500": 0.005, "500 after accepting": 0.007, "reset after accepting": 0.007, "502 page": 0.003}


@dataclass
class Evening:
    company: Company
    twilio: TwilioSimulator
    dice: random.Random
    phones: list[str]
    quiet_at: datetime
    """Business time: quiet hours begin in Hong Kong and end in New York."""
    second: Child | None = None
    clocks: list[tuple[datetime, timedelta]] = field(default_factory=list)
    """(real time from which it holds, business time minus real time)."""
    stopped: int = 0

    # Time

    def business(self, real: datetime) -> datetime:
        offset = next(offset for since, offset in reversed(self.clocks) if real >= since)
        return real + offset

    def note_clock(self) -> None:
        began = datetime.fromtimestamp(self.company.began, UTC)
        self.clocks.append((began, datetime.fromisoformat(self.company.clock) - began))

    # Disasters

    def start_second_worker(self) -> None:
        self.second = self.company.another("sms", "sms2")

    def rage(self) -> None:
        """In this thread: a process ends with the thread that started it (dev.processes)."""
        texting = threading.Thread(target=self._customers_text, daemon=True)
        texting.start()
        for _ in range(DISASTERS):
            self._wait_for_progress()
            self.dice.choice([self._kill_worker, self._kill_second, self._kill_relay, self._kill_valkey, self._pause])()
        # The carrier's faults last until everything has been tried.
        self.company.wait_for(self._is_all_handed_over, timeout=PATIENCE_SECONDS)
        texting.join(timeout=PATIENCE_SECONDS)
        assert not texting.is_alive()

    def _wait_for_progress(self) -> None:
        """Disasters strike between texts, not only while everybody is still getting up from the last one."""
        enough, ends = len(self.twilio.requests) + CALLS_BETWEEN, time.monotonic() + LONGEST_CALM_SECONDS
        while len(self.twilio.requests) < enough and time.monotonic() < ends:
            time.sleep(0.02)
        time.sleep(self.dice.uniform(0.0, 0.3))

    def _is_all_handed_over(self) -> bool:
        waits = "select exists (select from message where state in ('pending', 'claimed') and held_reason is null)"
        return not self.company.value(waits)

    def _kill_worker(self) -> None:
        self._kill_and_revive("sms")

    def _kill_relay(self) -> None:
        self._kill_and_revive("relay")

    def _kill_valkey(self) -> None:
        self._kill_and_revive("valkey")

    def _kill_and_revive(self, name: str) -> None:
        self.company.kill(name)
        time.sleep(self.dice.uniform(0.05, 0.6))
        self.company.revive(name)

    def _kill_second(self) -> None:
        self.second.kill()
        self.start_second_worker()

    def _pause(self) -> None:
        self.company.signal("sms", signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.5, LONGEST_PAUSE_SECONDS))
        self.company.signal("sms", signal.SIGCONT)

    def _customers_text(self) -> None:
        dice = random.Random(SEED + 1)
        leaving = dice.sample(self.phones, STOPS)
        for phone in leaving:
            time.sleep(dice.uniform(0.0, 0.6))
            self._text_in(phone, dice.choice(["STOP", "退订", "stop", "unsubscribe"]))
            self.stopped += 1
        for phone in leaving[:STARTS]:
            time.sleep(dice.uniform(0.0, 0.3))
            self._text_in(phone, "YES")

    def _text_in(self, phone: str, body: str) -> None:
        for _ in range(50):
            try:
                if self.twilio.text_in(to_url=f"{self.company.url}/twilio/inbound", sender=phone, body=body) == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise AssertionError("a customer's text was never taken")

    # Quiet again

    def heal(self) -> None:
        self.twilio.chances = {}
        for name, child in self.company.processes.items():
            self.company.signal(name, signal.SIGCONT)
            if not child.is_alive:
                self.company.revive(name)
        if not self.second.is_alive:
            self.start_second_worker()

    def settle(self) -> None:
        """Until nothing is due, nothing under way, and the carrier has said all it will say."""

        def is_quiet() -> bool:
            if self.company.value("select exists (select from message where state = 'unknown')"):
                self._look_for_unknown_ones()
                return False
            now = self.business(datetime.now(UTC))
            return not self.twilio.is_busy and not self.company.value(
                """select exists (select from delivery where state = 'due')
                   or exists (select from message where state in ('claimed', 'submitting')
                              or (state = 'pending' and not_before <= %(now)s))""",
                now=now,
            )

        self.company.wait_for(is_quiet, timeout=PATIENCE_SECONDS)

    def _look_for_unknown_ones(self) -> None:
        """Hours pass between the real looks; here each is asked for at once, by its usual job."""
        with psycopg.connect(self.company.database_url) as connection:
            connection.execute("update message set next_attempt_at = now() where state = 'unknown'")
        self.run_job("reconcile_messages")

    def run_job(self, name: str) -> None:
        with psycopg.connect(self.company.database_url) as connection:
            asked = "insert into schedule_slot (job, slot) values (%s, clock_timestamp()) returning slot"
            slot = connection.execute(asked, [name]).fetchone()[0]
        done = "select state = 'done' from schedule_slot where job = %(job)s and slot = %(slot)s"
        self.company.wait_for(done, timeout=PATIENCE_SECONDS, job=name, slot=slot)

    def ask_about_silent_ones(self) -> None:
        """Callbacks that never came: a day later the carrier is asked."""
        with psycopg.connect(self.company.database_url) as connection:
            connection.execute(
                """update message set submitted_at = submitted_at - interval '25 hours'
                   where state in ('submitted', 'sent')"""
            )
        self.run_job("poll_silent_messages")

    def next_morning(self) -> None:
        for name in ("sms", "relay", "fast", "web"):
            self.company.kill(name)
        self.second.kill()
        self.company.clock, self.company.began = MORNING, time.time()
        self.note_clock()
        for name in ("web", "fast", "relay", "sms"):
            self.company.revive(name)
        self.start_second_worker()
        self.company.wait_until_ready()


@pytest.fixture(scope="module")
def evening(app: Any, start_company: Callable[..., Company]) -> Any:
    dice = random.Random(SEED)
    with TwilioSimulator() as twilio:
        company = start_company(own_postgres=True, clock=EVENING, names=("web", "fast"), env=environment(twilio))
        evening = Evening(company, twilio, dice, phones=[], quiet_at=datetime.min)
        evening.note_clock()
        with app.app_context(), connected_to(company.database_url):
            fill(evening)
        twilio.seed(SEED)
        twilio.latency_seconds, twilio.latency_jitter_seconds = 0.02, 0.06
        twilio.retry_pause_seconds = 0.2
        twilio.chances = dict(FAULTS)
        twilio.receipts = ("sent", "delivered")
        habits = twilio.habits
        habits.order, habits.apart_seconds, habits.late_seconds = "shuffled", 0.05, 6.0
        habits.twice_share, habits.late_share, habits.lost_share = 0.1, 0.03, 0.02
        habits.forged_share = habits.changed_share = habits.stray_share = 0.01
        habits.undelivered_share, habits.error_code = 0.01, 30003
        company.restart("relay")
        company.restart("sms")
        evening.start_second_worker()
        yield evening
        evening.second.kill()
        company.stop()


def fill(evening: Evening) -> None:
    """Customers in three places, and their texts."""
    dice = evening.dice
    store = make_store()
    now = evening.business(datetime.now(UTC))
    evening.quiet_at = (now + QUIET_AFTER * SPAN).replace(microsecond=0)
    people = [draw_customer(store, number, dice) for number in range(CUSTOMERS)]
    evening.phones = [customer.phone for customer, _ in people]
    for number in range(TEXTS - DOOR_CODES):
        customer, zone = dice.choice(people)
        due = now + dice.uniform(0, 1) * SPAN
        useful = dice.choices([timedelta(hours=24), timedelta(hours=3), timedelta(seconds=20)], [90, 8, 2])[0]
        add_message(customer, zone, dice.choice(KINDS).value, due, due + useful, f"第{number}条", now)
    for number in range(DOOR_CODES):
        customer, zone = dice.choice(people)
        task = make_task(status="active", customer=customer, assignee=make_staff(store=store), store_id=store.id)
        add_message(customer, zone, "door_code", now, now + timedelta(hours=2), f"门{number}", now, task=task)
    set_quiet_hours(evening.quiet_at)
    db.session.commit()


def draw_customer(store: Store, number: int, dice: random.Random) -> tuple[Any, str]:
    zone = dice.choices(list(PLACES), [share for _, share in PLACES.values()])[0]
    prefix = PLACES[zone][0]
    return make_customer(store=store, phone=f"{prefix}{number:0{12 - len(prefix)}d}"), zone


def add_message(
    customer: Any, zone: str, kind: str, due: datetime, until: datetime, body: str, now: datetime, **more: Any
) -> None:
    make_message(customer, kind=kind, zone=zone, not_before=due, expires_at=until, created_at=now, body=body, **more)


def set_quiet_hours(moment: datetime) -> None:
    """Head office edits the countries: Hong Kong falls silent at that minute, New York wakes up."""
    hong_kong = moment.astimezone(ZoneInfo("Asia/Hong_Kong")).time()
    new_york = moment.astimezone(ZoneInfo("America/New_York")).time()
    for code, column, value in (("HK", "quiet_from", hong_kong), ("US", "quiet_to", new_york)):
        db.session.execute(
            db.text(f"update sms_country set {column} = :value where code = :code"), {"value": value, "code": code}
        )


def test_a_random_evening_ends_well(evening: Evening) -> None:
    print(f"\nseed {SEED}, {TEXTS} texts")
    began = time.monotonic()
    evening.rage()
    evening.heal()
    evening.settle()
    evening.ask_about_silent_ones()
    evening.settle()
    print(f"evening: {time.monotonic() - began:.0f} s, {Counter(states(evening))}")
    outcomes = evening.company.rows("select outcome, count(*) as n from message_attempt group by 1 order by 1")
    print(f"calls: {outcomes}, webhooks: {dict(evening.twilio.webhook_answers)}")
    assert_every_row_has_ended_or_says_why_not(evening)
    assert_nothing_was_sent_wrongly(evening)
    held = evening.company.rows("select id from message where held_reason = 'quiet hours'")
    assert held, "the quiet hours must begin before all is sent"

    evening.twilio.habits.undelivered_share = 0.0
    evening.next_morning()
    evening.settle()
    with psycopg.connect(evening.company.database_url) as connection:
        connection.execute("update message set not_before = now() - interval '1 year' where state = 'pending'")
    evening.settle()
    evening.ask_about_silent_ones()
    evening.settle()
    print(f"morning: {time.monotonic() - began:.0f} s, {Counter(states(evening))}")
    assert set(states(evening)) <= ENDS
    assert_nothing_was_sent_wrongly(evening)
    assert sum(Counter(states(evening)).values()) >= TEXTS
    assert evening.stopped == STOPS


# What must be true at any time


def states(evening: Evening) -> list[str]:
    return [row["state"] for row in evening.company.rows("select state from message")]


def assert_every_row_has_ended_or_says_why_not(evening: Evening) -> None:
    now = evening.business(datetime.now(UTC))
    for row in evening.company.rows("select * from message where not state = any(%(ends)s)", ends=list(ENDS)):
        is_held = bool(row["held_reason"]) and row["held_until"] > now
        is_repetition = row["resend_no"] > 0  # of what did not arrive; it waits a while
        assert row["state"] == "pending", row
        assert is_held or is_repetition, row


def assert_nothing_was_sent_wrongly(evening: Evening) -> None:
    rows = {str(row["id"]): row for row in evening.company.rows("select * from message")}
    attempts: dict[str, list[datetime]] = {}
    for attempt in evening.company.rows("select message_id, call_started_at from message_attempt order by n"):
        attempts.setdefault(str(attempt["message_id"]), []).append(attempt["call_started_at"])
    calls: dict[str, list[Recorded]] = {}
    for request in evening.twilio.requests:
        if request.method == "POST":
            calls.setdefault(request.form["StatusCallback"].split("mid=")[1].split("#")[0], []).append(request)
    assert set(calls) <= set(attempts), "each call is written down before it is made"
    assert_none_is_doubled_and_none_forgotten(evening, rows)
    assert_none_after_a_stop(evening, rows, attempts, calls)
    assert_none_in_quiet_hours(evening, rows, attempts, calls)
    assert_forgeries_were_refused(evening)


def assert_none_is_doubled_and_none_forgotten(evening: Evening, rows: dict[str, dict[str, Any]]) -> None:
    accepted: dict[str, list[str]] = {}
    for message in evening.twilio.messages:
        accepted.setdefault(str(message.mid), []).append(message.sid)
    assert set(accepted) <= set(rows)
    for mid, row in rows.items():
        sids = accepted.get(mid, [])
        if row["possible_duplicate"]:
            assert row["kind"] == "door_code"
            assert len(sids) <= 2, row
        else:
            assert len(sids) <= 1, row
        if sids:
            assert row["provider_sid"] in sids, row
            assert row["state"] in ("submitted", "sent", "delivered", "undelivered"), row
        else:
            assert row["state"] not in ("submitted", "sent", "delivered", "undelivered"), row


def assert_none_after_a_stop(
    evening: Evening,
    rows: dict[str, dict[str, Any]],
    attempts: dict[str, list[datetime]],
    calls: dict[str, list[Recorded]],
) -> None:
    """By the database's own commit times. What had been committed to before a stop may still arrive after it."""
    said: dict[str, list[tuple[datetime, str]]] = {}
    asked = "select phone, state, pg_xact_commit_timestamp(xmin) as at from consent_event order by id"
    for event in evening.company.rows(asked):
        said.setdefault(event["phone"], []).append((event["at"], event["state"]))
    for mid, began in attempts.items():
        words = said.get(rows[mid]["to_phone"], [])
        for moment in began:
            latest = [state for at, state in words if at < moment][-1:]
            assert latest != ["out"], f"{rows[mid]} was called at {moment}, after {words}"
        for call in calls.get(mid, []):
            assert any(moment.timestamp() <= call.arrived_at + 0.01 for moment in began), rows[mid]


def assert_none_in_quiet_hours(
    evening: Evening,
    rows: dict[str, dict[str, Any]],
    attempts: dict[str, list[datetime]],
    calls: dict[str, list[Recorded]],
) -> None:
    lease = timedelta(seconds=90 * TIME_SCALE + LONGEST_PAUSE_SECONDS)
    for mid, began in attempts.items():
        row = rows[mid]
        if row["kind"] in ANY_HOUR:
            continue
        for moment in began:
            assert is_open(evening, row["zone"], evening.business(moment), SLACK), (row, moment)
        for call in calls.get(mid, []):
            arrived = evening.business(datetime.fromtimestamp(call.arrived_at, UTC))
            assert is_open(evening, row["zone"], arrived, SLACK + lease), (row, arrived)


def is_open(evening: Evening, zone: str, moment: datetime, slack: timedelta) -> bool:
    """Halifax is awake at both times; the others change over at the one minute, and back in the morning."""
    quiet_at, morning = evening.quiet_at, datetime.fromisoformat(MORNING)
    if zone == "Asia/Hong_Kong":
        return moment < quiet_at + slack or moment >= morning
    if zone == "America/New_York":
        return moment >= quiet_at
    return True


def assert_forgeries_were_refused(evening: Evening) -> None:
    answers = Counter[str]()
    for (kind, status), count in evening.twilio.webhook_answers.items():
        if kind in ("forged", "changed") and status:
            answers[f"{kind} {status}"] += count
    assert set(answers) <= {"forged 403", "changed 403"}
    assert evening.company.rows("select 1 from provider_event where error_code = 30007") == []
