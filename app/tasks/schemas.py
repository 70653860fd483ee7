"""What the task routes take and give: shape and format; the rules stay in the services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import EXCLUDE, ValidationError, fields, post_load, validate, validates_schema

from app.core.i18n import LOCALES, N_
from app.core.paging import PageArgs
from app.core.schemas import Input, Text3Field, View, page_schema
from app.tasks.kinds import (
    CancelReason,
    DeclineReason,
    Direction,
    DoorCodeState,
    EvidenceKind,
    FailReason,
    Heart,
    HeldState,
    ItemKind,
    PlaceState,
    Reason,
    Status,
    TaskType,
)
from app.tasks.lifecycle import Verb

MAX_ID = 2**31 - 1
FIRST_YEAR, LAST_YEAR = 2000, 2099
MAX_ANSWERS = 100


def _is_plausible(value: date | datetime) -> None:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(N_("This date is too far away."))


def row_id(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=MAX_ID), **options)


def words(longest: int, *, shortest: int = 0, **options: Any) -> fields.String:
    rules: list[Any] = [validate.Length(max=longest)]
    if shortest:
        rules.append(validate.Regexp(r"(?s).*\S", error=N_("This may not be empty.")))
    return fields.String(validate=rules, **options)


def one_of(values: Any, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(value) for value in values]), **options)


def moment(**options: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", validate=_is_plausible, **options)


def count(*, low: int = 0, high: int = 10_000, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=low, max=high), **options)


class Answers(fields.Dict):
    """Item key -> answer: tick true/false; pass_fail "pass"/"fail"; number; choice key; text; photo list of blob ids;
    signature blob id; code string. null takes an answer back."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            keys=fields.String(validate=validate.Length(max=80)), validate=validate.Length(max=MAX_ANSWERS), **options
        )


class ThreeTexts(Text3Field):
    """A text that has to be there in every language."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        if set(text) != set(LOCALES) or any(not words.strip() or len(words) > 500 for words in text.values()):
            raise ValidationError(N_("Needs a text in all three languages."))
        return text


# Bodies


class Versioned(Input):
    """Boards and programs send the version they saw and get 409 with the present state when it is old."""

    version = count(low=1, high=MAX_ID)


class Timed(Versioned):
    """The field app sends no version but `at`, the time on the phone's clock with its zone."""

    at = moment(metadata={"description": "when it was done, by the client's clock"})


class NewLineInput(Input):
    product_id = row_id(allow_none=True)
    name = words(200)
    quantity = count(low=1, required=True)


class CreateTask(Input):
    type = one_of(TaskType, required=True)
    customer_id = row_id(required=True)
    window_start = moment(required=True)
    window_end = moment(required=True)
    reason = one_of(Reason)
    direction = one_of(Direction, allow_none=True)
    assignee_id = row_id(allow_none=True)
    expected_minutes = count(low=1, high=1440)
    reasons = fields.List(ThreeTexts(), validate=validate.Length(max=10))
    note = words(2000)
    origin_key = words(200, shortest=1, allow_none=True)
    lines = fields.List(fields.Nested(NewLineInput), validate=validate.Length(max=100))


class Assign(Versioned):
    staff_id = row_id(required=True)


class Plain(Versioned):
    """A step that needs no more than the version, if that."""


class PlainTimed(Timed):
    """A step that needs no more than its time, if that."""


class Decline(Timed):
    reason = one_of(DeclineReason, required=True)
    note = words(1000)


class Reschedule(Versioned):
    window_start = moment(required=True)
    window_end = moment(required=True)


class Cancel(Versioned):
    reason = one_of([reason for reason in CancelReason if reason is not CancelReason.UNDONE], required=True)
    note = words(1000)


class Reopen(Versioned):
    reason = words(500, shortest=1, required=True)


class Work(Timed):
    """What execution steps share; `base` holds the answers as the phone last saw them."""

    base = Answers()
    note = words(2000)


class Arrive(Work):
    lat = fields.Float(validate=validate.Range(min=-90, max=90), allow_nan=False)
    lng = fields.Float(validate=validate.Range(min=-180, max=180), allow_nan=False)
    accuracy = fields.Float(
        validate=validate.Range(min=0, max=100_000), allow_nan=False, metadata={"description": "metres"}
    )


class AnswerChecklist(Timed):
    answers = Answers(required=True)
    base = Answers()


