"""The members of a household at the desk: adding, changing, the guardian's consent, and letting go."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.core.phone import parse_e164
from app.customers import members, present, queries, service
from app.customers.members import GuardianConsent, NewMember
from app.customers.models import Customer, HouseholdMember
from app.customers.values import GuardianChannel, Relation
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.web import file_words
from app.web.formats import local_day
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)


@web.route("/customers/<int:customer_id>/members/new", methods=["GET", "POST"])
@requires(*DESK)
def new_member(customer_id: int) -> Any:
    found = service.get(customer_id, actor=actor(), now=moment())
    if request.method == "GET":
        return _edit_page(found, None, Form(values={"relation": Relation.BABY.value}))
    form = Reader(request.form)
    try:
        new = NewMember(**_read(form), consent=_read_consent(form))
        form.check()
        with transaction():
            kept = members.add(found.household_id, new, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(found, None, form_of(request.form, problem)), problem.status
    return done(_("%(name)s belongs to the household now.", name=kept.name), _household(customer_id))


@web.route("/customers/<int:customer_id>/members/<int:member_id>", methods=["GET", "POST"])
@requires(*DESK)
def member(customer_id: int, member_id: int) -> Any:
    found, known = _member(customer_id, member_id)
    if request.method == "GET":
        values = {name: getattr(known, name) or "" for name in ("name", "relation", "customer_id", "version")}
        values["birth_date"] = known.birth_date.isoformat() if known.birth_date else ""
        return _edit_page(found, known, Form(values=values))
    form = Reader(request.form)
    try:
        changes = _read(form)
        version = form.required_integer("version")
        form.check()
        with transaction():
            members.change(member_id, changes, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(found, known, form_of(request.form, problem)), problem.status
    return done(_("The member is saved."), _household(customer_id))


@web.post("/customers/<int:customer_id>/members/<int:member_id>/consent")
@requires(*DESK)
def give_member_consent(customer_id: int, member_id: int) -> AnyResponse:
    _member(customer_id, member_id)
    form = Reader(request.form)
    consent = _read_consent(form)
    form.check()
    with transaction():
        kept = consent or GuardianConsent(text="", channel=GuardianChannel.IN_PERSON)
        members.consent_again(member_id, kept, actor=actor(), now=moment())
    return done(_("The guardian’s consent is recorded."), to("member", customer_id=customer_id, member_id=member_id))


@web.post("/customers/<int:customer_id>/members/<int:member_id>/withdraw")
@requires(*DESK)
def withdraw_member_consent(customer_id: int, member_id: int) -> AnyResponse:
    _member(customer_id, member_id, or_gone=True)
    form = Reader(request.form)
    channel = form.choice("channel", [*GuardianChannel])
    text = form.text("text", longest=1000)
    form.check()
    with transaction():
        members.withdraw(member_id, text=text, channel=GuardianChannel(channel), actor=actor(), now=moment())
    words = _("The consent is taken back. Name and birth date are deleted, reminders for this child end.")
    return done(words, _household(customer_id))


@web.post("/customers/<int:customer_id>/members/<int:member_id>/remove")
@requires(*DESK)
def remove_member(customer_id: int, member_id: int) -> AnyResponse:
    _member(customer_id, member_id, or_gone=True)
    with transaction():
        members.anonymise(member_id, actor=actor(), now=moment())
    return done(_("The member is removed; nothing is kept of him or her."), _household(customer_id))


@web.post("/customers/<int:customer_id>/household/join")
@requires(*DESK)
def join_household(customer_id: int) -> AnyResponse:
    """Put the customer into the household of the one with this number, whom the asking person must be able to see."""
    found = service.get(customer_id, actor=actor(), now=moment())
    form = Reader(request.form)
    typed = form.text("phone", required=True, longest=40)
    form.check()
    with transaction():
        other = queries.by_phone(parse_e164(typed, region=people.store(found.store_id).country))
        if other is None or other.id == found.id:
            raise Invalid(errors={"phone": [N_("No other customer of yours has this number.")]})
        try:
            service.join_household(customer_id, with_customer_id=other.id, actor=actor(), now=moment())
        except NotFound:
            # A file of another store must look as if it did not exist.
            raise Invalid(errors={"phone": [N_("No other customer of yours has this number.")]}) from None
    return done(_("They share one household and one contact budget now."), _household(customer_id))


@web.post("/customers/<int:customer_id>/household/leave")
@requires(*DESK)
def leave_household(customer_id: int) -> AnyResponse:
    with transaction():
        service.leave_household(customer_id, actor=actor(), now=moment())
    return done(_("The customer has a household of his or her own now."), _household(customer_id))


def _member(customer_id: int, member_id: int, *, or_gone: bool = False) -> tuple[Customer, HouseholdMember]:
    """The customer whose page this is, and the member of that household."""
    found = service.get(customer_id, actor=actor(), now=moment())
    known = members.get(member_id, actor=actor(), now=moment())
    if known.household_id != found.household_id or (known.anonymised_at is not None and not or_gone):
        raise NotFound
    return found, known


def _read(form: Reader) -> dict[str, Any]:
    relation = form.choice("relation", [*Relation])
    return {
        "name": form.text("name", required=True, longest=120),
        "relation": Relation(relation) if relation in set(Relation) else Relation.OTHER,
        "birth_date": form.date("birth_date"),
        "customer_id": form.integer("customer_id", lowest=1),
    }


def _read_consent(form: Reader) -> GuardianConsent | None:
    text = form.text("consent_text", longest=1000)
    channel = form.optional_choice("consent_channel", [*GuardianChannel]) or GuardianChannel.IN_PERSON.value
    if not text or channel not in set(GuardianChannel):
        return None
    return GuardianConsent(text=text, channel=GuardianChannel(channel))


def _edit_page(found: Customer, known: HouseholdMember | None, form: Form) -> str:
    now = moment()
    zone = people.store(found.store_id).zone
    household = queries.household(found.household_id, actor=actor(), now=now)
    view = None
    if known is not None:
        view = present.members([known], members.collectors_of([known]), today=local_day(now, zone))[0]
    return page(
        "customer/member.html",
        customer=found,
        member=known,
        view=view,
        form=form,
        zone=zone,
        files=[(file.id, file.name) for file, _owner in household.members],
        history=members.consent_history(known.id) if known else [],
        relations=file_words.RELATIONS,
        channels=file_words.GUARDIAN_CHANNELS,
    )


def _household(customer_id: int) -> str:
    return to("customer", customer_id=customer_id, _anchor="household")
