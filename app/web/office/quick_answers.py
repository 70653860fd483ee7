"""Quick answers: the texts that people have at hand when they write to a customer."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Invalid
from app.core.i18n import LOCALES, Text3
from app.messaging import quick_answers
from app.messaging.models import QuickAnswer
from app.messaging.quick_answers import LONGEST_TEXT, LONGEST_TITLE, PLACEHOLDERS
from app.messaging.segments import measure
from app.people.access import Role
from app.people.auth import requires
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web

MEANINGS = ("name", "shop", "phone", "me", "day", "time", "who", "what")


@web.get("/office/quick-answers")
@requires(Role.HEAD_OFFICE)
def office_quick_answers() -> str:
    found = quick_answers.page(cursor=request.args.get("cursor"), limit=100)
    return page(
        "office/quick_answers.html",
        answers=[(row, {locale: _segments(row.texts.get(locale, "")) for locale in LOCALES}) for row in found.rows],
        next_cursor=found.next_cursor,
    )


@web.route("/office/quick-answers/new", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def new_quick_answer() -> Any:
    if request.method == "GET":
        return _edit_page(None, Form())
    try:
        form = Reader(request.form)
        titles, texts = _words(form)
        form.check()
        with transaction():
            quick_answers.add(titles=titles, texts=texts, actor=actor(), now=moment())
    except Invalid as problem:
        return _edit_page(None, _shown(problem)), problem.status
    return done(_("The quick answer is at hand now."), to("office_quick_answers"))


@web.route("/office/quick-answers/<int:answer_id>", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_quick_answer(answer_id: int) -> Any:
    answer = quick_answers.one(answer_id)
    if request.method == "GET":
        values: dict[str, Any] = {f"title-{locale}": answer.titles.get(locale, "") for locale in LOCALES}
        values |= {f"text-{locale}": answer.texts.get(locale, "") for locale in LOCALES}
        return _edit_page(answer, Form(values=values | {"place": answer.place}))
    try:
        form = Reader(request.form)
        titles, texts = _words(form)
        place = form.required_integer("place", highest=100_000)
        form.check()
        with transaction():
            quick_answers.change(
                answer_id,
                titles=titles,
                texts=texts,
                place=place,
                is_active=form.ticked("is_active"),
                actor=actor(),
                now=moment(),
            )
    except Invalid as problem:
        return _edit_page(answer, _shown(problem)), problem.status
    return done(_("Saved. From now on people get this wording."), to("office_quick_answers"))


def _words(form: Reader) -> tuple[Text3, Text3]:
    titles = {locale: form.text(f"title-{locale}", required=True, longest=LONGEST_TITLE) for locale in LOCALES}
    texts = {locale: form.text(f"text-{locale}", required=True, longest=LONGEST_TEXT) for locale in LOCALES}
    return titles, texts


def _shown(problem: Invalid) -> Form:
    shown = form_of(request.form, problem)
    shown.errors = {
        name.replace("titles.", "title-").replace("texts.", "text-"): words for name, words in shown.errors.items()
    }
    return shown


def _segments(text: str) -> int:
    return measure(text).segments


def _edit_page(answer: QuickAnswer | None, form: Form) -> str:
    return page(
        "office/quick_answer_edit.html",
        answer=answer,
        form=form,
        placeholders=[name for name in MEANINGS if name in PLACEHOLDERS],
        longest_title=LONGEST_TITLE,
        longest_text=LONGEST_TEXT,
    )
