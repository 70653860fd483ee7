"""Why an occurrence did not become a contact, or became another one than planned: a closed list, with words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.core.i18n import N_


class OccurrenceState(StrEnum):
    """`due`: wished, not decided. `booked`: has a day. `merged`: told together with another. `deferred`: looked at
    again each night. `made`: the task or text is written. `done`: it took place. The rest are ends."""

    DUE = "due"
    BOOKED = "booked"
    MERGED = "merged"
    DEFERRED = "deferred"
    MADE = "made"
    DONE = "done"
    MISSED = "missed"
    DROPPED = "dropped"
    ENDED = "ended"


UNDECIDED = (OccurrenceState.DUE, OccurrenceState.DEFERRED)
PENDING = (OccurrenceState.DUE, OccurrenceState.DEFERRED, OccurrenceState.BOOKED, OccurrenceState.MERGED)
"""Nothing has left the house yet."""
ENDS = (OccurrenceState.DONE, OccurrenceState.MISSED, OccurrenceState.DROPPED, OccurrenceState.ENDED)


class WhyNot(StrEnum):
    CEILING = "ceiling"
    BALANCE = "balance"
    COMPLAINT = "complaint"
    REACTION = "reaction"
    OPTED_OUT = "opted_out"
    NO_PHONE = "no_phone"
    UNREACHABLE = "unreachable"
    NO_REQUEST = "no_request"
    NOT_USED = "not_used"
    RESTRICTED = "restricted"
    COUNTRY = "country"
    CLOSED = "closed"
    TOO_LATE = "too_late"
    CONTACTED_OTHERWISE = "contacted_otherwise"
    OUT_OF_SEASON = "out_of_season"
    PLAN_SWITCHED_OFF = "plan_switched_off"
    MOVED_AWAY = "moved_away"
    STORE_CLOSED_DOWN = "store_closed_down"
    MERGED_FILE = "merged_file"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    NOT_SENT = "not_sent"
    NOT_MADE = "not_made"
    SHORT = "short"
    RETURNED = "returned"
    ANSWERED = "pointless:answered"
    ORDERED = "pointless:ordered"
    STOPPED = "pointless:opted_out"
    COMPLAINED = "pointless:complained"


WORDS: Mapping[str, str] = {
    WhyNot.CEILING: N_("The household was, or will be, contacted too close to that day."),
    WhyNot.BALANCE: N_("After two contacts about sales the next one is for care."),
    WhyNot.COMPLAINT: N_("A complaint of the household is open."),
    WhyNot.REACTION: N_("A reaction of the body is being looked into."),
    WhyNot.OPTED_OUT: N_("The customer does not wish to be contacted in this way."),
    WhyNot.NO_PHONE: N_("There is no phone number in the file."),
    WhyNot.UNREACHABLE: N_("The number can’t receive texts."),
    WhyNot.NO_REQUEST: N_("A restricted product: nobody has asked for reminders."),
    WhyNot.NOT_USED: N_("It is not used any more."),
    WhyNot.RESTRICTED: N_("Offers of restricted products, or to who buys nothing else, are not allowed."),
    WhyNot.COUNTRY: N_("Such texts are not allowed, or not sent, in the country of the number."),
    WhyNot.CLOSED: N_("The store is closed on that day and on those around it."),
    WhyNot.TOO_LATE: N_("Its day passed before it could be done."),
    WhyNot.CONTACTED_OTHERWISE: N_("We have been, or will be, in touch anyway."),
    WhyNot.OUT_OF_SEASON: N_("The plan’s season does not hold on that day."),
    WhyNot.PLAN_SWITCHED_OFF: N_("The plan was switched off."),
    WhyNot.MOVED_AWAY: N_("The customer moved to another household or store."),
    WhyNot.STORE_CLOSED_DOWN: N_("The store is no longer in use."),
    WhyNot.MERGED_FILE: N_("The file was merged with another one."),
    WhyNot.NO_ANSWER: N_("Nobody could be reached, however often we tried."),
    WhyNot.REFUSED: N_("The customer did not want it."),
    WhyNot.CANCELLED: N_("The task was cancelled."),
    WhyNot.NOT_SENT: N_("The text was not sent."),
    WhyNot.NOT_MADE: N_("No task could be made of it; the checklists need a look."),
    WhyNot.SHORT: N_("The store has too little of it: somebody calls instead of a text that promises it."),
    WhyNot.RETURNED: N_("The purchase was returned."),
    WhyNot.ANSWERED: N_("The customer answered before."),
    WhyNot.ORDERED: N_("The customer ordered before."),
    WhyNot.STOPPED: N_("The customer asked us to stop."),
    WhyNot.COMPLAINED: N_("The customer complained before."),
}

STATE_WORDS: Mapping[str, str] = {
    OccurrenceState.DUE: N_("due"),
    OccurrenceState.BOOKED: N_("booked"),
    OccurrenceState.MERGED: N_("told with another"),
    OccurrenceState.DEFERRED: N_("put off"),
    OccurrenceState.MADE: N_("under way"),
    OccurrenceState.DONE: N_("done"),
    OccurrenceState.MISSED: N_("missed"),
    OccurrenceState.DROPPED: N_("dropped"),
    OccurrenceState.ENDED: N_("ended"),
}
