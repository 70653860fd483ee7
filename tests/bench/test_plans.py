"""The benches of the care plans on a small company: they find work, both sides do the same, and they report on it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import plans
from bench.care_world import company_of
from bench.compare import Plan
from bench.run import Bench
from bench.site import Site
from bench.world import Size

PEOPLE = 600


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "bench")
        try:
            site.open()
            yield Bench(site, Plan(1, 40, (1,)), Size(100, 50), Size(100, 50), people=PEOPLE)
        finally:
            site.close()


def test_the_night_of_many_customers_is_compared_with_raw_sql(bench: Bench) -> None:
    said: list[str] = []
    plans.p6(bench, said.append)
    rows = [row for row in bench.rows if row.key == "P6"]
    assert len(rows) == 6
    # Of passes as short as these the kernel's accounting may see nothing; what is held is that both sides did the same.
    assert {row.unit for row in rows} >= {"CPU-us"}
    ours = [line.split("ours")[1].split()[0] for line in said if "night 1/1 ours" in line]
    raw = [line.split("raw")[1].split()[0] for line in said if "night 1/1 raw" in line]
    assert ours == raw
    assert any("again: 0 rows" in line for line in said)


def test_tasks_made_in_bulk_are_compared_with_raw_sql(bench: Bench) -> None:
    plans.p3(bench, lambda _line: None)
    (row,) = [row for row in bench.rows if row.key == "P3"]
    assert f"{PEOPLE} tasks" in row.title
    assert row.ratio > 0


def test_the_morning_is_measured_while_the_night_runs(bench: Bench) -> None:
    plans.p15(bench, lambda _line: None)
    (row,) = [row for row in bench.rows if row.key == "P15"]
    assert row.ours > 0
    assert row.limit > 0


def test_a_company_of_many_customers_has_stores_for_them() -> None:
    assert company_of(1_000_000).stores == 200
    assert company_of(1_000_000).customers == 1_000_000
