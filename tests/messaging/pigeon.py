"""A second carrier, small and whole: what a file for a further one has to hold, and nothing else.

Its messages go into `LOFT` instead of over the network; its webhooks are signed with HMAC-SHA256 of the body.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from app.messaging.providers import (
    UNMAPPED,
    Act,
    Call,
    Carrier,
    Found,
    Heard,
    Meaning,
    News,
    Outcome,
    Outgoing,
    Permanent,
    Retry,
    Sent,
)
from app.settings import Settings

LOFT: list[tuple[Outgoing, str]] = []
"""What was handed over, with the id that the carrier gave it."""

KEY = "coo"
NO_ROOF, STORM = 7, 9
MEANINGS = {
    NO_ROOF: Meaning(Act.NUMBER, "nobody lives there"),
    STORM: Meaning(Act.AGAIN, "a storm", wait_seconds=600, resends=1),
}
STATUSES = {"flew": "sent", "landed": "delivered", "lost": "undelivered"}


class PigeonProvider:
    name = "pigeon"

    def __init__(self, *, sender: str) -> None:
        self.sender = sender

    def send(self, message: Outgoing) -> Outcome:
        if message.to.endswith("0000"):
            return Permanent(code=NO_ROOF, number_is_bad=True)
        if len(LOFT) >= 100:
            return Retry(after_seconds=60, is_full=True)
        ring = f"P{len(LOFT) + 1:04d}"
        LOFT.append((message, ring))
        return Sent(sid=ring)

    def find(self, *, to: str) -> Sequence[Found]:
        return [
            Found(sid=ring, status="sent", body=message.body, created_at=datetime.now(UTC))
            for message, ring in LOFT
            if message.to == to
        ]

    def fetch(self, sid: str) -> Found | None:
        return next((one for message, ring in LOFT if ring == sid for one in self.find(to=message.to)), None)

    def received(self, *, since: datetime) -> Sequence[Heard]:
        del since
        return ()


def sign(body: bytes) -> str:
    return hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()


def _is_genuine(call: Call) -> bool:
    return hmac.compare_digest(call.headers.get("X-Pigeon", ""), sign(call.body))


def _news_in(call: Call) -> News | None:
    status = STATUSES.get(call.field("what"))
    if status is None:
        return None
    return News(
        sid=call.field("ring"), status=status, to_phone=call.field("to"), error_code=int(call.field("code") or 0)
    )


def _text_in(call: Call) -> Heard:
    return Heard(
        sid=call.field("ring"), from_phone=call.field("from"), to_phone=call.field("to"), body=call.field("said")
    )


CARRIER = Carrier(
    name="pigeon",
    make=lambda settings: PigeonProvider(sender=_option(settings, "loft")),
    meaning_of=lambda code: MEANINGS.get(code, UNMAPPED),
    is_genuine=_is_genuine,
    news_in=_news_in,
    text_in=_text_in,
)


def _option(settings: Settings, name: str) -> str:
    return dict(settings.messaging.carrier_options)[name]
