"""From a fact to the customer's phone and back, over the sandbox: tasks tell, customers answer, tasks change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql

from app.core import clock
from app.core.db import db, transaction
from app.customers import consent, links
from app.customers.contacts import budget
from app.customers.models import ContactBooking, Customer
from app.messaging import inbox, policy, queries, service, turns, writing
from app.messaging.drain import drain_messages
from app.messaging.errors import ContactBudgetSpent
from app.messaging.models import Conversation, Message, Question, State
from app.people.access import Actor
from app.people.models import TimeOff
from app.tasks import service as tasks
from app.tasks.models import Task
from app.tasks.promises import promises_of
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, make_question, ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import ENOUGH_ANSWERS, make_task

pytestmark = pytest.mark.usefixtures("session")

TOMORROW_NOON = datetime(2027, 3, 11, 4, 0, tzinfo=UTC)
Drain = Callable[..., int]


class Desk:
    """A store with an associate, a supervisor and a customer, and what they do."""

    def __init__(self, drain: Drain, **customer: object) -> None:
        self.drain = drain
        self.store = make_store(name="慧芳铜锣湾店", **customer.pop("store", {}))
        self.associate = make_staff(store=self.store, name="李嘉欣")
        self.supervisor = make_staff("supervisor", store=self.store)
        self.boss = actor_of(self.supervisor, self.store)
        self.worker = actor_of(self.associate, self.store)
        wanted = {"name": "陈美玲", "gender": "female", "locale": "zh_Hans", "owner": self.associate} | customer
        self.customer: Customer = make_customer(store=self.store, **wanted)
        ship_templates()

    def visit(self, *, start: datetime = TOMORROW_NOON, assigned: bool = True, **changes: object) -> Task:
        task = make_task(customer=self.customer, window_start=start, window_end=start + timedelta(hours=2), **changes)
        if assigned:
            self.do(lambda now: tasks.assign(task.id, self.associate.id, actor=self.boss, now=now))
        return task

    def do(self, step: Callable[[datetime], object]) -> None:
        """One business step at the clock's time, its side effects, and whatever may be sent."""
        with transaction():
            step(clock.now())
        self.settle()

    def settle(self) -> None:
        while self.drain() or drain_messages():
            pass
        db.session.expire_all()

    def answers(self, text: str) -> None:
        self.do(lambda now: service.answer_from_sandbox(self.customer.phone, text, now=now))

    def complete(self, task: Task) -> None:
        self.do(lambda now: tasks.start(task.id, actor=self.worker, now=now))
        self.do(lambda now: tasks.complete(task.id, actor=self.worker, now=now, answers=ENOUGH_ANSWERS))

    def phone(self) -> list[str]:
        return [line.text for line in queries.sandbox_thread(self.customer.phone) if not line.is_inbound]

    def rows(self, kind: str | None = None) -> list[Message]:
        stmt = select(Message).where(Message.customer_id == self.customer.id).order_by(Message.created_at, Message.id)
        return list(db.session.scalars(stmt.where(Message.kind == kind) if kind else stmt))

    def conversation(self) -> Conversation | None:
        return db.session.scalar(select(Conversation).where(Conversation.customer_id == self.customer.id))

    def open_questions(self) -> list[str]:
        stmt = select(Question.kind).where(Question.answered_at.is_(None), Question.closed_at.is_(None))
        return list(db.session.scalars(stmt.where(Question.customer_id == self.customer.id)))


@pytest.fixture
def desk(drain: Drain) -> Desk:
    return Desk(drain)


def at(moment: str) -> object:
    return clock.fixed(datetime.fromisoformat(moment))


# Booking


def test_an_assigned_visit_is_told_with_who_and_when(desk):
    task = desk.visit()
    page = links.link_for(desk.customer.id, task_id=task.id, now=clock.now())
    assert desk.phone() == [
        f"【慧芳铜锣湾店】陈女士您好，李嘉欣3月11日周四12:00-14:00上门看望您。方便请回1，想改时间请回2。 {page.url}"
    ]


