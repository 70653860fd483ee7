"""Why somebody else looks after a customer, as the history keeps it: a key of ours, a key with a note, or the words of
whoever changed it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import N_

MERGED = "merge"
GIVEN_BACK = "hand_over:back"
_HANDED_OVER = "hand_over:"

WORDS: Mapping[str, str] = {
    MERGED: N_("Two files became one"),
    GIVEN_BACK: N_("Back again"),
    f"{_HANDED_OVER}leave": N_("Cover during a leave"),
    f"{_HANDED_OVER}exit": N_("The one before has left"),
    f"{_HANDED_OVER}other": N_("Handed over"),
}


def of_hand_over(why: str, note: str) -> str:
    return f"{_HANDED_OVER}{why}{': ' + note if note else ''}"


def parts_of(reason: str) -> tuple[str, str]:
    """(catalog text, words as they were written); either may be empty."""
    if reason in WORDS:
        return WORDS[reason], ""
    key, parted, note = reason.partition(": ")
    return (WORDS[key], note) if parted and key in WORDS else ("", reason)
