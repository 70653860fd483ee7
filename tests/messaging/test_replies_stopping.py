"""Opt-outs, help, complaints, strangers, stopped numbers, late texts: what wins over every question."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from app.complaints.models import Complaint
from app.core import clock
from app.core.db import db, transaction
from app.customers import consent
from app.messaging import pointless, policy, queries, replies, service
from app.messaging.inbound import Received, receive
from app.messaging.models import Conversation, Inbound, State
from app.people.access import Actor
from app.tasks.models import Task
from tests.factories.messaging import make_message
from tests.factories.tasks import make_checklist
from tests.messaging.test_flows import Desk, Drain, at

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def desk(drain: Drain) -> Desk:
    make_checklist(task_type="callback", reason="complaint")
    return Desk(drain)


_numbers = count(1)


def receives(desk: Desk, body: str, **changes: object) -> None:
    """A text as a carrier hands it over."""
    values: dict[str, object] = {
        "sid": f"SM{next(_numbers):032x}",
        "provider": "twilio",
        "from_phone": desk.customer.phone,
        "to_phone": "+85200000000",
        "body": body,
    }
    desk.do(lambda now: receive(Received(**(values | changes)), now=now))


def cases() -> list[Complaint]:
    return list(db.session.scalars(select(Complaint)))


# Opting out


@pytest.mark.parametrize("said", ["sotp", "unsubcribe", "退定", "请不要再发短信给我", "唔好再send message俾我"])
def test_a_sure_opt_out_holds_before_anything_else_happens(desk, said):
    with transaction():
        service.answer_from_sandbox(desk.customer.phone, said, now=clock.now())
    assert consent.is_opted_out(desk.customer.phone)


def test_the_words_of_an_opt_out_are_kept(desk):
    desk.answers("please stop texting me")
    assert consent.history(desk.customer.phone)[0].text == "please stop texting me"


@pytest.mark.parametrize("said", ["停", "no more", "怎么退订", "how do I unsubscribe?", "R"])
def test_a_doubtful_one_pauses_and_goes_to_the_owner(desk, said):
    make_message(desk.customer, kind="care", not_before=clock.now() + timedelta(hours=5))
    desk.answers(said)
    talk = desk.conversation()
    assert not consent.is_opted_out(desk.customer.phone)
    assert (talk.attention, talk.assignee_id) == ("maybe_opt_out", desk.associate.id)
    assert talk.paused_at is not None


def test_stop_it_is_doubtful_even_while_something_is_asked(desk):
    desk.visit()
    desk.answers("stop it")
    assert desk.conversation().attention == "maybe_opt_out"


def test_who_wants_the_texts_after_all_ends_the_pause(desk):
    desk.visit()
    desk.answers("停")
    with at("2027-03-10T18:00+08:00"):
        desk.settle()
        assert [row.held_reason for row in desk.rows("reminder")] == [policy.MAYBE_OPT_OUT]
        desk.answers("我想继续收到你们的短信")
        assert "提醒您" in desk.phone()[-1]
    assert desk.conversation().paused_at is None


@pytest.mark.parametrize("said", ["别停", "stop by at 3", "no complaints!", "千万别停啊，我喜欢收到提醒"])
def test_look_alikes_stop_nothing_and_open_no_case(desk, said):
    desk.answers(said)
    assert not consent.is_opted_out(desk.customer.phone)
    assert desk.conversation().paused_at is None
    assert cases() == []


def test_a_carriers_own_stop_counts_whatever_the_words(desk):
    receives(desk, "Arrêt", opt_out_type="STOP")
    assert consent.is_opted_out(desk.customer.phone)


# Stopped numbers


@pytest.fixture
def stopped(desk) -> Desk:
    desk.do(lambda now: consent.opt_out(desk.customer.phone, source="office", text="", actor=Actor.system(), now=now))
    return desk


def test_nothing_answers_a_stopped_number_but_a_person_sees_it(stopped):
    with at("2027-03-10T11:00+08:00"):
        stopped.answers("帮助")
        stopped.answers("你们几点下班？")
    assert stopped.phone() == []
    assert stopped.conversation().unread == 2


def test_a_complaint_from_a_stopped_number_opens_its_case_without_a_text(stopped):
    with at("2027-03-10T11:00+08:00"):
        stopped.answers("送来的罐子是破的")
    assert [case.source for case in cases()] == ["sms"]
    assert stopped.phone() == []


@pytest.mark.parametrize("said", ["START", "恢复订阅", "yes"])
def test_these_open_a_stopped_number_again(stopped, said):
    with at("2027-03-10T11:00+08:00"):
        stopped.answers(said)
    assert not consent.is_opted_out(stopped.customer.phone)


def test_other_words_than_the_carriers_need_a_person_since_the_carrier_stays_shut(stopped):
    with at("2027-03-10T11:00+08:00"):
        receives(stopped, "I want to receive messages again")
    assert not consent.is_opted_out(stopped.customer.phone)
    assert stopped.conversation().unread == 1


# Help


@pytest.mark.parametrize(
    ("locale", "words"), [("zh_Hant", "服務短訊"), ("en", "service texts"), ("zh_Hans", "服务短信")]
)
def test_help_comes_in_the_customers_language(drain, locale, words):
    desk = Desk(drain, locale=locale)
    desk.answers("HELP")
    assert words in desk.phone()[-1]


def test_who_asks_for_help_twice_needs_a_person(desk):
    desk.answers("帮助")
    desk.answers("怎么回复？")
    assert len(desk.phone()) == 1
    assert desk.conversation().unread == 1


def test_what_the_carrier_has_answered_we_do_not_answer_again(desk):
    receives(desk, "HELP", opt_out_type="HELP")
    receives(desk, "帮助", opt_out_type="HELP")
    assert desk.phone() == []


def test_a_yes_that_the_carrier_has_answered_confirms_without_a_second_text(desk):
    task = desk.visit()
    told = len(desk.phone())
    receives(desk, "YES", opt_out_type="START")
    assert db.session.get_one(Task, task.id, populate_existing=True).confirmed_at is not None
    assert len(desk.phone()) == told


# Complaints


@pytest.mark.parametrize("said", ["我要投诉", "個蓋爛咗", "Waited 2 hrs and nobody came"])
def test_a_complaint_opens_a_case_at_once_in_the_customers_own_words(desk, said):
    desk.visit()
    desk.answers(said)
    [case] = cases()
    assert (case.source, case.customer_id, case.is_reaction) == ("sms", desk.customer.id, False)
    assert desk.conversation().attention == "complaint"
    assert any("抱歉" in text for text in desk.phone())


@pytest.mark.parametrize(
    "said", ["宝宝喝了之后一直拉肚子", "搽完之後塊面又紅又痕", "I got a rash on my neck after using the cream"]
)
def test_a_bodily_reaction_is_marked(desk, said):
    desk.answers(said)
    assert [case.is_reaction for case in cases()] == [True]


def test_a_second_complaint_joins_the_open_case(desk):
    desk.answers("我要投诉")
    with at("2027-03-10T10:03+08:00"):
        desk.answers("你们的送货员态度很差")
    assert len(cases()) == 1
    assert desk.conversation().unread == 2


def test_a_complaint_names_the_visit_it_speaks_of(desk):
    task = desk.visit()
    desk.answers("可以，但是上次来的人态度很差")
    assert [case.task_id for case in cases()] == [task.id]
    assert db.session.get_one(Task, task.id, populate_existing=True).confirmed_at is None


def test_who_writes_to_a_person_gets_no_automatic_care_on_top(desk):
    care = make_message(desk.customer, kind="care", not_before=clock.now() + timedelta(hours=5))
    desk.answers("这款奶粉有货吗")
    row = next(one for one in desk.rows("care") if one.id == care.id)
    assert (row.state, row.end_reason) == (State.CANCELED, pointless.HAS_WRITTEN)


def test_what_a_person_wrote_is_never_taken_back(desk):
    note = make_message(
        desk.customer, kind="staff", sender_id=desk.associate.id, not_before=clock.now() + timedelta(hours=5)
    )
    desk.answers("这款奶粉有货吗")
    assert next(one for one in desk.rows("staff") if one.id == note.id).state == State.PENDING


# Strangers


@pytest.mark.parametrize(
    ("said", "attention"), [("你好", "unknown_sender"), ("HELP", "unknown_sender"), ("我要投诉", "complaint")]
)
def test_a_stranger_reaches_a_person_and_gets_no_automatic_answer(desk, said, attention):
    phone = "+85269998888"
    desk.do(lambda now: service.answer_from_sandbox(phone, said, now=now))
    talk = db.session.scalars(select(Conversation).where(Conversation.phone == phone)).one()
    assert (talk.attention, talk.unread) == (attention, 1)
    assert [line for line in queries.sandbox_thread(phone) if not line.is_inbound] == []


# Late texts


def late(desk: Desk, body: str, sent: str) -> None:
    receives(desk, body, sent_at=datetime.fromisoformat(sent), is_recovered=True)


def test_a_late_yes_confirms_without_an_automatic_answer_and_a_person_sees_it(desk):
    task = desk.visit()
    with at("2027-03-10T16:00+08:00"):
        told = len(desk.phone())
        late(desk, "1", "2027-03-10T10:10+08:00")
        assert len(desk.phone()) == told
    assert db.session.get_one(Task, task.id, populate_existing=True).confirmed_at is not None
    assert desk.conversation().unread == 1


def test_a_late_text_can_not_answer_what_was_asked_after_it(desk):
    with at("2027-03-10T15:00+08:00"):
        task = desk.visit()
    with at("2027-03-10T16:00+08:00"):
        late(desk, "1", "2027-03-10T10:10+08:00")
    assert db.session.get_one(Task, task.id, populate_existing=True).confirmed_at is None


def test_a_late_opt_out_holds(desk):
    with at("2027-03-10T16:00+08:00"):
        late(desk, "退订", "2027-03-10T10:10+08:00")
    assert consent.is_opted_out(desk.customer.phone)


def test_understanding_a_text_twice_does_nothing_twice(desk, drain):
    desk.answers("我要投诉")
    before = [(row.id, row.state) for row in desk.rows()]
    inbound = db.session.scalars(select(Inbound)).one()
    desk.do(lambda now: replies.understand(inbound.id, now=now))
    assert [(row.id, row.state) for row in desk.rows()] == before
    assert desk.conversation().unread == 1
