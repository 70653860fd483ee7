"""/hand-overs: customers who go from one associate to another, and back."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.customers import hand_over_schemas as schemas
from app.customers import hand_overs
from app.customers.hand_over_models import HandOver, HandOverLine, Why
from app.customers.routes import EVERYBODY, LEADERS, READ, ROW_ID, WRITE
from app.people import queries as people
from app.people.auth import current_actor, requires

blp = Blueprint("hand_overs", __name__, description="Customers who go from one associate to another, and back")


@blp.route(f"/staff/<{ROW_ID}:staff_id>/book", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.response(200, schemas.BookView)
@problems(blp, 401, 403, 404)
def read_book(staff_id: int) -> dict[str, Any]:
    """How many customers a person has in your stores, and who might look after them."""
    actor = current_actor()
    book = hand_overs.book_of(people.visible_person(staff_id, actor=actor), actor=actor, now=clock.now())
    return {
        "staff_id": staff_id,
        "customers": book.customers,
        "absence_id": book.absence.id if book.absence else None,
        "absence_ends_at": book.absence.ends_at if book.absence else None,
        "covers": hand_overs.covers_for(book.person),
        "standing": [made.id for made in book.standing],
    }


@blp.route("/hand-overs", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.HandOverCustomers)
@blp.response(201, schemas.HandOverView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def make_hand_over(body: dict[str, Any]) -> dict[str, Any]:
    """Give customers of one person to another, for a time or for good. Each is told by a text and may refuse."""
    from_id, to_id, why = body.pop("from_id"), body.pop("to_id"), Why(body.pop("why"))
    actor, now = current_actor(), clock.now()
    made = hand_overs.hand_over(from_id, to_id, why=why, actor=actor, now=now, **body)
    return _made(made, customers=len(hand_overs.lines_of(made.id)), refused=0)


@blp.route("/hand-overs", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.HandOverPage)
@problems(blp, 401, 403, 422)
def list_hand_overs(args: dict[str, Any]) -> dict[str, Any]:
    """Hand-overs of customers of your stores, newest first."""
    page = hand_overs.page_of_hand_overs(actor=current_actor(), cursor=args.get("cursor"), limit=args.get("limit"))
    return {
        "items": [_made(row[0], customers=row[3], refused=row[4]) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


@blp.route(f"/hand-overs/<{ROW_ID}:hand_over_id>/end", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.response(200, schemas.HandOverView)
@problems(blp, 400, 401, 403, 404, 409)
def end_hand_over(hand_over_id: int) -> dict[str, Any]:
    """Give the customers back now. Whom somebody has given elsewhere meanwhile stays there."""
    made = hand_overs.end(hand_over_id, actor=current_actor(), now=clock.now())
    lines = hand_overs.lines_of(made.id)
    refused = sum(1 for line in lines if line.answer == hand_overs.SOMEBODY_ELSE)
    return _made(made, customers=len(lines), refused=refused)


@blp.route("/hand-overs/refusals", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.RefusalPage)
@problems(blp, 401, 403, 422)
def list_refusals(args: dict[str, Any]) -> dict[str, Any]:
    """Customers who wish for somebody else, the longest waiting first."""
    page = hand_overs.page_of_refusals(actor=current_actor(), cursor=args.get("cursor"), limit=args.get("limit"))
    items = [{**_line(one.line), "customer": one.customer.name, "was": one.was, "now": one.now} for one in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


@blp.route(f"/hand-over-lines/<{ROW_ID}:line_id>/answer", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.AnswerHandOver)
@blp.response(200, schemas.LineView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def answer_hand_over(body: dict[str, Any], line_id: int) -> dict[str, Any]:
    """Write down what the customer said on the phone or in the shop."""
    line = hand_overs.record_answer(line_id, actor=current_actor(), now=clock.now(), **body)
    return _line(line)


@blp.route(f"/hand-over-lines/<{ROW_ID}:line_id>/settle", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.SettleRefusal)
@blp.response(200, schemas.LineView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def settle_refusal(body: dict[str, Any], line_id: int) -> dict[str, Any]:
    """Give a customer who refused to somebody else, or leave it after a talk."""
    line = hand_overs.settle(line_id, actor=current_actor(), now=clock.now(), **body)
    return _line(line)


def _made(made: HandOver, *, customers: int, refused: int) -> dict[str, Any]:
    names = people.names_of({made.from_id, made.to_id})
    shown = ("id", "why", "note", "until", "made_at", "ended_at")
    return {name: getattr(made, name) for name in shown} | {
        "from": {"id": made.from_id, "name": names[made.from_id]},
        "to": {"id": made.to_id, "name": names[made.to_id]},
        "customers": customers,
        "refused": refused,
    }


def _line(line: HandOverLine) -> dict[str, Any]:
    shown = (
        "id", "hand_over_id", "customer_id", "from_id", "to_id", "state", "answer", "answered_at", "words", "ended_at",
    )  # fmt: skip
    return {name: getattr(line, name) for name in shown}
