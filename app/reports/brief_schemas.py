"""A brief as the API shows it. Plain values, not dumped by the schema: a phone fetches those of a whole day at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from marshmallow import fields

from app.core.phone import mask
from app.core.schemas import Text3Field, View
from app.customers import present
from app.customers.contacts import Budget
from app.customers.member_rules import months_old
from app.customers.schemas import choice_field
from app.customers.values import BookingState
from app.messaging.models import Question
from app.reports.briefs import AtHome, Brief, Case, RunsOut, Use
from app.reports.cautions import Caution
from app.reports.timeline import Moment
from app.tasks.models import Promise, Task

BIRTHDAY_SOON = timedelta(days=21)


class BriefPersonView(View):
    id = fields.Integer()
    name = fields.String()


class UseView(View):
    product = Text3Field()
    per_day = fields.Float()
    unit = fields.String()
    is_restricted = fields.Boolean()


class AtHomeView(View):
    """Somebody for whom is bought or cared. What is private is not kept, so no allergies or illness stand here."""

    id = fields.Integer()
    name = fields.String()
    relation = fields.String()
    age_months = fields.Integer(allow_none=True)
    birth_date = fields.Date(allow_none=True)
    uses = fields.List(fields.Nested(UseView))


class LastContactView(View):
    """As a line of the timeline."""

    key = fields.String()
    at = fields.AwareDateTime()
    kind = fields.String()
    what = fields.String()
    id = fields.String()
    status = fields.String(allow_none=True)
    words = fields.String()
    who = fields.String(allow_none=True)
    detail = fields.Dict()


class BriefTaskView(View):
    id = fields.Integer()
    number = fields.String()
    type = fields.String()
    reason = fields.String()
    status = fields.String()
    window_start = fields.AwareDateTime()
    window_end = fields.AwareDateTime()
    assignee = fields.Nested(BriefPersonView, allow_none=True)


class BriefComplaintView(View):
    """`words`, `plan` and `promised_for` only for those who may see the case."""

    id = fields.Integer(allow_none=True)
    number = fields.String()
    is_own = fields.Boolean(metadata={"description": "false: of somebody else of the household"})
    is_reaction = fields.Boolean()
    stage = fields.String()
    opened_at = fields.AwareDateTime()
    words = fields.String()
    plan = fields.String()
    promised_for = fields.AwareDateTime(allow_none=True)


class BriefQuestionView(View):
    kind = fields.String()
    asked_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()


class RunsOutView(View):
    product = Text3Field()
    unit = fields.String()
    day = fields.Date()
    consumer = fields.String(allow_none=True)
    is_restricted = fields.Boolean()
    is_requested = fields.Boolean()
    needs_delivery = fields.Boolean()
    reserved = fields.Float(allow_none=True, metadata={"description": "packs kept back now"})
    reserved_until = fields.AwareDateTime(allow_none=True)


class PromisedView(View):
    kind = fields.String()
    task_id = fields.Integer()
    start = fields.AwareDateTime()
    end = fields.AwareDateTime()
    told_at = fields.AwareDateTime()


class BriefBudgetView(View):
    """How often the household may be contacted unasked: so many times more this month, and from which day on."""

    gap_days = fields.Integer()
    last_day = fields.Date(allow_none=True)
    next_day = fields.Date(allow_none=True)
    next_free_day = fields.Date()
    this_month = fields.Integer()
    left_this_month = fields.Integer()


class BriefBirthdayView(View):
    day = fields.Date()
    is_lunar = fields.Boolean()


class BriefView(View):
    """What to know of a customer before the bell rings, what must not be said first."""

    id = fields.Integer()
    name = fields.String()
    phone = fields.String(allow_none=True)
    phone_masked = fields.String(allow_none=True)
    address = fields.String()
    district = fields.String()
    lat = fields.Float(allow_none=True)
    lng = fields.Float(allow_none=True)
    access_notes = fields.String()
    locale = fields.String()
    dialect = fields.String(allow_none=True)
    gender = fields.String(allow_none=True)
    tier = fields.String()
    tags = fields.List(fields.String())
    preferences = fields.String()
    sizes = fields.Dict()
    owner = fields.Nested(BriefPersonView, allow_none=True)
    zone = fields.String()
    birthday = fields.Nested(BriefBirthdayView, allow_none=True, metadata={"description": "if it comes soon"})
    cautions = fields.List(choice_field(Caution), metadata={"description": "what not to say or do, the gravest first"})
    restricted = fields.List(Text3Field())
    household = fields.List(fields.Nested(AtHomeView))
    others = fields.List(fields.Nested(BriefPersonView))
    uses = fields.List(fields.Nested(UseView))
    run_outs = fields.List(fields.Nested(RunsOutView))
    promised = fields.List(fields.Nested(PromisedView))
    complaints = fields.List(fields.Nested(BriefComplaintView))
    questions = fields.List(fields.Nested(BriefQuestionView))
    waiting_since = fields.AwareDateTime(allow_none=True)
    tasks = fields.List(fields.Nested(BriefTaskView))
    last_contacts = fields.List(fields.Nested(LastContactView))
    budget = fields.Nested(BriefBudgetView)


def brief_json(brief: Brief) -> dict[str, Any]:
    customer = brief.customer
    return {
        **{name: getattr(customer, name) for name in _FILE},
        "phone_masked": mask(customer.phone),
        "owner": present.person(customer.owner_id, brief.owner),
        "zone": brief.zone.key,
        "birthday": _birthday(brief),
        "cautions": [caution.value for caution in brief.cautions],
        "restricted": list(brief.restricted),
        "household": [_at_home(one, today=brief.today) for one in brief.at_home],
        "others": [{"id": one.id, "name": one.name} for one in brief.others],
        "uses": [_use(one) for one in brief.own_uses],
        "run_outs": [_runs_out(one) for one in brief.run_outs],
        "promised": [_promised(one) for one in brief.promised],
        "complaints": [_case(one, customer_id=customer.id) for one in brief.cases],
        "questions": [_question(one) for one in brief.questions],
        "waiting_since": _at(brief.waiting.waiting_since if brief.waiting else None),
        "tasks": [_task(task, name) for task, name in brief.tasks],
        "last_contacts": [_line(line) for line in brief.last_contacts],
        "budget": _budget(brief.budget),
    }


_FILE = (
    "id", "name", "phone", "address", "district", "lat", "lng", "access_notes", "locale", "dialect", "gender", "tier",
    "tags", "preferences", "sizes",
)  # fmt: skip


def _at(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _birthday(brief: Brief) -> dict[str, Any] | None:
    day = present.next_birthday(brief.customer, today=brief.today)
    if day is None or day - brief.today > BIRTHDAY_SOON:
        return None
    return {"day": day.isoformat(), "is_lunar": brief.customer.birthday_calendar == "lunar"}


def _at_home(one: AtHome, *, today: date) -> dict[str, Any]:
    born = one.member.birth_date
    return {
        "id": one.member.id,
        "name": one.member.name,
        "relation": one.member.relation,
        "age_months": months_old(born, today) if born else None,
        "birth_date": _at(born),
        "uses": [_use(use) for use in one.uses],
    }


def _use(use: Use) -> dict[str, Any]:
    return {
        "product": use.product,
        "per_day": use.per_day,
        "unit": use.unit,
        "is_restricted": use.is_restricted,
    }


def _runs_out(one: RunsOut) -> dict[str, Any]:
    kept = one.reserved
    return {
        "product": one.product,
        "unit": one.unit,
        "day": one.run_out.day.isoformat(),
        "consumer": one.consumer,
        "is_restricted": one.run_out.is_restricted,
        "is_requested": one.run_out.is_requested,
        "needs_delivery": one.run_out.needs_delivery,
        "reserved": float(kept.quantity) if kept else None,
        "reserved_until": _at(kept.expires_at if kept else None),
    }


def _promised(promise: Promise) -> dict[str, Any]:
    return {
        "kind": promise.kind,
        "task_id": promise.task_id,
        "start": promise.promised_start.isoformat(),
        "end": promise.promised_end.isoformat(),
        "told_at": promise.told_at.isoformat(),
    }


def _case(case: Case, *, customer_id: int) -> dict[str, Any]:
    complaint, shows = case.complaint, case.is_readable
    return {
        "id": complaint.id if shows else None,
        "number": complaint.number if shows else "",
        "is_own": complaint.customer_id == customer_id,
        "is_reaction": complaint.is_reaction,
        "stage": complaint.stage,
        "opened_at": complaint.opened_at.isoformat(),
        "words": case.words,
        "plan": complaint.plan if shows else "",
        "promised_for": _at(complaint.promised_for if shows else None),
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "kind": question.kind,
        "asked_at": question.asked_at.isoformat(),
        "expires_at": question.expires_at.isoformat(),
    }


def _task(task: Task, assignee: str | None) -> dict[str, Any]:
    return {
        **{name: getattr(task, name) for name in ("id", "number", "type", "reason", "status")},
        "window_start": task.window_start.isoformat(),
        "window_end": task.window_end.isoformat(),
        "assignee": present.person(task.assignee_id, assignee),
    }


def _line(line: Moment) -> dict[str, Any]:
    return {
        "key": line.key,
        "at": line.at.isoformat(),
        "kind": line.kind.value,
        "what": line.what,
        "id": line.id,
        "status": line.status,
        "words": line.words,
        "who": line.who,
        "detail": line.detail,
    }


def _budget(budget: Budget) -> dict[str, Any]:
    today = budget.today
    month = [one for one in budget.contacts if (one.day.year, one.day.month) == (today.year, today.month)]
    return {
        "gap_days": budget.gap_days,
        "last_day": _at(budget.last.day if budget.last else None),
        "next_day": _at(budget.next.day if budget.next else None),
        "next_free_day": budget.next_free_day.isoformat(),
        "this_month": sum(one.state == BookingState.RECORDED for one in month),
        "left_this_month": contacts_left_this_month(budget),
    }


def contacts_left_this_month(budget: Budget) -> int:
    """How many contacts more fit into what is left of the month, beside those booked already."""
    day, left = budget.next_free_day, 0
    while (day.year, day.month) == (budget.today.year, budget.today.month):
        left, day = left + 1, budget.free_from(day + timedelta(days=budget.gap_days))
    return left
