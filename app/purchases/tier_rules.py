"""The thresholds of the tiers as head office sets them: what they may be, and how they are read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from app.core.errors import Invalid
from app.core.i18n import N_

CURRENCIES = ("HKD", "CNY")
STEPS = 4
"""Four steps part five scores."""
MOST_POINTS = 15
LEAST_POINTS = 3


class Basis(StrEnum):
    """SHARE: the first so many per cent by value. POINTS: the sum of three scores from 1 to 5."""

    SHARE = "share"
    POINTS = "points"


class Scores(StrEnum):
    """QUANTILE: each fifth of the buyers gets one score. STEPS: fixed limits say which score."""

    QUANTILE = "quantile"
    STEPS = "steps"


class Within(StrEnum):
    """Whom a customer is compared with: all who pay in the same money, or those of the own store."""

    CURRENCY = "currency"
    STORE = "store"


@dataclass(frozen=True)
class Steps:
    """Limits between the scores. Recency counts days since the last purchase, so its scores fall as it grows."""

    recency_days: tuple[int, ...] = (30, 60, 120, 240)
    purchases: tuple[int, ...] = (2, 4, 7, 12)
    value: Mapping[str, tuple[int, ...]] = field(
        default_factory=lambda: {"HKD": (500, 1500, 4000, 10000), "CNY": (400, 1200, 3500, 9000)}
    )


@dataclass(frozen=True)
class TierRules:
    """Who is core and who is important; whoever is neither, or bought nothing within a year, is ordinary."""

    basis: Basis = Basis.SHARE
    within: Within = Within.CURRENCY
    core_percent: int = 20
    important_percent: int = 50
    core_points: int = 13
    important_points: int = 9
    core_purchases: int = 1
    important_purchases: int = 1
    scores: Scores = Scores.QUANTILE
    steps: Steps = field(default_factory=Steps)


SHIPPED = TierRules()


def to_json(rules: TierRules) -> dict[str, Any]:
    plain = asdict(rules)
    plain["steps"] = {
        "recency_days": list(rules.steps.recency_days),
        "purchases": list(rules.steps.purchases),
        "value": {currency: list(limits) for currency, limits in rules.steps.value.items()},
    }
    return {key: str(value) if isinstance(value, StrEnum) else value for key, value in plain.items()}


def from_json(settings: Mapping[str, Any]) -> TierRules:
    """Read what to_json() wrote or somebody sent; what is missing is as shipped. Raises Invalid naming the fields."""
    errors: dict[str, list[str]] = {}
    unknown = set(settings) - set(to_json(SHIPPED))
    for name in sorted(unknown):
        errors[name] = [N_("There is no such setting.")]

    def choice(name: str, kind: type[StrEnum], shipped: StrEnum) -> Any:
        value = settings.get(name, shipped)
        if value not in set(kind):
            errors[name] = [N_("Please choose one of the list.")]
            return shipped
        return kind(value)

    def whole(name: str, shipped: int, lowest: int, highest: int) -> int:
        value = settings.get(name, shipped)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            errors[name] = [N_("This is not a number we can use.")]
            return shipped
        return value

    rules = TierRules(
        basis=choice("basis", Basis, SHIPPED.basis),
        within=choice("within", Within, SHIPPED.within),
        core_percent=whole("core_percent", SHIPPED.core_percent, 1, 100),
        important_percent=whole("important_percent", SHIPPED.important_percent, 1, 100),
        core_points=whole("core_points", SHIPPED.core_points, LEAST_POINTS, MOST_POINTS),
        important_points=whole("important_points", SHIPPED.important_points, LEAST_POINTS, MOST_POINTS),
        core_purchases=whole("core_purchases", SHIPPED.core_purchases, 1, 1000),
        important_purchases=whole("important_purchases", SHIPPED.important_purchases, 1, 1000),
        scores=choice("scores", Scores, SHIPPED.scores),
        steps=_steps(settings.get("steps", {}), errors),
    )
    if rules.important_percent < rules.core_percent:
        errors.setdefault("important_percent", [N_("Core customers are among these, so it can't be less than theirs.")])
    if rules.important_points > rules.core_points:
        errors.setdefault("important_points", [N_("It can't take more points to be important than to be core.")])
    if errors:
        raise Invalid(errors=errors)
    return rules


def _steps(sent: Any, errors: dict[str, list[str]]) -> Steps:
    shipped = SHIPPED.steps
    if not isinstance(sent, Mapping):
        errors["steps"] = [N_("This is not a number we can use.")]
        return shipped
    value = sent.get("value", {})
    if not isinstance(value, Mapping) or set(value) - set(CURRENCIES):
        errors["steps.value"] = [N_("Give the limits for each currency.")]
        value = {}
    return Steps(
        recency_days=_limits("steps.recency_days", sent.get("recency_days", shipped.recency_days), errors),
        purchases=_limits("steps.purchases", sent.get("purchases", shipped.purchases), errors),
        value={
            currency: _limits(f"steps.value.{currency}", value.get(currency, shipped.value[currency]), errors)
            for currency in CURRENCIES
        },
    )


def _limits(name: str, sent: Any, errors: dict[str, list[str]]) -> tuple[int, ...]:
    try:
        limits = tuple(_plain(value) for value in sent) if isinstance(sent, Sequence) and sent else ()
    except (ValueError, InvalidOperation):
        limits = ()
    if len(limits) != STEPS or limits != tuple(sorted(set(limits))) or limits[0] < 1 or limits[-1] > 100_000_000:
        errors[name] = [N_("Give four growing numbers.")]
        return (1, 2, 3, 4)
    return limits


def _plain(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(value)
    return int(value)
