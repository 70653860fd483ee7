"""Conversations: the inbox beside the thread, answers by hand, notes between colleagues, whose turn it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict
from app.core.i18n import LOCALES, N_
from app.customers import queries as customer_queries
from app.customers.models import Customer
from app.customers.queries import CustomerFilter
from app.messaging import access, desk, inbox, queries, service, turns, writing
from app.messaging import box as boxes
from app.messaging.box import Box
from app.messaging.inbox import Talk, View
from app.messaging.models import Conversation
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.people.models import Staff, Store
from app.tasks import queries as tasks
from app.web import threads
from app.web.formats import reader_locale
from app.web.forms import Reader
from app.web.pages import actor, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
INBOX = 50
LONGEST_ANSWER = 1000
LONGEST_SEARCH = 80
FOUND_CUSTOMERS = 8

PARTS = {
    "views": "_views.html",
    "inbox": "_inbox.html",
    "thread": "_thread.html",
    "talk-lines": "_talk_lines.html",
}
"""The texts are a part of their own: new ones show while somebody types below them."""

ATTENTION = {
    "complaint": N_("complaint"),
    "low_rating": N_("low rating"),
    "maybe_opt_out": N_("may want no messages"),
    "unknown_sender": N_("unknown number"),
}
VIEWS = {
    "": N_("All"),
    "mine": N_("My turn"),
    "unread": N_("Unread"),
    "waiting": N_("Waiting"),
    "handed_over": N_("Handed over"),
    "complaint": N_("Complaints"),
    "low_rating": N_("Low ratings"),
    "maybe_opt_out": N_("Doubtful no"),
    "unknown": N_("Unknown"),
}
STEPS = {
    "arrived": N_("landed with %(assignee)s"),
    "handed_over": N_("handed over to whoever leads the store"),
    "covered": N_("went to the cover, %(assignee)s"),
    "assigned": N_("given to %(assignee)s by %(actor)s"),
    "taken": N_("taken by %(actor)s"),
    "handed_back": N_("handed back by %(actor)s"),
    "answered": N_("answered by %(actor)s"),
    "settled": N_("settled by %(actor)s"),
    "opted_out": N_("no more texts, noted by %(actor)s"),
    "may_go_on": N_("texts may go on, decided by %(actor)s"),
    "attached": N_("the number was recognised"),
}


class NobodyToAnswer(Conflict):
    code = "nobody-to-answer"
    message = N_("This number belongs to nobody we know. Open a file for it first.")


@dataclass(frozen=True)
class Opened:
    """The thread beside the list, with all that its page part shows."""

    talk: Talk
    lines: list[threads.Line]
    box: Box | None
    history: list[tuple[datetime, str]]
    colleagues: list[Staff]
    may_pass_on: bool
    found_customers: list[Customer]
    zone: str


@web.get("/conversations")
@requires(*DESK)
def conversations() -> str:
    now = moment()
    store = store_in_view(actor())
    args = request.args
    view = View(args["view"]) if args.get("view") in {view.value for view in View} else None
    everywhere = bool(args.get("everywhere")) and len(own_stores(actor())) > 1
    opened = _opened(number_in_address("thread"), store=store, now=now)
    found = inbox.inbox(
        actor(),
        now=now,
        cursor=args.get("cursor"),
        limit=INBOX,
        view=view,
        store_id=None if everywhere else store.id,
        search=args.get("q", "").strip()[:LONGEST_SEARCH] or None,
    )
    return page(
        "conversations.html",
        fragments=PARTS,
        store=store,
        stores=own_stores(actor()),
        everywhere=everywhere,
        now=now,
        zone=opened.zone if opened else store.zone,
        view=view.value if view else "",
        views=VIEWS,
        counts=inbox.counts(actor(), now=now),
        search=args.get("q", ""),
        talks=found.rows,
        next_cursor=found.next_cursor,
        opened=opened,
        talk=opened.talk if opened else None,
        attention=ATTENTION,
        form_key=uuid4().hex,
        when=threads.when,
    )


def _opened(conversation_id: int | None, *, store: Store, now: datetime) -> Opened | None:
    """The chosen thread; looking at it is reading it."""
    if conversation_id is None:
        return None
    found = queries.conversation(conversation_id, actor=actor(), now=now)
    talk = inbox.talk(found.id, actor=actor(), now=now)
    if talk.unread:
        with transaction():
            service.mark_read(found.id, actor=actor(), now=now)
    zone = people.store(found.store_id).zone if found.store_id else store.zone
    return Opened(
        talk=talk,
        lines=threads.of_conversation(found, zone=zone, now=now),
        box=_box(found, now=now),
        history=[(turn.at, _step_words(turn)) for turn in turns.history(found.id)],
        colleagues=desk.may_be_given_to(found) if found.waiting_since else [],
        may_pass_on=access.may_pass_on(found, actor()),
        found_customers=_found_customers(found, now=now),
        zone=zone,
    )


def _box(found: Conversation, *, now: datetime) -> Box | None:
    if found.customer_id is None:
        return None
    customer = access.customer_of_talk(found.customer_id, actor=actor(), now=now)
    return boxes.box_for(customer, actor=actor(), now=now, locale=reader_locale())


def _step_words(turn: turns.Turn) -> str:
    somebody = _("whoever leads the store")
    return str(_(STEPS[turn.step], assignee=turn.assignee or somebody, actor=turn.actor or _("the service")))


def _found_customers(found: Conversation, *, now: datetime) -> list[Customer]:
    """Whose the unknown number may be, by the name that was typed."""
    name = request.args.get("who", "").strip()[:LONGEST_SEARCH]
    if found.customer_id is not None or not name:
        return []
    wanted = CustomerFilter(search=name)
    rows = customer_queries.page_of_customers(wanted, actor=actor(), now=now, limit=FOUND_CUSTOMERS).rows
    return [row[0] for row in rows]


@web.get("/conversations/badge")
@requires(Role.ASSOCIATE, *DESK)
def conversations_badge() -> str:
    """The number beside "Messages" alone, for pages that show nothing else live."""
    return page("_badge.html", fragments={"unread": "_badge.html"}, unread=inbox.unread_count(actor()))


@web.post("/conversations/<int:conversation_id>/answer")
@requires(*DESK)
def answer(conversation_id: int) -> AnyResponse:
    now = moment()
    found = queries.conversation(conversation_id, actor=actor(), now=now)
    form = Reader(request.form)
    text = form.text("text", required=True, longest=LONGEST_ANSWER)
    key = form.text("key", longest=40)
    form.check()
    if found.customer_id is None:
        raise NobodyToAnswer()
    box = _box(found, now=now)
    with transaction():
        writing.write_by_hand(found.customer_id, text, actor=actor(), now=now, form_key=key)
    waits = box is not None and box.held_until is not None
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
        writing.write_by_hand(customer_id, text, actor=actor(), now=moment())
    return done(_("The message is on its way."), to("customer", customer_id=customer_id))


@web.post("/conversations/<int:conversation_id>/note")
@requires(*DESK)
def note_in_thread(conversation_id: int) -> AnyResponse:
    form = Reader(request.form)
    text = form.text("text", required=True, longest=2000)
    key = form.text("key", longest=40)
    form.check()
    with transaction():
        service.add_note(conversation_id, text, actor=actor(), now=moment(), form_key=key)
    return done(_("Noted for colleagues; the customer does not see it."), _thread(conversation_id))


@web.post("/conversations/<int:conversation_id>/settle")
@requires(*DESK)
def settle(conversation_id: int) -> AnyResponse:
    form = Reader(request.form)
    unread = form.integer("unread")
    form.check()
    with transaction():
        service.settle(conversation_id, unread=unread, actor=actor(), now=moment())
    return done(_("Nothing waits in this conversation any more."), _thread(conversation_id))


@web.post("/conversations/<int:conversation_id>/assign")
@requires(*DESK)
def assign_conversation(conversation_id: int) -> AnyResponse:
    _seen(conversation_id)
    form = Reader(request.form)
    assignee_id = form.required_integer("assignee_id", lowest=1)
    form.check()
    with transaction():
        desk.assign(conversation_id, assignee_id, actor=actor(), now=moment())
    name = people.staff(assignee_id).name
    return done(_("%(name)s answers this now.", name=name), _thread(conversation_id))


@web.post("/conversations/<int:conversation_id>/take")
@requires(*DESK)
def take_conversation(conversation_id: int) -> AnyResponse:
    with transaction():
        desk.take(conversation_id, actor=actor(), now=moment())
    return done(_("You answer this now."), _thread(conversation_id))


@web.post("/conversations/<int:conversation_id>/hand-back")
@requires(*DESK)
def hand_back_conversation(conversation_id: int) -> AnyResponse:
    with transaction():
        found = desk.hand_back(conversation_id, actor=actor(), now=moment())
        name = people.staff(found.assignee_id).name if found.assignee_id else None
    said = _("%(name)s answers this now.", name=name) if name else _("Nobody else is there: it stays with the store.")
    return done(said, _thread(conversation_id))


@web.post("/conversations/<int:conversation_id>/attach")
@requires(*DESK)
def attach_number(conversation_id: int) -> AnyResponse:
    _seen(conversation_id)
    form = Reader(request.form)
    customer_id = form.required_integer("customer_id", lowest=1)
    form.check()
    with transaction():
        joined = desk.attach(
            conversation_id, customer_id, use_number=form.ticked("use_number"), actor=actor(), now=moment()
        )
        joined_id = joined.id
    return done(_("The texts are in the customer's conversation now."), _thread(joined_id))


@web.post("/conversations/<int:conversation_id>/open-file")
@requires(*DESK)
def open_file_for_number(conversation_id: int) -> AnyResponse:
    _seen(conversation_id)
    form = Reader(request.form)
    name = form.text("name", required=True, longest=80)
    store_id = form.required_integer("store_id", lowest=1)
    locale = form.choice("locale", LOCALES)
    form.check()
    with transaction():
        joined = desk.open_file(
            conversation_id, name=name, store_id=store_id, locale=locale, actor=actor(), now=moment()
        )
        joined_id = joined.id
    return done(_("The file is open, and the texts are in it."), _thread(joined_id))


@web.post("/conversations/<int:conversation_id>/opt-out")
@requires(*DESK)
def opt_out_in_thread(conversation_id: int) -> AnyResponse:
    with transaction():
        desk.opt_out(conversation_id, actor=actor(), now=moment())
    return done(_("Noted: this number gets no more texts."), _thread(conversation_id))


@web.post("/conversations/<int:conversation_id>/may-go-on")
@requires(*DESK)
def let_texts_go_on(conversation_id: int) -> AnyResponse:
    with transaction():
        desk.may_go_on(conversation_id, actor=actor(), now=moment())
    return done(_("Texts to this customer go on."), _thread(conversation_id))


@web.post("/tasks/<int:task_id>/late")
@requires(*DESK)
def tell_late(task_id: int) -> AnyResponse:
    """Somebody on the road calls the shop; the desk tells the customer."""
    tasks.task(task_id, actor=actor(), now=moment())
    form = Reader(request.form)
    minutes = form.required_integer("minutes", lowest=5, highest=240)
    form.check()
    now = moment()
    with transaction():
        eta = service.late_by(task_id, minutes=minutes, now=now)
        late = service.tell_late(task_id, eta=eta, actor=actor(), now=now)
    said = _("The customer is told.") if late.message else _("There is nothing new to tell the customer.")
    return done(said, to("board", task=task_id))


def _seen(conversation_id: int) -> None:
    """Who may not see it learns nothing from what is wrong with the form."""
    queries.conversation(conversation_id, actor=actor(), now=moment())


def _thread(conversation_id: int) -> str:
    return to("conversations", thread=conversation_id)
