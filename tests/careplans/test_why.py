"""Why did, or didn't, this customer hear from us?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.careplans import why
from app.careplans.saying import Said
from app.careplans.speech import said
from app.core.db import db
from app.customers import consent
from app.customers.models import ContactBooking
from app.customers.values import Channel, ConsentSource, Scope
from app.people.access import Actor
from tests.factories.careplans import make_occurrence
from tests.factories.customers import make_customer
from tests.factories.people import make_store
from tests.factories.plans import make_plan, plan_settings
from tests.factories.purchases import make_product, make_purchase

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


@pytest.fixture
def customer(session):
    return make_customer(store=make_store(name="銅鑼灣店"), tier="ordinary", gender="male", locale="en", tags=["vip"])


@pytest.fixture
def english(app):
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


def answer(customer, now, kind="cadence", conditions=(), touches=(), **parts):
    """What the only plan says, in English."""
    plan = make_plan(kind, settings=plan_settings(kind, conditions=list(conditions), **parts))
    for day, changes in touches:
        make_occurrence(plan, customer, due_day=day, **changes)
    [found] = why.of_customer(customer, now=now).plans
    return found


def in_english(app, thing: Said) -> str:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        return said(thing)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (("tier", "in", ["core"]), "Tier: the plan asks for core; here it is ordinary."),
        (("tier", "not_in", ["ordinary"]), "Tier: the plan asks for none of ordinary; here it is ordinary."),
        (("gender", "in", ["female"]), "Gender: the plan asks for Female; here it is Male."),
        (
            ("occupation", "in", ["education"]),
            "Occupation: the plan asks for Teaching; the file says nothing about it.",
        ),
        (
            ("age", "between", {"from": 20, "to": 29}),
            "Age in years: the plan asks for 20 to 29; the file says nothing about it.",
        ),
        (("tags", "all_of", ["vip", "baby"]), "Tags: the plan asks for all of vip, baby; here it is vip."),
        (
            ("locale", "in", ["zh_Hans", "zh_Hant"]),
            "Language: the plan asks for Simplified Chinese, Traditional Chinese; here it is English.",
        ),
        (
            ("days_since_purchase", "at_most", 30),
            "Days since the last purchase: the plan asks for 30 days or less; here it is never bought.",
        ),
        (
            ("days_since_contact", "at_most", 30),
            "Days since the last contact: the plan asks for 30 days or less; here it is never contacted.",
        ),
        (
            ("open", "any_of", ["complaint"]),
            "Something open: the plan asks for an open complaint; here it is nothing open.",
        ),
        (
            ("member_age_months", "between", {"from": None, "to": 36}),
            "Age of a child in months: the plan asks for 36 or less;"
            " here it is no child that the guardian has agreed to.",
        ),
        (
            ("category", "bought", {"of": ["hair"], "days": 90}),
            "Category bought: the plan asks for hair within 90 days; here it is otherwise.",
        ),
    ],
)
def test_the_first_condition_that_does_not_hold_is_named(app, customer, now, condition, words):
    field, op, value = condition
    found = answer(customer, now, conditions=[{"field": field, "op": op, "value": value}])
    assert in_english(app, found.words) == words
    assert found.next_day is None


def test_stores_and_products_are_called_by_their_names(app, customer, now):
    product, elsewhere = make_product(), make_store(name="Sha Tin")
    make_purchase(customer, lines=[(product, 1, 10)])
    found = answer(
        customer,
        now,
        conditions=[
            {"field": "store", "op": "in", "value": [elsewhere.id]},
            {"field": "product", "op": "not_bought", "value": {"of": [product.id], "days": None}},
        ],
    )
    assert [in_english(app, line) for line in found.broken] == [
        "Store: the plan asks for Sha Tin; here it is 銅鑼灣店.",
        "Product bought: the plan asks for never Gentle shampoo; here it is otherwise.",
    ]


def test_who_is_meant_is_told_the_next_day(app, customer, now):
    bought = datetime(2027, 2, 20, 12, tzinfo=HONG_KONG)
    db.session.add(
        ContactBooking(
            household_id=customer.household_id,
            customer_id=customer.id,
            kind="cadence",
            day=bought.date(),
            gap_days=7,
            origin_key="k",
            state="recorded",
            reserved_at=bought,
            recorded_at=bought,
        )
    )
    db.session.flush()
    found = answer(customer, now)
    assert found.next_day == date(2027, 5, 20)
    assert in_english(app, found.words) == "Due next on May 20, 2027."


@pytest.mark.parametrize(
    ("state", "changes", "words"),
    [
        ("booked", {"booked_day": date(2027, 3, 14)}, "Booked for Mar 14, 2027."),
        ("due", {}, "Due on Mar 12, 2027; the next run decides."),
        ("done", {"booked_day": date(2027, 3, 12)}, "Done on Mar 12, 2027."),
        (
            "deferred",
            {"reason": "complaint"},
            "Due on Mar 12, 2027 and put off. A complaint of the household is open.",
        ),
        (
            "missed",
            {"reason": "ceiling"},
            "Missed on Mar 12, 2027. The household was, or will be, contacted too close to that day.",
        ),
        ("dropped", {"reason": "no_phone"}, "Dropped on Mar 12, 2027. There is no phone number in the file."),
        ("ended", {"reason": "pointless:ordered"}, "Ended before Mar 12, 2027. The customer ordered before."),
    ],
)
def test_each_touch_says_what_became_of_it_and_why(app, customer, now, state, changes, words):
    found = answer(customer, now, touches=[(date(2027, 3, 12), {"state": state, **changes})])
    assert in_english(app, found.touches[0].words) == words


def test_a_merged_touch_names_the_plan_that_tells_it(app, customer, now):
    lead_plan = make_plan("birthday", settings=plan_settings("birthday"))
    lead = make_occurrence(lead_plan, customer, due_day=date(2027, 3, 15), state="booked", booked_day=date(2027, 3, 15))
    plan = make_plan("cadence")
    make_occurrence(
        plan, customer, due_day=date(2027, 3, 13), state="merged", lead_id=lead.id, booked_day=date(2027, 3, 15)
    )
    found = {one.plan_id: one for one in why.of_customer(customer, now=now).plans}[plan.id]
    assert in_english(app, found.words) == f"Told together with “{lead_plan.name['en']}” on Mar 15, 2027."


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("birthday", "No birthday is known, of the customer or of a child that the guardian has agreed to."),
        ("after_purchase", "Nothing was bought of late."),
        ("replenishment", "Nothing is known to run out: no goods that are used up, or no daily amount."),
        ("milestone", "No child of the household comes to one of the plan’s ages, or the guardian has not agreed."),
        ("win_back", "The customer comes as often as ever."),
        ("recovery", "No complaint was closed of late."),
    ],
)
def test_a_plan_that_waits_for_something_says_for_what(app, customer, now, kind, words):
    action = {"by": "sms"} if kind == "replenishment" else {"by": "callback"}
    assert in_english(app, answer(customer, now, kind, action=action).words) == words


def test_a_plan_that_leaves_the_children_out_waits_for_the_customers_own_birthday(app, customer, now):
    found = answer(customer, now, "birthday", timing={"days_before": 0, "with_members": False})
    assert in_english(app, found.words) == "The file holds no birthday."


def test_a_tier_that_the_plan_leaves_out_is_named(app, customer, now):
    found = answer(customer, now, timing={"months": {"core": 1}})
    assert in_english(app, found.words) == "This plan does not look after customers of this tier."


def test_a_season_that_is_over_is_named(app, customer, now):
    found = answer(customer, now, season={"from": None, "until": "2027-03-01"})
    assert in_english(app, found.words) == "The plan’s season ended on Mar 1, 2027."


def test_a_plan_that_is_off_shows_only_where_it_has_touched_the_customer(app, customer, now):
    make_plan("cadence", is_on=False)
    assert why.of_customer(customer, now=now).plans == ()
    used = make_plan("birthday", settings=plan_settings("birthday"), is_on=False)
    make_occurrence(used, customer, due_day=date(2027, 1, 2), state="done")
    [found] = why.of_customer(customer, now=now).plans
    assert (found.plan_id, in_english(app, found.words)) == (used.id, "This plan is switched off.")


def test_what_holds_for_all_plans_is_told_first(app, customer, now):
    consent.opt_out(
        customer.phone,
        channel=Channel.CALL,
        scope=Scope.CARE,
        source=ConsentSource.OFFICE,
        text="no calls please",
        actor=Actor.system(),
        now=now,
    )
    day = now.date() - timedelta(days=2)
    db.session.add(
        ContactBooking(
            household_id=customer.household_id,
            customer_id=customer.id,
            kind="cadence",
            day=day,
            gap_days=7,
            origin_key="k",
            state="recorded",
            reserved_at=now,
            recorded_at=now,
        )
    )
    db.session.flush()
    lines = [in_english(app, line) for line in why.of_customer(customer, now=now).general]
    assert lines == [
        "The customer wants no care calls.",
        "At most one contact in 7 days: the household may be contacted again from Mar 15, 2027.",
    ]


def test_a_file_without_a_number_says_so(app, now, session):
    customer = make_customer(phone=None)
    assert in_english(app, why.of_customer(customer, now=now).general[0]).startswith("There is no phone number")


def test_in_chinese_lists_have_their_own_mark(app, customer, now):
    found = answer(customer, now, conditions=[{"field": "tags", "op": "any_of", "value": ["甲", "乙"]}])
    with app.test_request_context("/", headers={"Accept-Language": "zh-HK"}):
        assert "甲、乙" in said(found.words)
