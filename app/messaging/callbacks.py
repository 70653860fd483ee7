"""Status callbacks: they come twice, late and out of order, and carry no time. Rank decides, not arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.core import metrics
from app.core.db import db, transaction
from app.core.live import announce
from app.messaging import promises, resend
from app.messaging.models import WAITING, Message, ProviderEvent, State
from app.messaging.promises import Told
from app.messaging.ranks import is_terminal, rank_of, state_of
from app.tasks.models import Task

log = structlog.get_logger()

# Rows that a provider can be talking about. A pending one was never handed over, unless it may go a second time.
KNOWN_TO_PROVIDER = frozenset(
    {
        State.SUBMITTING,
        State.UNKNOWN,
        State.SUBMITTED,
        State.SENT,
        State.DELIVERED,
        State.UNDELIVERED,
        State.FAILED,
        State.CANCELED,
        State.NEEDS_ATTENTION,
    }
)


AT_ONCE = 500
"""Events that one look matches again; the next look, a minute later, takes the rest."""


class Verdict(StrEnum):
    APPLIED = "applied"
    LATE = "late"
    CONTRADICTS = "contradicts"
    UNMATCHED = "unmatched"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Report:
    """One callback, its signature already checked. `message_id` is ours, from the signed address."""

    provider: str
    sid: str
    status: str
    to_phone: str
    error_code: int = 0
    message_id: UUID | None = None
    raw: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def receive(report: Report, *, now: datetime) -> Verdict:
    """Keep the event and apply it, in the caller's transaction. The same news a second time does nothing."""
    message = _find(report)
    if message is not None and message.provider_sid is None:
        _take_from_twin(message, report)
    verdict = _judge(message, report)
    event_id = db.session.scalar(
        insert(ProviderEvent)
        .values(
            provider=report.provider,
            sid=report.sid,
            status=report.status,
            error_code=report.error_code,
            message_id=message.id if message else report.message_id,
            to_phone=report.to_phone,
            raw={name: value.replace("\x00", "") for name, value in report.raw.items()},
            headers={name: value.replace("\x00", "") for name, value in report.headers.items()},
            received_at=now,
            verdict=verdict.value,
        )
        .on_conflict_do_nothing(index_elements=[ProviderEvent.sid, ProviderEvent.status, ProviderEvent.error_code])
        .returning(ProviderEvent.id)
    )
    if event_id is None:
        verdict = Verdict.DUPLICATE
    metrics.sms_callbacks.labels(report.provider, verdict.value).inc()
    if verdict is Verdict.DUPLICATE:
        return verdict
    if message is not None:
        apply(message, report, verdict, now=now)
    return verdict


def rematch(*, since: datetime, now: datetime) -> int:
    """Events that came before their row knew the carrier's id: try again; returns how many found it.

    One short transaction each: rows locked together, in the order of their news, could wait for a worker that is
    writing results in another order.
    """
    found = 0
    for event_id in _unmatched(since):
        with transaction():
            found += _rematch(event_id, now=now)
    return found


def _unmatched(since: datetime) -> Sequence[int]:
    with transaction():
        return db.session.scalars(
            select(ProviderEvent.id)
            .where(ProviderEvent.verdict == Verdict.UNMATCHED.value, ProviderEvent.received_at > since, _has_a_row())
            .order_by(ProviderEvent.id)
            .limit(AT_ONCE)
        ).all()