@pytest.mark.parametrize(("locale", "words"), [("zh_Hant", "上門探望您"), ("en", "Reply 1 for yes")])
def test_the_text_is_in_the_customers_language(drain, locale, words):
    desk = Desk(drain, locale=locale)
    desk.visit()
    assert words in desk.phone()[0]


def test_a_customer_in_the_mainland_gets_a_number_to_call_and_no_reply_words(drain):
    store = {"country": "CN", "zone": "Asia/Shanghai", "phone": "+8675582000000"}
    desk = Desk(drain, phone="+8613800138000", store=store)
    desk.visit()
    assert desk.phone() == [
        "【慧芳铜锣湾店】陈女士您好，李嘉欣3月11日周四12:00-14:00上门看望您。想改时间请致电075582000000。"
    ]
    assert desk.open_questions() == []


def test_the_told_window_is_a_promise(desk):
    task = desk.visit()
    assert [promise.promised_start for promise in promises_of(task.id)] == [TOMORROW_NOON]


def test_a_customer_without_a_phone_gets_nothing_and_nothing_breaks(drain):
    desk = Desk(drain, phone=None)
    desk.visit()
    assert desk.rows() == []


def test_a_reassigned_visit_is_not_told_twice(desk):
    task = desk.visit()
    other = make_staff(store=desk.store, name="何敏仪")
    desk.do(lambda now: tasks.assign(task.id, other.id, actor=desk.boss, now=now))
    assert len(desk.phone()) == 1


def test_the_waiting_reminder_names_whoever_comes(desk):
    task = desk.visit()
    other = make_staff(store=desk.store, name="何敏仪")
    desk.do(lambda now: tasks.assign(task.id, other.id, actor=desk.boss, now=now))
    [reminder] = [row for row in desk.rows("reminder") if row.state == State.PENDING]
    assert "何敏仪" in reminder.body
    assert reminder.not_before == datetime(2027, 3, 10, 10, 0, tzinfo=UTC)


def test_the_reminder_arrives_the_evening_before(desk):
    desk.visit()
    with at("2027-03-10T18:00+08:00"):
        desk.settle()
        assert "提醒您" in desk.phone()[-1]


def test_a_reminder_due_at_night_is_held_until_morning(desk):
    task = desk.visit(start=datetime(2027, 3, 11, 2, 0, tzinfo=UTC))
    with at("2027-03-10T23:00+08:00"):
        desk.settle()
        [reminder] = desk.rows("reminder")
        assert (reminder.state, reminder.held_reason) == (State.PENDING, policy.QUIET_HOURS)
        assert reminder.held_until == datetime(2027, 3, 11, 0, 0, tzinfo=UTC)
        line = next(line for line in queries.lines_of_task(task.id) if line.kind == "reminder")
        assert (line.status, line.held_until) == ("held", reminder.held_until)
    with at("2027-03-11T08:00+08:00"):
        desk.settle()
        assert "提醒您" in desk.phone()[-1]


def test_a_callback_is_announced_once_without_a_reminder(desk):
    desk.visit(type="callback")
    assert "给您打个电话" in desk.phone()[0]
    assert desk.rows("reminder") == []


# Answers


def test_one_confirms_the_visit_and_is_thanked(desk):
    task = desk.visit()
    desk.answers("1")
    assert db.session.get(Task, task.id).confirmed_at is not None
    assert desk.phone()[-1] == "【慧芳铜锣湾店】好的，3月11日周四12:00-14:00见，谢谢陈女士。"


def test_a_handled_answer_leaves_nothing_unread(desk):
    desk.visit()
    desk.answers("1")
    assert desk.conversation().unread == 0


def test_two_offers_two_times_and_one_of_them_moves_the_visit(desk):
    task = desk.visit()
    desk.answers("2")
    [first, second] = db.session.scalar(select(Question).where(Question.kind == "slot")).options
    assert "1. 3月" in desk.phone()[-1]
    desk.answers("2")
    moved = db.session.get(Task, task.id)
    assert moved.window_start == datetime.fromisoformat(second["start"]) != datetime.fromisoformat(first["start"])
    assert moved.confirmed_at is not None


