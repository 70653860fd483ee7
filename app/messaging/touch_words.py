"""The words around what a care plan says: whose text it is, how it greets, and how a promotion can be stopped. Pure.

Plans bring words without placeholders; the same frame is used for the text, its preview and the rehearsal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.i18n import Text3, pick
from app.messaging.models import Reach
from app.messaging.segments import Size, measure
from app.messaging.templates import MAX_SEGMENTS, render

_FRAME: Text3 = {
    "zh_Hans": "【{shop}】{name}您好，{words}",
    "zh_Hant": "【{shop}】{name}您好，{words}",
    "en": "{shop}: Hi {name}! {words}",
}
# Digits would be an answer to whatever else is asked, and carriers' own words would stop all texts at the carrier.
_NO_MORE: Mapping[Reach, Text3] = {
    Reach.TWO_WAY: {
        "zh_Hans": "不想再收，请回“不要推广”。",
        "zh_Hant": "不想再收，請回「不要推廣」。",
        "en": "For no more offers call {phone}.",
    },
    Reach.ONE_WAY: {
        "zh_Hans": "不想再收，请致电{phone}。",
        "zh_Hant": "不想再收，請致電{phone}。",
        "en": "For no more offers call {phone}.",
    },
}
_SENTENCE_ENDS = "。！？.!?~～)）"


def framed(
    sayings: Sequence[Text3], *, common: Mapping[str, str], reach: Reach, locale: str, promotes: bool = False
) -> tuple[str, Size]:
    """The whole text and its size. Of several sayings as many as keep it within the longest text; the first always."""
    chosen = [pick(sayings[0], locale)]
    body = _body(chosen, common=common, reach=reach, locale=locale, promotes=promotes)
    for saying in sayings[1:]:
        longer = _body([*chosen, pick(saying, locale)], common=common, reach=reach, locale=locale, promotes=promotes)
        if measure(longer).segments > MAX_SEGMENTS:
            break
        chosen.append(pick(saying, locale))
        body = longer
    return body, measure(body)


def with_more(body: str, sayings: Sequence[Text3], *, locale: str) -> str:
    """A text that a wording of ours began, followed by what else the contact tells."""
    for saying in sayings:
        longer = _joined([body, pick(saying, locale)], locale)
        if measure(longer).segments > MAX_SEGMENTS:
            break
        body = longer
    return body


def is_too_long(size: Size) -> bool:
    return size.segments > MAX_SEGMENTS


def goods_words(goods: Sequence[tuple[Text3, int]], *, locale: str) -> str:
    """What is offered: names, with the number of packs where it is more than one."""
    between = ", " if locale == "en" else "、"
    return between.join(_one_good(name, quantity, locale) for name, quantity in goods)


def _one_good(name: Text3, quantity: int, locale: str) -> str:
    said = pick(name, locale)
    if quantity <= 1:
        return said
    return f"{quantity} x {said}" if locale == "en" else f"{said}{quantity}件"


def _body(sayings: Sequence[str], *, common: Mapping[str, str], reach: Reach, locale: str, promotes: bool) -> str:
    said = _joined([*sayings, pick(_NO_MORE[reach], locale)] if promotes else sayings, locale)
    return render(_FRAME[locale].replace("{words}", said), common)


def _joined(parts: Sequence[str], locale: str) -> str:
    if locale == "en":
        return " ".join(part.strip() for part in parts)
    whole = ""
    for part in parts:
        stop = "。" if whole and whole[-1] not in _SENTENCE_ENDS else ""
        whole += stop + part.strip()
    return whole
