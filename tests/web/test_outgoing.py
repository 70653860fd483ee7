"""The page of outgoing texts: what waits and why, and what the person at the desk may do."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.db import db
from app.messaging import policy
from app.messaging.kinds import Kind
from app.messaging.models import Message, State
from app.web.office.texts import KINDS
from app.web.outgoing import EMPTY, GROUPS, STATUSES
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message

ENDED = datetime(2027, 3, 10, 1, 0, tzinfo=UTC)


@pytest.fixture
def customer(shop):
    return make_customer(store=shop.store, owner=shop.associate, name="黃麗珍")


def test_every_kind_and_state_has_a_word():
    assert set(KINDS) == {kind.value for kind in Kind}
    assert set(STATUSES) == {state.value for state in State} - {"canceled"} | {"held", "cancelled"}
    assert set(GROUPS) == set(EMPTY)


def test_a_held_text_says_why_and_until_when(supervisor, customer, now):
    make_message(customer, held_reason=policy.CONTACTED_LATELY, held_until=now + timedelta(days=7))
    page = supervisor.page("/messages?group=held")
    assert "the household was contacted lately" in page
    assert "until Wed, Mar 17" in page or "until Wed 17 Mar" in page or "until Wed, 17 Mar" in page


def test_an_expired_text_says_what_it_waited_for(supervisor, customer):
    make_message(customer, state="expired", end_reason=policy.TOO_LATE_AFTER_QUIET_HOURS, ended_at=ENDED)
    assert "it would be too late after the quiet hours" in supervisor.page("/messages?group=stopped")


@pytest.mark.parametrize(("locale", "words"), [("zh_Hans", "黃麗珍"), ("zh_Hant", "黃麗珍")])
def test_the_page_is_there_in_chinese_too(supervisor, customer, locale, words):
    make_message(customer)
    supervisor.told("/language", lang=locale, back="/messages")
    assert words in supervisor.page("/messages?group=waiting")


def test_the_page_opens_with_what_needs_somebody(supervisor, customer):
    make_message(customer, body="等待中")
    assert "等待中" in supervisor.page("/messages")
    make_message(customer, state="needs_attention", ended_at=ENDED, body="沒有人知道")
    page = supervisor.page("/messages")
    assert "沒有人知道" in page
    assert "等待中" not in page


def test_lists_narrow_by_kind_name_and_customer(supervisor, shop, customer):
    make_message(customer, kind="help", body="第一條")
    make_message(make_customer(store=shop.store, name="梁太"), kind="staff", body="第二條")
    assert "第二條" not in supervisor.page("/messages?group=all&kind=help")
    assert "第一條" not in supervisor.page("/messages?group=all&q=梁")
    page = supervisor.page(f"/messages?customer={customer.id}")
    assert "第一條" in page
    assert "第二條" not in page


def test_texts_of_other_stores_stay_there(supervisor, shop):
    elsewhere = make_customer(store=shop.elsewhere)
    text = make_message(elsewhere, body="別處的")
    assert "別處的" not in supervisor.page("/messages?group=all")
    assert "別處的" not in supervisor.page(f"/messages?customer={elsewhere.id}")
    assert supervisor.get(f"/messages?store={shop.elsewhere.id}").status_code == 404
    assert supervisor.send(f"/messages/{text.id}/cancel").status_code == 404


def test_head_office_reads_all_stores_at_once(boss, shop, customer):
    make_message(customer, body="沙田的")
    make_message(make_customer(store=shop.elsewhere), body="南山的")
    page = boss.page("/messages?group=all&everywhere=1")
    assert "沙田的" in page
    assert "南山的" in page


def test_numbers_are_masked(supervisor, customer):
    make_message(customer)
    assert customer.phone not in supervisor.page("/messages?group=all")


def test_a_waiting_text_is_taken_back(supervisor, customer):
    text = make_message(customer)
    page = supervisor.told(f"/messages/{text.id}/cancel", back="/messages?group=stopped")
    assert "The text is taken back." in page
    assert "taken back by a colleague" in page


def test_a_text_nobody_knows_of_is_tried_again(supervisor, customer):
    text = make_message(customer, state="needs_attention", ended_at=ENDED)
    page = supervisor.told(f"/messages/{text.id}/try-again", back="/messages?group=waiting")
    assert "The text goes out once more." in page
    assert "may arrive twice" in page


def test_a_text_nobody_knows_of_is_left_as_it_is(supervisor, shop, customer):
    text = make_message(customer, state="needs_attention", ended_at=ENDED)
    page = supervisor.told(f"/messages/{text.id}/leave", back="/messages?group=failed")
    assert f"seen by {shop.supervisor.name}" in page


def test_nothing_is_offered_that_is_refused(supervisor, customer):
    make_message(customer, state="suppressed", end_reason=policy.OPTED_OUT, ended_at=ENDED)
    page = supervisor.page("/messages?group=stopped")
    assert "Try again" not in page
    assert "Take back" not in page


def test_what_was_sent_meanwhile_is_explained(supervisor, customer):
    text = make_message(customer, state="delivered", ended_at=ENDED)
    answer = supervisor.send(f"/messages/{text.id}/cancel")
    assert answer.status_code == 409
    assert "waits no longer" in answer.text
    assert db.session.get(Message, text.id).state == State.DELIVERED


def test_pages_of_a_long_list_follow_one_another(supervisor, customer, now):
    for number in range(51):
        make_message(customer, not_before=now + timedelta(minutes=number))
    page = supervisor.page("/messages?group=waiting")
    assert page.count("<tr data-row") == 50
    assert "Show more" in page


def test_a_customers_page_leads_to_the_customers_texts(supervisor, customer):
    assert f'href="/messages?customer={customer.id}"' in supervisor.page(f"/customers/{customer.id}")
