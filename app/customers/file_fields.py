"""The optional fields of the file, and which of them the company has switched off.

A field that is off is neither shown, taken nor exported. What stood in the files is deleted when it has been off for
EMPTY_AFTER_DAYS, so that a switch thrown by mistake loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import audit
from app.core.db import db
from app.core.errors import Forbidden, Invalid
from app.core.i18n import N_
from app.customers.access import audit_name
from app.customers.models import Customer, FileField
from app.customers.values import OptionalField
from app.people.access import Actor

EMPTY_AFTER_DAYS = 30
CHUNK = 5_000


@dataclass(frozen=True)
class FieldState:
    key: OptionalField
    is_on: bool
    changed_at: datetime | None
    emptied_at: datetime | None

    @property
    def empties_at(self) -> datetime | None:
        """When what stands in the files will be deleted."""
        if self.is_on or self.emptied_at is not None or self.changed_at is None:
            return None
        return self.changed_at + timedelta(days=EMPTY_AFTER_DAYS)


def states() -> list[FieldState]:
    rows = {row.key: row for row in db.session.scalars(select(FileField))}
    return [
        FieldState(key=key, is_on=row.is_on, changed_at=row.changed_at, emptied_at=row.emptied_at)
        if (row := rows.get(key.value))
        else FieldState(key=key, is_on=True, changed_at=None, emptied_at=None)
        for key in OptionalField
    ]


def switched_off() -> frozenset[str]:
    """The keys of the fields that are off now."""
    return frozenset(db.session.scalars(select(FileField.key).where(FileField.is_on.is_(False))))


def in_use() -> tuple[str, ...]:
    """The keys of the fields that are on, in their order."""
    off = switched_off()
    return tuple(key.value for key in OptionalField if key not in off)


def require_in_use(given: Iterable[str]) -> None:
    """Refuse values for fields that are off."""
    wanted = {key.value for key in OptionalField} & set(given)
    refused = sorted(wanted & switched_off()) if wanted else []
    if refused:
        raise Invalid(errors={name: [N_("Your company does not keep this.")] for name in refused})


def switch(wanted: Mapping[OptionalField, bool], *, actor: Actor, now: datetime) -> None:
    """Switch fields on or off for the whole company. For head office."""
    if not actor.sees_all_stores:
        raise Forbidden(N_("Head office decides what a file holds."))
    present = {state.key: state.is_on for state in states()}
    changed = {key: is_on for key, is_on in wanted.items() if present[key] != is_on}
    for key, is_on in changed.items():
        values = {"is_on": is_on, "changed_at": now, "changed_by_id": actor.staff_id, "emptied_at": None}
        stmt = insert(FileField).values(key=key.value, **values)
        db.session.execute(stmt.on_conflict_do_update(index_elements=[FileField.key], set_=values))
        audit.record(
            audit_name(actor),
            action="file_field.switch_on" if is_on else "file_field.switch_off",
            subject=("file_field", key.value),
            now=now,
        )


def empty_next(*, now: datetime, limit: int = CHUNK) -> int:
    """Delete one chunk of what stands in fields that have been off for long; returns how many files it was."""
    due = select(FileField).where(
        FileField.is_on.is_(False),
        FileField.emptied_at.is_(None),
        FileField.changed_at <= now - timedelta(days=EMPTY_AFTER_DAYS),
    )
    for field in db.session.scalars(due.order_by(FileField.key).with_for_update()):
        done = _empty(field.key, limit=limit)
        if done:
            return done
        field.emptied_at = now
        db.session.flush()
    return 0


def _empty(key: str, *, limit: int) -> int:
    column = Customer.__table__.c[OptionalField(key).value]
    some = select(Customer.id).where(column.is_not(None)).order_by(Customer.id).limit(limit)
    result: Any = db.session.execute(update(Customer).where(Customer.id.in_(some)).values({column.name: None}))
    return int(result.rowcount)
