"""Where a file went that was merged into another one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.customers.access import visible_customers
from app.customers.merge_models import CustomerMerge
from app.customers.models import Customer
from app.people.access import Actor


class MergedAway(NotFound):
    """The file has gone into another one, which `extra["merged_into"]` names."""

    code = "customer-merged"
    message = N_("This file was merged into another one.")


def kept_file_of(customer_id: int) -> int | None:
    """The file that holds what this one held; None if it was not merged."""
    return db.session.scalar(
        select(CustomerMerge.kept_id).where(CustomerMerge.gone_id == customer_id, CustomerMerge.undone_at.is_(None))
    )


def not_found(customer_id: int, *, actor: Actor, now: datetime) -> NotFound:
    """What to raise for a file that is not there: where it went, if the actor may see that one."""
    kept_id = kept_file_of(customer_id)
    if kept_id is None:
        return NotFound()
    seen = visible_customers(select(Customer.id).where(Customer.id == kept_id), actor, now)
    return MergedAway(extra={"merged_into": kept_id}) if db.session.scalar(seen) is not None else NotFound()
