"""A case goes along when its customer moves to another store."""

import pytest

from app.complaints import queries, service
from app.core.db import db
from app.core.errors import NotFound
from app.customers import service as customers
from app.people.models import StaffStore
from tests.complaints.conftest import history_of
from tests.factories.complaints import bring_to
from tests.factories.messaging import ship_templates


@pytest.fixture
def move(shop, drain):
    ship_templates()

    def move() -> None:
        customers.update(
            shop.customer.id,
            {"store_id": shop.neighbour.home_store_id},
            version=shop.customer.version,
            actor=shop.actor("office"),
            now=shop.now,
        )
        drain()
        db.session.expire_all()

    return move


def sees(shop, name, complaint):
    try:
        return queries.visible(complaint.id, actor=shop.actor(name), now=shop.now) is complaint
    except NotFound:
        return False


def test_the_new_lead_sees_the_case_and_hands_it_out(shop, move):
    complaint = shop.open()
    service.assign(complaint.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    before = complaint.version
    move()
    assert [sees(shop, name, complaint) for name in ("neighbour", "boss", "bob")] == [True, False, False]
    assert (complaint.store_id, complaint.owner_id) == (shop.neighbour.home_store_id, None)
    last = history_of(complaint.id)[-1]
    assert (last.action, last.actor_kind, complaint.version) == ("move", "system", before + 1)
    assert (last.detail["old"], last.detail["old_owner"]) == (shop.store.id, shop.bob.id)
    service.assign(complaint.id, shop.neighbour.id, actor=shop.actor("neighbour"), now=shop.now)


def test_who_works_in_the_new_store_too_keeps_the_case(shop, move):
    complaint = shop.open()
    service.assign(complaint.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    db.session.add(StaffStore(staff_id=shop.bob.id, store_id=shop.neighbour.home_store_id))
    db.session.flush()
    move()
    assert complaint.owner_id == shop.bob.id


def test_both_stores_and_the_former_handler_hear_of_it(shop, monkeypatch):
    complaint = shop.open()
    service.assign(complaint.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    told: list[str] = []
    monkeypatch.setattr(service, "announce", lambda *topics: told.extend(topics))
    shop.customer.store_id = shop.neighbour.home_store_id
    db.session.flush()
    service.follow(shop.customer.id, now=shop.now)
    assert set(told) == {
        f"complaints:{shop.store.id}",
        f"complaints:{shop.neighbour.home_store_id}",
        f"staff:{shop.bob.id}",
    }
    told.clear()
    service.follow(shop.customer.id, now=shop.now)
    assert told == []


def test_a_closed_case_stays_until_it_is_opened_again(shop, move):
    complaint = bring_to(shop.open(), "closed", now=shop.now)
    move()
    assert sees(shop, "boss", complaint)
    service.reopen(complaint.id, words="Again", actor=shop.actor("boss"), now=shop.now)
    assert sees(shop, "neighbour", complaint)
    assert not sees(shop, "boss", complaint)
