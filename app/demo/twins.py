"""A few people who have two files, as happens when somebody buys without saying that he is a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.core.db import transaction
from app.customers import duplicates, service
from app.customers.service import NewCustomer
from app.demo.customers import Book
from app.people.access import Actor

PLACES = (3, 11, 19)
"""Whose files exist twice, in each of the first two stores."""


def load(books: Sequence[Book], *, now: datetime) -> None:
    """Open the second files, and look through all of them."""
    with transaction():
        for book in books[:2]:
            for place in PLACES:
                known = book.customers[place]
                twin = NewCustomer(
                    name=known.name,
                    store_id=known.store_id,
                    locale=known.locale,
                    gender=known.gender,
                    address=known.address,
                    district=known.district,
                    tags=("walk-in",) if known.locale == "en" else ("过路客",),
                )
                service.create(twin, actor=Actor.system("demo"), now=now)
        duplicates.refresh(now=now)
