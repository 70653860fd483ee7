"""The supervisor's day: what the list says, and what each button does."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from app.core import clock
from app.core.db import db
from app.tasks import service
from app.tasks.models import Evidence, HeldSubmission, Task, TaskHistory
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.factories.people import actor_of
from tests.factories.tasks import make_task


@pytest.fixture
def make_one(shop, now):
    """`make_one(name, hours_from_now=1, **changes)`: a task of the shop today."""

    def make(name="陳小明", hours=1, **changes):
        customer = make_customer(store=shop.store, name=name, address="沙田正街 18 號", district="沙田")
        start = now + timedelta(hours=hours)
        return make_task(customer=customer, window_start=start, window_end=start + timedelta(hours=1), **changes)

    return make


def again(task):
    db.session.expire_all()
    return db.session.get(Task, task.id)


# What the list says


def test_the_day_shows_each_task_with_the_number_masked(supervisor, make_one, shop):
    task = make_one("黃美玲", assignee=shop.associate)
    page = supervisor.page("/board")
    customer = (
        task.customer_id
        and db.session.execute(db.text("select phone from customer where id = :id"), {"id": task.customer_id}).scalar()
    )
    assert "黃美玲" in page
    assert "11:00–12:00" in page
    assert "Home visit" in page
    assert customer not in page
    assert "•• ••" in page


def test_an_empty_day_says_what_to_do_next(supervisor, shop):
    page = supervisor.page("/board")
    assert "Plan a visit, a delivery or a call" in page
    assert f"/tasks/new?store={shop.store.id}" in page.replace("&amp;", "&")


def counts_in(page):
    """Words of each view and its number."""
    nav = page.split('class="segments"')[1].split("</nav>")[0]
    return {
        part.split("<b>")[0].split(">")[-1].strip(): int(part.split("<b>")[1].split("<")[0])
        for part in nav.split("</a>")[:-1]
    }


def test_counts_tell_what_is_late_unassigned_and_confirmed(supervisor, make_one, shop, now):
    make_one("甲")
    make_one("乙", assignee=shop.associate, confirmed_at=now)
    make_one("丙", hours=-2, assignee=shop.associate)
    make_one("丁", hours=-3, assignee=shop.associate, status="completed")
    assert counts_in(supervisor.page("/board")) == {
        "All": 4,
        "Late": 1,
        "Unassigned": 1,
        "Not confirmed yet": 2,
        "Confirmed": 1,
        "Under way": 0,
        "Done": 1,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("view=late", {"丙"}),
        ("view=unassigned", {"甲"}),
        ("view=confirmed", {"乙"}),
        ("view=done", {"丁"}),
        ("type=callback", {"甲"}),
        ("q=丁", {"丁"}),
        ("q=正街", {"甲", "乙", "丙", "丁"}),
        ("view=nonsense&type=nonsense", {"甲", "乙", "丙", "丁"}),
        ("date=2027-03-11", set()),
    ],
)
def test_filters_stand_in_the_address(supervisor, make_one, shop, now, query, names):
    make_one("甲甲甲", type="callback")
    make_one("乙乙乙", assignee=shop.associate, confirmed_at=now)
    make_one("丙丙丙", hours=-2, assignee=shop.associate)
    make_one("丁丁丁", hours=-3, assignee=shop.associate, status="completed")
    page = supervisor.page(f"/board?{query}").split("<tbody>")[-1]
    assert {name for name in "甲乙丙丁" if name * 3 in page} == names


def test_the_filter_for_a_person_shows_only_the_own_tasks(supervisor, make_one, shop):
    make_one("甲甲甲", assignee=shop.associate)
    make_one("乙乙乙", assignee=shop.colleague)
    page = supervisor.page(f"/board?assignee={shop.associate.id}")
    assert "甲甲甲" in page
    assert "乙乙乙" not in page


@pytest.mark.parametrize("query", ["date=2027-02-30", "date=x", "task=999999", "store=999999", "cursor=x"])
def test_an_address_that_leads_nowhere_gets_its_own_page(supervisor, query):
    answer = supervisor.get(f"/board?{query}")
    assert answer.status_code in (404, 422)
    assert 'class="problem"' in answer.text


def test_a_long_day_comes_in_pages(supervisor, make_one):
    for _number in range(105):
        make_one()
    page = supervisor.page("/board")
    more = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert page.count("<tr data-row") == 100
    assert supervisor.page(more).count("<tr data-row") == 5


def test_a_longer_day_costs_no_more_queries(supervisor, make_one, shop):
    def queries_of_the_page():
        seen = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        supervisor.page("/board")
        event.remove(db.engine, "before_cursor_execute", listener)
        return sum(statement.lstrip().startswith(("SELECT", "WITH")) for statement in seen)

    make_one(assignee=shop.associate)
    supervisor.page("/board")
    short = queries_of_the_page()
    for _number in range(30):
        make_one(assignee=shop.associate)
    assert queries_of_the_page() == short


def test_an_island_gets_only_the_part_it_asks_for(supervisor, make_one):
    task = make_one("黃美玲")
    answer = supervisor.get(f"/board?task={task.id}", headers={"X-Fragment": "panel flashes"})
    assert answer.text.startswith('<template data-fragment="panel">')
    assert "<html" not in answer.text
    assert 'data-fragment="day"' not in answer.text
    assert "X-Fragment" in answer.headers["Vary"]


# The side panel


def test_the_panel_shows_customer_checklist_history_and_what_may_be_done(supervisor, make_one, shop, now):
    task = make_one("黃美玲", assignee=shop.associate, note="帶試用裝")
    page = supervisor.page(f"/board?task={task.id}")
    panel = page.split('id="panel"')[1]
    for words in ("黃美玲", "沙田正街", "帶試用裝", "Checklist", "History", "Cancel task", "Move"):
        assert words in panel, words


def test_the_panel_offers_only_what_the_transition_table_allows(supervisor, make_one, shop):
    done = make_one(hours=-3, assignee=shop.associate, status="completed")
    panel = supervisor.page(f"/board?task={done.id}").split('id="panel"')[1]
    assert "Open again" in panel
    assert "Cancel task" not in panel
    assert f"/tasks/{done.id}/assign" not in panel


def test_the_panel_says_until_when_a_text_is_held_and_why(supervisor, make_one, shop, now):
    task = make_one(assignee=shop.associate)
    customer = db.session.get(type(make_customer()), task.customer_id)
    make_message(
        customer,
        task=task,
        kind="reminder",
        not_before=now + timedelta(hours=22),
        held_until=now + timedelta(hours=22),
        held_reason="quiet hours",
        expires_at=now + timedelta(days=2),
    )
    panel = supervisor.page(f"/board?task={task.id}").split('id="panel"')[1]
    assert "held until 08:00 because of quiet hours" in panel


def test_a_text_that_waits_for_its_time_says_when_it_goes_out(supervisor, make_one, shop, now):
    task = make_one(assignee=shop.associate)
    customer = db.session.get(type(make_customer()), task.customer_id)
    make_message(customer, task=task, kind="reminder", not_before=now + timedelta(hours=3))
    assert "goes out at 13:00" in supervisor.page(f"/board?task={task.id}")


def test_the_short_address_of_a_task_opens_its_day_with_the_panel(supervisor, make_one, shop):
    task = make_one(hours=30)
    answer = supervisor.get(f"/tasks/{task.id}")
    assert answer.location == f"/board?store={shop.store.id}&date=2027-03-11&task={task.id}"


# Handing out work


def test_assigning_from_the_row_gives_the_task_to_the_associate(supervisor, make_one, shop):
    task = make_one()
    page = supervisor.told(f"/tasks/{task.id}/assign", staff_id=shop.associate.id, version=task.version)
    assert "林詠詩 has the task now." in page
    assert (again(task).assignee_id, again(task).status) == (shop.associate.id, "assigned")


def test_an_assignment_on_an_old_version_changes_nothing_and_says_so(supervisor, make_one, shop):
    task = make_one()
    seen = task.version
    supervisor.send(f"/tasks/{task.id}/assign", staff_id=shop.associate.id, version=seen)
    page = supervisor.told(f"/tasks/{task.id}/assign", staff_id=shop.colleague.id, version=seen, back="/board")
    assert "Somebody else changed this meanwhile" in page
    assert again(task).assignee_id == shop.associate.id


def test_somebody_of_another_store_can_t_be_given_the_task(supervisor, make_one, shop):
    task = make_one()
    page = supervisor.told(f"/tasks/{task.id}/assign", staff_id=shop.stranger.id, version=task.version, back="/board")
    assert "There is no such associate in this store." in page
    assert again(task).assignee_id is None


def test_choosing_nobody_is_explained(supervisor, make_one):
    task = make_one()
    page = supervisor.told(f"/tasks/{task.id}/assign", staff_id="", version=task.version, back="/board")
    assert "Choose who does it" in page


def test_several_tasks_are_assigned_at_once(supervisor, make_one, shop):
    tasks = [make_one(), make_one()]
    page = supervisor.told(
        "/board/assign", staff_id=shop.associate.id, task=[f"{task.id}:{task.version}" for task in tasks]
    )
    assert "2 tasks are assigned." in page
    assert {again(task).assignee_id for task in tasks} == {shop.associate.id}


def test_of_several_tasks_the_one_that_moved_on_is_left_alone(supervisor, make_one, shop, now):
    moved, still = make_one(), make_one()
    chosen = [f"{task.id}:{task.version}" for task in (moved, still)]
    service.cancel(moved.id, reason="not_needed", actor=actor_of(shop.supervisor), now=now)
    page = supervisor.told("/board/assign", staff_id=shop.associate.id, task=chosen)
    assert "1 task is assigned. 1 had changed meanwhile and was left alone." in page
    assert again(still).assignee_id == shop.associate.id
    assert again(moved).status == "cancelled"


@pytest.mark.parametrize("chosen", [[], ["x"], ["1"], ["1:x"]])
def test_choosing_no_task_is_explained(supervisor, shop, chosen):
    assert "Choose at least one task." in supervisor.told(
        "/board/assign", staff_id=shop.associate.id, task=chosen, back="/board"
    )


# The other steps


def test_confirming_for_the_customer_stamps_the_task(supervisor, make_one, shop, now):
    task = make_one(assignee=shop.associate)
    supervisor.told(f"/tasks/{task.id}/confirm", version=task.version)
    assert again(task).confirmed_at == now


def test_moving_a_task_takes_the_time_in_the_store_s_zone(supervisor, make_one, shop):
    task = make_one(assignee=shop.associate)
    supervisor.told(
        f"/tasks/{task.id}/reschedule",
        version=task.version,
        window_start="2027-03-12T14:00",
        window_end="2027-03-12T16:00",
    )
    assert again(task).window_start.isoformat() == "2027-03-12T06:00:00+00:00"


def test_a_window_that_ends_before_it_starts_is_explained(supervisor, make_one, shop):
    task = make_one(assignee=shop.associate)
    page = supervisor.told(
        f"/tasks/{task.id}/reschedule",
        version=task.version,
        window_start="2027-03-12T14:00",
        window_end="2027-03-12T12:00",
        back="/board",
    )
    assert "Must be after the start." in page
    assert again(task).window_start == task.window_start


def test_cancelling_keeps_the_reason(supervisor, make_one, shop):
    task = make_one(assignee=shop.associate)
    supervisor.told(f"/tasks/{task.id}/cancel", version=task.version, reason="customer_asked", note="去旅行")
    assert (again(task).status, again(task).end_reason, again(task).end_note) == (
        "cancelled",
        "customer_asked",
        "去旅行",
    )


def test_a_reason_outside_the_list_is_refused(supervisor, make_one, shop):
    task = make_one(assignee=shop.associate)
    page = supervisor.told(f"/tasks/{task.id}/cancel", version=task.version, reason="boredom", back="/board")
    assert "Please choose one of the list." in page
    assert again(task).status == "assigned"


def test_work_is_recorded_for_the_associate(supervisor, make_one, shop):
    task = make_one(assignee=shop.associate)
    supervisor.told(f"/tasks/{task.id}/start", version=task.version)
    supervisor.told(f"/tasks/{task.id}/fail", version=again(task).version, reason="not_at_home", note="")
    history = db.session.query(TaskHistory).filter_by(task_id=task.id, action="fail").one()
    assert again(task).status == "failed"
    assert (history.actor_id, history.on_behalf_of_id) == (shop.supervisor.id, shop.associate.id)


def test_a_step_that_the_table_forbids_is_explained_and_changes_nothing(supervisor, make_one, shop):
    task = make_one(hours=-3, assignee=shop.associate, status="completed")
    page = supervisor.told(f"/tasks/{task.id}/cancel", version=task.version, reason="other", back="/board")
    assert "This task is already" in page
    assert again(task).status == "completed"


def test_opening_again_needs_a_reason(supervisor, make_one, shop):
    task = make_one(hours=-3, assignee=shop.associate, status="completed")
    assert "Please fill this in." in supervisor.told(
        f"/tasks/{task.id}/reopen", version=task.version, reason="", back="/board"
    )
    supervisor.told(f"/tasks/{task.id}/reopen", version=task.version, reason="漏了簽名")
    assert again(task).status == "active"


def test_an_unknown_step_has_no_address(supervisor, make_one):
    task = make_one()
    assert supervisor.send(f"/tasks/{task.id}/explode", version=task.version).status_code == 404


# Held work


@pytest.fixture
def held(make_one, shop, now):
    """The associate finished a task without signal after it had been cancelled."""
    task = make_one(assignee=shop.associate)
    associate = actor_of(shop.associate, client="field")
    service.cancel(task.id, reason="customer_asked", actor=actor_of(shop.supervisor), now=now)
    work = service.Submission(at=now - timedelta(minutes=5), base={"status": "assigned"})
    service.submit("start", task.id, work=work, actor=associate, now=now)
    db.session.commit()
    return db.session.query(HeldSubmission).one()


def test_held_work_is_shown_on_the_board_and_in_the_panel(supervisor, held):
    assert "sent work that arrived after the task had moved on" in supervisor.page("/board")
    assert "Let it count" in supervisor.page(f"/board?task={held.task_id}")


@pytest.mark.parametrize(
    ("verb", "state", "status"), [("accept", "accepted", "active"), ("dismiss", "dismissed", "cancelled")]
)
def test_held_work_is_decided_from_the_panel(supervisor, held, verb, state, status):
    supervisor.told(f"/held/{held.id}/{verb}")
    db.session.expire_all()
    assert db.session.get(HeldSubmission, held.id).state == state
    assert db.session.get(Task, held.task_id).status == status


def test_held_work_is_decided_once(supervisor, held):
    supervisor.told(f"/held/{held.id}/dismiss")
    assert "already decided" in supervisor.told(f"/held/{held.id}/accept", back="/board")


def test_the_day_follows_the_clock_of_the_store(supervisor, make_one, now):
    make_one("黃美玲")
    with clock.fixed(now + timedelta(hours=15)):  # past midnight in Hong Kong, the same day in UTC
        assert "黃美玲" not in supervisor.page("/board")
        assert "黃美玲" in supervisor.page("/board?date=2027-03-10")


def test_the_panel_tells_where_the_associate_arrived_and_what_came_of_the_door_code(supervisor, make_one, shop, now):
    task = make_one(assignee=shop.associate, status="active", started_at=now, door_code="0420")
    far_away = {"lat": 22.3193, "lng": 114.1694, "accuracy_metres": 20, "distance_metres": 4620, "is_exception": True}
    place = {"task_id": task.id, "kind": "place", "captured_at": now, "recorded_at": now}
    db.session.add(Evidence(**place, place_state="given", **far_away))
    db.session.flush()
    panel = supervisor.page(f"/board?task={task.id}").split('id="panel"')[1]
    assert "4.6 km from the door" in panel
    assert "please look at it" in panel
    db.session.add(Evidence(**place, place_state="denied"))
    db.session.flush()
    panel = supervisor.page(f"/board?task={task.id}").split('id="panel"')[1]
    assert "The phone does not let the app know the place." in panel
