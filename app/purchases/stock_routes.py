"""/stock."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.customers import queries as customers
from app.people.access import Role, require_store
from app.people.auth import current_actor, requires
from app.purchases import stock, stock_queries
from app.purchases import stock_schemas as schemas
from app.purchases.models import Product
from app.purchases.routes import BIG_ID, EVERYBODY, READ, WRITE
from app.purchases.stock_queries import KeptBack, Moved, Shelf

blp = Blueprint("stock", __name__, description="What lies in the stores, and what is kept back for whom")

LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)


@blp.route("/stock", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.arguments(schemas.StockArgs, location="query")
@blp.response(200, schemas.StockPage)
@problems(blp, 401, 403, 404, 422)
def list_stock(args: dict[str, Any]) -> dict[str, Any]:
    """What a store has of each product, by code."""
    require_store(current_actor(), args["store_id"])
    page = stock_queries.page_of_shelves(
        args["store_id"],
        now=clock.now(),
        search=args.get("q", ""),
        only_counted=args["only_counted"],
        only_short=args["only_short"],
        cursor=args.get("cursor"),
        limit=args.get("limit"),
    )
    return {"items": [_shelf(args["store_id"], row) for row in page.rows], "next_cursor": page.next_cursor}


@blp.route("/stock/counts", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.CountStock)
@blp.response(200, schemas.StockListView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def count_stock(body: dict[str, Any]) -> dict[str, Any]:
    """Say what lies in a store, for one product or for a thousand; all of it is taken or nothing."""
    now = clock.now()
    counted = stock.count(
        body["store_id"],
        body["items"],
        actor=current_actor(),
        now=now,
        counted_at=body.get("counted_at"),
        note=body["note"],
    )
    shelves = stock_queries.shelves(body["store_id"], [row.product_id for row in counted], now=now)
    return {"items": [_shelf(body["store_id"], row) for row in shelves]}


@blp.route("/stock/movements", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(schemas.MovementArgs, location="query")
@blp.response(200, schemas.MovementPage)
@problems(blp, 401, 403, 404, 422)
def list_movements(args: dict[str, Any]) -> dict[str, Any]:
    """Why the stock is what it is, the newest first."""
    require_store(current_actor(), args["store_id"])
    page = stock_queries.page_of_movements(
        args["store_id"], product_id=args.get("product_id"), cursor=args.get("cursor"), limit=args.get("limit")
    )
    return {"items": [_moved(row) for row in page.rows], "next_cursor": page.next_cursor}


@blp.route("/stock/reservations", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(schemas.ReservationArgs, location="query")
@blp.response(200, schemas.ReservationPage)
@problems(blp, 401, 403, 404, 422)
def list_reservations(args: dict[str, Any]) -> dict[str, Any]:
    """What is kept back in a store and for whom, the newest first."""
    require_store(current_actor(), args["store_id"])
    page = stock_queries.page_of_reservations(
        args["store_id"],
        now=clock.now(),
        product_id=args.get("product_id"),
        only_held=args["only_held"],
        cursor=args.get("cursor"),
        limit=args.get("limit"),
    )
    return {"items": [_kept(row) for row in page.rows], "next_cursor": page.next_cursor}


@blp.route(f"/stock/reservations/<{BIG_ID}:reservation_id>/release", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.response(200, schemas.ReservationView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def release_reservation(reservation_id: int) -> dict[str, Any]:
    """Free what is kept back. One that has ended stays as it is."""
    row = stock.release_one(reservation_id, actor=current_actor(), now=clock.now())
    names = customers.customers_by_id([row.customer_id])
    return _kept(KeptBack(row, stock_queries.product(row.product_id), names[row.customer_id].name))


def _product(product: Product) -> dict[str, Any]:
    return {name: getattr(product, name) for name in ("id", "code", "name", "unit", "is_restricted")}


def _shelf(store_id: int, row: Shelf) -> dict[str, Any]:
    counted = row.stock
    return {
        "store_id": store_id,
        "product": _product(row.product),
        "on_hand": counted.on_hand if counted else None,
        "reserved": row.reserved,
        "free": row.free,
        "counted_at": counted.counted_at if counted else None,
        "version": counted.version if counted else None,
    }


def _moved(row: Moved) -> dict[str, Any]:
    names = ("id", "store_id", "product_id", "kind", "change", "on_hand", "purchase_id", "origin_key", "note")
    by = {"id": row.movement.actor_id, "name": row.by} if row.by else None
    return {name: getattr(row.movement, name) for name in names} | {
        "by": by,
        "occurred_at": row.movement.occurred_at,
    }


def _kept(row: KeptBack) -> dict[str, Any]:
    kept = row.reservation
    names = ("id", "store_id", "quantity", "state", "origin_key", "reserved_at", "expires_at", "ended_at")
    return {name: getattr(kept, name) for name in names} | {
        "product": _product(row.product),
        "customer": {"id": kept.customer_id, "name": row.customer_name},
    }
