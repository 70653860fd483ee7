"""Texts that a person writes to a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, select, text

from app.core import audit
from app.core.db import Wording, db, run_plain, worded
from app.core.errors import NotFound
from app.core.outbox import ring
from app.customers import consent, contacts
from app.customers.access import audit_name
from app.customers.models import Customer
from app.customers.values import ContactKind
from app.messaging import access, box, conversations, outbound, visits
from app.messaging.errors import ContactBudgetSpent, NoPhone, TextTooLong, WantsNoMessages
from app.messaging.kinds import Kind
from app.messaging.models import Message, State
from app.messaging.outbound import Draft, Recipient
from app.people.access import Actor, Role
from app.people.models import Store
from app.tasks.access import eyes_of_role, values_for

LONGEST_TEXT = 670
"""Ten segments of Chinese; longer belongs into a call."""


@dataclass(frozen=True)
class Situation:
    """All that decides about a text by hand, from one statement: people write all day."""

    recipient: Recipient
    wants_none: bool
    goes_on: bool
    answers_inbound_id: int | None


def write_by_hand(customer_id: int, text: str, *, actor: Actor, now: datetime, form_key: str = "") -> Message:
    """Write to a customer; gives the row as it was written, outside of the session.

    Raises NotFound, NoPhone, WantsNoMessages, ContactBudgetSpent, TextTooLong. Quiet hours hold the text unless it
    answers what the customer wrote in the last ten minutes. The same words from the same form (`form_key`) again are
    the text that was written then.
    """
    found = _situation(customer_id, actor=actor, now=now)
    recipient = found.recipient
    if found.wants_none:
        raise WantsNoMessages
    said = text.replace("\x00", "").strip()
    body = said if said.startswith("【") else box.prefix_for(recipient) + said
    if not said or len(body) > LONGEST_TEXT:
        raise TextTooLong
    key = _key(customer_id, body, actor, form_key)
    if not found.goes_on:
        _book_contact(customer_id, key, recipient, now=now)
    draft = Draft(
        kind=Kind.STAFF,
        dedupe_key=key,
        body=body,
        sender_id=actor.staff_id,
        answers_inbound_id=found.answers_inbound_id,
        is_proactive=not found.goes_on,
    )
    return _write(recipient, draft, actor=actor, now=now)


# The text, its thread and the audit line.
_WRITE = text(f"""
    WITH written AS ({outbound.INSERT} RETURNING id, customer_id, store_id, sender_id, created_at),
    {conversations.STAFF_WROTE}, noted AS (
        INSERT INTO audit_entry (at, actor, action, subject_type, subject_id, store_id, request_id, detail)
        SELECT created_at, :actor, 'message.write', 'customer', customer_id::text, store_id, :request_id,
               jsonb_build_object('message_id', id)
        FROM written
    )
    SELECT written.id, thread.id AS thread_id, thread.assignee_id, waited OR was_unread IS TRUE AS was_unread
    FROM written CROSS JOIN thread
""")  # noqa: S608  (both parts are constants of ours)


def _write(recipient: Recipient, draft: Draft, *, actor: Actor, now: datetime) -> Message:
    columns = outbound.values_of(recipient, draft, now=now)
    names = {"actor": str(audit_name(actor)), "request_id": audit.request_id()}
    row = run_plain(_WRITE, {**columns, **names}).first()
    if row is None:
        return db.session.scalars(select(Message).where(Message.dedupe_key == draft.dedupe_key)).one()
    ring()
    conversations.after_staff_text(
        row.thread_id, store_id=recipient.store_id, assignee_id=row.assignee_id, was_unread=row.was_unread
    )
    return Message(id=row.id, state=State.PENDING.value, possible_duplicate=False, **columns)


def _key(customer_id: int, body: str, actor: Actor, form_key: str) -> str:
    """Other words from a form that was kept open are another text: nothing a person writes may be lost."""
    if not form_key:
        return f"staff:{uuid4()}"
    words = f"{actor.staff_id}:{form_key}:{customer_id}:{body}"
    return f"staff:{sha256(words.encode()).hexdigest()[:32]}"


def _situation(customer_id: int, *, actor: Actor, now: datetime) -> Situation:
    values = {"customer_id": customer_id, **values_for(actor, now)}
    row = run_plain(_seen(actor.role), values).first()
    if row is None and actor.is_associate:
        row = run_plain(_given(actor.role), values).first()
    if row is None:
        raise NotFound
    if not row.phone:
        raise NoPhone
    return Situation(
        recipient=outbound.recipient_of_row(row),
        wants_none=row.wants_none,
        goes_on=row.goes_on,
        answers_inbound_id=row.answers_inbound_id,
    )


# Built once per role and process: putting these together costs more than running them.


@lru_cache
def _seen(role: Role) -> Wording:
    return worded(access.talks_of(_situation_stmt(role), eyes_of_role(role)))


@lru_cache
def _given(role: Role) -> Wording:
    return worded(access.talks_given_to(_situation_stmt(role), eyes_of_role(role)))


def _situation_stmt(role: Role) -> Select[Any]:
    now = eyes_of_role(role).now
    stmt = select(
        *outbound.RECIPIENT,
        consent.is_stopped(Customer.phone).label("wants_none"),
        box.is_going_on(now).label("goes_on"),
        visits.fresh_inbound(Customer.id, now=now).label("answers_inbound_id"),
    )
    asked = stmt.join(Store, Store.id == Customer.store_id).where(Customer.id == bindparam("customer_id"))
    return cast(Select[Any], asked)


def _book_contact(customer_id: int, key: str, recipient: Recipient, *, now: datetime) -> None:
    day = now.astimezone(ZoneInfo(recipient.shop_zone)).date()
    booked = contacts.reserve(customer_id, kind=ContactKind.PERSONAL, day=day, origin_key=key, now=now)
    if isinstance(booked, contacts.Refused):
        raise ContactBudgetSpent(booked.next_free_day)
