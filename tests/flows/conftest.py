"""One running shop for each module of flows."""

from collections.abc import Callable

import pytest

from tests.company import Company
from tests.flows.shop import Shop, open_shop


@pytest.fixture(scope="module")
def shop(start_company: Callable[..., Company]) -> Shop:
    """Open at 10:00 of the tests' day, with an undo window of 2 s; texts go to the sandbox phone."""
    return Shop(start_company(prepare=open_shop))
