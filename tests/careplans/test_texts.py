"""What the plans send: from the booked touch to the text, and from the customer's "1" to the delivery."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from app.careplans import engine
from app.careplans.models import Occurrence
from app.core import clock
from app.core.db import db
from app.core.outbox import publish
from app.customers import consent, contacts, merging
from app.customers.merging import Choice
from app.customers.models import ContactBooking, Customer
from app.customers.values import Channel, ConsentSource, ContactKind, Scope
from app.events import PurchaseRecorded, QuestionAnswered, TouchesDue
from app.messaging import inbound, pointless, policy, upkeep
from app.messaging.drain import Drain
from app.messaging.inbound import Received
from app.messaging.models import Conversation, Message, Question
from app.messaging.providers import Permanent, Sent
from app.messaging.providers.sandbox import SandboxProvider
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Store
from app.purchases.models import Product, RunOut, StockReservation
from app.tasks import service as tasks
from app.tasks.models import Task, TaskLine
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.purchases import make_product, make_purchase, make_stock
from tests.factories.tasks import make_checklist

pytestmark = pytest.mark.usefixtures("session", "words")

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
TODAY = date(2027, 3, 10)
SYSTEM = Actor.system()


class Phone(SandboxProvider):
    """A sandbox phone; with an `outcome` the carrier answers that instead."""

    def __init__(self, outcome: Any = None) -> None:
        super().__init__()
        self.outcome = outcome

    def send(self, message: Any) -> Any:
        return self.outcome or Sent(sid=f"SB{message.message_id}", is_delivered=True)


@pytest.fixture
def words() -> None:
    ship_templates()
    for task_type in ("delivery", "callback"):
        make_checklist(task_type=task_type, reason="care")


@pytest.fixture
def customer() -> Customer:
    store = make_store(name="慧芳铜锣湾店")
    return make_customer(store=store, owner=make_staff(store=store), name="陈美玲", gender="female", locale="zh_Hans")


@pytest.fixture
def plan():
    return make_plan("replenishment")


def runs_out(customer: Customer, product: Product | None = None, *, in_days: int = 3, **changes: Any) -> Product:
    """The customer's shampoo is used up in some days; two bottles were bought the last time."""
    product = product or make_product()
    values: dict[str, Any] = {
        "basis": "measured",
        "packs": [],
        "last_bought_on": date(2027, 1, 20),
        "reorder_quantity": Decimal(2),
        "is_restricted": product.is_restricted,
        "is_requested": False,
        "needs_delivery": False,
        "computed_at": datetime(2027, 3, 9, tzinfo=HONG_KONG),
        **changes,
    }
    db.session.add(
        RunOut(customer_id=customer.id, product_id=product.id, day=TODAY + timedelta(days=in_days), **values)
    )
    db.session.flush()
    return product


def send(at: datetime, outcome: Any = None) -> None:
    with clock.fixed(at):
        Drain(Phone(outcome)).run(stop_after_seconds=5)
    db.session.expire_all()


def run_plans(now: datetime, drain: Any) -> None:
    engine.run(now=now)
    drain()


def offered(customer: Customer, now: datetime, drain: Any) -> Message:
    """The plans ran, and the text is on the customer's phone."""
    run_plans(now, drain)
    send(now)
    drain()
    return text_to(customer)


def text_to(customer: Customer, kind: str | None = None) -> Message:
    (found,) = texts_to(customer, kind)
    return found


def texts_to(customer: Customer, kind: str | None = None) -> list[Message]:
    stmt = select(Message).where(Message.customer_id == customer.id).order_by(Message.created_at)
    rows = db.session.scalars(stmt.execution_options(populate_existing=True)).all()
    return [row for row in rows if kind in (None, row.kind)]


def answers(customer: Customer, said: str, now: datetime, drain: Any, *, sid: str = "SBIN1") -> None:
    inbound.receive(
        Received(sid=sid, provider="sandbox", from_phone=str(customer.phone), to_phone="+85200000000", body=said),
        now=now,
    )
    db.session.commit()
    drain()


