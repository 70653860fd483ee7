"""The sandbox phone: what customers' phones show while no carrier is connected, and their answers."""

import hashlib
from dataclasses import dataclass

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import NotFound
from app.core.i18n import N_
from app.messaging import gateway, queries, service
from app.messaging.errors import NoSandbox
from app.messaging.queries import SandboxPhone
from app.people.access import Role
from app.people.auth import requires
from app.web.formats import DEFAULT_ZONE
from app.web.forms import Reader
from app.web.pages import actor, back, moment, page, to, web
from app.web.shop import own_stores

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
LONGEST_ANSWER = 480
QUICK_ANSWERS = ("1", "2", "5", "STOP", "退订")


@dataclass(frozen=True)
class Handset:
    """A phone under a key that may stand in an address: full numbers must not."""

    key: str
    phone: SandboxPhone


@web.get("/sandbox")
@requires(*DESK)
def sandbox() -> str:
    handsets = _handsets()
    wanted = request.args.get("phone", "")
    chosen = next((each for each in handsets if each.key == wanted), None)
    is_chosen = chosen is not None
    if chosen is None and not wanted and handsets:
        chosen = handsets[0]
    zones = {store.id: store.zone for store in own_stores(actor())}
    return page(
        "sandbox.html",
        fragments={"phones": "_phones.html", "handset": "_handset.html"},
        handsets=handsets,
        chosen=chosen,
        is_chosen=is_chosen,
        lines=service.sandbox_thread(chosen.phone.phone, actor=actor(), now=moment()) if chosen else [],
        zone=zones.get(chosen.phone.store_id or 0, DEFAULT_ZONE) if chosen else DEFAULT_ZONE,
        now=moment(),
        quick_answers=QUICK_ANSWERS,
    )


@web.post("/sandbox/answer")
@requires(*DESK)
def answer_from_sandbox() -> AnyResponse:
    """The customer's thumb: takes the same path as a carrier's webhook."""
    form = Reader(request.form)
    text = form.text("text", required=True, longest=LONGEST_ANSWER)
    form.check()
    chosen = next((each for each in _handsets() if each.key == request.form.get("phone")), None)
    if chosen is None:
        raise NotFound(N_("This phone got no message yet."))
    with transaction():
        service.require_sandbox_phone(chosen.phone.phone, actor=actor(), now=moment())
        service.answer_from_sandbox(chosen.phone.phone, text, now=moment())
    return back(to("sandbox", phone=chosen.key))


def _handsets() -> list[Handset]:
    if not gateway.is_sandbox():
        raise NoSandbox()
    return [Handset(_key_of(phone), phone) for phone in queries.sandbox_phones(actor(), now=moment())]


def _key_of(phone: SandboxPhone) -> str:
    if phone.customer_id is not None:
        return str(phone.customer_id)
    return "n" + hashlib.sha256(phone.phone.encode()).hexdigest()[:12]
