"""Tasks, their steps, checklist, evidence and history; held work; checklist templates; uploaded pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

import msgspec
from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy import select

from app.core import clock, idempotency
from app.core.config import settings
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, TooLarge
from app.core.http import problems
from app.core.i18n import N_
from app.core.idempotency import idempotent
from app.core.paging import PageArgs, page_of
from app.people.access import Actor, Role, require_store
from app.people.auth import current_actor, requires
from app.people.models import Staff
from app.tasks import held, queries, schemas, service, slots, templates
from app.tasks.creating import NewLine, NewTask
from app.tasks.evidence import content_of, visible_blob
from app.tasks.kinds import EvidenceKind, PlaceState, Status
from app.tasks.lifecycle import Verb
from app.tasks.models import Blob, ChecklistTemplate, ChecklistVersion, Evidence, HeldSubmission, Task, TaskHistory
from app.tasks.telling import Telling
from app.tasks.views import BLOBS
from app.tasks.work import Submission

blp = Blueprint("tasks", __name__, description="Tasks from creation to rating, with checklist, evidence and history")

READ = "tasks:read"
WRITE = "tasks:write"
ROW_ID = "int(max=2147483647)"
OFFICE = (Role.HEAD_OFFICE, Role.SUPERVISOR)
WORKERS = (Role.ASSOCIATE, Role.SUPERVISOR)

Route = Callable[..., Any]


def json_text(body: str, *, status: int = 200) -> Response:
    """An answer that is JSON already. Serializing field by field would cost more than the query (BENCHMARKS)."""
    return Response(body, status=status, mimetype="application/json")


def json_answer(body: Any, *, status: int = 200) -> Response:
    return json_text(msgspec.json.encode(body).decode(), status=status)


def task_answer(task_id: int, actor: Actor, *, status: int = 200) -> Response:
    return json_answer(queries.view(task_id, actor=actor, now=clock.now()), status=status)


def shows_present_state(view: Route) -> Route:
    """A conflict carries the task as it is now, so that a board can show it without asking again."""

    @wraps(view)
    def guarded(*args: Any, task_id: int, **kwargs: Any) -> Any:
        try:
            return view(*args, task_id=task_id, **kwargs)
        except Conflict as conflict:
            conflict.extra.setdefault("current", _present_state(task_id))
            raise

    return guarded


def _present_state(task_id: int) -> dict[str, Any] | None:
    try:
        return queries.view(task_id, actor=current_actor(), now=clock.now())
    except NotFound:
        return None


def step(verb: str, body: type[Any], *roles: Role, answer: type[Any] = schemas.TaskView) -> Callable[[Route], Route]:
    """What every step of a task has in common: path, who, idempotency, documents."""

    def declare(view: Route) -> Route:
        view = shows_present_state(view)
        view = problems(blp, 400, 404, 409, 422)(view)
        view = blp.response(200, answer)(view)
        view = blp.arguments(body())(view)
        view = idempotent(view)
        view = requires(*roles, scope=WRITE)(view)
        routed: Route = blp.route(f"/tasks/<{ROW_ID}:task_id>/{verb}", methods=["POST"])(view)
        return routed

    return declare


# Lists and single tasks


@blp.route("/tasks", methods=["GET"])
@requires(scope=READ)
@blp.arguments(schemas.TaskArgs(), location="query")
@blp.response(200, schemas.TaskPage)
@problems(blp, 422)
def list_tasks(args: dict[str, Any]) -> Response:
    """Tasks by window, narrowed by store, local day, assignee, customer, status, type and search."""
    actor = current_actor()
    wanted = queries.TaskFilter(
        store_id=args.get("store_id"),
        day=args.get("day"),
        assignee_id=_assignee_id(args.get("assignee"), actor),
        unassigned=args.get("assignee") == "none",
        customer_id=args.get("customer_id"),
        statuses=_statuses(args.get("status")),
        type=args.get("type"),
        q=(args.get("q") or "").strip() or None,
    )
    page = queries.list_json(wanted, actor=actor, now=clock.now(), cursor=args.get("cursor"), limit=args.get("limit"))
    return json_text(page)


def _assignee_id(text: str | None, actor: Actor) -> int | None:
    if text in (None, "none"):
        return None
    return actor.id if text == "me" else min(int(text or 0), schemas.MAX_ID)


def _statuses(text: str | None) -> list[str]:
    wanted = [status.strip() for status in (text or "").split(",") if status.strip()]
    if any(status not in set(Status) for status in wanted):
        raise Invalid(errors={"status": [N_("This status is unknown.")]})
    return wanted


@blp.route("/tasks/claimable", methods=["GET"])
@requires(scope=READ)
@blp.arguments(schemas.ClaimableArgs(), location="query")
@blp.response(200, schemas.TaskPage)
@problems(blp, 422)
def list_claimable(args: dict[str, Any]) -> Response:
    """Open work that an associate may take; strangers' customers show a masked name and the district."""
    page = queries.claimable_json(
        actor=current_actor(),
        now=clock.now(),
        store_id=args.get("store_id"),
        cursor=args.get("cursor"),
        limit=args.get("limit"),
    )
    return json_text(page)


