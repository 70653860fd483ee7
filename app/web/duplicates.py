"""Files of one and the same person: side by side, made one, told apart, and parted again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import N_
from app.core.phone import mask
from app.customers import duplicates, merging, service
from app.customers.merging import CHOICES, FIELDS, Choice
from app.customers.models import Customer
from app.people import queries as people
from app.people.access import Role, may_lead_store
from app.people.auth import requires
from app.web import file_words
from app.web.formats import birthday as birthday_words
from app.web.forms import Reader
from app.web.pages import actor, done, moment, number_in_address, page, to, web
from app.web.refusals import words_of
from app.web.shop import own_stores
from app.web.words import GENDERS, LOCALES, SPOKEN, word

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
PAGE = 20

FIELD_WORDS = {
    "name": N_("Name"),
    "phone": N_("Number"),
    "owner": N_("Familiar face"),
    "locale": N_("Reads"),
    "dialect": N_("Dialect"),
    "gender": N_("Gender"),
    "birthday": N_("Birthday"),
    "address": N_("Address"),
    "access_notes": N_("How to reach the door"),
    "tags": N_("Tags"),
    "preferences": N_("Preferences"),
    "sizes": N_("Sizes"),
    "occupation": N_("Occupation"),
    "industry": N_("Industry"),
    "income_band": N_("Income band"),
}
AGAINST = frozenset({"other_birthday", "other_gender"})
"""Evidence that speaks for two people."""
MOVED_WORDS = {
    "purchase": N_("purchases"),
    "task": N_("tasks"),
    "message": N_("texts sent"),
    "inbound": N_("texts received"),
    "customer_note": N_("notes"),
    "complaint": N_("complaints"),
    "household_member": N_("members of the household"),
    "contact_booking": N_("contacts"),
    "occurrence": N_("planned contacts"),
}


@dataclass(frozen=True)
class Line:
    """One field in which two files differ. `chosen`: "low", "high" or "both"."""

    name: str
    words: str
    low: str
    high: str
    chosen: str
    may_join: bool


@dataclass(frozen=True)
class Shown:
    low: Customer
    high: Customer
    evidence: list[str]
    lines: list[Line]
    low_store: str
    high_store: str
    asks_household: bool


@web.get("/customers/duplicates")
@requires(*DESK)
def customer_duplicates() -> str:
    now = moment()
    stores = own_stores(actor())
    store_id = number_in_address("store")
    if store_id is not None and store_id not in {store.id for store in stores}:
        raise NotFound
    one, other = number_in_address("one"), number_in_address("other")
    named = one is not None and other is not None and one != other
    next_cursor = None
    if named:
        with transaction():
            files = [
                service.read_file(customer_id, actor=actor(), now=now) for customer_id in sorted((one or 0, other or 0))
            ]
        if not all(may_lead_store(actor(), file.store_id) for file in files):
            raise Forbidden
        pairs = [(files[0], files[1], list[str]())]
    else:
        found = duplicates.page_of_pairs(
            actor=actor(), store_id=store_id, cursor=request.args.get("cursor"), limit=PAGE
        )
        pairs = [(pair.low, pair.high, list(pair.pair.evidence)) for pair in found.rows]
        next_cursor = found.next_cursor
    owners = people.names_of({file.owner_id for low, high, _e in pairs for file in (low, high) if file.owner_id})
    names = {store.id: store.name for store in stores}
    merges = merging.page_of_merges(actor=actor(), cursor=request.args.get("merged"), limit=PAGE)
    obstacles = merging.obstacles_of([row[0] for row in merges.rows])
    return page(
        "duplicates.html",
        stores=stores,
        store_id=store_id,
        named=named,
        pairs=[_shown(low, high, evidence, owners=owners, stores=names) for low, high, evidence in pairs],
        next_cursor=next_cursor,
        evidence_words=duplicates.EVIDENCE,
        against=AGAINST,
        merges=[(row[0], row[1], row[2], obstacles[row[0].id]) for row in merges.rows],
        more_merges=merges.next_cursor,
        obstacles=merging.OBSTACLES,
        moved_words=MOVED_WORDS,
        may_search=actor().is_head_office,
    )


@web.post("/customers/duplicates/merge")
@requires(*DESK)
def merge_customers() -> AnyResponse:
    form = Reader(request.form)
    low, high = form.required_integer("low"), form.required_integer("high")
    keeps_low = form.choice("keep", ["low", "high"]) == "low"
    chosen = {}
    for name in FIELDS:
        said = form.optional_choice(f"f-{name}", ["low", "high", "both"])
        if said == "both" and Choice.BOTH in CHOICES[name]:
            chosen[name] = Choice.BOTH
        elif said in ("low", "high"):
            chosen[name] = Choice.KEPT if (said == "low") == keeps_low else Choice.GONE
    kept, gone = (low, high) if keeps_low else (high, low)
    try:
        form.check()
        with transaction():
            joins = form.ticked("join") if form.ticked("asks_join") else None
            made = merging.merge(kept, gone, choices=chosen, join_households=joins, actor=actor(), now=moment())
    except (Conflict, Invalid) as refused:
        flash(words_of(refused), "warning")
        return redirect(to("customer_duplicates"), 303)
    return done(_("%(name)s has one file now.", name=made.gone_name), to("customer", customer_id=made.kept_id))


@web.post("/customers/duplicates/apart")
@requires(*DESK)
def tell_customers_apart() -> AnyResponse:
    form = Reader(request.form)
    low, high = form.required_integer("low"), form.required_integer("high")
    form.check()
    with transaction():
        duplicates.tell_apart(low, high, actor=actor(), now=moment())
    return done(_("They are two people. You will not be asked about them again."), to("customer_duplicates"))


@web.post("/customers/duplicates/search")
@requires(Role.HEAD_OFFICE)
def search_duplicates() -> AnyResponse:
    if not duplicates.may_search_now():
        flash(_("There are too many files to look through at once. It is done every night."), "warning")
        return redirect(to("customer_duplicates"), 303)
    with transaction():
        found = duplicates.refresh(now=moment())
    words = ngettext("%(num)s pair of files looks alike.", "%(num)s pairs of files look alike.", found.pairs)
    return done(words, to("customer_duplicates"))


@web.post("/customers/merges/<int:merge_id>/undo")
@requires(*DESK)
def undo_customer_merge(merge_id: int) -> AnyResponse:
    try:
        with transaction():
            undone = merging.undo(merge_id, actor=actor(), now=moment())
    except Conflict as refused:
        flash(words_of(refused), "warning")
        return redirect(to("customer_duplicates") + "#merges", 303)
    words = _("The files are parted again. What came since stays with the file that was kept.")
    if undone.stayed:
        words = _("The files are parted again. Some of what was moved had gone elsewhere meanwhile and stays there.")
    return done(words, to("customer", customer_id=undone.merge.gone_id))


def _shown(
    low: Customer, high: Customer, evidence: list[str], *, owners: Mapping[int, str], stores: Mapping[int, str]
) -> Shown:
    chosen = merging.defaults(low, high)
    sides = {Choice.KEPT: "low", Choice.GONE: "high", Choice.BOTH: "both"}
    lines = []
    for name in merging.differing(low, high):
        one, other = (_value(name, file, owners) for file in (low, high))
        if one != other or name == "address":
            may_join = Choice.BOTH in CHOICES[name]
            lines.append(Line(name, _(FIELD_WORDS[name]), one, other, sides[chosen[name]], may_join))
    return Shown(
        low=low,
        high=high,
        evidence=evidence,
        lines=lines,
        low_store=stores.get(low.store_id, ""),
        high_store=stores.get(high.store_id, ""),
        asks_household=low.household_id != high.household_id and low.store_id == high.store_id,
    )


def _value(name: str, file: Customer, owners: Mapping[int, str]) -> str:
    """What a file says, in words; the number stays masked."""
    match name:
        case "phone":
            return mask(file.phone) if file.phone else ""
        case "owner":
            return owners.get(file.owner_id, "") if file.owner_id else ""
        case "birthday":
            if not (file.birthday_month and file.birthday_day):
                return ""
            is_lunar = file.birthday_calendar == "lunar"
            return birthday_words(file.birthday_month, file.birthday_day, file.birthday_year, is_lunar=is_lunar)
        case "address":
            return " ".join(part for part in (file.district, file.address) if part)
        case "tags":
            return ", ".join(file.tags)
        case "sizes":
            return ", ".join(f"{what} {size}" for what, size in file.sizes.items())
        case "locale" | "dialect" | "gender" | "occupation" | "industry" | "income_band":
            value = getattr(file, name)
            return str(word(_WORDS[name], value)) if value else ""
        case _:
            return str(getattr(file, name) or "")


_WORDS: dict[str, Any] = {"locale": LOCALES, "dialect": SPOKEN, "gender": GENDERS, **file_words.OPTIONAL_WORDS}
