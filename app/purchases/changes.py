"""What became of a purchase after it was recorded: corrections and returns, each once, with how it stood before.

A correction says what the receipt should have said; a return says what came back. Whoever adds up purchases takes what
is left of them: quantity less returned, amount less refunded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import delete, select

from app.core import audit
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.outbox import publish
from app.customers.access import audit_name
from app.customers.models import Customer
from app.events import PurchaseCorrected, PurchaseReturned
from app.people.access import Actor, require_store
from app.purchases.errors import ChangeNumberTaken, ReturnedAlready
from app.purchases.models import Product, Purchase, PurchaseChange, PurchaseLine
from app.purchases.service import NewLine, NewPurchase, faults_of, look_up
from app.purchases.values import ChangeKind

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What the receipt should have said; a field left out stays. `lines` replaces all lines."""

    external_id: str
    reason: str = ""
    customer_id: int | None = None
    customer_phone: str | None = None
    seller_id: int | None = None
    bought_at: datetime | None = None
    total: Decimal | None = None
    lines: Sequence[NewLine] | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnedLine:
    """Pieces that came back, the line named by its id or by its product; without `refund` its share of the amount."""

    quantity: Decimal
    line_id: int | None = None
    product_id: int | None = None
    product_code: str | None = None
    refund: Decimal | None = None
    is_restocked: bool = False


@dataclass(frozen=True, kw_only=True)
class NewReturn:
    external_id: str
    lines: Sequence[ReturnedLine]
    reason: str = ""
    returned_at: datetime | None = None


@dataclass(frozen=True)
class Changed:
    """The purchase as it stands and the change; `is_new` is False for one that was sent before."""

    purchase: Purchase
    change: PurchaseChange
    is_new: bool


def correct(purchase_id: int, new: Correction, *, actor: Actor, now: datetime) -> Changed:
    purchase = _locked(purchase_id, actor=actor)
    known = _known(purchase, new.external_id, ChangeKind.CORRECTION)
    if known is not None:
        return Changed(purchase, known, is_new=False)
    lines = _lines(purchase.id)
    before = _snapshot(purchase, lines)
    previous_customer = purchase.customer_id
    found = _check(purchase, lines, new, actor=actor, now=now)
    if new.lines is not None:
        lines = _replace_lines(purchase, lines, new.lines, found.products)
    purchase.customer_id = found.customer_id
    purchase.seller_id = purchase.seller_id if new.seller_id is None else new.seller_id
    purchase.bought_at = new.bought_at or purchase.bought_at
    purchase.total = _total(purchase, lines, new)
    if purchase.total < purchase.refunded:
        raise Invalid(errors={"total": [N_("More than this has already been paid back.")]})
    purchase.corrected_at = now
    change = _write(
        purchase, ChangeKind.CORRECTION, new.external_id, new.reason, before, _snapshot(purchase, lines), now,
        actor=actor, now=now,
    )  # fmt: skip
    publish(
        PurchaseCorrected(
            purchase_id=purchase.id,
            customer_id=purchase.customer_id,
            store_id=purchase.store_id,
            version=purchase.version,
            previous_customer_id=None if previous_customer == purchase.customer_id else previous_customer,
            occurred_at=now,
        )
    )
    return Changed(purchase, change, is_new=True)


def give_back(purchase_id: int, new: NewReturn, *, actor: Actor, now: datetime) -> Changed:
    """Goods of a purchase come back, some or all of them."""
    purchase = _locked(purchase_id, actor=actor)
    known = _known(purchase, new.external_id, ChangeKind.RETURN)
    if known is not None:
        return Changed(purchase, known, is_new=False)
    at = new.returned_at or now
    if not purchase.bought_at <= at <= now:
        raise Invalid(errors={"returned_at": [N_("Must be after the purchase and not in the future.")]})
    lines = _lines(purchase.id)
    before = _snapshot(purchase, lines)
    returned = _return_lines(lines, new.lines)
    refund = sum((Decimal(line["refund"]) for line in returned), Decimal(0))
    purchase.refunded = min(purchase.total, purchase.refunded + refund)
    after = _snapshot(purchase, lines) | {"returned": returned}
    change = _write(purchase, ChangeKind.RETURN, new.external_id, new.reason, before, after, at, actor=actor, now=now)
    publish(
        PurchaseReturned(
            purchase_id=purchase.id,
            customer_id=purchase.customer_id,
            store_id=purchase.store_id,
            version=purchase.version,
            occurred_at=at,
        )
    )
    return Changed(purchase, change, is_new=True)


