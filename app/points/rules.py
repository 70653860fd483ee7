"""What a finished task earns: pure functions over plain values. Storing, vesting and reversing is the ledger's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.core.i18n import N_

MAX_AMOUNT = 1000
MAX_GRACE_MINUTES = 240


class RuleKey(StrEnum):
    """Every rule the engine can apply. A published version gives each of them its amount and its four answers."""

    HOME_VISIT = "home_visit"
    DELIVERY = "delivery"
    CALLBACK = "callback"
    HEARTS = "hearts"
    PHOTO = "photo"
    RATING = "rating"
    HONEST_FAILURE = "honest_failure"
    CONTACT_LIMITS = "contact_limits"
    RESTRICTED = "restricted"
    ACKNOWLEDGEMENT = "acknowledgement"


WORK_RULES = (RuleKey.HOME_VISIT, RuleKey.DELIVERY, RuleKey.CALLBACK)
ZERO_RULES = (RuleKey.HONEST_FAILURE, RuleKey.CONTACT_LIMITS, RuleKey.RESTRICTED, RuleKey.ACKNOWLEDGEMENT)
"""Rules that explain why something earns nothing; their amount is zero in every version."""

_WORK_PARAMS = {"late_percent": 100, "partly_percent": 100, "grace_minutes": MAX_GRACE_MINUTES}
PARAM_LIMITS: Mapping[RuleKey, Mapping[str, int]] = {
    **dict.fromkeys(WORK_RULES, _WORK_PARAMS),
    RuleKey.RATING: {"four": MAX_AMOUNT},
}
"""Parameter -> greatest value allowed, per rule; a rule takes exactly these."""


class Ending(StrEnum):
    COMPLETED = "completed"
    PARTLY = "partly"
    FAILED = "failed"


class ContactRefusal(StrEnum):
    """Why a contact should not have happened."""

    OVER_CAP = "over_cap"
    OPTED_OUT = "opted_out"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, kw_only=True)
class Rule:
    amount: int
    params: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """One published version, as the judge needs it."""

    id: int
    version: int
    rules: Mapping[RuleKey, Rule]


@dataclass(frozen=True, kw_only=True)
class SeenItem:
    """A visible checklist item and whether it was answered."""

    key: str
    heart: str
    kind: str
    required: bool
    answered: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A task at its end, as far as points care."""

    task_type: str
    ending: Ending
    window_end: datetime
    there_at: datetime
    """Arrival at the customer; for a callback the moment of the call."""
    items: Sequence[SeenItem] = ()
    photos: int = 0
    has_door_code: bool = False
    has_signature: bool = False
    rating: int | None = None
    sells_restricted: bool = False
    contact_refusal: ContactRefusal | None = None

    @property
    def is_proven(self) -> bool:
        """Somebody besides the associate vouches for it: the picture, the customer's code or the customer's answer."""
        return self.photos > 0 or self.has_door_code or self.rating is not None

    @property
    def earns_nothing(self) -> bool:
        """A contact that should not have been made earns nothing, however well it was liked."""
        return self.ending is Ending.FAILED or self.contact_refusal is not None or self.sells_restricted


@dataclass(frozen=True, kw_only=True)
class Award:
    """One line for the ledger. `message` is a catalog id; its placeholders are `params`."""

    rule_key: RuleKey
    amount: int
    message: str
    params: dict[str, Any]
    evidence: dict[str, Any] = field(default_factory=dict)
    vests_now: bool = False


NOT_COUNTED = N_("Not counted: rules v%(version)s unread")

