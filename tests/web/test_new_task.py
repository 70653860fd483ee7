"""Planning a task by hand."""

import pytest

from app.core.db import db
from app.tasks.models import Task, TaskLine
from tests.factories.customers import make_customer
from tests.factories.tasks import make_checklist


@pytest.fixture
def customer(shop):
    for kind in ("home_visit", "delivery", "callback"):
        make_checklist(task_type=kind, reason="care")
    return make_customer(store=shop.store, owner=shop.associate, name="黃美玲", phone="+85291234567")


def plan(desk, customer, **changes):
    values = {
        "type": "home_visit",
        "reason": "care",
        "window_start": "2027-03-11T10:00",
        "window_end": "2027-03-11T12:00",
    }
    return desk.send(f"/tasks/new?customer={customer.id}", **{**values, **changes})


def test_a_customer_is_found_by_name_and_chosen(supervisor, customer):
    page = supervisor.page("/tasks/new?q=美玲")
    assert f"customer={customer.id}" in page
    assert "91234567" not in page
    assert "Plan the task" in supervisor.page(f"/tasks/new?customer={customer.id}")


def test_nobody_found_offers_a_new_file(supervisor, customer):
    assert "Open a new file" in supervisor.page("/tasks/new?q=nobody")


def test_a_planned_task_opens_on_its_day(supervisor, customer, shop):
    answer = plan(supervisor, customer, assignee_id=shop.associate.id, note="帶試用裝")
    task = db.session.query(Task).one()
    assert answer.location == f"/board?store={shop.store.id}&date=2027-03-11&task={task.id}"
    assert (task.assignee_id, task.status, task.note) == (shop.associate.id, "assigned", "帶試用裝")
    assert task.window_start.isoformat() == "2027-03-11T02:00:00+00:00"


def test_a_task_without_anybody_waits_for_one(supervisor, customer):
    assert "when somebody has it" in supervisor.page(plan(supervisor, customer).location)
    assert db.session.query(Task).one().status == "open"


def test_goods_are_read_line_by_line(supervisor, customer):
    plan(supervisor, customer, type="delivery", direction="bring", goods="2 x 奶粉\n紙尿片 × 3\n\n試用裝")
    lines = db.session.query(TaskLine).order_by(TaskLine.id).all()
    assert [(line.quantity, line.name) for line in lines] == [(2, "奶粉"), (3, "紙尿片"), (1, "試用裝")]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"window_start": ""}, "window_start"),
        ({"window_start": "tomorrow"}, "window_start"),
        ({"window_end": "2027-03-11T09:00"}, "window_end"),
        ({"window_start": "2027-03-01T10:00", "window_end": "2027-03-01T12:00"}, "window_end"),
        ({"type": "party"}, "type"),
        ({"reason": "boredom"}, "reason"),
        ({"assignee_id": "99999"}, "assignee_id"),
        ({"expected_minutes": "-3"}, "expected_minutes"),
        ({"direction": "bring"}, "direction"),
    ],
)
def test_what_can_t_be_planned_is_explained_at_its_field(supervisor, customer, changes, name):
    answer = plan(supervisor, customer, note="帶試用裝", **changes)
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert "帶試用裝" in answer.text
    assert db.session.query(Task).count() == 0


def test_the_window_offered_first_lies_ahead_within_visiting_hours(supervisor, customer):
    assert 'value="2027-03-10T11:00"' in supervisor.page(f"/tasks/new?customer={customer.id}")
    assert 'value="2027-03-15T10:00"' in supervisor.page(f"/tasks/new?customer={customer.id}&date=2027-03-15")
