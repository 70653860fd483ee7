"""Which carrier this process talks to: the one of the settings, else Twilio with credentials, else the sandbox."""

from __future__ import annotations

from functools import lru_cache

import structlog

from app.core import config
from app.messaging.providers import SILENT, UNMAPPED, Carrier, Meaning, Provider, load
from app.messaging.providers import sandbox as sandbox_carrier
from app.messaging.providers import twilio as twilio_carrier
from app.settings import Settings

log = structlog.get_logger()

BUILT_IN = {one.name: one for one in (sandbox_carrier.CARRIER, twilio_carrier.CARRIER)}


def current() -> Provider:
    return _provider(config.settings())


@lru_cache(maxsize=4)
def _provider(settings: Settings) -> Provider:
    # Kept for the process: its connections stay open between drains.
    return _chosen(settings).make(settings)


def carrier() -> Carrier:
    """The carrier that new texts go to."""
    return _chosen(config.settings())


def carrier_named(name: str) -> Carrier | None:
    """A carrier that rows may name: the chosen one, or one of ours that was used before."""
    chosen = carrier()
    return chosen if chosen.name == name else BUILT_IN.get(name)


def provider_named(name: str) -> Provider | None:
    """For asking about rows that went out through this carrier; None when it can't be reached by our settings now."""
    if carrier().name == name:
        return current()
    return _former(name, config.settings())


@lru_cache(maxsize=4)
def _former(name: str, settings: Settings) -> Provider | None:
    found = carrier_named(name)
    if found is None or (found is twilio_carrier.CARRIER and not settings.twilio.is_configured):
        # The SDK would take credentials that merely lie in the shell.
        return None
    try:
        return found.make(settings)
    except Exception as error:
        # Its credentials went with the change of carrier; what a carrier's file raises then is its own affair.
        log.warning("sms_former_carrier_not_built", provider=name, error=type(error).__name__)
        return None


def meaning_of(provider: str, code: int) -> Meaning:
    if not code:
        return SILENT
    found = carrier_named(provider)
    return found.meaning_of(code) if found else UNMAPPED


def is_sandbox() -> bool:
    return carrier().name == "sandbox"


def _chosen(settings: Settings) -> Carrier:
    if settings.messaging.carrier:
        return load(settings.messaging.carrier)
    return twilio_carrier.CARRIER if settings.twilio.is_configured else sandbox_carrier.CARRIER
