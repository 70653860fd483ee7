"""Writing down what came of calls, in the caller's transaction: taken, to be tried again, unknown, refused."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from app.core import metrics
from app.core.db import db, run_plain
from app.core.live import announce
from app.customers import consent, contacts, numbers
from app.customers.values import ConsentSource
from app.messaging import breaker, policy, promises, questions, touch_ends
from app.messaging.drain_sql import BECOME_UNKNOWN, FAIL, FINISH_ATTEMPT, RECORD_SENT, TRY_AGAIN
from app.messaging.models import State
from app.messaging.promises import Told
from app.messaging.providers import (
    ACCOUNT_FAILURE,
    NUMBER_IS_BAD,
    Carrier,
    ConfigFailure,
    OptedOut,
    Outcome,
    Permanent,
    Retry,
    Sent,
    Unknown,
)
from app.messaging.ranks import is_terminal, rank_of, state_of
from app.people.access import Actor

log = structlog.get_logger()

FIRST_LOOK_SECONDS = 60.0
BACKOFF_SECONDS = 0.5
BACKOFF_CEILING_SECONDS = 30.0
DAY_LIMIT_LOOK_SECONDS = 3600.0
"""A spent daily limit is looked at again each hour: only the carrier knows when its day begins."""


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


@dataclass(frozen=True)
class Recorder:
    """Writes for one provider; `time_scale` shortens every wait (tests)."""

    provider: str
    carrier: Carrier
    time_scale: float

    def record(self, done: Sequence[Called], moment: datetime) -> None:
        self._count(done)
        self._sent([called for called in done if isinstance(called.outcome, Sent)], moment)
        for called in done:
            if not isinstance(called.outcome, Sent):
                self._failure(called, moment)
        unknowns = sum(isinstance(called.outcome, Unknown) for called in done)
        if unknowns:
            breaker.note_unknowns(self.provider, count=unknowns, scale=self.time_scale)

    def _count(self, done: Sequence[Called]) -> None:
        for outcome, times in Counter(type(called.outcome).__name__ for called in done).items():
            metrics.sms_calls.labels(self.provider, outcome).inc(times)
        seconds = metrics.sms_call_seconds.labels(self.provider)
        for called in done:
            seconds.observe(called.seconds)

    def _sent(self, sent: Sequence[Called], moment: datetime) -> None:
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
        if self.provider == "sandbox":
            announce("sandbox")

    def _failure(self, called: Called, moment: datetime) -> None:
        row, outcome = called.row, called.outcome
        db.session.execute(FINISH_ATTEMPT, _attempt_values(called))
        mine = {"id": row.id, "attempt": called.attempt, "owner": row.owner}
        match outcome:
            case Retry(after_seconds=after, code=code, is_full=is_full):
                pause = after if after is not None else self._scaled(self._wait(code, called.attempt))
                db.session.execute(TRY_AGAIN, {**mine, "pause": pause, "code": code, "reason": None})
                if is_full:
                    breaker.note_full(self.provider, seconds=pause)
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
                    breaker.alert(self.provider, code=code, reason=reason, now=moment)
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
        breaker.open_hard(self.provider, reason=ACCOUNT_FAILURE, scale=self.time_scale)
        breaker.alert(self.provider, code=code, reason=ACCOUNT_FAILURE, now=moment)
        log.error("sms_account_failure", provider=self.provider, code=code)

    def _fail(self, mine: dict[str, Any], state: State, reason: str, code: int, moment: datetime) -> None:
        ended = db.session.execute(
            FAIL, {**mine, "state": state.value, "reason": reason, "code": code, "now": moment}
        ).first()
        if ended is not None and ended.is_proactive:
            contacts.release(ended.dedupe_key, reason=reason, now=moment)
            touch_ends.tell([ended.dedupe_key], state.value, reason, now=moment)
        questions.close_of_messages([mine["id"]], reason=reason, now=moment)

    def _scaled(self, seconds: float) -> float:
        return seconds * self.time_scale


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


def _first_status(sent: Sent) -> str:
    """What the answer to the create says of the text. An end in it is left to the callback, which brings the code too:
    taken from here it would make the callback look like old news. Only who shows the text himself may end it.
    """
    if sent.is_delivered:
        return "delivered"
    return "queued" if is_terminal(sent.status) else sent.status
