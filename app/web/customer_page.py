"""The customer's own page under /c: no sign-in, reached by a signed address, a QR code or a short code.

Opening it changes nothing but two counters, because phones and mail scanners open every address they see. What the
customer does takes the same services as an answer by text message, and may be sent twice without harm.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.complaints import service as complaints
from app.complaints.kinds import Source, Stage
from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, TooMany, Unauthorized
from app.core.http import packed, problem_of, translated
from app.core.i18n import N_, negotiate
from app.core.limits import limiter
from app.customers import consent, links
from app.customers import service as customers
from app.customers.links import CustomerLink, TooManyCodes
from app.customers.models import Customer
from app.customers.values import ConsentSource
from app.messaging import conversations, pointless, questions
from app.messaging.answering import LOW_RATING
from app.messaging.models import Attention, QuestionKind
from app.people.access import Actor, Role
from app.people.auth import optional_actor, public
from app.people.models import Store
from app.tasks import service as tasks
from app.tasks.models import Task
from app.tasks.slots import Slot
from app.web import customer_view as views
from app.web import customer_words as words
from app.web.customer_view import PageView
from app.web.formats import clock_time, local_day, reader_locale
from app.web.forms import Form, Reader, form_of
from app.web.language import READER_LOCALE, remember_language
from app.web.pages import FRAGMENT_HEADER, own_address

pages = Blueprint("customer_page", __name__)

View = TypeVar("View", bound=Callable[..., Any])
Act = Callable[[CustomerLink, Reader], str]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PER_ADDRESS = "60 per minute"
PER_LINK = "30 per minute"
MOST_SHOPS = 12
EXAMPLE_CODE = "ACDE-2347"
ANSWERED = "answered on the page"


class LinkEnded(NotFound):
    """The key was ours, but its time is over or it was taken back."""

    status = 410
    code = "link-ended"
    message = N_("This page has ended.")

    def __init__(self, link: CustomerLink) -> None:
        super().__init__()
        self.link = link


class LinkUnknown(NotFound):
    code = "link-unknown"
    message = N_("We don't know this address.")


class SlotGone(Conflict):
    code = "slot-gone"
    message = N_("This time has just been taken. Please choose another one.")


class MovedMeanwhile(Conflict):
    """Nobody is to confirm a time that he or she has not seen."""

    code = "moved-meanwhile"
    message = N_("The time has changed meanwhile. Please look whether the new one suits you.")


class UnderWay(Conflict):
    code = "under-way"
    message = N_("We are already on the way. Please call us if it does not suit you.")


class NotTheCustomer(Forbidden):
    """Points are paid for what customers say, so whoever earns them can't say it for them."""

    code = "not-the-customer"
    message = N_("You are signed in as an associate. Only the customer can answer here.")


class FormTooOld(Conflict):
    code = "form-too-old"
    message = N_("Please look again and repeat it.")


# Looking


@pages.get("/c/<token>")
@public
def page(token: str) -> Any:
    link = open_link(token)
    view = views.read(link, now=_now())
    tag = view.tag(reader_locale(), local_day(_now(), view.store.zone), _is_associate())
    if FRAGMENT_HEADER in request.headers:
        if request.if_none_match.contains(tag):
            return Response(status=304, headers={"X-As-Of": clock_time(_now(), view.store.zone)})
    else:
        with transaction():
            links.count_opening(link.id, now=_now())
    return _page(link, view=view, tag=tag)


@pages.get("/c")
@public
def code_page() -> str:
    return _code_page(Form())


@pages.post("/c")
@public
@limiter.shared_limit(PER_ADDRESS, scope="customer-code")
def enter_code() -> Any:
    """The same words for a code that never was and for one that has ended: nobody learns which codes exist."""
    typed = request.form.get("code", "")[:40]
    with transaction():
        link = links.of_code(typed, address=request.remote_addr or "", now=_now())
    if link is not None:
        return redirect(url_for("customer_page.page", token=link.token), 303)
    problem = Invalid(errors={"code": [N_("This code opens nothing. Please compare it once more, or call us.")]})
    return _code_page(form_of(request.form, problem)), problem.status


@pages.post("/c/language")
@public
def language() -> AnyResponse:
    _require_own_page()
    wanted = negotiate(request.form.get("lang", "")) or reader_locale()
    back = own_address(request.form.get("back"), "/c")
    target = back if back == "/c" or back.startswith("/c/") else "/c"
    answer = redirect(target, 303)
    remember_language(answer, wanted)
    return answer


# Doing


def acts(act: Act) -> Callable[..., Any]:
    """A form of the page: checked, done in one transaction, then back to the page with what was achieved."""

    @public
    @limiter.shared_limit(PER_ADDRESS, scope="customer-page-address")
    @limiter.shared_limit(PER_LINK, scope="customer-page-link", key_func=lambda: (request.view_args or {})["token"])
    @wraps(act)
    def guarded(token: str) -> AnyResponse:
        link = open_link(token)
        _require_own_page()
        if _is_associate():
            raise NotTheCustomer
        if not links.is_form_token(link, request.form.get("form", "")):
            raise FormTooOld
        with transaction():
            said = act(link, Reader(request.form))
        return redirect(url_for("customer_page.page", token=token, said=said, _anchor="said"), 303)

    return guarded


