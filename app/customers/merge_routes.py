"""/duplicates and /merges."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.errors import Conflict
from app.core.http import problems
from app.core.i18n import N_
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.core.phone import mask
from app.customers import duplicates, merging
from app.customers import merge_schemas as schemas
from app.customers.duplicates import Pair
from app.customers.merge_models import CustomerMerge
from app.customers.merging import Choice
from app.customers.models import Customer
from app.customers.routes import LEADERS, READ, ROW_ID, WRITE
from app.people.access import Role, require_store
from app.people.auth import current_actor, requires

blp = Blueprint("duplicates", __name__, description="Files of one and the same person, and making one of them")


class TooManyToSearch(Conflict):
    code = "too-many-to-search-now"
    message = N_("There are too many files to look through at once. It is done every night.")


@blp.route("/duplicates", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(schemas.DuplicateArgs, location="query")
@blp.response(200, schemas.PairPage)
@problems(blp, 401, 403, 404, 422)
def list_duplicates(args: dict[str, Any]) -> dict[str, Any]:
    """Pairs of files that look like one person's and that nobody has decided about, the likeliest first."""
    actor = current_actor()
    if args.get("store_id") is not None:
        require_store(actor, args["store_id"])
    page = duplicates.page_of_pairs(actor=actor, **args)
    return {"items": [_pair(one) for one in page.rows], "next_cursor": page.next_cursor}


@blp.route("/duplicates/search", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.response(200, schemas.FoundView)
@problems(blp, 400, 401, 403, 409)
def search_duplicates() -> duplicates.Found:
    """Look through all files now instead of tonight; refused where that would take long."""
    if not duplicates.may_search_now():
        raise TooManyToSearch
    return duplicates.refresh(now=clock.now())


@blp.route(f"/customers/<{ROW_ID}:customer_id>/merge", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.MergeFiles)
@blp.response(201, schemas.MergeView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def merge_files(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Let another file go into this one. It can be undone."""
    done = merging.merge(
        customer_id,
        body["gone_id"],
        choices={name: Choice(choice) for name, choice in body["choices"].items()},
        join_households=body["join_households"],
        actor=current_actor(),
        now=clock.now(),
    )
    return _merge(done, merging.why_not_undo(done))


@blp.route(f"/customers/<{ROW_ID}:customer_id>/not-same", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.TellApart)
@blp.response(200, schemas.ToldApartView)
@problems(blp, 400, 401, 403, 404, 422)
def tell_apart(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """They are two people: they are never shown as a pair again."""
    pair = duplicates.tell_apart(customer_id, body["other_id"], actor=current_actor(), now=clock.now())
    return {"ids": [pair.low_id, pair.high_id], "state": pair.state, "decided_at": pair.decided_at}


@blp.route("/merges", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.MergePage)
@problems(blp, 401, 403, 422)
def list_merges(args: dict[str, Any]) -> dict[str, Any]:
    """Merges of your stores, newest first."""
    page = merging.page_of_merges(actor=current_actor(), cursor=args.get("cursor"), limit=args.get("limit"))
    merges = [row[0] for row in page.rows]
    obstacles = merging.obstacles_of(merges)
    return {"items": [_merge(done, obstacles[done.id]) for done in merges], "next_cursor": page.next_cursor}


@blp.route(f"/merges/<{ROW_ID}:merge_id>/undo", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.response(200, schemas.UndoneMergeView)
@problems(blp, 400, 401, 403, 404, 409)
def undo_merge(merge_id: int) -> dict[str, Any]:
    """Part the files again. `stayed` counts what has gone elsewhere meanwhile and was left there."""
    undone = merging.undo(merge_id, actor=current_actor(), now=clock.now())
    return {**_merge(undone.merge, "undone"), "stayed": undone.stayed}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "score": pair.pair.score,
        "evidence": pair.pair.evidence,
        "older": _alike(pair.low),
        "newer": _alike(pair.high),
        "differs_in": merging.differing(pair.low, pair.high),
        "found_at": pair.pair.found_at,
    }


def _alike(customer: Customer) -> dict[str, Any]:
    shown = ("id", "name", "store_id", "address", "district", "created_at")
    return {name: getattr(customer, name) for name in shown} | {
        "phone_masked": mask(customer.phone) if customer.phone else None
    }


def _merge(done: CustomerMerge, obstacle: str | None) -> dict[str, Any]:
    shown = ("id", "gone_id", "gone_name", "kept_id", "merged_at", "merged_by_id", "moved", "undone_at")
    return {name: getattr(done, name) for name in shown} | {"obstacle": obstacle}
