"""May this text go out now? Pure: all it needs comes in, one verdict comes out.

Asked when a row is claimed and, in the words of SQL, once more just before the call (SUBMIT in drain_sql.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.i18n import N_
from app.customers.values import Scope
from app.messaging.countries import Country, Registration
from app.messaging.hours import Hours
from app.messaging.kinds import KindRule

DIRECT_ANSWER = timedelta(minutes=10)
LIVE_STATUSES = frozenset({"open", "assigned", "active"})
PAUSE_RECHECK = timedelta(hours=1)

QUIET_HOURS = N_("quiet hours")
UNASKED_HOURS = N_("outside the hours for texts that nobody asked for")
OPTED_OUT = N_("the customer has opted out")
NUMBER_IS_BAD = N_("the number can't receive SMS")
TOO_LATE = N_("too late to be useful")
TOO_LATE_AFTER_QUIET_HOURS = N_("it would be too late after the quiet hours")
TOO_LATE_AFTER_WAITING = N_("it had to wait until it was too late")
TASK_OVER = N_("the task is over")
TASK_MOVED = N_("the task has moved to another time")
MAYBE_OPT_OUT = N_("the customer may want no more messages: please ask")
COUNTRY_IS_OFF = N_("we send no texts to this country")
NOT_REGISTERED = N_("texts to this country are not registered yet")
NO_PROMOTIONS_THERE = N_("promotions are not allowed in this country")
RESTRICTED = N_("restricted products are never promoted")
COMPLAINT_OPEN = N_("no promotions while a complaint of the household is open")
REACTION_OPEN = N_("a possible reaction to a product is being looked into: a person speaks first")
CONTACTED_LATELY = N_("the household was contacted lately")


@dataclass(frozen=True)
class Send:
    """It may go, up to `until` (the start of closed hours or the end of its use)."""

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
    """What the verdict depends on, as it stands at this moment.

    `is_proactive`: it takes a slot of the household's contact budget. `budget_free_at`: when that has a free slot,
    None while it is not in question.
    """

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
    number_is_bad: bool = False
    is_proactive: bool = False
    is_restricted: bool = False
    has_open_complaint: bool = False
    has_open_reaction: bool = False
    budget_free_at: datetime | None = None


def decide(facts: Facts, now: datetime) -> Verdict:
    reason = never_goes(facts)
    if reason is not None:
        return Suppress(reason)
    reason = is_pointless(facts)
    if reason is not None:
        return Cancel(reason)
    if facts.expires_at <= now:
        return Expire(TOO_LATE)
    if facts.is_paused and not facts.rule.answers_customer:
        return _ask_again(facts, MAYBE_OPT_OUT, now)
    if facts.has_open_reaction and facts.rule.is_proactive:
        return _ask_again(facts, REACTION_OPEN, now)
    if is_free_of_quiet_hours(facts.rule, answers_inbound_at=facts.answers_inbound_at, now=now):
        return Send(until=facts.expires_at)
    hours = hours_of(facts)
    if not hours.is_open(now):
        is_night = not quiet_hours(facts.country, facts.zone).is_open(now)
        return _hold(facts, QUIET_HOURS if is_night else UNASKED_HOURS, now)
    if facts.budget_free_at is not None and facts.budget_free_at > now:
        return _hold(facts, CONTACTED_LATELY, facts.budget_free_at)
    return Send(until=min(facts.expires_at, hours.open_until(now)))


def never_goes(facts: Facts) -> str | None:
    """Why this text may not go at all, whenever it is asked."""
    country, rule = facts.country, facts.rule
    if is_refused(rule.scope, facts.refused_scopes):
        return OPTED_OUT
    if facts.number_is_bad and not rule.answers_customer:
        return NUMBER_IS_BAD
    if not country.sends:
        return COUNTRY_IS_OFF
    if country.registration_status is Registration.MISSING:
        return NOT_REGISTERED
    if not rule.promotes:
        return None
    if facts.is_restricted:
        return RESTRICTED
    if not country.promotions:
        return NO_PROMOTIONS_THERE
    # Dropped, not kept for later: an offer on the heels of a settled complaint would undo the apology. Care goes on,
    # because only promotions freeze; looking after somebody is what a household with a complaint needs.
    return COMPLAINT_OPEN if facts.has_open_complaint else None


def is_pointless(facts: Facts) -> str | None:
    """Why the text's task has left it without sense."""
    if facts.rule.needs_active_task and facts.task_status != "active":
        return TASK_OVER
    if facts.rule.needs_live_task and facts.task_status is not None:
        if facts.task_status not in LIVE_STATUSES:
            return TASK_OVER
        if facts.speaks_of_window_start and facts.speaks_of_window_start != facts.task_window_start:
            return TASK_MOVED
    return None


def is_refused(scope: Scope, refused_scopes: Collection[str]) -> bool:
    return Scope.ALL in refused_scopes or scope in refused_scopes


def is_free_of_quiet_hours(rule: KindRule, *, answers_inbound_at: datetime | None, now: datetime) -> bool:
    """On-the-way, late and door-code texts of an active task, and a direct answer within ten minutes."""
    if rule.any_hour:
        return True
    return rule.answers_customer and answers_inbound_at is not None and now - answers_inbound_at <= DIRECT_ANSWER


def quiet_hours(country: Country, zone: str) -> Hours:
    return Hours(zone, closed=((country.quiet_from, country.quiet_to),))


def unasked_hours(country: Country, zone: str) -> Hours:
    """The hours for texts that nobody asked for; the quiet hours close them too."""
    closed = [(country.quiet_from, country.quiet_to), (country.proactive_to, country.proactive_from)]
    if country.pause_from is not None and country.pause_to is not None:
        closed.append((country.pause_from, country.pause_to))
    return Hours(zone, closed=tuple(closed))


def hours_of(facts: Facts) -> Hours:
    of_kind = unasked_hours if facts.rule.is_proactive else quiet_hours
    return of_kind(facts.country, facts.zone)


def quiet_until(now: datetime, zone: str, country: Country) -> datetime | None:
    """The next open minute when `now` lies in the recipient's quiet hours, else None."""
    opens = quiet_hours(country, zone).open_from(now)
    return None if opens == now else opens


def _hold(facts: Facts, reason: str, not_before: datetime) -> Hold | Expire:
    """Wait until the first open minute from `not_before` on, or end now if the text is of no use by then."""
    until = hours_of(facts).open_from(not_before)
    if until < facts.expires_at:
        return Hold(reason, until)
    return Expire(late_after(reason))


def _ask_again(facts: Facts, reason: str, now: datetime) -> Hold:
    """Wait for a person, who may release it at any moment; nobody knows when, so it does not expire before its time."""
    return Hold(reason, hours_of(facts).open_from(now + PAUSE_RECHECK))


def late_after(held_reason: str) -> str:
    """What to say of a text whose use was over before what held it."""
    is_the_night = held_reason in (QUIET_HOURS, UNASKED_HOURS)
    return TOO_LATE_AFTER_QUIET_HOURS if is_the_night else TOO_LATE_AFTER_WAITING
