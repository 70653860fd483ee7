"""The pages of stock, products and daily amounts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer, HouseholdMember
from app.purchases import run_outs, stock
from app.purchases.models import Intake, Product, ProductStock, StockReservation
from app.tasks.models import TaskLine
from tests.factories.customers import make_customer, make_member
from tests.factories.purchases import make_intake, make_product, make_purchase, make_reservation, make_stock
from tests.factories.tasks import make_task
from tests.web.conftest import Desk, Shop


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return make_customer(store=shop.store, owner=shop.associate, name="歐陽美玲")


@pytest.fixture
def baby(customer: Customer) -> HouseholdMember:
    return make_member(customer, name="樂樂", birth_date=date(2026, 11, 3))


@pytest.fixture
def formula(shop: Shop) -> Product:
    name = {"zh_Hans": "婴儿奶粉", "zh_Hant": "嬰兒奶粉", "en": "Infant formula"}
    product = make_product(
        code="F1", name=name, pack_size=Decimal(900), unit="g", is_restricted=True, is_consumable=True
    )
    make_stock(product, 9, store_id=shop.store.id)
    return product


@pytest.fixture
def fed(customer: Customer, baby: HouseholdMember, formula: Product, now: datetime, session: Session) -> Intake:
    intake = make_intake(customer, formula, 100, member=baby, since=date(2027, 3, 6))
    make_purchase(customer, lines=[(formula, 1, 300)], bought_at=now - timedelta(days=4))
    run_outs.refresh(now)
    session.commit()
    return intake


def fresh(session: Session, kind: Any) -> Any:
    return session.scalars(select(kind).execution_options(populate_existing=True)).one()


ROLES = ("boss", "supervisor", "stranger", "associate")


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (200, 200, 200, 403), strict=True)))
def test_who_sees_the_stock(sit: Any, shop: Shop, formula: Product, role: str, status: int) -> None:
    desk = sit(getattr(shop, role))

    assert desk.get("/office/stock").status_code == status
    assert desk.get(f"/office/stock/{formula.id}").status_code == status


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (200, 200, 404, 403), strict=True)))
def test_whose_daily_amounts_somebody_sees(
    sit: Any, shop: Shop, customer: Customer, fed: Intake, role: str, status: int
) -> None:
    desk = sit(getattr(shop, role))

    assert desk.get(f"/customers/{customer.id}/intakes/new").status_code == status
    assert desk.get(f"/customers/{customer.id}/intakes/{fed.id}").status_code == status


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (303, 303, 404, 403), strict=True)))
@pytest.mark.parametrize("form", ["count", "release", "add", "amount", "request", "unrequest", "end"])
def test_who_may_send_each_form(
    sit: Any,
    shop: Shop,
    customer: Customer,
    formula: Product,
    fed: Intake,
    role: str,
    status: int,
    form: str,
) -> None:
    other = make_product(is_consumable=True)
    held = make_reservation(customer, formula)
    one = f"/customers/{customer.id}/intakes/{fed.id}"
    path, fields = {
        "count": (f"/office/stock/{formula.id}?store={shop.store.id}", {"on_hand": "4", "version": "1"}),
        "release": (f"/office/stock/reservations/{held.id}/release", {}),
        "add": (f"/customers/{customer.id}/intakes/new", {"product_id": other.id, "per_day": "5"}),
        "amount": (f"{one}/amount", {"version": "1", "per_day": "120"}),
        "request": (f"{one}/request", {"version": "1", "request_text": "Remind me", "request_channel": "phone"}),
        "unrequest": (f"{one}/unrequest", {"version": "1"}),
        "end": (f"{one}/end", {"version": "1"}),
    }[form]

    assert sit(getattr(shop, role)).send(path, **fields).status_code == status


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (303, 403, 403, 403), strict=True)))
def test_who_changes_a_product(sit: Any, shop: Shop, formula: Product, role: str, status: int) -> None:
    assert sit(getattr(shop, role)).send(f"/office/products/{formula.id}", **product_fields()).status_code == status


def product_fields(**changes: str) -> dict[str, str]:
    return {
        "version": "1",
        "name_zh_Hans": "婴儿奶粉",
        "name_zh_Hant": "嬰兒奶粉",
        "name_en": "Infant formula",
        "category": "formula",
        "pack_size": "800",
        "unit": "g",
        "follow_up_day": "",
        "until_age_months": "6",
        "is_active": "1",
        **changes,
    }


def test_the_stock_names_what_is_kept_back_and_free(supervisor: Desk, customer: Customer, formula: Product) -> None:
    make_reservation(customer, formula, 2)

    page = supervisor.page("/office/stock")

    assert "Infant formula" in page
    assert 'name="count-' in page
    assert "never" not in page


def test_only_changed_counts_are_saved(
    session: Session, supervisor: Desk, shop: Shop, formula: Product, now: datetime
) -> None:
    other = make_product()
    fields = {
        f"count-{formula.id}": "7,5",
        f"seen-{formula.id}": "9.000",
        f"version-{formula.id}": "1",
        f"count-{other.id}": "",
    }

    page = supervisor.told("/office/stock", **fields)

    assert "1 count is saved." in page
    assert (fresh(session, ProductStock).on_hand, fresh(session, ProductStock).counted_at) == (Decimal("7.5"), now)


def test_a_count_that_is_no_number_is_shown_again(supervisor: Desk, formula: Product) -> None:
    fields = {f"count-{formula.id}": "many", f"seen-{formula.id}": "9.000", f"version-{formula.id}": "1"}

    answer = supervisor.send("/office/stock", **fields)

    assert answer.status_code == 422
    assert "This is not a number we can use." in answer.text
    assert 'value="many"' in answer.text


def test_a_count_of_what_somebody_else_has_counted_meanwhile_is_refused(
    session: Session, supervisor: Desk, shop: Shop, formula: Product
) -> None:
    supervisor.told(f"/office/stock/{formula.id}?store={shop.store.id}", on_hand="4", version="1")

    answer = supervisor.send(f"/office/stock/{formula.id}?store={shop.store.id}", on_hand="5", version="1")

    assert answer.status_code == 409
    assert fresh(session, ProductStock).on_hand == 4


def test_the_history_of_a_shelf_tells_who_counted(supervisor: Desk, shop: Shop, formula: Product) -> None:
    page = supervisor.told(
        f"/office/stock/{formula.id}?store={shop.store.id}", on_hand="4", version="1", note="Found a box"
    )

    assert "Found a box" in page
    assert "何淑儀" in page
    assert "-5" in page


def test_released_goods_are_free_again(
    session: Session, supervisor: Desk, customer: Customer, formula: Product
) -> None:
    held = make_reservation(customer, formula, 2)
    assert "歐陽美玲" in supervisor.page(f"/office/stock/{formula.id}?store={customer.store_id}")

    supervisor.told(f"/office/stock/reservations/{held.id}/release")

    assert fresh(session, StockReservation).state == "released"


def test_a_delivery_without_goods_is_told(
    session: Session, supervisor: Desk, shop: Shop, customer: Customer, formula: Product, now: datetime
) -> None:
    window = {"window_start": now + timedelta(days=1), "window_end": now + timedelta(days=1, hours=2)}
    task = make_task(type="delivery", customer=customer, status="open", **window)
    session.add(TaskLine(task_id=task.id, product_id=formula.id, name="嬰兒奶粉", quantity=20))
    session.flush()

    assert "1 delivery carries goods that are not kept back" in supervisor.page(f"/office/stock?store={shop.store.id}")

    until = now + timedelta(days=3)
    stock.reserve(customer.id, formula.id, Decimal(2), origin_key=f"task:{task.id}", expires_at=until, now=now)
    assert "not kept back" not in supervisor.page(f"/office/stock?store={shop.store.id}")


def test_head_office_changes_a_product(session: Session, boss: Desk, formula: Product) -> None:
    following = make_product(code="F2")

    boss.told(f"/office/products/{formula.id}", **product_fields(is_large="1", next_product_id=str(following.id)))

    session.refresh(formula)
    assert (formula.pack_size, formula.follow_up_day, formula.until_age_months) == (800, None, 6)
    assert (formula.is_large, formula.is_restricted, formula.next_product_id) == (True, False, following.id)


def test_a_product_without_a_name_is_shown_again(boss: Desk, formula: Product) -> None:
    answer = boss.send(f"/office/products/{formula.id}", **product_fields(name_en=" "))

    assert answer.status_code == 422
    assert "Please fill this in." in answer.text


def test_the_file_tells_when_the_formula_runs_out(supervisor: Desk, customer: Customer, fed: Intake) -> None:
    page = supervisor.page(f"/customers/{customer.id}")

    assert "Infant formula" in page
    assert "5 days left" in page
    assert "no reminder: nobody asked for one" in page


def test_a_daily_amount_is_kept_with_the_request(
    session: Session, supervisor: Desk, customer: Customer, baby: HouseholdMember, formula: Product
) -> None:
    supervisor.told(
        f"/customers/{customer.id}/intakes/new",
        product_id=formula.id,
        household_member_id=baby.id,
        per_day="110.5",
        since="2027-03-01",
        request_text="快食完提我",
        request_channel="in_person",
    )

    kept = fresh(session, Intake)
    assert (kept.per_day, kept.since, kept.requested_by_text) == (Decimal("110.5"), date(2027, 3, 1), "快食完提我")


def test_formula_for_nobody_is_not_kept(supervisor: Desk, customer: Customer, formula: Product) -> None:
    answer = supervisor.send(f"/customers/{customer.id}/intakes/new", product_id=formula.id, per_day="110")

    assert answer.status_code == 422
    assert "Say which child this is for." in answer.text


def test_an_amount_is_changed_from_a_day_on(
    session: Session, supervisor: Desk, customer: Customer, fed: Intake
) -> None:
    supervisor.told(f"/customers/{customer.id}/intakes/{fed.id}/amount", version="1", per_day="150", since="2027-03-10")

    rows = session.scalars(select(Intake).order_by(Intake.id).execution_options(populate_existing=True)).all()
    assert [(one.per_day, one.until) for one in rows] == [(100, date(2027, 3, 9)), (150, None)]


@pytest.mark.parametrize(("per_day", "words"), [("6", "6 pieces a day"), ("1", "1 piece a day")])
def test_what_is_counted_is_told_in_words(
    supervisor: Desk, customer: Customer, baby: HouseholdMember, per_day: str, words: str
) -> None:
    nappies = make_product(code="N1", unit="pc", is_consumable=True)
    intake = make_intake(customer, nappies, Decimal(per_day), member=baby, since=date(2027, 3, 6))

    assert words in supervisor.page(f"/customers/{customer.id}/intakes/{intake.id}")


def test_a_request_is_recorded_and_taken_back(
    session: Session, supervisor: Desk, shop: Shop, customer: Customer, fed: Intake
) -> None:
    one = f"/customers/{customer.id}/intakes/{fed.id}"

    page = supervisor.told(f"{one}/request", version="1", request_text="Please remind me", request_channel="phone")
    assert "Please remind me" in page
    assert fresh(session, Intake).request_collector_id == shop.supervisor.id

    supervisor.told(f"{one}/unrequest", version="2")
    assert fresh(session, Intake).requested_at is None


def test_an_ended_amount_says_so(session: Session, supervisor: Desk, customer: Customer, fed: Intake) -> None:
    supervisor.told(f"/customers/{customer.id}/intakes/{fed.id}/end", version="1", reason="Cow's milk now")

    page = supervisor.page(f"/customers/{customer.id}/intakes/{fed.id}")
    assert "This daily amount has ended already." in page


def test_the_intake_of_somebody_else_is_not_found(supervisor: Desk, shop: Shop, fed: Intake) -> None:
    other = make_customer(store=shop.store)

    assert supervisor.get(f"/customers/{other.id}/intakes/{fed.id}").status_code == 404
