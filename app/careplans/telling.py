"""What a contact is about, in words of three languages: for the task, and for whoever writes the text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from babel.dates import format_skeleton

from app.careplans.plan_settings import TASK_REASON, PlanKind
from app.core.i18n import LOCALES, Text3, pick
from app.tasks.wording import REASON_TEXTS

MOST_PRODUCTS = 2

_RUNS_OUT: Text3 = {"zh_Hans": "{name}约{day}用完", "zh_Hant": "{name}約{day}用完", "en": "{name} runs out about {day}"}
_BOUGHT: Text3 = {
    "zh_Hans": "购买后回访：{name}",
    "zh_Hant": "購買後回訪：{name}",
    "en": "Follow-up after a purchase: {name}",
}
_AGE: Text3 = {
    "zh_Hans": "{name}满 {months} 个月",
    "zh_Hant": "{name}滿 {months} 個月",
    "en": "{name} is {months} months old",
}
_TURNS: Text3 = {"zh_Hans": "{name}{years}岁生日", "zh_Hant": "{name}{years}歲生日", "en": "{name} turns {years}"}
_BIRTHDAY_OF: Text3 = {"zh_Hans": "{name}的生日", "zh_Hant": "{name}的生日", "en": "{name}’s birthday"}
_GREETING: Text3 = {
    "zh_Hans": "祝{name}{years}岁生日快乐，健康成长！也祝全家安好。",
    "zh_Hant": "祝{name}{years}歲生日快樂，健康成長！也祝全家安好。",
    "en": "Happy birthday to {name}, who turns {years}! Our best wishes to the whole family.",
}
_GREETING_WITHOUT_AGE: Text3 = {
    "zh_Hans": "祝{name}生日快乐，健康成长！也祝全家安好。",
    "zh_Hant": "祝{name}生日快樂，健康成長！也祝全家安好。",
    "en": "Happy birthday to {name}! Our best wishes to the whole family.",
}
_CHILD: Text3 = {"zh_Hans": "宝宝", "zh_Hant": "寶寶", "en": "The child"}
_BETWEEN = {"zh_Hans": "、", "zh_Hant": "、", "en": ", "}


@dataclass(frozen=True)
class Names:
    """What ids stand for."""

    products: Mapping[int, Text3] = field(default_factory=dict)
    members: Mapping[int, str] = field(default_factory=dict)


def reason_of(kind: PlanKind, detail: Mapping[str, Any], names: Names) -> Text3:
    """Why we get in touch, with the name of the product or child where there is one."""
    if kind is PlanKind.REPLENISHMENT and (product := names.products.get(detail.get("product_id", 0))):
        day = date.fromisoformat(detail["run_out"])
        return {
            locale: _RUNS_OUT[locale].format(name=pick(product, locale), day=_weekday_and_date(day, locale))
            for locale in LOCALES
        }
    if kind is PlanKind.AFTER_PURCHASE:
        bought = [names.products[number] for number in detail.get("products", ()) if number in names.products]
        if bought:
            return {locale: _BOUGHT[locale].format(name=_list(bought, locale)) for locale in LOCALES}
    if kind is PlanKind.MILESTONE and "age_months" in detail:
        child = names.members.get(detail.get("member_id", 0), "")
        return {
            locale: _AGE[locale].format(name=child or _CHILD[locale], months=detail["age_months"]) for locale in LOCALES
        }
    if kind is PlanKind.BIRTHDAY and "member_id" in detail:
        return _of_child(_TURNS if detail.get("years") else _BIRTHDAY_OF, detail, names)
    return REASON_TEXTS[TASK_REASON[kind]]


def words_of(kind: PlanKind, detail: Mapping[str, Any], names: Names, *, words: Text3 | None) -> Text3 | None:
    """What a text says: the plan's words, which greet the customer; a child's birthday has words of its own."""
    if words is None or kind is not PlanKind.BIRTHDAY or "member_id" not in detail:
        return words
    return _of_child(_GREETING if detail.get("years") else _GREETING_WITHOUT_AGE, detail, names)


def _of_child(words: Text3, detail: Mapping[str, Any], names: Names) -> Text3:
    child = names.members.get(detail["member_id"], "")
    return {locale: words[locale].format(name=child or _CHILD[locale], years=detail.get("years")) for locale in LOCALES}


def _weekday_and_date(day: date, locale: str) -> str:
    return str(format_skeleton("MMMEd", datetime.combine(day, time(), UTC), locale=locale))


def _list(texts: Sequence[Text3], locale: str) -> str:
    return _BETWEEN[locale].join(pick(text, locale) for text in texts[:MOST_PRODUCTS])
