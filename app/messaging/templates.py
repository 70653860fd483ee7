"""The words of texts: which variables a kind knows, what may not stand in a text, how it is filled in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

from app.core.i18n import LOCALES, N_, Worded
from app.messaging.keywords import asks_for_a_carrier_word
from app.messaging.kinds import Kind
from app.messaging.models import Reach
from app.messaging.segments import measure

MAX_SEGMENTS = 4

_ALWAYS = frozenset({"shop", "name", "phone"})
_VISIT = _ALWAYS | {"day", "time", "who", "what", "link"}
LINK = "{link}"
"""The customer's own page; left empty where a country takes no addresses."""

VARIABLES: Mapping[Kind, frozenset[str]] = {
    Kind.BOOKED: _VISIT,
    Kind.CHANGED: _VISIT,
    Kind.CANCELLED: _VISIT,
    Kind.REMINDER: _VISIT,
    Kind.ON_THE_WAY: _VISIT | {"eta"},
    Kind.LATE: _VISIT | {"eta"},
    Kind.DOOR_CODE: _VISIT | {"code"},
    Kind.DONE: _VISIT,
    Kind.PARTLY_DONE: _VISIT,
    Kind.RATING: _VISIT,
    Kind.COULD_NOT_MEET: _VISIT,
    Kind.CONFIRMED: _VISIT,
    Kind.SLOTS: _VISIT | {"slot1", "slot2"},
    Kind.FREE_CHOICE: _VISIT,
    Kind.WHICH_ONE: _ALWAYS | {"options"},
    Kind.HELP: _ALWAYS,
    Kind.COMPLAINT_HEARD: _ALWAYS | {"who"},
    Kind.COMPLAINT_REMEDY: _ALWAYS | {"who"},
    Kind.HAND_OVER: _ALWAYS | {"who", "former", "period"},
    Kind.CARE: _ALWAYS,
    Kind.REORDER: _ALWAYS | {"goods"},
    Kind.NOT_NOW: _ALWAYS,
    Kind.WORK: _ALWAYS | {"changes"},
}
"""Kinds with words of ours; a text that a person writes has none, and a promotion brings its own."""

ASKS_FOR_REPLY = frozenset(
    {Kind.BOOKED, Kind.CHANGED, Kind.REMINDER, Kind.RATING, Kind.SLOTS, Kind.WHICH_ONE, Kind.REORDER, Kind.HAND_OVER}
)

_ADDRESS = re.compile(r"https?://|www\.|\b[a-z0-9-]+\.(com|net|org|cn|hk|tw|co|io|me)\b", re.IGNORECASE)
_REPLY_WORDS = re.compile(r"\b(reply|text back)\b|回复|回覆|回復|请回[0-9１-９]|請回[0-9１-９]", re.IGNORECASE)

_NAME = re.compile(r"\{(\w+)\}")
TOKEN = re.compile(r"\{\w+\}|[A-Za-z]+(?:'[a-z]+)?|[0-9]+|\s+|.", re.DOTALL)
"""A word, a placeholder, a number or one sign: what changes as a whole when a text is rewritten."""

