"""Points over HTTP."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.people.access import Role
from app.people.auth import current_actor, requires
from app.points import queries, schemas, service

blp = Blueprint("points", __name__, description="Rules, the ledger with its reasons, and the leaderboard")


@blp.route("/points/rules")
@requires()
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.RuleSetPage)
@problems(blp, 422)
def rules(args: dict[str, Any]) -> dict[str, Any]:
    """Every published version, newest first, and when I confirmed it."""
    page = queries.published_rules(current_actor(), now=clock.now(), cursor=args.get("cursor"), limit=args["limit"])
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route("/points/rules", methods=["POST"])
@requires(Role.HEAD_OFFICE)
@idempotent
@blp.arguments(schemas.PublishRules)
@blp.response(201, schemas.RuleSetView)
@problems(blp, 409, 422)
def publish_rules(body: dict[str, Any]) -> queries.RuleSetForReader:
    """Publish the next version: the last one with these changes, from now or a later moment on."""
    actor, now = current_actor(), clock.now()
    changes = [
        service.RuleChange(
            key=rule["key"],
            amount=rule.get("amount"),
            params=rule.get("params"),
            texts={question: rule[question] for question in service.QUESTIONS if question in rule},
        )
        for rule in body["rules"]
    ]
    published = service.publish(
        changes, summary=body["summary"], valid_from=body.get("valid_from"), actor=actor, now=now
    )
    return queries.rule_set(published.id, actor=actor, now=now)


@blp.route("/points/rules/<int(max=2147483647):rule_set_id>/acknowledge", methods=["POST"])
@requires(Role.ASSOCIATE)
@idempotent
@blp.response(200, schemas.AcknowledgementView)
@problems(blp, 404, 409, 422)
def acknowledge_rules(rule_set_id: int) -> dict[str, Any]:
    """Confirm that I have read this version; work from now on counts under it."""
    read_at = service.acknowledge(rule_set_id, actor=current_actor(), now=clock.now())
    return {"rule_set_id": rule_set_id, "acknowledged_at": read_at}


@blp.route("/points/entries")
@requires()
@blp.arguments(schemas.EntryArgs, location="query")
@blp.response(200, schemas.EntryPage)
@problems(blp, 422)
def entries(args: dict[str, Any]) -> dict[str, Any]:
    """Lines of the ledger with their reasons: my own, or those of my stores."""
    page = queries.entries(current_actor(), **args)
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route("/leaderboard")
@requires()
@blp.arguments(schemas.BoardArgs, location="query")
@blp.response(200, schemas.BoardView)
@problems(blp, 404, 422)
def leaderboard(args: dict[str, Any]) -> queries.Board:
    """The standing of a season: all of it for those who lead the store, the own place and its neighbours for others."""
    return queries.board(
        current_actor(),
        now=clock.now(),
        store_id=args.get("store_id"),
        season=args.get("season"),
        lines=args["limit"],
    )
