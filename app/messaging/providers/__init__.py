"""The one door to carriers: a provider sends one text and says what became of it, never how its own API says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Outgoing:
    """What a provider needs. `callback_url` carries our message id, so a callback finds its row whatever dies here."""

    message_id: str
    to: str
    body: str
    callback_url: str
    validity_seconds: int


@dataclass(frozen=True)
class Sent:
    """Accepted. `is_delivered`: the provider has shown it already (the sandbox phone)."""

    sid: str
    status: str = "queued"
    is_delivered: bool = False


@dataclass(frozen=True)
class Retry:
    """Surely not processed; may be tried again, not before `after_seconds` when that is told."""

    after_seconds: float | None = None
    code: int | None = None
    http_status: int | None = None


@dataclass(frozen=True)
class Unknown:
    """May have been processed: never send again blindly."""

    why: str
    code: int | None = None
    http_status: int | None = None


@dataclass(frozen=True)
class Permanent:
    """This text to this number will never go. `number_is_bad`: neither will any other."""

    code: int
    http_status: int | None = None
    number_is_bad: bool = False


@dataclass(frozen=True)
class OptedOut:
    """The carrier knows a refusal that we did not."""

    code: int
    http_status: int | None = None


@dataclass(frozen=True)
class ConfigFailure:
    """Nothing can be sent until somebody mends the account, its key or its sender."""

    code: int
    http_status: int | None = None


Outcome = Sent | Retry | Unknown | Permanent | OptedOut | ConfigFailure


@dataclass(frozen=True)
class Found:
    """A message as the provider remembers it, for deciding what became of an unknown one."""

    sid: str
    status: str
    body: str
    created_at: datetime | None
    error_code: int | None = None


class LookupFailed(Exception):
    """The provider could not be asked just now."""


class Provider(Protocol):
    name: str

    def send(self, message: Outgoing) -> Outcome:
        """Send one text. Never raises for what the provider or the network does; called from many threads."""

    def find(self, *, to: str) -> Sequence[Found]:
        """The newest messages to this number; raises LookupFailed."""

    def fetch(self, sid: str) -> Found | None:
        """One message by its id, None when the provider knows none; raises LookupFailed."""
