"""Customers go from one associate to another, and back; and they have a say in it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.customers import contacts, hand_overs, merging, service
from app.customers.hand_over_models import HandOverLine, Why
from app.customers.hand_overs import HandOverOver, NothingToHandOver
from app.customers.models import Customer, OwnerHistory
from app.customers.values import ContactKind
from app.messaging.drain import drain_messages
from app.messaging.inbound import Received
from app.messaging.models import Message, Question
from app.messaging.service import receive_inbound
from app.people import service as people_service
from app.people.access import Actor, Role
from app.people.errors import StillHasCustomers
from app.people.models import TimeOff
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_task
from tests.scenes import scene


class Shop:
    """A store with a supervisor, two associates and Ann's customers."""

    def __init__(self, **changes: Any) -> None:
        self.store = make_store(**changes)
        self.lead = actor_of(make_staff(Role.SUPERVISOR, self.store))
        self.ann = make_staff(Role.ASSOCIATE, self.store, name="李嘉欣")
        self.bea = make_staff(Role.ASSOCIATE, self.store, name="陳志明")
        self.cyd = make_staff(Role.ASSOCIATE, self.store, name="王小燕")
        self.customers = [make_customer(store=self.store, owner=self.ann, locale="zh_Hant") for _ in range(3)]
        ship_templates()

    def leave(self, now: datetime, **changes: Any) -> hand_overs.HandOver:
        values: dict[str, Any] = {"why": Why.LEAVE, "until": now + timedelta(days=7), "actor": self.lead, "now": now}
        return hand_overs.hand_over(self.ann.id, self.bea.id, **{**values, **changes})


@scene
def hand_overs_scene(_now: datetime) -> Shop:
    return Shop()


@pytest.fixture
def shop(hand_overs_scene: Shop) -> Shop:
    return hand_overs_scene


def owner_of(customer: Customer) -> int | None:
    return db.session.scalar(select(Customer.owner_id).where(Customer.id == customer.id))


def line_of(customer: Customer) -> HandOverLine:
    stmt = select(HandOverLine).where(HandOverLine.customer_id == customer.id).order_by(HandOverLine.id.desc())
    return db.session.scalars(stmt.execution_options(populate_existing=True)).first()


def texts_to(customer: Customer) -> list[Message]:
    stmt = select(Message).where(Message.customer_id == customer.id, Message.kind == "hand_over")
    return list(db.session.scalars(stmt.order_by(Message.created_at).execution_options(populate_existing=True)))


def goes_out(customer: Customer) -> None:
    db.session.execute(
        text("UPDATE message SET state = 'delivered', submitted_at = created_at WHERE customer_id = :id"),
        {"id": customer.id},
    )


def writes(customer: Customer, body: str, *, now: datetime, drain: Any) -> None:
    received = Received(
        sid=f"SM{body}{customer.id}", provider="sandbox", from_phone=customer.phone, to_phone="+852", body=body
    )
    receive_inbound(received, now=now)
    drain()


def test_a_whole_book_goes_to_the_cover_with_its_history(shop: Shop, now: datetime) -> None:
    shop.leave(now, note="育嬰假")
    assert {owner_of(one) for one in shop.customers} == {shop.bea.id}
    open_row = db.session.scalar(
        select(OwnerHistory).where(OwnerHistory.customer_id == shop.customers[0].id, OwnerHistory.until.is_(None))
    )
    assert (open_row.owner_id, open_row.reason, open_row.changed_by_id) == (
        shop.bea.id,
        "hand_over:leave: 育嬰假",
        shop.lead.id,
    )


def test_only_the_chosen_ones_go(shop: Shop, now: datetime) -> None:
    one, *others = shop.customers
    shop.leave(now, customer_ids=[one.id])
    assert owner_of(one) == shop.bea.id
    assert {owner_of(other) for other in others} == {shop.ann.id}


