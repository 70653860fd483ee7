"""The tier: why it is what it is, the pin, and how it came about."""

from datetime import datetime
from math import ceil
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.i18n import N_
from app.customers import tiers as files
from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor
from app.purchases import tiers
from app.purchases.tiers import Why
from app.web.formats import local_day, money, number

CAUSES = {
    "computed": N_("computed at night"),
    "pinned": N_("pinned"),
    "unpinned": N_("pin taken off"),
    "pin_ended": N_("the pin ended"),
}


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    why = tiers.why(customer.id)
    zone = people.store(customer.store_id).zone
    return {
        "why": why,
        "words": in_words(why, now=now, zone=zone),
        "pin": files.pin_of(customer, now=now),
        "history": files.history(customer.id, limit=8),
        "causes": CAUSES,
        "longest": files.LONGEST_REASON,
        "today": local_day(now, zone),
    }


def in_words(why: Why, *, now: datetime, zone: str) -> list[tuple[str, str, int | None]]:
    """How lately, how often and how much, each with its score: (name, words, score)."""
    if why.last_bought_on is None:
        return [(str(_("How lately")), str(_("has bought nothing yet")), None)]
    days = (local_day(now, zone) - why.last_bought_on).days
    lately = (
        str(_("bought today"))
        if days <= 0
        else str(ngettext("last bought %(num)s day ago", "last bought %(num)s days ago", days))
    )
    often = str(ngettext("%(num)s purchase within a year", "%(num)s purchases within a year", why.purchases))
    much = str(_("%(amount)s within a year", amount=money(why.value, why.currency)))
    if why.value_percent is not None:
        much += " · " + str(_("among the first %(percent)s %% of customers", percent=number(ceil(why.value_percent))))
    return [
        (str(_("How lately")), lately, why.recency_score),
        (str(_("How often")), often, why.frequency_score),
        (str(_("How much")), much, why.value_score),
    ]
