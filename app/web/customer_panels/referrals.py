"""Who brought the customer, and whom he brought."""

from datetime import datetime
from typing import Any

from app.customers.models import Customer
from app.people.access import Actor
from app.purchases import referrals
from app.web.lapsed import REFERRAL_WORDS


def panel(customer: Customer, *, actor: Actor, now: datetime) -> dict[str, Any]:
    return {"found": referrals.of_customer(customer, actor=actor, now=now), **REFERRAL_WORDS}