_ON_TIME = {
    RuleKey.HOME_VISIT: N_("Home visit done in the promised time: %(amount)s points"),
    RuleKey.DELIVERY: N_("Delivery done in the promised time: %(amount)s points"),
    RuleKey.CALLBACK: N_("Callback made in the promised time: %(amount)s points"),
}
_LATE = {
    RuleKey.HOME_VISIT: N_("Home visit done, %(late)s min late: %(full)s × %(share)s = %(amount)s points"),
    RuleKey.DELIVERY: N_("Delivery done, %(late)s min late: %(full)s × %(share)s = %(amount)s points"),
    RuleKey.CALLBACK: N_("Callback made, %(late)s min late: %(full)s × %(share)s = %(amount)s points"),
}
_PARTLY = {
    RuleKey.HOME_VISIT: N_("Home visit partly done: %(full)s × %(share)s = %(amount)s points"),
    RuleKey.DELIVERY: N_("Delivery partly done: %(full)s × %(share)s = %(amount)s points"),
    RuleKey.CALLBACK: N_("Callback partly done: %(full)s × %(share)s = %(amount)s points"),
}
_PARTLY_LATE = {
    RuleKey.HOME_VISIT: N_(
        "Home visit partly done, %(late)s min late: %(full)s × %(share)s × %(late_share)s = %(amount)s points"
    ),
    RuleKey.DELIVERY: N_(
        "Delivery partly done, %(late)s min late: %(full)s × %(share)s × %(late_share)s = %(amount)s points"
    ),
    RuleKey.CALLBACK: N_(
        "Callback partly done, %(late)s min late: %(full)s × %(share)s × %(late_share)s = %(amount)s points"
    ),
}
_REFUSED = {
    ContactRefusal.OVER_CAP: N_("Over the contact limit of this household: 0 points"),
    ContactRefusal.OPTED_OUT: N_("The customer asked not to be contacted: 0 points"),
    ContactRefusal.DUPLICATE: N_("The same contact was made twice: 0 points"),
}
_NO_RATING_POINTS = N_("The customer answered %(rating)s of 5: 0 points")

REAL_EVIDENCE = frozenset({"photo", "signature", "code", "number", "text"})
"""Answers that show something seen, measured or said. A tick or a chosen word alone could be a formality."""


def judge(rule_set: RuleSet, outcome: Outcome) -> list[Award]:
    """The lines that an ended task brings; at least one, because the associate is owed a reason even for nothing."""
    if outcome.ending is Ending.FAILED:
        return [_nothing(RuleKey.HONEST_FAILURE, N_("Not done, for an honest reason: 0 points, nothing lost"))]
    if outcome.contact_refusal is not None:
        refusal = outcome.contact_refusal
        return [_nothing(RuleKey.CONTACT_LIMITS, _REFUSED[refusal], evidence={"refusal": refusal.value})]
    if outcome.sells_restricted:
        return [_nothing(RuleKey.RESTRICTED, N_("Restricted product: no points for selling it"))]
    awards = [_for_work(rule_set, outcome)]
    if outcome.ending is Ending.COMPLETED:
        awards += _for_hearts(rule_set, outcome)
        awards += _for_photo(rule_set, outcome)
    return awards


def judge_rating(rule_set: RuleSet, rating: int) -> Award:
    """What the customer's answer brings; it vests at once, and low marks cost nothing."""
    rule = rule_set.rules[RuleKey.RATING]
    amount = {5: rule.amount, 4: rule.params["four"]}.get(rating, 0)
    message = N_("The customer answered %(rating)s of 5: %(amount)s points") if amount else _NO_RATING_POINTS
    return Award(
        rule_key=RuleKey.RATING,
        amount=amount,
        message=message,
        params={"rating": rating, "amount": amount},
        evidence={"rating": rating},
        vests_now=True,
    )


def not_counted(version: int) -> Award:
    """The line of somebody who has not read the rules in force: it stays at nothing, also after reading them."""
    return _nothing(RuleKey.ACKNOWLEDGEMENT, NOT_COUNTED, params={"version": version})


