"""Products and purchases for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from app.core.db import db
from app.customers.models import Customer, HouseholdMember
from app.purchases.models import Intake, Product, ProductStock, Purchase, PurchaseLine, StockReservation
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


def make_intake(
    customer: Customer,
    product: Product,
    per_day: Decimal | int = 100,
    *,
    member: HouseholdMember | None = None,
    **changes: Any,
) -> Intake:
    """A daily amount; with `requested_at` the guardian also asked to be reminded."""
    values: dict[str, Any] = {
        "customer_id": customer.id,
        "product_id": product.id,
        "household_member_id": member.id if member else None,
        "per_day": Decimal(per_day),
        "since": date(2027, 1, 1),
        "created_at": LONG_AGO,
        **changes,
    }
    if values.get("requested_at") is not None:
        values = {"requested_by_text": "快吃完时请提醒我。", "requested_channel": "in_person", **values}
    intake = Intake(**values)
    db.session.add(intake)
    db.session.flush()
    return intake


def make_stock(product: Product, on_hand: Decimal | int, *, store_id: int, **changes: Any) -> ProductStock:
    values: dict[str, Any] = {"counted_at": LONG_AGO, "updated_at": LONG_AGO, **changes}
    stock = ProductStock(store_id=store_id, product_id=product.id, on_hand=Decimal(on_hand), **values)
    db.session.add(stock)
    db.session.flush()
    return stock


def make_reservation(customer: Customer, product: Product, quantity: int = 1, **changes: Any) -> StockReservation:
    values: dict[str, Any] = {
        "origin_key": f"test:{next(_numbers)}",
        "store_id": customer.store_id,
        "reserved_at": LONG_AGO,
        "expires_at": LONG_AGO + timedelta(days=3650),
        **changes,
    }
    kept = StockReservation(customer_id=customer.id, product_id=product.id, quantity=Decimal(quantity), **values)
    db.session.add(kept)
    db.session.flush()
    return kept
