"""A small company lives through the spring: real services, every guard-rail looked at each night."""

from __future__ import annotations

from datetime import date

import pytest

from tests.year.report import Report
from tests.year.year import live

# Easter, the milk that runs out, birthdays and promotions lie in it; long enough for the monthly floor to be looked at.
FIRST, DAYS, CUSTOMERS = date(2027, 3, 1), 47, 52


@pytest.fixture
def report(fresh_database: str) -> Report:
    return live(customers=CUSTOMERS, days=DAYS, seed=3, start=FIRST, stir=8, say=lambda _line: None)


def test_a_small_company_keeps_every_promise_for_two_months(report: Report) -> None:
    assert report.is_kept, "\n".join(report.lines())
    for what in ("callback done", "purchases", "answers", "opt-outs", "complaints", "promotions"):
        assert report.did[what] > 0, f"nothing happened: {what}"
    assert report.promises.core_seen > 0
    assert report.promises.runs_out > 0
