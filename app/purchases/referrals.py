"""Old customers who bring new ones 老带新. A referral is written down once and counts when the new customer first buys.

What counts is always read from the purchases as they stand, so that repeated, late and taken-back facts end alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, text
from sqlalchemy.orm import aliased

from app.core import audit
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.i18n import N_
from app.core.paging import Page, page_of
from app.core.phone import parse_e164
from app.customers import service as customers
from app.customers.access import audit_name, visible_customers
from app.customers.models import Customer
from app.people.access import Actor, in_own_stores, may_lead_store
from app.people.models import Staff, Store
from app.purchases.errors import BoughtBefore, BroughtAlready, ReferralInCircle, SameHousehold, SamePerson
from app.purchases.tier_models import Referral

SHOWN = 100


class ReferralState(StrEnum):
    """WAITING for the first purchase; TAKEN_BACK: it was wholly returned; VOID: it never could count."""

    WAITING = "waiting"
    COUNTED = "counted"
    TAKEN_BACK = "taken_back"
    VOID = "void"


class VoidReason(StrEnum):
    BOUGHT_BEFORE = "bought_before"
    SAME_HOUSEHOLD = "same_household"


@dataclass(frozen=True)
class Side:
    """One of the two people; `name` is None for a customer of a store the reader doesn't see."""

    id: int | None
    name: str | None


@dataclass(frozen=True)
class Bringing:
    """A referral as it is shown."""

    referral: Referral
    referrer: Side
    newcomer: Side
    store_id: int
    recorded_by: str | None
    state: ReferralState


@dataclass(frozen=True)
class TopReferrer:
    customer_id: int
    name: str
    counted: int
    waiting: int


@dataclass(frozen=True)
class OfCustomer:
    """What the file of one customer says about referrals."""

    brought_by: Bringing | None
    brought: Sequence[Bringing]
    may_be_recorded: bool

    @property
    def counted(self) -> int:
        return sum(one.state is ReferralState.COUNTED for one in self.brought)


def record(
    new_customer_id: int,
    *,
    referrer_id: int | None = None,
    referrer_phone: str | None = None,
    actor: Actor,
    now: datetime,
) -> Referral:
    """Write down who brought the customer; counts at once if he has bought on this very day.

    Refused: oneself, somebody of the same household, a circle, a second referrer, and a customer who bought on an
    earlier day. The referrer is named by id, or by the whole number as he gives it at the counter.
    """
    newcomer = customers.get(new_customer_id, actor=actor, now=now)
    referrer = _referrer(newcomer, referrer_id=referrer_id, phone=referrer_phone, actor=actor, now=now)
    if referrer.id == newcomer.id:
        raise SamePerson()
    if referrer.household_id == newcomer.household_id:
        raise SameHousehold()
    # One at a time: two recorded at the same moment could close a circle that neither of them sees.
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('referral'))"))
    if db.session.scalar(select(Referral.id).where(Referral.new_customer_id == newcomer.id)) is not None:
        raise BroughtAlready()
    if newcomer.id in _who_brought(referrer.id):
        raise ReferralInCircle()
    first = _first_purchase(newcomer.id)
    if first is not None and first.day < _local_day(newcomer.store_id, now):
        raise BoughtBefore()
    referral = Referral(
        new_customer_id=newcomer.id, referrer_id=referrer.id, recorded_at=now, recorded_by_id=actor.staff_id
    )
    db.session.add(referral)
    db.session.flush()
    _audit("referral.create", referral, newcomer.store_id, actor=actor, now=now)
    recount(newcomer.id, now=now)
    return referral


def withdraw(referral_id: int, *, actor: Actor, now: datetime) -> None:
    """Take back what was written down by mistake: whoever leads the store, or its author while it does not count."""
    referral = db.session.get(Referral, referral_id, with_for_update=True)
    if referral is None:
        raise NotFound()
    newcomer = customers.get(referral.new_customer_id, actor=actor, now=now)
    is_own = referral.recorded_by_id == actor.staff_id and referral.counted_at is None
    if not (is_own or may_lead_store(actor, newcomer.store_id)):
        raise Forbidden(N_("Only a supervisor takes back a referral that counts, or one of a colleague."))
    _audit("referral.withdraw", referral, newcomer.store_id, actor=actor, now=now)
    db.session.delete(referral)
    db.session.flush()