def test_a_chosen_time_is_confirmed_once_in_words(desk):
    desk.visit()
    desk.answers("2")
    told = len(desk.phone())
    desk.answers("1")
    [said] = desk.phone()[told:]
    start = db.session.scalar(select(Task.window_start)).astimezone(ZoneInfo("Asia/Hong_Kong"))
    assert f"好的，{start.month}月{start.day}日" in said
    assert f"{start:%H:%M}-" in said


def test_neither_time_suits_so_a_person_takes_over(desk):
    desk.visit()
    desk.answers("2")
    desk.answers("3")
    assert desk.conversation().unread == 1


def test_a_second_one_does_nothing_and_lands_with_the_owner(desk):
    task = desk.visit()
    desk.answers("1")
    confirmed_at = db.session.get(Task, task.id).confirmed_at
    with at("2027-03-10T10:30+08:00"):
        desk.answers("1")
    assert db.session.get(Task, task.id).confirmed_at == confirmed_at
    assert desk.conversation().unread == 1


def test_free_text_lands_unread_with_the_owner(desk):
    desk.visit()
    with at("2027-03-10T10:05+08:00"):
        desk.answers("你们几点下班？")
    [talk] = inbox.inbox(desk.worker, now=clock.now()).rows
    assert (talk.unread, talk.last_text, talk.owner_name) == (1, "你们几点下班？", "李嘉欣")


def test_a_complaint_is_marked(desk):
    desk.visit()
    desk.answers("用了起红疹，我要投诉")
    assert (desk.conversation().attention, desk.open_questions().count("confirm")) == ("complaint", 2)


def test_help_is_answered(desk):
    desk.answers("帮助")
    assert "这是门店的服务短信" in desk.phone()[-1]


def test_an_unknown_sender_is_shown_to_those_who_lead(desk):
    desk.do(lambda now: service.answer_from_sandbox("+85269998888", "请问有人吗", now=now))
    [talk] = inbox.inbox(desk.boss, now=clock.now()).rows
    assert (talk.customer_id, talk.attention) == (None, "unknown_sender")
    assert "69998888" not in talk.name.replace(" ", "")
    assert inbox.inbox(desk.worker, now=clock.now()).rows == []


def test_an_expired_question_is_not_answered(desk):
    task = desk.visit()
    with at("2027-03-11T15:00+08:00"):
        desk.answers("1")
    assert db.session.get(Task, task.id).confirmed_at is None
    assert desk.conversation().unread == 1


def test_a_question_whose_text_still_waits_was_not_asked(desk):
    with at("2027-03-10T23:00+08:00"):
        task = desk.visit()
        desk.answers("1")
    assert db.session.get(Task, task.id).confirmed_at is None


def test_when_two_visits_fit_the_customer_is_asked_back_and_the_code_decides(desk):
    first = desk.visit()
    second = desk.visit(start=TOMORROW_NOON + timedelta(days=1))
    desk.answers("1")
    assert "请回前面的两位数字" in desk.phone()[-1]
    assert db.session.get(Task, first.id).confirmed_at is None
    code = db.session.scalar(
        select(Question.code)
        .join(Message, Message.id == Question.message_id)
        .where(Question.subject_id == second.id, Message.kind == "booked")
    )
    desk.answers(code)
    assert db.session.get(Task, second.id).confirmed_at is not None
    assert db.session.get(Task, first.id).confirmed_at is None


def test_a_code_with_the_answer_behind_it_needs_no_asking_back(desk):
    first, second = desk.visit(), desk.visit(start=TOMORROW_NOON + timedelta(days=1))
    code = db.session.scalar(
        select(Question.code)
        .join(Message, Message.id == Question.message_id)
        .where(Question.subject_id == first.id, Message.kind == "booked")
    )
    desk.answers(f"{code} 1")
    assert db.session.get(Task, first.id).confirmed_at is not None
    assert db.session.get(Task, second.id).confirmed_at is None


