"""Booked touches become tasks and texts: for whom, when, and with which words."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.careplans.making import Shop as Hours
from app.careplans.making import window
from app.core.db import db
from app.customers import contacts
from app.customers.values import ContactKind
from app.people.models import TimeOff
from app.tasks.models import Task
from tests.careplans.conftest import TODAY, Shop, bookings, fate, occurrences, only, recorded
from tests.careplans.test_booking import BIRTHDAY, stop
from tests.careplans.test_generating import run_out
from tests.factories.careplans import WORDS, make_occurrence, make_plan
from tests.factories.complaints import make_complaint
from tests.factories.people import make_staff
from tests.factories.purchases import make_product, make_purchase

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
HOURS = {str(day): [["10:00", "20:00"]] for day in range(7)}


def tasks() -> list[Task]:
    db.session.expire_all()
    return list(db.session.scalars(select(Task).order_by(Task.id)))


def facts(name: str) -> list[dict]:
    return list(db.session.scalars(text("SELECT payload FROM fact WHERE name = :name ORDER BY id"), {"name": name}))


def away(person_id: int, cover_id: int | None, now: datetime) -> None:
    db.session.add(
        TimeOff(
            staff_id=person_id,
            cover_id=cover_id,
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=20),
            reason="leave",
            status="approved",
            asked_by=person_id,
            asked_at=now,
        )
    )
    db.session.flush()


def test_a_task_is_made_three_days_before_for_the_owner(care: Shop) -> None:
    customer, plan = care.customer(**BIRTHDAY, birthday_day=14), make_plan("birthday")
    care.run()
    assert tasks() == []
    care.run(days_later=1)
    (task,) = tasks()
    assert (task.type, task.reason, task.customer_id, task.assignee_id) == (
        "callback",
        "birthday",
        customer.id,
        care.ann.id,
    )
    assert task.origin_key == f"careplan:{plan.id}:cust:{customer.id}:2027"
    assert task.window_start.astimezone(HONG_KONG) == datetime(2027, 3, 14, 10, 0, tzinfo=HONG_KONG)
    assert task.window_end.astimezone(HONG_KONG) == datetime(2027, 3, 14, 19, 0, tzinfo=HONG_KONG)
    assert (only().state, only().task_id) == ("made", task.id)


def test_one_task_names_all_its_reasons_with_the_names_of_the_goods(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=13)
    soap = make_product(follow_up_day=3, name={"zh_Hans": "香皂", "zh_Hant": "香皂", "en": "Soap"})
    make_purchase(customer, lines=[(soap, 1, 9)], bought_at=now)
    make_plan("birthday")
    make_plan("after_purchase")
    care.run()
    (task,) = tasks()
    assert [reason["en"] for reason in task.reasons] == ["Birthday", "Follow-up after a purchase: Soap"]
    assert {found.task_id for found in occurrences()} == {task.id}
    assert {found.state for found in occurrences()} == {"made"}


def test_the_most_personal_way_among_the_reasons_is_taken(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=13)
    make_purchase(customer, lines=[(make_product(follow_up_day=3), 1, 9)], bought_at=now)
    make_plan("birthday", by="sms", made_days_before=3)
    make_plan("after_purchase", by="home_visit")
    care.run(days_later=3)
    (task,) = tasks()
    assert task.type == "home_visit"
    assert facts("TouchesDue") == []


def test_the_cover_gets_it_while_the_owner_is_away(care: Shop, now: datetime) -> None:
    bea = make_staff("associate", care.store)
    care.customer(**BIRTHDAY, birthday_day=13)
    away(care.ann.id, bea.id, now)
    make_plan("birthday")
    care.run()
    assert [task.assignee_id for task in tasks()] == [bea.id]


def test_without_owner_or_cover_anybody_may_claim_it(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=13, owner=None)
    care.customer(**BIRTHDAY, birthday_day=13)
    away(care.ann.id, None, now)
    make_plan("birthday")
    care.run()
    assert [(task.assignee_id, task.status) for task in tasks()] == [(None, "open")] * 2


def test_an_owner_who_has_left_the_shop_gets_nothing(care: Shop) -> None:
    care.customer(**BIRTHDAY, birthday_day=13)
    care.ann.is_active = False
    db.session.flush()
    make_plan("birthday")
    care.run()
    assert [task.assignee_id for task in tasks()] == [None]


def test_a_text_is_handed_over_on_its_day(care: Shop) -> None:
    customer, plan = care.customer(**BIRTHDAY, birthday_day=12), make_plan("birthday", by="sms")
    care.run()
    assert facts("TouchesDue") == []
    care.run(days_later=2)
    (fact,) = facts("TouchesDue")
    (touch,) = fact["touches"]
    assert touch["origin_key"] == f"careplan:{plan.id}:cust:{customer.id}:2027"
    assert (touch["customer_id"], touch["kind"], touch["asks"], touch["is_sales"]) == (
        customer.id,
        "birthday",
        None,
        False,
    )
    assert touch["words"] == WORDS
    assert [reason["en"] for reason in touch["reasons"]] == ["Birthday"]
    assert datetime.fromisoformat(touch["send_at"]) == datetime(2027, 3, 12, 10, 0, tzinfo=HONG_KONG)
    assert datetime.fromisoformat(touch["expires_at"]) == datetime(2027, 3, 12, 19, 0, tzinfo=HONG_KONG)
    assert (only().state, only().task_id) == ("made", None)


def test_a_reminder_asks_whether_to_order_again(care: Shop) -> None:
    found = run_out(care.customer(), date(2027, 3, 13), is_restricted=True, is_requested=True)
    make_plan("replenishment")
    care.run()
    (touch,) = facts("TouchesDue")[0]["touches"]
    assert (touch["asks"], touch["restricted"], touch["is_sales"]) == ("reorder", True, False)
    assert touch["detail"]["product_id"] == found.product_id
    assert touch["reasons"][0]["en"] == "Gentle shampoo runs out about Sat, Mar 13"
    assert touch["reasons"][0]["zh_Hans"] == "柔润洗发露约3月13日周六用完"


def test_no_fact_carries_more_than_two_hundred_touches(care: Shop) -> None:
    for _ in range(201):
        care.customer(**BIRTHDAY, birthday_day=10)
    make_plan("birthday", by="sms")
    report = care.run()
    assert sorted(len(fact["touches"]) for fact in facts("TouchesDue")) == [1, 200]
    assert report.counts["texts"] == 201
    assert [(fact["tasks"], fact["touches"]) for fact in facts("TasksPlanned")] == [(0, 201)]


def test_a_text_that_was_sent_is_done_the_next_night(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=10)
    make_plan("birthday", by="sms")
    care.run()
    (booking,) = bookings()
    booking.state, booking.recorded_at = "recorded", now
    db.session.flush()
    care.run(days_later=1)
    assert only().state == "done"


def test_a_text_that_was_held_back_ends_the_next_night(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=10)
    make_plan("birthday", by="sms")
    care.run()
    (booking,) = bookings()
    booking.state, booking.released_at, booking.release_reason = "released", now, "expired"
    db.session.flush()
    care.run(days_later=1)
    assert fate(only())[:2] == ("ended", "not_sent")


def test_a_stop_after_the_booking_still_holds(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=14)
    make_plan("birthday")
    care.run()
    stop(customer.phone, now)
    care.run(days_later=1)
    assert fate(only()) == ("deferred", "opted_out", None)
    assert tasks() == []
    assert [booking.state for booking in bookings()] == ["released"]


def test_a_complaint_after_the_booking_keeps_regular_care_away(care: Shop, now: datetime) -> None:
    customer = care.customer(tier="core")
    recorded(customer, date(2027, 2, 16), now=now)
    make_plan("cadence")
    care.run()
    assert only().state == "booked"
    make_complaint(customer, now=now)
    care.run(days_later=3)
    assert fate(only()) == ("deferred", "complaint", None)


def test_without_a_checklist_nothing_is_made_and_nothing_is_lost(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=12)
    make_purchase(customer, bought_at=now)
    make_plan("birthday")
    db.session.execute(text("UPDATE checklist_template SET current_version_id = NULL"))
    care.run()
    assert fate(only()) == ("deferred", "not_made", None)
    db.session.execute(
        text("""UPDATE checklist_template t SET current_version_id = v.id
                FROM checklist_version v WHERE v.template_id = t.id""")
    )
    care.run()
    assert only().state == "made"


def test_a_task_says_what_the_plan_wants_said(care: Shop, now: datetime) -> None:
    care.customer(**BIRTHDAY, birthday_day=12)
    plan = make_plan("birthday")
    db.session.execute(text("ALTER TABLE care_plan_version DISABLE TRIGGER care_plan_version_immutable"))
    db.session.execute(
        text("""UPDATE care_plan_version
                SET settings = jsonb_set(settings, '{action,words}', CAST(:words AS jsonb)) WHERE plan_id = :id"""),
        {"words": '{"zh_Hans": "问候", "zh_Hant": "問候", "en": "Greet"}', "id": plan.id},
    )
    care.run()
    assert [task.note for task in tasks()] == ["問候"]


# Windows


def test_the_window_lies_within_the_stores_hours() -> None:
    shop = Hours(HONG_KONG, "en", {**HOURS, "2": [["12:00", "15:00"], ["16:00", "18:00"]]})
    starts, ends = window(date(2027, 3, 10), ("10:00", "19:00"), shop, now=datetime(2027, 3, 9, tzinfo=UTC))
    assert (starts.astimezone(HONG_KONG).hour, ends.astimezone(HONG_KONG).hour) == (12, 18)


def test_a_window_of_today_starts_at_the_next_quarter() -> None:
    now = datetime(2027, 3, 10, 11, 7, tzinfo=HONG_KONG)
    starts, _ends = window(date(2027, 3, 10), ("10:00", "19:00"), Hours(HONG_KONG, "en", HOURS), now=now)
    assert starts.astimezone(HONG_KONG) == datetime(2027, 3, 10, 11, 15, tzinfo=HONG_KONG)


def test_hours_outside_the_stores_give_way_to_them() -> None:
    shop = Hours(HONG_KONG, "en", {str(day): [["13:00", "22:00"]] for day in range(7)})
    starts, ends = window(date(2027, 3, 10), ("10:00", "12:00"), shop, now=datetime(2027, 3, 9, tzinfo=UTC))
    assert (starts.astimezone(HONG_KONG).hour, ends.astimezone(HONG_KONG).hour) == (13, 20)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Hong_Kong"])
@given(day=st.dates(min_value=date(2027, 1, 1), max_value=date(2028, 12, 31)))
def test_a_window_keeps_its_wall_clock_hours_on_every_day_of_the_year(zone: str, day: date) -> None:
    shop = Hours(ZoneInfo(zone), "en", HOURS)
    starts, ends = window(day, ("10:00", "19:00"), shop, now=datetime(2026, 1, 1, tzinfo=UTC))
    local = [moment.astimezone(shop.zone) for moment in (starts, ends)]
    assert [(moment.date(), moment.hour, moment.minute) for moment in local] == [(day, 10, 0), (day, 19, 0)]


def test_a_run_late_in_the_evening_makes_no_call_whose_hours_are_over(care: Shop, now: datetime) -> None:
    customer = care.customer(**BIRTHDAY, birthday_day=10)
    plan = make_plan("birthday", made_days_before=0)
    key = f"careplan:{plan.id}:cust:{customer.id}:2027"
    contacts.reserve(customer.id, kind=ContactKind.BIRTHDAY, day=TODAY, origin_key=key, now=now)
    make_occurrence(plan, customer, due_day=TODAY, state="booked", booked_day=TODAY, key="2027")
    care.now = now + timedelta(hours=11)
    care.run()
    assert db.session.scalars(select(Task)).all() == []
    assert (only().state, only().reason, bookings()[0].state) == ("deferred", "too_late", "released")
    care.run(days_later=1)
    assert (only().state, only().reason) == ("missed", "too_late")
