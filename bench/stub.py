"""The least a carrier can be: answers each create at once (or after `latency` seconds) with a new sid, and counts.

One asyncio process, head and body in one segment, so that it costs little beside what it measures. `GET /sent` tells
how many creates came and how many different callback addresses (that is, messages) they named.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from urllib.parse import parse_qsl
from uuid import uuid4

CREATED = {
    "account_sid": "AC" + "0" * 32,
    "api_version": "2010-04-01",
    "status": "queued",
    "num_segments": "1",
    "num_media": "0",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "price": None,
    "price_unit": "USD",
    "messaging_service_sid": None,
    "date_created": "Wed, 10 Mar 2027 02:00:00 +0000",
    "date_updated": "Wed, 10 Mar 2027 02:00:00 +0000",
    "date_sent": None,
    "subresource_uris": {},
}


class Stub:
    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.creates = 0
        self.callbacks: set[str] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, answer = await self.answer(head.split(" ", 2)[0], body.decode())
                payload = json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(payload)}\r\n\r\n".encode()
                    + payload
                )
        writer.close()

    async def answer(self, method: str, body: str) -> tuple[str, object]:
        if method == "GET":
            return "200 OK", {"creates": self.creates, "messages": len(self.callbacks)}
        form = dict(parse_qsl(body))
        await asyncio.sleep(self.latency)
        self.creates += 1
        self.callbacks.add(form["StatusCallback"])
        sid = "SM" + uuid4().hex
        return "201 CREATED", CREATED | {
            "sid": sid,
            "to": form["To"],
            "from": form.get("From"),
            "body": form["Body"],
            "uri": f"/2010-04-01/Accounts/{CREATED['account_sid']}/Messages/{sid}.json",
        }


async def main(port: str, latency: str) -> None:
    server = await asyncio.start_server(Stub(float(latency)).serve, "127.0.0.1", int(port), backlog=256)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
