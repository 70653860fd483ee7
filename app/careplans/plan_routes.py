"""/care-plans: the plans themselves, their forecast, and why a customer was or wasn't contacted."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from flask_smorest import Blueprint

from app.careplans import forecast, plan_queries, plan_schemas, service, why
from app.careplans.plan_queries import PlanRow
from app.careplans.plan_settings import PlanKind
from app.careplans.speech import said
from app.core import clock
from app.core.errors import StaleVersion
from app.core.http import problems
from app.core.i18n import pick
from app.core.idempotency import idempotent
from app.customers import service as customers
from app.people.access import Role, require_store
from app.people.auth import current_actor, requires

blp = Blueprint("care_plans", __name__, description="Care plans: who is looked after, when and how; forecast and why")

EVERYBODY = (Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE)
LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
READ = "careplans:read"
WRITE = "careplans:write"
ONE = "/care-plans/<int(max=2147483647):plan_id>"


@blp.route("/care-plans")
@requires(*LEADERS, scope=READ)
@blp.response(200, plan_schemas.PlanList)
@problems(blp, 401, 403)
def list_plans() -> dict[str, Any]:
    """All plans with the people of their segment and the touches that stand for the next 14 days."""
    actor, now = current_actor(), clock.now()
    rows = plan_queries.plans()
    people = plan_queries.count_people([row.settings.segment for row in rows], actor=actor, now=now)
    ahead = plan_queries.touches_ahead(actor=actor, now=now)
    items = [
        _plan(row) | {"people": people[row.settings.segment], "touches_ahead": ahead.get(row.plan.id, 0)}
        for row in rows
    ]
    return {"items": items, "next_cursor": None}


@blp.route("/care-plans", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(plan_schemas.CreatePlan)
@blp.response(201, plan_schemas.PlanFile)
@problems(blp, 400, 401, 403, 409, 422)
def create_plan(body: dict[str, Any]) -> dict[str, Any]:
    """Write a new plan. It is off until it is switched on."""
    plan = service.create(
        kind=PlanKind(body["kind"]),
        name=body["name"],
        settings=body["settings"],
        note=body["note"],
        actor=current_actor(),
        now=clock.now(),
    )
    return _file(plan.id)


@blp.route(ONE)
@requires(*LEADERS, scope=READ)
@blp.response(200, plan_schemas.PlanFile)
@problems(blp, 401, 403, 404)
def read_plan(plan_id: int) -> dict[str, Any]:
    """One plan with all its versions, newest first."""
    return _file(plan_id)


@blp.route(ONE, methods=["PATCH"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(plan_schemas.ChangePlan)
@blp.response(200, plan_schemas.PlanFile)
@problems(blp, 400, 401, 403, 404, 409, 422)
def change_plan(body: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """Publish the next version of the settings, or rename; a stale version is answered with the present plan."""
    try:
        service.change(
            plan_id,
            version=body["version"],
            name=body["name"],
            settings=body["settings"],
            note=body["note"],
            actor=current_actor(),
            now=clock.now(),
        )
    except StaleVersion as stale:
        stale.extra["current"] = plan_schemas.PlanFile().dump(_file(plan_id))
        raise
    return _file(plan_id)


@blp.route(f"{ONE}/on", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(plan_schemas.SwitchPlan)
@blp.response(200, plan_schemas.PlanFile)
@problems(blp, 400, 401, 403, 404, 409, 422)
def switch_on(body: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """Let the plan make touches from the next run on."""
    service.switch(plan_id, is_on=True, version=body["version"], actor=current_actor(), now=clock.now())
    return _file(plan_id)


@blp.route(f"{ONE}/off", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(plan_schemas.SwitchPlan)
@blp.response(200, plan_schemas.PlanFile)
@problems(blp, 400, 401, 403, 404, 409, 422)
def switch_off(body: dict[str, Any], plan_id: int) -> dict[str, Any]:
    """Let the plan make no more touches; what is booked but not begun ends with the next run."""
    service.switch(plan_id, is_on=False, version=body["version"], actor=current_actor(), now=clock.now())
    return _file(plan_id)


@blp.route(f"{ONE}/copy", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.response(201, plan_schemas.PlanFile)
@problems(blp, 400, 401, 403, 404, 409)
def copy_plan(plan_id: int) -> dict[str, Any]:
    """A new plan with the same settings, switched off."""
    return _file(service.copy(plan_id, actor=current_actor(), now=clock.now()).id)


@blp.route("/care-plans/forecast")
@requires(*LEADERS, scope=READ)
@blp.arguments(plan_schemas.ForecastArgs, location="query")
@blp.response(200, plan_schemas.ForecastView)
@problems(blp, 401, 403, 404, 422)
def forecast_of_all(args: dict[str, Any]) -> forecast.Forecast:
    """Tasks a week and store that all plans that are on will make in 12 weeks, against the hours people are there."""
    return forecast.of_all(store_ids=_stores(args), actor=current_actor(), now=clock.now())


@blp.route(f"{ONE}/forecast")
@requires(*LEADERS, scope=READ)
@blp.arguments(plan_schemas.ForecastArgs, location="query")
@blp.response(200, plan_schemas.ForecastView)
@problems(blp, 401, 403, 404, 422)
def forecast_of_plan(args: dict[str, Any], plan_id: int) -> forecast.Forecast:
    """The same for one plan, on or off."""
    row = plan_queries.plan(plan_id)
    return forecast.of_plan(
        row.settings, plan_id=plan_id, store_ids=_stores(args), actor=current_actor(), now=clock.now()
    )


@blp.route("/care-plans/preview", methods=["POST"])
@requires(*LEADERS, scope=READ)
@idempotent
@blp.arguments(plan_schemas.DraftPlan)
@blp.response(200, plan_schemas.ForecastView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def preview_plan(body: dict[str, Any]) -> forecast.Forecast:
    """The forecast of settings that nobody has published. Stores nothing."""
    settings = service.checked_settings(PlanKind(body["kind"]), body["settings"])
    return forecast.of_plan(settings, plan_id=body["plan_id"], store_ids=None, actor=current_actor(), now=clock.now())


@blp.route("/customers/<int(max=2147483647):customer_id>/why")
@requires(*EVERYBODY, scope="customers:read")
@blp.response(200, plan_schemas.CustomerWhyView)
@problems(blp, 401, 403, 404)
def why_of_customer(customer_id: int) -> dict[str, Any]:
    """Why the customer did, or didn't, hear from us: every plan that is on, in words."""
    now = clock.now()
    customer = customers.get(customer_id, actor=current_actor(), now=now)
    answer = why.of_customer(customer, now=now)
    locale = str(get_locale())
    return {
        "customer_id": customer.id,
        "budget": [said(line) for line in answer.general],
        "plans": [
            {
                "plan_id": one.plan_id,
                "name": pick(one.name, locale),
                "kind": one.kind,
                "is_on": one.is_on,
                "words": said(one.words),
                "next_day": one.next_day,
                "broken": [said(line) for line in one.broken],
                "touches": [
                    {
                        "occurrence_id": touch.occurrence_id,
                        "due_day": touch.due_day,
                        "booked_day": touch.booked_day,
                        "state": touch.state,
                        "reason": touch.reason,
                        "words": said(touch.words),
                        "task_id": touch.task_id,
                    }
                    for touch in one.touches
                ],
            }
            for one in answer.plans
        ],
    }


def _stores(args: dict[str, Any]) -> list[int] | None:
    store_id = args.get("store_id")
    if store_id is None:
        return None
    require_store(current_actor(), store_id)
    return [store_id]


def _plan(row: PlanRow) -> dict[str, Any]:
    return {
        "id": row.plan.id,
        "key": row.plan.key,
        "kind": row.plan.kind,
        "name": row.plan.name,
        "is_on": row.plan.is_on,
        "version": row.plan.version,
        "number": row.version.number,
        "settings": row.version.settings,
        "published_at": row.version.published_at,
    }


def _file(plan_id: int) -> dict[str, Any]:
    row = plan_queries.plan(plan_id)
    segment = row.settings.segment
    people = plan_queries.count_people([segment], actor=current_actor(), now=clock.now())
    versions = [
        {
            "number": one.version.number,
            "settings": one.version.settings,
            "published_at": one.version.published_at,
            "published_by": one.published_by,
            "note": one.version.note,
        }
        for one in plan_queries.versions_of(plan_id)
    ]
    return _plan(row) | {"people": people[segment], "versions": versions}
