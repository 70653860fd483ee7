"""How well customers' texts are read, by the labelled sets; the tables are printed with `-rP` or by hand:
`python -m tests.messaging.replies`."""

from __future__ import annotations

from collections import Counter

import pytest

from app.messaging.intents import IntentKind
from tests.messaging.replies import TUNED, Result, labels, measure

LEAST_RIGHT = 0.97
LEAST_PRECISION = 0.95


@pytest.fixture(scope="module", params=TUNED)
def tuned(request: pytest.FixtureRequest) -> Result:
    result = measure(labels(request.param))
    print(f"\n{request.param}\n{result.table()}")
    return result


@pytest.fixture(scope="module")
def held_out() -> Result:
    """Counts only: whoever changes the phrases does not read these texts."""
    result = measure(labels("held_out"))
    print(f"\n{result.table()}")
    return result


def test_nearly_every_labelled_text_is_read_right(tuned):
    assert tuned.share >= LEAST_RIGHT


@pytest.mark.parametrize("kind", ["opt_out", "complaint"])
def test_no_opt_out_and_no_complaint_is_missed(tuned, kind):
    assert tuned.recall(kind) == 1


@pytest.mark.parametrize("kind", ["opt_out", "complaint"])
def test_few_texts_are_taken_for_an_opt_out_or_a_complaint(tuned, kind):
    assert tuned.precision(kind) >= LEAST_PRECISION


def test_texts_that_nobody_tuned_for_are_read_right_nine_times_in_ten(held_out):
    assert held_out.share >= 0.94


def test_opt_outs_are_found_among_texts_that_nobody_tuned_for(held_out):
    assert held_out.recall("opt_out") >= 0.99
    assert held_out.precision("opt_out") >= 0.96


def test_complaints_are_found_among_texts_that_nobody_tuned_for(held_out):
    """What is missed reaches a person all the same, as free text without a case of its own."""
    assert held_out.recall("complaint") >= 0.92
    assert held_out.precision("complaint") >= 0.92


def test_what_was_read_right_once_stays_so():
    assert measure(labels("tried")).share >= 0.99


def test_the_labelled_set_is_large_enough_to_say_something():
    rows = labels("labelled")
    found = Counter(row.intent for row in rows)
    assert len(rows) >= 300
    kinds = set(IntentKind) - {IntentKind.REFUSE}
    assert {kind: found[kind] for kind in kinds if found[kind] < 30} == {}


@pytest.mark.parametrize("name", [*TUNED, "tried"])
def test_no_held_out_text_is_in_another_set(name):
    seen = {row.text.strip().casefold() for row in labels(name)}
    assert sum(row.text.strip().casefold() in seen for row in labels("held_out")) == 0
