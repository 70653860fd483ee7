"""The routes about the asking person that join slices: the day, the points, and all a phone needs to start."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import fields

from app.core import clock
from app.core.db import transaction
from app.core.http import problems
from app.core.schemas import Input, View
from app.customers import reads
from app.messaging import inbox
from app.messaging.conversation_routes import talk_json
from app.messaging.conversation_schemas import CustomersLastTextView, TalkView
from app.people import queries as people
from app.people.access import Actor, Role
from app.people.auth import current_actor, requires
from app.points import queries as points
from app.points.queries import MyPoints
from app.points.schemas import MyPointsView, RuleSetView
from app.tasks import queries as tasks
from app.tasks.schemas import TaskPage, TaskView

blp = Blueprint("me", __name__, description="The asking person's own day, points and phone")

CONVERSATIONS_ON_A_PHONE = 50


class DayArgs(Input):
    date = fields.Date(metadata={"description": "local day of the own store; today when left out"})


class BootstrapArgs(Input):
    since = fields.String(metadata={"description": "the last answer's `since`; the answer is whole all the same"})


class UserStoreView(View):
    id = fields.Integer()
    name = fields.String()
    zone = fields.String()
    phone = fields.String(allow_none=True)


class UserView(View):
    id = fields.Integer()
    name = fields.String()
    role = fields.String()
    locale = fields.String()
    store = fields.Nested(UserStoreView, allow_none=True)


class BootstrapView(View):
    """Everything the field app keeps for a day without signal."""

    user = fields.Nested(UserView)
    server_time = fields.AwareDateTime()
    since = fields.String()
    tasks = fields.List(fields.Nested(TaskView))
    conversations = fields.List(fields.Nested(TalkView))
    last_texts = fields.List(fields.Nested(CustomersLastTextView))
    points = fields.Nested(MyPointsView)
    rules_to_acknowledge = fields.List(fields.Nested(RuleSetView))


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
def bootstrap(_args: dict[str, Any]) -> Response:
    """All that a phone needs to work through the day without signal. Whose number it carries is written down."""
    actor, now = current_actor(), clock.now()
    talks = inbox.inbox(actor, now=now, limit=CONVERSATIONS_ON_A_PHONE).rows
    own_tasks = tasks.tasks_for_bootstrap(actor, now)
    with transaction():
        reads.record_carried(_customers_of(own_tasks), actor=actor, now=now)
    # Tasks come from their query as they go out; only the small rest passes through schemas.
    return jsonify(
        user=_user(actor),
        server_time=now.isoformat(),
        since=now.isoformat(),
        tasks=own_tasks,
        conversations=TalkView(many=True).dump([talk_json(talk) for talk in talks]),
        last_texts=CustomersLastTextView(many=True).dump(inbox.last_texts(_customers_of(own_tasks))),
        points=MyPointsView().dump(points.my_points(actor, now=now)),
        rules_to_acknowledge=RuleSetView(many=True).dump(points.rules_to_acknowledge(actor, now=now)),
    )


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
        "store": {"id": store.id, "name": store.name, "zone": store.zone, "phone": store.phone} if store else None,
    }


def _today(actor: Actor, now: datetime) -> date:
    store_id = people.staff(actor.id).home_store_id or min(actor.store_ids, default=None)
    zone = people.zone_of_store(store_id) if store_id else ZoneInfo("UTC")
    return now.astimezone(zone).date()
