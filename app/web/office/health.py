"""How the machinery is doing: what waits, what was given up, how sending does, and the buttons that try again."""

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.core import outbox
from app.core.db import transaction
from app.messaging import health as messaging
from app.messaging import upkeep
from app.messaging.providers import LookupFailed
from app.people.access import Role
from app.people.auth import requires
from app.web import threads
from app.web.forms import Reader
from app.web.pages import actor, done, moment, page, to, web

SHOWN = 100


@web.get("/office/health")
@requires(Role.HEAD_OFFICE)
def office_health() -> str:
    return page(
        "office/health.html",
        backlog=outbox.backlog(),
        sending=messaging.sending(now=moment()),
        letters=outbox.dead_letters(limit=SHOWN),
        troubled=threads.needing_attention(actor=actor(), now=moment()),
        shown=SHOWN,
        now=moment(),
    )


@web.post("/office/health/retry")
@requires(Role.HEAD_OFFICE)
def office_retry() -> AnyResponse:
    form = Reader(request.form)
    delivery_id = form.integer("delivery_id", highest=2**63 - 1)
    form.check()
    with transaction():
        count = outbox.retry_dead(delivery_id)
    words = ngettext("%(num)s delivery is tried again.", "%(num)s deliveries are tried again.", count)
    return done(words if count else _("There was nothing to try again."), to("office_health"))


@web.post("/office/health/send-now")
@requires(Role.HEAD_OFFICE)
def office_send_now() -> AnyResponse:
    """The account is mended: a text is tried at once, and if it goes, all do."""
    with transaction():
        was_stopped = messaging.try_now(actor=actor(), now=moment())
    words = _("A text is tried now. If it goes, all others follow.") if was_stopped else _("Nothing was stopped.")
    return done(words, to("office_health"))


@web.post("/office/health/settle-alert")
@requires(Role.HEAD_OFFICE)
def office_settle_alert() -> AnyResponse:
    form = Reader(request.form)
    provider = form.text("provider", required=True, longest=31)
    code = form.required_integer("code")
    form.check()
    with transaction():
        messaging.settle_alert(provider, code, actor=actor(), now=moment())
    return done(_("Noted. It comes back if it happens again."), to("office_health"))


@web.post("/office/health/missed-texts")
@requires(Role.HEAD_OFFICE)
def office_missed_texts() -> AnyResponse:
    """Ask the carrier for customers' texts that never reached us."""
    try:
        count = upkeep.recover_inbound(now=moment())
    except LookupFailed:
        return done(_("The carrier could not be asked just now. Please try again later."), to("office_health"))
    words = ngettext("%(num)s missed text was fetched.", "%(num)s missed texts were fetched.", count)
    return done(words if count else _("No text was missed."), to("office_health"))
