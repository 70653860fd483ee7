"""Plans are made, changed by versions, switched and copied."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.careplans import plan_queries, service
from app.careplans.models import CarePlan
from app.careplans.plan_settings import PlanKind
from app.careplans.shipped import SHIPPED, ship_plans
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.core.models import AuditEntry
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.plans import make_plan, plan_settings

NAME = {"zh_Hans": "老顾客", "zh_Hant": "老顧客", "en": "Regulars"}
CORE = [{"field": "tier", "op": "in", "value": ["core"]}]


@pytest.fixture
def office(session):
    return actor_of(make_staff("head_office"))


def create(office, now, **changes):
    values = {"kind": PlanKind.CADENCE, "name": NAME, "settings": plan_settings(), **changes}
    return service.create(**values, actor=office, now=now)


def test_the_shipped_plans_are_on_and_cover_every_kind_but_promotions(session, now):
    assert ship_plans(now=now) == len(SHIPPED)
    rows = plan_queries.plans()
    assert all(row.plan.is_on for row in rows)
    assert {row.settings.kind for row in rows} == set(PlanKind) - {PlanKind.PROMOTION}
    assert sum(row.settings.kind is PlanKind.FESTIVAL for row in rows) == 5


def test_shipping_twice_adds_nothing_and_leaves_what_a_shop_made_of_a_plan(session, office, now):
    ship_plans(now=now)
    plan = session.scalar(select(CarePlan).where(CarePlan.key == "birthday"))
    service.switch(plan.id, is_on=False, actor=office, now=now)
    assert ship_plans(now=now) == 0
    assert plan.is_on is False


def test_a_new_plan_is_off_and_has_its_first_version(office, now):
    plan = create(office, now)
    row = plan_queries.plan(plan.id)
    assert (row.plan.is_on, row.version.number, row.version.published_by_id) == (False, 1, office.id)
    assert row.settings.kind is PlanKind.CADENCE


def test_other_settings_are_the_next_version_and_the_old_one_stays(office, now):
    plan = create(office, now)
    service.change(plan.id, version=1, settings=plan_settings(conditions=CORE), note="only core", actor=office, now=now)
    assert [row.version.number for row in plan_queries.versions_of(plan.id)] == [2, 1]
    assert plan_queries.plan(plan.id).version.settings["segment"]["conditions"] == CORE
    assert plan_queries.versions_of(plan.id)[1].version.settings["segment"]["conditions"] == []


def test_the_same_settings_again_make_no_version(office, now):
    plan = create(office, now)
    service.change(plan.id, version=1, settings=plan_settings(), actor=office, now=now)
    assert (len(plan_queries.versions_of(plan.id)), plan.version) == (1, 1)


def test_another_name_needs_no_new_version(office, now):
    plan = create(office, now)
    service.change(plan.id, version=1, name={**NAME, "en": "Friends"}, actor=office, now=now)
    assert (plan.name["en"], len(plan_queries.versions_of(plan.id)), plan.version) == ("Friends", 1, 2)


def test_a_published_version_can_not_be_changed(office, now):
    plan = create(office, now)
    with pytest.raises(DBAPIError), db.session.begin_nested():
        db.session.execute(text("update care_plan_version set note = 'x' where plan_id = :id"), {"id": plan.id})


def test_who_changes_an_old_state_is_told(office, now):
    plan = create(office, now)
    service.switch(plan.id, is_on=True, actor=office, now=now)
    with pytest.raises(StaleVersion):
        service.change(plan.id, version=1, settings=plan_settings(conditions=CORE), actor=office, now=now)


def test_switching_twice_changes_nothing_more(office, now):
    plan = create(office, now)
    for _ in range(2):
        service.switch(plan.id, is_on=True, actor=office, now=now)
    assert (plan.is_on, plan.version) == (True, 2)


def test_a_copy_is_a_plan_of_its_own_that_is_off(office, now):
    plan = make_plan(settings=plan_settings(conditions=CORE))
    twin = service.copy(plan.id, actor=office, now=now)
    assert (twin.id != plan.id, twin.is_on, twin.key != plan.key) == (True, False, True)
    assert plan_queries.plan(twin.id).version.settings == plan_queries.plan(plan.id).version.settings
    assert twin.name["en"].endswith("(copy)")


def test_every_fault_of_name_and_settings_is_told_at_once(office, now):
    with pytest.raises(Invalid) as refused:
        create(office, now, name={"en": "x"}, settings={"timing": {}, "action": {"by": "pigeon"}})
    assert set(refused.value.errors) == {"name", "settings"}
    assert set(refused.value.errors["settings"]) == {"timing", "action"}


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "store", "op": "in", "value": [999_999]},
        {"field": "product", "op": "bought", "value": {"of": [999_999], "days": None}},
    ],
)
def test_a_condition_must_name_what_exists(office, now, condition):
    with pytest.raises(Invalid) as refused:
        create(office, now, settings=plan_settings(conditions=[condition]))
    assert refused.value.errors["settings"]["segment"]["conditions"]["0"]["value"]


def test_a_promotion_is_not_made_or_seen_here(office, now):
    with pytest.raises(Invalid):
        create(office, now, kind=PlanKind.PROMOTION)
    hidden = make_plan("promotion", settings=plan_settings("promotion"))
    with pytest.raises(NotFound):
        plan_queries.plan(hidden.id)
    with pytest.raises(NotFound):
        service.switch(hidden.id, is_on=False, actor=office, now=now)


def test_only_head_office_changes_plans(session, now):
    supervisor = actor_of(make_staff("supervisor", store=make_store()))
    plan = make_plan()
    for attempt in (
        lambda: create(supervisor, now),
        lambda: service.change(plan.id, version=1, actor=supervisor, now=now),
        lambda: service.switch(plan.id, is_on=False, actor=supervisor, now=now),
        lambda: service.copy(plan.id, actor=supervisor, now=now),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_every_change_stands_in_the_audit_log(office, now):
    plan = create(office, now)
    service.change(plan.id, version=1, settings=plan_settings(conditions=CORE), actor=office, now=now)
    service.switch(plan.id, is_on=True, actor=office, now=now)
    service.switch(plan.id, is_on=False, actor=office, now=now)
    actions = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_type == "care_plan", AuditEntry.subject_id == str(plan.id))
    )
    assert sorted(actions) == [
        "care_plan.changed",
        "care_plan.created",
        "care_plan.switched_off",
        "care_plan.switched_on",
    ]