def tasks_of(customer: Customer) -> list[Task]:
    return list(db.session.scalars(select(Task).where(Task.customer_id == customer.id).order_by(Task.id)))


def kept_back(customer: Customer) -> list[tuple[str, str, int]]:
    rows = db.session.execute(
        select(StockReservation.origin_key, StockReservation.state, StockReservation.quantity)
        .where(StockReservation.customer_id == customer.id)
        .order_by(StockReservation.id)
    )
    return [(key, state, int(quantity)) for key, state, quantity in rows]


def touch() -> Occurrence:
    (found,) = db.session.scalars(select(Occurrence).execution_options(populate_existing=True)).all()
    return found


def slot() -> str:
    (state,) = db.session.scalars(select(ContactBooking.state)).all()
    return state


# The text


def test_before_something_runs_out_the_customer_is_asked_and_the_goods_lie_ready(customer, plan, now, drain):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    asked = offered(customer, now, drain)
    assert (asked.kind, asked.state) == ("reorder", "delivered")
    assert "陈女士您好，柔润洗发露2件快用完了。要给您送来请回1" in asked.body
    assert kept_back(customer) == [(asked.dedupe_key, "held", 2)]
    assert (touch().state, slot()) == ("done", "recorded")


def test_the_question_holds_what_would_be_brought_until_the_goods_are_used_up(customer, plan, now, drain):
    product = runs_out(customer)
    run_plans(now, drain)
    (question,) = db.session.scalars(select(Question)).all()
    assert (question.kind, question.subject_type, question.subject_id) == ("reorder", "occurrence", touch().id)
    assert [(each["product_id"], each["quantity"]) for each in question.options] == [(product.id, 2)]
    assert question.expires_at == datetime(2027, 3, 14, tzinfo=HONG_KONG)


def test_where_answers_cannot_reach_us_the_text_asks_for_a_call(plan, now, drain):
    store = make_store(country="CN", zone="Asia/Shanghai", phone="+8675520000000")
    customer = make_customer(store=store, phone="+8613900110001", locale="zh_Hans")
    runs_out(customer)
    run_plans(now, drain)
    assert "请致电" in text_to(customer).body
    assert db.session.scalars(select(Question)).all() == []


def test_when_the_store_has_too_little_a_person_calls_instead(customer, plan, now, drain):
    make_stock(runs_out(customer), 1, store_id=customer.store_id)
    run_plans(now, drain)
    assert [text.kind for text in texts_to(customer)] == ["booked"]
    (call,) = tasks_of(customer)
    assert (call.type, call.reason) == ("callback", "replenishment")
    assert "先别承诺" in call.note or "先不要承諾" in call.note or "promise nothing" in call.note
    assert kept_back(customer) == []


def test_who_wants_no_calls_is_not_called_because_the_store_has_too_little(customer, plan, now, drain):
    make_stock(runs_out(customer), 1, store_id=customer.store_id)
    consent.opt_out(
        str(customer.phone), channel=Channel.CALL, source=ConsentSource.OFFICE, text="", actor=SYSTEM, now=now
    )
    run_plans(now, drain)
    assert (tasks_of(customer), texts_to(customer), kept_back(customer)) == ([], [], [])
    assert (touch().state, touch().reason, slot()) == ("deferred", "opted_out", "released")


def test_the_goods_go_to_whom_they_suffice_for(plan, now, drain):
    store = make_store()
    product = make_product()
    make_stock(product, 3, store_id=store.id)
    first, second = (make_customer(store=store) for _ in range(2))
    for one in (first, second):
        runs_out(one, product)
    run_plans(now, drain)
    assert (len(kept_back(first)), len(kept_back(second))) == (1, 0)
    assert tasks_of(first) == []
    assert [task.type for task in tasks_of(second)] == ["callback"]


def test_a_restricted_product_is_spoken_of_only_on_request(customer, plan, now, drain):
    formula = make_product(is_restricted=True)
    runs_out(customer, formula)
    run_plans(now, drain)
    assert texts_to(customer) == []
    assert (touch().state, touch().reason) == ("deferred", "no_request")


