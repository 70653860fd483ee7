"""What the member routes take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from app.core.schemas import Input, View
from app.customers.members import GuardianConsent, NewMember
from app.customers.schemas import BIGGEST_ID, CollectorView, NamedPersonView, choice_field, id_field, text_field
from app.customers.values import ConsentState, GuardianChannel, Relation


class ConsentInput(Input):
    """A guardian's consent; you are kept as its collector."""

    text = text_field(longest=1000, blank=False, required=True, metadata={"description": "what the guardian agreed to"})
    channel = choice_field(GuardianChannel, load_default=GuardianChannel.IN_PERSON.value)
    at = fields.AwareDateTime(allow_none=True, load_default=None)

    @post_load
    def as_consent(self, data: dict[str, Any], **_: Any) -> GuardianConsent:
        return GuardianConsent(text=data["text"], channel=GuardianChannel(data["channel"]), at=data["at"])


class AddMember(Input):
    name = text_field(longest=120, blank=False, required=True)
    relation = choice_field(Relation, required=True)
    birth_date = fields.Date(allow_none=True, load_default=None)
    customer_id = id_field(allow_none=True, load_default=None)
    consent = fields.Nested(ConsentInput, allow_none=True, load_default=None)

    @post_load
    def as_member(self, data: dict[str, Any], **_: Any) -> NewMember:
        return NewMember(**{**data, "relation": Relation(data["relation"])})


class ChangeMember(Input):
    version = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=BIGGEST_ID))
    name = text_field(longest=120, blank=False)
    relation = choice_field(Relation)
    birth_date = fields.Date(allow_none=True)
    customer_id = id_field(allow_none=True)


class WithdrawConsent(Input):
    text = text_field(longest=1000, load_default="", metadata={"description": "the guardian's words"})
    channel = choice_field(GuardianChannel, load_default=GuardianChannel.IN_PERSON.value)
    said_at = fields.AwareDateTime(allow_none=True, load_default=None)


class GuardianConsentView(View):
    text = fields.String()
    channel = choice_field(GuardianChannel)
    at = fields.AwareDateTime()
    collector = fields.Nested(NamedPersonView, allow_none=True)
    withdrawn_at = fields.AwareDateTime(allow_none=True)


class MemberView(View):
    """Somebody of the household. Of an anonymised member only the relation is left."""

    id = fields.Integer()
    household_id = fields.Integer()
    customer_id = fields.Integer(allow_none=True)
    name = fields.String()
    relation = choice_field(Relation)
    birth_date = fields.Date(allow_none=True)
    age_months = fields.Integer(allow_none=True)
    consent = fields.Nested(GuardianConsentView, allow_none=True)
    needs_consent = fields.Boolean()
    kept_until = fields.Date(allow_none=True, metadata={"description": "name and birth date are deleted on this day"})
    anonymised_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class MemberListView(View):
    items = fields.List(fields.Nested(MemberView))


class MemberConsentEventView(View):
    state = choice_field(ConsentState)
    text = fields.String()
    channel = choice_field(GuardianChannel)
    collector = fields.Nested(CollectorView)
    occurred_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()


class MemberConsentsView(View):
    member_id = fields.Integer()
    history = fields.List(fields.Nested(MemberConsentEventView))
