"""The routes about the asking person that join slices: the day, the points, and all a phone needs to start."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import fields, validate

from app.api.holdings import changed, held_by, holdings_of, word_for
from app.api.map_setting import MapView, map_json
from app.core import clock, presence
from app.core.db import transaction
from app.core.http import packed, problems
from app.core.schemas import Input, View
from app.customers import queries as customers
from app.customers import reads
from app.messaging import inbox
from app.messaging.conversation_routes import talk_json
from app.messaging.conversation_schemas import CustomersLastTextView, TalkView
from app.people import queries as people
from app.people.access import Actor, Role
from app.people.auth import current_actor, requires
from app.people.models import Store
from app.points import queries as points
from app.points.queries import MyPoints
from app.points.schemas import MyPointsView, RuleSetView
from app.reports.brief_schemas import BriefView, brief_json
from app.reports.briefs import briefs
from app.tasks import queries as tasks
from app.tasks.schemas import TaskPage, TaskView

blp = Blueprint("me", __name__, description="The asking person's own day, points and phone")
# A full day is some 600 kB of text, mostly checklists that repeat themselves; packed it is a twentieth.
blp.after_request(packed)

CONVERSATIONS_ON_A_PHONE = 50
BOOK_PAGE = 2000
LONGEST_SINCE = 3000
"""Some 200 rows. A longer day than that is sent whole each time, rather than an address that no server lets through."""
TASK, CUSTOMER = "t", "c"


class DayArgs(Input):
    date = fields.Date(metadata={"description": "local day of the own store; today when left out"})


class BootstrapArgs(Input):
    since = fields.String(
        validate=validate.Length(max=LONGEST_SINCE),
        metadata={
            "description": "the last answer's `since`: then tasks and customers that have not changed are left out"
        },
    )


class MyBookArgs(Input):
    tag = fields.String(validate=validate.Length(max=64), metadata={"description": "the `tag` of what is known"})
    cursor = fields.String(validate=validate.Length(max=600))
    limit = fields.Integer(validate=validate.Range(min=1, max=BOOK_PAGE), load_default=BOOK_PAGE)


class MyBookRowView(View):
    id = fields.Integer()
    name = fields.String()
    phone_end = fields.String(metadata={"description": "the last four digits, to search by"})
    district = fields.String()
    tier = fields.String()


class MyBookView(View):
    """`is_unchanged`: nothing has changed since the tag that was sent, and no rows follow."""

    tag = fields.String(metadata={"description": "of the whole book; empty on later pages"})
    is_unchanged = fields.Boolean()
    items = fields.List(fields.Nested(MyBookRowView))
    next_cursor = fields.String(allow_none=True)


class UserStoreView(View):
    id = fields.Integer()
    name = fields.String()
    zone = fields.String()
    phone = fields.String(allow_none=True)
    lat = fields.Float(allow_none=True)
    lng = fields.Float(allow_none=True)


class UserView(View):
    id = fields.Integer()
    name = fields.String()
    role = fields.String()
    locale = fields.String()
    work_texts = fields.Boolean()
    store = fields.Nested(UserStoreView, allow_none=True)


class BootstrapView(View):
    """Everything the field app keeps for a day without signal. What is in neither list of ids is no longer the
    person's; what is in one and was left out has not changed."""

    user = fields.Nested(UserView)
    server_time = fields.AwareDateTime()
    since = fields.String(metadata={"description": "send it with the next look; opaque"})
    tasks = fields.List(fields.Nested(TaskView))
    task_ids = fields.List(fields.Integer())
    customers = fields.List(fields.Nested(BriefView), metadata={"description": "of the day's tasks"})
    customer_ids = fields.List(fields.Integer())
    conversations = fields.List(fields.Nested(TalkView))
    last_texts = fields.List(fields.Nested(CustomersLastTextView))
    points = fields.Nested(MyPointsView)
    rules_to_acknowledge = fields.List(fields.Nested(RuleSetView))
    map = fields.Nested(MapView)


@blp.route("/me/day")
@requires(Role.ASSOCIATE, Role.SUPERVISOR, scope="tasks:read")
@blp.arguments(DayArgs, location="query")
@blp.alt_response(200, schema=TaskPage, success=True)
@problems(blp, 422)
def day(args: dict[str, Any]) -> Response:
    """My tasks of one day, in the order of their windows. Whose number it carries is written down."""
    actor, now = current_actor(), clock.now()
    body = tasks.day_json(actor.id, day=args.get("date") or _today(actor, now), actor=actor, now=now)
    with transaction():
        reads.record_carried(_customers_of(json.loads(body)["items"]), actor=actor, now=now)
    return Response(body, mimetype="application/json")


