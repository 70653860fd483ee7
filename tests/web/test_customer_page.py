"""The customer's own page, as a browser asks for it: what it shows, and that each form may be sent twice."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from app import create_app
from app.complaints import service as complaints
from app.complaints.kinds import Source
from app.complaints.models import Complaint, ComplaintStatement
from app.core import clock, config
from app.core.db import db
from app.core.limits import limiter
from app.customers import consent, links
from app.customers.models import Customer, CustomerLinkRow
from app.messaging.models import Conversation, Message, Question
from app.people.access import Role
from app.tasks import service as tasks
from app.tasks.models import Task, TaskHistory
from app.web.pages import FRAGMENT_HEADER
from tests.conftest import IsolatedClient
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, ship_templates
from tests.factories.people import PASSWORD, actor_of, make_staff, make_store
from tests.factories.tasks import ENOUGH_ANSWERS, make_task
from tests.scenes import scene
from tests.web.conftest import token_in

FORM = re.compile(r'name="form" value="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
TOMORROW = datetime(2027, 3, 11, 4, 0, tzinfo=UTC)
UNDO = timedelta(seconds=300)


class Page:
    """The page of one customer, in a browser that keeps no cookies."""

    def __init__(self, client: FlaskClient | None, **customer: Any) -> None:
        self.client = client
        self.store = make_store(name="沙田店", phone="+85226011100")
        self.associate = make_staff(store=self.store, name="林詠詩")
        self.supervisor = make_staff(Role.SUPERVISOR, store=self.store)
        self.boss = actor_of(self.supervisor, self.store)
        self.worker = actor_of(self.associate, self.store)
        wanted = {"name": "Carol Chan", "locale": "en", "owner": self.associate, "gender": "female"} | customer
        self.customer: Customer = make_customer(store=self.store, **wanted)
        self.task = self.visit()
        self.link = links.link_for(self.customer.id, task_id=self.task.id, now=clock.now())

    @property
    def path(self) -> str:
        return f"/c/{self.link.token}"

    def visit(self, start: datetime = TOMORROW, **changes: Any) -> Task:
        changes.setdefault("assignee", self.associate)
        window = {"window_start": start, "window_end": start + timedelta(hours=2)}
        return make_task(customer=self.customer, **(window | changes))

    def get(self, query: str = "", **options: Any) -> TestResponse:
        return self.client.get(self.path + query, **options)

    def text(self) -> str:
        answer = self.get()
        assert answer.status_code == 200, answer.text[:500]
        return answer.text

    def send(self, step: str, **fields: Any) -> TestResponse:
        """Post a form with the token that the page carries."""
        fields = {"form": links.form_token(self.link)} | fields
        return self.client.post(f"{self.path}/{step}", data=fields)

    def told(self, step: str, **fields: Any) -> str:
        """Post a form that leads back to the page; what the page then says."""
        answer = self.send(step, **fields)
        assert answer.status_code == 303, f"{answer.status_code} {answer.text[:600]}"
        found = self.client.get(answer.location)
        assert found.status_code == 200
        return found.text

    def now_of(self) -> Task:
        return db.session.get_one(Task, self.task.id, populate_existing=True)

    def at_key(self) -> str:
        return str(int(self.now_of().window_start.timestamp()) // 60)

    def free(self, number: int = 0) -> Any:
        return tasks.free_slots(self.now_of(), clock.now())[number]

    def complete(self, task: Task | None = None) -> None:
        which = task or self.task
        tasks.start(which.id, actor=self.worker, now=clock.now())
        tasks.complete(which.id, actor=self.worker, now=clock.now(), answers=ENOUGH_ANSWERS)
        db.session.flush()


def key_of(slot: Any) -> str:
    return str(int(slot.window_start.timestamp()) // 60)


@scene
def customer_page_scene(_now):
    return Page(None)


@pytest.fixture
def own(customer_page_scene, client):
    customer_page_scene.client = client
    return customer_page_scene


def history(own: Page, action: str) -> list[tuple[str, int | None, str]]:
    rows = db.session.execute(
        select(TaskHistory.actor_kind, TaskHistory.actor_id, TaskHistory.client).where(
            TaskHistory.task_id == own.task.id, TaskHistory.action == action
        )
    )
    return [tuple(row) for row in rows]


# What it shows


def test_the_page_says_what_who_when_and_whom_to_call(own):
    shown = own.text()
    for words in (
        "Hello Carol Chan",
        "詠詩 visits you",
        "Tomorrow",
        "12:00–14:00",
        "湾仔",
        "tel:+85226011100",
        "Planned for you",
    ):
        assert words in shown


def test_nothing_more_than_needed_is_shown(own):
    shown = own.text()
    for words in (own.customer.phone, own.customer.address, "林詠詩", own.task.door_code or "no code", own.task.number):
        assert words not in shown


@pytest.mark.parametrize(
    ("locale", "lang", "day"),
    [("zh_Hans", "zh-Hans", "3月13日周六"), ("zh_Hant", "zh-Hant", "3月13日"), ("en", "en", "Sat, Mar 13")],
)
def test_it_speaks_the_customers_language(client, session, locale, lang, day):
    own = Page(client, locale=locale, name="陈美玲")
    own.task.window_start += timedelta(days=2)
    own.task.window_end += timedelta(days=2)
    shown = own.text()
    assert f'<html lang="{lang}">' in shown
    assert day in shown
    assert ("陈女士" in shown) == (locale != "en")


def test_the_reader_may_switch_the_language(own):
    answer = own.client.post("/c/language", data={"lang": "zh_Hant", "back": own.path})
    assert (answer.status_code, answer.location) == (303, own.path)
    assert '<html lang="zh-Hant">' in own.text()
    assert own.client.get("/c").text.count('lang="zh-Hant"') >= 1


def test_the_language_form_leads_nowhere_else(own):
    for back in ("https://evil.example/", "//evil.example", "/office", "/m/"):
        assert own.client.post("/c/language", data={"lang": "en", "back": back}).location == "/c"


def test_nobody_may_keep_frame_or_index_it(own):
    headers = own.get().headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers
    assert 'name="robots" content="noindex' in own.text()


def test_the_page_holds_no_inline_script_or_style(own):
    shown = own.text()
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", shown)


def test_several_appointments_stand_together_with_the_links_own_first(own):
    earlier = own.visit(start=TOMORROW - timedelta(hours=3), type="callback")
    shown = own.text()
    assert shown.index(f'id="t{own.task.id}-when"') < shown.index(f'id="t{earlier.id}-when"')


def test_work_that_the_customer_was_never_told_of_stays_inside(own):
    hidden = own.visit(start=TOMORROW + timedelta(days=3), assignee=None, status="open")
    assert f'id="t{hidden.id}-when"' not in own.text()
    tasks.tell_window(
        hidden.id, start=hidden.window_start, end=hidden.window_end, channel="sms", told_key="k", now=clock.now()
    )
    assert f'id="t{hidden.id}-when"' in own.text()


def test_another_customers_tasks_are_not_shown(own):
    other = make_task(assignee=own.associate)
    assert f'id="t{other.id}-when"' not in own.text()


def test_nothing_planned_is_said_kindly_with_a_number_to_call(client, session, now):
    customer = make_customer(store=make_store(phone="+85226011100"), locale="en")
    link = links.link_for(customer.id, task_id=None, now=now)
    shown = client.get(f"/c/{link.token}").text
    assert "Nothing is planned just now." in shown
    assert "tel:+85226011100" in shown


# The live state


def test_the_state_follows_the_visit_from_booking_to_the_end(own, now):
    seen = [own.text()]
    with clock.fixed(TOMORROW):
        tasks.start(own.task.id, actor=own.worker, now=clock.now())
        seen.append(own.text())
        tasks.arrive(own.task.id, actor=own.worker, now=clock.now())
        seen.append(own.text())
        tasks.complete(own.task.id, actor=own.worker, now=clock.now(), answers=ENOUGH_ANSWERS)
        seen.append(own.text())
    for shown, words in zip(seen, ("Planned for you", "On the way to you", "At your door", "<b>Done</b>"), strict=True):
        assert words in shown


def test_the_time_of_arrival_is_the_one_that_was_told(own):
    with clock.fixed(TOMORROW):
        tasks.start(own.task.id, actor=own.worker, now=clock.now())
        eta = TOMORROW + timedelta(minutes=25)
        tasks.tell_eta(own.task.id, eta=eta, channel="sms", told_key="eta", now=clock.now())
        assert "at about 12:25" in own.text()
    with clock.fixed(TOMORROW + timedelta(minutes=40)):
        assert "any moment" in own.text()


def test_without_a_text_the_time_of_arrival_comes_from_the_distance(own):
    with clock.fixed(TOMORROW):
        tasks.start(own.task.id, actor=own.worker, now=clock.now())
        assert re.search(r"at about 12:\d\d", own.text())


def test_a_time_that_the_store_moved_is_shown_with_the_old_one(own, now):
    tasks.reschedule(
        own.task.id,
        window_start=TOMORROW + timedelta(days=1),
        window_end=TOMORROW + timedelta(days=1, hours=2),
        actor=own.boss,
        now=now,
    )
    shown = own.text()
    assert "We had to move it" in shown
    assert "Thu, Mar 11 12:00" in shown


def test_a_late_cancelled_or_missed_visit_says_so(own, now):
    with clock.fixed(TOMORROW + timedelta(hours=3)):
        assert "Later than planned" in own.text()
    tasks.cancel(own.task.id, reason="not_needed", actor=own.boss, now=now)
    assert "Cancelled" in own.text()


def test_the_page_asks_cheaply_whether_anything_is_new(own, now):
    part = {"X-Fragment": "main"}
    first = own.get(headers=part)
    assert first.text.lstrip().startswith('<div id="said"')
    tag = first.headers["ETag"]
    same = own.get(headers=part | {"If-None-Match": tag})
    assert (same.status_code, same.data, same.headers["X-As-Of"]) == (304, b"", "10:00")
    tasks.confirm(own.task.id, actor=own.boss, now=now)
    assert own.get(headers=part | {"If-None-Match": tag}).status_code == 200


def test_looking_counts_openings_and_changes_nothing_else(own):
    before = own.now_of().version
    own.text()
    own.get("?said=confirmed")
    own.get(headers={"X-Fragment": "main"})
    for step in ("confirm", "move", "rate", "complain", "texts", "notes", "again", "remedy"):
        assert own.get(f"/{step}").status_code == 405
    row = db.session.get_one(CustomerLinkRow, own.link.id, populate_existing=True)
    assert row.openings == 2
    assert own.now_of().version == before
    assert history(own, "confirm") == []


def test_an_invented_message_in_the_address_is_not_shown(own):
    assert "<script>" not in own.get("?said=<script>alert(1)</script>").text
    assert "notice ok" not in own.get("?said=nonsense").text


# Confirming


def test_a_confirmation_stands_in_the_history_as_the_customers(own):
    assert "It is confirmed." in own.told("confirm", task=own.task.id, at=own.at_key())
    assert own.now_of().confirmed_at == clock.now()
    assert history(own, "confirm") == [("customer", own.customer.id, "page")]


def test_confirming_twice_is_confirming_once(own):
    for _time in range(2):
        assert "It is confirmed." in own.told("confirm", task=own.task.id, at=own.at_key())
    assert len(history(own, "confirm")) == 1


def test_nobody_confirms_a_time_that_was_moved_meanwhile(own, now):
    seen = own.at_key()
    later = TOMORROW + timedelta(days=1)
    tasks.reschedule(own.task.id, window_start=later, window_end=later + timedelta(hours=2), actor=own.boss, now=now)
    answer = own.send("confirm", task=own.task.id, at=seen)
    assert answer.status_code == 409
    assert "The time has changed meanwhile" in answer.text
    assert own.now_of().confirmed_at is None


def test_what_is_over_is_not_confirmed(own, now):
    tasks.cancel(own.task.id, reason="not_needed", actor=own.boss, now=now)
    answer = own.send("confirm", task=own.task.id, at=own.at_key())
    assert answer.status_code == 409
    assert "Cancelled" in answer.text


def test_a_digit_sent_afterwards_is_no_second_answer(own, drain, now):
    ship_templates()
    tasks.reschedule(
        own.task.id,
        window_start=TOMORROW + timedelta(hours=2),
        window_end=TOMORROW + timedelta(hours=4),
        actor=own.boss,
        now=now,
    )
    drain()
    assert db.session.scalar(select(func.count()).where(Question.closed_at.is_(None)))
    own.told("confirm", task=own.task.id, at=own.at_key())
    assert not db.session.scalar(
        select(func.count()).where(Question.closed_at.is_(None), Question.answered_at.is_(None))
    )


# Another time


def test_two_times_are_offered_and_every_free_one_can_be_chosen(own):
    shown = own.text()
    free = tasks.free_slots(own.now_of(), clock.now())
    assert len(free) > 20
    assert all(f'value="{key_of(slot)}"' in shown for slot in free)
    assert shown.count('<button class="button" name="slot"') == 2


def test_a_chosen_time_is_fixed_and_confirmed(own):
    slot = own.free(5)
    assert "Your new time is fixed." in own.told("move", task=own.task.id, slot=key_of(slot))
    task = own.now_of()
    assert (task.window_start, task.window_end) == (slot.window_start, slot.window_end)
    assert task.confirmed_at == clock.now()
    assert task.assignee_id == own.associate.id
    assert history(own, "reschedule") == [("customer", own.customer.id, "page")]


def test_choosing_the_same_time_twice_moves_once(own):
    slot = own.free(5)
    for _time in range(2):
        assert "Your new time is fixed." in own.told("move", task=own.task.id, slot=key_of(slot))
    assert len(history(own, "reschedule")) == 1


def test_a_time_that_is_gone_is_refused_with_others_at_hand(own):
    slot = own.free(5)
    own.visit(start=slot.window_start, expected_minutes=110)
    answer = own.send("move", task=own.task.id, slot=key_of(slot))
    assert answer.status_code == 409
    assert "has just been taken" in answer.text
    assert own.now_of().window_start == TOMORROW


@pytest.mark.parametrize("slot", ["", "0", "-5", "abc", "99999999999999999999"])
def test_an_invented_time_is_refused(own, slot):
    assert own.send("move", task=own.task.id, slot=slot).status_code in (409, 422)
    assert own.now_of().window_start == TOMORROW


def test_who_is_on_the_way_is_not_sent_elsewhere(own):
    with clock.fixed(TOMORROW):
        tasks.start(own.task.id, actor=own.worker, now=clock.now())
        answer = own.send("move", task=own.task.id, slot=key_of(own.free(0)))
    assert answer.status_code == 409
    assert "already on the way" in answer.text


def test_no_free_time_asks_to_call(own):
    own.store.opening_hours = {str(day): [] for day in range(7)} | {"0": [["10:00", "11:00"]]}
    assert "Please call us; we will find one." in own.text()


# Another try


def failed(own: Page, reason: str = "not_at_home") -> None:
    tasks.start(own.task.id, actor=own.worker, now=clock.now())
    tasks.fail(own.task.id, reason=reason, actor=own.worker, now=clock.now())
    db.session.flush()


def test_after_nobody_was_met_the_customer_chooses_a_new_time(own):
    failed(own)
    assert "Choose a new time" in own.text()
    slot = own.free(3)
    for _time in range(2):
        assert "Your new appointment is fixed." in own.told("again", task=own.task.id, slot=key_of(slot))
    [made] = db.session.scalars(select(Task).where(Task.parent_id == own.task.id)).all()
    assert (made.window_start, made.assignee_id, made.type) == (slot.window_start, own.associate.id, own.task.type)
    assert made.confirmed_at == clock.now()
    assert "Choose a new time" not in own.text()


def test_a_refused_visit_is_not_offered_again(own):
    failed(own, "refused")
    assert "Choose a new time" not in own.text()


# The door


def test_how_to_reach_the_door_is_kept_and_shown_to_the_associate(own, sign_in):
    words = "Gate code 2580, 7th floor, shy dog"
    for _time in range(2):
        assert "We will find the way." in own.told("notes", access_notes=words)
    assert db.session.get_one(Customer, own.customer.id, populate_existing=True).access_notes == words
    seen = own.client.get(f"/api/v1/tasks/{own.task.id}", headers=sign_in(own.associate)).json
    assert seen["customer"]["access_notes"] == words


@pytest.mark.parametrize(
    "words", ["I have cancer, please ring twice", "我先生和我在闹离婚，请别按门铃", "我同先生鬧緊離婚，唔好撳鐘"]
)
def test_private_life_is_not_kept(own, words):
    answer = own.send("notes", access_notes=words)
    assert answer.status_code == 422
    assert "access-error" in answer.text
    assert words in answer.text
    assert db.session.get_one(Customer, own.customer.id, populate_existing=True).access_notes == ""


# The stars


def test_the_question_comes_only_when_the_ending_can_no_longer_be_undone(own, now):
    own.complete()
    assert 'name="stars"' not in own.text()
    with clock.fixed(now + UNDO):
        assert 'name="stars"' in own.text()


def test_no_stars_are_taken_before_the_page_asks_for_them(own, now):
    own.complete()
    with clock.fixed(now + UNDO - timedelta(seconds=1)):
        assert own.send("rate", task=own.task.id, stars=1).status_code == 409
    assert own.now_of().rating is None
    assert db.session.scalars(select(Conversation)).all() == []
    with clock.fixed(now + UNDO):
        own.told("rate", task=own.task.id, stars=5)


def test_stars_answer_the_question_of_a_heart(own, now):
    own.complete()
    with clock.fixed(now + UNDO):
        for _time in range(2):
            assert "Your answer helps us." in own.told("rate", task=own.task.id, stars=5)
        assert "You gave 5 stars." in own.text()
    task = own.now_of()
    assert (task.rating, task.rated_heart) == (5, "care")
    assert history(own, "rate") == [("customer", own.customer.id, "page")]


def test_the_hearts_take_turns(own, now):
    asked = []
    for number in range(6):
        task = own.visit(start=TOMORROW + timedelta(days=number))
        own.complete(task)
        with clock.fixed(now + UNDO):
            own.told("rate", task=task.id, stars=4, heart="conscience")
        asked.append(db.session.get_one(Task, task.id, populate_existing=True).rated_heart)
    assert asked == ["care", "sincerity", "thoughtfulness", "detail", "conscience", "care"]


def test_the_first_answer_stands(own, now):
    own.complete()
    with clock.fixed(now + UNDO):
        own.told("rate", task=own.task.id, stars=4)
        own.told("rate", task=own.task.id, stars=1)
    assert own.now_of().rating == 4


def test_who_has_given_stars_here_is_not_asked_for_them_by_text(own, now):
    own.complete()
    make_message(own.customer, kind="rating", task_id=own.task.id, not_before=now + timedelta(hours=12))
    with clock.fixed(now + UNDO):
        own.told("rate", task=own.task.id, stars=5)
    assert [row.state for row in db.session.scalars(select(Message))] == ["canceled"]


def test_few_stars_lead_to_the_complaint(own, now):
    own.complete()
    with clock.fixed(now + UNDO):
        shown = own.told("rate", task=own.task.id, stars=1)
    assert "Tell us below what we can put right." in shown
    assert re.search(r'<details class="fold" id="complain" open>', shown)


def test_few_stars_wait_in_the_inbox_for_a_person(own, now):
    own.complete()
    with clock.fixed(now + UNDO):
        for _time in range(2):
            own.told("rate", task=own.task.id, stars=2)
    [talk] = db.session.scalars(select(Conversation)).all()
    assert (talk.customer_id, talk.attention, talk.unread) == (own.customer.id, "low_rating", 1)
    assert talk.waiting_since == now + UNDO


@pytest.mark.parametrize("stars", ["0", "6", "", "five"])
def test_only_one_to_five_stars_are_taken(own, now, stars):
    own.complete()
    with clock.fixed(now + UNDO):
        assert own.send("rate", task=own.task.id, stars=stars).status_code == 422
    assert own.now_of().rating is None


# Complaints


def test_a_complaint_opens_one_case_however_often_the_form_is_sent(own):
    key = KEY.search(own.text())[1]
    for _time in range(2):
        assert "We have heard you." in own.told("complain", words="The box was torn", key=key, task=own.task.id)
    case = db.session.scalars(select(Complaint)).one()
    assert (case.customer_id, case.source, case.task_id, case.is_reaction) == (
        own.customer.id,
        "page",
        own.task.id,
        False,
    )
    assert db.session.scalar(select(func.count()).select_from(ComplaintStatement)) == 1


def test_a_bodily_reaction_is_marked(own):
    own.told("complain", words="Something is strange", key="k1", reaction="1")
    assert db.session.scalars(select(Complaint)).one().is_reaction


def test_a_second_complaint_joins_the_open_case(own):
    own.told("complain", words="The box was torn", key=KEY.search(own.text())[1])
    own.told("complain", words="And it is the wrong colour", key=KEY.search(own.text())[1])
    assert db.session.scalar(select(func.count()).select_from(Complaint)) == 1
    assert db.session.scalar(select(func.count()).select_from(ComplaintStatement)) == 2


def test_an_empty_complaint_is_asked_for_again(own):
    answer = own.send("complain", words="  ", key="k1")
    assert answer.status_code == 422
    assert "words-error" in answer.text


@pytest.mark.parametrize(("answer", "said"), [("yes", "glad that it is put right"), ("no", "We take it up again")])
def test_the_customer_says_whether_it_is_put_right(own, now, answer, said):
    own.told("complain", words="The box was torn", key="k1")
    case = db.session.scalars(select(Complaint)).one()
    complaints.acknowledge(case.id, actor=own.boss, now=now)
    complaints.plan(case.id, plan="A new box", promised_for=now + timedelta(days=1), actor=own.boss, now=now)
    complaints.resolve(case.id, apology="Sorry", cause="Dropped", remedy="A new box", actor=own.boss, now=now)
    assert "Yes, it is put right" in own.text()
    for _time in range(2):
        assert said in own.told("remedy", right=answer)
    found = db.session.get_one(Complaint, case.id, populate_existing=True)
    assert (found.stage, found.satisfied) == (("resolved", True) if answer == "yes" else ("opened", None))


def test_another_members_complaint_stays_his_own(own, now):
    mother = make_customer(store=own.store, household_id=own.customer.household_id)
    case = complaints.open_case(
        mother.id, source=Source.PHONE, words="The box was torn", origin_key="k1", actor=own.boss, now=now
    )
    complaints.acknowledge(case.id, actor=own.boss, now=now)
    complaints.resolve(case.id, apology="Sorry", cause="Dropped", remedy="A new box", actor=own.boss, now=now)
    assert "Your complaint" not in own.text()
    own.told("remedy", right="yes")
    assert db.session.get_one(Complaint, case.id, populate_existing=True).answered_at is None


def test_a_page_left_open_hears_that_the_answer_was_given(own, now):
    own.told("complain", words="The box was torn", key="k1")
    case = db.session.scalars(select(Complaint)).one()
    complaints.acknowledge(case.id, actor=own.boss, now=now)
    complaints.resolve(case.id, apology="Sorry", cause="Dropped", remedy="A new box", actor=own.boss, now=now)
    tag = own.get().headers["ETag"]
    own.told("remedy", right="yes")
    assert own.get(headers={FRAGMENT_HEADER: "main", "If-None-Match": tag}).status_code == 200


# Texts on and off


def test_a_stop_holds_at_once_and_keeps_the_words_that_were_shown(own):
    for _time in range(2):
        assert "We send you no more text messages." in own.told("texts", texts="off")
    assert consent.is_opted_out(own.customer.phone)
    [event] = consent.history(own.customer.phone)
    assert (event.source, event.text, event.collector_kind, event.collector_id) == (
        "page",
        "Stop all text messages to my number.",
        "customer",
        own.customer.id,
    )


def test_texts_can_be_allowed_again(own, now):
    own.told("texts", texts="off")
    with clock.fixed(now + timedelta(minutes=1)):
        for _time in range(2):
            assert "You will get our text messages again." in own.told("texts", texts="on")
    assert not consent.is_opted_out(own.customer.phone)
    assert "text START" not in own.text()


def test_who_had_stopped_by_text_is_told_to_text_start(own, now):
    actor = actor_of(own.supervisor, own.store)
    consent.opt_out(own.customer.phone, source="sms", text="STOP", actor=actor, now=now)
    assert "text START" in own.text()


def test_a_stop_on_the_page_ends_what_waits(own, drain, now):
    ship_templates()
    tasks.reschedule(
        own.task.id,
        window_start=TOMORROW + timedelta(hours=2),
        window_end=TOMORROW + timedelta(hours=4),
        actor=own.boss,
        now=now,
    )
    drain()
    own.told("texts", texts="off")
    drain()
    assert set(db.session.scalars(select(Message.state))) == {"suppressed"}


def test_a_customer_without_a_number_has_no_texts_to_stop(client, session):
    own = Page(client, phone=None)
    assert 'id="texts"' not in own.text()
    assert own.send("texts", texts="off").status_code == 404


# Keys that don't open, and forms that are not ours


@pytest.mark.parametrize("step", ["confirm", "move", "again", "rate", "notes", "complain", "remedy", "texts"])
def test_every_form_needs_the_token_of_its_own_page(own, step):
    for token in ("", "0" * 24, links.form_token(links.link_for(own.customer.id, task_id=None, now=clock.now()))):
        answer = own.send(step, form=token, task=own.task.id, texts="off", words="x", key="k", right="yes", stars=5)
        assert answer.status_code == 409
    assert own.now_of().version == own.task.version
    assert not consent.is_opted_out(own.customer.phone)


def test_a_form_sent_from_another_site_is_refused(own):
    answer = own.client.post(
        f"{own.path}/confirm",
        data={"form": links.form_token(own.link), "task": own.task.id, "at": own.at_key()},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 409
    assert own.now_of().confirmed_at is None


def test_nobody_acts_on_another_customers_task(own):
    other = make_task(assignee=own.associate)
    for step in ("confirm", "move", "again", "rate"):
        assert own.send(step, task=other.id, at="1", slot="1", stars=5).status_code == 404
    assert db.session.get_one(Task, other.id, populate_existing=True).confirmed_at is None


@pytest.mark.parametrize("step", ["confirm", "move"])
def test_nobody_acts_on_work_that_the_page_keeps_inside(own, step):
    hidden = own.visit(start=TOMORROW + timedelta(days=3), assignee=None, status="open")
    key = str(int(hidden.window_start.timestamp()) // 60)
    assert own.send(step, task=hidden.id, at=key, slot=key_of(own.free(5))).status_code == 404
    found = db.session.get_one(Task, hidden.id, populate_existing=True)
    assert (found.confirmed_at, found.window_start) == (None, TOMORROW + timedelta(days=3))


@pytest.mark.parametrize("task", ["", "0", "-1", "999999", "99999999999999", "abc"])
def test_a_task_that_is_none_is_refused_politely(own, task):
    assert own.send("confirm", task=task).status_code in (404, 422)


def test_an_ended_page_says_so_in_the_customers_language_with_the_shops_number(own, now):
    with clock.fixed(now + timedelta(days=30)):
        answer = own.get()
        late = own.send("confirm", task=own.task.id, at=own.at_key())
    for one in (answer, late):
        assert one.status_code == 410
        assert "This page has ended" in one.text
        assert "tel:+85226011100" in one.text
        assert '<html lang="en">' in one.text
    assert own.customer.name not in answer.text


def test_a_revoked_page_is_an_ended_page(own, now):
    links.revoke_all(own.customer.id, actor=own.boss, now=now)
    assert own.get().status_code == 410


@pytest.mark.parametrize("token", ["x", "1" * 21, "%00", "a" * 500, "éé"])
def test_an_unknown_address_names_the_shops_to_call(own, token):
    answer = own.client.get(f"/c/{token}")
    assert answer.status_code == 404
    assert "tel:+85226011100" in answer.text


def test_an_associate_may_look_but_not_answer_for_the_customer(client, session, now):
    own = Page(client)
    person = make_staff(store=own.store, password=PASSWORD, locale="en")
    token = token_in(client.get("/sign-in").text)
    client.post("/sign-in", data={"phone": person.phone, "password": PASSWORD, "csrf_token": token})
    assert "You are signed in as an associate" in own.text()
    own.complete()
    with clock.fixed(now + UNDO):
        answer = own.send("rate", task=own.task.id, stars=5)
    assert answer.status_code == 403
    assert own.now_of().rating is None


# The short code


def test_the_code_opens_the_page(own):
    answer = own.client.post("/c", data={"code": own.link.code.lower().replace("-", " ")})
    assert (answer.status_code, answer.location) == (303, own.path)


def test_an_unknown_and_an_ended_code_get_the_same_answer(own, now):
    with clock.fixed(now + timedelta(days=30)):
        ended = own.client.post("/c", data={"code": own.link.code})
        unknown = own.client.post("/c", data={"code": "AAAA-AAAA"})
    assert ended.status_code == unknown.status_code == 422
    assert ended.text.replace(own.link.code, "") == unknown.text.replace("AAAA-AAAA", "")
    assert "tel:+85226011100" in ended.text


def test_too_many_codes_have_to_wait(own):
    for _try in range(links.TRIES_PER_ADDRESS):
        assert own.client.post("/c", data={"code": "AAAA-AAAA"}).status_code == 422
    answer = own.client.post("/c", data={"code": own.link.code}, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "600")
    assert "Too many codes were tried." in answer.text


@pytest.mark.parametrize("code", ["", "   ", "\x00", "<script>", "ÄÖÜ" * 30, "一二三四五六七八"])
def test_strange_codes_are_answered_calmly(own, code):
    answer = own.client.post("/c", data={"code": code})
    assert answer.status_code == 422
    assert "<script>" not in answer.text.replace('<script type="module"', "")


# Pacing


@pytest.fixture(scope="module")
def paced_app(app):
    """The same application with its rate limits on."""
    before = config.settings()
    paced_app = create_app(replace(before, rate_limits=True))
    paced_app.test_client_class = IsolatedClient
    config.use(before)
    limiter.enabled = False
    yield paced_app
    limiter.enabled = False


def test_forms_are_paced_and_the_page_says_so_calmly(paced_app, session, valkey, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    own = Page(paced_app.test_client())
    answers = [own.send("confirm", task=own.task.id, at=own.at_key()).status_code for _time in range(31)]
    assert answers == [303] * 30 + [429]
    refused = own.send("notes", access_notes="Second bell")
    assert refused.status_code == 429
    assert "Too many tries." in refused.text
    assert "Second bell" in refused.text
    assert own.get().status_code == 200


# How much it asks of the database


def test_a_look_asks_a_fixed_number_of_questions(own, session):
    def questions() -> int:
        asked: list[str] = []
        engine = session.get_bind().engine
        listen = lambda *args: asked.append(args[2])  # noqa: E731
        db.event.listen(engine, "before_cursor_execute", listen)
        own.get(headers={"X-Fragment": "main", "If-None-Match": f'"{tag}"'})
        db.event.remove(engine, "before_cursor_execute", listen)
        return len(asked)

    tag = own.get(headers={"X-Fragment": "main"}).headers["ETag"].strip('"')
    few = questions()
    assert 5 < few < 30
    for number in range(5):
        own.visit(start=TOMORROW + timedelta(days=number + 1))
    tag = own.get(headers={"X-Fragment": "main"}).headers["ETag"].strip('"')
    assert questions() <= few + 1


def test_the_audit_log_knows_who_wrote_the_notes(own):
    own.told("notes", access_notes="Second bell")
    row = db.session.execute(text("SELECT actor, action FROM audit_entry ORDER BY id DESC LIMIT 1")).one()
    assert tuple(row) == (f"customer:{own.customer.id}", "customer.access_notes")


# At the desk


def test_the_sandbox_phone_opens_the_page_by_a_tap(supervisor, shop, now):
    customer = make_customer(store=shop.store)
    link = links.link_for(customer.id, task_id=None, now=now)
    make_message(customer, state="delivered", provider="sandbox", submitted_at=now, body=f"回1。 {link.url} <b>")
    shown = supervisor.page(f"/sandbox?phone={customer.id}")
    assert f'<a href="{link.url}" rel="noopener noreferrer" target="_blank">{link.url}</a> &lt;b&gt;' in shown


def test_the_desk_shows_hands_out_and_ends_the_key(supervisor, shop, now):
    customer = make_customer(store=shop.store)
    task = make_task(customer=customer, assignee=shop.associate)
    file = f"/customers/{customer.id}"
    assert "Show the customer page" in supervisor.page(file)
    shown = supervisor.told(f"{file}/link", task=task.id, back=file)
    link = links.open_link_of(customer.id, task_id=task.id, now=now)
    assert link.code in shown
    assert link.code in supervisor.page(f"/tasks/{task.id}")
    picture = supervisor.get(f"/customer-links/{link.id}.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert picture.text.startswith("<svg xmlns=")
    assert "1 address no longer opens the page." in supervisor.told(f"{file}/link/revoke")
    assert links.open_link_of(customer.id, task_id=task.id, now=now) is None
    assert supervisor.get(f"/customer-links/{link.id}.svg").status_code == 404


def test_a_till_prints_the_page_with_a_token_that_can_do_nothing_else(client, session, sign_in, now):
    store = make_store()
    till = sign_in(make_staff(Role.SUPERVISOR, store=store), scopes=["customers:link"])
    customer = make_customer(store=store)
    given = client.post(f"/api/v1/customers/{customer.id}/link", json={}, headers=till)
    again = client.post(f"/api/v1/customers/{customer.id}/link", json={}, headers=till)
    assert given.status_code == 200
    assert given.json == again.json
    assert set(given.json) == {"url", "code", "expires_at", "qr_svg"}
    assert client.get(given.json["url"].removeprefix("http://localhost")).status_code == 200
    assert client.get(f"/api/v1/customers/{customer.id}", headers=till).status_code == 403
    stranger = sign_in(make_staff(Role.SUPERVISOR), scopes=["customers:link"])
    assert client.post(f"/api/v1/customers/{customer.id}/link", json={}, headers=stranger).status_code == 404
    reader = sign_in(make_staff(Role.SUPERVISOR, store=store), scopes=["customers:read"])
    assert client.post(f"/api/v1/customers/{customer.id}/link", json={}, headers=reader).status_code == 403
