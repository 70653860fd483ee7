"""Twilio over real HTTP: its shapes, its magic numbers, its opt-out, its queue, and its bad days on demand."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from tests.simulator.agenda import Agenda
from tests.simulator.opt_out import OptOuts
from tests.simulator.scenarios import (
    ACCEPT_THEN_RESET,
    BAD_GATEWAY_PAGE,
    HELD,
    HELD_BEFORE_ACCEPTING,
    MAGIC_FROM,
    MAGIC_TO,
    NAMED,
    OK,
    QUEUE_IS_FULL,
    RESET_BEFORE_ACCEPTING,
    SERVER_ERROR,
    SERVER_ERROR_AFTER_ACCEPTING,
    SUSPENDED,
    TOO_MANY,
    UNAUTHORIZED,
    UNSUBSCRIBED,
    Scenario,
    refusal,
    slow,
)
from tests.simulator.server import Server
from tests.simulator.shapes import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    FROM_NUMBER,
    SERVICE_SID,
    SimulatedMessage,
    error_view,
    is_listed,
    list_view,
    message_view,
    segments_of,
)
from tests.simulator.webhooks import (
    Habits,
    Post,
    Webhook,
    in_order,
    inbound_form,
    post_over_http,
    sign,
    status_form,
    webhook,
)

__all__ = [
    "ACCEPT_THEN_RESET",
    "ACCOUNT_SID",
    "AUTH_TOKEN",
    "BAD_GATEWAY_PAGE",
    "FROM_NUMBER",
    "HELD",
    "HELD_BEFORE_ACCEPTING",
    "NAMED",
    "OK",
    "RESET_BEFORE_ACCEPTING",
    "SERVER_ERROR",
    "SERVER_ERROR_AFTER_ACCEPTING",
    "SERVICE_SID",
    "SUSPENDED",
    "TOO_MANY",
    "UNAUTHORIZED",
    "Habits",
    "Post",
    "Recorded",
    "Scenario",
    "SimulatedMessage",
    "TwilioSimulator",
    "refusal",
    "slow",
]

QUEUE_SECONDS = 36_000
SCHEDULE_EARLIEST, SCHEDULE_LATEST = timedelta(seconds=300), timedelta(days=35)
WRONG_TOKEN = "forged"
STRANGE_MID = "mid=0192f0c1-0000-7000-8000-00000000dead"


@dataclass
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    form: dict[str, str]
    authorization: str
    arrived_at: float = field(default_factory=time.time)


class TwilioSimulator:
    """Start it, point the SDK's base address at `url`, script the next answers, send callbacks and texts.

    `receipts` are the statuses that each message goes through by itself, `habits` how their callbacks come.
    """

    def __init__(self, *, account_sid: str = ACCOUNT_SID, auth_token: str = AUTH_TOKEN, port: int = 0) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.inbound_url = ""
        """Where texts go that are typed by hand."""
        self.on_message: Callable[[SimulatedMessage], None] = lambda message: None
        self._lock = threading.RLock()
        self._agenda = Agenda()
        self._gate = threading.Event()
        self._held = 0
        self._forget()
        self._server = Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="twilio-simulator", daemon=True
        )

    def _forget(self) -> None:
        self.latency_seconds = 0.0
        self.latency_jitter_seconds = 0.0
        self.segments_per_second = 0.0
        """Per sender; 0 = as fast as they come."""
        self.receipts: tuple[str, ...] = ()
        self.habits = Habits()
        self.chances: dict[str, float] = {}
        self.retry_pause_seconds = 1.0
        self.opt_outs = OptOuts()
        self.messages: list[SimulatedMessage] = []
        self.inbound: list[SimulatedMessage] = []
        self.auto_replies: list[SimulatedMessage] = []
        self.requests: list[Recorded] = []
        self.webhook_answers: Counter[tuple[str, int]] = Counter()
        """(kind of webhook, HTTP status) -> how often; 0 = nobody answered."""
        self.given_up: list[Webhook] = []
        self._script: deque[Scenario] = deque()
        self._services: dict[str, str] = {}
        self._free_at: dict[str, float] = {}
        self._dice = random.Random(0)

    # Running

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> TwilioSimulator:
        self._agenda.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        self.release()
        self._agenda.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> TwilioSimulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reset(self) -> None:
        """Forget all messages and be well again."""
        self.release()
        with self._lock:
            self._agenda.clear()
            self._forget()

    # Knobs

    def seed(self, number: int) -> None:
        """Everything left to chance follows from this number and the order of requests."""
        self._dice = random.Random(number)

    def script(self, *scenarios: Scenario) -> None:
        """The next creates meet these scenarios, in turn; afterwards all is well again."""
        with self._lock:
            self._script.extend(scenarios)

    def block(self, number: str, *, sender: str = FROM_NUMBER) -> None:
        """The customer has unsubscribed at Twilio; we don't know."""
        self.opt_outs.blocked.add((sender, number))

    def skip(self, seconds: float) -> None:
        """Let time pass for callbacks that wait for their moment."""
        self._agenda.skip(seconds)

    def release(self) -> None:
        """Answer the requests that are held."""
        with self._lock:
            gate, self._gate = self._gate, threading.Event()
        gate.set()

    @property
    def held_count(self) -> int:
        return self._held

    @property
    def is_busy(self) -> bool:
        """Are callbacks still to come?"""
        return self._agenda.is_busy

    # Looking

    def bodies_to(self, number: str) -> list[str]:
        return [message.body for message in self.messages if message.to == number]

    def creates_of(self, mid: str) -> list[SimulatedMessage]:
        """What was accepted for this row of ours."""
        return [message for message in self.messages if message.mid == mid]

    def calls_for(self, mid: str) -> list[Recorded]:
        """Each request to send it, accepted or not."""
        return [one for one in self.requests if f"mid={mid}" in one.form.get("StatusCallback", "")]

    def message(self, sid: str) -> SimulatedMessage | None:
        return next((message for message in [*self.messages, *self.inbound] if message.sid == sid), None)

    # Webhooks that Twilio sends to us

    def sign(self, url: str, form: dict[str, str], *, token: str | None = None) -> str:
        return sign(url, form, token=token or self.auth_token)

    def callback_form(self, message: SimulatedMessage, status: str, error_code: int | None = None) -> dict[str, str]:
        return status_form(message, status, account_sid=self.account_sid, error_code=error_code)

    def report(
        self,
        message: SimulatedMessage,
        statuses: Iterable[str],
        *,
        post: Post | None = None,
        token: str | None = None,
        times: int = 1,
        error_code: int | None = None,
    ) -> list[int]:
        """Send status callbacks in the order given, each `times` times; returns the answers' HTTP statuses."""
        answers = []
        for status in statuses:
            self._move(message, status, error_code)
            form = self.callback_form(message, status, message.error_code)
            for _ in range(times):
                answers.append(self.post(message.callback, form, post=post, token=token))
        return answers

    def text_in(
        self, *, to_url: str, sender: str, body: str, post: Post | None = None, token: str | None = None,
        sid: str | None = None, opt_out_type: str | None = None, to: str = FROM_NUMBER,
    ) -> int:  # fmt: skip
        """A customer's text arrives; Twilio minds its own words first. Remembered even when nobody takes it."""
        sid = sid or "SM" + uuid4().hex
        kind = None
        with self._lock:
            message = next((one for one in self.inbound if one.sid == sid), None)
            if message is None:
                message = self._remember_inbound(sid, sender=sender, to=to, body=body)
                heard = self.opt_outs.hear(sender=message.sender, number=sender, body=body)
                kind = heard.kind
                if heard.reply:
                    self.auto_replies.append(self._auto_reply(message, heard.reply))
        shown = opt_out_type or (kind if self.opt_outs.is_advanced else None)
        form = inbound_form(message, account_sid=self.account_sid, opt_out_type=shown)
        return self.post(to_url, form, post=post, token=token)

    def post(self, url: str, form: dict[str, str], *, post: Post | None = None, token: str | None = None) -> int:
        one = webhook(url, form, token=token or self.auth_token)
        return (post or post_over_http)(one.url, one.form, one.headers)

    def _remember_inbound(self, sid: str, *, sender: str, to: str, body: str) -> SimulatedMessage:
        moment = datetime.now(UTC)
        message = SimulatedMessage(
            sid=sid,
            to=to,
            body=body,
            sender=self._services.get(to, to),
            callback="",
            validity_seconds=None,
            created_at=moment,
            status="received",
            direction="inbound",
            from_number=sender,
            sent_at=moment,
        )
        self.inbound.append(message)
        return message

    def _auto_reply(self, heard: SimulatedMessage, words: str) -> SimulatedMessage:
        moment = datetime.now(UTC)
        return SimulatedMessage(
            sid="SM" + uuid4().hex,
            to=heard.from_number,
            body=words,
            sender=heard.sender,
            callback="",
            validity_seconds=None,
            created_at=moment,
            status="delivered",
            direction="outbound-reply",
            from_number=heard.to,
            sent_at=moment,
        )

    # Receipts

    def _plan_receipts(self, message: SimulatedMessage, statuses: tuple[str, ...], *, wait_seconds: float) -> None:
        habits, dice = self.habits, self._dice
        error_code: int | None = None
        with self._lock:
            if statuses[-1:] == ("delivered",) and dice.random() < habits.undelivered_share:
                statuses, error_code = (*statuses[:-1], "undelivered"), habits.error_code or 30003
            played = in_order(statuses, habits.order, dice)
            moments = [wait_seconds + habits.after_seconds + n * habits.apart_seconds for n in range(len(statuses))]
            for moment, status in zip(moments, statuses, strict=True):
                self._agenda.put(moment, partial(self._move, message, status, error_code))
            if not message.callback:
                return
            for moment, status in zip(moments, played, strict=True):
                form = self.callback_form(message, status, error_code if status in ("undelivered", "failed") else None)
                if dice.random() < habits.lost_share:
                    continue
                late = habits.late_seconds if dice.random() < habits.late_share else 0.0
                for _ in range(habits.times + (dice.random() < habits.twice_share)):
                    self._agenda.put(
                        moment + late, partial(self._send, "status", self._webhook(message.callback, form))
                    )
                self._plan_wrong_ones(message, form, moment)

    def _plan_wrong_ones(self, message: SimulatedMessage, form: dict[str, str], moment: float) -> None:
        habits, dice = self.habits, self._dice
        if dice.random() < habits.forged_share:
            forged = webhook(message.callback, {**form, "MessageStatus": "failed"}, token=WRONG_TOKEN)
            self._agenda.put(moment, partial(self._send, "forged", forged))
        if dice.random() < habits.changed_share:
            changed = self._webhook(message.callback, form)
            changed.form = {**form, "MessageStatus": "failed", "ErrorCode": "30007"}
            self._agenda.put(moment, partial(self._send, "changed", changed))
        if dice.random() < habits.stray_share:
            address = message.callback.replace(f"mid={message.mid}", STRANGE_MID)
            sid = "SM" + f"{dice.getrandbits(128):032x}"
            stray = self._webhook(address, {**form, "MessageSid": sid, "SmsSid": sid})
            self._agenda.put(moment, partial(self._send, "stray", stray))

    def _webhook(self, url: str, form: Mapping[str, str]) -> Webhook:
        return webhook(url, dict(form), token=self.auth_token)

    def _send(self, kind: str, one: Webhook, trial: int = 0) -> None:
        answer = one.deliver(post_over_http)
        with self._lock:
            self.webhook_answers[kind, answer] += 1
        if not one.retries.fit(answer) or kind in ("forged", "changed"):
            return
        if trial < one.retries.count:
            self._agenda.put(self.retry_pause_seconds * 2**trial, partial(self._send, kind, one, trial + 1))
        else:
            self.given_up.append(one)

    @staticmethod
    def _move(message: SimulatedMessage, status: str, error_code: int | None = None) -> None:
        message.status = status
        if status in ("undelivered", "failed"):
            message.error_code = error_code
        if status in ("sent", "delivered", "undelivered"):
            message.sent_at = message.sent_at or datetime.now(UTC)

    # The API that we call

    def answer_create(self, form: dict[str, str]) -> tuple[Scenario, dict[str, Any]]:
        """Decide, remember, and say what to answer."""
        with self._lock:
            scripted = self._script.popleft() if self._script else self._chosen_by_chance()
        refused = self._refusal(form)
        if scripted is OK and refused:
            code, text = refused
            return refusal(code), error_view(400, code, text)
        message = self._message_from(form)
        if scripted.accepts:
            self._accept(message)
        if scripted.status >= 400:
            return scripted, error_view(scripted.status, scripted.code or scripted.status, "simulated failure")
        return scripted, self.view(message)

    def _chosen_by_chance(self) -> Scenario:
        roll = self._dice.random()
        for name, share in self.chances.items():
            if roll < share:
                return NAMED[name]
            roll -= share
        return OK

    def _refusal(self, form: dict[str, str]) -> tuple[int, str] | None:
        sender = form.get("MessagingServiceSid") or form.get("From", "")
        if not form.get("To"):
            return 21604, "A 'To' phone number is required."
        if not sender:
            return 21603, "A 'From' phone number is required."
        if not form.get("Body"):
            return 21602, "Message body is required."
        if len(form["Body"]) > 1600:
            return 21617, "The concatenated message body exceeds the 1600 character limit."
        if not 1 <= int(form.get("ValidityPeriod", "36000")) <= QUEUE_SECONDS:
            return 20001, "ValidityPeriod must lie between 1 and 36000 seconds."
        if "ScheduleType" in form and (refused := _wrong_schedule(form)):
            return refused
        if self.opt_outs.blocks(sender=sender, number=form["To"]):
            return UNSUBSCRIBED
        if form.get("From") and self._queue_seconds(sender) > QUEUE_SECONDS:
            return QUEUE_IS_FULL
        return MAGIC_TO.get(form["To"]) or MAGIC_FROM.get(form.get("From", ""))

    def _message_from(self, form: dict[str, str]) -> SimulatedMessage:
        service = form.get("MessagingServiceSid", "")
        if service:
            self._services[FROM_NUMBER] = service
        status = "scheduled" if "ScheduleType" in form else "accepted" if service else "queued"
        return SimulatedMessage(
            sid="SM" + uuid4().hex,
            to=form.get("To", ""),
            body=form.get("Body", ""),
            sender=service or form.get("From", ""),
            callback=form.get("StatusCallback", ""),
            validity_seconds=int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None,
            created_at=datetime.now(UTC),
            status=status,
            from_number=form.get("From") or FROM_NUMBER,
        )

    def _accept(self, message: SimulatedMessage) -> None:
        with self._lock:
            wait = self._enqueue(message)
            self.messages.append(message)
        self.on_message(message)
        if message.status == "scheduled":
            return
        if wait > QUEUE_SECONDS:
            self._fail_later(message, 30001, after_seconds=0.0)
        elif wait > (message.validity_seconds or QUEUE_SECONDS):
            self._fail_later(message, 30036, after_seconds=float(message.validity_seconds or QUEUE_SECONDS))
        elif self.receipts:
            self._plan_receipts(message, self.receipts, wait_seconds=wait)

    def _fail_later(self, message: SimulatedMessage, code: int, *, after_seconds: float) -> None:
        self._agenda.put(after_seconds, partial(self._move, message, "failed", code))
        if message.callback:
            form = self.callback_form(message, "failed", code)
            self._agenda.put(after_seconds, partial(self._send, "status", self._webhook(message.callback, form)))

    def _enqueue(self, message: SimulatedMessage) -> float:
        """Seconds until it leaves the queue of its sender."""
        if not self.segments_per_second:
            return 0.0
        wait = self._queue_seconds(message.sender)
        took = segments_of(message.body) / self.segments_per_second
        self._free_at[message.sender] = time.monotonic() + wait + took
        return wait

    def _queue_seconds(self, sender: str) -> float:
        return max(self._free_at.get(sender, 0.0) - time.monotonic(), 0.0)

    def answer_update(self, sid: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """An empty body redacts; only what is still scheduled can be cancelled."""
        message = self.message(sid)
        if message is None:
            return 404, error_view(404, 20404, "The requested resource was not found")
        if form.get("Status") == "canceled":
            if message.status != "scheduled":
                return 400, error_view(400, 20001, "Only a scheduled message can be cancelled.")
            message.status = "canceled"
        if form.get("Body") == "":
            message.body = ""
        return 200, self.view(message)

    def answer_delete(self, sid: str) -> bool:
        with self._lock:
            before = len(self.messages)
            self.messages[:] = [message for message in self.messages if message.sid != sid]
            return len(self.messages) < before

    def view(self, message: SimulatedMessage) -> dict[str, Any]:
        return message_view(message, account_sid=self.account_sid)

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        with self._lock:
            known = [*self.messages, *self.inbound, *self.auto_replies]
        known.sort(key=lambda message: message.created_at, reverse=True)
        return list_view(
            [message for message in known if is_listed(message, query)], query, account_sid=self.account_sid
        )

    def hold(self, scenario: Scenario) -> None:
        """Take the time that an answer takes; a held one takes until `release`."""
        jitter = self._dice.uniform(0, self.latency_jitter_seconds)
        time.sleep(self.latency_seconds + jitter + scenario.delay_seconds)
        if scenario.is_held:
            with self._lock:
                gate = self._gate
                self._held += 1
            gate.wait()
            with self._lock:
                self._held -= 1


def _wrong_schedule(form: dict[str, str]) -> tuple[int, str] | None:
    if not form.get("MessagingServiceSid"):
        return 35118, "MessagingServiceSid is required to schedule a message."
    try:
        moment = datetime.fromisoformat(form.get("SendAt", ""))
    except ValueError:
        return 35114, "SendAt is missing or not a time."
    ahead = moment - datetime.now(UTC)
    if not SCHEDULE_EARLIEST <= ahead <= SCHEDULE_LATEST:
        return 35114, "SendAt must lie between 300 seconds and 35 days ahead."
    return None
