"""Daily amounts at the desk: keeping one, changing it, the guardian's request, and ending it."""

from decimal import Decimal
from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_, pick
from app.customers import members, service
from app.customers.models import Customer
from app.customers.values import GuardianChannel
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.purchases import intakes, queries
from app.purchases.intakes import IntakeFile, NewIntake, Request
from app.web import file_words
from app.web.formats import local_day, reader_locale, unit
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web
from app.web.supply_words import END_REASONS

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
MOST_A_DAY = Decimal(999_999)


@web.route("/customers/<int:customer_id>/intakes/new", methods=["GET", "POST"])
@requires(*DESK)
def new_intake(customer_id: int) -> Any:
    found = service.get(customer_id, actor=actor(), now=moment())
    if request.method == "GET":
        return _new_page(found, Form(values={"product_id": request.args.get("product", "")}))
    form = Reader(request.form)
    try:
        wish = _read_request(form)
        new = NewIntake(
            product_id=form.required_integer("product_id", lowest=1),
            household_member_id=form.integer("household_member_id", lowest=1),
            per_day=_per_day(form),
            since=form.date("since"),
            request=wish,
        )
        form.check()
        with transaction():
            intakes.add(customer_id, new, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _new_page(found, form_of(request.form, problem)), problem.status
    return done(_("The daily amount is kept."), _supplies(customer_id))


@web.get("/customers/<int:customer_id>/intakes/<int:intake_id>")
@requires(*DESK)
def intake(customer_id: int, intake_id: int) -> str:
    found, file = _intake(customer_id, intake_id)
    return _page(found, file, Form())


@web.post("/customers/<int:customer_id>/intakes/<int:intake_id>/amount")
@requires(*DESK)
def change_intake(customer_id: int, intake_id: int) -> Any:
    found, file = _intake(customer_id, intake_id)
    form = Reader(request.form)
    try:
        per_day, since, version = _per_day(form), form.date("since"), _version(form)
        form.check()
        with transaction():
            intakes.change_amount(intake_id, per_day, version=version, since=since, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _page(found, file, form_of(request.form, problem)), problem.status
    return done(_("The daily amount is changed."), _supplies(customer_id))


@web.post("/customers/<int:customer_id>/intakes/<int:intake_id>/request")
@requires(*DESK)
def record_request(customer_id: int, intake_id: int) -> Any:
    found, file = _intake(customer_id, intake_id)
    form = Reader(request.form)
    try:
        wish, version = _read_request(form, required=True), _version(form)
        form.check()
        assert wish is not None
        with transaction():
            intakes.request_reminders(intake_id, wish, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _page(found, file, form_of(request.form, problem)), problem.status
    return done(_("The request is recorded."), to("intake", customer_id=customer_id, intake_id=intake_id))


@web.post("/customers/<int:customer_id>/intakes/<int:intake_id>/unrequest")
@requires(*DESK)
def withdraw_request(customer_id: int, intake_id: int) -> AnyResponse:
    _intake(customer_id, intake_id)
    form = Reader(request.form)
    version = _version(form)
    form.check()
    with transaction():
        intakes.withdraw_request(intake_id, version=version, actor=actor(), now=moment())
    return done(_("No reminders any more."), to("intake", customer_id=customer_id, intake_id=intake_id))


@web.post("/customers/<int:customer_id>/intakes/<int:intake_id>/end")
@requires(*DESK)
def end_intake(customer_id: int, intake_id: int) -> Any:
    found, file = _intake(customer_id, intake_id)
    form = Reader(request.form)
    try:
        last_day, reason, version = form.date("last_day"), form.text("reason", longest=300), _version(form)
        form.check()
        with transaction():
            intakes.end(intake_id, last_day=last_day, reason=reason, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _page(found, file, form_of(request.form, problem)), problem.status
    return done(_("The daily amount has ended."), _supplies(customer_id))


def _intake(customer_id: int, intake_id: int) -> tuple[Customer, IntakeFile]:
    found = service.get(customer_id, actor=actor(), now=moment())
    kept = intakes.intakes_of(customer_id, actor=actor(), now=moment())
    file = next((one for one in kept if one.intake.id == intake_id), None)
    if file is None:
        raise NotFound
    return found, file


def _per_day(form: Reader) -> Decimal:
    amount = form.quantity("per_day", highest=MOST_A_DAY, above_nothing=True)
    if amount is None and "per_day" not in form.errors:
        form.complain("per_day", N_("Please fill this in."))
    return amount or Decimal(1)


def _version(form: Reader) -> int:
    return form.required_integer("version", lowest=1)


def _read_request(form: Reader, *, required: bool = False) -> Request | None:
    text = form.text("request_text", required=required, longest=500)
    channel = form.optional_choice("request_channel", [*GuardianChannel]) or GuardianChannel.IN_PERSON.value
    if not text or channel not in set(GuardianChannel):
        return None
    return Request(text=text, channel=GuardianChannel(channel))


def _new_page(found: Customer, form: Form) -> str:
    locale = reader_locale()
    products = queries.products_used_up()
    return page(
        "customer/intake_new.html",
        customer=found,
        form=form,
        products=[(each.id, f"{pick(each.name, locale)} · {unit(each.unit)}") for each in products],
        consumers=[(one.id, one.name) for one in members.members_of(found.household_id)],
        channels=file_words.GUARDIAN_CHANNELS,
        today=_today(found),
    )


def _page(found: Customer, file: IntakeFile, form: Form) -> str:
    return page(
        "customer/intake.html",
        customer=found,
        file=file,
        form=form,
        product=pick(file.product, reader_locale()),
        zone=people.store(found.store_id).zone,
        channels=file_words.GUARDIAN_CHANNELS,
        end_reasons=END_REASONS,
        today=_today(found),
    )


def _today(found: Customer) -> str:
    return local_day(moment(), people.store(found.store_id).zone).isoformat()


def _supplies(customer_id: int) -> str:
    return to("customer", customer_id=customer_id, _anchor="supplies")
