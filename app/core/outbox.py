"""The outbox: a fact and one delivery per subscriber are written with the change that made it true.

`publish` runs inside the business transaction. The relay sees due deliveries and wakes a worker; the worker claims
them here and runs each handler in a transaction of its own that also marks the delivery done, so a crash before the
commit leaves nothing and one after it leaves all. A handler that takes its facts `together` gets a bundle of them in
one such transaction. Handlers still lean on unique keys: facts themselves may repeat.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog
from sqlalchemy import text

from app.core import clock, config
from app.core.db import db, transaction
from app.core.live import announce

log = structlog.get_logger()

BELL = "due"
"""The live topic that the relay hears: something has become due."""


def ring() -> None:
    """Let the relay look as soon as the surrounding transaction has committed.

    Not by NOTIFY: PostgreSQL lets one notifying commit through at a time. A ring that is lost, because a process died
    after its commit or Valkey is away, costs no more than the wait for the relay's next look.
    """
    announce(BELL)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened. Subclasses are named in the past tense and carry ids, never whole objects."""

    occurred_at: datetime
    event_id: UUID = field(default_factory=uuid4)


Handler = Callable[..., None]


Subscriptions = Mapping[type[Any], Mapping[str, Handler]]

_at_once: dict[Handler, int] = {}


def together(*, at_once: int = 50) -> Callable[[Handler], Handler]:
    """Marks a handler that takes a list of facts of one kind, all in one transaction: `handler(facts, now=...)`.

    For work that costs about the same for one fact as for many. The transaction holds the locks of all of them until
    it ends, so such a handler takes its locks in one order over all facts, and `at_once` stays small.
    """

    def mark(handler: Handler) -> Handler:
        _at_once[handler] = at_once
        return handler

    return mark


class UnknownFact(Exception):
    """A fact that stands in no subscription table: nobody decided who needs to know."""


_subscriptions: Subscriptions = {}
_facts: dict[str, type[Any]] = {}


def use(subscriptions: Subscriptions) -> None:
    """Install the one table fact -> {subscriber: handler} of this installation."""
    global _subscriptions, _facts
    _subscriptions = subscriptions
    _facts = {fact.__name__: fact for fact in subscriptions}


FACT_SQL = """new_fact AS (
        INSERT INTO fact (event_id, name, occurred_at, payload)
        VALUES (:event_id, :name, :occurred_at, CAST(:payload AS jsonb)) RETURNING id
    ), due AS (
        INSERT INTO delivery (fact_id, subscriber)
        SELECT new_fact.id, subscriber FROM new_fact, unnest(CAST(:subscribers AS text[])) AS subscriber
    )"""
"""Parts of a statement that tells of what it does itself; publish_values() are its parameters, ring() comes after."""

PUBLISH = text(f"WITH {FACT_SQL} SELECT 1")


def publish(fact: Fact) -> None:
    """Store the fact and its deliveries in the caller's transaction; the relay hears of them after the commit."""
    db.session.execute(PUBLISH, publish_values(fact))
    ring()


PUBLISH_MANY = text("""
    WITH new_fact AS (
        INSERT INTO fact (event_id, name, occurred_at, payload)
        SELECT given.event_id, :name, given.occurred_at, given.payload
        FROM unnest(CAST(:event_ids AS uuid[]), CAST(:moments AS timestamptz[]), CAST(:payloads AS jsonb[]))
            AS given (event_id, occurred_at, payload)
        RETURNING id
    )
    INSERT INTO delivery (fact_id, subscriber)
    SELECT new_fact.id, subscriber FROM new_fact, unnest(CAST(:subscribers AS text[])) AS subscriber
""")


def publish_many(facts: Sequence[Fact]) -> None:
    """Facts of one kind in one statement, for what is written in bulk."""
    if not facts:
        return
    first = publish_values(facts[0])
    values = {
        **{name: first[name] for name in ("name", "subscribers")},
        "event_ids": [fact.event_id for fact in facts],
        "moments": [fact.occurred_at for fact in facts],
        "payloads": [encode(fact) for fact in facts],
    }
    db.session.execute(PUBLISH_MANY, values)
    ring()


def publish_values(fact: Fact) -> dict[str, Any]:
    """Bound parameters of PUBLISH, for a hot path that puts FACT_SQL into its own single statement."""
    try:
        subscribers = _subscriptions[type(fact)]
    except KeyError:
        raise UnknownFact(f"{type(fact).__name__} stands in no row of app/subscriptions.py") from None
    return {
        "event_id": fact.event_id,
        "name": type(fact).__name__,
        "occurred_at": fact.occurred_at,
        "payload": encode(fact),
        "subscribers": list(subscribers),
    }


