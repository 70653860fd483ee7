"""Sentences about plans as values: a catalog text and what belongs into it. The edge says them in a language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.careplans.plan_settings import By, Festival, PlanKind
from app.careplans.segments import Bought, Condition, Field, Op, OpenMatter, Range
from app.core.i18n import N_
from app.customers.values import Gender, Occupation, Tier


@dataclass(frozen=True)
class Term:
    """A word of the catalog that stands inside a sentence."""

    text: str


@dataclass(frozen=True)
class Listed:
    """Several things named one after the other."""

    items: tuple[Any, ...]


@dataclass(frozen=True)
class Said:
    """A catalog text; its params are plain values, days, Terms, Listed, texts in three languages, or sentences."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)


FIELDS: Mapping[Field, str] = {
    Field.TIER: N_("Tier"),
    Field.STORE: N_("Store"),
    Field.AGE: N_("Age in years"),
    Field.GENDER: N_("Gender"),
    Field.OCCUPATION: N_("Occupation"),
    Field.TAGS: N_("Tags"),
    Field.LOCALE: N_("Language"),
    Field.PRODUCT: N_("Product bought"),
    Field.CATEGORY: N_("Category bought"),
    Field.MEMBER_AGE_MONTHS: N_("Age of a child in months"),
    Field.DAYS_SINCE_PURCHASE: N_("Days since the last purchase"),
    Field.DAYS_SINCE_CONTACT: N_("Days since the last contact"),
    Field.OPEN: N_("Something open"),
}

OPS: Mapping[Op, str] = {
    Op.IN: N_("is one of"),
    Op.NOT_IN: N_("is none of"),
    Op.BETWEEN: N_("lies between"),
    Op.ANY_OF: N_("has one of"),
    Op.ALL_OF: N_("has all of"),
    Op.NONE_OF: N_("has none of"),
    Op.BOUGHT: N_("was bought"),
    Op.NOT_BOUGHT: N_("was not bought"),
    Op.AT_LEAST: N_("at least"),
    Op.AT_MOST: N_("at most"),
}

CHOICE_WORDS: Mapping[Field, Mapping[str, str]] = {
    Field.TIER: {Tier.CORE: N_("core"), Tier.IMPORTANT: N_("important"), Tier.ORDINARY: N_("ordinary")},
    Field.GENDER: {Gender.FEMALE: N_("Female"), Gender.MALE: N_("Male"), Gender.OTHER: N_("Other")},
    Field.LOCALE: {
        "zh_Hans": N_("Simplified Chinese"),
        "zh_Hant": N_("Traditional Chinese"),
        "en": N_("English"),
    },
    Field.OCCUPATION: {
        Occupation.OFFICE: N_("Office work"),
        Occupation.MANAGER: N_("Leading others"),
        Occupation.SELF_EMPLOYED: N_("Own business"),
        Occupation.SERVICE: N_("Hospitality and service"),
        Occupation.SALES: N_("Sales"),
        Occupation.TRADE: N_("Craft and building"),
        Occupation.DRIVER: N_("Driving and delivery"),
        Occupation.HEALTH: N_("Nursing and care"),
        Occupation.EDUCATION: N_("Teaching"),
        Occupation.PUBLIC_SERVICE: N_("Public service"),
        Occupation.CREATIVE: N_("Art and media"),
        Occupation.STUDENT: N_("Studying"),
        Occupation.HOMEMAKER: N_("Running the home"),
        Occupation.RETIRED: N_("Retired"),
        Occupation.OTHER: N_("Other"),
    },
    Field.OPEN: {OpenMatter.TASK: N_("an open task"), OpenMatter.COMPLAINT: N_("an open complaint")},
}

KINDS: Mapping[PlanKind, str] = {
    PlanKind.CADENCE: N_("Regular care"),
    PlanKind.AFTER_PURCHASE: N_("After a purchase"),
    PlanKind.REPLENISHMENT: N_("Running out"),
    PlanKind.BIRTHDAY: N_("Birthday"),
    PlanKind.FESTIVAL: N_("Festival"),
    PlanKind.MILESTONE: N_("Milestone"),
    PlanKind.WIN_BACK: N_("Long not seen"),
    PlanKind.RECOVERY: N_("Making good"),
    PlanKind.PROMOTION: N_("Promotion"),
}

