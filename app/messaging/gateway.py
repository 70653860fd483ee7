"""Which provider this process talks to: Twilio with credentials, the sandbox phone without."""

from __future__ import annotations

from functools import lru_cache

from app.core import config
from app.messaging.providers import Provider
from app.messaging.providers.sandbox import SandboxProvider
from app.messaging.providers.twilio import TwilioProvider
from app.settings import MessagingSettings, TwilioSettings


def current() -> Provider:
    settings = config.settings()
    return _provider(settings.twilio, settings.messaging)


@lru_cache(maxsize=4)
def _provider(twilio: TwilioSettings, messaging: MessagingSettings) -> Provider:
    # Kept for the process: its connections stay open between drains.
    if twilio.is_configured:
        return TwilioProvider(twilio, timeout_seconds=messaging.http_timeout_seconds, threads=messaging.threads)
    return SandboxProvider()


def is_sandbox() -> bool:
    return not config.settings().twilio.is_configured
