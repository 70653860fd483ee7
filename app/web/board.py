"""The supervisor's day: the list, the side panel, and every step a supervisor may take with a task."""

from datetime import date, timedelta

from flask import redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.people.shifts import day_bounds
from app.reports import day as days
from app.reports.day import DayFilter, View
from app.tasks import queries, service
from app.tasks.kinds import CancelReason, FailReason, TaskType
from app.tasks.lifecycle import Verb
from app.tasks.models import Task
from app.tasks.service import Submission
from app.web import visits, words
from app.web.formats import local_day
from app.web.forms import Reader
from app.web.leaderboard import reason_of
from app.web.pages import actor, day_of, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
ROWS = 100
PLAIN_VERBS = (Verb.CONFIRM, Verb.START, Verb.ARRIVE, Verb.COMPLETE, Verb.UNDO)
REASONED_VERBS = (
    (Verb.COMPLETE_PARTLY.value, None),
    (Verb.FAIL.value, words.FAIL_REASONS),
    (Verb.CANCEL.value, words.CANCEL_REASONS),
    (Verb.REOPEN.value, None),
)
STEPS = ", ".join(f"'{verb}'" for verb in (*PLAIN_VERBS, *dict(REASONED_VERBS), Verb.RESCHEDULE))
KEPT_FILTERS = ("store", "type", "assignee", "view", "q")


@web.get("/board")
@requires(*DESK)
def board() -> str:
    store = store_in_view(actor())
    now = moment()
    today = local_day(now, store.zone)
    shown_day = _day_in_address() or today
    args = request.args
    wanted = DayFilter(
        store_id=store.id,
        day=shown_day,
        zone=store.zone,
        view=View(args["view"]) if args.get("view") in set(View) else View.ALL,
        type=args["type"] if args.get("type") in set(TaskType) else None,
        assignee_id=number_in_address("assignee"),
        q=args.get("q", "").strip()[:80],
    )
    found = days.rows(wanted, actor=actor(), now=now, cursor=args.get("cursor"), limit=ROWS)
    counted = days.counts(wanted, actor=actor(), now=now)
    associates = people.associates_of(store.id)
    first, last = day_bounds(shown_day, people.zone_of_store(store.id))
    chosen = number_in_address("task")
    detail = visits.detail(chosen, actor=actor(), now=now) if chosen else None
    return page(
        "board.html",
        fragments={"day": "_day.html", "panel": "_panel.html"},
        store=store,
        stores=own_stores(actor()),
        zone=store.zone,
        now=now,
        shown_day=shown_day,
        is_today=shown_day == today,
        is_watched=shown_day >= today,
        day_before=shown_day - timedelta(days=1),
        day_after=shown_day + timedelta(days=1),
        kept=[(name, args[name]) for name in KEPT_FILTERS if args.get(name)],
        wanted={
            "q": wanted.q,
            "type": wanted.type,
            "assignee": wanted.assignee_id,
            "view": wanted.view.value,
            "is_narrow": bool(wanted.q or wanted.type or wanted.assignee_id or wanted.view),
        },
        views=_views(counted),
        rows=found.rows,
        next_cursor=found.next_cursor,
        associates=associates,
        away=people.away_among([one.id for one in associates], starts=first, ends=last),
        held_rows=days.held_work(actor=actor(), store_id=store.id),
        chosen_id=detail.task.id if detail else None,
        detail=detail,
        plain_verbs=PLAIN_VERBS,
        reasoned_verbs=REASONED_VERBS,
        reason_of=reason_of,
    )


@web.get("/tasks/<int:task_id>")
@requires(*DESK)
def task(task_id: int) -> AnyResponse:
    """The address of one task: its day, with the panel open."""
    found = queries.task(task_id, actor=actor(), now=moment())
    day = local_day(found.window_start, people.store(found.store_id).zone)
    return redirect(to("board", store=found.store_id, date=day.isoformat(), task=task_id), 303)


@web.post("/tasks/<int:task_id>/assign")
@requires(*DESK)
def assign_task(task_id: int) -> AnyResponse:
    form = Reader(request.form)
    staff_id = form.integer("staff_id")
    version = form.required_integer("version")
    if staff_id is None:
        form.complain("staff_id", N_("Choose who does it. To take a task back, give it to somebody else or cancel it."))
    form.check()
    assert staff_id is not None
    with transaction():
        service.assign(task_id, staff_id, version=version, actor=actor(), now=moment())
    return done(_("%(name)s has the task now.", name=people.staff(staff_id).name), to("task", task_id=task_id))


@web.post("/board/assign")
@requires(*DESK)
def assign_many() -> AnyResponse:
    """Several tasks to one person: each is its own change, so that one that moved on doesn't hold up the others."""
    form = Reader(request.form)
    staff_id = form.required_integer("staff_id")
    chosen = [_id_and_version(value) for value in request.form.getlist("task")]
    if not chosen or None in chosen:
        form.complain("task", N_("Choose at least one task."))
    form.check()
    refused = 0
    for task_id, version in filter(None, chosen):
        try:
            with transaction():
                service.assign(task_id, staff_id, version=version, actor=actor(), now=moment())
        except (Conflict, NotFound):
            refused += 1
    given = len(chosen) - refused
    said = ngettext("%(num)s task is assigned.", "%(num)s tasks are assigned.", given)
    if refused:
        said += " " + ngettext(
            "%(num)s had changed meanwhile and was left alone.",
            "%(num)s had changed meanwhile and were left alone.",
            refused,
        )
    return done(said, to("board"))


