"""Complaints: the list of what is ageing, one case, and its steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from flask_smorest import Blueprint

from app.complaints import present, queries, schemas, service
from app.complaints.kinds import Source
from app.complaints.queries import ComplaintFilter
from app.core import clock
from app.core.errors import StaleVersion
from app.core.http import problems
from app.core.idempotency import idempotent
from app.people import queries as people
from app.people.access import Role
from app.people.auth import current_actor, requires

blp = Blueprint("complaints", __name__, description="Complaints from the first words to the customer's own answer")

READ = "complaints:read"
WRITE = "complaints:write"
ROW_ID = "int(max=2147483647)"
ANYBODY = (Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE)
LEADS = (Role.HEAD_OFFICE, Role.SUPERVISOR)

Route = Callable[..., Any]


def shows_present_state(view: Route) -> Route:
    """A conflict carries the case as it is now, so that a page can show it without asking again."""

    @wraps(view)
    def inner(body: dict[str, Any], complaint_id: int) -> Any:
        try:
            return view(body, complaint_id)
        except StaleVersion as stale:
            stale.extra["current"] = schemas.ComplaintDetailView().dump(_in_full(complaint_id))
            raise

    return inner


def _in_full(complaint_id: int) -> dict[str, Any]:
    return present.in_full(complaint_id, actor=current_actor(), now=clock.now())


@blp.route("/complaints", methods=["GET"])
@requires(*ANYBODY, scope=READ)
@blp.arguments(schemas.ComplaintArgs, location="query")
@blp.response(200, schemas.ComplaintPage)
@problems(blp, 404, 422)
def list_complaints(args: dict[str, Any]) -> dict[str, Any]:
    """The cases you may see, by the moment at which the next step is due."""
    actor, now = current_actor(), clock.now()
    if "store_id" in args:
        people.visible_store(args["store_id"], actor=actor)
    cursor, limit = args.pop("cursor", None), args.pop("limit")
    wanted = ComplaintFilter(is_overdue=args.pop("overdue"), **args)
    page = queries.page_of_complaints(wanted, actor=actor, now=now, cursor=cursor, limit=limit)
    items = [present.case(row, actor=actor, now=now) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


@blp.route("/complaints", methods=["POST"])
@requires(*ANYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.OpenComplaint)
@blp.response(201, schemas.ComplaintDetailView)
@problems(blp, 400, 404, 409, 422)
def open_complaint(body: dict[str, Any]) -> dict[str, Any]:
    """Write down what a customer complained about. While a case of the household is open, the words join it."""
    source = Source(body.pop("source"))
    key = f"api:{body.pop('origin_key', None) or uuid4()}"
    complaint = service.open_case(**body, source=source, origin_key=key, actor=current_actor(), now=clock.now())
    return _in_full(complaint.id)


@blp.route(f"/complaints/<{ROW_ID}:complaint_id>", methods=["GET"])
@requires(*ANYBODY, scope=READ)
@blp.response(200, schemas.ComplaintDetailView)
@problems(blp, 404)
def read_complaint(complaint_id: int) -> dict[str, Any]:
    """One case with everything said and done."""
    return _in_full(complaint_id)


@blp.route(f"/complaints/<{ROW_ID}:complaint_id>/statements", methods=["POST"])
@requires(*ANYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.AddStatement)
@blp.response(201, schemas.ComplaintDetailView)
@problems(blp, 400, 403, 404, 409, 422)
@shows_present_state
def add_statement(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """What the customer said further."""
    source = Source(body.pop("source"))
    service.add_statement(
        complaint_id, **body, source=source, origin_key=f"api:{uuid4()}", actor=current_actor(), now=clock.now()
    )
    return _in_full(complaint_id)


def _step(verb: str, schema: type[schemas.Versioned], *roles: Role) -> Callable[[Route], Route]:
    """Everything that the routes of all steps share."""

    def decorate(view: Route) -> Route:
        wrapped: Route = shows_present_state(view)
        for decorator in (
            problems(blp, 400, 403, 404, 409, 422),
            blp.response(200, schemas.ComplaintDetailView),
            blp.arguments(schema),
            idempotent,
            requires(*roles, scope=WRITE),
            blp.route(f"/complaints/<{ROW_ID}:complaint_id>/{verb}", methods=["POST"]),
        ):
            wrapped = decorator(wrapped)
        return wrapped

    return decorate


@_step("acknowledge", schemas.Versioned, *ANYBODY)
def acknowledge(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """The customer has been spoken with; you take the case."""
    service.acknowledge(complaint_id, **body, actor=current_actor(), now=clock.now())
    return _in_full(complaint_id)


@_step("plan", schemas.PlanComplaint, *ANYBODY)
def plan(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """What will be done, and until when the customer was promised it."""
    service.plan(complaint_id, **body, actor=current_actor(), now=clock.now())
    return _in_full(complaint_id)


@_step("resolve", schemas.ResolveComplaint, *LEADS)
def resolve(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """Apology, cause and remedy; the customer is asked whether it is put right."""
    service.resolve(complaint_id, **body, actor=current_actor(), now=clock.now())
    return _in_full(complaint_id)


@_step("answer", schemas.AnswerComplaint, *ANYBODY)
def answer(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """What the customer told you when asked by phone. "No" opens the case again."""
    service.record_answer(complaint_id, **body, actor=current_actor(), now=clock.now())
    return _in_full(complaint_id)


@_step("close", schemas.CloseComplaint, *LEADS)
def close(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """The end, once the customer has said that it is put right; a reaction also needs its outcome."""
    service.close(complaint_id, **body, actor=current_actor(), now=clock.now())
    return _in_full(complaint_id)


@_step("reopen", schemas.ReopenComplaint, *LEADS)
def reopen(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """It is not put right after all; both clocks start anew."""
    service.reopen(complaint_id, **body, actor=current_actor(), now=clock.now())
    return _in_full(complaint_id)


@_step("assign", schemas.AssignComplaint, *LEADS)
def assign(body: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """Name who handles the case."""
    service.assign(complaint_id, **body, actor=current_actor(), now=clock.now())
    return _in_full(complaint_id)
