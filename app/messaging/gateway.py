"""Which carrier this process talks to: the one of the settings, else Twilio with credentials, else the sandbox."""

from __future__ import annotations

from functools import lru_cache

from app.core import config
from app.messaging.providers import SILENT, UNMAPPED, Carrier, Meaning, Provider, load
from app.messaging.providers import sandbox as sandbox_carrier
from app.messaging.providers import twilio as twilio_carrier
from app.settings import Settings

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
