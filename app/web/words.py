"""The words people read for the values that the slices store. Unknown values show as they are, never as an error."""

from collections.abc import Mapping

from flask_babel import gettext

from app.core.i18n import N_
from app.customers import owner_reasons

ROLES = {
    "head_office": N_("Head office"),
    "supervisor": N_("Supervisor"),
    "associate": N_("Associate"),
    "customer": N_("Customer"),
    "system": N_("Huifang itself"),
}

TASK_TYPES = {"home_visit": N_("Home visit"), "delivery": N_("Delivery"), "callback": N_("Callback")}
TYPE_SIGNS = {"home_visit": "home", "delivery": "van", "callback": "call"}
DIRECTIONS = {"bring": N_("Bring"), "collect": N_("Collect"), "return": N_("Return")}

REASONS = {
    "after_purchase": N_("After a purchase"),
    "care": N_("Regular care"),
    "replenishment": N_("Running out"),
    "birthday": N_("Birthday"),
    "festival": N_("Festival"),
    "milestone": N_("Milestone"),
    "lapsed": N_("Long not seen"),
    "complaint": N_("Making good"),
    "promotion": N_("Promotion"),
    "other": N_("Other"),
}

STATUSES = {
    "open": N_("Unassigned"),
    "assigned": N_("Assigned"),
    "active": N_("Under way"),
    "completed": N_("Done"),
    "partly": N_("Partly done"),
    "failed": N_("Not possible"),
    "cancelled": N_("Cancelled"),
}
STATUS_TONES = {
    "open": "warning",
    "assigned": "info",
    "active": "brand",
    "completed": "ok",
    "partly": "warning",
    "failed": "danger",
    "cancelled": "quiet",
}
STATUS_SIGNS = {
    "open": "person",
    "assigned": "badge",
    "active": "pulse",
    "completed": "check",
    "partly": "undo",
    "failed": "warning",
    "cancelled": "close",
}

VERBS = {
    "assign": N_("Assign"),
    "claim": N_("Take"),
    "accept": N_("Accept"),
    "decline": N_("Decline"),
    "confirm": N_("Confirm for the customer"),
    "start": N_("Set out"),
    "arrive": N_("Arrived"),
    "complete": N_("Finish"),
    "complete-partly": N_("Finish in part"),
    "fail": N_("Not possible"),
    "reschedule": N_("Move"),
    "cancel": N_("Cancel task"),
    "undo": N_("Undo"),
    "reopen": N_("Open again"),
    "rate": N_("Rate"),
}

FAIL_REASONS = {
    "no_answer": N_("Nobody answered"),
    "not_at_home": N_("Not at home"),
    "refused": N_("The customer refused"),
    "wrong_address": N_("Wrong address"),
    "wrong_number": N_("Wrong number"),
    "out_of_stock": N_("Out of stock"),
    "unsafe": N_("Not safe there"),
    "other": N_("Other"),
}
CANCEL_REASONS = {
    "customer_asked": N_("The customer asked for it"),
    "duplicate": N_("There is another one for it"),
    "not_needed": N_("No longer needed"),
    "opted_out": N_("The customer wants no contact"),
    "undone": N_("Taken back"),
    "other": N_("Other"),
}
DECLINE_REASONS = {
    "too_far": N_("Too far"),
    "no_time": N_("No time"),
    "sick": N_("Sick"),
    "lacks_skill": N_("Needs another skill"),
    "other": N_("Other"),
}
END_REASONS = {**DECLINE_REASONS, **FAIL_REASONS, **CANCEL_REASONS}

HEARTS = {
    "care": N_("Care"),
    "sincerity": N_("Sincerity"),
    "thoughtfulness": N_("Thoughtfulness"),
    "detail": N_("Detail"),
    "conscience": N_("Conscience"),
}
ITEM_KINDS = {
    "tick": N_("Tick"),
    "pass_fail": N_("Good or not good"),
    "number": N_("A number"),
    "choice": N_("Choice"),
    "gift": N_("Gift or thank-you"),
    "text": N_("Text"),
    "photo": N_("Photo"),
    "signature": N_("Signature"),
    "code": N_("A code, such as the door code"),
}