WAYS: Mapping[By, str] = {
    By.CALLBACK: N_("Callback"),
    By.HOME_VISIT: N_("Home visit"),
    By.DELIVERY: N_("Delivery"),
    By.SMS: N_("Text message"),
}

FESTIVALS: Mapping[Festival, str] = {
    Festival.NEW_YEAR: N_("New Year"),
    Festival.SPRING_FESTIVAL: N_("Chinese New Year"),
    Festival.EASTER: N_("Easter"),
    Festival.MID_AUTUMN: N_("Mid-Autumn Festival"),
    Festival.CHRISTMAS: N_("Christmas"),
}


@dataclass(frozen=True)
class Names:
    """Names of the stores and products that conditions mention."""

    stores: Mapping[int, str] = field(default_factory=dict)
    products: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


def about(condition: Condition, names: Names) -> Said:
    """What a condition asks for: "Tier: core or important"."""
    return Said(
        N_("%(field)s: %(wanted)s"), {"field": Term(FIELDS[condition.field]), "wanted": wanted(condition, names)}
    )


def broken(condition: Condition, own: Any, names: Names) -> Said:
    """Why a condition does not hold: what the plan asks for, and what is known of this customer."""
    params = {"field": Term(FIELDS[condition.field]), "wanted": wanted(condition, names), "own": own}
    if own is None:
        return Said(N_("%(field)s: the plan asks for %(wanted)s; the file says nothing about it."), params)
    return Said(N_("%(field)s: the plan asks for %(wanted)s; here it is %(own)s."), params)


def not_kept(condition: Condition) -> Said:
    """Why a condition holds for nobody: the company has switched its field off."""
    return Said(
        N_("%(field)s: your company no longer keeps this, so the plan fits nobody."),
        {"field": Term(FIELDS[condition.field])},
    )


def wanted(condition: Condition, names: Names) -> Said | Listed:
    value, op = condition.value, condition.op
    if isinstance(value, Range):
        return _range(value)
    if isinstance(value, Bought):
        return _bought(condition, value, names)
    if isinstance(value, int):
        text = N_("%(days)s days or more") if op is Op.AT_LEAST else N_("%(days)s days or less")
        return Said(text, {"days": value})
    listed = Listed(tuple(_one(condition.field, each, names) for each in value))
    match op:
        case Op.NOT_IN | Op.NONE_OF:
            return Said(N_("none of %(list)s"), {"list": listed})
        case Op.ALL_OF:
            return Said(N_("all of %(list)s"), {"list": listed})
        case _:
            return listed


def value_said(field_: Field, value: Any, names: Names) -> Any:
    """One value of a field, as it is read."""
    return _one(field_, value, names)


def _one(field_: Field, value: Any, names: Names) -> Any:
    if field_ in CHOICE_WORDS:
        return Term(CHOICE_WORDS[field_][value])
    if field_ is Field.STORE:
        return names.stores.get(value, str(value))
    if field_ is Field.PRODUCT:
        return names.products.get(value, str(value))
    return value


def _range(value: Range) -> Said:
    if value.low is None:
        return Said(N_("%(high)s or less"), {"high": value.high})
    if value.high is None:
        return Said(N_("%(low)s or more"), {"low": value.low})
    return Said(N_("%(low)s to %(high)s"), {"low": value.low, "high": value.high})


def _bought(condition: Condition, value: Bought, names: Names) -> Said:
    listed = Listed(tuple(_one(condition.field, each, names) for each in value.of))
    if condition.op is Op.BOUGHT:
        text = N_("%(list)s within %(days)s days") if value.days else N_("%(list)s at any time")
    else:
        text = N_("nothing of %(list)s within %(days)s days") if value.days else N_("never %(list)s")
    return Said(text, {"list": listed, "days": value.days} if value.days else {"list": listed})
