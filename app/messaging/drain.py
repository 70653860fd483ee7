"""Sending: claim due rows, commit `submitting`, call the provider outside any transaction, record what came of it.

    pending -> claimed -> submitting -> submitted, delivered (sandbox), pending (surely not processed),
                                        unknown (may have been), failed, suppressed

The step to `submitting` is committed before the call and fenced: a worker that was paused past its lease gets no row
back and makes no call. A row left in `submitting` by a dead worker becomes unknown, never pending: the text may be out.
Only this thread touches the database; the pool's threads do nothing but call the provider.

With a pace (pace.py) rows are claimed only when they may go at once, so what becomes due meanwhile and is more urgent
is never behind them.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from app.core import clock, config, metrics
from app.core.db import db, run_plain, transaction
from app.core.live import announce, valkey
from app.customers import consent, contacts, numbers
from app.customers.contacts import Touch
from app.customers.values import ConsentSource, ContactKind, Scope
from app.messaging import breaker, gateway, outbound, policy, promises, questions, spool, touch_ends
from app.messaging.breaker import Gate
from app.messaging.countries import country_for, read_again
from app.messaging.drain_sql import (
    BECOME_UNKNOWN,
    CLAIM,
    FAIL,
    FINISH_ATTEMPT,
    HOLD,
    IN_ORDER,
    LOST_CALLS,
    LOST_CLAIMS,
    RECORD_SENT,
    RELEASE,
    SUBMIT,
    TRY_AGAIN,
    UNPARK,
)
from app.messaging.kinds import RULES, Kind, rule_of
from app.messaging.models import Message, State
from app.messaging.pace import Pace, SharedPace
from app.messaging.promises import Told
from app.messaging.providers import (
    ACCOUNT_FAILURE,
    NUMBER_IS_BAD,
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
from app.messaging.ranks import is_terminal, rank_of, state_of
from app.messaging.spool import Kept
from app.people.access import Actor
from app.settings import MessagingSettings

log = structlog.get_logger()

FIRST_LOOK_SECONDS = 60.0
BACKOFF_SECONDS = 0.5
BACKOFF_CEILING_SECONDS = 30.0
DAY_LIMIT_LOOK_SECONDS = 3600.0
"""A spent daily limit is looked at again each hour: only the carrier knows when its day begins."""
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


@dataclass(frozen=True)
class Claimed:
    """A row under one lease, allowed to go until `until`."""

    id: UUID
    owner: str
    to_phone: str
    body: str
    kind: str
    expires_at: datetime
    until: datetime
    priority: int = 0
    segments: int = 1


@dataclass(frozen=True)
class Called:
    """What one call brought, for the attempt that made it."""

    row: Claimed
    attempt: int
    outcome: Outcome
    seconds: float = 0.0


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
            for row, verdict in _judge(rows, moment):
                if isinstance(verdict, policy.Send):
                    allowed.append(_claimed(row, owner, verdict.until))
                else:
                    self._settle(row, owner, verdict, moment)
            if self.is_probing and not allowed:
                breaker.give_up_probing(self.provider.name)
        return len(rows), allowed

    def _settle(self, row: Any, owner: str, verdict: policy.Verdict, moment: datetime) -> None:
        match verdict:
            case policy.Hold(reason=reason, until=until):
                db.session.execute(HOLD, {"id": row.id, "owner": owner, "reason": reason, "until": until})
            case policy.Suppress(reason=reason):
                self._end(row, State.SUPPRESSED, reason, moment)
            case policy.Expire(reason=reason):
                self._end(row, State.EXPIRED, reason, moment)
            case policy.Cancel(reason=reason):
                self._end(row, State.CANCELED, reason, moment)
            case policy.Send():
                return
        announce(f"conversations:{row.store_id}")

    def _end(self, row: Any, state: State, reason: str, moment: datetime) -> None:
        outbound.end_waiting(Message.id == row.id, state=state, reason=reason, now=moment)

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
        self._count(done)
        self._record_sent([called for called in done if isinstance(called.outcome, Sent)], moment)
        for called in done:
            if not isinstance(called.outcome, Sent):
                self._record_failure(called, moment)
        unknowns = sum(isinstance(called.outcome, Unknown) for called in done)
        if any(_is_too_many(called.outcome) for called in done):
            breaker.note_too_many(self.provider.name, at_once=2 * self.parallel)
        if unknowns:
            breaker.note_unknowns(self.provider.name, count=unknowns, scale=self.settings.time_scale)

    def _count(self, done: Sequence[Called]) -> None:
        for outcome, times in Counter(type(called.outcome).__name__ for called in done).items():
            metrics.sms_calls.labels(self.provider.name, outcome).inc(times)
        seconds = metrics.sms_call_seconds.labels(self.provider.name)
        for called in done:
            seconds.observe(called.seconds)

    def _judge_probe(self, done: Sequence[Called]) -> None:
        """The one text that was tried has an answer: a plain one, even a refusal of this text, opens the way again."""
        if not any(isinstance(called.outcome, Sent | Permanent | OptedOut) for called in done):
            return
        breaker.close(self.provider.name)
        db.session.execute(UNPARK, {"reason": ACCOUNT_FAILURE})
        self.is_probing, self.more = False, True
        log.info("sms_sender_works_again", provider=self.provider.name)

    def _record_sent(self, sent: Sequence[Called], moment: datetime) -> None:
        if not sent:
            return
        statuses = [_first_status(called.outcome) for called in sent]  # type: ignore[arg-type]
        rows = run_plain(
            RECORD_SENT,
            {
                "ids": [called.row.id for called in sent],
                "sids": [called.outcome.sid for called in sent],  # type: ignore[union-attr]
                "statuses": statuses,
                "ranks": [rank_of(status) for status in statuses],
                "states": [state_of(status).value for status in statuses],
                "attempts": [called.attempt for called in sent],
                "now": moment,
            },
        )
        # In the order in which a claim locks households: in another one the two could wait for each other.
        promises.keep([_told(row) for row in sorted(rows, key=lambda row: row.household_id or 0)], now=moment)
        for store_id in {row.store_id for row in rows}:
            announce(f"conversations:{store_id}")
        if self.provider.name == "sandbox":
            announce("sandbox")

    def _record_failure(self, called: Called, moment: datetime) -> None:
        row, outcome = called.row, called.outcome
        db.session.execute(FINISH_ATTEMPT, _attempt_values(called))
        mine = {"id": row.id, "attempt": called.attempt, "owner": row.owner}
        match outcome:
            case Retry(after_seconds=after, code=code, is_full=is_full):
                pause = after if after is not None else self._scaled(self._wait(code, called.attempt))
                db.session.execute(TRY_AGAIN, {**mine, "pause": pause, "code": code, "reason": None})
                if is_full:
                    breaker.note_full(self.provider.name, seconds=pause)
            case ConfigFailure(code=code):
                self._park(mine, code, moment)
            case Unknown(code=code):
                db.session.execute(BECOME_UNKNOWN, {**mine, "pause": self._scaled(FIRST_LOOK_SECONDS), "code": code})
            case Permanent(code=code, number_is_bad=number_is_bad):
                meaning = self.carrier.meaning_of(code)
                reason = NUMBER_IS_BAD if number_is_bad else meaning.reason
                self._fail(mine, State.FAILED, reason, code, moment)
                if number_is_bad:
                    numbers.note_fault(row.to_phone, reason=reason, code=code, now=moment)
                elif meaning.tells_office:
                    breaker.alert(self.provider.name, code=code, reason=reason, now=moment)
            case OptedOut(code=code):
                self._fail(mine, State.SUPPRESSED, policy.OPTED_OUT, code, moment)
                consent.opt_out(
                    row.to_phone,
                    source=ConsentSource.PROVIDER,
                    text=str(code),
                    actor=Actor.system("sms"),
                    now=moment,
                )
            case Sent():
                return

    def _wait(self, code: int | None, attempt: int) -> float:
        """Until the same row is tried again: as its code says, else longer from try to try."""
        meaning = self.carrier.meaning_of(code or 0)
        if meaning.next_day:
            return DAY_LIMIT_LOOK_SECONDS
        return meaning.wait_seconds or _backoff(attempt)

    def _park(self, mine: dict[str, Any], code: int, moment: datetime) -> None:
        """Nothing will pass until somebody mends the account: the row waits, the sender stops, head office is told."""
        pause = self._scaled(breaker.OPEN_AFTER_CONFIG_FAILURE_SECONDS)
        db.session.execute(TRY_AGAIN, {**mine, "pause": pause, "code": code, "reason": ACCOUNT_FAILURE})
        breaker.open_hard(self.provider.name, reason=ACCOUNT_FAILURE, scale=self.settings.time_scale)
        breaker.alert(self.provider.name, code=code, reason=ACCOUNT_FAILURE, now=moment)
        log.error("sms_account_failure", provider=self.provider.name, code=code)

    def _fail(self, mine: dict[str, Any], state: State, reason: str, code: int, moment: datetime) -> None:
        ended = db.session.execute(
            FAIL, {**mine, "state": state.value, "reason": reason, "code": code, "now": moment}
        ).first()
        if ended is not None and ended.is_proactive:
            contacts.release(ended.dedupe_key, reason=reason, now=moment)
            touch_ends.tell([ended.dedupe_key], state.value, reason, now=moment)
        questions.close_of_messages([mine["id"]], reason=reason, now=moment)

    def _scaled(self, seconds: float) -> float:
        return seconds * self.settings.time_scale


def free_lost_leases(*, scale: float) -> None:
    """Rows of dead workers: claimed ones were never sent, submitting ones may have been."""
    db.session.execute(LOST_CLAIMS)
    db.session.execute(LOST_CALLS, {"pause": FIRST_LOOK_SECONDS * scale})


def _told(row: Any) -> Told:
    return Told(
        id=row.id,
        kind=row.kind,
        task_id=row.task_id,
        speaks_of=row.speaks_of,
        is_proactive=row.is_proactive,
        dedupe_key=row.dedupe_key,
        zone=row.zone,
        window_start=row.window_start,
        window_end=row.window_end,
    )


def _judge(rows: Sequence[Any], moment: datetime) -> list[tuple[Any, policy.Verdict]]:
    """What is to become of each claimed row. What would go unasked takes its household's slot of today, or waits."""
    if rows:
        read_again()
    judged = [(row, facts := _facts(row), policy.decide(facts, moment)) for row in rows]
    touches = [
        Touch(row.dedupe_key, row.customer_id, CONTACT_KINDS.get(row.kind, ContactKind.PERSONAL))
        for row, facts, verdict in judged
        if facts.is_proactive and isinstance(verdict, policy.Send)
    ]
    free_from = contacts.take_today(touches, now=moment) if touches else {}
    return [
        (row, policy.decide(replace(facts, budget_free_at=free_from[row.dedupe_key]), moment))
        if row.dedupe_key in free_from
        else (row, verdict)
        for row, facts, verdict in judged
    ]


