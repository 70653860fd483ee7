"""Head office's people: who works where, as what, and may come in."""

from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import LOCALES, N_
from app.core.paging import page_of
from app.people import queries, service, sessions
from app.people.access import STAFF_ROLES, Role
from app.people.auth import requires
from app.people.errors import StillHasCustomers
from app.people.models import Staff, Store
from app.web.formats import reader_locale
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, number_in_address, page, to, web
from app.web.refusals import words_of
from app.web.words import SPOKEN

FIELDS = ("name", "phone", "role", "locale", "home_store_id", "version")


@web.get("/office/staff")
@requires(Role.HEAD_OFFICE)
def office_staff() -> str:
    role = request.args.get("role", "")
    stmt = queries.people(
        actor(),
        store_id=number_in_address("store"),
        role=role if role in STAFF_ROLES else None,
        is_active=None if request.args.get("all") else True,
    )
    wanted = request.args.get("q", "").strip()[:80]
    if wanted:
        stmt = stmt.where(Staff.name.icontains(wanted, autoescape=True))
    found = page_of(stmt, keys=[Staff.name, Staff.id], cursor=request.args.get("cursor"), limit=None)
    names = {store.id: store.name for store in _stores()}
    ids = queries.store_ids_by_staff([one.id for one in found.rows])
    return page(
        "office/staff.html",
        fragments={"rows": "office/_staff_rows.html"},
        team=found.rows,
        next_cursor=found.next_cursor,
        stores=_stores(),
        store_names={one: [names.get(store, "") for store in sorted(stores)] for one, stores in ids.items()},
    )


@web.route("/office/staff/new", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_new_staff() -> Any:
    if request.method == "GET":
        chosen = request.args.get("store", "")
        return _edit_page(None, Form(values={"role": "associate", "locale": "zh_Hans"}, lists={"store_ids": [chosen]}))
    form = Reader(request.form)
    try:
        values = _read(form)
        password = form.secret("password", required=True)
        form.check()
        with transaction():
            person = service.create_staff(**values, actor=actor(), now=moment())
            sessions.set_password(person.id, password, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(None, _without_password(form_of(request.form, problem))), problem.status
    return done(_("%(name)s can sign in now.", name=person.name), to("office_staff"))


@web.route("/office/staff/<int:staff_id>", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_edit_staff(staff_id: int) -> Any:
    person = queries.visible_person(staff_id, actor=actor())
    if request.method == "GET":
        return _edit_page(person, _form_of(person))
    form = Reader(request.form)
    try:
        values = _read(form)
        store_ids = values.pop("store_ids")
        version = form.required_integer("version")
        form.check()
        with transaction():
            service.update_staff(staff_id, values, store_ids=store_ids, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(person, form_of(request.form, problem)), problem.status
    return done(_("The person is saved."), to("office_staff"))


@web.post("/office/staff/<int:staff_id>/password")
@requires(Role.HEAD_OFFICE, sessions_only=True)
def office_staff_password(staff_id: int) -> AnyResponse:
    form = Reader(request.form)
    password = form.secret("password", required=True)
    form.check()
    with transaction():
        sessions.set_password(staff_id, password, actor=actor(), now=moment())
    said = _("The new password works; all devices have to sign in again.")
    return done(said, to("office_edit_staff", staff_id=staff_id))


@web.post("/office/staff/<int:staff_id>/<any(deactivate, reactivate):verb>")
@requires(Role.HEAD_OFFICE)
def office_staff_access(staff_id: int, verb: str) -> AnyResponse:
    form = Reader(request.form)
    version = form.required_integer("version")
    form.check()
    try:
        with transaction():
            if verb == "deactivate":
                service.deactivate_staff(staff_id, version=version, actor=actor(), now=moment())
            else:
                service.update_staff(staff_id, {"is_active": True}, version=version, actor=actor(), now=moment())
    except StillHasCustomers as asked:
        # Nobody is forgotten: the customers find somebody first, then the access ends.
        flash(words_of(asked), "warning")
        return redirect(to("hand_over_book", staff_id=staff_id, why="exit"), 303)
    said = {
        "deactivate": _("The access has ended. The history keeps the name."),
        "reactivate": _("The access is back."),
    }
    return done(said[verb], to("office_edit_staff", staff_id=staff_id))


def _read(form: Reader) -> dict[str, Any]:
    role = form.choice("role", [*STAFF_ROLES])
    store_ids = form.integers("store_ids")
    home = form.integer("home_store_id")
    if role and role != Role.HEAD_OFFICE and not store_ids:
        form.complain("store_ids", N_("Choose at least one."))
    return {
        "name": form.text("name", required=True, longest=80),
        "phone": form.text("phone", required=True, longest=40),
        "role": Role(role) if role in set(STAFF_ROLES) else Role.ASSOCIATE,
        "locale": form.choice("locale", LOCALES),
        "languages": form.many("languages", [*SPOKEN]),
        "skills": form.many("skills"),
        "store_ids": store_ids,
        "home_store_id": home if home in store_ids else None,
    }


def _form_of(person: Staff) -> Form:
    stores = [str(store_id) for store_id in sorted(queries.store_ids_of(person.id))]
    return Form(
        values={name: "" if getattr(person, name) is None else getattr(person, name) for name in FIELDS},
        lists={"store_ids": stores, "languages": list(person.languages), "skills": list(person.skills)},
    )


def _without_password(form: Form) -> Form:
    form.values.pop("password", None)
    return form


def _stores() -> list[Store]:
    return list(db.session.scalars(queries.stores(actor()).where(Store.is_active).order_by(Store.code)))


def _edit_page(person: Staff | None, form: Form) -> str:
    locale = reader_locale()
    return page(
        "office/staff_edit.html",
        them=person,
        form=form,
        stores=_stores(),
        skills=[(skill.key, skill.label.get(locale, skill.key)) for skill in queries.skills(only_active=True)],
        roles=[(role, role) for role in STAFF_ROLES],
    )
