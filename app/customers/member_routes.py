"""/households/{id}/members and /members."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.customers import member_schemas as schemas
from app.customers import members, present
from app.customers.members import NewMember
from app.customers.models import HouseholdMember
from app.customers.routes import EVERYBODY, READ, ROW_ID, WRITE
from app.customers.values import GuardianChannel, Relation
from app.people.auth import current_actor, requires

blp = Blueprint("members", __name__, description="The people of a household and their guardian's consent")


@blp.route(f"/households/<{ROW_ID}:household_id>/members", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.MemberListView)
@problems(blp, 401, 403, 404)
def list_members(household_id: int) -> dict[str, Any]:
    """The members of a household; those with a file of their own are named by `customer_id`."""
    actor, now = current_actor(), clock.now()
    found = members.visible_members_of(household_id, actor=actor, now=now)
    return {"items": present.members(found, members.collectors_of(found), today=now.date())}


@blp.route(f"/households/<{ROW_ID}:household_id>/members", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.AddMember)
@blp.response(201, schemas.MemberView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def add_member(body: NewMember, household_id: int) -> dict[str, Any]:
    """Keep a member. A child is kept only with the consent of its guardian."""
    actor, now = current_actor(), clock.now()
    return _view(members.add(household_id, body, actor=actor, now=now), now)


@blp.route(f"/members/<{ROW_ID}:member_id>", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.MemberView)
@problems(blp, 401, 403, 404)
def read_member(member_id: int) -> dict[str, Any]:
    """One member."""
    actor, now = current_actor(), clock.now()
    return _view(members.get(member_id, actor=actor, now=now), now)


@blp.route(f"/members/<{ROW_ID}:member_id>", methods=["PATCH"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.ChangeMember)
@blp.response(200, schemas.MemberView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def change_member(body: dict[str, Any], member_id: int) -> dict[str, Any]:
    """Change the named fields of the version you have seen."""
    actor, now = current_actor(), clock.now()
    version = body.pop("version")
    if "relation" in body:
        body["relation"] = Relation(body["relation"])
    return _view(members.change(member_id, body, version=version, actor=actor, now=now), now)


@blp.route(f"/members/<{ROW_ID}:member_id>", methods=["DELETE"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.response(200, schemas.MemberView)
@problems(blp, 400, 401, 403, 404, 409)
def remove_member(member_id: int) -> dict[str, Any]:
    """Remove a member: name and birth date are deleted for good; what was bought stays with the buyer."""
    actor, now = current_actor(), clock.now()
    return _view(members.anonymise(member_id, actor=actor, now=now), now)


@blp.route(f"/members/<{ROW_ID}:member_id>/consent", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.MemberConsentsView)
@problems(blp, 401, 403, 404)
def read_consent(member_id: int) -> dict[str, Any]:
    """Everything a guardian agreed to or took back, oldest first; it stays when the member is anonymised."""
    members.get(member_id, actor=current_actor(), now=clock.now())
    return {"member_id": member_id, "history": present.member_consents(members.consent_history(member_id))}


@blp.route(f"/members/<{ROW_ID}:member_id>/consent", methods=["PUT"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.ConsentInput)
@blp.response(200, schemas.MemberView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def give_consent(body: members.GuardianConsent, member_id: int) -> dict[str, Any]:
    """Write down a guardian's consent for somebody already known."""
    actor, now = current_actor(), clock.now()
    return _view(members.consent_again(member_id, body, actor=actor, now=now), now)


@blp.route(f"/members/<{ROW_ID}:member_id>/withdraw", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.WithdrawConsent)
@blp.response(200, schemas.MemberView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def withdraw_consent(body: dict[str, Any], member_id: int) -> dict[str, Any]:
    """The guardian takes the consent back: name and birth date are deleted at once."""
    actor, now = current_actor(), clock.now()
    gone = members.withdraw(
        member_id,
        text=body["text"],
        channel=GuardianChannel(body["channel"]),
        said_at=body["said_at"],
        actor=actor,
        now=now,
    )
    return _view(gone, now)


def _view(found: HouseholdMember, now: datetime) -> dict[str, Any]:
    return present.members([found], members.collectors_of([found]), today=now.date())[0]
