"""Outgoing texts: what waits and until when, what did not go and why, and what a person may do about it."""

from uuid import UUID

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.i18n import N_
from app.messaging import outbox
from app.messaging.outbox import Group, Wanted
from app.people.access import Role
from app.people.auth import requires
from app.web.formats import price
from app.web.office.texts import KINDS
from app.web.pages import actor, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
PAGE = 50
LONGEST_SEARCH = 80

GROUPS = {
    Group.ATTENTION: N_("Needs you"),
    Group.HELD: N_("Held back"),
    Group.WAITING: N_("Waiting"),
    Group.UNDER_WAY: N_("On the way"),
    Group.FAILED: N_("Did not arrive"),
    Group.STOPPED: N_("Not sent"),
    Group.ARRIVED: N_("Arrived"),
    Group.ALL: N_("All"),
}
EMPTY = {
    Group.ATTENTION: N_("Nobody has to look at anything"),
    Group.HELD: N_("Nothing is held back"),
    Group.WAITING: N_("Nothing is waiting to go"),
    Group.UNDER_WAY: N_("Nothing is on the way"),
    Group.FAILED: N_("Everything has arrived"),
    Group.STOPPED: N_("Nothing was left unsent"),
    Group.ARRIVED: N_("Nothing has arrived yet"),
    Group.ALL: N_("No texts yet"),
}
STATUSES = {
    "pending": N_("waiting"),
    "held": N_("held back"),
    "claimed": N_("going now"),
    "submitting": N_("going now"),
    "unknown": N_("being looked into"),
    "submitted": N_("with the carrier"),
    "sent": N_("with the carrier"),
    "delivered": N_("arrived"),
    "undelivered": N_("did not arrive"),
    "failed": N_("did not arrive"),
    "suppressed": N_("not sent"),
    "expired": N_("expired"),
    "cancelled": N_("called off"),
    "needs_attention": N_("unclear"),
}
STATUS_TONES = {
    "held": "warning",
    "claimed": "info",
    "submitting": "info",
    "unknown": "warning",
    "submitted": "info",
    "sent": "info",
    "delivered": "ok",
    "undelivered": "danger",
    "failed": "danger",
    "needs_attention": "danger",
}
STATUS_SIGNS = {
    "pending": "clock",
    "held": "moon",
    "delivered": "check",
    "undelivered": "warning",
    "failed": "warning",
    "needs_attention": "warning",
    "suppressed": "stop",
    "expired": "clock",
    "cancelled": "undo",
}


@web.get("/messages")
@requires(*DESK)
def outgoing() -> str:
    now, args = moment(), request.args
    store = store_in_view(actor())
    everywhere = bool(args.get("everywhere")) and len(own_stores(actor())) > 1
    store_id = None if everywhere else store.id
    counts = outbox.counts(actor=actor(), now=now, store_id=store_id)
    customer_id = number_in_address("customer")
    wanted = Wanted(
        group=_group(customer_id, counts),
        store_id=None if customer_id else store_id,
        kind=args.get("kind") if args.get("kind") in KINDS else None,
        customer_id=customer_id,
        search=args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
    )
    found = outbox.page_of_texts(wanted, actor=actor(), now=now, cursor=args.get("cursor"), limit=PAGE)
    return page(
        "outgoing.html",
        fragments={"texts": "_texts.html", "text-groups": "_text_groups.html"},
        store=store,
        stores=own_stores(actor()),
        everywhere=everywhere,
        now=now,
        wanted=wanted,
        counts=counts,
        texts=found.rows,
        next_cursor=found.next_cursor,
        groups=GROUPS,
        nothing=EMPTY,
        kinds=KINDS,
        statuses=STATUSES,
        status_tones=STATUS_TONES,
        status_signs=STATUS_SIGNS,
        prices=lambda text: price(text.price, text.currency),
    )


@web.post("/messages/<uuid:message_id>/cancel")
@requires(*DESK)
def cancel_text(message_id: UUID) -> AnyResponse:
    with transaction():
        outbox.cancel(message_id, actor=actor(), now=moment())
    return done(_("The text is taken back."), to("outgoing"))


@web.post("/messages/<uuid:message_id>/try-again")
@requires(*DESK)
def try_text_again(message_id: UUID) -> AnyResponse:
    with transaction():
        outbox.try_again(message_id, actor=actor(), now=moment())
    return done(_("The text goes out once more."), to("outgoing"))


@web.post("/messages/<uuid:message_id>/leave")
@requires(*DESK)
def leave_text(message_id: UUID) -> AnyResponse:
    with transaction():
        outbox.leave(message_id, actor=actor(), now=moment())
    return done(_("The text stays as it is."), to("outgoing"))


def _group(customer_id: int | None, counts: dict[Group, int]) -> Group:
    asked = request.args.get("group", "")
    if asked in [*Group]:
        return Group(asked)
    if customer_id:
        return Group.ALL
    return Group.ATTENTION if counts[Group.ATTENTION] else Group.WAITING
