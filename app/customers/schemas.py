"""What the customer routes take and give."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields, post_load, validate

from app.core.i18n import LOCALES, N_
from app.core.paging import PageArgs
from app.core.schemas import Input, View, page_schema
from app.customers.birthdays import Birthday
from app.customers.completeness import LABELS
from app.customers.reads import Kind as LogKind
from app.customers.values import (
    Calendar,
    Channel,
    ConsentSource,
    ConsentState,
    ContactKind,
    Gender,
    IncomeBand,
    Industry,
    Occupation,
    OptionalField,
    Scope,
    Tier,
)
from app.people.schemas import moment

BIGGEST_ID = 2**31 - 1


def text_field(*, longest: int, blank: bool = True, **options: Any) -> fields.String:
    """A text not longer than `longest` and, with `blank=False`, not empty."""
    rules: list[Any] = [validate.Length(max=longest)]
    if not blank:
        rules.append(validate.Regexp(r"(?s).*\S", error=N_("This may not be empty.")))
    return fields.String(validate=rules, **options)


def id_field(*, strict: bool = True, **options: Any) -> fields.Integer:
    return fields.Integer(strict=strict, validate=validate.Range(min=1, max=BIGGEST_ID), **options)


def choice_field(choices: Any, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(choice) for choice in choices]), **options)


class BirthdayInput(Input):
    calendar = choice_field(Calendar, load_default=Calendar.SOLAR.value)
    year = fields.Integer(strict=True, load_default=None, allow_none=True)
    month = fields.Integer(strict=True, required=True)
    day = fields.Integer(strict=True, required=True)

    @post_load
    def as_birthday(self, data: dict[str, Any], **_: Any) -> Birthday:
        return Birthday(calendar=Calendar(data["calendar"]), month=data["month"], day=data["day"], year=data["year"])


class FileInput(Input):
    """Fields that creating and changing share."""

    phone = text_field(longest=40, allow_none=True)
    owner_id = id_field(allow_none=True)
    locale = choice_field(LOCALES)
    dialect = fields.String(allow_none=True, validate=validate.Regexp(r"^[a-z][a-z0-9_-]{0,31}\Z"))
    gender = choice_field(Gender, allow_none=True)
    birthday = fields.Nested(BirthdayInput, allow_none=True)
    address = text_field(longest=300)
    district = text_field(longest=80)
    lat = fields.Float(allow_none=True, validate=validate.Range(min=-90, max=90))
    lng = fields.Float(allow_none=True, validate=validate.Range(min=-180, max=180))
    tags = fields.List(text_field(longest=40, blank=False), validate=validate.Length(max=30))
    preferences = text_field(longest=2000)
    access_notes = text_field(longest=300)
    sizes = fields.Dict(
        keys=text_field(longest=40, blank=False),
        values=text_field(longest=40, blank=False),
        validate=validate.Length(max=20),
    )
    occupation = choice_field(Occupation, allow_none=True, metadata={"description": "group; may be switched off"})
    industry = choice_field(Industry, allow_none=True, metadata={"description": "may be switched off"})
    income_band = choice_field(IncomeBand, allow_none=True, metadata={"description": "monthly; may be switched off"})


class CreateCustomer(FileInput):
    name = text_field(longest=120, blank=False, required=True)
    store_id = id_field(required=True)
    household_id = id_field(allow_none=True)


class UpdateCustomer(FileInput):
    version = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=BIGGEST_ID))
    name = text_field(longest=120, blank=False)
    store_id = id_field()
    owner_reason = text_field(longest=300)


class CustomerArgs(PageArgs):
    phone_fault = fields.Boolean(metadata={"description": "only those whose number can't receive SMS"})
    q = text_field(longest=80)
    tag = text_field(longest=40)
    store_id = id_field(strict=False)
    owner_id = id_field(strict=False)
    tier = choice_field(Tier)


class AddNote(Input):
    text = text_field(longest=2000, blank=False, required=True)
    at = moment(metadata={"description": "when it was written, by the client's clock"})


class GiveLink(Input):
    task_id = id_field(allow_none=True, load_default=None)


class RecordConsent(Input):
    state = choice_field(ConsentState, required=True)
    channel = choice_field(Channel, load_default=Channel.SMS.value)
    scope = choice_field(Scope, load_default=Scope.ALL.value)
    text = text_field(
        longest=1000, blank=False, required=True, metadata={"description": "the words the customer was asked or said"}
    )
    source = choice_field(
        (ConsentSource.OFFICE, ConsentSource.PAGE, ConsentSource.API), load_default=ConsentSource.OFFICE.value
    )
    said_at = fields.AwareDateTime(allow_none=True, load_default=None)


class JoinHousehold(Input):
    with_customer_id = id_field(required=True)


class RenameHousehold(Input):
    name = text_field(longest=120, required=True)


class SwitchFields(Input):
    occupation = fields.Boolean()
    industry = fields.Boolean()
    income_band = fields.Boolean()


class FileFieldView(View):
    """An optional field of the file; switched off it is neither shown, taken nor exported."""

    key = choice_field(OptionalField)
    is_on = fields.Boolean()
    changed_at = fields.AwareDateTime(allow_none=True)
    empties_at = fields.AwareDateTime(allow_none=True, metadata={"description": "when what was kept is deleted"})
    emptied_at = fields.AwareDateTime(allow_none=True)


class FileFieldsView(View):
    items = fields.List(fields.Nested(FileFieldView))


class LogArgs(PageArgs):
    kind = choice_field(LogKind)


class NamedPersonView(View):
    id = fields.Integer()
    name = fields.String()


class LogLineView(View):
    """Who did what with the file; `client` names the program it was done with."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    action = fields.String()
    kind = choice_field(LogKind)
    who = fields.Nested(NamedPersonView, attribute="person", allow_none=True)
    client = fields.String()
    changed = fields.List(fields.String(), metadata={"description": "names of the fields"})
    list_key = fields.String(allow_none=True, metadata={"description": "of an export: which list was taken away"})
    rows = fields.Integer(allow_none=True, metadata={"description": "of an export: how many rows"})


