"""What to know of a customer before ringing the bell."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.customers import numbers
from app.customers.completeness import LABELS, completeness
from app.customers.models import Customer
from app.people.access import Actor


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    complete = completeness(customer)
    return {
        "phone_fault": numbers.fault_of(customer.phone),
        "complete": complete,
        "missing_words": [_(LABELS[key]) for key in complete.missing],
    }
