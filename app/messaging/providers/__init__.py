"""The one door to carriers: a provider sends one text and says what became of it, never how its own API says so.

**A further carrier is one file.** Put it into this folder (or anywhere Python finds it), let it define `CARRIER`, and
name it in `SMS_CARRIER` ("pigeon" for `providers/pigeon.py`, or a whole module name); what it needs to know comes as
`SMS_CARRIER_OPTIONS` ("key=...,sender=..."). The file holds:

- a class with `name`, `sender`, `send`, `find`, `fetch` and `received` (Provider below). `send` is called from many
  threads and answers with one of the six outcomes; in doubt with Unknown, which is looked up, never sent again blindly;
- a table from its codes to Meaning, in `meaning_of`;
- for its webhooks, which come to `/sms/<name>/status` and `/sms/<name>/inbound`: `is_genuine`, and how `News` and
  `Heard` are read from a call. Statuses use the words of `ranks.py` (queued, sent, delivered, undelivered, failed).

Rows, leases, retries, callbacks in any order, reconciling and the pages need no change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from app.core.i18n import N_

if TYPE_CHECKING:
    from app.settings import Settings


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
    """Surely not processed; may be tried again, not before `after_seconds` when that is told.

    `is_full`: the sender has too much waiting already, so only what is urgent is tried meanwhile.
    """

    after_seconds: float | None = None
    code: int | None = None
    http_status: int | None = None
    is_full: bool = False


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


class Act(StrEnum):
    """What a carrier's code asks of us."""

    AGAIN = "again"
    """Surely not sent: back off and try the same row again; reported later, send a new row after the wait."""
    FULL = "full"
    """As AGAIN, and until the wait is over only what is urgent is tried."""
    UNCLEAR = "unclear"
    """It may have arrived: find out, never send again by itself."""
    ACCOUNT = "account"
    """Nothing of this sender will pass until somebody mends it: stop, say so, keep the rows."""
    DESTINATION = "destination"
    """This country or route is closed to our sender: the text ends, head office is told, other texts go on."""
    NUMBER = "number"
    """The number can't receive SMS at all."""
    OPTED_OUT = "opted_out"
    """The customer refused, and only the carrier knew."""
    REFUSED = "refused"
    """This text will not pass; sending it again would not help."""
    FAULT = "fault"
    """A mistake of ours: the text ends, head office is told."""


@dataclass(frozen=True)
class Meaning:
    """A code in our words. `wait_seconds` before the next try; `resends`: how many new rows a reported failure is
    worth; `next_day`: a daily limit is spent, so the wait is for tomorrow morning at the recipient's."""

    act: Act
    reason: str
    wait_seconds: float = 0.0
    resends: int = 0
    next_day: bool = False

    @property
    def tells_office(self) -> bool:
        return self.act in (Act.ACCOUNT, Act.DESTINATION, Act.FAULT)


NUMBER_IS_BAD = N_("the number can't receive SMS")
REFUSED = N_("the carrier refused the text")
ACCOUNT_FAILURE = N_("the SMS account needs attention")

NO_REASON = N_("the carrier gave no reason")

SILENT = Meaning(Act.REFUSED, NO_REASON)
"""A failure without any code."""
UNMAPPED = Meaning(Act.REFUSED, REFUSED)
"""A code nobody has told us about: the text ends visibly, and nothing is tried again."""


@dataclass(frozen=True)
class Found:
    """A message as the provider remembers it, for deciding what became of an unknown one."""

    sid: str
    status: str
    body: str
    created_at: datetime | None
    error_code: int | None = None
    sender: str | None = None


@dataclass(frozen=True)
class Heard:
    """A customer's text as the carrier tells or remembers it."""

    sid: str
    from_phone: str
    to_phone: str
    body: str
    at: datetime | None = None
    opt_out_type: str | None = None
    media_count: int = 0
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """What a carrier reports of a text that we sent; `message_id` is ours, from the address it called."""

    sid: str
    status: str
    to_phone: str
    error_code: int = 0
    message_id: UUID | None = None


class LookupFailed(Exception):
    """The provider could not be asked just now."""


class Provider(Protocol):
    name: str
    sender: str
    """The number or pool that texts leave from; its pace and its queue are counted by this name."""

    def send(self, message: Outgoing) -> Outcome:
        """Send one text. Never raises for what the provider or the network does; called from many threads."""

    def find(self, *, to: str) -> Sequence[Found]:
        """The newest messages to this number; raises LookupFailed."""

    def fetch(self, sid: str) -> Found | None:
        """One message by its id, None when the provider knows none; raises LookupFailed."""

    def received(self, *, since: datetime) -> Sequence[Heard]:
        """What customers wrote to us since then, as the provider remembers it; raises LookupFailed."""


@dataclass(frozen=True)
class Call:
    """A webhook as it came. `url` is the public address that the carrier called, with its query."""

    url: str
    query: Mapping[str, str]
    form: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes

    def field(self, name: str) -> str:
        values = self.form.get(name) or ("",)
        return values[0]


def _nothing(_call: Call) -> None:
    return None


def _no(_call: Call) -> bool:
    return False


@dataclass(frozen=True)
class Carrier:
    """All that one carrier's file brings."""

    name: str
    make: Callable[[Settings], Provider]
    meaning_of: Callable[[int], Meaning] = lambda _code: UNMAPPED
    is_genuine: Callable[[Call], bool] = _no
    news_in: Callable[[Call], News | None] = _nothing
    text_in: Callable[[Call], Heard | None] = _nothing
    status_path: str = ""
    # What a carrier wants behind the callback address; it is never sent to us.
    status_fragment: str = ""

    def callback_url(self, public_url: str, message_id: UUID | str) -> str:
        """Our id travels in the signed address, so one callback binds the carrier's id to the row, whatever died."""
        path = self.status_path or f"/sms/{self.name}/status"
        return f"{public_url}{path}?mid={message_id}{self.status_fragment}"


def load(name: str) -> Carrier:
    """The carrier of the file of this name here, or of any module named in full."""
    module = import_module(name if "." in name else f"{__name__}.{name}")
    found: Carrier = module.CARRIER
    return found
