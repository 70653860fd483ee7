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


class OptionalField(StrEnum):
    """Fields of the file that a company may do without."""

    OCCUPATION = "occupation"
    INDUSTRY = "industry"
    INCOME_BAND = "income_band"


class Occupation(StrEnum):
    """Groups only: what somebody does precisely is not ours to know."""

    OFFICE = "office"
    MANAGER = "manager"
    SELF_EMPLOYED = "self_employed"
    SERVICE = "service"
    SALES = "sales"
    TRADE = "trade"
    DRIVER = "driver"
    HEALTH = "health"
    EDUCATION = "education"
    PUBLIC_SERVICE = "public_service"
    CREATIVE = "creative"
    STUDENT = "student"
    HOMEMAKER = "homemaker"
    RETIRED = "retired"
    OTHER = "other"


class Industry(StrEnum):
    MANUFACTURING = "manufacturing"
    CONSTRUCTION = "construction"
    RETAIL = "retail"
    CATERING = "catering"
    TRANSPORT = "transport"
    FINANCE = "finance"
    PROPERTY = "property"
    TECHNOLOGY = "technology"
    MEDIA = "media"
    EDUCATION = "education"
    HEALTH = "health"
    PUBLIC = "public"
    AGRICULTURE = "agriculture"
    SERVICES = "services"
    OTHER = "other"


class IncomeBand(StrEnum):
    """By month, in the currency of the customer's store."""

    UNDER_10K = "under_10k"
    FROM_10K = "10k_to_20k"
    FROM_20K = "20k_to_40k"
    FROM_40K = "40k_to_80k"
    OVER_80K = "over_80k"


class Relation(StrEnum):
    """Who somebody is to the buyer."""

    BABY = "baby"
    CHILD = "child"
    PARTNER = "partner"
    PARENT = "parent"
    OTHER = "other"


class GuardianChannel(StrEnum):
    """How a guardian said it."""

    IN_PERSON = "in_person"
    PAPER = "paper"
    PHONE = "phone"
    SMS = "sms"
    PAGE = "page"


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
