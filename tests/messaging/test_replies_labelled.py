"""How well customers' texts are read, by the labelled sets; the tables are printed with `-rP` or by hand:
`python -m tests.messaging.replies`."""

from __future__ import annotations

from collections import Counter

import pytest

from app.messaging.intents import IntentKind
from tests.messaging.replies import Result, labels, measure

LEAST_RIGHT = 0.97
LEAST_PRECISION = 0.95


@pytest.fixture(scope="module")
def labelled() -> Result:
    result = measure(labels("labelled"))
    print(f"\n{result.table()}")
    return result


@pytest.fixture(scope="module")
def held_out() -> Result:
    """Counts only: whoever changes the phrases does not read these texts."""
    result = measure(labels("held_out"))
    print(f"\n{result.table()}")
    return result


def test_nearly_every_labelled_text_is_read_right(labelled):
    assert labelled.share >= LEAST_RIGHT


@pytest.mark.parametrize("kind", ["opt_out", "complaint"])
def test_no_opt_out_and_no_complaint_is_missed(labelled, kind):
    assert labelled.recall(kind) == 1


@pytest.mark.parametrize("kind", ["opt_out", "complaint"])
def test_few_texts_are_taken_for_an_opt_out_or_a_complaint(labelled, kind):
    assert labelled.precision(kind) >= LEAST_PRECISION


def test_the_labelled_set_is_large_enough_to_say_something(labelled):
    found = Counter(row.intent for row in labels("labelled"))
    assert labelled.total >= 300
    kinds = set(IntentKind) - {IntentKind.REFUSE}
    assert {kind: found[kind] for kind in kinds if found[kind] < 30} == {}


def test_no_text_is_in_both_sets():
    seen = {row.text.strip().casefold() for row in labels("labelled")}
    assert sum(row.text.strip().casefold() in seen for row in labels("held_out")) == 0
