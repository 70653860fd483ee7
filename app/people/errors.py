"""What can go wrong with people, in the shop's words."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, TooMany, Unauthorized
from app.core.i18n import N_


class WrongPhoneOrPassword(Unauthorized):
    code = "wrong-phone-or-password"
    message = N_("The phone number or the password is wrong.")


class SignInLocked(TooMany):
    code = "sign-in-locked"
    message = N_("Too many wrong passwords. Sign-in with this number is locked; try again in %(minutes)s minutes.")


class PhoneTaken(Conflict):
    code = "phone-taken"
    message = N_("Somebody else already signs in with this phone number.")


class CodeTaken(Conflict):
    code = "code-taken"
    message = N_("Another store already has this code.")


class StoreInUse(Conflict):
    code = "store-in-use"
    message = N_("People still work in this store. Move or deactivate them first.")


class StillHasCustomers(Conflict):
    """`extra["customers"]` says how many."""

    code = "still-has-customers"
    message = N_("%(name)s still looks after %(count)s customers. Hand them over to somebody else first.")


class NotYourself(Conflict):
    code = "not-yourself"
    message = N_("You can't take away your own access. Ask somebody else of head office.")


class LastHeadOffice(Conflict):
    code = "last-head-office"
    message = N_("This is the last active person of head office; somebody has to keep the keys.")


class OnlyOwnPeople(Forbidden):
    code = "only-own-people"
    message = N_("Only head office, or a supervisor for the associates of the own stores, may do this.")


class TimeOffOverlaps(Conflict):
    code = "time-off-overlaps"
    message = N_("There is already time off at that time.")


class CoversSomebody(Conflict):
    code = "covers-somebody"
    message = N_("%(name)s looks after somebody else's customers at that time. Name another cover there first.")


class TimeOffDecided(Conflict):
    code = "time-off-decided"
    message = N_("This time off is no longer waiting for an answer.")


class TimeOffOver(Conflict):
    code = "time-off-over"
    message = N_("This time off is over or was called off.")
