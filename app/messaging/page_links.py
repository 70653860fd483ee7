"""The address of the customer's page as a text carries it: where links are allowed, and only if the wording asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.core.config import settings
from app.customers import links

Address = Callable[[int, int | None], str]
"""Customer and task (None: all of them) -> the address."""


def stand_in(_customer_id: int, _task_id: int | None) -> str:
    """As long as a true one, for previews and rehearsals, which give out no keys."""
    return f"{settings().public_url}/c/{'x' * links.TOKEN_LENGTH}"


def given_out(now: datetime) -> Address:
    """The customer's key, made with the text that carries it if there is none yet."""
    return lambda customer_id, task_id: links.link_for(customer_id, task_id=task_id, now=now).url
