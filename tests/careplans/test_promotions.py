"""The promotion gate: nothing that sells goes out without a reason, a free day, a look and a person's yes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.careplans import engine, plan_queries, promotions
from app.careplans.audience import Audience
from app.careplans.models import CarePlan, Occurrence
from app.careplans.promotion_models import Promotion
from app.careplans.promotions import (
    AudienceChanged,
    DayPassed,
    NobodyLeft,
    NotProposed,
    SlotTaken,
    TooEarly,
    Wish,
)
from app.careplans.reasons import WhyNot
from app.core import clock
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.customers import consent, contacts
from app.customers.contacts_bulk import SALES_IN_A_ROW
from app.customers.models import ContactBooking
from app.customers.values import ConsentSource, ContactKind, Scope
from app.messaging.drain import Drain
from app.messaging.models import Message
from app.messaging.providers import Sent
from app.messaging.providers.sandbox import SandboxProvider
from app.people import queries as people
from app.people.access import Actor
from app.reports import promotions as reports
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer, make_household
from tests.factories.messaging import make_inbound, ship_templates
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_product, make_purchase

pytestmark = pytest.mark.usefixtures("words")

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
TODAY = date(2027, 3, 10)
TOMORROW = TODAY + timedelta(days=1)
MORNING = datetime(2027, 3, 11, 10, 30, tzinfo=HONG_KONG)
SYSTEM = Actor.system()
WORDS = {
    "zh_Hans": "春茶到店，欢迎来尝。",
    "zh_Hant": "春茶到店，歡迎來試。",
    "en": "Spring tea is here, come and try.",
}


@pytest.fixture
def words(session):
    ship_templates()


@pytest.fixture
def store():
    return make_store(name="慧芳铜锣湾店")


@pytest.fixture
def office() -> Actor:
    return people.actor_for(make_staff("head_office").id)


def wish(*stores: Any, **changes: Any) -> Wish:
    values = {
        "reason": "春茶到店",
        "day": TOMORROW,
        "store_ids": tuple(store.id for store in stores),
        "segment": {"conditions": []},
        "words": WORDS,
        "hours": ("10:00", "19:00"),
        **changes,
    }
    return Wish(**values)


def propose(store: Any, office: Actor, now: datetime, **changes: Any) -> Promotion:
    return promotions.propose(wish(store, **changes), actor=office, now=now)


def look(promotion: Promotion, office: Actor, now: datetime) -> Audience:
    return promotions.preview(promotions.gate(promotion.id, actor=office).target, now=now)


def confirm(promotion: Promotion, office: Actor, now: datetime, count: int | None = None) -> None:
    seen = look(promotion, office, now).going if count is None else count
    promotions.confirm(promotion.id, count=seen, version=promotion.version, actor=office, now=now)
    db.session.commit()


def let_it_go(now: datetime, drain: Any, *, at: datetime = MORNING) -> list[Message]:
    """The engine books, the night run of the day makes the texts, the carrier takes what may go at that moment."""
    engine.run_asked(now=now)
    with clock.fixed(at.replace(hour=2, minute=0)):
        engine.run(now=at.replace(hour=2, minute=0))
        drain()
    with clock.fixed(at):
        Drain(Taking()).run(stop_after_seconds=5)
        drain()
    promoting = select(Message).where(Message.kind == "promotion").order_by(Message.customer_id)
    return list(db.session.scalars(promoting).all())


class Taking(SandboxProvider):
    def send(self, message: Any) -> Any:
        return Sent(sid=f"SB{message.message_id}", is_delivered=True)


def reasons() -> dict[int, tuple[str, str | None]]:
    rows = db.session.execute(select(Occurrence.customer_id, Occurrence.state, Occurrence.reason))
    return {customer_id: (state, reason) for customer_id, state, reason in rows}


# Proposing


def test_a_promotion_needs_a_named_reason(store, office, now):
    with pytest.raises(Invalid) as refused:
        propose(store, office, now, reason=" ")
    assert "reason" in refused.value.errors


def test_a_proposal_sends_nothing_by_itself(store, office, now, drain):
    make_customer(store=store)
    propose(store, office, now)
    db.session.commit()
    assert let_it_go(now, drain) == []
    assert db.session.scalars(select(Occurrence)).all() == []


def test_one_promotion_holds_a_stores_days_at_a_time(store, office, now):
    propose(store, office, now)
    with pytest.raises(SlotTaken):
        propose(store, office, now, day=TOMORROW + timedelta(days=3))
    propose(store, office, now, day=TOMORROW + timedelta(days=4))


def test_the_days_of_another_store_are_free(store, office, now):
    propose(store, office, now)
    assert propose(make_store(), office, now).state == "proposed"


def test_what_was_taken_back_frees_its_days(store, office, now):
    first = propose(store, office, now)
    promotions.stop(first.id, reason="", actor=office, now=now)
    assert propose(store, office, now).id != first.id


def test_a_supervisor_proposes_for_own_stores_only(store, now):
    supervisor = people.actor_for(make_staff("supervisor", store=store).id)
    assert propose(store, supervisor, now).state == "proposed"
    with pytest.raises(Invalid):
        propose(make_store(), supervisor, now)


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=181)])
def test_a_day_that_passed_or_lies_too_far_is_refused(store, office, now, day):
    with pytest.raises(Invalid) as refused:
        propose(store, office, now, day=day)
    assert "day" in refused.value.errors


def test_words_that_name_a_restricted_product_are_refused(store, office, now):
    make_product(is_restricted=True, name={"zh_Hans": "金装奶粉", "zh_Hant": "金裝奶粉", "en": "Gold formula"})
    with pytest.raises(Invalid) as refused:
        propose(store, office, now, words=WORDS | {"zh_Hans": "金装奶粉到店"})
    assert list(refused.value.errors["settings"]["action"]["words"]) == ["zh_Hans"]


def test_buyers_of_a_restricted_product_are_no_target(store, office, now):
    formula = make_product(is_restricted=True)
    condition = {"field": "product", "op": "bought", "value": {"of": [formula.id], "days": None}}
    with pytest.raises(Invalid) as refused:
        propose(store, office, now, segment={"conditions": [condition]})
    assert "segment" in refused.value.errors["settings"]


def test_a_text_longer_than_four_segments_is_refused(store, office, now):
    with pytest.raises(Invalid):
        reports.propose(wish(store, words=WORDS | {"zh_Hans": "茶" * 300}), actor=office, now=now)


def test_a_proposal_can_be_changed_until_it_is_confirmed(store, office, now):
    make_customer(store=store)
    promotion = propose(store, office, now)
    changed = wish(store, reason="新茶", day=TOMORROW + timedelta(days=1))
    promotions.change(promotion.id, changed, version=1, actor=office, now=now)
    assert (promotion.reason, promotion.day) == ("新茶", TOMORROW + timedelta(days=1))
    with pytest.raises(StaleVersion):
        promotions.change(promotion.id, changed, version=1, actor=office, now=now)
    confirm(promotion, office, now)
    with pytest.raises(NotProposed):
        promotions.change(promotion.id, changed, version=promotion.version, actor=office, now=now)


# Who is left out


def no_phone(customer: Any, now: datetime) -> None:
    customer.phone = None


def opted_out(customer: Any, now: datetime) -> None:
    consent.opt_out(customer.phone, scope=Scope.PROMOTION, source=ConsentSource.OFFICE, text="", actor=SYSTEM, now=now)


def complained(customer: Any, now: datetime) -> None:
    make_complaint(make_customer(store=None, store_id=customer.store_id, household_id=customer.household_id), now=now)


def contacted(customer: Any, now: datetime) -> None:
    contacts.reserve(
        customer.id, kind=ContactKind.CADENCE, day=TOMORROW + timedelta(days=1), origin_key="near", now=now
    )


def sold_to(customer: Any, now: datetime) -> None:
    for number in range(SALES_IN_A_ROW):
        day = TODAY - timedelta(days=60 - number * 20)
        contacts.write_down(
            customer.id, kind=ContactKind.PROMOTION, day=day, origin_key=f"sold{number}", now=now, is_sales=True
        )


def buys_formula(customer: Any, now: datetime) -> None:
    make_purchase(customer, lines=[(make_product(is_restricted=True), 1, 300)])


def lives_where_none_may_go(customer: Any, now: datetime) -> None:
    customer.phone = "+8613900112233"


@pytest.mark.parametrize(
    ("speaks_against_it", "reason"),
    [
        (no_phone, WhyNot.NO_PHONE),
        (opted_out, WhyNot.OPTED_OUT),
        (complained, WhyNot.COMPLAINT),
        (contacted, WhyNot.CEILING),
        (sold_to, WhyNot.BALANCE),
        (buys_formula, WhyNot.RESTRICTED),
        (lives_where_none_may_go, WhyNot.COUNTRY),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_preview_says_who_is_left_out_and_why(store, office, now, drain, speaks_against_it, reason):
    going, kept_out = make_customer(store=store), make_customer(store=store)
    speaks_against_it(kept_out, now)
    db.session.flush()
    promotion = propose(store, office, now)
    seen = look(promotion, office, now)
    assert seen.left_out[reason] >= 1
    assert seen.going == 1
    confirm(promotion, office, now)
    sent = let_it_go(now, drain)
    assert [(text.customer_id, text.state) for text in sent] == [(going.id, "delivered")]
    assert reasons()[kept_out.id] == ("dropped", reason.value)


def test_of_a_household_one_gets_it(store, office, now):
    household = make_household(store=store)
    for _ in range(3):
        make_customer(store=store, household=household)
    seen = look(propose(store, office, now), office, now)
    assert (seen.going, dict(seen.left_out)) == (1, {WhyNot.CONTACTED_OTHERWISE: 2})


def test_only_the_target_group_is_meant(store, office, now):
    make_customer(store=store, tier="core")
    make_customer(store=store, tier="ordinary")
    make_customer(store=make_store(), tier="core")
    core = {"conditions": [{"field": "tier", "op": "in", "value": ["core"]}]}
    assert look(propose(store, office, now, segment=core), office, now).meant == 1


def test_the_preview_says_what_it_costs(store, office, now):
    for _ in range(3):
        make_customer(store=store, locale="zh_Hans")
    gate = promotions.gate(propose(store, office, now).id, actor=office)
    found = reports.preview(gate.target, gate.words, gate.stores, now=now)
    assert found.segments == 3
    assert found.costs["USD"] > 0
    assert "春茶到店" in found.looks[0].body


# Confirming


def test_confirming_names_the_number_just_seen(store, office, now):
    make_customer(store=store)
    promotion = propose(store, office, now)
    make_customer(store=store)
    with pytest.raises(AudienceChanged) as refused:
        confirm(promotion, office, now, count=1)
    assert refused.value.extra["count"] == 2
    assert promotion.state == "proposed"


def test_only_head_office_confirms(store, now):
    make_customer(store=store)
    supervisor = people.actor_for(make_staff("supervisor", store=store).id)
    promotion = propose(store, supervisor, now)
    with pytest.raises(Forbidden):
        confirm(promotion, supervisor, now, count=1)


def test_a_promotion_for_nobody_is_not_confirmed(store, office, now):
    with pytest.raises(NobodyLeft):
        confirm(propose(store, office, now), office, now)


def test_it_is_confirmed_at_most_fourteen_days_before(store, office, now):
    make_customer(store=store)
    with pytest.raises(TooEarly):
        confirm(propose(store, office, now, day=TODAY + timedelta(days=15)), office, now)


def test_it_is_not_confirmed_after_its_day(store, office, now):
    make_customer(store=store)
    promotion = propose(store, office, now)
    with pytest.raises(DayPassed):
        confirm(promotion, office, now + timedelta(days=2))


def test_it_is_confirmed_once(store, office, now):
    make_customer(store=store)
    promotion = propose(store, office, now)
    confirm(promotion, office, now)
    with pytest.raises(NotProposed):
        confirm(promotion, office, now, count=1)


# Going


def test_the_text_goes_on_the_day_in_the_customers_words(store, office, now, drain):
    make_customer(store=store, name="陈美玲", gender="female", locale="zh_Hans")
    confirm(propose(store, office, now), office, now)
    (text,) = let_it_go(now, drain)
    assert text.body == "【慧芳铜锣湾店】陈女士您好，春茶到店，欢迎来尝。不想再收，请回“不要推广”。"
    assert (text.kind, text.state, text.submitted_at) == ("promotion", "delivered", MORNING)


def test_nothing_goes_outside_the_hours_for_such_texts(store, office, now, drain):
    make_customer(store=store)
    confirm(propose(store, office, now), office, now)
    (text,) = let_it_go(now, drain, at=MORNING.replace(hour=9, minute=30))
    assert text.state == "pending"
    with clock.fixed(MORNING.replace(hour=22)):
        Drain(Taking()).run(stop_after_seconds=5)
    db.session.refresh(text)
    assert text.submitted_at is None


def test_who_opts_out_after_the_confirmation_gets_nothing(store, office, now, drain):
    customer = make_customer(store=store)
    confirm(propose(store, office, now), office, now)
    opted_out(customer, now)
    db.session.commit()
    assert [text for text in let_it_go(now, drain) if text.submitted_at] == []


def test_who_complains_after_the_confirmation_gets_nothing(store, office, now, drain):
    customer = make_customer(store=store)
    confirm(propose(store, office, now), office, now)
    make_complaint(customer, now=now)
    assert [text for text in let_it_go(now, drain) if text.kind == "promotion" and text.submitted_at] == []


def test_the_contact_counts_as_one_about_sales(store, office, now, drain):
    make_customer(store=store)
    confirm(propose(store, office, now), office, now)
    let_it_go(now, drain)
    (booking,) = db.session.scalars(select(ContactBooking)).all()
    assert (booking.kind, booking.state, booking.is_sales) == ("promotion", "recorded", True)


def test_running_again_sends_nothing_twice(store, office, now, drain):
    make_customer(store=store)
    confirm(propose(store, office, now), office, now)
    let_it_go(now, drain)
    assert len(let_it_go(now, drain, at=MORNING + timedelta(days=1))) == 1


# Stopping


def test_stopping_before_the_day_sends_nothing(store, office, now, drain):
    make_customer(store=store)
    promotion = propose(store, office, now)
    confirm(promotion, office, now)
    engine.run_asked(now=now)
    promotions.stop(promotion.id, reason="错字", actor=office, now=now)
    db.session.commit()
    assert let_it_go(now, drain) == []
    (booking,) = db.session.scalars(select(ContactBooking)).all()
    assert booking.state == "released"
    assert [why for _state, why in reasons().values()] == ["plan_switched_off"]


def test_stopping_in_the_morning_takes_back_what_still_waits(store, office, now, drain):
    make_customer(store=store)
    promotion = propose(store, office, now)
    confirm(promotion, office, now)
    (text,) = let_it_go(now, drain, at=MORNING.replace(hour=9))
    promotions.stop(promotion.id, reason="", actor=office, now=MORNING.replace(hour=9))
    db.session.commit()
    drain()
    db.session.refresh(text)
    assert text.state == "canceled"
    assert set(reasons().values()) == {("ended", "plan_switched_off")}


def test_stopping_twice_is_once(store, office, now):
    promotion = propose(store, office, now)
    promotions.stop(promotion.id, reason="", actor=office, now=now)
    promotions.stop(promotion.id, reason="again", actor=office, now=now)
    assert (promotion.state, promotion.end_reason) == ("withdrawn", "")


def test_somebody_elses_promotion_is_not_to_be_seen(store, office, now):
    stranger = people.actor_for(make_staff("supervisor", store=make_store()).id)
    promotion = propose(store, office, now)
    with pytest.raises(NotFound):
        promotions.gate(promotion.id, actor=stranger)


# What came of it


def test_the_result_counts_what_was_sent_answered_and_stopped(store, office, now, drain):
    quiet, answering, stopping = (make_customer(store=store) for _ in range(3))
    left = make_customer(store=store)
    opted_out(left, now)
    promotion = propose(store, office, now)
    confirm(promotion, office, now)
    let_it_go(now, drain)
    make_inbound(answering, "好的", received_at=MORNING + timedelta(hours=1))
    opted_out_at = MORNING + timedelta(hours=2)
    consent.opt_out(stopping.phone, source=ConsentSource.SMS, text="退订", actor=SYSTEM, now=opted_out_at)
    found = reports.result(promotions.gate(promotion.id, actor=office))
    assert (found.sent, found.waiting, found.replies, found.opt_outs) == (3, 0, 1, 1)
    assert found.not_sent == {"opted_out": 1}
    assert found.costs["USD"] > 0
    assert quiet.id


def test_a_promotion_is_no_plan_that_can_be_edited_elsewhere(store, office, now):
    propose(store, office, now)
    assert [row.plan.kind for row in plan_queries.plans()] == []
    assert db.session.scalars(select(CarePlan.kind)).all() == ["promotion"]
