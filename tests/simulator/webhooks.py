"""Twilio calling us: signed, repeated as the address asks for it, and if told so late, twice, backwards or forged."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import requests
from twilio.request_validator import RequestValidator

from tests.simulator.shapes import SimulatedMessage, segments_of

Post = Callable[[str, dict[str, str], dict[str, str]], int]
"""Delivers a webhook: (url, form, headers) -> HTTP status."""

NO_ANSWER = 0
PATIENCE_SECONDS = 15


@dataclass
class Habits:
    """How receipts come. Shares are chances per receipt; a forged or stray one comes in addition to the true one."""

    order: str = "kept"  # or "reversed", "shuffled"
    after_seconds: float = 0.0
    apart_seconds: float = 0.2
    times: int = 1
    twice_share: float = 0.0
    late_share: float = 0.0
    late_seconds: float = 3600.0
    lost_share: float = 0.0
    forged_share: float = 0.0
    changed_share: float = 0.0
    stray_share: float = 0.0
    undelivered_share: float = 0.0
    error_code: int | None = None


@dataclass(frozen=True)
class Retries:
    """What the fragment of a webhook's address asks for: by default one repetition, and only when nobody answered."""

    count: int = 1
    on: frozenset[str] = frozenset({"ct"})

    @classmethod
    def asked_by(cls, url: str) -> Retries:
        asked = parse_qs(urlsplit(url).fragment)
        count = int(asked.get("rc", ["1"])[0])
        return cls(min(max(count, 0), 5), frozenset(",".join(asked.get("rp", ["ct"])).split(",")))

    def fit(self, answer: int) -> bool:
        if answer == NO_ANSWER:
            return bool(self.on & {"ct", "rt", "all"})
        if answer >= 500:
            return bool(self.on & {"5xx", "all"})
        return answer >= 400 and bool(self.on & {"4xx", "all"})


@dataclass
class Webhook:
    """One request to us."""

    url: str
    form: dict[str, str]
    headers: dict[str, str]
    retries: Retries

    def deliver(self, post: Post) -> int:
        try:
            return post(self.url, self.form, self.headers)
        except requests.RequestException:
            return NO_ANSWER


def webhook(url: str, form: dict[str, str], *, token: str) -> Webhook:
    # The fragment tells Twilio how to retry; it is neither signed nor sent.
    address = url.split("#")[0]
    headers = {
        "X-Twilio-Signature": sign(address, form, token=token),
        "I-Twilio-Idempotency-Token": str(uuid4()),
        "User-Agent": "TwilioProxy/1.1",
    }
    return Webhook(address, form, headers, Retries.asked_by(url))


def sign(url: str, form: dict[str, str], *, token: str) -> str:
    return str(RequestValidator(token).compute_signature(url, form))


def post_over_http(url: str, form: dict[str, str], headers: dict[str, str]) -> int:
    return requests.post(url, data=form, headers=headers, timeout=PATIENCE_SECONDS).status_code


def status_form(
    message: SimulatedMessage, status: str, *, account_sid: str, error_code: int | None = None
) -> dict[str, str]:
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "AccountSid": account_sid,
        "From": message.from_number,
        "To": message.to,
        "ApiVersion": "2010-04-01",
    }
    if message.is_by_service:
        form["MessagingServiceSid"] = message.sender
    if error_code:
        form["ErrorCode"] = str(error_code)
    if status in ("delivered", "undelivered"):
        form["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
    return form


def inbound_form(message: SimulatedMessage, *, account_sid: str, opt_out_type: str | None) -> dict[str, str]:
    form = {
        "ToCountry": "US",
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageSid": message.sid,
        "NumMedia": "0",
        "SmsStatus": "received",
        "Body": message.body,
        "NumSegments": str(segments_of(message.body)),
        "AccountSid": account_sid,
        "From": message.from_number,
        "To": message.to,
        "ApiVersion": "2010-04-01",
    }
    if message.is_by_service:
        form["MessagingServiceSid"] = message.sender
    if opt_out_type:
        form["OptOutType"] = opt_out_type
    return form


def in_order(statuses: tuple[str, ...], order: str, dice: random.Random) -> list[str]:
    played = list(statuses)
    if order == "reversed":
        played.reverse()
    elif order == "shuffled":
        dice.shuffle(played)
    return played
