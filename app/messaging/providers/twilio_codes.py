"""Twilio's codes, each with what it asks of us. Meanings: https://www.twilio.com/docs/api/errors

The texts of errors change, so only the number counts. A number that is not here is UNMAPPED: it ends the text.
"""

from __future__ import annotations

from app.core.i18n import N_
from app.messaging.providers import ACCOUNT_FAILURE, NO_REASON, NUMBER_IS_BAD, REFUSED, UNMAPPED, Act, Meaning

MINUTE, HOUR = 60.0, 3600.0

NOT_REACHED = N_("the phone could not be reached")
CONGESTED = N_("the carrier had too much to do")
QUEUE_FULL = N_("too many texts wait at the carrier")
DAY_IS_FULL = N_("the carrier's daily limit is reached")
NOT_IN_TIME = N_("the carrier did not deliver it in time")
NOT_REGISTERED = N_("our sender is not registered for this country")
ROUTE_CLOSED = N_("our account may not send to this country")
CARRIER_BLOCKS = N_("the carrier blocks this text")
MAY_HAVE_ARRIVED = N_("the carrier does not know whether it arrived")
OPTED_OUT = N_("the customer has opted out")
OUR_MISTAKE = N_("the text was not fit to be sent")
WEBHOOK_FAILS = N_("the carrier can't reach this service")


def _all(meaning: Meaning, *codes: int) -> dict[int, Meaning]:
    return dict.fromkeys(codes, meaning)


MEANINGS: dict[int, Meaning] = {
    # Surely not processed
    **_all(Meaning(Act.AGAIN, CONGESTED), 20429, 14107),
    **_all(Meaning(Act.FULL, QUEUE_FULL, wait_seconds=5 * MINUTE), 21611),
    # May have been processed
    **_all(Meaning(Act.UNCLEAR, MAY_HAVE_ARRIVED), 20500, 20503, 30410),
    # Nothing of this account or sender passes
    **_all(Meaning(Act.ACCOUNT, ACCOUNT_FAILURE), 20003, 20005, 20006, 20008, 20404, 30002),
    **_all(Meaning(Act.ACCOUNT, ACCOUNT_FAILURE), 21212, 21601, 21603, 21606, 21607, 21703, 21704, 21705, 21901, 21902),
    # One country is closed: one number must not stop all the others
    **_all(Meaning(Act.DESTINATION, ROUTE_CLOSED), 21408, 21612),
    **_all(Meaning(Act.DESTINATION, NOT_REGISTERED), 30018, 30032, 30034),
    # One number
    **_all(Meaning(Act.NUMBER, NUMBER_IS_BAD), 21211, 21217, 21219, 21401, 21421, 21614, 21635, 30005, 30006),
    **_all(Meaning(Act.OPTED_OUT, OPTED_OUT), 21610),
    # One text
    **_all(Meaning(Act.REFUSED, REFUSED), 21608),
    **_all(Meaning(Act.REFUSED, CARRIER_BLOCKS), 30004, 30007, 30450, 30610, 30640),
    **_all(Meaning(Act.FAULT, OUR_MISTAKE), 21602, 21604, 21617, 21619),
    # Reported after it was taken: a new row may do better
    **_all(Meaning(Act.FULL, QUEUE_FULL, wait_seconds=10 * MINUTE, resends=2), 30001),
    **_all(Meaning(Act.AGAIN, NOT_REACHED, wait_seconds=30 * MINUTE, resends=2), 30003),
    **_all(Meaning(Act.AGAIN, NO_REASON, wait_seconds=HOUR, resends=1), 30008),
    **_all(Meaning(Act.AGAIN, CONGESTED, wait_seconds=15 * MINUTE, resends=2), 30017),
    **_all(Meaning(Act.AGAIN, CONGESTED, wait_seconds=5 * MINUTE, resends=2), 30022),
    **_all(Meaning(Act.AGAIN, DAY_IS_FULL, resends=1, next_day=True), 30023, 30027, 63038),
    **_all(Meaning(Act.AGAIN, NOT_IN_TIME, resends=1), 30036),
    # Our own door
    **_all(Meaning(Act.FAULT, WEBHOOK_FAILS), 11200, 11205),
}


def meaning_of(code: int) -> Meaning:
    return MEANINGS.get(code, UNMAPPED)
