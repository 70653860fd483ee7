"""What associates answer to texts about work: theirs, for who leads the store, never a customer's; STOP and START."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db, transaction
from app.core.models import AuditEntry
from app.customers import consent
from app.messaging import colleagues, conversations, desk, inbox, queries, service, work_texts
from app.messaging.errors import NotAStranger, NotToBeGiven
from app.messaging.inbound import Received, receive
from app.messaging.inbox import View
from app.messaging.models import Conversation, Inbound, Message
from app.people.access import Actor
from app.people.models import Staff
from tests.factories.customers import make_customer
from tests.factories.people import key_of, make_staff, make_store
from tests.messaging.test_work_texts import Shift, texts_to

pytestmark = pytest.mark.usefixtures("session")

API = "/api/v1/conversations"
AFTER_BEING_TOLD = timedelta(minutes=5)
STOPS = {"zh_Hans": "退订", "zh_Hant": "退訂", "en": "STOP"}
STARTS = {"zh_Hans": "恢复", "zh_Hant": "恢復", "en": "START"}

_numbers = count(1)


class Answering(Shift):
    """An associate who has been told of work and answers."""

    def answers(self, body: str, **changes: Any) -> None:
        values: dict[str, Any] = {
            "sid": f"SM{next(_numbers):032x}",
            "provider": "sandbox",
            "from_phone": self.associate.phone,
            "to_phone": "+85200000000",
            "body": body,
        }
        self.do(lambda now: receive(Received(**(values | changes)), now=now + AFTER_BEING_TOLD))

    def talk(self) -> Conversation:
        stmt = select(Conversation).where(Conversation.staff_id == self.associate.id)
        return db.session.scalars(stmt.execution_options(populate_existing=True)).one()

    def wants_texts(self) -> bool:
        return bool(db.session.scalar(select(Staff.work_texts).where(Staff.id == self.associate.id)))

    def lines(self) -> list[tuple[str, str]]:
        return [(line.direction, line.text) for line in queries.lines_of_conversation(self.talk())]

    def inbox_of(self, actor: Actor, **narrowed: Any) -> list[str]:
        return [talk.name for talk in inbox.inbox(actor, now=clock.now(), **narrowed).rows]


@pytest.fixture
def shift(session, drain: Callable[..., int]) -> Answering:
    return Answering(drain)


# Whose it is


def test_an_answer_stands_in_the_colleagues_own_thread_beside_what_was_told(shift):
    shift.given()
    shift.tell()
    shift.answers("收到，我晚十分钟")
    assert shift.lines() == [
        ("out", "【慧芳铜锣湾店】工作有变动。3月10日周三：新增14:00。请打开应用查看。"),
        ("in", "收到，我晚十分钟"),
    ]


def test_whoever_leads_the_store_has_it_to_answer_by_the_colleagues_name(shift):
    shift.answers("今天去不了")
    found = inbox.inbox(shift.boss, now=clock.now(), view=View.MINE).rows
    assert [(talk.name, talk.last_text, talk.unread, talk.attention) for talk in found] == [
        ("李嘉欣", "今天去不了", 1, None)
    ]
    assert shift.inbox_of(shift.boss, view=View.UNKNOWN) == []
    assert inbox.unread_count(shift.boss) == 1


def test_it_is_no_customers_though_a_file_bears_the_same_number(shift):
    make_customer(store=shift.store, phone=shift.associate.phone)
    shift.answers("1")
    assert shift.talk().customer_id is None
    assert db.session.scalar(select(Inbound.customer_id)) is None
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 1


def test_nothing_answers_a_colleague_by_itself(shift):
    for said in ("1", "HELP", "太差了，我要投诉", "你好"):
        shift.answers(said)
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "supervisor"}], ids=["left", "no associate"])
def test_another_number_stays_unknown(shift, change):
    for name, value in change.items():
        setattr(shift.associate, name, value)
    db.session.flush()
    shift.answers("喂？")
    talk = db.session.scalars(select(Conversation)).one()
    assert (talk.staff_id, talk.phone, talk.attention) == (None, shift.associate.phone, "unknown_sender")


def test_a_second_answer_joins_the_first(shift):
    shift.answers("收到")
    shift.answers("到了")
    assert shift.talk().unread == 2
    assert [text for _way, text in shift.lines()] == ["收到", "到了"]


def test_it_is_found_by_name_number_and_words(shift):
    shift.answers("地铁停运，改坐巴士")
    for search in ("嘉欣", shift.associate.phone[-8:], "巴士"):
        assert shift.inbox_of(shift.boss, search=search) == ["李嘉欣"], search
    assert shift.inbox_of(shift.boss, search="火车") == []


def test_a_customer_whose_file_gets_the_number_later_gets_no_texts_of_the_colleague(shift):
    shift.answers("收到")
    customer = make_customer(store=shift.store, phone=shift.associate.phone)
    with transaction():
        assert conversations.adopt_known_numbers() == 0
    assert queries.thread(customer.id) == []
    assert shift.talk().staff_id == shift.associate.id


# Who sees it


def test_only_who_leads_the_store_and_head_office_see_it(shift, client):
    shift.answers("收到")
    other = make_store()
    people = {
        "head_office": (make_staff("head_office"), 200),
        "supervisor": (make_staff("supervisor", store=shift.store), 200),
        "supervisor elsewhere": (make_staff("supervisor", store=other), 404),
        "colleague": (make_staff(store=shift.store), 404),
        "who wrote it": (shift.associate, 404),
    }
    for name, (person, status) in people.items():
        for path in ("", "/messages"):
            answer = client.get(f"{API}/{shift.talk().id}{path}", headers=key_of(person))
            assert answer.status_code == status, (name, path)
        listed = client.get(API, headers=key_of(person)).get_json()["items"]
        assert bool(listed) is (status == 200), name


def test_the_api_names_the_colleague_and_no_customer(shift, client):
    shift.answers("收到")
    lead = make_staff("supervisor", store=shift.store)
    shown = client.get(f"{API}/{shift.talk().id}", headers=key_of(lead)).get_json()
    assert shown["colleague"] == {"id": shift.associate.id, "name": "李嘉欣"}
    assert (shown["customer"], shown["can_send"], shown["store_id"]) == (None, False, shift.store.id)


def test_the_lead_settles_it(shift):
    shift.answers("收到")
    with transaction():
        service.settle(shift.talk().id, actor=shift.boss, now=clock.now())
    assert (shift.talk().waiting_since, shift.talk().unread) == (None, 0)


def test_it_is_given_only_to_somebody_who_leads_the_store(shift):
    shift.answers("收到")
    deputy, colleague = make_staff("supervisor", store=shift.store), make_staff(store=shift.store)
    with pytest.raises(NotToBeGiven):
        desk.assign(shift.talk().id, colleague.id, actor=shift.boss, now=clock.now())
    desk.assign(shift.talk().id, deputy.id, actor=shift.boss, now=clock.now())
    assert shift.talk().assignee_id == deputy.id


def test_a_colleague_is_made_no_customer(shift):
    shift.answers("收到")
    with pytest.raises(NotAStranger):
        desk.attach(shift.talk().id, shift.customer.id, use_number=False, actor=shift.boss, now=clock.now())


# STOP and START


@pytest.mark.parametrize("said", STOPS.values(), ids=STOPS)
def test_a_stop_in_each_language_ends_the_texts_about_work(shift, said):
    shift.answers(said)
    assert not shift.wants_texts()
    assert (shift.talk().waiting_since, shift.talk().unread) == (None, 0)
    shift.given()
    assert shift.tell() == 0


@pytest.mark.parametrize("said", STARTS.values(), ids=STARTS)
def test_a_start_in_each_language_begins_them_again(shift, said):
    shift.answers("STOP")
    shift.answers(said)
    assert shift.wants_texts()
    assert shift.talk().waiting_since is None
    shift.given()
    assert shift.tell() == 1


def test_a_stop_holds_before_anything_else_happens(shift):
    with transaction():
        service.answer_from_sandbox(shift.associate.phone, "退订", now=clock.now())
    assert not shift.wants_texts()


def test_a_text_that_waits_does_not_go_after_a_stop(shift):
    shift.given()
    work_texts.tell_due(now=clock.now() + timedelta(minutes=3))
    shift.answers("STOP")
    assert [(text.state, text.end_reason) for text in texts_to(shift)] == [("suppressed", colleagues.WANTS_NONE)]


def test_the_account_shows_what_was_said_by_text_and_may_change_it_again(shift, client):
    headers = key_of(shift.associate)
    shift.answers("STOP")
    assert client.get("/api/v1/me", headers=headers).get_json()["work_texts"] is False
    client.patch("/api/v1/me", json={"work_texts": True}, headers=headers)
    shift.given()
    assert shift.tell() == 1


def test_the_change_stands_in_the_audit_log_as_the_colleagues_own(shift):
    shift.answers("STOP")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "staff.update")).one()
    assert (entry.actor, entry.subject_id) == (str(shift.associate.id), str(shift.associate.id))


def test_a_stop_twice_is_one_change(shift):
    shift.answers("STOP")
    shift.answers("STOP")
    changes = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "staff.update")
    assert db.session.scalar(changes) == 1


def test_a_carriers_own_stop_and_start_count_whatever_the_words(shift):
    shift.answers("stop please", provider="twilio", opt_out_type="STOP")
    assert not shift.wants_texts()
    shift.answers("start", provider="twilio", opt_out_type="START")
    assert shift.wants_texts()


def test_a_number_that_the_carrier_has_shut_is_open_again_after_a_start(shift):
    with transaction():
        consent.opt_out(
            shift.associate.phone, source="provider", text="21610", actor=Actor.system("sms"), now=clock.now()
        )
    shift.answers("START")
    assert not consent.is_opted_out(shift.associate.phone)


def test_other_words_than_the_carriers_need_a_person_since_the_carrier_stays_shut(shift):
    shift.answers("STOP", provider="twilio", opt_out_type="STOP")
    shift.answers("恢复", provider="twilio")
    assert shift.wants_texts()
    assert shift.talk().waiting_since is not None


def test_a_stop_said_after_a_start_stands_in_whatever_order_they_are_understood(shift):
    shift.answers("STOP")
    with transaction():
        for said in ("START", "STOP"):
            service.answer_from_sandbox(shift.associate.phone, said, now=clock.now())
    while shift.drain():
        pass
    assert not shift.wants_texts()


def test_a_yes_to_whom_the_texts_go_anyway_is_a_word_for_the_lead(shift):
    shift.answers("yes")
    assert shift.talk().unread == 1


def test_a_doubtful_no_is_a_word_for_the_lead_and_stops_nothing(shift):
    shift.answers("你们的短信太多了")
    assert shift.wants_texts()
    assert (shift.talk().unread, shift.talk().paused_at) == (1, None)


def test_a_stop_of_somebody_who_is_also_a_customer_stops_both(shift):
    make_customer(store=shift.store, phone=shift.associate.phone)
    shift.answers("STOP")
    assert consent.is_opted_out(shift.associate.phone)
    assert not shift.wants_texts()
    shift.answers("START")
    assert not consent.is_opted_out(shift.associate.phone)
    assert shift.wants_texts()


def test_a_stop_of_a_colleague_alone_leaves_no_consent_behind(shift):
    shift.answers("STOP")
    assert list(consent.present(shift.associate.phone)) == []
