"""What the complaint routes take and give: shape and format; the rules stay in the service."""

from __future__ import annotations

from marshmallow import fields, validate

from app.complaints.kinds import Source, Stage
from app.complaints.service import LONGEST_WORDS
from app.core.paging import PageArgs
from app.core.schemas import Input, View, page_schema
from app.people.schemas import BIGGEST_ID, moment, one_of, row_id, text

STAFF_SOURCES = (Source.PHONE, Source.OFFICE, Source.VISIT)
"""Ways in which a person at work hears of a complaint; texts and the customer's page come in by themselves."""


def words(*, required: bool = True) -> fields.String:
    return text(longest=LONGEST_WORDS, shortest=1, required=required)


def wanted_id() -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=BIGGEST_ID))


class ComplaintArgs(PageArgs):
    store_id = wanted_id()
    customer_id = wanted_id()
    owner_id = wanted_id()
    stage = one_of(Stage)
    is_open = fields.Boolean(metadata={"description": "true: not closed yet; false: closed, the last first"})
    overdue = fields.Boolean(load_default=False)
    is_reaction = fields.Boolean()


class OpenComplaint(Input):
    customer_id = row_id(required=True)
    source = one_of(STAFF_SOURCES, load_default=Source.PHONE.value)
    words = words()
    task_id = row_id(allow_none=True, load_default=None)
    is_reaction = fields.Boolean(
        allow_none=True, load_default=None, metadata={"description": "null: judged from the words"}
    )
    at = moment(metadata={"description": "when it was said, by the client's clock"})
    origin_key = text(
        longest=200, shortest=1, metadata={"description": "the same key again finds the case it was used for"}
    )


class AddStatement(Input):
    source = one_of(STAFF_SOURCES, load_default=Source.PHONE.value)
    words = words()
    is_reaction = fields.Boolean(allow_none=True, load_default=None)
    version = row_id()


class Versioned(Input):
    version = row_id(required=True)


class PlanComplaint(Versioned):
    plan = words()
    promised_for = moment(required=True)


class ResolveComplaint(Versioned):
    apology = words()
    cause = words()
    remedy = words()


class AnswerComplaint(Versioned):
    satisfied = fields.Boolean(required=True)
    words = text(longest=LONGEST_WORDS, load_default="")


class CloseComplaint(Versioned):
    outcome = text(
        longest=LONGEST_WORDS,
        load_default="",
        metadata={"description": "what came of a bodily reaction; required for one"},
    )


class ReopenComplaint(Versioned):
    words = words()


class AssignComplaint(Versioned):
    staff_id = row_id(required=True)


class NamedView(View):
    id = fields.Integer()
    name = fields.String()


class CaseCustomerView(NamedView):
    phone_masked = fields.String(allow_none=True)


class ClockView(View):
    due_at = fields.AwareDateTime()
    done_at = fields.AwareDateTime(allow_none=True)
    is_overdue = fields.Boolean()


class ClocksView(View):
    acknowledge = fields.Nested(ClockView)
    plan = fields.Nested(ClockView)


class RecoveryTaskView(View):
    id = fields.Integer()
    number = fields.String()
    status = fields.String()
    window_start = fields.AwareDateTime()
    window_end = fields.AwareDateTime()


class ComplaintView(View):
    id = fields.Integer()
    number = fields.String()
    stage = fields.String()
    source = fields.String()
    is_reaction = fields.Boolean()
    allowed_actions = fields.List(fields.String())
    customer = fields.Nested(CaseCustomerView)
    store_id = fields.Integer()
    zone = fields.String()
    owner = fields.Nested(NamedView, allow_none=True)
    task_id = fields.Integer(allow_none=True)
    recovery_task = fields.Nested(RecoveryTaskView, allow_none=True)
    words = fields.String(metadata={"description": "what was said first"})
    opened_at = fields.AwareDateTime()
    clocks = fields.Nested(ClocksView)
    due_at = fields.AwareDateTime(metadata={"description": "when the next step is due"})
    is_overdue = fields.Boolean()
    alarm = fields.String(allow_none=True)
    alarm_level = fields.String(allow_none=True)
    escalated_at = fields.AwareDateTime(allow_none=True)
    plan = fields.String()
    promised_for = fields.AwareDateTime(allow_none=True)
    resolved_at = fields.AwareDateTime(allow_none=True)
    apology = fields.String()
    cause = fields.String()
    remedy = fields.String()
    satisfied = fields.Boolean(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    answer = fields.String()
    outcome = fields.String()
    closed_at = fields.AwareDateTime(allow_none=True)
    reopenings = fields.Integer()
    version = fields.Integer()


ComplaintPage = page_schema(ComplaintView)


class StatementView(View):
    id = fields.Integer()
    customer_id = fields.Integer()
    task_id = fields.Integer(allow_none=True)
    source = fields.String()
    words = fields.String()
    is_reaction = fields.Boolean()
    said_at = fields.AwareDateTime()


class StepView(View):
    id = fields.Integer()
    action = fields.String()
    actor_kind = fields.String()
    actor_name = fields.String(allow_none=True)
    client = fields.String()
    at = fields.AwareDateTime()
    detail = fields.Dict()


class ComplaintDetailView(ComplaintView):
    statements = fields.List(fields.Nested(StatementView))
    history = fields.List(fields.Nested(StepView))
