"""The supervisor's page of complaints: what is ageing, one case with its steps, writing down a new one."""

import re
from datetime import timedelta

import pytest

from app.complaints import service
from app.complaints.kinds import Source
from app.complaints.models import Complaint
from app.core import clock
from app.core.db import db
from app.core.models import AuditEntry
from app.people.access import Actor
from tests.factories.complaints import RIGHT, bring_to
from tests.factories.customers import make_customer
from tests.factories.tasks import make_checklist, make_task


@pytest.fixture
def customer(shop):
    make_checklist(task_type="callback", reason="complaint")
    return make_customer(store=shop.store, owner_id=shop.associate.id, name="陳太")


@pytest.fixture
def case(shop, customer, now):
    return opened(customer, now)


def opened(customer, now, words="The zip broke", key="k1", stage="opened") -> Complaint:
    complaint = service.open_case(
        customer.id, source=Source.SMS, words=words, origin_key=key, actor=Actor.customer(customer.id), now=now
    )
    return bring_to(complaint, stage, now=now)


def step(desk, case, verb, **fields):
    return desk.told(f"/complaints/{case.id}/{verb}", version=case.version, **fields)


def test_the_list_shows_what_was_said_and_what_is_to_do(supervisor, case):
    shown = supervisor.page("/complaints")
    assert "The zip broke" in shown
    assert "Call and listen" in shown
    assert "陳太" in shown
    assert "by 12:00" in shown


def test_what_is_overdue_says_so_and_is_counted_in_the_rail(supervisor, case, now):
    with clock.fixed(now + timedelta(hours=3)):
        shown = supervisor.page("/complaints?view=late")
    assert "1 h overdue" in shown
    assert re.search(r'href="/complaints".*?<b class="count" aria-label="1 overdue">1</b>', shown)


@pytest.mark.parametrize(
    ("view", "found"),
    [("", True), ("late", True), ("reactions", True), ("waiting", False), ("closed", False), ("nonsense", True)],
)
def test_the_list_is_narrowed(supervisor, customer, now, view, found):
    opened(customer, now, words="I have a rash from it")
    assert ("I have a rash" in supervisor.page(f"/complaints?view={view}")) == found


def test_an_empty_list_says_what_to_do(supervisor):
    assert "No open complaint" in supervisor.page("/complaints")
    assert "Show all open ones" in supervisor.page("/complaints?view=closed")


def test_head_office_sees_all_stores_or_one(boss, shop, case):
    assert "The zip broke" in boss.page("/complaints")
    assert "The zip broke" not in boss.page(f"/complaints?store={shop.elsewhere.id}")


def test_a_supervisor_does_not_see_other_stores(sit, shop, case):
    stranger = sit(shop.stranger)
    assert "The zip broke" not in stranger.page("/complaints")
    assert stranger.get(f"/complaints/{case.id}").status_code == 404
    assert stranger.get(f"/complaints?store={case.store_id}").status_code == 404


def test_a_case_goes_from_the_first_call_to_its_end(supervisor, case, now):
    assert "Next: what will be done" in step(supervisor, case, "acknowledge")
    db.session.refresh(case)
    step(supervisor, case, "plan", plan="Bring a new one", promised_for="2027-03-11T18:00")
    db.session.refresh(case)
    assert case.promised_for.isoformat() == "2027-03-11T10:00:00+00:00"
    step(supervisor, case, "resolve", **RIGHT)
    db.session.refresh(case)
    step(supervisor, case, "answer", satisfied="yes", words="Very happy")
    db.session.refresh(case)
    shown = step(supervisor, case, "close")
    db.session.refresh(case)
    assert case.stage == "closed"
    assert "Very happy" in shown
    assert RIGHT["remedy"] in shown


def test_a_no_from_the_phone_opens_it_again(supervisor, case, now):
    bring_to(case, "resolved", now=now)
    assert "Call and listen" in step(supervisor, case, "answer", satisfied="no", words="Still broken")


def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(supervisor, case, now):
    bring_to(case, "planned", now=now)
    answer = supervisor.send(
        f"/complaints/{case.id}/resolve", version=case.version, apology="So sorry for that", cause=" ", remedy="New one"
    )
    assert answer.status_code == 422
    assert "So sorry for that" in answer.text
    assert "Please fill this in." in answer.text


