"""How the machinery is doing: what waits, what was given up, and the button that tries it again."""

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.core import outbox
from app.core.db import transaction
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