def recount(new_customer_id: int, *, now: datetime) -> None:
    """Let the customer's referral, if there is one, count or not, as his purchases stand now."""
    referral = db.session.scalar(
        select(Referral)
        .where(Referral.new_customer_id == new_customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if referral is None:
        return
    newcomer = db.session.get_one(Customer, new_customer_id)
    first = _first_purchase(new_customer_id)
    if first is None:
        if referral.counted_at is not None:
            referral.taken_back_at = now
        referral.counted_at = referral.counted_purchase_id = referral.void_reason = None
    elif first.day < _local_day(newcomer.store_id, referral.recorded_at):
        _void(referral, VoidReason.BOUGHT_BEFORE)
    elif referral.counted_purchase_id is None and _share_a_household(referral):
        _void(referral, VoidReason.SAME_HOUSEHOLD)
    elif referral.counted_purchase_id != first.id:
        referral.void_reason = referral.taken_back_at = None
        referral.counted_at, referral.counted_purchase_id = now, first.id
    db.session.flush()


def recount_among(customer_ids: Collection[int], *, now: datetime) -> None:
    """The same for those of these customers whom somebody has brought."""
    brought = select(Referral.new_customer_id).where(Referral.new_customer_id.in_(customer_ids))
    for customer_id in db.session.scalars(brought.order_by(Referral.id)).all():
        recount(customer_id, now=now)


def get(referral_id: int, *, actor: Actor, now: datetime) -> Bringing:
    stmt = _visible(actor, now).where(Referral.id == referral_id)
    row = db.session.execute(stmt).first()
    if row is None:
        raise NotFound()
    return _bringing(row)


def page_of_referrals(
    *,
    actor: Actor,
    now: datetime,
    store_id: int | None = None,
    referrer_id: int | None = None,
    state: ReferralState | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Bringing rows whose new customer the actor may see, the newest first."""
    stmt = _visible(actor, now)
    if store_id is not None:
        stmt = stmt.where(Customer.store_id == store_id)
    if referrer_id is not None:
        stmt = stmt.where(Referral.referrer_id == referrer_id)
    if state is not None:
        stmt = stmt.where(_is_in(state))
    page = page_of(stmt, keys=[Referral.recorded_at.desc(), Referral.id.desc()], cursor=cursor, limit=limit)
    return Page(rows=[_bringing(row) for row in page.rows], next_cursor=page.next_cursor)


def list_of(
    *, actor: Actor, now: datetime, store_id: int | None = None, state: ReferralState | None = None
) -> Select[Any]:
    """The whole list in its order, as columns."""
    columns: list[Any] = [
        Referral.new_customer_id.label("new_id"),
        Referral.recorded_at,
        Referral.counted_at,
        Store.name.label("store"),
        Store.zone,
        case(*((_is_in(one), one.value) for one in ReferralState)).label("state"),
    ]
    stmt: Select[Any] = _visible(actor, now).join(Store, Store.id == Customer.store_id)
    named = [column for column in stmt.selected_columns if column.key in ("new_name", "referrer_name", "recorded_by")]
    stmt = stmt.with_only_columns(*named, *columns).order_by(Referral.recorded_at.desc(), Referral.id.desc())
    if store_id is not None:
        stmt = stmt.where(Customer.store_id == store_id)
    return stmt if state is None else stmt.where(_is_in(state))


def top_referrers(*, actor: Actor, now: datetime, store_id: int | None = None, limit: int = 10) -> list[TopReferrer]:
    """Who brought most customers that count, among those the actor may see."""
    counted, waiting = func.count(Referral.counted_at), func.count().filter(_is_in(ReferralState.WAITING))
    columns: list[Any] = [Customer.id, Customer.name, counted, waiting]
    stmt: Select[Any] = (
        select(*columns)
        .join(Referral, Referral.referrer_id == Customer.id)
        .group_by(Customer.id, Customer.name)
        .order_by(counted.desc(), waiting.desc(), Customer.id)
        .limit(limit)
    )
    if store_id is not None:
        stmt = stmt.where(Customer.store_id == store_id)
    return [TopReferrer(*row) for row in db.session.execute(visible_customers(stmt, actor, now))]


def of_customer(customer: Customer, *, actor: Actor, now: datetime) -> OfCustomer:
    """Who brought the customer and whom he brought, as far as the actor may know. The caller has checked who asks."""
    own = db.session.execute(_visible(actor, now).where(Referral.new_customer_id == customer.id)).first()
    brought = db.session.execute(
        _visible(actor, now)
        .where(Referral.referrer_id == customer.id)
        .order_by(Referral.recorded_at.desc(), Referral.id.desc())
        .limit(SHOWN)
    )
    first = _first_purchase(customer.id) if own is None else None
    return OfCustomer(
        brought_by=_bringing(own) if own is not None else None,
        brought=[_bringing(row) for row in brought],
        may_be_recorded=own is None and (first is None or first.day >= _local_day(customer.store_id, now)),
    )


def state_of(referral: Referral) -> ReferralState:
    if referral.void_reason is not None:
        return ReferralState.VOID
    if referral.counted_at is not None:
        return ReferralState.COUNTED
    return ReferralState.TAKEN_BACK if referral.taken_back_at is not None else ReferralState.WAITING


@dataclass(frozen=True)
class _FirstPurchase:
    id: int
    day: date


# Returned as a whole: it has lines, and of none anything was kept.
_FIRST = text("""
    SELECT p.id, (p.bought_at AT TIME ZONE s.zone)::date
    FROM purchase p
    JOIN customer c ON c.id = p.customer_id
    JOIN store s ON s.id = c.store_id
    WHERE p.customer_id = :customer_id
      AND (EXISTS (SELECT 1 FROM purchase_line l WHERE l.purchase_id = p.id AND l.returned < l.quantity)
        OR NOT EXISTS (SELECT 1 FROM purchase_line l WHERE l.purchase_id = p.id))
    ORDER BY p.bought_at, p.id
    LIMIT 1""")

_CHAIN = text("""
    WITH RECURSIVE chain (id) AS (
        SELECT CAST(:start AS int)
        UNION
        SELECT r.referrer_id FROM chain JOIN referral r ON r.new_customer_id = chain.id
    )
    SELECT id FROM chain""")


def _first_purchase(customer_id: int) -> _FirstPurchase | None:
    row = db.session.execute(_FIRST, {"customer_id": customer_id}).first()
    return _FirstPurchase(*row) if row else None


def _who_brought(customer_id: int) -> set[int]:
    """The customer, who brought him, who brought that one, and so on."""
    return set(db.session.scalars(_CHAIN, {"start": customer_id}))


def _local_day(store_id: int, moment: datetime) -> date:
    local = func.date(func.timezone(Store.zone, moment))
    day: date = db.session.execute(select(local).where(Store.id == store_id)).scalar_one()
    return day


def _share_a_household(referral: Referral) -> bool:
    both = select(Customer.household_id).where(Customer.id.in_([referral.new_customer_id, referral.referrer_id]))
    return len(set(db.session.scalars(both))) == 1


def _void(referral: Referral, reason: VoidReason) -> None:
    referral.void_reason = reason.value
    referral.counted_at = referral.counted_purchase_id = None


def _referrer(
    newcomer: Customer, *, referrer_id: int | None, phone: str | None, actor: Actor, now: datetime
) -> Customer:
    if (referrer_id is None) == (not phone):
        raise Invalid(errors={"referrer_id": [N_("Name who brought the customer, by id or by number.")]})
    if referrer_id is not None:
        stmt = visible_customers(select(Customer).where(Customer.id == referrer_id), actor, now)
        field = "referrer_id"
    else:
        # Who knows the whole number was told it by the customer; which associate looks after him doesn't matter.
        country = db.session.get_one(Store, newcomer.store_id).country
        try:
            number = parse_e164(phone or "", region=country)
        except Invalid as problem:
            raise Invalid(errors={"referrer_phone": [N_("This is not a phone number.")]}) from problem
        stmt = select(Customer).where(Customer.phone == number, in_own_stores(Customer.store_id, actor))
        field = "referrer_phone"
    found: Customer | None = db.session.scalar(stmt)
    if found is None:
        raise Invalid(errors={field: [N_("There is no such customer in your stores.")]})
    return found


_referrer_file = aliased(Customer)


def _visible(actor: Actor, now: datetime) -> Select[Any]:
    """Referrals with both sides; `Customer` is the new one, by whom it is decided who sees it."""
    may_name = in_own_stores(_referrer_file.store_id, actor)
    stmt: Select[Any] = (
        select(
            Referral,
            Customer.name.label("new_name"),
            Customer.store_id.label("store_id"),
            case((may_name, _referrer_file.name), else_=literal(None)).label("referrer_name"),
            Staff.name.label("recorded_by"),
        )
        .join(Customer, Customer.id == Referral.new_customer_id)
        .join(_referrer_file, _referrer_file.id == Referral.referrer_id)
        .outerjoin(Staff, Staff.id == Referral.recorded_by_id)
    )
    return visible_customers(stmt, actor, now)


def _is_in(state: ReferralState) -> ColumnElement[bool]:
    not_counted = Referral.counted_at.is_(None) & Referral.void_reason.is_(None)
    match state:
        case ReferralState.COUNTED:
            return Referral.counted_at.is_not(None)
        case ReferralState.VOID:
            return Referral.void_reason.is_not(None)
        case ReferralState.TAKEN_BACK:
            return and_(not_counted, Referral.taken_back_at.is_not(None))
        case ReferralState.WAITING:
            return and_(not_counted, Referral.taken_back_at.is_(None))


def _bringing(row: Any) -> Bringing:
    referral: Referral = row[0]
    return Bringing(
        referral=referral,
        referrer=Side(id=referral.referrer_id if row.referrer_name is not None else None, name=row.referrer_name),
        newcomer=Side(id=referral.new_customer_id, name=row.new_name),
        store_id=row.store_id,
        recorded_by=row.recorded_by,
        state=state_of(referral),
    )


def _audit(action: str, referral: Referral, store_id: int, *, actor: Actor, now: datetime) -> None:
    audit.record(
        audit_name(actor),
        action=action,
        subject=("customer", referral.new_customer_id),
        store_id=store_id,
        now=now,
        detail={"referral_id": referral.id, "referrer_id": referral.referrer_id},
    )