@pages.post("/c/<token>/confirm")
@acts
def confirm(link: CustomerLink, form: Reader) -> str:
    task = _task(link, form)
    if form.text("at") != views.slot_key(Slot(task.window_start, task.window_end)):
        raise MovedMeanwhile
    tasks.confirm(task.id, actor=_actor(link), now=_now())
    _close_questions(task, QuestionKind.CONFIRM, QuestionKind.SLOT)
    return "confirmed"


@pages.post("/c/<token>/move")
@acts
def move(link: CustomerLink, form: Reader) -> str:
    task = _task(link, form)
    key = form.text("slot", required=True, longest=20)
    form.check()
    if _is_there_already(task, key):
        return "moved"
    if task.started_at is not None:
        raise UnderWay
    slot = _free(task, key)
    tasks.reschedule(
        task.id, window_start=slot.window_start, window_end=slot.window_end, actor=_actor(link), now=_now()
    )
    _close_questions(task, QuestionKind.CONFIRM, QuestionKind.SLOT)
    return "moved"


@pages.post("/c/<token>/again")
@acts
def again(link: CustomerLink, form: Reader) -> str:
    """Another try at what could not be done; the second tap finds the task that the first one made."""
    task = _task(link, form)
    key = form.text("slot", required=True, longest=20)
    form.check()
    if not tasks.may_try_again(task):
        return "again"
    slot = _free(task, key)
    actor = _actor(link, store_id=task.store_id)
    tasks.try_again(task.id, window_start=slot.window_start, window_end=slot.window_end, actor=actor, now=_now())
    return "again"


@pages.post("/c/<token>/rate")
@acts
def rate(link: CustomerLink, form: Reader) -> str:
    """The stars answer the question of the heart whose turn it is; the server knows whose, the form can't choose."""
    task = _task(link, form)
    stars = form.required_integer("stars", lowest=1, highest=5)
    form.check()
    if task.rated_at is None:
        if not views.is_ratable(task, now=_now()):
            raise FormTooOld
        heart = views.next_heart(link.customer_id)
        tasks.rate(task.id, stars=stars, heart=heart, actor=_actor(link), now=_now())
        _close_questions(task, QuestionKind.RATING)
        pointless.end_after_rating(task.id, now=_now())
        if stars <= LOW_RATING:
            conversations.note_from_page(_customer(link), attention=Attention.LOW_RATING, at=_now())
    return "sorry" if (task.rating or stars) <= LOW_RATING else "rated"


@pages.post("/c/<token>/notes")
@acts
def keep_notes(link: CustomerLink, form: Reader) -> str:
    text = form.text("access_notes", longest=300)
    form.check()
    customers.keep_access_notes(link.customer_id, text, actor=_actor(link), now=_now())
    return "notes"


@pages.post("/c/<token>/complain")
@acts
def complain(link: CustomerLink, form: Reader) -> str:
    text = form.text("words", required=True, longest=2000)
    key = form.text("key", required=True, longest=40)
    task_id = form.integer("task")
    form.check()
    task = views.task_of(link, task_id) if task_id else None
    complaints.open_case(
        link.customer_id,
        source=Source.PAGE,
        words=text,
        # The key was made with the form: sent twice, it is the same complaint.
        origin_key=f"page:{link.id}:{key}",
        task_id=task.id if task else None,
        is_reaction=True if request.form.get("reaction") else None,
        actor=_actor(link),
        now=_now(),
    )
    return "heard"


@pages.post("/c/<token>/remedy")
@acts
def answer_remedy(link: CustomerLink, form: Reader) -> str:
    """Is it put right? The customer's own yes is what lets a case be closed."""
    is_right = form.choice("right", ("yes", "no")) == "yes"
    text = form.text("words", longest=1000)
    form.check()
    case = views.read(link, now=_now()).complaint
    if case is not None and case.stage == Stage.RESOLVED and case.answered_at is None:
        complaints.record_answer(case.id, satisfied=is_right, words=text, actor=_actor(link), now=_now())
    return "satisfied" if is_right else "unsatisfied"


@pages.post("/c/<token>/texts")
@acts
def allow_texts(link: CustomerLink, form: Reader) -> str:
    """Stop or allow text messages; what is kept are the words that stood on the button's side."""
    wants = form.choice("texts", ("on", "off")) == "on"
    form.check()
    phone = _customer(link).phone
    if phone is None:
        raise NotFound
    change = consent.opt_in if wants else consent.opt_out
    shown = _(words.START_WORDS) if wants else _(words.STOP_WORDS)
    change(phone, source=ConsentSource.PAGE, text=shown, actor=_actor(link), now=_now())
    return "started" if wants else "stopped"


# What the routes share


def _now() -> datetime:
    return clock.now()


def open_link(token: str) -> CustomerLink:
    link = links.of_token(token, now=_now())
    if link is None:
        raise LinkUnknown
    g.customer_link = link
    request.environ[READER_LOCALE] = _customer(link).locale
    if not link.is_open:
        raise LinkEnded(link)
    return link


