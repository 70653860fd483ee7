"""What Twilio's answers look like, and how it counts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "12345"
SERVICE_SID = "MG" + "5" * 32
FROM_NUMBER = "+15005550006"
LARGEST_PAGE = 1000

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€\f")


@dataclass
class SimulatedMessage:
    """A message as Twilio remembers it. `sender` is what the create named: our number or the service."""

    sid: str
    to: str
    body: str
    sender: str
    callback: str
    validity_seconds: int | None
    created_at: datetime
    status: str = "queued"
    error_code: int | None = None
    direction: str = "outbound-api"
    from_number: str = FROM_NUMBER
    sent_at: datetime | None = None
    arrived_at: float = field(default_factory=time.time)

    @property
    def is_by_service(self) -> bool:
        return self.sender.startswith("MG")

    @property
    def mid(self) -> str | None:
        """The id of our own row, out of the callback address."""
        return parse_qs(urlsplit(self.callback).query).get("mid", [None])[0]


def segments_of(body: str) -> int:
    """Parts of a text: 160 or 153 septets each when every character is in GSM-7, else 70 or 67 UTF-16 units."""
    if all(each in GSM or each in GSM_TWICE for each in body):
        sizes, single, joined = [2 if each in GSM_TWICE else 1 for each in body], 160, 153
    else:
        sizes, single, joined = [2 if ord(each) > 0xFFFF else 1 for each in body], 70, 67
    if sum(sizes) <= single:
        return 1
    parts, room = 1, joined
    for size in sizes:
        if size > room:
            parts, room = parts + 1, joined
        room -= size
    return parts


def message_view(message: SimulatedMessage, *, account_sid: str) -> dict[str, Any]:
    path = f"/2010-04-01/Accounts/{account_sid}/Messages/{message.sid}"
    # A service chooses its number, and counts the parts, when the message leaves its queue.
    is_undecided = message.is_by_service and message.status in ("accepted", "scheduled")
    moment = format_datetime(message.created_at)
    return {
        "sid": message.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "status": message.status,
        "to": message.to,
        "from": None if is_undecided else message.from_number,
        "messaging_service_sid": message.sender if message.is_by_service else None,
        "num_segments": "0" if is_undecided else str(segments_of(message.body)),
        "num_media": "0",
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "date_created": moment,
        "date_updated": format_datetime(message.sent_at) if message.sent_at else moment,
        "date_sent": format_datetime(message.sent_at) if message.sent_at else None,
        "uri": f"{path}.json",
        "subresource_uris": {"media": f"{path}/Media.json"},
    }


def list_view(found: list[SimulatedMessage], query: dict[str, str], *, account_sid: str) -> dict[str, Any]:
    """One page of a list, newest first, with the addresses of its neighbours."""
    size = int(query.get("PageSize", "50"))
    page = max(int(query.get("Page", "0")), 0)
    start = page * size
    rows = found[start : start + size]
    filters = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}

    def address(number: int) -> str:
        asked = urlencode({**filters, "PageSize": size, "Page": number, "PageToken": f"PA{number:032x}"})
        return f"/2010-04-01/Accounts/{account_sid}/Messages.json?{asked}"

    return {
        "messages": [message_view(message, account_sid=account_sid) for message in rows],
        "first_page_uri": address(0),
        "next_page_uri": address(page + 1) if start + size < len(found) else None,
        "previous_page_uri": address(page - 1) if page else None,
        "uri": address(page),
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(len(rows) - 1, 0),
    }


def is_listed(message: SimulatedMessage, query: dict[str, str]) -> bool:
    """Whether the filters let it through. Dates have the granularity of a day and leave out what was not sent yet."""
    if query.get("To") not in (None, message.to) or query.get("From") not in (None, message.from_number):
        return False
    for name, fits in (
        ("DateSent", lambda day, asked: day == asked),
        ("DateSent>", lambda day, asked: day >= asked),
        ("DateSent<", lambda day, asked: day <= asked),
    ):
        if name in query:
            asked = query[name][:10]
            if message.sent_at is None or not fits(message.sent_at.astimezone(UTC).strftime("%Y-%m-%d"), asked):
                return False
    return True


def error_view(status: int, code: int, text: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": text,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
