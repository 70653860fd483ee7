"""What the product and purchase routes take and give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.core.i18n import LOCALES, N_
from app.core.paging import PageArgs
from app.core.phone import parse_e164
from app.core.schemas import Input, Text3Field, View, page_schema
from app.customers.schemas import BIGGEST_ID, NamedPersonView, id_field, text_field
from app.purchases.changes import Correction, NewReturn, ReturnedLine
from app.purchases.models import FOLLOW_UP_DAY
from app.purchases.service import NewLine, NewProduct, NewPurchase
from app.purchases.values import BARCODE, ChangeKind

MOST_AT_ONCE = 2000
BIGGEST = 999_999_999


def money_field(*, about: str = "", **options: Any) -> fields.Decimal:
    """An amount with two places; sent as text, because a float can't hold cents."""
    described = {"pattern": r"^[0-9]{1,9}(\.[0-9]{1,2})?$"} | ({"description": about} if about else {})
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


def follow_up_field(**options: Any) -> fields.Integer:
    described = {"description": "days after a purchase until we ask how it does; null for never"}
    in_a_year = validate.Range(min=1, max=365)
    return fields.Integer(strict=True, allow_none=True, validate=in_a_year, metadata=described, **options)


def age_field(**options: Any) -> fields.Integer:
    described = {"description": "the age in months from which a child has outgrown it; null for none"}
    in_childhood = validate.Range(min=1, max=240)
    return fields.Integer(strict=True, allow_none=True, validate=in_childhood, metadata=described, **options)


def barcode_field(**options: Any) -> fields.String:
    described = {"description": "what is printed on the pack: digits and capital letters; null for none"}
    printed = validate.Regexp(rf"^{BARCODE.pattern}\Z")
    return fields.String(allow_none=True, validate=printed, metadata=described, **options)


LARGE = {"description": "too big to carry home: brought the day after it was bought"}
CONSUMABLE = {"description": "used up and bought again: reorders tell when it runs out"}
NEXT = {"description": "what a child uses afterwards, such as formula of the next stage"}


class CreateProduct(Input):
    code = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z"))
    name = fields.Nested(ProductNameInput, required=True)
    barcode = barcode_field(load_default=None)
    category = text_field(longest=64, blank=False, required=True)
    pack_size = quantity_field(allow_none=True, load_default=None)
    unit = text_field(longest=24, load_default="")
    is_restricted = fields.Boolean(load_default=False)
    follow_up_day = follow_up_field(load_default=FOLLOW_UP_DAY)
    is_large = fields.Boolean(load_default=False, metadata=LARGE)
    is_consumable = fields.Boolean(load_default=False, metadata=CONSUMABLE)
    until_age_months = age_field(load_default=None)
    next_product_id = id_field(allow_none=True, load_default=None, metadata=NEXT)

    @post_load
    def as_product(self, data: dict[str, Any], **_: Any) -> NewProduct:
        return NewProduct(**data)


class UpdateProduct(Input):
    version = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=BIGGEST_ID))
    name = fields.Nested(ProductNameInput)
    barcode = barcode_field()
    category = text_field(longest=64, blank=False)
    pack_size = quantity_field(allow_none=True)
    unit = text_field(longest=24)
    is_restricted = fields.Boolean()
    follow_up_day = follow_up_field()
    is_active = fields.Boolean()
    is_large = fields.Boolean(metadata=LARGE)
    is_consumable = fields.Boolean(metadata=CONSUMABLE)
    until_age_months = age_field()
    next_product_id = id_field(allow_none=True, metadata=NEXT)


class ProductArgs(PageArgs):
    q = text_field(longest=80)
    category = text_field(longest=64)
    include_inactive = fields.Boolean(load_default=False)


class PurchaseLineInput(Input):
    product_id = id_field()
    product_code = text_field(longest=64)
    quantity = quantity_field(required=True)
    amount = money_field(required=True)
    is_taken = fields.Boolean(load_default=False, metadata={"description": "carried home, however large it is"})

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


class CorrectPurchase(Input):
    """What the receipt should have said; a field left out stays. `lines` replaces all lines."""

    external_id = text_field(longest=128, blank=False, required=True)
    reason = text_field(longest=500, load_default="")
    customer_id = id_field()
    customer_phone = text_field(longest=40, metadata={"description": "E.164, such as +85291234567"})
    seller_id = id_field()
    bought_at = fields.AwareDateTime()
    total = money_field()
    lines = fields.List(fields.Nested(PurchaseLineInput), validate=validate.Length(min=1, max=200))

    @validates_schema
    def changes_something(self, data: dict[str, Any], **_: Any) -> None:
        if not set(data) - {"external_id", "reason"}:
            raise ValidationError({"lines": [N_("Say what the receipt should have said.")]})
        if "customer_id" in data and "customer_phone" in data:
            _exactly_one(data, "customer_id", "customer_phone")

    @post_load
    def as_correction(self, data: dict[str, Any], **_: Any) -> Correction:
        lines = [NewLine(**line) for line in data.pop("lines")] if "lines" in data else None
        if "customer_phone" in data:
            data["customer_phone"] = parse_e164(data["customer_phone"])
        return Correction(lines=lines, **data)


