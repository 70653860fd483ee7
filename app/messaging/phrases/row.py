"""One row of the table of phrases, and how its blocks are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from app.messaging.meanings import Asked, IntentKind
from app.messaging.phrases.ideas import IDEAS

WHATEVER = frozenset({None, *Asked})
NOTHING: frozenset[Asked | None] = frozenset({None})


@dataclass(frozen=True)
class Row:
    """One way to mean `kind` while one of the questions `under` is open (None: no question).

    `words`: whole texts, parted by slashes. `english`, `chinese`: patterns for a part of the text. `unless`: forbids
    the row. `but_not`: is taken out of the text before looking. In a block of patterns " | " and the end of a line
    part alternatives, a deeper line goes on with the one above, and `<day>` stands for an idea of ideas.py. An English
    alternative begins and ends with a word.
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
    unless: str = ""
    but_not: str = ""


@dataclass(frozen=True)
class Reader:
    """A row made ready for looking things up."""

    row: Row
    words: frozenset[str]
    english: re.Pattern[str] | None
    chinese: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    but_not: re.Pattern[str] | None

    def fits(self, text: str, *, has_latin: bool, has_chinese: bool) -> bool:
        hits = [
            pattern
            for pattern in (self.english if has_latin else None, self.chinese if has_chinese else None)
            if pattern is not None and pattern.search(text)
        ]
        if not hits or (self.unless is not None and self.unless.search(text)):
            return False
        if self.but_not is None:
            return True
        rest = self.but_not.sub(" ; ", text)
        return any(pattern.search(rest) for pattern in hits)


def reader_of(row: Row) -> Reader:
    return Reader(
        row=row,
        words=frozenset(word.strip() for word in re.split(r"[/\n]", row.words) if word.strip()),
        english=pattern_of(row.english, whole_words=True),
        chinese=pattern_of(row.chinese),
        unless=pattern_of(row.unless),
        but_not=pattern_of(row.but_not),
    )


@cache
def pattern_of(block: str, *, whole_words: bool = False) -> re.Pattern[str] | None:
    """A block of alternatives made into one pattern; None for an empty block."""
    if not block.strip():
        return None
    joined = _joined(block)
    return re.compile(rf"\b(?:{joined})(?!\w)" if whole_words else joined)


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
