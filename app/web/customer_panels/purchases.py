"""What the customer bought of late."""

from datetime import datetime
from typing import Any

from app.customers.models import Customer
from app.people.access import Actor
from app.web import visits


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    return {"purchases": visits.purchases_of(customer.id)}
