"""A case goes along when its customer moves to another store."""

import pytest
from sqlalchemy import select

from app.complaints import queries, service
from app.complaints.errors import AnotherCaseOpen
from app.core.db import db
from app.core.errors import NotFound
from app.customers import service as customers
from app.people import queries as people
from app.people.access import Role
from app.people.models import StaffStore
from app.tasks import lifecycle, records
from app.tasks import service as tasks
from app.tasks.models import Task, TaskHistory
from tests.complaints.conftest import history_of
from tests.factories.complaints import bring_to
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import make_staff


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


# The recovery call


def call_of(complaint):
    db.session.expire_all()
    return db.session.get_one(Task, complaint.recovery_task_id)


def test_the_call_goes_to_the_new_store_and_to_nobody_there(shop, move):
    complaint = shop.open()
    before = call_of(complaint)
    window, due = (before.window_start, before.window_end), complaint.due_at
    assert before.assignee_id == shop.ann.id
    move()
    call = call_of(complaint)
    assert (call.store_id, call.status, call.assignee_id) == (shop.neighbour.home_store_id, "open", None)
    assert ((call.window_start, call.window_end), complaint.due_at) == (window, due)
    last = db.session.scalars(select(TaskHistory).where(TaskHistory.task_id == call.id).order_by(TaskHistory.id)).all()[
        -1
    ]
    assert (last.action, last.actor_kind, last.old["store_id"]) == ("move", "system", shop.store.id)
    assert last.old["assignee_id"] == shop.ann.id
    colleague = make_staff(Role.ASSOCIATE, people.store(shop.neighbour.home_store_id))
    assert tasks.assign(call.id, colleague.id, actor=shop.actor("neighbour"), now=shop.now).assignee_id == colleague.id


def test_who_works_in_both_stores_keeps_the_call(shop, move):
    complaint = shop.open()
    db.session.add(StaffStore(staff_id=shop.ann.id, store_id=shop.neighbour.home_store_id))
    db.session.flush()
    move()
    assert (call_of(complaint).store_id, call_of(complaint).assignee_id) == (shop.neighbour.home_store_id, shop.ann.id)


def test_who_is_just_calling_finishes_the_call(shop, move):
    complaint = shop.open()
    tasks.start(complaint.recovery_task_id, actor=shop.actor("ann"), now=shop.now)
    move()
    call = call_of(complaint)
    assert (call.store_id, call.status, call.assignee_id) == (shop.neighbour.home_store_id, "active", shop.ann.id)
    assert "complete" in {str(verb) for verb in _allowed_to(shop, "ann", call)}


def _allowed_to(shop, name, call):
    return lifecycle.allowed_actions(
        records.state_of(call), shop.actor(name), now=shop.now, undo_window=records.undo_window()
    )


def test_a_call_that_is_over_stays_with_the_store_that_made_it(shop, move):
    complaint = shop.open()
    tasks.cancel(complaint.recovery_task_id, reason="not_needed", actor=shop.actor("boss"), now=shop.now)
    move()
    assert call_of(complaint).store_id == shop.store.id
    assert complaint.store_id == shop.neighbour.home_store_id


# The household


def test_a_case_leaves_the_household_that_its_customer_left(shop, move):
    stays = make_customer(store=shop.store)
    customers.join_household(stays.id, with_customer_id=shop.customer.id, actor=shop.actor("boss"), now=shop.now)
    complaint = shop.open()
    old = complaint.household_id
    move()
    assert complaint.household_id == shop.customer.household_id != old
    assert queries.open_case_of(stays.id) is None
    assert queries.open_case_of(shop.customer.id) is complaint


def test_who_joins_a_household_takes_the_case_there_and_away_again(shop, drain):
    ship_templates()
    other = make_customer(store=shop.store)
    complaint = shop.open()
    customers.join_household(shop.customer.id, with_customer_id=other.id, actor=shop.actor("boss"), now=shop.now)
    drain()
    db.session.expire_all()
    assert complaint.household_id == other.household_id
    customers.leave_household(shop.customer.id, actor=shop.actor("boss"), now=shop.now)
    drain()
    db.session.expire_all()
    assert complaint.household_id == shop.customer.household_id != other.household_id


def test_a_household_with_a_case_takes_a_second_one_when_the_first_is_over(shop, drain):
    ship_templates()
    other = make_customer(store=shop.store)
    mine, first = shop.open(), shop.open(customer=other, key="k2")
    before = mine.household_id
    customers.join_household(shop.customer.id, with_customer_id=other.id, actor=shop.actor("boss"), now=shop.now)
    drain()
    db.session.expire_all()
    assert mine.household_id == before
    bring_to(first, "closed", now=shop.now)
    drain()
    db.session.expire_all()
    assert mine.household_id == other.household_id
    assert queries.open_case_of(other.id) is mine


def test_a_case_is_not_opened_again_beside_one_of_the_new_household(shop, drain):
    ship_templates()
    closed = bring_to(shop.open(), "closed", now=shop.now)
    other = make_customer(store=shop.store)
    first = shop.open(customer=other, key="k2")
    customers.join_household(shop.customer.id, with_customer_id=other.id, actor=shop.actor("boss"), now=shop.now)
    with pytest.raises(AnotherCaseOpen) as refused:
        service.reopen(closed.id, words="Again", actor=shop.actor("boss"), now=shop.now)
    assert refused.value.extra == {"complaint_id": first.id}
