"""Rate limits, counted in Valkey so that all processes count together. If Valkey is away the doors stay open:
lockouts live in SQL, so this only paces."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, default_limits=[], swallow_errors=True, headers_enabled=True)
