"""Twilio's webhooks: genuine ones are kept, forged ones refused, repeated ones do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.core import config
from app.core.db import db
from app.customers import consent
from app.messaging import service
from app.messaging.drain import Drain
from app.messaging.models import Inbound, Message, ProviderEvent, State
from app.messaging.providers.twilio import TwilioProvider
from app.settings import MessagingSettings, TwilioSettings
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message, make_question, ship_templates
from tests.factories.people import make_staff
from tests.factories.tasks import make_task
from tests.simulator.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, TwilioSimulator

pytestmark = pytest.mark.usefixtures("session")

PUBLIC = "https://care.example.test"
INBOUND = f"{PUBLIC}/twilio/inbound"
PHONE = "+85261234567"


@pytest.fixture(scope="module")
def simulator() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as running:
        yield running


@pytest.fixture(autouse=True)
def connected(app, simulator) -> Iterator[None]:
    """The application with Twilio's credentials, one token being rotated out."""
    before = config.settings()
    twilio = TwilioSettings(
        account_sid=ACCOUNT_SID,
        auth_token="the-new-token",
        auth_token_old=AUTH_TOKEN,
        from_number=FROM_NUMBER,
        api_base_url=simulator.url,
    )
    config.use(replace(before, twilio=twilio, public_url=PUBLIC))
    simulator.reset()
    yield
    config.use(before)


@pytest.fixture
def post(client):
    """Delivers a webhook to the application under test, as a proxy would: plain HTTP, another host."""

    def deliver(url: str, form: dict[str, str], headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        answer = client.post(f"{parts.path}?{parts.query}", data=form, headers=headers)
        return answer.status_code

    return deliver


def texts() -> list[str]:
    return list(db.session.scalars(select(Inbound.body).order_by(Inbound.id)))


def test_a_signed_text_is_kept_and_answered_with_nothing(client, simulator):
    form = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "To": FROM_NUMBER, "Body": "你好", "AccountSid": ACCOUNT_SID}
    headers = {"X-Twilio-Signature": simulator.sign(INBOUND, form)}
    answer = client.post("/twilio/inbound", data=form, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text.endswith("<Response/>")
    assert texts() == ["你好"]


def test_the_new_token_is_taken_as_well_as_the_old(simulator, post):
    for token in (AUTH_TOKEN, "the-new-token"):
        assert simulator.text_in(to_url=INBOUND, sender=PHONE, body=token, post=post, token=token) == 200
    assert texts() == [AUTH_TOKEN, "the-new-token"]


def test_a_text_signed_with_a_wrong_token_is_refused_and_not_kept(simulator, post):
    assert simulator.text_in(to_url=INBOUND, sender=PHONE, body="STOP", post=post, token="wrong") == 403
    assert texts() == []
    assert not consent.is_opted_out(PHONE)


def test_an_unsigned_text_is_refused(client):
    answer = client.post("/twilio/inbound", data={"MessageSid": "SM" + "1" * 32, "From": PHONE, "Body": "1"})
    assert (answer.status_code, answer.json["code"]) == (403, "bad-signature")


def test_a_changed_body_is_refused(client, simulator):
    form = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "Body": "1", "AccountSid": ACCOUNT_SID}
    headers = {"X-Twilio-Signature": simulator.sign(INBOUND, form)}
    assert client.post("/twilio/inbound", data={**form, "Body": "STOP"}, headers=headers).status_code == 403


def test_a_parameter_that_we_do_not_know_is_signed_too(client, simulator):
    form = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "Body": "1", "AccountSid": ACCOUNT_SID, "NewThing": "x"}
    headers = {"X-Twilio-Signature": simulator.sign(INBOUND, form)}
    assert client.post("/twilio/inbound", data=form, headers=headers).status_code == 200


def test_a_genuine_request_of_another_account_is_refused(client, simulator):
    form = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "Body": "1", "AccountSid": "AC" + "9" * 32}
    headers = {"X-Twilio-Signature": simulator.sign(INBOUND, form)}
    assert client.post("/twilio/inbound", data=form, headers=headers).status_code == 403


def test_a_signature_for_another_address_is_refused(client, simulator):
    form = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "Body": "1", "AccountSid": ACCOUNT_SID}
    headers = {"X-Twilio-Signature": simulator.sign(f"{PUBLIC}/twilio/status", form)}
    assert client.post("/twilio/inbound", data=form, headers=headers).status_code == 403


@pytest.mark.parametrize("form", [{"From": PHONE}, {"MessageSid": "x", "From": PHONE}, {"MessageSid": "SM" + "1" * 32}])
def test_a_signed_but_incomplete_text_is_unprocessable(client, simulator, form):
    form = form | {"AccountSid": ACCOUNT_SID, "Body": "1"}
    headers = {"X-Twilio-Signature": simulator.sign(INBOUND, form)}
    assert client.post("/twilio/inbound", data=form, headers=headers).status_code == 422
    assert texts() == []


def test_a_repeated_text_is_kept_once_and_takes_effect_once(simulator, post, drain):
    customer = make_customer(phone=PHONE)
    for _ in range(3):
        assert simulator.text_in(to_url=INBOUND, sender=PHONE, body="在吗", post=post, sid="SM" + "7" * 32) == 200
    drain()
    assert texts() == ["在吗"]
    assert service.queries.conversation_of(customer.id).unread == 1


