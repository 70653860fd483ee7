"""Pinning a customer's tier from his page, and taking the pin off."""

from flask import flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.customers import service as customers
from app.customers import tiers as files
from app.customers.tiers import LONGEST_REASON
from app.customers.values import Tier
from app.people.access import Role
from app.people.auth import requires
from app.purchases import tiers
from app.web.forms import Reader
from app.web.pages import actor, moment, to, web
from app.web.refusals import words_of

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)


@web.post("/customers/<int:customer_id>/tier")
@requires(*DESK)
def pin_tier(customer_id: int) -> AnyResponse:
    customers.get(customer_id, actor=actor(), now=moment())
    form = Reader(request.form)
    tier = form.choice("tier", [*Tier])
    reason = form.text("reason", required=True, longest=LONGEST_REASON)
    until = form.date("until")
    back = to("customer", customer_id=customer_id) + "#tier"
    try:
        form.check()
        with transaction():
            files.pin(customer_id, Tier(tier), reason=reason, until=until, actor=actor(), now=moment())
    except (Invalid, Conflict) as refused:
        flash(words_of(refused), "warning")
        return redirect(back, 303)
    flash(_("The tier is pinned."), "ok")
    return redirect(back, 303)


@web.post("/customers/<int:customer_id>/tier/unpin")
@requires(*DESK)
def unpin_tier(customer_id: int) -> AnyResponse:
    with transaction():
        tiers.unpin(customer_id, actor=actor(), now=moment())
    flash(_("The pin is off. The tier is the computed one again."), "ok")
    return redirect(to("customer", customer_id=customer_id) + "#tier", 303)
