"""People of a store: what they can do, when they work, when they are away and who looks after their customers then."""

from datetime import date, timedelta

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import db, transaction
from app.core.i18n import N_
from app.people import hours, queries
from app.people.access import Role
from app.people.auth import requires
from app.people.hours import DayStretch, WeeklyStretch
from app.people.models import Staff, TimeOff, TimeOffReason
from app.web.formats import local_day
from app.web.forms import Reader
from app.web.pages import actor, done, moment, page, to, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
WEEK = 7
SPARE_STRETCHES = 2
SHOWN_PAST_DAYS = 60


@web.get("/people")
@requires(*DESK)
def people() -> str:
    store = store_in_view(actor())
    now = moment()
    today = local_day(now, store.zone)
    monday = today - timedelta(days=today.weekday())
    team = queries.supervisors_of(store.id) + queries.associates_of(store.id)
    days = queries.working_days(
        [person.id for person in team],
        first=monday,
        last=monday + timedelta(days=WEEK - 1),
        zone=queries.zone_of_store(store.id),
    )
    waiting = db.session.scalars(
        queries.visible_time_off(actor(), status="asked", store_id=store.id).order_by(TimeOff.starts_at)
    ).all()
    return page(
        "people.html",
        store=store,
        stores=own_stores(actor()),
        team=team,
        days=days,
        today=today,
        week_days=[monday + timedelta(days=number) for number in range(WEEK)],
        skills={skill.key: skill.label for skill in queries.skills()},
        waiting=waiting,
        names={person.id: person.name for person in team},
        zone=store.zone,
    )


@web.get("/people/<int:staff_id>")
@requires(*DESK)
def person(staff_id: int) -> str:
    found = queries.visible_person(staff_id, actor=actor())
    now = moment()
    zone = hours.zone_of(found)
    today = local_day(now, zone.key)
    absences = db.session.scalars(
        queries.time_off_of(staff_id, ends_after=now - timedelta(days=SHOWN_PAST_DAYS)).order_by(
            TimeOff.starts_at.desc()
        )
    ).all()
    may_manage = hours.may_manage(found, actor=actor())
    is_own = staff_id == actor().id
    return page(
        "person.html",
        them=found,
        zone=zone.key,
        now=now,
        today=today,
        may_manage=may_manage,
        week=_week_of(staff_id, today=today),
        exceptions=queries.shift_exceptions(staff_id, first=today),
        absences=[
            (
                absence,
                hours.allowed_actions(
                    absence,
                    may_decide=may_manage and (not is_own or actor().is_head_office),
                    may_cancel=may_manage or is_own,
                    now=now,
                ),
            )
            for absence in absences
        ],
        names=queries.names_of(
            {one for absence in absences for one in (absence.cover_id, absence.decided_by) if one is not None}
        ),
        covers=_possible_covers(found),
        skills={skill.key: skill.label for skill in queries.skills()},
        stores=[queries.store(store_id) for store_id in sorted(queries.store_ids_of(staff_id))],
        spare=range(SPARE_STRETCHES),
    )


@web.post("/people/<int:staff_id>/week")
@requires(*DESK)
def set_week(staff_id: int) -> AnyResponse:
    form = Reader(request.form)
    weekly = []
    for weekday in range(WEEK):
        for number in range(SPARE_STRETCHES):
            starts, ends = form.time(f"starts-{weekday}-{number}"), form.time(f"ends-{weekday}-{number}")
            if (starts is None) != (ends is None):
                form.complain("weekly", N_("Give both times, or neither for a free day."))
            elif starts and ends:
                weekly.append(WeeklyStretch(weekday, starts, ends))
    valid_from = form.date("valid_from")
    form.check()
    with transaction():
        hours.set_weekly(staff_id, weekly, actor=actor(), now=moment(), valid_from=valid_from)
    return done(_("The usual week is saved."), to("person", staff_id=staff_id))


