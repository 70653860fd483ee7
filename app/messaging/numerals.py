"""Numbers as customers write them: digits, stars, 五分, "four out of five", 4.5. Pure; texts come folded."""

from __future__ import annotations

import re

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
    r"^(?:选|要|选择|回复|回|答|按|我选|我要|reply|option|answer|number|press|yes|ok|好的?|[#(]| )*"
    r"([1-9]|[一二三四五]|one|two|three|four|five)[) ]?"
    rf"(?:分|星|号|个|stars?|points?|/5)?[ ,.!、。~?]*(?:{_POLITE}[ ,.!。~?]*)*$"
)
# A number with one of these behind it counts something else: hours, tins, people.
_THING = (
    r"(?! ?(?:[:.]\d|\d|o'?clock|pm|am\b|点|时|号|月|日|天|个|人|位|次|小时|分钟"
    r"|罐|盒|箱|瓶|包|件|支|袋|条|张|楼|段|岁|周|星期|度|块|元"
    r"|min|hours?|day|week|month|year|tins?|box|bottle|pack|bag|can|people|person|times?"
    r"|kg|g\b|ml|st\b|nd\b|rd\b|th\b|%|or\b|和|与|还是|-\d))"
)
_MARK = re.compile(
    r"(?<![\d.:/第a-z$-])(?:(?P<digit>[1-9]|10|100)(?P<tenths>\.\d)?(?! ?[.]\d)"
    r"|(?P<word>one|two|three|four|five)(?= ?(?:stars?|points?|out of|$|[,.!])))"
    r"(?: ?(?:分(?!钟)|颗星|粒星|星|stars?|points?|\*(?! ?\*)))?"
    rf"(?P<of> ?(?:/|out of|over) ?(?:5|five|10|ten))?{_THING}"
    r"|(?P<hans>[一二两三四五])(?:个|颗|粒)?(?:分(?!钟|钱|[都也]?没|[都也]?不|货)|星(?!期))"
)
_FULL_MARKS = re.compile(
    r"满分|(?<!\d)(?:100|一百|10|十)分|\b(?:full marks?|perfect score)\b|(?<!\d)10 ?(?:/|out of) ?10"
)
# "5 not 2", 是5分不是2分: what it is not does not count.
_NOT_THAT_ONE = re.compile(
    r"(?:,? ?(?:and )?\bnot|,?(?:而)?不是|instead of) ?(?:an? )?"
    r"(?:\d|[一二三四五]|one|two|three|four|five)(?:分|星)?"
)
_STARS = re.compile(r"^(?:\* ?){1,5}$")
_SPEAKS_OF_STARS = re.compile(
    r"[1-5一二两三四五](?:个|颗|粒)?(?:分(?!钟|期)|星(?!期))|\bstars?\b|/ ?5\b|满分|\bout of 5\b|^[* ]+$|^[1-5] ?\*$"
)
_CHOICE = re.compile(
    rf"(?<![\d.:/第a-z$-])(?:(?P<digit>[1-9])|(?:option|number|no|slot|choice) (?P<word>one|two|three)){_THING}"
)
_LEADING = re.compile(rf"^([12]){_THING}[ ,.!。、~]+(?!or\b)")


def bare(said: str) -> int | None:
    """The number that is the whole of a text, but for courtesy."""
    found = _BARE.match(said)
    return _number(found[1]) if found else None


def leading(said: str) -> int | None:
    """A 1 or 2 that opens a longer text."""
    found = _LEADING.match(said)
    return int(found[1]) if found else None


def choice(said: str) -> int | None:
    """The one number that a text names; None when it names several."""
    named = {_number(found["digit"] or found["word"]) for found in _CHOICE.finditer(said)}
    return named.pop() if len(named) == 1 else None


def speaks_of_stars(said: str) -> bool:
    return _SPEAKS_OF_STARS.search(said) is not None


def stars(said: str) -> int | None:
    """The stars that a text gives. 4.5 counts as 4, never more than was said; 4.6 as 5, 9/10 as 4."""
    if _STARS.match(said):
        return said.count("*")
    said = _NOT_THAT_ONE.sub("", said)
    if _FULL_MARKS.search(said):
        return 5
    marks = {mark for found in _MARK.finditer(said) if 1 <= (mark := _mark(found)) <= 5}
    return marks.pop() if len(marks) == 1 else None


def _mark(found: re.Match[str]) -> int:
    if found["digit"] is None:
        return _NUMERALS[found["word"] or found["hans"]]
    tenths = int(found["digit"]) * 10 + int((found["tenths"] or ".0")[1])
    if found["of"] and found["of"].endswith(("10", "ten")):
        tenths //= 2
    return (tenths + 4) // 10


def _number(said: str) -> int:
    return int(said) if said.isdigit() else _NUMERALS[said]
