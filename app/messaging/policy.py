"""May this text go out now? Pure: all it needs comes in, one verdict comes out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.i18n import N_
from app.customers.values import Scope
from app.messaging.countries import Country
from app.messaging.kinds import KindRule

DIRECT_ANSWER = timedelta(minutes=10)
LIVE_STATUSES = frozenset({"open", "assigned", "active"})
PAUSE_RECHECK = timedelta(hours=1)

QUIET_HOURS = N_("quiet hours")
OPTED_OUT = N_("the customer has opted out")
TOO_LATE = N_("too late to be useful")
TOO_LATE_AFTER_QUIET_HOURS = N_("it would be too late after the quiet hours")
TASK_OVER = N_("the task is over")
TASK_MOVED = N_("the task has moved to another time")
MAYBE_OPT_OUT = N_("the customer may want no more messages: please ask")


@dataclass(frozen=True)
class Send:
    """It may go, up to `until` (the start of quiet hours or the end of its use)."""

    until: datetime


@dataclass(frozen=True)
class Hold:
    reason: str
    until: datetime


@dataclass(frozen=True)
class Suppress:
    reason: str


@dataclass(frozen=True)
class Expire:
    reason: str


@dataclass(frozen=True)
class Cancel:
    reason: str


Verdict = Send | Hold | Suppress | Expire | Cancel


@dataclass(frozen=True)
class Facts:
    """What the verdict depends on, as it stands at this moment."""

    rule: KindRule
    country: Country
    zone: str
    expires_at: datetime
    refused_scopes: Collection[str] = ()
    answers_inbound_at: datetime | None = None
    task_status: str | None = None
    task_window_start: datetime | None = None
    speaks_of_window_start: datetime | None = None
    is_paused: bool = False


def decide(facts: Facts, now: datetime) -> Verdict:
    if is_refused(facts.rule.scope, facts.refused_scopes):
        return Suppress(OPTED_OUT)
    if facts.rule.needs_active_task and facts.task_status != "active":
        return Cancel(TASK_OVER)
    if facts.rule.needs_live_task and facts.task_status is not None:
        if facts.task_status not in LIVE_STATUSES:
            return Cancel(TASK_OVER)
        if facts.speaks_of_window_start and facts.speaks_of_window_start != facts.task_window_start:
            return Cancel(TASK_MOVED)
    if facts.expires_at <= now:
        return Expire(TOO_LATE)
    if facts.is_paused and not facts.rule.answers_customer:
        return Hold(MAYBE_OPT_OUT, now + PAUSE_RECHECK)
    if is_free_of_quiet_hours(facts.rule, answers_inbound_at=facts.answers_inbound_at, now=now):
        return Send(until=facts.expires_at)
    opens = quiet_until(now, facts.zone, facts.country)
    if opens is None:
        return Send(until=min(facts.expires_at, open_until(now, facts.zone, facts.country)))
    if facts.expires_at <= opens:
        return Expire(TOO_LATE_AFTER_QUIET_HOURS)
    return Hold(QUIET_HOURS, opens)


def is_refused(scope: Scope, refused_scopes: Collection[str]) -> bool:
    return Scope.ALL in refused_scopes or scope in refused_scopes


def is_free_of_quiet_hours(rule: KindRule, *, answers_inbound_at: datetime | None, now: datetime) -> bool:
    """On-the-way, late and door-code texts of an active task, and a direct answer within ten minutes."""
    if rule.any_hour:
        return True
    return rule.answers_customer and answers_inbound_at is not None and now - answers_inbound_at <= DIRECT_ANSWER


def quiet_until(now: datetime, zone: str, country: Country) -> datetime | None:
    """The next open minute when `now` lies in the recipient's quiet hours, else None."""
    local = now.astimezone(ZoneInfo(zone))
    clock, starts, ends = local.time(), country.quiet_from, country.quiet_to
    if starts <= ends:
        is_quiet = starts <= clock < ends
        day = local.date()
    else:
        is_quiet = clock >= starts or clock < ends
        day = local.date() + timedelta(days=1 if clock >= starts else 0)
    if not is_quiet:
        return None
    return datetime.combine(day, ends, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def open_until(now: datetime, zone: str, country: Country) -> datetime:
    """The start of the recipient's next quiet hours."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=0 if local.time() < country.quiet_from else 1)
    return datetime.combine(day, country.quiet_from, tzinfo=ZoneInfo(zone)).astimezone(UTC)
