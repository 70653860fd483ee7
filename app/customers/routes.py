"""/customers and /households."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_smorest import Blueprint

from app.core import clock
from app.core.db import transaction
from app.core.errors import StaleVersion
from app.core.http import problems
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.customers import consent, contacts, file_fields, links, numbers, present, queries, reads, schemas, service
from app.customers.models import Customer
from app.customers.queries import CustomerFilter
from app.customers.service import NewCustomer
from app.customers.values import Channel, ConsentSource, ConsentState, OptionalField, Scope
from app.people import queries as people
from app.people.access import Actor, Role, require_store
from app.people.auth import current_actor, requires

blp = Blueprint("customers", __name__, description="Customers, households, notes, consent and the contact budget")

EVERYBODY = (Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE)
LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
READ = "customers:read"
WRITE = "customers:write"
LINK = "customers:link"
"""For a till that prints the page's address on receipts and needs nothing else of the files."""
ROW_ID = "int(max=2147483647)"
"""No row can have a bigger id, so the address of one does not exist."""


@blp.route("/customers", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.arguments(schemas.CustomerArgs, location="query")
@blp.response(200, schemas.CustomerPage)
@problems(blp, 401, 403, 404, 422)
def list_customers(args: dict[str, Any]) -> dict[str, Any]:
    """Customers you may see, by name; `q` is part of a name, digits of a number, or a tag."""
    actor = current_actor()
    if args.get("store_id") is not None:
        require_store(actor, args["store_id"])
    wanted = CustomerFilter(
        search=args.get("q", ""),
        tag=args.get("tag"),
        store_id=args.get("store_id"),
        owner_id=args.get("owner_id"),
        tier=args.get("tier"),
        phone_fault=args.get("phone_fault", False),
    )
    page = queries.page_of_customers(
        wanted, actor=actor, now=clock.now(), cursor=args.get("cursor"), limit=args.get("limit")
    )
    return {
        "items": [present.row(row[0], row[1]) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


@blp.route("/customers", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.CreateCustomer)
@blp.response(201, schemas.CustomerView)
@problems(blp, 400, 401, 403, 409, 422)
def create_customer(body: dict[str, Any]) -> dict[str, Any]:
    """Open a file. An associate becomes the owner of whom he adds."""
    return file_view(service.create(NewCustomer(**body), actor=current_actor(), now=clock.now()))


@blp.route(f"/customers/<{ROW_ID}:customer_id>", methods=["PATCH"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.UpdateCustomer)
@blp.response(200, schemas.CustomerView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def change_customer(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Change the named fields of the version you have seen; a stale one is answered with the present file."""
    actor, now = current_actor(), clock.now()
    version, reason = body.pop("version"), body.pop("owner_reason", "")
    try:
        return file_view(service.update(customer_id, body, version=version, owner_reason=reason, actor=actor, now=now))
    except StaleVersion as stale:
        stale.extra["current"] = _current(customer_id, actor)
        raise


@blp.route(f"/customers/<{ROW_ID}:customer_id>/phone-fault", methods=["DELETE"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.response(200, schemas.CustomerView)
@problems(blp, 400, 401, 403, 404, 409)
def clear_phone_fault(customer_id: int) -> dict[str, Any]:
    """Somebody has looked into it: texts to this number are tried again. For whoever leads the store."""
    return file_view(service.clear_phone_fault(customer_id, actor=current_actor(), now=clock.now()))


@blp.route(f"/customers/<{ROW_ID}:customer_id>/notes", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.NotePage)
@problems(blp, 401, 403, 404, 422)
def list_notes(args: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Notes about a customer, newest first."""
    service.get(customer_id, actor=current_actor(), now=clock.now())
    page = queries.page_of_notes(customer_id, cursor=args.get("cursor"), limit=args.get("limit"))
    return {
        "items": [present.note(row[0], row[1]) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


@blp.route(f"/customers/<{ROW_ID}:customer_id>/notes", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.AddNote)
@blp.response(201, schemas.SavedNoteView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def add_note(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Keep a note. Words about private life are refused with advice; a reaction to a product offers a complaint."""
    actor = current_actor()
    saved = service.add_note(customer_id, **body, actor=actor, now=clock.now())
    offer = {"kind": "complaint", "message": gettext(saved.offer)} if saved.offer else None
    return present.note(saved.note, actor.name) | {"offer": offer}


@blp.route(f"/customers/<{ROW_ID}:customer_id>/consents", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.ConsentsView)
@problems(blp, 401, 403, 404)
def list_consents(customer_id: int) -> dict[str, Any]:
    """What holds now for the customer's number, and everything that was said."""
    return _consents(service.get(customer_id, actor=current_actor(), now=clock.now()))


@blp.route(f"/customers/<{ROW_ID}:customer_id>/consents", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.RecordConsent)
@blp.response(200, schemas.ConsentsView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def record_consent(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Write down a consent or a stop with its words, channel and time; you are kept as its collector."""
    customer = service.record_consent(
        customer_id,
        ConsentState(body["state"]),
        channel=Channel(body["channel"]),
        scope=Scope(body["scope"]),
        text=body["text"],
        source=ConsentSource(body["source"]),
        said_at=body["said_at"],
        actor=current_actor(),
        now=clock.now(),
    )
    return _consents(customer)


@blp.route(f"/customers/<{ROW_ID}:customer_id>/contact-budget", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.ContactBudgetView)
@problems(blp, 401, 403, 404)
def show_contact_budget(customer_id: int) -> contacts.Budget:
    """When the customer's household was contacted unasked, will be, and may be again."""
    now = clock.now()
    customer = service.get(customer_id, actor=current_actor(), now=now)
    return contacts.budget(customer.household_id, now=now)


@blp.route(f"/customers/<{ROW_ID}:customer_id>/link", methods=["POST"])
@requires(*EVERYBODY, scope=LINK)
@blp.arguments(schemas.GiveLink)
@blp.response(200, schemas.LinkView)
@problems(blp, 400, 401, 403, 404, 422)
def give_link(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """The key to the customer's own page, for one task or for all: the one in use, kept alive, or a new one.

    Asking twice gives the same key, so no Idempotency-Key is needed, and no key lies in the table of stored answers.
    """
    with transaction():
        key = links.hand_out(customer_id, task_id=body["task_id"], actor=current_actor(), now=clock.now())
    return present.link(key)


@blp.route(f"/customers/<{ROW_ID}:customer_id>/household", methods=["PUT"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.JoinHousehold)
@blp.response(200, schemas.HouseholdView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def join_household(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Put the customer into another customer's household; they share one contact budget from now on."""
    actor, now = current_actor(), clock.now()
    customer = service.join_household(customer_id, with_customer_id=body["with_customer_id"], actor=actor, now=now)
    return _household(customer.household_id, actor)


@blp.route(f"/customers/<{ROW_ID}:customer_id>/household", methods=["DELETE"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.response(200, schemas.HouseholdView)
@problems(blp, 400, 401, 403, 404, 409)
def leave_household(customer_id: int) -> dict[str, Any]:
    """Give the customer a household of his own."""
    actor = current_actor()
    customer = service.leave_household(customer_id, actor=actor, now=clock.now())
    return _household(customer.household_id, actor)


@blp.route(f"/households/<{ROW_ID}:household_id>", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.HouseholdView)
@problems(blp, 401, 403, 404)
def read_household(household_id: int) -> dict[str, Any]:
    """A household and those of its members you may see."""
    return _household(household_id, current_actor())


@blp.route(f"/households/<{ROW_ID}:household_id>", methods=["PATCH"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.RenameHousehold)
@blp.response(200, schemas.HouseholdView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def rename_household(body: dict[str, Any], household_id: int) -> dict[str, Any]:
    """Give the household a name."""
    actor = current_actor()
    service.rename_household(household_id, body["name"], actor=actor, now=clock.now())
    return _household(household_id, actor)


@blp.route(f"/customers/<{ROW_ID}:customer_id>/reads", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.arguments(schemas.LogArgs, location="query")
@blp.response(200, schemas.LogPage)
@problems(blp, 401, 403, 404, 422)
def list_reads(args: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Who read, exported or changed the file, newest first. Looking here is written down too."""
    kind = reads.Kind(args["kind"]) if args.get("kind") else None
    with transaction():
        page = reads.page_of_log(
            customer_id,
            actor=current_actor(),
            now=clock.now(),
            kind=kind,
            cursor=args.get("cursor"),
            limit=args.get("limit"),
        )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route("/file-fields", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.FileFieldsView)
@problems(blp, 401, 403)
def list_file_fields() -> dict[str, Any]:
    """The optional fields of the file, and which of them your company keeps."""
    return {"items": file_fields.states()}


@blp.route("/file-fields", methods=["PATCH"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.SwitchFields)
@blp.response(200, schemas.FileFieldsView)
@problems(blp, 400, 401, 403, 409, 422)
def switch_file_fields(body: dict[str, bool]) -> dict[str, Any]:
    """Switch optional fields on or off for the whole company."""
    wanted = {OptionalField(key): is_on for key, is_on in body.items()}
    file_fields.switch(wanted, actor=current_actor(), now=clock.now())
    return {"items": file_fields.states()}


def file_view(customer: Customer) -> dict[str, Any]:
    """What CustomerView shows of a file."""
    today = clock.now().astimezone(people.zone_of_store(customer.store_id)).date()
    file = present.file(customer, queries.owners_of(customer.id), today=today, optional=file_fields.in_use())
    return file | {"phone_fault": numbers.fault_of(customer.phone)}


def _current(customer_id: int, actor: Actor) -> Any:
    return schemas.CustomerView().dump(file_view(service.get(customer_id, actor=actor, now=clock.now())))


def _consents(customer: Customer) -> dict[str, Any]:
    if customer.phone is None:
        return present.consents(customer, [], [])
    return present.consents(customer, consent.present(customer.phone), consent.history(customer.phone))


def _household(household_id: int, actor: Actor) -> dict[str, Any]:
    file = queries.household(household_id, actor=actor, now=clock.now())
    return {
        "id": file.household.id,
        "name": file.household.name,
        "store_id": file.household.store_id,
        "members": [present.row(customer, owner_name) for customer, owner_name in file.members],
    }
