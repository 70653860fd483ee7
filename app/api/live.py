"""GET /events: the live stream. It says what changed; the page fetches what it may see."""

from __future__ import annotations

import queue
from collections.abc import Iterator

from flask import Blueprint, Response, request, stream_with_context
from sqlalchemy import select

from app.core import clock, live, presence
from app.core.db import db
from app.core.errors import Invalid, Problem
from app.core.i18n import N_
from app.people.access import Actor, Role, visible_stores
from app.people.auth import current_actor, requires
from app.people.models import Store
from app.people.queries import covered_by

blueprint = Blueprint("live", __name__)

PING_SECONDS = 15.0
MAX_TOPICS = 20
COMPANY_WIDE = frozenset({"care", "sandbox"})
"""Topics of the desk that belong to no store."""
LIFETIME_PINGS = 240
"""An hour: a stream ends then and the browser opens a new one, so that access is checked again."""


class StreamsFull(Problem):
    status = 503
    code = "streams-full"
    message = N_("Too many pages are watching live. This one looks again every few seconds.")


@blueprint.get("/events")
@blueprint.get("/api/v1/events", endpoint="events_api")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE, scope="live:read")
def events() -> Response:
    """Server-sent events for ?topics=leaderboard:{store},board:{store}:{date},conversations,complaints,me,care or
    sandbox."""
    actor = current_actor()
    topics = topics_for(actor, request.args.get("topics", "me"))
    if (mine := f"staff:{actor.id}") in topics and actor.is_associate:
        # What a colleague on leave would do is on this person's list too.
        topics |= dict.fromkeys(_covered_topics(actor), topics[mine])
    # A stream holds a thread for an hour; it must not hold a database connection too.
    db.session.remove()
    watching = live.hub.watch(frozenset(topics))
    try:
        mailbox = watching.__enter__()
    except live.Full as error:
        raise StreamsFull(extra={"retry_after": 10}) from error

    def stream() -> Iterator[str]:
        try:
            yield "retry: 3000\n\n"
            for _ping in range(LIFETIME_PINGS):
                if mine in topics:
                    presence.note_stream(mine)
                try:
                    changed = mailbox.get(timeout=PING_SECONDS)
                    yield f"event: changed\ndata: {topics[changed]}\n\n"
                except queue.Empty:
                    yield ": ping\n\n"
        finally:
            watching.__exit__(None, None, None)

    response = Response(stream_with_context(stream()), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _covered_topics(actor: Actor) -> list[str]:
    return [f"staff:{staff_id}" for staff_id in db.session.scalars(covered_by(actor.id, now=clock.now()))]


def topics_for(actor: Actor, asked: str) -> dict[str, str]:
    """Internal topic -> the name the page asked for, narrowed to what this person may watch; raises Invalid."""
    wanted: dict[str, str] = {}
    names = [name for name in asked.split(",") if name]
    if not names or len(names) > MAX_TOPICS:
        raise Invalid(errors={"topics": [N_("Name between 1 and 20 topics.")]})
    for name in names:
        kind, _, rest = name.partition(":")
        if kind == "me" and not rest:
            wanted[f"staff:{actor.id}"] = name
        elif kind == "conversations" and not rest:
            wanted |= dict.fromkeys(_inbox_topics(actor), name)
            wanted[f"staff:{actor.id}"] = wanted.get(f"staff:{actor.id}", name)
        elif kind == "complaints" and not rest:
            wanted |= {topic.replace("conversations", kind): name for topic in _inbox_topics(actor)}
        elif kind in ("leaderboard", "board", "conversations", "complaints") and _may_watch(actor, rest.split(":")[0]):
            wanted[name] = name
        elif kind == "import" and actor.role is not Role.ASSOCIATE:
            # It says only that a number moved; the page that looks again shows what the person may see.
            wanted[name] = name
        elif name in COMPANY_WIDE and actor.role is not Role.ASSOCIATE:
            wanted |= {name: name}
        else:
            raise Invalid(errors={"topics": [N_("This topic does not exist or is not yours.")]})
    return wanted


def _inbox_topics(actor: Actor) -> list[str]:
    """The stores whose conversations this person reads; head office also reads what strangers write."""
    if actor.role is not Role.HEAD_OFFICE:
        return [f"conversations:{store}" for store in actor.store_ids]
    stores = db.session.scalars(visible_stores(select(Store.id), actor))
    return [*(f"conversations:{store}" for store in stores), "conversations:unknown"]


def _may_watch(actor: Actor, store: str) -> bool:
    if not store.isdigit():
        return False
    return actor.role is Role.HEAD_OFFICE or int(store) in actor.store_ids
