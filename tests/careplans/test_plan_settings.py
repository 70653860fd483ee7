"""The settings of plans: read back as stored, and every fault named where it stands."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

import pytest

from app.careplans.plan_settings import (
    TASK_REASON,
    WAYS,
    Action,
    By,
    CadenceTiming,
    PlanKind,
    Season,
    parse,
    settings_json,
)
from app.careplans.shipped import SHIPPED
from app.core.errors import Invalid

WORDS = {"zh_Hans": "新年好", "zh_Hant": "新年好", "en": "Happy New Year"}
CADENCE = {
    "segment": {"conditions": [{"field": "tier", "op": "in", "value": ["core"]}]},
    "timing": {"months": {"core": 1, "important": 2, "ordinary": 3}, "grace_percent": 20},
    "action": {"by": "callback", "minutes": 10, "hours": ["10:00", "19:00"], "words": None, "made_days_before": 3},
    "season": {"from": "2027-01-01", "until": None},
}


def faults(data, kind=PlanKind.CADENCE):
    with pytest.raises(Invalid) as refused:
        parse(kind, data)
    return refused.value.errors


def changed(**parts):
    data = deepcopy(CADENCE)
    for name, part in parts.items():
        data[name] = {**(data[name] or {}), **part} if isinstance(part, dict) else part
    return data


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.key)
def test_a_shipped_plan_is_read_back_as_it_was_stored(shipped):
    assert parse(shipped.settings.kind, settings_json(shipped.settings)) == shipped.settings


def test_all_parts_are_read():
    settings = parse("cadence", CADENCE)
    assert settings.timing == CadenceTiming({"core": 1, "important": 2, "ordinary": 3}, 20)
    assert settings.action == Action(By.CALLBACK, 10, ("10:00", "19:00"), None, 3)
    assert settings.season == Season(date(2027, 1, 1), None)
    assert settings_json(settings) == CADENCE


def test_what_is_left_out_has_its_usual_value():
    settings = parse("after_purchase", {"action": {"by": "home_visit"}})
    assert (settings.timing.days, settings.action.minutes, settings.action.hours) == (3, 45, ("10:00", "19:00"))
    assert (settings.segment.conditions, settings.season) == ((), None)


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"timing": {"months": {}}}, ("timing", "months")),
        ({"timing": {"months": {"gold": 1}}}, ("timing", "months", "gold")),
        ({"timing": {"months": {"core": 0}}}, ("timing", "months", "core")),
        ({"timing": {"grace_percent": 101}}, ("timing", "grace_percent")),
        ({"timing": {"days": 3}}, ("timing", "days")),
        ({"action": {"by": "sms"}}, ("action", "by")),
        ({"action": {"by": "pigeon"}}, ("action", "by")),
        ({"action": {"by": ["callback"]}}, ("action", "by")),
        ({"action": {"minutes": 1}}, ("action", "minutes")),
        ({"action": {"minutes": "10"}}, ("action", "minutes")),
        ({"action": {"hours": ["19:00", "10:00"]}}, ("action", "hours")),
        ({"action": {"hours": ["07:00", "10:00"]}}, ("action", "hours")),
        ({"action": {"hours": ["10:00"]}}, ("action", "hours")),
        ({"action": {"made_days_before": 15}}, ("action", "made_days_before")),
        ({"action": {"words": {"en": "Hello"}}}, ("action", "words", "zh_Hans")),
        ({"action": {"words": {**WORDS, "en": "See www.example.com"}}}, ("action", "words", "en")),
        ({"action": {"words": {**WORDS, "zh_Hans": "退订请回T"}}}, ("action", "words", "zh_Hans")),
        ({"action": {"words": {**WORDS, "en": "Hi {name}"}}}, ("action", "words", "en")),
        ({"season": {"from": "2027-02-30"}}, ("season", "from")),
        ({"season": {"from": "2027-02-01", "until": "2027-01-01"}}, ("season", "until")),
        ({"segment": {"conditions": [{"field": "tier", "op": "in", "value": ["x"]}]}}, ("segment", "conditions", "0")),
        ({"timing": [1]}, ("timing", "_schema")),
        ({"colour": "red"}, ("colour",)),
    ],
)
def test_a_fault_is_named_where_it_stands(parts, path):
    data = {**CADENCE, **parts} if set(parts) - set(CADENCE) else changed(**parts)
    found = faults(data)
    for name in path:
        found = found[name]
    assert found


def test_all_faults_are_told_at_once():
    found = faults(changed(timing={"grace_percent": -1}, action={"minutes": 0}, season={"from": "soon"}))
    assert set(found) == {"timing", "action", "season"}


def test_a_text_needs_its_words_unless_it_is_about_what_runs_out():
    assert "words" in faults({"timing": {"festival": "easter"}, "action": {"by": "sms"}}, PlanKind.FESTIVAL)["action"]
    assert parse("replenishment", {"action": {"by": "sms"}}).action.words is None


def test_tips_belong_to_an_age_of_the_plan():
    data = {"timing": {"age_months": [1, 4], "tips": {"6": WORDS}}, "action": {"by": "callback"}}
    assert set(faults(data, PlanKind.MILESTONE)["timing"]["tips"]) == {"6"}
    data["timing"]["tips"] = {"4": WORDS}
    assert parse("milestone", data).timing.tips == {4: WORDS}


def test_a_festival_must_be_a_known_one():
    assert (
        "festival"
        in faults({"timing": {"festival": "halloween"}, "action": {"by": "callback"}}, PlanKind.FESTIVAL)["timing"]
    )


@pytest.mark.parametrize("kind", list(PlanKind))
def test_every_kind_has_ways_to_act_and_a_reason_for_its_task(kind):
    assert WAYS[kind]
    assert TASK_REASON[kind]
    assert kind.contact_kind.value == kind.value


@pytest.mark.parametrize(
    ("day", "holds"),
    [(date(2026, 12, 31), False), (date(2027, 1, 1), True), (date(2027, 1, 31), True), (date(2027, 2, 1), False)],
)
def test_both_ends_of_a_season_belong_to_it(day, holds):
    assert Season(date(2027, 1, 1), date(2027, 1, 31)).holds_on(day) is holds
