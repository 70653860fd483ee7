"""Taking in purchases: once each, whole or not at all."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.models import AuditEntry, FactRow
from app.customers.models import Customer
from app.people.access import Actor, Role
from app.purchases import queries, service
from app.purchases.errors import CodeTaken, PurchaseOfAnotherStore
from app.purchases.models import Product, Purchase, PurchaseLine
from app.purchases.service import NewLine, NewProduct, NewPurchase
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.purchases import make_product, make_purchase

SYSTEM = Actor.system()
NAME = {"zh_Hans": "奶瓶", "zh_Hant": "奶瓶", "en": "Bottle"}


@pytest.fixture
def customer(session: Session) -> Customer:
    return make_customer(phone="+85261234567")


@pytest.fixture
def product(session: Session) -> Product:
    return make_product(code="SH-400")


@pytest.fixture
def receipt(customer: Customer, product: Product, now: datetime) -> NewPurchase:
    return new_purchase(customer, product, now)


def new_purchase(customer: Customer, product: Product, now: datetime, **changes: object) -> NewPurchase:
    values: dict[str, object] = {
        "source": "till-1",
        "external_id": "R1",
        "customer_id": customer.id,
        "store_id": customer.store_id,
        "bought_at": now - timedelta(hours=1),
        "lines": [NewLine(product_id=product.id, quantity=Decimal(2), amount=Decimal("176.00"))],
        **changes,
    }
    return NewPurchase(**values)  # type: ignore[arg-type]


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_purchase_is_stored_with_its_lines_and_published(
    session: Session, receipt: NewPurchase, customer: Customer, now: datetime
) -> None:
    recorded = service.record_purchase(receipt, actor=SYSTEM, now=now)

    assert recorded.is_new
    assert (recorded.purchase.total, recorded.purchase.currency) == (Decimal("176.00"), "HKD")
    [line] = queries.lines_of([recorded.purchase.id])[recorded.purchase.id]
    assert (line.code, line.quantity, line.amount) == ("SH-400", Decimal(2), Decimal(176))
    fact = session.scalars(select(FactRow).where(FactRow.name == "PurchaseRecorded")).one()
    assert fact.payload["purchase_id"] == recorded.purchase.id
    assert fact.payload["customer_id"] == customer.id
    assert session.scalars(select(AuditEntry.action)).all() == ["purchase.create"]


def test_the_same_receipt_again_is_answered_with_the_stored_one(
    session: Session, receipt: NewPurchase, now: datetime
) -> None:
    first = service.record_purchase(receipt, actor=SYSTEM, now=now)
    again = service.record_purchase(receipt, actor=SYSTEM, now=now + timedelta(days=1))

    assert (again.is_new, again.purchase.id) == (False, first.purchase.id)
    assert (count(session, Purchase), count(session, PurchaseLine), count(session, FactRow)) == (1, 1, 1)


def test_a_receipt_is_known_even_when_its_product_is_sold_no_more(
    session: Session, receipt: NewPurchase, product: Product, now: datetime
) -> None:
    service.record_purchase(receipt, actor=SYSTEM, now=now)
    product.is_active = False
    session.flush()

    assert not service.record_purchase(receipt, actor=SYSTEM, now=now).is_new


def test_two_sources_may_use_the_same_number(
    customer: Customer, product: Product, receipt: NewPurchase, now: datetime
) -> None:
    service.record_purchase(receipt, actor=SYSTEM, now=now)
    other = new_purchase(customer, product, now, source="web-shop")

    assert service.record_purchase(other, actor=SYSTEM, now=now).is_new


def test_a_batch_with_a_repetition_answers_in_its_order(
    session: Session, customer: Customer, product: Product, now: datetime
) -> None:
    numbers = ["R3", "R1", "R3", "R2"]
    batch = [new_purchase(customer, product, now, external_id=number) for number in numbers]

    recorded = service.record_purchases(batch, actor=SYSTEM, now=now)

    assert [one.purchase.external_id for one in recorded] == numbers
    assert [one.is_new for one in recorded] == [True, True, False, True]
    assert count(session, Purchase) == 3


def test_a_batch_is_taken_whole_or_not_at_all(
    session: Session, customer: Customer, product: Product, now: datetime
) -> None:
    good = new_purchase(customer, product, now)
    bad = new_purchase(customer, product, now, external_id="R2", customer_id=987654)

    with pytest.raises(Invalid) as refused:
        service.record_purchases([good, bad], actor=SYSTEM, now=now)

    assert {place: list(errors) for place, errors in (refused.value.errors or {}).items()} == {"1": ["customer_id"]}
    assert count(session, Purchase) == 0


def test_customer_and_product_may_be_named_as_the_till_knows_them(
    customer: Customer, product: Product, now: datetime
) -> None:
    receipt = new_purchase(
        customer,
        product,
        now,
        customer_id=None,
        customer_phone="+85261234567",
        lines=[NewLine(product_code="SH-400", quantity=Decimal("0.5"), amount=Decimal(44))],
    )

    recorded = service.record_purchase(receipt, actor=SYSTEM, now=now)

    assert recorded.purchase.customer_id == customer.id
    assert queries.lines_of([recorded.purchase.id])[recorded.purchase.id][0].product_id == product.id


def test_every_fault_of_a_receipt_is_named_at_once(customer: Customer, product: Product, now: datetime) -> None:
    receipt = new_purchase(
        customer,
        product,
        now,
        customer_id=None,
        customer_phone="+85260000000",
        seller_id=make_staff().id,
        bought_at=now + timedelta(hours=1),
        lines=[NewLine(product_code="none", quantity=Decimal(1), amount=Decimal(1))],
    )

    with pytest.raises(Invalid) as refused:
        service.record_purchase(receipt, actor=SYSTEM, now=now)

    errors = refused.value.errors or {}
    assert set(errors) == {"customer_phone", "seller_id", "bought_at", "lines"}
    assert list(errors["lines"]["0"]) == ["product_code"]


def test_a_product_off_the_shelf_is_sold_no_more(
    receipt: NewPurchase, product: Product, session: Session, now: datetime
) -> None:
    product.is_active = False
    session.flush()

    with pytest.raises(Invalid):
        service.record_purchase(receipt, actor=SYSTEM, now=now)


def test_a_supervisor_records_for_own_stores_only(receipt: NewPurchase, now: datetime) -> None:
    stranger = actor_of(make_staff(Role.SUPERVISOR))

    with pytest.raises(Invalid) as refused:
        service.record_purchase(receipt, actor=stranger, now=now)
    assert set(refused.value.errors or {}) == {"store_id", "customer_id"}


def test_a_number_used_by_another_store_is_a_conflict(receipt: NewPurchase, now: datetime) -> None:
    service.record_purchase(receipt, actor=SYSTEM, now=now)
    supervisor = make_staff(Role.SUPERVISOR)

    with pytest.raises(PurchaseOfAnotherStore):
        service.record_purchase(receipt, actor=actor_of(supervisor), now=now)


def test_a_shop_on_the_mainland_sells_in_yuan(product: Product, now: datetime) -> None:
    customer = make_customer(store=make_store(country="CN"))

    recorded = service.record_purchase(new_purchase(customer, product, now), actor=SYSTEM, now=now)

    assert recorded.purchase.currency == "CNY"


def test_the_last_purchases_come_newest_first_with_names(customer: Customer, now: datetime) -> None:
    seller = make_staff(name="李导购")
    for days in (3, 1, 2):
        make_purchase(customer, external_id=f"D{days}", bought_at=now - timedelta(days=days), seller_id=seller.id)
    make_purchase()

    files = queries.last_purchases(customer.id, limit=2)

    assert [file.purchase.external_id for file in files] == ["D1", "D2"]
    assert (files[0].customer_name, files[0].seller_name, len(files[0].lines)) == (customer.name, "李导购", 1)


def test_an_associate_sees_purchases_of_customers_he_may_see(session: Session, now: datetime) -> None:
    associate = make_staff()
    own = make_customer(store_id=associate.home_store_id, owner=associate)
    seen = make_purchase(own)
    make_purchase(make_customer(store_id=associate.home_store_id))

    page = queries.page_of_purchases(actor=actor_of(associate), now=now)

    assert [file.purchase.id for file in page.rows] == [seen.id]


def test_a_product_is_created_once_per_code(session: Session, now: datetime) -> None:
    new = NewProduct(code=" B-1 ", name=NAME, category="baby")

    product = service.create_product(new, actor=SYSTEM, now=now)

    assert (product.code, product.follow_up_day, product.is_restricted) == ("B-1", 3, False)
    with pytest.raises(CodeTaken):
        service.create_product(new, actor=SYSTEM, now=now)


@pytest.mark.parametrize("search", ["奶瓶", "bottle", "b-1"])
def test_products_are_found_by_code_and_by_name_in_any_language(session: Session, now: datetime, search: str) -> None:
    service.create_product(NewProduct(code="B-1", name=NAME, category="baby"), actor=SYSTEM, now=now)
    make_product()

    assert [product.code for product in queries.page_of_products(search=search).rows] == ["B-1"]
