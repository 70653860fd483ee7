"""What the stock routes take and give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.core.i18n import N_
from app.core.paging import PageArgs
from app.core.schemas import Input, View, page_schema
from app.customers.schemas import BIGGEST_ID, NamedPersonView, choice_field, id_field, text_field
from app.purchases.schemas import BIGGEST, SoldProductView
from app.purchases.stock import Count
from app.purchases.values import MovementKind, ReservationState

MOST_AT_ONCE = 1000


def _is_no_debt(value: Decimal) -> None:
    if not 0 <= value <= BIGGEST:
        raise ValidationError(N_("This must lie between 0 and 999999999."))


class CountInput(Input):
    product_id = id_field()
    product_code = text_field(longest=64)
    on_hand = fields.Decimal(
        required=True,
        places=3,
        as_string=True,
        validate=_is_no_debt,
        metadata={"pattern": r"^[0-9]{1,9}(\.[0-9]{1,3})?$"},
    )
    version = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, max=BIGGEST_ID),
        metadata={"description": "of the list you have seen; 409 when it changed since"},
    )

    @validates_schema
    def names_one_product(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("product_id") is None) == (data.get("product_code") is None):
            raise ValidationError({"product_id": [N_("Give either the id or the other name, not both and not none.")]})


class CountStock(Input):
    store_id = id_field(required=True)
    counted_at = fields.AwareDateTime(metadata={"description": "what was sold before is part of the count"})
    note = text_field(longest=300, load_default="")
    items = fields.List(fields.Nested(CountInput), required=True, validate=validate.Length(min=1, max=MOST_AT_ONCE))

    @post_load
    def as_counts(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "items": [Count(**item) for item in data["items"]]}


class StockArgs(PageArgs):
    store_id = id_field(strict=False, required=True)
    q = text_field(longest=80)
    only_counted = fields.Boolean(load_default=False)
    only_short = fields.Boolean(load_default=False, metadata={"description": "nothing left to promise"})


class MovementArgs(PageArgs):
    store_id = id_field(strict=False, required=True)
    product_id = id_field(strict=False)


class ReservationArgs(MovementArgs):
    only_held = fields.Boolean(load_default=True)


class StockView(View):
    """A product in a store; the numbers are null where nobody has counted it."""

    store_id = fields.Integer()
    product = fields.Nested(SoldProductView)
    on_hand = fields.Decimal(as_string=True, allow_none=True)
    reserved = fields.Decimal(as_string=True)
    free = fields.Decimal(as_string=True, allow_none=True)
    counted_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer(allow_none=True)


class StockListView(View):
    items = fields.List(fields.Nested(StockView))


class MovementView(View):
    id = fields.Integer()
    store_id = fields.Integer()
    product_id = fields.Integer()
    kind = choice_field(MovementKind)
    change = fields.Decimal(as_string=True)
    on_hand = fields.Decimal(as_string=True, metadata={"description": "what lay there afterwards"})
    purchase_id = fields.Integer(allow_none=True)
    origin_key = fields.String(allow_none=True)
    note = fields.String()
    by = fields.Nested(NamedPersonView, allow_none=True)
    occurred_at = fields.AwareDateTime()


class ReservationView(View):
    id = fields.Integer()
    store_id = fields.Integer()
    product = fields.Nested(SoldProductView)
    customer = fields.Nested(NamedPersonView)
    quantity = fields.Decimal(as_string=True)
    state = choice_field(ReservationState)
    origin_key = fields.String(metadata={"description": "what it is kept back for"})
    reserved_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


StockPage = page_schema(StockView)
MovementPage = page_schema(MovementView)
ReservationPage = page_schema(ReservationView)
