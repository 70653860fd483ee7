"""What a finished task earns, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.i18n import LOCALES
from app.points import content
from app.points.rules import (
    PARAM_LIMITS,
    ZERO_RULES,
    Award,
    ContactRefusal,
    Ending,
    Outcome,
    Rule,
    RuleKey,
    RuleSet,
    SeenItem,
    complete_hearts,
    judge,
    judge_rating,
    minutes_late,
    mistakes_in,
    not_counted,
)

NOON = datetime(2027, 3, 10, 4, 0, tzinfo=UTC)
RULES = RuleSet(
    id=1, version=1, rules={each.key: Rule(amount=each.amount, params=each.params) for each in content.VERSION_1}
)


def outcome(**changes: Any) -> Outcome:
    values: dict[str, Any] = {
        "task_type": "home_visit",
        "ending": Ending.COMPLETED,
        "window_end": NOON,
        "there_at": NOON - timedelta(minutes=30),
    }
    return Outcome(**{**values, **changes})


def item(heart: str, kind: str = "tick", *, required: bool = True, answered: bool = True, key: str = "") -> SeenItem:
    return SeenItem(key=key or f"{heart}_{kind}", heart=heart, kind=kind, required=required, answered=answered)


def earned(done: Outcome) -> dict[str, int]:
    return {award.rule_key.value: award.amount for award in judge(RULES, done)}


def line(done: Outcome, key: RuleKey) -> Award:
    return next(award for award in judge(RULES, done) if award.rule_key is key)


@pytest.mark.parametrize(("task_type", "amount"), [("home_visit", 20), ("delivery", 15), ("callback", 8)])
def test_each_kind_of_task_on_time_earns_its_full_amount(task_type: str, amount: int) -> None:
    assert earned(outcome(task_type=task_type)) == {task_type: amount}


def test_a_late_visit_earns_half_points() -> None:
    assert earned(outcome(there_at=NOON + timedelta(minutes=25))) == {"home_visit": 10}


def test_a_late_visit_says_how_late_and_how_it_was_counted() -> None:
    award = line(outcome(there_at=NOON + timedelta(minutes=25)), RuleKey.HOME_VISIT)
    assert award.message % award.params == "Home visit done, 25 min late: 20 × 50% = 10 points"


def test_ten_minutes_late_is_still_on_time() -> None:
    assert earned(outcome(there_at=NOON + timedelta(minutes=10))) == {"home_visit": 20}


def test_one_second_over_the_grace_is_late() -> None:
    assert earned(outcome(there_at=NOON + timedelta(minutes=10, seconds=1))) == {"home_visit": 10}


def test_being_early_is_on_time() -> None:
    assert earned(outcome(there_at=NOON - timedelta(hours=5))) == {"home_visit": 20}


def test_partly_done_earns_half() -> None:
    assert earned(outcome(ending=Ending.PARTLY)) == {"home_visit": 10}


def test_partly_done_and_late_earns_half_of_the_half_and_says_so() -> None:
    award = line(outcome(ending=Ending.PARTLY, there_at=NOON + timedelta(hours=1)), RuleKey.HOME_VISIT)
    assert award.amount == 5
    assert award.message % award.params == "Home visit partly done, 60 min late: 20 × 50% × 50% = 5 points"


def test_partly_done_earns_neither_hearts_nor_photo() -> None:
    done = outcome(ending=Ending.PARTLY, photos=2, items=[item("care", "photo")])
    assert earned(done) == {"home_visit": 10}


def test_an_honest_failure_earns_nothing_and_loses_nothing() -> None:
    assert earned(outcome(ending=Ending.FAILED, photos=3)) == {"honest_failure": 0}


@pytest.mark.parametrize("refusal", list(ContactRefusal))
def test_a_contact_that_should_not_have_been_made_earns_nothing(refusal: ContactRefusal) -> None:
    done = outcome(contact_refusal=refusal, photos=1, rating=5, items=[item("care", "photo")])
    assert earned(done) == {"contact_limits": 0}
    assert done.earns_nothing


def test_selling_a_restricted_product_earns_nothing() -> None:
    assert earned(outcome(sells_restricted=True, photos=1)) == {"restricted": 0}


def test_each_complete_heart_with_evidence_earns_two() -> None:
    done = outcome(items=[item("care", "photo"), item("sincerity", "text"), item("detail", "number")])
    assert earned(done)["hearts"] == 6


def test_hearts_say_how_they_were_counted() -> None:
    award = line(outcome(items=[item("care", "photo"), item("detail", "text")]), RuleKey.HEARTS)
    assert award.message % award.params == "2 hearts complete, with evidence: 2 × 2 = 4 points"
    assert award.evidence == {"hearts": ["care", "detail"], "only_ticked": []}


def test_ticked_boxes_without_evidence_earn_nothing() -> None:
    award = line(outcome(items=[item("care"), item("detail", "choice")]), RuleKey.HEARTS)
    assert award.amount == 0
    assert award.message % award.params == "2 hearts only ticked, nothing to see: 0 points"


def test_a_photo_of_the_task_is_evidence_for_every_heart() -> None:
    done = outcome(photos=1, items=[item("care"), item("detail", "pass_fail")])
    assert earned(done)["hearts"] == 4


@pytest.mark.parametrize("proof", [{"has_door_code": True}, {"has_signature": True}])
def test_the_customers_code_or_signature_is_evidence_too(proof: dict[str, bool]) -> None:
    assert earned(outcome(items=[item("care")], **proof))["hearts"] == 2


def test_a_heart_with_a_missing_required_item_does_not_count() -> None:
    items = [item("care", "photo"), item("care", "tick", answered=False), item("detail", "text")]
    assert complete_hearts(items, has_proof=True) == (["detail"], [])


def test_an_unanswered_optional_item_does_not_spoil_a_heart() -> None:
    items = [item("care", "text"), item("care", "photo", required=False, answered=False)]
    assert complete_hearts(items, has_proof=False) == (["care"], [])


def test_a_heart_without_any_answer_does_not_count() -> None:
    assert complete_hearts([item("care", "text", required=False, answered=False)], has_proof=True) == ([], [])


def test_a_checklist_without_answers_brings_no_line_for_hearts() -> None:
    assert "hearts" not in earned(outcome(items=[item("care", answered=False, required=False)]))


def test_a_photo_earns_three() -> None:
    assert earned(outcome(photos=4)) == {"home_visit": 20, "photo": 3}


@pytest.mark.parametrize("proof", [{"photos": 1}, {"has_door_code": True}, {"rating": 3}])
def test_proof_makes_every_line_of_the_task_vest_at_once(proof: dict[str, Any]) -> None:
    assert all(award.vests_now for award in judge(RULES, outcome(items=[item("care", "text")], **proof)))


def test_without_proof_the_points_wait_for_the_inspection() -> None:
    done = outcome(items=[item("care", "text")], has_signature=True)
    assert not any(award.vests_now for award in judge(RULES, done))


@pytest.mark.parametrize(("rating", "amount"), [(5, 10), (4, 5), (3, 0), (2, 0), (1, 0)])
def test_the_customers_answer_earns_by_its_number_and_never_costs(rating: int, amount: int) -> None:
    award = judge_rating(RULES, rating)
    assert award.amount == amount
    assert award.vests_now
    assert award.message % award.params == f"The customer answered {rating} of 5: {amount} points"


def test_unread_rules_are_named_in_the_line() -> None:
    award = not_counted(2)
    assert (award.amount, award.message % award.params) == (0, "Not counted: rules v2 unread")


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(-60, 0), (0, 0), (600, 0), (601, 11), (660, 11), (661, 12), (7200, 120)]
)
def test_minutes_late_are_counted_from_the_window_and_rounded_up(seconds: int, minutes: int) -> None:
    assert minutes_late(NOON + timedelta(seconds=seconds), NOON, grace_minutes=10) == minutes


@given(
    task_type=st.sampled_from(["home_visit", "delivery", "callback"]),
    ending=st.sampled_from(list(Ending)),
    late=st.integers(-600, 600),
    photos=st.integers(0, 3),
    hearts=st.lists(
        st.tuples(
            st.sampled_from(["care", "sincerity", "thoughtfulness", "detail", "conscience"]),
            st.sampled_from(["tick", "photo", "text", "choice", "number"]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=12,
    ),
    refusal=st.none() | st.sampled_from(list(ContactRefusal)),
)
def test_every_ending_gets_lines_with_a_reason_and_each_rule_once(
    task_type: str, ending: Ending, late: int, photos: int, hearts: list[Any], refusal: ContactRefusal | None
) -> None:
    done = outcome(
        task_type=task_type,
        ending=ending,
        there_at=NOON + timedelta(minutes=late),
        photos=photos,
        contact_refusal=refusal,
        items=[item(h, k, required=r, answered=a, key=str(n)) for n, (h, k, r, a) in enumerate(hearts)],
    )
    awards = judge(RULES, done)
    assert awards
    assert len({award.rule_key for award in awards}) == len(awards)
    for award in awards:
        assert award.amount >= 0
        assert "%(" not in award.message % award.params
        assert str(award.amount) in award.message % award.params


@given(late=st.integers(11, 600))
def test_being_late_never_earns_more_than_being_on_time(late: int) -> None:
    on_time = sum(earned(outcome()).values())
    assert sum(earned(outcome(there_at=NOON + timedelta(minutes=late))).values()) < on_time


def test_version_1_holds_every_rule_once_in_three_languages() -> None:
    assert [each.key for each in content.VERSION_1] == list(RuleKey)
    for each in content.VERSION_1:
        for words in (each.what, each.why, each.reward, each.penalty):
            assert set(words) == set(LOCALES)
            assert all(words.values())


def test_version_1_would_be_accepted_for_publication() -> None:
    assert all(not mistakes_in(each.key, each.amount, each.params) for each in content.VERSION_1)


@pytest.mark.parametrize("each", content.VERSION_1, ids=lambda each: each.key)
def test_the_text_names_the_amount_that_the_rule_pays(each: content.RuleText) -> None:
    assert all(str(each.amount) in words for words in each.reward.values()) or each.key is RuleKey.ACKNOWLEDGEMENT


@pytest.mark.parametrize("key", ZERO_RULES)
def test_a_rule_that_explains_nothing_can_not_pay(key: RuleKey) -> None:
    assert "amount" in mistakes_in(key, 5, {})


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({"late_percent": 50, "partly_percent": 50}, "params.grace_minutes"),
        ({"late_percent": 101, "partly_percent": 50, "grace_minutes": 0}, "params.late_percent"),
        ({"late_percent": True, "partly_percent": 50, "grace_minutes": 0}, "params.late_percent"),
        ({"late_percent": 50, "partly_percent": -1, "grace_minutes": 0}, "params.partly_percent"),
        ({"late_percent": 50, "partly_percent": 50, "grace_minutes": 0, "bonus": 3}, "params.bonus"),
    ],
)
def test_a_rule_with_unusable_values_is_refused_by_name(params: dict[str, Any], wrong: str) -> None:
    assert list(mistakes_in(RuleKey.DELIVERY, 15, params)) == [wrong]


@pytest.mark.parametrize("amount", [-1, 1001])
def test_an_amount_out_of_bounds_is_refused(amount: int) -> None:
    assert "amount" in mistakes_in(RuleKey.PHOTO, amount, {})


@pytest.mark.parametrize("key", list(PARAM_LIMITS))
def test_the_smallest_and_greatest_values_are_accepted(key: RuleKey) -> None:
    limits = PARAM_LIMITS[key]
    assert not mistakes_in(key, 1, dict.fromkeys(limits, 0))
    assert not mistakes_in(key, 1, dict(limits))


def test_shares_of_another_version_are_taken_from_its_values() -> None:
    params = {"late_percent": 30, "partly_percent": 50, "grace_minutes": 0}
    rules = replace(RULES, version=2, rules={**RULES.rules, RuleKey.DELIVERY: Rule(amount=15, params=params)})
    award = judge(rules, outcome(task_type="delivery", there_at=NOON + timedelta(minutes=1)))[0]
    assert award.amount == 4
    assert award.message % award.params == "Delivery done, 1 min late: 15 × 30% = 4 points"
