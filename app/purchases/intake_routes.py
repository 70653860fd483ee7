"""/customers/{id}/intakes, /customers/{id}/run-outs and /intakes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.customers.routes import ROW_ID
from app.people.auth import current_actor, requires
from app.purchases import intake_schemas as schemas
from app.purchases import intakes
from app.purchases.intakes import IntakeFile, NewIntake, Request, RunOutFile
from app.purchases.models import Intake
from app.purchases.routes import EVERYBODY, READ, WRITE

blp = Blueprint("intakes", __name__, description="Who uses how much of what, and when it runs out")


@blp.route(f"/customers/<{ROW_ID}:customer_id>/intakes", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.IntakeListView)
@problems(blp, 401, 403, 404)
def list_intakes(customer_id: int) -> dict[str, Any]:
    """The daily amounts kept in a file, those that go on first."""
    found = intakes.intakes_of(customer_id, actor=current_actor(), now=clock.now())
    return {"items": [_intake(one) for one in found]}


@blp.route(f"/customers/<{ROW_ID}:customer_id>/intakes", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.AddIntake)
@blp.response(201, schemas.IntakeView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def add_intake(body: NewIntake, customer_id: int) -> dict[str, Any]:
    """Keep how much of a product the customer or a member of the household uses a day."""
    return _view(intakes.add(customer_id, body, actor=current_actor(), now=clock.now()))


@blp.route(f"/customers/<{ROW_ID}:customer_id>/run-outs", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.RunOutListView)
@problems(blp, 401, 403, 404)
def list_run_outs(customer_id: int) -> dict[str, Any]:
    """When the household runs out of what, the soonest first."""
    found = intakes.run_outs_of(customer_id, actor=current_actor(), now=clock.now())
    return {"items": [_run_out(one) for one in found]}


@blp.route(f"/intakes/<{ROW_ID}:intake_id>", methods=["PATCH"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.ChangeIntake)
@blp.response(200, schemas.IntakeView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def change_intake(body: dict[str, Any], intake_id: int) -> dict[str, Any]:
    """Another amount from a day on. Answers with the row that counts from then on; its id may be a new one."""
    per_day: Decimal = body["per_day"]
    since: date | None = body["since"]
    changed = intakes.change_amount(
        intake_id, per_day, version=body["version"], since=since, actor=current_actor(), now=clock.now()
    )
    return _view(changed)


@blp.route(f"/intakes/<{ROW_ID}:intake_id>/end", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.EndIntake)
@blp.response(200, schemas.IntakeView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def end_intake(body: dict[str, Any], intake_id: int) -> dict[str, Any]:
    """It is used no more."""
    return _view(intakes.end(intake_id, **body, actor=current_actor(), now=clock.now()))


@blp.route(f"/intakes/<{ROW_ID}:intake_id>/request", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.RequestReminders)
@blp.response(200, schemas.IntakeView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def request_reminders(body: tuple[int, Request], intake_id: int) -> dict[str, Any]:
    """Keep the guardian's request to be reminded. Restricted products are reminded of on request only."""
    version, request = body
    return _view(intakes.request_reminders(intake_id, request, version=version, actor=current_actor(), now=clock.now()))


@blp.route(f"/intakes/<{ROW_ID}:intake_id>/request", methods=["DELETE"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.WithdrawRequest, location="query")
@blp.response(200, schemas.IntakeView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def withdraw_request(args: dict[str, Any], intake_id: int) -> dict[str, Any]:
    """No reminders any more."""
    return _view(intakes.withdraw_request(intake_id, version=args["version"], actor=current_actor(), now=clock.now()))


def _view(intake: Intake) -> dict[str, Any]:
    return _intake(intakes.file_of(intake.id))


def _intake(file: IntakeFile) -> dict[str, Any]:
    intake = file.intake
    names = ("id", "customer_id", "household_member_id", "per_day", "since", "until", "end_reason", "version")
    return {name: getattr(intake, name) for name in names} | {
        "consumer": file.consumer,
        "product": {
            "id": intake.product_id,
            "code": file.code,
            "name": file.product,
            "unit": file.unit,
            "is_restricted": file.is_restricted,
        },
        "request": _request(file),
    }


def _request(file: IntakeFile) -> dict[str, Any] | None:
    intake = file.intake
    if intake.requested_at is None:
        return None
    collector = {"id": intake.request_collector_id, "name": file.collector} if file.collector else None
    return {
        "text": intake.requested_by_text,
        "channel": intake.requested_channel,
        "at": intake.requested_at,
        "collector": collector,
    }


def _run_out(file: RunOutFile) -> dict[str, Any]:
    row = file.run_out
    names = (
        "customer_id",
        "household_member_id",
        "product_id",
        "day",
        "basis",
        "last_bought_on",
        "reorder_quantity",
        "is_restricted",
        "is_requested",
        "needs_delivery",
        "ends_on",
        "computed_at",
    )
    packs = [
        {
            "bought_on": date.fromisoformat(pack["bought_on"]),
            "content": pack["content"],
            "used_up_on": date.fromisoformat(pack["used_up_on"]),
        }
        for pack in row.packs
    ]
    return {name: getattr(row, name) for name in names} | {
        "consumer": file.consumer,
        "code": file.code,
        "name": file.product,
        "unit": file.unit,
        "packs": packs,
        "next_product": file.next_product,
    }
