"""The flask edge of people: who sends this request, by bearer token or by cookie, and may he or she do it?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, login_user, logout_user
from flask_smorest import Blueprint
from sqlalchemy import Row, text

from app.core import clock, idempotency
from app.core.config import settings
from app.core.db import run_plain, transaction
from app.core.errors import Forbidden, Problem, Unauthorized
from app.core.http import problems
from app.core.i18n import N_
from app.core.limits import limiter
from app.people import passwords, sessions
from app.people.access import STAFF_ROLES, Actor, Role
from app.people.models import TokenKind
from app.people.sessions import SESSION_DAYS, SignedIn, hash_token

View = TypeVar("View", bound=Callable[..., Any])

COOKIE_KEY = "_user_id"  # where Flask-Login keeps what get_id() said
PER_ADDRESS = "60 per minute"
PER_PHONE = "10 per minute"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
RAW_TYPES = ("application/octet-stream", "image/", "video/", "audio/")
CREDENTIALS_KEY = "huifang.credentials"
CLIENT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")

# Lends its documenting decorators; it has no routes and is registered nowhere.
_docs = Blueprint("auth_docs", __name__)

MEANT_BY = "X-App-User"
"""The field app names whose queue it sends: on a shared phone somebody else may have signed in a moment ago."""

known_scopes: set[str] = set()
"""Every scope that some route asks for; an API token can be given these and no others."""


class SignInAgain(Unauthorized):
    code = "sign-in-again"
    message = N_("Your session has ended. Please sign in again. Nothing is lost.")


class CrossSiteWrite(Forbidden):
    code = "cross-site-write"
    message = N_("This write did not come from our own pages and was refused.")


class MissingScope(Forbidden):
    code = "missing-scope"
    message = N_("This token lacks the scope %(scope)s.")


class SessionsOnly(Forbidden):
    code = "sessions-only"
    message = N_("This needs a person who has signed in; an API token is not enough.")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the request proved: the person, and the key it was proved with."""

    actor: Actor
    token_id: int
    kind: TokenKind
    scopes: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a route asks for; house tests and the API description read it from the view function."""

    roles: frozenset[Role]
    scope: str | None
    sessions_only: bool


class SignedInUser(UserMixin):  # type: ignore[misc]
    """What Flask-Login and templates call current_user. The cookie holds the key, never the person's id."""

    def __init__(self, actor: Actor, token: str) -> None:
        self.actor = actor
        self.token = token
        self.id = actor.id
        self.name = actor.name
        self.role = actor.role
        self.locale = actor.locale

    def get_id(self) -> str:
        return self.token


# Text, because every request passes here. An API token outlives a sign-out everywhere unless it was revoked with it.
_PERSON = """
    SELECT t.id AS token_id, t.kind, t.name AS token_name, t.scopes, t.expires_at, s.id, s.name, s.role, s.locale,
           ARRAY(SELECT store_id FROM staff_store WHERE staff_id = s.id) AS store_ids {more}
    FROM api_token t JOIN staff s ON s.id = t.staff_id {join}
    WHERE t.token_hash = :token_hash AND t.revoked_at IS NULL AND t.expires_at > :now AND s.is_active
      AND (t.kind = 'api' OR t.session_epoch = s.session_epoch)
"""
_CREDENTIALS = text(_PERSON.format(more="", join=""))
_CREDENTIALS_AND_ANSWER = text(
    _PERSON.format(more=f", {idempotency.STORED}", join="LEFT JOIN idempotency_key ON idempotency_key.key = :key")
)


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own, but who sends no cookie, as phones and programs do, does not wait for a signature to be set up."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def init_auth(app: Flask) -> None:
    """Wire Flask-Login and the session cookie into the application."""
    app.session_interface = CookieSessions()
    app.config.update(
        SESSION_COOKIE_NAME="huifang",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings().public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=SESSION_DAYS),
    )
    manager = LoginManager()
    # Phones change networks all day; a session bound to the address would end at every lift door.
    manager.session_protection = None
    manager.user_loader(_load_user)
    manager.init_app(app)


