"""Products and purchases for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from app.core.db import db
from app.customers.models import Customer
from app.purchases.models import Product, Purchase, PurchaseLine
from tests.factories.customers import make_customer

LONG_AGO = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)

_numbers = count(1)


def make_product(**changes: Any) -> Product:
    number = next(_numbers)
    values: dict[str, Any] = {
        "code": f"P{number:05d}",
        "name": {"zh_Hans": "柔润洗发露", "zh_Hant": "柔潤洗髮露", "en": "Gentle shampoo"},
        "category": "hair",
        "pack_size": Decimal(400),
        "unit": "ml",
        "created_at": LONG_AGO,
    }
    product = Product(**{**values, **changes})
    db.session.add(product)
    db.session.flush()
    return product


def make_purchase(
    customer: Customer | None = None, *, lines: list[tuple[Product, int, int]] | None = None, **changes: Any
) -> Purchase:
    """A purchase with `lines` of (product, quantity, amount); one bottle of shampoo if none are given."""
    number = next(_numbers)
    buyer = customer or make_customer()
    sold = lines if lines is not None else [(make_product(), 1, 88)]
    values: dict[str, Any] = {
        "source": "till",
        "external_id": f"R{number:06d}",
        "customer_id": buyer.id,
        "store_id": buyer.store_id,
        "bought_at": LONG_AGO,
        "total": Decimal(sum(amount for _, _, amount in sold)),
        "currency": "HKD",
        "recorded_at": LONG_AGO,
    }
    purchase = Purchase(**{**values, **changes})
    db.session.add(purchase)
    db.session.flush()
    db.session.add_all(
        PurchaseLine(purchase_id=purchase.id, product_id=product.id, quantity=Decimal(quantity), amount=Decimal(amount))
        for product, quantity, amount in sold
    )
    db.session.flush()
    return purchase
