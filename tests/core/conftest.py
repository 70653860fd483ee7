from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from app.core import config


@pytest.fixture
def settings_with(app) -> Callable[..., AbstractContextManager[None]]:
    """`with settings_with(outbox__max_attempts=3):` changes single values of this process's settings."""

    @contextmanager
    def changed(**values: object) -> Iterator[None]:
        before = config.settings()
        settings = before
        for path, value in values.items():
            part, name = path.split("__")
            settings = replace(settings, **{part: replace(getattr(settings, part), **{name: value})})
        config.use(settings)
        try:
            yield
        finally:
            config.use(before)

    return changed
