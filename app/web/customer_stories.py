"""A customer's whole story with its filters, and who read the file."""

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.customers import reads, service
from app.people import queries as people
from app.people.access import Role, may_lead_store
from app.people.auth import requires
from app.reports.export_lists import LISTS
from app.reports.timeline import kinds_of, story
from app.web import file_words
from app.web.formats import number
from app.web.pages import actor, moment, page, web
from app.web.story import shown, told_at
from app.web.words import CLIENTS, word

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)


@web.get("/customers/<int:customer_id>/timeline")
@requires(*DESK)
def customer_story(customer_id: int) -> str:
    now = moment()
    kinds = kinds_of(request.args.getlist("kind"))
    with transaction():
        found = service.get(customer_id, actor=actor(), now=now)
        told = story(found, actor=actor(), now=now, kinds=kinds, cursor=request.args.get("cursor"))
        reads.record(reads.TIMELINE, found, actor=actor(), now=now)
    store = people.store(found.store_id)
    return page(
        "customer/timeline.html",
        customer=found,
        zone=store.zone,
        now=now,
        kinds=file_words.STORY_KINDS,
        chosen=[kind.value for kind in kinds],
        lines=[shown(each, zone=store.zone, now=now) for each in told.moments],
        next_cursor=told.next_cursor,
    )


@web.get("/customers/<int:customer_id>/reads")
@requires(*DESK)
def customer_reads(customer_id: int) -> str:
    now = moment()
    view = request.args.get("view", "")
    kind = reads.Kind(view) if view in set(reads.Kind) else None
    with transaction():
        found = service.get(customer_id, actor=actor(), now=now)
        log = reads.page_of_log(customer_id, actor=actor(), now=now, kind=kind, cursor=request.args.get("cursor"))
    return page(
        "customer/reads.html",
        customer=found,
        zone=people.store(found.store_id).zone,
        kinds=file_words.LOG_KINDS,
        view=kind.value if kind else "",
        now=now,
        told_at=told_at,
        lines=[(line, _done(line), _program(line.client)) for line in log.rows],
        next_cursor=log.next_cursor,
        may_lead=may_lead_store(actor(), found.store_id),
    )


def _done(line: reads.LogLine) -> str:
    """What was done, with the fields that changed: "changed the file: phone, address"."""
    if line.kind is reads.Kind.EXPORT:
        taken = LISTS.get(line.list_key or "")
        title = _(taken.title) if taken else line.list_key
        return str(_("took away the list “%(list)s” with %(rows)s rows", list=title, rows=number(line.rows)))
    done = word(file_words.LOG_ACTIONS, line.action)
    changed = list(dict.fromkeys(word(file_words.FIELD_WORDS, name) for name in line.changed))
    return f"{done}: {', '.join(changed)}" if changed else done


def _program(client: str) -> str:
    """The program it was done with; a key of another system is named as it was when it was made."""
    if client.startswith("token:"):
        return str(_("key “%(name)s”", name=client.removeprefix("token:")))
    return word(CLIENTS, client)
