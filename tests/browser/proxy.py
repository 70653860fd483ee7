"""A network that can fail: a proxy between browser and server, with the faults that phones meet."""

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

PORTAL_PAGE = b"<html><body>Welcome to our hotel. Please accept the terms.</body></html>"
CHUNK = 65536
SLOW_CHUNK, SLOW_PAUSE_SECONDS = 16 * 1024, 0.1
LATENCY_SECONDS = 0.4


class Network(StrEnum):
    UP = "up"
    DOWN = "down"
    SLOW = "slow"
    """Late and thin: 160 kB a second each way, after a pause."""
    LOSES_ANSWERS = "loses_answers"
    """The server gets every request and acts on it; nobody ever hears of it."""
    PORTAL = "portal"
    """Somebody else answers in the server's place: a hotel's sign-in page."""


@dataclass(frozen=True)
class Request:
    line: str
    """As in "POST /api/v1/tasks/7/start"."""
    headers: dict[str, str]

    @property
    def size(self) -> int:
        return int(self.headers.get("content-length", 0))


@dataclass
class Instead:
    """An answer in the server's place, which never hears of the request."""

    pattern: re.Pattern[str]
    answer: bytes
    times: int
    when: Callable[[Request], bool]
    met: list[Request] = field(default_factory=list)

    def is_for(self, request: Request) -> bool:
        return len(self.met) < self.times and bool(self.pattern.fullmatch(request.line)) and self.when(request)


class FaultProxy:
    """`with FaultProxy(server_port) as proxy: proxy.become(Network.DOWN)`"""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.network = Network.UP
        self.passed: list[Request] = []
        """What reached the server, in order."""
        self._instead: list[Instead] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "FaultProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits there
        self._listener.close()
        self._cut()

    def become(self, network: Network) -> None:
        """Change the weather; connections that exist are cut, so that the change holds at once."""
        self.network = network
        self._cut()

    def refuse(
        self,
        pattern: str,
        status: int,
        code: str,
        *,
        times: int = 1,
        retry_after: int | None = None,
        when: Callable[[Request], bool] = lambda _request: True,
        **document: Any,
    ) -> Instead:
        """Answer as our server would: the next requests like "POST /api/v1/tasks/\\d+/start" get this problem."""
        body = json.dumps({"status": status, "code": code, "title": f"Refused: {code}", **document}).encode()
        headers = {"Content-Type": "application/problem+json", "X-Api": "1"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return self.answer(pattern, body, status=status, headers=headers, times=times, when=when)

    def answer(
        self,
        pattern: str,
        body: bytes,
        *,
        status: int = 200,
        headers: dict[str, str],
        times: int = 1,
        when: Callable[[Request], bool] = lambda _request: True,
    ) -> Instead:
        instead = Instead(re.compile(pattern), _http(status, body, headers), times, when)
        self._instead.append(instead)
        return instead

    def requests(self, pattern: str) -> list[Request]:
        """Those that the server got."""
        return [request for request in list(self.passed) if re.fullmatch(pattern, request.line)]

    def _cut(self) -> None:
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                if self._listener.fileno() < 0:
                    return
                continue  # only this one caller has gone
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.add(client)
        try:
            if self.network is not Network.DOWN:
                self._answer(client)
        except OSError:
            pass
        finally:
            self._close(client)

    def _answer(self, client: socket.socket) -> None:
        """One request per connection, so that each can be judged by itself."""
        head, rest = _read_head(client)
        if not head or self.network is Network.DOWN:
            return
        request = _request_of(head)
        if self.network is Network.PORTAL:
            _read_body(client, request, rest)
            client.sendall(_http(200, PORTAL_PAGE, {"Content-Type": "text/html"}))
            return
        with self._lock:
            instead = next((one for one in self._instead if one.is_for(request)), None)
            if instead:
                instead.met.append(request)
        if instead:
            _read_body(client, request, rest)
            client.sendall(instead.answer)
            return
        self._bridge(client, request, _closing(head) + rest)

    def _bridge(self, client: socket.socket, request: Request, begun: bytes) -> None:
        if self.network is Network.SLOW:
            time.sleep(LATENCY_SECONDS)
        server = socket.create_connection(("127.0.0.1", self.server_port), timeout=10)
        server.settimeout(None)
        with self._lock:
            # Cut in between: what has not left yet never will.
            if is_cut := client not in self._open:
                server.close()
            else:
                self._open.add(server)
                # Before it is sent: who sees what the server made of it must find it here.
                self.passed.append(request)
        if is_cut:
            return
        server.sendall(begun)
        threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
        if self.network is Network.LOSES_ANSWERS:
            with contextlib.suppress(OSError):
                server.recv(CHUNK)
        else:
            self._copy(server, client)
        self._close(client, server)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(SLOW_CHUNK if self.network is Network.SLOW else CHUNK):
                if self.network is Network.SLOW:
                    time.sleep(SLOW_PAUSE_SECONDS)
                target.sendall(data)
            # Half closed: whoever has said all may still be answered.
            target.shutdown(socket.SHUT_WR)

    def _close(self, *connections: socket.socket) -> None:
        with self._lock:
            self._open -= set(connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(CHUNK)
        if not more:
            return b"", b""
        data += more
    head, _end, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _read_body(client: socket.socket, request: Request, begun: bytes) -> None:
    """A browser that is still sending takes an early answer for a broken connection."""
    missing = request.size - len(begun)
    while missing > 0 and (data := client.recv(CHUNK)):
        missing -= len(data)


def _request_of(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Request(f"{method} {path}", {name.strip().lower(): value.strip() for name, _colon, value in pairs})


def _closing(head: bytes) -> bytes:
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n"


def _http(status: int, body: bytes, headers: dict[str, str]) -> bytes:
    told = {**headers, "Connection": "close", "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {status} {'OK' if status < 400 else 'Refused'}", *(f"{name}: {told[name]}" for name in told)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
