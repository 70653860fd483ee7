"""Who stays away, and giving a callback; who brings whom."""

from datetime import date
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.careplans import win_back
from app.careplans.win_back import TooSoon
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.customers import service as customers
from app.customers.values import Tier
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.purchases import lapsed as lapsed_customers
from app.purchases import referrals as referring
from app.purchases.lapsed import LapsedFilter, Silence
from app.purchases.referrals import ReferralState
from app.web.formats import day as day_words
from app.web.forms import Reader
from app.web.pages import actor, day_of, moment, number_in_address, own_address, page, to, web
from app.web.refusals import words_of
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
MOST_COUNTED = 1000

SILENCES = {Silence.NOT_BOUGHT: N_("Bought nothing for long"), Silence.NOT_CONTACTED: N_("Nobody has contacted them")}
REFERRAL_STATES = {
    "waiting": N_("has not bought yet"),
    "counted": N_("counts"),
    "taken_back": N_("taken back: everything was returned"),
    "void": N_("can’t count"),
}
REFERRAL_TONES = {"waiting": "info", "counted": "ok", "taken_back": "quiet", "void": "quiet"}
REFERRAL_SIGNS = {"waiting": "clock", "counted": "check", "taken_back": "undo", "void": "stop"}
VOID_REASONS = {
    "bought_before": N_("had bought before"),
    "same_household": N_("lives in the same household now"),
}


@web.get("/care/lapsed")
@requires(*DESK)
def lapsed() -> str:
    now = moment()
    stores = own_stores(actor())
    silence = Silence.NOT_CONTACTED if request.args.get("why") == Silence.NOT_CONTACTED else Silence.NOT_BOUGHT
    store_id = number_in_address("store")
    if store_id is not None and store_id not in {store.id for store in stores}:
        raise NotFound
    if store_id is None and len(stores) == 1:
        store_id = stores[0].id
    if silence is Silence.NOT_CONTACTED and store_id is None:
        # Whom nobody contacted is asked store by store: over all of them it would be most of the company at once.
        store_id = store_in_view(actor()).id
    tier = request.args.get("tier")
    wanted = LapsedFilter(
        silence=silence,
        store_id=store_id,
        owner_id=number_in_address("owner"),
        tier=Tier(tier) if tier in set(Tier) else None,
    )
    found = lapsed_customers.page_of_lapsed(wanted, actor=actor(), now=now, cursor=request.args.get("cursor"))
    offered = number_in_address("offer")
    return page(
        "lapsed.html",
        stores=stores,
        wanted=wanted,
        silences=[(silence.value, _(words)) for silence, words in SILENCES.items()],
        owners=people.associates_of(store_id) if store_id is not None else [],
        rows=found.rows,
        waiting=win_back.planned_for([row.customer_id for row in found.rows]),
        next_cursor=found.next_cursor,
        count=lapsed_customers.count_lapsed(wanted, actor=actor(), now=now, at_most=MOST_COUNTED),
        most_counted=MOST_COUNTED,
        offered=offered,
        offered_day=day_of(request.args.get("day")) if offered else None,
    )


@web.post("/care/lapsed/<int:customer_id>/call")
@requires(*DESK)
def call_back(customer_id: int) -> AnyResponse:
    """Plan the callback; when the household may not be contacted yet, come back with the day on which it may."""
    back = own_address(request.form.get("back"), to("lapsed"))
    form = Reader(request.form)
    day = form.date("day")
    try:
        form.check()
        with transaction():
            done = win_back.call_back(customer_id, day=day, actor=actor(), now=moment())
    except TooSoon as refused:
        free = str(refused.extra["next_free_day"])
        flash(
            _(
                "Not yet: this household was or will be contacted too close to that day. The next free day is %(day)s.",
                day=day_words(date.fromisoformat(free)),
            ),
            "warning",
        )
        mark = "&" if "?" in back else "?"
        return redirect(f"{back}{mark}offer={customer_id}&day={free}#c{customer_id}", 303)
    except (Conflict, Invalid) as refused:
        flash(words_of(refused), "warning")
        return redirect(back, 303)
    zone = people.store(done.task.store_id).zone
    when = day_words(done.task.window_start, zone)
    flash(_("The callback is planned for %(day)s.", day=when) if done.is_new else _("A callback waits already."), "ok")
    return redirect(back, 303)


@web.get("/care/referrals")
@requires(*DESK)
def referrals() -> str:
    now = moment()
    stores = own_stores(actor())
    store_id = number_in_address("store")
    if store_id is not None and store_id not in {store.id for store in stores}:
        raise NotFound
    state = request.args.get("state")
    wanted = ReferralState(state) if state in set(ReferralState) else None
    found = referring.page_of_referrals(
        actor=actor(), now=now, store_id=store_id, state=wanted, cursor=request.args.get("cursor")
    )
    return page(
        "referrals.html",
        stores=stores,
        store_id=store_id,
        store_names={store.id: store.name for store in stores},
        zones={store.id: store.zone for store in stores},
        state=wanted,
        rows=found.rows,
        next_cursor=found.next_cursor,
        best=referring.top_referrers(actor=actor(), now=now, store_id=store_id),
        **REFERRAL_WORDS,
    )


@web.post("/customers/<int:customer_id>/referrer")
@requires(*DESK)
def record_referrer(customer_id: int) -> AnyResponse:
    customers.get(customer_id, actor=actor(), now=moment())
    form = Reader(request.form)
    phone = form.text("referrer_phone", required=True, longest=40)
    back = to("customer", customer_id=customer_id) + "#referrals"
    try:
        form.check()
        with transaction():
            recorded = referring.record(customer_id, referrer_phone=phone, actor=actor(), now=moment())
    except (Conflict, Invalid) as refused:
        flash(words_of(refused), "warning")
        return redirect(back, 303)
    counts = recorded.counted_at is not None
    said = (
        _("It is written down, and counts.") if counts else _("It is written down. It counts with the first purchase.")
    )
    flash(said, "ok")
    return redirect(back, 303)


@web.post("/referrals/<int:referral_id>/withdraw")
@requires(*DESK)
def withdraw_referral(referral_id: int) -> AnyResponse:
    with transaction():
        referring.withdraw(referral_id, actor=actor(), now=moment())
    flash(_("The referral is taken back."), "ok")
    return redirect(own_address(request.form.get("back"), to("referrals")), 303)


REFERRAL_WORDS: dict[str, Any] = {
    "referral_states": REFERRAL_STATES,
    "referral_tones": REFERRAL_TONES,
    "referral_signs": REFERRAL_SIGNS,
    "void_reasons": VOID_REASONS,
}
