from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from app.core.db import db
from app.core.errors import Invalid
from app.people.access import Role
from app.tasks import service
from app.tasks.creating import NewLine, NewTask
from app.tasks.models import Task, TaskLine
from tests.factories.customers import make_customer
from tests.factories.people import make_staff
from tests.factories.tasks import NOON, make_checklist
from tests.tasks.conftest import Shop, facts, history_of


def wish(shop: Shop, **changes: Any) -> NewTask:
    plain = NewTask(
        type="home_visit", customer_id=shop.customer.id, window_start=NOON, window_end=NOON + timedelta(hours=2)
    )
    return replace(plain, **changes)


def create(shop: Shop, **changes: Any) -> Task:
    return service.create(wish(shop, **changes), actor=shop.actor("boss"), now=shop.now)


def refused(shop: Shop, **changes: Any) -> set[str]:
    with pytest.raises(Invalid) as problem:
        create(shop, **changes)
    return set(problem.value.errors or {})


def test_a_task_without_associate_is_open(shop: Shop) -> None:
    task = create(shop)
    assert (task.status, task.assignee_id, task.store_id) == ("open", None, shop.store.id)
    assert [fact["name"] for fact in facts()] == ["TaskCreated"]


def test_a_task_with_associate_is_assigned_and_says_so(shop: Shop) -> None:
    task = create(shop, assignee_id=shop.ann.id)
    assert (task.status, task.assignee_id, task.assigned_at) == ("assigned", shop.ann.id, shop.now)
    assert [(fact["name"], fact["assignee_id"]) for fact in facts()] == [
        ("TaskCreated", shop.ann.id),
        ("TaskAssigned", shop.ann.id),
    ]


def test_creation_is_the_first_line_of_history(shop: Shop) -> None:
    (line,) = history_of(create(shop).id)
    assert (line.action, line.actor_kind, line.actor_id) == ("create", "staff", shop.boss.id)
    assert line.new["status"] == "open"


def test_numbers_are_readable_and_differ(shop: Shop) -> None:
    one, other = create(shop), create(shop)
    assert one.number.startswith("T")
    assert len(one.number) >= 7
    assert one.number != other.number


def test_visits_and_deliveries_get_a_door_code_and_callbacks_none(shop: Shop) -> None:
    code = create(shop).door_code
    assert code is not None
    assert len(code) == 4
    assert code.isdigit()
    assert create(shop, type="callback").door_code is None


def test_a_delivery_brings_unless_told_otherwise(shop: Shop) -> None:
    assert create(shop, type="delivery").direction == "bring"
    assert create(shop, type="delivery", direction="collect").direction == "collect"


def test_the_reason_stands_in_words_when_nothing_else_is_said(shop: Shop) -> None:
    assert create(shop, reason="birthday").reasons[0]["zh_Hant"] == "生日問候"


def test_a_reason_without_own_checklist_uses_the_one_for_care(shop: Shop) -> None:
    care = make_checklist(task_type="callback", reason="care")
    assert create(shop, type="callback", reason="festival").checklist_version_id == care.id


def test_lines_are_kept_with_the_delivery(shop: Shop) -> None:
    task = create(shop, type="delivery", lines=[NewLine(2, "Ironed shirts"), NewLine(1, "Coat")])
    lines = db.session.scalars(select(TaskLine).where(TaskLine.task_id == task.id).order_by(TaskLine.id)).all()
    assert [(line.name, line.quantity, line.delivered) for line in lines] == [
        ("Ironed shirts", 2, None),
        ("Coat", 1, None),
    ]


def test_the_same_origin_key_makes_one_task(shop: Shop) -> None:
    first = create(shop, origin_key="careplan:12:cust:9:2027-01")
    again, is_new = service.create_or_find(
        wish(shop, origin_key="careplan:12:cust:9:2027-01"), actor=shop.actor("boss"), now=shop.now
    )
    assert (again.id, is_new) == (first.id, False)
    assert len(facts("TaskCreated")) == 1


def test_many_tasks_take_two_statements(shop: Shop) -> None:
    wishes = [wish(shop, origin_key=f"bulk:{number}") for number in range(200)]
    statements: list[str] = []
    listen: Any = lambda _c, _cur, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(db.session.connection(), "before_cursor_execute", listen)
    created = service.create_many(wishes, actor=shop.actor("system"), now=shop.now)
    assert len(created) == 200
    assert len(statements) == 2
    assert len(facts("TaskCreated")) == 200


def test_bulk_creation_leaves_out_what_exists(shop: Shop) -> None:
    create(shop, origin_key="bulk:1")
    wishes = [wish(shop, origin_key=f"bulk:{number}", type="delivery", lines=[NewLine(1, "Tin")]) for number in (1, 2)]
    assert len(service.create_many(wishes, actor=shop.actor("system"), now=shop.now)) == 1
    assert len(facts("TaskCreated")) == 2
    assert db.session.scalar(select(func.count()).select_from(TaskLine)) == 1


def test_one_wrong_task_among_many_creates_none(shop: Shop) -> None:
    wishes = [wish(shop), wish(shop, customer_id=999_999)]
    with pytest.raises(Invalid) as problem:
        service.create_many(wishes, actor=shop.actor("boss"), now=shop.now)
    assert set(problem.value.errors or {}) == {"1.customer_id"}
    assert db.session.scalar(select(func.count()).select_from(Task)) == 0


def test_an_unknown_customer_is_named(shop: Shop) -> None:
    assert refused(shop, customer_id=999_999) == {"customer_id"}


def test_a_customer_of_another_store_looks_unknown(shop: Shop) -> None:
    assert refused(shop, customer_id=make_customer().id) == {"customer_id"}


def test_an_associate_of_another_store_is_refused(shop: Shop) -> None:
    assert refused(shop, assignee_id=shop.stranger.id) == {"assignee_id"}


def test_somebody_who_left_is_refused(shop: Shop) -> None:
    assert refused(shop, assignee_id=make_staff(Role.ASSOCIATE, shop.store, is_active=False).id) == {"assignee_id"}


def test_a_supervisor_is_no_associate(shop: Shop) -> None:
    assert refused(shop, assignee_id=shop.boss.id) == {"assignee_id"}


def test_a_window_must_end_after_its_start(shop: Shop) -> None:
    assert refused(shop, window_end=NOON) == {"window_end"}


def test_a_window_in_the_past_is_refused(shop: Shop) -> None:
    past = shop.now - timedelta(days=1)
    assert refused(shop, window_start=past, window_end=past + timedelta(hours=1)) == {"window_end"}


def test_a_window_of_weeks_is_refused(shop: Shop) -> None:
    assert refused(shop, window_end=NOON + timedelta(days=8)) == {"window_end"}


def test_only_deliveries_have_direction_and_goods(shop: Shop) -> None:
    assert refused(shop, direction="bring", lines=[NewLine(1, "Tin")]) == {"direction", "lines"}


def test_goods_need_a_name_or_a_known_product(shop: Shop) -> None:
    wrong = [NewLine(1), NewLine(1, product_id=999_999)]
    assert refused(shop, type="delivery", lines=wrong) == {"lines.0.name", "lines.1.product_id"}
