"""Texts that a person writes to a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from app.core.audit import record
from app.core.db import db
from app.core.errors import NotFound
from app.customers import consent, contacts
from app.customers.access import audit_name
from app.customers.models import Customer
from app.customers.values import ContactKind
from app.messaging import access, box, conversations, outbound, visits
from app.messaging.errors import ContactBudgetSpent, NoPhone, TextTooLong, WantsNoMessages
from app.messaging.kinds import Kind
from app.messaging.models import Message
from app.messaging.outbound import Draft, Recipient
from app.people.access import Actor
from app.people.models import Store

LONGEST_TEXT = 670
"""Ten segments of Chinese; longer belongs into a call."""


@dataclass(frozen=True)
class Situation:
    """All that decides about a text by hand, from one statement: people write all day."""

    customer: Customer
    recipient: Recipient
    wants_none: bool
    goes_on: bool
    answers_inbound_id: int | None


def write_by_hand(customer_id: int, text: str, *, actor: Actor, now: datetime, form_key: str = "") -> Message:
    """Write to a customer. Raises NotFound, NoPhone, WantsNoMessages, ContactBudgetSpent, TextTooLong.

    Quiet hours hold the text unless it answers what the customer wrote in the last ten minutes. The same words from the
    same form (`form_key`) again are the text that was written then.
    """
    found = _situation(customer_id, actor=actor, now=now)
    customer, recipient = found.customer, found.recipient
    if found.wants_none:
        raise WantsNoMessages
    said = text.replace("\x00", "").strip()
    body = said if said.startswith("【") else box.prefix_for(recipient) + said
    if not said or len(body) > LONGEST_TEXT:
        raise TextTooLong
    key = _key(customer_id, body, actor, form_key)
    if not found.goes_on:
        _book_contact(customer, key, recipient, now=now)
    draft = Draft(
        kind=Kind.STAFF,
        dedupe_key=key,
        body=body,
        sender_id=actor.staff_id,
        answers_inbound_id=found.answers_inbound_id,
        is_proactive=not found.goes_on,
    )
    written = outbound.write_row(recipient, draft, now=now)
    if written is None:
        return db.session.scalars(select(Message).where(Message.dedupe_key == key)).one()
    conversations.note_staff_text(customer, at=now, writer_id=actor.staff_id)
    record(
        audit_name(actor),
        action="message.write",
        subject=("customer", customer.id),
        store_id=customer.store_id,
        detail={"message_id": str(written.id)},
        now=now,
    )
    return written


def _key(customer_id: int, body: str, actor: Actor, form_key: str) -> str:
    """Other words from a form that was kept open are another text: nothing a person writes may be lost."""
    if not form_key:
        return f"staff:{uuid4()}"
    words = f"{actor.staff_id}:{form_key}:{customer_id}:{body}"
    return f"staff:{sha256(words.encode()).hexdigest()[:32]}"


def _situation(customer_id: int, *, actor: Actor, now: datetime) -> Situation:
    stmt = (
        select(
            Customer,
            Store,
            consent.is_stopped(Customer.phone).label("wants_none"),
            box.is_going_on(now).label("goes_on"),
            visits.fresh_inbound(Customer.id, now=now).label("answers_inbound_id"),
        )
        .join(Store, Store.id == Customer.store_id)
        .where(Customer.id == customer_id)
    )
    row = access.first_of_talk(cast(Select[Any], stmt), actor=actor, now=now)
    if row is None:
        raise NotFound
    if not row.Customer.phone:
        raise NoPhone
    return Situation(
        customer=row.Customer,
        recipient=outbound.recipient_from(row.Customer, row.Store),
        wants_none=row.wants_none,
        goes_on=row.goes_on,
        answers_inbound_id=row.answers_inbound_id,
    )


def _book_contact(customer: Customer, key: str, recipient: Recipient, *, now: datetime) -> None:
    day = now.astimezone(ZoneInfo(recipient.shop_zone)).date()
    booked = contacts.reserve(customer.id, kind=ContactKind.PERSONAL, day=day, origin_key=key, now=now)
    if isinstance(booked, contacts.Refused):
        raise ContactBudgetSpent(booked.next_free_day)
