"""Who in a household uses up how much of what, and the guardian's own wish to be reminded.

Who may see a customer may keep his household's amounts. Callers own the transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.core import audit
from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.i18n import N_, Text3
from app.core.outbox import publish
from app.customers import access, care_limits
from app.customers import service as customers
from app.customers.models import Customer, HouseholdMember
from app.customers.values import GuardianChannel
from app.events import ReminderRequestEnded
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Store
from app.purchases import run_outs
from app.purchases.errors import IntakeEnded, IntakeKnown
from app.purchases.models import Intake, Product, Purchase, PurchaseLine, RunOut

OLDEST = timedelta(days=20 * 366)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the guardian said: please remind me when it runs out. The actor becomes its collector."""

    text: str
    channel: GuardianChannel
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewIntake:
    """`household_member_id` None: the customer himself. Without `since` from the day of the last purchase, or today."""

    product_id: int
    per_day: Decimal
    household_member_id: int | None = None
    since: date | None = None
    request: Request | None = None


@dataclass(frozen=True)
class IntakeFile:
    """An intake with what a reader wants to know of product and consumer."""

    intake: Intake
    code: str
    product: Text3
    unit: str
    is_restricted: bool
    consumer: str | None
    collector: str | None


@dataclass(frozen=True)
class RunOutFile:
    run_out: RunOut
    code: str
    product: Text3
    unit: str
    consumer: str | None
    next_product: Text3 | None


# Reads


def intakes_of(customer_id: int, *, actor: Actor, now: datetime, with_ended: bool = True) -> list[IntakeFile]:
    """The amounts kept in a file, open ones first."""
    customers.get(customer_id, actor=actor, now=now)
    stmt = _files().where(Intake.customer_id == customer_id)
    if not with_ended:
        stmt = stmt.where(Intake.until.is_(None))
    return _read(stmt.order_by(Intake.until.desc().nulls_first(), Intake.id))


def file_of(intake_id: int) -> IntakeFile:
    """One intake with names. The caller has checked who asks."""
    return _read(_files().where(Intake.id == intake_id))[0]


def run_outs_of(customer_id: int, *, actor: Actor, now: datetime) -> list[RunOutFile]:
    """When the customer's household runs out of what, the soonest first."""
    customers.get(customer_id, actor=actor, now=now)
    following = select(Product.id, Product.name).subquery("following")
    rows = db.session.execute(
        select(RunOut, Product.code, Product.name, Product.unit, HouseholdMember.name, following.c.name)
        .join(Product, Product.id == RunOut.product_id)
        .outerjoin(HouseholdMember, HouseholdMember.id == RunOut.household_member_id)
        .outerjoin(following, following.c.id == Product.next_product_id)
        .where(RunOut.customer_id == customer_id)
        .order_by(RunOut.day, RunOut.product_id)
    )
    return [RunOutFile(*row) for row in rows]


# Changes


def add(customer_id: int, new: NewIntake, *, actor: Actor, now: datetime) -> Intake:
    """Keep a daily amount. One consumer has one amount of a product at a time (IntakeKnown)."""
    customer = _locked_customer(customer_id, actor=actor, now=now)
    today = _today(customer, now)
    product = _product(new.product_id)
    _check_consumer(customer, new.household_member_id, product)
    since = new.since or _last_bought_on(customer, new.product_id) or today
    _check_since(since, today=today)
    twin = select(Intake.id).where(
        Intake.customer_id == customer_id,
        Intake.product_id == new.product_id,
        Intake.household_member_id.is_not_distinct_from(new.household_member_id),
        Intake.until.is_(None) | (Intake.until >= since),
    )
    if db.session.scalar(twin.limit(1)) is not None:
        raise IntakeKnown()
    intake = Intake(
        customer_id=customer_id,
        product_id=new.product_id,
        household_member_id=new.household_member_id,
        per_day=new.per_day,
        since=since,
        created_by_id=actor.staff_id,
        created_at=now,
    )
    if new.request is not None:
        _keep_request(intake, new.request, actor=actor, now=now)
    db.session.add(intake)
    _done("intake.create", intake, customer, actor=actor, now=now)
    return intake


def change_amount(
    intake_id: int, per_day: Decimal, *, version: int, actor: Actor, now: datetime, since: date | None = None
) -> Intake:
    """Another daily amount from `since` (else from today) on; the earlier days keep theirs.

    On or before the day it began the amount itself is put right. Returns the row that counts from now on; the
    guardian's request goes along.
    """
    intake, customer = _open(intake_id, version=version, actor=actor, now=now)
    today = _today(customer, now)
    begins = since or today
    _check_since(begins, today=today)
    if begins <= intake.since:
        _check_nothing_else_covers(begins, intake)
        intake.per_day, intake.since = per_day, begins
        intake.version += 1
        _done("intake.update", intake, customer, actor=actor, now=now)
        return intake
    _end(intake, last_day=begins - timedelta(days=1), reason="changed")
    following = Intake(
        customer_id=intake.customer_id,
        product_id=intake.product_id,
        household_member_id=intake.household_member_id,
        per_day=per_day,
        since=begins,
        requested_at=intake.requested_at,
        requested_by_text=intake.requested_by_text,
        requested_channel=intake.requested_channel,
        request_collector_id=intake.request_collector_id,
        created_by_id=actor.staff_id,
        created_at=now,
    )
    db.session.add(following)
    _done("intake.update", following, customer, actor=actor, now=now)
    return following


