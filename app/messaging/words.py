"""Names, days and times as a text message writes them, in the customer's language. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers

from app.messaging.segments import measure

BRAND = "Huifang"
NOBODY = "there"
"""How an English text greets whom it can't name: Hi there."""

_WEEKDAYS = {
    "zh_Hans": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "zh_Hant": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TITLES = {
    "zh_Hans": {"female": "女士", "male": "先生"},
    "zh_Hant": {"female": "女士", "male": "先生"},
}
_COMPOUND_SURNAMES = frozenset(
    "欧阳 歐陽 司徒 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 夏侯 端木 张简 張簡".split()  # noqa: SIM905
)


def day(moment: datetime, *, zone: str, locale: str) -> str:
    """The local day: "3月11日周四", "Thu 11 Mar". Never "tomorrow": a text may be held overnight."""
    local = moment.astimezone(ZoneInfo(zone))
    weekday = _WEEKDAYS[locale][local.weekday()]
    if locale == "en":
        return f"{weekday} {local.day} {_MONTHS[local.month - 1]}"
    return f"{local.month}月{local.day}日{weekday}"


def clock(moment: datetime, *, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def window(start: datetime, end: datetime, *, zone: str) -> str:
    return f"{clock(start, zone=zone)}-{clock(end, zone=zone)}"


def slot(start: datetime, end: datetime, *, zone: str, locale: str) -> str:
    return f"{day(start, zone=zone, locale=locale)} {window(start, end, zone=zone)}"


def greeting(name: str, *, gender: str | None, locale: str) -> str:
    """How a text addresses the customer: 陈女士, or the name as written when no title fits."""
    if locale == "en":
        return _latin(name) or NOBODY
    title = _TITLES[locale].get(gender or "")
    if title is None or not _is_chinese(name):
        return name
    surname = name[:2] if name[:2] in _COMPOUND_SURNAMES else name[0]
    return surname + title


def colleague(name: str | None, *, locale: str) -> str:
    """The associate's name; in English texts only one that needs no costlier alphabet."""
    if locale == "en":
        return (_latin(name) if name else "") or "our associate"
    return name or {"zh_Hans": "专员", "zh_Hant": "專員"}[locale]


def signature(name: str, *, locale: str) -> str:
    """How a writer signs; left out in an English text rather than make it three times as dear."""
    return _latin(name) if locale == "en" else name


def given_name(name: str) -> str:
    """What somebody is called at the door: Carmen of Carmen Lam, 詠詩 of 林詠詩; two signs stay together."""
    if not _is_chinese(name):
        return name.split()[0] if name.split() else ""
    given = name[2:] if name[:2] in _COMPOUND_SURNAMES else name[1:]
    return given if len(given) > 1 else name


def shop(name: str, *, locale: str) -> str:
    return (_latin(name) or BRAND) if locale == "en" else name


def phone(number: str | None, *, country: str) -> str:
    """A number to call: as it is dialled at home for a number of the reader's country, else international."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    at_home = phonenumbers.region_code_for_number(parsed) == country
    style = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style).replace(" ", "" if country == "CN" else " ")


def _latin(name: str) -> str:
    return name if measure(name).encoding == "GSM-7" else ""


def _is_chinese(name: str) -> bool:
    return len(name) >= 2 and all("\u4e00" <= char <= "\u9fff" for char in name)
