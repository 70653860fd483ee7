"""Daily amounts: who uses how much of what, the guardian's request, and what ends them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.models import AuditEntry
from app.customers import members
from app.customers.errors import TooPrivate
from app.customers.models import Customer, HouseholdMember
from app.customers.values import GuardianChannel
from app.people.access import Actor, Role
from app.purchases import intakes, service
from app.purchases.changes import Correction, NewReturn, ReturnedLine, correct, give_back
from app.purchases.errors import IntakeEnded, IntakeKnown
from app.purchases.intakes import NewIntake, Request
from app.purchases.models import Intake, Product, RunOut
from app.purchases.service import NewLine, NewPurchase
from tests.factories.customers import make_customer, make_member
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.purchases import make_intake, make_product, make_purchase

SYSTEM = Actor.system()
TODAY = date(2027, 3, 10)
WISH = Request(text="奶粉快吃完时请提醒我", channel=GuardianChannel.PHONE)


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer(store=make_store(zone="Asia/Hong_Kong"))


@pytest.fixture
def baby(customer: Customer) -> HouseholdMember:
    return make_member(customer, birth_date=date(2026, 11, 3))


@pytest.fixture
def formula(session: Session) -> Product:
    return make_product(code="F1", pack_size=Decimal(900), unit="g", is_restricted=True, is_consumable=True)


def fed(formula: Product, baby: HouseholdMember | None, per_day: int = 100, **changes: object) -> NewIntake:
    member = baby.id if baby else None
    values: dict[str, object] = {"product_id": formula.id, "household_member_id": member, "per_day": Decimal(per_day)}
    return NewIntake(**{**values, **changes})  # type: ignore[arg-type]


def run_out(session: Session) -> RunOut | None:
    return session.scalars(select(RunOut).execution_options(populate_existing=True)).one_or_none()


def receipt(customer: Customer, product: Product, now: datetime, number: str = "R1", quantity: int = 1) -> NewPurchase:
    return NewPurchase(
        source="till",
        external_id=number,
        customer_id=customer.id,
        store_id=customer.store_id,
        bought_at=now,
        lines=[NewLine(product_id=product.id, quantity=Decimal(quantity), amount=Decimal(300))],
    )


def test_an_amount_counts_from_the_last_purchase_and_tells_the_run_out(
    session: Session, customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    make_purchase(customer, lines=[(formula, 1, 300)], bought_at=now - timedelta(days=4))

    kept = intakes.add(customer.id, fed(formula, baby, request=WISH), actor=SYSTEM, now=now)

    assert (kept.since, kept.requested_at, kept.requested_channel) == (TODAY - timedelta(days=4), now, "phone")
    found = run_out(session)
    assert found is not None
    assert (found.day, found.is_requested, found.household_member_id) == (date(2027, 3, 15), True, baby.id)
    assert session.scalars(select(AuditEntry.action)).all() == ["intake.create"]


def test_without_a_purchase_an_amount_counts_from_today(
    customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    assert intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now).since == TODAY


def test_one_consumer_has_one_amount_of_a_product(
    customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)

    with pytest.raises(IntakeKnown):
        intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)


def test_a_restricted_product_names_the_child(customer: Customer, formula: Product, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        intakes.add(customer.id, fed(formula, None), actor=SYSTEM, now=now)
    assert list(refused.value.errors or {}) == ["household_member_id"]


def test_the_child_of_another_household_is_unknown(customer: Customer, formula: Product, now: datetime) -> None:
    with pytest.raises(Invalid):
        intakes.add(customer.id, fed(formula, make_member(make_customer())), actor=SYSTEM, now=now)


def test_without_a_content_nothing_can_run_out(customer: Customer, now: datetime) -> None:
    product = make_product(pack_size=None)

    with pytest.raises(Invalid) as refused:
        intakes.add(customer.id, fed(product, None), actor=SYSTEM, now=now)
    assert list(refused.value.errors or {}) == ["product_id"]


@pytest.mark.parametrize("since", [TODAY + timedelta(days=1), date(1990, 1, 1)])
def test_an_amount_begins_in_living_memory(customer: Customer, now: datetime, since: date) -> None:
    with pytest.raises(Invalid) as refused:
        intakes.add(customer.id, fed(make_product(), None, since=since), actor=SYSTEM, now=now)
    assert list(refused.value.errors or {}) == ["since"]


def test_a_changed_amount_keeps_the_earlier_days_and_the_request(
    session: Session, customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    make_purchase(customer, lines=[(formula, 1, 300)], bought_at=now - timedelta(days=4))
    old = intakes.add(customer.id, fed(formula, baby, request=WISH), actor=SYSTEM, now=now)

    new = intakes.change_amount(old.id, Decimal(250), version=1, actor=SYSTEM, now=now)

    assert (old.until, new.since, new.requested_by_text) == (TODAY - timedelta(days=1), TODAY, WISH.text)
    found = run_out(session)
    # Four days at 100 leave 500, which last two days at 250.
    assert found is not None
    assert (found.day, found.is_requested) == (date(2027, 3, 12), True)


def test_an_amount_changed_from_its_first_day_is_put_right(
    session: Session, customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    old = intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)

    new = intakes.change_amount(old.id, Decimal(90), version=1, since=TODAY, actor=SYSTEM, now=now)

    assert (new.id, new.per_day, new.version, new.until) == (old.id, 90, 2, None)


def test_no_day_is_counted_with_two_amounts(
    customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    old = intakes.add(customer.id, fed(formula, baby, since=TODAY - timedelta(days=30)), actor=SYSTEM, now=now)
    new = intakes.change_amount(old.id, Decimal(90), version=1, since=TODAY - timedelta(days=10), actor=SYSTEM, now=now)

    with pytest.raises(Invalid) as refused:
        intakes.change_amount(new.id, Decimal(95), version=1, since=TODAY - timedelta(days=20), actor=SYSTEM, now=now)
    assert list(refused.value.errors or {}) == ["since"]


def test_a_change_of_what_somebody_else_has_changed_is_refused(
    customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    kept = intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)
    intakes.request_reminders(kept.id, WISH, version=1, actor=SYSTEM, now=now)

    with pytest.raises(StaleVersion):
        intakes.change_amount(kept.id, Decimal(90), version=1, actor=SYSTEM, now=now)


def test_an_ended_amount_has_no_run_out_and_is_changed_no_more(
    session: Session, customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    make_purchase(customer, lines=[(formula, 1, 300)], bought_at=now - timedelta(days=4))
    kept = intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)

    ended = intakes.end(kept.id, version=1, reason="Drinks milk now", actor=SYSTEM, now=now)

    assert (ended.until, ended.end_reason) == (TODAY - timedelta(days=1), "Drinks milk now")
    assert run_out(session) is None
    with pytest.raises(IntakeEnded):
        intakes.end(kept.id, version=2, actor=SYSTEM, now=now)


def test_a_request_is_kept_with_its_words_and_collector_and_can_be_taken_back(
    session: Session, customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    make_purchase(customer, lines=[(formula, 1, 300)], bought_at=now)
    boss = make_staff(Role.HEAD_OFFICE)
    kept = intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)

    intakes.request_reminders(kept.id, WISH, version=1, actor=actor_of(boss), now=now)
    assert (kept.requested_by_text, kept.request_collector_id) == (WISH.text, boss.id)

    intakes.withdraw_request(kept.id, version=2, actor=SYSTEM, now=now)
    found = run_out(session)
    assert found is not None
    assert (found.is_requested, kept.requested_by_text) == (False, None)


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (Request(text="  ", channel=GuardianChannel.PHONE), Invalid),
        (Request(text="She is getting a divorce", channel=GuardianChannel.PHONE), TooPrivate),
    ],
)
def test_an_empty_or_too_private_request_is_not_kept(
    customer: Customer, baby: HouseholdMember, formula: Product, now: datetime, wish: Request, error: type[Exception]
) -> None:
    with pytest.raises(error):
        intakes.add(customer.id, fed(formula, baby, request=wish), actor=SYSTEM, now=now)


def test_a_stranger_neither_reads_nor_keeps_amounts(
    customer: Customer, baby: HouseholdMember, formula: Product, now: datetime
) -> None:
    kept = intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)
    stranger = actor_of(make_staff())

    with pytest.raises(NotFound):
        intakes.intakes_of(customer.id, actor=stranger, now=now)
    with pytest.raises(NotFound):
        intakes.end(kept.id, version=1, actor=stranger, now=now)


def test_a_withdrawn_consent_ends_amounts_and_requests(
    session: Session,
    customer: Customer,
    baby: HouseholdMember,
    formula: Product,
    now: datetime,
    drain: Callable[..., int],
) -> None:
    make_purchase(customer, lines=[(formula, 1, 300)], bought_at=now - timedelta(days=4))
    kept = intakes.add(customer.id, fed(formula, baby, request=WISH), actor=SYSTEM, now=now)

    members.withdraw(baby.id, text="不要再记录", channel=GuardianChannel.PHONE, actor=SYSTEM, now=now)
    drain()

    session.refresh(kept)
    assert (kept.until, kept.requested_by_text, kept.requested_at) == (TODAY - timedelta(days=1), None, None)
    assert run_out(session) is None


def test_a_removed_member_uses_nothing_any_more(
    session: Session,
    customer: Customer,
    baby: HouseholdMember,
    formula: Product,
    now: datetime,
    drain: Callable[..., int],
) -> None:
    kept = intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)

    members.anonymise(baby.id, actor=SYSTEM, now=now)
    drain()

    session.refresh(kept)
    assert kept.until == TODAY


def test_each_purchase_moves_the_run_out(
    session: Session,
    customer: Customer,
    baby: HouseholdMember,
    formula: Product,
    now: datetime,
    drain: Callable[..., int],
) -> None:
    intakes.add(customer.id, fed(formula, baby), actor=SYSTEM, now=now)
    purchase = service.record_purchase(receipt(customer, formula, now, quantity=3), actor=SYSTEM, now=now).purchase
    drain()
    days = [getattr(run_out(session), "day", None)]

    lines = [NewLine(product_id=formula.id, quantity=Decimal(2), amount=Decimal(200))]
    correct(purchase.id, Correction(external_id="C1", lines=lines), actor=SYSTEM, now=now)
    drain()
    days.append(getattr(run_out(session), "day", None))

    one_back = [ReturnedLine(product_id=formula.id, quantity=Decimal(1))]
    give_back(purchase.id, NewReturn(external_id="B1", lines=one_back), actor=SYSTEM, now=now)
    drain()
    days.append(getattr(run_out(session), "day", None))

    assert days == [TODAY + timedelta(days=27), TODAY + timedelta(days=18), TODAY + timedelta(days=9)]


def test_a_receipt_written_on_the_wrong_customer_moves_both_run_outs(
    session: Session,
    customer: Customer,
    formula: Product,
    now: datetime,
    drain: Callable[..., int],
) -> None:
    other = make_customer(store_id=customer.store_id)
    for person in (customer, other):
        make_intake(person, formula, 100, since=TODAY)
    purchase = service.record_purchase(receipt(customer, formula, now), actor=SYSTEM, now=now).purchase
    drain()

    correct(purchase.id, Correction(external_id="C1", customer_id=other.id), actor=SYSTEM, now=now)
    drain()

    found = run_out(session)
    assert found is not None
    assert found.customer_id == other.id


def test_who_buys_the_next_stage_uses_it_from_then_on_and_is_asked_anew(
    session: Session,
    customer: Customer,
    baby: HouseholdMember,
    formula: Product,
    now: datetime,
    drain: Callable[..., int],
) -> None:
    following = make_product(code="F2", pack_size=Decimal(900), is_restricted=True, is_consumable=True)
    formula.next_product_id = following.id
    first = intakes.add(
        customer.id, fed(formula, baby, since=TODAY - timedelta(days=60), request=WISH), actor=SYSTEM, now=now
    )

    service.record_purchase(receipt(customer, following, now), actor=SYSTEM, now=now)
    drain()

    session.refresh(first)
    assert (first.until, first.end_reason) == (TODAY - timedelta(days=1), "next stage")
    second = session.scalars(select(Intake).where(Intake.product_id == following.id)).one()
    assert (second.per_day, second.since, second.requested_at) == (100, TODAY, None)
    found = run_out(session)
    assert found is not None
    assert (found.product_id, found.day, found.is_requested) == (following.id, TODAY + timedelta(days=9), False)