def test_a_requested_reminder_of_a_restricted_product_is_marked_so(customer, plan, now, drain):
    runs_out(customer, make_product(is_restricted=True), is_requested=True)
    run_plans(now, drain)
    assert text_to(customer).is_restricted


def greeting(customer: Customer, now: datetime, **changes: Any) -> dict[str, Any]:
    plan = make_plan("festival")
    occurrence = make_occurrence(plan, customer, due_day=TODAY, state="made", booked_day=TODAY, key="2027")
    return {
        "occurrence_id": occurrence.id,
        "customer_id": customer.id,
        "kind": "festival",
        "origin_key": f"careplan:{plan.id}:cust:{customer.id}:2027",
        "plan_id": plan.id,
        "reasons": [],
        "words": {"zh_Hans": "中秋快乐！", "zh_Hant": "中秋快樂！", "en": "Happy Mid-Autumn!"},
        "send_at": now.isoformat(),
        "expires_at": (now + timedelta(hours=9)).isoformat(),
        "asks": None,
        "restricted": False,
        "is_sales": False,
        **changes,
    }


def hand_over(touches: list[dict[str, Any]], now: datetime, drain: Any) -> None:
    publish(TouchesDue(occurred_at=now, run_id=1, chunk=0, touches=touches))
    db.session.commit()
    drain()


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("zh_Hans", "陈女士您好，中秋快乐！"),
        ("zh_Hant", "陈女士您好，中秋快樂！"),
        ("en", "Huifang: Hi there! Happy Mid-Autumn!"),
    ],
)
def test_a_greeting_is_framed_in_the_customers_language(customer, locale, said, now, drain):
    customer.locale = locale
    hand_over([greeting(customer, now)], now, drain)
    assert said in text_to(customer).body


def test_handing_the_same_touches_over_twice_writes_one_text(customer, now, drain):
    touches = [greeting(customer, now)]
    hand_over(touches, now, drain)
    hand_over(touches, now, drain)
    assert len(texts_to(customer)) == 1


def test_what_is_told_along_stands_behind_the_greeting(customer, now, drain):
    more = {"zh_Hans": "宝宝满六个月了", "zh_Hant": "寶寶滿六個月了", "en": "Baby is six months old."}
    hand_over([greeting(customer, now, more=[more])], now, drain)
    assert text_to(customer).body.endswith("中秋快乐！宝宝满六个月了")


def test_a_text_of_more_than_four_segments_is_not_sent_and_says_so(customer, now, drain):
    long = dict.fromkeys(("zh_Hans", "zh_Hant", "en"), "长" * 390)
    hand_over([greeting(customer, now, words=long)], now, drain)
    assert texts_to(customer) == []
    assert (touch().state, touch().reason) == ("ended", "not_sent")
    assert "SMS" in touch().detail["text_reason"]


def test_many_touches_cost_a_handful_of_statements(now, drain):
    store = make_store()
    touches = [greeting(make_customer(store=store), now) for _ in range(30)]
    publish(TouchesDue(occurred_at=now, run_id=1, chunk=0, touches=touches))
    db.session.commit()
    seen: list[str] = []
    connection = db.session.connection()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        drain()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    assert len(db.session.scalars(select(Message.id)).all()) == 30
    assert len(seen) < 30


# How it ends


def test_a_text_that_comes_too_late_frees_its_slot_and_its_goods(customer, plan, now, drain):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    run_plans(now, drain)
    upkeep.expire_due(now=now + timedelta(hours=12))
    drain()
    assert (touch().state, touch().reason, slot()) == ("ended", "too_late", "released")
    assert [state for _key, state, _quantity in kept_back(customer)] == ["released"]


def test_who_opts_out_before_it_goes_gets_nothing_and_the_reason_is_kept(customer, plan, now, drain):
    runs_out(customer)
    run_plans(now, drain)
    consent.opt_out(str(customer.phone), scope=Scope.ALL, source=ConsentSource.OFFICE, text="", actor=SYSTEM, now=now)
    drain()
    send(now)
    assert (text_to(customer).state, text_to(customer).end_reason) == ("suppressed", policy.OPTED_OUT)
    assert (touch().state, touch().reason, slot()) == ("ended", "pointless:opted_out", "released")


