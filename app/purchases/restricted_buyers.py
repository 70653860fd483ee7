"""Who has bought, and kept, nothing but restricted products: no offer may go there. For many customers at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from app.core.db import db

_BOUGHT_AND_KEPT = """FROM purchase JOIN purchase_line ON purchase_line.purchase_id = purchase.id
        JOIN product ON product.id = purchase_line.product_id"""


def only_restricted_sql(customer: str) -> str:
    """SQL of "has bought and kept, and only ever restricted products", as restricted.buys_nothing_else says it."""
    return f"({_kept(customer, 'product.is_restricted')} IS NOT NULL AND {nothing_else_sql(customer)})"


def nothing_else_sql(customer: str) -> str:
    """SQL of "has bought and kept nothing that isn't restricted"."""
    return f"{_kept(customer, 'NOT product.is_restricted')} IS NULL"


def buyers_sql(of_whom: str) -> str:
    """SELECT of `customer_id`: who of these customers (a condition over `customer buyer`) keeps anything restricted.
    To be joined where many are asked: it begins with the few products."""
    return f"""
        SELECT DISTINCT purchase.customer_id {_BOUGHT_AND_KEPT}
        JOIN customer buyer ON buyer.id = purchase.customer_id
        WHERE product.is_restricted AND purchase_line.quantity > purchase_line.returned AND {of_whom}"""


def _kept(customer: str, what: str) -> str:
    """The first that is found. Not EXISTS: for that the planner may read all purchases of the company once, though few
    customers are asked about, and each of them has bought something else soon."""
    return f"""(SELECT true {_BOUGHT_AND_KEPT}
        WHERE purchase.customer_id = {customer} AND purchase_line.quantity > purchase_line.returned AND {what}
        LIMIT 1)"""


def among(customer_ids: Collection[int]) -> frozenset[int]:
    rows = db.session.scalars(
        text(f"""SELECT given.id FROM unnest(CAST(:ids AS int[])) AS given(id)
                 WHERE {only_restricted_sql("given.id")}"""),  # noqa: S608  fixed parts, values are bound
        {"ids": sorted(customer_ids)},
    )
    return frozenset(rows)