@web.post("/people/<int:staff_id>/days")
@requires(*DESK)
def add_day(staff_id: int) -> AnyResponse:
    """One more day that differs from the usual week."""
    form = Reader(request.form)
    day = form.required_date("day")
    starts, ends = form.time("starts"), form.time("ends")
    note = form.text("note", longest=200)
    form.check()
    with transaction():
        kept = _kept_days(staff_id)
        hours.set_exceptions(staff_id, [*kept, DayStretch(day, starts, ends, note)], actor=actor(), now=moment())
    return done(_("The day is saved."), to("person", staff_id=staff_id))


@web.post("/people/<int:staff_id>/days/<int:exception_id>/drop")
@requires(*DESK)
def drop_day(staff_id: int, exception_id: int) -> AnyResponse:
    with transaction():
        kept = _kept_days(staff_id, except_id=exception_id)
        hours.set_exceptions(staff_id, kept, actor=actor(), now=moment())
    return done(_("The usual week holds on that day again."), to("person", staff_id=staff_id))


@web.post("/people/<int:staff_id>/time-off")
@requires(*DESK)
def ask_time_off(staff_id: int) -> AnyResponse:
    found = queries.visible_person(staff_id, actor=actor())
    form = Reader(request.form, zone=hours.zone_of(found).key)
    starts_at, ends_at = form.required_moment("starts_at"), form.required_moment("ends_at")
    reason = form.choice("reason", [*TimeOffReason])
    cover_id = form.integer("cover_id")
    note = form.text("note", longest=300)
    form.check()
    with transaction():
        absence = hours.request_time_off(
            staff_id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=TimeOffReason(reason),
            note=note,
            cover_id=cover_id,
            actor=actor(),
            now=moment(),
        )
        granted = absence.status == "approved"
    words = _("The time off is entered.") if granted else _("The time off is asked for.")
    return done(words, to("person", staff_id=staff_id))


@web.post("/people/<int:staff_id>/time-off/<int:time_off_id>/<any(approve, decline, cancel):verb>")
@requires(*DESK)
def decide_time_off(staff_id: int, time_off_id: int, verb: str) -> AnyResponse:
    form = Reader(request.form)
    note = form.text("note", longest=300)
    cover_id = form.integer("cover_id")
    form.check()
    with transaction():
        if verb == "approve":
            hours.approve_time_off(time_off_id, cover_id=cover_id, note=note, actor=actor(), now=moment())
        elif verb == "decline":
            hours.decline_time_off(time_off_id, note=note, actor=actor(), now=moment())
        else:
            hours.cancel_time_off(time_off_id, note=note, actor=actor(), now=moment())
    said = {
        "approve": _("The time off is granted."),
        "decline": _("The time off is declined."),
        "cancel": _("The time off is called off."),
    }
    return done(said[verb], to("person", staff_id=staff_id))


def _week_of(staff_id: int, *, today: date) -> list[list[tuple[str, str]]]:
    """Per weekday the stretches as the form shows them, with empty ones to fill in."""
    week: list[list[tuple[str, str]]] = [[] for _day in range(WEEK)]
    for stretch in queries.weekly_pattern(staff_id, day=today):
        week[stretch.weekday].append((f"{stretch.starts:%H:%M}", f"{stretch.ends:%H:%M}"))
    return [(day + [("", "")] * SPARE_STRETCHES)[:SPARE_STRETCHES] for day in week]


def _kept_days(staff_id: int, *, except_id: int | None = None) -> list[DayStretch]:
    found = queries.visible_person(staff_id, actor=actor())
    today = local_day(moment(), hours.zone_of(found).key)
    return [
        DayStretch(row.day, row.starts, row.ends, row.note)
        for row in queries.shift_exceptions(staff_id, first=today)
        if row.id != except_id
    ]


def _possible_covers(found: Staff) -> list[Staff]:
    """Colleagues of the same role; whether one is free is checked when the cover is named."""
    stores = queries.store_ids_of(found.id)
    team = [one for store_id in sorted(stores) for one in _team(store_id, found.role) if one.id != found.id]
    return list({one.id: one for one in team}.values())


def _team(store_id: int, role: str) -> list[Staff]:
    return queries.associates_of(store_id) if role == Role.ASSOCIATE else queries.supervisors_of(store_id)