def _customer(link: CustomerLink) -> Customer:
    return db.session.get_one(Customer, link.customer_id)


def _actor(link: CustomerLink, *, store_id: int | None = None) -> Actor:
    actor = Actor.customer(link.customer_id, client="page", locale=reader_locale())
    if store_id is None:
        return actor
    return Actor(id=actor.id, name="", role=Role.CUSTOMER, store_ids=frozenset({store_id}), client="page")


def _task(link: CustomerLink, form: Reader) -> Task:
    task_id = form.required_integer("task")
    form.check()
    task = views.shown_task_of(link, task_id, now=_now())
    if task is None:
        raise NotFound
    return task


def _free(task: Task, key: str) -> Slot:
    slot = views.find_slot(task, key, now=_now())
    if slot is None:
        raise SlotGone
    return slot


def _is_there_already(task: Task, key: str) -> bool:
    is_same = views.slot_key(Slot(task.window_start, task.window_end)) == key
    return is_same and task.confirmed_at is not None


def _close_questions(task: Task, *kinds: QuestionKind) -> None:
    """A digit that comes by text afterwards must not be taken for an answer to what is settled."""
    questions.close_about("task", task.id, kinds=kinds, reason=ANSWERED, now=_now())


def _is_associate() -> bool:
    try:
        person = optional_actor()
    except Unauthorized:
        return False
    return person is not None and person.is_associate


def _require_own_page() -> None:
    """Browsers say where a form was sent from; ours hide the referrer, so this header is all there is."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise FormTooOld


def _page(
    link: CustomerLink,
    *,
    view: PageView | None = None,
    tag: str = "",
    form: Form | None = None,
    trouble: str = "",
    status: int = 200,
) -> Response:
    now = _now()
    shown = view or views.read(link, now=now)
    choices = {}
    for one in shown.appointments:
        if one.may_move or one.may_try_again:
            task = views.task_of(link, one.id)
            assert task is not None
            choices[one.id] = views.choice_for(task, now=now)
    part = "customer_page/_main.html" if FRAGMENT_HEADER in request.headers else "customer_page/page.html"
    answer = Response(
        render_template(
            part,
            link=link,
            view=shown,
            store=shown.store,
            customer=shown.customer,
            choices=choices,
            form_token=links.form_token(link),
            complaint_key=_fresh_key(form),
            form=form or Form(),
            said=words.SAID.get(request.args.get("said", "")) if not trouble else None,
            said_key=request.args.get("said", ""),
            trouble=trouble,
            words=words,
            views=views,
            local_day=local_day,
            now=now,
            today=local_day(now, shown.store.zone),
            tag=tag,
            is_associate=_is_associate(),
            greeting=views.greeting(shown.customer, reader_locale()),
        ),
        status,
        mimetype="text/html",
    )
    answer.headers["X-As-Of"] = clock_time(now, shown.store.zone)
    if tag:
        answer.set_etag(tag)
    return answer


def _fresh_key(form: Form | None) -> str:
    """New with each look at the page; kept while the same complaint is being mended."""
    return (form.values.get("key") if form else None) or links.fresh_key()


def _code_page(form: Form) -> str:
    return render_template("customer_page/code.html", form=form, shops=_shops(), example=EXAMPLE_CODE)


def _shops() -> list[Store]:
    """Whom to call when the page itself can't say: every shop, for a reader whom we don't know."""
    return list(db.session.scalars(select(Store).where(Store.is_active).order_by(Store.id).limit(MOST_SHOPS)))


# Refusals


@pages.errorhandler(LinkEnded)
def show_ended(problem: LinkEnded) -> tuple[str, int]:
    store = db.session.get_one(Store, _customer(problem.link).store_id)
    return render_template("customer_page/ended.html", shops=[store], is_known=True), problem.status


@pages.errorhandler(LinkUnknown)
def show_unknown(problem: LinkUnknown) -> tuple[str, int]:
    return render_template("customer_page/ended.html", shops=_shops(), is_known=False), problem.status


@pages.errorhandler(Problem)
def show_problem(problem: Problem) -> Any:
    """The page again, with what was typed and what is wrong with it."""
    headers = {"Retry-After": str(problem.extra["retry_after"])} if "retry_after" in problem.extra else {}
    link = g.get("customer_link")
    if link is None or isinstance(problem, TooManyCodes):
        form = form_of(request.form, problem)
        return _code_page(form), problem.status, headers
    answer = _page(link, form=form_of(request.form, problem), trouble=translated(problem), status=problem.status)
    answer.headers.extend(headers)
    return answer


@pages.errorhandler(HTTPException)
def show_refusal(error: HTTPException) -> Any:
    problem = problem_of(error)
    if isinstance(problem, TooMany) and "token" in (request.view_args or {}):
        open_link((request.view_args or {})["token"])
    return show_problem(problem)


# Headers


@pages.after_request
def harden(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=(), payment=(), usb=()"
    answer.headers.add("Vary", "Cookie, Accept-Language")
    # Nothing in them repeats what a stranger could put into the address.
    return packed(answer) if (answer.mimetype or "").startswith("text/") else answer
