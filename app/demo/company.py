"""The demo company: two stores in Hong Kong, one in Shenzhen, made by code from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import Base, transaction
from app.demo import complaints, customers, people, promotions, purchases, stories, supplies, talks, tiers, twins

SEED = 20270310
OF_THE_WORLD = {"sms_country", "calendar_day"}


def is_empty(session: Session) -> bool:
    return not session.execute(text("SELECT EXISTS (SELECT 1 FROM store)")).scalar()


def wipe(*, say: Callable[[str], object]) -> None:
    """Empty every table of the business; the schema stays, and what the migrations know of the world."""
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables if table.name not in OF_THE_WORLD)
    with transaction() as session:
        session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    say("All rows deleted.")


def load(*, now: datetime, say: Callable[[str], object]) -> None:
    """Build the company as it stands at `now`; each step is told through `say`."""
    with _without_waiting_for_the_disk():
        _build(now=now, say=say)


@contextmanager
def _without_waiting_for_the_disk() -> Iterator[None]:
    """A week of work is thousands of commits; only the last one waits until the disk has all of them.

    A setting of the connection: the pool gives this one thread the same one again and again.
    """
    with transaction() as session:
        session.execute(text("SET synchronous_commit = off"))
    yield
    with transaction() as session:
        session.execute(text("RESET synchronous_commit"))
        session.execute(text("ANALYZE"))


def _build(*, now: datetime, say: Callable[[str], object]) -> None:
    random = Random(SEED)
    with transaction() as session:
        say("Stores, staff and shifts")
        staffing = people.load(session, random=random, now=now)
        say("Customers and households")
        books = customers.load(session, staffing, random=random, now=now)
        say("Products and purchases")
        products = purchases.load(session, books, random=random, now=now)
        say("Stock and what is used up")
        supplies.load(session, books, products, now=now)
    say("Tiers and referrals")
    tiers.load(books, now=now)
    stories.load(books, products, random=random, now=now, say=say)
    say("Complaints")
    complaints.load(books, random=random, now=now)
    talks.load(books, now=now)
    twins.load(books, now=now)
    with transaction() as session:
        say("A promotion")
        promotions.load(session, now=now)
