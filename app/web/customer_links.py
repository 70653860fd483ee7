"""Keys to the customer's page, as the desk hands them out: code, QR and the way to take them back."""

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.customers import links, present
from app.people.access import Role
from app.people.auth import requires
from app.web.forms import Reader
from app.web.pages import actor, done, moment, to, web

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)


@web.post("/customers/<int:customer_id>/link")
@requires(*DESK)
def give_link(customer_id: int) -> AnyResponse:
    form = Reader(request.form)
    task_id = form.integer("task")
    form.check()
    with transaction():
        links.hand_out(customer_id, task_id=task_id, actor=actor(), now=moment())
    return done(_("The page is open. Show the code, or let the customer scan it."), _file(customer_id))


@web.post("/customers/<int:customer_id>/link/revoke")
@requires(*DESK)
def revoke_links(customer_id: int) -> AnyResponse:
    with transaction():
        ended = links.revoke_all(customer_id, actor=actor(), now=moment())
    said = ngettext("%(num)s address no longer opens the page.", "%(num)s addresses no longer open the page.", ended)
    return done(said, _file(customer_id))


@web.get("/customer-links/<int:link_id>.svg")
@requires(*DESK)
def link_picture(link_id: int) -> Response:
    """The QR code as a picture of its own: drawn only when somebody unfolds it."""
    link = links.get(link_id, actor=actor(), now=moment())
    answer = Response(present.qr_svg(link.url), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _file(customer_id: int) -> str:
    return to("customer", customer_id=customer_id, _anchor="customer-page")