def test_somebody_elses_customer_is_not_handed_over(shop: Shop, now: datetime) -> None:
    theirs = make_customer(store=shop.store, owner=shop.cyd)
    with pytest.raises(Invalid):
        shop.leave(now, customer_ids=[theirs.id])


def test_a_person_without_customers_has_nothing_to_hand_over(shop: Shop, now: datetime) -> None:
    with pytest.raises(NothingToHandOver):
        hand_overs.hand_over(shop.cyd.id, shop.bea.id, why=Why.OTHER, actor=shop.lead, now=now)


@pytest.mark.parametrize("who", ["same", "other_store", "inactive", "head_office"])
def test_a_cover_works_in_the_same_store(shop: Shop, now: datetime, who: str) -> None:
    covers = {
        "same": lambda: shop.ann,
        "other_store": lambda: make_staff(),
        "inactive": lambda: make_staff(store=shop.store, is_active=False),
        "head_office": lambda: make_staff(Role.HEAD_OFFICE, stores=[shop.store]),
    }
    with pytest.raises(Invalid):
        hand_overs.hand_over(shop.ann.id, covers[who]().id, why=Why.OTHER, actor=shop.lead, now=now)


def test_who_leaves_does_not_come_back(shop: Shop, now: datetime) -> None:
    with pytest.raises(Invalid):
        shop.leave(now, why=Why.EXIT)


def test_an_associate_hands_nothing_over(shop: Shop, now: datetime) -> None:
    with pytest.raises(Forbidden):
        shop.leave(now, actor=actor_of(shop.ann))


def test_planned_visits_go_along_and_one_under_way_stays(shop: Shop, now: datetime, drain: Any) -> None:
    customer = shop.customers[0]
    soon = {"customer": customer, "assignee": shop.ann}
    planned = make_task(
        **soon, status="assigned", window_start=now + timedelta(days=1), window_end=now + timedelta(days=1, hours=1)
    )
    later = make_task(
        **soon, status="assigned", window_start=now + timedelta(days=9), window_end=now + timedelta(days=9, hours=1)
    )
    under_way = make_task(**soon, status="active", window_start=now, window_end=now + timedelta(hours=1))
    shop.leave(now)
    drain()
    found = dict(db.session.execute(select(Task.id, Task.assignee_id)).all())
    assert found == {planned.id: shop.bea.id, later.id: shop.ann.id, under_way.id: shop.ann.id}


def test_each_customer_gets_one_text_that_names_the_cover(shop: Shop, now: datetime, drain: Any) -> None:
    shop.leave(now)
    drain()
    for customer in shop.customers:
        (told,) = texts_to(customer)
        assert "陳志明" in told.body
        assert "李嘉欣" in told.body
        assert "3月17日" in told.body
        assert told.is_proactive


@pytest.mark.parametrize(("locale", "words"), [("zh_Hans", "接替"), ("zh_Hant", "接替"), ("en", "looks after you")])
def test_the_text_is_in_the_customers_language(shop: Shop, now: datetime, drain: Any, locale: str, words: str) -> None:
    customer = make_customer(store=shop.store, owner=shop.ann, locale=locale)
    shop.leave(now)
    drain()
    assert words in texts_to(customer)[0].body


def test_the_introduction_takes_the_households_next_free_slot(shop: Shop, now: datetime, drain: Any) -> None:
    customer = shop.customers[0]
    contacts.write_down(customer.id, kind=ContactKind.CADENCE, day=now.date(), origin_key="call", now=now)
    shop.leave(now, until=now + timedelta(days=20))
    drain()
    drain_messages()
    (told,) = texts_to(customer)
    assert (told.state, told.held_reason) == ("pending", "the household was contacted lately")