def request_reminders(intake_id: int, request: Request, *, version: int, actor: Actor, now: datetime) -> Intake:
    """Keep the guardian's request to be reminded, in the words used."""
    intake, customer = _open(intake_id, version=version, actor=actor, now=now)
    _keep_request(intake, request, actor=actor, now=now)
    intake.version += 1
    _done("intake.request", intake, customer, actor=actor, now=now)
    return intake


def withdraw_request(intake_id: int, *, version: int, actor: Actor, now: datetime) -> Intake:
    """No reminders any more; the audit log keeps that there was a request."""
    intake, customer = _open(intake_id, version=version, actor=actor, now=now)
    _forget_request(intake)
    intake.version += 1
    _done("intake.unrequest", intake, customer, actor=actor, now=now)
    _tell_ended(intake, now=now)
    return intake


def end(
    intake_id: int, *, version: int, actor: Actor, now: datetime, last_day: date | None = None, reason: str = ""
) -> Intake:
    """It is used no more after `last_day` (else yesterday); what is left then never runs out."""
    intake, customer = _open(intake_id, version=version, actor=actor, now=now)
    last = last_day or _today(customer, now) - timedelta(days=1)
    if last > _today(customer, now):
        raise Invalid(errors={"last_day": [N_("This lies in the future.")]})
    _end(intake, last_day=max(last, intake.since), reason=reason)
    _done("intake.end", intake, customer, actor=actor, now=now)
    _tell_ended(intake, now=now)
    return intake


