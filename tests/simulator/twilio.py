"""Twilio over real HTTP: its shapes, its magic numbers, and its bad days on demand."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import uuid4

import requests
from twilio.request_validator import RequestValidator

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "12345"
SERVICE_SID = "MG" + "5" * 32
FROM_NUMBER = "+15005550006"

MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The route to this number is not possible."),
    "+15005550003": (21408, "Permission to send an SMS to this region is not enabled."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient."),
    "+15005550009": (21614, "'To' number is not a valid mobile number."),
}
MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number."),
    "+15005550007": (21606, "The 'From' number cannot send SMS."),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages."),
}
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START_WORDS = {"START", "YES", "UNSTOP"}


@dataclass(frozen=True)
class Scenario:
    """What happens to one create: `accepts`: Twilio remembers the message; the rest is what the client sees."""

    accepts: bool = True
    status: int = 201
    code: int | None = None
    delay_seconds: float = 0.0
    resets: bool = False
    retry_after: str | None = None
    not_json: bool = False


OK = Scenario()
TOO_MANY = Scenario(accepts=False, status=429, code=20429)
SERVER_ERROR = Scenario(accepts=False, status=500, code=20500)
SERVER_ERROR_AFTER_ACCEPTING = Scenario(accepts=True, status=500, code=20500)
ACCEPT_THEN_RESET = Scenario(accepts=True, resets=True)
RESET_BEFORE_ACCEPTING = Scenario(accepts=False, resets=True)
UNAUTHORIZED = Scenario(accepts=False, status=401, code=20003)
BAD_GATEWAY_PAGE = Scenario(accepts=False, status=502, not_json=True)


def slow(seconds: float) -> Scenario:
    return Scenario(delay_seconds=seconds)


def refusal(code: int) -> Scenario:
    return Scenario(accepts=False, status=400, code=code)


@dataclass
class SimulatedMessage:
    sid: str
    to: str
    body: str
    sender: str
    callback: str
    validity_seconds: int | None
    created_at: datetime
    status: str = "queued"
    error_code: int | None = None


@dataclass
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    form: dict[str, str]
    authorization: str
    arrived_at: float = field(default_factory=time.time)


Post = Callable[[str, dict[str, str], dict[str, str]], int]
"""Delivers a webhook: (url, form, headers) -> HTTP status."""


class TwilioSimulator:
    """Start it, point the SDK's base address at `url`, script the next answers, send callbacks and texts."""

    def __init__(self, *, account_sid: str = ACCOUNT_SID, auth_token: str = AUTH_TOKEN, port: int = 0) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.latency_seconds = 0.0
        self.messages: list[SimulatedMessage] = []
        self.requests: list[Recorded] = []
        self.blocked: set[str] = set()
        self.receipts: tuple[str, ...] = ()
        self.on_message: Callable[[SimulatedMessage], None] = lambda message: None
        self._script: deque[Scenario] = deque()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.simulator = self
        self._thread = threading.Thread(target=self._server.serve_forever, name="twilio-simulator", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> TwilioSimulator:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> TwilioSimulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reset(self) -> None:
        with self._lock:
            self.messages.clear()
            self.requests.clear()
            self.blocked.clear()
            self._script.clear()
        self.receipts = ()
        self.latency_seconds = 0.0

    def script(self, *scenarios: Scenario) -> None:
        """The next creates meet these scenarios, in turn; afterwards all is well again."""
        with self._lock:
            self._script.extend(scenarios)

    def bodies_to(self, number: str) -> list[str]:
        return [message.body for message in self.messages if message.to == number]

    # Webhooks that Twilio sends to us

    def sign(self, url: str, form: dict[str, str], *, token: str | None = None) -> str:
        return str(RequestValidator(token or self.auth_token).compute_signature(url, form))

    def callback_form(self, message: SimulatedMessage, status: str, error_code: int | None = None) -> dict[str, str]:
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": self.account_sid,
            "From": FROM_NUMBER,
            "To": message.to,
            "ApiVersion": "2010-04-01",
        }
        if error_code:
            form["ErrorCode"] = str(error_code)
        if status in ("delivered", "undelivered"):
            form["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
        return form

    def report(
        self,
        message: SimulatedMessage,
        statuses: Iterable[str],
        *,
        post: Post | None = None,
        token: str | None = None,
        times: int = 1,
        error_code: int | None = None,
    ) -> list[int]:
        """Send status callbacks in the order given, each `times` times; returns the answers' HTTP statuses."""
        answers = []
        for status in statuses:
            message.status = status
            form = self.callback_form(message, status, error_code if status in ("undelivered", "failed") else None)
            for _ in range(times):
                answers.append(self.post(message.callback, form, post=post, token=token))
        return answers

    def text_in(
        self, *, to_url: str, sender: str, body: str, post: Post | None = None, token: str | None = None,
        sid: str | None = None, opt_out_type: str | None = None,
    ) -> int:  # fmt: skip
        """A customer's text arrives; the carrier's own words block or unblock the number first, as they do."""
        word = body.strip().upper()
        if word in STOP_WORDS:
            self.blocked.add(sender)
        if word in START_WORDS:
            self.blocked.discard(sender)
        sid = sid or "SM" + uuid4().hex
        form = {
            "ToCountry": "US",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "MessageSid": sid,
            "NumMedia": "0",
            "SmsStatus": "received",
            "Body": body,
            "NumSegments": "1",
            "AccountSid": self.account_sid,
            "From": sender,
            "To": FROM_NUMBER,
            "ApiVersion": "2010-04-01",
        }
        if opt_out_type:
            form["OptOutType"] = opt_out_type
        return self.post(to_url, form, post=post, token=token)

    def post(self, url: str, form: dict[str, str], *, post: Post | None = None, token: str | None = None) -> int:
        # The fragment tells Twilio how to retry; it is neither signed nor sent.
        url = url.split("#")[0]
        headers = {
            "X-Twilio-Signature": self.sign(url, form, token=token),
            "I-Twilio-Idempotency-Token": str(uuid4()),
            "User-Agent": "TwilioProxy/1.1",
        }
        return (post or post_over_http)(url, form, headers)

    # The API that we call

    def answer_create(self, form: dict[str, str]) -> tuple[Scenario, dict[str, Any]]:
        """Decide, remember, and say what to answer."""
        with self._lock:
            scripted = self._script.popleft() if self._script else OK
        refused = self._refusal(form)
        if scripted is OK and refused:
            code, text = refused
            return refusal(code), _error(400, code, text)
        message = SimulatedMessage(
            sid="SM" + uuid4().hex,
            to=form.get("To", ""),
            body=form.get("Body", ""),
            sender=form.get("MessagingServiceSid") or form.get("From", ""),
            callback=form.get("StatusCallback", ""),
            validity_seconds=int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None,
            created_at=datetime.now(UTC),
            status="accepted" if "MessagingServiceSid" in form else "queued",
        )
        if scripted.accepts:
            with self._lock:
                self.messages.append(message)
            self.on_message(message)
            if self.receipts and message.callback:
                threading.Thread(target=self.report, args=(message, self.receipts), daemon=True).start()
        if scripted.status >= 400:
            return scripted, _error(scripted.status, scripted.code or scripted.status, "simulated failure")
        return scripted, self.view(message)

    def _refusal(self, form: dict[str, str]) -> tuple[int, str] | None:
        if not form.get("To"):
            return 21604, "A 'To' phone number is required."
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return 21603, "A 'From' phone number is required."
        if not form.get("Body"):
            return 21602, "Message body is required."
        if len(form["Body"]) > 1600:
            return 21617, "The concatenated message body exceeds the 1600 character limit."
        if form["To"] in self.blocked:
            return MAGIC_TO["+15005550004"]
        return MAGIC_TO.get(form["To"]) or MAGIC_FROM.get(form.get("From", ""))

    def view(self, message: SimulatedMessage) -> dict[str, Any]:
        with_service = message.sender.startswith("MG")
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}"
        moment = format_datetime(message.created_at)
        return {
            "sid": message.sid,
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": message.body,
            "status": message.status,
            "to": message.to,
            "from": None if with_service else message.sender,
            "messaging_service_sid": message.sender if with_service else None,
            "num_segments": "0" if with_service else "1",
            "num_media": "0",
            "direction": "outbound-api",
            "error_code": message.error_code,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "date_created": moment,
            "date_updated": moment,
            "date_sent": None,
            "uri": f"{path}.json",
            "subresource_uris": {"media": f"{path}/Media.json"},
        }

    def page(self, *, to: str | None, size: int) -> dict[str, Any]:
        with self._lock:
            found = [message for message in reversed(self.messages) if to in (None, message.to)][:size]
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json?PageSize={size}&Page=0"
        return {
            "messages": [self.view(message) for message in found],
            "first_page_uri": path,
            "next_page_uri": None,
            "previous_page_uri": None,
            "uri": path,
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": max(len(found) - 1, 0),
        }

    def message(self, sid: str) -> SimulatedMessage | None:
        return next((message for message in self.messages if message.sid == sid), None)


