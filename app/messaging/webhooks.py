"""Where carriers call us. Each request is checked to be genuine, kept, and answered at once.

Twilio has addresses of its own; any further carrier comes to /sms/<its name>/ and says in its file how to read a call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core import clock, config, metrics
from app.core.db import db, transaction
from app.core.errors import Forbidden, Invalid, NotFound, Unavailable
from app.core.i18n import N_
from app.core.limits import limiter
from app.messaging import callbacks, gateway, service
from app.messaging.inbound import Received
from app.messaging.providers import Call, Carrier
from app.messaging.signature import is_genuine, public_url
from app.people.auth import public

log = structlog.get_logger()

FORGED_PER_ADDRESS = "60/minute"
EMPTY_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
KEPT_HEADERS = ("I-Twilio-Idempotency-Token", "User-Agent", "X-Home-Region")

_SID = re.compile(r"[A-Z]{2}[0-9a-zA-Z]{32}")
_PHONE = re.compile(r"\+?[0-9]{3,15}")

twilio = Blueprint("twilio", __name__, url_prefix="/twilio")
carriers = Blueprint("carriers", __name__, url_prefix="/sms")


class BadSignature(Forbidden):
    code = "bad-signature"
    message = N_("This request is not signed by the carrier.")


def signed_by_twilio(kind: str) -> Callable[[Callable[[dict[str, str]], Response]], Callable[[], Response]]:
    """Let a webhook in only with a genuine signature; 503 while the database is away, so that it is sent again."""

    def decorate(view: Callable[[dict[str, str]], Response]) -> Callable[[], Response]:
        @wraps(view)
        def guarded() -> Response:
            form = request.form.to_dict(flat=False)
            if not _is_genuine(form):
                raise _refused(kind)
            with _again_when_the_database_is_away(kind):
                return view({name: values[0] for name, values in form.items()})

        return guarded

    return decorate


def _refused(kind: str) -> BadSignature:
    metrics.webhooks_refused.labels(kind).inc()
    log.warning("webhook_refused", kind=kind)
    return BadSignature()


@contextmanager
def _again_when_the_database_is_away(kind: str) -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        db.session.remove()
        log.error("webhook_not_stored", kind=kind, error=type(error).__name__)
        raise Unavailable(extra={"retry_after": 5}) from error


def _was_refused(response: Response) -> bool:
    return response.status_code == 403


# Only forgeries count: a carrier's few addresses send us all we get, at any rate.
limits_forgeries = limiter.shared_limit(FORGED_PER_ADDRESS, scope="twilio-forgeries", deduct_when=_was_refused)


@twilio.post("/inbound")
@public
@limits_forgeries
@signed_by_twilio("inbound")
def inbound(form: dict[str, str]) -> Response:
    """A customer's text. Whatever it means is worked out later; only a stop takes effect here."""
    sid, sender = form.get("MessageSid", ""), form.get("From", "")
    if not _SID.fullmatch(sid) or not _PHONE.fullmatch(sender):
        raise Invalid
    received = Received(
        sid=sid,
        provider="twilio",
        from_phone=sender,
        to_phone=form.get("To", ""),
        body=form.get("Body", ""),
        opt_out_type=form.get("OptOutType") or None,
        media_count=_number(form.get("NumMedia")),
        raw=form,
    )
    with transaction():
        service.receive_inbound(received, now=clock.now())
    return Response(EMPTY_ANSWER, mimetype="text/xml")


@twilio.post("/status")
@public
@limits_forgeries
@signed_by_twilio("status")
def status(form: dict[str, str]) -> Response:
    """News of a text that we sent; `mid` in the signed address names our row."""
    sid, news = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not _SID.fullmatch(sid) or not news:
        raise Invalid
    report = callbacks.Report(
        provider="twilio",
        sid=sid,
        status=news[:40],
        to_phone=form.get("To", ""),
        error_code=_number(form.get("ErrorCode")),
        message_id=_uuid(request.args.get("mid", "")),
        raw=form,
        headers={name: request.headers[name] for name in KEPT_HEADERS if name in request.headers},
    )
    with transaction():
        callbacks.receive(report, now=clock.now())
    return Response(status=204)


@carriers.post("/<name>/status")
@public
@limits_forgeries
def carrier_status(name: str) -> Response:
    """News from a further carrier; `mid` in the address names our row."""
    carrier, call = _genuine_call(name, "status")
    news = carrier.news_in(call)
    if news is None:
        raise Invalid
    report = callbacks.Report(
        provider=carrier.name,
        sid=news.sid,
        status=news.status[:40],
        to_phone=news.to_phone,
        error_code=news.error_code,
        message_id=news.message_id or _uuid(call.query.get("mid", "")),
        raw={key: values[0] for key, values in call.form.items() if values},
    )
    with _again_when_the_database_is_away("status"), transaction():
        callbacks.receive(report, now=clock.now())
    return Response(status=204)


@carriers.post("/<name>/inbound")
@public
@limits_forgeries
def carrier_inbound(name: str) -> Response:
    """A customer's text through a further carrier."""
    carrier, call = _genuine_call(name, "inbound")
    heard = carrier.text_in(call)
    if heard is None or not heard.sid or not _PHONE.fullmatch(heard.from_phone):
        raise Invalid
    received = Received(
        sid=heard.sid,
        provider=carrier.name,
        from_phone=heard.from_phone,
        to_phone=heard.to_phone,
        body=heard.body,
        opt_out_type=heard.opt_out_type,
        media_count=heard.media_count,
        raw=heard.raw,
    )
    with _again_when_the_database_is_away("inbound"), transaction():
        service.receive_inbound(received, now=clock.now())
    return Response(status=204)


def _genuine_call(name: str, kind: str) -> tuple[Carrier, Call]:
    """The carrier of this name, if it is one of ours and the call is its own."""
    carrier = gateway.carrier_named(name)
    if carrier is None:
        raise NotFound
    # Before the form: reading that would use it up, and the raw body is what most carriers sign.
    body = request.get_data(cache=True)
    call = Call(
        url=public_url(config.settings().public_url, request.path, request.query_string.decode("latin-1")),
        query=request.args.to_dict(),
        form=request.form.to_dict(flat=False),
        headers=dict(request.headers),
        body=body,
    )
    if not carrier.is_genuine(call):
        raise _refused(kind)
    return carrier, call


def _is_genuine(form: dict[str, list[str]]) -> bool:
    settings = config.settings()
    if not settings.twilio.is_configured:
        return False
    if form.get("AccountSid", [""])[0] != settings.twilio.account_sid:
        return False
    url = public_url(settings.public_url, request.path, request.query_string.decode("latin-1"))
    tokens = (settings.twilio.auth_token, settings.twilio.auth_token_old)
    return is_genuine(url, form, request.headers.get("X-Twilio-Signature", ""), tokens=tokens)


def _number(text: Any) -> int:
    digits = str(text or "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
