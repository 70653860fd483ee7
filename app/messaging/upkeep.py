"""Periodic work on messages: find out what became of unknown ones, end what is too late, ask carriers that keep silent,
fetch the customers' texts whose webhook never came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text

from app.core import config
from app.core.db import db, transaction
from app.core.i18n import N_
from app.messaging import callbacks, gateway, inbound, outbound, policy, questions, spool, touch_ends
from app.messaging.callbacks import Report
from app.messaging.inbound import Received
from app.messaging.kinds import rule_of
from app.messaging.models import Inbound, Message, State
from app.messaging.providers import Found, Heard, LookupFailed, Provider
from app.messaging.ranks import is_terminal

log = structlog.get_logger()

# Seconds from one look to the next: about 1, 2, 10 and 60 minutes after the call.
LOOKS = (60.0, 480.0, 3000.0)
CREATED_BEFORE_CALL_SECONDS = 5.0
CREATED_AFTER_CALL_SECONDS = 60.0
LEAST_WINDOW_SECONDS = 2.0
"""Carriers tell whole seconds, and their clock is not ours."""
GIVE_UP_LOOKING_SECONDS = 24 * 3600.0
POLL_AFTER = timedelta(hours=24)
SILENT_AFTER = timedelta(hours=72)
REMATCH_FOR = timedelta(hours=24)
RECOVER_FOR = timedelta(days=2)
"""How far back missed texts are looked for: longer than a night, so that a lost run is made good by the next."""
LOOK_LEASE_SECONDS = 120.0
BATCH = 100

NEVER_KNOWN = N_("nobody knows whether it was sent")
CARRIER_SILENT = N_("the carrier never reported")


def reconcile_unknown(*, now: datetime, provider: Provider | None = None) -> int:
    """Ask about rows whose call ended unclear, each the carrier that was called; returns how many were settled."""
    settled = 0
    while batch := _take_unknown():
        for row in batch:
            asked = _asked(row.provider, provider)
            settled += _reconcile(row, asked, now=now) if asked else _give_up(row.id, now=now)
    return settled


def _asked(name: str | None, given: Provider | None) -> Provider | None:
    """Only the carrier that took the text knows of it. To another it is a text never sent, and would go out again."""
    if given is not None and name in (None, given.name):
        return given
    return gateway.provider_named(name) if name else gateway.current()


def _give_up(message_id: UUID, *, now: datetime) -> bool:
    """Nobody is left to ask: it is never sent again by itself."""
    with transaction():
        if not _hold(message_id):
            return False
        _end(message_id, State.UNKNOWN, State.NEEDS_ATTENTION, NEVER_KNOWN, now=now)
    return True


def _take_unknown() -> Sequence[Any]:
    with transaction():
        return db.session.execute(
            text("""
                UPDATE message SET next_attempt_at = clock_timestamp() + make_interval(secs => :lease)
                WHERE id IN (SELECT id FROM message WHERE state = 'unknown' AND next_attempt_at <= clock_timestamp()
                             ORDER BY next_attempt_at LIMIT :size FOR UPDATE SKIP LOCKED)
                RETURNING id, to_phone, body, kind, call_started_at, lookups, expires_at, possible_duplicate, sender,
                    provider, extract(epoch FROM clock_timestamp() - call_started_at) AS age_seconds
            """),
            {"lease": LOOK_LEASE_SECONDS * _scale(), "size": BATCH},
        ).all()


def _reconcile(row: Any, provider: Provider, *, now: datetime) -> bool:
    try:
        found = _same_text(provider.find(to=row.to_phone), row)
    except LookupFailed as error:
        log.info("sms_lookup_failed", message=str(row.id), error=str(error))
        found = None
        if row.age_seconds < GIVE_UP_LOOKING_SECONDS * _scale():
            return False
    with transaction():
        if not _hold(row.id):
            return False
        if _has_twin_on_its_way(row):
            # One of the same words to the same number is just being handed over: what was found may be that one.
            return False
        for candidate in found or []:
            report = Report(
                provider=provider.name,
                sid=candidate.sid,
                status=candidate.status,
                to_phone=row.to_phone,
                error_code=candidate.error_code or 0,
                message_id=row.id,
            )
            if not callbacks.try_lock_sid(candidate.sid):
                # A callback is just saying whose it is.
                return False
            if not _is_bound(candidate.sid) and callbacks.receive(report, now=now) is callbacks.Verdict.APPLIED:
                return True
        return _not_found(row, now=now)


def _same_text(found: Sequence[Found], row: Any) -> list[Found]:
    """What the carrier has that can be this row: same words, same sender, made at about the time of the call."""
    earliest = row.call_started_at - _window(CREATED_BEFORE_CALL_SECONDS)
    latest = row.call_started_at + _window(CREATED_AFTER_CALL_SECONDS)
    return [
        one
        for one in found
        if one.body == row.body
        and (not one.sender or not row.sender or one.sender == row.sender)
        and one.created_at is not None
        and earliest <= one.created_at <= latest
    ]


def _window(seconds: float) -> timedelta:
    return timedelta(seconds=max(seconds * _scale(), LEAST_WINDOW_SECONDS))


def _hold(message_id: UUID) -> bool:
    """The row before the carrier's id, as a callback does: in another order the two could wait for each other."""
    held = select(Message.id).where(Message.id == message_id, Message.state == State.UNKNOWN.value).with_for_update()
    return db.session.scalar(held) is not None


