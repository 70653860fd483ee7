"""The pages of care, stock and customers: odd addresses, long lists, as many statements for many rows as for one, and
nothing of another store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.careplans import promotions
from app.careplans.promotion_models import Promotion
from app.careplans.promotions import Wish
from app.core.db import db
from app.core.models import AuditEntry
from app.customers import duplicates, hand_overs, merging
from app.customers.hand_over_models import Why
from app.people.access import Actor, Role
from app.purchases import stock, tiers
from app.purchases.referrals import record
from app.purchases.stock import Count
from app.purchases.tier_models import TierRule
from app.web.office.tiers import _values_of
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.customers import make_customer, make_member
from tests.factories.people import actor_of, make_staff
from tests.factories.purchases import make_intake, make_product, make_purchase, make_reservation, make_stock
from tests.factories.tasks import make_checklist
from tests.web.conftest import Desk, Shop

ODD = ("", "x", "0001-01-01", "9999-12-31", "2027-13-01", "99999999999999999999", "-1", "%00")
WORDS = {"zh_Hans": "春茶到店。", "zh_Hant": "春茶到店。", "en": "Spring tea is here."}
SYSTEM = Actor.system()


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "address",
    [
        "/care/contacts?date={}",
        "/care/contacts?store={}",
        "/care/contacts?state={0}&kind={0}&cursor={0}",
        "/care/lapsed?why={0}&owner={0}&tier={0}&offer=1&day={0}",
        "/care/lapsed?cursor={}",
        "/care/referrals?state={0}&cursor={0}",
        "/reports/revenue?from={0}&to={0}",
        "/reports/revenue?from=2027-01-01&to={0}&currency={0}",
        "/reports/revenue?cursor={}",
        "/care/promotions?cursor={}",
        "/care/promotions?past={}",
        "/care/plans/forecast?store={}",
        "/care/plans/new?kind={}",
        "/customers/duplicates?one={0}&other={0}&cursor={0}",
        "/customers/duplicates?merged={}",
        "/people/hand-overs?cursor={0}&waiting={0}",
        "/office/stock?store={0}&view={0}",
        "/office/stock?cursor={0}&q={0}",
        "/board?date={}",
        "/rehearsal?date={}",
    ],
)
def test_no_address_however_odd_breaks_a_page(boss: Desk, address: str, odd: str) -> None:
    answer = boss.get(address.format(odd))
    assert answer.status_code in (200, 303, 404, 422), f"{address.format(odd)}: {answer.status_code}"


def test_a_count_in_which_nothing_was_typed_saves_nothing(supervisor: Desk, shop: Shop) -> None:
    make_stock(make_product(), 3, store_id=shop.store.id)
    assert "Nothing was changed." in supervisor.told(f"/office/stock?store={shop.store.id}")


def test_a_supervisor_s_thresholds_are_refused(supervisor: Desk, session: Session) -> None:
    assert supervisor.send("/office/tiers", do="save", **_values_of(tiers.SHIPPED)).status_code == 403
    assert session.scalars(select(TierRule)).all() == []


# Promotions


def proposal(shop: Shop, day: date, *, both: bool = False) -> Wish:
    stores = (shop.store.id, shop.elsewhere.id) if both else (shop.store.id,)
    return Wish("春茶到店", day, stores, {"conditions": []}, WORDS, ("10:00", "19:00"))


def test_a_promotion_of_several_stores_names_to_each_only_its_own_people(
    shop: Shop, supervisor: Desk, boss: Desk, now: datetime
) -> None:
    make_customer(store=shop.store, name="Mak Sze", phone=None)
    make_customer(store=shop.elsewhere, name="Wong Fei", phone=None)
    wish = proposal(shop, now.date() + timedelta(days=1), both=True)
    promotion = promotions.propose(wish, actor=actor_of(shop.boss), now=now)
    path = f"/care/promotions/{promotion.id}?left_out=no_phone"

    assert "Mak Sze" in supervisor.page(path)
    assert "Wong Fei" not in supervisor.page(path)
    assert "Wong Fei" in boss.page(path)


def test_a_long_calendar_of_promotions_is_read_page_by_page(shop: Shop, supervisor: Desk, now: datetime) -> None:
    for number in range(32):
        promotions.propose(proposal(shop, now.date() + timedelta(days=4 * number)), actor=actor_of(shop.boss), now=now)
    past = promotions.propose(proposal(shop, now.date() + timedelta(days=150)), actor=actor_of(shop.boss), now=now)
    promotions.stop(past.id, reason="", actor=actor_of(shop.boss), now=now)

    page = supervisor.page("/care/promotions")
    assert page.count("promo-line") == 31
    following = supervisor.page(_next_of(page))
    assert following.count("promo-line") == 3


def _next_of(page: str) -> str:
    [line] = [line for line in page.splitlines() if 'rel="next"' in line]
    return line.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")


# Lists


def test_the_history_of_a_shelf_goes_on(shop: Shop, supervisor: Desk, now: datetime) -> None:
    product = make_product()
    for number in range(35):
        counts = [Count(product_id=product.id, on_hand=Decimal(number))]
        stock.count(shop.store.id, counts, actor=SYSTEM, now=now, note=f"count {number}.")
    path = f"/office/stock/{product.id}?store={shop.store.id}"
    page = supervisor.page(path)
    assert "count 34." in page
    assert "count 2." not in page
    address = page.split("moved=")[1].split('"')[0]
    assert "count 2." in supervisor.page(f"{path}&moved={address}")


def test_comparing_two_files_is_written_down_as_reading_both(shop: Shop, supervisor: Desk, session: Session) -> None:
    one, other = (make_customer(store=shop.store) for _ in range(2))
    supervisor.page(f"/customers/duplicates?one={one.id}&other={other.id}")
    read = select(AuditEntry.subject_id).where(AuditEntry.action == "customer.read")
    assert set(session.scalars(read)) == {str(one.id), str(other.id)}


# As many statements for thirty rows as for one


def _contact(shop: Shop, now: datetime) -> None:
    make_occurrence(make_plan("birthday"), make_customer(store=shop.store), due_day=now.date(), state="due")


def _lapsed(shop: Shop, now: datetime) -> None:
    customer = make_customer(store=shop.store, owner=make_staff(Role.ASSOCIATE, shop.store))
    make_purchase(customer, bought_at=now - timedelta(days=200))


def _referral(shop: Shop, now: datetime) -> None:
    old, new = (make_customer(store=shop.store) for _ in range(2))
    record(new.id, referrer_id=old.id, actor=SYSTEM, now=now)


def _duplicate(shop: Shop, now: datetime) -> None:
    number = db.session.query(AuditEntry).count()
    for _ in range(2):
        make_customer(store=shop.store, name=f"陈大文{number}", address=f"沙田正街{number}号")
    kept, gone = (make_customer(store=shop.store) for _ in range(2))
    merging.merge(kept.id, gone.id, actor=SYSTEM, now=now)


def _hand_over(shop: Shop, now: datetime) -> None:
    left, came = (make_staff(Role.ASSOCIATE, shop.store) for _ in range(2))
    customer = make_customer(store=shop.store, owner=left)
    lead = actor_of(shop.supervisor, shop.store)
    made = hand_overs.hand_over(left.id, came.id, why=Why.OTHER, actor=lead, now=now)
    [line] = hand_overs.lines_of(made.id)
    hand_overs.record_answer(line.id, is_fine=False, words="", actor=lead, now=now)
    assert customer.id == line.customer_id


def _shelf(shop: Shop, now: datetime) -> None:
    product = make_product()
    make_stock(product, 5, store_id=shop.store.id)
    make_reservation(make_customer(store=shop.store), product)


def _promotion(shop: Shop, now: datetime) -> None:
    number = db.session.query(Promotion).count()
    promotions.propose(proposal(shop, now.date() + timedelta(days=4 * number)), actor=actor_of(shop.boss), now=now)


LONG: list[tuple[str, Callable[[Shop, datetime], None]]] = [
    ("/care/contacts?date=2027-03-10", _contact),
    ("/care/plans", _contact),
    ("/care/lapsed", _lapsed),
    ("/care/lapsed?why=not_contacted", _lapsed),
    ("/reports/revenue", _lapsed),
    ("/care/referrals", _referral),
    ("/customers/duplicates", _duplicate),
    ("/people/hand-overs", _hand_over),
    ("/office/stock", _shelf),
    ("/care/promotions", _promotion),
]


def statements(read: Callable[[], Any]) -> int:
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    read()
    event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def in_order(now: datetime) -> None:
    tiers.recompute(now=now)
    duplicates.refresh(now=now)
    db.session.commit()


@pytest.mark.parametrize(("address", "add"), LONG)
def test_a_long_list_takes_no_more_statements_than_a_short_one(
    shop: Shop, supervisor: Desk, now: datetime, address: str, add: Callable[[Shop, datetime], None]
) -> None:
    make_checklist(task_type="callback")
    add(shop, now)
    in_order(now)
    supervisor.page(address)
    with_one = statements(lambda: supervisor.page(address))
    for _ in range(14):
        add(shop, now)
    in_order(now)
    assert statements(lambda: supervisor.page(address)) <= with_one


def test_a_full_file_takes_no_more_statements_than_an_empty_one(shop: Shop, supervisor: Desk, now: datetime) -> None:
    customer = make_customer(store=shop.store, owner=shop.associate)

    def fill() -> None:
        product = make_product(is_consumable=True)
        make_stock(product, 9, store_id=shop.store.id)
        make_purchase(customer, lines=[(product, 1, 10)], bought_at=now - timedelta(days=3))
        make_reservation(customer, product)
        make_intake(customer, product, 10, member=make_member(customer))
        record(make_customer(store=shop.store).id, referrer_id=customer.id, actor=SYSTEM, now=now)
        make_occurrence(make_plan("birthday"), customer, due_day=now.date(), state="due")

    fill()
    in_order(now)
    path = f"/customers/{customer.id}"
    supervisor.page(path)
    with_one = statements(lambda: supervisor.page(path))
    for _ in range(9):
        fill()
    in_order(now)
    assert statements(lambda: supervisor.page(path)) <= with_one
