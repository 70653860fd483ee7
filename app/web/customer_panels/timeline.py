"""The newest part of the customer's story, with the box for a note."""

from datetime import datetime
from typing import Any

from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor
from app.reports.timeline import story
from app.web import file_words
from app.web.story import shown

SHOWN = 15


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:
    told = story(customer, actor=actor, now=now, limit=SHOWN)
    zone = people.store(customer.store_id).zone
    return {
        "lines": [shown(moment, zone=zone, now=now) for moment in told.moments],
        "more": told.next_cursor is not None,
        "kinds": file_words.STORY_KINDS,
    }
