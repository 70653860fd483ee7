"""What the routes about daily amounts take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from app.core.schemas import Input, Text3Field, View
from app.customers.schemas import BIGGEST_ID, NamedPersonView, choice_field, id_field, text_field
from app.customers.values import GuardianChannel
from app.purchases.intakes import NewIntake, Request
from app.purchases.schemas import SoldProductView, quantity_field
from app.purchases.values import Basis


def version_field() -> fields.Integer:
    return fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=BIGGEST_ID))


class RequestInput(Input):
    """The guardian's wish to be reminded; you are kept as its collector."""

    text = text_field(longest=500, blank=False, required=True, metadata={"description": "what the guardian asked for"})
    channel = choice_field(GuardianChannel, load_default=GuardianChannel.IN_PERSON.value)
    at = fields.AwareDateTime(allow_none=True, load_default=None)

    @post_load
    def as_request(self, data: dict[str, Any], **_: Any) -> Request:
        return Request(text=data["text"], channel=GuardianChannel(data["channel"]), at=data["at"])


class AddIntake(Input):
    product_id = id_field(required=True)
    household_member_id = id_field(
        allow_none=True, load_default=None, metadata={"description": "null: the customer uses it"}
    )
    per_day = quantity_field(required=True)
    since = fields.Date(
        allow_none=True, load_default=None, metadata={"description": "else the day of the last purchase, or today"}
    )
    request = fields.Nested(RequestInput, allow_none=True, load_default=None)

    @post_load
    def as_intake(self, data: dict[str, Any], **_: Any) -> NewIntake:
        return NewIntake(**data)


class ChangeIntake(Input):
    version = version_field()
    per_day = quantity_field(required=True)
    since = fields.Date(
        allow_none=True, load_default=None, metadata={"description": "else today; earlier days keep the old amount"}
    )


class EndIntake(Input):
    version = version_field()
    last_day = fields.Date(allow_none=True, load_default=None, metadata={"description": "else yesterday"})
    reason = text_field(longest=300, load_default="")


class RequestReminders(RequestInput):
    version = version_field()

    @post_load
    def as_request(self, data: dict[str, Any], **_: Any) -> Any:
        version = data.pop("version")
        return version, Request(text=data["text"], channel=GuardianChannel(data["channel"]), at=data["at"])


class WithdrawRequest(Input):
    version = fields.Integer(required=True, validate=validate.Range(min=1, max=BIGGEST_ID))


class RequestView(View):
    text = fields.String()
    channel = choice_field(GuardianChannel)
    at = fields.AwareDateTime()
    collector = fields.Nested(NamedPersonView, allow_none=True)


class IntakeView(View):
    id = fields.Integer()
    customer_id = fields.Integer()
    household_member_id = fields.Integer(allow_none=True)
    consumer = fields.String(allow_none=True, metadata={"description": "null: the customer"})
    product = fields.Nested(SoldProductView)
    per_day = fields.Decimal(as_string=True, metadata={"description": "in the product's unit"})
    since = fields.Date()
    until = fields.Date(allow_none=True, metadata={"description": "the last day; null while it goes on"})
    end_reason = fields.String()
    request = fields.Nested(RequestView, allow_none=True)
    version = fields.Integer()


class IntakeListView(View):
    items = fields.List(fields.Nested(IntakeView))


class OpenPackView(View):
    bought_on = fields.Date()
    content = fields.Decimal(as_string=True)
    used_up_on = fields.Date()


class RunOutView(View):
    """When a household has used up a product."""

    customer_id = fields.Integer()
    household_member_id = fields.Integer(allow_none=True)
    consumer = fields.String(allow_none=True)
    product_id = fields.Integer()
    code = fields.String()
    name = Text3Field()
    unit = fields.String()
    day = fields.Date()
    basis = choice_field(Basis)
    packs = fields.List(fields.Nested(OpenPackView))
    last_bought_on = fields.Date()
    reorder_quantity = fields.Decimal(as_string=True)
    is_restricted = fields.Boolean()
    is_requested = fields.Boolean(metadata={"description": "the guardian asked to be reminded"})
    needs_delivery = fields.Boolean()
    ends_on = fields.Date(allow_none=True, metadata={"description": "from then on the child has outgrown it"})
    next_product = Text3Field(allow_none=True)
    computed_at = fields.AwareDateTime()


class RunOutListView(View):
    items = fields.List(fields.Nested(RunOutView))
