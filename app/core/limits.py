"""Rate limits, counted in Valkey so that all processes count together. If Valkey is away the doors stay open:
lockouts live in SQL, so this only paces."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


class RouteLimiter(Limiter):
    """Flask-Limiter for routes that name their limits themselves.

    Its look at every request serves limits for all routes; we have none, and it cost a fifth of a small answer.
    """

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name=callable_name, in_middleware=in_middleware)


limiter = RouteLimiter(key_func=get_remote_address, default_limits=[], swallow_errors=True, headers_enabled=True)
