"""What goes out, as those who lead see it: what waits and until when, what did not go and why, what needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.core.audit import record
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.live import announce
from app.core.paging import Page, page_of
from app.core.phone import mask
from app.customers import consent
from app.customers.access import audit_name
from app.customers.models import Customer
from app.messaging import access, outbound, queries, resend
from app.messaging.countries import country_for
from app.messaging.errors import NotTriedAgain, OnItsWay, TooLateToTry, TriedAgain, WantsNoMessages
from app.messaging.kinds import rule_of
from app.messaging.models import IN_FLIGHT, WAITING, Message, State
from app.people.access import Actor
from app.people.models import Staff, Store

CANCELLED_BY_HAND = N_("taken back by a colleague")
FAILED_LATELY = timedelta(days=7)


class Group(StrEnum):
    """The lists of the page. Each row stands in exactly one of them, besides ALL."""

    ATTENTION = "attention"
    HELD = "held"
    WAITING = "waiting"
    UNDER_WAY = "under_way"
    FAILED = "failed"
    STOPPED = "stopped"
    ARRIVED = "arrived"
    ALL = "all"


STATES: Mapping[Group, tuple[State, ...]] = {
    Group.ATTENTION: (State.NEEDS_ATTENTION,),
    Group.HELD: (State.PENDING,),
    Group.WAITING: WAITING,
    Group.UNDER_WAY: (*IN_FLIGHT, State.SUBMITTED, State.SENT),
    Group.FAILED: (State.FAILED, State.UNDELIVERED, State.NEEDS_ATTENTION),
    Group.STOPPED: (State.SUPPRESSED, State.EXPIRED, State.CANCELED),
    Group.ARRIVED: (State.DELIVERED,),
}
Colleague = aliased(Staff)
MAY_BE_TRIED_AGAIN = (State.NEEDS_ATTENTION, State.FAILED, State.UNDELIVERED)


@dataclass(frozen=True)
class Listed:
    """One text with what a person can do about it. `due_at`: when it goes, or went, or ended. `colleague`: the
    associate whom it tells of work; all other texts are to customers."""

    id: UUID
    kind: str
    status: str
    reason: str | None
    customer_id: int | None
    name: str | None
    phone_masked: str
    store_id: int
    store: str
    zone: str
    task_id: int | None
    author: str | None
    colleague: str | None
    text: str
    segments: int
    price: Decimal
    currency: str
    created_at: datetime
    due_at: datetime
    held_until: datetime | None
    expires_at: datetime
    may_have_come_twice: bool
    handled_by: str | None
    can_cancel: bool
    can_try_again: bool
    can_leave: bool


@dataclass(frozen=True)
class Wanted:
    """Which texts to list."""

    group: Group = Group.ALL
    store_id: int | None = None
    kind: str | None = None
    customer_id: int | None = None
    search: str = ""


def page_of_texts(wanted: Wanted, *, actor: Actor, now: datetime, cursor: str | None, limit: int | None) -> Page:
    """`Listed` rows: what waits in the order in which it goes, what has ended newest first."""
    stmt = access.visible_messages(_listed().where(*_in_group(wanted.group)), actor, now)
    if wanted.store_id is not None:
        stmt = stmt.where(Message.store_id == wanted.store_id)
    if wanted.kind is not None:
        stmt = stmt.where(Message.kind == wanted.kind)
    if wanted.customer_id is not None:
        stmt = stmt.where(Message.customer_id == wanted.customer_id)
    if wanted.search:
        named = (name.contains(wanted.search, autoescape=True) for name in (Customer.name, Colleague.name))
        stmt = stmt.where(or_(*named))
    page = page_of(stmt, keys=_order(wanted.group), cursor=cursor, limit=limit)
    return Page(rows=[_as_listed(row, now=now) for row in page.rows], next_cursor=page.next_cursor)


def counts(*, actor: Actor, now: datetime, store_id: int | None = None) -> dict[Group, int]:
    """How many texts stand in the lists that somebody should look at; of failures those of the last week."""
    found: dict[Group, int] = {}
    for group in (Group.ATTENTION, Group.HELD, Group.WAITING, Group.FAILED):
        stmt = select(func.count()).select_from(Message).where(*_in_group(group))
        if group is Group.FAILED:
            stmt = stmt.where(Message.ended_at > now - FAILED_LATELY)
        if store_id is not None:
            stmt = stmt.where(Message.store_id == store_id)
        found[group] = int(db.session.scalar(access.visible_messages(stmt, actor, now)) or 0)
    return found


def _in_group(group: Group) -> list[ColumnElement[bool]]:
    if group is Group.ALL:
        return []
    # Written out, not bound: a partial index serves only states that the planner can read.
    states: Any = bindparam(
        f"{group}_states", [one.value for one in STATES[group]], expanding=True, literal_execute=True
    )
    where: list[ColumnElement[bool]] = [Message.state.in_(states)]
    if group is Group.HELD:
        where.append(Message.held_reason.is_not(None))
    elif group is Group.WAITING:
        where.append(Message.held_reason.is_(None))
    elif group is Group.ATTENTION:
        where.append(Message.handled_at.is_(None))
    elif group is Group.FAILED:
        where.append((Message.state != State.NEEDS_ATTENTION.value) | Message.handled_at.is_not(None))
    if group in (Group.ATTENTION, Group.FAILED, Group.STOPPED):
        where.append(Message.ended_at.is_not(None))
    return where


def _order(group: Group) -> list[Any]:
    if group in (Group.HELD, Group.WAITING):
        return [Message.not_before, Message.id]
    if group in (Group.ATTENTION, Group.FAILED, Group.STOPPED):
        return [Message.ended_at.desc(), Message.id.desc()]
    return [Message.id.desc()]


def _listed() -> Any:
    author, handler, child = aliased(Staff), aliased(Staff), aliased(Message)
    return (
        select(
            Message,
            Customer.name.label("customer_name"),
            Store.name.label("store_name"),
            Store.zone.label("store_zone"),
            author.name.label("author"),
            handler.name.label("handler"),
            Colleague.name.label("colleague"),
            exists(select(child.id).where(child.parent_id == Message.id)).label("is_repeated"),
        )
        .join(Store, Store.id == Message.store_id)
        .outerjoin(Customer, Customer.id == Message.customer_id)
        .outerjoin(author, author.id == Message.sender_id)
        .outerjoin(handler, handler.id == Message.handled_by_id)
        .outerjoin(Colleague, Colleague.id == Message.to_staff_id)
    )


def _as_listed(row: Any, *, now: datetime) -> Listed:
    text: Message = row[0]
    country = country_for(text.to_phone)
    waits = text.state in WAITING
    return Listed(
        id=text.id,
        kind=text.kind,
        status=queries.status_of(text.state, text.held_until),
        reason=text.end_reason or text.held_reason,
        customer_id=text.customer_id,
        name=row.customer_name,
        phone_masked=mask(text.to_phone),
        store_id=text.store_id,
        store=row.store_name,
        zone=row.store_zone,
        task_id=text.task_id,
        author=row.author,
        colleague=row.colleague,
        text=text.body,
        segments=text.segments,
        price=country.price_per_segment * text.segments,
        currency=country.currency,
        created_at=text.created_at,
        due_at=text.not_before if waits else text.ended_at or text.submitted_at or text.created_at,
        held_until=text.held_until if text.state == State.PENDING else None,
        expires_at=text.expires_at,
        may_have_come_twice=text.possible_duplicate,
        handled_by=row.handler,
        can_cancel=waits,
        can_try_again=text.state in MAY_BE_TRIED_AGAIN and not row.is_repeated and text.expires_at > now,
        can_leave=text.state == State.NEEDS_ATTENTION and text.handled_at is None,
    )


# What a person may do


def cancel(message_id: UUID, *, actor: Actor, now: datetime) -> Message:
    """Take a waiting text back. Raises NotFound, OnItsWay."""
    text = _locked(message_id, actor=actor, now=now)
    if not outbound.cancel_waiting(Message.id == text.id, reason=CANCELLED_BY_HAND, now=now):
        raise OnItsWay
    _note("message.cancel", text, actor=actor, now=now)
    return text


def try_again(message_id: UUID, *, actor: Actor, now: datetime) -> Message:
    """Send a text again that did not arrive, or of which nobody knows, as a new row; policy looks at it anew.

    Raises NotFound, NotTriedAgain, TriedAgain, TooLateToTry, WantsNoMessages.
    """
    text = _locked(message_id, actor=actor, now=now)
    if text.state not in MAY_BE_TRIED_AGAIN:
        raise NotTriedAgain
    if consent.is_opted_out(text.to_phone, rule_of(text.kind).scope):
        raise WantsNoMessages
    if text.expires_at <= now:
        raise TooLateToTry
    if db.session.scalar(select(Message.id).where(Message.parent_id == text.id).limit(1)):
        raise TriedAgain
    child = resend.repeat(
        text,
        dedupe_key=f"{outbound.contact_key(text.dedupe_key)}{outbound.RESEND}hand:{text.id}",
        not_before=now,
        now=now,
        possible_duplicate=text.possible_duplicate or text.state == State.NEEDS_ATTENTION,
    )
    if child is None:
        raise TriedAgain
    _handle(text, actor=actor, now=now)
    _note("message.try_again", text, actor=actor, now=now, detail={"new_id": str(child)})
    return db.session.execute(select(Message).where(Message.id == child)).scalar_one()


def leave(message_id: UUID, *, actor: Actor, now: datetime) -> Message:
    """Somebody has looked at a text of which nobody knows whether it arrived, and leaves it so."""
    text = _locked(message_id, actor=actor, now=now)
    if text.state != State.NEEDS_ATTENTION:
        raise NotTriedAgain
    if text.handled_at is None:
        _handle(text, actor=actor, now=now)
        _note("message.leave", text, actor=actor, now=now)
    return text


def _locked(message_id: UUID, *, actor: Actor, now: datetime) -> Message:
    stmt = access.visible_messages(select(Message).where(Message.id == message_id), actor, now)
    found: Message | None = db.session.scalar(
        stmt.with_for_update(of=Message).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _handle(text: Message, *, actor: Actor, now: datetime) -> None:
    text.handled_at, text.handled_by_id = now, actor.staff_id
    db.session.flush()


def _note(action: str, text: Message, *, actor: Actor, now: datetime, detail: Mapping[str, Any] | None = None) -> None:
    record(
        audit_name(actor),
        action=action,
        subject=("message", text.id),
        store_id=text.store_id,
        detail=detail,
        now=now,
    )
    announce(f"conversations:{text.store_id}")
