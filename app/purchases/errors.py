"""What this slice refuses, in its own words."""

from __future__ import annotations

from app.core.errors import Conflict
from app.core.i18n import N_


class CodeTaken(Conflict):
    code = "product-code-taken"
    message = N_("Another product already has this code.")

    def __init__(self) -> None:
        super().__init__(errors={"code": [N_("This code belongs to another product.")]})


class ChangeNumberTaken(Conflict):
    code = "purchase-change-number-taken"
    message = N_("Another change of this purchase already has this number.")


class ReturnedAlready(Conflict):
    code = "purchase-line-returned"
    message = N_("Goods of a line that would go have come back already.")


class IntakeKnown(Conflict):
    code = "intake-known"
    message = N_("A daily amount of this product is kept for this person already. Change it instead.")


class IntakeEnded(Conflict):
    code = "intake-ended"
    message = N_("This daily amount has ended already.")


class PurchaseOfAnotherStore(Conflict):
    code = "purchase-of-another-store"
    message = N_("Another store already sent a purchase with this source and number.")


class SamePerson(Conflict):
    code = "referral-of-oneself"
    message = N_("Nobody brings himself.")


class SameHousehold(Conflict):
    code = "referral-within-a-household"
    message = N_("These two share a household, so this is no referral.")


class BroughtAlready(Conflict):
    code = "referral-known"
    message = N_("It is already written down who brought this customer.")


class ReferralInCircle(Conflict):
    code = "referral-in-a-circle"
    message = N_("The new customer brought this one, directly or through others.")


class BoughtBefore(Conflict):
    code = "bought-before-the-referral"
    message = N_("This customer has bought before today, so nobody brings him now.")