NO_PLACE = {
    "declined": N_("The associate did not share the place."),
    "denied": N_("The phone does not let the app know the place."),
    "unavailable": N_("The phone could not tell where it was."),
}
DOOR_CODES = {
    "right": N_("right"),
    "wrong": N_("wrong, so it proves nothing"),
    "too_many": N_("tried too often, so it proves nothing"),
}

HISTORY = {
    "create": N_("created the task"),
    "assign": N_("assigned the task"),
    "claim": N_("took the task"),
    "accept": N_("accepted"),
    "decline": N_("declined"),
    "confirm": N_("confirmed the time"),
    "start": N_("set out"),
    "arrive": N_("arrived"),
    "checklist": N_("filled in the checklist"),
    "evidence": N_("added evidence"),
    "complete": N_("finished"),
    "complete-partly": N_("finished in part"),
    "fail": N_("could not do it"),
    "reschedule": N_("moved the time"),
    "move": N_("passed the task on with the customer to another store"),
    "retell": N_("changed what the task is about"),
    "cancel": N_("cancelled"),
    "undo": N_("took the ending back"),
    "reopen": N_("opened it again"),
    "rate": N_("rated the service"),
    "held": N_("sent work that waits for a decision"),
    "accept-held": N_("let held work count"),
    "dismiss-held": N_("left held work aside"),
}

CLIENTS = {
    "web": N_("desk"),
    "field": N_("phone"),
    "api": N_("API"),
    "sms": N_("text message"),
    "page": N_("customer's page"),
    "system": N_("by itself"),
    "shipped": N_("by itself"),
    "carried": N_("by itself"),
}

TIERS = {"core": N_("Core"), "important": N_("Important"), "ordinary": N_("Ordinary")}
TIER_TONES = {"core": "brand", "important": "info", "ordinary": "quiet"}
GENDERS = {"female": N_("Female"), "male": N_("Male"), "other": N_("Other")}
LOCALES = {"zh_Hans": N_("Simplified Chinese"), "zh_Hant": N_("Traditional Chinese"), "en": N_("English")}
SPOKEN = {
    "yue": N_("Cantonese"),
    "cmn": N_("Mandarin"),
    "nan": N_("Hokkien"),
    "hak": N_("Hakka"),
    "wuu": N_("Shanghainese"),
    "en": N_("English"),
}
CONSENT_STATES = {"in": N_("Agreed"), "out": N_("Stopped")}
CONSENT_SOURCES = {
    "sms": N_("by text message"),
    "page": N_("on the customer page"),
    "office": N_("told the office"),
    "api": N_("through another system"),
    "provider": N_("told by the carrier"),
    "import": N_("taken over"),
}
CHANNELS = {"sms": N_("Text messages"), "call": N_("Calls")}
SCOPES = {"all": N_("everything"), "care": N_("care texts"), "promotion": N_("promotions")}
CONTACT_KINDS = {
    "recovery": N_("Making good"),
    "replenishment": N_("Running out"),
    "birthday": N_("Birthday"),
    "after_purchase": N_("After a purchase"),
    "festival": N_("Festival"),
    "milestone": N_("Milestone"),
    "cadence": N_("Regular care"),
    "win_back": N_("Long not seen"),
    "personal": N_("Personal message"),
    "promotion": N_("Promotion"),
}

POINT_RULES = {
    "home_visit": N_("Home visit"),
    "delivery": N_("Delivery"),
    "callback": N_("Callback"),
    "hearts": N_("Five hearts"),
    "photo": N_("Photo"),
    "rating": N_("The customer's answer"),
    "honest_failure": N_("Honest failure"),
    "contact_limits": N_("Contact limits"),
    "restricted": N_("Restricted products"),
    "acknowledgement": N_("Rules unread"),
}

