"""What the routes of countries take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from app.core.schemas import Input, View
from app.messaging.countries import Registration

CODE = validate.Regexp(r"^[A-Z]{2}\Z")
CURRENCY = validate.Regexp(r"^[A-Z]{3}\Z")
STATUS = validate.OneOf([status.value for status in Registration])
CLOCK = "%H:%M"


class ChangeSmsCountry(Input):
    version = fields.Integer(required=True, validate=validate.Range(min=1, max=2**31 - 1))
    sends = fields.Boolean(required=True, metadata={"description": "whether we send there at all"})
    two_way = fields.Boolean(required=True, metadata={"description": "whether answers reach us"})
    links = fields.Boolean(required=True)
    promotions = fields.Boolean(required=True)
    quiet_from = fields.Time(required=True, format=CLOCK)
    quiet_to = fields.Time(required=True, format=CLOCK)
    proactive_from = fields.Time(required=True, format=CLOCK)
    proactive_to = fields.Time(required=True, format=CLOCK)
    pause_from = fields.Time(load_default=None, allow_none=True, format=CLOCK)
    pause_to = fields.Time(load_default=None, allow_none=True, format=CLOCK)
    registration_status = fields.String(required=True, validate=STATUS)
    registration = fields.String(load_default="", validate=validate.Length(max=300))
    # Its limits are the country book's: as limits of this field they would stand in the description as text.
    price_per_segment = fields.Decimal(required=True, places=5)
    currency = fields.String(required=True, validate=CURRENCY)


class AddSmsCountry(ChangeSmsCountry):
    class Meta:
        exclude = ("version",)

    code = fields.String(required=True, validate=CODE)


class SmsCountryView(View):
    code = fields.String()
    version = fields.Integer()
    sends = fields.Boolean()
    two_way = fields.Boolean()
    links = fields.Boolean()
    promotions = fields.Boolean()
    quiet_from = fields.Time(format=CLOCK)
    quiet_to = fields.Time(format=CLOCK)
    proactive_from = fields.Time(format=CLOCK)
    proactive_to = fields.Time(format=CLOCK)
    pause_from = fields.Time(format=CLOCK, allow_none=True)
    pause_to = fields.Time(format=CLOCK, allow_none=True)
    registration_status = fields.String(validate=STATUS)
    registration = fields.String()
    price_per_segment = fields.Decimal(places=5, as_string=True)
    currency = fields.String()
    updated_at = fields.AwareDateTime(allow_none=True)


class SmsCountryChangeView(View):
    at = fields.AwareDateTime()
    who = fields.String(allow_none=True)
    action = fields.String()
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Raw(allow_none=True)),
        attribute="fields",
        data_key="fields",
        metadata={"description": "field -> [before, now]"},
    )


class SmsCountryFile(SmsCountryView):
    history = fields.List(fields.Nested(SmsCountryChangeView))


class SmsCountryList(View):
    items = fields.List(fields.Nested(SmsCountryView))
    next_cursor = fields.String(allow_none=True)
