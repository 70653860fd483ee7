"""Who may see which conversations and texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, true

from app.core.db import db
from app.core.errors import NotFound
from app.customers.access import visible_customers, visible_to
from app.customers.models import Customer
from app.messaging.models import Conversation, Message
from app.messaging.turns import HOLDS_FOR
from app.people.access import Actor, Role, in_own_stores, may_lead_store
from app.people.models import Staff, StaffStore
from app.tasks.access import Eyes


def visible_conversations(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """An associate sees the threads of the customers he may see, and those that were given to him; who leads a store
    also numbers nobody knows.
    """
    return stmt.where(_conversation_is_visible(actor, now))


def _conversation_is_visible(actor: Actor, now: datetime) -> ColumnElement[bool]:
    if actor.sees_all_stores:
        return true()
    if actor.is_supervisor:
        return or_(in_own_stores(Conversation.store_id, actor), Conversation.phone.is_not(None))
    known = Conversation.customer_id.in_(visible_customers(select(Customer.id), actor, now))
    return or_(known, _was_given(actor.staff_id or 0, now))


def _was_given(me: Any, now: Any) -> ColumnElement[bool]:
    """Whose turn it is must be able to read and answer; the file itself stays closed."""
    is_alive = or_(Conversation.waiting_since.is_not(None), Conversation.last_at > now - HOLDS_FOR)
    return and_(Conversation.assignee_id == me, is_alive)


def visible_messages(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    if actor.sees_all_stores:
        return stmt
    if actor.is_supervisor:
        return stmt.where(in_own_stores(Message.store_id, actor))
    given = select(Conversation.customer_id).where(
        _was_given(actor.staff_id or 0, now), Conversation.customer_id.is_not(None)
    )
    return stmt.where(
        and_(
            Message.customer_id.is_not(None),
            or_(
                Message.customer_id.in_(visible_customers(select(Customer.id), actor, now)),
                Message.customer_id.in_(given),
            ),
        )
    )


def customer_of_talk(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    """The customer whose texts the actor may read and answer at this moment, else NotFound."""
    row = first_of_talk(select(Customer).where(Customer.id == customer_id), actor=actor, now=now)
    if row is None:
        raise NotFound
    found: Customer = row.Customer
    return found


def first_of_talk(stmt: Select[Any], *, actor: Actor, now: datetime) -> Row[Any] | None:
    """The row of a select over Customer, if the actor may read and answer that customer's texts at this moment."""
    row = db.session.execute(visible_customers(stmt, actor, now)).first()
    if row is None and actor.is_associate:
        given = select(Conversation.customer_id).where(_was_given(actor.staff_id or 0, now))
        row = db.session.execute(stmt.where(Customer.id.in_(given))).first()
    return row


def talks_of(stmt: Select[Any], eyes: Eyes) -> Select[Any]:
    """A select over Customer that is built once per role, narrowed as first_of_talk() does it first."""
    return visible_to(stmt, eyes.role, me=eyes.me, stores=eyes.stores, now=eyes.now, closed_before=eyes.closed_before)


def talks_given_to(stmt: Select[Any], eyes: Eyes) -> Select[Any]:
    """The same for what an associate may answer only because it was given to him."""
    return stmt.where(Customer.id.in_(select(Conversation.customer_id).where(_was_given(eyes.me, eyes.now))))


def is_my_turn(actor: Actor) -> ColumnElement[bool]:
    """What waits for this person's answer: given to him, or given to nobody and his store's.

    A stranger's text, and that of a store without a supervisor, is head office's.
    """
    waits = Conversation.waiting_since.is_not(None)
    is_nobodys = Conversation.assignee_id.is_(None)
    mine = Conversation.assignee_id == (actor.staff_id or 0)
    if actor.is_supervisor:
        return and_(waits, or_(mine, and_(is_nobodys, in_own_stores(Conversation.store_id, actor))))
    if actor.sees_all_stores:
        has_lead = select(StaffStore.staff_id).join(Staff, Staff.id == StaffStore.staff_id)
        has_lead = has_lead.where(
            StaffStore.store_id == Conversation.store_id, Staff.is_active, Staff.role == Role.SUPERVISOR.value
        )
        return and_(waits, or_(mine, and_(is_nobodys, ~has_lead.exists())))
    return and_(waits, mine)


def may_change_templates(actor: Actor) -> bool:
    return actor.role in (Role.HEAD_OFFICE, Role.SYSTEM)


def may_pass_on(conversation: Conversation, actor: Actor) -> bool:
    """Who leads the store gives conversations to others; a stranger's, without a store, anybody who leads one may."""
    if conversation.store_id is None:
        return actor.sees_all_stores or actor.is_supervisor
    return may_lead_store(actor, conversation.store_id)
