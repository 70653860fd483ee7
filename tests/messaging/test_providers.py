"""A further carrier is one file: it sends, reports, receives, and its codes mean what its file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from app.core import clock, config
from app.core.db import db
from app.customers import consent, numbers
from app.messaging import gateway, upkeep
from app.messaging.drain import Drain, drain_messages
from app.messaging.models import Inbound, Message, MessageAttempt, State
from app.messaging.providers import Carrier, Found, Outgoing, Sent
from app.settings import Settings, TwilioSettings, settings_from_environment
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.messaging import pigeon
from tests.messaging.carriers import Notepad

pytestmark = pytest.mark.usefixtures("session", "connected")


@pytest.fixture
def connected(app) -> Iterator[None]:
    """An installation whose texts go by pigeon, as two settings say."""
    before = config.settings()
    messaging = replace(
        before.messaging, carrier="tests.messaging.pigeon", carrier_options=(("loft", "roof 3"),), threads=2
    )
    config.use(replace(before, messaging=messaging))
    pigeon.LOFT.clear()
    yield
    config.use(before)


def sent_text(**changes: object) -> Message:
    message = make_message(**changes)
    drain_messages()
    db.session.expire_all()
    return db.session.get(Message, message.id)


def call(client, path: str, *, signature: str | None = None, **fields: str):
    body = urlencode(fields).encode()
    return client.post(
        path,
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Pigeon": signature or pigeon.sign(body)},
    )


def test_a_text_goes_out_through_the_carrier_that_the_settings_name():
    message = sent_text(body="【慧芳】您好")
    assert [one.body for one, _ in pigeon.LOFT] == ["【慧芳】您好"]
    assert (message.state, message.provider, message.provider_sid) == (State.SUBMITTED, "pigeon", "P0001")


def test_the_row_and_its_attempt_say_who_sent_it_from_where():
    message = sent_text()
    assert message.sender == "roof 3"
    assert db.session.scalar(select(MessageAttempt.provider)) == "pigeon"


def test_the_carrier_is_told_where_to_report_and_that_names_our_row():
    message = sent_text()
    assert pigeon.LOFT[0][0].callback_url == f"http://localhost/sms/pigeon/status?mid={message.id}"


def test_its_callback_moves_the_row(client):
    message = sent_text()
    answer = call(client, "/sms/pigeon/status", ring="P0001", what="landed", to=message.to_phone)
    assert answer.status_code == 204
    assert db.session.get(Message, message.id, populate_existing=True).state == State.DELIVERED


def test_its_callback_finds_the_row_by_our_own_id_before_the_answer_is_stored(client):
    message = make_message(state="unknown", provider="pigeon", attempt_no=1)
    call(client, f"/sms/pigeon/status?mid={message.id}", ring="P7", what="flew", to=message.to_phone)
    row = db.session.get(Message, message.id, populate_existing=True)
    assert (row.state, row.provider_sid) == (State.SENT, "P7")


def test_its_codes_mean_what_its_file_says(client, now):
    message = sent_text()
    call(client, "/sms/pigeon/status", ring="P0001", what="lost", code=str(pigeon.STORM), to=message.to_phone)
    again = db.session.scalar(select(Message).where(Message.parent_id == message.id))
    assert again.not_before == now + timedelta(minutes=10)


def test_a_bad_number_is_noted_with_its_code():
    message = sent_text(customer=make_customer(phone="+85251230000"))
    assert (message.state, numbers.fault_of(message.to_phone).code) == (State.FAILED, pigeon.NO_ROOF)


def test_a_customers_text_comes_in_through_it(client):
    customer = make_customer()
    answer = call(client, "/sms/pigeon/inbound", ring="IN1", **{"from": customer.phone}, to="roof 3", said="你好")
    assert answer.status_code == 204
    stored = db.session.scalar(select(Inbound))
    assert (stored.provider, stored.body, stored.customer_id) == ("pigeon", "你好", customer.id)


def test_a_stop_through_it_takes_effect_at_once(client):
    customer = make_customer()
    call(client, "/sms/pigeon/inbound", ring="IN1", **{"from": customer.phone}, to="roof 3", said="STOP")
    assert consent.is_opted_out(customer.phone)


@pytest.mark.parametrize("path", ["/sms/pigeon/status", "/sms/pigeon/inbound"])
def test_a_forged_call_is_refused_and_nothing_is_kept(client, path):
    message = sent_text()
    fields = {"ring": "P0001", "what": "landed", "to": message.to_phone, "from": message.to_phone, "said": "STOP"}
    assert call(client, path, signature="0" * 64, **fields).status_code == 403
    assert db.session.get(Message, message.id, populate_existing=True).state == State.SUBMITTED
    assert not consent.is_opted_out(message.to_phone)


def test_a_call_that_makes_no_sense_is_refused(client):
    assert call(client, "/sms/pigeon/status", ring="P1", what="sang").status_code == 422
    assert call(client, "/sms/pigeon/inbound", ring="", said="x").status_code == 422


@pytest.mark.parametrize("name", ["crow", "twilio", "sandbox"])
def test_a_carrier_that_is_not_ours_or_has_no_such_door_gets_nothing(client, name):
    assert call(client, f"/sms/{name}/inbound", ring="IN1").status_code in (403, 404)


def test_its_unknown_texts_are_looked_up_with_it(now):
    message = sent_text()
    pigeon_message = pigeon.LOFT[0][0]
    assert pigeon_message.to == message.to_phone
    assert upkeep.reconcile_unknown(now=now) == 0
    assert gateway.current().fetch("P0001").body == message.body


def test_rows_of_the_carrier_before_keep_their_codes():
    assert gateway.meaning_of("twilio", 21614).reason == "the number can't receive SMS"


# Rows of the carrier before


@pytest.fixture
def before(monkeypatch) -> Iterator[Notepad]:
    """Texts went by Twilio until yesterday, and its account still answers."""
    notepad = Notepad()
    monkeypatch.setattr(gateway, "BUILT_IN", {"twilio": Carrier(name="twilio", make=lambda _: notepad)})
    gateway._former.cache_clear()
    yield notepad
    gateway._former.cache_clear()


@pytest.fixture
def closed_account(monkeypatch, before) -> None:
    def refuse(_: Settings) -> Notepad:
        raise KeyError("its key is gone")

    monkeypatch.setattr(gateway, "BUILT_IN", {"twilio": Carrier(name="twilio", make=refuse)})


CALLED = datetime(2027, 3, 10, 2, tzinfo=UTC)


def unclear(**changes: object) -> Message:
    """A door code whose call by Twilio ended unclear, looked up for the last time."""
    values = {"state": "unknown", "provider": "twilio", "attempt_no": 1, "lookups": 3, "call_started_at": CALLED}
    return make_message(kind="door_code", next_attempt_at=datetime(2020, 1, 1, tzinfo=UTC), **values | changes)


def silent(now: datetime, **changes: object) -> Message:
    values = {"state": "sent", "provider": "twilio", "provider_sid": "SM1", "submitted_at": now, "status_rank": 40}
    message = make_message(**values | changes)
    db.session.commit()
    return message


def fresh(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get(Message, message.id)


def test_the_carrier_that_was_called_is_asked_about_an_unknown_text(before, now):
    message = unclear()
    before.found = [Found(sid="SM1", status="sent", body=message.body, created_at=CALLED)]
    assert upkeep.reconcile_unknown(now=now) == 1
    assert (fresh(message).state, fresh(message).provider, fresh(message).provider_sid) == (State.SENT, "twilio", "SM1")


@pytest.mark.usefixtures("closed_account")
def test_when_nobody_is_left_to_ask_a_person_is_and_nothing_goes_twice(now):
    message = unclear()
    assert upkeep.reconcile_unknown(now=now) == 1
    assert (fresh(message).state, fresh(message).end_reason) == (State.NEEDS_ATTENTION, upkeep.NEVER_KNOWN)


def test_credentials_that_merely_lie_in_the_shell_ask_nobody(monkeypatch):
    gateway._former.cache_clear()
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "12345")
    assert gateway.provider_named("twilio") is None


def test_the_carrier_that_took_a_silent_text_is_asked_about_it(before, now):
    message = silent(now)
    before.found = [Found(sid="SM1", status="delivered", body=message.body, created_at=CALLED)]
    assert upkeep.poll_silent(now=now + timedelta(hours=73)) == 1
    assert (fresh(message).state, fresh(message).provider) == (State.DELIVERED, "twilio")


@pytest.mark.usefixtures("closed_account")
def test_a_silent_text_that_nobody_can_be_asked_about_does_not_count_as_undelivered(now):
    message = silent(now)
    assert upkeep.poll_silent(now=now + timedelta(hours=25)) == 0
    assert upkeep.poll_silent(now=now + timedelta(hours=73)) == 1
    assert (fresh(message).state, fresh(message).end_reason) == (State.NEEDS_ATTENTION, upkeep.CARRIER_SILENT)


def test_a_carrier_whose_file_raises_loses_no_other_text():
    def stumble(message: Outgoing) -> None:
        if message.body == "bad":
            raise KeyError("a bug")

    provider = Notepad(on_send=stumble)
    rows = {body: make_message(body=body) for body in ("one", "bad", "two")}
    Drain(provider, settings=config.settings().messaging).run(stop_after_seconds=5)
    db.session.expire_all()
    states = {body: db.session.get(Message, row.id).state for body, row in rows.items()}
    assert states == {"one": State.SUBMITTED, "bad": State.UNKNOWN, "two": State.SUBMITTED}


def test_the_settings_name_the_carrier_and_what_it_needs(monkeypatch):
    for name, value in {
        "DATABASE_URL": "postgresql://localhost/x",
        "REDIS_URL": "redis://localhost",
        "SECRET_KEY": "x" * 32,
        "SMS_CARRIER": "tests.messaging.pigeon",
        "SMS_CARRIER_OPTIONS": "loft=roof 9",
    }.items():
        monkeypatch.setenv(name, value)
    settings = settings_from_environment()
    config.use(settings)
    assert (gateway.current().name, gateway.current().sender) == ("pigeon", "roof 9")


# Without a named one


def test_with_credentials_alone_it_is_twilio():
    twilio = TwilioSettings("AC" + "0" * 32, "12345", messaging_service_sid="MG" + "5" * 32)
    config.use(replace(config.settings(), messaging=replace(config.settings().messaging, carrier=""), twilio=twilio))
    assert (gateway.current().name, gateway.current().sender) == ("twilio", "MG" + "5" * 32)


def test_with_neither_it_is_the_sandbox():
    config.use(replace(config.settings(), messaging=replace(config.settings().messaging, carrier="")))
    assert gateway.is_sandbox()
    assert isinstance(gateway.current().send(Outgoing("a-1", "+85251230001", "x", "", 60)), Sent)


# How long the carrier may try


@pytest.mark.parametrize(
    ("kind", "useful", "seconds"),
    [
        ("on_the_way", timedelta(hours=2), 900),
        ("late", timedelta(hours=2), 900),
        ("on_the_way", timedelta(minutes=12), 720),
        ("door_code", timedelta(hours=2), 7200),
        ("booked", timedelta(days=3), 36_000),
        ("help", timedelta(seconds=20), 60),
    ],
)
def test_the_carrier_tries_as_long_as_the_text_is_of_use(now, kind, useful, seconds):
    from tests.factories.people import make_staff
    from tests.factories.tasks import make_task

    task = make_task(status="active", assignee=make_staff()) if kind != "help" else None
    with clock.fixed(now):
        sent_text(task=task, kind=kind, expires_at=now + useful)
    assert pigeon.LOFT[0][0].validity_seconds == seconds
