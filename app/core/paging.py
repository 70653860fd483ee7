"""Keyset pages: a cursor names the last row seen, so page 1,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, Integer, Select, bindparam, tuple_
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


class Pages:
    """A list that is read page by page. A statement kept for many requests takes its values as parameters.

    `keys` are columns or `.desc()` of columns, all in one direction, not null, together unique (end with the id).
    """

    def __init__(self, stmt: Select[Any], *, keys: Sequence[Any]) -> None:
        self._columns = [_column(key) for key in keys]
        self._descending = any(_is_descending(key) for key in keys)
        self._first = stmt.add_columns(*self._columns).order_by(*keys).limit(bindparam("page_size", type_=Integer))

    @cached_property
    def _later(self) -> Select[Any]:
        seen = tuple_(*(bindparam(name, type_=column.type) for name, column in self._cursor_columns()))
        position = tuple_(*self._columns)
        return self._first.where(position < seen if self._descending else position > seen)

    def _cursor_columns(self) -> Iterator[tuple[str, ColumnElement[Any]]]:
        return ((f"cursor_{number}", column) for number, column in enumerate(self._columns))

    def read(self, *, cursor: str | None, limit: int | None, values: Mapping[str, Any] | None = None) -> Page:
        """One page, with `values` for the parameters of the statement. Raises Invalid for a cursor that is not ours."""
        size = min(limit or DEFAULT_LIMIT, MAX_LIMIT)
        parameters = {**(values or {}), "page_size": size + 1}
        if cursor:
            seen = _decode(cursor, self._columns)
            parameters |= {name: value for (name, _), value in zip(self._cursor_columns(), seen, strict=True)}
        found = db.session.execute(self._later if cursor else self._first, parameters).all()
        width = len(self._columns)
        single = len(found[0]) == width + 1 if found else False
        rows = [row[0] if single else row for row in found[:size]]
        more = len(found) > size
        return Page(rows=rows, next_cursor=_encode(found[size - 1][-width:]) if more else None)


def page_of(stmt: Select[Any], *, keys: Sequence[Any], cursor: str | None, limit: int | None) -> Page:
    """One page of a statement made for this request; see Pages."""
    return Pages(stmt, keys=keys).read(cursor=cursor, limit=limit)


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
