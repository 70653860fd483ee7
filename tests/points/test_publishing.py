"""Publishing the next version of the rules, and confirming that one has read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.db import db, transaction
from app.core.errors import Invalid
from app.core.models import AuditEntry
from app.people.access import Actor, Role
from app.points import queries, service
from app.points.errors import NoSuchRules, RulesSuperseded
from app.points.models import PointsAcknowledgement, PointsRule, PointsRuleSet
from app.points.rules import RuleKey
from app.points.service import RuleChange
from tests.factories.people import actor_of, make_staff
from tests.factories.points import LONG_AGO, MORNING, make_rules

SUMMARY = {"zh_Hans": "第二版", "zh_Hant": "第二版", "en": "Version 2"}


@pytest.fixture
def office(session: Session) -> Actor:
    return actor_of(make_staff(Role.HEAD_OFFICE))


def publish(
    office: Actor, *changes: RuleChange, valid_from: datetime | None = None, now: datetime = MORNING, **more: Any
) -> PointsRuleSet:
    return service.publish(changes, summary=more.get("summary", SUMMARY), valid_from=valid_from, actor=office, now=now)


def refused(office: Actor, *changes: RuleChange, **more: Any) -> list[str]:
    with pytest.raises(Invalid) as problem:
        publish(office, *changes, **more)
    return sorted(problem.value.errors or {})


def amounts(rules: PointsRuleSet) -> dict[str, int]:
    return {rule.key: rule.amount for rule in rules.rules}


def test_the_shipped_rules_are_version_1_with_all_rules(session: Session) -> None:
    rules = make_rules()
    assert (rules.version, rules.valid_from, rules.published_by) == (1, LONG_AGO, None)
    assert [rule.key for rule in rules.rules] == list(RuleKey)


def test_shipping_again_changes_nothing(session: Session) -> None:
    first = make_rules()
    assert service.ship_rules(MORNING).id == first.id
    assert db.session.scalar(select(func.count()).select_from(PointsRule)) == len(RuleKey)


def test_the_next_version_keeps_what_is_not_changed(office: Actor) -> None:
    before = make_rules()
    after = publish(office, RuleChange(key=RuleKey.HOME_VISIT, amount=25))
    assert after.version == 2
    assert amounts(after) == {**amounts(before), "home_visit": 25}
    assert [rule.four_questions for rule in after.rules] == [rule.four_questions for rule in before.rules]


def test_a_single_value_and_a_single_question_can_change(office: Actor) -> None:
    make_rules()
    words = {"zh_Hans": "新", "zh_Hant": "新", "en": "New"}
    change = RuleChange(key=RuleKey.DELIVERY, params={"grace_minutes": 20}, texts={"why": words})
    rule = next(rule for rule in publish(office, change).rules if rule.key == "delivery")
    assert rule.params == {"grace_minutes": 20, "late_percent": 50, "partly_percent": 50}
    assert rule.why == words


def test_a_version_is_valid_at_once_unless_a_later_moment_is_named(office: Actor) -> None:
    make_rules()
    assert publish(office).valid_from == MORNING
    later = MORNING + timedelta(days=7)
    assert publish(office, valid_from=later).valid_from == later


def test_work_is_judged_by_the_version_in_force_at_its_moment(office: Actor) -> None:
    make_rules()
    publish(office, valid_from=MORNING + timedelta(days=7))
    in_force = [queries.rules_in_force(MORNING + timedelta(days=day)) for day in (-1, 0, 6, 7)]
    assert [found.version for found in in_force if found] == [1, 1, 1, 2]


def test_rules_are_never_retroactive(office: Actor) -> None:
    make_rules()
    assert refused(office, valid_from=MORNING - timedelta(seconds=1)) == ["valid_from"]


def test_a_version_can_not_start_before_the_one_it_follows(office: Actor) -> None:
    make_rules()
    publish(office, valid_from=MORNING + timedelta(days=7))
    assert refused(office, valid_from=MORNING + timedelta(days=6)) == ["valid_from"]


def test_the_first_publication_of_an_empty_company_builds_on_the_shipped_rules(office: Actor) -> None:
    assert publish(office, RuleChange(key=RuleKey.PHOTO, amount=4)).version == 2


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (RuleChange(key=RuleKey.HONEST_FAILURE, amount=1), "rules.0.amount"),
        (RuleChange(key=RuleKey.HOME_VISIT, params={"late_percent": 500}), "rules.0.params.late_percent"),
        (RuleChange(key=RuleKey.HOME_VISIT, params={"bonus": 5}), "rules.0.params.bonus"),
        (RuleChange(key=RuleKey.HOME_VISIT, texts={"what": {"en": "only English"}}), "rules.0.what"),
        (RuleChange(key=RuleKey.HOME_VISIT, texts={"what": {**SUMMARY, "en": " "}}), "rules.0.what"),
    ],
)
def test_an_unusable_change_is_refused_by_its_path(office: Actor, change: RuleChange, path: str) -> None:
    make_rules()
    assert refused(office, change) == [path]


def test_a_rule_named_twice_is_refused(office: Actor) -> None:
    make_rules()
    assert refused(office, *[RuleChange(key=RuleKey.PHOTO, amount=4)] * 2) == ["rules.1.key"]


def test_a_summary_in_one_language_is_refused(office: Actor) -> None:
    make_rules()
    assert refused(office, summary={"en": "Version 2"}) == ["summary"]


def test_a_refused_publication_leaves_nothing(office: Actor) -> None:
    make_rules()
    refused(office, RuleChange(key=RuleKey.HONEST_FAILURE, amount=1))
    assert db.session.scalar(select(func.max(PointsRuleSet.version))) == 1


def test_publication_is_audited(office: Actor) -> None:
    make_rules()
    published = publish(office, RuleChange(key=RuleKey.PHOTO, amount=4))
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "points.rules.publish")).one()
    assert (entry.actor, entry.subject_id, entry.detail) == (
        str(office.id),
        str(published.id),
        {"version": 2, "changed": ["photo"]},
    )


def test_two_publications_at_the_same_time_get_different_versions(app: Flask, fresh_database: str) -> None:
    from threading import Thread

    with transaction():
        office = actor_of(make_staff(Role.HEAD_OFFICE))
        make_rules()

    def run() -> None:
        with app.app_context(), transaction():
            publish(office)

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(db.session.scalars(select(PointsRuleSet.version).order_by(PointsRuleSet.version))) == [1, 2, 3, 4]


def test_confirming_notes_the_moment(session: Session) -> None:
    person = actor_of(make_staff())
    assert service.acknowledge(make_rules().id, actor=person, now=MORNING) == MORNING


def test_the_first_confirmation_counts(session: Session) -> None:
    person, rules = actor_of(make_staff()), make_rules()
    service.acknowledge(rules.id, actor=person, now=MORNING)
    assert service.acknowledge(rules.id, actor=person, now=MORNING + timedelta(days=1)) == MORNING
    assert db.session.scalar(select(func.count()).select_from(PointsAcknowledgement)) == 1


def test_a_version_that_starts_later_can_be_confirmed_ahead(office: Actor) -> None:
    make_rules()
    coming = publish(office, valid_from=MORNING + timedelta(days=7))
    person = actor_of(make_staff())
    assert [each.version for each in queries.rules_to_acknowledge(person, now=MORNING)] == [1, 2]
    service.acknowledge(coming.id, actor=person, now=MORNING)
    assert [each.version for each in queries.rules_to_acknowledge(person, now=MORNING)] == [1]


def test_a_replaced_version_can_not_be_confirmed_any_more(office: Actor) -> None:
    old = make_rules()
    publish(office)
    with pytest.raises(RulesSuperseded):
        service.acknowledge(old.id, actor=actor_of(make_staff()), now=MORNING)


def test_an_unknown_version_can_not_be_confirmed(session: Session) -> None:
    with pytest.raises(NoSuchRules):
        service.acknowledge(999_999, actor=actor_of(make_staff()), now=MORNING)
