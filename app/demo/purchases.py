"""Products of a mother-and-baby, personal care and apparel shop, and what the customers bought."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy.orm import Session

from app.core.i18n import Text3
from app.demo.customers import Book
from app.purchases.models import Product, Purchase, PurchaseLine


def _three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


# code, name, category, pack size, unit, price, restricted
PRODUCTS: tuple[tuple[str, Text3, str, int, str, int, bool], ...] = (
    ("MB-F1", _three("婴儿配方奶粉 1段", "嬰兒配方奶粉 1段", "Infant formula stage 1"),
        "formula", 900, "g", 298, True),
    ("MB-F2", _three("较大婴儿配方奶粉 2段", "較大嬰兒配方奶粉 2段", "Follow-on formula stage 2"),
        "formula", 900, "g", 288, True),
    ("MB-F3", _three("幼儿配方奶粉 3段", "幼兒配方奶粉 3段", "Toddler formula stage 3"),
        "formula", 900, "g", 278, True),
    ("MB-DS", _three("纸尿裤 S码 72片", "紙尿片 細碼 72片", "Nappies S, 72"), "nappies", 72, "pc", 139, False),
    ("MB-DM", _three("纸尿裤 M码 64片", "紙尿片 中碼 64片", "Nappies M, 64"), "nappies", 64, "pc", 139, False),
    ("MB-ST", _three("婴儿推车 轻便款", "輕便嬰兒手推車", "Light pushchair"), "gear", 1, "pc", 2380, False),
    ("MB-SZ", _three("奶瓶消毒锅", "奶樽消毒鍋", "Bottle steriliser"), "gear", 1, "pc", 599, False),
    ("PC-BW", _three("氨基酸沐浴露 500毫升", "氨基酸沐浴露 500毫升", "Amino acid body wash 500 ml"),
        "body", 500, "ml", 88, False),
    ("PC-ES", _three("舒缓修护精华 30毫升", "舒緩修護精華 30毫升", "Soothing repair serum 30 ml"),
        "skin", 30, "ml", 420, False),
    ("PC-CR", _three("敏感肌保湿面霜 50克", "敏感肌保濕面霜 50克", "Moisturiser for sensitive skin 50 g"),
        "skin", 50, "g", 360, False),
    ("PC-SH", _three("温和洗发水 400毫升", "溫和洗頭水 400毫升", "Mild shampoo 400 ml"),
        "hair", 400, "ml", 96, False),
    ("AP-CT", _three("羊毛大衣", "羊毛大褸", "Wool coat"), "apparel", 1, "pc", 1980, False),
    ("AP-SH", _three("免烫衬衫", "免燙恤衫", "Non-iron shirt"), "apparel", 1, "pc", 399, False),
    ("AP-DR", _three("针织连衣裙", "針織連身裙", "Knitted dress"), "apparel", 1, "pc", 699, False),
)  # fmt: skip


USED_UP = {"formula", "nappies", "body", "skin", "hair"}
LARGE = {"MB-ST"}
STAGES = {"MB-F1": (6, "MB-F2"), "MB-F2": (12, "MB-F3"), "MB-F3": (36, None)}
"""The age in months at which a child has outgrown a formula, and what follows."""


def load(session: Session, books: list[Book], *, random: Random, now: datetime) -> list[Product]:
    """A year of receipts; core customers buy often, ordinary ones now and then."""
    products = [
        Product(
            code=code, name=name, category=category, pack_size=Decimal(pack), unit=unit, is_restricted=restricted,
            is_consumable=category in USED_UP, is_large=code in LARGE, until_age_months=STAGES.get(code, (None,))[0],
            created_at=now - timedelta(days=800),
        )
        for code, name, category, pack, unit, _price, restricted in PRODUCTS
    ]  # fmt: skip
    session.add_all(products)
    session.flush()
    by_code = {product.code: product for product in products}
    for code, (_months, following) in STAGES.items():
        by_code[code].next_product_id = by_code[following].id if following else None
    prices = {product.id: row[5] for product, row in zip(products, PRODUCTS, strict=True)}
    number = 0
    receipts: list[tuple[Purchase, list[tuple[Product, int]]]] = []
    for book in books:
        currency = "HKD" if book.crew.place.country == "HK" else "CNY"
        for customer in book.customers:
            often = {"core": 7, "important": 4, "ordinary": 2}[customer.tier]
            for _receipt in range(random.randint(1, often)):
                number += 1
                chosen = random.sample(products, k=random.choice([1, 1, 2, 3]))
                lines = [(product, random.choice([1, 1, 1, 2, 3])) for product in chosen]
                at = now - timedelta(days=random.randint(1, 360), hours=random.randint(0, 9))
                total = Decimal(sum(prices[product.id] * quantity for product, quantity in lines))
                receipts.append(
                    (
                        Purchase(
                            source="till", external_id=f"{book.crew.place.code}-{number:06d}",
                            customer_id=customer.id, store_id=book.crew.store.id, seller_id=customer.owner_id,
                            bought_at=at, total=total, currency=currency, recorded_at=at,
                        ),
                        lines,
                    )
                )  # fmt: skip
    session.add_all(purchase for purchase, _lines in receipts)
    session.flush()
    session.add_all(
        PurchaseLine(
            purchase_id=purchase.id,
            product_id=product.id,
            quantity=Decimal(quantity),
            amount=Decimal(prices[product.id] * quantity),
        )
        for purchase, lines in receipts
        for product, quantity in lines
    )
    session.flush()
    return products
