"""Who has bought, and kept, nothing but restricted products: no offer may go there. For many customers at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from app.core.db import db


def only_restricted_sql(customer: str) -> str:
    """SQL of "has bought and kept, and only ever restricted products", as restricted.buys_nothing_else says it."""
    return f"""coalesce((
        SELECT bool_and(product.is_restricted)
        FROM purchase JOIN purchase_line ON purchase_line.purchase_id = purchase.id
        JOIN product ON product.id = purchase_line.product_id
        WHERE purchase.customer_id = {customer} AND purchase_line.quantity > purchase_line.returned), false)"""  # noqa: S608  a column name


def among(customer_ids: Collection[int]) -> frozenset[int]:
    rows = db.session.scalars(
        text(f"""SELECT given.id FROM unnest(CAST(:ids AS int[])) AS given(id)
                 WHERE {only_restricted_sql("given.id")}"""),  # noqa: S608  fixed parts, values are bound
        {"ids": sorted(customer_ids)},
    )
    return frozenset(rows)
