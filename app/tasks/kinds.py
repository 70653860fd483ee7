"""The words of this slice: the values that columns, schemas and checklists share."""

from __future__ import annotations

from enum import StrEnum


class TaskType(StrEnum):
    HOME_VISIT = "home_visit"
    DELIVERY = "delivery"
    CALLBACK = "callback"


class Reason(StrEnum):
    """Why somebody is looked after; it chooses the checklist."""

    AFTER_PURCHASE = "after_purchase"
    CARE = "care"
    REPLENISHMENT = "replenishment"
    BIRTHDAY = "birthday"
    FESTIVAL = "festival"
    MILESTONE = "milestone"
    LAPSED = "lapsed"
    COMPLAINT = "complaint"
    PROMOTION = "promotion"
    OTHER = "other"


class Direction(StrEnum):
    """Which way a delivery goes: to the customer, from the customer, or back again."""

    BRING = "bring"
    COLLECT = "collect"
    RETURN = "return"


class Status(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    ACTIVE = "active"
    COMPLETED = "completed"
    PARTLY = "partly"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Heart(StrEnum):
    CARE = "care"
    SINCERITY = "sincerity"
    THOUGHTFULNESS = "thoughtfulness"
    DETAIL = "detail"
    CONSCIENCE = "conscience"


class ItemKind(StrEnum):
    TICK = "tick"
    PASS_FAIL = "pass_fail"  # noqa: S105  a word, no secret
    NUMBER = "number"
    CHOICE = "choice"
    # A choice whose answer "given" means that something was given; never together with a restricted product.
    GIFT = "gift"
    TEXT = "text"
    PHOTO = "photo"
    SIGNATURE = "signature"
    CODE = "code"


class EvidenceKind(StrEnum):
    PHOTO = "photo"
    SIGNATURE = "signature"
    DOOR_CODE = "door_code"
    PLACE = "place"


class PlaceState(StrEnum):
    """Whether the place of arrival is known; if not, who said no: the associate, the phone's settings, or nobody."""

    GIVEN = "given"
    DECLINED = "declined"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"


class DoorCodeState(StrEnum):
    """What became of the code that the customer read out. After too many tries it is not told any more."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too_many"


class FailReason(StrEnum):
    NO_ANSWER = "no_answer"
    NOT_AT_HOME = "not_at_home"
    REFUSED = "refused"
    WRONG_ADDRESS = "wrong_address"
    WRONG_NUMBER = "wrong_number"
    OUT_OF_STOCK = "out_of_stock"
    UNSAFE = "unsafe"
    OTHER = "other"


class CancelReason(StrEnum):
    CUSTOMER_ASKED = "customer_asked"
    DUPLICATE = "duplicate"
    NOT_NEEDED = "not_needed"
    OPTED_OUT = "opted_out"
    UNDONE = "undone"
    OTHER = "other"


class DeclineReason(StrEnum):
    TOO_FAR = "too_far"
    NO_TIME = "no_time"
    SICK = "sick"
    LACKS_SKILL = "lacks_skill"
    OTHER = "other"


class Link(StrEnum):
    """What a task is to its parent."""

    CARRIED = "carried"
    FOLLOW_UP = "follow_up"


class HeldState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
