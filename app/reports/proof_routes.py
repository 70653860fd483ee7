"""The proof sheet of an ended task over HTTP, and the addresses that show it to the customer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields, validate

from app.core import audit, clock
from app.core.db import transaction
from app.core.http import problems
from app.core.idempotency import idempotent
from app.core.schemas import Input, View
from app.customers.present import qr_svg
from app.people.access import Role
from app.people.auth import current_actor, requires
from app.reports import proof, proof_paper
from app.reports.proof import ProofSheet
from app.tasks import proof_links
from app.tasks.proof_links import Link

blp = Blueprint("proofs", __name__, description="Proof sheets of ended work, in the customer's language")

READ, WRITE = "tasks:read", "tasks:write"
EVERYBODY = (Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE)
ONE = "/tasks/<int(max=2147483647):task_id>"
LINK_ID = "int(max=9223372036854775807)"
LONGEST_DAYS = 365


class ProofPartyView(View):
    name = fields.String()
    address = fields.String()
    phone = fields.String()


class ProofStepView(View):
    key = fields.String(metadata={"description": "started, arrived or ended"})
    word = fields.String()
    time = fields.String(metadata={"description": "in the store's zone"})
    at = fields.AwareDateTime()


class ProofOutcomeView(View):
    status = fields.String()
    title = fields.String()
    why = fields.String()
    next = fields.String()


class ProofDoneView(View):
    text = fields.String()
    answer = fields.String()
    is_good = fields.Boolean()


class ProofHeartDoneView(View):
    heart = fields.String()
    word = fields.String()
    items = fields.List(fields.Nested(ProofDoneView))


class ProofGoodsView(View):
    name = fields.String()
    quantity = fields.Integer()
    delivered = fields.Integer(allow_none=True)
    refused = fields.Integer()
    short = fields.Integer()


class ProofPictureView(View):
    id = fields.Integer()
    kind = fields.String()
    caption = fields.String()
    taken = fields.String()
    captured_at = fields.AwareDateTime()
    width = fields.Integer()
    height = fields.Integer()


class ProofView(View):
    """Words in the customer's language, ready to be shown; times also as moments."""

    task_id = fields.Integer()
    number = fields.String()
    type = fields.String()
    direction = fields.String(allow_none=True)
    kind = fields.String()
    locale = fields.String()
    zone = fields.String()
    shop = fields.Nested(ProofPartyView)
    customer = fields.Nested(ProofPartyView)
    who = fields.String()
    day = fields.String()
    agreed = fields.String()
    was_told = fields.Boolean()
    steps = fields.List(fields.Nested(ProofStepView))
    kept = fields.String()
    is_late = fields.Boolean()
    outcome = fields.Nested(ProofOutcomeView)
    hearts = fields.List(fields.Nested(ProofHeartDoneView))
    goods = fields.List(fields.Nested(ProofGoodsView))
    pictures = fields.List(fields.Nested(ProofPictureView))
    checked = fields.List(fields.String())
    rating = fields.Integer(allow_none=True)
    rated = fields.String()
    ended_at = fields.AwareDateTime()


class MakeProofLink(Input):
    days = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=LONGEST_DAYS),
        metadata={"description": "how long it opens the sheet; without it, as long as the settings say"},
    )


class ProofLinkView(View):
    id = fields.Integer()
    created_at = fields.AwareDateTime()
    created_by = fields.String()
    expires_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)
    reads = fields.Integer()
    last_read_at = fields.AwareDateTime(allow_none=True)
    is_open = fields.Boolean()
    may_revoke = fields.Boolean()


class MadeLinkView(ProofLinkView):
    url = fields.String(metadata={"description": "said once: only a hash of it is kept"})
    qr_svg = fields.String()


class ProofLinksView(View):
    items = fields.List(fields.Nested(ProofLinkView))


@blp.route(f"{ONE}/proof", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, ProofView)
@problems(blp, 401, 403, 404, 409)
def get_proof(task_id: int) -> ProofSheet:
    """What the customer may know of the ended work, in the customer's language."""
    return _sheet(task_id)


@blp.route(f"{ONE}/proof.pdf", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
@problems(blp, 401, 403, 404, 409)
def get_proof_pdf(task_id: int) -> Response:
    """The same on paper. Taking it away is written down."""
    with transaction():
        return staff_pdf(task_id)


def staff_pdf(task_id: int) -> Response:
    """The sheet as a file for somebody of the house, with its entry in the audit log."""
    actor, now = current_actor(), clock.now()
    task = proof_links.provable_task(task_id, actor=actor, now=now)
    audit.record(actor.id, action="task.proof_pdf", subject=("task", task.id), store_id=task.store_id, now=now)
    return pdf_answer(proof.read(task.id, now=now))


def pdf_answer(sheet: ProofSheet) -> Response:
    answer = Response(proof_paper.drawn(sheet, now=clock.now()), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="proof-{sheet.number}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sheet(task_id: int) -> ProofSheet:
    actor, now = current_actor(), clock.now()
    return proof.read(proof_links.provable_task(task_id, actor=actor, now=now).id, now=now)


# Addresses for the customer


@blp.route(f"{ONE}/proof-links", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, ProofLinksView)
@problems(blp, 401, 404)
def list_links(task_id: int) -> dict[str, Any]:
    """Every address that was made for this sheet, and how often it was opened."""
    actor, now = current_actor(), clock.now()
    return {"items": [_link_view(one) for one in proof_links.links_of(task_id, actor=actor, now=now)]}


@blp.route(f"{ONE}/proof-links", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@blp.arguments(MakeProofLink)
@blp.response(201, MadeLinkView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def make_link(body: dict[str, Any], task_id: int) -> dict[str, Any]:
    """Make an address that shows the sheet for a while. It is said once, here; ask again and you get another one.

    Takes no Idempotency-Key, so that no secret lies in the table of stored answers.
    """
    with transaction():
        link, url = proof_links.make(task_id, days=body["days"], actor=current_actor(), now=clock.now())
    return _link_view(link) | {"url": url, "qr_svg": qr_svg(url)}


@blp.route(f"{ONE}/proof-links/<{LINK_ID}:link_id>", methods=["DELETE"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.response(200, ProofLinkView)
@problems(blp, 400, 401, 403, 404)
def revoke_link(task_id: int, link_id: int) -> dict[str, Any]:
    """Take an address back at once. Leaders may take back each, others what they made."""
    link = proof_links.revoke(task_id, link_id, actor=current_actor(), now=clock.now())
    return _link_view(link)


def _link_view(link: Link) -> dict[str, Any]:
    return asdict(link) | {"may_revoke": link.is_open and proof_links.may_revoke(link, current_actor())}
