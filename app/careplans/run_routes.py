"""/occurrences and /care-runs: what the plans wished for and what became of it, and the runs that decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import get_locale, gettext
from flask_smorest import Blueprint
from marshmallow import fields

from app.careplans import engine, occurrences
from app.careplans.jobs import ASKED_RUNS
from app.careplans.manners import AHEAD_DAYS
from app.careplans.models import CareRun
from app.careplans.occurrences import OccurrenceFilter
from app.careplans.plan_settings import PlanKind
from app.careplans.reasons import WORDS, OccurrenceState
from app.core import clock, schedule
from app.core.errors import Invalid
from app.core.http import problems
from app.core.i18n import N_, pick
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.core.schemas import Input, View, page_schema
from app.customers.schemas import NamedPersonView, choice_field, id_field
from app.people.access import Actor, Role, require_store
from app.people.auth import current_actor, requires

blp = Blueprint("care_runs", __name__, description="What the care plans wished for, and the runs that decided about it")

LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
EVERYBODY = (*LEADERS, Role.ASSOCIATE)
READ = "careplans:read"
WRITE = "careplans:write"
RUNS_SHOWN = 20


class RunNow(Input):
    date = fields.Date(
        load_default=None, metadata={"description": "Plan as if it were this day; else each store's own day counts."}
    )


class RunView(View):
    id = fields.Integer()
    day = fields.Date()
    state = fields.String(metadata={"description": "asked, running, done or abandoned"})
    planned_at = fields.AwareDateTime()
    started_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    asked_by = fields.String(allow_none=True)
    done = fields.Integer(metadata={"description": "stretches of households that are done"})
    chunks = fields.Integer()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())


class RunList(View):
    items = fields.List(fields.Nested(RunView))
    next_cursor = fields.String(allow_none=True)


class OccurrenceArgs(PageArgs):
    since = fields.Date()
    until = fields.Date()
    store_id = id_field(strict=False)
    customer_id = id_field(strict=False)
    plan_id = id_field(strict=False)
    state = choice_field(OccurrenceState)
    kind = choice_field(PlanKind)


class OccurrencePlanView(View):
    id = fields.Integer()
    name = fields.String()


class OccurrenceView(View):
    id = fields.Integer()
    plan = fields.Nested(OccurrencePlanView)
    plan_version_id = fields.Integer()
    run_id = fields.Integer(allow_none=True)
    customer = fields.Nested(NamedPersonView)
    store_id = fields.Integer()
    kind = fields.String()
    key = fields.String()
    due_day = fields.Date()
    state = fields.String()
    reason = fields.String(allow_none=True)
    reason_words = fields.String(allow_none=True)
    booked_day = fields.Date(allow_none=True)
    lead_id = fields.Integer(allow_none=True, metadata={"description": "The occurrence whose contact tells this too"})
    task_id = fields.Integer(allow_none=True)
    tries = fields.Integer()
    decided_at = fields.AwareDateTime(allow_none=True)


OccurrencePage = page_schema(OccurrenceView)


@blp.route("/care-plans/run", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(RunNow)
@blp.response(202, RunView)
@problems(blp, 400, 401, 403, 409, 422)
def run_care_plans(body: dict[str, Any]) -> dict[str, Any]:
    """Ask for a run of all plans over all stores; it begins within seconds. Doing it again makes nothing twice."""
    asked = ask_for_run(body["date"], actor=current_actor(), now=clock.now())
    return _view(asked)


def ask_for_run(day: date | None, *, actor: Actor, now: datetime) -> CareRun:
    """Note the wish and wake the worker. Raises Invalid for a day that lies too far away."""
    today = now.astimezone(engine.HOME_ZONE).date()
    if day is not None and not today - timedelta(days=1) <= day <= today + timedelta(days=AHEAD_DAYS):
        raise Invalid(errors={"date": [N_("Choose a day from yesterday to two weeks from now.")]})
    asked = engine.ask(day, staff_id=actor.staff_id, now=now)
    schedule.ask_for(ASKED_RUNS, now=now)
    return asked


@blp.route("/care-runs")
@requires(*LEADERS, scope=READ)
@blp.response(200, RunList)
@problems(blp, 401, 403)
def list_runs() -> dict[str, Any]:
    """The latest runs with their progress, newest first."""
    return {"items": engine.runs(RUNS_SHOWN), "next_cursor": None}


@blp.route("/occurrences")
@requires(*EVERYBODY, scope=READ)
@blp.arguments(OccurrenceArgs, location="query")
@blp.response(200, OccurrencePage)
@problems(blp, 401, 403, 404, 422)
def list_occurrences(args: dict[str, Any]) -> dict[str, Any]:
    """What the plans wished for, by the day it was due, and what became of it, with the reason."""
    actor, now = current_actor(), clock.now()
    if args.get("store_id") is not None and not actor.is_associate:
        require_store(actor, args["store_id"])
    wanted = OccurrenceFilter(
        since=args.get("since"),
        until=args.get("until"),
        store_id=args.get("store_id"),
        customer_id=args.get("customer_id"),
        plan_id=args.get("plan_id"),
        state=args.get("state"),
        kind=args.get("kind"),
    )
    found = occurrences.page_of_occurrences(
        wanted, actor=actor, now=now, cursor=args.get("cursor"), limit=args["limit"]
    )
    return {"items": [_occurrence(row) for row in found.rows], "next_cursor": found.next_cursor}


def _view(run: CareRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "day": run.day,
        "state": run.state,
        "planned_at": run.planned_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "asked_by": current_actor().name,
        "done": 0,
        "chunks": 0,
        "counts": run.counts or {},
    }


def _occurrence(row: Any) -> dict[str, Any]:
    found, words = row[0], WORDS.get(row[0].reason or "")
    return {
        name: getattr(found, name)
        for name in (
            "id",
            "plan_version_id",
            "run_id",
            "store_id",
            "kind",
            "key",
            "due_day",
            "state",
            "reason",
            "booked_day",
            "lead_id",
            "task_id",
            "tries",
            "decided_at",
        )
    } | {
        "plan": {"id": found.plan_id, "name": pick(row.plan_name, str(get_locale()))},
        "customer": {"id": found.customer_id, "name": row.customer_name},
        "reason_words": gettext(words) if words else None,
    }
