"""Bases of the API's schemas: what comes in is checked strictly, what goes out is declared."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields


class Input(Schema):
    """A request body or query. Unknown fields are an error, so that a typo is never silently dropped."""

    class Meta:
        unknown = RAISE


class View(Schema):
    """An answer."""


class Text3Field(fields.Dict):
    """A text in zh_Hans, zh_Hant and en."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), **kwargs)


class ProblemView(View):
    """RFC 9457 problem document."""

    type = fields.String(metadata={"description": "urn:huifang:problem:<code>"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String(metadata={"description": "stable, for programs"})
    errors = fields.Dict(metadata={"description": "field path -> messages"})
    request_id = fields.String()


def page_schema(item: type[Schema]) -> type[Schema]:
    """Schema of a list answer: {items, next_cursor}."""
    return type(
        item.__name__.removesuffix("View") + "Page",
        (View,),
        {"items": fields.List(fields.Nested(item)), "next_cursor": fields.String(allow_none=True)},
    )
