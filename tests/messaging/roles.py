"""Who asks the routes of messaging, and what each gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.messaging.models import Conversation, Message

API = "/api/v1"
ROLES = ("head_office", "supervisor", "owner", "colleague", "other_supervisor")
TEXTS = {"zh_Hans": "【{shop}】谢谢{name}！", "zh_Hant": "【{shop}】多謝{name}！", "en": "{shop}: Thank you, {name}!"}


@dataclass
class World:
    people: dict[str, Any]
    customer: Any
    store: Any
    message: Message
    conversation: Conversation
    headers: dict[str, dict[str, str]]


def ask(client, world: World, role: str | None, method: str, path: str, body: Any = None) -> Any:
    headers = world.headers[role] if role else {}
    return client.open(f"{API}{path}", method=method, headers=headers, json=body)


SEES = {"head_office": 200, "supervisor": 200, "owner": 200, "colleague": 404, "other_supervisor": 404}
WRITES = {**SEES, "head_office": 201, "supervisor": 201, "owner": 201}
OFFICE = {"head_office": 201, "supervisor": 403, "owner": 403, "colleague": 403, "other_supervisor": 403}
LEADERS = {"head_office": 200, "supervisor": 200, "owner": 403, "colleague": 403, "other_supervisor": 200}
ALL = dict.fromkeys(ROLES, 200)


def each(expected: dict[str, int]) -> Any:
    return pytest.mark.parametrize(("role", "status"), expected.items())