def _has_twin_on_its_way(row: Any) -> bool:
    twins = select(Message.id).where(
        Message.to_phone == row.to_phone,
        Message.body == row.body,
        Message.state == State.SUBMITTING.value,
        Message.id != row.id,
    )
    return db.session.scalar(twins.limit(1)) is not None


def _is_bound(sid: str) -> bool:
    return db.session.scalar(select(Message.id).where(Message.provider_sid == sid)) is not None


def _not_found(row: Any, *, now: datetime) -> bool:
    """Look again later; after the last look a person is asked, or a kind that must arrive goes out once more."""
    if row.lookups < len(LOOKS):
        db.session.execute(
            text("""UPDATE message SET lookups = lookups + 1,
                        next_attempt_at = clock_timestamp() + make_interval(secs => :pause)
                    WHERE id = :id AND state = 'unknown'"""),
            {"id": row.id, "pause": LOOKS[row.lookups] * _scale()},
        )
        return False
    if rule_of(row.kind).resend_when_unknown and not row.possible_duplicate and row.expires_at > now:
        db.session.execute(
            text("""UPDATE message SET state = 'pending', possible_duplicate = true, next_attempt_at = NULL
                    WHERE id = :id AND state = 'unknown'"""),
            {"id": row.id},
        )
        outbound.wake_drain()
        return True
    _end(row.id, State.UNKNOWN, State.NEEDS_ATTENTION, NEVER_KNOWN, now=now)
    return True


def expire_due(*, now: datetime) -> int:
    """End waiting rows that came too late and questions nobody answered; give early callbacks a second chance."""
    with transaction():
        waiting = Message.expires_at <= now
        by_night = Message.held_reason.in_([policy.QUIET_HOURS, policy.UNASKED_HOURS])
        ended = [
            message_id
            for which, reason in (
                (waiting & by_night, policy.TOO_LATE_AFTER_QUIET_HOURS),
                (waiting & Message.held_reason.is_not(None), policy.TOO_LATE_AFTER_WAITING),
                (waiting, policy.TOO_LATE),
            )
            for message_id in outbound.end_waiting(which, state=State.EXPIRED, reason=reason, now=now)
        ]
        questions.close_expired(now=now)
    callbacks.rematch(since=now - REMATCH_FOR, now=now)
    return len(ended)