class LineOutcome(Input):
    id = row_id(required=True)
    delivered = count(required=True)
    refused = count(load_default=0)
    scanned_code = words(64, metadata={"description": "what the pack bears; a wrong code is no error and no proof"})


class Complete(Work):
    answers = Answers()
    lines = fields.List(fields.Nested(LineOutcome), validate=validate.Length(max=100))


class Fail(Work):
    reason = one_of(FailReason, required=True)
    answers = Answers()


class AddEvidence(Input):
    """A picture names its blob; a place says whether it is known, and if so where. The door code proves itself."""

    kind = one_of([EvidenceKind.PHOTO, EvidenceKind.SIGNATURE, EvidenceKind.PLACE], required=True)
    blob_id = fields.UUID()
    item_key = words(80, shortest=1, allow_none=True)
    place_state = one_of(PlaceState)
    lat = fields.Float(validate=validate.Range(min=-90, max=90), allow_nan=False)
    lng = fields.Float(validate=validate.Range(min=-180, max=180), allow_nan=False)
    accuracy = fields.Float(
        validate=validate.Range(min=0, max=10_000_000), allow_nan=False, metadata={"description": "metres"}
    )
    captured_at = moment()
    at = moment(metadata={"description": "the same as captured_at, for clients that always send `at`"})

    @validates_schema
    def _has_what_it_needs(self, data: dict[str, Any], **_: Any) -> None:
        is_place = data["kind"] == EvidenceKind.PLACE
        needed = {"place_state"} if is_place else {"blob_id"}
        if data.get("place_state") == PlaceState.GIVEN:
            needed |= {"lat", "lng"}
        if missing := sorted(needed - set(data)):
            raise ValidationError({name: [N_("This is needed here.")] for name in missing})
        strange = {"blob_id", "item_key"} if is_place else {"place_state", "lat", "lng", "accuracy"}
        if surplus := sorted(strange & set(data)):
            raise ValidationError({name: [N_("This does not belong here.")] for name in surplus})


class Decide(Input):
    note = words(1000)


class ConditionInput(Input):
    """Names an item above and what its answer must be: one of is, in, above, below, answered."""

    item = words(80, shortest=1, required=True)
    is_ = fields.Raw(data_key="is")
    in_ = fields.List(fields.Raw(), data_key="in", validate=validate.Length(max=40))
    above = fields.Float(allow_nan=False)
    below = fields.Float(allow_nan=False)
    answered = fields.Boolean()

    @post_load
    def _as_sent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name.rstrip("_"): value for name, value in data.items()}


