"""Generated requests, as each role, with ids that exist part of the time: the API keeps to its own description."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import ROLES, DemoApi

SLICES = (
    "people", "me", "customers", "members", "customer_files",
    "purchases", "stock", "intakes", "tasks", "complaints", "messaging", "conversations", "sms_countries",
    "points", "reports", "tiers", "lapsed", "revenue", "care_plans", "care_runs",
    "duplicates", "hand_overs", "exports", "promotions", "imports", "proofs",
)  # fmt: skip
EXAMPLES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 3}
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDS_THE_OWN_KEY = {"DELETE /api/v1/sessions", "POST /api/v1/sessions/end-all"}
"""Asked with a key that opens nothing: the one in use is needed for all the other requests."""


@dataclass
class Imagination:
    """Requests made up once for each operation and asked as each role: making them up is most of the work."""

    ids: dict[str, list[Any]]
    made_up: dict[tuple[str, GenerationMode], list[schemathesis.Case]] = field(default_factory=dict)

    def requests(self, operation: schemathesis.APIOperation, mode: GenerationMode) -> list[schemathesis.Case]:
        key = (operation.label, mode)
        if key not in self.made_up:
            self.made_up[key] = self._make_up(operation, mode)
        return self.made_up[key]

    def _make_up(self, operation: schemathesis.APIOperation, mode: GenerationMode) -> list[schemathesis.Case]:
        made: list[schemathesis.Case] = []
        try:
            strategy = operation.as_strategy(generation_mode=mode)
            strategy.validate()
        except Exception:
            if mode is GenerationMode.NEGATIVE:
                return []  # nothing can be wrong with a request that takes nothing
            raise

        @hypothesis.settings(
            max_examples=EXAMPLES[mode],
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy, data=st.data())
        def imagine(case: schemathesis.Case, data: Any) -> None:
            if mode is GenerationMode.POSITIVE:
                use_ids_that_exist(case, self.ids, data)
            if operation.label in ENDS_THE_OWN_KEY:
                case.headers = {**(case.headers or {}), "Authorization": "Bearer none"}
            made.append(case)

        try:
            imagine()
        except hypothesis.errors.Unsatisfiable:
            if mode is GenerationMode.POSITIVE:
                raise
        return made


@pytest.fixture(scope="module")
def imagination(demo_api: DemoApi) -> Imagination:
    return Imagination(demo_api.ids)


@pytest.mark.parametrize("slice_name", SLICES)
@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_are_answered_as_described(
    demo_api: DemoApi, imagination: Imagination, role: str, slice_name: str
) -> None:
    broken = [
        failure
        for operation in operations_of(demo_api, slice_name)
        for mode in EXAMPLES
        for failure in failures_of(demo_api, imagination.requests(operation, mode), role=role)
    ]
    assert not broken, "\n\n".join(broken)


def test_every_operation_belongs_to_a_slice_that_is_tried(demo_api: DemoApi) -> None:
    tags = Counter(tag for operation in operations(demo_api) for tag in operation.definition.raw["tags"])
    assert set(tags) == set(SLICES)


def operations(demo_api: DemoApi) -> list[schemathesis.APIOperation]:
    return [result.ok() for result in demo_api.description.get_all_operations()]


def operations_of(demo_api: DemoApi, slice_name: str) -> list[schemathesis.APIOperation]:
    return [one for one in operations(demo_api) if one.definition.raw["tags"] == [slice_name]]


def failures_of(demo_api: DemoApi, cases: list[schemathesis.Case], *, role: str) -> list[str]:
    """Each different failure once, with the request that brought it."""
    found: dict[str, str] = {}
    for case in cases:
        answer = demo_api.call(case, role=role)
        try:
            case.validate_response(answer, checks=CHECKS)
        except BaseExceptionGroup as failure:
            said = re.sub(r"\s+", " ", "; ".join(map(str, failure.exceptions)))[:500]
            found.setdefault(
                said[:160],
                f"{case.operation.label} as {role}: {answer.status_code} {said}\n"
                f"  {case.path_parameters} {case.query} {str(case.body)[:300]}\n  {answer.content[:300]!r}",
            )
    return list(found.values())


def use_ids_that_exist(case: schemathesis.Case, ids: dict[str, list[Any]], data: Any) -> None:
    """Put ids of the demo company into path, query and body, three times out of four."""
    for part in (case.path_parameters, case.query, case.body):
        if not isinstance(part, dict):
            continue
        for name, value in part.items():
            if value is not None and ids.get(name) and data.draw(st.integers(0, 3)):
                part[name] = data.draw(st.sampled_from(ids[name]))
