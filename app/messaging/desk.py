"""What people do with conversations besides writing: pass them on, say whose number it is, settle a doubtful no."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.core.audit import record
from app.core.db import db
from app.core.errors import Forbidden
from app.customers import consent
from app.customers import service as customers
from app.customers.access import audit_name
from app.customers.models import Customer
from app.customers.service import NewCustomer
from app.customers.values import ConsentSource
from app.messaging import access, conversations, outbound, queries, turns
from app.messaging.errors import NoPhone, NotAStranger, NothingWaits, NotToBeGiven
from app.messaging.models import Conversation, Inbound, TurnStep
from app.people import queries as people
from app.people.access import Actor, Role
from app.people.models import Staff

# Whose turn it is


def assign(conversation_id: int, assignee_id: int, *, actor: Actor, now: datetime) -> Conversation:
    """Give it to somebody of the customer's store; the next texts of this talk go there too."""
    found = _led(conversation_id, actor=actor, now=now)
    if not _can_be_given(found, assignee_id):
        raise NotToBeGiven
    _give(found, assignee_id, step=TurnStep.ASSIGNED, actor=actor, now=now)
    return found


def take(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    """Answer it oneself."""
    found = _led(conversation_id, actor=actor, now=now)
    if actor.staff_id is None:
        raise Forbidden
    _give(found, actor.staff_id, step=TurnStep.TAKEN, actor=actor, now=now)
    return found


def hand_back(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    """Back to the familiar face, or the cover; to the store when there is none."""
    found = _led(conversation_id, actor=actor, now=now)
    _require_waiting(found)
    turns.hand_back(found, actor_id=actor.staff_id, now=now)
    _record("conversation.hand_back", found, actor=actor, now=now)
    return found


def to_the_lead(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    """An associate asks whoever leads the store to answer."""
    found = locked(conversation_id, actor=actor, now=now)
    _require_waiting(found)
    turns.to_the_lead(found, step=TurnStep.HANDED_OVER, actor_id=actor.staff_id, now=now)
    _record("conversation.hand_over", found, actor=actor, now=now)
    return found


def may_be_given_to(conversation: Conversation) -> list[Staff]:
    """Who works in the store of the conversation; anybody may be given a stranger's, only who leads a colleague's."""
    stmt = select(Staff).where(Staff.is_active, Staff.role.in_([Role.ASSOCIATE.value, Role.SUPERVISOR.value]))
    if conversation.store_id is not None:
        stmt = stmt.where(people.works_in(conversation.store_id))
    if conversation.staff_id is not None:
        stmt = stmt.where(Staff.role == Role.SUPERVISOR.value)
    return list(db.session.scalars(stmt.order_by(Staff.role, Staff.name, Staff.id).limit(200)))


def _can_be_given(conversation: Conversation, assignee_id: int) -> bool:
    return any(person.id == assignee_id for person in may_be_given_to(conversation))


def _give(found: Conversation, assignee_id: int, *, step: TurnStep, actor: Actor, now: datetime) -> None:
    _require_waiting(found)
    turns.give(found, assignee_id, step=step, actor_id=actor.staff_id, now=now)
    _record(f"conversation.{step.value}", found, actor=actor, now=now, detail={"assignee_id": assignee_id})


# Whose number it is


def attach(conversation_id: int, customer_id: int, *, use_number: bool, actor: Actor, now: datetime) -> Conversation:
    """The stranger is this customer. A customer without a number gets this one; `use_number` replaces another one."""
    found = _stranger(conversation_id, actor=actor, now=now)
    customer = customers.get(customer_id, actor=actor, now=now)
    if customer.phone is None or use_number:
        customers.update(customer.id, {"phone": found.phone}, actor=actor, now=now, version=customer.version)
        db.session.refresh(customer)
    return _attach(found, customer, actor=actor, now=now)


def open_file(
    conversation_id: int, *, name: str, store_id: int, locale: str | None, actor: Actor, now: datetime
) -> Conversation:
    """The stranger is a new customer of this store."""
    found = _stranger(conversation_id, actor=actor, now=now)
    new = NewCustomer(name=name, store_id=store_id, phone=found.phone, locale=locale)
    return _attach(found, customers.create(new, actor=actor, now=now), actor=actor, now=now)


def _attach(found: Conversation, customer: Customer, *, actor: Actor, now: datetime) -> Conversation:
    joined = conversations.attach(found, customer, actor_id=actor.staff_id, now=now)
    _record("conversation.attach", joined, actor=actor, now=now, detail={"customer_id": customer.id})
    return joined


def _stranger(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    found = locked(conversation_id, actor=actor, now=now)
    if found.phone is None:
        raise NotAStranger
    return found


# A doubtful no


def opt_out(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    """A person has understood: this number gets no more texts. The customer's own words are kept with it."""
    found = locked(conversation_id, actor=actor, now=now)
    phone = _phone_of(found)
    said = _last_words(found)
    consent.opt_out(phone, source=ConsentSource.OFFICE, text=said, actor=actor, now=now)
    conversations.settle(found, actor_id=actor.staff_id, now=now, step=TurnStep.OPTED_OUT)
    _record("conversation.opt_out", found, actor=actor, now=now)
    return found


def may_go_on(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    """It was no opt-out: texts that waited for this decision go on."""
    found = locked(conversation_id, actor=actor, now=now)
    conversations.settle(found, actor_id=actor.staff_id, now=now, step=TurnStep.MAY_GO_ON)
    if found.customer_id is not None:
        outbound.release_paused(found.customer_id, now=now)
    _record("conversation.may_go_on", found, actor=actor, now=now)
    return found


def _phone_of(found: Conversation) -> str:
    phone = found.phone
    if found.customer_id is not None:
        phone = db.session.scalar(select(Customer.phone).where(Customer.id == found.customer_id))
    if phone is None:
        raise NoPhone
    return phone


def _last_words(found: Conversation) -> str:
    whose = (
        Inbound.customer_id == found.customer_id if found.customer_id is not None else Inbound.from_phone == found.phone
    )
    stmt = select(Inbound.body).where(whose).order_by(Inbound.received_at.desc(), Inbound.id.desc()).limit(1)
    return db.session.scalar(stmt) or ""


# Who may


def locked(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    """The conversation if the actor may see it, for a change: two people who pass it on meet here."""
    found = queries.conversation(conversation_id, actor=actor, now=now)
    db.session.refresh(found, with_for_update=True)
    return found


def _led(conversation_id: int, *, actor: Actor, now: datetime) -> Conversation:
    found = locked(conversation_id, actor=actor, now=now)
    if not access.may_pass_on(found, actor):
        raise Forbidden
    return found


def _require_waiting(found: Conversation) -> None:
    if found.waiting_since is None:
        raise NothingWaits


def _record(
    action: str, found: Conversation, *, actor: Actor, now: datetime, detail: dict[str, object] | None = None
) -> None:
    record(
        audit_name(actor),
        action=action,
        subject=("conversation", found.id),
        store_id=found.store_id,
        detail=detail,
        now=now,
    )
