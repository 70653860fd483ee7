"""Sending: claim due rows, commit `submitting`, call the provider outside any transaction, record what came of it.

    pending -> claimed -> submitting -> submitted, delivered (sandbox), pending (surely not processed),
                                        unknown (may have been), failed, suppressed

The step to `submitting` is committed before the call and fenced: a worker that was paused past its lease gets no row
back and makes no call. A row left in `submitting` by a dead worker becomes unknown, never pending: the text may be out.
Only this thread touches the database; the pool's threads do nothing but call the provider. Which claimed rows may go:
judging.py; what is written of an answer: recording.py.

With a pace (pace.py) rows are claimed only when they may go at once, so what becomes due meanwhile and is more urgent
is never behind them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from app.core import clock, config
from app.core.db import db, run_plain, transaction
from app.core.live import valkey
from app.customers import consent
from app.customers.values import Scope
from app.messaging import breaker, gateway, judging, policy, spool
from app.messaging.breaker import Gate
from app.messaging.drain_sql import CLAIM, IN_ORDER, LOST_CALLS, LOST_CLAIMS, RELEASE, SUBMIT, UNPARK
from app.messaging.kinds import RULES, rule_of
from app.messaging.pace import Pace, SharedPace
from app.messaging.providers import (
    ACCOUNT_FAILURE,
    Carrier,
    ConfigFailure,
    OptedOut,
    Outcome,
    Outgoing,
    Permanent,
    Provider,
    Retry,
    Sent,
    Unknown,
)
from app.messaging.recording import FIRST_LOOK_SECONDS, Called, Claimed, Recorder
from app.messaging.spool import Kept
from app.settings import MessagingSettings

log = structlog.get_logger()

TOO_MANY_REQUESTS = 429
RELEASE_SECONDS = 1.0
SHORTEST_VALIDITY = 60
RECORD_PAUSE_SECONDS, LONGEST_RECORD_PAUSE_SECONDS = 0.2, 5.0
LEAST_RECORD_SECONDS = 6.0

GATHER_SECONDS = 0.02
PACED_LOOK_SECONDS = 0.1
HANGING_SECONDS = 1.0

CLAIMS_PER_THREAD = 6
"""More would stand in our own line, where something more urgent can't overtake them."""
URGENT_PRIORITY, ANY_PRIORITY = 20, 32_767
"""What is still tried while the sender's queue is full: door codes, arrivals, answers."""

Clock = Callable[[], datetime]


Answer = tuple[Outcome, float]
"""What a call brought, and how long it took."""
Running = dict[Future[Answer], tuple[Claimed, int]]


def drain_messages(
    *, provider: Provider | None = None, now: Clock = clock.now, stop_after_seconds: float = 20.0
) -> int:
    """Send due rows until none is left or the time is up; returns how many calls were made."""
    spool.apply(now=now())
    return Drain(provider or gateway.current(), now=now).run(stop_after_seconds=stop_after_seconds)


