"""The closed lists of this slice."""

from __future__ import annotations

from enum import StrEnum


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Calendar(StrEnum):
    SOLAR = "solar"
    LUNAR = "lunar"


class Tier(StrEnum):
    CORE = "core"
    IMPORTANT = "important"
    ORDINARY = "ordinary"


class Channel(StrEnum):
    """The way we reach somebody, which is what consent is given or taken for."""

    SMS = "sms"
    CALL = "call"


class Scope(StrEnum):
    """How far a consent reaches. An opt-out for ALL covers care and promotions too; neither of these the other."""

    ALL = "all"
    CARE = "care"
    PROMOTION = "promotion"


class ConsentState(StrEnum):
    IN = "in"
    OUT = "out"


class ConsentSource(StrEnum):
    """Where the customer said so."""

    SMS = "sms"
    PAGE = "page"
    OFFICE = "office"
    API = "api"
    PROVIDER = "provider"
    IMPORT = "import"


class ContactKind(StrEnum):
    """Why we get in touch unasked, in the order in which slots are given out (PERSONAL: a text written by hand)."""

    RECOVERY = "recovery"
    REPLENISHMENT = "replenishment"
    BIRTHDAY = "birthday"
    AFTER_PURCHASE = "after_purchase"
    FESTIVAL = "festival"
    MILESTONE = "milestone"
    CADENCE = "cadence"
    WIN_BACK = "win_back"
    PERSONAL = "personal"
    PROMOTION = "promotion"


class BookingState(StrEnum):
    RESERVED = "reserved"
    RECORDED = "recorded"
    RELEASED = "released"
