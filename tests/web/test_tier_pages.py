"""The pages of tiers, lapsed customers, referrals and revenue."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.people.access import Actor
from app.purchases import tiers
from app.purchases.referrals import record
from app.purchases.tier_models import Referral, TierRule
from app.purchases.tier_rules import SHIPPED
from app.tasks.models import Task
from app.web.office.tiers import _values_of
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer
from tests.factories.purchases import make_purchase
from tests.factories.tasks import make_checklist
from tests.web.conftest import Desk, Shop

PAGES = ("/care/lapsed", "/care/lapsed?why=not_contacted", "/care/referrals", "/reports/revenue", "/office/tiers")


@pytest.fixture
def gone(shop: Shop, now: datetime) -> Customer:
    """Somebody of the shop who has bought nothing for 200 days."""
    make_checklist(task_type="callback")
    customer = make_customer(store=shop.store, owner=shop.associate, name="歐陽美玲")
    make_purchase(customer, lines=[], total=Decimal(1234), bought_at=now - timedelta(days=200))
    tiers.recompute(now=now)
    return customer


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_for_those_who_lead(shop: Shop, sit: Any, path: str) -> None:
    assert sit(shop.boss).get(path).status_code == 200
    assert sit(shop.supervisor).get(path).status_code == 200
    assert sit(shop.associate).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_nobody_reads_them_without_signing_in(app: Any, shop: Shop, path: str) -> None:
    assert app.test_client().get(path).status_code in (302, 303, 401)


@pytest.mark.parametrize("path", ["/care/lapsed?store={}", "/care/referrals?store={}", "/reports/revenue?store={}"])
def test_another_store_looks_as_if_it_did_not_exist(shop: Shop, supervisor: Desk, path: str) -> None:
    assert supervisor.get(path.format(shop.elsewhere.id)).status_code == 404


# Lapsed


def test_who_stays_away_is_listed_with_a_masked_number(gone: Customer, supervisor: Desk) -> None:
    shown = supervisor.page("/care/lapsed")
    assert "歐陽美玲" in shown
    assert "200 days ago" in shown
    assert gone.phone
    assert gone.phone[4:] not in shown.replace(" ", "")


def test_nobody_staying_away_is_good_news(supervisor: Desk) -> None:
    assert "Nobody stays away" in supervisor.page("/care/lapsed")
    assert "Nobody is forgotten" in supervisor.page("/care/lapsed?why=not_contacted")


def test_another_stores_customers_are_not_listed(gone: Customer, shop: Shop, sit: Any) -> None:
    assert "歐陽美玲" not in sit(shop.stranger).page("/care/lapsed")


def test_the_button_plans_a_callback_and_then_says_so(gone: Customer, supervisor: Desk, session: Session) -> None:
    said = supervisor.told(f"/care/lapsed/{gone.id}/call", back="/care/lapsed")
    assert "The callback is planned for Wed" in said
    assert "call on Wed" in said
    assert "Give a callback" not in said
    task = session.scalars(select(Task)).one()
    assert (task.type, task.reason, task.customer_id) == ("callback", "lapsed", gone.id)


def test_over_the_ceiling_the_next_free_day_is_offered(
    gone: Customer, shop: Shop, supervisor: Desk, session: Session, now: datetime
) -> None:
    housemate = make_customer(store=shop.store, household_id=gone.household_id)
    make_purchase(housemate, lines=[], total=Decimal(9), bought_at=now - timedelta(days=150))
    tiers.recompute(now=now)
    supervisor.told(f"/care/lapsed/{gone.id}/call", back="/care/lapsed")
    answer = supervisor.send(f"/care/lapsed/{housemate.id}/call", back="/care/lapsed?tier=ordinary")
    assert f"offer={housemate.id}&day=2027-03-17" in answer.location
    offered = supervisor.page(answer.location)
    assert "The next free day is Wed, Mar 17" in offered
    assert "Call on Wed, Mar 17" in offered
    said = supervisor.told(f"/care/lapsed/{housemate.id}/call", back="/care/lapsed", day="2027-03-17")
    assert "planned for Wed, Mar 17" in said


def test_a_day_that_is_none_plans_nothing(gone: Customer, supervisor: Desk, session: Session) -> None:
    page = supervisor.told(f"/care/lapsed/{gone.id}/call", day="soon")
    assert "This is not a date." in page
    assert session.scalars(select(Task)).all() == []


def test_an_open_complaint_is_told_instead(gone: Customer, supervisor: Desk, session: Session) -> None:
    make_complaint(customer=gone)
    assert "open complaint" in supervisor.told(f"/care/lapsed/{gone.id}/call", back="/care/lapsed")
    assert session.scalar(select(Task.id).where(Task.reason == "lapsed")) is None


def test_a_stranger_gives_no_callback(gone: Customer, shop: Shop, sit: Any) -> None:
    assert sit(shop.stranger).send(f"/care/lapsed/{gone.id}/call").status_code == 404
    assert sit(shop.associate).send(f"/care/lapsed/{gone.id}/call").status_code == 403


# Revenue


def test_the_report_tells_how_few_bring_most(gone: Customer, shop: Shop, supervisor: Desk, now: datetime) -> None:
    for _ in range(9):
        make_purchase(make_customer(store=shop.store), lines=[], total=Decimal(10), bought_at=now - timedelta(days=20))
    tiers.recompute(now=now)
    shown = supervisor.page("/reports/revenue")
    assert "HK$1,324<" in shown
    assert "<polyline" in shown
    assert "歐陽美玲" in shown
    assert shown.count("<tr data-row") == 1
    month = supervisor.page("/reports/revenue?from=2027-02-09&to=2027-03-10")
    assert "HK$90<" in month
    assert "歐陽美玲" not in month


def test_a_period_that_is_none_is_told_and_the_year_shown(gone: Customer, supervisor: Desk) -> None:
    assert "Give the first and the last day" in supervisor.page("/reports/revenue?from=2027-03-01")
    assert "This is not a date" in supervisor.page("/reports/revenue?from=soon&to=2027-03-01")


def test_nothing_sold_is_said(supervisor: Desk) -> None:
    assert "Nothing was sold" in supervisor.page("/reports/revenue")


# Tiers


def rules(**changes: Any) -> dict[str, Any]:
    return _values_of(SHIPPED) | {"number": 0, "note": "", "effective_at": ""} | changes


def test_head_office_sees_who_would_move_before_saving(gone: Customer, boss: Desk, session: Session) -> None:
    answer = boss.send("/office/tiers", do="preview", **rules(core_purchases=2, important_purchases=2))
    assert answer.status_code == 200
    assert "Who would move" in answer.text
    assert "歐陽美玲" in answer.text
    assert session.scalar(select(TierRule.id)) is None
    assert 'name="core_purchases" type="number" value="2"' in answer.text


def test_saved_thresholds_are_a_version_with_its_author(boss: Desk, session: Session) -> None:
    said = boss.told("/office/tiers", do="save", **rules(core_percent=10, note="Fewer, but better"))
    assert "Version 1 is in force" in said
    assert "Fewer, but better" in said
    assert session.scalars(select(TierRule)).one().settings["core_percent"] == 10


def test_thresholds_for_later_wait(boss: Desk, session: Session) -> None:
    said = boss.told("/office/tiers", do="save", **rules(effective_at="2027-04-01T00:00"))
    assert "Version 1 is saved for later" in said


def test_wrong_thresholds_are_marked_and_nothing_is_saved(boss: Desk, session: Session) -> None:
    answer = boss.send("/office/tiers", do="save", **rules(core_percent=60, important_percent=50))
    assert answer.status_code == 422
    assert "can&#39;t be less" in answer.text or "can’t be less" in answer.text
    answer = boss.send("/office/tiers", do="save", **rules(**{"purchases-2": "many"}))
    assert answer.status_code == 422
    answer = boss.send("/office/tiers", do="save", **rules(**{"value_HKD-2": "1"}))
    assert "four growing numbers" in answer.text
    assert session.scalar(select(TierRule.id)) is None


def test_a_supervisor_reads_the_thresholds_but_changes_none(supervisor: Desk, session: Session) -> None:
    assert "See who would move" not in supervisor.page("/office/tiers")
    supervisor.send("/office/tiers", do="save", **rules())
    assert session.scalar(select(TierRule.id)) is None


# The customer's page


def test_the_file_says_why_the_tier_is_what_it_is(gone: Customer, supervisor: Desk) -> None:
    shown = supervisor.page(f"/customers/{gone.id}")
    assert "last bought 200 days ago" in shown
    assert "1 purchase within a year" in shown
    assert "HK$1,234.00 within a year" in shown


def test_a_tier_is_pinned_and_unpinned_on_the_page(gone: Customer, supervisor: Desk, session: Session) -> None:
    said = supervisor.told(f"/customers/{gone.id}/tier", tier="important", reason="Asked for quiet", until="2027-05-01")
    assert "The tier is pinned" in said
    assert "Asked for quiet" in said
    assert "Computed it would be: Core" in said
    said = supervisor.told(f"/customers/{gone.id}/tier/unpin")
    assert "The pin is off" in said
    session.expire_all()
    assert session.get_one(Customer, gone.id).tier == "core"


def test_a_private_reason_is_refused_with_advice(gone: Customer, supervisor: Desk, session: Session) -> None:
    supervisor.told(f"/customers/{gone.id}/tier", tier="important", reason="她离婚了")
    session.expire_all()
    assert session.get_one(Customer, gone.id).tier_pinned_at is None


def test_who_brought_a_customer_is_written_down_on_his_page(
    gone: Customer, shop: Shop, supervisor: Desk, session: Session
) -> None:
    new = make_customer(store=shop.store, name="新顧客")
    said = supervisor.told(f"/customers/{new.id}/referrer", referrer_phone=gone.phone)
    assert "It counts with the first purchase" in said
    assert "歐陽美玲" in said
    assert "新顧客" in supervisor.page(f"/customers/{gone.id}")
    listed = supervisor.page("/care/referrals")
    assert "新顧客" in listed
    assert "has not bought yet" in listed
    again = supervisor.told(f"/customers/{new.id}/referrer", referrer_phone=gone.phone)
    assert "already written down" in again


def test_a_referral_is_taken_back_on_the_list(
    gone: Customer, shop: Shop, supervisor: Desk, session: Session, now: datetime
) -> None:
    new = make_customer(store=shop.store)
    referral = record(new.id, referrer_id=gone.id, actor=Actor.system(), now=now)
    session.commit()
    assert "taken back" in supervisor.told(f"/referrals/{referral.id}/withdraw", back="/care/referrals")
    assert session.scalar(select(Referral.id)) is None


@pytest.mark.parametrize("what", ["tier", "tier/unpin", "referrer"])
def test_others_change_nothing(gone: Customer, shop: Shop, sit: Any, what: str) -> None:
    fields = {"tier": "core", "reason": "Because", "referrer_phone": "+85261000000"}
    assert sit(shop.stranger).send(f"/customers/{gone.id}/{what}", **fields).status_code == 404
    assert sit(shop.associate).send(f"/customers/{gone.id}/{what}", **fields).status_code == 403