def encode(fact: Fact) -> str:
    return msgspec.json.encode(fact).decode()


def decode(name: str, payload: Mapping[str, Any]) -> Fact:
    fact: Fact = msgspec.convert(payload, _facts[name])
    return fact


@dataclass(frozen=True)
class Claimed:
    """A delivery leased to this worker; `attempt` fences a worker that was paused past its lease."""

    id: int
    attempt: int
    subscriber: str
    name: str
    payload: Mapping[str, Any]


CLAIM = text("""
    UPDATE delivery SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => :lease)
    FROM fact
    WHERE fact.id = delivery.fact_id AND delivery.id IN (
        SELECT id FROM delivery WHERE state = 'due' AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT :size FOR UPDATE SKIP LOCKED)
    RETURNING delivery.id, delivery.attempts, delivery.subscriber, fact.name, fact.payload
""")

FINISH = text("""
    UPDATE delivery SET state = 'done', done_at = now(), last_error = NULL
    WHERE id = :id AND state = 'due' AND attempts = :attempt
""")

FINISH_MANY = text("""
    UPDATE delivery SET state = 'done', done_at = now(), last_error = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS int[])) AS mine (id, attempt)
    WHERE delivery.id = mine.id AND state = 'due' AND attempts = mine.attempt
    RETURNING delivery.id
""")

FAIL = text("""
    UPDATE delivery SET last_error = :error,
        state = CASE WHEN attempts >= :max_attempts THEN 'dead' ELSE 'due' END,
        next_attempt_at = now() + make_interval(secs => :delay)
    WHERE id = :id AND state = 'due' AND attempts = :attempt
""")


def drain_deliveries(*, stop_after_seconds: float = 20.0) -> int:
    """Run due deliveries until none is left or the time is up; returns how many were done."""
    done = 0
    ends = time.monotonic() + stop_after_seconds
    while time.monotonic() < ends:
        claimed = _claim()
        if not claimed:
            return done
        for deliveries in _in_bundles(claimed):
            done += _run_together(deliveries) if len(deliveries) > 1 else _run(deliveries[0])
    return done


def _claim() -> list[Claimed]:
    limits = config.settings().outbox
    with transaction() as session:
        rows = session.execute(CLAIM, {"lease": limits.lease_seconds, "size": limits.claim_size}).all()
    # Oldest first: no order is promised, but the natural one saves handlers needless second looks.
    return sorted((Claimed(*row) for row in rows), key=lambda delivery: delivery.id)


def _in_bundles(claimed: Sequence[Claimed]) -> list[list[Claimed]]:
    """What is handled in one transaction: what one subscriber takes together, the rest each for itself."""
    bundles: list[list[Claimed]] = []
    unfilled: dict[tuple[str, str], list[Claimed]] = {}
    for delivery in claimed:
        key = (delivery.name, delivery.subscriber)
        if key not in unfilled:
            bundles.append(unfilled.setdefault(key, []))
        unfilled[key].append(delivery)
        if len(unfilled[key]) >= _most_at_once(delivery):
            del unfilled[key]
    return bundles


def _most_at_once(delivery: Claimed) -> int:
    fact = _facts.get(delivery.name)
    handler = _subscriptions[fact].get(delivery.subscriber) if fact is not None else None
    return _at_once.get(handler, 1) if handler is not None else 1


def _run_together(deliveries: Sequence[Claimed]) -> int:
    """All of them or none; after a failure each for itself, so that one can't hold the others back."""
    mine = {delivery.id: delivery for delivery in deliveries}
    try:
        with transaction() as session:
            # As in _run: first the marks, then the effect.
            attempts = {"ids": list(mine), "attempts": [delivery.attempt for delivery in deliveries]}
            fenced = sorted(session.execute(FINISH_MANY, attempts).scalars())
            if fenced:
                _handle([mine[number] for number in fenced])
        return len(fenced)
    except Exception as error:
        log.info("deliveries_parted", fact=deliveries[0].name, count=len(deliveries), error=type(error).__name__)
        return sum(_run(delivery) for delivery in deliveries)


