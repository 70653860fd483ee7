"""What head office sees of sending SMS, and what the desk sees of numbers that can't receive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core import config
from app.core.db import db
from app.customers import numbers
from app.messaging import breaker, health
from app.messaging.models import Message, SenderAlert
from tests.factories.customers import make_customer
from tests.factories.messaging import make_message

CANNOT = "the number can't receive SMS"
STOPPED = "the SMS account needs attention"


def test_head_office_sees_that_all_is_well(boss):
    page = boss.page("/office/health")
    assert "Sending SMS" in page
    assert "no limit" in page


def test_head_office_sees_what_waits_and_since_when(boss, now):
    make_message(not_before=now - timedelta(minutes=42))
    db.session.commit()
    assert "the oldest since" in boss.page("/office/health")


def test_a_stopped_sender_is_shown_with_its_reason_and_a_person_lets_it_go_on(boss, now):
    message = make_message(held_reason=STOPPED)
    breaker.open_hard("sandbox", reason=STOPPED, scale=1)
    db.session.commit()
    page = boss.page("/office/health")
    assert STOPPED in page
    assert "Try again now" in page
    assert "A text is tried now." in boss.told("/office/health/send-now")
    assert breaker.enter("sandbox", scale=1).gate is breaker.Gate.PROBE
    assert db.session.get(Message, message.id).next_attempt_at is None


def test_trying_again_when_nothing_is_stopped_says_so(boss):
    assert "Nothing was stopped." in boss.told("/office/health/send-now")


def test_an_alert_is_shown_until_it_is_taken_care_of(boss, now):
    breaker.alert("sandbox", code=30034, reason="our sender is not registered for this country", now=now)
    db.session.commit()
    assert "our sender is not registered for this country" in boss.page("/office/health")
    boss.told("/office/health/settle-alert", provider="sandbox", code="30034")
    assert health.open_alerts() == []
    assert db.session.get(SenderAlert, ("sandbox", 30034)).settled_by_id == boss.person.id


def test_missed_texts_are_asked_for(boss):
    assert "No text was missed." in boss.told("/office/health/missed-texts")


@pytest.fixture
def unreachable(shop, now):
    customer = make_customer(store=shop.store, owner=shop.associate)
    make_customer(store=shop.store, name="黄可达")
    numbers.note_fault(customer.phone, reason=CANNOT, code=21614, now=now)
    db.session.commit()
    return customer


def test_the_file_says_that_the_number_can_not_receive(supervisor, unreachable):
    page = supervisor.page(f"/customers/{unreachable.id}")
    assert "receive SMS (code 21614)" in page


def test_the_supervisor_lets_it_be_tried_again(supervisor, unreachable):
    told = supervisor.told(f"/customers/{unreachable.id}/number-works")
    assert "Texts to this number are tried again." in told
    assert numbers.fault_of(unreachable.phone) is None
    assert "21614" not in supervisor.page(f"/customers/{unreachable.id}")


def test_the_list_names_how_many_can_not_be_reached_and_shows_them_alone(supervisor, unreachable):
    assert "1 number can’t receive SMS" in supervisor.page("/customers")
    page = supervisor.page("/customers?number=bad")
    assert unreachable.name in page
    assert "黄可达" not in page


# Results that were kept in a file


@pytest.fixture
def folder(tmp_path):
    before = config.settings()
    config.use(replace(before, messaging=replace(before.messaging, spool_root=str(tmp_path / "spool"))))
    yield tmp_path / "spool"
    config.use(before)


def test_files_that_could_not_be_applied_are_counted_with_what_to_do(boss, folder):
    assert 'id="kept-results"' not in boss.page("/office/health")
    folder.mkdir()
    (folder / "a.failed").write_text("")
    assert "1 kept answer of the carrier could not be applied." in boss.page("/office/health")
    (folder / "b.failed").write_text("")
    page = boss.page("/office/health")
    assert "2 kept answers of the carrier could not be applied." in page
    assert f"ending in .failed in {folder}" in page
    assert "needs a look" in page.split('id="sending"')[1].split("</h2>")[1][:400]


def test_a_folder_that_can_not_be_read_is_named(boss, folder):
    folder.write_text("in the way")
    page = boss.page("/office/health")
    assert f"could not take, {folder}, can’t be read." in page
    assert "could not be applied" not in page