class ReturnedLineInput(Input):
    line_id = fields.Integer(strict=True, validate=validate.Range(min=1, max=2**63 - 1))
    product_id = id_field()
    product_code = text_field(longest=64)
    quantity = quantity_field(required=True)
    refund = money_field(about="else the share of the amount")
    is_restocked = fields.Boolean(load_default=False, metadata={"description": "it went back on the shelf"})

    @validates_schema
    def names_one_line(self, data: dict[str, Any], **_: Any) -> None:
        if sum(data.get(name) is not None for name in ("line_id", "product_id", "product_code")) != 1:
            raise ValidationError({"line_id": [N_("Name the line by its id or by its product, by one of them.")]})


class ReturnGoods(Input):
    external_id = text_field(longest=128, blank=False, required=True)
    reason = text_field(longest=500, load_default="")
    returned_at = fields.AwareDateTime()
    lines = fields.List(fields.Nested(ReturnedLineInput), required=True, validate=validate.Length(min=1, max=200))

    @post_load
    def as_return(self, data: dict[str, Any], **_: Any) -> NewReturn:
        return NewReturn(lines=[ReturnedLine(**line) for line in data.pop("lines")], **data)


class PurchaseArgs(PageArgs):
    customer_id = id_field(strict=False)
    store_id = id_field(strict=False)
    source = text_field(longest=64, metadata={"description": "with external_id: the receipt as the till names it"})
    external_id = text_field(longest=128)


class ProductView(View):
    id = fields.Integer()
    code = fields.String()
    barcode = fields.String(allow_none=True)
    name = Text3Field()
    category = fields.String()
    pack_size = fields.Decimal(as_string=True, allow_none=True)
    unit = fields.String()
    is_restricted = fields.Boolean()
    follow_up_day = fields.Integer(allow_none=True)
    is_active = fields.Boolean()
    is_large = fields.Boolean(metadata=LARGE)
    is_consumable = fields.Boolean(metadata=CONSUMABLE)
    until_age_months = fields.Integer(allow_none=True)
    next_product_id = fields.Integer(allow_none=True)
    version = fields.Integer()


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
    returned = fields.Decimal(as_string=True)
    refunded = fields.Decimal(as_string=True)
    is_taken = fields.Boolean()


class PurchaseView(View):
    id = fields.Integer()
    source = fields.String()
    external_id = fields.String()
    customer = fields.Nested(NamedPersonView)
    store_id = fields.Integer()
    seller = fields.Nested(NamedPersonView, allow_none=True)
    bought_at = fields.AwareDateTime()
    total = fields.Decimal(as_string=True)
    refunded = fields.Decimal(as_string=True)
    net_total = fields.Decimal(as_string=True, metadata={"description": "what the customer has really paid"})
    currency = fields.String()
    version = fields.Integer()
    corrected_at = fields.AwareDateTime(allow_none=True)
    lines = fields.List(fields.Nested(PurchaseLineView))
    recorded_at = fields.AwareDateTime()


class RecordedPurchaseView(PurchaseView):
    is_new = fields.Boolean(metadata={"description": "false when it had been sent before"})


class PurchaseChangeView(View):
    id = fields.Integer()
    external_id = fields.String()
    kind = fields.String(validate=validate.OneOf([kind.value for kind in ChangeKind]))
    version = fields.Integer(metadata={"description": "the version of the purchase that this change made"})
    reason = fields.String()
    by = fields.String(metadata={"description": "staff:7 or system"})
    before = fields.Dict()
    after = fields.Dict()
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()


class PurchaseChangesView(View):
    items = fields.List(fields.Nested(PurchaseChangeView))


class ChangedPurchaseView(View):
    purchase = fields.Nested(PurchaseView)
    change = fields.Nested(PurchaseChangeView)
    is_new = fields.Boolean(metadata={"description": "false when it had been sent before"})


class RecordedBatchView(View):
    items = fields.List(fields.Nested(RecordedPurchaseView))


ProductPage = page_schema(ProductView)
PurchasePage = page_schema(PurchaseView)


def _exactly_one(data: dict[str, Any], first: str, second: str) -> None:
    if (data.get(first) is None) == (data.get(second) is None):
        raise ValidationError({first: [N_("Give either the id or the other name, not both and not none.")]})
