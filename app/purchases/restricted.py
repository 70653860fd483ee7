"""Restricted products (infant formula and the like): which texts name one, and who buys nothing else.

The law allows neither offers nor gifts of them, so nothing that promotes may be about them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from app.core.db import db
from app.purchases.models import Product, Purchase, PurchaseLine

EVERYDAY_WORDS = ("奶粉", "配方奶", "代乳", "infant formula", "baby formula", "formula milk", "follow-on formula")
"""What people say instead of a product's name; it counts in shops that sell restricted products."""

_SIZE_OR_STAGE = re.compile(r"\s*(\d.*|stage\b.*|[(（【].*)$", re.IGNORECASE)
_GAPS = re.compile(r"\s+")
SHORTEST_NAME = 2


def text_names_restricted(body: str) -> bool:
    """Does this text speak of a restricted product of ours, by its name or by an everyday word?"""
    products = db.session.execute(select(Product.name, Product.code).where(Product.is_restricted)).all()
    return bool(products) and names_one_of(body, [(row.name, row.code) for row in products])


def names_one_of(body: str, products: Iterable[tuple[Mapping[str, str], str]]) -> bool:
    """Pure: the name counts without size and stage, in any language; the code counts too."""
    said = _plain(body)
    sought = {*EVERYDAY_WORDS}
    for name, code in products:
        sought.update(_SIZE_OR_STAGE.sub("", text) for text in name.values())
        sought.add(code)
    return any(_plain(word) in said for word in sought if len(word.strip()) >= SHORTEST_NAME)


def buys_nothing_else(customer_id: int) -> bool:
    """Has the customer bought and kept, and only ever restricted products?"""
    restricted, other = db.session.execute(
        select(
            func.count().filter(Product.is_restricted),
            func.count().filter(~Product.is_restricted),
        )
        .select_from(Purchase)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(Product, Product.id == PurchaseLine.product_id)
        .where(Purchase.customer_id == customer_id, PurchaseLine.quantity > PurchaseLine.returned)
    ).one()
    return bool(restricted) and not other


def _plain(text: str) -> str:
    return _GAPS.sub(" ", text).casefold().strip()
