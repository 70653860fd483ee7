"""What the routes of plans take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from app.careplans.plan_settings import PlanKind
from app.careplans.service import LONGEST_NAME, LONGEST_NOTE, MADE_HERE
from app.core.i18n import LOCALES
from app.core.schemas import Input, Text3Field, View

VERSION = validate.Range(min=1, max=2**31 - 1)
KIND = validate.OneOf([kind.value for kind in MADE_HERE])


NAME_KEYS = fields.String(validate=validate.OneOf(LOCALES))
NAME_VALUES = fields.String(validate=validate.Length(min=1, max=LONGEST_NAME))
PARTS = fields.String(validate=validate.OneOf(["segment", "timing", "action", "season"]))
ABOUT_SETTINGS = {
    "description": "segment {conditions: [{field, op, value}]}, timing (by kind), action {by, minutes, hours, words,"
    " made_days_before}, season {from, until} or null; checked part by part, each faulty field is named"
}


class CreatePlan(Input):
    kind = fields.String(required=True, validate=KIND)
    name = fields.Dict(keys=NAME_KEYS, values=NAME_VALUES, required=True)
    settings = fields.Dict(keys=PARTS, required=True, metadata=ABOUT_SETTINGS)
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST_NOTE))


class ChangePlan(Input):
    version = fields.Integer(required=True, validate=VERSION)
    name = fields.Dict(keys=NAME_KEYS, values=NAME_VALUES, load_default=None)
    settings = fields.Dict(keys=PARTS, load_default=None, metadata=ABOUT_SETTINGS)
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST_NOTE))


class SwitchPlan(Input):
    version = fields.Integer(load_default=None, validate=VERSION, metadata={"description": "the version you have seen"})


class DraftPlan(Input):
    kind = fields.String(required=True, validate=KIND)
    settings = fields.Dict(keys=PARTS, required=True, metadata=ABOUT_SETTINGS)
    plan_id = fields.Integer(
        load_default=None,
        validate=VERSION,
        metadata={"description": "the plan of which this is an edit; its touches that stand are not counted twice"},
    )


class PlanView(View):
    id = fields.Integer()
    key = fields.String()
    kind = fields.String(validate=validate.OneOf([kind.value for kind in PlanKind]))
    name = Text3Field()
    is_on = fields.Boolean()
    version = fields.Integer(metadata={"description": "rises with every change of the plan"})
    number = fields.Integer(metadata={"description": "of the settings in force"})
    settings = fields.Dict()
    published_at = fields.AwareDateTime()


class PlanVersionView(View):
    number = fields.Integer()
    settings = fields.Dict()
    published_at = fields.AwareDateTime()
    published_by = fields.String(allow_none=True)
    note = fields.String()


class PlanFile(PlanView):
    people = fields.Integer(metadata={"description": "customers of the segment today, of those you may see"})
    versions = fields.List(fields.Nested(PlanVersionView))


class PlanLine(PlanView):
    people = fields.Integer()
    touches_ahead = fields.Integer(metadata={"description": "touches that stand for the next 14 days"})


class PlanList(View):
    items = fields.List(fields.Nested(PlanLine))
    next_cursor = fields.String(allow_none=True)


class ForecastArgs(Input):
    store_id = fields.Integer(validate=VERSION)


class ForecastWeekView(View):
    week = fields.Date(metadata={"description": "its Monday"})
    touches = fields.Integer(metadata={"description": "all touches, texts too, after merging"})
    tasks = fields.Integer()
    minutes = fields.Integer(metadata={"description": "that these tasks are expected to take"})
    booked_minutes = fields.Integer(metadata={"description": "of tasks that stand already"})
    available_minutes = fields.Integer(metadata={"description": "that the associates are there, without time off"})


class ForecastStoreView(View):
    store_id = fields.Integer()
    name = fields.String()
    weeks = fields.List(fields.Nested(ForecastWeekView))


class ForecastView(View):
    first = fields.Date()
    last = fields.Date()
    people = fields.Integer(metadata={"description": "customers of the segment; of all plans, those with a touch"})
    share = fields.Integer(metadata={"description": "counted for one household in so many; 1 is all of them"})
    stores = fields.List(fields.Nested(ForecastStoreView))


class WhyConditionView(View):
    words = fields.String()
    holds = fields.Boolean()


class WhyTouchView(View):
    occurrence_id = fields.Integer()
    due_day = fields.Date()
    booked_day = fields.Date(allow_none=True)
    state = fields.String()
    reason = fields.String(allow_none=True)
    words = fields.String()
    task_id = fields.Integer(allow_none=True)


class WhyPlanView(View):
    plan_id = fields.Integer()
    name = fields.String()
    kind = fields.String()
    is_on = fields.Boolean()
    words = fields.String(metadata={"description": "the answer in one sentence, in your language"})
    next_day = fields.Date(allow_none=True)
    broken = fields.List(fields.String(), metadata={"description": "what does not hold for this customer"})
    touches = fields.List(fields.Nested(WhyTouchView))


class CustomerWhyView(View):
    customer_id = fields.Integer()
    budget = fields.List(fields.String(), metadata={"description": "what holds for all plans: the ceiling, opt-outs"})
    plans = fields.List(fields.Nested(WhyPlanView))