def requires(*roles: Role, scope: str | None = None, sessions_only: bool = False) -> Callable[[View], View]:
    """Let a route run only for signed-in staff in one of `roles` (none named: any staff).

    API tokens need `scope`; without one it is "<slice>:read" or "<slice>:write" by the method. `sessions_only` routes
    take no API token at all: they hand out power that a token must not multiply. A write that comes with a cookie has
    to prove that one of our own pages sent it.
    """

    def decorate(view: View) -> View:
        slice_name = view.__module__.split(".")[1] if "." in view.__module__ else view.__module__
        if scope:
            known_scopes.add(scope)
        elif slice_name != "web" and not sessions_only:
            known_scopes.update((f"{slice_name}:read", f"{slice_name}:write"))
        allowed = frozenset(roles or STAFF_ROLES)

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            credentials = authenticate()
            if credentials is None:
                raise SignInAgain if COOKIE_KEY in session else Unauthorized
            if request.headers.get(MEANT_BY, str(credentials.actor.id)) != str(credentials.actor.id):
                raise SignInAgain
            if credentials.actor.role not in allowed:
                raise Forbidden
            if credentials.kind is TokenKind.API:
                if sessions_only:
                    raise SessionsOnly
                needed = scope or f"{slice_name}:{'read' if request.method in SAFE_METHODS else 'write'}"
                if needed not in credentials.scopes:
                    raise MissingScope(scope=needed)
            if credentials.kind is TokenKind.COOKIE and request.method not in SAFE_METHODS:
                require_own_page()
            return view(*args, **kwargs)

        documented: Any = problems(_docs, 401, 403)(guarded)
        documented.requirement = Requirement(roles=allowed, scope=scope, sessions_only=sessions_only)
        return cast(View, documented)

    return decorate


def public(view: View) -> View:
    """Mark a route that anybody may call; a house test wants each route to be marked or to require a role."""
    documented: Any = _docs.doc(security=[])(view)
    documented.is_public = True
    return cast(View, documented)


def current_actor() -> Actor:
    """Who sent this request; raises Unauthorized for nobody."""
    return current_credentials().actor


def current_credentials() -> Credentials:
    credentials = authenticate()
    if credentials is None:
        raise Unauthorized
    return credentials


def optional_actor() -> Actor | None:
    """Who sent this request, or None: for pages that strangers may see too."""
    credentials = authenticate()
    return credentials.actor if credentials else None


def authenticate() -> Credentials | None:
    """Read the request's key once, with one query; raises SignInAgain for a bearer token that opens nothing."""
    # Kept in the environ, not in g: nested application contexts (tests, commands) share one g between requests.
    if CREDENTIALS_KEY not in request.environ:
        g.pop("_login_user", None)
        credentials = _read_credentials()
        request.environ[CREDENTIALS_KEY] = credentials
        g.cookie_client = credentials is not None and credentials.kind is TokenKind.COOKIE
        g.idempotency_owner = f"staff:{credentials.actor.id}" if credentials else "public"
    return cast("Credentials | None", request.environ[CREDENTIALS_KEY])


def require_own_page() -> None:
    """Refuse a cookie's write that another site could have made a browser send.

    Form pages are proved by Flask-WTF's token. Everything else has to be JSON or raw bytes, which a foreign form can't
    send, and to name us as its origin.
    """
    if g.get("csrf_valid"):
        return
    if request.content_length and not _is_json_or_raw(request.mimetype):
        raise CrossSiteWrite
    if not _comes_from_own_page():
        raise CrossSiteWrite


def refuse_foreign_page() -> None:
    """For sign-in: programs send no origin, but a foreign page must not sign its visitor in as somebody else."""
    if ("Origin" in request.headers or "Sec-Fetch-Site" in request.headers) and not _comes_from_own_page():
        raise CrossSiteWrite


def limits_sign_in(view: View) -> View:
    """Pace sign-in per address and per number, so that neither one number nor all of them can be tried quickly."""
    by_address = limiter.shared_limit(PER_ADDRESS, scope="sign-in-address")
    by_phone = limiter.shared_limit(PER_PHONE, scope="sign-in-phone", key_func=_phone_in_request)
    return cast(View, by_address(by_phone(view)))


def limits_password_change(view: View) -> View:
    """The old password is asked for again; a stolen session must not become a place to guess it."""
    return cast(View, limiter.limit(PER_PHONE, key_func=lambda: f"staff:{current_actor().id}")(view))


