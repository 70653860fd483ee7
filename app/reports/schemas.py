"""What the report routes take and give."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields, validate

from app.core.i18n import LOCALES
from app.core.paging import PageArgs
from app.core.schemas import Input, View
from app.messaging.kinds import Kind
from app.messaging.models import Reach
from app.messaging.stage import Course, Fate
from app.messaging.templates import VARIABLES

BIGGEST_ID = 2**31 - 1
COURSES = [course.value for course in Course]
FATES = [fate.value for fate in Fate if fate is not Fate.WAITS]


class RehearsalArgs(PageArgs):
    store_id = fields.Integer(required=True, validate=validate.Range(min=1, max=BIGGEST_ID))
    date = fields.Date(required=True)
    course = fields.String(validate=validate.OneOf(COURSES), load_default=Course.LIKELY.value)
    afresh = fields.Boolean(
        load_default=False,
        metadata={"description": "as if nothing had been told yet; a day that is over is always played so"},
    )
    fate = fields.String(
        validate=validate.OneOf(FATES), metadata={"description": "only customers with a text of this fate"}
    )


DraftTexts = Input.from_dict(
    {locale: fields.String(required=True, validate=validate.Length(max=1000)) for locale in LOCALES}, name="DraftTexts"
)


class DraftArgs(Input):
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in VARIABLES]))
    task_type = fields.String(validate=validate.OneOf(["", "home_visit", "delivery", "callback"]), load_default="")
    reach = fields.String(required=True, validate=validate.OneOf([reach.value for reach in Reach]))
    texts = fields.Nested(DraftTexts, required=True)


class RehearseWithDraft(RehearsalArgs):
    """The same play with a wording that is not published yet."""

    draft = fields.Nested(DraftArgs, required=True)


class Reason(fields.String):
    """A stored English source text, shown in the reader's language."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(gettext(value) if value else None, attr, obj, **kwargs)


class CostView(View):
    currency = fields.String()
    amount = fields.Decimal(as_string=True)


class SumView(View):
    messages = fields.Integer()
    segments = fields.Integer()
    held = fields.Integer(metadata={"description": "kept back for a while"})
    costs = fields.List(fields.Nested(CostView))


class DelayView(View):
    reason = Reason()
    at = fields.AwareDateTime()
    until = fields.AwareDateTime()


class PlayedTextView(View):
    task_id = fields.Integer(allow_none=True)
    kind = fields.String(validate=validate.OneOf([kind.value for kind in Kind]))
    status = fields.String(validate=validate.OneOf(FATES))
    status_reason = Reason(allow_none=True)
    due_at = fields.AwareDateTime()
    goes_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime()
    held = fields.List(fields.Nested(DelayView))
    text = fields.String()
    encoding = fields.String()
    segments = fields.Integer()
    country = fields.String()
    cost = fields.Decimal(as_string=True)
    currency = fields.String()
    is_written = fields.Boolean(metadata={"description": "its row lies there already; a new wording won't change it"})


class PlayedCustomerView(View):
    id = fields.Integer()
    name = fields.String()
    phone_masked = fields.String()
    locale = fields.String()


class CustomerPartView(View):
    customer = fields.Nested(PlayedCustomerView)
    messages = fields.Integer()
    segments = fields.Integer()
    costs = fields.List(fields.Nested(CostView))
    texts = fields.List(fields.Nested(PlayedTextView))


class WhyView(View):
    status = fields.String()
    reason = Reason()
    count = fields.Integer()


class HourView(SumView):
    starts_at = fields.AwareDateTime()


class KindSumView(SumView):
    kind = fields.String()


class RehearsalView(View):
    """What a store's day would send. Nothing is sent, nothing is stored."""

    store_id = fields.Integer()
    zone = fields.String()
    date = fields.Date()
    course = fields.String()
    afresh = fields.Boolean()
    tasks = fields.Integer()
    is_cut = fields.Boolean(metadata={"description": "the day has more tasks than are played"})
    without_phone = fields.Integer()
    already_sent = fields.Integer()
    total = fields.Nested(SumView)
    fates = fields.Dict(keys=fields.String(), values=fields.Integer())
    reasons = fields.List(fields.Nested(WhyView))
    hours = fields.List(fields.Nested(HourView))
    kinds = fields.List(fields.Nested(KindSumView))
    items = fields.List(fields.Nested(CustomerPartView))
    next_cursor = fields.String(allow_none=True)
