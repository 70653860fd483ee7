"""What the routes about conversations take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from app.core.i18n import LOCALES, N_
from app.core.paging import PageArgs
from app.core.schemas import Input, Text3Field, View, page_schema
from app.messaging.inbox import Turn
from app.messaging.inbox import View as InboxView
from app.messaging.models import Attention, TurnStep
from app.messaging.schemas import AuthorView, Translated

BIGGEST_ID = 2**31 - 1


def _id(**options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=BIGGEST_ID), **options)


def _words(longest: int, **options: Any) -> fields.String:
    not_blank = validate.Regexp(r"(?s).*\S", error=N_("This may not be empty."))
    return fields.String(validate=[validate.Length(max=longest), not_blank], **options)


class ThreadArgs(PageArgs):
    notes = fields.Boolean(load_default=False)


class WriteMessage(Input):
    text = _words(1000, required=True)
    at = fields.AwareDateTime(metadata={"description": "the phone's time; a text counts from when we get it"})


class TalkCustomerView(View):
    id = fields.Integer()
    name = fields.String()
    phone_masked = fields.String()
    locale = fields.String()


class LastTextView(View):
    text = fields.String()
    direction = fields.String()
    at = fields.AwareDateTime()


class CustomersLastTextView(LastTextView):
    customer_id = fields.Integer()


class TalkView(View):
    id = fields.Integer()
    customer = fields.Nested(TalkCustomerView, allow_none=True)
    colleague = fields.Nested(
        AuthorView, allow_none=True, metadata={"description": "who has answered a text about work"}
    )
    phone_masked = fields.String()
    store_id = fields.Integer(allow_none=True)
    owner = fields.Nested(AuthorView, allow_none=True)
    unread = fields.Integer(metadata={"description": "texts that the asking person has not seen"})
    attention = fields.String(allow_none=True, validate=validate.OneOf([one.value for one in Attention]))
    waiting_since = fields.AwareDateTime(allow_none=True)
    turn = fields.String(validate=validate.OneOf([turn.value for turn in Turn]))
    is_mine = fields.Boolean(metadata={"description": "it waits for the asking person's answer"})
    assignee = fields.Nested(AuthorView, allow_none=True)
    handed_over_at = fields.AwareDateTime(allow_none=True)
    hand_over_due_at = fields.AwareDateTime(allow_none=True)
    is_handed_over = fields.Boolean()
    is_paused = fields.Boolean()
    can_send = fields.Boolean()
    last_at = fields.AwareDateTime()
    last_message = fields.Nested(LastTextView, allow_none=True)


TalkPage = page_schema(TalkView)


class TurnView(View):
    step = fields.String(validate=validate.OneOf([step.value for step in TurnStep]))
    at = fields.AwareDateTime()
    assignee = fields.String(allow_none=True)
    actor = fields.String(allow_none=True)


class TalkDetailView(TalkView):
    history = fields.List(fields.Nested(TurnView))
    may_pass_on = fields.Boolean()


class CountsView(View):
    to_answer = fields.Integer(metadata={"description": "conversations that wait for my answer"})
    unread = fields.Integer(metadata={"description": "of those, with texts that I have not seen"})
    store_unread = fields.Integer(metadata={"description": "all that I may see with texts that I have not seen"})
    store_waiting = fields.Integer()
    handed_over = fields.Integer()
    unknown_numbers = fields.Integer()


class InboxArgs(PageArgs):
    view = fields.Enum(InboxView, by_value=True)
    unread = fields.Boolean()
    waiting = fields.Boolean()
    store_id = _id()
    search = fields.String(
        validate=validate.Length(max=80),
        metadata={"description": "a name, a whole phone number, or words of a text or note (from two characters)"},
    )


class AssignTalk(Input):
    assignee_id = _id(required=True)


class SettleTalk(Input):
    unread = fields.Integer(
        strict=True,
        validate=validate.Range(min=0, max=2**31 - 1),
        metadata={"description": "as shown to the asking person; if more has come since, nothing is settled"},
    )


class AttachTalk(Input):
    customer_id = _id(required=True)
    use_number = fields.Boolean(
        load_default=False, metadata={"description": "replace another number that the customer has"}
    )


class OpenFile(Input):
    name = _words(80, required=True)
    store_id = _id(required=True)
    locale = fields.String(validate=validate.OneOf(LOCALES))


class AddInternalNote(Input):
    text = _words(2000, required=True)


class InternalNoteView(View):
    id = fields.Integer()
    conversation_id = fields.Integer()
    author_id = fields.Integer()
    text = fields.String()
    created_at = fields.AwareDateTime()


class FilledAnswerView(View):
    id = fields.Integer()
    title = fields.String()
    text = fields.String()


class BoxView(View):
    """What to know before writing to a customer."""

    is_open = fields.Boolean()
    closed_reason = Translated(allow_none=True)
    locale = fields.String()
    held_until = fields.AwareDateTime(allow_none=True)
    held_reason = Translated(allow_none=True)
    goes_until = fields.AwareDateTime(allow_none=True)
    is_new_contact = fields.Boolean()
    next_free_day = fields.Date(allow_none=True)
    number_fault = Translated(allow_none=True)
    prefix = fields.String()
    price_per_segment = fields.Decimal(as_string=True)
    currency = fields.String()
    answers = fields.List(fields.Nested(FilledAnswerView))


class TellLate(Input):
    eta = fields.AwareDateTime(required=True)
    at = fields.AwareDateTime(metadata={"description": "the phone's time"})


class LateView(View):
    eta = fields.AwareDateTime()
    is_told = fields.Boolean(metadata={"description": "false when it was told before or is no news any more"})
    message_id = fields.UUID(allow_none=True)


Texts3 = Input.from_dict(
    {locale: fields.String(validate=validate.Length(max=1000)) for locale in LOCALES}, name="QuickAnswerTexts"
)


class AddQuickAnswer(Input):
    titles = fields.Nested(Texts3, required=True)
    texts = fields.Nested(Texts3, required=True)


class ChangeQuickAnswer(Input):
    titles = fields.Nested(Texts3)
    texts = fields.Nested(Texts3)
    is_active = fields.Boolean()
    place = fields.Integer(validate=validate.Range(min=0, max=100_000))


class QuickAnswerView(View):
    id = fields.Integer()
    place = fields.Integer()
    titles = Text3Field()
    texts = Text3Field()
    is_active = fields.Boolean()
    changed_at = fields.AwareDateTime()


QuickAnswerPage = page_schema(QuickAnswerView)
