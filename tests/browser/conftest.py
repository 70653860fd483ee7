"""The demo company behind a network that fails on demand, a phone in it, and who holds the phone or leads the store."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Playwright

from tests.browser.phone import ASSOCIATE, PASSWORD, Phone
from tests.browser.proxy import FaultProxy
from tests.company import Caller, Company

SUPERVISOR = "+85251000002"


@pytest.fixture(scope="module")
def supervisor(running_company: Company) -> Caller:
    return running_company.sign_in(SUPERVISOR, PASSWORD)


@pytest.fixture(scope="module")
def associate(running_company: Company) -> Caller:
    return running_company.sign_in(ASSOCIATE, PASSWORD)


@pytest.fixture
def proxy(running_company: Company) -> Iterator[FaultProxy]:
    with FaultProxy(running_company.port) as proxy:
        yield proxy


@pytest.fixture
def phone(playwright: Playwright, proxy: FaultProxy, browser_type_launch_args: dict[str, Any]) -> Iterator[Phone]:
    phone = Phone(playwright, proxy, launch=browser_type_launch_args).open()
    yield phone
    phone.close()
