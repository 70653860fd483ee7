"""The address of the customer's page in texts: only where it may stand, and no key is given out for a preview."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.core.db import db
from app.customers import links
from app.customers.models import CustomerLinkRow
from app.messaging import outbound, page_links, visits
from app.messaging.kinds import Kind
from app.messaging.models import Message
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import make_staff
from tests.factories.tasks import make_task


@pytest.fixture
def task(session, now):
    ship_templates()
    associate = make_staff()
    customer = make_customer(store_id=associate.home_store_id)
    return make_task(customer=customer, assignee=associate)


def keys() -> int:
    return db.session.scalar(select(func.count()).select_from(CustomerLinkRow))


def booked(task, recipient):
    return visits.visit_draft(Kind.BOOKED, task, recipient)


def test_a_booking_carries_the_key_of_its_visit(task, now):
    recipient = outbound.recipient_of(task.customer_id)
    visits.replace_waiting(booked(task, recipient), recipient, reason="newer", now=now)
    body = db.session.scalars(select(Message.body)).one()
    key = links.open_link_of(task.customer_id, task_id=task.id, now=now)
    assert body.endswith(f" {key.url}")
    assert keys() == 1


def test_the_same_booking_again_is_left_in_peace(task, now):
    recipient = outbound.recipient_of(task.customer_id)
    for _time in range(2):
        visits.replace_waiting(booked(task, recipient), recipient, reason="newer", now=now)
    assert db.session.scalars(select(Message.state)).all() == ["pending"]


def test_where_texts_take_no_addresses_the_words_end_without_one(task, now):
    recipient = outbound.recipient_of(task.customer_id)
    plain = replace(recipient, country=replace(recipient.country, links=False))
    body, _id = outbound.body_of(plain, booked(task, plain), address=page_links.given_out(now))
    assert "http" not in body
    assert body.endswith("。")
    assert keys() == 0


def test_a_rehearsal_gives_out_no_key_but_counts_its_length(task, now):
    recipient = outbound.recipient_of(task.customer_id)
    rehearsed = outbound.compose(recipient, booked(task, recipient), now=now)
    assert keys() == 0
    visits.replace_waiting(booked(task, recipient), recipient, reason="newer", now=now)
    assert rehearsed.size.units == len(db.session.scalars(select(Message.body)).one())
