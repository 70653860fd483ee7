"""Conversations of the last hour, so that the inbox shows each turn: waiting, doubtful, taken, a stranger's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import db, transaction
from app.core.i18n import Text3, pick
from app.customers.models import Customer
from app.demo.customers import Book
from app.demo.stories import actor_of, settle
from app.messaging import desk, writing
from app.messaging import service as messaging
from app.messaging.models import Conversation
from app.people.access import Actor
from app.people.models import Staff
from app.tasks.models import Task

STRANGER = "+85264180027"


def _three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


FRESH = _three(
    "请问你们几点关门？我想下班过来。",
    "請問你哋幾點收舖？我想收工過嚟。",
    "What time do you close? I would come by after work.",
)
DOUBTFUL = _three("N", "N", "N")
FOR_THE_LEAD = _three(
    "上次买的手推车，能不能换个颜色？",
    "上次買嗰架手推車，可唔可以換個顏色？",
    "Could I change the colour of the pushchair I bought?",
)
NOTE = _three("仓库还有灰色，可以换。", "倉仲有灰色，可以換。", "Grey is in stock, we can swap it.")
ANSWERED = _three("谢谢，收到了", "多謝，收到", "Thank you, got it")
STRANGERS = _three("", "你好，請問有冇二階嘅奶粉？", "")


@dataclass(frozen=True)
class Shop:
    """One store with an associate and the customers who may write."""

    lead: Actor
    associate: Actor
    customers: list[Customer]


def load(books: list[Book], *, now: datetime) -> None:
    """The last hour in the stores whose customers can answer."""
    for book in books:
        if book.crew.store.country == "HK":
            _play(_shop(book), now=now)
    _at(now - timedelta(minutes=12), lambda moment: _text(STRANGER, STRANGERS["zh_Hant"], moment))


def _play(shop: Shop, *, now: datetime) -> None:
    if len(shop.customers) < 4:
        return
    fresh, doubtful, for_the_lead, answered = shop.customers[:4]
    _at(now - timedelta(minutes=47), lambda moment: _says(for_the_lead, FOR_THE_LEAD, moment))
    _at(now - timedelta(minutes=31), lambda moment: _take(for_the_lead, shop, moment))
    _at(now - timedelta(minutes=26), lambda moment: _says(doubtful, DOUBTFUL, moment))
    _at(now - timedelta(minutes=21), lambda moment: _says(answered, ANSWERED, moment))
    _at(now - timedelta(minutes=18), lambda moment: _answer(answered, shop, moment))
    _at(now - timedelta(minutes=6), lambda moment: _says(fresh, FRESH, moment))


def _shop(book: Book) -> Shop:
    """The associate who signs in to the demo comes first in each crew; her customers without a visit in sight write."""
    store, associate = book.crew.store, book.crew.associates[0]
    has_task = select(Task.id).where(Task.customer_id == Customer.id).exists()
    found = db.session.scalars(
        select(Customer)
        .where(Customer.owner_id == associate.id, Customer.phone.is_not(None), ~has_task)
        .order_by(Customer.id)
        .limit(4)
    ).all()
    return Shop(
        lead=_actor(book.crew.supervisor, store.id), associate=_actor(associate, store.id), customers=list(found)
    )


def _actor(person: Staff, store_id: int) -> Actor:
    return actor_of(person, store_id)


def _at(moment: datetime, act: Callable[[datetime], None]) -> None:
    with clock.fixed(moment), transaction():
        act(moment)
    settle(moment)


def _says(customer: Customer, words: Text3, moment: datetime) -> None:
    _text(customer.phone or "", pick(words, customer.locale), moment)


def _text(phone: str, words: str, moment: datetime) -> None:
    messaging.answer_from_sandbox(phone, words, now=moment)


def _take(customer: Customer, shop: Shop, moment: datetime) -> None:
    talk_id = db.session.scalars(select(Conversation.id).where(Conversation.customer_id == customer.id)).one()
    desk.take(talk_id, actor=shop.lead, now=moment)
    messaging.add_note(talk_id, pick(NOTE, shop.lead.locale), actor=shop.associate, now=moment)


def _answer(customer: Customer, shop: Shop, moment: datetime) -> None:
    words = _three("不客气，有事随时找我。", "唔使客氣，有事隨時搵我。", "You are welcome, write any time.")
    writing.write_by_hand(customer.id, pick(words, customer.locale), actor=shop.associate, now=moment)
