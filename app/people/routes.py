"""Sign-in, tokens, stores, people, skills, shifts and time off."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.db import transaction
from app.core.errors import Forbidden, Invalid, StaleVersion
from app.core.http import problems
from app.core.i18n import N_
from app.core.idempotency import idempotent
from app.core.paging import PageArgs, page_of
from app.people import auth, hours, present, queries, schemas, service, sessions
from app.people.access import Role, may_see_details_of
from app.people.auth import current_actor, current_credentials, public, requires
from app.people.hours import DayStretch, WeeklyStretch
from app.people.models import Staff, Store, TimeOff, TimeOffReason, TokenKind

blp = Blueprint("people", __name__, description="Stores, staff, sign-in, shifts and time off")

READ = "people:read"
WRITE = "people:write"
MAX_DAYS_SHOWN = 92
ROW_ID = "int(max=2147483647)"


# Sessions. Nothing here is stored for Idempotency-Key: answers hold keys, requests hold passwords.


@blp.route("/sessions", methods=["POST"])
@public
@auth.limits_sign_in
@blp.arguments(schemas.SignIn)
@blp.response(201, schemas.SessionView)
@problems(blp, 401, 403, 422, 429)
def sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with phone and password, for a bearer token or (`session: cookie`) for a browser's cookie."""
    auth.refuse_foreign_page()
    kind = TokenKind.COOKIE if body["session"] == "cookie" else TokenKind.SESSION
    found = auth.sign_in(body["phone"], body["password"], kind=kind)
    actor = queries.actor_for(found.staff.id)
    answer = {"expires_at": found.key.expires_at, "staff": present.person(found.staff, actor=actor)}
    return {**answer, "token": found.key.token} if kind is TokenKind.SESSION else answer


@blp.route("/sessions", methods=["DELETE"])
@requires(sessions_only=True)
@blp.response(204)
def sign_out() -> None:
    """End this session."""
    auth.sign_out()


@blp.route("/sessions/end-all", methods=["POST"])
@requires(sessions_only=True)
@blp.arguments(schemas.EndSessions)
@blp.response(204)
@problems(blp, 422)
def sign_out_everywhere(body: dict[str, Any]) -> None:
    """Sign out everywhere, this session included: for a lost phone. API tokens end too unless they are to be kept."""
    actor = current_actor()
    with transaction():
        if body["keep_api_tokens"]:
            sessions.close_sessions_but_keep_api_tokens(actor.id, actor=actor, now=clock.now())
        else:
            sessions.close_all_sessions(actor.id, actor=actor, now=clock.now())
    auth.forget_cookie()


