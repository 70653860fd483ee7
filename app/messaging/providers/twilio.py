"""Twilio: the only file that knows its SDK. What its codes mean stands in twilio_codes.py."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3 import exceptions as network

from app.messaging.providers import (
    Act,
    Carrier,
    ConfigFailure,
    Found,
    Heard,
    LookupFailed,
    OptedOut,
    Outcome,
    Outgoing,
    Permanent,
    Retry,
    Sent,
    Unknown,
)
from app.messaging.providers.calls import Caller
from app.messaging.providers.twilio_codes import meaning_of
from app.settings import Settings, TwilioSettings

__all__ = ["CARRIER", "RequestValidator", "TwilioProvider", "outcome_of_error"]

ADDRESS = "https://api.twilio.com"
SENT_RECENTLY = 50

HEARD_AT_MOST = 5000
LARGEST_PAGE = 1000


class _Client(HttpClient):
    """The SDK's requests go our way, and Retry-After is kept (the SDK drops the headers)."""

    def __init__(self, address: str, *, timeout: float, threads: int) -> None:
        super().__init__(None, False, timeout)
        self._caller = Caller(address, timeout=timeout, threads=threads)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  the SDK asks for none of its own
        allow_redirects: bool = False,  # noqa: ARG002  nor for this
    ) -> Response:
        answer = self._caller.call(method, uri, params=params, data=data, headers=headers, auth=auth)
        if answer.status == 429:
            after = answer.headers.get("Retry-After")
            raise _Slower(float(after) if after and after.isdigit() else None, _code_in(answer.text))
        return Response(answer.status, answer.text, answer.headers)


class _Slower(Exception):
    def __init__(self, after_seconds: float | None, code: int | None) -> None:
        super().__init__("too many requests")
        self.after_seconds = after_seconds
        self.code = code


NO_ANSWER = (_Slower, TwilioException, network.HTTPError, ValueError, KeyError)


class TwilioProvider:
    name = "twilio"

    def __init__(self, settings: TwilioSettings, *, timeout_seconds: float, threads: int) -> None:
        self._settings = settings
        address = settings.api_base_url.rstrip("/") or ADDRESS
        self._client = Client(
            settings.account_sid,
            settings.auth_token,
            http_client=_Client(address, timeout=timeout_seconds, threads=threads),
        )
        self._client.api.base_url = address
        self.sender = settings.messaging_service_sid or settings.from_number

    def send(self, message: Outgoing) -> Outcome:
        sender = (
            {"messaging_service_sid": self._settings.messaging_service_sid}
            if self._settings.messaging_service_sid
            else {"from_": self._settings.from_number}
        )
        try:
            created = self._client.messages.create(
                to=message.to,
                body=message.body,
                status_callback=message.callback_url,
                validity_period=message.validity_seconds,
                **sender,
            )
        except _Slower as slower:
            return Retry(after_seconds=slower.after_seconds, code=slower.code or 20429, http_status=429)
        except TwilioServiceException as error:
            return outcome_of_error(status=error.status, code=error.code)
        except TwilioRestException as error:
            return outcome_of_error(status=error.status, code=error.code)
        except network.HTTPError as error:
            return outcome_of_network(error)
        except (TwilioException, ValueError, TypeError, KeyError) as error:
            # An answer that the SDK can't read: the request has arrived, so it may have been obeyed.
            return Unknown(why=type(error).__name__)
        if not created.sid:
            return Unknown(why="no sid in the answer")
        return Sent(sid=created.sid, status=str(created.status or "queued"))

    def find(self, *, to: str) -> Sequence[Found]:
        # No date filter: it has day granularity and leaves out rows that are still queued.
        try:
            return [_found(row) for row in self._client.messages.list(to=to, limit=SENT_RECENTLY)]
        except NO_ANSWER as error:
            raise LookupFailed(type(error).__name__) from error

    def fetch(self, sid: str) -> Found | None:
        try:
            return _found(self._client.messages(sid).fetch())
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise LookupFailed(f"http {error.status}") from error
        except NO_ANSWER as error:
            raise LookupFailed(type(error).__name__) from error

    def received(self, *, since: datetime) -> Sequence[Heard]:
        # Dates have day granularity there. A pool of senders has many numbers, so those are told by direction alone.
        wanted: dict[str, Any] = {"date_sent_after": since, "limit": HEARD_AT_MOST, "page_size": LARGEST_PAGE}
        if not self._settings.messaging_service_sid:
            wanted["to"] = self._settings.from_number
        try:
            rows = self._client.messages.list(**wanted)
        except NO_ANSWER as error:
            raise LookupFailed(type(error).__name__) from error
        return [heard for row in rows if str(row.direction) == "inbound" and (heard := _heard(row)).sid]


def outcome_of_error(*, status: int, code: int | None) -> Outcome:
    """What an error answer means for the message."""
    number = int(code or status)
    if status >= 500:
        return Unknown(why="server error", code=number, http_status=status)
    if status == 429:
        return Retry(code=number, http_status=status)
    meaning = meaning_of(number)
    match meaning.act:
        case Act.AGAIN | Act.FULL:
            return Retry(code=number, http_status=status, is_full=meaning.act is Act.FULL)
        case Act.UNCLEAR:
            return Unknown(why="unclear answer", code=number, http_status=status)
        case Act.OPTED_OUT:
            return OptedOut(code=number, http_status=status)
        case Act.ACCOUNT:
            return ConfigFailure(code=number, http_status=status)
    if status in (401, 403, 404):
        return ConfigFailure(code=number, http_status=status)
    return Permanent(code=number, http_status=status, number_is_bad=meaning.act is Act.NUMBER)


def outcome_of_network(error: network.HTTPError) -> Outcome:
    """Only a connection that never stood is surely unprocessed; everything later is unknown."""
    if isinstance(error, network.NewConnectionError | network.ConnectTimeoutError):
        return Retry()
    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
        return ConfigFailure(code=0)
    if isinstance(error, network.LocationValueError):
        return ConfigFailure(code=0)
    return Unknown(why=type(error).__name__)


def _found(row: Any) -> Found:
    return Found(
        sid=row.sid,
        status=str(row.status),
        body=row.body or "",
        created_at=row.date_created,
        error_code=int(row.error_code) if row.error_code else None,
        sender=row.messaging_service_sid or row.from_,
    )


def _heard(row: Any) -> Heard:
    return Heard(
        sid=row.sid or "",
        from_phone=row.from_ or "",
        to_phone=row.to or "",
        body=row.body or "",
        at=row.date_sent or row.date_created,
        media_count=int(row.num_media or 0),
    )


def _code_in(text: str) -> int | None:
    try:
        return int(json.loads(text)["code"])
    except (ValueError, KeyError, TypeError):
        return None


def _make(settings: Settings) -> TwilioProvider:
    messaging = settings.messaging
    return TwilioProvider(settings.twilio, timeout_seconds=messaging.http_timeout_seconds, threads=messaging.threads)


# The fragment is Twilio's retry policy: by default it would drop a callback that we can't take.
CARRIER = Carrier(
    name="twilio",
    make=_make,
    meaning_of=meaning_of,
    status_path="/twilio/status",
    status_fragment="#rc=5&rp=all",
)
