"""The sandbox phone: without credentials each text appears on a page, and the page can answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.messaging.providers import Carrier, Found, Heard, Outgoing, Sent

SANDBOX_ACCOUNT = "sandbox"


class SandboxProvider:
    name = "sandbox"
    sender = "sandbox"

    def send(self, message: Outgoing) -> Sent:
        # The id is derived, so sending the same row again would show as the duplicate it is.
        return Sent(sid="SB" + message.message_id.replace("-", ""), status="delivered", is_delivered=True)

    def find(self, *, to: str) -> Sequence[Found]:
        """The sandbox never leaves a send unknown, so there is nothing to look for."""
        del to
        return ()

    def fetch(self, sid: str) -> Found | None:
        del sid
        return None

    def received(self, *, since: datetime) -> Sequence[Heard]:
        """Its answers are written straight into our tables."""
        del since
        return ()


CARRIER = Carrier(name="sandbox", make=lambda _settings: SandboxProvider())
