"""What the product and purchase routes take and give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.core.i18n import LOCALES, N_
from app.core.paging import PageArgs
from app.core.phone import parse_e164
from app.core.schemas import Input, Text3Field, View, page_schema
from app.customers.schemas import NamedPersonView, id_field, text_field
from app.purchases.models import FOLLOW_UP_DAY
from app.purchases.service import NewLine, NewProduct, NewPurchase

MOST_AT_ONCE = 200
BIGGEST = 999_999_999


def money_field(**options: Any) -> fields.Decimal:
    """An amount with two places; sent as text, because a float can't hold cents."""
    described = {"pattern": r"^[0-9]{1,9}(\.[0-9]{1,2})?$"}
    return fields.Decimal(places=2, as_string=True, validate=_is_no_debt, metadata=described, **options)


def quantity_field(**options: Any) -> fields.Decimal:
    described = {"pattern": r"^[0-9]{1,9}(\.[0-9]{1,3})?$"}
    return fields.Decimal(places=3, as_string=True, validate=_is_some, metadata=described, **options)


# Not validate.Range: its bounds would be described as texts, which OpenAPI forbids.
def _is_no_debt(value: Decimal) -> None:
    if not 0 <= value <= BIGGEST:
        raise ValidationError(N_("This must lie between 0 and 999999999."))


def _is_some(value: Decimal) -> None:
    if not 0 < value <= BIGGEST:
        raise ValidationError(N_("This must be more than 0 and at most 999999999."))


class ProductNameInput(Input):
    """A name in every language."""

    zh_Hans = text_field(longest=200, blank=False, required=True)  # noqa: N815
    zh_Hant = text_field(longest=200, blank=False, required=True)  # noqa: N815
    en = text_field(longest=200, blank=False, required=True)


assert set(ProductNameInput().fields) == set(LOCALES)


class CreateProduct(Input):
    code = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z"))
    name = fields.Nested(ProductNameInput, required=True)
    category = text_field(longest=64, blank=False, required=True)
    pack_size = quantity_field(allow_none=True, load_default=None)
    unit = text_field(longest=24, load_default="")
    is_restricted = fields.Boolean(load_default=False)
    follow_up_day = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=FOLLOW_UP_DAY,
        validate=validate.Range(min=1, max=365),
        metadata={"description": "days after a purchase until we ask how it does; null for never"},
    )

    @post_load
    def as_product(self, data: dict[str, Any], **_: Any) -> NewProduct:
        return NewProduct(**data)


class ProductArgs(PageArgs):
    q = text_field(longest=80)
    category = text_field(longest=64)
    include_inactive = fields.Boolean(load_default=False)


class PurchaseLineInput(Input):
    product_id = id_field()
    product_code = text_field(longest=64)
    quantity = quantity_field(required=True)
    amount = money_field(required=True)

    @validates_schema
    def names_one_product(self, data: dict[str, Any], **_: Any) -> None:
        _exactly_one(data, "product_id", "product_code")


class RecordPurchase(Input):
    source = text_field(longest=64, blank=False, required=True)
    external_id = text_field(longest=128, blank=False, required=True)
    customer_id = id_field()
    customer_phone = text_field(longest=40, metadata={"description": "E.164, such as +85291234567"})
    store_id = id_field(required=True)
    seller_id = id_field(allow_none=True)
    bought_at = fields.AwareDateTime(required=True)
    total = money_field()
    currency = fields.String(validate=validate.Regexp(r"^[A-Z]{3}\Z"))
    lines = fields.List(fields.Nested(PurchaseLineInput), required=True, validate=validate.Length(min=1, max=200))

    @validates_schema
    def names_one_customer(self, data: dict[str, Any], **_: Any) -> None:
        _exactly_one(data, "customer_id", "customer_phone")

    @post_load
    def as_purchase(self, data: dict[str, Any], **_: Any) -> NewPurchase:
        lines = [NewLine(**line) for line in data.pop("lines")]
        if "customer_phone" in data:
            data["customer_phone"] = parse_e164(data["customer_phone"])
        return NewPurchase(lines=lines, **data)


class PurchaseArgs(PageArgs):
    customer_id = id_field(strict=False)
    store_id = id_field(strict=False)


class ProductView(View):
    id = fields.Integer()
    code = fields.String()
    name = Text3Field()
    category = fields.String()
    pack_size = fields.Decimal(as_string=True, allow_none=True)
    unit = fields.String()
    is_restricted = fields.Boolean()
    follow_up_day = fields.Integer(allow_none=True)
    is_active = fields.Boolean()


class SoldProductView(View):
    id = fields.Integer()
    code = fields.String()
    name = Text3Field()
    unit = fields.String()
    is_restricted = fields.Boolean()


class PurchaseLineView(View):
    id = fields.Integer()
    product = fields.Nested(SoldProductView)
    quantity = fields.Decimal(as_string=True)
    amount = fields.Decimal(as_string=True)


class PurchaseView(View):
    id = fields.Integer()
    source = fields.String()
    external_id = fields.String()
    customer = fields.Nested(NamedPersonView)
    store_id = fields.Integer()
    seller = fields.Nested(NamedPersonView, allow_none=True)
    bought_at = fields.AwareDateTime()
    total = fields.Decimal(as_string=True)
    currency = fields.String()
    lines = fields.List(fields.Nested(PurchaseLineView))
    recorded_at = fields.AwareDateTime()


class RecordedPurchaseView(PurchaseView):
    is_new = fields.Boolean(metadata={"description": "false when it had been sent before"})


class RecordedBatchView(View):
    items = fields.List(fields.Nested(RecordedPurchaseView))


ProductPage = page_schema(ProductView)
PurchasePage = page_schema(PurchaseView)


def _exactly_one(data: dict[str, Any], first: str, second: str) -> None:
    if (data.get(first) is None) == (data.get(second) is None):
        raise ValidationError({first: [N_("Give either the id or the other name, not both and not none.")]})
