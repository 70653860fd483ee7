"""Addresses that open a proof sheet: for a while, for whoever has them, and until somebody takes them back.

A link stays with its task whatever becomes of it: it always shows the present state, and nothing while the task is
being worked on again (undo, reopen). The sheet of an ending that was taken back would prove what nobody stands for.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from app.core import audit
from app.core.config import settings
from app.core.db import db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.i18n import N_
from app.customers.models import Customer
from app.people.access import Actor, may_lead_store
from app.people.models import Staff
from app.tasks import queries
from app.tasks.access import eyes_of, may_see_customer
from app.tasks.kinds import Status
from app.tasks.models import Task
from app.tasks.proof_models import ProofLink, ProofRead

PROVEN = frozenset({Status.COMPLETED.value, Status.PARTLY.value, Status.FAILED.value})
SECRET_BYTES = 24
MOST_OPEN = 20


class NothingToProve(Conflict):
    code = "nothing-to-prove"
    message = N_("There is a proof sheet when the work has ended.")


class TooManyLinks(Conflict):
    code = "too-many-links"
    message = N_("This sheet has many open links already. Please end one of them first.")


@dataclass(frozen=True)
class Link:
    """One address as its makers see it; the address itself is known only in the moment it is made."""

    id: int
    task_id: int
    store_id: int
    created_at: datetime
    created_by_id: int
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    reads: int
    last_read_at: datetime | None
    is_open: bool


@dataclass(frozen=True)
class Opened:
    """What somebody who followed an address has found."""

    id: int
    task_id: int
    is_open: bool


def provable_task(task_id: int, *, actor: Actor, now: datetime) -> Task:
    """The ended task, if the actor may see its customer too: the sheet bears name and address."""
    task = queries.task(task_id, actor=actor, now=now)
    knows = select(Task.id).join(Customer, Customer.id == Task.customer_id).where(Task.id == task.id)
    if db.session.scalar(knows.where(may_see_customer(eyes_of(actor, now)))) is None:
        raise Forbidden()
    if task.status not in PROVEN:
        raise NothingToProve()
    return task


def make(task_id: int, *, days: int | None = None, actor: Actor, now: datetime) -> tuple[Link, str]:
    """A new link and its address, which can't be had a second time."""
    task = provable_task(task_id, actor=actor, now=now)
    if len([one for one in _links(task.id, now=now) if one.is_open]) >= MOST_OPEN:
        raise TooManyLinks()
    secret = secrets.token_urlsafe(SECRET_BYTES)
    link_id = db.session.scalar(
        insert(ProofLink)
        .values(
            task_id=task.id,
            secret_hash=_hash(secret),
            created_at=now,
            created_by_id=actor.id,
            expires_at=now + timedelta(days=days or settings().tasks.proof_link_days),
        )
        .returning(ProofLink.id)
    )
    _note(actor, "task.make_proof_link", task, link_id=link_id, now=now)
    made = next(one for one in _links(task.id, now=now) if one.id == link_id)
    return made, f"{settings().public_url}/p/{secret}"


def links_of(task_id: int, *, actor: Actor, now: datetime) -> Sequence[Link]:
    """Every link that was made for this task, the newest first, ended ones too."""
    queries.task(task_id, actor=actor, now=now)
    return _links(task_id, now=now)


def may_revoke(link: Link, actor: Actor) -> bool:
    """Whoever leads the store, and whoever made it."""
    return may_lead_store(actor, link.store_id) or link.created_by_id == actor.staff_id


def revoke(task_id: int, link_id: int, *, actor: Actor, now: datetime) -> Link:
    """End a link for good. Ending it twice does no harm."""
    task = queries.task(task_id, actor=actor, now=now)
    found = next((one for one in _links(task_id, now=now) if one.id == link_id), None)
    if found is None:
        raise NotFound
    if not may_revoke(found, actor):
        raise Forbidden()
    if found.revoked_at is None:
        db.session.execute(
            update(ProofLink).where(ProofLink.id == link_id).values(revoked_at=now, revoked_by_id=actor.id)
        )
        _note(actor, "task.revoke_proof_link", task, link_id=link_id, now=now)
    return next(one for one in _links(task_id, now=now) if one.id == link_id)


def of_secret(secret: str, *, now: datetime) -> Opened | None:
    """What this address opens, ended or not; None for one that we never made."""
    row = db.session.execute(select(ProofLink).where(ProofLink.secret_hash == _hash(secret))).scalar_one_or_none()
    return Opened(row.id, row.task_id, row.revoked_at is None and row.expires_at > now) if row is not None else None


def count_read(link_id: int, *, form: str, now: datetime) -> None:
    db.session.execute(insert(ProofRead).values(link_id=link_id, form=form, read_at=now))
    db.session.execute(
        update(ProofLink).where(ProofLink.id == link_id).values(reads=ProofLink.reads + 1, last_read_at=now)
    )


def _links(task_id: int, *, now: datetime) -> list[Link]:
    is_open = ProofLink.revoked_at.is_(None) & (ProofLink.expires_at > now)
    stmt = (
        select(ProofLink, Task.store_id, Staff.name, is_open.label("is_open"))
        .join(Task, Task.id == ProofLink.task_id)
        .join(Staff, Staff.id == ProofLink.created_by_id)
        .where(ProofLink.task_id == task_id)
        .order_by(ProofLink.id.desc())
        .execution_options(populate_existing=True)
    )
    return [
        Link(
            id=row.ProofLink.id,
            task_id=row.ProofLink.task_id,
            store_id=row.store_id,
            created_at=row.ProofLink.created_at,
            created_by_id=row.ProofLink.created_by_id,
            created_by=row.name,
            expires_at=row.ProofLink.expires_at,
            revoked_at=row.ProofLink.revoked_at,
            reads=row.ProofLink.reads,
            last_read_at=row.ProofLink.last_read_at,
            is_open=row.is_open,
        )
        for row in db.session.execute(stmt)
    ]


def _hash(secret: str) -> str:
    # 192 random bits: nothing to guess, so a plain hash keeps them as well as a slow one would.
    return hashlib.sha256(secret.encode()).hexdigest()


def _note(actor: Actor, action: str, task: Task, *, link_id: int | None, now: datetime) -> None:
    detail = {"link_id": link_id}
    audit.record(actor.id, action=action, subject=("task", task.id), store_id=task.store_id, detail=detail, now=now)
