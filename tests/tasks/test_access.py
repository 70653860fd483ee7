"""Who sees which task, and how much of the customer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.people.access import Actor
from app.people.models import TimeOff
from app.tasks import queries
from app.tasks.access import eyes_of, is_visible, visible_tasks
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.tasks.conftest import Shop


def seen(shop: Shop, actor: Actor | str) -> set[int]:
    who = shop.actor(actor) if isinstance(actor, str) else actor
    return set(db.session.scalars(visible_tasks(select(Task.id), who, shop.now)))


def cover(shop: Shop, *, away: Any, by: Any) -> None:
    db.session.add(
        TimeOff(
            staff_id=away.id,
            cover_id=by.id,
            starts_at=shop.now - timedelta(days=1),
            ends_at=shop.now + timedelta(days=1),
            reason="leave",
            status="approved",
            asked_by=away.id,
            asked_at=shop.now,
        )
    )
    db.session.flush()


def test_an_associate_sees_own_and_open_tasks_of_the_store(shop: Shop) -> None:
    own, open_, others = shop.task(assignee=shop.ann), shop.task(), shop.task(assignee=shop.bob)
    assert seen(shop, "ann") == {own.id, open_.id}
    assert others.id in seen(shop, "bob")


def test_an_associate_sees_the_tasks_of_own_customers_whoever_does_them(shop: Shop) -> None:
    customer = make_customer(store=shop.store, owner=shop.ann)
    task = shop.task(customer=customer, assignee=shop.bob)
    assert task.id in seen(shop, "ann")


def test_a_cover_sees_the_tasks_of_who_is_away(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    assert task.id not in seen(shop, "bob")
    cover(shop, away=shop.ann, by=shop.bob)
    assert task.id in seen(shop, "bob")


def test_a_supervisor_sees_own_stores_only(shop: Shop) -> None:
    own, foreign = shop.task(assignee=shop.ann), shop.task(customer=make_customer())
    assert seen(shop, "boss") == {own.id}
    assert seen(shop, "office") == {own.id, foreign.id}


def test_a_customer_sees_own_tasks(shop: Shop) -> None:
    own = shop.task()
    shop.task(customer=make_customer(store=shop.store))
    assert seen(shop, "customer") == {own.id}


def test_lists_and_single_tasks_agree_on_what_is_visible(shop: Shop) -> None:
    cover(shop, away=shop.bob, by=shop.ann)
    own_customer = make_customer(store=shop.store, owner=shop.ann)
    covered_customer = make_customer(store=shop.store, owner=shop.bob)
    for customer in (shop.customer, own_customer, covered_customer, make_customer()):
        for assignee in (None, shop.ann, shop.bob, shop.stranger):
            shop.task(customer=customer, assignee=assignee)
    for who in ("ann", "bob", "boss", "office", "stranger", "customer", "system"):
        one_by_one = select(Task.id).where(is_visible(eyes_of(shop.actor(who), shop.now)))
        assert set(db.session.scalars(one_by_one)) == seen(shop, who), who


def test_a_stranger_sees_nothing(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    with pytest.raises(NotFound):
        queries.view(task.id, actor=shop.actor("stranger"), now=shop.now)


def customer_of(shop: Shop, task: Task, who: str, **later: Any) -> dict[str, Any]:
    found: dict[str, Any] = queries.view(task.id, actor=shop.actor(who), now=shop.now + timedelta(**later))["customer"]
    return found


def test_open_work_shows_the_district_and_a_masked_name(shop: Shop) -> None:
    shown = customer_of(shop, shop.task(), "ann")
    assert (shown["id"], shown["phone"], shown["address"]) == (None, None, None)
    assert shown["name"] == "陈•"
    assert shown["district"] == "湾仔"


def test_the_assignee_gets_the_number_to_call(shop: Shop) -> None:
    shown = customer_of(shop, shop.task(assignee=shop.ann), "ann")
    assert shown["phone"] == shop.customer.phone
    assert shown["phone_masked"].startswith("+852 6")


def test_head_office_sees_a_masked_number(shop: Shop) -> None:
    shown = customer_of(shop, shop.task(assignee=shop.ann), "office")
    assert shown["phone"] is None
    assert shown["name"] == shop.customer.name


def test_three_days_after_the_end_the_customer_is_a_stranger_again(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed", ended_at=shop.now)
    assert customer_of(shop, task, "ann", hours=71)["name"] == shop.customer.name
    assert customer_of(shop, task, "ann", hours=73)["name"] == "陈•"


def test_the_door_code_is_never_shown(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, door_code="0420")
    for who in ("ann", "boss", "office"):
        assert "0420" not in repr(queries.view(task.id, actor=shop.actor(who), now=shop.now))
