"""The first page of head office: each store's day at a glance."""

from app.core import outbox
from app.people.access import Role
from app.people.auth import requires
from app.web import visits
from app.web.formats import local_day
from app.web.pages import actor, moment, page, web
from app.web.shop import own_stores


@web.get("/office")
@requires(Role.HEAD_OFFICE)
def office() -> str:
    now = moment()
    days = [
        (store, visits.counts_of(store, day=local_day(now, store.zone), actor=actor(), now=now))
        for store in own_stores(actor())
    ]
    return page(
        "office/overview.html",
        days=days,
        backlog=outbox.backlog(),
        now=now,
    )
