"""What SMS may do in each country: the list, one country with its history, a new one."""

from decimal import Decimal, InvalidOperation
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_
from app.messaging import country_book
from app.messaging.countries import CAUTIOUS, Registration
from app.messaging.models import SmsCountry
from app.people.access import Role
from app.people.auth import requires
from app.web.formats import DEFAULT_ZONE, price, reader_locale
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web

REGISTRATIONS = {
    Registration.NOT_NEEDED.value: N_("not needed"),
    Registration.TO_CHECK.value: N_("still to be checked"),
    Registration.REGISTERED.value: N_("registered"),
    Registration.MISSING.value: N_("missing: send nothing"),
}
REGISTRATION_TONES = {"not_needed": "quiet", "to_check": "warning", "registered": "ok", "missing": "danger"}
FIELDS = {
    "sends": N_("We send there"),
    "two_way": N_("Answers reach us"),
    "links": N_("Links are allowed"),
    "promotions": N_("Promotions are allowed"),
    "quiet_from": N_("Quiet hours from"),
    "quiet_to": N_("Quiet hours until"),
    "proactive_from": N_("Unasked texts from"),
    "proactive_to": N_("Unasked texts until"),
    "pause_from": N_("Rest from"),
    "pause_to": N_("Rest until"),
    "registration_status": N_("Registration"),
    "registration": N_("What is registered"),
    "price_per_segment": N_("Price of one SMS segment"),
    "currency": N_("Currency"),
}
HINTS = {
    "HK": N_("The sender id must be registered with OFCA; it is shown with a # in front."),
    "CN": N_("Signature and wordings must be registered beforehand. No links, no promotions."),
    "TW": N_("The carrier puts a sender of its own. Promotions rest at night until nine and at midday."),
    "SG": N_("The sender id must be registered with SGNIC."),
    "US": N_("Brand and campaign must be registered (A2P 10DLC)."),
}
TICKS = ("sends", "two_way", "links", "promotions")
HOURS = ("quiet_from", "quiet_to", "proactive_from", "proactive_to")
PAUSE = ("pause_from", "pause_to")


@web.get("/office/countries")
@requires(Role.HEAD_OFFICE)
def office_countries() -> str:
    return page("office/countries.html", countries=country_book.countries_in_order(), **_words())


@web.route("/office/countries/new", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_new_country() -> Any:
    if request.method == "GET":
        careful = {name: getattr(CAUTIOUS, name) for name in FIELDS}
        return _edit_page(None, Form(values=_shown(careful)))
    form = Reader(request.form)
    try:
        code = form.choice("code", _codes_to_add())
        values = _read(form)
        form.check()
        with transaction():
            country_book.add(code, values, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(None, form_of(request.form, problem)), problem.status
    return done(_("%(country)s is in the list.", country=_name(code)), to("office_countries"))


@web.route("/office/countries/<string(length=2):code>", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_country(code: str) -> Any:
    country = country_book.country(code)
    if request.method == "GET":
        values = {name: getattr(country, name) for name in FIELDS}
        return _edit_page(country, Form(values=_shown(values) | {"version": country.version}))
    form = Reader(request.form)
    try:
        values = _read(form)
        version = form.required_integer("version")
        form.check()
        with transaction():
            country_book.change(code, values, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(country, form_of(request.form, problem)), problem.status
    return done(
        _("The rules for %(country)s are saved. They hold at once.", country=_name(code)), to("office_countries")
    )


def _read(form: Reader) -> dict[str, Any]:
    values: dict[str, Any] = {name: form.ticked(name) for name in TICKS}
    values |= {name: form.required_time(name) for name in HOURS}
    values |= {name: form.time(name) for name in PAUSE}
    values["registration_status"] = form.choice("registration_status", [*REGISTRATIONS])
    values["registration"] = form.text("registration", longest=300)
    values["currency"] = form.text("currency", required=True, longest=3).upper()
    values["price_per_segment"] = _price(form)
    return values


def _price(form: Reader) -> Decimal:
    text = form.text("price_per_segment", required=True, longest=12)
    try:
        price = Decimal(text or "0")
        if price.is_finite():
            return price
    except InvalidOperation:
        pass
    form.complain("price_per_segment", N_("This is not a number we can use."))
    return Decimal(0)


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    """As the fields of the form take it."""
    shown = dict(values)
    for name in TICKS:
        shown[name] = "1" if values[name] else ""
    for name in (*HOURS, *PAUSE):
        shown[name] = f"{values[name]:%H:%M}" if values[name] else ""
    shown["price_per_segment"] = f"{values['price_per_segment'].normalize():f}"
    return shown


def _codes_to_add() -> list[str]:
    return country_book.codes_to_add([row.code for row in country_book.countries_in_order()])


def _edit_page(country: SmsCountry | None, form: Form) -> str:
    to_add = [] if country else sorted(((code, _name(code)) for code in _codes_to_add()), key=lambda pair: pair[1])
    return page(
        "office/country_edit.html",
        country=country,
        form=form,
        to_add=to_add,
        hint=_(HINTS[country.code]) if country and country.code in HINTS else "",
        history=country_book.history(country.code) if country else [],
        zone=DEFAULT_ZONE,
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "name_of": _name,
        "registrations": REGISTRATIONS,
        "registration_tones": REGISTRATION_TONES,
        "field_words": FIELDS,
        "value_words": _value_words,
        "prices": price,
    }


def _name(code: str) -> str:
    return country_book.name_of(code, reader_locale())


def _value_words(name: str, value: object) -> str:
    """One value of the history, in words."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if name == "registration_status":
        return str(_(REGISTRATIONS.get(str(value), str(value))))
    return "–" if value in (None, "") else str(value)
