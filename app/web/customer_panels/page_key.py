"""Keys to the customer's own page."""

from datetime import datetime
from typing import Any

from app.customers import links
from app.customers.models import Customer
from app.people.access import Actor


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    return {"links": links.links_of(customer.id, now=now)}