def minutes_late(there_at: datetime, window_end: datetime, *, grace_minutes: int) -> int:
    """Minutes after the promised window, rounded up; 0 within the grace."""
    late = there_at - window_end
    if late <= timedelta(minutes=grace_minutes):
        return 0
    return -(-int(late.total_seconds()) // 60)


def complete_hearts(items: Sequence[SeenItem], *, has_proof: bool) -> tuple[list[str], list[str]]:
    """Hearts whose required items are all answered: those with something to see, and those only ticked."""
    seen: list[str] = []
    only_ticked: list[str] = []
    for heart in dict.fromkeys(item.heart for item in items):
        own = [item for item in items if item.heart == heart]
        answered = [item for item in own if item.answered]
        if not answered or any(item.required and not item.answered for item in own):
            continue
        shown = has_proof or any(item.kind in REAL_EVIDENCE for item in answered)
        (seen if shown else only_ticked).append(heart)
    return seen, only_ticked


def mistakes_in(key: RuleKey, amount: int, params: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with a rule that somebody wants to publish; empty when it can be used."""
    mistakes: dict[str, list[str]] = {}
    if key in ZERO_RULES and amount != 0:
        mistakes["amount"] = [N_("This rule explains why nothing is earned: its amount is 0.")]
    elif not 0 <= amount <= MAX_AMOUNT:
        mistakes["amount"] = [N_("Must be between 0 and 1000.")]
    limits = PARAM_LIMITS.get(key, {})
    for name in sorted(set(limits) | set(params)):
        value = params.get(name)
        if name not in limits:
            mistakes[f"params.{name}"] = [N_("This rule has no such value.")]
        elif not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limits[name]:
            mistakes[f"params.{name}"] = [N_("Must be a whole number within the limits of this rule.")]
    return mistakes


def _for_work(rule_set: RuleSet, outcome: Outcome) -> Award:
    key = RuleKey(outcome.task_type)
    rule = rule_set.rules[key]
    late = minutes_late(outcome.there_at, outcome.window_end, grace_minutes=rule.params["grace_minutes"])
    partly = outcome.ending is Ending.PARTLY
    percents = ([rule.params["partly_percent"]] if partly else []) + ([rule.params["late_percent"]] if late else [])
    amount = rule.amount
    for percent in percents:
        amount = amount * percent // 100
    params: dict[str, Any] = {"amount": amount}
    if percents:
        params |= {"full": rule.amount, "share": f"{percents[0]}%"}
    if late:
        params |= {"late": late, "late_share": f"{percents[-1]}%"}
    messages = (_PARTLY_LATE if late else _PARTLY) if partly else (_LATE if late else _ON_TIME)
    return Award(
        rule_key=key,
        amount=amount,
        message=messages[key],
        params=params,
        evidence={
            "there_at": outcome.there_at.isoformat(),
            "window_end": outcome.window_end.isoformat(),
            "photos": outcome.photos,
            "door_code": outcome.has_door_code,
            "signature": outcome.has_signature,
        },
        vests_now=outcome.is_proven,
    )


def _for_hearts(rule_set: RuleSet, outcome: Outcome) -> list[Award]:
    each = rule_set.rules[RuleKey.HEARTS].amount
    has_proof = outcome.photos > 0 or outcome.has_door_code or outcome.has_signature
    seen, only_ticked = complete_hearts(outcome.items, has_proof=has_proof)
    if seen:
        amount = each * len(seen)
        return [
            Award(
                rule_key=RuleKey.HEARTS,
                amount=amount,
                message=N_("%(count)s hearts complete, with evidence: %(count)s × %(each)s = %(amount)s points"),
                params={"count": len(seen), "each": each, "amount": amount},
                evidence={"hearts": seen, "only_ticked": only_ticked},
                vests_now=outcome.is_proven,
            )
        ]
    if only_ticked:
        message = N_("%(count)s hearts only ticked, nothing to see: 0 points")
        evidence = {"hearts": [], "only_ticked": only_ticked}
        return [_nothing(RuleKey.HEARTS, message, params={"count": len(only_ticked)}, evidence=evidence)]
    return []


def _for_photo(rule_set: RuleSet, outcome: Outcome) -> list[Award]:
    amount = rule_set.rules[RuleKey.PHOTO].amount
    if not outcome.photos or not amount:
        return []
    return [
        Award(
            rule_key=RuleKey.PHOTO,
            amount=amount,
            message=N_("Photo as evidence: %(amount)s points"),
            params={"amount": amount},
            evidence={"photos": outcome.photos},
            vests_now=True,
        )
    ]


def _nothing(
    key: RuleKey, message: str, *, params: dict[str, Any] | None = None, evidence: dict[str, Any] | None = None
) -> Award:
    return Award(rule_key=key, amount=0, message=message, params=params or {}, evidence=evidence or {}, vests_now=True)