def test_a_number_that_takes_no_texts_ends_the_touch(customer, plan, now, drain):
    runs_out(customer)
    run_plans(now, drain)
    send(now, Permanent(code=30005, number_is_bad=True))
    drain()
    assert (touch().state, touch().reason, slot()) == ("ended", "unreachable", "released")


def test_a_complaint_takes_the_reminder_back(customer, plan, now, drain):
    runs_out(customer)
    run_plans(now, drain)
    make_complaint(customer, now=now)
    drain()
    assert text_to(customer, "reorder").end_reason == pointless.HAS_COMPLAINED
    assert (touch().state, touch().reason) == ("ended", "pointless:complained")


def test_a_complaint_leaves_a_greeting_alone(customer, now, drain):
    hand_over([greeting(customer, now)], now, drain)
    make_complaint(customer, now=now)
    drain()
    assert text_to(customer, "care").state == "pending"


def test_buying_it_takes_the_reminder_back(customer, plan, now, drain):
    product = runs_out(customer)
    run_plans(now, drain)
    purchase = make_purchase(customer, lines=[(product, 1, 88)], bought_at=now)
    publish(
        PurchaseRecorded(purchase_id=purchase.id, customer_id=customer.id, store_id=customer.store_id, occurred_at=now)
    )
    db.session.commit()
    drain()
    assert (text_to(customer).state, text_to(customer).end_reason) == ("canceled", pointless.HAS_ORDERED)
    assert (touch().state, touch().reason) == ("ended", "pointless:ordered")


# The answer


def test_a_one_makes_a_delivery_with_the_goods_kept_back(customer, plan, now, drain):
    product = runs_out(customer)
    make_stock(product, 5, store_id=customer.store_id)
    offered(customer, now, drain)
    answers(customer, "1", now, drain)
    (delivery,) = tasks_of(customer)
    assert (delivery.type, delivery.direction, delivery.reason) == ("delivery", "bring", "replenishment")
    assert (delivery.status, delivery.assignee_id) == ("assigned", customer.owner_id)
    lines = db.session.scalars(select(TaskLine).where(TaskLine.task_id == delivery.id)).all()
    assert [(line.product_id, line.quantity) for line in lines] == [(product.id, 2)]
    assert kept_back(customer) == [(f"task:{delivery.id}", "held", 2)]


def test_the_delivery_comes_in_the_next_free_window_and_is_announced(customer, plan, now, drain):
    runs_out(customer)
    offered(customer, now, drain)
    answers(customer, "1", now, drain)
    (delivery,) = tasks_of(customer)
    assert delivery.window_start >= now + timedelta(hours=3)
    assert text_to(customer, "booked").task_id == delivery.id


def test_the_goods_leave_the_store_when_the_delivery_is_done(customer, plan, now, drain):
    product = runs_out(customer)
    stock = make_stock(product, 5, store_id=customer.store_id)
    offered(customer, now, drain)
    answers(customer, "1", now, drain)
    (delivery,) = tasks_of(customer)
    owner = people.actor_for(delivery.assignee_id)
    tasks.start(delivery.id, actor=owner, now=now)
    tasks.complete(delivery.id, actor=owner, now=now, answers={"greeted": True, "product_fits": "pass"})
    drain()
    db.session.refresh(stock)
    assert stock.on_hand == 3
    assert kept_back(customer) == [(f"task:{delivery.id}", "taken", 2)]


def test_saying_yes_twice_makes_one_delivery(customer, plan, now, drain):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    offered(customer, now, drain)
    answers(customer, "1", now, drain)
    answers(customer, "1", now, drain, sid="SBIN2")
    assert len([task for task in tasks_of(customer) if task.type == "delivery"]) == 1


def test_hearing_the_same_answer_twice_makes_one_delivery(customer, plan, now, drain):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    offered(customer, now, drain)
    answers(customer, "1", now, drain)
    publish(
        QuestionAnswered(
            question_id=1,
            customer_id=customer.id,
            kind="reorder",
            subject_type="occurrence",
            subject_id=touch().id,
            answer="1",
            occurred_at=now,
        )
    )
    db.session.commit()
    drain()
    (delivery,) = tasks_of(customer)
    assert kept_back(customer) == [(f"task:{delivery.id}", "held", 2)]


