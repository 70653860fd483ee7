"""A customer's file as one who serves him needs it, and the timeline: the routes about a customer that join slices."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import fields, validate

from app.complaints.kinds import Stage
from app.core import clock
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.http import problems
from app.core.paging import PageArgs
from app.core.schemas import View, page_schema
from app.customers import members, present, reads, service
from app.customers.member_schemas import MemberView
from app.customers.models import Customer
from app.customers.routes import EVERYBODY, READ, ROW_ID, file_view
from app.customers.schemas import CustomerView, NamedPersonView, choice_field
from app.people.access import Actor
from app.people.auth import current_actor, requires
from app.reports.brief_schemas import BriefView, brief_json
from app.reports.briefs import briefs
from app.reports.open_matters import OpenMatters, open_matters
from app.reports.timeline import LONGEST_PAGE, PAGE, Kind, Moment, story
from app.tasks.kinds import Reason, Status, TaskType

blp = Blueprint("customer_files", __name__, description="A customer's file and timeline")

LAST_CONTACTS = 5


class TimelineArgs(PageArgs):
    limit = fields.Integer(validate=validate.Range(min=1, max=LONGEST_PAGE), load_default=PAGE)
    kind = fields.List(choice_field(Kind), metadata={"description": "only these kinds; all when left out"})


class MomentView(View):
    """One line of the timeline. `detail` depends on the kind; `words` are those of the customer or a colleague."""

    key = fields.String()
    at = fields.AwareDateTime()
    kind = choice_field(Kind)
    what = fields.String(metadata={"description": "tells sorts of one kind apart, such as in and out of a message"})
    id = fields.String()
    status = fields.String(allow_none=True)
    words = fields.String()
    who = fields.Nested(NamedPersonView, allow_none=True)
    detail = fields.Dict()


class OpenTaskView(View):
    id = fields.Integer()
    number = fields.String()
    type = choice_field(TaskType)
    reason = choice_field(Reason)
    status = choice_field(Status)
    window_start = fields.AwareDateTime()
    window_end = fields.AwareDateTime()
    assignee = fields.Nested(NamedPersonView, allow_none=True)


class OpenComplaintView(View):
    id = fields.Integer()
    number = fields.String()
    stage = choice_field(Stage)
    is_reaction = fields.Boolean()
    opened_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()


class WaitingView(View):
    conversation_id = fields.Integer()
    since = fields.AwareDateTime()


class OpenMattersView(View):
    tasks = fields.List(fields.Nested(OpenTaskView))
    complaints = fields.List(fields.Nested(OpenComplaintView))
    waiting_text = fields.Nested(WaitingView, allow_none=True)


class WholeCustomerView(CustomerView):
    """The file with those who belong to it, what happened last and what is open."""

    members = fields.List(fields.Nested(MemberView))
    last_contacts = fields.List(fields.Nested(MomentView))
    open_matters = fields.Nested(OpenMattersView)


TimelinePage = page_schema(MomentView)


@blp.route(f"/customers/<{ROW_ID}:customer_id>/brief", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.alt_response(200, schema=BriefView, success=True)
@problems(blp, 401, 403, 404)
def read_brief(customer_id: int) -> Response:
    """What to know before the bell rings: what not to say, what runs out, what was promised, who lives there, what was
    said last. The reading is written into the audit log."""
    actor, now = current_actor(), clock.now()
    found = briefs([customer_id], actor=actor, now=now).get(customer_id)
    if found is None:
        raise NotFound()
    with transaction():
        reads.record(reads.READ, found.customer, actor=actor, now=now)
        body = brief_json(found)
    return jsonify(body)


@blp.route(f"/customers/<{ROW_ID}:customer_id>", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, WholeCustomerView)
@problems(blp, 401, 403, 404)
def read_customer(customer_id: int) -> dict[str, Any]:
    """The full file with members, last contacts and open matters. The reading is written into the audit log."""
    actor, now = current_actor(), clock.now()
    with transaction():
        customer = service.read_file(customer_id, actor=actor, now=now)
        found = members.members_of(customer.household_id)
        last = story(customer, actor=actor, now=now, kinds=(Kind.TASK, Kind.MESSAGE), limit=LAST_CONTACTS)
        return file_view(customer) | {
            "members": present.members(found, members.collectors_of(found), today=now.date()),
            "last_contacts": [_moment(moment) for moment in last.moments],
            "open_matters": _open(customer, actor),
        }


@blp.route(f"/customers/<{ROW_ID}:customer_id>/timeline", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.arguments(TimelineArgs, location="query")
@blp.response(200, TimelinePage)
@problems(blp, 401, 403, 404, 422)
def read_timeline(args: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Purchases, tasks, messages, complaints, notes and changes of the file, the newest first. Written into the audit
    log."""
    actor, now = current_actor(), clock.now()
    with transaction():
        customer = service.get(customer_id, actor=actor, now=now)
        found = story(
            customer,
            actor=actor,
            now=now,
            kinds=[Kind(kind) for kind in args.get("kind", ())],
            cursor=args.get("cursor"),
            limit=args.get("limit"),
        )
        reads.record(reads.TIMELINE, customer, actor=actor, now=now)
    return {"items": [_moment(moment) for moment in found.moments], "next_cursor": found.next_cursor}


def _open(customer: Customer, actor: Actor) -> dict[str, Any]:
    found: OpenMatters = open_matters(customer, actor=actor, now=clock.now())
    return {
        "tasks": [
            {
                **{name: getattr(task, name) for name in ("id", "number", "type", "reason", "status")},
                "window_start": task.window_start,
                "window_end": task.window_end,
                "assignee": present.person(task.assignee_id, name),
            }
            for task, name in found.tasks
        ],
        "complaints": found.complaints,
        "waiting_text": {"conversation_id": found.waiting.id, "since": found.waiting.waiting_since}
        if found.waiting
        else None,
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "key": moment.key,
        "at": moment.at,
        "kind": moment.kind.value,
        "what": moment.what,
        "id": moment.id,
        "status": moment.status,
        "words": moment.words,
        "who": present.person(moment.who_id, moment.who),
        "detail": moment.detail,
    }
