"""The rehearsal page: what a day would send, by day, store, course, fate, and with a draft."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock
from app.core.db import db
from app.messaging.models import Message, MessageTemplate
from tests.factories.customers import make_customer
from tests.factories.tasks import make_task

TOMORROW = "2027-03-11"
NOON = datetime(2027, 3, 11, 4, 0, tzinfo=UTC)


@pytest.fixture
def visit(shop):
    customer = make_customer(store=shop.store, owner=shop.associate, name="陳美玲", locale="zh_Hant")
    task = make_task(
        customer=customer, assignee=shop.associate, window_start=NOON, window_end=NOON + timedelta(hours=2)
    )
    db.session.commit()
    return task


def a_draft(**changes):
    texts = {"text-zh_Hans": "{name}新词1", "text-zh_Hant": "{name}新詞請回1", "text-en": "{name} new words 1"}
    return {"kind": "rating", "task_type": "", "reach": "two_way", "date": TOMORROW} | texts | changes


def test_the_day_s_texts_stand_there_with_their_time_and_price(supervisor, visit):
    page = supervisor.page(f"/rehearsal?date={TOMORROW}")
    for words in ("陳美玲", "Booked", "Reminder", "On the way", "Asking for a rating", "上門探望您", "USD\xa00."):
        assert words in page
    assert "+852" in page
    assert page.count("bubble out") == 4


def test_looking_at_it_sends_and_writes_nothing(supervisor, visit):
    supervisor.page(f"/rehearsal?date={TOMORROW}")
    assert db.session.query(Message).count() == 0


def test_nobody_met_is_another_course(supervisor, visit):
    page = supervisor.page(f"/rehearsal?date={TOMORROW}&course=could_not_meet")
    assert "Could not meet" in page
    assert "Asking for a rating" not in page


def test_a_day_without_tasks_says_so_kindly(supervisor, shop):
    page = supervisor.page("/rehearsal?date=2027-03-15")
    assert "No text would go out" in page


def test_in_the_evening_it_opens_on_the_next_day(supervisor, visit):
    with clock.fixed(datetime.fromisoformat("2027-03-10T20:00+08:00")):
        assert "上門探望您" in supervisor.page("/rehearsal")
    assert "No text would go out" in supervisor.page("/rehearsal")


def test_what_is_held_says_why_and_until_when(supervisor, visit):
    with clock.fixed(datetime.fromisoformat("2027-03-10T22:00+08:00")):
        page = supervisor.page(f"/rehearsal?date={TOMORROW}&fate=held")
    assert "held until" in page
    assert "quiet hours" in page


def test_a_day_that_is_over_is_played_as_if_nothing_had_been_told(supervisor, shop):
    start = NOON - timedelta(days=3)
    customer = make_customer(store=shop.store)
    make_task(customer=customer, assignee=shop.associate, window_start=start, window_end=start + timedelta(hours=1))
    db.session.commit()
    page = supervisor.page("/rehearsal?date=2027-03-08")
    assert "This day is over" in page
    assert "Reminder" in page


@pytest.mark.parametrize("address", ["date=nonsense", "course=x&fate=y", "afresh=7", "date=2027-02-30"])
def test_what_makes_no_sense_in_the_address_is_left_out(supervisor, visit, address):
    supervisor.page(f"/rehearsal?{address}")


@pytest.mark.parametrize(
    ("address", "status"), [("store=999999", 404), ("store=x", 404), ("cursor=999", 422), ("date=1999-01-01", 422)]
)
def test_what_is_not_there_is_refused(supervisor, visit, address, status):
    answer = supervisor.get(
        f"/rehearsal?date={TOMORROW}&{address}" if "date" not in address else f"/rehearsal?{address}"
    )
    assert answer.status_code == status


def test_the_other_store_s_day_is_not_shown(sit, shop, visit):
    stranger = sit(shop.stranger)
    assert stranger.get(f"/rehearsal?store={shop.store.id}").status_code == 404
    assert "陳美玲" not in stranger.page(f"/rehearsal?date={TOMORROW}")


def test_a_draft_is_played_without_being_published(boss, shop, visit):
    before = db.session.query(MessageTemplate).count()
    answer = boss.send("/rehearsal", store=shop.store.id, **a_draft())
    assert answer.status_code == 200
    assert "新詞請回1" in answer.text
    assert "Played with your draft" in answer.text
    assert db.session.query(MessageTemplate).count() == before
    assert "新詞請回1" not in boss.page(f"/rehearsal?store={shop.store.id}&date={TOMORROW}")


@pytest.mark.parametrize(
    "changes",
    [{"text-en": "Reply STOP 1"}, {"text-en": ""}, {"kind": "staff"}, {"reach": "x"}, {"task_type": "x"}],
    ids=["carrier word", "no text", "no such kind", "no such reach", "no such type"],
)
def test_a_draft_with_faults_is_refused(boss, shop, visit, changes):
    assert boss.send("/rehearsal", store=shop.store.id, **a_draft(**changes)).status_code == 422


def test_a_draft_for_a_store_of_somebody_else_is_refused(sit, shop, visit):
    stranger = sit(shop.stranger)
    assert stranger.send("/rehearsal", store=shop.store.id, **a_draft()).status_code == 404


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"])
def test_it_is_readable_in_each_language(supervisor, shop, visit, locale):
    shop.supervisor.locale = locale
    db.session.commit()
    assert "陳美玲" in supervisor.page(f"/rehearsal?date={TOMORROW}")


def test_more_customers_than_fit_come_page_by_page(supervisor, shop, monkeypatch):
    monkeypatch.setattr("app.web.rehearsal.CUSTOMERS", 2)
    names = ["王一", "王二", "王三"]
    for number, name in enumerate(names):
        start = NOON + timedelta(hours=number)
        customer = make_customer(store=shop.store, name=name)
        make_task(customer=customer, assignee=shop.associate, window_start=start, window_end=start + timedelta(hours=1))
    db.session.commit()
    first = supervisor.page(f"/rehearsal?date={TOMORROW}")
    cursor = first.split("cursor=")[1].split('"')[0].split("&")[0]
    second = supervisor.page(f"/rehearsal?date={TOMORROW}&cursor={cursor}")
    shown = [[name for name in names if f"<b>{name}</b>" in page] for page in (first, second)]
    assert shown == [names[:2], names[2:]]
