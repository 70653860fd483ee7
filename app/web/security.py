"""Headers of every answer: what a page may load, and what others may do with it."""

from functools import lru_cache

from flask import Flask, request
from flask.wrappers import Response

from app.core.config import settings

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# Trusted Types hold in the field app only: the map planned for the desk pages assigns innerHTML.
FIELD_APP_POLICY = f"{PAGE_POLICY}; require-trusted-types-for 'script'; trusted-types app"
PERMISSIONS = "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()"
PARTS_OF_PAGES = frozenset({"text/javascript", "text/css"})
ONE_YEAR_SECONDS = 365 * 24 * 3600


@lru_cache
def field_app_policy(map_source: str) -> str:
    """The field app loads pictures of a map from where the settings say, and from nowhere else."""
    allowed = f"img-src 'self' {map_source}".rstrip()
    return FIELD_APP_POLICY.replace("img-src 'self'", allowed)


def add_security_headers(answer: Response) -> Response:
    if answer.mimetype == "application/json":
        # Nothing to load, frame or lead away from: JSON needs no page's policy, only nosniff (app.core.http).
        return answer
    if request.path.startswith("/static/assets/") and answer.mimetype in PARTS_OF_PAGES:
        # Nor do scripts and styles, and with a page's headers the smallest would be half headers.
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        return answer
    if answer.mimetype == "image/svg+xml":
        # A picture, but a page for whoever opens its address: that page may do nothing at all.
        answer.headers.setdefault("Content-Security-Policy", "default-src 'none'")
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        return answer
    field_app = request.path == "/m" or request.path.startswith("/m/")
    policy = field_app_policy(settings().map.source) if field_app else PAGE_POLICY
    answer.headers.setdefault("Content-Security-Policy", policy)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("X-Frame-Options", "DENY")
    if request.is_secure:
        answer.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR_SECONDS}")
    if answer.mimetype == "text/html":
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def init_security(app: Flask) -> None:
    app.after_request(add_security_headers)
