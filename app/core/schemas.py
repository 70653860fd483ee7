"""Bases of the API's schemas: what comes in is checked strictly, what goes out is declared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields, pre_load

from app.core.i18n import N_


class Declared(Schema):
    """What inputs and answers share."""

    def __deepcopy__(self, _memo: Any) -> Self:
        # Nobody changes a schema after it is made, but every documenting decorator of a route copies all it documents
        # so far: copying the schemas too took half of the time to start.
        return self


class Input(Declared):
    """A request body or query. Unknown fields are an error, so that a typo is never silently dropped."""

    class Meta:
        unknown = RAISE

    @pre_load
    def _refuse_what_no_text_column_holds(self, data: Any, **_: Any) -> Any:
        """NUL and half surrogates are legal JSON, but PostgreSQL keeps neither: a 422 here instead of a 500 later."""
        if isinstance(data, Mapping):
            broken = [str(name) for name, value in data.items() if _is_unstorable(value)]
            if broken:
                raise ValidationError({name: [N_("This text holds characters that can't be kept.")] for name in broken})
        return data


def _is_unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value or (not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value))
    if isinstance(value, list):
        return any(map(_is_unstorable, value))
    # Inside of what was sent there are plain dicts only; to ask for any Mapping takes longer than all the rest.
    return isinstance(value, dict) and (any(map(_is_unstorable, value)) or any(map(_is_unstorable, value.values())))


class View(Declared):
    """An answer."""


def plain(value: object) -> str:
    """What JSON has no form for, as a View would write it: for the few answers that are too frequent for one."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


class Text3Field(fields.Dict):
    """A text in zh_Hans, zh_Hant and en."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), **kwargs)


class ProblemView(View):
    """RFC 9457 problem document. A problem may carry more: the present state, how long to wait."""

    class Meta:
        unknown = INCLUDE

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
