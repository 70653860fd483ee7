"""/promotions: the gate through which anything that sells goes to many at once."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale, gettext
from flask_smorest import Blueprint
from marshmallow import fields, validate

from app.careplans import audience, promotions
from app.careplans.promotion_models import STATES
from app.careplans.promotions import LONGEST_REASON, Gate, Wish
from app.careplans.reasons import WORDS, WhyNot
from app.core import clock
from app.core.errors import StaleVersion
from app.core.http import problems
from app.core.i18n import LOCALES
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.core.schemas import Input, Text3Field, View
from app.customers.schemas import NamedPersonView, choice_field
from app.people.access import Role
from app.people.auth import current_actor, requires
from app.reports import promotions as reports

blp = Blueprint("promotions", __name__, description="Promotions: proposed, looked at, confirmed, stopped")

LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
READ, WRITE = "careplans:read", "careplans:write"
ONE = "/promotions/<int(max=2147483647):promotion_id>"
ID = validate.Range(min=1, max=2**31 - 1)
NAMED = 50


class Proposal(Input):
    reason = fields.String(
        required=True, validate=validate.Length(min=1, max=500), metadata={"description": "why now, in a few words"}
    )
    day = fields.Date(required=True, metadata={"description": "local; it holds this day and the three after it"})
    store_ids = fields.List(fields.Integer(validate=ID), required=True, validate=validate.Length(min=1, max=200))
    segment = fields.Dict(
        keys=fields.String(validate=validate.Equal("conditions")),
        load_default=lambda: {"conditions": []},
        metadata={"description": "{conditions: [{field, op, value}]} as in a care plan"},
    )
    words = fields.Dict(
        keys=fields.String(validate=validate.OneOf(LOCALES)),
        values=fields.String(validate=validate.Length(max=1000)),
        required=True,
        metadata={"description": "the text in three languages; shop and name are put before it"},
    )
    hours = fields.List(
        fields.String(validate=validate.Length(max=5)),
        load_default=lambda: ["10:00", "19:00"],
        validate=validate.Length(equal=2),
    )


class ChangedProposal(Proposal):
    version = fields.Integer(required=True, validate=ID)


class Confirmation(Input):
    count = fields.Integer(
        required=True, validate=validate.Range(min=0, max=2**31 - 1), metadata={"description": "the number just seen"}
    )
    version = fields.Integer(required=True, validate=ID)


class Stop(Input):
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))
    version = fields.Integer(load_default=None, validate=ID)


class PromotionCost(View):
    currency = fields.String()
    amount = fields.Decimal(as_string=True)


class LeftOutView(View):
    reason = fields.String()
    words = fields.String()
    people = fields.Integer()


class PromotionLook(View):
    locale = fields.String()
    body = fields.String()
    segments = fields.Integer()
    encoding = fields.String()


class PromotionPreview(View):
    meant = fields.Integer()
    going = fields.Integer()
    left_out = fields.List(fields.Nested(LeftOutView))
    segments = fields.Integer()
    costs = fields.List(fields.Nested(PromotionCost))
    looks = fields.List(fields.Nested(PromotionLook))


class PromotionResult(View):
    sent = fields.Integer()
    waiting = fields.Integer()
    not_sent = fields.List(fields.Nested(LeftOutView))
    replies = fields.Integer(metadata={"description": "people who wrote within 7 days"})
    opt_outs = fields.Integer(metadata={"description": "numbers stopped within 7 days"})
    segments = fields.Integer()
    costs = fields.List(fields.Nested(PromotionCost))


class PromotionView(View):
    id = fields.Integer()
    reason = fields.String()
    day = fields.Date()
    last_day = fields.Date()
    state = choice_field(STATES)
    store_ids = fields.List(fields.Integer())
    words = Text3Field()
    hours = fields.List(fields.String())
    segment = fields.Dict()
    proposed_at = fields.AwareDateTime()
    confirmed_at = fields.AwareDateTime(allow_none=True)
    confirmed_count = fields.Integer(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    end_reason = fields.String()
    version = fields.Integer()


class PromotionFile(PromotionView):
    preview = fields.Nested(PromotionPreview, allow_none=True, metadata={"description": "while it is only proposed"})
    result = fields.Nested(PromotionResult, allow_none=True, metadata={"description": "since it was confirmed"})


class PromotionList(View):
    items = fields.List(fields.Nested(PromotionView))
    next_cursor = fields.String(allow_none=True)


class ListArgs(PageArgs):
    since = fields.Date(load_default=None, metadata={"description": "default: from today on"})


class LeftOutArgs(Input):
    reason = fields.String(required=True, validate=validate.OneOf([why.value for why in WhyNot]))


class LeftOutPerson(View):
    customer = fields.Nested(NamedPersonView)
    reason = fields.String()


class LeftOutList(View):
    items = fields.List(fields.Nested(LeftOutPerson))
    next_cursor = fields.String(allow_none=True)


@blp.route("/promotions")
@requires(*LEADERS, scope=READ)
@blp.arguments(ListArgs, location="query")
@blp.response(200, PromotionList)
@problems(blp, 401, 403, 422)
def list_promotions(args: dict[str, Any]) -> dict[str, Any]:
    """The calendar of promotions in one's stores, the next first."""
    page = promotions.page_of_gates(
        actor=current_actor(),
        since=args["since"] or clock.now().date(),
        cursor=args.get("cursor"),
        limit=args.get("limit"),
    )
    return {"items": [_view(gate) for gate in page.rows], "next_cursor": page.next_cursor}