def post_over_http(url: str, form: dict[str, str], headers: dict[str, str]) -> int:
    return requests.post(url, data=form, headers=headers, timeout=15).status_code


def _error(status: int, code: int, text: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": text,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    simulator: TwilioSimulator


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_: object) -> None:
        """Quiet: tests look at what was recorded."""

    def do_POST(self) -> None:
        form = dict(parse_qsl(self._body(), keep_blank_values=True))
        simulator, parts = self.server.simulator, self._parts(form)
        if not self._is_known_client():
            self._send(401, _error(401, 20003, "Authenticate"))
        elif parts == ["Messages.json"]:
            if "application/x-www-form-urlencoded" not in self.headers.get("Content-Type", ""):
                self._send(415, _error(415, 20415, "Unsupported media type"))
                return
            scenario, answer = simulator.answer_create(form)
            time.sleep(simulator.latency_seconds + scenario.delay_seconds)
            if scenario.resets:
                self._reset()
            elif scenario.not_json:
                self._send_text(scenario.status, "<html>Bad gateway</html>")
            else:
                self._send(scenario.status, answer, retry_after=scenario.retry_after)
        else:
            self._send(404, _error(404, 20404, "The requested resource was not found"))

    def do_GET(self) -> None:
        parts = self._parts({})
        simulator = self.server.simulator
        if not self._is_known_client():
            self._send(401, _error(401, 20003, "Authenticate"))
        elif parts == ["Messages.json"]:
            query = parse_qs(urlsplit(self.path).query)
            to = query.get("To", [None])[0]
            self._send(200, simulator.page(to=to, size=int(query.get("PageSize", ["50"])[0])))
        elif len(parts) == 2 and parts[0] == "Messages":
            message = simulator.message(parts[1].removesuffix(".json"))
            if message is None:
                self._send(404, _error(404, 20404, "The requested resource was not found"))
            else:
                self._send(200, simulator.view(message))
        else:
            self._send(404, _error(404, 20404, "The requested resource was not found"))

    def _body(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def _parts(self, form: dict[str, str]) -> list[str]:
        path = urlsplit(self.path).path
        self.server.simulator.requests.append(Recorded(self.command, path, form, self.headers.get("Authorization", "")))
        prefix = f"/2010-04-01/Accounts/{self.server.simulator.account_sid}/"
        return path.removeprefix(prefix).split("/") if path.startswith(prefix) else []

    def _is_known_client(self) -> bool:
        simulator = self.server.simulator
        expected = base64.b64encode(f"{simulator.account_sid}:{simulator.auth_token}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _send(self, status: int, document: dict[str, Any], *, retry_after: str | None = None) -> None:
        self._write(status, json.dumps(document).encode(), "application/json", retry_after)

    def _send_text(self, status: int, text: str) -> None:
        self._write(status, text.encode(), "text/html", None)

    def _write(self, status: int, body: bytes, media_type: str, retry_after: str | None) -> None:
        """Headers and body in one segment: two would wait for each other (Nagle and delayed acknowledgement)."""
        lines = [
            f"HTTP/1.1 {status} X",
            f"Content-Type: {media_type}",
            f"Content-Length: {len(body)}",
            f"Twilio-Request-Id: RQ{uuid4().hex}",
        ]
        if retry_after:
            lines.append(f"Retry-After: {retry_after}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def _reset(self) -> None:
        """Linger 0: the client sees a reset connection, not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
