"""The inbox and the thread; and the sandbox phone at the other end."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock, config
from app.core.db import db, transaction
from app.customers import consent
from app.messaging import conversations, inbox, service
from app.messaging.models import Conversation, ConversationNote, Inbound, Message, QuickAnswer
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


def test_an_answer_sent_twice_by_a_double_click_is_one_text(supervisor, talk):
    key = re.search(r'name="key" value="([^"]+)"', supervisor.page(f"/conversations?thread={talk.id}"))[1]
    for words in ("九點。", "九點。", "十點。"):
        supervisor.told(f"/conversations/{talk.id}/answer", text=words, key=key)
    bodies = [message.body for message in db.session.query(Message).filter_by(kind="staff").order_by(Message.id)]
    assert bodies == ["九點。", "十點。"]


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


def test_a_note_sent_twice_by_a_double_click_is_one_note(supervisor, talk):
    path = f"/conversations/{talk.id}/note"
    for words, key in (("冇人聽", "k1"), ("冇人聽", "k1"), ("再打", "k1"), ("冇人聽", "k2")):
        page = supervisor.told(path, text=words, key=key)
        assert "Noted for colleagues" in page
    notes = db.session.query(ConversationNote).order_by(ConversationNote.id)
    assert [note.text for note in notes] == ["冇人聽", "再打", "冇人聽"]


def test_each_form_for_notes_has_a_key_of_its_own(supervisor, now):
    stranger = Conversation(phone="+85266667777", unread=1, last_at=now, waiting_since=now)
    db.session.add(stranger)
    db.session.commit()
    pages = [supervisor.page(f"/conversations?view=unknown&thread={stranger.id}") for _ in range(2)]
    keys = {re.search(r'name="key" value="([0-9a-f]{32})"', page)[1] for page in pages}
    assert len(keys) == 2


def test_settling_ends_the_waiting(supervisor, talk):
    supervisor.told(f"/conversations/{talk.id}/settle")
    db.session.refresh(talk)
    assert talk.waiting_since is None


def test_what_came_while_the_page_was_open_is_not_settled_unseen(supervisor, talk, customer, now):
    thread = f"/conversations?thread={talk.id}"
    page = supervisor.page(thread)
    assert '<input type="hidden" name="unread" value="0">' in page
    conversations.note_inbound(make_inbound(customer, "？", received_at=now), needs_person=True)
    db.session.commit()
    assert "Something new has come in meanwhile." in supervisor.told(
        f"/conversations/{talk.id}/settle", unread=0, back=thread
    )
    db.session.refresh(talk)
    assert talk.waiting_since is not None
    supervisor.page(thread)
    supervisor.told(f"/conversations/{talk.id}/settle", unread=0)
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


def test_a_colleagues_answer_to_a_text_about_work_stands_among_the_conversations(supervisor, shop, now, drain):
    with transaction():
        service.answer_from_sandbox(shop.associate.phone, "我晚十分鐘到", now=now)
    while drain():
        pass
    talk = db.session.scalars(select(Conversation).where(Conversation.staff_id == shop.associate.id)).one()
    page = supervisor.page(f"/conversations?thread={talk.id}")
    assert "我晚十分鐘到" in page
    assert f"/people/{shop.associate.id}" in page
    assert "a colleague" in page
    assert "Open a file for it" not in page
    assert "unknown number" not in page


# Whose turn it is


def test_the_thread_says_whose_turn_it_is_and_what_can_be_done(supervisor, talk, shop, now):
    talk.assignee_id, talk.hand_over_due_at = shop.associate.id, now + timedelta(minutes=25)
    db.session.commit()
    page = supervisor.page(f"/conversations?thread={talk.id}")
    assert "林詠詩 is to answer." in page
    assert "Goes to the store’s lead at 10:25." in page
    assert {"I answer it", "Give"} <= set(re.findall(r">([^<>]+)</button>", page))


def test_the_lead_takes_gives_and_hands_back(supervisor, talk, shop):
    steps = [
        ("take", {}, shop.supervisor.id, "You answer this now."),
        ("assign", {"assignee_id": shop.colleague.id}, shop.colleague.id, "張嘉欣 answers this now."),
        ("hand-back", {}, shop.associate.id, "林詠詩 answers this now."),
    ]
    for verb, fields, holder, said in steps:
        assert said in supervisor.told(f"/conversations/{talk.id}/{verb}", **fields)
        db.session.refresh(talk)
        assert talk.assignee_id == holder
    page = supervisor.page(f"/conversations?thread={talk.id}")
    assert "handed back by 何淑儀" in page
    assert "given to 張嘉欣 by 何淑儀" in page


def test_the_number_beside_messages_can_be_had_alone(supervisor, talk):
    answer = supervisor.get("/conversations/badge", headers={"X-Fragment": "unread"})
    assert '<template data-fragment="unread"><b class="count" aria-label="1 unread">1</b>' in answer.text


def test_new_texts_can_be_had_without_the_box_somebody_types_in(supervisor, talk):
    answer = supervisor.get(f"/conversations?thread={talk.id}", headers={"X-Fragment": "talk-lines"})
    assert "你哋幾點收工？" in answer.text
    assert "<textarea" not in answer.text


@pytest.mark.parametrize(("search", "is_found"), [("收工", True), ("9123 4567", True), ("4567", False)])
def test_the_search_box_finds_words_and_whole_numbers(supervisor, talk, search, is_found):
    page = supervisor.page(f"/conversations?q={search}")
    assert ("黃美玲" in page) is is_found
    assert "91234567" not in page


def test_a_doubtful_no_shows_two_ways_out(supervisor, talk, customer, now):
    talk.paused_at, talk.attention = now, "maybe_opt_out"
    db.session.commit()
    assert "Wants no more texts" in supervisor.page(f"/conversations?thread={talk.id}")
    told = supervisor.told(f"/conversations/{talk.id}/opt-out")
    assert "this number gets no more texts" in told
    assert "This customer wants no messages." in told
    assert consent.history(customer.phone)[0].text == "你哋幾點收工？"


def test_texts_go_on_when_it_was_no_opt_out(supervisor, talk, customer, now):
    talk.paused_at, talk.attention = now, "maybe_opt_out"
    db.session.commit()
    assert "Texts to this customer go on." in supervisor.told(f"/conversations/{talk.id}/may-go-on")
    assert not consent.is_opted_out(customer.phone)


def test_the_box_warns_before_a_text_is_held(supervisor, talk, now):
    with clock.fixed(now + timedelta(hours=13)):  # 23:00
        assert "Will be held until 08:00: quiet hours." in supervisor.page(f"/conversations?thread={talk.id}")


def test_the_box_says_when_the_household_may_be_contacted_again(supervisor, customer, now):
    supervisor.send(f"/customers/{customer.id}/write", text="新貨到")
    talk = db.session.query(Conversation).filter_by(customer_id=customer.id).one()
    page = supervisor.page(f"/conversations?thread={talk.id}")
    assert "This household was contacted lately." in page
    assert re.search(r'<button class="button primary" disabled>', page)


def test_a_stranger_is_recognised(supervisor, customer, now):
    make_inbound(None, "邊位？", from_phone="+85266667777")
    stranger = Conversation(phone="+85266667777", unread=1, last_at=now, waiting_since=now)
    db.session.add(stranger)
    db.session.commit()
    page = supervisor.page(f"/conversations?thread={stranger.id}&who=美玲")
    assert "+852 9••• ••67" in page
    told = supervisor.told(f"/conversations/{stranger.id}/attach", customer_id=customer.id)
    assert "邊位？" in told
    assert "黃美玲" in told


def test_a_file_is_opened_beside_the_thread(supervisor, shop, now):
    stranger = Conversation(phone="+85261112222", unread=1, last_at=now, waiting_since=now)
    db.session.add(stranger)
    db.session.commit()
    fields = {"name": "陳太", "store_id": shop.store.id, "locale": "zh_Hant"}
    assert "陳太" in supervisor.told(f"/conversations/{stranger.id}/open-file", **fields)


def test_a_text_sent_again_is_one_bubble_with_its_story(supervisor, talk, customer, now):
    first = make_message(
        customer, state="undelivered", end_reason="the phone could not be reached", submitted_at=now, body="聽日見"
    )
    make_message(customer, state="delivered", parent_id=first.id, submitted_at=now, body="聽日見")
    page = supervisor.page(f"/conversations?thread={talk.id}")
    lines = page.split('id="talk-lines"')[1].split("</section>")[0]
    assert lines.count("聽日見") == 1
    assert "sent again 1 time" in lines
    assert "did not arrive: the phone could not be reached" in lines


def test_the_desk_tells_that_somebody_comes_late(supervisor, shop, customer, now):
    task = make_task(
        customer=customer, assignee=shop.associate, status="active", started_at=now, window_start=now, checklist=None
    )
    assert "20 min later" in supervisor.page(f"/board?task={task.id}")
    assert "The customer is told." in supervisor.told(f"/tasks/{task.id}/late", minutes="20")
    assert "10:20" in db.session.query(Message).filter_by(kind="late").one().body


# Quick answers of head office


def test_head_office_writes_a_quick_answer_and_everybody_has_it(boss, supervisor, talk):
    words = {"title-zh_Hans": "停车", "title-zh_Hant": "泊車", "title-en": "Parking"}
    words |= {f"text-{locale}": "{name}，商場有得泊車。" for locale in ("zh_Hans", "zh_Hant", "en")}
    assert "Parking" in boss.told("/office/quick-answers/new", **words)
    assert "商場有得泊車。" in supervisor.page(f"/conversations?thread={talk.id}")


def test_a_faulty_quick_answer_is_shown_at_its_field(boss, session):
    answer_id = db.session.query(QuickAnswer.id).filter_by(key="thanks").scalar()
    words = {f"{part}-{locale}": "好" for part in ("title", "text") for locale in ("zh_Hans", "zh_Hant", "en")}
    answer = boss.send(f"/office/quick-answers/{answer_id}", **words | {"text-en": "{secret}", "place": "1"})
    assert answer.status_code == 422
    assert "a placeholder that quick answers don" in answer.text


def test_a_quick_answer_is_taken_out_of_the_offer(boss, supervisor, talk):
    answer = db.session.query(QuickAnswer).filter_by(key="thanks").one()
    words = {f"title-{locale}": title for locale, title in answer.titles.items()}
    words |= {f"text-{locale}": text for locale, text in answer.texts.items()}
    assert "not offered" in boss.told(f"/office/quick-answers/{answer.id}", **words, place="10")
    chips = supervisor.page(f"/conversations?thread={talk.id}").split('class="chips')[1].split("</div>")[0]
    assert "We have noted it" not in chips
    assert "Thank you" not in chips


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