@blp.route("/promotions", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(Proposal)
@blp.response(201, PromotionFile)
@problems(blp, 400, 401, 403, 409, 422)
def propose_promotion(body: dict[str, Any]) -> dict[str, Any]:
    """Propose one and hold its days in the calendar. Nothing goes out before somebody of head office confirms it."""
    promotion_id = reports.propose(_wish(body), actor=current_actor(), now=clock.now())
    return _file(promotion_id)


@blp.route("/promotions/preview", methods=["POST"])
@requires(*LEADERS, scope=READ)
@idempotent
@blp.arguments(Proposal)
@blp.response(200, PromotionPreview)
@problems(blp, 400, 401, 403, 422)
def preview_promotion(body: dict[str, Any]) -> dict[str, Any]:
    """Who would get it, who is left out and why, and what it costs. Stores nothing."""
    wish, now = _wish(body), clock.now()
    settings = promotions.checked(wish, actor=current_actor(), now=now)
    stores = reports.stores_of(wish.store_ids)
    reports.check_words(wish.words, stores)
    target = audience.Target(settings.segment, wish.store_ids, wish.day)
    return _preview(reports.preview(target, wish.words, stores, now=now))


@blp.route(ONE)
@requires(*LEADERS, scope=READ)
@blp.response(200, PromotionFile)
@problems(blp, 401, 403, 404)
def read_promotion(promotion_id: int) -> dict[str, Any]:
    """One promotion: the numbers of this moment while it is proposed, afterwards what came of it."""
    return _file(promotion_id)


@blp.route(f"{ONE}/left-out")
@requires(*LEADERS, scope=READ)
@blp.arguments(LeftOutArgs, location="query")
@blp.response(200, LeftOutList)
@problems(blp, 401, 403, 404, 422)
def list_left_out(args: dict[str, Any], promotion_id: int) -> dict[str, Any]:
    """The first of those who are left out for a reason, as things stand now; of one's own stores."""
    actor = current_actor()
    gate = promotions.gate(promotion_id, actor=actor)
    rows = audience.left_out(gate.target, reason=WhyNot(args["reason"]), actor=actor, now=clock.now(), limit=NAMED)
    items = [{"customer": {"id": row.customer_id, "name": row.name}, "reason": row.reason.value} for row in rows]
    return {"items": items, "next_cursor": None}


@blp.route(ONE, methods=["PATCH"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(ChangedProposal)
@blp.response(200, PromotionFile)
@problems(blp, 400, 401, 403, 404, 409, 422)
def change_promotion(body: dict[str, Any], promotion_id: int) -> dict[str, Any]:
    """Change what nobody has confirmed yet."""
    version = body.pop("version")
    with_current(
        promotion_id,
        lambda: reports.change(promotion_id, _wish(body), version=version, actor=current_actor(), now=clock.now()),
    )
    return _file(promotion_id)


@blp.route(f"{ONE}/confirm", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(Confirmation)
@blp.response(200, PromotionFile)
@problems(blp, 400, 401, 403, 404, 409, 422)
def confirm_promotion(body: dict[str, Any], promotion_id: int) -> dict[str, Any]:
    """Let it go to the number of people just seen; 409 with the present `count` when that has changed."""
    with_current(
        promotion_id,
        lambda: promotions.confirm(promotion_id, actor=current_actor(), now=clock.now(), **body),
    )
    return _file(promotion_id)


@blp.route(f"{ONE}/stop", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(Stop)
@blp.response(200, PromotionFile)
@problems(blp, 400, 401, 403, 404, 409, 422)
def stop_promotion(body: dict[str, Any], promotion_id: int) -> dict[str, Any]:
    """Take a proposal back, or stop what has not gone out yet."""
    with_current(promotion_id, lambda: promotions.stop(promotion_id, actor=current_actor(), now=clock.now(), **body))
    return _file(promotion_id)


def with_current(promotion_id: int, act: Any) -> None:
    """A stale version is answered with the present state."""
    try:
        act()
    except StaleVersion as stale:
        stale.extra["current"] = PromotionFile().dump(_file(promotion_id))
        raise


def _wish(body: dict[str, Any]) -> Wish:
    return Wish(
        reason=body["reason"],
        day=body["day"],
        store_ids=tuple(dict.fromkeys(body["store_ids"])),
        segment=body["segment"],
        words=body["words"],
        hours=(body["hours"][0], body["hours"][1]),
    )


def _view(gate: Gate) -> dict[str, Any]:
    promotion, action = gate.promotion, gate.settings.action
    return {
        "id": promotion.id,
        "reason": promotion.reason,
        "day": promotion.day,
        "last_day": gate.last_day,
        "state": promotion.state,
        "store_ids": list(gate.store_ids),
        "words": action.words,
        "hours": list(action.hours),
        "segment": promotions.segment_of(gate),
        "proposed_at": promotion.proposed_at,
        "confirmed_at": promotion.confirmed_at,
        "confirmed_count": promotion.confirmed_count,
        "ended_at": promotion.ended_at,
        "end_reason": promotion.end_reason,
        "version": promotion.version,
    }


def _file(promotion_id: int) -> dict[str, Any]:
    gate = promotions.gate(promotion_id, actor=current_actor())
    is_proposed = gate.promotion.state == "proposed"
    found = reports.preview(gate.target, gate.words, gate.stores, now=clock.now()) if is_proposed else None
    return _view(gate) | {
        "preview": _preview(found) if found else None,
        "result": _result(reports.result(gate)) if gate.promotion.confirmed_at else None,
    }


def _preview(found: reports.Preview) -> dict[str, Any]:
    return {
        "meant": found.audience.meant,
        "going": found.audience.going,
        "left_out": [_left_out(why.value, people) for why, people in found.audience.left_out.items()],
        "segments": found.segments,
        "costs": reports.costs_json(found.costs),
        "looks": [
            {
                "locale": look.locale,
                "body": look.body,
                "segments": look.size.segments,
                "encoding": look.size.encoding,
            }
            for look in found.looks
        ],
    }


def _result(found: reports.Result) -> dict[str, Any]:
    return {
        "sent": found.sent,
        "waiting": found.waiting,
        "not_sent": [_left_out(reason, people) for reason, people in found.not_sent.items()],
        "replies": found.replies,
        "opt_outs": found.opt_outs,
        "segments": found.segments,
        "costs": reports.costs_json(found.costs),
    }


def _left_out(reason: str, people: int) -> dict[str, Any]:
    words = gettext(WORDS[reason]) if get_locale() and reason in WORDS else reason
    return {"reason": reason, "words": words, "people": people}
