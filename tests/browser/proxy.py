"""A network that can fail: a TCP proxy between browser and server, with the faults that phones meet."""

import contextlib
import socket
import threading
from enum import StrEnum

PORTAL_PAGE = b"<html><body>Welcome to our hotel. Please accept the terms.</body></html>"
PORTAL_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
    b"Content-Length: " + str(len(PORTAL_PAGE)).encode() + b"\r\n\r\n" + PORTAL_PAGE
)


class Network(StrEnum):
    UP = "up"
    DOWN = "down"
    LOSES_ANSWERS = "loses_answers"
    """The server gets every request and acts on it; nobody ever hears of it."""
    PORTAL = "portal"
    """Somebody else answers in the server's place: a hotel's sign-in page."""


class FaultProxy:
    """`with FaultProxy(server_port) as proxy: proxy.become(Network.DOWN)`"""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.network = Network.UP
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
        self._listener.close()
        self._cut()

    def become(self, network: Network) -> None:
        """Change the weather; connections that exist are cut, so that the change holds at once."""
        self.network = network
        self._cut()

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
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self.network is Network.DOWN:
            client.close()
        elif self.network is Network.PORTAL:
            with contextlib.suppress(OSError):
                client.recv(65536)
                client.sendall(PORTAL_ANSWER)
            client.close()
        else:
            self._bridge(client, loses_answers=self.network is Network.LOSES_ANSWERS)

    def _bridge(self, client: socket.socket, *, loses_answers: bool) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.server_port), timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self._open |= {client, server}
        threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
        if loses_answers:
            with contextlib.suppress(OSError):
                server.recv(65536)
            self._close(client, server)
        else:
            self._copy(server, client)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        self._close(source, target)

    def _close(self, *connections: socket.socket) -> None:
        with self._lock:
            self._open -= set(connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
