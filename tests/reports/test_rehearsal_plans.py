"""The rehearsal plays the care plans too: what they would send on a day, what is held back and why; nothing written."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select, text

from app.careplans import engine
from app.careplans.models import Occurrence
from app.core.db import db
from app.customers import consent, contacts
from app.customers.models import ContactBooking, ContactRule
from app.customers.values import ConsentSource, ContactKind, Scope
from app.messaging.models import Message
from app.messaging.stage import Fate
from app.people import queries as people
from app.people.access import Actor
from app.purchases.models import RunOut, StockReservation
from app.reports.rehearsal import Rehearsal, Wanted, rehearse
from tests.factories.careplans import make_occurrence, make_plan
from tests.factories.customers import make_customer, make_member
from tests.factories.messaging import ship_templates
from tests.factories.people import make_staff, make_store
from tests.factories.purchases import make_product, make_stock

pytestmark = pytest.mark.usefixtures("session")

TODAY = date(2027, 3, 10)
TOMORROW = TODAY + timedelta(days=1)
HONG_KONG = ZoneInfo("Asia/Hong_Kong")


@pytest.fixture
def shop(session: Any) -> Any:
    ship_templates()
    return make_store(name="慧芳铜锣湾店")


@pytest.fixture
def customer(shop: Any) -> Any:
    return make_customer(store=shop, locale="zh_Hans", name="陈美玲", gender="female")


def play(shop: Any, now: datetime, day: date = TOMORROW) -> Rehearsal:
    supervisor = people.actor_for(make_staff("supervisor", store=shop).id)
    return rehearse(Wanted(store_id=shop.id, day=day), actor=supervisor, now=now)


def counted(shop: Any, on_hand: int) -> Any:
    product = make_product()
    make_stock(product, on_hand, store_id=shop.id)
    return product


def runs_out(customer: Any, *, on: date, product: Any = None, **changes: Any) -> None:
    values = {
        "basis": "measured",
        "packs": [],
        "last_bought_on": date(2027, 1, 20),
        "reorder_quantity": Decimal(1),
        "is_restricted": False,
        "is_requested": False,
        "needs_delivery": False,
        "computed_at": datetime(2027, 3, 9, tzinfo=HONG_KONG),
        **changes,
    }
    db.session.add(RunOut(customer_id=customer.id, product_id=(product or make_product()).id, day=on, **values))
    db.session.flush()


def only_text(played: Rehearsal) -> Any:
    (part,) = played.customers
    (found,) = part.texts
    return found


def test_a_booked_text_is_played_with_its_words_and_price(shop, customer, now):
    plan = make_plan("festival")
    make_occurrence(plan, customer, due_day=TOMORROW, state="booked", booked_day=TOMORROW)
    played = only_text(play(shop, now))
    assert (played.kind, played.fate) == ("care", Fate.GOES)
    assert played.body == "【慧芳铜锣湾店】陈女士您好，您好"
    assert played.goes_at == datetime(2027, 3, 11, 10, tzinfo=HONG_KONG)
    assert played.cost > 0


def test_what_nobody_has_planned_yet_is_foreseen_by_the_plans_own_rules(shop, customer, now):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=23))
    day = TODAY + timedelta(days=20)
    assert "柔润洗发露快用完了" in only_text(play(shop, now, day)).body
    assert play(shop, now, day + timedelta(days=1)).customers == []


def test_a_text_whose_goods_are_not_there_is_foreseen_as_a_call(shop, customer, now):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=4), product=counted(shop, 0))
    played = only_text(play(shop, now))
    assert (played.fate, played.reason) == (
        Fate.SUPPRESSED,
        "The store has too little of it: somebody calls instead of a text that promises it.",
    )


def test_the_last_piece_is_foreseen_for_whom_it_will_be_kept_back(shop, customer, now):
    make_plan("replenishment")
    product, second = counted(shop, 1), make_customer(store=shop, locale="zh_Hans", name="李先生")
    for one in (customer, second):
        runs_out(one, on=TODAY + timedelta(days=4), product=product)
    fates = {part.customer_id: part.texts[0].fate for part in play(shop, now).customers}
    assert fates == {customer.id: Fate.GOES, second.id: Fate.SUPPRESSED}
    assert db.session.scalar(select(func.count()).select_from(StockReservation)) == 0


def test_what_the_engine_books_is_what_was_foreseen(shop, customer, now):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=4))
    foreseen = only_text(play(shop, now))
    engine.run(now=now)
    assert only_text(play(shop, now)).body == foreseen.body


def test_who_was_contacted_too_close_to_the_day_is_named_with_the_reason(shop, customer, now):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=4))
    contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=TODAY, origin_key="near", now=now)
    played = only_text(play(shop, now))
    assert (played.fate, played.reason) == (
        Fate.SUPPRESSED,
        "The household was, or will be, contacted too close to that day.",
    )


@pytest.mark.parametrize(("of_the_store", "fate"), [(True, Fate.SUPPRESSED), (False, Fate.GOES)])
def test_the_days_between_contacts_are_those_of_the_store(shop, customer, now, of_the_store, fate):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=4))
    contacts.reserve(
        customer.id, kind=ContactKind.CADENCE, day=TOMORROW + timedelta(days=10), origin_key="far", now=now
    )
    db.session.add(ContactRule(store_id=shop.id if of_the_store else make_store().id, gap_days=14, changed_at=now))
    db.session.flush()
    assert only_text(play(shop, now)).fate == fate


def test_who_opted_out_gets_nothing_in_the_play(shop, customer, now):
    plan = make_plan("festival")
    make_occurrence(plan, customer, due_day=TOMORROW, state="booked", booked_day=TOMORROW)
    consent.opt_out(
        customer.phone, scope=Scope.CARE, source=ConsentSource.OFFICE, text="", actor=Actor.system(), now=now
    )
    assert only_text(play(shop, now)).fate is Fate.SUPPRESSED


def test_a_restricted_product_without_a_request_is_not_spoken_of(shop, customer, now):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=4), is_restricted=True)
    assert only_text(play(shop, now)).fate is Fate.SUPPRESSED


def test_a_contact_by_phone_is_no_text(shop, customer, now):
    plan = make_plan("birthday")
    make_occurrence(plan, customer, due_day=TOMORROW, state="booked", booked_day=TOMORROW)
    assert play(shop, now).customers == []


def test_another_stores_texts_stay_with_it(shop, now):
    plan = make_plan("festival")
    stranger = make_customer(store=make_store())
    make_occurrence(plan, stranger, due_day=TOMORROW, state="booked", booked_day=TOMORROW)
    assert play(shop, now).customers == []


def test_a_row_that_waits_is_played_as_it_lies(shop, customer, now, drain):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=3))
    engine.run(now=now)
    drain()
    played = only_text(play(shop, now, TODAY))
    assert (played.is_written, played.fate) == (True, Fate.GOES)


def bodies(played: Rehearsal) -> list[str]:
    return [each.body for part in played.customers for each in part.texts if each.fate is Fate.GOES]


def greeted(shop: Any, *, day: int, **changes: Any) -> Any:
    """A customer with a birthday in March; nobody due for regular care."""
    return make_customer(
        store=shop, locale="zh_Hans", birthday_calendar="solar", birthday_month=3, birthday_day=day, **changes
    )


def test_what_a_household_is_due_within_three_days_is_one_text(shop, now):
    wife = greeted(shop, day=14, name="陈美玲")
    greeted(shop, day=15, name="王大文", household_id=wife.household_id)
    make_plan("birthday", by="sms")
    (body,) = bodies(play(shop, now, date(2027, 3, 14)))
    assert body.count("您好") == 3
    assert play(shop, now, date(2027, 3, 15)).customers == []
    engine.run(now=now)
    assert bodies(play(shop, now, date(2027, 3, 14))) == [body]


def test_what_is_told_in_a_call_is_no_text(shop, now):
    wife = greeted(shop, day=14)
    make_plan("birthday")
    make_plan("replenishment")
    runs_out(wife, on=date(2027, 3, 16))
    assert play(shop, now, date(2027, 3, 13)).customers == []


def test_two_wishes_of_one_household_do_not_both_go_within_a_week(shop, now):
    wife = greeted(shop, day=14)
    greeted(shop, day=18, household_id=wife.household_id)
    make_plan("birthday", by="sms")
    assert only_text(play(shop, now, date(2027, 3, 14))).fate is Fate.GOES
    later = only_text(play(shop, now, date(2027, 3, 18)))
    assert (later.fate, later.reason) == (
        Fate.SUPPRESSED,
        "The household was, or will be, contacted too close to that day.",
    )


def test_after_two_contacts_about_sales_a_reminder_goes_as_care(shop, customer, now):
    make_plan("replenishment")
    for days in (20, 40):
        key = f"sale{days}"
        contacts.reserve(
            customer.id, kind=ContactKind.WIN_BACK, day=TODAY - timedelta(days=days), origin_key=key, now=now
        )
        contacts.record(key, day=TODAY - timedelta(days=days), now=now)
    runs_out(customer, on=TODAY + timedelta(days=4))
    foreseen = only_text(play(shop, now))
    engine.run(now=now)
    assert only_text(play(shop, now)).body == foreseen.body
    assert db.session.scalars(select(Occurrence)).one().detail["as_care"] is True


def test_a_childs_birthday_is_played_in_its_own_words(shop, customer, now):
    make_member(customer, name="乐乐", birth_date=date(2025, 3, 14))
    make_plan("birthday", by="sms")
    assert "祝乐乐2岁生日快乐" in only_text(play(shop, now, date(2027, 3, 14))).body


def test_a_day_beyond_what_is_booked_ahead_is_played_from_the_night_that_will_book_it(shop, now):
    wife = greeted(shop, day=30)
    greeted(shop, day=31, household_id=wife.household_id)
    make_plan("birthday", by="sms")
    assert len(bodies(play(shop, now, date(2027, 3, 30)))) == 1
    assert play(shop, now, date(2027, 3, 31)).customers == []


def test_the_households_of_other_stores_are_not_looked_at(shop, now):
    greeted(make_store(), day=14)
    make_plan("birthday", by="sms")
    play(shop, now, date(2027, 3, 14))
    assert db.session.scalar(text("SELECT count(*) FROM wish")) == 0


def test_playing_locks_nobody(shop, customer, now):
    make_plan("replenishment")
    runs_out(customer, on=TODAY + timedelta(days=4))
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        play(shop, now)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert any("INSERT INTO touch" in statement for statement in said)
    assert [statement for statement in said if "FOR NO KEY UPDATE" in statement or "advisory" in statement] == []


def test_playing_writes_nothing(shop, customer, now):
    make_plan("replenishment")
    plan = make_plan("festival")
    runs_out(customer, on=TODAY + timedelta(days=4))
    make_occurrence(plan, customer, due_day=TOMORROW, state="booked", booked_day=TOMORROW)
    tables = (Message, Occurrence, ContactBooking, StockReservation)
    before = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]
    written = db.session.scalar(text("SELECT count(*) FROM fact"))
    play(shop, now)
    assert [db.session.scalar(select(func.count()).select_from(table)) for table in tables] == before
    assert db.session.scalar(text("SELECT count(*) FROM fact")) == written
