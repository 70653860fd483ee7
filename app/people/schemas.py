"""What the people routes take and give: shape and format; the rules stay in the services."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.i18n import LOCALES, N_
from app.core.paging import PageArgs
from app.core.schemas import Input, Text3Field, View, page_schema
from app.people.access import STAFF_ROLES
from app.people.models import TimeOffReason, TimeOffStatus
from app.people.opening import MAX_STRETCHES
from app.people.passwords import MAX_LENGTH, MIN_LENGTH
from app.people.sessions import API_TOKEN_DAYS, MAX_API_TOKEN_DAYS

BIGGEST_ID = 2**31 - 1
ROLES = [role.value for role in STAFF_ROLES]
FIRST_YEAR, LAST_YEAR = 2000, 2099
# The end of the text in Python and in the JavaScript of API clients alike; `$` lets a last line break through.
NOTHING_MORE = r"(?![\s\S])"
WALL_TIME = "%H:%M"


def text(*, longest: int = 200, shortest: int = 0, **options: Any) -> fields.String:
    rules: list[Any] = [validate.Length(max=longest)]
    if shortest:
        rules.append(validate.Regexp(r"[\s\S]*\S", error=N_("This may not be empty.")))
    return fields.String(validate=rules, **options)


def row_id(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=BIGGEST_ID), **options)


def one_of(values: Any, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(value) for value in values]), **options)


def codes(**options: Any) -> fields.List[str]:
    """A short list of keys, such as languages or skills."""
    key = fields.String(validate=validate.Regexp("^[A-Za-z][A-Za-z0-9_-]{0,39}" + NOTHING_MORE))
    return fields.List(key, validate=validate.Length(max=40), **options)


def local_date(**options: Any) -> fields.Date:
    return fields.Date(validate=_is_plausible, **options)


def moment(**options: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", validate=_is_plausible, **options)


def wall_time(**options: Any) -> fields.Time:
    return fields.Time(format=WALL_TIME, metadata={"pattern": "^[0-2][0-9]:[0-5][0-9]$", "example": "09:00"}, **options)


def _is_plausible(value: date | datetime) -> None:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(N_("This date is too far away."))


# Sessions and tokens


class SignIn(Input):
    phone = text(longest=40, shortest=1, required=True)
    password = fields.String(required=True, validate=validate.Length(min=1, max=MAX_LENGTH), load_only=True)
    session = one_of(("token", "cookie"), load_default="token")


class EndSessions(Input):
    keep_api_tokens = fields.Boolean(load_default=False)


class ChangePassword(Input):
    old_password = fields.String(required=True, validate=validate.Length(min=1, max=MAX_LENGTH), load_only=True)
    password = fields.String(required=True, validate=validate.Length(min=MIN_LENGTH, max=MAX_LENGTH), load_only=True)


class SetPassword(Input):
    password = fields.String(required=True, validate=validate.Length(min=MIN_LENGTH, max=MAX_LENGTH), load_only=True)


class CreateToken(Input):
    name = text(longest=80, shortest=1, required=True)
    scopes = fields.List(
        fields.String(validate=validate.Length(max=60)), required=True, validate=validate.Length(1, 60)
    )
    days = fields.Integer(
        strict=True, load_default=API_TOKEN_DAYS, validate=validate.Range(min=1, max=MAX_API_TOKEN_DAYS)
    )


class TokenView(View):
    id = fields.Integer()
    name = fields.String()
    staff_id = fields.Integer()
    hint = fields.String(metadata={"description": "the last four characters"})
    scopes = fields.List(fields.String())
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()


class TokenList(View):
    items = fields.List(fields.Nested(TokenView))
    next_cursor = fields.String(allow_none=True)
    scopes = fields.List(fields.String(), metadata={"description": "every scope a token can be given"})


class NewTokenView(TokenView):
    token = fields.String(metadata={"description": "shown this once"})


# Stores


class OpeningHoursField(fields.Dict):
    """Stretches per weekday; "0" is Monday, a weekday left out is closed."""

    def __init__(self, **options: Any) -> None:
        stretch = fields.List(fields.String(validate=validate.Length(max=5)), validate=validate.Length(equal=2))
        super().__init__(
            keys=fields.String(validate=validate.OneOf([str(weekday) for weekday in range(7)])),
            values=fields.List(stretch, validate=validate.Length(max=MAX_STRETCHES)),
            metadata={"example": {"0": [["10:00", "20:00"]], "5": [["10:00", "13:00"], ["14:00", "18:00"]]}},
            **options,
        )


class StoreFields(Input):
    code = text(longest=20, shortest=1)
    name = text(longest=80, shortest=1)
    region = text(longest=80)
    country = fields.String(validate=validate.Regexp("^[A-Z]{2}" + NOTHING_MORE))
    zone = text(longest=60, shortest=1)
    languages = codes()
    locale = one_of(LOCALES)
    phone = text(longest=40, allow_none=True)
    address = text(longest=300)
    lat = fields.Float(allow_none=True, validate=validate.Range(min=-90, max=90))
    lng = fields.Float(allow_none=True, validate=validate.Range(min=-180, max=180))
    opening_hours = OpeningHoursField()


class CreateStore(StoreFields):
    code = text(longest=20, shortest=1, required=True)
    name = text(longest=80, shortest=1, required=True)
    region = text(longest=80, load_default="")
    country = fields.String(required=True, validate=validate.Regexp("^[A-Z]{2}" + NOTHING_MORE))
    zone = text(longest=60, shortest=1, required=True)
    languages = codes(load_default=list)
    locale = one_of(LOCALES, required=True)


class UpdateStore(StoreFields):
    is_active = fields.Boolean()
    version = row_id(required=True)


class StoreView(View):
    id = fields.Integer()
    code = fields.String()
    name = fields.String()
    region = fields.String()
    country = fields.String()
    zone = fields.String()
    languages = fields.List(fields.String())
    locale = fields.String()
    phone = fields.String(allow_none=True)
    address = fields.String()
    lat = fields.Float(allow_none=True)
    lng = fields.Float(allow_none=True)
    opening_hours = OpeningHoursField()
    is_active = fields.Boolean()
    version = fields.Integer()


StorePage = page_schema(StoreView)


# People


class StaffArgs(PageArgs):
    store_id = fields.Integer(validate=validate.Range(min=1, max=BIGGEST_ID))
    role = one_of(ROLES)
    is_active = fields.Boolean()


class StaffFields(Input):
    name = text(longest=80, shortest=1)
    phone = text(longest=40, shortest=1)
    role = one_of(ROLES)
    locale = one_of(LOCALES)
    languages = codes()
    skills = codes()
    store_ids = fields.List(row_id(), validate=validate.Length(max=200))
    home_store_id = row_id(allow_none=True)


class CreateStaff(StaffFields):
    name = text(longest=80, shortest=1, required=True)
    phone = text(longest=40, shortest=1, required=True)
    role = one_of(ROLES, required=True)
    locale = one_of(LOCALES, required=True)
    languages = codes(load_default=list)
    skills = codes(load_default=list)
    store_ids = fields.List(row_id(), validate=validate.Length(max=200), load_default=list)
    home_store_id = row_id(allow_none=True, load_default=None)


class UpdateStaff(StaffFields):
    is_active = fields.Boolean()
    version = row_id(required=True)


class UpdateMe(Input):
    locale = one_of(LOCALES)
    work_texts = fields.Boolean(metadata={"description": "hear of changed work by SMS while the app is closed"})


class StaffView(View):
    """Colleagues see id, name, role and stores; the rest is for those who lead, and for the person."""

    id = fields.Integer()
    name = fields.String()
    role = fields.String()
    store_ids = fields.List(fields.Integer())
    home_store_id = fields.Integer(allow_none=True)
    is_active = fields.Boolean()
    phone = fields.String()
    locale = fields.String()
    languages = fields.List(fields.String())
    skills = fields.List(fields.String())
    has_password = fields.Boolean()
    work_texts = fields.Boolean(metadata={"description": "hears of changed work by SMS while the app is closed"})
    version = fields.Integer()


StaffPage = page_schema(StaffView)


class SessionView(View):
    token = fields.String(metadata={"description": "only when session is token"})
    expires_at = fields.AwareDateTime()
    staff = fields.Nested(StaffView)


class MeView(StaffView):
    stores = fields.List(fields.Nested(StoreView))


SkillLabel = Input.from_dict(
    {locale: text(longest=60, shortest=1, required=True) for locale in LOCALES}, name="SkillLabel"
)


class PutSkill(Input):
    label = fields.Nested(SkillLabel, required=True)
    is_active = fields.Boolean(load_default=True)


class SkillView(View):
    key = fields.String()
    label = Text3Field()
    is_active = fields.Boolean()


class SkillList(View):
    items = fields.List(fields.Nested(SkillView))
    next_cursor = fields.String(allow_none=True)


# Shifts


class ShiftArgs(Input):
    first = local_date(metadata={"description": "default: today in the store's zone"})
    last = local_date(metadata={"description": "default: 13 days later; at most 92 days after first"})


class WeeklyStretchInput(Input):
    weekday = fields.Integer(
        strict=True, required=True, validate=validate.Range(min=0, max=6), metadata={"description": "0 is Monday"}
    )
    starts = wall_time(required=True)
    ends = wall_time(required=True)


class DayStretchInput(Input):
    day = local_date(required=True)
    starts = wall_time(allow_none=True, load_default=None)
    ends = wall_time(allow_none=True, load_default=None)
    note = text(longest=200, load_default="")


class SetShifts(Input):
    """Both parts replace what stood there from today (or `valid_from`) on; a part left out stays as it is."""

    weekly = fields.List(fields.Nested(WeeklyStretchInput), validate=validate.Length(max=70))
    exceptions = fields.List(fields.Nested(DayStretchInput), validate=validate.Length(max=400))
    valid_from = local_date()

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_: Any) -> None:
        if "weekly" not in data and "exceptions" not in data:
            raise ValidationError(N_("Send the usual week, the exceptions, or both."), "weekly")


class WeeklyStretchView(View):
    weekday = fields.Integer()
    starts = fields.Time(format=WALL_TIME)
    ends = fields.Time(format=WALL_TIME)
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)


class DayStretchView(View):
    day = fields.Date()
    starts = fields.Time(format=WALL_TIME, allow_none=True)
    ends = fields.Time(format=WALL_TIME, allow_none=True)
    note = fields.String()


class IntervalView(View):
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()


class WorkingDayView(View):
    day = fields.Date()
    intervals = fields.List(fields.Nested(IntervalView))
    minutes = fields.Integer()
    is_exception = fields.Boolean()
    is_away = fields.Boolean()


class ShiftsView(View):
    zone = fields.String()
    weekly = fields.List(fields.Nested(WeeklyStretchView), metadata={"description": "in force on the first day"})
    exceptions = fields.List(fields.Nested(DayStretchView))
    days = fields.List(fields.Nested(WorkingDayView), metadata={"description": "what follows from all of it"})


# Time off


class TimeOffArgs(PageArgs):
    status = one_of(TimeOffStatus)
    store_id = fields.Integer(validate=validate.Range(min=1, max=BIGGEST_ID))


class AskTimeOff(Input):
    starts_at = moment(required=True)
    ends_at = moment(required=True)
    reason = one_of(TimeOffReason, required=True)
    note = text(longest=500, load_default="")
    cover_id = row_id(allow_none=True, load_default=None)


class ApproveTimeOff(Input):
    cover_id = row_id(allow_none=True, load_default=None)
    note = text(longest=500, load_default="")


class DeclineTimeOff(Input):
    note = text(longest=500, shortest=1, required=True)


class CancelTimeOff(Input):
    note = text(longest=500, load_default="")


class PersonName(View):
    id = fields.Integer()
    name = fields.String()


class TimeOffView(View):
    id = fields.Integer()
    staff = fields.Nested(PersonName)
    cover = fields.Nested(PersonName, allow_none=True)
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    reason = fields.String()
    note = fields.String()
    status = fields.String()
    asked_by = fields.Integer()
    asked_at = fields.AwareDateTime()
    decided_by = fields.Integer(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    decision_note = fields.String()
    allowed_actions = fields.List(fields.String())


TimeOffPage = page_schema(TimeOffView)
