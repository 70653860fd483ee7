"""What the message routes take and give."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields, post_dump, validate

from app.core.i18n import LOCALES, N_
from app.core.paging import PageArgs
from app.core.schemas import Input, Text3Field, View, page_schema
from app.messaging.kinds import Kind
from app.messaging.models import Reach, State
from app.messaging.templates import VARIABLES

BIGGEST_ID = 2**31 - 1
TASK_TYPES = ("", "home_visit", "delivery", "callback")
STATUSES = (*(state.value for state in State if state is not State.CANCELED), "held", "cancelled")


def _id(**options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=BIGGEST_ID), **options)


def _words(longest: int, **options: Any) -> fields.String:
    not_blank = validate.Regexp(r"(?s).*\S", error=N_("This may not be empty."))
    return fields.String(validate=[validate.Length(max=longest), not_blank], **options)


Texts3 = Input.from_dict(
    {locale: fields.String(validate=validate.Length(max=1000)) for locale in LOCALES}, name="Texts3"
)


class Translated(fields.String):
    """A stored English source text, shown in the reader's language."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(gettext(value) if value else None, attr, obj, **kwargs)


class AuthorView(View):
    id = fields.Integer()
    name = fields.String()


class TryView(View):
    status = fields.String()
    status_reason = Translated(allow_none=True)
    at = fields.AwareDateTime()


class ThreadLineView(View):
    id = fields.String(metadata={"description": '"in:7", or "out:" and the message id'})
    message_id = fields.UUID(allow_none=True)
    direction = fields.String(validate=validate.OneOf(["in", "out", "note"]))
    text = fields.String()
    at = fields.AwareDateTime()
    kind = fields.String(metadata={"description": "kind of message, or the meaning of an answer"})
    status = fields.String()
    status_reason = Translated(allow_none=True)
    held_until = fields.AwareDateTime(allow_none=True)
    author = fields.Method("get_author", metadata={"type": ["object", "null"]})
    task_id = fields.Integer(allow_none=True)
    segments = fields.Integer(allow_none=True)
    earlier = fields.List(fields.Nested(TryView), metadata={"description": "rows before, when it was sent again"})

    def get_author(self, line: Any) -> dict[str, Any] | None:
        return {"id": line.author_id, "name": line.author} if line.author_id is not None else None


ThreadLinePage = page_schema(ThreadLineView)


class OutgoingView(View):
    id = fields.UUID()
    kind = fields.String()
    status = fields.String(validate=validate.OneOf(STATUSES))
    status_reason = Translated(allow_none=True)
    held_until = fields.AwareDateTime(allow_none=True)
    not_before = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    customer_id = fields.Integer(allow_none=True)
    customer_name = fields.String(allow_none=True)
    phone_masked = fields.String()
    store_id = fields.Integer()
    task_id = fields.Integer(allow_none=True)
    text = fields.String()
    segments = fields.Integer()
    created_at = fields.AwareDateTime()


OutgoingPage = page_schema(OutgoingView)


class OutboxArgs(PageArgs):
    status = fields.String(validate=validate.OneOf(STATUSES))
    kind = fields.String(validate=validate.OneOf([kind.value for kind in Kind]))
    store_id = _id()
    task_id = _id()
    customer_id = _id()


class AttemptView(View):
    n = fields.Integer()
    provider = fields.String()
    call_started_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.String(allow_none=True)
    http_status = fields.Integer(allow_none=True)
    code = fields.Integer(allow_none=True)


class MessageView(View):
    id = fields.UUID()
    kind = fields.String()
    status = fields.String()
    status_reason = Translated(allow_none=True)
    held_until = fields.AwareDateTime(allow_none=True)
    customer_id = fields.Integer(allow_none=True)
    store_id = fields.Integer()
    task_id = fields.Integer(allow_none=True)
    phone_masked = fields.String()
    locale = fields.String()
    text = fields.String()
    encoding = fields.String()
    segments = fields.Integer()
    not_before = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    created_at = fields.AwareDateTime()
    submitted_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    provider = fields.String(allow_none=True)
    provider_status = fields.String(allow_none=True)
    error_code = fields.Integer(allow_none=True)
    possible_duplicate = fields.Boolean()
    sender = fields.String(allow_none=True, metadata={"description": "the number or pool it left from"})
    repeats_id = fields.UUID(allow_none=True, metadata={"description": "the failed text that this one repeats"})
    attempts = fields.List(fields.Nested(AttemptView))


class TemplateView(View):
    id = fields.Integer()
    kind = fields.String()
    task_type = fields.String()
    reach = fields.String()
    version = fields.Integer()
    texts = Text3Field()
    variables = fields.List(fields.String())
    published_at = fields.AwareDateTime()
    published_by_id = fields.Integer(allow_none=True)

    @post_dump(pass_original=True)
    def name_variables(self, data: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
        data["variables"] = sorted(VARIABLES.get(Kind(original.kind), ()))
        return data


TemplatePage = page_schema(TemplateView)


class PublishTemplate(Input):
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in VARIABLES]))
    task_type = fields.String(load_default="", validate=validate.OneOf(TASK_TYPES))
    reach = fields.String(required=True, validate=validate.OneOf([reach.value for reach in Reach]))
    texts = fields.Nested(Texts3, required=True)
    seen_version = fields.Integer(
        validate=validate.Range(min=0, max=BIGGEST_ID),
        metadata={"description": "the version you started from; 409 when somebody has published since"},
    )


class RestoreTemplate(Input):
    seen_version = fields.Integer(validate=validate.Range(min=0, max=BIGGEST_ID))


class TemplateVersionView(View):
    id = fields.Integer(attribute="wording.id")
    version = fields.Integer(attribute="wording.version")
    texts = Text3Field(attribute="wording.texts")
    published_at = fields.AwareDateTime(attribute="wording.published_at")
    author = fields.String(allow_none=True)
    last_used_at = fields.AwareDateTime(allow_none=True)
    is_current = fields.Boolean()


class TemplateVersionsView(View):
    items = fields.List(fields.Nested(TemplateVersionView))


class PriceView(View):
    country = fields.String()
    amount = fields.Decimal(as_string=True)
    currency = fields.String()


class PreviewTemplate(Input):
    locale = fields.String(validate=validate.OneOf(LOCALES))
    texts = fields.Nested(Texts3)
    customer_id = _id()


class PreviewView(View):
    text = fields.String(attribute="body")
    locale = fields.String()
    encoding = fields.String(attribute="size.encoding")
    units = fields.Integer(attribute="size.units")
    segments = fields.Integer(attribute="size.segments")
    saves_by_look_alikes = fields.Integer()
    forcing = fields.List(
        fields.String(), metadata={"description": "characters for which the whole text is counted in UCS-2"}
    )
    prices = fields.List(fields.Nested(PriceView))
    faults = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class SandboxReply(Input):
    phone = fields.String(required=True, validate=validate.Regexp(r"^\+[1-9][0-9]{5,14}\Z"))
    text = _words(1600, required=True)


class SandboxReplyView(View):
    inbound_id = fields.Integer()


class SandboxArgs(Input):
    phone = fields.String(required=True, validate=validate.Regexp(r"^\+[1-9][0-9]{5,14}\Z"))


class SandboxThreadView(View):
    items = fields.List(fields.Nested(ThreadLineView))


class SandboxPhoneView(View):
    phone = fields.String()
    customer_id = fields.Integer(allow_none=True)
    name = fields.String()
    texts = fields.Integer()
    last_at = fields.AwareDateTime()
    last_text = fields.String()


class SandboxPhonesView(View):
    items = fields.List(fields.Nested(SandboxPhoneView))
