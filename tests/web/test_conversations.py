"""The inbox and the thread; and the sandbox phone at the other end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core import clock, config
from app.core.db import db
from app.messaging import inbox
from app.messaging.models import Conversation, Inbound, Message
from app.settings import TwilioSettings
from tests.factories.customers import make_customer
from tests.factories.messaging import make_conversation, make_inbound, make_message
from tests.factories.people import actor_of
from tests.factories.tasks import make_task


@pytest.fixture
def customer(shop):
    return make_customer(store=shop.store, owner=shop.associate, name="黃美玲", phone="+85291234567", locale="zh_Hant")


@pytest.fixture
def talk(customer, now):
    """The customer has asked something five minutes ago."""
    make_message(
        customer, state="delivered", provider="sandbox", submitted_at=now - timedelta(hours=1), body="【沙田店】您好"
    )
    make_inbound(customer, "你哋幾點收工？", received_at=now - timedelta(minutes=5))
    moment = now - timedelta(minutes=5)
    return make_conversation(customer, unread=1, last_at=moment, last_inbound_at=moment, waiting_since=moment)


def test_the_inbox_shows_who_wrote_and_the_rail_how_many_wait(supervisor, talk):
    page = supervisor.page("/conversations")
    assert "黃美玲" in page
    assert "你哋幾點收工？" in page
    assert 'aria-label="1 unread"' in page


def test_opening_a_thread_reads_it_for_the_reader_alone(supervisor, talk, shop):
    page = supervisor.page(f"/conversations?thread={talk.id}")
    assert "【沙田店】您好" in page
    assert "familiar face: 林詠詩" in page
    assert 'class="unread"' not in supervisor.page("/conversations")
    assert inbox.talk(talk.id, actor=actor_of(shop.associate, shop.store), now=clock.now()).unread == 1
    assert talk.waiting_since is not None


@pytest.mark.parametrize(("view", "found"), [("unread", True), ("waiting", True), ("", True)])
def test_the_inbox_is_narrowed_by_view(supervisor, talk, view, found):
    assert ("黃美玲" in supervisor.page(f"/conversations?view={view}")) is found
    talk.unread, talk.waiting_since = 0, None
    db.session.commit()
    assert ("黃美玲" in supervisor.page(f"/conversations?view={view}")) is (view == "")


def test_an_answer_is_written_in_the_name_of_its_writer(supervisor, talk, shop):
    page = supervisor.told(f"/conversations/{talk.id}/answer", text="我哋收工係九點。")
    message = db.session.query(Message).filter_by(kind="staff").one()
    assert "我哋收工係九點。" in page
    assert (message.sender_id, message.customer_id) == (shop.supervisor.id, talk.customer_id)


def test_an_empty_answer_is_not_sent(supervisor, talk):
    assert "Please fill this in." in supervisor.told(
        f"/conversations/{talk.id}/answer", text="  ", back=f"/conversations?thread={talk.id}"
    )
    assert db.session.query(Message).filter_by(kind="staff").count() == 0


def test_somebody_who_wants_no_messages_gets_none(supervisor, talk, customer):
    supervisor.send(f"/customers/{customer.id}/consent", state="out", scope="all", text="停")
    page = supervisor.told(f"/conversations/{talk.id}/answer", text="您好", back="/conversations")
    assert "This customer wants no messages. Nothing was sent." in page
    assert db.session.query(Message).filter_by(kind="staff").count() == 0


def test_a_first_message_over_the_contact_budget_is_refused_with_the_day(supervisor, customer):
    supervisor.send(f"/customers/{customer.id}/write", text="您好")
    page = supervisor.told(f"/customers/{customer.id}/write", text="您好", back=f"/customers/{customer.id}")
    assert "2027-03-17" in page
    assert db.session.query(Message).filter_by(kind="staff").count() == 1


def test_texts_at_hand_speak_the_customer_s_language_and_of_the_visit(supervisor, talk, customer, shop):
    make_task(customer=customer, assignee=shop.associate)
    page = supervisor.page(f"/conversations?thread={talk.id}")
    chips = page.split('class="chips')[1].split("</div>")[0]
    assert chips.count("data-insert") >= 5
    assert "林詠詩" in chips or "【沙田店】" in chips
    assert "{" not in chips


def test_a_note_stays_among_colleagues(supervisor, talk):
    page = supervisor.told(f"/conversations/{talk.id}/note", text="佢哋搬咗屋")
    assert 'class="bubble note"' in page
    assert db.session.query(Message).filter_by(kind="staff").count() == 0


def test_settling_ends_the_waiting(supervisor, talk):
    supervisor.told(f"/conversations/{talk.id}/settle")
    db.session.refresh(talk)
    assert talk.waiting_since is None


def test_a_number_that_nobody_knows_can_t_be_answered(supervisor, now):
    make_inbound(None, "邊位？", from_phone="+85266667777")
    talk = Conversation(customer_id=None, phone="+85266667777", store_id=None, unread=1, last_at=now)
    db.session.add(talk)
    db.session.commit()
    page = supervisor.page(f"/conversations?thread={talk.id}&everywhere=1")
    assert "66667777" not in page
    assert "Open a file for it" in page
    told = supervisor.told(f"/conversations/{talk.id}/answer", text="您好", back="/conversations")
    assert "belongs to nobody we know" in told


# The sandbox phone


def test_the_sandbox_shows_the_phones_that_got_texts_as_they_see_them(supervisor, talk):
    page = supervisor.page("/sandbox")
    assert "黃美玲" in page
    assert "+852 9123 4567" in page
    assert "【沙田店】您好" in page
    assert "phone=%2B" not in page


def test_a_text_that_did_not_arrive_is_not_on_the_phone(supervisor, customer, now):
    make_message(customer, state="pending", body="遲啲先到", not_before=now + timedelta(hours=1))
    make_message(customer, state="delivered", provider="sandbox", submitted_at=now, body="到咗")
    page = supervisor.page("/sandbox")
    assert "到咗" in page
    assert "遲啲先到" not in page


def test_an_answer_takes_the_way_of_a_real_one(supervisor, talk, customer, shop, drain):
    task = make_task(customer=customer, assignee=shop.associate)
    answer = supervisor.send(
        "/sandbox/answer", phone=str(customer.id), text="多謝", back=f"/sandbox?phone={customer.id}"
    )
    assert answer.location == f"/sandbox?phone={customer.id}"
    inbound = db.session.query(Inbound).filter_by(body="多謝").one()
    assert (inbound.provider, inbound.from_phone, inbound.customer_id) == ("sandbox", customer.phone, customer.id)
    drain()
    assert task.confirmed_at is None


def test_a_phone_that_got_nothing_can_t_answer(supervisor, shop):
    silent = make_customer(store=shop.store)
    answer = supervisor.send("/sandbox/answer", phone=str(silent.id), text="1")
    assert answer.status_code == 404
    assert db.session.query(Inbound).count() == 0


def test_phones_of_another_store_are_not_shown(sit, shop, talk):
    assert "黃美玲" not in sit(shop.stranger).page("/sandbox")


def test_with_a_carrier_there_is_no_sandbox(supervisor, talk, monkeypatch):
    real = replace(config.settings(), twilio=TwilioSettings(account_sid="AC" + "0" * 32, auth_token="t" * 32))
    monkeypatch.setattr(config, "_current", real)
    assert supervisor.get("/sandbox").status_code == 404
    assert supervisor.send("/sandbox/answer", phone="1", text="1").status_code == 404
    assert "/sandbox" not in supervisor.page("/board")


def test_at_night_an_answer_that_comes_late_waits_until_morning(supervisor, talk, now, drain):
    with clock.fixed(now + timedelta(hours=13)):  # 23:00
        supervisor.send(f"/conversations/{talk.id}/answer", text="聽日覆您")
        message = db.session.query(Message).filter_by(kind="staff").one()
        message.held_until = message.not_before = now + timedelta(hours=22)
        message.held_reason = "quiet hours"
        db.session.commit()
        assert "held until 08:00 because of quiet hours" in supervisor.page(f"/conversations?thread={talk.id}")
