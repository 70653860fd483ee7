"""Facts are stored and read back by name: each is known, somebody decided who hears it, and its form only grows."""

import json

import msgspec
import pytest

from app.core import outbox
from app.subscriptions import SUBSCRIPTIONS
from tests.architecture import golden

FACTS = golden.all_facts()


def test_every_fact_stands_in_the_subscription_table() -> None:
    assert set(FACTS.values()) == set(SUBSCRIPTIONS)


def test_every_subscriber_is_a_function_that_takes_the_time() -> None:
    for fact, subscribers in SUBSCRIPTIONS.items():
        for name, handler in subscribers.items():
            code = getattr(handler, "__code__", None)
            assert code is not None, f"{fact.__name__} -> {name} is no plain function"
            assert "now" in code.co_varnames, f"{fact.__name__} -> {name} does not take now="


def test_every_fact_has_a_golden_form() -> None:
    assert set(golden.read()) == set(FACTS), "`python -m tests.architecture.golden` adds new ones; none ever goes"


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_stored_as_ever(name: str) -> None:
    then = golden.read()[name]
    now = golden.stored(FACTS[name])
    assert {key: now.get(key) for key in then} == then, "fields are only added, never renamed or retyped"


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_stored_long_ago_can_still_be_read(name: str) -> None:
    then = golden.read()[name]
    fact = msgspec.convert(then, FACTS[name])
    assert {key: value for key, value in json.loads(outbox.encode(fact)).items() if key in then} == then
