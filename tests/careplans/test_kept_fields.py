"""Conditions about a field of the file that the company has switched off: refused, and without effect if they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from app.careplans import kept_fields, plan_queries, service, why
from app.careplans.plan_settings import PlanKind
from app.careplans.segments import Field, parse_segment
from app.careplans.speech import said
from app.core.errors import Invalid
from app.customers import file_fields
from app.customers.models import Customer
from app.customers.values import OptionalField
from tests.careplans.conftest import Shop, occurrences, only
from tests.careplans.test_booking import BIRTHDAY
from tests.careplans.test_generating import generate
from tests.factories.careplans import make_plan
from tests.factories.people import actor_of, make_staff
from tests.factories.plans import plan_settings

TEACHERS = {"field": "occupation", "op": "in", "value": ["education"]}
NO_TEACHERS = {"field": "occupation", "op": "not_in", "value": ["education"]}
NAME = {"zh_Hans": "老师", "zh_Hant": "老師", "en": "Teachers"}
REFUSED = "Your company does not keep this. Take the condition away."


@pytest.fixture
def office(session: Any) -> Any:
    return actor_of(make_staff("head_office"))


def switch(office: Any, now: datetime, *, is_on: bool) -> None:
    file_fields.switch({OptionalField.OCCUPATION: is_on}, actor=office, now=now)


@pytest.fixture
def off(office: Any, now: datetime) -> None:
    switch(office, now, is_on=False)


@pytest.fixture
def teacher(care: Shop) -> Customer:
    return care.customer(**BIRTHDAY, birthday_day=15, occupation="education")


def create(office: Any, now: datetime) -> Any:
    settings = plan_settings(conditions=[{"field": "tier", "op": "in", "value": ["core"]}, TEACHERS])
    return service.create(kind=PlanKind.CADENCE, name=NAME, settings=settings, actor=office, now=now)


def refused(errors: Any) -> Any:
    return errors["settings"]["segment"]["conditions"]


@pytest.mark.usefixtures("off")
def test_a_condition_on_it_can_not_be_written(office: Any, now: datetime) -> None:
    with pytest.raises(Invalid) as problem:
        create(office, now)
    assert refused(problem.value.errors) == {"1": {"field": [REFUSED]}}


def test_it_can_be_written_while_the_field_is_kept(office: Any, now: datetime) -> None:
    assert create(office, now).is_on is False


def test_the_next_version_has_to_do_without_it(office: Any, now: datetime) -> None:
    plan = create(office, now)
    switch(office, now, is_on=False)
    settings = plan_settings(conditions=[TEACHERS], action={"minutes": 30})
    with pytest.raises(Invalid) as problem:
        service.change(plan.id, version=1, settings=settings, actor=office, now=now)
    assert refused(problem.value.errors) == {"0": {"field": [REFUSED]}}


def test_a_plan_that_has_one_can_still_be_renamed_copied_and_switched_off(office: Any, now: datetime) -> None:
    plan = create(office, now)
    switch(office, now, is_on=False)
    service.change(plan.id, version=1, name={**NAME, "en": "Friends"}, actor=office, now=now)
    service.switch(plan.id, is_on=True, actor=office, now=now)
    twin = service.copy(plan.id, actor=office, now=now)
    assert plan_queries.plan(twin.id).settings == plan_queries.plan(plan.id).settings


def test_a_condition_that_names_values_fits_nobody_any_more(
    care: Shop, teacher: Customer, office: Any, now: datetime
) -> None:
    plan = make_plan("birthday", conditions=[TEACHERS])
    segment = parse_segment({"conditions": [TEACHERS]})
    assert plan_queries.count_people([segment], actor=office, now=now)[segment] == 1
    switch(office, now, is_on=False)
    assert plan_queries.count_people([segment], actor=office, now=now)[segment] == 0
    assert generate(plan, now) == 0
    switch(office, now, is_on=True)
    assert generate(plan, now) == 1


@pytest.mark.usefixtures("off")
def test_a_condition_that_excludes_values_leaves_nobody_out(care: Shop, teacher: Customer, now: datetime) -> None:
    generate(make_plan("birthday", conditions=[NO_TEACHERS]), now)
    assert only().customer_id == teacher.id


@pytest.mark.usefixtures("off")
def test_the_engine_books_nobody_by_it(care: Shop, teacher: Customer) -> None:
    make_plan("birthday", conditions=[TEACHERS])
    care.run()
    assert occurrences() == []


@pytest.mark.usefixtures("off")
def test_the_customers_page_says_that_the_company_does_not_keep_it(
    app: Any, care: Shop, teacher: Customer, now: datetime
) -> None:
    make_plan("birthday", conditions=[TEACHERS])
    (plan,) = why.of_customer(teacher, now=now).plans
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert said(plan.words) == "Occupation: your company no longer keeps this, so the plan fits nobody."
    assert plan.next_day is None


@pytest.mark.usefixtures("session")
def test_only_fields_that_somebody_asks_for_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_fields, "switched_off", lambda: pytest.fail("nobody asked for it"))
    tiers = parse_segment({"conditions": [{"field": "tier", "op": "in", "value": ["core"]}]})
    assert kept_fields.switched_off([tiers]) == frozenset()


@pytest.mark.usefixtures("off")
def test_the_fields_that_are_off_are_named() -> None:
    assert kept_fields.switched_off([parse_segment({"conditions": [TEACHERS]})]) == {Field.OCCUPATION}
    assert kept_fields.not_kept() == {Field.OCCUPATION}
