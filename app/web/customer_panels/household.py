"""Who lives with the customer: people with a file, and those for whom is bought or cared."""

from datetime import datetime
from typing import Any

from app.customers import members, present, queries
from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor
from app.web import file_words
from app.web.formats import local_day


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:
    household = queries.household(customer.household_id, actor=actor, now=now)
    known = members.members_of(customer.household_id)
    today = local_day(now, people.store(customer.store_id).zone)
    shown = present.members(known, members.collectors_of(known), today=today)
    by_file = {one["customer_id"]: one for one in shown if one["customer_id"]}
    return {
        "name": household.household.name,
        "files": [(file, by_file.get(file.id)) for file, _owner in household.members if file.id != customer.id],
        "members": [one for one in shown if not one["customer_id"]],
        "relations": file_words.RELATIONS,
        "channels": file_words.GUARDIAN_CHANNELS,
    }