def _facts(row: Any) -> policy.Facts:
    return policy.Facts(
        rule=rule_of(row.kind),
        country=country_for(row.to_phone),
        zone=row.zone,
        expires_at=row.expires_at,
        refused_scopes=row.refused_scopes,
        answers_inbound_at=row.answers_inbound_at,
        task_status=row.task_status,
        task_window_start=row.task_window_start,
        speaks_of_window_start=row.speaks_of,
        is_paused=row.is_paused,
        number_is_bad=row.number_is_bad,
        is_proactive=row.is_proactive and row.customer_id is not None,
        is_restricted=row.is_restricted,
        has_open_complaint=row.has_open_complaint,
        has_open_reaction=row.has_open_reaction,
    )


def _is_too_many(outcome: Outcome) -> bool:
    """More calls at once than the provider takes, or it can't be reached at all."""
    return isinstance(outcome, Retry) and outcome.http_status in (TOO_MANY_REQUESTS, None)


def _backoff(attempt: int) -> float:
    return float(min(BACKOFF_SECONDS * 2 ** (attempt - 1), BACKOFF_CEILING_SECONDS) * random.uniform(0.9, 1.1))


def _attempt_values(called: Called) -> dict[str, Any]:
    outcome = called.outcome
    return {
        "message_id": called.row.id,
        "n": called.attempt,
        "outcome": type(outcome).__name__,
        "http_status": getattr(outcome, "http_status", None),
        "code": getattr(outcome, "code", None),
    }


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


def _first_status(sent: Sent) -> str:
    """What the answer to the create says of the text. An end in it is left to the callback, which brings the code too:
    taken from here it would make the callback look like old news. Only who shows the text himself may end it.
    """
    if sent.is_delivered:
        return "delivered"
    return "queued" if is_terminal(sent.status) else sent.status


LIVE_KINDS = [kind.value for kind, rule in RULES.items() if rule.needs_live_task]
ACTIVE_KINDS = [kind.value for kind, rule in RULES.items() if rule.needs_active_task]
UNASKED_KINDS = [kind.value for kind, rule in RULES.items() if rule.is_proactive]
PROMOTING_KINDS = [kind.value for kind, rule in RULES.items() if rule.promotes]
SCOPED_KINDS = {kind.value: rule.scope.value for kind, rule in RULES.items() if rule.scope is not Scope.ALL}
CONTACT_KINDS = {Kind.CARE.value: ContactKind.CADENCE, Kind.PROMOTION.value: ContactKind.PROMOTION}
"""What a text counts as in the contact ledger when nobody has booked it there."""