def test_codes_of_open_questions_differ(desk):
    desk.visit()
    desk.visit(start=TOMORROW_NOON + timedelta(days=1))
    codes = list(db.session.scalars(select(Question.code)))
    assert len(codes) == len(set(codes))


def test_an_answer_about_a_matter_above_is_published(desk, drain):
    message = make_message(desk.customer, state="delivered", provider="sandbox", submitted_at=clock.now())
    make_question(message, "reorder", subject_type="occurrence", subject_id=7)
    desk.answers("1")

    payload = db.session.execute(sql("SELECT payload FROM fact WHERE name = 'QuestionAnswered'")).scalar_one()
    assert (payload["subject_type"], payload["subject_id"], payload["answer"]) == ("occurrence", 7, "1")


# The visit itself


def test_on_the_way_is_told_with_the_time_even_at_night(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 13, 30, tzinfo=UTC))
    with at("2027-03-10T21:40+08:00"):
        desk.do(lambda now: tasks.start(task.id, actor=desk.worker, now=now))
        assert desk.phone()[-1] == "【慧芳铜锣湾店】陈女士您好，李嘉欣已经出发，大约21:50到您家。"
    assert [promise.kind for promise in promises_of(task.id)][-1] == "eta"


def test_a_door_code_follows_the_departure(desk):
    task = desk.visit(door_code="4821")
    with at("2027-03-11T12:00+08:00"):
        desk.do(lambda now: tasks.start(task.id, actor=desk.worker, now=now))
    assert any("4821" in text for text in desk.phone())


def test_a_started_visit_needs_no_reminder_any_more(desk):
    task = desk.visit()
    desk.do(lambda now: tasks.start(task.id, actor=desk.worker, now=now))
    assert [row.state for row in desk.rows("reminder")] == [State.CANCELED]


def test_the_rating_is_asked_after_the_undo_window_and_five_is_noted(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC))
    desk.complete(task)
    assert not any("几分" in text for text in desk.phone())
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        assert "请回1至5" in desk.phone()[-1]
        desk.answers("5")
    assert db.session.get(Task, task.id).rating == 5


def test_a_low_rating_goes_to_a_person(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC))
    desk.complete(task)
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
        desk.answers("2")
    assert db.session.get(Task, task.id).rating == 2
    assert desk.conversation().attention == "low_rating"


def test_a_finished_visit_in_the_mainland_thanks_without_a_question(drain):
    store = {"country": "CN", "zone": "Asia/Shanghai", "phone": "+8675582000000"}
    desk = Desk(drain, phone="+8613800138000", store=store)
    desk.complete(desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC)))
    with at("2027-03-10T10:05+08:00"):
        desk.settle()
    assert "075582000000" in desk.phone()[-1]
    assert "请回" not in desk.phone()[-1]


def test_an_undone_ending_takes_its_text_back(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC))
    desk.complete(task)
    desk.do(lambda now: tasks.undo(task.id, actor=desk.worker, now=now))
    with at("2027-03-10T10:10+08:00"):
        desk.settle()
    assert [row.state for row in desk.rows("rating")] == [State.CANCELED]
    assert "rating" not in desk.open_questions()


def test_finished_again_after_an_undo_the_rating_is_asked_once(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC))
    desk.complete(task)
    desk.do(lambda now: tasks.undo(task.id, actor=desk.worker, now=now))
    desk.do(lambda now: tasks.complete(task.id, actor=desk.worker, now=now, answers=ENOUGH_ANSWERS))
    with at("2027-03-10T10:10+08:00"):
        desk.settle()
    assert sum("请回1至5" in text for text in desk.phone()) == 1


def test_a_failed_visit_says_sorry_after_the_undo_window(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC))
    desk.do(lambda now: tasks.start(task.id, actor=desk.worker, now=now))
    desk.do(lambda now: tasks.fail(task.id, reason="not_at_home", actor=desk.worker, now=now))
    with at("2027-03-10T10:10+08:00"):
        desk.settle()
    assert "很抱歉" in desk.phone()[-1]


