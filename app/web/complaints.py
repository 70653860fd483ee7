"""Complaints: what is ageing, one case with its steps, and writing down a new one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from flask import request
from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _

from app.complaints import present, queries, service
from app.complaints.kinds import Source, Stage, Verb
from app.complaints.lifecycle import allowed_actions
from app.complaints.models import Complaint
from app.complaints.queries import ComplaintFilter, Row
from app.complaints.schemas import STAFF_SOURCES
from app.core import audit
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, NotFound, StaleVersion
from app.core.i18n import N_
from app.customers import present as customer_present
from app.customers import queries as customer_queries
from app.customers import service as customer_service
from app.customers.models import Customer
from app.customers.queries import CustomerFilter
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.people.models import Store
from app.web import threads, visits
from app.web.formats import day_and_time, in_zone, input_moment, reader_locale
from app.web.forms import Form, Reader, form_of
from app.web.pages import FRAGMENT_HEADER, actor, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view
from app.web.words import TASK_TYPES, word

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
FOUND = 8
SOON = timedelta(hours=1)
LONGEST = service.LONGEST_WORDS

STAGES = {
    "opened": N_("Nobody has answered yet"),
    "acknowledged": N_("Heard, no plan yet"),
    "planned": N_("Planned"),
    "resolved": N_("Put right, the customer is asked"),
    "content": N_("The customer is content"),
    "closed": N_("Closed"),
}
"""What stands on the sign of a case: its stage, and of one put right whether the customer has said so."""
STAGE_TONES = {
    "opened": "warning",
    "acknowledged": "info",
    "planned": "brand",
    "resolved": "info",
    "content": "ok",
    "closed": "quiet",
}
STAGE_SIGNS = {
    "opened": "warning",
    "acknowledged": "call",
    "planned": "calendar",
    "resolved": "heart",
    "content": "heart",
    "closed": "check",
}
NEXT_STEPS = {
    "opened": N_("Call and listen"),
    "acknowledged": N_("Say what will be done"),
    "planned": N_("Put it right"),
    "resolved": N_("Ask whether it is put right"),
}
SOURCES = {
    "sms": N_("by text message"),
    "page": N_("on the customer page"),
    "phone": N_("by phone"),
    "office": N_("told the office"),
    "visit": N_("told at the door"),
}
HISTORY = {
    "open": N_("opened the case"),
    "statements": N_("added what the customer said"),
    "acknowledge": N_("spoke with the customer"),
    "plan": N_("made a plan"),
    "resolve": N_("put it right"),
    "answer": N_("gave the customer’s answer"),
    "close": N_("closed the case"),
    "reopen": N_("opened it again"),
    "assign": N_("handed the case over"),
    "escalate": N_("raised the alarm"),
    "move": N_("moved the case along with the customer"),
}
ALARMS = {
    ("acknowledge", "supervisor"): N_("Nobody has answered in time."),
    ("acknowledge", "head_office"): N_("Nobody has answered in twice the time. Head office knows."),
    ("plan", "supervisor"): N_("There is no plan within a day."),
    ("plan", "head_office"): N_("There is no plan within two days. Head office knows."),
    ("reaction", "supervisor"): N_("The body reacted: possible adverse event. Call at once."),
    ("reaction", "head_office"): N_("The body reacted: possible adverse event. Call at once."),
}


@dataclass(frozen=True)
class Timer:
    """How much time is left for the next step, in words, and how loudly to say it."""

    words: str
    tone: str
    is_late: bool
    at: datetime


@dataclass(frozen=True)
class Step:
    """One of the stations of a case on the way to its end."""

    words: str
    done_at: datetime | None
    due_at: datetime | None
    is_here: bool
    was_late: bool


@dataclass(frozen=True)
class Line:
    """A case in the list."""

    complaint: Complaint
    customer: Customer
    store: Store
    owner: str | None
    words: str
    timer: Timer
    next_step: str


@web.get("/complaints")
@requires(*DESK)
def complaints() -> str:
    now = moment()
    stores = own_stores(actor())
    store_id = number_in_address("store")
    if store_id is not None and store_id not in {store.id for store in stores}:
        raise NotFound
    view = request.args.get("view", "")
    wanted = _wanted(view, store_id)
    found = queries.page_of_complaints(wanted, actor=actor(), now=now, cursor=request.args.get("cursor"))
    tally = queries.tally(actor(), store_id=store_id, now=now)
    return page(
        "complaints.html",
        fragments={"cases": "_complaint_rows.html"},
        stores=stores,
        store_id=store_id,
        view=view if view in VIEWS else "",
        views=_views(tally),
        rows=[_line(row, now=now) for row in found.rows],
        next_cursor=found.next_cursor,
        tally=tally,
        now=now,
        stages=STAGES,
        stage_tones=STAGE_TONES,
        stage_signs=STAGE_SIGNS,
    )


VIEWS = ("", "late", "reactions", "waiting", "closed")


def _wanted(view: str, store_id: int | None) -> ComplaintFilter:
    match view:
        case "late":
            return ComplaintFilter(store_id=store_id, is_open=True, is_overdue=True)
        case "reactions":
            return ComplaintFilter(store_id=store_id, is_open=True, is_reaction=True)
        case "waiting":
            return ComplaintFilter(store_id=store_id, is_open=True, stage=Stage.RESOLVED.value)
        case "closed":
            return ComplaintFilter(store_id=store_id, is_open=False)
        case _:
            return ComplaintFilter(store_id=store_id, is_open=True)


def _views(tally: queries.Tally) -> list[tuple[str, str, int | None, str]]:
    return [
        ("", _("Open"), tally.open, ""),
        ("late", _("Overdue"), tally.overdue, "late"),
        ("reactions", _("Reactions of the body"), tally.reactions, "late"),
        ("waiting", _("Put right"), tally.stages.get(Stage.RESOLVED, 0), ""),
        ("closed", _("Closed"), None, ""),
    ]


def _line(row: Row, *, now: datetime) -> Line:
    return Line(
        complaint=row.complaint,
        customer=row.customer,
        store=row.store,
        owner=row.owner,
        words=row.words,
        timer=timer(row.complaint, zone=row.store.zone, now=now),
        next_step=next_step(row.complaint),
    )


def next_step(complaint: Complaint) -> str:
    if complaint.stage == Stage.RESOLVED and complaint.satisfied:
        return str(_("Close the case"))
    return word(NEXT_STEPS, complaint.stage) if complaint.stage in NEXT_STEPS else ""


def timer(complaint: Complaint, *, zone: str, now: datetime) -> Timer:
    """Time left or gone for the next step; by the clock of the store."""
    due = complaint.due_at
    if complaint.stage == Stage.CLOSED:
        return Timer(day_and_time(due, zone), "quiet", False, due)
    if complaint.stage == Stage.OPENED and complaint.is_reaction:
        return Timer(_("at once"), "danger", True, due)
    span = _span(abs(due - now))
    if due <= now:
        return Timer(_("%(span)s overdue", span=span), "danger", True, due)
    if due - now <= SOON:
        return Timer(_("%(span)s left", span=span), "warning", False, due)
    is_today = in_zone(due, zone).date() == in_zone(now, zone).date()
    words = _("by %(time)s", time=in_zone(due, zone).strftime("%H:%M") if is_today else day_and_time(due, zone))
    return Timer(words, "ok" if not is_today else "info", False, due)


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return str(ngettext("%(num)s min", "%(num)s min", minutes))
    if minutes < 48 * 60:
        return str(ngettext("%(num)s h", "%(num)s h", minutes // 60))
    return str(format_timedelta(length, granularity="day"))


# One case


@web.get("/complaints/<int:complaint_id>")
@requires(*DESK)
def complaint(complaint_id: int) -> str:
    now = moment()
    case = queries.visible(complaint_id, actor=actor(), now=now)
    if FRAGMENT_HEADER not in request.headers:
        # The page shows the customer's number in full. A live page that looks again is still the same reading.
        with transaction():
            subject = ("complaint", case.id)
            audit.record(actor().id, action="complaint.read", subject=subject, store_id=case.store_id, now=now)
    return _case_page(complaint_id, Form())


def _case_page(complaint_id: int, form: Form, *, opened: str = "") -> str:
    now = moment()
    row = queries.row(complaint_id, actor=actor(), now=now)
    case, zone = row.complaint, row.store.zone
    history = queries.events_of(case.id)
    statements = queries.statements_of([case.id])[case.id]
    return page(
        "complaint.html",
        fragments={"case-head": "_complaint_head.html", "case-side": "_complaint_side.html"},
        case=case,
        customer=row.customer,
        store=row.store,
        zone=zone,
        now=now,
        owner=row.owner,
        recovery=row.task,
        caller=people.names_of([row.task.assignee_id]).get(row.task.assignee_id)
        if row.task and row.task.assignee_id
        else None,
        timer=timer(case, zone=zone, now=now),
        next_step=next_step(case),
        steps=_steps(case, now),
        actions=allowed_actions(service.state_of(case), actor()),
        statements=statements,
        speakers=customer_queries.customers_by_id([said.customer_id for said in statements]),
        history=[(event, name, _history_words(event.action, event.detail, zone)) for event, name in reversed(history)],
        people_here=_people_of(case.store_id),
        thread=threads.of_customer(case.customer_id, zone=zone, now=now),
        form=form,
        opened=opened,
        usual_promise=input_moment(now + timedelta(days=1), zone),
        is_overdue=present.is_overdue(case, now),
        alarm=ALARMS.get((case.alarm, case.alarm_level)) if case.alarm and case.alarm_level else None,
        stages=STAGES,
        stage_tones=STAGE_TONES,
        stage_signs=STAGE_SIGNS,
        sources=SOURCES,
        staff_sources=[(source.value, word(SOURCES, source)) for source in STAFF_SOURCES],
        actions_words=HISTORY,
        locale=reader_locale(),
    )


def _steps(case: Complaint, now: datetime) -> list[Step]:
    order = list(Stage)
    at = order.index(Stage(case.stage))

    def step(number: int, words: str, done_at: datetime | None, due_at: datetime | None) -> Step:
        late = due_at is not None and (done_at or now) > due_at
        return Step(words, done_at, due_at, is_here=number == at + 1, was_late=late)

    return [
        Step(_("Complained"), case.opened_at, None, False, False),
        step(1, _("Heard"), case.acknowledged_at, case.acknowledge_due_at),
        step(2, _("Planned"), case.planned_at or case.resolved_at, case.plan_due_at),
        step(3, _("Put right"), case.resolved_at, case.promised_for),
        Step(_("Says it is right"), case.answered_at if case.satisfied else None, None, at == 3, False),
    ]


def _people_of(store_id: int) -> list[tuple[int, str]]:
    found = [*people.supervisors_of(store_id), *people.associates_of(store_id)]
    return [(person.id, person.name) for person in found]


def _history_words(action: str, detail: dict[str, Any], zone: str) -> str:
    """What a line of the history adds to "who did what"."""
    if action == "escalate":
        alarm = ALARMS.get((detail.get("alarm", ""), detail.get("level", "")))
        return str(_(alarm)) if alarm else ""
    if action == "plan" and detail.get("promised_for"):
        promised = datetime.fromisoformat(detail["promised_for"])
        return str(_("%(plan)s (by %(time)s)", plan=detail.get("plan", ""), time=day_and_time(promised, zone)))
    if action == "answer":
        yes = str(_("put right") if detail.get("satisfied") else _("not right yet"))
        return f"{yes} · {detail['words']}" if detail.get("words") else yes
    if action == "assign":
        return people.names_of([detail["new"]]).get(detail["new"], "") if detail.get("new") else ""
    if action == "move":
        return people.store(detail["new"]).name
    return str(detail.get("remedy") or detail.get("outcome") or detail.get("words") or "")


# Its steps


@web.post("/complaints/<int:complaint_id>/<any(acknowledge,plan,resolve,answer,close,reopen,assign,statements):verb>")
@requires(*DESK)
def complaint_step(complaint_id: int, verb: str) -> Any:
    case = queries.visible(complaint_id, actor=actor(), now=moment())
    form = Reader(request.form, zone=people.store(case.store_id).zone)
    try:
        version = form.required_integer("version", highest=2**31 - 1)
        values = _READ[Verb(verb)](form)
        form.check()
        with transaction():
            _DO[Verb(verb)](complaint_id, version=version, actor=actor(), now=moment(), **values)
    except (Invalid, Conflict) as problem:
        if isinstance(problem, StaleVersion):
            raise
        return _case_page(complaint_id, form_of(request.form, problem), opened=verb), problem.status
    return done(_(_DONE[Verb(verb)]), to("complaint", complaint_id=complaint_id))


def _read_plan(form: Reader) -> dict[str, Any]:
    return {
        "plan": form.text("plan", required=True, longest=LONGEST),
        "promised_for": form.required_moment("promised_for"),
    }


def _read_resolve(form: Reader) -> dict[str, Any]:
    return {name: form.text(name, required=True, longest=LONGEST) for name in ("apology", "cause", "remedy")}


def _read_answer(form: Reader) -> dict[str, Any]:
    return {
        "satisfied": form.choice("satisfied", ["yes", "no"]) == "yes",
        "words": form.text("words", longest=LONGEST),
    }


def _read_statement(form: Reader) -> dict[str, Any]:
    return {
        "words": form.text("words", required=True, longest=LONGEST),
        "source": form.choice("source", [source.value for source in STAFF_SOURCES]),
        "is_reaction": True if form.ticked("is_reaction") else None,
    }


def _add_statement(complaint_id: int, *, source: str, **values: Any) -> Complaint:
    return service.add_statement(complaint_id, source=Source(source), origin_key=f"desk:{uuid4()}", **values)


def _assign(complaint_id: int, *, staff_id: int, **values: Any) -> Complaint:
    return service.assign(complaint_id, staff_id, **values)


_READ: dict[Verb, Any] = {
    Verb.ACKNOWLEDGE: lambda _form: {},
    Verb.PLAN: _read_plan,
    Verb.RESOLVE: _read_resolve,
    Verb.ANSWER: _read_answer,
    Verb.CLOSE: lambda form: {"outcome": form.text("outcome", longest=LONGEST)},
    Verb.REOPEN: lambda form: {"words": form.text("words", required=True, longest=LONGEST)},
    Verb.ASSIGN: lambda form: {"staff_id": form.required_integer("staff_id")},
    Verb.STATE: _read_statement,
}
_DO: dict[Verb, Any] = {
    Verb.ACKNOWLEDGE: service.acknowledge,
    Verb.PLAN: service.plan,
    Verb.RESOLVE: service.resolve,
    Verb.ANSWER: service.record_answer,
    Verb.CLOSE: service.close,
    Verb.REOPEN: service.reopen,
    Verb.ASSIGN: _assign,
    Verb.STATE: _add_statement,
}
_DONE = {
    Verb.ACKNOWLEDGE: N_("Good. Next: what will be done, and until when."),
    Verb.PLAN: N_("The plan is written down."),
    Verb.RESOLVE: N_("Written down. The customer is asked whether it is put right."),
    Verb.ANSWER: N_("The customer’s answer is written down."),
    Verb.CLOSE: N_("The case is closed. Thank you."),
    Verb.REOPEN: N_("The case is open again, and its clocks run."),
    Verb.ASSIGN: N_("The case is handed over."),
    Verb.STATE: N_("The words are added to the case."),
}


# A new one


@web.route("/complaints/new", methods=["GET", "POST"])
@requires(*DESK)
def new_complaint() -> Any:
    chosen = number_in_address("customer")
    customer = customer_service.get(chosen, actor=actor(), now=moment()) if chosen else None
    if request.method == "POST" and customer is not None:
        return _open(customer)
    return _new_page(customer, Form(values={"source": Source.PHONE.value, "key": str(uuid4())}))


def _open(customer: Customer) -> Any:
    form = Reader(request.form)
    try:
        values = _read_statement(form)
        task_id = form.integer("task_id")
        key = form.text("key", required=True, longest=60)
        form.check()
        with transaction():
            case = service.open_case(
                customer.id,
                source=Source(values.pop("source")),
                **values,
                task_id=task_id,
                origin_key=f"desk:{actor().id}:{key}",
                actor=actor(),
                now=moment(),
            )
    except (Invalid, Conflict) as problem:
        return _new_page(customer, form_of(request.form, problem)), problem.status
    return done(_("The complaint is a case now. Somebody calls soon."), to("complaint", complaint_id=case.id))


def _new_page(customer: Customer | None, form: Form) -> str:
    now = moment()
    store = people.store(customer.store_id) if customer else store_in_view(actor())
    search = request.args.get("q", "")[:80]
    found = (
        customer_queries.page_of_customers(
            CustomerFilter(search=search, store_id=store.id), actor=actor(), now=now, limit=FOUND
        ).rows
        if search and customer is None
        else []
    )
    return page(
        "complaint_new.html",
        fragments={"found": "_found_customers.html"},
        customer=customer,
        store=store,
        form=form,
        search=search,
        found=[customer_present.row(row[0], row[1]) for row in found],
        open_case=queries.open_case_of(customer.id) if customer else None,
        visits=_visits_of(customer, store, now=now) if customer else [],
        staff_sources=[(source.value, word(SOURCES, source)) for source in STAFF_SOURCES],
    )


def _visits_of(customer: Customer, store: Store, *, now: datetime) -> list[tuple[int, str]]:
    """The visits one may complain about, as a select wants them."""
    rows = visits.of_customer(customer.id, actor=actor(), now=now)
    found = [row for row in rows if row.window_start <= now][:8]
    return [(row.id, f"{day_and_time(row.window_start, store.zone)} {word(TASK_TYPES, row.type)}") for row in found]
