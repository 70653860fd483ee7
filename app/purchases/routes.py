"""/products and /purchases."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import ValidationError

from app.core import clock
from app.core.errors import Invalid
from app.core.http import problems
from app.core.i18n import N_
from app.core.idempotency import idempotent
from app.customers import service as customers
from app.customers.routes import ROW_ID
from app.people.access import Role, require_store
from app.people.auth import current_actor, requires
from app.purchases import changes, queries, schemas, service
from app.purchases.changes import Changed, Correction, NewReturn
from app.purchases.models import Product, PurchaseChange
from app.purchases.queries import PurchaseFile
from app.purchases.service import NewProduct, NewPurchase

blp = Blueprint("purchases", __name__, description="Products and purchases")

EVERYBODY = (Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE)
READ = "purchases:read"
WRITE = "purchases:write"
BIG_ID = "int(max=9223372036854775807)"

ONE_OR_LIST = {
    "oneOf": [
        schemas.RecordPurchase,
        {"type": "array", "items": schemas.RecordPurchase, "minItems": 1, "maxItems": schemas.MOST_AT_ONCE},
    ]
}
ONE_OR_ITEMS = {"anyOf": [schemas.RecordedPurchaseView, schemas.RecordedBatchView]}


@blp.route("/products", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.arguments(schemas.ProductArgs, location="query")
@blp.response(200, schemas.ProductPage)
@problems(blp, 401, 403, 422)
def list_products(args: dict[str, Any]) -> dict[str, Any]:
    """What we sell, by code."""
    page = queries.page_of_products(
        search=args.get("q", ""),
        category=args.get("category"),
        include_inactive=args["include_inactive"],
        cursor=args.get("cursor"),
        limit=args.get("limit"),
    )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route("/products", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.CreateProduct)
@blp.response(201, schemas.ProductView)
@problems(blp, 400, 401, 403, 409, 422)
def create_product(new: NewProduct) -> Product:
    """Add a product to the range of all stores."""
    return service.create_product(new, actor=current_actor(), now=clock.now())


@blp.route(f"/products/<{ROW_ID}:product_id>", methods=["PATCH"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.UpdateProduct)
@blp.response(200, schemas.ProductView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def update_product(body: dict[str, Any], product_id: int) -> Product:
    """Change the named fields of the version you have seen."""
    version = body.pop("version")
    return service.update_product(product_id, body, version=version, actor=current_actor(), now=clock.now())


@blp.route("/purchases", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.arguments(schemas.PurchaseArgs, location="query")
@blp.response(200, schemas.PurchasePage)
@problems(blp, 401, 403, 404, 422)
def list_purchases(args: dict[str, Any]) -> dict[str, Any]:
    """Purchases of customers you may see, the newest first."""
    actor, now = current_actor(), clock.now()
    if args.get("store_id") is not None:
        require_store(actor, args["store_id"])
    if args.get("customer_id") is not None:
        customers.get(args["customer_id"], actor=actor, now=now)
    page = queries.page_of_purchases(
        actor=actor,
        now=now,
        customer_id=args.get("customer_id"),
        store_id=args.get("store_id"),
        source=args.get("source"),
        external_id=args.get("external_id"),
        cursor=args.get("cursor"),
        limit=args.get("limit"),
    )
    return {"items": [_file(file) for file in page.rows], "next_cursor": page.next_cursor}


@blp.route("/purchases", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, scope=WRITE)
@idempotent
@blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": ONE_OR_LIST}}})
@blp.response(201, ONE_OR_ITEMS)
@blp.alt_response(200, schema=ONE_OR_ITEMS, description="Known already")
@problems(blp, 400, 401, 403, 409, 415, 422)
def record_purchases() -> Response:
    """Send one purchase, or a list that is taken whole or not at all.

    (source, external_id) names a purchase: sending it again is answered with the stored row and `is_new` false; 200
    when nothing was new.
    """
    actor, now = current_actor(), clock.now()
    sent = request.get_json()
    new = _load(sent)
    if isinstance(new, NewPurchase):
        recorded = [service.record_purchase(new, actor=actor, now=now)]
    else:
        recorded = service.record_purchases(new, actor=actor, now=now)
    files = queries.files_of([one.purchase for one in recorded])
    rows = [_file(file) | {"is_new": one.is_new} for file, one in zip(files, recorded, strict=True)]
    view = schemas.RecordedPurchaseView()
    answer = jsonify(view.dump(rows[0]) if isinstance(new, NewPurchase) else {"items": view.dump(rows, many=True)})
    answer.status_code = 201 if any(one.is_new for one in recorded) else 200
    return answer


@blp.route(f"/purchases/<{BIG_ID}:purchase_id>", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.PurchaseView)
@problems(blp, 401, 403, 404)
def read_purchase(purchase_id: int) -> dict[str, Any]:
    """One purchase as it stands."""
    return _file(queries.visible_file(purchase_id, actor=current_actor(), now=clock.now()))


@blp.route(f"/purchases/<{BIG_ID}:purchase_id>/changes", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.PurchaseChangesView)
@problems(blp, 401, 403, 404)
def list_changes(purchase_id: int) -> dict[str, Any]:
    """What became of a purchase after it was recorded, oldest first."""
    queries.visible_file(purchase_id, actor=current_actor(), now=clock.now())
    return {"items": [_change(change) for change in changes.changes_of(purchase_id)]}


@blp.route(f"/purchases/<{BIG_ID}:purchase_id>/corrections", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, scope=WRITE)
@idempotent
@blp.arguments(schemas.CorrectPurchase)
@blp.response(201, schemas.ChangedPurchaseView)
@blp.alt_response(200, schema=schemas.ChangedPurchaseView, description="Known already")
@problems(blp, 400, 401, 403, 404, 409, 422)
def correct_purchase(body: Correction, purchase_id: int) -> Any:
    """Put right what a receipt says. `external_id` names the correction: sending it again changes nothing."""
    return _changed(changes.correct(purchase_id, body, actor=current_actor(), now=clock.now()))


@blp.route(f"/purchases/<{BIG_ID}:purchase_id>/returns", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, scope=WRITE)
@idempotent
@blp.arguments(schemas.ReturnGoods)
@blp.response(201, schemas.ChangedPurchaseView)
@blp.alt_response(200, schema=schemas.ChangedPurchaseView, description="Known already")
@problems(blp, 400, 401, 403, 404, 409, 422)
def return_goods(body: NewReturn, purchase_id: int) -> Any:
    """Goods come back, some or all. `external_id` names the return: sending it again changes nothing."""
    return _changed(changes.give_back(purchase_id, body, actor=current_actor(), now=clock.now()))


def _changed(changed: Changed) -> Any:
    [file] = queries.files_of([changed.purchase])
    answer = {"purchase": _file(file), "change": _change(changed.change), "is_new": changed.is_new}
    return answer, 201 if changed.is_new else 200


def _change(change: PurchaseChange) -> dict[str, Any]:
    by = change.actor_kind if change.actor_id is None else f"{change.actor_kind}:{change.actor_id}"
    names = ("id", "external_id", "kind", "version", "reason", "before", "after", "occurred_at", "recorded_at")
    return {name: getattr(change, name) for name in names} | {"by": by}


def _load(sent: Any) -> NewPurchase | list[NewPurchase]:
    if isinstance(sent, list) and not 1 <= len(sent) <= schemas.MOST_AT_ONCE:
        raise Invalid(errors={"body": [N_("Send between 1 and 2000 purchases at once.")]})
    try:
        loaded: NewPurchase | list[NewPurchase] = schemas.RecordPurchase(many=isinstance(sent, list)).load(sent)
    except ValidationError as error:
        messages = error.messages
        raise Invalid(errors=messages if isinstance(messages, dict) else {"body": messages}) from error
    return loaded


def _file(file: PurchaseFile) -> dict[str, Any]:
    purchase = file.purchase
    return {
        "id": purchase.id,
        "source": purchase.source,
        "external_id": purchase.external_id,
        "customer": {"id": purchase.customer_id, "name": file.customer_name},
        "store_id": purchase.store_id,
        "seller": {"id": purchase.seller_id, "name": file.seller_name or ""} if purchase.seller_id else None,
        "bought_at": purchase.bought_at,
        "total": purchase.total,
        "refunded": purchase.refunded,
        "net_total": purchase.total - purchase.refunded,
        "currency": purchase.currency,
        "version": purchase.version,
        "corrected_at": purchase.corrected_at,
        "lines": [
            {
                "id": line.id,
                "product": {
                    "id": line.product_id,
                    "code": line.code,
                    "name": line.name,
                    "unit": line.unit,
                    "is_restricted": line.is_restricted,
                },
                "quantity": line.quantity,
                "amount": line.amount,
                "returned": line.returned,
                "refunded": line.refunded,
                "is_taken": line.is_taken,
            }
            for line in file.lines
        ],
        "recorded_at": purchase.recorded_at,
    }
