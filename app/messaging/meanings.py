"""The words for what a text can mean and for what was asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IntentKind(StrEnum):
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    RATING = "rating"
    REORDER = "reorder"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    COMPLAINT = "complaint"
    HELP = "help"
    REFUSE = "refuse"
    OTHER = "other"


class Asked(StrEnum):
    """What the message that the customer answers has asked."""

    CONFIRM = "confirm"
    SLOT = "slot"
    RATING = "rating"
    REORDER = "reorder"
    REMEDY = "remedy"
    OWNER = "owner"


@dataclass(frozen=True)
class Intent:
    """`value`: the number said (stars, the slot chosen). `doubtful`: may be an opt-out, a person decides.

    `word`: the normalised text when the whole of it is a known word, so that the caller can tell YES from 1.
    `asks_too`: besides its meaning the text asks something that only a person can answer. `names_time`: it names a
    time of the customer's own. `is_reaction`: a body reacts to our goods.
    """

    kind: IntentKind
    value: int | None = None
    doubtful: bool = False
    word: str = ""
    asks_too: bool = False
    names_time: bool = False
    is_reaction: bool = False
