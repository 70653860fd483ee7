"""Receiving a customer's text: keep it, tell the rest of the house, and stop at once if it says stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.outbox import publish
from app.customers import consent
from app.customers.models import Customer
from app.customers.values import ConsentSource
from app.events import InboundReceived
from app.messaging.intents import IntentKind, read
from app.messaging.models import Inbound
from app.people.access import Actor

MAX_BODY = 2000


@dataclass(frozen=True)
class Received:
    """A text as the carrier, or the sandbox phone, hands it over."""

    sid: str
    provider: str
    from_phone: str
    to_phone: str
    body: str
    opt_out_type: str | None = None
    media_count: int = 0
    raw: Mapping[str, str] = field(default_factory=dict)


def receive(received: Received, *, now: datetime) -> int | None:
    """Store one text in the caller's transaction; None if it came before.

    An opt-out takes effect with the same commit. Everything else is done by the handler of InboundReceived.
    """
    body = received.body.replace("\x00", "")[:MAX_BODY]
    customer_id = db.session.scalar(select(Customer.id).where(Customer.phone == received.from_phone))
    inbound_id: int | None = db.session.scalar(
        insert(Inbound)
        .values(
            sid=received.sid,
            provider=received.provider,
            from_phone=received.from_phone,
            to_phone=received.to_phone,
            body=body,
            opt_out_type=received.opt_out_type,
            media_count=received.media_count,
            customer_id=customer_id,
            raw={name: value.replace("\x00", "") for name, value in received.raw.items()},
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Inbound.sid])
        .returning(Inbound.id)
    )
    if inbound_id is None:
        return None
    if says_stop(body, received.opt_out_type):
        actor = Actor.customer(customer_id) if customer_id else Actor.system("sms")
        consent.opt_out(received.from_phone, source=ConsentSource.SMS, text=body, actor=actor, now=now)
    publish(InboundReceived(inbound_id=inbound_id, occurred_at=now))
    return inbound_id


def says_stop(body: str, opt_out_type: str | None) -> bool:
    intent = read(body)
    return opt_out_type == "STOP" or (intent.kind is IntentKind.OPT_OUT and not intent.doubtful)