def test_a_customer_who_refused_at_the_door_is_not_written_to(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC))
    desk.do(lambda now: tasks.start(task.id, actor=desk.worker, now=now))
    desk.do(lambda now: tasks.fail(task.id, reason="refused", actor=desk.worker, now=now))
    assert desk.rows("could_not_meet") == []


# Changes


def test_a_moved_visit_is_told_and_the_old_reminder_withdrawn(desk):
    task = desk.visit()
    later = TOMORROW_NOON + timedelta(days=2)
    desk.do(
        lambda now: tasks.reschedule(
            task.id, window_start=later, window_end=later + timedelta(hours=2), actor=desk.boss, now=now
        )
    )
    assert "改到3月13日周六12:00-14:00" in desk.phone()[-1]
    states = [(row.speaks_of, row.state) for row in desk.rows("reminder")]
    assert states == [(TOMORROW_NOON, State.CANCELED), (later, State.PENDING)]


def test_an_answer_to_the_old_window_does_not_confirm_the_new_one_twice(desk):
    task = desk.visit()
    later = TOMORROW_NOON + timedelta(days=2)
    desk.do(
        lambda now: tasks.reschedule(
            task.id, window_start=later, window_end=later + timedelta(hours=2), actor=desk.boss, now=now
        )
    )
    desk.answers("1")
    assert db.session.get(Task, task.id).confirmed_at is not None
    assert "3月13日" in desk.phone()[-1]


def test_a_visit_moved_before_the_customer_knew_is_simply_booked(desk):
    with at("2027-03-10T23:00+08:00"):
        task = desk.visit()
        later = TOMORROW_NOON + timedelta(days=2)
        desk.do(
            lambda now: tasks.reschedule(
                task.id, window_start=later, window_end=later + timedelta(hours=2), actor=desk.boss, now=now
            )
        )
    with at("2027-03-11T08:00+08:00"):
        desk.settle()
    assert len(desk.phone()) == 1
    assert "3月13日" in desk.phone()[0]


def test_a_cancelled_visit_is_told_to_who_expects_it(desk):
    task = desk.visit()
    desk.do(lambda now: tasks.cancel(task.id, reason="customer_asked", actor=desk.boss, now=now))
    assert "预约已取消" in desk.phone()[-1]
    assert {row.state for row in desk.rows("reminder")} == {State.CANCELED}
    assert desk.open_questions() == []


def test_a_visit_cancelled_before_the_customer_knew_stays_silent(desk):
    with at("2027-03-10T23:00+08:00"):
        task = desk.visit()
        desk.do(lambda now: tasks.cancel(task.id, reason="customer_asked", actor=desk.boss, now=now))
    with at("2027-03-11T08:00+08:00"):
        desk.settle()
    assert desk.phone() == []


# Opting out


@pytest.mark.parametrize("word", ["STOP", "退订", "退訂", "TD", "Cancel"])
def test_an_opt_out_holds_at_once_and_for_waiting_texts(desk, word):
    desk.visit()
    desk.answers(word)
    assert consent.is_opted_out(desk.customer.phone)
    assert [row.state for row in desk.rows("reminder")] == [State.SUPPRESSED]
    told = len(desk.phone())
    desk.visit(start=TOMORROW_NOON + timedelta(days=3))
    assert len(desk.phone()) == told


def test_the_opt_out_is_committed_with_the_text_itself(desk):
    with transaction():
        service.answer_from_sandbox(desk.customer.phone, "退订", now=clock.now())
    assert consent.is_opted_out(desk.customer.phone)


def test_an_opt_out_by_the_office_needs_nothing_more(desk):
    desk.visit()
    desk.do(lambda now: consent.opt_out(desk.customer.phone, source="office", text="", actor=desk.boss, now=now))
    assert [row.state for row in desk.rows("reminder")] == [State.SUPPRESSED]


