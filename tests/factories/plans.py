"""Care plans for tests from settings as they are stored, for who edits and explains them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from app.careplans.models import CarePlan, CarePlanVersion
from app.careplans.plan_settings import parse, settings_json
from app.core.db import db

LONG_AGO = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
TIMINGS: dict[str, dict[str, Any]] = {
    "cadence": {"months": {"core": 1, "important": 2, "ordinary": 3}},
    "festival": {"festival": "easter"},
    "milestone": {"age_months": [1, 6, 12]},
}

_numbers = count(1)


def plan_settings(kind: str = "cadence", **parts: Any) -> dict[str, Any]:
    """Settings as they are stored; `parts` replace whole parts, `conditions` those of the segment."""
    conditions = parts.pop("conditions", [])
    action = {"by": "callback", **parts.pop("action", {})}
    data = {"segment": {"conditions": conditions}, "timing": TIMINGS.get(kind, {}), "action": action, **parts}
    return settings_json(parse(kind, data))


def make_plan(kind: str = "cadence", *, settings: dict[str, Any] | None = None, **changes: Any) -> CarePlan:
    """A plan that is on, with version 1; without `settings`, those of `plan_settings(kind)`."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "key": f"plan-{number}",
        "kind": kind,
        "name": {"zh_Hans": f"计划{number}", "zh_Hant": f"計劃{number}", "en": f"Plan {number}"},
        "is_on": True,
        "created_at": LONG_AGO,
    }
    plan = CarePlan(**{**values, **changes})
    db.session.add(plan)
    db.session.flush()
    version = CarePlanVersion(
        plan_id=plan.id, number=1, settings=settings or plan_settings(kind), published_at=LONG_AGO, note=""
    )
    db.session.add(version)
    db.session.flush()
    plan.current_version_id = version.id
    db.session.flush()
    return plan
