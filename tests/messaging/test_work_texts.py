"""News of work for associates whose app is closed: gathered, merged, told once, in sensible hours, without names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.core import clock, presence
from app.core.db import db, transaction
from app.core.live import valkey
from app.customers import service as customers
from app.customers.models import ContactBooking
from app.messaging import outbox, queries, work_texts, work_words
from app.messaging.drain import drain_messages
from app.messaging.hours import Hours
from app.messaging.models import Message, WorkNews
from app.messaging.outbox import Group, Wanted
from app.messaging.work_hours import next_opening
from app.messaging.work_words import Change, News
from app.people.models import ShiftPattern, TimeOff
from app.people.shifts import Interval
from app.tasks import handing_over
from app.tasks import service as tasks
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import actor_of, key_of, make_staff, make_store
from tests.factories.tasks import make_task

pytestmark = pytest.mark.usefixtures("session")

AT_TWO = datetime(2027, 3, 10, 6, 0, tzinfo=UTC)  # 14:00 of the tests' day in Hong Kong
TOMORROW_AT_TEN = datetime(2027, 3, 11, 2, 0, tzinfo=UTC)


class Shift:
    """An associate with a closed app, and whoever gives out the work."""

    def __init__(self, drain: Callable[..., int]) -> None:
        self.drain = drain
        valkey().flushdb()
        self.store = make_store(name="慧芳铜锣湾店")
        self.associate = make_staff(store=self.store, name="李嘉欣", locale="zh_Hans")
        self.boss = actor_of(make_staff("supervisor", store=self.store), self.store)
        self.customer = make_customer(
            store=self.store, owner=self.associate, name="陈美玲", address="轩尼诗道500号12楼A室"
        )
        ship_templates()

    def given(self, *, start: datetime = AT_TWO, **changes: object) -> Task:
        task = make_task(customer=self.customer, window_start=start, window_end=start + timedelta(hours=2), **changes)
        self.do(lambda now: tasks.assign(task.id, self.associate.id, actor=self.boss, now=now))
        return task

    def do(self, step: Callable[[datetime], object]) -> None:
        with transaction():
            step(clock.now())
        while self.drain():
            pass
        db.session.expire_all()

    def tell(self, *, minutes: float = 3) -> int:
        """Some minutes later the job looks, and what it wrote goes out."""
        clock_now = clock.now() + timedelta(minutes=minutes)
        told = work_texts.tell_due(now=clock_now)
        drain_messages(now=lambda: clock_now)
        db.session.expire_all()
        return told

    def phone(self) -> list[str]:
        return [line.text for line in queries.sandbox_thread(self.associate.phone)]

    def outcomes(self) -> list[str | None]:
        return list(db.session.scalars(select(WorkNews.outcome).order_by(WorkNews.id)))


@pytest.fixture
def shift(session, drain) -> Shift:
    return Shift(drain)


def test_new_work_of_today_reaches_a_closed_app_as_one_short_text(shift):
    shift.given()
    shift.given(start=AT_TWO + timedelta(hours=3))
    assert shift.tell() == 1
    assert shift.phone() == ["【慧芳铜锣湾店】工作有变动。3月10日周三：新增2项（14:00起）。请打开应用查看。"]
    assert shift.tell(minutes=30) == 0


def test_the_text_names_no_customer_and_no_address(shift):
    shift.given()
    shift.tell()
    said = shift.phone()[0]
    assert not any(secret in said for secret in ("陈", "轩尼诗", "500", shift.customer.phone))


def test_the_text_speaks_the_language_of_the_associate(shift):
    shift.associate.locale, shift.associate.name = "en", "Carmen"
    shift.store.name = "Causeway Bay"
    shift.given(start=TOMORROW_AT_TEN)
    shift.tell()
    assert shift.phone() == ["Causeway Bay: Your work has changed. Thu 11 Mar: new 10:00. Please open the app."]


def test_nothing_is_said_before_the_patience_is_over(shift):
    shift.given()
    assert shift.tell(minutes=1) == 0
    assert shift.tell(minutes=2.5) == 1


def test_who_has_fetched_the_day_since_is_told_nothing(shift, client):
    shift.given()
    assert client.get("/api/v1/bootstrap", headers=key_of(shift.associate)).status_code == 200
    assert shift.tell() == 0
    assert shift.outcomes() == ["seen"]


def test_while_the_app_is_open_the_text_waits_and_goes_when_it_closed_without_a_look(shift):
    shift.given()
    presence.note_stream(f"staff:{shift.associate.id}")
    assert shift.tell() == 0
    valkey().flushdb()
    assert shift.tell(minutes=4) == 1


def test_an_emptied_valkey_costs_one_text_too_many_at_most(shift, client):
    shift.given()
    client.get("/api/v1/bootstrap", headers=key_of(shift.associate))
    valkey().flushdb()
    assert shift.tell() == 1
    assert shift.tell(minutes=60) == 0


def test_a_valkey_that_is_away_stops_no_text(shift, monkeypatch):
    shift.given()
    monkeypatch.setattr(presence, "valkey", _away)
    assert shift.tell() == 1


def _away() -> object:
    from redis import Redis

    return Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)


def test_moved_and_cancelled_work_is_told_as_it_stands_now(shift):
    moved, gone = shift.given(), shift.given(start=AT_TWO + timedelta(hours=3))
    shift.tell()
    later = AT_TWO + timedelta(hours=1)
    window = {"window_start": later, "window_end": later + timedelta(hours=2)}
    shift.do(lambda now: tasks.reschedule(moved.id, **window, actor=shift.boss, now=now))
    shift.do(lambda now: tasks.cancel(gone.id, reason="customer", actor=shift.boss, now=now))
    assert shift.tell(minutes=30) == 1
    assert shift.phone()[-1] == "【慧芳铜锣湾店】工作有变动。3月10日周三：改到15:00，取消17:00。请打开应用查看。"


def test_work_that_goes_to_a_colleague_is_news_for_both(shift):
    colleague = make_staff(store=shift.store, name="何敏仪", locale="zh_Hans")
    task = shift.given()
    shift.tell()
    shift.do(lambda now: tasks.assign(task.id, colleague.id, actor=shift.boss, now=now))
    assert shift.tell(minutes=30) == 2
    assert shift.phone()[-1].endswith("3月10日周三：取消14:00。请打开应用查看。")
    assert [line.text for line in queries.sandbox_thread(colleague.phone)][-1].endswith("新增14:00。请打开应用查看。")


def test_a_new_address_is_news_to_whoever_is_to_go_there_and_their_phones_look_again(shift, monkeypatch):
    shift.given()
    shift.tell()
    told: list[str] = []
    monkeypatch.setattr(handing_over, "announce", lambda *topics: told.extend(topics))
    change = {"address": "皇后大道中9号", "tags": ["vip"]}
    version = shift.customer.version
    shift.do(lambda now: customers.update(shift.customer.id, change, version=version, actor=shift.boss, now=now))
    assert told == [f"staff:{shift.associate.id}"]
    assert shift.tell(minutes=30) == 1
    assert shift.phone()[-1].endswith("3月10日周三：14:00换地址。请打开应用查看。")
    shift.do(
        lambda now: customers.update(shift.customer.id, {"tags": []}, version=version + 1, actor=shift.boss, now=now)
    )
    assert told == [f"staff:{shift.associate.id}"]


def test_what_was_given_and_taken_back_before_anybody_looked_is_not_told(shift):
    task = shift.given()
    shift.do(lambda now: tasks.cancel(task.id, reason="customer", actor=shift.boss, now=now))
    assert shift.tell() == 0
    assert shift.outcomes() == ["moot"]


def test_what_somebody_took_himself_is_no_news(shift):
    task = make_task(customer=shift.customer, window_start=AT_TWO, window_end=AT_TWO + timedelta(hours=2))
    me = actor_of(shift.associate, shift.store)
    shift.do(lambda now: tasks.claim(task.id, actor=me, now=now))
    assert shift.outcomes() == []


def test_work_that_was_accepted_is_seen(shift):
    task = shift.given()
    me = actor_of(shift.associate, shift.store)
    shift.do(lambda now: tasks.accept(task.id, actor=me, now=now))
    assert shift.tell() == 0
    assert shift.outcomes() == ["seen"]


def test_work_of_next_week_is_no_news_today(shift):
    shift.given(start=AT_TWO + timedelta(days=7))
    assert shift.outcomes() == []


def test_two_texts_lie_a_while_apart_and_the_second_gathers_what_came_meanwhile(shift):
    shift.given()
    shift.tell(minutes=3)
    shift.given(start=AT_TWO + timedelta(hours=2))
    assert shift.tell(minutes=6) == 0
    shift.given(start=AT_TWO + timedelta(hours=4))
    assert shift.tell(minutes=19) == 1
    assert shift.phone()[-1].endswith("新增2项（16:00起）。请打开应用查看。")


def test_who_wants_no_texts_gets_none(shift, client):
    headers = key_of(shift.associate)
    answer = client.patch("/api/v1/me", json={"work_texts": False}, headers=headers)
    assert answer.get_json()["work_texts"] is False
    shift.given()
    assert shift.outcomes() == []


def test_who_switches_the_texts_off_is_not_told_what_waited(shift, client):
    shift.given()
    client.patch("/api/v1/me", json={"work_texts": False}, headers=key_of(shift.associate))
    assert shift.tell() == 0
    assert shift.outcomes() == ["unwanted"]


def test_off_shift_the_text_waits_for_the_hour_before_the_shift(shift):
    on_shift(shift, time(13), time(20))
    shift.given()
    assert shift.tell() == 0
    assert db.session.scalar(select(WorkNews.due_at)) == AT_TWO - timedelta(hours=2)
    assert shift.tell(minutes=121) == 1


def test_on_leave_nobody_is_told(shift):
    on_shift(shift, time(9), time(18))
    leave = TimeOff(
        staff_id=shift.associate.id,
        starts_at=AT_TWO - timedelta(days=1),
        ends_at=AT_TWO + timedelta(days=3),
        reason="leave",
        status="approved",
        asked_by=shift.associate.id,
        asked_at=AT_TWO - timedelta(days=9),
    )
    db.session.add(leave)
    shift.given()
    assert shift.tell() == 0
    assert shift.outcomes() == ["moot"]


def on_shift(shift: Shift, starts: time, ends: time) -> None:
    db.session.add_all(
        ShiftPattern(staff_id=shift.associate.id, weekday=day, starts=starts, ends=ends, valid_from=date(2026, 1, 1))
        for day in range(7)
    )
    db.session.flush()


def test_the_job_run_twice_writes_one_text(shift):
    shift.given()
    assert work_texts.tell_due(now=clock.now() + timedelta(minutes=3)) == 1
    assert work_texts.tell_due(now=clock.now() + timedelta(minutes=3)) == 0
    assert len(texts_to(shift)) == 1


def test_a_fact_that_comes_twice_is_one_piece_of_news(shift, drain):
    shift.given()
    shift.tell()
    db.session.execute(db.text("UPDATE delivery SET state = 'due', done_at = NULL, attempts = 0"))
    while drain():
        pass
    assert shift.tell(minutes=60) == 0
    assert shift.outcomes() == ["told"]


def test_what_was_settled_long_ago_is_forgotten_and_what_waits_is_not(shift):
    shift.given()
    shift.tell()
    shift.given(start=AT_TWO + timedelta(hours=2))
    assert work_texts.forget_old(now=clock.now() + timedelta(days=59)) == 0
    assert work_texts.forget_old(now=clock.now() + timedelta(days=61)) == 1
    assert shift.outcomes() == [None]


def test_a_text_that_still_waits_is_taken_back_once_the_app_was_opened(shift):
    shift.given()
    later = clock.now() + timedelta(minutes=3)
    work_texts.tell_due(now=later)
    presence.note_look(f"staff:{shift.associate.id}", at=later + timedelta(seconds=30))
    work_texts.tell_due(now=later + timedelta(minutes=1))
    assert [text.state for text in texts_to(shift)] == ["canceled"]


def test_the_desk_sees_it_as_a_text_to_a_colleague_and_no_contact_of_a_customer(shift):
    shift.given()
    shift.tell()
    listed = outbox.page_of_texts(
        Wanted(group=Group.ALL, kind="work"), actor=shift.boss, now=clock.now(), cursor=None, limit=9
    )
    assert [(row.colleague, row.customer_id, row.status) for row in listed.rows] == [("李嘉欣", None, "delivered")]
    assert db.session.scalars(select(ContactBooking)).all() == []
    names = [phone.name for phone in queries.sandbox_phones(shift.boss, now=clock.now())]
    assert "李嘉欣" in names
    stranger = actor_of(make_staff("supervisor"))
    assert "李嘉欣" not in [phone.name for phone in queries.sandbox_phones(stranger, now=clock.now())]


def texts_to(shift: Shift) -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.to_staff_id == shift.associate.id)))


# Pure


DAY = datetime(2027, 3, 10, tzinfo=UTC)
NIGHT = Hours("UTC", closed=((time(21), time(8)),))


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("now", "at_night_too", "opens", "until"),
    [
        (at(12), False, at(12), at(21)),
        (at(5), False, at(9), at(21)),
        (at(21.5), False, at(33), at(45)),
        (at(21.5), True, at(21.5), at(22)),
        (at(22.5), True, at(33), at(46)),
    ],
)
def test_a_text_goes_on_shift_or_shortly_before_and_at_night_only_about_today(now, at_night_too, opens, until):
    shifts = [Interval(at(10), at(22)), Interval(at(34), at(46))]
    opening = next_opening(now, shifts, quiet=NIGHT, at_night_too=at_night_too)
    assert opening is not None
    assert (opening.opens_at, opening.until) == (opens, until)


def test_without_a_shift_there_is_no_hour():
    assert next_opening(at(12), [], quiet=NIGHT, at_night_too=True) is None


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("zh_Hans", "3月10日周三：新增09:00，11:00换地址；3月11日周四：取消2项"),
        ("zh_Hant", "3月10日星期三：新增09:00，11:00換地址；3月11日星期四：取消2項"),
        ("en", "Wed 10 Mar: new 09:00, new address 11:00; Thu 11 Mar: 2 off"),
    ],
)
def test_each_day_is_told_with_what_changed_on_it(locale, said):
    changes = [
        Change(News.GONE, at(34)),
        Change(News.ADDRESS, at(11)),
        Change(News.GONE, at(30)),
        Change(News.NEW, at(9)),
    ]
    assert work_words.told(changes, zone="UTC", locale=locale) == said
