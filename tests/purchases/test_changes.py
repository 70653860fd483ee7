"""Corrections and returns: each once, with history, and everything that adds up counts what is left."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.core.models import AuditEntry, FactRow
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.purchases import changes, queries
from app.purchases.changes import Correction, NewReturn, ReturnedLine
from app.purchases.errors import ChangeNumberTaken, ReturnedAlready
from app.purchases.models import Product, Purchase, PurchaseChange, PurchaseLine
from app.purchases.restricted import buys_nothing_else
from app.purchases.service import NewLine
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff
from tests.factories.purchases import make_product, make_purchase

SYSTEM = Actor.system()


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer()


@pytest.fixture
def product(session: Session) -> Product:
    return make_product(code="SH-400")


@pytest.fixture
def purchase(customer: Customer, product: Product, now: datetime) -> Purchase:
    return make_purchase(customer, lines=[(product, 4, 100)], bought_at=now - timedelta(days=3))


def line_of(product: Product, quantity: str, amount: str) -> NewLine:
    return NewLine(product_id=product.id, quantity=Decimal(quantity), amount=Decimal(amount))


def back(product: Product, quantity: str, *, number: str = "B1", refund: str | None = None) -> NewReturn:
    line = ReturnedLine(
        product_id=product.id, quantity=Decimal(quantity), refund=None if refund is None else Decimal(refund)
    )
    return NewReturn(external_id=number, lines=[line])


def facts(session: Session, name: str) -> list[dict[str, object]]:
    return list(session.scalars(select(FactRow.payload).where(FactRow.name == name).order_by(FactRow.id)))


def only_line(purchase: Purchase) -> queries.Line:
    [line] = queries.lines_of([purchase.id])[purchase.id]
    return line


def test_a_correction_replaces_the_lines_and_keeps_what_stood_before(
    session: Session, purchase: Purchase, product: Product, now: datetime
) -> None:
    done = changes.correct(
        purchase.id,
        Correction(external_id="C1", reason="Typed wrong", lines=[line_of(product, "2", "50")]),
        actor=SYSTEM,
        now=now,
    )

    assert (done.is_new, done.purchase.total, done.purchase.version, done.purchase.corrected_at) == (True, 50, 2, now)
    assert (only_line(purchase).quantity, only_line(purchase).amount) == (2, 50)
    assert done.change.before["lines"][0]["quantity"] == "4.000"
    assert done.change.after["total"] == "50"
    assert [fact["version"] for fact in facts(session, "PurchaseCorrected")] == [2]
    assert session.scalars(select(AuditEntry.action)).all() == ["purchase.correction"]


def test_the_same_correction_again_changes_nothing(
    session: Session, purchase: Purchase, product: Product, now: datetime
) -> None:
    correction = Correction(external_id="C1", lines=[line_of(product, "2", "50")])
    changes.correct(purchase.id, correction, actor=SYSTEM, now=now)

    again = changes.correct(purchase.id, replace(correction, total=Decimal(1)), actor=SYSTEM, now=now)

    assert (again.is_new, again.purchase.total, again.purchase.version) == (False, 50, 2)
    assert len(facts(session, "PurchaseCorrected")) == 1


def test_a_line_of_another_product_comes_and_the_old_one_goes(
    purchase: Purchase, product: Product, now: datetime
) -> None:
    other = make_product()
    changes.correct(purchase.id, Correction(external_id="C1", lines=[line_of(other, "1", "30")]), actor=SYSTEM, now=now)

    assert only_line(purchase).product_id == other.id


def test_a_receipt_moves_to_the_customer_who_really_bought(
    session: Session, purchase: Purchase, customer: Customer, now: datetime
) -> None:
    buyer = make_customer(store_id=customer.store_id)

    changes.correct(purchase.id, Correction(external_id="C1", customer_phone=buyer.phone), actor=SYSTEM, now=now)

    assert purchase.customer_id == buyer.id
    [fact] = facts(session, "PurchaseCorrected")
    assert (fact["customer_id"], fact["previous_customer_id"]) == (buyer.id, customer.id)


def test_what_the_receipt_says_already_may_be_sold_no_more(
    purchase: Purchase, product: Product, session: Session, now: datetime
) -> None:
    product.is_active = False
    session.flush()

    changes.correct(
        purchase.id, Correction(external_id="C1", lines=[line_of(product, "1", "25")]), actor=SYSTEM, now=now
    )

    assert only_line(purchase).quantity == 1


def test_a_correction_to_the_future_or_to_a_stranger_is_refused(purchase: Purchase, now: datetime) -> None:
    wrong = Correction(external_id="C1", bought_at=now + timedelta(hours=1), customer_id=987654)

    with pytest.raises(Invalid) as refused:
        changes.correct(purchase.id, wrong, actor=SYSTEM, now=now)

    assert set(refused.value.errors or {}) == {"bought_at", "customer_id"}


def test_a_return_books_pieces_and_their_share_of_the_amount(
    session: Session, purchase: Purchase, product: Product, now: datetime
) -> None:
    done = changes.give_back(purchase.id, back(product, "1"), actor=SYSTEM, now=now)

    line = only_line(purchase)
    assert (line.quantity, line.returned, line.kept, line.refunded) == (4, 1, 3, 25)
    assert (done.purchase.total, done.purchase.refunded) == (100, 25)
    [fact] = facts(session, "PurchaseReturned")
    assert (fact["purchase_id"], fact["version"]) == (purchase.id, 2)


def test_a_refund_may_be_named(purchase: Purchase, product: Product, now: datetime) -> None:
    changes.give_back(purchase.id, back(product, "1", refund="10"), actor=SYSTEM, now=now)

    assert purchase.refunded == 10


def test_the_last_piece_takes_the_cents_that_rounding_left(customer: Customer, product: Product, now: datetime) -> None:
    purchase = make_purchase(customer, lines=[(product, 3, 100)])
    for number in ("1", "2", "3"):
        changes.give_back(purchase.id, back(product, "1", number=number), actor=SYSTEM, now=now)

    assert (purchase.refunded, only_line(purchase).refunded) == (100, 100)


def test_a_piece_that_was_not_paid_back_on_purpose_is_not_paid_back_with_the_last(
    customer: Customer, product: Product, now: datetime
) -> None:
    purchase = make_purchase(customer, lines=[(product, 2, 100)], bought_at=now)
    free_of_refund = ReturnedLine(product_id=product.id, quantity=Decimal(1), refund=Decimal(0))
    changes.give_back(purchase.id, NewReturn(external_id="B1", lines=[free_of_refund]), actor=SYSTEM, now=now)

    last = ReturnedLine(product_id=product.id, quantity=Decimal(1))
    changes.give_back(purchase.id, NewReturn(external_id="B2", lines=[last]), actor=SYSTEM, now=now)

    assert purchase.refunded == 50


def test_the_same_return_again_changes_nothing(
    session: Session, purchase: Purchase, product: Product, now: datetime
) -> None:
    changes.give_back(purchase.id, back(product, "1"), actor=SYSTEM, now=now)
    again = changes.give_back(purchase.id, back(product, "1"), actor=SYSTEM, now=now)

    assert (again.is_new, only_line(purchase).returned) == (False, 1)
    assert len(facts(session, "PurchaseReturned")) == 1


def test_nobody_returns_more_than_was_kept(purchase: Purchase, product: Product, now: datetime) -> None:
    changes.give_back(purchase.id, back(product, "3"), actor=SYSTEM, now=now)

    with pytest.raises(Invalid) as refused:
        changes.give_back(purchase.id, back(product, "2", number="B2"), actor=SYSTEM, now=now)

    assert list((refused.value.errors or {})["lines"]["0"]) == ["quantity"]


def test_nobody_is_paid_back_more_than_was_paid(purchase: Purchase, product: Product, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        changes.give_back(purchase.id, back(product, "1", refund="100.01"), actor=SYSTEM, now=now)

    assert list((refused.value.errors or {})["lines"]["0"]) == ["refund"]


def test_a_return_before_the_purchase_is_refused(purchase: Purchase, product: Product, now: datetime) -> None:
    early = replace(back(product, "1"), returned_at=purchase.bought_at - timedelta(hours=1))

    with pytest.raises(Invalid) as refused:
        changes.give_back(purchase.id, early, actor=SYSTEM, now=now)

    assert list(refused.value.errors or {}) == ["returned_at"]


def test_a_product_on_two_lines_comes_back_from_both(customer: Customer, product: Product, now: datetime) -> None:
    purchase = make_purchase(customer, lines=[(product, 1, 10), (product, 2, 20)])

    changes.give_back(purchase.id, back(product, "2"), actor=SYSTEM, now=now)

    assert [line.returned for line in queries.lines_of([purchase.id])[purchase.id]] == [1, 1]


def test_a_correction_can_t_take_away_what_came_back(purchase: Purchase, product: Product, now: datetime) -> None:
    changes.give_back(purchase.id, back(product, "2"), actor=SYSTEM, now=now)
    fewer = Correction(external_id="C1", lines=[line_of(product, "1", "100")])
    gone = Correction(external_id="C2", lines=[line_of(make_product(), "1", "100")])

    with pytest.raises(Invalid):
        changes.correct(purchase.id, fewer, actor=SYSTEM, now=now)
    with pytest.raises(ReturnedAlready):
        changes.correct(purchase.id, gone, actor=SYSTEM, now=now)


def test_one_number_is_either_a_correction_or_a_return(purchase: Purchase, product: Product, now: datetime) -> None:
    changes.give_back(purchase.id, back(product, "1", number="X"), actor=SYSTEM, now=now)

    with pytest.raises(ChangeNumberTaken):
        changes.correct(purchase.id, Correction(external_id="X", total=Decimal(90)), actor=SYSTEM, now=now)


def test_another_store_s_purchase_looks_as_if_it_did_not_exist(
    purchase: Purchase, product: Product, now: datetime
) -> None:
    stranger = actor_of(make_staff(Role.SUPERVISOR))

    with pytest.raises(NotFound):
        changes.give_back(purchase.id, back(product, "1"), actor=stranger, now=now)


def test_history_can_t_be_rewritten(session: Session, purchase: Purchase, product: Product, now: datetime) -> None:
    changes.give_back(purchase.id, back(product, "1"), actor=SYSTEM, now=now)

    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(update(PurchaseChange).values(reason="nothing happened"))


def test_who_returned_all_formula_buys_nothing_restricted(customer: Customer, now: datetime) -> None:
    formula = make_product(is_restricted=True)
    purchase = make_purchase(customer, lines=[(formula, 1, 300)])
    assert buys_nothing_else(customer.id)

    changes.give_back(purchase.id, back(formula, "1"), actor=SYSTEM, now=now)

    assert not buys_nothing_else(customer.id)


steps = st.lists(st.tuples(st.sampled_from(["correct", "return"]), st.integers(1, 6), st.integers(1, 200)), max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_happens_what_is_kept_is_never_negative(
    session: Session, now: datetime, steps: list[tuple[str, int, int]]
) -> None:
    session.rollback()
    product = make_product()
    purchase = make_purchase(lines=[(product, 4, 100)])
    accepted = 0
    for number, (kind, quantity, amount) in enumerate(steps):
        try:
            with session.begin_nested():
                if kind == "correct":
                    new = Correction(external_id=str(number), lines=[line_of(product, str(quantity), str(amount))])
                    changes.correct(purchase.id, new, actor=SYSTEM, now=now)
                else:
                    changes.give_back(
                        purchase.id, back(product, str(quantity), number=str(number)), actor=SYSTEM, now=now
                    )
            accepted += 1
        except Invalid:
            session.refresh(purchase)

    line = only_line(purchase)
    assert 0 <= line.returned <= line.quantity
    assert 0 <= line.refunded <= line.amount
    assert 0 <= purchase.refunded <= purchase.total
    assert purchase.version == 1 + accepted
    assert session.scalar(select(func.count()).select_from(PurchaseChange)) == accepted
    assert session.scalar(select(func.sum(PurchaseLine.amount - PurchaseLine.refunded))) == (
        purchase.total - purchase.refunded
    )
    session.rollback()
