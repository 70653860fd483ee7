"""Receiving a text: know whose it is, keep it, tell the rest of the house, and stop at once if it says stop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text

from app.core.db import db
from app.core.outbox import publish_values, ring
from app.customers import consent
from app.customers.values import ConsentSource
from app.events import InboundReceived
from app.messaging import colleagues
from app.messaging.stopping import scope_of_stop
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
    # Found in the carrier's list, long after it was written.
    sent_at: datetime | None = None
    is_recovered: bool = False


def receive(received: Received, *, now: datetime) -> int | None:
    """Store one text in the caller's transaction; None if it came before.

    An opt-out takes effect with the same commit. Everything else is done by the handler of InboundReceived.
    """
    at = min(received.sent_at or now, now)
    body = received.body.replace("\x00", "")[:MAX_BODY]
    stored = db.session.execute(
        STORE,
        {
            "sid": received.sid,
            "provider": received.provider,
            "from_phone": received.from_phone,
            "to_phone": received.to_phone,
            "body": body,
            "opt_out_type": received.opt_out_type,
            "media_count": received.media_count,
            "raw": json.dumps({name: value.replace("\x00", "") for name, value in received.raw.items()}),
            "received_at": at,
            "recovered_at": now if received.is_recovered else None,
            **publish_values(InboundReceived(inbound_id=0, occurred_at=now)),
        },
    ).first()
    if stored is None:
        return None
    ring()
    if stored.staff_id is not None:
        if colleagues.is_stop(body, received.opt_out_type):
            colleagues.stop(stored.staff_id, phone=received.from_phone, words=body, now=now)
        return int(stored.id)
    scope = scope_of_stop(body, received.opt_out_type, phone=received.from_phone)
    if scope is not None:
        actor = Actor.customer(stored.customer_id) if stored.customer_id else Actor.system("sms")
        consent.opt_out(
            received.from_phone, source=ConsentSource.SMS, text=body, actor=actor, now=now, scope=scope, said_at=at
        )
    return int(stored.id)


# One statement for the text, its writer and its fact, because the carrier waits for the answer and comes in bursts. The
# number of an associate is the associate's, whatever else it stands for.
STORE = text("""
    WITH colleague AS (
        SELECT id FROM staff WHERE phone = :from_phone AND is_active AND role = 'associate'
    ), stored AS (
        INSERT INTO inbound (sid, provider, from_phone, to_phone, body, opt_out_type, media_count, customer_id,
                             staff_id, raw, received_at, recovered_at)
        VALUES (:sid, :provider, :from_phone, :to_phone, :body, :opt_out_type, :media_count,
                (SELECT id FROM customer WHERE phone = :from_phone AND NOT EXISTS (SELECT FROM colleague)),
                (SELECT id FROM colleague), CAST(:raw AS jsonb), :received_at, CAST(:recovered_at AS timestamptz))
        ON CONFLICT (sid) DO NOTHING
        RETURNING id, customer_id, staff_id
    ), new_fact AS (
        INSERT INTO fact (event_id, name, occurred_at, payload)
        SELECT :event_id, :name, :occurred_at, jsonb_set(CAST(:payload AS jsonb), '{inbound_id}', to_jsonb(stored.id))
        FROM stored RETURNING id
    ), due AS (
        INSERT INTO delivery (fact_id, subscriber)
        SELECT new_fact.id, subscriber FROM new_fact, unnest(CAST(:subscribers AS text[])) AS subscriber
    )
    SELECT stored.id, stored.customer_id, stored.staff_id FROM stored
""")
