"""Shapes of the points routes. Reasons are stored as catalog ids and said here in the reader's language."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields, validate

from app.core.paging import PageArgs
from app.core.schemas import Input, Text3Field, View, page_schema
from app.points.models import EntryState
from app.points.rules import MAX_AMOUNT, RuleKey
from app.points.seasons import SEASON_PATTERN

MAX_ID = 2**31 - 1
MAX_BIG_ID = 2**63 - 1


def _id(maximum: int = MAX_ID, **kwargs: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=maximum), **kwargs)


def _season(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(SEASON_PATTERN), metadata={"example": "2027-03"}, **kwargs)


class RuleView(View):
    key = fields.String()
    amount = fields.Integer()
    params = fields.Dict(keys=fields.String(), values=fields.Integer())
    what = Text3Field()
    why = Text3Field()
    reward = Text3Field()
    penalty = Text3Field()


class RuleSetView(View):
    id = fields.Integer()
    version = fields.Integer()
    summary = Text3Field()
    published_at = fields.AwareDateTime()
    valid_from = fields.AwareDateTime()
    in_force = fields.Boolean()
    acknowledged_at = fields.AwareDateTime(allow_none=True)
    rules = fields.List(fields.Nested(RuleView))


RuleSetPage = page_schema(RuleSetView)


class RuleChangeInput(Input):
    """What changes in one rule; left out, the last version's value stays."""

    key = fields.Enum(RuleKey, by_value=True, required=True)
    amount = fields.Integer(strict=True, validate=validate.Range(min=0, max=MAX_AMOUNT))
    params = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True))
    what = Text3Field()
    why = Text3Field()
    reward = Text3Field()
    penalty = Text3Field()


class PublishRules(Input):
    summary = Text3Field(required=True)
    valid_from = fields.AwareDateTime(metadata={"description": "now or later; left out, at once"})
    rules = fields.List(fields.Nested(RuleChangeInput), load_default=list, validate=validate.Length(max=len(RuleKey)))


class AcknowledgementView(View):
    rule_set_id = fields.Integer()
    acknowledged_at = fields.AwareDateTime()


class EntryArgs(PageArgs):
    staff_id = _id()
    store_id = _id()
    task_id = _id(MAX_BIG_ID)
    season = _season()
    state = fields.String(validate=validate.OneOf([state.value for state in EntryState]))


class EntryView(View):
    id = fields.Integer()
    associate_id = fields.Integer()
    associate_name = fields.String()
    store_id = fields.Integer()
    task_id = fields.Integer(allow_none=True)
    task_number = fields.String(allow_none=True)
    season = fields.String()
    rule_version = fields.Integer()
    rule_key = fields.String()
    amount = fields.Integer()
    reason = fields.Function(lambda entry: reason_of(entry), metadata={"type": "string"})
    evidence = fields.Dict()
    state = fields.String()
    effective_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    vests_at = fields.AwareDateTime()
    vested_at = fields.AwareDateTime(allow_none=True)
    reverses_id = fields.Integer(allow_none=True)
    reversed_by_id = fields.Integer(allow_none=True)


EntryPage = page_schema(EntryView)


class StandingView(View):
    rank = fields.Integer()
    staff_id = fields.Integer()
    name = fields.String()
    vested = fields.Integer()
    pending = fields.Integer()
    entries_count = fields.Integer()
    is_me = fields.Boolean()
    trend = fields.Integer(allow_none=True)


class MyPointsView(View):
    today = fields.Integer()
    season = fields.Integer()
    season_key = fields.String()
    rank = fields.Integer(allow_none=True)
    trend = fields.Integer(allow_none=True)
    pending = fields.Integer()
    neighbours = fields.List(
        fields.Nested(StandingView), metadata={"description": "the own place and the nearest two above and below"}
    )
    entries = fields.List(fields.Nested(EntryView))


class BoardArgs(Input):
    store_id = _id()
    season = _season()
    limit = fields.Integer(validate=validate.Range(min=1, max=200), load_default=20)


class BoardView(View):
    season = fields.String()
    store_id = fields.Integer(allow_none=True)
    is_whole = fields.Boolean(metadata={"description": "false: only the own place and its neighbours"})
    lines = fields.List(fields.Nested(StandingView))
    me = fields.Nested(StandingView, allow_none=True)


def reason_of(entry: Any) -> str:
    """The arithmetic of a line in the reader's language."""
    return str(gettext(entry.message, **entry.params))
