from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import event

from app.core.db import db
from app.tasks import promises, queries, service
from app.tasks.queries import TaskFilter
from app.tasks.schemas import TaskRowView, TaskView
from tests.factories.customers import make_customer
from tests.factories.people import make_store
from tests.factories.tasks import NOON
from tests.tasks.conftest import Shop

DAY = date(2027, 3, 10)


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


def listed(shop: Shop, who: str = "boss", *, limit: int = 50, cursor: str | None = None, **wanted: Any) -> Any:
    answer = queries.list_json(TaskFilter(**wanted), actor=shop.actor(who), now=shop.now, cursor=cursor, limit=limit)
    return json.loads(answer)


def ids(page: Any) -> list[int]:
    return [item["id"] for item in page["items"]]


def test_a_list_is_ordered_by_window_and_pages_without_gaps(shop: Shop) -> None:
    tasks = [
        shop.task(window_start=NOON + timedelta(minutes=m), window_end=NOON + timedelta(hours=3)) for m in (30, 0, 0)
    ]
    first = listed(shop, limit=2)
    second = listed(shop, limit=2, cursor=first["next_cursor"])
    assert ids(first) + ids(second) == [tasks[1].id, tasks[2].id, tasks[0].id]
    assert second["next_cursor"] is None


def test_a_list_takes_one_query_however_long(shop: Shop) -> None:
    for _ in range(30):
        shop.task(assignee=shop.ann)
    with counted() as statements:
        assert len(ids(listed(shop))) == 30
    assert len(statements) == 1


def test_each_filter_narrows(shop: Shop) -> None:
    other = make_customer(store=shop.store, name="Ms Wong")
    mine = shop.task(assignee=shop.ann)
    call = shop.task(type="callback", customer=other)
    tomorrow = shop.task(window_start=NOON + timedelta(days=1), window_end=NOON + timedelta(days=1, hours=1))
    assert ids(listed(shop, day=DAY)) == [mine.id, call.id]
    assert ids(listed(shop, day=DAY + timedelta(days=1))) == [tomorrow.id]
    assert ids(listed(shop, assignee_id=shop.ann.id)) == [mine.id]
    assert ids(listed(shop, unassigned=True)) == [call.id, tomorrow.id]
    assert ids(listed(shop, statuses=["assigned"])) == [mine.id]
    assert ids(listed(shop, type="callback")) == [call.id]
    assert ids(listed(shop, customer_id=other.id)) == [call.id]
    assert ids(listed(shop, q="wong")) == [call.id]
    assert ids(listed(shop, q=mine.number.lower())) == [mine.id]
    assert ids(listed(shop, q="100%")) == []
    assert ids(listed(shop, q="ms%wong")) == []
    assert ids(listed(shop, assignee_id=0)) == []
    assert ids(listed(shop, store_id=make_store().id)) == []


def test_a_day_is_the_stores_own_day(shop: Shop) -> None:
    early = datetime(2027, 3, 9, 16, 30, tzinfo=UTC)  # 00:30 on the 10th in Hong Kong
    task = shop.task(window_start=early, window_end=early + timedelta(hours=1))
    assert ids(listed(shop, day=DAY)) == [task.id]
    assert ids(listed(shop, day=DAY - timedelta(days=1))) == []


def test_a_search_does_not_unmask_customers(shop: Shop) -> None:
    shop.task()
    assert ids(listed(shop, "ann", q=shop.customer.name)) == []
    assert len(ids(listed(shop, "boss", q=shop.customer.name))) == 1


def test_rows_tell_what_the_reader_may_do(shop: Shop) -> None:
    shop.task(assignee=shop.ann)
    assert listed(shop, "ann")["items"][0]["allowed_actions"] == ["accept", "decline", "start", "arrive"]
    assert "assign" in listed(shop, "boss")["items"][0]["allowed_actions"]


def test_rows_mask_numbers_for_everybody(shop: Shop) -> None:
    shop.task(assignee=shop.ann)
    row = listed(shop, "ann")["items"][0]
    assert shop.customer.phone not in json.dumps(row)
    assert row["customer"]["phone_masked"].startswith("+852 6")


def test_a_row_made_by_the_database_fits_its_schema(shop: Shop) -> None:
    shop.task(assignee=shop.ann, confirmed_at=shop.now)
    shop.task()
    for row in listed(shop, "ann")["items"]:
        assert set(row) == set(TaskRowView().fields)
        assert TaskRowView().load(row)["id"] == row["id"]


