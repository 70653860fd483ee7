"""Planning a task by hand: whom, what, when, by whom."""

import re
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_
from app.customers import contacts, present
from app.customers import queries as customer_queries
from app.customers import service as customer_service
from app.customers.models import Customer
from app.customers.queries import CustomerFilter
from app.people import queries as people
from app.people.access import Role
from app.people.auth import requires
from app.people.models import Store
from app.tasks import service
from app.tasks.creating import EXPECTED_MINUTES
from app.tasks.kinds import Direction, Reason, TaskType
from app.tasks.service import NewLine, NewTask
from app.web.formats import local_day
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, number_in_address, page, to, web
from app.web.shop import own_stores, store_in_view

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
FOUND = 8
USUAL_WINDOW = timedelta(hours=2)
FIRST_HOUR, LAST_HOUR = 10, 18
GOODS = re.compile(r"^\s*(?:(\d{1,4})\s*[x×*]\s*)?(.+?)(?:\s*[x×*]\s*(\d{1,4}))?\s*$")


@web.route("/tasks/new", methods=["GET", "POST"])
@requires(*DESK)
def new_task() -> Any:
    chosen = number_in_address("customer")
    customer = customer_service.get(chosen, actor=actor(), now=moment()) if chosen else None
    if request.method == "POST" and customer is not None:
        return _create(customer)
    store = people.store(customer.store_id) if customer else store_in_view(actor())
    return _page(customer, store, Form(values=_usual_values(store)))


def _create(customer: Customer) -> Any:
    store = people.store(customer.store_id)
    form = Reader(request.form, zone=store.zone)
    try:
        new = NewTask(
            customer_id=customer.id,
            type=form.choice("type", [*TaskType]),
            reason=form.choice("reason", [*Reason]),
            direction=form.optional_choice("direction", [*Direction]),
            window_start=form.required_moment("window_start"),
            window_end=form.required_moment("window_end"),
            expected_minutes=form.integer("expected_minutes", lowest=1, highest=1440),
            assignee_id=form.integer("assignee_id"),
            note=form.text("note", longest=1000),
            lines=_goods(form),
        )
        form.check()
        with transaction():
            task = service.create(new, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _page(customer, store, form_of(request.form, problem)), problem.status
    day = local_day(task.window_start, store.zone).isoformat()
    words = _("The task is planned and %(name)s hears of it.", name=customer.name)
    if task.assignee_id is None:
        words = _("The task is planned. The customer hears of it when somebody has it.")
    return done(words, to("board", store=store.id, date=day, task=task.id))


def _goods(form: Reader) -> list[NewLine]:
    """One line each: "2 x Milk powder", "Milk powder x 2", or only the name."""
    if form.posted.get("type") != TaskType.DELIVERY:
        return []
    lines = []
    for text in form.text("goods", longest=2000).splitlines():
        match = GOODS.match(text)
        if not text.strip() or match is None:
            continue
        quantity = int(match[1] or match[3] or 1)
        if quantity < 1:
            form.complain("goods", N_("A quantity is at least one."))
        lines.append(NewLine(quantity=max(quantity, 1), name=match[2][:200]))
    return lines


def _usual_values(store: Store) -> dict[str, Any]:
    start = _next_window(store)
    return {
        "type": request.args.get("type", TaskType.HOME_VISIT.value),
        "reason": request.args.get("reason", Reason.CARE.value),
        "window_start": f"{start:%Y-%m-%dT%H:%M}",
        "window_end": f"{start + USUAL_WINDOW:%Y-%m-%dT%H:%M}",
    }


def _next_window(store: Store) -> datetime:
    """The next full hour within the hours of visits, on the day in the address if it lies ahead."""
    zone = ZoneInfo(store.zone)
    soon = moment().astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(hours=1)
    try:
        wanted = datetime.combine(datetime.fromisoformat(request.args.get("date", "")).date(), time(FIRST_HOUR))
    except ValueError:
        wanted = soon
    start = max(soon, wanted)
    if start.hour < FIRST_HOUR:
        return start.replace(hour=FIRST_HOUR)
    if start.hour >= LAST_HOUR:
        return datetime.combine(start.date() + timedelta(days=1), time(FIRST_HOUR))
    return start


def _page(customer: Customer | None, store: Store, form: Form) -> str:
    now = moment()
    search = request.args.get("q", "").strip()[:80]
    found = []
    if customer is None and search:
        rows = customer_queries.page_of_customers(
            CustomerFilter(search=search, store_id=store.id), actor=actor(), now=now, limit=FOUND
        ).rows
        found = [present.row(row[0], row[1]) for row in rows]
    return page(
        "task_new.html",
        fragments={"found": "_found_customers.html"},
        customer=customer,
        store=store,
        stores=own_stores(actor()),
        zone=store.zone,
        now=now,
        form=form,
        search=search,
        found=found,
        associates=people.associates_of(store.id),
        budget=contacts.budget(customer.household_id, now=now) if customer else None,
        usual_minutes={kind.value: minutes for kind, minutes in EXPECTED_MINUTES.items()},
    )
