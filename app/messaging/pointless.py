"""Automatic texts that a customer's own words make pointless (R18): each is taken back with its reason.

| the customer | ends what waits unsent of |
| --- | --- |
| gives stars | requests for stars about the same visit |
| orders again | care, promotions |
| writes something that a person answers | care |
| complains | promotions and requests for stars of the whole household (complaint_texts.py), care is a person's now |
| opts out | everything (handlers.suppress_pending) |

What people wrote stays, and so does what the visit itself needs: its reminder, its door code.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_

from app.core.i18n import N_
from app.messaging import outbound
from app.messaging.kinds import Kind
from app.messaging.models import Message

HAS_RATED = N_("the customer has given stars already")
HAS_ORDERED = N_("the customer has ordered")
HAS_WRITTEN = N_("the customer has written and a person answers")


def end_after_rating(task_id: int, *, now: datetime) -> None:
    outbound.cancel_waiting(
        and_(Message.task_id == task_id, Message.kind == Kind.RATING.value), reason=HAS_RATED, now=now
    )


def end_after_order(customer_id: int, *, now: datetime) -> None:
    _end(customer_id, (Kind.CARE, Kind.PROMOTION), reason=HAS_ORDERED, now=now)


def end_after_writing(customer_id: int, *, now: datetime) -> None:
    _end(customer_id, (Kind.CARE,), reason=HAS_WRITTEN, now=now)


def _end(customer_id: int, kinds: tuple[Kind, ...], *, reason: str, now: datetime) -> None:
    of_kind = Message.kind.in_([kind.value for kind in kinds])
    outbound.cancel_waiting(
        and_(Message.customer_id == customer_id, of_kind, Message.sender_id.is_(None)), reason=reason, now=now
    )
