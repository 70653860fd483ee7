"""What a customer's text means. Pure: text in, intent out; what was asked is a parameter.

A text is folded (folding.py), then looked up in the one table (phrases/), row by row: opt-in, opt-out, complaint and
help win over any question; then a number answers what was asked (numerals.py, DIGITS); then the phrases of answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache

from app.messaging import numerals
from app.messaging.folding import core, in_plain_words, normalise, sentence
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
from app.messaging.phrases.row import Reader, pattern_of, reader_of

__all__ = [
    "CARRIER_HELP",
    "CARRIER_START",
    "CARRIER_STOP",
    "Asked",
    "Intent",
    "IntentKind",
    "is_sure_stop",
    "normalise",
    "read",
]

LONGEST = 2000


def read(text: str, asked: Asked | str | None = None) -> Intent:
    """The meaning of `text`, given what was asked.

    Opt-out and complaint words win over any question. Asked for a slot, 1 and 2 are a CONFIRM with the number chosen.
    Without a question 1 = confirm, 2 = reschedule, 3-5 = rating.
    """
    return _read(text[:LONGEST], Asked(asked) if asked else None)


def is_sure_stop(text: str) -> bool:
    """Does this text want no more texts, beyond doubt? The part of `read` that the webhook waits for."""
    intent = _leaving(text[:LONGEST])
    return intent is not None and intent.kind is IntentKind.OPT_OUT and not intent.doubtful


@lru_cache(maxsize=512)
def _read(text: str, asked: Asked | None) -> Intent:
    said, plain = _folded(text)
    bare = numerals.bare(plain)
    return (
        (_meaning(bare, asked) if bare else None)
        or _leaving(text)
        or _first(_winning_rows(), said, plain, asked)
        or _number(plain, asked)
        or _first(_answer_rows(), said, plain, asked)
        or Intent(IntentKind.OTHER)
    )


@lru_cache(maxsize=512)
def _leaving(text: str) -> Intent | None:
    said, plain = _folded(text)
    return _first(_leaving_rows(), said, plain, None)


@lru_cache(maxsize=64)
def _folded(text: str) -> tuple[str, str]:
    return normalise(text), in_plain_words(sentence(text))


# The table. It is made ready for the first text: its patterns take longer than most of a process's start.


@cache
def _leaving_rows() -> tuple[Reader, ...]:
    return tuple(reader_of(row) for row in STAYING_OR_LEAVING)


@cache
def _winning_rows() -> tuple[Reader, ...]:
    return tuple(reader_of(row) for row in WINNING)


@cache
def _answer_rows() -> tuple[Reader, ...]:
    return tuple(reader_of(row) for row in ANSWERS)


_LATIN = re.compile("[a-z]")
_QUESTION = re.compile(r"\?|吗|什么|谁|几点|怎么|多少|哪[里个位]|\b(?:who|what|where|how|which|do i|should i|can i)\b")


def _first(rows: Iterable[Reader], said: str, plain: str, asked: Asked | None) -> Intent | None:
    bare = core(plain)
    has_latin, has_chinese = _LATIN.search(plain) is not None, not plain.isascii()
    for one in rows:
        if asked not in one.row.under:
            continue
        word = next((way for way in (said, plain, bare) if way and way in one.words), "")
        if word or one.fits(plain, has_latin=has_latin, has_chinese=has_chinese):
            found = Intent(
                one.row.kind,
                value=one.row.value,
                doubtful=one.row.doubtful,
                word=word,
                is_reaction=one.row.is_reaction,
            )
            return _with_more(found, plain, asked)
    return None


def _with_more(found: Intent, plain: str, asked: Asked | None) -> Intent:
    match found.kind:
        case IntentKind.CONFIRM | IntentKind.REORDER:
            return replace(found, asks_too=_QUESTION.search(plain) is not None)
        case IntentKind.RESCHEDULE:
            time = pattern_of("<when> | <time>")
            return replace(found, names_time=time is not None and time.search(plain) is not None)
        case IntentKind.COMPLAINT if asked is Asked.RATING:
            return replace(found, value=numerals.stars(plain))
        case _:
            return found


# Numbers


def _meaning(number: int, asked: Asked | None) -> Intent | None:
    kind = DIGITS[asked].get(number)
    return Intent(kind, value=number) if kind else None


def _number(plain: str, asked: Asked | None) -> Intent | None:
    """A number with words around it, where one is expected."""
    match asked:
        case Asked.RATING:
            stars = numerals.stars(plain)
            return Intent(IntentKind.RATING, value=stars) if stars else None
        case Asked.SLOT:
            chosen = numerals.choice(plain)
            return _meaning(chosen, asked) if chosen else None
        case None:
            stars = numerals.stars(plain) if numerals.speaks_of_stars(plain) else None
            return Intent(IntentKind.RATING, value=stars) if stars else None
        case _:
            leading = numerals.leading(plain)
            found = _meaning(leading, asked) if leading else None
            return _with_more(found, plain, asked) if found else None
