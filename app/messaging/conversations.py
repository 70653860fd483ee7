"""One thread per customer: what is unread, what waits for a person, what is paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.live import announce
from app.customers.models import Customer
from app.messaging.models import Attention, Conversation, Inbound


def note_inbound(
    inbound: Inbound, *, needs_person: bool, attention: Attention | None = None, pauses: bool = False
) -> None:
    """Put a received text into its thread. What the service has handled itself is shown, but not unread."""
    customer = db.session.get(Customer, inbound.customer_id) if inbound.customer_id else None
    at = inbound.received_at
    if customer is not None:
        _adopt_number(customer)
    row = insert(Conversation).values(
        customer_id=customer.id if customer else None,
        phone=None if customer else inbound.from_phone,
        store_id=customer.store_id if customer else None,
        unread=1 if needs_person else 0,
        attention=attention.value if attention else None,
        waiting_since=at if needs_person else None,
        paused_at=at if pauses else None,
        last_at=at,
        last_inbound_at=at,
    )
    conflict = (
        {"index_elements": [Conversation.customer_id]}
        if customer
        else {"index_elements": [Conversation.phone], "index_where": Conversation.phone.is_not(None)}
    )
    changes = {
        "store_id": row.excluded.store_id,
        "last_at": func.greatest(Conversation.last_at, row.excluded.last_at),
        "last_inbound_at": func.greatest(Conversation.last_inbound_at, row.excluded.last_inbound_at),
        "unread": Conversation.unread + row.excluded.unread,
        "attention": func.coalesce(row.excluded.attention, Conversation.attention),
        "waiting_since": func.coalesce(Conversation.waiting_since, row.excluded.waiting_since),
        "paused_at": func.coalesce(Conversation.paused_at, row.excluded.paused_at),
    }
    db.session.execute(row.on_conflict_do_update(set_=changes, **conflict))
    _announce(customer)


def note_staff_text(customer: Customer, *, at: datetime) -> None:
    """A person has written: nobody waits any longer, and the customer has been spoken to about a pause."""
    row = insert(Conversation).values(customer_id=customer.id, store_id=customer.store_id, last_at=at)
    changes = {
        "last_at": at,
        "unread": 0,
        "waiting_since": None,
        "attention": None,
        "paused_at": None,
        "store_id": customer.store_id,
    }
    db.session.execute(row.on_conflict_do_update(index_elements=[Conversation.customer_id], set_=changes))
    _announce(customer)


def mark_read(conversation: Conversation, *, reader_id: int | None, now: datetime) -> None:
    """Seen by somebody; it goes on waiting for an answer until one is written."""
    conversation.unread = 0
    conversation.read_at = now
    conversation.read_by_id = reader_id
    db.session.flush()
    _announce(db.session.get(Customer, conversation.customer_id) if conversation.customer_id else None)


def settle(conversation: Conversation) -> None:
    """Nothing is left to answer here; a pause ends too."""
    conversation.unread = 0
    conversation.waiting_since = None
    conversation.attention = None
    conversation.paused_at = None
    db.session.flush()
    _announce(db.session.get(Customer, conversation.customer_id) if conversation.customer_id else None)


def _adopt_number(customer: Customer) -> None:
    """A number whose owner was unknown belongs to this customer now: its texts join the thread."""
    stranger = db.session.scalar(select(Conversation).where(Conversation.phone == customer.phone))
    if stranger is None:
        return
    db.session.execute(
        update(Inbound)
        .where(Inbound.from_phone == customer.phone, Inbound.customer_id.is_(None))
        .values(customer_id=customer.id)
    )
    known = db.session.scalar(select(Conversation.id).where(Conversation.customer_id == customer.id))
    if known is None:
        stranger.customer_id, stranger.phone, stranger.store_id = customer.id, None, customer.store_id
    else:
        db.session.delete(stranger)
    db.session.flush()


def announce_phone(phone: str) -> None:
    customer = db.session.scalar(select(Customer).where(Customer.phone == phone))
    if customer is not None:
        _announce(customer)


def _announce(customer: Customer | None) -> None:
    if customer is None:
        announce("conversations:unknown")
        return
    announce(f"conversations:{customer.store_id}")
    if customer.owner_id is not None:
        announce(f"staff:{customer.owner_id}")


def lock_thread(customer_id: int) -> None:
    """One answer of a customer is understood at a time, so that two texts can't answer one question."""
    db.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('thread:' || :customer_id, 0))"),
        {"customer_id": customer_id},
    )