@dataclass(frozen=True)
class _Found:
    customer_id: int
    products: dict[int | str, int]


def _locked(purchase_id: int, *, actor: Actor) -> Purchase:
    stmt = select(Purchase).where(Purchase.id == purchase_id).with_for_update()
    purchase = db.session.scalar(stmt.execution_options(populate_existing=True))
    if purchase is None:
        raise NotFound()
    require_store(actor, purchase.store_id)
    return purchase


def _known(purchase: Purchase, external_id: str, kind: ChangeKind) -> PurchaseChange | None:
    change = db.session.scalar(
        select(PurchaseChange).where(
            PurchaseChange.purchase_id == purchase.id, PurchaseChange.external_id == external_id
        )
    )
    if change is not None and change.kind != kind:
        raise ChangeNumberTaken()
    return change


def _lines(purchase_id: int) -> list[PurchaseLine]:
    stmt = select(PurchaseLine).where(PurchaseLine.purchase_id == purchase_id).order_by(PurchaseLine.id)
    return list(db.session.scalars(stmt.execution_options(populate_existing=True)))


def _check(
    purchase: Purchase, lines: Sequence[PurchaseLine], new: Correction, *, actor: Actor, now: datetime
) -> _Found:
    """Whom and what the correction names. What the receipt already says needs no new leave: a product may be sold no
    more, a seller have gone, a customer have moved to another store."""
    names_customer = new.customer_id is not None or new.customer_phone is not None
    wanted = NewPurchase(
        source=purchase.source,
        external_id=purchase.external_id,
        store_id=purchase.store_id,
        bought_at=new.bought_at or purchase.bought_at,
        lines=new.lines or (),
        customer_id=new.customer_id if names_customer else purchase.customer_id,
        customer_phone=new.customer_phone,
        seller_id=new.seller_id,
    )
    known = look_up([wanted], actor=actor, now=now)
    printed = db.session.execute(
        select(Product.id, Product.code).where(Product.id.in_({line.product_id for line in lines}))
    )
    known = replace(
        known,
        products={**known.products, **{name: identity for identity, code in printed for name in (identity, code)}},
        customers={**known.customers, purchase.customer_id: purchase.customer_id},
        workplaces=known.workplaces | {(purchase.seller_id or 0, purchase.store_id)},
    )
    faults = faults_of(wanted, known, now=now)
    if faults:
        raise Invalid(errors=faults)
    name = wanted.customer_phone if wanted.customer_id is None else wanted.customer_id
    return _Found(known.customers[name or 0], dict(known.products))


def _replace_lines(
    purchase: Purchase, lines: Sequence[PurchaseLine], new: Sequence[NewLine], products: dict[int | str, int]
) -> list[PurchaseLine]:
    """Lines of the same product are changed in their order, the others go or come."""
    left = list(lines)
    kept = []
    for position, wanted in enumerate(new):
        product_id = products[wanted.product_id if wanted.product_id is not None else wanted.product_code or ""]
        line = next((one for one in left if one.product_id == product_id), None)
        if line is None:
            line = PurchaseLine(
                purchase_id=purchase.id, product_id=product_id, returned=Decimal(0), refunded=Decimal(0)
            )
            db.session.add(line)
        else:
            left.remove(line)
        if wanted.quantity < line.returned:
            raise Invalid(errors={"lines": {str(position): {"quantity": [N_("More than this has come back.")]}}})
        if wanted.amount < line.refunded:
            raise Invalid(errors={"lines": {str(position): {"amount": [N_("More than this has been paid back.")]}}})
        line.quantity, line.amount, line.is_taken = wanted.quantity, wanted.amount, wanted.is_taken
        kept.append(line)
    if any(line.returned for line in left):
        raise ReturnedAlready()
    if left:
        db.session.execute(delete(PurchaseLine).where(PurchaseLine.id.in_([line.id for line in left])))
    db.session.flush()
    return kept


def _total(purchase: Purchase, lines: Sequence[PurchaseLine], new: Correction) -> Decimal:
    if new.total is not None:
        return new.total
    if new.lines is not None:
        return sum((line.amount for line in lines), Decimal(0))
    return purchase.total