@pytest.mark.parametrize("said", ["2", "11 2", "不用了", "唔使喇", "no thanks, still have plenty"])
def test_a_no_frees_the_goods(customer, plan, now, drain, said):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    offered(customer, now, drain)
    answers(customer, said, now, drain)
    assert tasks_of(customer) == []
    assert [state for _key, state, _quantity in kept_back(customer)] == ["released"]
    assert touch().detail["answer"] == "no"


@pytest.mark.parametrize("said", ["2", "不用了"])
def test_a_no_is_answered_kindly_and_needs_nobody(customer, plan, now, drain, said):
    runs_out(customer)
    offered(customer, now, drain)
    answers(customer, said, now, drain)
    assert "这次就不送了" in text_to(customer, "not_now").body
    (question,) = db.session.scalars(select(Question)).all()
    assert question.answered_at is not None
    assert db.session.scalars(select(Conversation.attention)).all() == [None]
    assert db.session.scalars(select(Conversation.waiting_since)).all() == [None]


def test_who_wants_none_is_not_asked_again_for_this_run_out(customer, plan, now, drain):
    product = runs_out(customer)
    offered(customer, now, drain)
    other = make_plan("replenishment")
    waiting = make_occurrence(
        other, customer, due_day=TODAY + timedelta(days=1), detail={"product_id": product.id, "run_out": "2027-03-13"}
    )
    answers(customer, "不用了", now, drain)
    found = {row.id: (row.state, row.reason) for row in db.session.scalars(select(Occurrence))}
    assert found.pop(waiting.id) == ("ended", "refused")
    assert list(found.values()) == [("ended", "refused")]
    engine.run(now=now + timedelta(days=1))
    drain()
    assert len(texts_to(customer, "reorder")) == 1
    assert slot() == "recorded"


def test_a_no_with_a_question_in_it_goes_to_a_person(customer, plan, now, drain):
    runs_out(customer)
    offered(customer, now, drain)
    answers(customer, "不用了，有别的牌子吗？", now, drain)
    assert texts_to(customer, "not_now") == []
    assert touch().state == "done"


# The answer in a call


@pytest.fixture
def call(customer, now, drain) -> Task:
    """The store calls before something runs out; the checklist is the shipped one."""
    tasks.ship_templates(now)
    make_plan("replenishment", by="callback")
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    run_plans(now, drain)
    (made,) = tasks_of(customer)
    return made


FILLED = {"good_moment": True, "still_fits": "pass", "no_reaction": "pass", "file_updated": True}


def called(call: Task, wants_it: str, now: datetime, drain: Any) -> None:
    owner = people.actor_for(call.assignee_id)
    more = {"agreed_otherwise": "smaller"} if wants_it == "other" else {}
    tasks.start(call.id, actor=owner, now=now)
    tasks.complete(call.id, actor=owner, now=now, answers={**FILLED, "wants_it": wants_it, **more})
    db.session.commit()
    drain()


def test_a_yes_in_a_call_makes_the_delivery_with_the_goods_kept_back(customer, call, now, drain):
    called(call, "yes", now, drain)
    (delivery,) = [task for task in tasks_of(customer) if task.type == "delivery"]
    assert (delivery.reason, delivery.direction) == ("replenishment", "bring")
    assert [row for row in kept_back(customer) if row[1] == "held"] == [(f"task:{delivery.id}", "held", 2)]
    assert touch().state == "done"


def test_a_no_in_a_call_frees_the_goods_and_ends_the_reminder(customer, call, now, drain):
    called(call, "not_now", now, drain)
    assert tasks_of(customer) == [call]
    assert [state for _key, state, _quantity in kept_back(customer)] == ["released"]
    assert (touch().state, touch().reason, slot()) == ("ended", "refused", "recorded")


