"""Conditions, answers and template content, without a database."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.core.errors import Invalid
from app.core.i18n import LOCALES
from app.tasks import checklists
from app.tasks.checklists import check_template, clean_answers, evaluate, failed_items, missing, parse
from app.tasks.content import SHIPPED
from app.tasks.kinds import Heart, ItemKind, TaskType
from tests.factories.tasks import ENOUGH_ANSWERS, SMALL_CHECKLIST, text3

ITEMS = parse(SMALL_CHECKLIST)


def state(answers: dict[str, Any], key: str) -> checklists.ItemState:
    return next(found for found in evaluate(ITEMS, answers) if found.item.key == key)


def test_a_hidden_item_is_never_required() -> None:
    hidden = state({"product_fits": "pass"}, "what_is_wrong")
    assert (hidden.visible, hidden.required) == (False, False)


def test_an_item_shows_and_is_required_once_its_condition_holds() -> None:
    shown = state({"product_fits": "fail"}, "what_is_wrong")
    assert (shown.visible, shown.required) == (True, True)


def test_an_unticked_box_does_not_answer_a_required_tick() -> None:
    assert [item.key for item in missing(ITEMS, {"greeted": False, "product_fits": "pass"})] == ["greeted"]


def test_nothing_is_missing_when_all_that_shows_is_answered() -> None:
    assert missing(ITEMS, ENOUGH_ANSWERS) == []


def test_a_failed_item_asks_for_its_follow_up() -> None:
    assert [item.key for item in failed_items(ITEMS, {"product_fits": "fail"})] == ["product_fits"]
    assert failed_items(ITEMS, {"product_fits": "pass"}) == []


def test_an_answer_to_a_hidden_item_does_not_make_others_show() -> None:
    chain = parse(
        [
            {"key": "a", "heart": "care", "kind": "tick", "label": text3("a")},
            {"key": "b", "heart": "care", "kind": "tick", "label": text3("b"), "visible_if": {"item": "a", "is": True}},
            {"key": "c", "heart": "care", "kind": "tick", "label": text3("c"), "visible_if": {"item": "b", "is": True}},
        ]
    )
    assert [found.visible for found in evaluate(chain, {"a": False, "b": True})] == [True, False, False]


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ({"is": 3}, 3, True),
        ({"is": 3}, 4, False),
        ({"in": [1, 2]}, 2, True),
        ({"in": [1, 2]}, 3, False),
        ({"above": 5}, 6, True),
        ({"above": 5}, 5, False),
        ({"below": 5}, 4, True),
        ({"above": 1, "below": 5}, 7, False),
        ({"answered": True}, 0, True),
        ({"answered": False}, None, True),
        ({"answered": True}, None, False),
    ],
)
def test_conditions_compare_as_they_say(condition: dict[str, Any], value: Any, holds: bool) -> None:
    pair = parse(
        [
            {"key": "n", "heart": "care", "kind": "number", "label": text3("n")},
            {
                "key": "x",
                "heart": "care",
                "kind": "tick",
                "label": text3("x"),
                "visible_if": {"item": "n", **condition},
            },
        ]
    )
    assert evaluate(pair, {"n": value})[1].visible is holds


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("greeted", "yes"),
        ("greeted", 1),
        ("product_fits", "maybe"),
        ("product_fits", True),
        ("stock_left", "3"),
        ("stock_left", -1),
        ("stock_left", 21),
        ("stock_left", True),
        ("stock_left", float("nan")),
        ("stock_left", float("inf")),
        ("mood", "angry"),
        ("mood", ["glad"]),
        ("note", 5),
        ("note", "x" * 4001),
        ("note", "\x00"),
        ("shelf", "not a list"),
        ("shelf", ["not a uuid"]),
        ("shelf", [1]),
        ("signed", 7),
        ("door", "12 34"),
        ("door", 1234),
        ("unknown_item", True),
    ],
)
def test_an_answer_of_the_wrong_kind_is_named_with_its_path(key: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        clean_answers(ITEMS, {key: value})
    assert list(refused.value.errors or {}) == [f"answers.{key}"]


def test_all_wrong_answers_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        clean_answers(ITEMS, {"greeted": 1, "mood": "angry", "note": "fine"})
    assert set(refused.value.errors or {}) == {"answers.greeted", "answers.mood"}


def test_good_answers_come_out_in_stored_form() -> None:
    picture = uuid4()
    answers = {
        "greeted": True,
        "product_fits": "fail",
        "what_is_wrong": "  too small ",
        "stock_left": 2.5,
        "mood": "glad",
        "shelf": [str(picture).upper()],
        "signed": str(picture),
        "door": " 0420 ",
        "note": None,
    }
    assert clean_answers(ITEMS, answers) == {
        **answers,
        "what_is_wrong": "too small",
        "shelf": [str(picture)],
        "door": "0420",
    }


TICK = {"key": "done", "heart": "care", "kind": "tick", "label": text3("Done")}


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({**TICK, "key": "done"}, "items.1.key"),
        ({**TICK, "key": "b", "heart": "lungs"}, "items.1.heart"),
        ({**TICK, "key": "b", "kind": "slider"}, "items.1.kind"),
        ({**TICK, "key": "b", "label": {"en": "only English"}}, "items.1.label"),
        ({**TICK, "key": "b", "kind": "choice", "choices": [{"key": "one", "label": text3("1")}]}, "items.1.choices"),
        ({**TICK, "key": "b", "kind": "number", "min": 5, "max": 1}, "items.1.max"),
        ({**TICK, "key": "b", "visible_if": {"item": "later", "is": True}}, "items.1.visible_if"),
        ({**TICK, "key": "b", "required_if": {"item": "done"}}, "items.1.required_if"),
        ({**TICK, "key": "b", "follow_up": {"type": "callback", "reason": "care", "days": 1}}, "items.1.follow_up"),
        (
            {**TICK, "key": "b", "kind": "pass_fail", "follow_up": {"type": "fax", "reason": "care", "days": 1}},
            "items.1.follow_up",
        ),
    ],
)
def test_faulty_template_content_is_named_with_its_place(item: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_template([TICK, item])
    assert path in (refused.value.errors or {})


def test_a_template_needs_at_least_one_tick() -> None:
    with pytest.raises(Invalid):
        check_template([{**TICK, "kind": "text"}])


def test_each_type_of_task_comes_with_three_reasons_and_calls_with_a_fourth() -> None:
    assert len(SHIPPED) == 10
    for task_type in TaskType:
        expected = 4 if task_type is TaskType.CALLBACK else 3
        assert len({shipped.reason for shipped in SHIPPED if shipped.task_type == task_type}) == expected


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.key)
class TestShippedContent:
    def test_it_can_be_shown_and_answered(self, shipped: Any) -> None:
        check_template(shipped.items)

    def test_it_fills_all_five_hearts(self, shipped: Any) -> None:
        assert {item["heart"] for item in shipped.items} == set(Heart)

    def test_it_asks_in_every_kind_that_a_visit_needs(self, shipped: Any) -> None:
        kinds = {item["kind"] for item in shipped.items}
        wanted = {
            ItemKind.TICK,
            ItemKind.PASS_FAIL,
            ItemKind.NUMBER,
            ItemKind.CHOICE,
            ItemKind.TEXT,
            ItemKind.PHOTO,
        }
        assert wanted <= kinds
        assert any(item.get("follow_up") for item in shipped.items)

    def test_the_three_languages_differ_and_use_their_own_punctuation(self, shipped: Any) -> None:
        for item in shipped.items:
            label = item["label"]
            assert set(label) == set(LOCALES)
            assert label["en"].isascii() or "’" in label["en"]
            assert not {",", "(", ")"} & set(label["zh_Hans"] + label["zh_Hant"]), label

    def test_no_gift_goes_with_restricted_goods(self, shipped: Any) -> None:
        gifts = [item for item in shipped.items if item["key"] == "gift"]
        assert all("restricted" in item["help"]["en"] for item in gifts)
