"""What this slice refuses, in its own words."""

from __future__ import annotations

from datetime import date

from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_


class NoPhone(Conflict):
    code = "customer-has-no-phone"
    message = N_("This customer has no phone number to write to.")


class WantsNoMessages(Conflict):
    code = "customer-opted-out"
    message = N_("This customer wants no messages. Nothing was sent.")


class ContactBudgetSpent(Conflict):
    code = "contact-budget-spent"
    message = N_("This household was contacted lately. The next contact unasked is possible on %(day)s.")

    def __init__(self, day: date) -> None:
        super().__init__(day=day.isoformat(), extra={"next_free_day": day.isoformat()})


class NotUnderWay(Conflict):
    code = "not-under-way"
    message = N_("Nobody is on the way yet. Set out first, or move the task to another time.")


class NobodyTravels(Conflict):
    code = "nobody-travels"
    message = N_("A call has no time of arrival.")


class NotToBeGiven(Invalid):
    code = "cannot-be-given"

    def __init__(self) -> None:
        super().__init__(errors={"assignee_id": [N_("This person does not work in this store.")]})


class NothingWaits(Conflict):
    code = "nothing-waits"
    message = N_("Nothing waits for an answer here.")


class MoreHasCome(Conflict):
    code = "more-has-come"
    message = N_("Something new has come in meanwhile. Please read it first.")


class NotAStranger(Conflict):
    code = "not-a-stranger"
    message = N_("This conversation already belongs to a customer.")


class PromotesRestricted(Invalid):
    code = "promotes-restricted-product"
    message = N_("Restricted products, such as infant formula, may not be promoted or given away.")


class OnItsWay(Conflict):
    code = "message-on-its-way"
    message = N_("This text waits no longer. It can't be taken back.")


class NotTriedAgain(Conflict):
    code = "message-not-tried-again"
    message = N_("Only a text that did not arrive, or of which nobody knows, can be tried again.")


class TriedAgain(Conflict):
    code = "message-tried-again"
    message = N_("This text has been tried again already.")


class TooLateToTry(Conflict):
    code = "message-too-late"
    message = N_("This text is of no use any more. Write a new one, or call.")


class TextTooLong(Invalid):
    code = "text-too-long"
    message = N_("This text is too long for an SMS.")


class NoSandbox(NotFound):
    code = "no-sandbox"
    message = N_("Messages go to real phones here; there is no sandbox phone.")
