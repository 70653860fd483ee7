"""Who may see which conversations and texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from app.customers.access import visible_customers
from app.customers.models import Customer
from app.messaging.models import Conversation, Message
from app.people.access import Actor, Role, in_own_stores


def visible_conversations(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """An associate sees the threads of the customers he may see; who leads a store also numbers nobody knows."""
    return stmt.where(_conversation_is_visible(actor, now))


def _conversation_is_visible(actor: Actor, now: datetime) -> ColumnElement[bool]:
    if actor.sees_all_stores:
        return true()
    if actor.is_supervisor:
        return or_(in_own_stores(Conversation.store_id, actor), Conversation.customer_id.is_(None))
    return Conversation.customer_id.in_(visible_customers(select(Customer.id), actor, now))


def visible_messages(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    if actor.sees_all_stores:
        return stmt
    if actor.is_supervisor:
        return stmt.where(in_own_stores(Message.store_id, actor))
    return stmt.where(
        and_(
            Message.customer_id.is_not(None),
            Message.customer_id.in_(visible_customers(select(Customer.id), actor, now)),
        )
    )


def may_change_templates(actor: Actor) -> bool:
    return actor.role in (Role.HEAD_OFFICE, Role.SYSTEM)