def sign_in(phone: str, password: str, *, kind: TokenKind) -> SignedIn:
    """Check a password and open a session; raises WrongPhoneOrPassword or SignInLocked.

    An edge of its own, with its own transactions: no connection is held while the slow hash is computed, and a refused
    try is committed.
    """
    with transaction():
        candidate = sessions.candidate(phone)
    is_right = passwords.matches(candidate.password_hash, password)
    is_outdated = is_right and passwords.is_outdated(candidate.password_hash or "")
    new_hash = passwords.hash_password(password) if is_outdated else None
    with transaction():
        outcome = sessions.conclude(
            candidate, password_is_right=is_right, kind=kind, now=clock.now(), new_hash=new_hash
        )
    if isinstance(outcome, Problem):
        raise outcome
    if kind is TokenKind.COOKIE:
        keep_in_cookie(outcome.key.token)
    return outcome


def sign_out() -> None:
    """End the session of this request."""
    credentials = current_credentials()
    with transaction():
        sessions.close_session(credentials.token_id, actor=credentials.actor, now=clock.now())
    if credentials.kind is TokenKind.COOKIE:
        forget_cookie()


def keep_in_cookie(token: str) -> None:
    """Start the browser's session; the cookie is permanent, because a phone's home-screen app forgets the others."""
    credentials = look_up(token)
    assert credentials is not None
    session.clear()
    session.permanent = True
    login_user(SignedInUser(credentials.actor, token))
    request.environ[CREDENTIALS_KEY] = credentials


def forget_cookie() -> None:
    logout_user()
    session.clear()


def _phone_in_request() -> str:
    body = request.get_json(silent=True) if request.is_json else request.form
    phone = body.get("phone") if isinstance(body, Mapping) else None
    return hash_token("".join(sign for sign in str(phone) if sign.isalnum()))


def _comes_from_own_page() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    own = {_origin(request.host_url), _origin(settings().public_url)}
    return _origin(origin) in own


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _is_json_or_raw(mimetype: str) -> bool:
    return mimetype == "application/json" or mimetype.endswith("+json") or mimetype.startswith(RAW_TYPES)


def _load_user(token: str) -> SignedInUser | None:
    credentials = authenticate()
    return SignedInUser(credentials.actor, token) if credentials else None


def _read_credentials() -> Credentials | None:
    client = request.headers.get("X-Client", "")
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        credentials = _look_up_request(token.strip(), client_header=client) if scheme.lower() == "bearer" else None
        # A cookie's key works only where the cookie rules are checked.
        if credentials is None or credentials.kind is TokenKind.COOKIE:
            raise SignInAgain
        return credentials
    token = session.get(COOKIE_KEY, "")
    credentials = _look_up_request(token, client_header=client) if token else None
    return credentials if credentials and credentials.kind is TokenKind.COOKIE else None


def look_up(token: str) -> Credentials | None:
    """The person behind a token that is in force, in one query."""
    row = run_plain(_CREDENTIALS, _asked(token)).first()
    return _credentials(row, client_header="") if row is not None else None


def _look_up_request(token: str, *, client_header: str) -> Credentials | None:
    """The same for the token of a request; when it repeats a write, its stored answer comes along."""
    key = idempotency.key_to_look_up()
    if key is None:
        row = run_plain(_CREDENTIALS, _asked(token)).first()
    else:
        row = run_plain(_CREDENTIALS_AND_ANSWER, {"key": key, **_asked(token)}).first()
        idempotency.note_looked_up(row if row is not None and row.owner is not None else None)
    return _credentials(row, client_header=client_header) if row is not None else None


def _asked(token: str) -> dict[str, Any]:
    return {"token_hash": hash_token(token), "now": clock.now()}


def _credentials(row: Row[Any], *, client_header: str) -> Credentials:
    kind = TokenKind(row.kind)
    actor = Actor(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        store_ids=frozenset(row.store_ids),
        locale=row.locale,
        client=_client(kind, row.token_name, client_header),
    )
    return Credentials(
        actor=actor, token_id=row.token_id, kind=kind, scopes=frozenset(row.scopes), expires_at=row.expires_at
    )


def _client(kind: TokenKind, token_name: str, named: str) -> str:
    """What the history calls the program: an API token's name, else what the client calls itself."""
    if kind is TokenKind.API:
        return f"token:{token_name}"
    return named if CLIENT_NAME.fullmatch(named) else ("web" if kind is TokenKind.COOKIE else "api")
