"""Taking in what was sold. Tills repeat themselves, so a purchase is known by its source and its number there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from app.core import audit
from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.i18n import N_, Text3
from app.core.outbox import publish
from app.customers.access import audit_name, visible_customers
from app.customers.models import Customer
from app.events import PurchaseRecorded
from app.people.access import Actor, in_own_stores, may_see_store
from app.people.models import StaffStore, Store
from app.purchases.errors import CodeTaken, PurchaseOfAnotherStore
from app.purchases.models import FOLLOW_UP_DAY, Product, Purchase, PurchaseLine

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours a till's clock may be."""

EDITABLE = frozenset(
    {
        "name",
        "barcode",
        "category",
        "pack_size",
        "unit",
        "is_restricted",
        "follow_up_day",
        "is_active",
        "is_large",
        "is_consumable",
        "until_age_months",
        "next_product_id",
    }
)

Key = tuple[str, str]
Errors = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class NewProduct:
    code: str
    name: Text3
    category: str
    barcode: str | None = None
    pack_size: Decimal | None = None
    unit: str = ""
    is_restricted: bool = False
    follow_up_day: int | None = FOLLOW_UP_DAY
    is_large: bool = False
    is_consumable: bool = False
    until_age_months: int | None = None
    next_product_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """One product of a purchase, named by its id or its code; `is_taken` when the customer carried it home."""

    quantity: Decimal
    amount: Decimal
    product_id: int | None = None
    product_code: str | None = None
    is_taken: bool = False


@dataclass(frozen=True, kw_only=True)
class NewPurchase:
    """A receipt; the customer is named by id or by E.164 number, the total is that of the lines unless given."""

    source: str
    external_id: str
    store_id: int
    bought_at: datetime
    lines: Sequence[NewLine]
    customer_id: int | None = None
    customer_phone: str | None = None
    seller_id: int | None = None
    total: Decimal | None = None
    currency: str | None = None

    @property
    def key(self) -> Key:
        return self.source, self.external_id


@dataclass(frozen=True)
class Recorded:
    """The stored purchase; `is_new` is False for one that was there before."""

    purchase: Purchase
    is_new: bool


@dataclass(frozen=True)
class Known:
    """What the rows of a batch refer to, read once for all of them."""

    customers: Mapping[int | str, int]
    stores: Mapping[int, Store]
    products: Mapping[int | str, int]
    workplaces: frozenset[tuple[int, int]]


def create_product(new: NewProduct, *, actor: Actor, now: datetime) -> Product:
    _check_next(new.next_product_id, of=None)
    product_id = db.session.execute(
        upsert(Product)
        .values(
            code=new.code.strip(),
            barcode=new.barcode,
            name=dict(new.name),
            category=new.category.strip(),
            pack_size=new.pack_size,
            unit=new.unit.strip(),
            is_restricted=new.is_restricted,
            follow_up_day=new.follow_up_day,
            is_large=new.is_large,
            is_consumable=new.is_consumable,
            until_age_months=new.until_age_months,
            next_product_id=new.next_product_id,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Product.code])
        .returning(Product.id)
    ).scalar()
    if product_id is None:
        raise CodeTaken()
    audit.record(audit_name(actor), action="product.create", subject=("product", product_id), now=now)
    return db.session.get_one(Product, product_id)