def poll_silent(*, now: datetime, provider: Provider | None = None) -> int:
    """Nightly: ask about rows without an end after a day; after three days they end as they stand."""
    settled = 0
    for message_id, sid, to_phone, submitted_at, name in _unsettled(before=now - POLL_AFTER):
        asked = _asked(name, provider)
        found = _fetch(asked, sid) if asked else None
        with transaction():
            if asked is not None and found is not None and is_terminal(found.status):
                report = Report(
                    provider=asked.name,
                    sid=found.sid,
                    status=found.status,
                    to_phone=to_phone,
                    error_code=found.error_code or 0,
                    message_id=message_id,
                )
                callbacks.receive(report, now=now)
                settled += 1
            elif submitted_at <= now - SILENT_AFTER:
                # Without its carrier nobody has looked: a person decides, for it may well have arrived.
                state = State.UNDELIVERED if asked else State.NEEDS_ATTENTION
                _end(message_id, None, state, CARRIER_SILENT, now=now)
                settled += 1
    return settled


def _unsettled(*, before: datetime) -> list[tuple[UUID, str, str, datetime, str | None]]:
    rows = db.session.execute(
        select(Message.id, Message.provider_sid, Message.to_phone, Message.submitted_at, Message.provider)
        .where(Message.state.in_([State.SUBMITTED.value, State.SENT.value]), Message.submitted_at <= before)
        .order_by(Message.submitted_at)
        .limit(5000)
    ).all()
    db.session.rollback()
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows if row[1] and row[3]]


def recover_inbound(*, now: datetime, provider: Provider | None = None, since: datetime | None = None) -> int:
    """Nightly, and when somebody asks: fetch the customers' texts that never reached us; returns how many were new.

    They are understood as usual, under the time they were written at; those that are old get no answer by themselves.
    """
    asked = provider or gateway.current()
    try:
        heard = asked.received(since=since or now - RECOVER_FOR)
    except LookupFailed as error:
        log.warning("sms_inbound_not_listed", provider=asked.name, error=str(error))
        raise
    found = 0
    for text_ in _unseen(heard):
        with transaction():
            found += inbound.receive(_as_received(text_, asked), now=now) is not None
    if found:
        log.warning("sms_inbound_recovered", provider=asked.name, count=found)
    return found


def _unseen(heard: Sequence[Heard]) -> list[Heard]:
    """Oldest first, as they were written: a stop and a start are told in their order."""
    seen = set(db.session.scalars(select(Inbound.sid).where(Inbound.sid.in_([one.sid for one in heard]))))
    db.session.rollback()
    new = [one for one in heard if one.sid not in seen]
    return sorted(new, key=lambda one: (one.at is None, one.at, one.sid))


def _as_received(heard: Heard, provider: Provider) -> Received:
    return Received(
        sid=heard.sid,
        provider=provider.name,
        from_phone=heard.from_phone,
        to_phone=heard.to_phone,
        body=heard.body,
        opt_out_type=heard.opt_out_type,
        media_count=heard.media_count,
        raw=heard.raw,
        sent_at=heard.at,
        is_recovered=True,
    )


def apply_spool(*, now: datetime) -> int:
    """What a worker kept in a file while the database was away; returns how many results were brought home."""
    return spool.apply(now=now)


def _fetch(provider: Provider, sid: str) -> Found | None:
    try:
        return provider.fetch(sid)
    except LookupFailed as error:
        log.info("sms_lookup_failed", sid=sid, error=str(error))
        return None


def _end(message_id: UUID, source: State | None, state: State, reason: str, *, now: datetime) -> None:
    sources = [source.value] if source else [State.SUBMITTED.value, State.SENT.value]
    key = db.session.scalar(
        text("""UPDATE message SET state = :state, end_reason = :reason, ended_at = :now, next_attempt_at = NULL
                WHERE id = :id AND state = ANY(:sources) RETURNING split_part(dedupe_key, ':resend:', 1)"""),
        {"id": message_id, "state": state.value, "reason": reason, "now": now, "sources": sources},
    )
    if key is not None and source is State.UNKNOWN:
        touch_ends.tell([key], state.value, reason, now=now)


def _scale() -> float:
    return config.settings().messaging.time_scale
