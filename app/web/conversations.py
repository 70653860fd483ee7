"""Conversations: the inbox beside the thread, answers by hand, notes between colleagues."""

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict
from app.core.i18n import N_
from app.messaging import queries, service
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.web import threads
from app.web.forms import Reader
from app.web.pages import actor, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
INBOX = 50
LONGEST_ANSWER = 1000

ATTENTION = {
    "complaint": N_("complaint"),
    "low_rating": N_("low rating"),
    "maybe_opt_out": N_("may want no messages"),
    "unknown_sender": N_("unknown number"),
}


class NobodyToAnswer(Conflict):
    code = "nobody-to-answer"
    message = N_("This number belongs to nobody we know. Open a file for it first.")


@web.get("/conversations")
@requires(*DESK)
def conversations() -> str:
    now = moment()
    store = store_in_view(actor())
    args = request.args
    view = args.get("view") if args.get("view") in ("unread", "waiting") else ""
    chosen = number_in_address("thread")
    open_one = queries.conversation(chosen, actor=actor(), now=now) if chosen else None
    if open_one is not None and open_one.unread:
        with transaction():
            open_one = service.mark_read(open_one.id, actor=actor(), now=now)
    everywhere = bool(args.get("everywhere")) and len(own_stores(actor())) > 1
    found = queries.inbox(
        actor(),
        now=now,
        cursor=args.get("cursor"),
        limit=INBOX,
        unread=True if view == "unread" else None,
        waiting=True if view == "waiting" else None,
        store_id=None if everywhere else store.id,
        search=args.get("q", "").strip()[:80] or None,
    )
    zone = store.zone
    talk = queries.talk(open_one.id, actor=actor(), now=now) if open_one else None
    if talk and talk.store_id:
        zone = people.store(talk.store_id).zone
    return page(
        "conversations.html",
        fragments={"inbox": "_inbox.html", "thread": "_thread.html"},
        store=store,
        stores=own_stores(actor()),
        everywhere=everywhere,
        now=now,
        zone=zone,
        view=view,
        search=args.get("q", ""),
        talks=found.rows,
        next_cursor=found.next_cursor,
        talk=talk,
        lines=threads.of_conversation(open_one, zone=zone, now=now) if open_one else [],
        at_hand=_texts_at_hand(talk) if talk else [],
        attention=ATTENTION,
    )


@web.post("/conversations/<int:conversation_id>/answer")
@requires(*DESK)
def answer(conversation_id: int) -> AnyResponse:
    now = moment()
    found = queries.conversation(conversation_id, actor=actor(), now=now)
    form = Reader(request.form)
    text = form.text("text", required=True, longest=LONGEST_ANSWER)
    form.check()
    if found.customer_id is None:
        raise NobodyToAnswer()
    with transaction():
        message = service.write_by_hand(found.customer_id, text, actor=actor(), now=now)
    waits = message.not_before > now
    said = _("Written. It goes out when the quiet hours are over.") if waits else _("The answer is on its way.")
    return done(said, to("conversations", thread=conversation_id))


@web.post("/customers/<int:customer_id>/write")
@requires(*DESK)
def write_to_customer(customer_id: int) -> AnyResponse:
    """The first words to a customer who has no thread yet."""
    form = Reader(request.form)
    text = form.text("text", required=True, longest=LONGEST_ANSWER)
    form.check()
    with transaction():
        service.write_by_hand(customer_id, text, actor=actor(), now=moment())
    return done(_("The message is on its way."), to("customer", customer_id=customer_id))


@web.post("/conversations/<int:conversation_id>/note")
@requires(*DESK)
def note_in_thread(conversation_id: int) -> AnyResponse:
    form = Reader(request.form)
    text = form.text("text", required=True, longest=2000)
    form.check()
    with transaction():
        service.add_note(conversation_id, text, actor=actor(), now=moment())
    return done(_("Noted for colleagues; the customer does not see it."), to("conversations", thread=conversation_id))


@web.post("/conversations/<int:conversation_id>/settle")
@requires(*DESK)
def settle(conversation_id: int) -> AnyResponse:
    with transaction():
        service.settle(conversation_id, actor=actor(), now=moment())
    return done(_("Nothing waits in this conversation any more."), to("conversations", thread=conversation_id))


def _texts_at_hand(talk: queries.Talk) -> list[str]:
    if talk.customer_id is None or not talk.can_send:
        return []
    return threads.texts_at_hand(talk.customer_id, locale=talk.locale, actor=actor(), now=moment())
