"""Reports over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.messaging.kinds import Kind
from app.messaging.models import Reach
from app.messaging.stage import Course, Fate
from app.messaging.wordings import DraftWording
from app.people.access import Role
from app.people.auth import current_actor, requires
from app.reports import schemas
from app.reports.rehearsal import CustomerPart, PlayedText, Rehearsal, Sum, Wanted, rehearse

blp = Blueprint("reports", __name__, description="Reads that join the slices")


@blp.route("/message-rehearsals")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@blp.arguments(schemas.RehearsalArgs, location="query")
@blp.response(200, schemas.RehearsalView)
@problems(blp, 404, 422)
def rehearsal(args: dict[str, Any]) -> dict[str, Any]:
    """Play a store's day: which texts its tasks would send, to whom, when and at what price. Sends nothing."""
    return _played(args)


@blp.route("/message-rehearsals", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@idempotent
@blp.arguments(schemas.RehearseWithDraft)
@blp.response(200, schemas.RehearsalView)
@problems(blp, 404, 422)
def rehearsal_with_draft(body: dict[str, Any]) -> dict[str, Any]:
    """The same with a wording that is not published yet. Stores nothing."""
    return _played(body)


def _played(args: Mapping[str, Any]) -> dict[str, Any]:
    wanted = Wanted(
        store_id=args["store_id"],
        day=args["date"],
        course=Course(args["course"]),
        afresh=args["afresh"],
        draft=_draft(args.get("draft")),
    )
    played = rehearse(wanted, actor=current_actor(), now=clock.now())
    fate = Fate(args["fate"]) if args.get("fate") else None
    parts, next_cursor = played.page(cursor=args.get("cursor"), limit=args["limit"], fate=fate)
    return rehearsal_json(played) | {"items": [_part_json(part) for part in parts], "next_cursor": next_cursor}


def _draft(given: Mapping[str, Any] | None) -> DraftWording | None:
    if given is None:
        return None
    return DraftWording(Kind(given["kind"]), given["task_type"], Reach(given["reach"]), given["texts"])


def rehearsal_json(played: Rehearsal) -> dict[str, Any]:
    return {
        "store_id": played.store.id,
        "zone": played.store.zone,
        "date": played.day,
        "course": played.course,
        "afresh": played.afresh,
        "tasks": played.tasks,
        "is_cut": played.is_cut,
        "without_phone": played.without_phone,
        "already_sent": played.already_sent,
        "total": _sum_json(played.total),
        "fates": {fate: played.fates.get(Fate(fate), 0) for fate in schemas.FATES},
        "reasons": [{"status": why.fate, "reason": why.reason, "count": why.count} for why in played.reasons],
        "hours": [{"starts_at": hour, **_sum_json(each)} for hour, each in played.hours],
        "kinds": [{"kind": kind, **_sum_json(each)} for kind, each in played.kinds],
    }


def _sum_json(total: Sum) -> dict[str, Any]:
    return {
        "messages": total.messages,
        "segments": total.segments,
        "held": total.held,
        "costs": _costs_json(total.costs),
    }


def _costs_json(costs: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": amount} for currency, amount in sorted(costs.items())]


def _part_json(part: CustomerPart) -> dict[str, Any]:
    return {
        "customer": {
            "id": part.customer_id,
            "name": part.name,
            "phone_masked": part.phone_masked,
            "locale": part.locale,
        },
        "messages": part.messages,
        "segments": part.segments,
        "costs": _costs_json(part.costs),
        "texts": [_text_json(text) for text in part.texts],
    }


def _text_json(text: PlayedText) -> dict[str, Any]:
    return {
        "task_id": text.task_id,
        "kind": text.kind,
        "status": text.fate,
        "status_reason": text.reason,
        "due_at": text.due_at,
        "goes_at": text.goes_at,
        "expires_at": text.expires_at,
        "held": [{"reason": each.reason, "at": each.at, "until": each.until} for each in text.delays],
        "text": text.body,
        "encoding": text.encoding,
        "segments": text.segments,
        "country": text.country,
        "cost": text.cost,
        "currency": text.currency,
        "is_written": text.is_written,
    }