def update_product(
    product_id: int, changes: Mapping[str, Any], *, version: int, actor: Actor, now: datetime
) -> Product:
    """Change the named fields (EDITABLE) of the version the actor has seen.

    What was sold before follows: run-out days are computed anew the next night, open care keeps its checklists.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise ValueError(f"not fields of a product: {sorted(unknown)}")
    stmt = select(Product).where(Product.id == product_id).with_for_update()
    product = db.session.scalar(stmt.execution_options(populate_existing=True))
    if product is None:
        raise NotFound()
    if product.version != version:
        raise StaleVersion(extra={"version": product.version})
    if "next_product_id" in changes:
        _check_next(changes["next_product_id"], of=product_id)
    before = {name: getattr(product, name) for name in changes}
    for name, value in changes.items():
        setattr(product, name, value.strip() if isinstance(value, str) else value)
    changed = sorted(name for name, value in before.items() if getattr(product, name) != value)
    if changed:
        product.version += 1
        db.session.flush()
        audit.record(
            audit_name(actor),
            action="product.update",
            subject=("product", product_id),
            now=now,
            detail={
                "before": {name: _plain(before[name]) for name in changed},
                "after": {name: _plain(getattr(product, name)) for name in changed},
            },
        )
    return product


def _check_next(next_id: int | None, *, of: int | None) -> None:
    """Stages follow each other in a line: none leads back to where it began."""
    seen = {of}
    while next_id is not None:
        if next_id in seen:
            raise Invalid(errors={"next_product_id": [N_("A product can’t follow itself.")]})
        seen.add(next_id)
        row = db.session.execute(select(Product.next_product_id).where(Product.id == next_id)).one_or_none()
        if row is None:
            raise Invalid(errors={"next_product_id": [N_("There is no such product.")]})
        next_id = row[0]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def record_purchase(new: NewPurchase, *, actor: Actor, now: datetime) -> Recorded:
    """Store one purchase, or find it stored already. Raises Invalid with the field at fault."""
    try:
        return record_purchases([new], actor=actor, now=now)[0]
    except Invalid as problem:
        problem.errors = (problem.errors or {}).get("0")
        raise


def record_purchases(new: Sequence[NewPurchase], *, actor: Actor, now: datetime) -> list[Recorded]:
    """Store a batch, all of it or nothing, and answer in its order; a handful of statements whatever its size.

    What is known by (source, external_id) is answered as stored and not looked at again, so a till may repeat a batch
    after the customer has moved or the product was taken off the shelf. Raises Invalid with errors by position.
    """
    stored = _stored([purchase.key for purchase in new], actor=actor)
    fresh: dict[Key, NewPurchase] = {}
    for one in new:
        if one.key not in stored:
            fresh.setdefault(one.key, one)
    known = look_up(list(fresh.values()), actor=actor, now=now)
    errors = {
        str(position): faults
        for position, purchase in enumerate(new)
        if fresh.get(purchase.key) is purchase and (faults := faults_of(purchase, known, now=now))
    }
    if errors:
        raise Invalid(errors=errors)
    inserted = _insert(fresh, known, now=now)
    # Who lost the race for a key finds the winner's row now.
    stored |= _stored(list(fresh), actor=actor)
    for key in inserted:
        _announce(stored[key], actor=actor, now=now)
    unseen = set(inserted)
    answers = []
    for purchase in new:
        answers.append(Recorded(purchase=stored[purchase.key], is_new=purchase.key in unseen))
        unseen.discard(purchase.key)
    return answers


def _stored(keys: Sequence[Key], *, actor: Actor) -> dict[Key, Purchase]:
    if not keys:
        return {}
    rows = db.session.scalars(select(Purchase).where(tuple_(Purchase.source, Purchase.external_id).in_(keys)))
    found = {(row.source, row.external_id): row for row in rows}
    if any(not may_see_store(actor, row.store_id) for row in found.values()):
        raise PurchaseOfAnotherStore()
    return found


def look_up(purchases: Sequence[NewPurchase], *, actor: Actor, now: datetime) -> Known:
    if not purchases:
        return Known(customers={}, stores={}, products={}, workplaces=frozenset())
    lines = [line for purchase in purchases for line in purchase.lines]
    ids = {purchase.customer_id for purchase in purchases if purchase.customer_id is not None}
    phones = {purchase.customer_phone for purchase in purchases if purchase.customer_phone is not None}
    named: Any = select(Customer.id, Customer.phone).where(Customer.id.in_(ids) | Customer.phone.in_(phones))
    customers = visible_customers(named, actor, now)
    stores = select(Store).where(
        Store.id.in_({purchase.store_id for purchase in purchases}), in_own_stores(Store.id, actor)
    )
    products = select(Product.id, Product.code).where(
        Product.is_active,
        Product.id.in_({line.product_id for line in lines if line.product_id is not None})
        | Product.code.in_({line.product_code for line in lines if line.product_code is not None}),
    )
    sellers = {purchase.seller_id for purchase in purchases if purchase.seller_id is not None}
    workplaces = select(StaffStore.staff_id, StaffStore.store_id).where(StaffStore.staff_id.in_(sellers))
    return Known(
        customers=_by_either_name(db.session.execute(customers).all()),
        stores={store.id: store for store in db.session.scalars(stores)},
        products=_by_either_name(db.session.execute(products).all()),
        workplaces=frozenset((row[0], row[1]) for row in db.session.execute(workplaces)),
    )


def _by_either_name(rows: Sequence[Any]) -> dict[int | str, int]:
    """Rows of (id, other name) found by the one or the other."""
    return {name: identity for identity, other in rows for name in (identity, other) if name is not None}


def faults_of(new: NewPurchase, known: Known, *, now: datetime) -> dict[str, Any]:
    faults: dict[str, Any] = {}
    if new.store_id not in known.stores:
        faults["store_id"] = [N_("There is no such store, or it is not yours.")]
    elif new.seller_id is not None and (new.seller_id, new.store_id) not in known.workplaces:
        faults["seller_id"] = [N_("This person does not work in that store.")]
    if _customer_name(new) not in known.customers:
        field = "customer_phone" if new.customer_id is None else "customer_id"
        faults[field] = [N_("There is no such customer, or it is not yours to see.")]
    if new.bought_at > now + CLOCKS_DIFFER:
        faults["bought_at"] = [N_("This lies in the future.")]
    lines = {
        str(position): {_product_field(line): [N_("There is no such product, or it is no longer sold.")]}
        for position, line in enumerate(new.lines)
        if _product_name(line) not in known.products
    }
    if lines:
        faults["lines"] = lines
    return faults


def _customer_name(new: NewPurchase) -> int | str | None:
    return new.customer_phone if new.customer_id is None else new.customer_id


def _product_name(line: NewLine) -> int | str | None:
    return line.product_code if line.product_id is None else line.product_id


def _product_field(line: NewLine) -> str:
    return "product_code" if line.product_id is None else "product_id"


def _insert(fresh: Mapping[Key, NewPurchase], known: Known, *, now: datetime) -> dict[Key, int]:
    """Keys that were really new, with the ids they got."""
    if not fresh:
        return {}
    # In the order of their keys, so that two tills with overlapping batches don't wait for each other in a circle.
    rows = [_row(fresh[key], known, now=now) for key in sorted(fresh)]
    got = db.session.execute(
        upsert(Purchase)
        .values(rows)
        .on_conflict_do_nothing(index_elements=[Purchase.source, Purchase.external_id])
        .returning(Purchase.source, Purchase.external_id, Purchase.id)
    )
    ids = {(source, external_id): identity for source, external_id, identity in got}
    lines = [
        {
            "purchase_id": identity,
            "product_id": known.products[_product_name(line)],  # type: ignore[index]
            "quantity": line.quantity,
            "amount": line.amount,
            "is_taken": line.is_taken,
        }
        for key, identity in ids.items()
        for line in fresh[key].lines
    ]
    if lines:
        db.session.execute(insert(PurchaseLine), lines)
    return ids


def _row(new: NewPurchase, known: Known, *, now: datetime) -> dict[str, Any]:
    return {
        "source": new.source,
        "external_id": new.external_id,
        "customer_id": known.customers[_customer_name(new)],  # type: ignore[index]
        "store_id": new.store_id,
        "seller_id": new.seller_id,
        "bought_at": new.bought_at,
        "total": sum((line.amount for line in new.lines), Decimal(0)) if new.total is None else new.total,
        "currency": new.currency or ("CNY" if known.stores[new.store_id].country == "CN" else "HKD"),
        "recorded_at": now,
    }


def _announce(purchase: Purchase, *, actor: Actor, now: datetime) -> None:
    publish(
        PurchaseRecorded(
            purchase_id=purchase.id,
            customer_id=purchase.customer_id,
            store_id=purchase.store_id,
            occurred_at=purchase.bought_at,
        )
    )
    audit.record(
        audit_name(actor),
        action="purchase.create",
        subject=("purchase", purchase.id),
        store_id=purchase.store_id,
        now=now,
    )