class CompletenessView(View):
    percent = fields.Integer()
    missing = fields.List(choice_field(LABELS))


class BirthdayView(View):
    calendar = choice_field(Calendar)
    year = fields.Integer(allow_none=True)
    month = fields.Integer()
    day = fields.Integer()


class CustomerRowView(View):
    """One line of a list: the number is masked."""

    id = fields.Integer()
    name = fields.String()
    phone_masked = fields.String()
    store_id = fields.Integer()
    household_id = fields.Integer()
    owner = fields.Nested(NamedPersonView, allow_none=True)
    locale = choice_field(LOCALES)
    district = fields.String()
    tags = fields.List(fields.String())
    tier = choice_field(Tier)
    completeness = fields.Nested(CompletenessView)


class OwnerView(View):
    owner = fields.Nested(NamedPersonView, allow_none=True)
    since = fields.AwareDateTime()
    until = fields.AwareDateTime(allow_none=True)
    reason = fields.String()


class PhoneFaultView(View):
    """What a carrier said about the number; cleared by whoever leads the store."""

    reason = fields.Function(lambda fault: gettext(fault.reason), metadata={"type": "string"})
    code = fields.Integer()
    noted_at = fields.AwareDateTime()


class CustomerView(CustomerRowView):
    phone = fields.String(allow_none=True)
    phone_fault = fields.Nested(PhoneFaultView, allow_none=True)
    dialect = fields.String(allow_none=True)
    gender = choice_field(Gender, allow_none=True)
    birthday = fields.Nested(BirthdayView, allow_none=True)
    next_birthday = fields.Date(allow_none=True)
    occupation = choice_field(Occupation, allow_none=True, metadata={"description": "absent when switched off"})
    industry = choice_field(Industry, allow_none=True, metadata={"description": "absent when switched off"})
    income_band = choice_field(IncomeBand, allow_none=True, metadata={"description": "absent when switched off"})
    address = fields.String()
    lat = fields.Float(allow_none=True)
    lng = fields.Float(allow_none=True)
    preferences = fields.String()
    access_notes = fields.String()
    sizes = fields.Dict(keys=fields.String(), values=fields.String())
    owners = fields.List(fields.Nested(OwnerView))
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class NoteView(View):
    id = fields.Integer()
    text = fields.String()
    author = fields.Nested(NamedPersonView, allow_none=True)
    created_at = fields.AwareDateTime()
    written_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "by the clock of a phone that had no signal then"}
    )


class OfferView(View):
    kind = choice_field(("complaint",))
    message = fields.String()


class SavedNoteView(NoteView):
    offer = fields.Nested(OfferView, allow_none=True)


class ConsentView(View):
    channel = choice_field(Channel)
    scope = choice_field(Scope)
    state = choice_field(ConsentState)
    changed_at = fields.AwareDateTime()


class CollectorView(View):
    kind = choice_field(("staff", "customer", "system"))
    id = fields.Integer(allow_none=True)


class ConsentEventView(View):
    channel = choice_field(Channel)
    scope = choice_field(Scope)
    state = choice_field(ConsentState)
    source = choice_field(ConsentSource)
    text = fields.String()
    collector = fields.Nested(CollectorView)
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()


class ConsentsView(View):
    customer_id = fields.Integer()
    phone_masked = fields.String()
    consents = fields.List(fields.Nested(ConsentView))
    history = fields.List(fields.Nested(ConsentEventView))


class LinkView(View):
    """The key to the customer's page: an address, a code for typing, and the address as a QR code (SVG)."""

    url = fields.URL(require_tld=False)
    code = fields.String()
    expires_at = fields.AwareDateTime()
    qr_svg = fields.String()


class ContactView(View):
    day = fields.Date()
    kind = choice_field(ContactKind)
    state = choice_field(("reserved", "recorded"))
    customer_id = fields.Integer()


class ContactBudgetView(View):
    household_id = fields.Integer()
    gap_days = fields.Integer()
    today = fields.Date()
    is_free_today = fields.Boolean()
    next_free_day = fields.Date()
    last = fields.Nested(ContactView, allow_none=True)
    next = fields.Nested(ContactView, allow_none=True)
    contacts = fields.List(fields.Nested(ContactView))


class HouseholdView(View):
    id = fields.Integer()
    name = fields.String()
    store_id = fields.Integer()
    members = fields.List(fields.Nested(CustomerRowView))


CustomerPage = page_schema(CustomerRowView)
NotePage = page_schema(NoteView)
LogPage = page_schema(LogLineView)
