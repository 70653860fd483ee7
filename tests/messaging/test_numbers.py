"""Numbers that can't receive SMS: noted from the carrier's word, shown, left alone, cleared by a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.db import db
from app.customers import numbers
from app.messaging import callbacks, policy
from app.messaging.callbacks import Report
from app.messaging.drain import Drain
from app.messaging.models import Message, State
from app.messaging.providers import Permanent
from app.people.access import Actor, Role
from app.people.models import Staff, Store
from app.settings import MessagingSettings
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.factories.people import make_staff, make_store
from tests.messaging.carriers import Notepad

pytestmark = pytest.mark.usefixtures("session")

LANDLINE = Permanent(code=21614, http_status=400, number_is_bad=True)
CANNOT = "the number can't receive SMS"


def run(*outcomes: object) -> Notepad:
    provider = Notepad(*outcomes)
    Drain(provider, settings=MessagingSettings(threads=1)).run(stop_after_seconds=5)
    db.session.expire_all()
    return provider


def test_a_number_that_the_carrier_calls_bad_is_noted_on_the_file(now):
    message = make_message()
    run(LANDLINE)
    fault = numbers.fault_of(message.to_phone)
    assert (fault.code, fault.reason, fault.noted_at) == (21614, CANNOT, now)


@pytest.mark.parametrize("code", [30005, 30006])
def test_a_number_that_turns_out_bad_later_is_noted_as_well(now, code):
    message = make_message(state="submitted", provider="twilio", provider_sid="SM1", submitted_at=now)
    callbacks.receive(
        Report(provider="twilio", sid="SM1", status="undelivered", to_phone=message.to_phone, error_code=code), now=now
    )
    assert numbers.fault_of(message.to_phone).code == code


def test_a_text_that_was_refused_for_itself_leaves_the_number_alone():
    message = make_message()
    run(Permanent(code=21617, http_status=400))
    assert numbers.fault_of(message.to_phone) is None


def test_further_automatic_texts_to_it_are_not_sent_and_say_why():
    customer = make_customer()
    make_message(customer)
    run(LANDLINE)
    reminder = make_message(customer, kind="booked")
    provider = run()
    row = db.session.get(Message, reminder.id)
    assert (row.state, row.end_reason) == (State.SUPPRESSED, policy.NUMBER_IS_BAD)
    assert provider.asked == []


@pytest.mark.parametrize("kind", ["staff", "help", "slots"])
def test_what_a_person_writes_and_what_answers_the_customer_is_still_tried(now, kind):
    customer = make_customer()
    numbers.note_fault(customer.phone, reason=CANNOT, code=21614, now=now)
    message = make_message(customer, kind=kind)
    run()
    assert db.session.get(Message, message.id).state == State.SUBMITTED


def test_once_a_person_has_cleared_it_texts_go_out_again(now):
    customer = make_customer()
    numbers.note_fault(customer.phone, reason=CANNOT, code=21614, now=now)
    person = make_staff("supervisor")
    actor = Actor(person.id, person.name, Role.SUPERVISOR, frozenset(), "en", "web")
    assert numbers.clear_fault(customer.phone, actor=actor, now=now)
    message = make_message(customer, kind="booked")
    run()
    assert db.session.get(Message, message.id).state == State.SUBMITTED


def test_a_cleared_number_that_fails_again_is_noted_again(now):
    customer = make_customer()
    numbers.note_fault(customer.phone, reason=CANNOT, code=21614, now=now)
    numbers.clear_fault(customer.phone, actor=Actor.system(), now=now)
    assert numbers.fault_of(customer.phone) is None
    numbers.note_fault(customer.phone, reason=CANNOT, code=30006, now=now + timedelta(days=1))
    db.session.expire_all()
    assert numbers.fault_of(customer.phone).code == 30006


def test_a_new_number_is_not_under_suspicion(now):
    customer = make_customer()
    numbers.note_fault(customer.phone, reason=CANNOT, code=21614, now=now)
    customer.phone = "+85251239999"
    db.session.flush()
    assert numbers.fault_of(customer.phone) is None
    message = make_message(customer, kind="booked")
    run()
    assert db.session.get(Message, message.id).state == State.SUBMITTED


def test_the_first_word_of_the_carrier_stands_until_somebody_looks(now):
    numbers.note_fault("+85251230001", reason=CANNOT, code=21614, now=now)
    numbers.note_fault("+85251230001", reason=CANNOT, code=30006, now=now + timedelta(hours=1))
    assert numbers.fault_of("+85251230001").code == 21614


# Seen and cleared over the API


@pytest.fixture
def file(now):
    store = make_store()
    customer = make_customer(store=store, owner=make_staff("associate", store))
    numbers.note_fault(customer.phone, reason=CANNOT, code=21614, now=now)
    db.session.commit()
    return customer


@pytest.mark.parametrize("role", ["head_office", "supervisor", "associate"])
def test_the_file_shows_that_the_number_can_not_receive(client, sign_in, file, role):
    person = db.session.get_one(Staff, file.owner_id) if role == "associate" else leader(role, file)
    shown = client.get(f"/api/v1/customers/{file.id}", headers=sign_in(person)).json
    assert shown["phone_fault"]["code"] == 21614
    assert shown["phone_fault"]["reason"]


def leader(role, file):
    return make_staff(role, None if role == "head_office" else store_of(file))


def store_of(file):
    return db.session.get_one(Store, file.store_id)


@pytest.mark.parametrize("role", ["head_office", "supervisor"])
def test_who_leads_the_store_clears_it(client, sign_in, file, role):
    answer = client.delete(f"/api/v1/customers/{file.id}/phone-fault", headers=sign_in(leader(role, file)))
    assert (answer.status_code, answer.json["phone_fault"]) == (200, None)
    assert numbers.fault_of(file.phone) is None


def test_an_associate_asks_the_supervisor(client, sign_in, file):
    owner = db.session.get_one(Staff, file.owner_id)
    assert client.delete(f"/api/v1/customers/{file.id}/phone-fault", headers=sign_in(owner)).status_code == 403


def test_of_another_stores_customer_nobody_learns(client, sign_in, file):
    stranger = make_staff("supervisor", make_store())
    assert client.delete(f"/api/v1/customers/{file.id}/phone-fault", headers=sign_in(stranger)).status_code == 404


def test_the_supervisor_finds_the_customers_who_can_not_be_reached(client, sign_in, file):
    boss = leader("supervisor", file)
    make_customer(store=store_of(file))
    found = client.get("/api/v1/customers?phone_fault=true", headers=sign_in(boss)).json
    assert [row["id"] for row in found["items"]] == [file.id]
    assert numbers.count_at_fault(actor_of(boss, file), now=datetime(2027, 3, 10, 2, tzinfo=UTC)) == 1


def actor_of(person, file):
    return Actor(person.id, person.name, Role.SUPERVISOR, frozenset({file.store_id}), "en", "web")
