"""The HTTP side: Twilio's paths for the SDK, `/_control/` and a page for people and tests."""

from __future__ import annotations

import base64
import json
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

from tests.simulator import control
from tests.simulator.shapes import LARGEST_PAGE, error_view

if TYPE_CHECKING:
    from tests.simulator.twilio import Recorded, TwilioSimulator

PAGE = Path(__file__).with_name("page.html")
CONTROL = "/_control/"
NOT_FOUND = error_view(404, 20404, "The requested resource was not found")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], simulator: TwilioSimulator) -> None:
        self.simulator = simulator
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_: object) -> None:
        """Quiet: tests look at what was recorded."""

    def do_POST(self) -> None:
        if self.path.startswith(CONTROL):
            self._control()
            return
        form = dict(parse_qsl(self._body(), keep_blank_values=True))
        parts = self._parts(form)
        if not self._is_known_client():
            self._send(401, error_view(401, 20003, "Authenticate"))
        elif "application/x-www-form-urlencoded" not in self.headers.get("Content-Type", ""):
            self._send(415, error_view(415, 20415, "Unsupported media type"))
        elif parts == ["Messages.json"]:
            self._create(form)
        elif (sid := _sid(parts)) is not None:
            status, answer = self.server.simulator.answer_update(sid, form)
            self._send(status, answer)
        else:
            self._send(404, NOT_FOUND)

    def do_GET(self) -> None:
        if self.path == "/":
            self._write(200, PAGE.read_bytes(), "text/html; charset=utf-8")
            return
        if self.path.startswith(CONTROL):
            self._control()
            return
        parts = self._parts({})
        simulator = self.server.simulator
        if not self._is_known_client():
            self._send(401, error_view(401, 20003, "Authenticate"))
        elif parts == ["Messages.json"]:
            query = dict(parse_qsl(urlsplit(self.path).query))
            if not 1 <= int(query.get("PageSize", "50")) <= LARGEST_PAGE:
                self._send(400, error_view(400, 20001, f"PageSize must lie between 1 and {LARGEST_PAGE}."))
            else:
                self._send(200, simulator.page(query))
        elif (sid := _sid(parts)) is not None and (message := simulator.message(sid)) is not None:
            self._send(200, simulator.view(message))
        else:
            self._send(404, NOT_FOUND)

    def do_DELETE(self) -> None:
        sid = _sid(self._parts({}))
        if not self._is_known_client():
            self._send(401, error_view(401, 20003, "Authenticate"))
        elif sid is not None and self.server.simulator.answer_delete(sid):
            self._write(204, b"", "application/json")
        else:
            self._send(404, NOT_FOUND)

    def _create(self, form: dict[str, str]) -> None:
        simulator = self.server.simulator
        scenario, answer = simulator.answer_create(form)
        simulator.hold(scenario)
        if scenario.resets:
            self._reset()
        elif scenario.not_json:
            self._write(scenario.status, b"<html>Bad gateway</html>", "text/html")
        else:
            self._send(scenario.status, answer, retry_after=scenario.retry_after)

    def _control(self) -> None:
        # A foreign page in the same browser can't send this type without asking us first, and we don't answer that.
        body = self._body()
        if self.command == "POST" and self.headers.get("Content-Type", "") != "application/json":
            self._send(415, {"error": "send application/json"})
            return
        try:
            order = self.path.removeprefix(CONTROL)
            self._send(200, control.answer(self.server.simulator, order, json.loads(body or "{}")))
        except control.Unknown as problem:
            self._send(404, {"error": str(problem)})
        except (LookupError, TypeError, ValueError) as problem:
            self._send(400, {"error": f"{type(problem).__name__}: {problem}"})

    def _body(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def _parts(self, form: dict[str, str]) -> list[str]:
        path = urlsplit(self.path).path
        self.server.simulator.requests.append(self._recorded(path, form))
        prefix = f"/2010-04-01/Accounts/{self.server.simulator.account_sid}/"
        return unquote(path).removeprefix(prefix).split("/") if path.startswith(prefix) else []

    def _recorded(self, path: str, form: dict[str, str]) -> Recorded:
        from tests.simulator.twilio import Recorded

        return Recorded(self.command, path, form, self.headers.get("Authorization", ""), time.time())

    def _is_known_client(self) -> bool:
        simulator = self.server.simulator
        expected = base64.b64encode(f"{simulator.account_sid}:{simulator.auth_token}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _send(self, status: int, document: dict[str, Any], *, retry_after: str | None = None) -> None:
        self._write(status, json.dumps(document).encode(), "application/json", retry_after)

    def _write(self, status: int, body: bytes, media_type: str, retry_after: str | None = None) -> None:
        """Headers and body in one segment: two would wait for each other (Nagle and delayed acknowledgement)."""
        lines = [
            f"HTTP/1.1 {status} X",
            f"Content-Type: {media_type}",
            f"Content-Length: {len(body)}",
            f"Twilio-Request-Id: RQ{uuid4().hex}",
        ]
        if retry_after:
            lines.append(f"Retry-After: {retry_after}")
        try:
            self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)
        except OSError:  # whoever asked has been killed meanwhile
            self.close_connection = True

    def _reset(self) -> None:
        """Linger 0: the client sees a reset connection, not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def _sid(parts: list[str]) -> str | None:
    return parts[1].removesuffix(".json") if len(parts) == 2 and parts[0] == "Messages" else None