def _return_lines(lines: Sequence[PurchaseLine], wanted: Sequence[ReturnedLine]) -> list[dict[str, Any]]:
    """Book the pieces on their lines, a product named by itself on its lines in their order; what was booked where."""
    printed = select(Product.code, Product.id).where(Product.id.in_({line.product_id for line in lines}))
    codes: dict[str, int] = {row.code: row.id for row in db.session.execute(printed)}
    booked: list[dict[str, Any]] = []
    for position, one in enumerate(wanted):
        product_id = codes.get(one.product_code or "") if one.product_code is not None else one.product_id
        fitting = [line for line in lines if line.id == one.line_id or line.product_id == product_id]
        path = {"line_id": one.line_id, "product_id": one.product_id, "product_code": one.product_code}
        field = next(name for name, value in path.items() if value is not None)
        if not fitting:
            raise Invalid(errors={"lines": {str(position): {field: [N_("The receipt has no such line.")]}}})
        if one.quantity > sum((line.quantity - line.returned for line in fitting), Decimal(0)):
            raise Invalid(errors={"lines": {str(position): {"quantity": [N_("More than was bought and kept.")]}}})
        lines_booked = _book(fitting, one)
        if one.refund is not None and sum(Decimal(line["refund"]) for line in lines_booked) < one.refund:
            raise Invalid(errors={"lines": {str(position): {"refund": [N_("More than was paid and kept.")]}}})
        booked += lines_booked
    db.session.flush()
    return booked


def _book(fitting: Sequence[PurchaseLine], one: ReturnedLine) -> list[dict[str, Any]]:
    left, refund_left = one.quantity, one.refund
    booked = []
    for line in fitting:
        pieces = min(left, line.quantity - line.returned)
        if pieces <= 0:
            continue
        owed = line.amount - line.refunded
        if refund_left is None:
            # Counted from the first piece on, so the last one takes the cents that rounding left, and no more.
            refund = min(owed, _share(line, line.returned + pieces) - _share(line, line.returned))
        else:
            refund = min(owed, refund_left)
            refund_left -= refund
        line.returned += pieces
        line.refunded += refund
        left -= pieces
        booked.append(
            {
                "line_id": line.id,
                "product_id": line.product_id,
                "quantity": str(pieces),
                "refund": str(refund),
                "is_restocked": one.is_restocked,
            }
        )
    return booked


def _share(line: PurchaseLine, pieces: Decimal) -> Decimal:
    return (line.amount * pieces / line.quantity).quantize(CENT, ROUND_HALF_UP)


def _snapshot(purchase: Purchase, lines: Sequence[PurchaseLine]) -> dict[str, Any]:
    return {
        "customer_id": purchase.customer_id,
        "seller_id": purchase.seller_id,
        "bought_at": purchase.bought_at.isoformat(),
        "total": str(purchase.total),
        "refunded": str(purchase.refunded),
        "lines": [
            {
                "product_id": line.product_id,
                "quantity": str(line.quantity),
                "amount": str(line.amount),
                "returned": str(line.returned),
                "refunded": str(line.refunded),
            }
            for line in lines
        ],
    }


def _write(
    purchase: Purchase,
    kind: ChangeKind,
    external_id: str,
    reason: str,
    before: dict[str, Any],
    after: dict[str, Any],
    at: datetime,
    *,
    actor: Actor,
    now: datetime,
) -> PurchaseChange:
    purchase.version += 1
    change = PurchaseChange(
        purchase_id=purchase.id,
        external_id=external_id,
        kind=kind.value,
        version=purchase.version,
        reason=reason.strip(),
        actor_kind=actor.kind,
        actor_id=actor.id or None,
        before=before,
        after=after,
        occurred_at=at,
        recorded_at=now,
    )
    db.session.add(change)
    db.session.flush()
    audit.record(
        audit_name(actor),
        action=f"purchase.{kind.value}",
        subject=("purchase", purchase.id),
        store_id=purchase.store_id,
        now=now,
        detail={"version": purchase.version},
    )
    return change


def changes_of(purchase_id: int) -> list[PurchaseChange]:
    """The history of a purchase, oldest first. The caller has checked who asks."""
    stmt = select(PurchaseChange).where(PurchaseChange.purchase_id == purchase_id).order_by(PurchaseChange.id)
    return list(db.session.scalars(stmt))


def buyers_of(purchase_ids: Collection[int], more: Iterable[int | None] = ()) -> set[int]:
    """Whose run-outs a change touches: the customers as it stands and those it stood for before."""
    buyers = db.session.scalars(select(Purchase.customer_id).where(Purchase.id.in_(purchase_ids)))
    wanted = {identity for identity in (*buyers, *more) if identity is not None}
    return set(db.session.scalars(select(Customer.id).where(Customer.id.in_(wanted))))
