"""Pages: one file of two, and customers who go to somebody else."""

from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.customers import duplicates, hand_overs, merging
from app.customers.hand_over_models import HandOver, HandOverLine, Why
from app.customers.merge_models import CustomerMerge
from app.customers.models import Customer
from tests.factories.customers import make_customer
from tests.factories.people import actor_of


class Browser:
    """What a person does with pages and forms."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk

    def get(self, path: str) -> Any:
        return self.desk.get(path)

    def post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        return self.desk.send(path, **(data or {}))


@pytest.fixture
def browse(sit: Any, shop: Any) -> Any:
    return lambda role: Browser(sit(getattr(shop, role)))


@pytest.fixture
def twins(shop: Any, now: Any) -> tuple[Customer, Customer]:
    one, other = (
        make_customer(store=shop.store, owner=shop.associate, name="陈大文", tags=[tag]) for tag in ("a", "b")
    )
    duplicates.refresh(now=now)
    return one, other


def test_a_pair_stands_side_by_side_with_what_differs(browse: Any, twins: tuple[Customer, Customer]) -> None:
    page = browse("supervisor").get("/customers/duplicates").get_data(as_text=True)
    assert page.count("陈大文") >= 2
    assert 'name="f-tags" value="both" checked' in page
    assert 'name="f-phone"' in page
    assert twins[0].phone not in page


def test_the_form_makes_one_file_and_the_list_parts_it_again(browse: Any, twins: tuple[Customer, Customer]) -> None:
    one, other = (file.id for file in twins)
    desk = browse("supervisor")
    answer = desk.post(
        "/customers/duplicates/merge",
        data={"low": one, "high": other, "keep": "high", "f-tags": "both", "f-phone": "low"},
    )
    assert answer.headers["Location"].endswith(f"/customers/{other}")
    assert sorted(db.session.get(Customer, other).tags) == ["a", "b"]
    gone = desk.get(f"/customers/{one}")
    assert (gone.status_code, gone.headers["Location"]) == (302, f"/customers/{other}")
    merge_id = db.session.scalar(select(CustomerMerge.id))
    assert "陈大文" in desk.get("/customers/duplicates").get_data(as_text=True)
    desk.post(f"/customers/merges/{merge_id}/undo")
    assert db.session.get(Customer, one) is not None


def test_a_pair_told_apart_is_gone_from_the_page(browse: Any, twins: tuple[Customer, Customer]) -> None:
    desk = browse("supervisor")
    desk.post("/customers/duplicates/apart", data={"low": twins[0].id, "high": twins[1].id})
    assert "陈大文" not in desk.get("/customers/duplicates").get_data(as_text=True)


def test_any_two_files_can_be_compared(browse: Any, shop: Any) -> None:
    one, other = (make_customer(store=shop.store, name=name) for name in ("何一", "林二"))
    page = browse("supervisor").get(f"/customers/duplicates?one={other.id}&other={one.id}").get_data(as_text=True)
    assert "何一" in page
    assert "林二" in page


def test_a_merge_that_is_refused_says_why(browse: Any, twins: tuple[Customer, Customer], now: Any, shop: Any) -> None:
    lead = actor_of(shop.supervisor, shop.store)
    done = merging.merge(twins[0].id, twins[1].id, actor=lead, now=now)
    make_customer(phone=done.gone["phone"])
    page = browse("supervisor").get("/customers/duplicates").get_data(as_text=True)
    assert f"/customers/merges/{done.id}/undo" not in page


def test_a_book_is_handed_over_by_its_form(browse: Any, shop: Any) -> None:
    customer = make_customer(store=shop.store, owner=shop.associate, name="何一")
    desk = browse("supervisor")
    address = f"/people/{shop.associate.id}/hand-over"
    assert "何一" in desk.get(address).get_data(as_text=True)
    data = {"to_id": shop.colleague.id, "why": "leave", "until": "2027-03-20T18:00", "whom": "all"}
    assert desk.post(address, data=data).status_code == 303
    assert db.session.get(Customer, customer.id).owner_id == shop.colleague.id
    made = db.session.scalar(select(HandOver))
    assert made.until is not None
    assert f"/people/hand-overs/{made.id}/end" in desk.get("/people/hand-overs").get_data(as_text=True)
    desk.post(f"/people/hand-overs/{made.id}/end")
    assert db.session.get(Customer, customer.id, populate_existing=True).owner_id == shop.associate.id


def test_choosing_nobody_is_refused_with_the_words_kept(browse: Any, shop: Any) -> None:
    make_customer(store=shop.store, owner=shop.associate)
    data = {"to_id": shop.colleague.id, "why": "other", "whom": "chosen", "note": "育儿"}
    answer = browse("supervisor").post(f"/people/{shop.associate.id}/hand-over", data=data)
    assert answer.status_code == 422
    assert "育儿" in answer.get_data(as_text=True)


def test_a_wish_for_somebody_else_is_seen_to(browse: Any, shop: Any, now: Any) -> None:
    customer = make_customer(store=shop.store, owner=shop.associate, name="何一")
    lead = actor_of(shop.supervisor, shop.store)
    hand_overs.hand_over(shop.associate.id, shop.colleague.id, why=Why.OTHER, actor=lead, now=now)
    line = db.session.scalar(select(HandOverLine).where(HandOverLine.customer_id == customer.id))
    desk = browse("supervisor")
    desk.post(f"/people/hand-over-lines/{line.id}/answer", data={"answer": "somebody_else", "words": "想要原来的"})
    assert "想要原来的" in desk.get("/people/hand-overs").get_data(as_text=True)
    desk.post(f"/people/hand-over-lines/{line.id}/settle", data={"to_id": "", "note": ""})
    assert "想要原来的" not in desk.get("/people/hand-overs").get_data(as_text=True)


def test_ending_the_access_of_a_person_with_customers_leads_to_the_hand_over(browse: Any, shop: Any) -> None:
    make_customer(store=shop.store, owner=shop.associate)
    answer = browse("boss").post(
        f"/office/staff/{shop.associate.id}/deactivate", data={"version": shop.associate.version}
    )
    assert answer.headers["Location"] == f"/people/{shop.associate.id}/hand-over?why=exit"


def test_a_list_offers_itself_as_a_file_with_its_filters(browse: Any, shop: Any) -> None:
    page = browse("supervisor").get("/customers?tier=core").get_data(as_text=True)
    assert f"/exports/customers?format=xlsx&amp;tier=core&amp;store={shop.store.id}" in page
    assert "/numbers" not in page
    assert "/exports/customers/numbers" in browse("boss").get("/customers").get_data(as_text=True)


def test_an_export_of_the_page_speaks_the_readers_language(browse: Any, shop: Any) -> None:
    make_customer(store=shop.store, tier="core")
    told = browse("supervisor").get(f"/exports/customers?format=csv&store={shop.store.id}")
    assert "Core" in told.get_data().decode("utf-8-sig")


def test_whole_numbers_need_a_reason(browse: Any, shop: Any) -> None:
    customer = make_customer(store=shop.store)
    boss = browse("boss")
    assert boss.post("/exports/customers/numbers", data={"reason": " ", "format": "csv"}).status_code == 422
    told = boss.post("/exports/customers/numbers", data={"reason": "recall", "format": "csv"})
    assert customer.phone in told.get_data(as_text=True)
