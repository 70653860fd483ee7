"""What this slice refuses, in its own words."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid
from app.core.i18n import N_


class PhoneTaken(Conflict):
    """Says nothing about whose number it is: the file may lie in a store that the asker can't see."""

    code = "phone-taken"
    message = N_("Another customer already has this phone number.")

    def __init__(self) -> None:
        super().__init__(errors={"phone": [N_("This number belongs to another customer.")]})


class TooPrivate(Invalid):
    code = "too-private"
    message = N_("Some of this is private life, which we don't keep. Please rephrase it.")


class NoPhone(Invalid):
    code = "customer-has-no-phone"
    message = N_("This customer has no phone number, so there is nothing to consent to.")


class NewerWordKnown(Conflict):
    code = "newer-consent-known"
    message = N_("The customer has said something else since. The later word stands.")


class OtherStoresHousehold(Conflict):
    code = "household-of-another-store"
    message = N_("These two customers belong to different stores. Move one of them first.")


class OriginKeyTaken(Conflict):
    """Two households under one key is a mistake of the caller, never of a person."""

    code = "origin-key-taken"
    message = N_("This contact is already booked for another household.")


class ConsentMissing(Invalid):
    code = "guardian-consent-missing"
    message = N_("A child is kept only with the consent of its guardian.")

    def __init__(self) -> None:
        super().__init__(errors={"consent_text": [N_("Please write what the guardian agreed to.")]})


class MemberIsGone(Conflict):
    code = "member-is-gone"
    message = N_("This member was removed; nothing is kept of him or her any more.")
