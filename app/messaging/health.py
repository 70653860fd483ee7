"""How sending does, for head office and for Prometheus: what waits, what is stuck, what only people can mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text

from app.core import config
from app.core.audit import record
from app.core.db import db
from app.core.errors import Forbidden
from app.customers.access import audit_name
from app.messaging import breaker, gateway, outbound, spool
from app.messaging.models import SenderAlert, SenderHealth
from app.messaging.providers import ACCOUNT_FAILURE
from app.people.access import Actor

LATELY = timedelta(hours=24)
LAST_CALLS = 500


@dataclass(frozen=True)
class Sending:
    """`due`: rows that should be on their way already. `seconds_per_call`: the middle one of the last calls."""

    provider: str
    sender: str
    segments_per_second: float
    is_stopped: bool
    reason: str | None
    stopped_since: datetime | None
    tried_again_at: datetime | None
    is_full: bool
    due: int
    oldest_due_at: datetime | None
    held: int
    on_its_way: int
    unknown: int
    needs_attention: int
    failed_lately: int
    calls: int
    seconds_per_call: float | None
    bad_numbers: int
    alerts: Sequence[SenderAlert]
    kept_results: spool.Look

    @property
    def is_well(self) -> bool:
        return not (self.is_stopped or self.is_full or self.alerts or self.is_spool_broken)

    @property
    def is_spool_broken(self) -> bool:
        return self.kept_results.set_aside > 0 or not self.kept_results.is_readable


def sending(*, now: datetime) -> Sending:
    provider = gateway.current()
    health = db.session.get(SenderHealth, provider.name, populate_existing=True)
    figures = db.session.execute(FIGURES, {"now": now, "lately": now - LATELY}).one()
    calls = db.session.execute(CALLS, {"most": LAST_CALLS}).one()
    state = db.session.execute(STATE, {"provider": provider.name}).first()
    return Sending(
        provider=provider.name,
        sender=provider.sender,
        segments_per_second=config.settings().messaging.segments_per_second,
        is_stopped=bool(health and health.is_tripped),
        reason=health.reason if health and health.is_tripped else None,
        stopped_since=health.tripped_at if health and health.is_tripped else None,
        tried_again_at=health.open_at if health and health.is_tripped else None,
        is_full=bool(state and state.is_full),
        due=figures.due,
        oldest_due_at=figures.oldest_due_at,
        held=figures.held,
        on_its_way=figures.on_its_way,
        unknown=figures.unknown,
        needs_attention=figures.needs_attention,
        failed_lately=figures.failed_lately,
        calls=calls.calls,
        seconds_per_call=calls.middle,
        bad_numbers=figures.bad_numbers,
        alerts=open_alerts(),
        kept_results=spool.look(),
    )


def open_alerts() -> Sequence[SenderAlert]:
    """What carriers said that only people can mend, the newest first."""
    return db.session.scalars(
        select(SenderAlert).where(SenderAlert.settled_at.is_(None)).order_by(SenderAlert.last_at.desc())
    ).all()


def gauges(*, now: datetime) -> dict[str, float]:
    """The same for Prometheus."""
    state = sending(now=now)
    waits = (now - state.oldest_due_at).total_seconds() if state.oldest_due_at else 0.0
    return {
        "huifang_sms_due": state.due,
        "huifang_sms_oldest_due_seconds": max(waits, 0.0),
        "huifang_sms_held": state.held,
        "huifang_sms_on_its_way": state.on_its_way,
        "huifang_sms_unknown": state.unknown,
        "huifang_sms_needs_attention": state.needs_attention,
        "huifang_sms_failed_24h": state.failed_lately,
        "huifang_sms_seconds_per_call": state.seconds_per_call or 0.0,
        "huifang_sms_breaker_open": float(state.is_stopped),
        "huifang_sms_alerts": len(state.alerts),
        "huifang_sms_bad_numbers": state.bad_numbers,
        "huifang_sms_results_set_aside": state.kept_results.set_aside,
        "huifang_sms_spool_unreadable": float(not state.kept_results.is_readable),
    }


def try_now(*, actor: Actor, now: datetime) -> bool:
    """Somebody has mended the account: try a text at once. Returns whether anything was stopped."""
    _require_head_office(actor)
    provider = gateway.current().name
    was_stopped = breaker.try_now(provider)
    db.session.execute(
        text("""UPDATE message SET next_attempt_at = NULL
                WHERE state = 'pending' AND held_reason = :reason"""),
        {"reason": ACCOUNT_FAILURE},
    )
    outbound.wake_drain()
    record(audit_name(actor), action="sms.try_now", subject=("sender", 0), detail={"provider": provider}, now=now)
    return was_stopped


def settle_alert(provider: str, code: int, *, actor: Actor, now: datetime) -> bool:
    """Somebody has taken care of it; it comes back when it happens again."""
    _require_head_office(actor)
    settled = breaker.settle_alert(provider, code, staff_id=actor.staff_id, now=now)
    if settled:
        detail = {"provider": provider, "code": code}
        record(audit_name(actor), action="sms.settle_alert", subject=("sender", 0), detail=detail, now=now)
    return settled


def _require_head_office(actor: Actor) -> None:
    if not actor.sees_all_stores:
        raise Forbidden


# Each part reads its own small index, whatever the table has grown to.
FIGURES = text("""
    SELECT
        (SELECT count(*) FROM message WHERE state = 'pending' AND not_before <= :now) AS due,
        (SELECT min(not_before) FROM message WHERE state = 'pending' AND not_before <= :now) AS oldest_due_at,
        (SELECT count(*) FROM message WHERE state = 'pending' AND not_before > :now AND held_until IS NOT NULL) AS held,
        (SELECT count(*) FROM message WHERE state IN ('claimed', 'submitting')) AS on_its_way,
        (SELECT count(*) FROM message WHERE state = 'unknown') AS unknown,
        (SELECT count(*) FROM message WHERE state = 'needs_attention') AS needs_attention,
        (SELECT count(*) FROM message WHERE state IN ('failed', 'undelivered') AND ended_at > :lately)
            AS failed_lately,
        (SELECT count(*) FROM phone_fault WHERE cleared_at IS NULL) AS bad_numbers
""")

CALLS = text("""
    SELECT count(*) AS calls,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - call_started_at)) AS middle
    FROM (SELECT call_started_at, finished_at FROM message_attempt WHERE finished_at IS NOT NULL
          ORDER BY id DESC LIMIT :most) AS latest
""")

STATE = text("SELECT full_until > clock_timestamp() AS is_full FROM sender_health WHERE provider = :provider")
