"""The proof sheets of what has ended, opened from the customer's own page as long as it tells of them."""

from flask import Response, request

from app.core import clock
from app.core.limits import limiter
from app.people.auth import public
from app.reports import proof
from app.reports.proof import ProofSheet
from app.reports.proof_routes import pdf_answer
from app.tasks.proof_links import PROVEN
from app.web import customer_view as views
from app.web.customer_page import LinkUnknown, open_link, pages
from app.web.proof_page import SHEETS_PER_ADDRESS, show_picture, show_sheet

ONE = "/c/<token>/proof/<int:task_id>"


def _sheet(token: str, task_id: int) -> ProofSheet:
    link, now = open_link(token), clock.now()
    task = views.shown_task_of(link, task_id, now=now)
    if task is None or task.status not in PROVEN:
        raise LinkUnknown
    return proof.read(task.id, now=now)


@pages.get(ONE)
@public
def proof_sheet(token: str, task_id: int) -> str:
    return show_sheet(_sheet(token, task_id), base=request.path)


@pages.get(f"{ONE}/sheet.pdf")
@limiter.limit(SHEETS_PER_ADDRESS)
@public
def proof_pdf(token: str, task_id: int) -> Response:
    return pdf_answer(_sheet(token, task_id))


@pages.get(f"{ONE}/pictures/<int:picture_id>")
@public
def proof_picture(token: str, task_id: int, picture_id: int) -> Response:
    return show_picture(_sheet(token, task_id), picture_id)
