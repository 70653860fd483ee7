"""Who looked after the customer, from when to when."""

from datetime import datetime
from typing import Any

from app.customers import queries
from app.customers.models import Customer
from app.people.access import Actor


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    return {"owners": queries.owners_of(customer.id)}
