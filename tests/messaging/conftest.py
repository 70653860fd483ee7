"""A store with a customer who has written, and somebody of each role."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.factories.customers import make_customer
from tests.factories.messaging import make_conversation, make_inbound, make_message, ship_templates
from tests.factories.people import key_of, make_staff, make_store
from tests.factories.tasks import make_task
from tests.messaging.roles import World
from tests.scenes import scene


@scene
def messaging_scene(now: datetime) -> World:
    store, elsewhere = make_store(), make_store()
    people = {
        "head_office": make_staff("head_office"),
        "supervisor": make_staff("supervisor", store=store),
        "owner": make_staff(store=store, name="李嘉欣"),
        "colleague": make_staff(store=store),
        "other_supervisor": make_staff("supervisor", store=elsewhere),
    }
    customer = make_customer(store=store, owner=people["owner"], name="陈美玲")
    message = make_message(customer, state="delivered", provider="sandbox", submitted_at=now)
    make_inbound(customer, "你们几点下班？")
    conversation = make_conversation(customer, unread=1, last_inbound_at=now, waiting_since=now)
    make_task(customer=customer)
    ship_templates()
    headers = {name: key_of(person) for name, person in people.items()}
    return World(people, customer, store, message, conversation, headers)


@pytest.fixture
def world(messaging_scene: World) -> World:
    return messaging_scene
