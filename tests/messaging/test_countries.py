"""The book of countries: who may change it, what may stand in it, and from when a change holds."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Forbidden
from app.core.models import AuditEntry
from app.messaging import countries, country_book, policy
from app.messaging.drain import Drain
from app.messaging.models import Message, SmsCountry, State
from app.messaging.providers.sandbox import SandboxProvider
from app.people.access import Actor, Role
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message
from tests.factories.people import make_staff, make_store

API = "/api/v1/sms-countries"
EIGHT_PM = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)
NINE_PM = datetime(2027, 3, 10, 13, 0, tzinfo=UTC)


@pytest.fixture
def office(session: Any, client: Any, sign_in: Any) -> SimpleNamespace:
    store = make_store()
    people = {
        "boss": make_staff(Role.HEAD_OFFICE, locale="en"),
        "lead": make_staff(Role.SUPERVISOR, store, locale="en"),
        "ann": make_staff(Role.ASSOCIATE, store, locale="en"),
    }
    keys = {name: sign_in(person) for name, person in people.items()}

    def ask(who: str, method: str, path: str = "", **body: Any) -> Any:
        options = {"json": body} if body else {}
        return client.open(API + path, method=method, headers=keys[who], **options)

    boss = Actor(id=people["boss"].id, name="", role=Role.HEAD_OFFICE, locale="en")
    return SimpleNamespace(ask=ask, store=store, boss=boss, people=people)


def as_it_stands(code: str) -> dict[str, Any]:
    row = country_book.country(code)
    return {
        "version": row.version,
        "sends": row.sends,
        "two_way": row.two_way,
        "links": row.links,
        "promotions": row.promotions,
        "quiet_from": f"{row.quiet_from:%H:%M}",
        "quiet_to": f"{row.quiet_to:%H:%M}",
        "proactive_from": f"{row.proactive_from:%H:%M}",
        "proactive_to": f"{row.proactive_to:%H:%M}",
        "registration_status": row.registration_status,
        "registration": row.registration,
        "price_per_segment": str(row.price_per_segment),
        "currency": row.currency,
    }


def send_due(at: datetime) -> int:
    with clock.fixed(at):
        return Drain(SandboxProvider()).run(stop_after_seconds=5)


def state_of(message: Message) -> tuple[str, str | None]:
    db.session.refresh(message)
    return message.state, message.held_reason or message.end_reason


# What the table says


def test_a_new_installation_knows_ten_countries(session):
    assert {row.code for row in country_book.countries_in_order()} == {
        "HK",
        "CN",
        "TW",
        "MO",
        "SG",
        "MY",
        "US",
        "CA",
        "GB",
        "AU",
    }


def test_in_taiwan_offers_rest_at_midday_and_until_nine(session):
    taiwan = countries.country_for("+886912345678")
    assert (taiwan.quiet_to, taiwan.pause_from, taiwan.pause_to) == (time(9), time(12, 30), time(13, 30))


def test_a_country_nobody_entered_gets_no_links_and_no_offers(session):
    careful = countries.country_for("+33612345678")
    assert (careful.two_way, careful.links, careful.promotions, careful.sends) == (False, False, False, True)


def test_the_table_is_read_once_for_many_messages(session):
    statements = []
    countries.country_for("+85291234567")

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for number in range(100):
            countries.country_for(f"+852912345{number:02d}")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert statements == []


def test_a_change_is_seen_at_once_by_who_had_read_the_table_before(office):
    assert countries.country_for("+85291234567").quiet_from == time(21)
    assert office.ask("boss", "PUT", "/HK", **as_it_stands("HK") | {"quiet_from": "22:00"}).status_code == 200
    assert countries.country_for("+85291234567").quiet_from == time(22)


def test_a_change_that_is_taken_back_is_forgotten(fresh_database):
    before = countries.country_for("+85291234567").quiet_from

    def change_and_fail() -> None:
        with transaction():
            country_book.change("HK", {"quiet_from": time(22)}, version=1, actor=Actor.system(), now=EIGHT_PM)
            assert countries.country_for("+85291234567").quiet_from == time(22)
            raise RuntimeError("taken back")

    with pytest.raises(RuntimeError, match="taken back"):
        change_and_fail()
    db.session.remove()
    assert countries.country_for("+85291234567").quiet_from == before


# Who may


@pytest.mark.parametrize(
    ("who", "reads", "writes"), [("boss", 200, 200), ("lead", 200, 403), ("ann", 403, 403)], ids=["boss", "lead", "ann"]
)
def test_head_office_changes_countries_and_supervisors_read_them(office, who, reads, writes):
    assert office.ask(who, "GET").status_code == reads
    assert office.ask(who, "GET", "/HK").status_code == reads
    assert office.ask(who, "PUT", "/HK", **as_it_stands("HK")).status_code == writes
    new = as_it_stands("HK") | {"code": "FR"}
    del new["version"]
    assert office.ask(who, "POST", **new).status_code == (201 if writes == 200 else 403)


def test_without_a_key_nobody_sees_them(office, client):
    assert client.get(API).status_code == 401


def test_services_refuse_who_is_not_head_office(office):
    lead = Actor(id=office.people["lead"].id, name="", role=Role.SUPERVISOR)
    with pytest.raises(Forbidden):
        country_book.change("HK", {}, version=1, actor=lead, now=EIGHT_PM)
    with pytest.raises(Forbidden):
        country_book.add("FR", {}, actor=lead, now=EIGHT_PM)


# What may stand in it


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quiet_from": "08:00"}, "quiet_to"),
        ({"proactive_from": "20:00"}, "proactive_to"),
        ({"pause_from": "12:00"}, "pause_to"),
        ({"pause_from": "14:00", "pause_to": "13:00"}, "pause_to"),
        ({"quiet_from": "08:30", "quiet_to": "08:00"}, "proactive_to"),
        ({"currency": "ZZZ"}, "currency"),
        ({"currency": "hkd"}, "currency"),
        ({"price_per_segment": "-1"}, "price_per_segment"),
        ({"price_per_segment": "1000"}, "price_per_segment"),
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"registration_status": "perhaps"}, "registration_status"),
        ({"version": 0}, "version"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused_at_its_field(office, changes, field):
    answer = office.ask("boss", "PUT", "/HK", **{**as_it_stands("HK"), **changes})
    assert answer.status_code == 422
    assert field in str(answer.json["errors"])


def test_an_old_version_is_refused(office):
    seen = as_it_stands("HK")
    assert office.ask("boss", "PUT", "/HK", **{**seen, "quiet_from": "22:00"}).status_code == 200
    assert office.ask("boss", "PUT", "/HK", **{**seen, "quiet_from": "20:00"}).status_code == 409
    assert country_book.country("HK").quiet_from == time(22)


def test_a_country_is_entered_once(office):
    new = as_it_stands("HK") | {"code": "FR"}
    del new["version"]
    assert office.ask("boss", "POST", **new).status_code == 201
    assert office.ask("boss", "POST", **new).status_code == 409
    assert countries.country_for("+33612345678").two_way


@pytest.mark.parametrize("code", ["XX", "fr", "FRA"])
def test_a_country_without_phones_cannot_be_entered(office, code):
    new = as_it_stands("HK") | {"code": code}
    del new["version"]
    assert office.ask("boss", "POST", **new).status_code == 422


def test_a_country_that_is_not_there_is_not_found(office):
    assert office.ask("boss", "GET", "/FR").status_code == 404
    assert office.ask("boss", "PUT", "/FR", **as_it_stands("HK")).status_code == 404


# Who and when


def test_the_history_says_who_changed_what_and_when(office, now):
    office.ask("boss", "PUT", "/HK", **{**as_it_stands("HK"), "quiet_from": "22:00", "price_per_segment": "0.06"})
    history = office.ask("lead", "GET", "/HK").json["history"]
    assert [change["who"] for change in history] == [office.people["boss"].name]
    assert history[0]["fields"] == {"quiet_from": ["21:00", "22:00"], "price_per_segment": ["0.0499", "0.06"]}
    assert datetime.fromisoformat(history[0]["at"]) == now


def test_a_change_that_changes_nothing_leaves_no_trace(office):
    office.ask("boss", "PUT", "/HK", **as_it_stands("HK"))
    assert db.session.query(AuditEntry).filter_by(subject_type="sms_country").count() == 0
    assert country_book.country("HK").version == 1


# From when it holds


def test_longer_quiet_hours_hold_what_is_waiting(office):
    waiting = make_message(make_customer(store=office.store), not_before=EIGHT_PM)
    office.ask("boss", "PUT", "/HK", **{**as_it_stands("HK"), "quiet_from": "19:00"})
    assert send_due(EIGHT_PM) == 0
    assert state_of(waiting) == (State.PENDING, policy.QUIET_HOURS)


def test_shorter_quiet_hours_let_go_what_was_held(office):
    held = make_message(make_customer(store=office.store), not_before=NINE_PM)
    assert send_due(NINE_PM) == 0
    assert state_of(held) == (State.PENDING, policy.QUIET_HOURS)
    with clock.fixed(NINE_PM + timedelta(minutes=1)):
        country_book.change(
            "HK", {"quiet_from": time(22)}, version=1, actor=office.boss, now=NINE_PM + timedelta(minutes=1)
        )
    assert send_due(NINE_PM + timedelta(minutes=2)) == 1
    assert state_of(held)[0] == State.DELIVERED


def test_shorter_hours_of_one_country_leave_the_others_waiting(office):
    abroad = make_message(
        make_customer(store=office.store, phone="+14155552671"), zone="America/Los_Angeles", not_before=NINE_PM
    )
    assert send_due(NINE_PM) == 0
    country_book.change("HK", {"quiet_from": time(22)}, version=1, actor=office.boss, now=NINE_PM)
    db.session.refresh(abroad)
    assert abroad.not_before > NINE_PM


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"sends": False}, policy.COUNTRY_IS_OFF), ({"registration_status": "missing"}, policy.NOT_REGISTERED)],
    ids=["off", "not registered"],
)
def test_texts_to_a_country_that_is_off_end_with_that_reason(office, changes, reason):
    waiting = make_message(make_customer(store=office.store))
    country_book.change("HK", changes, version=1, actor=office.boss, now=EIGHT_PM)
    assert send_due(EIGHT_PM) == 0
    assert state_of(waiting) == (State.SUPPRESSED, reason)


def test_a_country_still_to_be_checked_gets_its_texts(office):
    waiting = make_message(make_customer(store=office.store))
    assert country_book.country("HK").registration_status == "to_check"
    assert send_due(EIGHT_PM) == 1
    assert state_of(waiting)[0] == State.DELIVERED


def test_the_database_keeps_prices_exact(office):
    office.ask("boss", "PUT", "/HK", **{**as_it_stands("HK"), "price_per_segment": "0.05125"})
    db.session.expire_all()
    assert db.session.get(SmsCountry, "HK").price_per_segment == Decimal("0.05125")