def test_something_else_is_left_to_the_person_who_called(customer, call, now, drain):
    called(call, "other", now, drain)
    assert tasks_of(customer) == [call]


def book_with_reminder(plan, customer, *, kind: ContactKind, now: datetime) -> None:
    """A contact of this plan for today, which also tells what runs out."""
    reminder = make_plan("replenishment")
    product = runs_out(customer)
    make_stock(product, 5, store_id=customer.store_id)
    lead = make_occurrence(plan, customer, due_day=TODAY, state="booked", booked_day=TODAY, key="2027")
    make_occurrence(
        reminder, customer, due_day=TODAY, state="merged", booked_day=TODAY, lead_id=lead.id,
        key=f"{product.id}:2027-01-20",
        detail={"product_id": product.id, "run_out": "2027-03-13", "quantity": 2},
    )  # fmt: skip
    contacts.reserve(
        customer.id, kind=kind, day=TODAY, now=now,
        origin_key=f"careplan:{plan.id}:cust:{customer.id}:2027",
    )  # fmt: skip


@pytest.fixture
def birthday_call(customer, now, drain) -> Task:
    """A birthday call, which also tells what runs out."""
    tasks.ship_templates(now)
    book_with_reminder(make_plan("birthday"), customer, kind=ContactKind.BIRTHDAY, now=now)
    run_plans(now, drain)
    (made,) = tasks_of(customer)
    assert (made.type, made.reason) == ("callback", "birthday")
    return made


def test_a_yes_in_a_birthday_call_makes_the_delivery_too(customer, birthday_call, now, drain):
    assert kept_back(customer) == [(birthday_call.origin_key, "held", 2)]
    called(birthday_call, "yes", now, drain)
    (delivery,) = [task for task in tasks_of(customer) if task.type == "delivery"]
    assert delivery.reason == "replenishment"
    assert [row for row in kept_back(customer) if row[1] == "held"] == [(f"task:{delivery.id}", "held", 2)]


def test_a_no_in_a_birthday_call_ends_the_reminder_only(customer, birthday_call, now, drain):
    called(birthday_call, "not_now", now, drain)
    assert tasks_of(customer) == [birthday_call]
    assert [state for _key, state, _quantity in kept_back(customer)] == ["released"]
    found = db.session.scalars(select(Occurrence).order_by(Occurrence.id)).all()
    assert [(each.kind, each.state, each.reason) for each in found] == [
        ("birthday", "done", None),
        ("replenishment", "ended", "refused"),
    ]


def test_a_one_to_a_greeting_that_also_tells_what_runs_out_makes_the_delivery(customer, now, drain):
    book_with_reminder(make_plan("festival"), customer, kind=ContactKind.FESTIVAL, now=now)
    asked = offered(customer, now, drain)
    assert (asked.kind, kept_back(customer)) == ("reorder", [(asked.dedupe_key, "held", 2)])
    answers(customer, "1", now, drain)
    (delivery,) = [task for task in tasks_of(customer) if task.type == "delivery"]
    assert [row for row in kept_back(customer) if row[1] == "held"] == [(f"task:{delivery.id}", "held", 2)]


def test_a_yes_of_one_parent_orders_what_the_other_one_asked_to_be_reminded_of(customer, now, drain):
    partner = make_customer(store_id=customer.store_id, household_id=customer.household_id, locale="zh_Hans")
    milk = runs_out(partner, make_product(is_restricted=True), is_requested=True)
    make_stock(milk, 5, store_id=customer.store_id)
    greeting_plan, reminder = make_plan("festival"), make_plan("replenishment")
    lead = make_occurrence(greeting_plan, customer, due_day=TODAY, state="booked", booked_day=TODAY, key="2027")
    make_occurrence(
        reminder, partner, due_day=TODAY, state="merged", booked_day=TODAY, lead_id=lead.id,
        key=f"{milk.id}:2027-01-20",
        detail={
            "product_id": milk.id, "run_out": "2027-03-13", "quantity": 2, "restricted": True, "requested": True,
        },
    )  # fmt: skip
    contacts.reserve(
        customer.id, kind=ContactKind.FESTIVAL, day=TODAY, now=now,
        origin_key=f"careplan:{greeting_plan.id}:cust:{customer.id}:2027",
    )  # fmt: skip
    offered(customer, now, drain)
    answers(customer, "1", now, drain)
    assert [task.type for task in tasks_of(customer)] == ["delivery"]