class Conditions(fields.Field[Any]):
    """One condition, or a list of which all must hold."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, list):
            if len(value) > 10:
                raise ValidationError(N_("At most ten conditions."))
            return [ConditionInput().load(entry) for entry in value]
        return ConditionInput().load(value)


class FollowUpInput(Input):
    type = one_of(TaskType, required=True)
    reason = one_of(Reason, required=True)
    days = count(high=90, required=True)


class ChoiceInput(Input):
    key = words(80, shortest=1, required=True)
    label = ThreeTexts(required=True)


class ItemInput(Input):
    key = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,79}\Z"))
    heart = one_of(Heart, required=True)
    kind = one_of(ItemKind, required=True)
    label = ThreeTexts(required=True)
    help = ThreeTexts()
    required = fields.Boolean()
    choices = fields.List(fields.Nested(ChoiceInput), validate=validate.Length(max=40))
    min = fields.Float(allow_nan=False)
    max = fields.Float(allow_nan=False)
    unit = words(20)
    visible_if = Conditions()
    required_if = Conditions()
    follow_up = fields.Nested(FollowUpInput)


class PublishChecklist(Input):
    task_type = one_of(TaskType, required=True)
    reason = one_of(Reason, required=True)
    name = ThreeTexts(required=True)
    items = fields.List(fields.Nested(ItemInput), required=True, validate=validate.Length(min=1, max=80))


# Queries


class TaskArgs(PageArgs):
    store_id = fields.Integer(validate=validate.Range(min=1, max=MAX_ID))
    day = fields.Date(validate=_is_plausible, metadata={"description": "local day of the task's store"})
    assignee = fields.String(
        validate=validate.Regexp(r"^(me|none|[1-9][0-9]{0,9})\Z"), metadata={"description": "a staff id, me or none"}
    )
    customer_id = fields.Integer(validate=validate.Range(min=1, max=MAX_ID))
    status = fields.String(
        validate=validate.Length(max=100), metadata={"description": "one or several, separated by commas"}
    )
    type = one_of(TaskType)
    q = words(80, metadata={"description": "a task's number, or part of the customer's name"})


class ClaimableArgs(PageArgs):
    store_id = fields.Integer(validate=validate.Range(min=1, max=MAX_ID))


class HeldArgs(PageArgs):
    state = one_of(HeldState)
    store_id = fields.Integer(validate=validate.Range(min=1, max=MAX_ID))


class BlobHeaders(Input):
    class Meta:
        unknown = EXCLUDE

    sha256 = fields.String(required=True, data_key="X-Content-SHA256", validate=validate.Regexp(r"^[0-9a-fA-F]{64}\Z"))


# Answers


class CustomerOfTaskView(View):
    """The phone number is there only for who may have to call; other eyes get a masked customer without id."""

    id = fields.Integer(allow_none=True)
    name = fields.String()
    phone = fields.String(allow_none=True)
    phone_masked = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    district = fields.String(allow_none=True)
    lat = fields.Float(allow_none=True)
    lng = fields.Float(allow_none=True)
    locale = fields.String()
    dialect = fields.String(allow_none=True)
    tags = fields.List(fields.String())
    preferences = fields.String()
    access_notes = fields.String(metadata={"description": "how to reach the door, in the customer's words"})


class CustomerOfRowView(View):
    id = fields.Integer(allow_none=True)
    name = fields.String()
    phone_masked = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    district = fields.String(allow_none=True)
    lat = fields.Float(allow_none=True)
    lng = fields.Float(allow_none=True)
    locale = fields.String()
    dialect = fields.String(allow_none=True)


class AssigneeView(View):
    id = fields.Integer()
    name = fields.String()


class ChoiceView(View):
    key = fields.String()
    label = Text3Field()


class FollowUpView(View):
    """The task that a failed item opens when the visit ends."""

    type = one_of(TaskType)
    days = fields.Integer()


class ChecklistItemView(View):
    """`visible` and `required` are the state after the conditions; `always_required` and the conditions let a phone
    without signal work them out itself."""

    key = fields.String()
    heart = one_of(Heart)
    kind = one_of(ItemKind)
    label = Text3Field()
    help = Text3Field(allow_none=True)
    required = fields.Boolean()
    visible = fields.Boolean()
    choices = fields.List(fields.Nested(ChoiceView))
    min = fields.Float(allow_none=True)
    max = fields.Float(allow_none=True)
    unit = fields.String(allow_none=True)
    answer = fields.Raw(allow_none=True)
    answered_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    visible_if = fields.List(fields.Dict())
    required_if = fields.List(fields.Dict())
    always_required = fields.Boolean()
    follow_up = fields.Nested(FollowUpView, allow_none=True)
    is_door_code = fields.Boolean()


class TaskLineView(View):
    id = fields.Integer()
    product_id = fields.Integer(allow_none=True)
    name = fields.String()
    quantity = fields.Integer()
    delivered = fields.Integer(allow_none=True)
    refused = fields.Integer(allow_none=True)
    is_code_checked = fields.Boolean(metadata={"description": "the code on the pack was read and is the product's"})
    code = fields.String(allow_none=True)
    barcode = fields.String(allow_none=True)
    is_restricted = fields.Boolean()


class EvidenceView(View):
    id = fields.Integer()
    blob_id = fields.UUID(allow_none=True)
    kind = one_of(EvidenceKind)
    item_key = fields.String(allow_none=True)
    url = fields.String(allow_none=True)
    captured_at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    place_state = one_of(PlaceState, allow_none=True)
    accuracy_metres = fields.Integer(allow_none=True)
    distance_metres = fields.Integer(allow_none=True)
    is_exception = fields.Boolean(metadata={"description": "too far from the door: for a supervisor to look at"})
    is_taken_out = fields.Boolean(metadata={"description": "taken anew since; kept on record"})


class PromiseView(View):
    kind = one_of(["window", "eta"])
    start = fields.AwareDateTime()
    end = fields.AwareDateTime()
    channel = fields.String()
    told_at = fields.AwareDateTime()


class TaskRowView(View):
    """A task in a list: without checklist, goods and evidence."""

    id = fields.Integer()
    number = fields.String()
    type = one_of(TaskType)
    reason = one_of(Reason)
    status = one_of(Status)
    allowed_actions = fields.List(one_of(Verb))
    direction = one_of(Direction, allow_none=True)
    customer = fields.Nested(CustomerOfRowView)
    store_id = fields.Integer()
    zone = fields.String()
    assignee = fields.Nested(AssigneeView, allow_none=True)
    window_start = fields.AwareDateTime()
    window_end = fields.AwareDateTime()
    expected_minutes = fields.Integer()
    reasons = fields.List(Text3Field())
    note = fields.String()
    accepted_at = fields.AwareDateTime(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    started_at = fields.AwareDateTime(allow_none=True)
    arrived_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    end_reason = fields.String(allow_none=True)
    rating = fields.Integer(allow_none=True)
    parent_id = fields.Integer(allow_none=True)
    link = fields.String(allow_none=True)
    version = fields.Integer()


class TaskView(TaskRowView):
    """A task in full."""

    customer = fields.Nested(CustomerOfTaskView)
    checklist = fields.List(fields.Nested(ChecklistItemView))
    lines = fields.List(fields.Nested(TaskLineView))
    evidence = fields.List(fields.Nested(EvidenceView))
    promised = fields.List(fields.Nested(PromiseView))
    created_at = fields.AwareDateTime()
    assigned_at = fields.AwareDateTime(allow_none=True)
    end_note = fields.String(allow_none=True)
    door_code_checked_at = fields.AwareDateTime(allow_none=True)
    door_code = one_of(
        DoorCodeState, allow_none=True, metadata={"description": "whether the code that was typed is the customer's"}
    )
    rated_heart = fields.String(allow_none=True)
    rated_at = fields.AwareDateTime(allow_none=True)
    undo_until = fields.AwareDateTime(allow_none=True)
    origin_key = fields.String(allow_none=True)
    checklist_version_id = fields.Integer()


class WorkView(TaskView):
    """The task after the step; or only `held`, when the task had moved on and a supervisor will decide."""

    held = fields.Boolean()
    held_id = fields.Integer()
    task_id = fields.Integer()


class HistoryView(View):
    id = fields.Integer()
    action = fields.String()
    actor_kind = fields.String()
    actor_id = fields.Integer(allow_none=True)
    actor_name = fields.String(allow_none=True)
    on_behalf_of_id = fields.Integer(allow_none=True)
    client = fields.String()
    at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    old = fields.Dict()
    new = fields.Dict()


class HeldView(View):
    id = fields.Integer()
    task_id = fields.Integer()
    task_number = fields.String()
    verb = fields.String()
    payload = fields.Dict()
    why = fields.String()
    at = fields.AwareDateTime()
    received_at = fields.AwareDateTime()
    staff_id = fields.Integer()
    staff_name = fields.String()
    client = fields.String()
    state = one_of(HeldState)
    decided_at = fields.AwareDateTime(allow_none=True)
    decided_by_id = fields.Integer(allow_none=True)
    decision_note = fields.String(allow_none=True)


class BlobView(View):
    id = fields.UUID()
    url = fields.String()
    media_type = fields.String()
    width = fields.Integer()
    height = fields.Integer()
    size_bytes = fields.Integer()
    sha256 = fields.String(metadata={"description": "of what we keep"})
    original_sha256 = fields.String()
    uploaded_at = fields.AwareDateTime()


class ChecklistTemplateView(View):
    id = fields.Integer()
    key = fields.String()
    task_type = one_of(TaskType)
    reason = one_of(Reason)
    name = Text3Field()
    version_id = fields.Integer()
    version = fields.Integer()
    published_at = fields.AwareDateTime()
    items = fields.List(fields.Dict())


class SlotView(View):
    window_start = fields.AwareDateTime()
    window_end = fields.AwareDateTime()


class SlotsView(View):
    items = fields.List(fields.Nested(SlotView))


class ChecklistTemplatesView(View):
    items = fields.List(fields.Nested(ChecklistTemplateView))
    next_cursor = fields.String(allow_none=True)


TaskPage = page_schema(TaskRowView)
HistoryPage = page_schema(HistoryView)
HeldPage = page_schema(HeldView)