def end_for_member(member_id: int, *, reason: str, now: datetime) -> int:
    """Consent taken back or member forgotten: amounts end and requests go, also those of ended rows; how many."""
    rows = db.session.scalars(
        select(Intake)
        .where(
            Intake.household_member_id == member_id,
            Intake.until.is_(None) | Intake.requested_at.is_not(None),
        )
        .order_by(Intake.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for intake in rows:
        customer = db.session.get_one(Customer, intake.customer_id)
        _forget_request(intake)
        if intake.until is None:
            _end(intake, last_day=max(intake.since, _today(customer, now) - timedelta(days=1)), reason=reason)
        else:
            intake.version += 1
    db.session.flush()
    run_outs.refresh(now, {intake.customer_id for intake in rows})
    return len(rows)


def follow_stages(purchase_ids: Collection[int], *, now: datetime) -> int:
    """Who buys the next stage of a product uses it from that day on, as much a day as before; how many consumers.

    The request is not carried over: the guardian asked to be reminded of another product, so somebody has to ask anew.
    """
    rows = db.session.execute(
        select(Intake, Product.next_product_id, Purchase.bought_at, Store.zone)
        .join(Product, Product.id == Intake.product_id)
        .join(Customer, Customer.id == Intake.customer_id)
        .join(PurchaseLine, PurchaseLine.product_id == Product.next_product_id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .join(Store, Store.id == Purchase.store_id)
        .where(
            Purchase.id.in_(purchase_ids),
            PurchaseLine.quantity > PurchaseLine.returned,
            Intake.until.is_(None),
            Customer.household_id == _household_of_buyer(),
        )
        .order_by(Intake.id, Purchase.bought_at, Purchase.id)
        .with_for_update(of=Intake)
    ).unique()
    moved = 0
    for intake, following_id, bought_at, zone in rows.all():
        day = bought_at.astimezone(ZoneInfo(zone)).date()
        known = select(Intake.id).where(
            Intake.customer_id == intake.customer_id,
            Intake.product_id == following_id,
            Intake.household_member_id.is_not_distinct_from(intake.household_member_id),
            Intake.until.is_(None) | (Intake.until >= day),
        )
        if day <= intake.since or intake.until is not None or db.session.scalar(known.limit(1)) is not None:
            continue
        _end(intake, last_day=day - timedelta(days=1), reason="next stage")
        _tell_ended(intake, now=now)
        db.session.add(
            Intake(
                customer_id=intake.customer_id,
                product_id=following_id,
                household_member_id=intake.household_member_id,
                per_day=intake.per_day,
                since=day,
                created_at=now,
            )
        )
        db.session.flush()
        moved += 1
    return moved


def _household_of_buyer() -> Any:
    buyer = aliased(Customer)
    return select(buyer.household_id).where(buyer.id == Purchase.customer_id).correlate(Purchase).scalar_subquery()


def _files() -> Any:
    return (
        select(Intake, Product.code, Product.name, Product.unit, Product.is_restricted, HouseholdMember.name)
        .join(Product, Product.id == Intake.product_id)
        .outerjoin(HouseholdMember, HouseholdMember.id == Intake.household_member_id)
    )


def _read(stmt: Any) -> list[IntakeFile]:
    rows = db.session.execute(stmt).all()
    names = people.names_of({row[0].request_collector_id for row in rows if row[0].request_collector_id})
    return [
        IntakeFile(
            intake=intake,
            code=code,
            product=name,
            unit=unit,
            is_restricted=is_restricted,
            consumer=consumer,
            collector=names.get(intake.request_collector_id or 0),
        )
        for intake, code, name, unit, is_restricted, consumer in rows
    ]


def _locked_customer(customer_id: int, *, actor: Actor, now: datetime) -> Customer:
    """Two people who keep the same amount at once wait for each other."""
    customer = customers.get(customer_id, actor=actor, now=now)
    run_outs.lock_households([customer_id])
    return customer


def _open(intake_id: int, *, version: int, actor: Actor, now: datetime) -> tuple[Intake, Customer]:
    stmt = select(Intake).where(Intake.id == intake_id).with_for_update().execution_options(populate_existing=True)
    intake = db.session.scalar(stmt)
    if intake is None:
        raise NotFound()
    customer = customers.get(intake.customer_id, actor=actor, now=now)
    if intake.version != version:
        raise StaleVersion(extra={"version": intake.version})
    if intake.until is not None:
        raise IntakeEnded()
    return intake, customer


def _product(product_id: int) -> Product:
    product = db.session.get(Product, product_id)
    if product is None or not product.is_active:
        raise Invalid(errors={"product_id": [N_("There is no such product, or it is no longer sold.")]})
    if product.pack_size is None:
        raise Invalid(errors={"product_id": [N_("How much is in a pack of this product is not known.")]})
    return product


def _check_consumer(customer: Customer, member_id: int | None, product: Product) -> None:
    if member_id is None:
        if product.is_restricted:
            raise Invalid(errors={"household_member_id": [N_("Say which child this is for.")]})
        return
    member = db.session.get(HouseholdMember, member_id)
    if member is None or member.household_id != customer.household_id or member.anonymised_at is not None:
        raise Invalid(errors={"household_member_id": [N_("There is no such member of this household.")]})
    if member.consent_withdrawn_at is not None:
        raise Invalid(errors={"household_member_id": [N_("The guardian has taken back the consent.")]})


def _check_since(since: date, *, today: date) -> None:
    if not today - OLDEST <= since <= today:
        raise Invalid(errors={"since": [N_("Must lie within the last twenty years and not in the future.")]})


def _check_nothing_else_covers(day: date, intake: Intake) -> None:
    """A day that an earlier amount of the same consumer covers would be counted twice."""
    other = select(Intake.id).where(
        Intake.id != intake.id,
        Intake.customer_id == intake.customer_id,
        Intake.product_id == intake.product_id,
        Intake.household_member_id.is_not_distinct_from(intake.household_member_id),
        Intake.until >= day,
    )
    if db.session.scalar(other.limit(1)) is not None:
        raise Invalid(errors={"since": [N_("Another amount is kept for this day already.")]})


def _keep_request(intake: Intake, request: Request, *, actor: Actor, now: datetime) -> None:
    if not request.text.strip():
        raise Invalid(errors={"request": {"text": [N_("Please write what the guardian asked for.")]}})
    if request.at is not None and request.at > now:
        raise Invalid(errors={"request": {"at": [N_("This lies in the future.")]}})
    care_limits.require({"request": request.text})
    intake.requested_at = request.at or now
    intake.requested_by_text = request.text.strip()
    intake.requested_channel = request.channel.value
    intake.request_collector_id = actor.staff_id


def _forget_request(intake: Intake) -> None:
    intake.requested_at = None
    intake.requested_by_text = None
    intake.requested_channel = None
    intake.request_collector_id = None


def _end(intake: Intake, *, last_day: date, reason: str) -> None:
    intake.until = last_day
    intake.end_reason = reason.strip()
    intake.version += 1
    db.session.flush()


def _tell_ended(intake: Intake, *, now: datetime) -> None:
    """Whoever was about to remind him hears of it at once; a child's consent that ends is a fact of its own."""
    publish(ReminderRequestEnded(customer_id=intake.customer_id, product_id=intake.product_id, occurred_at=now))


def _last_bought_on(customer: Customer, product_id: int) -> date | None:
    """The day on which the household last bought the product: most likely the pack it uses now."""
    row = db.session.execute(
        select(Purchase.bought_at, Store.zone)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(Store, Store.id == Purchase.store_id)
        .join(Customer, Customer.id == Purchase.customer_id)
        .where(
            Customer.household_id == customer.household_id,
            PurchaseLine.product_id == product_id,
            PurchaseLine.quantity > PurchaseLine.returned,
        )
        .order_by(Purchase.bought_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else row[0].astimezone(ZoneInfo(row[1])).date()


def _today(customer: Customer, now: datetime) -> date:
    return now.astimezone(people.zone_of_store(customer.store_id)).date()


def _done(action: str, intake: Intake, customer: Customer, *, actor: Actor, now: datetime) -> None:
    db.session.flush()
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("customer", customer.id),
        store_id=customer.store_id,
        now=now,
        detail={"intake_id": intake.id, "product_id": intake.product_id},
    )
    run_outs.refresh(now, [customer.id])
