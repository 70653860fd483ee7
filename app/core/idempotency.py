"""Idempotency-Key: a write's answer is stored in its own transaction; the same request again replays it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, cast
from uuid import UUID

from flask import Response, g, make_response, request
from flask_smorest import Blueprint
from sqlalchemy import Row, delete, func, text
from sqlalchemy.exc import IntegrityError

from app.core.db import db, run_plain, transaction
from app.core.errors import Conflict, Invalid, Problem
from app.core.http import problems
from app.core.i18n import N_
from app.core.kept_answers import KEPT_SQL
from app.core.models import IdempotencyKey

P = ParamSpec("P")

KEEP_DAYS = 90
"""A phone may stay without signal for weeks; its queue must still meet the stored answers."""


KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "format": "uuid"},
    "description": "The same key with the same request brings the stored answer. Needed with a cookie.",
}

# Lends its documenting decorators; it has no routes and is registered nowhere.
_docs = Blueprint("idempotency_docs", __name__)


# Text, because every write of every phone passes here: no statement is put together again each time.
STORED = "owner, request_hash, status, body"
FIND = text(f"SELECT {STORED} FROM idempotency_key WHERE key = :key")  # noqa: S608
STORE = text(KEPT_SQL)


_SEEN_AT_SIGN_IN = "huifang.stored_answer"
_KEPT = "huifang.answer_is_kept"
_HASHED = "huifang.request_hash"


class KeyMissing(Problem):
    code = "idempotency-key-missing"
    message = N_("This request needs an Idempotency-Key header with a fresh UUID.")


class KeyReused(Invalid):
    code = "key-reused"
    message = N_("This Idempotency-Key was used for another request. Use a fresh key.")


class KeyInFlight(Conflict):
    code = "in-flight"
    message = N_("The same request is being handled right now. Ask again in a moment.")


def idempotent(view: Callable[P, Any]) -> Callable[P, Response]:
    """Run a writing route in a transaction(); with a key, store its 2xx answer or replay the stored one.

    Cookie clients must send a key, token clients may: the field app's outbox repeats requests after lost
    answers, and a repeated effect would be a second visit or a second SMS.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        key = _key_of_request()
        if key is None:
            with transaction():
                return make_response(view(*args, **kwargs))
        owner, digest = _owner(), _digest()
        try:
            with transaction():
                stored = _find(key)
                if stored is not None:
                    return _replay(stored, owner=owner, digest=digest)
                answer = make_response(view(*args, **kwargs))
                if 200 <= answer.status_code < 300 and _KEPT not in request.environ:
                    _store(key, owner=owner, digest=digest, answer=answer)
                return answer
        except (IntegrityError, Problem) as error:
            # Sent again while the first of it was under way, as phones do: it waited, and met what that one had done.
            if (kept := _find_by_now(key)) is not None:
                return _replay(kept, owner=owner, digest=digest)
            if isinstance(error, IntegrityError) and "pk_idempotency_key" in str(error.orig):
                raise KeyInFlight(extra={"retry_after": 1}) from error
            raise

    documented: Any = problems(_docs, 400, 409, 422)(guarded)
    documented._apidoc.setdefault("arguments", {}).setdefault("parameters", []).append(KEY_PARAMETER)
    documented.is_idempotent = True  # a house test wants it on every writing route
    return cast(Callable[P, Response], documented)


def _key_of_request() -> UUID | None:
    text_key = request.headers.get("Idempotency-Key")
    if text_key is None:
        if g.get("cookie_client"):
            raise KeyMissing
        return None
    try:
        return UUID(text_key)
    except ValueError as error:
        raise KeyMissing(N_("The Idempotency-Key must be a UUID.")) from error


def key_to_look_up() -> UUID | None:
    """The key of this request, if it has one: whoever reads the person behind a write may read its answer along."""
    try:
        return UUID(request.headers["Idempotency-Key"]) if "Idempotency-Key" in request.headers else None
    except ValueError:
        return None


def note_looked_up(stored: Row[Any] | None) -> None:
    """A statement before has read STORED of this request's key (None: there is no such row); no need to ask again."""
    request.environ[_SEEN_AT_SIGN_IN] = stored


def _find(key: UUID) -> Row[Any] | None:
    if _SEEN_AT_SIGN_IN in request.environ:
        return cast("Row[Any] | None", request.environ[_SEEN_AT_SIGN_IN])
    return cast("Row[Any] | None", run_plain(FIND, {"key": key}).first())


def _find_by_now(key: UUID) -> Row[Any] | None:
    with transaction():
        return cast("Row[Any] | None", run_plain(FIND, {"key": key}).first())


def _owner() -> str:
    return str(g.get("idempotency_owner", "public"))


def _digest() -> bytes:
    if _HASHED not in request.environ:
        said = [request.method.encode(), request.full_path.encode(), request.get_data(cache=True)]
        request.environ[_HASHED] = hashlib.sha256(b"\n".join(said)).digest()
    return cast(bytes, request.environ[_HASHED])


def _store(key: UUID, *, owner: str, digest: bytes, answer: Response) -> None:
    values = _kept(key, owner=owner, digest=digest, status=answer.status_code, body=answer.get_data(as_text=True))
    run_plain(STORE, values)


def _kept(key: UUID, *, owner: str, digest: bytes, status: int, body: str) -> dict[str, Any]:
    return {"kept_key": key, "kept_owner": owner, "kept_hash": digest, "kept_status": status, "kept_body": body}


def keep(body: str, *, status: int = 200) -> dict[str, Any]:
    """The parameters of KEPT_SQL, for a route whose own last statement stores its answer; empty without a key.

    The statement has to run, and the route has to give just this answer: nothing is stored after it.
    """
    key = _key_of_request()
    if key is None:
        return {}
    request.environ[_KEPT] = True
    return _kept(key, owner=_owner(), digest=_digest(), status=status, body=body)


def _replay(stored: Row[Any], *, owner: str, digest: bytes) -> Response:
    if stored.owner != owner or bytes(stored.request_hash) != digest:
        raise KeyReused
    answer = Response(stored.body, status=stored.status, mimetype="application/json")
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def forget_old_keys() -> int:
    """Delete keys nobody can still repeat; returns how many."""
    old = IdempotencyKey.created_at < func.now() - text(f"interval '{KEEP_DAYS} days'")
    return int(db.session.execute(delete(IdempotencyKey).where(old)).rowcount)  # type: ignore[attr-defined]
