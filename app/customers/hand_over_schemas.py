"""What the routes of hand-overs take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from app.core.schemas import Input, View, page_schema
from app.customers.hand_over_models import LineState, Why
from app.customers.schemas import NamedPersonView, choice_field, id_field, text_field

MOST_CHOSEN = 5000


class HandOverCustomers(Input):
    from_id = id_field(required=True)
    to_id = id_field(required=True)
    why = choice_field(Why, required=True)
    customer_ids = fields.List(
        id_field(),
        allow_none=True,
        load_default=None,
        validate=validate.Length(min=1, max=MOST_CHOSEN),
        metadata={"description": "all of the person's customers in your stores, if left out"},
    )
    until = fields.AwareDateTime(allow_none=True, load_default=None, metadata={"description": "null: for good"})
    time_off_id = id_field(allow_none=True, load_default=None)
    note = text_field(longest=300, load_default="")


class HandOverView(View):
    id = fields.Integer()
    from_ = fields.Nested(NamedPersonView, attribute="from", data_key="from")
    to = fields.Nested(NamedPersonView)
    why = choice_field(Why)
    note = fields.String()
    until = fields.AwareDateTime(allow_none=True)
    made_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    customers = fields.Integer()
    refused = fields.Integer()


HandOverPage = page_schema(HandOverView)


class LineView(View):
    id = fields.Integer()
    hand_over_id = fields.Integer()
    customer_id = fields.Integer()
    from_id = fields.Integer()
    to_id = fields.Integer()
    state = choice_field(LineState)
    answer = fields.String(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    words = fields.String()
    ended_at = fields.AwareDateTime(allow_none=True)


class RefusalView(LineView):
    customer = fields.String()
    was = fields.String()
    now = fields.String()


RefusalPage = page_schema(RefusalView)


class AnswerHandOver(Input):
    is_fine = fields.Boolean(required=True)
    words = text_field(longest=500, load_default="")


class SettleRefusal(Input):
    to_id = id_field(allow_none=True, load_default=None, metadata={"description": "null: it stays after a talk"})
    note = text_field(longest=300, load_default="")


class BookView(View):
    staff_id = fields.Integer()
    customers = fields.Integer()
    absence_id = fields.Integer(allow_none=True)
    absence_ends_at = fields.AwareDateTime(allow_none=True)
    covers = fields.List(fields.Nested(NamedPersonView))
    standing = fields.List(fields.Integer(), metadata={"description": "hand-overs that will come back"})
