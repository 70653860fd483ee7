"""A small HTTP client for load: raw sockets and ready-made bytes, so that it costs little beside what it measures."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode


class LoadFailed(Exception):
    """The service answered something else than success; a benchmark of failures measures nothing."""


def request(
    method: str,
    path: str,
    *,
    token: str | None = None,
    body: Any = None,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """The bytes of one request, with a JSON body or a form."""
    payload = b"" if body is None else json.dumps(body).encode()
    if form is not None:
        payload = urlencode(form).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if payload:
        kind = "application/json" if form is None else "application/x-www-form-urlencoded"
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(payload)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + payload


def run(port: int, requests: Sequence[bytes], *, clients: int, per_second: float | None = None) -> list[float]:
    """Send all requests over `clients` connections at the same time; the seconds each took, in no order.

    With `per_second` each request has its moment and counts from there, waiting for a free connection included; else
    each connection sends the next one as soon as it has its answer. Raises LoadFailed for the first answer that is no
    success.
    """
    try:
        return asyncio.run(_run(port, requests, clients, per_second))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


def answer_to(port: int, sent: bytes) -> Any:
    """The JSON answer to one request."""

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return (await _exchange(reader, writer, sent))[1]
        finally:
            writer.close()

    return json.loads(asyncio.run(ask()))


async def _run(port: int, requests: Sequence[bytes], clients: int, per_second: float | None) -> list[float]:
    seconds: list[float] = []
    pause = 1 / per_second if per_second else 0.0
    began = time.perf_counter()
    work = ((began + number * pause if pause else None, sent) for number, sent in enumerate(requests))
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_client(port, work, seconds))
    return seconds


async def _client(port: int, work: Iterator[tuple[float | None, bytes]], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for due, sent in work:
            if due is not None:
                await asyncio.sleep(max(due - time.perf_counter(), 0))
            began = due or time.perf_counter()
            stays_open, _body = await _exchange(reader, writer, sent)
            seconds.append(time.perf_counter() - began)
            if not stays_open:
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
    finally:
        writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> tuple[bool, bytes]:
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head[9:12])
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if status >= 300:
        line = sent.split(b"\r\n", 1)[0].decode()
        raise LoadFailed(f"{line} -> {status} {body[:500].decode(errors='replace')}")
    return headers.get("connection") != "close", body
