"""Customers who go from one associate to another: handing a book over, those who wish for somebody else, and back."""

from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.customers import hand_overs
from app.customers.hand_over_models import Why
from app.people import hours, queries
from app.people.access import Role
from app.people.auth import requires
from app.web.formats import input_moment
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web
from app.web.refusals import words_of

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
PAGE = 50
REASONS = {
    "leave": N_("Leave"),
    "exit": N_("Leaves the company"),
    "other": N_("Another reason"),
}
STATES = {
    "given": N_("handed over"),
    "refused": N_("wishes for somebody else"),
    "settled": N_("seen to"),
    "returned": N_("back"),
    "over": N_("ended"),
}
ANSWERS = {"fine": N_("welcome"), "somebody_else": N_("somebody else")}


@web.get("/people/hand-overs")
@requires(*DESK)
def people_hand_overs() -> str:
    refusals = hand_overs.page_of_refusals(actor=actor(), cursor=request.args.get("waiting"), limit=PAGE)
    made = hand_overs.page_of_hand_overs(actor=actor(), cursor=request.args.get("cursor"), limit=PAGE)
    return page(
        "hand_overs.html",
        refusals=refusals.rows,
        more_refusals=refusals.next_cursor,
        covers=hand_overs.covers_of({one.line.to_id for one in refusals.rows}),
        made=made.rows,
        next_cursor=made.next_cursor,
        reasons=REASONS,
        now=moment(),
    )


@web.route("/people/<int:staff_id>/hand-over", methods=["GET", "POST"])
@requires(*DESK)
def hand_over_book(staff_id: int) -> Any:
    person = queries.visible_person(staff_id, actor=actor())
    now = moment()
    zone = hours.zone_of(person).key
    book = hand_overs.book_of(person, actor=actor(), now=now)
    if request.method == "GET":
        values: dict[str, Any] = {"why": "exit" if request.args.get("why") == "exit" else "leave", "until": ""}
        if book.absence is not None and values["why"] == "leave":
            values["until"] = input_moment(book.absence.ends_at, zone)
            values["to_id"] = book.absence.cover_id or ""
        return _book_page(book, Form(values=values), zone=zone)
    form = Reader(request.form, zone=zone)
    try:
        to_id = form.required_integer("to_id")
        why = form.choice("why", [*Why])
        until = form.moment("until")
        note = form.text("note", longest=300)
        chosen = form.integers("customer_ids") if form.choice("whom", ["all", "chosen"]) == "chosen" else None
        if chosen == []:
            form.complain("customer_ids", N_("Choose at least one."))
        form.check()
        absence = book.absence if why == Why.LEAVE and until is not None else None
        covers_leave = absence is not None and until is not None and abs((absence.ends_at - until).total_seconds()) < 60
        with transaction():
            made = hand_overs.hand_over(
                staff_id,
                to_id,
                why=Why(why),
                customer_ids=chosen,
                until=until,
                time_off_id=absence.id if absence is not None and covers_leave else None,
                note=note,
                actor=actor(),
                now=now,
            )
            count = len(hand_overs.lines_of(made.id))
    except (Invalid, Conflict) as problem:
        return _book_page(book, form_of(request.form, problem), zone=zone), problem.status
    words = ngettext(
        "%(num)s customer is handed over and will be told.",
        "%(num)s customers are handed over and will be told.",
        count,
    )
    return done(words, to("people_hand_overs"))


@web.post("/people/hand-overs/<int:hand_over_id>/end")
@requires(*DESK)
def end_hand_over(hand_over_id: int) -> AnyResponse:
    with transaction():
        hand_overs.end(hand_over_id, actor=actor(), now=moment())
    return done(_("The customers are back."), to("people_hand_overs"))


@web.post("/people/hand-over-lines/<int:line_id>/settle")
@requires(*DESK)
def settle_hand_over(line_id: int) -> AnyResponse:
    form = Reader(request.form)
    to_id = form.integer("to_id")
    note = form.text("note", longest=300)
    try:
        form.check()
        with transaction():
            hand_overs.settle(line_id, to_id=to_id, note=note, actor=actor(), now=moment())
    except (Conflict, Invalid) as refused:
        flash(words_of(refused), "warning")
        return redirect(to("people_hand_overs"), 303)
    return done(_("It is seen to."), to("people_hand_overs"))


@web.post("/people/hand-over-lines/<int:line_id>/answer")
@requires(*DESK)
def answer_hand_over(line_id: int) -> AnyResponse:
    """What the customer said on the phone or in the shop."""
    form = Reader(request.form)
    answer = form.choice("answer", ["fine", "somebody_else"])
    words = form.text("words", longest=500)
    form.check()
    with transaction():
        hand_overs.record_answer(line_id, is_fine=answer == "fine", words=words, actor=actor(), now=moment())
    return done(_("What the customer said is recorded."), to("people_hand_overs"))


def _book_page(book: hand_overs.Book, form: Form, *, zone: str) -> str:
    found = hand_overs.page_of_book(book.person.id, actor=actor(), cursor=request.args.get("cursor"), limit=200)
    if not queries.store_ids_of(book.person.id) and not actor().is_head_office:
        raise NotFound
    return page(
        "hand_over.html",
        book=book,
        them=book.person,
        form=form,
        zone=zone,
        covers=[(one.id, one.name) for one in hand_overs.covers_for(book.person)],
        customers=found.rows,
        next_cursor=found.next_cursor,
        reasons=REASONS,
        chosen=set(form.lists.get("customer_ids", [])),
    )
