"""Customers: the list with masked numbers, the full file, notes, consent, household."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import LOCALES, N_
from app.customers import consent, file_fields, numbers, present, queries, service
from app.customers.birthdays import Birthday
from app.customers.completeness import completeness
from app.customers.models import Customer
from app.customers.queries import CustomerFilter
from app.customers.service import OPTIONAL
from app.customers.values import Calendar, Channel, ConsentSource, ConsentState, Gender, Scope, Tier
from app.people import queries as people
from app.people.access import Role, may_lead_store
from app.people.auth import requires
from app.web import file_words
from app.web.customer_panels import panels_of
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view
from app.web.words import SPOKEN, choices

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)


@web.get("/customers")
@requires(*DESK)
def customers() -> str:
    store = store_in_view(actor())
    args = request.args
    wanted = CustomerFilter(
        search=args.get("q", "")[:80],
        tag=args.get("tag", "")[:40] or None,
        store_id=store.id,
        owner_id=number_in_address("owner"),
        tier=args.get("tier") if args.get("tier") in set(Tier) else None,
        phone_fault=args.get("number") == "bad",
    )
    found = queries.page_of_customers(wanted, actor=actor(), now=moment(), cursor=args.get("cursor"))
    return page(
        "customers.html",
        fragments={"rows": "_customer_rows.html"},
        store=store,
        stores=own_stores(actor()),
        wanted=wanted,
        associates=people.associates_of(store.id),
        rows=[present.row(row[0], row[1]) for row in found.rows],
        bad_numbers=numbers.count_at_fault(actor(), now=moment(), store_id=store.id),
        next_cursor=found.next_cursor,
    )


@web.get("/customers/<int:customer_id>")
@requires(*DESK)
def customer(customer_id: int) -> str:
    return _file_page(customer_id, note_form=Form())


@web.route("/customers/new", methods=["GET", "POST"])
@requires(*DESK)
def new_customer() -> Any:
    store = store_in_view(actor())
    if request.method == "GET":
        return _edit_page(None, Form(values={"store_id": store.id, "locale": store.locale}))
    form = Reader(request.form, zone=store.zone)
    try:
        values = _read_file(form)
        store_id = form.required_integer("store_id")
        form.check()
        with transaction():
            created = service.create(service.NewCustomer(store_id=store_id, **values), actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(None, form_of(request.form, problem)), problem.status
    return done(_("The file of %(name)s is open.", name=created.name), to("customer", customer_id=created.id))


@web.route("/customers/<int:customer_id>/edit", methods=["GET", "POST"])
@requires(*DESK)
def edit_customer(customer_id: int) -> Any:
    now = moment()
    if request.method == "GET":
        with transaction():
            found = service.read_file(customer_id, actor=actor(), now=now)
        return _edit_page(found, Form(values=_values_of(found)))
    found = service.get(customer_id, actor=actor(), now=now)
    form = Reader(request.form)
    try:
        values = _read_file(form)
        version = form.required_integer("version")
        reason = form.text("owner_reason", longest=300)
        form.check()
        with transaction():
            service.update(customer_id, values, version=version, owner_reason=reason, actor=actor(), now=now)
    except (Invalid, Conflict) as problem:
        return _edit_page(found, form_of(request.form, problem)), problem.status
    return done(_("The file is saved."), to("customer", customer_id=customer_id))


@web.post("/customers/<int:customer_id>/notes")
@requires(*DESK)
def add_note(customer_id: int) -> Any:
    form = Reader(request.form)
    try:
        text = form.text("text", required=True, longest=2000)
        form.check()
        with transaction():
            saved = service.add_note(customer_id, text, actor=actor(), now=moment())
    except Invalid as problem:
        # The words stay in the box: whoever is asked to rephrase should not have to write them again.
        return _file_page(customer_id, note_form=form_of(request.form, problem)), problem.status
    words = _(saved.offer) if saved.offer else _("The note is saved.")
    return done(words, to("customer", customer_id=customer_id))


@web.post("/customers/<int:customer_id>/consent")
@requires(*DESK)
def record_consent(customer_id: int) -> AnyResponse:
    form = Reader(request.form)
    state = form.choice("state", [*ConsentState])
    scope = form.choice("scope", [*Scope])
    text = form.text("text", required=True, longest=500)
    form.check()
    with transaction():
        service.record_consent(
            customer_id,
            ConsentState(state),
            channel=Channel.SMS,
            scope=Scope(scope),
            text=text,
            source=ConsentSource.OFFICE,
            said_at=None,
            actor=actor(),
            now=moment(),
        )
    return done(_("What the customer said is recorded."), to("customer", customer_id=customer_id))


@web.post("/customers/<int:customer_id>/number-works")
@requires(*DESK)
def clear_phone_fault(customer_id: int) -> AnyResponse:
    with transaction():
        service.clear_phone_fault(customer_id, actor=actor(), now=moment())
    return done(_("Texts to this number are tried again."), to("customer", customer_id=customer_id))


@web.post("/customers/<int:customer_id>/owner")
@requires(*DESK)
def change_owner(customer_id: int) -> AnyResponse:
    form = Reader(request.form)
    owner_id = form.integer("owner_id")
    reason = form.text("reason", required=True, longest=300)
    form.check()
    with transaction():
        service.change_owner(customer_id, owner_id, reason=reason, actor=actor(), now=moment())
    return done(_("The customer has a new familiar face."), to("customer", customer_id=customer_id))


def _file_page(customer_id: int, *, note_form: Form) -> str:
    now = moment()
    with transaction():
        found = service.read_file(customer_id, actor=actor(), now=now)
    store = people.store(found.store_id)
    return page(
        "customer.html",
        customer=found,
        store=store,
        zone=store.zone,
        now=now,
        note_form=note_form,
        complete=completeness(found),
        phone_fault=numbers.fault_of(found.phone),
        is_stopped=bool(found.phone and consent.is_opted_out(found.phone)),
        may_lead=may_lead_store(actor(), found.store_id),
        panels=panels_of(found, actor=actor(), now=now),
    )


def _edit_page(found: Customer | None, form: Form) -> str:
    store = people.store(found.store_id) if found else store_in_view(actor())
    return page(
        "customer_edit.html",
        customer=found,
        form=form,
        store=store,
        stores=own_stores(actor()),
        associates=people.associates_of(store.id),
        spoken=[(key, _(text)) for key, text in SPOKEN.items()],
        optional=[
            (name, _(file_words.OPTIONAL_FIELDS[name]), choices(file_words.OPTIONAL_WORDS[name]))
            for name in file_fields.in_use()
        ],
    )


def _read_file(form: Reader) -> dict[str, Any]:
    """The fields that a new and a changed file share."""
    month = form.integer("birthday_month", lowest=1, highest=12)
    day = form.integer("birthday_day", lowest=1, highest=31)
    year = form.integer("birthday_year", lowest=1900, highest=2200)
    birthday = None
    if month or day:
        if not (month and day):
            form.complain("birthday_month", N_("A birthday needs month and day."))
        else:
            calendar = Calendar(form.optional_choice("birthday_calendar", [*Calendar]) or Calendar.SOLAR)
            birthday = Birthday(calendar=calendar, month=month, day=day, year=year)
    return {
        "name": form.text("name", required=True, longest=120),
        "phone": form.optional_text("phone", longest=40),
        "owner_id": form.integer("owner_id"),
        "locale": form.choice("locale", LOCALES),
        "dialect": form.optional_choice("dialect", [*SPOKEN]),
        "gender": form.optional_choice("gender", [*Gender]),
        "birthday": birthday,
        "address": form.text("address", longest=300),
        "district": form.text("district", longest=80),
        "lat": form.decimal("lat", lowest=-90, highest=90),
        "lng": form.decimal("lng", lowest=-180, highest=180),
        "tags": form.words("tags"),
        "preferences": form.text("preferences", longest=2000),
        "access_notes": form.text("access_notes", longest=300),
        "sizes": _sizes(form),
        **{name: form.optional_choice(name, [*OPTIONAL[name]]) for name in file_fields.in_use()},
    }


def _sizes(form: Reader) -> dict[str, str]:
    """One size a line: "shoes: 38"."""
    sizes = {}
    for line in form.text("sizes", longest=800).replace("：", ":").splitlines():
        name, colon, size = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not colon or not name or not size:
            form.complain("sizes", N_("Write each size as “name: size” on a line of its own."))
            continue
        sizes[name[:40]] = size[:40]
    return sizes


def _values_of(found: Customer) -> dict[str, Any]:
    values = {name: getattr(found, name) for name in ("name", "phone", "owner_id", "locale", "dialect", "gender")}
    values |= {name: getattr(found, name) for name in ("address", "district", "lat", "lng", "preferences")}
    values |= {name: getattr(found, name) for name in ("access_notes", "version", *file_fields.in_use())}
    values |= {f"birthday_{part}": getattr(found, f"birthday_{part}") for part in ("calendar", "year", "month", "day")}
    values["tags"] = ", ".join(found.tags)
    values["sizes"] = "\n".join(f"{name}: {size}" for name, size in found.sizes.items())
    return {name: "" if value is None else value for name, value in values.items()}