def _rematch(event_id: int, *, now: datetime) -> bool:
    event = db.session.scalar(
        select(ProviderEvent)
        .where(ProviderEvent.id == event_id, ProviderEvent.verdict == Verdict.UNMATCHED.value)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if event is None:
        # Somebody else has it.
        return False
    report = Report(
        provider=event.provider,
        sid=event.sid,
        status=event.status,
        to_phone=event.to_phone,
        error_code=event.error_code,
        message_id=event.message_id,
    )
    message = _find(report)
    verdict = _judge(message, report)
    if message is None or verdict is Verdict.UNMATCHED:
        return False
    if message.provider_sid is None:
        _take_from_twin(message, report)
    event.verdict, event.message_id = verdict.value, message.id
    apply(message, report, verdict, now=now)
    return True


def _has_a_row() -> ColumnElement[bool]:
    """What is said of texts that are not ours (another service on the same account) must not crowd out the others."""
    by_sid = exists().where(Message.provider_sid == ProviderEvent.sid)
    return or_(by_sid, exists().where(Message.id == ProviderEvent.message_id))


def apply(message: Message, report: Report, verdict: Verdict, *, now: datetime) -> None:
    """Bring the row up to the news: bind the carrier's id, raise the rank, never lower it."""
    if verdict is Verdict.UNMATCHED:
        return
    values: dict[str, Any] = {
        "provider_sid": report.sid,
        "provider": report.provider,
        "submitted_at": message.submitted_at or now,
    }
    if verdict is Verdict.APPLIED:
        values |= {
            "provider_status": report.status,
            "status_rank": rank_of(report.status),
            "state": state_of(report.status).value,
            "error_code": report.error_code or None,
            "end_reason": None,
            "lease_owner": None,
            "lease_until": None,
            "next_attempt_at": None,
            "held_reason": None,
            "held_until": None,
        }
        if is_terminal(report.status):
            values["ended_at"] = message.ended_at or now
    is_news, had_failed = message.submitted_at is None, message.state in resend.FAILED
    may_be_repeated = had_failed or message.state == State.NEEDS_ATTENTION
    db.session.execute(
        update(Message).where(Message.id == message.id).values(**values).execution_options(synchronize_session="fetch")
    )
    if is_news:
        promises.keep([_told(message)], now=now)
    if may_be_repeated and state_of(report.status) is State.DELIVERED:
        resend.take_back(message.id, now=now)
    elif verdict is Verdict.APPLIED and not had_failed:
        resend.after_failure(message, code=report.error_code, now=now)
    announce(f"conversations:{message.store_id}")


def _find(report: Report) -> Message | None:
    """The row, locked: by our id in the address if number and carrier id agree, else by the carrier's id."""
    stmt = select(Message).with_for_update().execution_options(populate_existing=True)
    if report.message_id is not None:
        named = db.session.scalar(stmt.where(Message.id == report.message_id))
        if named is not None and named.to_phone == report.to_phone and named.provider_sid in (None, report.sid):
            return named
    bound = db.session.scalar(stmt.where(Message.provider_sid == report.sid))
    return bound if bound is not None and bound.to_phone == report.to_phone else None


def _take_from_twin(message: Message, report: Report) -> None:
    """Reconciling may have given this carrier id to a row with the same words for the same number. The address that
    the carrier called names the right one: the other is unknown again, and looked for again."""
    lock_sid(report.sid)
    twin = db.session.execute(RELEASE_TWIN, {"sid": report.sid, "id": message.id}).first()
    if twin is None:
        return
    # News under that id went to the twin; it is the named row's, and may be told once more.
    db.session.execute(FORGET_EVENTS, {"sid": report.sid, "twin": twin.id})
    log.info("sms_id_given_back", message=str(message.id), twin=str(twin.id), sid=report.sid)


def lock_sid(sid: str) -> None:
    """One at a time decides to which row a carrier's id belongs."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('sid:' || :sid, 0))"), {"sid": sid})


def try_lock_sid(sid: str) -> bool:
    """The same for who can as well come again later: False when somebody else is deciding."""
    lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended('sid:' || :sid, 0))")
    return bool(db.session.scalar(lock, {"sid": sid}))


def _judge(message: Message | None, report: Report) -> Verdict:
    if message is None or not _is_known(message):
        return Verdict.UNMATCHED
    rank = rank_of(report.status)
    # Whatever is said of a text that waits to go once more: the first one has gone.
    if rank > message.status_rank or (message.state in WAITING and rank == message.status_rank):
        return Verdict.APPLIED
    if (
        is_terminal(report.status)
        and is_terminal(message.provider_status or "")
        and (report.status != message.provider_status)
    ):
        # The first end stands. A later one that says otherwise is kept, to be looked at.
        return Verdict.CONTRADICTS
    return Verdict.LATE


def _is_known(message: Message) -> bool:
    """Nobody knew what became of the first call, so the row goes again; the carrier may still tell of that call."""
    return message.state in KNOWN_TO_PROVIDER or (message.possible_duplicate and message.attempt_no > 0)


def _told(message: Message) -> Told:
    task = db.session.get(Task, message.task_id) if message.task_id else None
    return Told(
        id=message.id,
        kind=message.kind,
        task_id=message.task_id,
        speaks_of=message.speaks_of,
        is_proactive=message.is_proactive,
        dedupe_key=message.dedupe_key,
        zone=message.zone,
        window_start=task.window_start if task else None,
        window_end=task.window_end if task else None,
    )


RELEASE_TWIN = text("""
    UPDATE message SET state = 'unknown', provider_sid = NULL, provider_status = NULL, status_rank = 0,
        error_code = NULL, end_reason = NULL, submitted_at = NULL, ended_at = NULL, lookups = 0,
        lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
    WHERE provider_sid = :sid AND id <> :id RETURNING id
""")

FORGET_EVENTS = text("""
    DELETE FROM provider_event WHERE sid = :sid AND message_id = :twin AND verdict <> 'unmatched'
""")