def test_a_reaction_shows_its_mark_and_asks_for_its_outcome(supervisor, customer, now):
    case = opened(customer, now, words="I have a rash from it", stage="resolved")
    service.record_answer(case.id, satisfied=True, words="", actor=Actor.customer(customer.id), now=now)
    shown = supervisor.page(f"/complaints/{case.id}")
    assert "possible adverse event" in shown
    assert 'name="outcome"' in shown
    answer = supervisor.send(f"/complaints/{case.id}/close", version=case.version)
    assert answer.status_code == 422
    assert "never explained away" in answer.text


def test_an_old_page_is_told_to_look_again(supervisor, case):
    answer = supervisor.send(f"/complaints/{case.id}/acknowledge", version=99, back=f"/complaints/{case.id}")
    assert answer.status_code == 303
    assert "Somebody else changed this meanwhile" in supervisor.page(answer.location)


def test_further_words_and_another_hand(supervisor, shop, case):
    step(supervisor, case, "statements", words="And it was late", source="phone")
    db.session.refresh(case)
    shown = step(supervisor, case, "assign", staff_id=shop.associate.id)
    db.session.refresh(case)
    assert case.owner_id == shop.associate.id
    assert "And it was late" in shown


def test_a_complaint_is_written_down_for_a_customer(supervisor, customer, now):
    visit = make_task(customer=customer, window_start=now - timedelta(days=1), window_end=now - timedelta(hours=22))
    form = supervisor.page(f"/complaints/new?customer={customer.id}")
    key = re.search(r'name="key" value="([^"]+)"', form)[1]
    fields = {"words": "Nobody came", "source": "phone", "task_id": visit.id, "key": key}
    assert "Nobody came" in supervisor.told(f"/complaints/new?customer={customer.id}", **fields)
    case = db.session.query(Complaint).one()
    assert (case.task_id, case.source, case.is_reaction) == (visit.id, "phone", False)
    supervisor.told(f"/complaints/new?customer={customer.id}", **fields)
    assert db.session.query(Complaint).count() == 1


def test_a_reaction_is_ticked(supervisor, customer):
    fields = {"words": "She feels unwell", "source": "phone", "is_reaction": "1", "key": "k"}
    supervisor.told(f"/complaints/new?customer={customer.id}", **fields)
    assert db.session.query(Complaint).one().is_reaction


def test_without_words_it_is_not_kept(supervisor, customer):
    answer = supervisor.send(f"/complaints/new?customer={customer.id}", words="  ", source="phone", key="k")
    assert answer.status_code == 422
    assert 'id="words-error"' in answer.text


def test_who_complained_is_searched_first(supervisor, customer):
    shown = supervisor.page("/complaints/new?q=陳太")
    assert f"customer={customer.id}" in shown


def test_an_open_case_of_the_household_is_named_before_a_second(supervisor, case):
    assert case.number in supervisor.page(f"/complaints/new?customer={case.customer_id}")


def test_the_customers_file_shows_the_cases(supervisor, case):
    shown = supervisor.page(f"/customers/{case.customer_id}")
    assert case.number in shown
    assert f"/complaints/new?customer={case.customer_id}" in shown


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en"])
def test_the_pages_stand_in_every_language(supervisor, shop, case, locale, now):
    shop.supervisor.locale = locale
    db.session.flush()
    bring_to(case, "resolved", now=now)
    for path in ("/complaints", f"/complaints/{case.id}", f"/complaints/new?customer={case.customer_id}"):
        assert case.number in supervisor.page(path)


def test_who_opened_a_case_stands_in_the_audit_log(supervisor, shop, case):
    supervisor.page(f"/complaints/{case.id}")
    supervisor.get(f"/complaints/{case.id}", headers={"X-Fragment": "case-head"})
    seen = db.session.query(AuditEntry).filter_by(action="complaint.read", subject_id=str(case.id)).all()
    assert [entry.actor for entry in seen] == [str(shop.supervisor.id)]


def test_a_live_page_fetches_only_its_parts(supervisor, case):
    answer = supervisor.get(f"/complaints/{case.id}", headers={"X-Fragment": "case-head case-side"})
    assert answer.text.count("<template data-fragment=") == 2
    assert "<!doctype" not in answer.text
