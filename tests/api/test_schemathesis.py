"""Generated requests, as each role, with ids that exist part of the time: the API keeps to its own description."""

import re
from collections import Counter
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


@pytest.mark.parametrize("slice_name", SLICES)
@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_are_answered_as_described(demo_api: DemoApi, role: str, slice_name: str) -> None:
    broken = [
        failure
        for operation in operations_of(demo_api, slice_name)
        for mode in EXAMPLES
        for failure in failures_of(demo_api, operation, role=role, mode=mode)
    ]
    assert not broken, "\n\n".join(broken)


def test_every_operation_belongs_to_a_slice_that_is_tried(demo_api: DemoApi) -> None:
    tags = Counter(tag for operation in operations(demo_api) for tag in operation.definition.raw["tags"])
    assert set(tags) == set(SLICES)


def operations(demo_api: DemoApi) -> list[schemathesis.APIOperation]:
    return [result.ok() for result in demo_api.description.get_all_operations()]


def operations_of(demo_api: DemoApi, slice_name: str) -> list[schemathesis.APIOperation]:
    return [one for one in operations(demo_api) if one.definition.raw["tags"] == [slice_name]]


def failures_of(
    demo_api: DemoApi, operation: schemathesis.APIOperation, *, role: str, mode: GenerationMode
) -> list[str]:
    """Each different failure once, with the request that brought it."""
    found: dict[str, str] = {}
    try:
        strategy = operation.as_strategy(generation_mode=mode)
        strategy.validate()
    except Exception as error:
        if mode is GenerationMode.NEGATIVE:
            return []  # nothing can be wrong with a request that takes nothing
        return [f"{operation.label}: {error!r}"]

    @hypothesis.settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, data=st.data())
    def ask(case: schemathesis.Case, data: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            use_ids_that_exist(case, demo_api.ids, data)
        if operation.label in ENDS_THE_OWN_KEY:
            case.headers = {**(case.headers or {}), "Authorization": "Bearer none"}
        answer = demo_api.call(case, role=role)
        try:
            case.validate_response(answer, checks=CHECKS)
        except BaseExceptionGroup as failure:
            said = re.sub(r"\s+", " ", "; ".join(map(str, failure.exceptions)))[:500]
            found.setdefault(
                said[:160],
                f"{operation.label} as {role}: {answer.status_code} {said}\n"
                f"  {case.path_parameters} {case.query} {str(case.body)[:300]}\n  {answer.content[:300]!r}",
            )

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        if mode is GenerationMode.POSITIVE:
            raise
    return list(found.values())


def use_ids_that_exist(case: schemathesis.Case, ids: dict[str, list[Any]], data: Any) -> None:
    """Put ids of the demo company into path, query and body, three times out of four."""
    for part in (case.path_parameters, case.query, case.body):
        if not isinstance(part, dict):
            continue
        for name, value in part.items():
            if value is not None and ids.get(name) and data.draw(st.integers(0, 3)):
                part[name] = data.draw(st.sampled_from(ids[name]))
