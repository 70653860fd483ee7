"""A working day under fire: associates and customers do their part over HTTP while somebody pulls the plugs.

Everybody behaves as in life: the field app repeats each write with its Idempotency-Key until it has an answer, and the
carrier repeats each webhook until we take it. Whoever waits for a text waits for it before going on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
import requests

from tests.company import Caller, Company
from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, SimulatedMessage, TwilioSimulator

PATIENCE_SECONDS = 30.0
ANSWERS = {"greeted": True, "product_fits": "pass"}
TOLD = ("booked", "on_the_way", "door_code", "rating")
"""What each customer is told on the way through one visit."""


@dataclass
class Visit:
    """One visit, and what its customer knows of it so far."""

    customer_id: int
    phone: str
    task_id: int = 0
    is_rated: bool = False
    is_over: bool = False


@dataclass
class Storm:
    """`associates` maps a person's id to the visits that he or she makes, one after the other."""

    company: Company
    carrier: Carrier
    office: Caller
    associates: dict[int, tuple[Caller, list[Visit]]]
    _is_lost: threading.Event = field(default_factory=threading.Event)

    @property
    def visits(self) -> list[Visit]:
        return [visit for _, visits in self.associates.values() for visit in visits]

    def share_done(self) -> float:
        return sum(visit.is_over for visit in self.visits) / len(self.visits)

    def rage(self, disasters: Callable[[], None]) -> None:
        """Do the day's work while `disasters` happen; returns when both are over and all is quiet.

        They happen in this thread: a revived process ends with the thread that started it (dev.processes).
        """
        with ThreadPoolExecutor(max_workers=len(self.associates)) as people:
            days = [people.submit(self._day, *day) for day in self.associates.items()]
            disasters()
            for day in days:
                day.result()
        self.settle()

    def calm_visit(self) -> Visit:
        """One visit that nothing disturbs: what it brings is what each must bring."""
        staff_id, (associate, visits) = next(iter(self.associates.items()))
        visit = visits.pop()
        self.make(visit, staff_id=staff_id, associate=associate)
        self.settle()
        return visit

    def wait_for_share(self, share: float) -> None:
        """Until so much of the work is done, or it can't be finished any more."""
        while self.share_done() < share and not self._is_lost.is_set():
            time.sleep(0.02)

    def _day(self, staff_id: int, own: tuple[Caller, list[Visit]]) -> None:
        associate, visits = own
        try:
            for visit in visits:
                self.make(visit, staff_id=staff_id, associate=associate)
        except BaseException:
            self._is_lost.set()
            raise

    def make(self, visit: Visit, *, staff_id: int, associate: Caller) -> None:
        booking = {
            "type": "home_visit",
            "customer_id": visit.customer_id,
            "assignee_id": staff_id,
            "window_start": "2027-03-10T12:00:00+08:00",
            "window_end": "2027-03-10T14:00:00+08:00",
        }
        visit.task_id = self.write(self.office, "/tasks", booking)["id"]
        self._wait_until_told(visit, "booked")
        self.write(associate, f"/tasks/{visit.task_id}/start", {})
        self._wait_until_told(visit, "on_the_way")
        self._wait_until_told(visit, "door_code")
        self.write(associate, f"/tasks/{visit.task_id}/complete", {"answers": ANSWERS})
        if self._wait_until_told(visit, "rating") != "needs_attention":
            self.carrier.text_in(sender=visit.phone, body="5")
            visit.is_rated = True
        visit.is_over = True

    def write(self, caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """As the field app's outbox does: the same key until there is an answer."""
        key = str(uuid4())
        deadline = time.monotonic() + PATIENCE_SECONDS
        last = "no answer"
        while time.monotonic() < deadline:
            try:
                answer = caller.call("POST", path, body, headers={"Idempotency-Key": key}, timeout=5)
            except requests.RequestException as error:
                last = type(error).__name__
            else:
                if answer.ok:
                    return dict(answer.json())
                last = f"{answer.status_code} {answer.text}"
                is_in_flight = answer.status_code == 409 and answer.json()["code"] == "in-flight"
                if answer.status_code < 500 and not is_in_flight:
                    raise AssertionError(f"{path}: {last}")
            time.sleep(0.1)
        raise AssertionError(f"{path} found nobody in: {last}\n{self.company.logs()}")

    def _wait_until_told(self, visit: Visit, kind: str) -> str:
        """Until the text of this kind has left the house; its state."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        found: Any = None
        while time.monotonic() < deadline:
            try:
                found = self.company.value(
                    "select state from message where task_id = %(task)s and kind = %(kind)s",
                    task=visit.task_id,
                    kind=kind,
                )
            except psycopg.Error:
                found = "the database is away"
            if found in ("submitted", "sent", "delivered", "needs_attention"):
                return str(found)
            if found == "unknown":
                self._hurry_reconciling()
            time.sleep(0.1)
        raise AssertionError(f"task {visit.task_id} never told {kind}, it is {found}\n{self.company.logs()}")

    def _hurry_reconciling(self) -> None:
        """Hours pass between the real looks for a lost text; here each is asked for at once, by its usual job."""
        try:
            with psycopg.connect(self.company.database_url) as connection:
                connection.execute("update message set next_attempt_at = now() where state = 'unknown'")
                connection.execute(
                    """insert into schedule_slot (job, slot) select 'reconcile_messages', clock_timestamp()
                       where not exists (
                           select from schedule_slot where job = 'reconcile_messages' and state = 'due')"""
                )
        except psycopg.Error:
            return

    def settle(self) -> None:
        """Until nothing is due, nothing is on its way, and the carrier has reported on everything."""

        def is_quiet() -> bool:
            if self.company.value("select exists (select from message where state = 'unknown')"):
                self._hurry_reconciling()
            return not self.carrier.is_busy and bool(
                self.company.value(
                    """select not exists (select from delivery where state = 'due')
                       and not exists (select from message where state not in
                            ('delivered', 'canceled', 'suppressed', 'expired', 'failed', 'needs_attention'))"""
                )
            )

        self.company.wait_for(is_quiet, timeout=PATIENCE_SECONDS)


class Carrier:
    """The simulator of Twilio, which repeats its webhooks until they are taken, as `#rc=5&rp=all` asks it to."""

    def __init__(self, *, latency_seconds: float = 0.05) -> None:
        self.simulator = TwilioSimulator()
        self.simulator.latency_seconds = latency_seconds
        self.simulator.on_message = self._report
        self.company: Company | None = None
        self._busy = 0
        self._lock = threading.Lock()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_FROM": FROM_NUMBER,
            "TWILIO_API_BASE_URL": self.simulator.url,
        }

    @property
    def is_busy(self) -> bool:
        return self._busy > 0

    @property
    def accepted(self) -> Sequence[SimulatedMessage]:
        return self.simulator.messages

    def text_in(self, *, sender: str, body: str) -> None:
        assert self.company
        sid = f"SM{uuid4().hex}"
        url = f"{self.company.url}/twilio/inbound"
        self._insist(lambda: self.simulator.text_in(to_url=url, sender=sender, body=body, sid=sid))

    def _report(self, message: SimulatedMessage) -> None:
        with self._lock:
            self._busy += 1
        threading.Thread(target=self._report_all, args=(message,), daemon=True).start()

    def _report_all(self, message: SimulatedMessage) -> None:
        try:
            for status in ("sent", "delivered"):
                self._insist(lambda status=status: self.simulator.report(message, [status])[0])
        finally:
            with self._lock:
                self._busy -= 1

    @staticmethod
    def _insist(deliver: Callable[[], int]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                if deliver() < 300:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise AssertionError("a webhook was never taken")
