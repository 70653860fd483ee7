"""The proof sheet under /p: opened by its address alone, in the customer's language, without a script.

Each look is counted, with its time and never with who it was. What can't be opened says so kindly and whom to call.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.wrappers import Response
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from app.core import clock, pictures
from app.core.db import db, transaction
from app.core.errors import NotFound, Problem, TooMany
from app.core.http import problem_of
from app.core.i18n import DEFAULT_LOCALE, LOCALES, N_
from app.core.limits import limiter
from app.customers.models import Customer
from app.people.auth import public
from app.people.models import Store
from app.reports import proof, proof_paper
from app.reports.proof import Picture, ProofSheet
from app.tasks import proof_links
from app.tasks.models import Task
from app.tasks.proof_links import NothingToProve, Opened
from app.web.customer_page import MOST_SHOPS
from app.web.formats import reader_locale

pages = Blueprint("proof_page", __name__)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
PER_ADDRESS, PICTURES_PER_ADDRESS, SHEETS_PER_ADDRESS = "60 per minute", "600 per minute", "20 per minute"
FULL_SIDE = 2560

Shown = Callable[..., Any]


class ProofEnded(NotFound):
    """The address was ours, but its time is over or it was taken back."""

    status = 410
    code = "proof-ended"
    message = N_("This address has ended.")


class ProofPaused(NotFound):
    """The work was taken up again: there is nothing to prove until it has ended."""

    status = 410
    code = "proof-paused"
    message = N_("We are still at it.")


class ProofUnknown(NotFound):
    code = "proof-unknown"
    message = N_("We don't know this address.")


def opened(show: Shown) -> Callable[..., Any]:
    """What the address opens, or the page that says why it opens nothing."""

    @public
    @wraps(show)
    def guarded(secret: str, **parts: Any) -> Any:
        link = proof_links.of_secret(secret, now=clock.now())
        if link is None:
            raise ProofUnknown
        g.proof_link = link
        if not link.is_open:
            raise ProofEnded
        return show(link, **parts)

    return guarded


def _sheet(link: Opened) -> ProofSheet:
    try:
        return proof.read(link.task_id, now=clock.now())
    except NothingToProve as problem:
        raise ProofPaused from problem


@pages.get("/p/<secret>")
@limiter.limit(PER_ADDRESS)
@opened
def page(link: Opened) -> str:
    sheet = _sheet(link)
    with transaction():
        proof_links.count_read(link.id, form="page", now=clock.now())
    return show_sheet(sheet, base=request.path)


@pages.get("/p/<secret>/sheet.pdf")
@limiter.limit(SHEETS_PER_ADDRESS)
@opened
def pdf(link: Opened) -> Response:
    sheet = _sheet(link)
    with transaction():
        proof_links.count_read(link.id, form="pdf", now=clock.now())
    answer = Response(proof_paper.drawn(sheet, now=clock.now()), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="proof-{sheet.number}.pdf"'
    return answer


@pages.get("/p/<secret>/pictures/<int:picture_id>")
@limiter.limit(PICTURES_PER_ADDRESS)
@opened
def picture(link: Opened, picture_id: int) -> Response:
    return show_picture(_sheet(link), picture_id)


def show_sheet(sheet: ProofSheet, *, base: str) -> str:
    """The page, for the customer and for whoever of the house looks at what the customer sees. `base` is the address
    under which its pictures and its paper are found."""
    with force_locale(sheet.locale):
        return render_template("proof/page.html", sheet=sheet, base=base)


def show_picture(sheet: ProofSheet, picture_id: int) -> Response:
    """A picture of this sheet and of no other: small on the page, large when somebody taps it."""
    found = next((one for one in sheet.pictures if one.id == picture_id), None)
    made = _made(found) if found is not None else None
    if made is None:
        raise ProofUnknown
    answer = Response(made[0], mimetype=made[1])
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _made(found: Picture) -> tuple[bytes, str] | None:
    return pictures.smaller(found.sha256, FULL_SIDE if "large" in request.args else pictures.SIDE)


# Refusals


@pages.errorhandler(Problem)
def show_problem(problem: Problem) -> Any:
    headers = {"Retry-After": str(problem.extra["retry_after"])} if "retry_after" in problem.extra else {}
    link: Opened | None = g.get("proof_link")
    store, locale = _whose(link) if link is not None else (None, reader_locale())
    shops = [store] if store is not None else _shops()
    with force_locale(locale):
        why = "busy" if isinstance(problem, TooMany) else problem.code
        shown = render_template("proof/ended.html", shops=shops, is_known=store is not None, why=why)
    return shown, problem.status, headers


@pages.errorhandler(HTTPException)
def show_refusal(error: HTTPException) -> Any:
    return show_problem(problem_of(error))


def _whose(link: Opened) -> tuple[Store | None, str]:
    stmt = select(Task.store_id, Customer.locale).join(Customer, Customer.id == Task.customer_id)
    row = db.session.execute(stmt.where(Task.id == link.task_id)).one()
    return db.session.get(Store, row.store_id), row.locale if row.locale in LOCALES else DEFAULT_LOCALE


def _shops() -> list[Store]:
    return list(db.session.scalars(select(Store).where(Store.is_active).order_by(Store.id).limit(MOST_SHOPS)))


# Headers


@pages.after_request
def harden(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=(), payment=(), usb=()"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
