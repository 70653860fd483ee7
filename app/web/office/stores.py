"""Head office's stores."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import LOCALES
from app.people import opening, queries, service
from app.people.access import Role
from app.people.auth import requires
from app.people.models import Store
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web
from app.web.words import SPOKEN

ZONES = ("Asia/Hong_Kong", "Asia/Shanghai", "Asia/Macau", "Asia/Taipei", "Asia/Singapore")
HOURS = "opening-"
COUNTRIES = ("HK", "CN", "MO", "TW", "SG")
FIELDS = ("code", "name", "region", "country", "zone", "locale", "phone", "address", "lat", "lng", "version")


@web.get("/office/stores")
@requires(Role.HEAD_OFFICE)
def office_stores() -> str:
    stores = db.session.scalars(queries.stores(actor()).order_by(Store.is_active.desc(), Store.code)).all()
    return page("office/stores.html", stores=stores, spoken=SPOKEN)


@web.route("/office/stores/new", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_new_store() -> Any:
    if request.method == "GET":
        usual = {"country": "HK", "zone": ZONES[0], "locale": "zh_Hant"}
        return _edit_page(None, Form(values=usual | _week_as_text()))
    form = Reader(request.form)
    try:
        values = _read(form)
        form.check()
        with transaction():
            store = service.create_store(**values, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(None, form_of(request.form, problem)), problem.status
    return done(_("%(store)s is open. Give it people next.", store=store.name), to("office_stores"))


@web.route("/office/stores/<int:store_id>", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_edit_store(store_id: int) -> Any:
    store = queries.visible_store(store_id, actor=actor())
    if request.method == "GET":
        values = {name: "" if getattr(store, name) is None else getattr(store, name) for name in FIELDS}
        values["is_active"] = "1" if store.is_active else ""
        values |= _week_as_text(store.opening_hours)
        return _edit_page(store, Form(values=values, lists={"languages": list(store.languages)}))
    form = Reader(request.form)
    try:
        values = _read(form) | {"is_active": form.ticked("is_active")}
        version = form.required_integer("version")
        form.check()
        with transaction():
            service.update_store(store_id, values, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(store, form_of(request.form, problem)), problem.status
    return done(_("The store is saved."), to("office_stores"))


def _read(form: Reader) -> dict[str, Any]:
    return {
        "code": form.text("code", required=True, longest=20),
        "name": form.text("name", required=True, longest=80),
        "region": form.text("region", required=True, longest=80),
        "country": form.choice("country", COUNTRIES),
        "zone": form.text("zone", required=True, longest=60),
        "locale": form.choice("locale", LOCALES),
        "languages": form.many("languages", [*SPOKEN]),
        "phone": form.optional_text("phone", longest=40),
        "address": form.text("address", longest=300),
        "lat": form.decimal("lat", lowest=-90, highest=90),
        "lng": form.decimal("lng", lowest=-180, highest=180),
        "opening_hours": _read_week(form),
    }


def _read_week(form: Reader) -> dict[str, list[list[str]]]:
    """One field per weekday, empty on a closed day."""
    week: dict[str, list[list[str]]] = {}
    for weekday in range(opening.WEEK):
        name = f"{HOURS}{weekday}"
        try:
            week[str(weekday)] = opening.read(form.text(name, longest=100))
        except opening.HoursFault as fault:
            form.complain(name, str(fault))
    if not form.errors and not any(week.values()):
        form.complain(f"{HOURS}0", opening.NEVER_OPEN)
    return week


def _week_as_text(hours: opening.Opening = opening.DEFAULT_HOURS) -> dict[str, str]:
    return {f"{HOURS}{weekday}": opening.write(hours.get(str(weekday), ())) for weekday in range(opening.WEEK)}


def _edit_page(store: Store | None, form: Form) -> str:
    return page("office/store_edit.html", store=store, form=form, zones=ZONES, countries=COUNTRIES)
