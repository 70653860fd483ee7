"""Care has limits: a note about somebody's private life is not ours to keep. Pure rules over the words of a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core.i18n import N_, Worded
from app.customers import care_words
from app.customers.care_words import Topic
from app.customers.errors import TooPrivate

ADVICE = {
    Topic.MARRIAGE: N_(
        "Marriage and separation are private. Write what the customer would like us to do, such as when to call."
    ),
    Topic.FAMILY_QUARREL: N_(
        "Quarrels in a family are private. Write what the customer would like us to do, such as whom to speak to."
    ),
    Topic.ILLNESS: N_(
        "Illness is private. Write what helps the service, such as soft fabrics, a chair, or short visits."
    ),
    Topic.FAITH: N_("Faith is private. Write the wish itself, such as a material to avoid or a day not to call."),
    Topic.MONEY: N_("Money trouble is private. Write what the customer is looking for, such as a price range."),
}

REACTION_OFFER = N_(
    "This sounds like a reaction to a product. Please open a complaint as well, so that somebody looks into it."
)


@dataclass(frozen=True)
class Crossing:
    """A word that went too far, as it was written, and the topic it belongs to."""

    topic: Topic
    word: str


@dataclass(frozen=True)
class CareCheck:
    crossings: tuple[Crossing, ...]
    reaction: str | None

    @property
    def may_be_kept(self) -> bool:
        return not self.crossings

    @property
    def advice(self) -> list[str]:
        """One sentence per topic, for the catalog."""
        return [ADVICE[topic] for topic in dict.fromkeys(crossing.topic for crossing in self.crossings)]


def _pattern(chinese: str, english: str) -> re.Pattern[str]:
    return re.compile(rf"{_one_of(chinese)}|\b(?:{english})\b")


def _one_of(words: str) -> str:
    # The longest first, so that the word shown is the whole one.
    return "|".join(map(re.escape, sorted(set(words.split()), key=len, reverse=True)))


_CHINESE = {topic: f"{care_words.SIMPLIFIED[topic]} {care_words.TRADITIONAL[topic]}" for topic in Topic}
_TOPICS = {topic: _pattern(_CHINESE[topic], care_words.ENGLISH[topic]) for topic in Topic}
_ANY_CHINESE = re.compile(_one_of(" ".join(_CHINESE.values())))
_ANY_ENGLISH = re.compile(rf"\b(?:{'|'.join(care_words.ENGLISH.values())})\b")
_REACTION = _pattern(f"{care_words.REACTION_SIMPLIFIED} {care_words.REACTION_TRADITIONAL}", care_words.REACTION_ENGLISH)
# Looked for at every place, so that two look-alikes may overlap.
_LOOK_ALIKES = re.compile(f"(?=({care_words.LOOK_ALIKES}))")


def check(text: str) -> CareCheck:
    """What in this text is too private to keep, and whether it tells of a bodily reaction to a product."""
    plain = _plain(text)
    reaction = _REACTION.search(plain)
    told = reaction.group() if reaction else None
    if not _names_a_topic(plain):
        return CareCheck(crossings=(), reaction=told)
    found = {topic: list(pattern.finditer(plain)) for topic, pattern in _TOPICS.items()}
    harmless = [one.span(1) for one in _LOOK_ALIKES.finditer(plain)]
    crossings = [
        Crossing(topic=topic, word=word)
        for topic, matches in found.items()
        for word in dict.fromkeys(one.group() for one in matches if not _is_within(one.span(), harmless))
    ]
    return CareCheck(crossings=tuple(crossings), reaction=told)


def may_cross(text: str) -> bool:
    """Does any word of any topic occur at all? Most texts hold none, and an import looks at many thousand."""
    return _names_a_topic(_plain(text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _names_a_topic(plain: str) -> bool:
    return bool(_ANY_CHINESE.search(plain) or _ANY_ENGLISH.search(plain))


def _is_within(span: tuple[int, int], harmless: Iterable[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in harmless)


def check_all(texts: Iterable[str]) -> CareCheck:
    return check("\n".join(texts))


def check_name(name: str) -> CareCheck:
    """The same for a name: a word written large is a name (Charlotte Church), not what it says elsewhere."""
    found = check(name)
    is_latin_name = all(part[:1].isupper() for part in name.split())
    crossings = tuple(
        one for one in found.crossings if not (is_latin_name and one.word.isascii() and " " not in one.word)
    )
    return CareCheck(crossings=crossings, reaction=None)


def require(texts: Mapping[str, str | None], *, names: Mapping[str, str] | None = None) -> CareCheck:
    """Raise TooPrivate naming every field and word; else say whether a reaction is told of."""
    given = {name: text or "" for name, text in texts.items()}
    checks = {name: check(text) for name, text in given.items()}
    checks |= {name: check_name(text) for name, text in (names or {}).items()}
    errors = {name: _explained(found) for name, found in checks.items() if not found.may_be_kept}
    if errors:
        words = [{"topic": c.topic.value, "word": c.word} for found in checks.values() for c in found.crossings]
        raise TooPrivate(errors=errors, extra={"words": words})
    return check_all(given.values())


def _explained(found: CareCheck) -> list[str]:
    """Why, what to write instead, and which words it is about."""
    words = ", ".join(dict.fromkeys(crossing.word for crossing in found.crossings))
    return [*found.advice, Worded(N_("Please rephrase: %(words)s"), words=words)]
