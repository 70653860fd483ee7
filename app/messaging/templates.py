"""The words of texts: which variables a kind knows, what may not stand in a text, how it is filled in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

from app.core.i18n import LOCALES, N_
from app.messaging.intents import CARRIER_HELP, CARRIER_START, CARRIER_STOP
from app.messaging.kinds import Kind
from app.messaging.models import Reach
from app.messaging.segments import measure

MAX_SEGMENTS = 4

_ALWAYS = frozenset({"shop", "name", "phone"})
_VISIT = _ALWAYS | {"day", "time", "who", "what"}
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
    Kind.WHICH_ONE: _ALWAYS | {"options"},
    Kind.HELP: _ALWAYS,
    Kind.COMPLAINT_HEARD: _ALWAYS | {"who"},
    Kind.COMPLAINT_REMEDY: _ALWAYS | {"who"},
    Kind.CARE: _ALWAYS,
}
"""Kinds with words of ours; a text that a person writes has none, and a promotion brings its own."""

ASKS_FOR_REPLY = frozenset({Kind.BOOKED, Kind.CHANGED, Kind.REMINDER, Kind.RATING, Kind.SLOTS, Kind.WHICH_ONE})

_ADDRESS = re.compile(r"https?://|www\.|\b[a-z0-9-]+\.(com|net|org|cn|hk|tw|co|io|me)\b", re.IGNORECASE)
_CARRIER_WORDS = "|".join(sorted(CARRIER_STOP | CARRIER_START | CARRIER_HELP | {"td", "t", "退订", "退訂"}))
_KEYWORD_INSTRUCTION = re.compile(
    rf"(reply|text|send|answer|回复|回覆|回復|请回|請回|回|发送|發送)\s*(with\s+)?[\"'“”「『]?\s*({_CARRIER_WORDS})(?![a-z])",
    re.IGNORECASE,
)
_REPLY_WORDS = re.compile(r"\b(reply|text back)\b|回复|回覆|回復|请回[0-9１-９]|請回[0-9１-９]", re.IGNORECASE)

SAMPLE = {
    "shop": "慧芳铜锣湾店",
    "name": "陈女士",
    "phone": "2800 0000",
    "day": "3月11日周四",
    "time": "10:00-12:00",
    "who": "李嘉欣",
    "what": "送货上门",
    "eta": "10:25",
    "code": "4821",
    "slot1": "3月12日周五 10:00-12:00",
    "slot2": "3月13日周六 14:00-16:00",
    "options": "31 3月11日上门",
}
SAMPLE_EN = SAMPLE | {
    "shop": "Huifang",
    "name": "Ms Chan",
    "day": "Thu 11 Mar",
    "who": "Carmen",
    "what": "deliver your order",
    "slot1": "Fri 12 Mar 10:00-12:00",
    "slot2": "Sat 13 Mar 14:00-16:00",
    "options": "31 visit Thu 11 Mar",
}


def sample_for(locale: str) -> dict[str, str]:
    """Values of the usual length, for size previews without a customer."""
    return dict(SAMPLE_EN if locale == "en" else SAMPLE)


def render(text: str, values: Mapping[str, str]) -> str:
    """Fill in the plain {names}; the text was checked when it was saved."""
    return "".join(
        literal + (values[name] if name is not None else "") for literal, name, _spec, _conversion in _parse(text)
    ).strip()


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
    if not is_plain or any(name not in VARIABLES[kind] for name in names):
        return [N_("This text uses a placeholder that this kind of message does not know.")]
    messages = []
    if _KEYWORD_INSTRUCTION.search(text):
        messages.append(N_("Never ask for a word that the carrier takes for an opt-out or opt-in: ask for digits."))
    if reach is Reach.ONE_WAY:
        if _ADDRESS.search(text):
            messages.append(N_("Links are not delivered in countries without two-way SMS."))
        if _REPLY_WORDS.search(text):
            messages.append(N_("Answers can't reach us from this country: give a phone number instead."))
    elif kind in ASKS_FOR_REPLY and not re.search(r"[0-9]|\{options\}", text):
        messages.append(N_("This message asks a question: name the digits to reply with."))
    if measure(render(text, sample_for(locale))).segments > MAX_SEGMENTS:
        messages.append(N_("This text is too long for an SMS."))
    return messages


def _parse(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return list(Formatter().parse(text))
