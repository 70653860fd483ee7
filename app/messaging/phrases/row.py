"""One row of the table of phrases, and how its blocks are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from app.messaging.meanings import Asked, IntentKind
from app.messaging.phrases.families import FAMILIES
from app.messaging.phrases.ideas import IDEAS

WHATEVER = frozenset({None, *Asked})
NOTHING: frozenset[Asked | None] = frozenset({None})
REACH_OF_A_NO = 16


@dataclass(frozen=True)
class Row:
    """One way to mean `kind` while one of the questions `under` is open (None: no question).

    `words`: whole texts, parted by slashes. `english`, `chinese`: patterns for a part of the text. `both`: "goods &
    spoilt", families (families.py) whose words meet in one clause while nothing denies the second. `unless`: forbids
    the row. `but_not`: is taken out of the text before looking for any of these. In a block of patterns " | " and the
    end of a line part alternatives, a deeper line goes on with the one above, and `<day>` stands for an idea of
    ideas.py. An English alternative begins and ends with a word.
    """

    kind: IntentKind
    why: str
    under: frozenset[Asked | None] = WHATEVER
    value: int | None = None
    doubtful: bool = False
    is_reaction: bool = False
    words: str = ""
    english: str = ""
    chinese: str = ""
    both: str = ""
    unless: str = ""
    but_not: str = ""


@dataclass(frozen=True)
class Reader:
    """A row made ready for looking things up."""

    row: Row
    words: frozenset[str]
    english: re.Pattern[str] | None
    chinese: re.Pattern[str] | None
    both: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    unless: re.Pattern[str] | None
    but_not: re.Pattern[str] | None

    def fits(self, text: str, *, has_latin: bool, has_chinese: bool) -> bool:
        patterns = [
            pattern
            for pattern in (self.english if has_latin else None, self.chinese if has_chinese else None)
            if pattern is not None
        ]
        if not self._is_said(text, patterns):
            return False
        rest = self.but_not.sub(" ; ", text) if self.but_not is not None else text
        if self.unless is not None and self.unless.search(rest):
            return False
        return self.but_not is None or self._is_said(rest, patterns)

    def _is_said(self, text: str, patterns: Sequence[re.Pattern[str]]) -> bool:
        return any(pattern.search(text) for pattern in patterns) or any(
            _meet(clause, first, second)
            for clause in (_END_OF_CLAUSE.split(text) if self.both else ())
            for first, second in self.both
        )


_END_OF_CLAUSE = re.compile(r"[.,;!?~、。…]|\bbut\b|但|不过|可是")
_DENIES = re.compile(r"(?:\b(?:no|not|never|without|nor|any)(?: \w+)?|没有?|[不无未别]|怕|防|会)[^,]?$")


def _meet(clause: str, first: re.Pattern[str], second: re.Pattern[str]) -> bool:
    """Do both speak of this clause, and does nothing just before the second deny it?"""
    return first.search(clause) is not None and any(
        _DENIES.search(clause, max(0, found.start() - REACH_OF_A_NO), found.start()) is None
        for found in second.finditer(clause)
    )


def reader_of(row: Row) -> Reader:
    return Reader(
        row=row,
        words=frozenset(word.strip() for word in re.split(r"[/\n]", row.words) if word.strip()),
        english=pattern_of(row.english, whole_words=True),
        chinese=pattern_of(row.chinese),
        both=tuple(_pair(line) for line in row.both.splitlines() if line.strip()),
        unless=pattern_of(row.unless),
        but_not=pattern_of(row.but_not),
    )


@cache
def pattern_of(block: str, *, whole_words: bool = False) -> re.Pattern[str] | None:
    """A block of alternatives made into one pattern; None for an empty block."""
    if not block.strip():
        return None
    joined = _joined(block)
    # ASCII: a Chinese sign beside an English word ends the word ("幫我unsubscribe啦").
    return re.compile(rf"\b(?:{joined})(?!\w)" if whole_words else joined, re.ASCII)


def _pair(line: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    first, second = (_family(name.strip()) for name in line.split("&"))
    return first, second


@cache
def _family(name: str) -> re.Pattern[str]:
    family = FAMILIES[name]
    return re.compile(rf"\b(?:{_joined(family.english)})(?!\w)|{_joined(family.chinese)}", re.ASCII)


def _joined(block: str) -> str:
    """The alternatives of a block as one pattern."""
    lines = [line for line in block.splitlines() if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    whole: list[str] = []
    for line in lines:
        if whole and len(line) - len(line.lstrip()) > margin:
            whole[-1] += line.strip()
        else:
            whole.append(line.strip())
    return _IDEA.sub(lambda found: f"(?:{_idea(found[1])})", "|".join(whole).replace(" | ", "|"))


_IDEA = re.compile(r"<([a-z_]+)>")


@cache
def _idea(name: str) -> str:
    return _joined(IDEAS[name])
