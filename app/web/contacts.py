"""Contacts of a day: what the care plans wished for and what became of it; the runs, and asking for one."""

from datetime import timedelta

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.careplans import engine, occurrences
from app.careplans.occurrences import OccurrenceFilter
from app.careplans.plan_settings import PlanKind
from app.careplans.reasons import WORDS, OccurrenceState
from app.careplans.run_routes import ask_for_run
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.i18n import N_, pick
from app.people.access import Role
from app.people.auth import requires
from app.web.formats import reader_locale
from app.web.pages import actor, day_of, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
RUNS_SHOWN = 5

KINDS = {
    "recovery": N_("After a complaint"),
    "replenishment": N_("Running out"),
    "birthday": N_("Birthday"),
    "after_purchase": N_("After a purchase"),
    "festival": N_("Festival"),
    "milestone": N_("A child’s age"),
    "cadence": N_("Regular care"),
    "win_back": N_("Winning back"),
    "promotion": N_("Promotion"),
}
STATES = {
    "due": N_("not decided yet"),
    "booked": N_("booked"),
    "merged": N_("told with another"),
    "deferred": N_("put off"),
    "made": N_("under way"),
    "done": N_("done"),
    "missed": N_("missed"),
    "dropped": N_("dropped"),
    "ended": N_("ended"),
}
TONES = {
    "due": "info",
    "booked": "brand",
    "merged": "brand",
    "deferred": "warning",
    "made": "info",
    "done": "ok",
    "missed": "danger",
    "dropped": "quiet",
    "ended": "quiet",
}
RUN_STATES = {
    "asked": N_("waits for the worker"),
    "running": N_("at work"),
    "done": N_("done"),
    "abandoned": N_("broken off"),
}
RUN_TONES = {"asked": "info", "running": "brand", "done": "ok", "abandoned": "warning"}
COUNTS = {
    "new": N_("new"),
    "booked": N_("booked"),
    "merged": N_("told together"),
    "put_off": N_("put off"),
    "given_up": N_("missed or dropped"),
    "ended": N_("ended"),
    "tasks": N_("tasks"),
    "texts": N_("texts"),
}
"""What a run counts, in the order in which it is told."""


@web.get("/care/contacts")
@requires(*DESK)
def contacts() -> str:
    now = moment()
    stores = own_stores(actor())
    store_id = number_in_address("store")
    if store_id is None and len(stores) > 1:
        store_id = store_in_view(actor()).id
    if store_id is not None and store_id not in {store.id for store in stores}:
        raise NotFound
    shown = day_of(request.args.get("date")) or now.astimezone(engine.HOME_ZONE).date()
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    wanted = OccurrenceFilter(
        since=shown,
        until=shown,
        store_id=store_id,
        state=state if state in set(OccurrenceState) else None,
        kind=kind if kind in set(PlanKind) else None,
    )
    found = occurrences.page_of_occurrences(wanted, actor=actor(), now=now, cursor=request.args.get("cursor"))
    tally = occurrences.tally(shown, actor=actor(), store_id=store_id)
    return page(
        "contacts.html",
        fragments={"runs": "_contact_runs.html", "contacts": "_contact_rows.html"},
        stores=stores,
        store_id=store_id,
        shown=shown,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        wanted=wanted,
        rows=found.rows,
        next_cursor=found.next_cursor,
        tally=[(name, tally[name]) for name in STATES if tally.get(name)],
        total=sum(tally.values()),
        plan_names={row[0].plan_id: pick(row.plan_name, reader_locale()) for row in found.rows},
        runs=engine.runs(RUNS_SHOWN),
        may_run=actor().is_head_office,
        reasons=WORDS,
        KINDS=KINDS,
        STATES=STATES,
        TONES=TONES,
        RUN_STATES=RUN_STATES,
        RUN_TONES=RUN_TONES,
        COUNTS=COUNTS,
    )


@web.post("/care/contacts/run")
@requires(Role.HEAD_OFFICE)
def run_plans_now() -> AnyResponse:
    with transaction():
        ask_for_run(None, actor=actor(), now=moment())
    return done(_("The plans are being worked through. What they decide appears here."), to("contacts"))
