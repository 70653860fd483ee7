"""What the customer's page says: calm, short, and what to do next."""

from datetime import date, timedelta

from flask_babel import gettext

from app.core.i18n import N_
from app.web.customer_view import Appointment, Now
from app.web.formats import day as short_date

STATES = {
    Now.BOOKED: N_("Planned for you"),
    Now.MOVED: N_("We had to move it"),
    Now.CONFIRMED: N_("Confirmed"),
    Now.LATE: N_("Later than planned"),
    Now.ON_THE_WAY: N_("On the way to you"),
    Now.CALLING: N_("We are calling you"),
    Now.ARRIVED: N_("At your door"),
    Now.DONE: N_("Done"),
    Now.PARTLY: N_("Partly done"),
    Now.COULD_NOT_MEET: N_("We could not meet you"),
    Now.CANCELLED: N_("Cancelled"),
}
TONES = {
    Now.BOOKED: "ask",
    Now.MOVED: "ask",
    Now.CONFIRMED: "ok",
    Now.LATE: "warning",
    Now.ON_THE_WAY: "live",
    Now.CALLING: "live",
    Now.ARRIVED: "live",
    Now.DONE: "ok",
    Now.PARTLY: "warning",
    Now.COULD_NOT_MEET: "warning",
    Now.CANCELLED: "quiet",
}
SIGNS = {
    Now.BOOKED: "calendar",
    Now.MOVED: "calendar",
    Now.CONFIRMED: "check",
    Now.LATE: "clock",
    Now.ON_THE_WAY: "van",
    Now.CALLING: "call",
    Now.ARRIVED: "home",
    Now.DONE: "check",
    Now.PARTLY: "undo",
    Now.COULD_NOT_MEET: "clock",
    Now.CANCELLED: "close",
}

NEXT = {
    Now.BOOKED: N_("Does this suit you? One tap is enough."),
    Now.MOVED: N_("Please tell us whether the new time suits you."),
    Now.CONFIRMED: N_("Thank you. We look forward to it."),
    Now.LATE: N_("We are sorry. Please call us and we will tell you when."),
    Now.ARRIVED: N_("Just arrived."),
    Now.CALLING: N_("Your phone rings in a moment."),
    Now.DONE: N_("Thank you for your time."),
    Now.PARTLY: N_("The rest follows. We will tell you when."),
    Now.COULD_NOT_MEET: N_("We are sorry. Let us find another time."),
    Now.CANCELLED: N_("This appointment will not take place."),
}

_SOMEBODY = {
    "home_visit": N_("%(who)s visits you"),
    "callback": N_("%(who)s calls you"),
    "bring": N_("%(who)s delivers your order"),
    "collect": N_("%(who)s collects your item"),
    "return": N_("%(who)s brings your item back"),
}
_WE = {
    "home_visit": N_("We visit you"),
    "callback": N_("We call you"),
    "bring": N_("We deliver your order"),
    "collect": N_("We collect your item"),
    "return": N_("We bring your item back"),
}

_WAS = {
    "home_visit": N_("Visit"),
    "callback": N_("Call"),
    "bring": N_("Delivery"),
    "collect": N_("Collection"),
    "return": N_("Return"),
}

HEART_QUESTIONS = {
    "care": N_("Did you feel that we care how you are?"),
    "sincerity": N_("Were we open and honest with you?"),
    "thoughtfulness": N_("Did we think of what makes things easier for you?"),
    "detail": N_("Did we look after the small things?"),
    "conscience": N_("Did we advise only what is right for you?"),
}
"""One question a visit; the five hearts take turns."""

STARS = {
    1: N_("not at all"),
    2: N_("hardly"),
    3: N_("so-so"),
    4: N_("yes"),
    5: N_("yes, very much"),
}

SAID = {
    "confirmed": N_("Thank you. It is confirmed."),
    "moved": N_("Done. Your new time is fixed."),
    "again": N_("Thank you. Your new appointment is fixed."),
    "notes": N_("Thank you. We will find the way."),
    "rated": N_("Thank you. Your answer helps us."),
    "sorry": N_("Thank you for being open. Tell us below what we can put right."),
    "heard": N_("We have heard you. Somebody will call you soon."),
    "satisfied": N_("Thank you. We are glad that it is put right."),
    "unsatisfied": N_("Thank you for telling us. We take it up again."),
    "stopped": N_("We send you no more text messages."),
    "started": N_("Thank you. You will get our text messages again."),
}
"""What a tap achieved; its key stands in the address, so that the page needs no cookie to remember it."""

STOP_WORDS = N_("Stop all text messages to my number.")
START_WORDS = N_("Yes, send text messages about my appointments to my number.")


def what_happens(one: Appointment) -> str:
    """Who does what; of what is over only its name, with whoever came."""
    kind = (one.direction or "bring") if one.type == "delivery" else one.type
    if one.is_over:
        return " · ".join(filter(None, [str(gettext(_WAS[kind])), one.who]))
    return str(gettext(_SOMEBODY[kind], who=one.who)) if one.who else str(gettext(_WE[kind]))


def near_day(day: date, today: date) -> str:
    """Today, tomorrow, or the day with its weekday."""
    if day == today:
        return str(gettext(N_("Today")))
    if day == today + timedelta(days=1):
        return str(gettext(N_("Tomorrow")))
    return short_date(day)


def stars_words(stars: int) -> str:
    return str(gettext(STARS[stars]))