def test_yes_from_a_stopped_number_opts_in_and_does_only_that(desk):
    task = desk.visit()
    desk.answers("STOP")
    desk.answers("YES")
    assert not consent.is_opted_out(desk.customer.phone)
    assert db.session.get(Task, task.id).confirmed_at is None


def test_one_from_a_stopped_number_does_not_opt_in(desk):
    desk.visit()
    desk.answers("STOP")
    desk.answers("1")
    assert consent.is_opted_out(desk.customer.phone)
    assert desk.conversation().unread == 1


def test_a_doubtful_no_pauses_automatic_texts_until_a_person_has_looked(desk):
    desk.visit()
    desk.answers("1")
    desk.answers("N")
    assert (desk.conversation().attention, consent.is_opted_out(desk.customer.phone)) == ("maybe_opt_out", False)
    with at("2027-03-10T18:00+08:00"):
        desk.settle()
        assert [row.held_reason for row in desk.rows("reminder")] == [policy.MAYBE_OPT_OUT]
        conversation = desk.conversation()
        desk.do(lambda now: service.settle(conversation.id, actor=desk.worker, now=now))
        assert "提醒您" in desk.phone()[-1]


# Texts by people


def test_an_associate_writes_to_a_customer(desk):
    desk.visit()
    desk.do(lambda now: writing.write_by_hand(desk.customer.id, "您好，明天见！", actor=desk.worker, now=now))
    assert desk.phone()[-1] == "您好，明天见！"


def test_a_text_by_hand_to_the_mainland_carries_the_shops_signature(drain):
    desk = Desk(drain, phone="+8613800138000", store={"country": "CN", "zone": "Asia/Shanghai"})
    desk.visit()
    desk.do(lambda now: writing.write_by_hand(desk.customer.id, "明天见！", actor=desk.worker, now=now))
    assert desk.phone()[-1] == "【慧芳铜锣湾店】明天见！"


def test_an_answer_by_hand_settles_the_conversation(desk):
    desk.answers("你们几点下班？")
    desk.do(lambda now: writing.write_by_hand(desk.customer.id, "晚上九点。", actor=desk.worker, now=now))
    conversation = desk.conversation()
    assert (conversation.unread, conversation.waiting_since) == (0, None)


def test_an_answer_by_hand_within_ten_minutes_goes_at_night(desk):
    with at("2027-03-10T22:00+08:00"):
        desk.answers("你们几点下班？")
    with at("2027-03-10T22:09+08:00"):
        desk.do(lambda now: writing.write_by_hand(desk.customer.id, "晚上九点。", actor=desk.worker, now=now))
        assert desk.phone() == ["晚上九点。"]


def test_an_answer_by_hand_later_at_night_waits(desk):
    with at("2027-03-10T22:00+08:00"):
        desk.answers("你们几点下班？")
    with at("2027-03-10T22:20+08:00"):
        desk.do(lambda now: writing.write_by_hand(desk.customer.id, "晚上九点。", actor=desk.worker, now=now))
        assert desk.phone() == []


def test_an_unasked_text_counts_against_the_contact_budget(desk):
    desk.do(lambda now: writing.write_by_hand(desk.customer.id, "新品到店了", actor=desk.worker, now=now))

    [contact] = budget(desk.customer.household_id, now=clock.now()).contacts
    assert (contact.kind, contact.state) == ("personal", "recorded")
    with pytest.raises(ContactBudgetSpent):
        writing.write_by_hand(desk.customer.id, "再说一次", actor=desk.worker, now=clock.now())


def test_a_text_about_a_running_visit_is_no_new_contact(desk):
    desk.visit()
    for text in ("您好", "请问门牌号是？"):
        desk.do(lambda now, text=text: writing.write_by_hand(desk.customer.id, text, actor=desk.worker, now=now))

    assert list(budget(desk.customer.household_id, now=clock.now()).contacts) == []


def test_a_booked_contact_is_given_back_when_the_text_never_goes(desk):
    with at("2027-03-10T23:00+08:00"):
        desk.do(lambda now: writing.write_by_hand(desk.customer.id, "新品到店了", actor=desk.worker, now=now))
    desk.do(lambda now: consent.opt_out(desk.customer.phone, source="office", text="", actor=Actor.system(), now=now))

    assert db.session.scalar(select(ContactBooking.state)) == "released"


