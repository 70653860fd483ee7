"""/lapsed-customers, and the callback that wins one of them back."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from app.careplans import win_back
from app.careplans.win_back import Planned
from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.core.phone import mask
from app.core.schemas import Input, View, page_schema
from app.customers.schemas import NamedPersonView, choice_field, id_field
from app.customers.values import Tier
from app.people.access import Role, require_store
from app.people.auth import current_actor, requires
from app.purchases import lapsed
from app.purchases.lapsed import LapsedCustomer, LapsedFilter, Silence

blp = Blueprint("lapsed", __name__, description="Customers who stay away, and calling them back")

LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
ROW_ID = "int(max=2147483647)"


class LapsedArgs(PageArgs):
    why = choice_field(Silence, load_default=Silence.NOT_BOUGHT.value)
    store_id = id_field(strict=False)
    owner_id = id_field(strict=False)
    tier = choice_field(Tier)


class PlannedView(View):
    task_id = fields.Integer()
    window_start = fields.AwareDateTime()


class LapsedView(View):
    customer = fields.Nested(NamedPersonView)
    phone_masked = fields.String(allow_none=True)
    store_id = fields.Integer()
    owner = fields.Nested(NamedPersonView, allow_none=True)
    tier = choice_field(Tier)
    last_bought_on = fields.Date(allow_none=True)
    days_away = fields.Integer(allow_none=True)
    cycle_days = fields.Decimal(as_string=True, allow_none=True)
    lapsed_on = fields.Date(allow_none=True)
    last_contact_on = fields.Date(allow_none=True)
    wants_no_calls = fields.Boolean()
    callback = fields.Nested(PlannedView, allow_none=True, metadata={"description": "one that waits to be made"})


LapsedPage = page_schema(LapsedView)


class CallBack(Input):
    day = fields.Date(allow_none=True, load_default=None, metadata={"description": "local; the next possible if null"})


class CalledBackView(View):
    task_id = fields.Integer()
    customer_id = fields.Integer()
    assignee_id = fields.Integer(allow_none=True)
    window_start = fields.AwareDateTime()
    window_end = fields.AwareDateTime()
    is_new = fields.Boolean(metadata={"description": "false when such a callback was waiting already"})


@blp.route("/lapsed-customers", methods=["GET"])
@requires(*LEADERS, scope="customers:read")
@blp.arguments(LapsedArgs, location="query")
@blp.response(200, LapsedPage)
@problems(blp, 401, 403, 404, 422)
def list_lapsed(args: dict[str, Any]) -> dict[str, Any]:
    """Who has bought nothing, or was not contacted, for 1.5 times the own cycle (120 days without one)."""
    actor = current_actor()
    if args.get("store_id") is not None:
        require_store(actor, args["store_id"])
    wanted = LapsedFilter(
        silence=Silence(args["why"]),
        store_id=args.get("store_id"),
        owner_id=args.get("owner_id"),
        tier=Tier(args["tier"]) if args.get("tier") else None,
    )
    page = lapsed.page_of_lapsed(
        wanted, actor=actor, now=clock.now(), cursor=args.get("cursor"), limit=args.get("limit")
    )
    waiting = win_back.planned_for([row.customer_id for row in page.rows])
    return {
        "items": [_row(row, waiting.get(row.customer_id)) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


@blp.route(f"/customers/<{ROW_ID}:customer_id>/win-back", methods=["POST"])
@requires(*LEADERS, scope="tasks:write")
@idempotent
@blp.arguments(CallBack)
@blp.response(200, CalledBackView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def call_back(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Give the customer a callback. 409 names the next free day when the household is contacted too close to it."""
    done = win_back.call_back(customer_id, actor=current_actor(), now=clock.now(), **body)
    task = done.task
    return {
        "task_id": task.id,
        "customer_id": task.customer_id,
        "assignee_id": task.assignee_id,
        "window_start": task.window_start,
        "window_end": task.window_end,
        "is_new": done.is_new,
    }


def _row(row: LapsedCustomer, waiting: Planned | None) -> dict[str, Any]:
    return {
        "customer": {"id": row.customer_id, "name": row.name},
        "phone_masked": mask(row.phone),
        "store_id": row.store_id,
        "owner": {"id": row.owner_id, "name": row.owner_name or ""} if row.owner_id else None,
        "tier": row.tier,
        "last_bought_on": row.last_bought_on,
        "days_away": row.days_away,
        "cycle_days": row.cycle_days,
        "lapsed_on": row.lapses_on,
        "last_contact_on": row.last_contact_on,
        "wants_no_calls": row.wants_no_calls,
        "callback": waiting,
    }
