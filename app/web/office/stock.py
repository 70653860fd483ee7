"""The stock of a store: what lies there, what is kept back for whom, counting, and the products themselves."""

from decimal import Decimal
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import LOCALES, N_, pick
from app.people.access import Role
from app.people.auth import requires
from app.people.models import Store
from app.purchases import service, stock, stock_queries
from app.purchases.models import Product
from app.purchases.stock import MOST_ON_HAND, Count
from app.purchases.values import BARCODE
from app.tasks import goods
from app.web.formats import reader_locale
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web
from app.web.shop import own_stores, store_in_view
from app.web.supply_words import MOVEMENTS

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
SHOWN = 50
HISTORY = 30
VIEWS = ("", "counted", "short")


@web.route("/office/stock", methods=["GET", "POST"])
@requires(*DESK)
def office_stock() -> Any:
    store = store_in_view(actor())
    if request.method == "GET":
        return _list_page(store, Form())
    form = Reader(request.form)
    try:
        counts = _read_counts(form)
        form.check()
        with transaction():
            stock.count(store.id, counts, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _list_page(store, form_of(request.form, problem)), problem.status
    saved = ngettext("%(num)s count is saved.", "%(num)s counts are saved.", len(counts))
    return done(saved if counts else _("Nothing was changed."), to("office_stock", store=store.id))


@web.route("/office/stock/<int:product_id>", methods=["GET", "POST"])
@requires(*DESK)
def office_shelf(product_id: int) -> Any:
    store = store_in_view(actor())
    product = stock_queries.product(product_id)
    if request.method == "GET":
        return _shelf_page(store, product, Form(), _product_form(product))
    form = Reader(request.form)
    try:
        on_hand = form.quantity("on_hand", highest=MOST_ON_HAND)
        note = form.text("note", longest=300)
        version = form.integer("version", lowest=1)
        if on_hand is None and "on_hand" not in form.errors:
            form.complain("on_hand", N_("Please fill this in."))
        form.check()
        counted = Count(product_id=product_id, on_hand=on_hand or Decimal(0), version=version)
        with transaction():
            stock.count(store.id, [counted], note=note, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _shelf_page(store, product, form_of(request.form, problem), _product_form(product)), problem.status
    return done(_("The count is saved."), to("office_shelf", product_id=product_id, store=store.id))


@web.post("/office/stock/reservations/<int:reservation_id>/release")
@requires(*DESK)
def release_reservation(reservation_id: int) -> Any:
    with transaction():
        row = stock.release_one(reservation_id, actor=actor(), now=moment())
    return done(_("The goods are free again."), to("office_shelf", product_id=row.product_id, store=row.store_id))


@web.post("/office/products/<int:product_id>")
@requires(Role.HEAD_OFFICE)
def change_product(product_id: int) -> Any:
    store = store_in_view(actor())
    product = stock_queries.product(product_id)
    form = Reader(request.form)
    try:
        changes = _read_product(form)
        version = form.required_integer("version", lowest=1)
        form.check()
        with transaction():
            service.update_product(product_id, changes, version=version, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _shelf_page(store, product, Form(), form_of(request.form, problem)), problem.status
    return done(_("The product is saved."), to("office_shelf", product_id=product_id, store=store.id))


def _read_counts(form: Reader) -> list[Count]:
    """Only what was typed anew: a list of fifty is not a count of fifty."""
    counts = []
    for name in form.posted:
        prefix, _dash, identity = name.partition("-")
        if prefix != "count" or not identity.isdecimal() or len(identity) > 9:
            continue
        on_hand = form.quantity(name, highest=MOST_ON_HAND)
        seen = form.quantity(f"seen-{identity}", highest=MOST_ON_HAND)
        if on_hand is None or on_hand == seen:
            continue
        version = form.integer(f"version-{identity}", lowest=1)
        counts.append(Count(product_id=int(identity), on_hand=on_hand, version=version))
    return counts


def _read_product(form: Reader) -> dict[str, Any]:
    return {
        "name": {locale: form.text(f"name_{locale}", required=True, longest=200) for locale in LOCALES},
        "barcode": _read_barcode(form),
        "category": form.text("category", required=True, longest=64),
        "pack_size": form.quantity("pack_size", above_nothing=True),
        "unit": form.text("unit", longest=24),
        "follow_up_day": form.integer("follow_up_day", lowest=1, highest=365),
        "until_age_months": form.integer("until_age_months", lowest=1, highest=240),
        "next_product_id": form.integer("next_product_id", lowest=1),
        "is_restricted": form.ticked("is_restricted"),
        "is_consumable": form.ticked("is_consumable"),
        "is_large": form.ticked("is_large"),
        "is_active": form.ticked("is_active"),
    }


def _read_barcode(form: Reader) -> str | None:
    barcode = form.text("barcode", longest=32)
    if barcode and not BARCODE.fullmatch(barcode):
        form.complain("barcode", N_("Write the digits below the bars, 4 to 32 of them, without anything else."))
    return barcode or None


def _product_form(product: Product) -> Form:
    names = ("barcode", "category", "unit", "follow_up_day", "until_age_months", "next_product_id", "version")
    values = {name: "" if getattr(product, name) is None else str(getattr(product, name)) for name in names}
    values["pack_size"] = "" if product.pack_size is None else f"{product.pack_size.normalize():f}"
    values |= {f"name_{locale}": product.name.get(locale, "") for locale in LOCALES}
    ticked = ("is_restricted", "is_consumable", "is_large", "is_active")
    return Form(values=values | {name: "1" if getattr(product, name) else "" for name in ticked})


def _list_page(store: Store, form: Form) -> str:
    now = moment()
    view = request.args.get("view", "")
    found = stock_queries.page_of_shelves(
        store.id,
        now=now,
        search=request.args.get("q", "")[:80],
        only_counted=view == "counted",
        only_short=view == "short",
        cursor=request.args.get("cursor"),
        limit=SHOWN,
    )
    return page(
        "office/stock.html",
        store=store,
        stores=own_stores(actor()),
        form=form,
        shelves=found.rows,
        next_cursor=found.next_cursor,
        search=request.args.get("q", ""),
        view=view if view in VIEWS else "",
        views=[("", _("All")), ("counted", _("Counted")), ("short", _("Nothing left to promise"))],
        uncovered=goods.uncovered(store.id, now=now),
        locale=reader_locale(),
        pick=pick,
    )


def _shelf_page(store: Store, product: Product, form: Form, product_form: Form) -> str:
    now = moment()
    [shelf] = stock_queries.shelves(store.id, [product.id], now=now)
    held = stock_queries.page_of_reservations(
        store.id, product_id=product.id, now=now, cursor=request.args.get("kept"), limit=SHOWN
    )
    moved = stock_queries.page_of_movements(
        store.id, product_id=product.id, cursor=request.args.get("moved"), limit=HISTORY
    )
    return page(
        "office/shelf.html",
        store=store,
        stores=own_stores(actor()),
        shelf=shelf,
        product=product,
        form=form,
        product_form=product_form,
        held=held.rows,
        more_held=held.next_cursor,
        moved=moved.rows,
        more_moved=moved.next_cursor,
        movements=MOVEMENTS,
        others=[
            (each.id, f"{pick(each.name, reader_locale())} ({each.code})")
            for each in stock_queries.products_like(product)
        ],
        locale=reader_locale(),
        pick=pick,
        may_change=actor().is_head_office,
    )