@blp.route("/me/points")
@requires(Role.ASSOCIATE, scope="points:read")
@blp.response(200, MyPointsView)
def my_points() -> MyPoints:
    """My points of today and of the season, my place, and my newest lines with their reasons."""
    return points.my_points(current_actor(), now=clock.now())


@blp.route("/bootstrap")
@requires(Role.ASSOCIATE, Role.SUPERVISOR, scope="tasks:read")
@blp.arguments(BootstrapArgs, location="query")
@blp.alt_response(200, schema=BootstrapView, success=True)
@problems(blp, 422)
def bootstrap(args: dict[str, Any]) -> Response:
    """All that a phone needs to work through the day without signal. Whose number it carries is written down."""
    actor, now = current_actor(), clock.now()
    talks = inbox.inbox(actor, now=now, limit=CONVERSATIONS_ON_A_PHONE).rows
    own_tasks = tasks.tasks_for_bootstrap(actor, now)
    own_briefs = [brief_json(one) for one in briefs(_customers_of(own_tasks), actor=actor, now=now).values()]
    holdings = holdings_of({TASK: own_tasks, CUSTOMER: own_briefs})
    held = held_by(args.get("since", ""))
    with transaction():
        reads.record_carried(_customers_of(own_tasks), actor=actor, now=now)
    presence.note_look(f"staff:{actor.id}", at=now)
    # Tasks come from their query as they go out; only the small rest passes through schemas.
    return jsonify(
        user=_user(actor),
        server_time=now.isoformat(),
        since=word_for(holdings, longest=LONGEST_SINCE),
        tasks=changed(TASK, own_tasks, holdings=holdings, held=held),
        task_ids=[task["id"] for task in own_tasks],
        customers=changed(CUSTOMER, own_briefs, holdings=holdings, held=held),
        customer_ids=[brief["id"] for brief in own_briefs],
        conversations=TalkView(many=True).dump([talk_json(talk) for talk in talks]),
        last_texts=CustomersLastTextView(many=True).dump(inbox.last_texts(_customers_of(own_tasks))),
        points=MyPointsView().dump(points.my_points(actor, now=now)),
        rules_to_acknowledge=RuleSetView(many=True).dump(points.rules_to_acknowledge(actor, now=now)),
        map=map_json(),
    )


@blp.route("/me/customers")
@requires(Role.ASSOCIATE, Role.SUPERVISOR, scope="customers:read")
@blp.arguments(MyBookArgs, location="query")
@blp.response(200, MyBookView)
@problems(blp, 422)
def my_customers(args: dict[str, Any]) -> dict[str, Any]:
    """Whom I look after, colleagues' customers that I cover too: enough to find somebody by, for the phone to keep."""
    actor, now = current_actor(), clock.now()
    tag = "" if "cursor" in args else customers.tag_of_book(actor=actor, now=now)
    if tag and tag == args.get("tag"):
        return {"tag": tag, "is_unchanged": True, "items": [], "next_cursor": None}
    page = customers.page_of_book(actor=actor, now=now, cursor=args.get("cursor"), limit=args["limit"])
    return {"tag": tag, "is_unchanged": False, "items": page.rows, "next_cursor": page.next_cursor}


def _customers_of(own_tasks: list[dict[str, Any]]) -> set[int]:
    return {task["customer"]["id"] for task in own_tasks if task["customer"]["id"] is not None}


def _user(actor: Actor) -> dict[str, Any]:
    person = people.staff(actor.id)
    store_id = person.home_store_id or min(actor.store_ids, default=None)
    store = people.store(store_id) if store_id else None
    return {
        "id": actor.id,
        "name": actor.name,
        "role": actor.role.value,
        "locale": actor.locale,
        "work_texts": person.work_texts,
        "store": _shop(store) if store else None,
    }


def _shop(store: Store) -> dict[str, Any]:
    return {name: getattr(store, name) for name in ("id", "name", "zone", "phone", "lat", "lng")}


def _today(actor: Actor, now: datetime) -> date:
    store_id = people.staff(actor.id).home_store_id or min(actor.store_ids, default=None)
    zone = people.zone_of_store(store_id) if store_id else ZoneInfo("UTC")
    return now.astimezone(zone).date()
