"""The box in which a person writes to a customer: open or closed and why, when the text would go, what lies at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, or_, select

from app.core.db import db
from app.customers import consent, contacts, numbers
from app.customers.models import Customer
from app.messaging import outbound, policy, quick_answers, visits
from app.messaging.errors import NoPhone, WantsNoMessages
from app.messaging.kinds import Kind, rule_of
from app.messaging.models import Conversation, Inbound, Reach
from app.messaging.outbound import Recipient
from app.messaging.quick_answers import Filled
from app.people.access import Actor
from app.tasks.models import Task

STILL_TALKING = timedelta(hours=72)
"""A text within this of the customer's own, or of a task's end, goes on with what is going on: it is no new contact."""


@dataclass(frozen=True)
class Box:
    """`closed_reason`: why nothing may be written at all. `held_until`: a text written now would wait until then.

    `goes_until`: until then a text goes at once. `is_new_contact`: it takes a slot of the household's contact budget;
    `next_free_day` says when there is one, if not today. `number_fault`: what the carrier said against the number.
    `prefix` is put in front by the service.
    """

    closed_reason: str | None
    locale: str
    held_until: datetime | None = None
    held_reason: str | None = None
    goes_until: datetime | None = None
    is_new_contact: bool = False
    next_free_day: date | None = None
    number_fault: str | None = None
    prefix: str = ""
    price_per_segment: Decimal = Decimal(0)
    currency: str = ""
    answers: tuple[Filled, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.closed_reason is None and self.next_free_day is None


def box_for(customer: Customer, *, actor: Actor, now: datetime, locale: str | None = None) -> Box:
    """What the writer, who reads `locale`, should know before the text is written; the caller has checked who asks."""
    recipient = outbound.recipient_of(customer.id)
    if recipient is None:
        return Box(closed_reason=NoPhone.message, locale=customer.locale)
    shut = Box(closed_reason=None, locale=recipient.locale)
    if consent.is_opted_out(recipient.phone):
        return replace(shut, closed_reason=WantsNoMessages.message)
    is_new_contact = not goes_on(customer, now=now)
    verdict = _verdict(recipient, is_new_contact=is_new_contact, now=now)
    if isinstance(verdict, policy.Suppress | policy.Cancel | policy.Expire):
        return replace(shut, closed_reason=verdict.reason)
    answers_until = _answers_until(customer, now=now)
    held = isinstance(verdict, policy.Hold) and answers_until is None
    fault = numbers.fault_of(recipient.phone)
    return Box(
        closed_reason=None,
        locale=recipient.locale,
        held_until=verdict.until if held else None,
        held_reason=verdict.reason if held and isinstance(verdict, policy.Hold) else None,
        goes_until=None if held else answers_until if isinstance(verdict, policy.Hold) else verdict.until,
        is_new_contact=is_new_contact,
        next_free_day=_next_free_day(customer, recipient, now=now) if is_new_contact else None,
        number_fault=fault.reason if fault else None,
        prefix=prefix_for(recipient),
        price_per_segment=recipient.country.price_per_segment,
        currency=recipient.country.currency,
        answers=tuple(quick_answers.filled_for(recipient, writer=actor.name, locale=locale or actor.locale, now=now)),
    )


def goes_on(customer: Customer, *, now: datetime) -> bool:
    """Is something going on with the customer, so that a text is no contact unasked?"""
    return bool(db.session.scalar(select(is_going_on(now)).where(Customer.id == customer.id)))


def is_going_on(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The same as a condition for a select over Customer."""
    since = now - STILL_TALKING
    talked = exists().where(Conversation.customer_id == Customer.id, Conversation.last_inbound_at > since)
    alive = or_(Task.ended_at.is_(None), Task.ended_at > since)
    return or_(talked, exists().where(Task.customer_id == Customer.id, alive))


def prefix_for(recipient: Recipient) -> str:
    """Where carriers want a signature in front, a text by hand carries it too."""
    return f"【{recipient.shop}】" if recipient.reach is Reach.ONE_WAY and recipient.locale != "en" else ""


def _verdict(recipient: Recipient, *, is_new_contact: bool, now: datetime) -> policy.Verdict:
    """What policy says about a text written at this moment that answers nothing just received."""
    rule = rule_of(Kind.STAFF)
    return policy.decide(
        policy.Facts(
            rule=rule,
            country=recipient.country,
            zone=recipient.zone,
            expires_at=now + timedelta(hours=rule.useful_hours),
            is_proactive=is_new_contact,
        ),
        now,
    )


def _answers_until(customer: Customer, *, now: datetime) -> datetime | None:
    """Up to then a text directly answers what the customer has just written, and may go at any hour."""
    answered = visits.fresh_inbound_of(customer.id, now=now)
    received_at = db.session.scalar(select(Inbound.received_at).where(Inbound.id == answered))
    return received_at + policy.DIRECT_ANSWER if received_at is not None else None


def _next_free_day(customer: Customer, recipient: Recipient, *, now: datetime) -> date | None:
    """None while the household may be contacted today."""
    day = contacts.budget(customer.household_id, now=now).next_free_day
    return day if day > now.astimezone(ZoneInfo(recipient.shop_zone)).date() else None
