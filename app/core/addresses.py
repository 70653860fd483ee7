"""Rules of addresses that are made ready as late as possible: a service has hundreds, a request needs a handful."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """Werkzeug's rule, which compiles the two functions that build its address with the first address that is built.

    Compiling all of them took two fifths of the application's start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        builder: Callable[..., tuple[str, str]] | None = None

        def build(self: Rule, /, **values: Any) -> tuple[str, str]:
            nonlocal builder
            builder = builder or compile_now(append_unknown)
            return builder(self, **values)

        return build
