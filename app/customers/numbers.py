"""Numbers that can't receive SMS: noted from what carriers say, shown on the file, cleared by a person.

The note belongs to the number, not to the file: a customer with a new number has none. Until it is cleared, automatic
texts to it are not sent (messaging looks when it claims a row).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.customers.access import visible_customers
from app.customers.models import Customer, PhoneFault
from app.people.access import Actor


def note_fault(phone: str, *, reason: str, code: int, now: datetime) -> None:
    """A carrier says that this number can't receive; a number cleared before is under suspicion again."""
    row = insert(PhoneFault).values(phone=phone, reason=reason, code=code, noted_at=now)
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=[PhoneFault.phone],
            set_={"reason": reason, "code": code, "noted_at": now, "cleared_at": None, "cleared_by_id": None},
            where=PhoneFault.cleared_at.is_not(None),
        )
    )


def clear_fault(phone: str, *, actor: Actor, now: datetime) -> bool:
    """Somebody has looked into it: texts to this number go out again. Returns whether it was noted at all."""
    cleared = db.session.execute(
        update(PhoneFault)
        .where(PhoneFault.phone == phone, PhoneFault.cleared_at.is_(None))
        .values(cleared_at=now, cleared_by_id=actor.staff_id)
        .returning(PhoneFault.phone)
        .execution_options(synchronize_session="fetch")
    ).first()
    return cleared is not None


def fault_of(phone: str | None) -> PhoneFault | None:
    """What is held against this number now."""
    if phone is None:
        return None
    return db.session.scalar(select(PhoneFault).where(PhoneFault.phone == phone, PhoneFault.cleared_at.is_(None)))


def faults_of(phones: Collection[str]) -> dict[str, PhoneFault]:
    """The same for a whole list, in one statement."""
    rows = db.session.scalars(
        select(PhoneFault).where(PhoneFault.phone.in_(list(phones)), PhoneFault.cleared_at.is_(None))
    )
    return {row.phone: row for row in rows}


def is_at_fault() -> ColumnElement[bool]:
    """Condition for lists of customers: the number on the file can't receive."""
    return exists(select(PhoneFault.phone).where(PhoneFault.phone == Customer.phone, PhoneFault.cleared_at.is_(None)))


def count_at_fault(actor: Actor, *, now: datetime, store_id: int | None = None) -> int:
    """How many of the actor's customers can't be reached by SMS."""
    stmt: Select[Any] = select(func.count()).select_from(Customer).where(is_at_fault())
    if store_id is not None:
        stmt = stmt.where(Customer.store_id == store_id)
    return int(db.session.scalar(visible_customers(stmt, actor, now)) or 0)
