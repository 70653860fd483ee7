"""One line of the failure matrix: texts on their way, processes to kill, and the moment to do it in.

No process knows that it is being tested. A worker stops exactly where a test wants it because it waits for something
real: a lock that the test holds in PostgreSQL, or an answer that the simulated carrier holds back.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import redis
import requests
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from app.core import live, outbox
from app.core.db import db
from app.messaging import outbound
from app.people.models import Store
from dev.processes import Child
from tests.company import Caller, Company
from tests.conftest import connected_to
from tests.factories.customers import make_customer
from tests.factories.messaging import NOW, make_message
from tests.factories.people import make_staff
from tests.factories.tasks import make_task
from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, SimulatedMessage, TwilioSimulator

PATIENCE_SECONDS = 60.0
TIME_SCALE = 0.03
"""A claim is leased for 1.8 s, a call for 2.7 s."""

END_OF_A_TEST = """
    update message set state = 'canceled', end_reason = 'the test is over', ended_at = now(), lease_owner = null,
        lease_until = null, next_attempt_at = null
    where state in ('pending', 'claimed', 'submitting', 'unknown')"""


@dataclass(frozen=True)
class Text:
    """One row of ours and its number."""

    id: str
    phone: str


@dataclass
class Scene:
    company: Company
    twilio: TwilioSimulator
    app: Flask
    store_id: int
    office: Caller
    _stopped: set[int] = field(default_factory=set)
    _more: list[Child] = field(default_factory=list)

    # Before and after

    def open(self) -> None:
        self.twilio.reset()
        self.twilio.retry_pause_seconds = 0.3
        self.company.wait_for(self._can_be_written, timeout=PATIENCE_SECONDS)

    def _can_be_written(self) -> bool:
        try:
            self.execute("delete from sender_health")
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Leave everything running and nothing under way."""
        self.twilio.release()
        for child in self._more:
            child.kill()
        self._more.clear()
        for name in self.company.processes:
            self.go_on(name)
        if not self.company.postgres.is_ready():
            self.company.revive("postgres")
        if not self.company.valkey_server.is_ready():
            self.company.revive("valkey")
        self.execute(END_OF_A_TEST)
        for name, child in self.company.processes.items():
            if not child.is_alive:
                self.company.revive(name)
        self.company.wait_until_ready()

    # Texts

    def text(self, **changes: Any) -> Text:
        """A text that is due now, to a number of its own."""
        return self.texts(1, **changes)[0]

    def texts(self, count: int, **changes: Any) -> list[Text]:
        with self.app.app_context(), connected_to(self.company.database_url):
            store = db.session.get(Store, self.store_id)
            rows = []
            for _ in range(count):
                customer = make_customer(store=store)
                # Words of its own, so that the carrier's list can tell them apart.
                rows.append(make_message(customer, **{"body": f"【慧芳】您好 {uuid4().hex[:8]}", **changes}))
            found = [Text(str(row.id), row.to_phone) for row in rows]
            db.session.commit()
            self.ring()
        return found

    def more_texts_to(self, text: Text, count: int, **changes: Any) -> list[Text]:
        with self.app.app_context(), connected_to(self.company.database_url):
            customer_id = self.company.value("select customer_id from message where id = %(id)s", id=text.id)
            customer = db.session.get(outbound.Customer, customer_id)
            values = {"body": f"【慧芳】{uuid4().hex[:8]}", **changes}
            rows = [make_message(customer, **values) for _ in range(count)]
            found = [Text(str(row.id), row.to_phone) for row in rows]
            db.session.commit()
            self.ring()
        return found

    def door_code(self) -> Text:
        """A text that must arrive: its kind may go out once more, flagged."""
        with self.app.app_context(), connected_to(self.company.database_url):
            store = db.session.get(Store, self.store_id)
            customer = make_customer(store=store)
            task = make_task(status="active", customer=customer, assignee=make_staff(store=store), store_id=store.id)
            row = make_message(customer, task=task, kind="door_code", expires_at=NOW + timedelta(hours=2))
            found = Text(str(row.id), row.to_phone)
            db.session.commit()
            self.ring()
        return found

    def booking(self) -> dict[str, Any]:
        """What the office posts to book a visit for a new customer."""
        with self.app.app_context(), connected_to(self.company.database_url):
            store = db.session.get(Store, self.store_id)
            customer = make_customer(store=store)
            person = make_staff(store=store)
            db.session.commit()
            return {
                "type": "home_visit",
                "customer_id": customer.id,
                "assignee_id": person.id,
                "window_start": "2027-03-10T14:00:00+08:00",
                "window_end": "2027-03-10T16:00:00+08:00",
            }

    # Looking

    def row(self, text: Text) -> dict[str, Any]:
        return self.company.rows("select * from message where id = %(id)s", id=text.id)[0]

    def state(self, text: Text) -> str:
        return str(self.row(text)["state"])

    def outcomes(self, text: Text) -> list[str | None]:
        asked = "select outcome from message_attempt where message_id = %(id)s order by n"
        return [row["outcome"] for row in self.company.rows(asked, id=text.id)]

    def accepted(self, text: Text) -> list[SimulatedMessage]:
        return self.twilio.creates_of(text.id)

    def until(self, text: Text, *states: str) -> dict[str, Any]:
        """Wait until the row has come to one of these states."""
        self.company.wait_for(lambda: self._state_if_known(text) in states, timeout=PATIENCE_SECONDS)
        return self.row(text)

    def _state_if_known(self, text: Text) -> str | None:
        try:
            return self.state(text)
        except psycopg.Error:
            return None

    def until_reconciled(self, text: Text) -> dict[str, Any]:
        """Hours pass between the real looks for a lost text; here each is asked for at once, by its usual job."""

        def is_over() -> bool:
            if self.state(text) in ("claimed", "submitting"):
                return False
            if self.state(text) == "unknown":
                self.execute("update message set next_attempt_at = now() where state = 'unknown'")
                self.run_job("reconcile_messages")
                return False
            return True

        self.company.wait_for(is_over, timeout=PATIENCE_SECONDS)
        return self.row(text)

    def wait_for(self, condition: Callable[[], Any]) -> None:
        self.company.wait_for(condition, timeout=PATIENCE_SECONDS)

    def wait_until_held(self, count: int = 1) -> None:
        self.wait_for(lambda: self.twilio.held_count >= count)

    # Doing

    def ring(self) -> None:
        """As the service does after a commit; without Valkey the relay's own look has to do."""
        with suppress(redis.RedisError):
            self.company.valkey.publish(live.CHANNEL, outbox.BELL)

    def run_job(self, name: str) -> None:
        """Let a periodic job run now, as the relay would at its hour, and wait until it has."""
        slot = self.ask_for_job(name)
        done = "select state = 'done' from schedule_slot where job = %(job)s and slot = %(slot)s"
        self.company.wait_for(done, timeout=PATIENCE_SECONDS, job=name, slot=slot)

    def ask_for_job(self, name: str) -> datetime:
        with psycopg.connect(self.company.database_url) as connection:
            asked = "insert into schedule_slot (job, slot) values (%s, clock_timestamp()) returning slot"
            slot = connection.execute(asked, [name]).fetchone()[0]
        self.ring()
        return slot

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        with psycopg.connect(self.company.database_url) as connection:
            connection.execute(statement, values)

    def make_due(self, text: Text) -> None:
        """What waits for this number may go now."""
        self.execute("update message set not_before = %s where to_phone = %s", [NOW, text.phone])

    def mend_sender(self) -> None:
        """Somebody has mended the account and wants it tried at once."""
        self.execute("update sender_health set open_at = clock_timestamp()")
        self.ring()

    def wake_worker(self, times: int) -> None:
        """Ring more often than there is work."""
        queue = Queue("sms", connection=self.company.valkey, serializer=JSONSerializer)
        for _ in range(times):
            queue.enqueue("workers.jobs.drain_messages", result_ttl=0, failure_ttl=60)

    def text_in(self, phone: str, body: str, **options: Any) -> int:
        url = f"{self.company.url}/twilio/inbound"
        return self.twilio.text_in(to_url=url, sender=phone, body=body, **options)

    def stop(self, name: str) -> None:
        """Pause the process where it is."""
        self.company.signal(name, signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        self.company.signal(name, signal.SIGCONT)

    def another_worker(self, **env: str) -> Child:
        """A second one for the same queue."""
        child = self.company.another("sms", f"sms{len(self._more) + 2}", **env)
        self._more.append(child)
        return child

    @contextmanager
    def worker_with(self, **env: str) -> Iterator[None]:
        """A sending worker with other settings, while the usual one sleeps."""
        self.stop("sms")
        other = self.another_worker(**env)
        try:
            yield
        finally:
            other.kill()
            self.go_on("sms")

    @contextmanager
    def locked(self, statement: str, values: Sequence[Any] = ()) -> Iterator[None]:
        """Hold what `statement` locks until the end of the block."""
        with psycopg.connect(self.company.database_url) as connection:
            connection.execute(statement, values)
            yield
            connection.rollback()

    def locked_number(self, text: Text) -> Any:
        """Whoever wants to call for this number has claimed its row and waits here."""
        return self.locked("select pg_advisory_xact_lock(hashtextextended('consent:' || %s, 0))", [text.phone])

    def locked_row(self, text: Text) -> Any:
        """Whoever wants to write what came of a call waits here."""
        return self.locked("select 1 from message where id = %s for update", [text.id])

    def wait_until_blocked(self, count: int = 1) -> None:
        """Until so many sessions wait for a lock."""
        asked = "select count(*) >= %(count)s from pg_stat_activity where wait_event_type = 'Lock'"
        self.company.wait_for(asked, timeout=PATIENCE_SECONDS, count=count)

    def wait_until_database_answers(self) -> None:
        self.company.wait_for(self.company.postgres.is_ready, timeout=PATIENCE_SECONDS)


def pauses(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `condition` stays true for so long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if not condition():
            return False
        time.sleep(0.05)
    return True


def posts(work: Callable[[], requests.Response], answers: list[Any]) -> None:
    """Note what came of a request that may be cut off."""
    try:
        answers.append(work().status_code)
    except requests.RequestException as error:
        answers.append(type(error).__name__)


def environment(twilio: TwilioSimulator) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": FROM_NUMBER,
        "TWILIO_API_BASE_URL": twilio.url,
        "MESSAGING_TIME_SCALE": str(TIME_SCALE),
    }


def moment(words: str) -> datetime:
    return datetime.fromisoformat(words)
