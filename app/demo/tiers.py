"""Tiers computed from what was bought, a few of them pinned, and customers who brought others."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select

from app.core.db import db, transaction
from app.customers import tiers as files
from app.customers.models import Customer
from app.customers.values import Tier
from app.demo.customers import Book
from app.people.access import Actor, Role
from app.purchases import referrals, tiers
from app.purchases.models import Purchase
from app.purchases.tier_models import Referral

SEED = 20270311
"""Of its own, so that the other stories of the demo stay what they are."""
REFERRALS_PER_STORE = 9
NEW_WITHIN = timedelta(days=150)
PINS = {
    "zh_Hant": ("街坊會會長，好多人聽佢介紹", "開業第一日就幫襯到而家"),
    "zh_Hans": ("小区业委会主任，很多人听她介绍", "开业第一天起的老顾客"),
}


def load(books: list[Book], *, now: datetime) -> None:
    tiers.recompute(now=now)
    random = Random(SEED)
    for book in books:
        lead = book.crew.supervisor
        actor = Actor(
            id=lead.id, name=lead.name, role=Role.SUPERVISOR, store_ids=frozenset({book.crew.store.id}), client="web"
        )
        with transaction():
            _pin_some(book, random, actor=actor, now=now)
            _bring_some(book, random, now=now)


def _pin_some(book: Book, random: Random, *, actor: Actor, now: datetime) -> None:
    ordinary = db.session.scalars(
        select(Customer.id)
        .where(Customer.store_id == book.crew.store.id, Customer.tier == Tier.ORDINARY.value)
        .order_by(Customer.id)
    ).all()
    reasons = PINS.get(book.crew.store.locale, PINS["zh_Hant"])
    for customer_id, reason in zip(random.sample(ordinary, k=len(reasons)), reasons, strict=True):
        files.pin(customer_id, Tier.IMPORTANT, reason=reason, until=None, actor=actor, now=now)


def _bring_some(book: Book, random: Random, *, now: datetime) -> None:
    """Who first bought of late was brought by an old customer of the store, the hour before."""
    first = func.min(Purchase.bought_at)
    firsts = db.session.execute(
        select(Purchase.customer_id, first)
        .join(Customer, Customer.id == Purchase.customer_id)
        .where(Customer.store_id == book.crew.store.id)
        .group_by(Purchase.customer_id)
        .order_by(Purchase.customer_id)
    ).all()
    old = [customer_id for customer_id, at in firsts if now - at > 2 * NEW_WITHIN]
    fresh = [(customer_id, at) for customer_id, at in firsts if now - at < NEW_WITHIN]
    households = {row.id: row.household_id for row in db.session.execute(select(Customer.id, Customer.household_id))}
    # A few bring several: that is what the list is for.
    bringers = random.sample(old, k=min(4, len(old)))
    for customer_id, at in random.sample(fresh, k=min(REFERRALS_PER_STORE, len(fresh))):
        referrer_id = random.choice(bringers)
        if households[referrer_id] == households[customer_id]:
            continue
        db.session.add(
            Referral(
                new_customer_id=customer_id,
                referrer_id=referrer_id,
                recorded_at=at - timedelta(hours=1),
                recorded_by_id=random.choice(book.crew.associates).id,
            )
        )
        db.session.flush()
        referrals.recount(customer_id, now=at)