def test_where_answers_cannot_reach_us_the_text_names_a_number(now: datetime, session: Any, drain: Any) -> None:
    shop = Shop(country="CN", zone="Asia/Shanghai", phone="+8675582000000")
    customer = make_customer(store=shop.store, owner=shop.ann, phone="+8613812345678", locale="zh_Hans")
    shop.leave(now)
    drain()
    (told,) = texts_to(customer)
    assert "075582000000" in told.body.replace(" ", "")
    assert "请回" not in told.body
    assert session.scalar(select(Question).where(Question.customer_id == customer.id)) is None


@pytest.mark.parametrize("said", ["2", "換人", "somebody else please"])
def test_a_customer_who_wishes_for_somebody_else_is_on_the_supervisors_list(
    shop: Shop, now: datetime, drain: Any, said: str
) -> None:
    customer = shop.customers[0]
    shop.leave(now)
    drain()
    goes_out(customer)
    writes(customer, said, now=now, drain=drain)
    (refusal,) = hand_overs.page_of_refusals(actor=shop.lead).rows
    assert (refusal.customer.id, refusal.line.words, refusal.was, refusal.now) == (
        customer.id,
        said,
        "李嘉欣",
        "陳志明",
    )
    assert hand_overs.count_refusals(actor=shop.lead) == 1
    assert hand_overs.count_refusals(actor=actor_of(make_staff(Role.SUPERVISOR))) == 0


@pytest.mark.parametrize("said", ["1", "好的", "ok thanks"])
def test_a_customer_who_agrees_stays_with_the_cover(shop: Shop, now: datetime, drain: Any, said: str) -> None:
    customer = shop.customers[0]
    shop.leave(now)
    drain()
    goes_out(customer)
    writes(customer, said, now=now, drain=drain)
    assert (line_of(customer).state, line_of(customer).answer) == ("given", "fine")


def test_a_supervisor_gives_a_customer_who_refused_to_a_third_one(shop: Shop, now: datetime, drain: Any) -> None:
    customer = shop.customers[0]
    shop.leave(now)
    line = line_of(customer)
    hand_overs.record_answer(line.id, is_fine=False, words="打電話說", actor=shop.lead, now=now)
    hand_overs.settle(line.id, to_id=shop.cyd.id, actor=shop.lead, now=now, note="問過了")
    drain()
    assert owner_of(customer) == shop.cyd.id
    assert "王小燕" in texts_to(customer)[-1].body
    assert [told.state for told in texts_to(customer)[:-1]] in ([], ["canceled"])
    assert hand_overs.page_of_refusals(actor=shop.lead).rows == []


def test_a_refusal_may_end_with_a_talk(shop: Shop, now: datetime) -> None:
    customer = shop.customers[0]
    shop.leave(now)
    line = line_of(customer)
    hand_overs.record_answer(line.id, is_fine=False, words="", actor=shop.lead, now=now)
    hand_overs.settle(line.id, to_id=None, actor=shop.lead, now=now)
    assert owner_of(customer) == shop.bea.id
    assert line_of(customer).state == "settled"


def test_at_the_end_of_the_leave_the_customers_go_back(shop: Shop, now: datetime, drain: Any) -> None:
    made = shop.leave(now)
    drain()
    later = now + timedelta(days=7, minutes=1)
    visit = make_task(
        customer=shop.customers[0], assignee=shop.bea, status="assigned",
        window_start=later + timedelta(days=1), window_end=later + timedelta(days=1, hours=1),
    )  # fmt: skip
    assert hand_overs.give_back_due(now=now) == 0
    assert hand_overs.give_back_due(now=later) == 1
    drain()
    assert {owner_of(one) for one in shop.customers} == {shop.ann.id}
    assert db.session.get(Task, visit.id).assignee_id in (shop.ann.id, shop.bea.id)
    assert {line_of(one).state for one in shop.customers} == {"returned"}
    assert db.session.get(hand_overs.HandOver, made.id).ended_at == later
    assert hand_overs.give_back_due(now=later) == 0


