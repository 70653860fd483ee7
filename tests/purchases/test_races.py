"""Two tills that send the same receipts at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from random import Random
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from app.core.db import db, transaction
from app.core.models import FactRow
from app.people.access import Actor
from app.purchases import service
from app.purchases.models import Purchase, PurchaseLine
from app.purchases.service import NewLine, NewPurchase
from tests.factories.customers import make_customer
from tests.factories.purchases import make_product

TILLS = 6


def test_tills_that_send_the_same_batch_store_it_once(app: Flask, fresh_database: str, now: datetime) -> None:
    customer, product = make_customer(), make_product()
    db.session.commit()
    batch = [
        NewPurchase(
            source="till",
            external_id=f"R{number}",
            customer_id=customer.id,
            store_id=customer.store_id,
            bought_at=now,
            lines=[NewLine(product_id=product.id, quantity=Decimal(1), amount=Decimal(10))],
        )
        for number in range(20)
    ]
    together = Barrier(TILLS)

    def send(till: int) -> int:
        mine = Random(till).sample(batch, len(batch))
        with app.app_context():
            together.wait()
            try:
                with transaction():
                    return sum(one.is_new for one in service.record_purchases(mine, actor=Actor.system(), now=now))
            finally:
                db.session.remove()

    with ThreadPoolExecutor(TILLS) as pool:
        assert sum(pool.map(send, range(TILLS))) == len(batch)
    for table in (Purchase, PurchaseLine, FactRow):
        assert db.session.scalar(select(func.count()).select_from(table)) == len(batch)
