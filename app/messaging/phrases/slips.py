"""Slips of the thumb. Pure."""

from __future__ import annotations


def slips_of(*words: str, but: str = "") -> str:
    """What becomes of each word when a letter is left out, struck twice, or trades places with the next one.

    `but` are slips that are words of their own. Parted by slashes, as a row wants them.
    """
    found: set[str] = set()
    for word in words:
        for place in range(len(word)):
            found.add(word[:place] + word[place + 1 :])
            found.add(word[: place + 1] + word[place:])
            if place:
                found.add(word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :])
    return " / ".join(sorted(found - set(words) - set(but.split())))
