"""The engine's jobs: each night, and when somebody asks for a run or one was killed."""

from __future__ import annotations

from datetime import datetime

from app.careplans import engine

ASKED_RUNS = "care_runs_asked"


def plan_the_day(*, now: datetime) -> None:
    engine.run(now=now)


def run_what_was_asked(*, now: datetime) -> None:
    engine.run_asked(now=now)