def test_who_was_given_elsewhere_meanwhile_stays_there(shop: Shop, now: datetime) -> None:
    moved = shop.customers[0]
    shop.leave(now)
    service.change_owner(moved.id, shop.cyd.id, reason="", actor=shop.lead, now=now)
    hand_overs.give_back_due(now=now + timedelta(days=8))
    assert owner_of(moved) == shop.cyd.id
    assert owner_of(shop.customers[1]) == shop.ann.id


def test_a_leave_that_was_called_off_brings_the_customers_back(shop: Shop, now: datetime, session: Any) -> None:
    absence = TimeOff(
        staff_id=shop.ann.id, cover_id=shop.bea.id, starts_at=now, ends_at=now + timedelta(days=7), reason="leave",
        note="", status="approved", asked_by=shop.ann.id, asked_at=now, decided_by=shop.lead.id, decided_at=now,
    )  # fmt: skip
    session.add(absence)
    session.flush()
    shop.leave(now, time_off_id=absence.id)
    absence.ends_at = now + timedelta(hours=2)
    session.flush()
    assert hand_overs.give_back_due(now=now + timedelta(hours=1)) == 0
    assert hand_overs.give_back_due(now=now + timedelta(hours=3)) == 1


def test_a_supervisor_ends_a_leave_by_hand_once(shop: Shop, now: datetime) -> None:
    made = shop.leave(now)
    hand_overs.end(made.id, actor=shop.lead, now=now)
    assert owner_of(shop.customers[0]) == shop.ann.id
    with pytest.raises(HandOverOver):
        hand_overs.end(made.id, actor=shop.lead, now=now)


def test_the_cover_keeps_the_customers_of_who_has_left_meanwhile(shop: Shop, now: datetime) -> None:
    shop.leave(now)
    boss = actor_of(make_staff(Role.HEAD_OFFICE))
    people_service.deactivate_staff(shop.ann.id, version=shop.ann.version, actor=boss, now=now)
    hand_overs.give_back_due(now=now + timedelta(days=8))
    assert owner_of(shop.customers[0]) == shop.bea.id


def test_a_person_with_customers_is_not_deactivated_before_the_hand_over(shop: Shop, now: datetime) -> None:
    boss = actor_of(make_staff(Role.HEAD_OFFICE))
    with pytest.raises(StillHasCustomers) as asked:
        people_service.deactivate_staff(shop.ann.id, version=shop.ann.version, actor=boss, now=now)
    assert asked.value.extra == {"customers": 3}
    shop.leave(now, why=Why.EXIT, until=None)
    people_service.deactivate_staff(shop.ann.id, version=shop.ann.version, actor=boss, now=now)


def test_a_customer_answers_only_for_himself(shop: Shop, now: datetime) -> None:
    shop.leave(now)
    line = line_of(shop.customers[0])
    other = Actor.customer(shop.customers[1].id)
    with pytest.raises(NotFound):
        hand_overs.record_answer(line.id, is_fine=True, words="", actor=other, now=now)


def test_a_merge_keeps_one_standing_hand_over(shop: Shop, now: datetime, drain: Any) -> None:
    shop.leave(now)
    drain()
    one, other = shop.customers[:2]
    other_id = other.id
    done = merging.merge(one.id, other.id, actor=shop.lead, now=now)
    standing = select(HandOverLine.id).where(HandOverLine.customer_id == done.kept_id, HandOverLine.ended_at.is_(None))
    assert len(db.session.scalars(standing).all()) == 1
    merging.undo(done.id, actor=shop.lead, now=now)
    assert hand_overs.line_of(other_id) is not None


def test_a_book_of_any_size_takes_the_same_statements(shop: Shop, now: datetime) -> None:
    counts = []
    for more in (1, 3, 30):
        for _ in range(more):
            make_customer(store=shop.store, owner=shop.ann)
        seen: list[str] = []
        listener = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        shop.leave(now)
        event.remove(db.engine, "before_cursor_execute", listener)
        counts.append(len(seen))
        hand_overs.give_back_due(now=now + timedelta(days=8))
    assert counts[2] <= counts[1]
