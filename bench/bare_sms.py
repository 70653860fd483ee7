"""Sending with the Twilio SDK and nothing else: threads, one client, no database. Limit of the message benchmarks.

Each line on stdin is a number of messages to send; "done" is answered when all are out.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from uuid import uuid4

from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

TEXT = "陳女士您好，李嘉欣3月11日周四10:00-12:00上門探望您。方便請回1，想改時間請回2。"


def main(address: str, threads: str) -> None:
    http = TwilioHttpClient(timeout=30)
    http.session.mount("http://", HTTPAdapter(pool_maxsize=int(threads)))
    client = Client("AC" + "0" * 32, "12345", http_client=http)
    client.api.base_url = address
    numbers = count(90000000)

    def send(_: int) -> None:
        created = client.messages.create(
            to=f"+852{next(numbers)}",
            from_="+15005550006",
            body=TEXT,
            status_callback=f"http://127.0.0.1:8000/twilio/status?mid={uuid4()}",
            validity_period=36000,
        )
        assert created.sid

    with ThreadPoolExecutor(int(threads)) as pool:
        print("ready", flush=True)
        for line in sys.stdin:
            list(pool.map(send, range(int(line))))
            print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
