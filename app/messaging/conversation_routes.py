"""Conversations over HTTP: the inbox, threads, whose turn it is, the box to write in, quick answers, coming late."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_babel import get_locale
from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.core.schemas import plain
from app.messaging import access, box, desk, queries, quick_answers, service, turns, writing
from app.messaging import conversation_schemas as schemas
from app.messaging import inbox as talks
from app.messaging.inbox import Talk
from app.messaging.models import Conversation, QuickAnswer
from app.messaging.queries import MessageDetail
from app.messaging.routes import message_json
from app.messaging.schemas import MessageView, ThreadLinePage
from app.people.access import Role
from app.people.auth import current_actor, requires

blp = Blueprint("conversations", __name__, description="Conversations with customers, and whose turn it is")

ONE = "/conversations/<int(max=2147483647):conversation_id>"
CUSTOMER = "/customers/<int(max=2147483647):customer_id>"
ANSWER = "/quick-answers/<int(max=2147483647):answer_id>"
LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)


@blp.route("/conversations")
@requires()
@blp.arguments(schemas.InboxArgs, location="query")
@blp.response(200, schemas.TalkPage)
@problems(blp, 422)
def inbox(args: dict[str, Any]) -> dict[str, Any]:
    """The conversations I may see, the liveliest first; where all wait, complaints first, then the oldest."""
    page = talks.inbox(current_actor(), now=clock.now(), **args)
    return {"items": [talk_json(talk) for talk in page.rows], "next_cursor": page.next_cursor}


@blp.route("/conversations/counts")
@requires()
@blp.response(200, schemas.CountsView)
def counts() -> talks.Counts:
    """How many wait for me, and how many for anybody."""
    return talks.counts(current_actor(), now=clock.now())


@blp.route(ONE)
@requires()
@blp.response(200, schemas.TalkDetailView)
@problems(blp, 404)
def conversation(conversation_id: int) -> dict[str, Any]:
    """One conversation, whose turn it is and how it came there."""
    actor, now = current_actor(), clock.now()
    found = queries.conversation(conversation_id, actor=actor, now=now)
    return _talk(found) | {
        "history": [asdict(turn) for turn in turns.history(found.id)],
        "may_pass_on": access.may_pass_on(found, actor),
    }


@blp.route(f"{ONE}/messages")
@requires()
@blp.arguments(schemas.ThreadArgs, location="query")
@blp.response(200, ThreadLinePage)
@problems(blp, 404, 422)
def lines(args: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """The texts of a conversation, newest first, also of one whose number nobody knows."""
    found = queries.conversation(conversation_id, actor=current_actor(), now=clock.now())
    page = queries.page_of_conversation(
        found, cursor=args.get("cursor"), limit=args.get("limit"), with_notes=args["notes"]
    )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route(f"{ONE}/read", methods=["POST"])
@requires()
@idempotent
@blp.response(200, schemas.TalkView)
@problems(blp, 404)
def mark_read(conversation_id: int) -> dict[str, Any]:
    """I have seen what is new here. For my colleagues it stays unread."""
    return _talk(service.mark_read(conversation_id, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/settle", methods=["POST"])
@requires()
@idempotent
@blp.arguments(schemas.SettleTalk, required=False)
@blp.response(200, schemas.TalkView)
@problems(blp, 404, 409, 422)
def settle(body: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """Nothing is left to answer; texts that waited for a person's look go on."""
    return _talk(service.settle(conversation_id, **body, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/assign", methods=["POST"])
@requires(*LEADERS)
@idempotent
@blp.arguments(schemas.AssignTalk)
@blp.response(200, schemas.TalkView)
@problems(blp, 403, 404, 409, 422)
def assign(body: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """Give it to somebody of the customer's store."""
    return _talk(desk.assign(conversation_id, body["assignee_id"], actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/take", methods=["POST"])
@requires(*LEADERS)
@idempotent
@blp.response(200, schemas.TalkView)
@problems(blp, 403, 404, 409)
def take(conversation_id: int) -> dict[str, Any]:
    """I answer it myself."""
    return _talk(desk.take(conversation_id, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/hand-back", methods=["POST"])
@requires(*LEADERS)
@idempotent
@blp.response(200, schemas.TalkView)
@problems(blp, 403, 404, 409)
def hand_back(conversation_id: int) -> dict[str, Any]:
    """Back to whom the customer knows, or the cover."""
    return _talk(desk.hand_back(conversation_id, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/hand-over", methods=["POST"])
@requires()
@idempotent
@blp.response(200, schemas.TalkView)
@problems(blp, 404, 409)
def hand_over(conversation_id: int) -> dict[str, Any]:
    """Ask whoever leads the store to answer."""
    return _talk(desk.to_the_lead(conversation_id, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/attach", methods=["POST"])
@requires(*LEADERS)
@idempotent
@blp.arguments(schemas.AttachTalk)
@blp.response(200, schemas.TalkView)
@problems(blp, 404, 409, 422)
def attach(body: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """The unknown number is this customer's."""
    return _talk(desk.attach(conversation_id, **body, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/open-file", methods=["POST"])
@requires(*LEADERS)
@idempotent
@blp.arguments(schemas.OpenFile)
@blp.response(200, schemas.TalkView)
@problems(blp, 404, 409, 422)
def open_file(body: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """The unknown number is a new customer's."""
    values = {"locale": None} | body
    return _talk(desk.open_file(conversation_id, **values, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/opt-out", methods=["POST"])
@requires()
@idempotent
@blp.response(200, schemas.TalkView)
@problems(blp, 404, 409)
def opt_out(conversation_id: int) -> dict[str, Any]:
    """The customer wants no more texts; the last words that came from there are kept with it."""
    return _talk(desk.opt_out(conversation_id, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/may-go-on", methods=["POST"])
@requires()
@idempotent
@blp.response(200, schemas.TalkView)
@problems(blp, 404)
def may_go_on(conversation_id: int) -> dict[str, Any]:
    """It was no opt-out; what waited goes on."""
    return _talk(desk.may_go_on(conversation_id, actor=current_actor(), now=clock.now()))


@blp.route(f"{ONE}/notes", methods=["POST"])
@requires()
@idempotent
@blp.arguments(schemas.AddInternalNote)
@blp.response(201, schemas.InternalNoteView)
@problems(blp, 404, 422)
def add_note(body: dict[str, Any], conversation_id: int) -> Any:
    """A word between colleagues; the customer never sees it."""
    return service.add_note(conversation_id, body["text"], actor=current_actor(), now=clock.now())


@blp.route(f"{CUSTOMER}/messages")
@requires()
@blp.arguments(schemas.ThreadArgs, location="query")
@blp.response(200, ThreadLinePage)
@problems(blp, 404, 422)
def thread(args: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """All texts from and to a customer, newest first."""
    access.customer_of_talk(customer_id, actor=current_actor(), now=clock.now())
    page = queries.page_of_thread(
        customer_id, cursor=args.get("cursor"), limit=args.get("limit"), with_notes=args["notes"]
    )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route(f"{CUSTOMER}/messages", methods=["POST"])
@requires()
@idempotent
@blp.arguments(schemas.WriteMessage())
@blp.response(201, MessageView)
@problems(blp, 404, 409, 422)
def write(body: dict[str, Any], customer_id: int) -> Response:
    """Write to a customer. At night it waits for the morning, unless it answers a text of the last ten minutes."""
    actor, now = current_actor(), clock.now()
    written = writing.write_by_hand(customer_id, body["text"], actor=actor, now=now)
    # As the schema would say it; a test compares the two. People write all day.
    shown = message_json(MessageDetail(message=written, attempts=(), question=None))
    return Response(json.dumps(shown, default=plain), status=201, mimetype="application/json")


@blp.route(f"{CUSTOMER}/messages/box")
@requires()
@blp.response(200, schemas.BoxView)
@problems(blp, 404)
def box_to_write_in(customer_id: int) -> box.Box:
    """Whether I may write now, when it would go, what it costs, and quick answers filled in for this customer."""
    actor, now = current_actor(), clock.now()
    customer = access.customer_of_talk(customer_id, actor=actor, now=now)
    return box.box_for(customer, actor=actor, now=now, locale=str(get_locale()))


@blp.route("/tasks/<int(max=2147483647):task_id>/late", methods=["POST"])
@requires(scope="tasks:write")
@idempotent
@blp.arguments(schemas.TellLate)
@blp.response(200, schemas.LateView)
@problems(blp, 404, 409, 422)
def tell_late(body: dict[str, Any], task_id: int) -> dict[str, Any]:
    """I'm running late: tell the customer the new time of arrival."""
    late = service.tell_late(task_id, eta=body["eta"], actor=current_actor(), now=clock.now())
    message_id = late.message.id if late.message else None
    return {"eta": late.eta, "is_told": message_id is not None, "message_id": message_id}


@blp.route("/quick-answers")
@requires()
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.QuickAnswerPage)
@problems(blp, 422)
def answers(args: dict[str, Any]) -> dict[str, Any]:
    """The texts at hand for answers, in their order."""
    page = quick_answers.page(cursor=args.get("cursor"), limit=args.get("limit"))
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route("/quick-answers", methods=["POST"])
@requires(Role.HEAD_OFFICE)
@idempotent
@blp.arguments(schemas.AddQuickAnswer)
@blp.response(201, schemas.QuickAnswerView)
@problems(blp, 422)
def add_answer(body: dict[str, Any]) -> QuickAnswer:
    """One more, at the end."""
    return quick_answers.add(**body, actor=current_actor(), now=clock.now())


@blp.route(ANSWER, methods=["PATCH"])
@requires(Role.HEAD_OFFICE)
@idempotent
@blp.arguments(schemas.ChangeQuickAnswer)
@blp.response(200, schemas.QuickAnswerView)
@problems(blp, 404, 422)
def change_answer(body: dict[str, Any], answer_id: int) -> QuickAnswer:
    """Change what is given; an answer that is not active is not offered."""
    return quick_answers.change(answer_id, **body, actor=current_actor(), now=clock.now())


def _talk(found: Conversation) -> dict[str, Any]:
    """As it stands now; whoever gave it away may still look at it in this answer."""
    return talk_json(talks.talk_as_it_is(found.id, actor=current_actor()))


def talk_json(talk: Talk) -> dict[str, Any]:
    """A conversation as the API shows it (the field app's bootstrap uses it too)."""
    customer = {
        "id": talk.customer_id,
        "name": talk.name,
        "phone_masked": talk.phone_masked,
        "locale": talk.locale,
    }
    last = {"text": talk.last_text, "direction": talk.last_direction, "at": talk.last_at}
    return {
        "id": talk.id,
        "customer": customer if talk.customer_id is not None else None,
        "colleague": {"id": talk.colleague_id, "name": talk.name} if talk.colleague_id is not None else None,
        "phone_masked": talk.phone_masked,
        "store_id": talk.store_id,
        "owner": {"id": talk.owner_id, "name": talk.owner_name} if talk.owner_id is not None else None,
        "unread": talk.unread,
        "attention": talk.attention,
        "waiting_since": talk.waiting_since,
        "turn": talk.turn.value,
        "is_mine": talk.is_mine,
        "assignee": {"id": talk.assignee_id, "name": talk.assignee_name} if talk.assignee_id is not None else None,
        "handed_over_at": talk.handed_over_at,
        "hand_over_due_at": talk.hand_over_due_at,
        "is_handed_over": talk.is_handed_over,
        "is_paused": talk.is_paused,
        "can_send": talk.can_send,
        "last_at": talk.last_at,
        "last_message": last if talk.last_text is not None else None,
    }
