"""How far a stop reaches: the words our promotions ask for end promotions only, every other stop ends all texts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.customers import consent
from app.customers.models import Customer
from app.customers.values import Scope
from app.messaging import inbound, touch_words
from app.messaging.inbound import Received
from app.messaging.models import Conversation, Inbound, Message, Reach
from app.messaging.stopping import is_about_offers, is_stop
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, ship_templates

pytestmark = pytest.mark.usefixtures("session")

IN_OUR_WORDS = "不要推广"


@pytest.fixture
def customer() -> Customer:
    ship_templates()
    return make_customer(locale="zh_Hans")


def sent(customer: Customer, kind: str, now: datetime, *, days_ago: int = 1) -> Message:
    at = now - timedelta(days=days_ago)
    return make_message(
        customer,
        kind=kind,
        is_proactive=True,
        state="delivered",
        provider="sandbox",
        submitted_at=at,
        created_at=at,
    )


def receive(customer: Customer, said: str, now: datetime, **changes: Any) -> None:
    received = Received(
        **{
            "sid": "SBIN1",
            "provider": "sandbox",
            "from_phone": str(customer.phone),
            "to_phone": "+85200000000",
            "body": said,
            **changes,
        }
    )
    inbound.receive(received, now=now)
    db.session.commit()


def stopped(customer: Customer) -> set[str]:
    db.session.expire_all()
    return {row.scope for row in consent.present(str(customer.phone)) if row.state == "out"}


@pytest.mark.parametrize(
    "said",
    [
        "不要推广",
        "不要推廣",
        "不要推广了",
        "请不要推广，谢谢",
        "以后不要再推广了",
        "不想收推广信息",
        "不要给我发促销短信",
        "No more promotions",
        "no more offers please",
        "stop the promos",
    ],
)
def test_the_words_of_our_promotions_and_their_like_are_about_offers(said: str) -> None:
    assert is_about_offers(said)
    assert is_stop(said, None)


@pytest.mark.parametrize(
    "said",
    [
        "退订",
        "TD",
        "STOP",
        "不要短信",
        "不要推广，也不要提醒",
        "不要再发了",
        "no",
        "no more texts",
        "不要",
        "推广活动几点开始？",
    ],
)
def test_other_stops_and_other_texts_are_not(said: str) -> None:
    assert not is_about_offers(said)


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
def test_what_a_promotion_asks_for_is_understood(locale: str) -> None:
    words = dict.fromkeys(("zh_Hans", "zh_Hant", "en"), "春茶到店")
    common = {"shop": "慧芳", "name": "陈女士", "phone": "2345 6789"}
    body, _size = touch_words.framed([words], common=common, reach=Reach.TWO_WAY, locale=locale, promotes=True)
    asked = body.split("“" if locale == "zh_Hans" else "「")[1].split("”" if locale == "zh_Hans" else "」")[0]
    assert is_about_offers(asked)


def test_an_answer_to_a_promotion_stops_promotions_and_leaves_service(customer: Customer, now: datetime) -> None:
    sent(customer, "promotion", now)
    receive(customer, IN_OUR_WORDS, now)
    assert stopped(customer) == {"promotion"}
    assert consent.is_opted_out(str(customer.phone), Scope.PROMOTION)
    assert not consent.is_opted_out(str(customer.phone), Scope.CARE)


@pytest.mark.parametrize("said", ["退订", "TD", "STOP", "unsubscribe"])
def test_any_other_stop_of_a_promotion_stops_all_texts(customer: Customer, now: datetime, said: str) -> None:
    sent(customer, "promotion", now)
    receive(customer, said, now)
    assert stopped(customer) == {"all"}


def test_what_the_carrier_has_stopped_is_stopped_whatever_the_words(customer: Customer, now: datetime) -> None:
    sent(customer, "promotion", now)
    receive(customer, IN_OUR_WORDS, now, opt_out_type="STOP")
    assert stopped(customer) == {"all"}


def test_who_takes_our_care_for_a_promotion_gets_no_more_of_it(customer: Customer, now: datetime) -> None:
    sent(customer, "promotion", now, days_ago=20)
    sent(customer, "care", now)
    receive(customer, IN_OUR_WORDS, now)
    assert stopped(customer) == {"all"}


def test_waiting_promotions_end_and_waiting_care_goes_on(customer: Customer, now: datetime, drain: Any) -> None:
    sent(customer, "promotion", now)
    offer = make_message(customer, kind="promotion", is_proactive=True)
    care = make_message(customer, kind="care", is_proactive=True)
    receive(customer, IN_OUR_WORDS, now)
    drain()
    db.session.expire_all()
    assert (offer.state, care.state) == ("suppressed", "pending")


def test_it_is_noted_as_an_opt_out_that_needs_nobody(customer: Customer, now: datetime, drain: Any) -> None:
    sent(customer, "promotion", now)
    receive(customer, IN_OUR_WORDS, now)
    drain()
    db.session.expire_all()
    assert db.session.scalars(select(Inbound)).one().intent == "opt_out"
    talk = db.session.scalars(select(Conversation)).one()
    assert (talk.waiting_since, talk.paused_at) == (None, None)


def test_afterwards_the_customer_is_answered_like_anybody(customer: Customer, now: datetime, drain: Any) -> None:
    sent(customer, "promotion", now)
    receive(customer, IN_OUR_WORDS, now)
    receive(customer, "HELP", now, sid="SBIN2")
    drain()
    db.session.expire_all()
    assert db.session.scalars(select(Message).where(Message.kind == "help")).one().state == "pending"
