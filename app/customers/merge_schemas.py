"""What the routes of duplicates and merges take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from app.core.paging import PageArgs
from app.core.schemas import Input, View, page_schema
from app.customers.merging import FIELDS, Choice
from app.customers.schemas import id_field


class DuplicateArgs(PageArgs):
    store_id = id_field()


class AlikeView(View):
    """One of two files that look alike; the number is masked."""

    id = fields.Integer()
    name = fields.String()
    phone_masked = fields.String(allow_none=True)
    store_id = fields.Integer()
    address = fields.String()
    district = fields.String()
    created_at = fields.AwareDateTime()


class PairView(View):
    score = fields.Integer(metadata={"description": "how much speaks for one person, up to 100"})
    evidence = fields.List(fields.String())
    older = fields.Nested(AlikeView)
    newer = fields.Nested(AlikeView)
    differs_in = fields.List(fields.String())
    found_at = fields.AwareDateTime()


PairPage = page_schema(PairView)


class FoundView(View):
    pairs = fields.Integer()
    changed = fields.Integer()
    outdated = fields.Integer()


class MergeFiles(Input):
    gone_id = id_field(required=True, metadata={"description": "the file that goes into this one"})
    choices = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(FIELDS))),
        values=fields.String(validate=validate.OneOf(list(Choice))),
        load_default=dict,
        metadata={"description": "field -> whose value the file has afterwards: kept, gone, or both (lists only)"},
    )
    join_households = fields.Boolean(allow_none=True, load_default=None)


class TellApart(Input):
    other_id = id_field(required=True)


class ToldApartView(View):
    ids = fields.List(fields.Integer())
    state = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)


class MergeView(View):
    id = fields.Integer()
    gone_id = fields.Integer()
    gone_name = fields.String()
    kept_id = fields.Integer()
    merged_at = fields.AwareDateTime()
    merged_by_id = fields.Integer(allow_none=True)
    moved = fields.Dict(keys=fields.String(), values=fields.Integer())
    undone_at = fields.AwareDateTime(allow_none=True)
    obstacle = fields.String(allow_none=True, metadata={"description": "why it can't be undone now"})


class UndoneMergeView(MergeView):
    stayed = fields.Dict(keys=fields.String(), values=fields.Integer())


MergePage = page_schema(MergeView)
