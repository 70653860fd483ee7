"""The one table of what customers' texts mean: the first row that fits gives the meaning. Data; intents.py reads it.

Phrases are written once, in the words that folding.py makes of all the others: simplified characters, the words of the
north for Cantonese ones, English words in full. They name ideas (a text, to send, no longer) rather than sentences,
and families of words that meet in one clause (families.py).

| the customer | rows | under which question |
| --- | --- | --- |
| wants the texts again | leaving.OPT_IN | any: wins |
| wants no more texts | leaving.OPT_OUT | any: wins |
| is tired of our texts | leaving.OPT_OUT_TIRED | any: wins, a person decides |
| complains, or a body reacts to our goods | complaints.COMPLAINT | any: wins |
| asks how to answer | helping.HELP | any: wins |
| names a digit | DIGITS below | what was asked says what it means |
| chooses one of two times | visits.CHOICE | slot |
| wants another time | visits.RESCHEDULE | confirm, slot, none |
| says yes to a time | visits.CONFIRM | confirm, none |
| wants the same again | orders.REORDER | reorder: any yes; else in so many words |
| wants nothing this time | orders.REORDER | reorder |
| says whether a wrong was put right | remedies.REMEDY | remedy |
| says whether somebody new is welcome | owners.OWNER | owner |
| says no, or stop, to nothing in particular | leaving.OPT_OUT_MAYBE | none: a person decides |

How to change it: write the text that was misread into tests/messaging/replies/tried.jsonl, find the idea it lacks, add
that idea (not the sentence) to a row, and look at `python -m tests.messaging.replies` before and after.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.messaging.meanings import Asked, IntentKind
from app.messaging.phrases.complaints import COMPLAINT
from app.messaging.phrases.helping import HELP
from app.messaging.phrases.leaving import OPT_IN, OPT_OUT, OPT_OUT_MAYBE, OPT_OUT_TIRED
from app.messaging.phrases.orders import REORDER
from app.messaging.phrases.owners import OWNER
from app.messaging.phrases.remedies import REMEDY
from app.messaging.phrases.row import Row
from app.messaging.phrases.visits import CHOICE, CONFIRM, RESCHEDULE

# The carrier's own words (Twilio blocks or unblocks the number itself and answers in its own name).
CARRIER_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
CARRIER_START = frozenset({"start", "yes", "unstop"})
CARRIER_HELP = frozenset({"help", "info"})

STAYING_OR_LEAVING: tuple[Row, ...] = (*OPT_IN, *OPT_OUT, *OPT_OUT_TIRED)
WINNING: tuple[Row, ...] = (*COMPLAINT, *HELP)
"""With those above: what wins over a digit and over whatever was asked."""

ANSWERS: tuple[Row, ...] = (*REMEDY, *OWNER, *CHOICE, *RESCHEDULE, *CONFIRM, *REORDER, *OPT_OUT_MAYBE)
"""Looked at when no digit answers the question."""

DIGITS: Mapping[Asked | None, Mapping[int, IntentKind]] = {
    None: {
        1: IntentKind.CONFIRM,
        2: IntentKind.RESCHEDULE,
        3: IntentKind.RATING,
        4: IntentKind.RATING,
        5: IntentKind.RATING,
    },
    Asked.CONFIRM: {1: IntentKind.CONFIRM, 2: IntentKind.RESCHEDULE},
    Asked.SLOT: {1: IntentKind.CONFIRM, 2: IntentKind.CONFIRM, 3: IntentKind.RESCHEDULE},
    Asked.RATING: dict.fromkeys((1, 2, 3, 4, 5), IntentKind.RATING),
    Asked.REORDER: {1: IntentKind.REORDER, 2: IntentKind.REFUSE},
    Asked.REMEDY: {1: IntentKind.CONFIRM, 2: IntentKind.REFUSE},
    Asked.OWNER: {1: IntentKind.CONFIRM, 2: IntentKind.REFUSE},
}
"""What a digit means under which question."""