def test_a_call_whose_ending_is_taken_back_takes_its_delivery_back(customer, call, now, drain):
    called(call, "yes", now, drain)
    owner = people.actor_for(call.assignee_id)
    tasks.undo(call.id, actor=owner, now=now)
    db.session.commit()
    drain()
    assert [(task.type, task.status) for task in tasks_of(customer)] == [
        ("callback", "active"),
        ("delivery", "cancelled"),
    ]
    tasks.complete(call.id, actor=owner, now=now, answers={**FILLED, "wants_it": "yes"})
    db.session.commit()
    drain()
    assert [task.status for task in tasks_of(customer) if task.type == "delivery"] == ["cancelled", "assigned"]


# A merge of files meanwhile


def merged_into_another(gone: Customer, now: datetime, drain: Any) -> Customer:
    kept = make_customer(store_id=gone.store_id, owner_id=gone.owner_id, locale="zh_Hans")
    store = db.session.get_one(Store, gone.store_id)
    lead = actor_of(make_staff("supervisor", store), store)
    merging.merge(kept.id, gone.id, actor=lead, now=now, choices={"phone": Choice.GONE})
    db.session.commit()
    drain()
    db.session.expire_all()
    return kept


def test_a_text_sent_after_a_merge_of_files_is_done(customer, plan, now, drain):
    runs_out(customer)
    run_plans(now, drain)
    merged_into_another(customer, now, drain)
    send(now)
    drain()
    assert (touch().state, slot()) == ("done", "recorded")


def test_a_one_after_a_merge_of_files_orders_what_was_kept_back(customer, plan, now, drain):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    offered(customer, now, drain)
    kept = merged_into_another(customer, now, drain)
    answers(kept, "1", now, drain)
    (delivery,) = tasks_of(kept)
    assert kept_back(kept) == [(f"task:{delivery.id}", "held", 2)]


def test_a_text_that_fails_after_a_merge_gives_its_day_and_goods_back(customer, plan, now, drain):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    run_plans(now, drain)
    kept = merged_into_another(customer, now, drain)
    send(now, Permanent(code=30005, number_is_bad=True))
    drain()
    assert (touch().state, touch().reason, slot()) == ("ended", "unreachable", "released")
    assert [state for _key, state, _quantity in kept_back(kept)] == ["released"]


def test_a_yes_after_the_request_ended_goes_to_a_person(customer, plan, now, drain):
    formula = make_product(is_restricted=True)
    runs_out(customer, formula, is_requested=True)
    offered(customer, now, drain)
    db.session.query(RunOut).update({"is_requested": False})
    answers(customer, "1", now, drain)
    (call,) = tasks_of(customer)
    assert call.type == "callback"
    assert call.note


def test_a_yes_when_the_goods_are_gone_meanwhile_goes_to_a_person(customer, plan, now, drain):
    stock = make_stock(runs_out(customer), 5, store_id=customer.store_id)
    offered(customer, now, drain)
    db.session.query(StockReservation).update({"state": "released", "ended_at": now})
    stock.on_hand = Decimal(1)
    db.session.flush()
    answers(customer, "1", now, drain)
    (call,) = tasks_of(customer)
    assert (call.type, call.reason) == ("callback", "replenishment")


def test_an_answer_of_somebody_else_orders_nothing(customer, plan, now, drain):
    make_stock(runs_out(customer), 5, store_id=customer.store_id)
    offered(customer, now, drain)
    stranger = make_customer()
    publish(
        QuestionAnswered(
            question_id=1,
            customer_id=stranger.id,
            kind="reorder",
            subject_type="occurrence",
            subject_id=touch().id,
            answer="1",
            occurred_at=now,
        )
    )
    db.session.commit()
    drain()
    assert tasks_of(stranger) == []
    assert tasks_of(customer) == []
