"""Keyset pages: a cursor names the last row seen, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import desc_op

from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.schemas import Input

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class PageArgs(Input):
    """Query of every list."""

    cursor = fields.String(validate=validate.Length(max=600))
    limit = fields.Integer(validate=validate.Range(min=1, max=MAX_LIMIT), load_default=DEFAULT_LIMIT)


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursor of the next, if any.

    A row is the entity itself for a select of one entity, else the Row (its key columns stand again at the end).
    """

    rows: Sequence[Any]
    next_cursor: str | None


def page_of(stmt: Select[Any], *, keys: Sequence[Any], cursor: str | None, limit: int | None) -> Page:
    """One page of `stmt` ordered by `keys`.

    `keys` are columns or `.desc()` of columns, all in one direction, not null, together unique (end with the id).
    Raises Invalid for a cursor that is not ours.
    """
    size = min(limit or DEFAULT_LIMIT, MAX_LIMIT)
    descending = any(_is_descending(key) for key in keys)
    columns = [_column(key) for key in keys]
    if cursor:
        seen = tuple_(*_decode(cursor, columns))
        position = tuple_(*columns)
        stmt = stmt.where(position < seen if descending else position > seen)
    stmt = stmt.add_columns(*columns).order_by(*keys).limit(size + 1)
    found = db.session.execute(stmt).all()
    single = len(found[0]) == len(columns) + 1 if found else False
    rows = [row[0] if single else row for row in found[:size]]
    more = len(found) > size
    return Page(rows=rows, next_cursor=_encode(found[size - 1][-len(columns) :]) if more else None)


def _is_descending(key: Any) -> bool:
    return isinstance(key, UnaryExpression) and key.modifier is desc_op


def _column(key: Any) -> ColumnElement[Any]:
    return key.element if isinstance(key, UnaryExpression) else key


def _encode(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, date | datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, default=str).encode()).decode().rstrip("=")


def _decode(cursor: str, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(columns):
            raise ValueError("not a cursor of this list")
        return [_as_type(value, column) for value, column in zip(values, columns, strict=True)]
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError) as error:
        raise Invalid(errors={"cursor": [N_("This is not a cursor of this list.")]}) from error


def _as_type(value: Any, column: ColumnElement[Any]) -> Any:
    wanted = column.type.python_type
    if wanted in (datetime, date):
        return wanted.fromisoformat(value)
    if wanted is int and (isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63):
        raise ValueError("not a number of this list")
    if wanted is str and (not isinstance(value, str) or "\x00" in value):
        raise ValueError("not a text of this list")
    return wanted(value) if not isinstance(value, wanted) else value
