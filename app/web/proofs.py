"""The proof sheet at the desk: see it, take it away, give it to the customer by an address, take that back."""

from datetime import datetime
from typing import Any

from flask import Response, request, session
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.people.access import Actor, Role
from app.people.auth import requires
from app.reports import proof, proof_routes
from app.tasks import proof_links
from app.tasks.models import Task
from app.tasks.proof_links import PROVEN, Link
from app.web.pages import actor, done, moment, to, web
from app.web.proof_page import show_picture, show_sheet

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
SHOWN_SECONDS = 15 * 60
"""How long the maker's own browser keeps a new address in view. The server keeps only its hash."""
_MADE = "proof_made"


@web.get("/tasks/<int:task_id>/proof")
@requires(*DESK)
def proof_sheet(task_id: int) -> str:
    """What the customer sees, in the customer's language."""
    task = proof_links.provable_task(task_id, actor=actor(), now=moment())
    return show_sheet(proof.read(task.id, now=moment()), base=request.path)


@web.get("/tasks/<int:task_id>/proof/sheet.pdf")
@requires(*DESK)
def proof_pdf(task_id: int) -> Response:
    with transaction():
        return proof_routes.staff_pdf(task_id)


@web.get("/tasks/<int:task_id>/proof/pictures/<int:picture_id>")
@requires(*DESK)
def proof_picture(task_id: int, picture_id: int) -> Response:
    task = proof_links.provable_task(task_id, actor=actor(), now=moment())
    return show_picture(proof.read(task.id, now=moment()), picture_id)


@web.post("/tasks/<int:task_id>/proof/links")
@requires(*DESK)
def make_proof_link(task_id: int) -> AnyResponse:
    with transaction():
        link, url = proof_links.make(task_id, actor=actor(), now=moment())
    session[_MADE] = {"link": link.id, "url": url, "at": moment().timestamp()}
    return done(_("The address is made. Copy it now; it is shown for a short while only."), to("task", task_id=task_id))


@web.post("/tasks/<int:task_id>/proof/links/<int:link_id>/revoke")
@requires(*DESK)
def revoke_proof_link(task_id: int, link_id: int) -> AnyResponse:
    with transaction():
        proof_links.revoke(task_id, link_id, actor=actor(), now=moment())
    return done(_("The address opens nothing any more."), to("task", task_id=task_id))


def links_for_panel(task: Task, *, actor: Actor, now: datetime) -> list[Link] | None:
    """The addresses of this task's sheet; None when it has none because it has not ended."""
    return list(proof_links.links_of(task.id, actor=actor, now=now)) if task.status in PROVEN else None


@web.app_template_global()
def fresh_proof_address(link: Any) -> str:
    """The address of a link that this browser has just made."""
    made = session.get(_MADE) or {}
    is_fresh = moment().timestamp() - made.get("at", 0) < SHOWN_SECONDS
    return str(made["url"]) if made.get("link") == link.id and is_fresh and link.is_open else ""
