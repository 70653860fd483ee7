"""Long words that people type with one slip, put right before anybody asks what a text means. Pure."""

from __future__ import annotations

import re
from string import ascii_lowercase

# Long enough that one slip makes no other word; words of which that is not true (message, massage) stay out.
_LONG = """
    unsubscribe unsubscribed resubscribe resubscribed subscribe subscription notifications notification promotions
    promotional advertisements reschedule rescheduled appointment instructions understand complaint complaining
    disappointed disappointing terrible horrible unacceptable compensation damaged allergic diarrhoea vomiting
    irritation another tomorrow wednesday thursday saturday afternoon convenient available definitely confirmed
    received receiving mistake accident accidentally defective packaging delivery attitude ridiculous unprofessional
"""
# What is near one of them but means something else.
_NEAR = """
    subscriber subscribed subscribes complain compliant complaints complained complains terribly horribly mistaken
    mistakes mistook damages damage receive receives understands delivers appointments instruction accidents accidental
    promotion confirms delivered deliver allergies convenience tomorrows relieved attitudes afternoons
"""
_LATIN_WORD = re.compile(r"(?<![a-z0-9])[a-z]{6,16}(?![a-z0-9'])")


def _one_slip_away(word: str) -> set[str]:
    """One letter left out, too many, wrong, or changing places with the next; the first letter is right."""
    cuts = [(word[:place], word[place:]) for place in range(1, len(word) + 1)]
    return (
        {head + tail[1:] for head, tail in cuts}
        | {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
        | {head + letter + tail[1:] for head, tail in cuts for letter in ascii_lowercase}
        | {head + letter + tail for head, tail in cuts for letter in ascii_lowercase}
    )


_WORDS = frozenset(_LONG.split())
_MENDED = {slip: word for word in sorted(_WORDS) for slip in _one_slip_away(word) - _WORDS - set(_NEAR.split())}


def mended(text: str) -> str:
    """The text with slips of the thumb in long words put right: "unsubcribed" becomes "unsubscribed"."""
    return _LATIN_WORD.sub(lambda found: _MENDED.get(found.group(), found.group()), text)