SAMPLE = {
    "shop": "慧芳铜锣湾店",
    "name": "陈女士",
    "phone": "2800 0000",
    "day": "3月11日周四",
    "time": "10:00-12:00",
    "who": "李嘉欣",
    "former": "陈志明",
    "period": "即日起至3月20日周六",
    "what": "送货上门",
    "eta": "10:25",
    "code": "4821",
    "link": "https://huifang.example/c/7WSXB7s7pSJkvhvHsgQ3p",
    "slot1": "3月12日周五 10:00-12:00",
    "slot2": "3月13日周六 14:00-16:00",
    "options": "31 3月11日上门",
    "goods": "柔润洗发露2件",
    "changes": "3月11日周四：新增2项（10:00起），改到14:00",
}
SAMPLE_HANT = SAMPLE | {
    "shop": "慧芳銅鑼灣店",
    "name": "陳女士",
    "day": "3月11日星期四",
    "what": "送貨上門",
    "former": "陳志明",
    "period": "即日起至3月20日星期六",
    "slot1": "3月12日星期五 10:00-12:00",
    "slot2": "3月13日星期六 14:00-16:00",
    "options": "31 3月11日上門",
    "goods": "柔潤洗髮露2件",
    "changes": "3月11日星期四：新增2項（10:00起），改到14:00",
}
SAMPLE_EN = SAMPLE | {
    "shop": "Huifang",
    "name": "Ms Chan",
    "day": "Thu 11 Mar",
    "who": "Carmen",
    "former": "Jason",
    "period": "until Sat 20 Mar",
    "what": "deliver your order",
    "slot1": "Fri 12 Mar 10:00-12:00",
    "slot2": "Sat 13 Mar 14:00-16:00",
    "options": "31 visit Thu 11 Mar",
    "goods": "2 x Gentle shampoo",
    "changes": "Thu 11 Mar: 2 new from 10:00, moved to 14:00",
}


def sample_for(locale: str) -> dict[str, str]:
    """Values of the usual length, for size previews without a customer."""
    return dict({"en": SAMPLE_EN, "zh_Hant": SAMPLE_HANT}.get(locale, SAMPLE))


def render(text: str, values: Mapping[str, str]) -> str:
    """Fill in the plain {names}; the text was checked when it was saved."""
    return "".join(
        literal + (values[name] if name is not None else "") for literal, name, _spec, _conversion in _parse(text)
    ).strip()


def try_render(text: str, values: Mapping[str, str]) -> str:
    """The same for a text that may still have faults: what can't be filled in stays as it was written."""
    try:
        return render(text, _Lenient(values))
    except ValueError:
        return _NAME.sub(lambda found: values.get(found[1], found[0]), text).strip()


class _Lenient(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def faults(kind: Kind, reach: Reach, texts: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong with a wording, by locale; empty when it may be published."""
    found = {locale: _faults_of(kind, reach, locale, texts.get(locale, "")) for locale in LOCALES}
    return {locale: messages for locale, messages in found.items() if messages}


def _faults_of(kind: Kind, reach: Reach, locale: str, text: str) -> list[str]:
    if not text.strip():
        return [N_("This language has no text yet.")]
    try:
        names = [name for _literal, name, spec, conversion in _parse(text) if name is not None]
        is_plain = not any(spec or conversion for _literal, _name, spec, conversion in _parse(text))
    except ValueError:
        return [N_("A curly bracket is not closed.")]
    unknown = sorted({name for name in names if name not in VARIABLES[kind]})
    if unknown or not is_plain:
        if all(name.isidentifier() for name in unknown) and is_plain:
            listed = ", ".join(f"{{{name}}}" for name in unknown)
            return [Worded(N_("This kind of message does not know %(names)s."), names=listed)]
        return [N_("A placeholder is a plain name in curly brackets, such as {name}.")]
    messages: list[str] = []
    if asks_for_a_carrier_word(text):
        messages.append(N_("Never ask for a word that the carrier takes for an opt-out or opt-in: ask for digits."))
    if reach is Reach.ONE_WAY:
        if _ADDRESS.search(text) or "link" in names:
            messages.append(N_("Links are not delivered in countries without two-way SMS."))
        if _REPLY_WORDS.search(text):
            messages.append(N_("Answers can't reach us from this country: give a phone number instead."))
    elif kind in ASKS_FOR_REPLY and not re.search(r"[0-9]|\{options\}", text):
        messages.append(N_("This message asks a question: name the digits to reply with."))
    if measure(render(text, sample_for(locale))).segments > MAX_SEGMENTS:
        messages.append(
            Worded(N_("This text is too long: it would be more than %(count)s SMS."), count=str(MAX_SEGMENTS))
        )
    return messages


def _parse(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return list(Formatter().parse(text))