def test_a_task_in_full_fits_its_schema(shop: Shop) -> None:
    task = shop.task(type="delivery", assignee=shop.ann, lines=[("Tin", 2)], status="active", started_at=shop.now)
    service.arrive(task.id, actor=shop.actor("ann"), now=shop.now, lat=22.3, lng=114.2)
    promises.tell_window(
        task.id, start=task.window_start, end=task.window_end, channel="sms", told_key="message:1", now=shop.now
    )
    shown = queries.view(task.id, actor=shop.actor("ann"), now=shop.now)
    assert set(shown) == set(TaskView().fields)
    assert TaskView().load(shown)["lines"][0]["quantity"] == 2
    assert (len(shown["evidence"]), len(shown["promised"])) == (1, 1)


def test_a_task_in_full_takes_one_query(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, lines=[])
    queries.view(task.id, actor=shop.actor("ann"), now=shop.now)
    with counted() as statements:
        queries.view(task.id, actor=shop.actor("ann"), now=shop.now)
    assert len(statements) == 1


def test_the_checklist_shows_the_state_after_the_conditions(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    ann = shop.actor("ann")
    service.answer_checklist(task.id, actor=ann, now=shop.now, answers={"product_fits": "fail"})
    items = {item["key"]: item for item in queries.view(task.id, actor=ann, now=shop.now)["checklist"]}
    assert items["product_fits"]["answer"] == "fail"
    assert (items["what_is_wrong"]["visible"], items["what_is_wrong"]["required"]) == (True, True)
    assert items["greeted"]["answered_at"] is None


def test_undo_is_offered_until_the_window_ends(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed", end_recorded_at=shop.now, ended_at=shop.now)
    shown = queries.view(task.id, actor=shop.actor("ann"), now=shop.now)
    assert shown["undo_until"] == (shop.now + timedelta(seconds=300)).isoformat()
    assert shown["allowed_actions"] == ["undo"]


def test_claimable_work_is_open_and_not_yet_over(shop: Shop) -> None:
    wanted = shop.task()
    shop.task(assignee=shop.bob)
    shop.task(window_start=shop.now - timedelta(hours=3), window_end=shop.now - timedelta(hours=1))
    shop.task(customer=make_customer())
    page = json.loads(
        queries.claimable_json(actor=shop.actor("ann"), now=shop.now, store_id=None, cursor=None, limit=None)
    )
    assert ids(page) == [wanted.id]
    assert page["items"][0]["customer"]["name"] == "陈•"
    assert page["items"][0]["allowed_actions"] == ["claim"]


def test_the_phone_gets_yesterday_to_tomorrow_and_unfinished_work(shop: Shop) -> None:
    def at(days: int, **changes: Any) -> int:
        start = NOON + timedelta(days=days)
        changes = {"assignee": shop.ann, "window_start": start, "window_end": start + timedelta(hours=1)} | changes
        return shop.task(**changes).id

    wanted = [at(-5, status="active"), at(-1), at(0), at(1)]
    at(-2), at(2), at(0, assignee=shop.bob), at(0, assignee=None)
    found = queries.tasks_for_bootstrap(shop.actor("ann"), shop.now)
    assert [task["id"] for task in found] == wanted


def test_the_phones_day_takes_one_query_for_all_tasks(shop: Shop) -> None:
    for _ in range(10):
        shop.task(assignee=shop.ann)
    queries.tasks_for_bootstrap(shop.actor("ann"), shop.now)
    with counted() as statements:
        assert len(queries.tasks_for_bootstrap(shop.actor("ann"), shop.now)) == 10
    assert len(statements) == 1


def test_a_persons_day_is_one_query_and_one_json_text(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann)
    with counted() as statements:
        page = json.loads(queries.day_json(shop.ann.id, day=DAY, actor=shop.actor("ann"), now=shop.now))
    assert (ids(page), len(statements)) == ([task.id], 1)


def test_a_window_told_twice_is_one_promise(shop: Shop) -> None:
    task = shop.task()
    told: dict[str, Any] = {"channel": "sms", "told_key": "message:7", "now": shop.now}
    assert promises.tell_window(task.id, start=task.window_start, end=task.window_end, **told)
    assert not promises.tell_window(task.id, start=task.window_start, end=task.window_end, **told)
    assert promises.tell_eta(task.id, eta=NOON, channel="sms", told_key="message:8", now=shop.now)
    assert [(made.kind, made.told_key) for made in promises.promises_of(task.id)] == [
        ("window", "message:7"),
        ("eta", "message:8"),
    ]
