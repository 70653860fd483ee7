"""What business facts mean for the plans. Handlers may run twice: they compute from what stands now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from app.careplans.models import Occurrence
from app.careplans.reasons import PENDING
from app.core.db import db
from app.events import CustomerMoved


def move_touches(fact: CustomerMoved, *, now: datetime) -> None:  # noqa: ARG001  every handler is called with the time
    """What is pending for the customer goes to the store that looks after him now."""
    db.session.execute(
        update(Occurrence)
        .where(Occurrence.customer_id == fact.customer_id, Occurrence.state.in_(PENDING))
        .values(store_id=fact.store_id)
    )