@web.post(f"/tasks/<int:task_id>/<any({STEPS}):verb>")
@requires(*DESK)
def step(task_id: int, verb: str) -> AnyResponse:
    """One step of a task, by its verb. What is allowed decides the transition table, not this page."""
    found = queries.task(task_id, actor=actor(), now=moment())
    form = Reader(request.form, zone=people.store(found.store_id).zone)
    version = form.required_integer("version")
    with transaction():
        _take(Verb(verb), found, form, version=version)
    return done(_(SAID[Verb(verb)]), to("task", task_id=task_id))


@web.post("/held/<int:held_id>/<any(accept, dismiss):verb>")
@requires(*DESK)
def decide_held(held_id: int, verb: str) -> AnyResponse:
    form = Reader(request.form)
    note = form.text("note", longest=300)
    form.check()
    with transaction():
        if verb == "accept":
            service.accept_held(held_id, note=note, actor=actor(), now=moment())
        else:
            service.dismiss_held(held_id, note=note, actor=actor(), now=moment())
    said = _("The work counts now.") if verb == "accept" else _("The task stays as it is. What was sent is kept.")
    return done(said, to("board"))


SAID = {
    Verb.CONFIRM: N_("Confirmed in the customer's name."),
    Verb.START: N_("Noted: on the way."),
    Verb.ARRIVE: N_("Noted: arrived."),
    Verb.COMPLETE: N_("The task is finished."),
    Verb.COMPLETE_PARTLY: N_("Finished in part. The rest is a new task."),
    Verb.FAIL: N_("Noted, with the reason."),
    Verb.RESCHEDULE: N_("The time is moved; the customer hears of it."),
    Verb.CANCEL: N_("The task is cancelled; the customer hears of it."),
    Verb.UNDO: N_("The ending is taken back."),
    Verb.REOPEN: N_("The task is open again."),
}


def _take(verb: Verb, found: Task, form: Reader, *, version: int) -> None:
    who, now = actor(), moment()
    if verb is Verb.CONFIRM:
        form.check()
        service.confirm(found.id, version=version, actor=who, now=now)
    elif verb is Verb.RESCHEDULE:
        start, end = form.required_moment("window_start"), form.required_moment("window_end")
        form.check()
        service.reschedule(found.id, window_start=start, window_end=end, version=version, actor=who, now=now)
    elif verb is Verb.CANCEL:
        reason, note = form.choice("reason", [*CancelReason]), form.text("note", longest=500)
        form.check()
        service.cancel(found.id, reason=reason, note=note, version=version, actor=who, now=now)
    elif verb is Verb.REOPEN:
        reason = form.text("reason", required=True, longest=300)
        form.check()
        service.reopen(found.id, reason=reason, version=version, actor=who, now=now)
    elif verb is Verb.UNDO:
        form.check()
        service.undo(found.id, version=version, actor=who, now=now)
    else:
        _record_work(verb, found.id, form, version=version)


def _record_work(verb: Verb, task_id: int, form: Reader, *, version: int) -> None:
    """Steps of the work itself, written down for the associate."""
    reason = form.choice("reason", [*FailReason]) if verb is Verb.FAIL else ""
    note = form.text("note" if verb is not Verb.COMPLETE_PARTLY else "reason", longest=500)
    form.check()
    work = Submission(version=version, reason=reason, note=note, lines=_lines(form))
    service.submit(verb, task_id, work=work, actor=actor(), now=moment())


def _lines(form: Reader) -> list[dict[str, int]] | None:
    """What was handed over of each line, when the form has such fields."""
    ids = form.integers("line")
    found = [
        {
            "id": line_id,
            "delivered": form.integer(f"delivered-{line_id}") or 0,
            "refused": form.integer(f"refused-{line_id}") or 0,
        }
        for line_id in ids
    ]
    form.check()
    return found or None


def _views(counted: dict[View, int]) -> list[tuple[str, str, int, str]]:
    labels: list[tuple[View, str, str]] = [
        (View.ALL, _("All"), ""),
        (View.LATE, _("Late"), "late"),
        (View.UNASSIGNED, _("Unassigned"), "waiting"),
        (View.UNCONFIRMED, _("Not confirmed yet"), ""),
        (View.CONFIRMED, _("Confirmed"), ""),
        (View.ACTIVE, _("Under way"), ""),
        (View.DONE, _("Done"), ""),
    ]
    return [(view.value, text, counted[view], tone) for view, text, tone in labels]


def _day_in_address() -> date | None:
    text = request.args.get("date", "")
    if not text:
        return None
    day = day_of(text)
    if day is None:
        raise NotFound(N_("There is no such day."))
    return day


def _id_and_version(value: str) -> tuple[int, int] | None:
    task_id, _colon, version = value.partition(":")
    return (int(task_id), int(version)) if task_id.isdecimal() and version.isdecimal() else None
