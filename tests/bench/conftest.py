"""The benchmarks read /proc, so they run, and are tested, on Linux only."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

collect_ignore_glob = [] if sys.platform.startswith("linux") else ["test_*.py"]


@pytest.fixture(autouse=True)
def no_loop_of_others() -> Iterator[None]:
    """The sender runs a loop of its own; a browser that another test keeps open in this process has left one behind."""
    other = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(other)