class Drain:
    """One worker's run over the due rows."""

    def __init__(
        self,
        provider: Provider,
        *,
        now: Clock = clock.now,
        settings: MessagingSettings | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.provider = provider
        self.now = now
        self.settings = settings or config.settings().messaging
        self.public_url = config.settings().public_url
        self.pace = pace or self._shared_pace()
        # Halved when the provider says "too many", one more after each quiet wave.
        self.parallel = self.settings.threads
        self.carrier = gateway.carrier_named(provider.name) or Carrier(name=provider.name, make=lambda _: provider)
        self.recorder = Recorder(provider.name, self.carrier, self.settings.time_scale)
        self.answered: SimpleQueue[Future[Answer]] = SimpleQueue()
        self.is_probing = False
        self.is_stopped = False
        self.more = True

    def _shared_pace(self) -> Pace | None:
        rate = self.settings.segments_per_second
        if rate <= 0:
            return None
        return SharedPace(valkey(), sender=f"{self.provider.name}:{self.provider.sender}", segments_per_second=rate)

    def run(self, *, stop_after_seconds: float) -> int:
        """Keep the threads busy: what came back is recorded in the transaction that submits the next rows."""
        ends = time.monotonic() + stop_after_seconds
        waiting: list[Claimed] = []
        running: Running = {}
        done: list[Called] = []
        calls = 0
        with ThreadPoolExecutor(max_workers=self.settings.threads, thread_name_prefix="sms") as pool:
            try:
                while True:
                    is_paced_out = False
                    if self.more and len(waiting) < self.parallel and time.monotonic() < ends:
                        if room := self._room():
                            waiting = self._line_up(waiting, room)
                        is_paced_out = self.more and not waiting
                    if not waiting and not running and not done:
                        if not is_paced_out:
                            return calls
                        self._pause()
                        continue
                    # A few more than there are threads, so that none idles while results are written.
                    free = max(self.parallel + self.parallel // 2 - len(running), 0)
                    batch, waiting = waiting[:free], waiting[free:]
                    if batch or done:
                        for row, attempt in self._record_and_submit(done, batch):
                            future = pool.submit(self._call, row)
                            running[future] = (row, attempt)
                            future.add_done_callback(self.answered.put)
                            calls += 1
                        done = []
                    if self.is_stopped and waiting:
                        waiting = self._give_back(waiting)
                    done = self._collect(running, longest=PACED_LOOK_SECONDS if is_paced_out else HANGING_SECONDS)
                    if not done and not is_paced_out and len(running) < self.parallel:
                        # What becomes due while a call hangs must not wait for it: a door code has no 30 seconds.
                        self.more, ends = True, max(ends, time.monotonic() + 2 * HANGING_SECONDS)
            except BaseException:
                self._spool(done, running)
                raise

    def _line_up(self, waiting: list[Claimed], room: int) -> list[Claimed]:
        """Claim what is due, up to `room` rows, and put the most urgent first."""
        found = self.claim(at_most=room)
        self.more = bool(found)
        lined_up = sorted([*waiting, *found], key=lambda row: row.priority)
        if self.pace is None or not lined_up:
            return lined_up
        # Another worker may have been quicker: what may not go now must not wait here, out of the others' sight.
        taken = self.pace.take([row.segments for row in lined_up])
        if lined_up[taken:]:
            with transaction():
                self._release(lined_up[taken:], pause=0.0)
        return lined_up[:taken]

    def _give_back(self, waiting: Sequence[Claimed]) -> list[Claimed]:
        """The breaker has opened: what is claimed but not begun must not run into the same wall."""
        with transaction():
            self._release(waiting)
        self.is_stopped = False
        return []

    def _room(self) -> int:
        """How many rows may be claimed now."""
        most = min(self.settings.claim_size, max(self.parallel, 1) * CLAIMS_PER_THREAD)
        return most if self.pace is None else min(self.pace.room(), most)

    def _pause(self) -> None:
        """Wait for the pace, holding no transaction meanwhile."""
        db.session.rollback()
        assert self.pace is not None
        self.pace.pause()

    def _call(self, row: Claimed) -> Answer:
        started = time.monotonic()
        try:
            outcome = self.provider.send(self._outgoing(row))
        except Exception as error:
            # A carrier's file should not raise. If it does, the text may be out, and the other answers count.
            log.exception("sms_provider_raised", provider=self.provider.name)
            outcome = Unknown(why=type(error).__name__)
        return outcome, time.monotonic() - started

    def _collect(self, running: Running, *, longest: float) -> list[Called]:
        """Wait for the next answers."""
        if not running:
            return []
        try:
            finished = [self.answered.get(timeout=longest)]
        except Empty:
            return []
        # A moment more brings the answers that are just arriving into the same transaction. Slept, because to be woken
        # by each of them would cost the threads that bring them their turn.
        if self.answered.qsize() < len(running) - 1:
            time.sleep(GATHER_SECONDS)
        finished += [self.answered.get() for _ in range(self.answered.qsize())]
        done = [_called(running, future) for future in finished]
        self._adapt(done)
        return done

    def _spool(self, done: Sequence[Called], running: Running) -> None:
        """The database is away for good: what the carrier has taken, or is just taking, is kept in a file."""
        finished, _ = wait(running)
        spool.keep(self._kept([*done, *(_called(running, future) for future in finished)]))

    def _kept(self, done: Sequence[Called]) -> list[Kept]:
        return [
            Kept(
                message_id=str(called.row.id),
                provider=self.provider.name,
                sid=called.outcome.sid,
                status=called.outcome.status,
                to_phone=called.row.to_phone,
            )
            for called in done
            if isinstance(called.outcome, Sent)
        ]

    # Claim

    def claim(self, *, at_most: int | None = None) -> list[Claimed]:
        """Lease due rows that may go. Rows that may not are settled, and those behind them looked at."""
        while True:
            found, allowed = self._claim_once(at_most or self.settings.claim_size)
            if allowed or not found:
                return allowed

    def _claim_once(self, at_most: int) -> tuple[int, list[Claimed]]:
        moment = self.now()
        # A name per claim, not per drain: a row that waited here past its lease may be claimed by us a second time, and
        # then the first claim must be as dead as that of a stranger.
        owner = uuid4().hex
        with transaction():
            free_lost_leases(scale=self.settings.time_scale)
            passage = breaker.enter(self.provider.name, scale=self.settings.time_scale)
            if passage.gate is Gate.OPEN:
                return 0, []
            self.is_probing = passage.gate is Gate.PROBE
            self.parallel = min(self.parallel, passage.at_once or self.parallel)
            db.session.execute(IN_ORDER)
            rows = db.session.execute(
                CLAIM,
                {
                    "now": moment,
                    "owner": owner,
                    "lease": self._scaled(self.settings.claim_lease_seconds),
                    "size": 1 if self.is_probing else min(at_most, self.settings.claim_size),
                    "lowest": URGENT_PRIORITY if passage.only_urgent else ANY_PRIORITY,
                    "unasked_kinds": UNASKED_KINDS,
                },
            ).all()
            allowed = []
            for row, verdict in judging.judge(rows, moment):
                if isinstance(verdict, policy.Send):
                    allowed.append(_claimed(row, owner, verdict.until))
                else:
                    judging.settle(row, owner, verdict, moment)
            if self.is_probing and not allowed:
                breaker.give_up_probing(self.provider.name)
        return len(rows), allowed

    # Submit

    def _record_and_submit(self, done: Sequence[Called], batch: Sequence[Claimed]) -> list[tuple[Claimed, int]]:
        """One transaction, tried again while the database is away: a sid in our hands must not be lost."""
        ends, pause, kept = time.monotonic() + self._patience(done), RECORD_PAUSE_SECONDS, None
        while True:
            try:
                with transaction():
                    self._record(done)
                    self.is_stopped = not self._may_go_on(done)
                    submitted = self._release(batch) if self.is_stopped else self._submit(batch)
                spool.forget(kept)
                return submitted
            except (OperationalError, InterfaceError):
                db.session.remove()
                kept = kept or spool.keep(self._kept(done))
                if time.monotonic() >= ends:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_RECORD_PAUSE_SECONDS)

    def _patience(self, done: Sequence[Called]) -> float:
        """How long results are kept in hand: until their lease is nearly over."""
        spare = self._scaled(self.settings.submit_lease_seconds) - self.settings.http_timeout_seconds
        return max(spare if done else 0.0, LEAST_RECORD_SECONDS)

    def _submit(self, batch: Sequence[Claimed]) -> list[tuple[Claimed, int]]:
        """Commit to the call. A row that changed meanwhile is not returned and gets looked at anew."""
        if not batch:
            return []
        moment = self.now()
        consent.hold([row.to_phone for row in batch])
        timely = [row for row in batch if moment < row.until]
        rows = run_plain(
            SUBMIT,
            {
                "ids": [row.id for row in timely],
                "owners": [row.owner for row in timely],
                "provider": self.provider.name,
                "sender": self.provider.sender,
                "lease": self._scaled(self.settings.submit_lease_seconds),
                "now": moment,
                "live_kinds": LIVE_KINDS,
                "active_kinds": ACTIVE_KINDS,
                "scopes": json.dumps(SCOPED_KINDS),
                "unasked_kinds": UNASKED_KINDS,
                "promoting_kinds": PROMOTING_KINDS,
            },
        )
        attempts = {(row.id, row.lease_owner): row.attempt_no for row in rows}
        self._release([row for row in batch if (row.id, row.owner) not in attempts])
        return [(row, attempts[row.id, row.owner]) for row in timely if (row.id, row.owner) in attempts]

    def _may_go_on(self, done: Sequence[Called]) -> bool:
        """What has just come back may have opened the breaker."""
        failed = any(isinstance(called.outcome, Unknown | ConfigFailure) for called in done)
        return not failed or breaker.is_open(self.provider.name) is None

    def _release(self, rows: Sequence[Claimed], *, pause: float = RELEASE_SECONDS) -> list[tuple[Claimed, int]]:
        """Give claimed rows back unsent, to be looked at anew."""
        if rows:
            db.session.execute(
                RELEASE,
                {
                    "ids": [row.id for row in rows],
                    "owners": [row.owner for row in rows],
                    "pause": self._scaled(pause),
                },
            )
        return []

    def _outgoing(self, row: Claimed) -> Outgoing:
        seconds = int((row.expires_at - self.now()).total_seconds())
        return Outgoing(
            message_id=str(row.id),
            to=row.to_phone,
            body=row.body,
            callback_url=self.carrier.callback_url(self.public_url, row.id),
            validity_seconds=min(max(seconds, SHORTEST_VALIDITY), rule_of(row.kind).carrier_seconds),
        )

    def _adapt(self, done: Sequence[Called]) -> None:
        if any(_is_too_many(called.outcome) for called in done):
            self.parallel = max(self.parallel // 2, 1)
        elif self.parallel < self.settings.threads:
            self.parallel += 1

    # Record

    def _record(self, done: Sequence[Called]) -> None:
        if not done:
            return
        moment = self.now()
        if self.is_probing:
            self._judge_probe(done)
        self.recorder.record(done, moment)
        if any(_is_too_many(called.outcome) for called in done):
            breaker.note_too_many(self.provider.name, at_once=2 * self.parallel)

    def _judge_probe(self, done: Sequence[Called]) -> None:
        """The one text that was tried has an answer: a plain one, even a refusal of this text, opens the way again."""
        if not any(isinstance(called.outcome, Sent | Permanent | OptedOut) for called in done):
            return
        breaker.close(self.provider.name)
        db.session.execute(UNPARK, {"reason": ACCOUNT_FAILURE})
        self.is_probing, self.more = False, True
        log.info("sms_sender_works_again", provider=self.provider.name)

    def _scaled(self, seconds: float) -> float:
        return seconds * self.settings.time_scale


def free_lost_leases(*, scale: float) -> None:
    """Rows of dead workers: claimed ones were never sent, submitting ones may have been."""
    db.session.execute(LOST_CLAIMS)
    db.session.execute(LOST_CALLS, {"pause": FIRST_LOOK_SECONDS * scale})


def _is_too_many(outcome: Outcome) -> bool:
    """More calls at once than the provider takes, or it can't be reached at all."""
    return isinstance(outcome, Retry) and outcome.http_status in (TOO_MANY_REQUESTS, None)


def _claimed(row: Any, owner: str, until: datetime) -> Claimed:
    return Claimed(
        id=row.id,
        owner=owner,
        to_phone=row.to_phone,
        body=row.body,
        kind=row.kind,
        expires_at=row.expires_at,
        until=until,
        priority=row.priority,
        segments=row.segments,
    )


def _called(running: Running, future: Future[Answer]) -> Called:
    row, attempt = running.pop(future)
    outcome, seconds = future.result()
    return Called(row, attempt, outcome, seconds)


LIVE_KINDS = [kind.value for kind, rule in RULES.items() if rule.needs_live_task]
ACTIVE_KINDS = [kind.value for kind, rule in RULES.items() if rule.needs_active_task]
UNASKED_KINDS = [kind.value for kind, rule in RULES.items() if rule.is_proactive]
PROMOTING_KINDS = [kind.value for kind, rule in RULES.items() if rule.promotes]
SCOPED_KINDS = {kind.value: rule.scope.value for kind, rule in RULES.items() if rule.scope is not Scope.ALL}
