"""How a carrier is called: in one piece, never twice, through the proxy that the environment names."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3
from urllib3 import exceptions as network

from app.messaging.providers import ConfigFailure, Retry, Unknown
from app.messaging.providers.calls import Caller, _Connection, _SecureConnection, _ways_to
from app.messaging.providers.twilio import outcome_of_network

PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def asked() -> list[Any]:
    return []


@pytest.fixture
def address(asked) -> Iterator[str]:
    """A server that notes each request; it answers 201, or 429 to /slow."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((self.command, self.path, body.decode(), self.headers, self.client_address))
            is_slow = self.path.endswith("/slow")
            payload = '{"said": "好"}'.encode()
            self.send_response(429 if is_slow else 201)
            if is_slow:
                self.send_header("Retry-After", "17")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            pass

    for method in ("GET", "POST"):
        setattr(Handler, f"do_{method}", Handler.answer)
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def caller(address: str) -> Caller:
    return Caller(address, timeout=2, threads=2)


def failure_of(call: Callable[[], Any]) -> network.HTTPError:
    with pytest.raises(network.HTTPError) as caught:
        call()
    return caught.value


def test_the_form_its_credentials_and_the_answer_arrive_as_they_were_sent(address, asked):
    answer = caller(address).call(
        "POST", f"{address}/a", data={"Body": "您好 & 再見", "To": "+852"}, auth=("AC", "key")
    )
    assert (answer.status, answer.text) == (201, '{"said": "好"}')
    method, path, body, headers, _ = asked[0]
    assert (method, path) == ("POST", "/a")
    assert body == "Body=%E6%82%A8%E5%A5%BD+%26+%E5%86%8D%E8%A6%8B&To=%2B852"
    assert headers["Authorization"] == urllib3.make_headers(basic_auth="AC:key")["authorization"]


def test_a_question_carries_what_is_asked_for_in_its_address(address, asked):
    caller(address).call("GET", f"{address}/a", params={"To": "+852", "From": None, "Tag": ["x", "y"]})
    assert asked[0][1] == "/a?To=%2B852&Tag=x&Tag=y"


def test_a_connection_is_used_again(address, asked):
    client = caller(address)
    for _ in range(3):
        client.call("POST", f"{address}/a", data={"n": 1})
    assert len({one[4] for one in asked}) == 1


def test_an_answer_that_refuses_is_an_answer_with_its_headers(address):
    answer = caller(address).call("POST", f"{address}/slow", data={})
    assert (answer.status, answer.headers["Retry-After"]) == (429, "17")


@pytest.mark.parametrize("kind", [_Connection, _SecureConnection])
def test_head_and_body_go_out_in_one_piece(kind):
    class Wire:
        sent: list[bytes] = []

        def sendall(self, data: bytes) -> None:
            self.sent.append(data)

        def settimeout(self, _: Any) -> None:
            pass

    Wire.sent = []
    connection = kind("example.org")
    connection.sock = Wire()
    connection.request("POST", "/a", body="n=1", headers={})
    [whole] = Wire.sent
    assert whole.startswith(b"POST /a HTTP/1.1\r\n")
    assert whole.endswith(b"\r\n\r\nn=1")


def test_the_proxy_of_the_environment_is_asked(address, asked, monkeypatch):
    monkeypatch.setenv("http_proxy", address.replace("http://", "http://me:secret@"))
    caller("http://carrier.invalid").call("POST", "http://carrier.invalid/a", data={"n": 1})
    assert asked[0][1] == "http://carrier.invalid/a"
    known = urllib3.make_headers(proxy_basic_auth="me:secret")["proxy-authorization"]
    assert asked[0][3]["Proxy-Authorization"] == known


def test_who_needs_no_proxy_is_asked_directly(address, asked, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    caller(address).call("POST", f"{address}/a", data={"n": 1})
    assert asked[0][1] == "/a"


def test_an_authority_of_ones_own_is_trusted_when_the_environment_names_it(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "own.pem"))
    options = _ways_to("https://api.twilio.com", threads=1).connection_pool_kw
    assert (options["ca_certs"], options["cert_reqs"]) == (str(tmp_path / "own.pem"), "CERT_REQUIRED")


# What a failure says of the text


def test_nobody_there_means_surely_not_sent():
    error = failure_of(lambda: caller("http://127.0.0.1:9").call("POST", "http://127.0.0.1:9/a", data={}))
    assert outcome_of_network(error) == Retry()


def test_an_unknown_name_means_surely_not_sent():
    error = failure_of(lambda: caller("http://nobody.invalid").call("POST", "http://nobody.invalid/a", data={}))
    assert outcome_of_network(error) == Retry()


def test_silence_after_the_request_means_nobody_knows():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        where = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        client = Caller(where, timeout=0.2, threads=1)
        error = failure_of(lambda: client.call("POST", f"{where}/a", data={"n": 1}))
    assert outcome_of_network(error) == Unknown(why="ReadTimeoutError")


def test_a_connection_that_ends_before_the_answer_is_not_tried_again():
    heads: list[bytes] = []

    def hang_up(server: socket.socket) -> None:
        while len(heads) < 2:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                heads.append(connection.recv(65_536))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=hang_up, args=(server,))
        thread.start()
        where = f"http://127.0.0.1:{server.getsockname()[1]}"
        error = failure_of(lambda: caller(where).call("POST", f"{where}/a", data={"n": 1}))
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert isinstance(outcome_of_network(error), Unknown)
    assert len(heads) == 1


def test_a_certificate_that_nobody_vouches_for_is_a_failure_of_the_account():
    error = network.SSLError(ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))
    assert outcome_of_network(error) == ConfigFailure(code=0)


def test_an_address_that_is_none_is_a_failure_of_the_account():
    error = failure_of(lambda: caller("htp://carrier").call("POST", "htp://carrier/a", data={}))
    assert outcome_of_network(error) == ConfigFailure(code=0)