@blp.route("/tasks", methods=["POST"])
@requires(*OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.CreateTask())
@blp.response(201, schemas.TaskView)
@blp.alt_response(200, schema=schemas.TaskView, description="This origin_key has its task already.")
@problems(blp, 400, 404, 409, 422)
def create(body: dict[str, Any]) -> Response:
    """Create a task, open or at once assigned. The same origin_key again finds the task that it made."""
    actor = current_actor()
    lines = [NewLine(**line) for line in body.pop("lines", [])]
    task_id, is_new = service.create_or_find_id(NewTask(**body, lines=lines), actor=actor, now=clock.now())
    return task_answer(task_id, actor, status=201 if is_new else 200)


@blp.route(f"/tasks/<{ROW_ID}:task_id>", methods=["GET"])
@requires(scope=READ)
@blp.response(200, schemas.TaskView)
@problems(blp, 404)
def get_task(task_id: int) -> Response:
    """One task with customer, checklist, goods, evidence and promises."""
    return task_answer(task_id, current_actor())


@blp.route(f"/tasks/<{ROW_ID}:task_id>/history", methods=["GET"])
@requires(scope=READ)
@blp.arguments(PageArgs(), location="query")
@blp.response(200, schemas.HistoryPage)
@problems(blp, 404, 422)
def get_history(args: dict[str, Any], task_id: int) -> dict[str, Any]:
    """Who did what, when, from which client, old and new."""
    stmt = queries.history(task_id, actor=current_actor(), now=clock.now())
    page = page_of(stmt, keys=[TaskHistory.id], cursor=args.get("cursor"), limit=args.get("limit"))
    items = [{**_columns(entry), "actor_name": name} for entry, name, *_ in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def _columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


@blp.route(f"/tasks/<{ROW_ID}:task_id>/slots", methods=["GET"])
@requires(scope=READ)
@blp.response(200, schemas.SlotsView)
@problems(blp, 404)
def get_slots(task_id: int) -> dict[str, Any]:
    """The next windows that could be offered for another time."""
    task = queries.task(task_id, actor=current_actor(), now=clock.now())
    return {"items": slots.offer_slots(task, clock.now(), count=4)}


# Steps of planning


@step(Verb.ASSIGN, schemas.Assign, *OFFICE)
def assign(body: dict[str, Any], task_id: int) -> Response:
    """Give the task to an associate, or from one to another."""
    actor = current_actor()
    service.assign(task_id, body.pop("staff_id"), actor=actor, now=clock.now(), **body)
    return task_answer(task_id, actor)


@step(Verb.CLAIM, schemas.PlainTimed, Role.ASSOCIATE)
def claim(body: dict[str, Any], task_id: int) -> Response:
    """Take open work of the own store. Of two who try, one gets it and the other a 409."""
    actor = current_actor()
    service.claim(task_id, actor=actor, now=clock.now(), version=body.get("version"))
    return task_answer(task_id, actor)


@step(Verb.ACCEPT, schemas.PlainTimed, Role.ASSOCIATE)
def accept(body: dict[str, Any], task_id: int) -> Response:
    """Say that the task has been seen and will be done."""
    actor = current_actor()
    service.require_still_yours(task_id, at=body.get("at"), actor=actor, now=clock.now())
    service.accept(task_id, actor=actor, now=clock.now(), **body)
    return task_answer(task_id, actor)


@step(Verb.DECLINE, schemas.Decline, Role.ASSOCIATE)
def decline(body: dict[str, Any], task_id: int) -> Response:
    """Give the task back, with a reason; it is open again."""
    actor = current_actor()
    service.require_still_yours(task_id, at=body.get("at"), actor=actor, now=clock.now())
    service.decline(task_id, actor=actor, now=clock.now(), **body)
    return task_answer(task_id, actor)


@step(Verb.CONFIRM, schemas.Plain, *OFFICE)
def confirm(body: dict[str, Any], task_id: int) -> Response:
    """Note that the customer agrees with the window."""
    actor = current_actor()
    service.confirm(task_id, actor=actor, now=clock.now(), **body)
    return task_answer(task_id, actor)


@step(Verb.RESCHEDULE, schemas.Reschedule, *OFFICE)
def reschedule(body: dict[str, Any], task_id: int) -> Response:
    """Move the window; the associate keeps the task if free then."""
    actor = current_actor()
    service.reschedule(task_id, actor=actor, now=clock.now(), **body)
    return task_answer(task_id, actor)


@step(Verb.CANCEL, schemas.Cancel, *OFFICE)
def cancel(body: dict[str, Any], task_id: int) -> Response:
    """Take the task off the plan, with a reason; who expected a visit is told."""
    actor = current_actor()
    service.cancel(task_id, actor=actor, now=clock.now(), **body)
    return task_answer(task_id, actor)


# Steps of the work itself: held when the task has moved on while the phone had no signal


def do_or_hold(verb: str, task_id: int, body: dict[str, Any]) -> Response:
    actor = current_actor()
    now = clock.now()
    telling = Telling(actor, now, keep=idempotency.keep)
    done = service.submit(verb, task_id, work=Submission(**body), actor=actor, now=now, teller=telling)
    if telling.body is not None:
        return json_text(telling.body)
    if isinstance(done, Task):
        return task_answer(task_id, actor)
    return json_answer({"held": True, "held_id": done.id, "task_id": task_id})


@step(Verb.START, schemas.Work, *WORKERS, answer=schemas.WorkView)
def start(body: dict[str, Any], task_id: int) -> Response:
    """Set out for the customer, or dial."""
    return do_or_hold(Verb.START, task_id, body)


@step(Verb.ARRIVE, schemas.Arrive, *WORKERS, answer=schemas.WorkView)
def arrive(body: dict[str, Any], task_id: int) -> Response:
    """Be at the door. The place is welcome, never demanded; far off is looked at later, not refused."""
    return do_or_hold(Verb.ARRIVE, task_id, body)


@step(Verb.COMPLETE, schemas.Complete, *WORKERS, answer=schemas.WorkView)
def complete(body: dict[str, Any], task_id: int) -> Response:
    """End the task as done; each required item must have its answer."""
    return do_or_hold(Verb.COMPLETE, task_id, body)


@step(Verb.COMPLETE_PARTLY, schemas.Complete, *WORKERS, answer=schemas.WorkView)
def complete_partly(body: dict[str, Any], task_id: int) -> Response:
    """End the task with a rest, which a new linked task carries forward."""
    return do_or_hold(Verb.COMPLETE_PARTLY, task_id, body)


@step(Verb.FAIL, schemas.Fail, *WORKERS, answer=schemas.WorkView)
def fail(body: dict[str, Any], task_id: int) -> Response:
    """End the task as failed, with a reason."""
    return do_or_hold(Verb.FAIL, task_id, body)


@blp.route(f"/tasks/<{ROW_ID}:task_id>/checklist", methods=["PATCH"])
@requires(*WORKERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.AnswerChecklist())
@blp.response(200, schemas.WorkView)
@problems(blp, 400, 404, 409, 422)
@shows_present_state
def answer_checklist(body: dict[str, Any], task_id: int) -> Response:
    """Store answers. The latest by the client's clock wins, item by item; a text changed since `base` conflicts."""
    return do_or_hold(held.CHECKLIST, task_id, body)


@step(Verb.UNDO, schemas.PlainTimed, *WORKERS)
def undo(body: dict[str, Any], task_id: int) -> Response:
    """Take back the own ending within the undo window."""
    actor = current_actor()
    service.undo(task_id, actor=actor, now=clock.now(), version=body.get("version"))
    return task_answer(task_id, actor)


@step(Verb.REOPEN, schemas.Reopen, *OFFICE)
def reopen(body: dict[str, Any], task_id: int) -> Response:
    """Take an ending back later, with a reason."""
    actor = current_actor()
    service.reopen(task_id, actor=actor, now=clock.now(), **body)
    return task_answer(task_id, actor)


# Evidence


@blp.route(f"/tasks/<{ROW_ID}:task_id>/evidence", methods=["POST"])
@requires(*WORKERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.AddEvidence())
@blp.response(201, schemas.EvidenceView)
@problems(blp, 400, 404, 409, 422)
def add_evidence(body: dict[str, Any], task_id: int) -> tuple[dict[str, Any], int]:
    """Tie an uploaded picture or the place of arrival to the task; also after its end, and by whoever had it before:
    proof is never dropped."""
    sent_at = body.pop("at", None)
    taken = body.pop("captured_at", None) or sent_at
    if body["kind"] == EvidenceKind.PLACE:
        return _columns(_add_place(task_id, body, taken)), 201
    found = service.add_evidence(task_id, actor=current_actor(), now=clock.now(), captured_at=taken, **body)
    return {**_columns(found), "url": f"{BLOBS}/{found.blob_id}"}, 201


def _add_place(task_id: int, body: dict[str, Any], taken: datetime | None) -> Evidence:
    place = service.Place(
        PlaceState(body["place_state"]), lat=body.get("lat"), lng=body.get("lng"), accuracy=body.get("accuracy")
    )
    return service.add_place(task_id, place=place, actor=current_actor(), now=clock.now(), captured_at=taken)


@blp.route("/blobs/<uuid:blob_id>", methods=["PUT"])
@requires(*WORKERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.BlobHeaders(), location="headers")
@blp.response(201, schemas.BlobView)
@blp.alt_response(200, schema=schemas.BlobView, description="These bytes are here already.")
@problems(blp, 400, 409, 413, 422)
@blp.doc(
    requestBody={
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
        },
    }
)
def put_blob(headers: dict[str, Any], blob_id: UUID) -> tuple[dict[str, Any], int]:
    """Upload a picture under an id of your own choice; it is kept re-encoded, without EXIF."""
    limit = settings().media.max_bytes
    if (request.content_length or 0) > limit:
        raise TooLarge(limit=limit // (1024 * 1024))
    blob, is_new = service.put_blob(
        blob_id, request.get_data(), sha256=headers["sha256"], actor=current_actor(), now=clock.now()
    )
    return _blob_view(blob), 201 if is_new else 200


def _blob_view(blob: Blob) -> dict[str, Any]:
    return {**_columns(blob), "url": f"{BLOBS}/{blob.id}"}


@blp.route("/blobs/<uuid:blob_id>", methods=["GET"])
@requires(scope=READ)
@blp.response(
    200, {"type": "string", "format": "binary"}, content_type="image/jpeg", description="The picture (JPEG or PNG)."
)
@blp.alt_response(304, description="You have it already (If-None-Match).")
@problems(blp, 404)
def get_blob(blob_id: UUID) -> Response:
    """The picture, for its sender and for whoever may see a task that it proves."""
    blob = visible_blob(blob_id, actor=current_actor(), now=clock.now())
    response = Response(content_of(blob), mimetype=blob.media_type)
    response.set_etag(blob.sha256)
    # An id never gets other bytes, but it must not land in a shared cache.
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    response.make_conditional(request)
    return response


# Held work


@blp.route("/held-submissions", methods=["GET"])
@requires(scope=READ)
@blp.arguments(schemas.HeldArgs(), location="query")
@blp.response(200, schemas.HeldPage)
@problems(blp, 422)
def list_held(args: dict[str, Any]) -> dict[str, Any]:
    """Work that arrived after its task had moved on: in own stores, for an associate the own."""
    actor = current_actor()
    stmt = held.visible_held(_held_stmt(), actor)
    if args.get("store_id"):
        require_store(actor, args["store_id"])
        stmt = stmt.where(HeldSubmission.store_id == args["store_id"])
    if args.get("state"):
        stmt = stmt.where(HeldSubmission.state == args["state"])
    page = page_of(stmt, keys=[HeldSubmission.id.desc()], cursor=args.get("cursor"), limit=args.get("limit"))
    return {"items": [_held_view(*row[:3]) for row in page.rows], "next_cursor": page.next_cursor}


def _held_stmt() -> Any:
    return (
        select(HeldSubmission, Task.number, Staff.name)
        .join(Task, Task.id == HeldSubmission.task_id)
        .join(Staff, Staff.id == HeldSubmission.staff_id)
    )


def _held_view(found: HeldSubmission, number: str, name: str) -> dict[str, Any]:
    return {**_columns(found), "task_number": number, "staff_name": name}


@blp.route(f"/held-submissions/<{ROW_ID}:held_id>/accept", methods=["POST"])
@requires(*OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.Decide())
@blp.response(200, schemas.TaskView)
@problems(blp, 400, 404, 409, 422)
def accept_held(body: dict[str, Any], held_id: int) -> Response:
    """Let the work count for whoever did it, with the earlier held steps of the same person."""
    actor = current_actor()
    task = service.accept_held(held_id, actor=actor, now=clock.now(), **body)
    return task_answer(task.id, actor)


@blp.route(f"/held-submissions/<{ROW_ID}:held_id>/dismiss", methods=["POST"])
@requires(*OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.Decide())
@blp.response(200, schemas.HeldView)
@problems(blp, 400, 404, 409, 422)
def dismiss_held(body: dict[str, Any], held_id: int) -> dict[str, Any]:
    """Leave the task as it is; what was sent stays on record."""
    service.dismiss_held(held_id, actor=current_actor(), now=clock.now(), **body)
    return _held_view(*db.session.execute(_held_stmt().where(HeldSubmission.id == held_id)).one())


# Checklist templates


@blp.route("/checklist-templates", methods=["GET"])
@requires(scope=READ)
@blp.response(200, schemas.ChecklistTemplatesView)
def list_templates() -> dict[str, Any]:
    """Every checklist with the version that new tasks get."""
    return {"items": [_template_view(*pair) for pair in templates.templates()], "next_cursor": None}


def _template_view(template: ChecklistTemplate, version: ChecklistVersion) -> dict[str, Any]:
    return {
        **_columns(template),
        "version_id": version.id,
        "version": version.number,
        "published_at": version.published_at,
        "items": version.items,
    }


@blp.route("/checklist-templates", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.PublishChecklist())
@blp.response(201, schemas.ChecklistTemplateView)
@problems(blp, 400, 409, 422)
def publish_template(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Publish the next version for a type and reason; tasks that exist keep theirs."""
    version = service.publish_checklist(**body, actor=current_actor(), now=clock.now())
    return _template_view(db.session.get_one(ChecklistTemplate, version.template_id), version), 201
