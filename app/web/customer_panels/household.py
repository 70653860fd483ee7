"""Who lives with the customer."""

from datetime import datetime
from typing import Any

from app.customers import queries
from app.customers.models import Customer
from app.people.access import Actor


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:
    household = queries.household(customer.household_id, actor=actor, now=now)
    return {"others": [member for member, _owner in household.members if member.id != customer.id]}