def _run(delivery: Claimed) -> bool:
    try:
        with transaction() as session:
            # First the mark, then the effect: the row lock keeps a second worker out until this commits.
            fenced = session.execute(FINISH, {"id": delivery.id, "attempt": delivery.attempt})
            if fenced.rowcount == 0:  # type: ignore[attr-defined]
                return False
            _handle([delivery])
        return True
    except Exception as error:
        _note_failure(delivery, error)
        return False


def _handle(deliveries: Sequence[Claimed]) -> None:
    """Deliveries of one bundle, to their subscriber."""
    facts = [decode(delivery.name, delivery.payload) for delivery in deliveries]
    handler = _subscriptions[type(facts[0])][deliveries[0].subscriber]
    if handler in _at_once:
        handler(facts, now=clock.now())
        return
    for fact in facts:
        handler(fact, now=clock.now())


def _note_failure(delivery: Claimed, error: Exception) -> None:
    limits = config.settings().outbox
    delay = min(limits.backoff_seconds * 2 ** (delivery.attempt - 1), limits.backoff_ceiling_seconds)
    log.warning(
        "delivery_failed",
        delivery=delivery.id,
        fact=delivery.name,
        subscriber=delivery.subscriber,
        attempt=delivery.attempt,
        error=type(error).__name__,
        exc_info=True,
    )
    with transaction() as session:
        session.execute(
            FAIL,
            {
                "id": delivery.id,
                "attempt": delivery.attempt,
                "error": "".join(traceback.format_exception_only(error)).strip()[:2000],
                "max_attempts": limits.max_attempts,
                "delay": delay,
            },
        )


def has_due() -> bool:
    return bool(
        db.session.execute(
            text("SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'due' AND next_attempt_at <= now())")
        ).scalar()
    )


@dataclass(frozen=True)
class Backlog:
    """How the outbox stands: rows waiting, rows given up, and the age in seconds of the oldest due one."""

    due: int
    dead: int
    oldest_due_seconds: float


def backlog() -> Backlog:
    row = db.session.execute(
        text("""SELECT count(*) FILTER (WHERE state = 'due'), count(*) FILTER (WHERE state = 'dead'),
                       coalesce(extract(epoch FROM now() - min(next_attempt_at) FILTER (WHERE state = 'due')), 0)
                FROM delivery WHERE state IN ('due', 'dead')""")
    ).one()
    return Backlog(due=row[0], dead=row[1], oldest_due_seconds=max(float(row[2]), 0.0))


@dataclass(frozen=True)
class DeadLetter:
    id: int
    fact: str
    subscriber: str
    attempts: int
    error: str
    occurred_at: datetime
    payload: str


def dead_letters(*, limit: int = 100) -> list[DeadLetter]:
    rows = db.session.execute(
        text("""SELECT d.id, f.name, d.subscriber, d.attempts, coalesce(d.last_error, '') AS last_error, f.occurred_at,
                       f.payload
                FROM delivery d JOIN fact f ON f.id = d.fact_id WHERE d.state = 'dead' ORDER BY d.id LIMIT :limit"""),
        {"limit": limit},
    ).all()
    return [
        DeadLetter(
            id=row.id,
            fact=row.name,
            subscriber=row.subscriber,
            attempts=row.attempts,
            error=row.last_error,
            occurred_at=row.occurred_at,
            payload=json.dumps(row.payload, ensure_ascii=False),
        )
        for row in rows
    ]


def retry_dead(delivery_id: int | None = None) -> int:
    """Make one dead delivery, or all of them, due again; returns how many."""
    result = db.session.execute(
        text("""UPDATE delivery SET state = 'due', attempts = 0, next_attempt_at = now()
                WHERE state = 'dead' AND (CAST(:id AS bigint) IS NULL OR id = :id)"""),
        {"id": delivery_id},
    )
    ring()
    return int(result.rowcount)  # type: ignore[attr-defined]


def forget_done(*, older_than_days: int = 30) -> int:
    """Delete finished deliveries and then facts nobody waits for; the business tables keep the history."""
    deleted = db.session.execute(
        text("DELETE FROM delivery WHERE state = 'done' AND done_at < now() - make_interval(days => :days)"),
        {"days": older_than_days},
    )
    db.session.execute(
        text("""DELETE FROM fact WHERE recorded_at < now() - make_interval(days => :days)
                AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.fact_id = fact.id)"""),
        {"days": older_than_days},
    )
    return int(deleted.rowcount)  # type: ignore[attr-defined]