@blp.route("/tokens", methods=["GET"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, sessions_only=True)
@blp.response(200, schemas.TokenList)
def list_tokens() -> dict[str, Any]:
    """Keys of other systems that are in force: your own, for head office everybody's."""
    return {
        "items": queries.api_tokens(actor=current_actor(), now=clock.now()),
        "next_cursor": None,
        "scopes": sorted(auth.known_scopes),
    }


@blp.route("/tokens", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, sessions_only=True)
@blp.arguments(schemas.CreateToken)
@blp.response(201, schemas.NewTokenView)
@problems(blp, 422)
def create_token(body: dict[str, Any]) -> dict[str, Any]:
    """A key for another system. It acts as you, within its scopes; this answer is the only one that shows it."""
    actor, now = current_actor(), clock.now()
    with transaction():
        key = sessions.create_api_token(**body, known_scopes=auth.known_scopes, actor=actor, now=now)
    return {
        "id": key.id,
        "name": body["name"],
        "staff_id": actor.id,
        "hint": key.token[-4:],
        "scopes": sorted(set(body["scopes"])),
        "created_at": now,
        "expires_at": key.expires_at,
        "token": key.token,
    }


@blp.route(f"/tokens/<{ROW_ID}:token_id>", methods=["DELETE"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, sessions_only=True)
@blp.response(204)
@problems(blp, 404)
def revoke_token(token_id: int) -> None:
    """End a key at once."""
    with transaction():
        sessions.revoke_api_token(token_id, actor=current_actor(), now=clock.now())


# Me


@blp.route("/me", methods=["GET"])
@requires(scope=READ)
@blp.response(200, schemas.MeView)
def read_me() -> dict[str, Any]:
    """Who am I, and in which stores?"""
    actor = current_actor()
    return present.me(queries.staff(actor.id), actor=actor)


@blp.route("/me", methods=["PATCH"])
@requires(scope=WRITE)
@idempotent
@blp.arguments(schemas.UpdateMe)
@blp.response(200, schemas.MeView)
@problems(blp, 400, 409, 422)
def update_me(body: dict[str, Any]) -> dict[str, Any]:
    """Choose the language in which the service speaks to you, and whether it texts you about changed work."""
    actor = current_actor()
    return present.me(service.change_own_wishes(body, actor=actor, now=clock.now()), actor=actor)


@blp.route("/me/password", methods=["PUT"])
@requires(sessions_only=True)
@auth.limits_password_change
@blp.arguments(schemas.ChangePassword)
@blp.response(204)
@problems(blp, 422, 429)
def change_my_password(body: dict[str, Any]) -> None:
    """Change your password; every other session of yours ends."""
    credentials = current_credentials()
    with transaction():
        sessions.change_own_password(
            body["old_password"],
            body["password"],
            token_id=credentials.token_id,
            actor=credentials.actor,
            now=clock.now(),
        )


# Stores


@blp.route("/stores", methods=["GET"])
@requires(scope=READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.StorePage)
@problems(blp, 422)
def list_stores(args: dict[str, Any]) -> dict[str, Any]:
    """The stores you may see."""
    page = page_of(queries.stores(current_actor()), keys=[Store.id], cursor=args.get("cursor"), limit=args["limit"])
    return {"items": [present.store(row) for row in page.rows], "next_cursor": page.next_cursor}


@blp.route("/stores", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.CreateStore)
@blp.response(201, schemas.StoreView)
@problems(blp, 400, 409, 422)
def create_store(body: dict[str, Any]) -> dict[str, Any]:
    """Open a store."""
    return present.store(service.create_store(**body, actor=current_actor(), now=clock.now()))


@blp.route(f"/stores/<{ROW_ID}:store_id>", methods=["GET"])
@requires(scope=READ)
@blp.response(200, schemas.StoreView)
@problems(blp, 404)
def read_store(store_id: int) -> dict[str, Any]:
    """One store."""
    return present.store(queries.visible_store(store_id, actor=current_actor()))


@blp.route(f"/stores/<{ROW_ID}:store_id>", methods=["PATCH"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.UpdateStore)
@blp.response(200, schemas.StoreView)
@problems(blp, 400, 404, 409, 422)
def update_store(body: dict[str, Any], store_id: int) -> dict[str, Any]:
    """Change a store, or close it with `is_active: false`."""
    version = body.pop("version")
    try:
        changed = service.update_store(store_id, body, version=version, actor=current_actor(), now=clock.now())
    except StaleVersion as stale:
        stale.extra["current"] = schemas.StoreView().dump(present.store(queries.store(store_id)))
        raise
    return present.store(changed)


# People


@blp.route("/staff", methods=["GET"])
@requires(scope=READ)
@blp.arguments(schemas.StaffArgs, location="query")
@blp.response(200, schemas.StaffPage)
@problems(blp, 404, 422)
def list_staff(args: dict[str, Any]) -> dict[str, Any]:
    """The people you may see: of your stores, for head office all."""
    actor = current_actor()
    if "store_id" in args:
        queries.visible_store(args["store_id"], actor=actor)
    stmt = queries.people(actor, store_id=args.get("store_id"), role=args.get("role"), is_active=args.get("is_active"))
    page = page_of(stmt, keys=[Staff.id], cursor=args.get("cursor"), limit=args["limit"])
    return {"items": present.people(page.rows, actor=actor), "next_cursor": page.next_cursor}


@blp.route("/staff", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.CreateStaff)
@blp.response(201, schemas.StaffView)
@problems(blp, 400, 409, 422)
def create_staff(body: dict[str, Any]) -> dict[str, Any]:
    """Add a person; sign-in is possible once a password has been set."""
    actor = current_actor()
    role = Role(body.pop("role"))
    return present.person(service.create_staff(**body, role=role, actor=actor, now=clock.now()), actor=actor)


@blp.route(f"/staff/<{ROW_ID}:staff_id>", methods=["GET"])
@requires(scope=READ)
@blp.response(200, schemas.StaffView)
@problems(blp, 404)
def read_staff(staff_id: int) -> dict[str, Any]:
    """One person; of a colleague, an associate sees name, role and stores."""
    actor = current_actor()
    return present.person(queries.visible_person(staff_id, actor=actor), actor=actor)


@blp.route(f"/staff/<{ROW_ID}:staff_id>", methods=["PATCH"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.UpdateStaff)
@blp.response(200, schemas.StaffView)
@problems(blp, 400, 404, 409, 422)
def update_staff(body: dict[str, Any], staff_id: int) -> dict[str, Any]:
    """Change a person, or end the access with `is_active: false`; both hold from the next request on."""
    actor = current_actor()
    version, store_ids = body.pop("version"), body.pop("store_ids", None)
    try:
        changed = service.update_staff(
            staff_id, body, version=version, store_ids=store_ids, actor=actor, now=clock.now()
        )
    except StaleVersion as stale:
        stale.extra["current"] = schemas.StaffView().dump(present.person(queries.staff(staff_id), actor=actor))
        raise
    return present.person(changed, actor=actor)


@blp.route(f"/staff/<{ROW_ID}:staff_id>/password", methods=["PUT"])
@requires(Role.HEAD_OFFICE, sessions_only=True)
@blp.arguments(schemas.SetPassword)
@blp.response(204)
@problems(blp, 404, 422)
def set_password(body: dict[str, Any], staff_id: int) -> None:
    """Give a person a new password; all sessions end and a lockout is lifted."""
    with transaction():
        sessions.set_password(staff_id, body["password"], actor=current_actor(), now=clock.now())


@blp.route(f"/staff/<{ROW_ID}:staff_id>/end-sessions", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, sessions_only=True)
@blp.response(204)
@problems(blp, 404)
def end_sessions(staff_id: int) -> None:
    """Sign somebody out everywhere, API tokens included; a supervisor may do it for the own associates."""
    actor = current_actor()
    with transaction():
        if not hours.may_manage(queries.visible_person(staff_id, actor=actor), actor=actor):
            raise Forbidden
        sessions.close_all_sessions(staff_id, actor=actor, now=clock.now())


# Skills


@blp.route("/skills", methods=["GET"])
@requires(scope=READ)
@blp.response(200, schemas.SkillList)
def list_skills() -> dict[str, Any]:
    """What people can be good at."""
    return {"items": queries.skills(), "next_cursor": None}


@blp.route("/skills/<string(maxlength=40):key>", methods=["PUT"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.PutSkill)
@blp.response(200, schemas.SkillView)
@problems(blp, 400, 409, 422)
def put_skill(body: dict[str, Any], key: str) -> Any:
    """Add a skill or change its words; `is_active: false` retires it."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", key):
        raise Invalid(errors={"key": [N_("A key has letters, digits, - and _ only.")]})
    return service.put_skill(key, **body, actor=current_actor(), now=clock.now())


# Shifts


@blp.route(f"/staff/<{ROW_ID}:staff_id>/shifts", methods=["GET"])
@requires(scope=READ)
@blp.arguments(schemas.ShiftArgs, location="query")
@blp.response(200, schemas.ShiftsView)
@problems(blp, 404, 422)
def read_shifts(args: dict[str, Any], staff_id: int) -> dict[str, Any]:
    """The usual week, the exceptions, and the working hours that follow day by day."""
    person = _person_with_hours(staff_id)
    zone = hours.zone_of(person)
    first = args.get("first") or clock.now().astimezone(zone).date()
    last = args.get("last") or first + timedelta(days=13)
    if not first <= last <= first + timedelta(days=MAX_DAYS_SHOWN):
        raise Invalid(errors={"last": [N_("The last day must be at most 92 days after the first.")]})
    return {
        "zone": zone.key,
        "weekly": queries.weekly_pattern(staff_id, day=first),
        "exceptions": queries.shift_exceptions(staff_id, first=first, last=last),
        "days": queries.working_days([staff_id], first=first, last=last, zone=zone)[staff_id],
    }


@blp.route(f"/staff/<{ROW_ID}:staff_id>/shifts", methods=["PUT"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, scope=WRITE)
@idempotent
@blp.arguments(schemas.SetShifts)
@blp.response(200, schemas.ShiftsView)
@problems(blp, 400, 404, 409, 422)
def set_shifts(body: dict[str, Any], staff_id: int) -> dict[str, Any]:
    """Replace the usual week (from `valid_from`, default today) and the single-day exceptions (from today)."""
    actor, now = current_actor(), clock.now()
    person = queries.visible_person(staff_id, actor=actor)
    if "weekly" in body:
        weekly = [WeeklyStretch(**stretch) for stretch in body["weekly"]]
        hours.set_weekly(staff_id, weekly, valid_from=body.get("valid_from"), actor=actor, now=now)
    if "exceptions" in body:
        hours.set_exceptions(staff_id, [DayStretch(**day) for day in body["exceptions"]], actor=actor, now=now)
    zone = hours.zone_of(person)
    first = body.get("valid_from") or now.astimezone(zone).date()
    return {
        "zone": zone.key,
        "weekly": queries.weekly_pattern(staff_id, day=first),
        "exceptions": queries.shift_exceptions(staff_id, first=first),
        "days": queries.working_days([staff_id], first=first, last=first + timedelta(days=13), zone=zone)[staff_id],
    }


# Time off


@blp.route(f"/staff/<{ROW_ID}:staff_id>/time-off", methods=["GET"])
@requires(scope=READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.TimeOffPage)
@problems(blp, 404, 422)
def list_time_off_of(args: dict[str, Any], staff_id: int) -> dict[str, Any]:
    """A person's time off, past and coming."""
    _person_with_hours(staff_id)
    return _time_off_page(queries.time_off_of(staff_id), args)


@blp.route(f"/staff/<{ROW_ID}:staff_id>/time-off", methods=["POST"])
@requires(scope=WRITE)
@idempotent
@blp.arguments(schemas.AskTimeOff)
@blp.response(201, schemas.TimeOffView)
@problems(blp, 400, 404, 409, 422)
def ask_time_off(body: dict[str, Any], staff_id: int) -> dict[str, Any]:
    """Ask for own time off; from those who plan the person's hours it is granted at once."""
    reason = TimeOffReason(body.pop("reason"))
    actor, now = current_actor(), clock.now()
    return _shown(hours.request_time_off(staff_id, **body, reason=reason, actor=actor, now=now))


@blp.route("/time-off", methods=["GET"])
@requires(scope=READ)
@blp.arguments(schemas.TimeOffArgs, location="query")
@blp.response(200, schemas.TimeOffPage)
@problems(blp, 404, 422)
def list_time_off(args: dict[str, Any]) -> dict[str, Any]:
    """Time off in your stores (an associate: the own); `status=asked` waits for an answer."""
    actor = current_actor()
    if "store_id" in args:
        queries.visible_store(args["store_id"], actor=actor)
    stmt = queries.visible_time_off(actor, status=args.get("status"), store_id=args.get("store_id"))
    return _time_off_page(stmt, args)


@blp.route(f"/time-off/<{ROW_ID}:time_off_id>/approve", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, scope=WRITE)
@idempotent
@blp.arguments(schemas.ApproveTimeOff)
@blp.response(200, schemas.TimeOffView)
@problems(blp, 400, 404, 409, 422)
def approve_time_off(body: dict[str, Any], time_off_id: int) -> dict[str, Any]:
    """Grant what was asked; `cover_id` names who looks after the customers."""
    return _shown(hours.approve_time_off(time_off_id, **body, actor=current_actor(), now=clock.now()))


@blp.route(f"/time-off/<{ROW_ID}:time_off_id>/decline", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, scope=WRITE)
@idempotent
@blp.arguments(schemas.DeclineTimeOff)
@blp.response(200, schemas.TimeOffView)
@problems(blp, 400, 404, 409, 422)
def decline_time_off(body: dict[str, Any], time_off_id: int) -> dict[str, Any]:
    """Say no, with the reason."""
    return _shown(hours.decline_time_off(time_off_id, **body, actor=current_actor(), now=clock.now()))


@blp.route(f"/time-off/<{ROW_ID}:time_off_id>/cancel", methods=["POST"])
@requires(scope=WRITE)
@idempotent
@blp.arguments(schemas.CancelTimeOff)
@blp.response(200, schemas.TimeOffView)
@problems(blp, 400, 404, 409, 422)
def cancel_time_off(body: dict[str, Any], time_off_id: int) -> dict[str, Any]:
    """Call it off; when it has begun, it ends now."""
    return _shown(hours.cancel_time_off(time_off_id, **body, actor=current_actor(), now=clock.now()))


def _person_with_hours(staff_id: int) -> Staff:
    actor = current_actor()
    person = queries.visible_person(staff_id, actor=actor)
    if not may_see_details_of(actor, staff_id):
        raise Forbidden
    return person


def _time_off_page(stmt: Any, args: dict[str, Any]) -> dict[str, Any]:
    page = page_of(
        stmt, keys=[TimeOff.starts_at.desc(), TimeOff.id.desc()], cursor=args.get("cursor"), limit=args["limit"]
    )
    items = present.time_off(page.rows, actor=current_actor(), now=clock.now())
    return {"items": items, "next_cursor": page.next_cursor}


def _shown(absence: TimeOff) -> dict[str, Any]:
    return present.time_off([absence], actor=current_actor(), now=clock.now())[0]
