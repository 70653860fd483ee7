"""The birthdays of a household's children: told to a grown-up, with the guardian's consent, in the one contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from app.careplans import why
from app.careplans.generating import Span
from app.careplans.plan_settings import PlanKind
from app.careplans.speech import said
from app.careplans.telling import Names, reason_of, words_of
from app.core.db import db
from app.customers import members
from app.customers.models import Customer
from app.customers.values import GuardianChannel
from app.people.access import Actor
from app.tasks.models import Task
from tests.careplans.conftest import Shop, bookings, fate, occurrences, only
from tests.careplans.test_booking import BIRTHDAY
from tests.careplans.test_generating import due_days, generate
from tests.factories.careplans import WORDS, make_plan
from tests.factories.customers import make_member
from tests.factories.messaging import ship_templates

WITHOUT_CONSENT: dict[str, Any] = dict.fromkeys(
    ("guardian_consent_text", "guardian_consent_channel", "guardian_consent_at")
)
TWO = date(2025, 3, 15)
"""Turns two on 15 March."""


@pytest.fixture
def mother(care: Shop) -> Customer:
    return care.customer(name="陈美玲", locale="en")


def test_a_childs_birthday_is_due_to_the_customer_of_the_household(care: Shop, mother: Customer, now: datetime) -> None:
    child = make_member(mother, relation="child", birth_date=TWO)
    generate(make_plan("birthday"), now)
    found = only()
    assert (found.customer_id, found.key, found.due_day) == (mother.id, f"b{child.id}:2027", date(2027, 3, 15))
    assert found.detail == {"member_id": child.id, "years": 2}


def test_a_childs_birthday_comes_once_however_many_grown_ups_there_are(
    care: Shop, mother: Customer, now: datetime
) -> None:
    without_phone = care.customer(household_id=mother.household_id, phone=None)
    with_phone = care.customer(household_id=mother.household_id)
    make_member(mother, birth_date=TWO)
    plan = make_plan("birthday")
    assert [generate(plan, now), generate(plan, now)] == [1, 0]
    assert only().customer_id == mother.id
    mother.phone = None
    db.session.execute(text("DELETE FROM occurrence"))
    generate(plan, now)
    assert only().customer_id == with_phone.id != without_phone.id


@pytest.mark.parametrize(
    "changes",
    [
        WITHOUT_CONSENT,
        {"consent_withdrawn_at": datetime(2027, 1, 1, tzinfo=UTC)},
        {"name": "", "birth_date": None, "anonymised_at": datetime(2027, 1, 1, tzinfo=UTC)},
        {"relation": "partner"},
        {"birth_date": None},
        {"birth_date": date(2027, 3, 15)},
    ],
    ids=["no consent", "withdrawn", "nameless", "a grown-up", "no birth date", "not born yet"],
)
def test_nothing_is_planned_for_who_may_not_or_can_not_be_greeted(
    care: Shop, mother: Customer, now: datetime, changes: dict[str, Any]
) -> None:
    make_member(mother, **{"birth_date": TWO, **changes})
    assert generate(make_plan("birthday"), now) == 0


def test_the_plan_may_leave_the_children_out(care: Shop, mother: Customer, now: datetime) -> None:
    make_member(mother, birth_date=TWO)
    assert generate(make_plan("birthday", timing={"days_before": 0, "with_members": False}), now) == 0


def test_a_child_of_the_29th_of_february_has_its_day_on_the_28th(care: Shop, mother: Customer, now: datetime) -> None:
    child = make_member(mother, birth_date=date(2024, 2, 29))
    generate(make_plan("birthday"), now, day=date(2027, 2, 20))
    assert due_days() == [(f"b{child.id}:2027", date(2027, 2, 28))]


def test_a_lunar_birthday_in_the_childs_own_file_is_kept_by_the_moon(
    care: Shop, mother: Customer, now: datetime
) -> None:
    # The second lunar month of 2027 begins on 8 March.
    own = care.customer(
        household_id=mother.household_id,
        phone=None,
        birthday_calendar="lunar",
        birthday_year=2017,
        birthday_month=2,
        birthday_day=10,
    )
    child = make_member(mother, relation="child", birth_date=date(2017, 3, 7), customer_id=own.id)
    generate(make_plan("birthday"), now)
    found = only(customer_id=mother.id)
    assert (found.key, found.due_day) == (f"b{child.id}:2027", date(2027, 3, 17))
    assert found.detail["years"] == 10


def test_who_has_a_number_and_a_birthday_of_his_own_is_greeted_himself(
    care: Shop, mother: Customer, now: datetime
) -> None:
    own = care.customer(household_id=mother.household_id, **BIRTHDAY, birthday_day=15)
    make_member(mother, relation="child", birth_date=date(2012, 3, 15), customer_id=own.id)
    generate(make_plan("birthday"), now)
    assert [(found.customer_id, found.key) for found in occurrences()] == [(own.id, "2027")]


def test_only_households_of_the_segment_are_meant(care: Shop, now: datetime) -> None:
    core, ordinary = care.customer(tier="core"), care.customer(tier="ordinary")
    make_member(core, birth_date=TWO)
    make_member(ordinary, birth_date=TWO)
    plan = make_plan("birthday", conditions=[{"field": "tier", "op": "in", "value": ["core"]}])
    generate(plan, now)
    assert only().customer_id == core.id


def test_only_the_span_of_households_is_looked_at_for_children_too(care: Shop, mother: Customer, now: datetime) -> None:
    other = care.customer()
    make_member(mother, birth_date=TWO)
    make_member(other, birth_date=TWO)
    generate(make_plan("birthday"), now, span=Span(other.household_id, other.household_id))
    assert only().customer_id == other.id


def test_the_childs_birthday_and_the_mothers_are_one_contact(care: Shop, now: datetime) -> None:
    mother = care.customer(**BIRTHDAY, birthday_day=14)
    make_member(mother, birth_date=TWO, name="Lok Lok")
    make_plan("birthday")
    care.run()
    assert sorted(found.state for found in occurrences()) == ["booked", "merged"]
    assert len(bookings()) == 1
    care.run(days_later=1)
    task = db.session.scalars(select(Task)).one()
    assert [reason["en"] for reason in task.reasons] == ["Birthday", "Lok Lok turns 2"]


def test_a_text_about_a_childs_birthday_names_the_child_and_its_age(care: Shop, mother: Customer) -> None:
    make_member(mother, birth_date=date(2025, 3, 11), name="Lok Lok")
    make_plan("birthday", by="sms")
    care.run(days_later=1)
    payload = db.session.scalar(text("SELECT payload FROM fact WHERE name = 'TouchesDue'"))
    (touch,) = payload["touches"]
    assert touch["customer_id"] == mother.id
    assert touch["words"]["en"].startswith("Happy birthday to Lok Lok, who turns 2!")
    assert touch["words"]["zh_Hans"] == "祝Lok Lok2岁生日快乐，健康成长！也祝全家安好。"


def test_the_plans_own_words_stay_for_the_customers_own_birthday() -> None:
    assert words_of(PlanKind.BIRTHDAY, {}, Names(), words=WORDS) == WORDS


def test_a_child_whose_age_nobody_knows_has_a_birthday_without_a_number() -> None:
    names, detail = Names(members={5: "乐乐"}), {"member_id": 5, "years": None}
    assert reason_of(PlanKind.BIRTHDAY, detail, names)["zh_Hans"] == "乐乐的生日"
    words = words_of(PlanKind.BIRTHDAY, detail, names, words=WORDS)
    assert words is not None
    assert words["zh_Hant"] == "祝乐乐生日快樂，健康成長！也祝全家安好。"


def test_with_the_consent_goes_the_planned_birthday(
    care: Shop, mother: Customer, now: datetime, drain: Callable[..., int]
) -> None:
    ship_templates()
    child = make_member(mother, birth_date=date(2025, 3, 13))
    make_plan("birthday")
    care.run()
    task = db.session.scalars(select(Task)).one()
    members.withdraw(child.id, text="请删除", channel=GuardianChannel.PHONE, actor=Actor.system(), now=now)
    drain()
    db.session.expire_all()
    assert (fate(only())[:2], task.status) == (("ended", "pointless:opted_out"), "cancelled")
    care.run(days_later=1)
    assert len(occurrences()) == 1


def test_the_customers_page_says_whose_birthday_it_is(app: Any, care: Shop, mother: Customer, now: datetime) -> None:
    make_member(mother, birth_date=date(2025, 3, 20), name="Lok Lok")
    make_plan("birthday")
    assert _told(app, mother, now) == "Due next on Mar 20, 2027."
    care.run()
    assert _told(app, mother, now) == "Lok Lok: Booked for Mar 20, 2027."


def test_without_any_birthday_the_page_says_so(app: Any, care: Shop, mother: Customer, now: datetime) -> None:
    make_plan("birthday")
    words = "No birthday is known, of the customer or of a child that the guardian has agreed to."
    assert _told(app, mother, now) == words


def test_a_child_made_nameless_is_not_named_by_the_page(app: Any, care: Shop, mother: Customer, now: datetime) -> None:
    child = make_member(mother, birth_date=date(2025, 3, 20), name="Lok Lok")
    make_plan("birthday")
    care.run()
    members.anonymise(child.id, actor=Actor.system(), now=now)
    assert "Lok Lok" not in _told(app, mother, now)


def _told(app: Any, customer: Customer, now: datetime) -> str:
    (plan,) = why.of_customer(customer, now=now).plans
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        return said(plan.words)
