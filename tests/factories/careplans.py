"""Care plans for tests: one plan of a kind with its settings, switched on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from app.careplans.models import CarePlan, CarePlanVersion, Occurrence
from app.core.db import db
from app.customers.models import Customer

LONG_AGO = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)

WORDS = {"zh_Hans": "您好", "zh_Hant": "您好", "en": "Hello"}
NAME = {"zh_Hans": "计划", "zh_Hant": "計劃", "en": "Plan"}

TIMINGS: Mapping[str, Mapping[str, Any]] = {
    "cadence": {"months": {"core": 1, "important": 2, "ordinary": 3}, "grace_percent": 20},
    "after_purchase": {"days": 3},
    "replenishment": {"days_before": 3, "days_before_with_delivery": 5, "until_age_months": 36},
    "birthday": {"days_before": 0},
    "festival": {"festival": "mid_autumn"},
    "milestone": {"age_months": [1, 4, 6, 12, 24]},
    "win_back": {"cycles": 1.5, "fallback_days": 120},
    "recovery": {"days_after_closing": 7},
    "promotion": {},
}
BY = {"festival": "sms", "replenishment": "sms", "promotion": "sms"}

_numbers = count(1)


def make_plan(
    kind: str,
    *,
    timing: Mapping[str, Any] | None = None,
    by: str | None = None,
    conditions: list[dict[str, Any]] | None = None,
    season: Mapping[str, Any] | None = None,
    is_on: bool = True,
    made_days_before: int = 3,
    **changes: Any,
) -> CarePlan:
    way = by or BY.get(kind, "callback")
    settings = {
        "segment": {"conditions": conditions or []},
        "timing": dict(timing or TIMINGS[kind]),
        "action": {
            "by": way,
            "minutes": 0 if way == "sms" else 10,
            "hours": ["10:00", "19:00"],
            "words": WORDS if way == "sms" else None,
            "made_days_before": made_days_before,
        },
        "season": season,
    }
    plan = CarePlan(
        **{
            "key": f"{kind}-{next(_numbers)}",
            "kind": kind,
            "name": NAME,
            "is_on": is_on,
            "created_at": LONG_AGO,
            **changes,
        }
    )
    db.session.add(plan)
    db.session.flush()
    version = CarePlanVersion(plan_id=plan.id, number=1, settings=settings, published_at=LONG_AGO)
    db.session.add(version)
    db.session.flush()
    plan.current_version_id = version.id
    db.session.flush()
    return plan


def make_occurrence(plan: CarePlan, customer: Customer, *, due_day: date, **changes: Any) -> Occurrence:
    values: dict[str, Any] = {
        "plan_id": plan.id,
        "plan_version_id": plan.current_version_id,
        "customer_id": customer.id,
        "household_id": customer.household_id,
        "store_id": customer.store_id,
        "key": f"test{next(_numbers)}",
        "kind": plan.kind,
        "due_day": due_day,
        "created_at": LONG_AGO,
    }
    values |= changes
    if values.get("state") in ("made", "done") and values.get("lead_id") is None:
        tries = f"~{values['tries']}" if values.get("tries") else ""
        values.setdefault("origin_key", f"careplan:{plan.id}:cust:{customer.id}:{values['key']}{tries}")
    occurrence = Occurrence(**values)
    db.session.add(occurrence)
    db.session.flush()
    return occurrence