def test_a_nul_in_a_text_does_no_harm(simulator, post):
    assert simulator.text_in(to_url=INBOUND, sender=PHONE, body="a\x00b", post=post) == 200
    assert texts() == ["ab"]


@pytest.mark.parametrize("word", ["STOP", "退订"])
def test_a_stop_is_in_force_when_the_webhook_answers(simulator, post, word):
    assert simulator.text_in(to_url=INBOUND, sender=PHONE, body=word, post=post) == 200
    assert consent.is_opted_out(PHONE)


def test_what_the_carrier_calls_a_stop_is_one(simulator, post):
    assert simulator.text_in(to_url=INBOUND, sender=PHONE, body="ARRET", post=post, opt_out_type="STOP") == 200
    assert consent.is_opted_out(PHONE)


def test_the_carriers_help_is_not_answered_twice(simulator, post, drain):
    ship_templates()
    make_customer(phone=PHONE)
    simulator.text_in(to_url=INBOUND, sender=PHONE, body="HELP", post=post)
    drain()
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_reply_over_twilio_confirms_the_visit(simulator, post, drain, now):
    ship_templates()
    customer = make_customer(phone=PHONE)
    task = make_task(customer=customer, assignee=make_staff())
    message = make_message(customer, task=task, kind="booked", state="delivered", submitted_at=now)
    make_question(message)
    assert simulator.text_in(to_url=INBOUND, sender=PHONE, body="１", post=post) == 200
    drain()
    assert db.session.get(Task, task.id).confirmed_at == now


def test_while_the_database_is_away_the_carrier_is_asked_to_come_again(simulator, post, monkeypatch):
    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(service, "receive_inbound", away)
    assert simulator.text_in(to_url=INBOUND, sender=PHONE, body="1", post=post) == 503


# Status callbacks


def sent(simulator: TwilioSimulator, **changes: object) -> Message:
    """A text sent through the real SDK to the simulator."""
    settings = replace(config.settings().twilio, auth_token=AUTH_TOKEN)
    message = make_message(**changes)
    Drain(TwilioProvider(settings, timeout_seconds=5, threads=2), settings=MessagingSettings(threads=2)).run(
        stop_after_seconds=5
    )
    return fresh(message)


def fresh(message: Message) -> Message:
    db.session.expire_all()
    return db.session.get(Message, message.id)


def test_callbacks_follow_the_text_to_its_end(simulator, post):
    message = sent(simulator)
    assert simulator.report(simulator.messages[0], ["sending", "sent", "delivered"], post=post) == [204, 204, 204]
    assert fresh(message).state == State.DELIVERED


def test_callbacks_three_times_and_backwards_end_alike(simulator, post):
    message = sent(simulator)
    simulator.report(simulator.messages[0], ["delivered", "sent", "sending", "queued"], post=post, times=3)
    assert (fresh(message).state, fresh(message).provider_status) == (State.DELIVERED, "delivered")
    assert db.session.scalar(select(func.count()).select_from(ProviderEvent)) == 4


def test_a_failure_keeps_its_code(simulator, post):
    message = sent(simulator)
    simulator.report(simulator.messages[0], ["sent", "undelivered"], post=post, error_code=30005)
    assert (fresh(message).state, fresh(message).error_code) == (State.UNDELIVERED, 30005)


def test_a_forged_callback_changes_nothing(simulator, post):
    message = sent(simulator)
    assert simulator.report(simulator.messages[0], ["delivered"], post=post, token="wrong") == [403]
    assert fresh(message).state == State.SUBMITTED
    assert db.session.scalar(select(func.count()).select_from(ProviderEvent)) == 0


def test_a_callback_moved_to_another_row_is_refused(simulator, post, client):
    message = sent(simulator)
    other = make_message()
    form = simulator.callback_form(simulator.messages[0], "delivered")
    signature = simulator.sign(f"{PUBLIC}/twilio/status?mid={message.id}", form)
    answer = client.post(f"/twilio/status?mid={other.id}", data=form, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 403


@pytest.mark.parametrize("mid", ["0192f0c1-0000-7000-8000-000000000001", "nonsense", ""])
def test_a_callback_for_a_row_that_we_do_not_know_is_kept(simulator, post, mid):
    sent(simulator)
    ghost = replace(simulator.messages[0], sid="SM" + "f" * 32, callback=f"{PUBLIC}/twilio/status?mid={mid}")
    assert simulator.report(ghost, ["delivered"], post=post) == [204]
    assert db.session.scalar(select(ProviderEvent.verdict)) == "unmatched"


@pytest.mark.parametrize("path", ["/twilio/inbound", "/twilio/status"])
def test_webhooks_take_only_posts(client, path):
    assert client.get(path).status_code == 405


def test_without_credentials_nobody_is_genuine(client, simulator):
    config.use(replace(config.settings(), twilio=TwilioSettings()))
    form = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "Body": "1", "AccountSid": ""}
    headers = {"X-Twilio-Signature": simulator.sign(INBOUND, form, token="x")}
    assert client.post("/twilio/inbound", data=form, headers=headers).status_code == 403
