"""How a carrier is called: over urllib3 itself, with one pool of connections for all threads.

What most SDKs use, requests, takes more time for each text than all the rest of a call.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where an installation behind a proxy that opens TLS names its own authority, as for most programs in Python."""


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Mapping[str, str]


class Caller:
    """A real time limit, and nothing tried twice: what happened to a POST decides whether it may be repeated.

    Raises urllib3's own errors for what got no answer.
    """

    def __init__(self, address: str, *, timeout: float, threads: int) -> None:
        self._limit = urllib3.Timeout(connect=timeout, read=timeout)
        self._ways = _ways_to(address, threads=threads)
        # Where all but a few requests go; looked up for each, the way there costs as much as what it is asked for.
        self._address = address
        self._straight = None if self._ways.proxy else self._ways.connection_from_url(address)

    def call(
        self,
        method: str,
        uri: str,
        *,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if auth is not None:
            sent |= urllib3.make_headers(basic_auth=":".join(auth))
        target = f"{uri}?{_form(params)}" if params else uri
        way: urllib3.PoolManager | urllib3.HTTPConnectionPool = self._ways
        if self._straight is not None and target.startswith(f"{self._address}/"):
            way, target = self._straight, target[len(self._address) :]
        answer = way.urlopen(
            method,
            target,
            body=_form(data) if data else None,
            headers=sent,
            timeout=self._limit,
            retries=False,
            redirect=False,
        )
        return Answer(answer.status, answer.data.decode("utf-8", "replace"), answer.headers)


def _form(values: Mapping[str, object]) -> str:
    return urlencode({name: value for name, value in values.items() if value is not None}, doseq=True)


def _ways_to(address: str, *, threads: int) -> urllib3.PoolManager:
    """The way to this address as the environment tells it: through a proxy or not, trusting which authorities."""
    authorities = next((os.environ[name] for name in CA_VARIABLES if os.environ.get(name)), certifi.where())
    kept = "ca_cert_dir" if Path(authorities).is_dir() else "ca_certs"
    options: dict[str, Any] = {"num_pools": 2, "maxsize": threads, "cert_reqs": "CERT_REQUIRED", kept: authorities}
    proxy = _proxy_for(address)
    if proxy is None:
        pool = urllib3.PoolManager(**options)
    else:
        named = urlsplit(proxy)
        known = {}
        if named.username:
            word = f"{unquote(named.username)}:{unquote(named.password or '')}"
            known = urllib3.make_headers(proxy_basic_auth=word)
        pool = urllib3.ProxyManager(proxy, proxy_headers=known, **options)
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return pool


def _proxy_for(address: str) -> str | None:
    target = urlsplit(address)
    if proxy_bypass(target.hostname or ""):
        return None
    named = getproxies()
    proxy = named.get(target.scheme) or named.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


class _Whole:
    """A request in one piece: head and body apart are two calls of the system, two packets, two records of TLS."""

    _pieces: list[bytes] | None = None

    def request(self, *args: Any, **options: Any) -> None:
        pieces: list[bytes] = []
        self._pieces = pieces
        try:
            super().request(*args, **options)  # type: ignore[misc]  # of the connection beside this one
        finally:
            self._pieces = None
        self.send(b"".join(pieces))

    def send(self, data: Any) -> None:
        if self._pieces is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._pieces.append(data)


class _Connection(_Whole, HTTPConnection):
    pass


class _SecureConnection(_Whole, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
