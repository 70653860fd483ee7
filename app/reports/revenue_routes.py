"""/reports/revenue: which few customers bring most of the revenue."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from app.core import clock
from app.core.http import problems
from app.core.paging import PageArgs
from app.core.phone import mask
from app.core.schemas import Input, View, page_schema
from app.customers.schemas import NamedPersonView, choice_field, id_field
from app.customers.values import Tier
from app.people.access import Role
from app.people.auth import current_actor, requires
from app.purchases.tier_rules import CURRENCIES
from app.reports import revenue
from app.reports.revenue import Bringer, Period, Revenue, Scope

blp = Blueprint("revenue", __name__, description="Which customers bring the revenue")

LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
READ = "customers:read"


class RevenueArgs(Input):
    store_id = id_field(strict=False)
    currency = choice_field(CURRENCIES)
    first = fields.Date(data_key="from", metadata={"description": "local day; leave both out for the rolling year"})
    last = fields.Date(data_key="to")


class BringersArgs(RevenueArgs, PageArgs):
    pass


class DecileView(View):
    number = fields.Integer()
    customers = fields.Integer()
    revenue = fields.Decimal(as_string=True)
    percent = fields.Decimal(as_string=True)
    running_percent = fields.Decimal(as_string=True)
    least = fields.Decimal(as_string=True)
    most = fields.Decimal(as_string=True)


class RevenuePointView(View):
    customers = fields.Decimal(as_string=True)
    revenue = fields.Decimal(as_string=True)


class RevenueView(View):
    store_ids = fields.List(fields.Integer())
    currency = fields.String()
    first = fields.Date(data_key="from", allow_none=True)
    last = fields.Date(data_key="to", allow_none=True)
    customers = fields.Integer()
    buyers = fields.Integer()
    total = fields.Decimal(as_string=True)
    vital = fields.Integer(metadata={"description": "so many customers together bring 80 % of the revenue"})
    vital_percent = fields.Decimal(as_string=True)
    percent_of_few = fields.Decimal(as_string=True, metadata={"description": "what the first fifth brings"})
    deciles = fields.List(fields.Nested(DecileView))
    curve = fields.List(fields.Nested(RevenuePointView))


class BringerView(View):
    place = fields.Integer()
    customer = fields.Nested(NamedPersonView)
    phone_masked = fields.String(allow_none=True)
    store_id = fields.Integer()
    owner = fields.String(allow_none=True)
    tier = choice_field(Tier)
    purchases = fields.Integer()
    value = fields.Decimal(as_string=True)
    percent = fields.Decimal(as_string=True)
    running_percent = fields.Decimal(as_string=True)


BringerPage = page_schema(BringerView)


@blp.route("/reports/revenue", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(RevenueArgs, location="query")
@blp.response(200, RevenueView)
@problems(blp, 401, 403, 404, 422)
def show_revenue(args: dict[str, Any]) -> dict[str, Any]:
    """How the revenue of a period is spread over the customers: tenths, curve, and how few bring 80 %."""
    found: Revenue = revenue.report(_scope(args))
    period = found.scope.period
    return {
        "store_ids": list(found.scope.store_ids),
        "currency": found.scope.currency,
        "first": period.first,
        "last": period.last,
        "customers": found.customers,
        "buyers": found.buyers,
        "total": found.total,
        "vital": found.vital,
        "vital_percent": found.vital_percent,
        "percent_of_few": found.percent_of_few,
        "deciles": found.deciles,
        "curve": found.curve,
    }


@blp.route("/reports/revenue/customers", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(BringersArgs, location="query")
@blp.response(200, BringerPage)
@problems(blp, 401, 403, 404, 422)
def list_bringers(args: dict[str, Any]) -> dict[str, Any]:
    """The customers who together bring 80 % of the revenue, the best first."""
    page = revenue.page_of_bringers(
        _scope(args), actor=current_actor(), now=clock.now(), cursor=args.get("cursor"), limit=args.get("limit")
    )
    return {"items": [_bringer(row) for row in page.rows], "next_cursor": page.next_cursor}


def _scope(args: dict[str, Any]) -> Scope:
    first: date | None = args.get("first")
    return revenue.scope_for(
        store_id=args.get("store_id"),
        currency=args.get("currency"),
        period=Period(first=first, last=args.get("last")),
        actor=current_actor(),
    )


def _bringer(row: Bringer) -> dict[str, Any]:
    return {
        "place": row.place,
        "customer": {"id": row.customer.id, "name": row.customer.name},
        "phone_masked": mask(row.customer.phone),
        "store_id": row.customer.store_id,
        "owner": row.owner,
        "tier": row.customer.tier,
        "purchases": row.purchases,
        "value": row.value,
        "percent": row.percent,
        "running_percent": row.running_percent,
    }
