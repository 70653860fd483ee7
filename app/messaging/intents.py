"""What a customer's text means. Pure: text in, intent out; what was asked is a parameter.

A text is folded (folding.py), then looked up in the one table of phrases (phrases.py), row by row: opt-in and opt-out,
complaint and help win over any question; then a digit answers what was asked (DIGITS); then the phrases of answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from app.messaging.folding import in_plain_words, normalise, sentence
from app.messaging.meanings import Asked, Intent, IntentKind
from app.messaging.phrases import (
    ANSWERS,
    CARRIER_HELP,
    CARRIER_START,
    CARRIER_STOP,
    DIGITS,
    STAYING_OR_LEAVING,
    WINNING,
)
from app.messaging.phrases.row import Reader, reader_of

__all__ = ["CARRIER_HELP", "CARRIER_START", "CARRIER_STOP", "Asked", "Intent", "IntentKind", "normalise", "read"]


def read(text: str, asked: Asked | str | None = None) -> Intent:
    """The meaning of `text`, given what was asked.

    Opt-out and complaint words win over any question. Asked for a slot, 1 and 2 are a CONFIRM with the number chosen.
    Without a question 1 = confirm, 2 = reschedule, 3-5 = rating.
    """
    return _read(text[:LONGEST], Asked(asked) if asked else None)


LONGEST = 2000


@lru_cache(maxsize=512)
def _read(text: str, asked: Asked | None) -> Intent:
    said, plain = normalise(text), in_plain_words(sentence(text))
    return (
        _bare_number(plain, asked)
        or _first(_LEAVING, said, plain, asked)
        or _first(_WINNING, said, plain, asked)
        or _number(plain, asked)
        or _first(_ANSWERS, said, plain, asked)
        or Intent(IntentKind.OTHER)
    )


# The table


_LEAVING = tuple(reader_of(row) for row in STAYING_OR_LEAVING)
_WINNING = tuple(reader_of(row) for row in WINNING)
_ANSWERS = tuple(reader_of(row) for row in ANSWERS)
_LATIN = re.compile("[a-z]")


def _first(rows: Iterable[Reader], said: str, plain: str, asked: Asked | None) -> Intent | None:
    has_latin, has_chinese = _LATIN.search(plain) is not None, not plain.isascii()
    for one in rows:
        if asked not in one.row.under:
            continue
        word = said if said in one.words else plain if plain in one.words else ""
        if word or one.fits(plain, has_latin=has_latin, has_chinese=has_chinese):
            asks_too = one.row.kind is IntentKind.CONFIRM and _QUESTION.search(plain) is not None
            return Intent(one.row.kind, value=one.row.value, doubtful=one.row.doubtful, word=word, asks_too=asks_too)
    return None


_QUESTION = re.compile(r"\?|吗|什么|谁|几点|怎么|多少|哪[里个位]|\b(?:who|what|where|how|which|do i|should i|can i)\b")


# Numbers


_NUMERALS = {
    word: number
    for number, words in {1: "一 one", 2: "二 两 two", 3: "三 three", 4: "四 four", 5: "五 five"}.items()
    for word in words.split()
}
_POLITE = (
    r"(?:ok|okay|yes|thanks?|thank you|please|good|great|la|very|much|so|sir|dear|many|bye"
    r"|谢谢|谢|好的?|可以|行|确认|没问题|麻烦|辛苦|你们?|您|了|吧|分|星|见|再见)"
)
_BARE = re.compile(
    rf"^(?:选|要|选择|回复|回|答|按|我选|我要|reply|option|answer|number|press|yes|ok|好的?|[#(]| )*"
    rf"([1-9]|[一二三四五]|one|two|three|four|five)[) ]?"
    rf"(?:分|星|号|个|stars?|points?|/5)?[ ,.!、。~?]*(?:{_POLITE}[ ,.!。~?]*)*$"
)
_THING = (
    r"(?! ?(?:[:.]\d|\d|o'?clock|pm|am\b|点|时|号|月|日|天|个|人|位|次|小时|分钟"
    "|罐|盒|箱|瓶|包|件|支|袋|条|张|楼|段|岁|周|星期|度|块|元|"
    r"min|hours?|day|week|month|year|tins?|box|bottle|pack|bag|can|people|person|times?|kg|g\b|ml|st\b|nd\b|rd\b|th\b|%|or\b|和|与|还是|-\d))"
)
_MARK = re.compile(
    rf"(?<![\d.:/第a-z$-])(?:(?P<digit>[1-9]|10|100)(?P<tenths>\.\d)?(?! ?[.]\d)"
    rf"|(?P<word>one|two|three|four|five)(?= ?(?:stars?|points?|out of|$|[,.!])))"
    rf"(?: ?(?:分(?!钟)|颗星|粒星|星|stars?|points?))?(?P<of> ?(?:/|out of|over) ?(?:5|five|10|ten))?{_THING}"
    r"|(?P<hans>[一二两三四五])(?:个|颗|粒)?(?:分(?!钟)|星(?!期))|^(?P<whole>[一二三四五]|one|two|three|four|five)$"
)
_FULL_MARKS = re.compile(
    r"满分|(?<![\d])(?:100|一百|10|十)分|\b(?:full marks?|perfect score)\b|(?<!\d)10 ?(?:/|out of) ?10"
)
_STARS = re.compile(r"^(?:\* ?){1,5}$")
_CHOICE = re.compile(
    rf"(?<![\d.:/第a-z$-])(?:(?P<digit>[1-9])|(?:option|number|no|slot|choice) (?P<word>one|two|three)){_THING}"
)


def _bare_number(plain: str, asked: Asked | None) -> Intent | None:
    match = _BARE.match(plain)
    if match is None:
        return None
    return _meaning(_number_of(match.group(1)), asked)


def _number_of(said: str) -> int:
    return int(said) if said.isdigit() else _NUMERALS[said]


def _meaning(number: int, asked: Asked | None) -> Intent | None:
    kind = DIGITS[asked].get(number)
    return Intent(kind, value=number) if kind else None


def _number(plain: str, asked: Asked | None) -> Intent | None:
    """A digit with words around it; only where one is expected, and only one."""
    match asked:
        case Asked.RATING:
            marks = _marks(plain)
            return Intent(IntentKind.RATING, value=marks.pop()) if len(marks) == 1 else None
        case Asked.SLOT:
            chosen = {_number_of(found["digit"] or found["word"]) for found in _CHOICE.finditer(plain)}
            return _meaning(chosen.pop(), asked) if len(chosen) == 1 else None
        case Asked.CONFIRM | Asked.REORDER | Asked.REMEDY:
            leading = _LEADING.match(plain)
            return _meaning(int(leading.group(1)), asked) if leading else None
        case None:
            return _mark_in_words(plain)


_LEADING = re.compile(rf"^([12]){_THING}[ ,.!。、~]+(?!or\b)")


def _mark_in_words(plain: str) -> Intent | None:
    if not _IS_MARK.search(plain):
        return None
    marks = _marks(plain)
    return Intent(IntentKind.RATING, value=marks.pop()) if len(marks) == 1 else None


_IS_MARK = re.compile(
    r"[1-5一二两三四五](?:个|颗|粒)?(?:分(?!钟|期)|星(?!期))|\bstars?\b|/ ?5\b|满分|\bout of 5\b|^[* ]+$"
)


def _marks(plain: str) -> set[int]:
    """The stars that a text gives; 4.5 counts as 4, never more than was said, 4.6 as 5."""
    if _STARS.match(plain):
        return {plain.count("*")}
    if _FULL_MARKS.search(plain):
        return {5}
    return {stars for found in _MARK.finditer(plain) if 1 <= (stars := _stars(found)) <= 5}


def _stars(found: re.Match[str]) -> int:
    if found["digit"] is None:
        return _NUMERALS[found["word"] or found["hans"] or found["whole"]]
    tenths = int(found["digit"]) * 10 + int((found["tenths"] or ".0")[1])
    if found["of"] and found["of"].endswith(("10", "ten")):
        tenths = tenths // 2
    return (tenths + 4) // 10