ENTRY_STATES = {
    "pending": N_("waiting for proof"),
    "held": N_("held"),
    "vested": N_("vested"),
    "reversed": N_("taken back"),
}

WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
TIME_OFF_REASONS = {"leave": N_("Leave"), "sick": N_("Sick"), "training": N_("Training"), "other": N_("Other")}
TIME_OFF_STATUSES = {
    "asked": N_("Asked"),
    "approved": N_("Approved"),
    "declined": N_("Declined"),
    "cancelled": N_("Cancelled"),
}
TIME_OFF_TONES = {"asked": "warning", "approved": "ok", "declined": "quiet", "cancelled": "quiet"}


def word(words: Mapping[str, str], value: object) -> str:
    """The reader's word for a stored value."""
    key = str(value) if value is not None else ""
    return str(gettext(words[key])) if key in words else key


def owner_reason(reason: str) -> str:
    """Why somebody else looks after a customer: our own word, the words somebody wrote, or both."""
    ours, written = owner_reasons.parts_of(reason)
    return ": ".join(filter(None, [str(gettext(ours)) if ours else "", written]))


def choices(words: Mapping[str, str], among: object = None) -> list[tuple[str, str]]:
    """Value and word, as a select wants them; `among` keeps only some values."""
    kept = words if among is None else {key: words[key] for key in words if key in among}  # type: ignore[operator]
    return [(key, str(gettext(text))) for key, text in kept.items()]


def blossom_words(hearts: Mapping[str, tuple[int, int]]) -> str:
    """What the blossom shows, for those who hear the page: "Care 2 of 3, Detail 1 of 1"."""
    parts = [
        str(gettext("%(heart)s %(done)s of %(total)s", heart=word(HEARTS, heart), done=done, total=total))
        for heart, (done, total) in hearts.items()
        if total
    ]
    return ", ".join(parts) or str(gettext("No checklist items"))


def role_word(role: object) -> str:
    return word(ROLES, role)


def heart_word(heart: object) -> str:
    return word(HEARTS, heart)


GLOBALS = {
    "word": word,
    "role_word": role_word,
    "heart_word": heart_word,
    "blossom_words": blossom_words,
    "choices": choices,
    "owner_reason": owner_reason,
    "ROLES": ROLES,
    "TASK_TYPES": TASK_TYPES,
    "TYPE_SIGNS": TYPE_SIGNS,
    "DIRECTIONS": DIRECTIONS,
    "REASONS": REASONS,
    "STATUSES": STATUSES,
    "STATUS_TONES": STATUS_TONES,
    "STATUS_SIGNS": STATUS_SIGNS,
    "VERBS": VERBS,
    "FAIL_REASONS": FAIL_REASONS,
    "CANCEL_REASONS": CANCEL_REASONS,
    "END_REASONS": END_REASONS,
    "HEARTS": HEARTS,
    "ITEM_KINDS": ITEM_KINDS,
    "NO_PLACE": NO_PLACE,
    "DOOR_CODES": DOOR_CODES,
    "HISTORY": HISTORY,
    "TIERS": TIERS,
    "TIER_TONES": TIER_TONES,
    "GENDERS": GENDERS,
    "LOCALE_WORDS": LOCALES,
    "SPOKEN": SPOKEN,
    "CONSENT_STATES": CONSENT_STATES,
    "CONSENT_SOURCES": CONSENT_SOURCES,
    "CHANNELS": CHANNELS,
    "SCOPES": SCOPES,
    "CONTACT_KINDS": CONTACT_KINDS,
    "POINT_RULES": POINT_RULES,
    "ENTRY_STATES": ENTRY_STATES,
    "WEEKDAYS": WEEKDAYS,
    "TIME_OFF_REASONS": TIME_OFF_REASONS,
    "TIME_OFF_STATUSES": TIME_OFF_STATUSES,
    "TIME_OFF_TONES": TIME_OFF_TONES,
}
