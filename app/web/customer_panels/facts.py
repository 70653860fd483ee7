"""What to know of a customer before ringing the bell."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.customers import file_fields, numbers, present
from app.customers.completeness import LABELS, completeness
from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Actor
from app.web import file_words
from app.web.formats import local_day
from app.web.words import word

FORM_FIELDS = {"position": "lat", "birthday": "birthday_month", "owner": "owner_id"}
"""Where the form asks for it, when that is not the field of the same name."""


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:  # noqa: ARG001  all panels alike
    today = local_day(now, people.store(customer.store_id).zone)
    return {
        "phone_fault": numbers.fault_of(customer.phone),
        "complete": completeness(customer),
        "missing": [(_(LABELS[key]), FORM_FIELDS.get(key, key)) for key in completeness(customer).missing],
        "next_birthday": present.next_birthday(customer, today=today),
        "is_today": present.next_birthday(customer, today=today) == today,
        "optional": [
            (word(file_words.OPTIONAL_FIELDS, name), word(file_words.OPTIONAL_WORDS[name], getattr(customer, name)))
            for name in file_fields.in_use()
            if getattr(customer, name)
        ],
    }
