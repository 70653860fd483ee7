"""When the household may be contacted unasked."""

from datetime import datetime
from typing import Any

from app.customers import contacts
from app.customers.models import Customer
from app.people.access import Actor


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    return {"budget": contacts.budget(customer.household_id, now=now)}