def test_the_thread_shows_both_sides_in_order(desk):
    desk.visit()
    with at("2027-03-10T10:10+08:00"):
        desk.answers("1")
    directions = [line.direction for line in queries.thread(desk.customer.id)]
    assert directions == ["out", "in", "out", "out"]
    assert [line.status for line in queries.thread(desk.customer.id)][-1] == "pending"


def test_running_late_is_told_with_the_new_time(desk):
    task = desk.visit(start=datetime(2027, 3, 10, 3, 0, tzinfo=UTC))
    desk.do(lambda now: tasks.start(task.id, actor=desk.worker, now=now))
    eta = datetime(2027, 3, 10, 3, 40, tzinfo=UTC)
    desk.do(lambda now: service.tell_late(task.id, eta=eta, actor=desk.worker, now=now))
    desk.do(lambda now: service.tell_late(task.id, eta=eta, actor=desk.worker, now=now))
    assert desk.phone()[-1] == "【慧芳铜锣湾店】陈女士抱歉，李嘉欣路上耽误了，大约11:40到。谢谢您等我们。"
    assert sum("耽误" in text for text in desk.phone()) == 1


# Whose thread it is


def test_a_number_that_became_a_customers_brings_its_texts_along(desk):
    phone = "+85269998888"
    desk.do(lambda now: service.answer_from_sandbox(phone, "请问有人吗", now=now))
    newcomer = make_customer(store=desk.store, owner=desk.associate, phone=phone)
    with at("2027-03-10T10:05+08:00"):
        desk.do(lambda now: service.answer_from_sandbox(phone, "我是陈太", now=now))
    [talk] = inbox.inbox(desk.worker, now=clock.now()).rows
    assert (talk.customer_id, talk.unread) == (newcomer.id, 2)
    assert [line.text for line in queries.thread(newcomer.id)] == ["请问有人吗", "我是陈太"]


def test_a_customer_who_waits_for_half_an_hour_is_the_supervisors(desk):
    desk.answers("你们几点下班？")
    [now_waiting] = inbox.inbox(desk.boss, now=clock.now(), waiting=True).rows
    turns.hand_over_waiting(now=clock.now() + timedelta(minutes=31))
    [handed_over] = inbox.inbox(desk.boss, now=clock.now(), waiting=True).rows
    assert (now_waiting.is_handed_over, handed_over.is_handed_over) == (False, True)


def test_the_cover_of_an_absent_associate_sees_the_thread(desk):
    cover = make_staff(store=desk.store)
    db.session.add(
        TimeOff(
            staff_id=desk.associate.id,
            cover_id=cover.id,
            starts_at=clock.now() - timedelta(days=1),
            ends_at=clock.now() + timedelta(days=1),
            reason="leave",
            status="approved",
            asked_by=desk.associate.id,
            asked_at=clock.now(),
        )
    )
    db.session.flush()
    desk.answers("你们几点下班？")
    assert len(inbox.inbox(actor_of(cover, desk.store), now=clock.now()).rows) == 1
    assert inbox.unread_count(actor_of(cover, desk.store)) == 1


def test_a_fact_that_is_delivered_twice_writes_nothing_twice(desk, drain):
    desk.visit()
    desk.answers("1")
    before = [(row.id, row.state) for row in desk.rows()]
    db.session.execute(sql("UPDATE delivery SET state = 'due', next_attempt_at = now()"))
    desk.settle()
    assert [(row.id, row.state) for row in desk.rows()] == before


def test_each_associate_sees_only_own_phones_in_the_sandbox(desk):
    desk.visit()
    stranger = make_staff(store=desk.store)
    assert [phone.name for phone in queries.sandbox_phones(desk.worker, now=clock.now())] == ["陈美玲"]
    assert queries.sandbox_phones(actor_of(stranger, desk.store), now=clock.now()) == []
