"""Telling the care plans what became of their texts. Every way a text can end comes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from app.core.i18n import N_
from app.core.outbox import publish_many
from app.events import TouchEnded
from app.messaging import policy

FROM_A_PLAN = "careplan:"
"""How the origin keys of the care plans begin, and so the keys of their texts."""

SENT = "sent"

HAS_ORDERED = N_("the customer has ordered")
HAS_WRITTEN = N_("the customer has written and a person answers")
HAS_COMPLAINED = N_("the household has complained: a person is in touch")

TAKEN_BACK = N_("the care plan took it back")
STOPPED_BY_HAND = N_("the promotion was stopped")

WITHDRAWN: Mapping[str, str] = {
    "pointless:ordered": HAS_ORDERED,
    "pointless:answered": HAS_WRITTEN,
    "pointless:complained": HAS_COMPLAINED,
    "pointless:opted_out": policy.OPTED_OUT,
    "plan_switched_off": STOPPED_BY_HAND,
}
"""What our rows say when a plan takes a text back, by the plan's own word."""

_WHY: Mapping[str, str] = {
    HAS_ORDERED: "ordered",
    HAS_WRITTEN: "answered",
    HAS_COMPLAINED: "complained",
    STOPPED_BY_HAND: "switched_off",
    policy.COMPLAINT_OPEN: "complained",
    policy.OPTED_OUT: "opted_out",
    policy.NUMBER_IS_BAD: "unreachable",
    policy.TOO_LATE: "too_late",
    policy.TOO_LATE_AFTER_QUIET_HOURS: "too_late",
    policy.TOO_LATE_AFTER_WAITING: "too_late",
    policy.RESTRICTED: "restricted",
    policy.NO_PROMOTIONS_THERE: "country",
    policy.COUNTRY_IS_OFF: "country",
    policy.NOT_REGISTERED: "country",
}
"""Our words for an end, in the closed list of the plans; all else is "not sent"."""


def ended(key: str, outcome: str, reason: str, *, now: datetime) -> TouchEnded:
    """`outcome` is "sent" or the state in which the text ended."""
    return TouchEnded(origin_key=key, outcome=outcome, why=_WHY.get(reason, ""), reason=str(reason), occurred_at=now)


def tell(keys: Iterable[str], outcome: str, reason: str = "", *, now: datetime) -> None:
    """Publish the ends of those texts among these that come from a plan."""
    publish_many([ended(key, outcome, reason, now=now) for key in keys if key.startswith(FROM_A_PLAN)])
