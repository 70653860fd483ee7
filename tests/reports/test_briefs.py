"""What to know before the bell rings: all of it, for those who may, in few statements whatever the number."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.core.db import db
from app.core.models import AuditEntry
from app.customers import consent, contacts, reads
from app.customers.values import Channel, ConsentSource, ContactKind, Scope
from app.people.access import Actor
from app.purchases.models import RunOut
from app.reports.brief_schemas import brief_json, contacts_left_this_month
from app.reports.briefs import Brief, briefs
from app.reports.cautions import Caution, Standing, cautions
from app.tasks.models import Promise
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer, make_household, make_member, make_note
from tests.factories.messaging import make_conversation, make_inbound, make_message, make_question, ship_templates
from tests.factories.people import actor_of, key_of, make_staff, make_store
from tests.factories.purchases import make_intake, make_product, make_purchase, make_reservation
from tests.factories.tasks import make_checklist, make_task

API = "/api/v1"
SYSTEM = Actor.system()


@pytest.fixture
def shop(session: Any) -> Any:
    return make_store()


@pytest.fixture
def owner(shop: Any) -> Any:
    return make_staff(store=shop, name="李导购")


@pytest.fixture
def customer(shop: Any, owner: Any) -> Any:
    return make_customer(store=shop, owner=owner, phone="+85261234567")


def brief_of(customer: Any, now: datetime, *, actor: Actor = SYSTEM) -> Brief:
    return briefs([customer.id], actor=actor, now=now)[customer.id]


def make_run_out(customer: Any, product: Any, day: date, **changes: Any) -> RunOut:
    values: dict[str, Any] = {
        "basis": "label",
        "packs": [],
        "last_bought_on": day - timedelta(days=20),
        "reorder_quantity": Decimal(1),
        "is_restricted": product.is_restricted,
        "is_requested": False,
        "needs_delivery": False,
        "computed_at": datetime(2027, 3, 1).astimezone(),
        **changes,
    }
    row = RunOut(customer_id=customer.id, product_id=product.id, day=day, **values)
    db.session.add(row)
    db.session.flush()
    return row


def tell_everything(customer: Any, now: datetime) -> None:
    """One of each source that a brief reads."""
    product = make_product(is_restricted=True)
    baby = make_member(customer, name="乐乐")
    make_intake(customer, product, member=baby)
    make_purchase(customer, lines=[(product, 2, 400)], bought_at=now - timedelta(days=10))
    make_run_out(customer, product, now.date() + timedelta(days=3), household_member_id=baby.id)
    make_reservation(customer, product, 2)
    done = {"window_start": now - timedelta(days=3), "window_end": now - timedelta(days=3, hours=-1)}
    make_task(customer=customer, assignee_id=customer.owner_id, status="completed", **done)
    task = make_task(customer=customer, window_start=now, window_end=now + timedelta(hours=1))
    promise = {"channel": "sms", "told_key": f"test:{task.id}", "told_at": now - timedelta(days=1)}
    db.session.add(
        Promise(
            task_id=task.id,
            kind="window",
            promised_start=task.window_start,
            promised_end=task.window_end,
            **promise,
        )
    )
    text = make_message(customer, task_id=task.id, created_at=now - timedelta(days=1), body="【沙田店】明天见")
    make_question(text, expires_at=now + timedelta(days=1))
    make_inbound(customer, "好的", received_at=now - timedelta(hours=20))
    make_note(customer, created_at=now - timedelta(hours=5), text="喜欢浅色")
    make_complaint(customer, now=now)
    make_conversation(customer, waiting_since=now)
    consent.opt_out(customer.phone, source=ConsentSource.SMS, text="T", actor=SYSTEM, now=now)
    day = now.date() - timedelta(days=9)
    contacts.write_down(customer.id, kind=ContactKind.CADENCE, day=day, origin_key=f"test:{customer.id}", now=now)


# What it says


def test_a_brief_tells_all_that_was_asked_for(customer: Any, now: datetime) -> None:
    make_checklist()
    ship_templates()
    tell_everything(customer, now)
    told = brief_json(brief_of(customer, now))

    [member] = told["household"]
    assert (member["name"], member["age_months"], member["uses"][0]["is_restricted"]) == ("乐乐", 4, True)
    [run_out] = told["run_outs"]
    assert (run_out["day"], run_out["consumer"], run_out["reserved"]) == ("2027-03-13", "乐乐", 2.0)
    assert [one["kind"] for one in told["promised"]] == ["window"]
    assert [one["kind"] for one in told["questions"]] == ["confirm"]
    assert told["waiting_since"] == now.isoformat()
    assert len(told["tasks"]) >= 1
    assert [line["kind"] for line in told["last_contacts"]] == ["note", "message", "message", "task"]
    assert (told["complaints"][0]["is_own"], bool(told["complaints"][0]["words"])) == (True, True)
    assert told["budget"]["last_day"] == "2027-03-01"
    assert told["cautions"] == ["complaint", "no_texts", "no_promotion", "restricted"]


def test_work_that_is_planned_is_open_and_no_last_contact(customer: Any, now: datetime) -> None:
    planned = make_task(customer=customer, window_start=now - timedelta(hours=1), window_end=now + timedelta(hours=1))
    found = brief_of(customer, now)
    assert [task.id for task, _ in found.tasks] == [planned.id]
    assert found.last_contacts == []


def test_only_the_last_word_of_a_window_counts_as_promised(customer: Any, now: datetime) -> None:
    task = make_task(customer=customer, window_start=now, window_end=now + timedelta(hours=1))
    for number in range(2):
        start = now + timedelta(hours=number)
        db.session.add(
            Promise(
                task_id=task.id, kind="window", promised_start=start, promised_end=start + timedelta(hours=1),
                channel="sms", told_key=f"told:{number}", told_at=now + timedelta(minutes=number),
            )
        )  # fmt: skip
    db.session.flush()
    assert [one.promised_start for one in brief_of(customer, now).promised] == [now + timedelta(hours=1)]


def test_a_product_that_ran_out_long_ago_is_not_named(customer: Any, now: datetime) -> None:
    make_run_out(customer, make_product(), now.date() - timedelta(days=40))
    recent = make_run_out(customer, make_product(), now.date() - timedelta(days=5))
    assert [one.run_out.product_id for one in brief_of(customer, now).run_outs] == [recent.product_id]


def test_goods_kept_back_no_longer_are_not_promised(customer: Any, now: datetime) -> None:
    product = make_product()
    make_run_out(customer, product, now.date())
    make_reservation(customer, product, 1, expires_at=now - timedelta(minutes=1))
    assert brief_of(customer, now).run_outs[0].reserved is None


@pytest.mark.parametrize(("days", "is_told"), [(0, True), (21, True), (22, False)])
def test_a_birthday_is_told_when_it_comes_soon(customer: Any, now: datetime, days: int, is_told: bool) -> None:
    day = now.date() + timedelta(days=days)
    customer.birthday_calendar, customer.birthday_month, customer.birthday_day = "solar", day.month, day.day
    told = brief_json(brief_of(customer, now))["birthday"]
    assert told == ({"day": day.isoformat(), "is_lunar": False} if is_told else None)


def test_what_fits_into_the_month_is_counted_around_what_is_booked(customer: Any, now: datetime) -> None:
    assert contacts_left_this_month(brief_of(customer, now).budget) == 4  # 10, 17, 24 and 31 March
    contacts.reserve(customer.id, kind=ContactKind.BIRTHDAY, day=date(2027, 3, 20), origin_key="booked", now=now)
    # 10 March, then 27 March after the birthday's week
    budget = brief_json(brief_of(customer, now))["budget"]
    assert (budget["next_day"], budget["next_free_day"], budget["left_this_month"]) == ("2027-03-20", "2027-03-10", 2)


# What not to say


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(), []),
        (Standing(has_open_complaint=True), [Caution.COMPLAINT]),
        (Standing(has_open_complaint=True, has_open_reaction=True), [Caution.REACTION]),
        (Standing(promotion_stopped=True, buys_restricted=True), [Caution.NO_PROMOTION, Caution.RESTRICTED]),
        (Standing(calls_stopped=True, texts_stopped=True), [Caution.NO_TEXTS, Caution.NO_CALLS]),
        (Standing(sales_contacts=[True, True, False]), [Caution.CARE_FIRST]),
        (Standing(sales_contacts=[True, False, True]), []),
        (Standing(sales_contacts=[True]), []),
    ],
)
def test_the_gravest_caution_comes_first(standing: Standing, said: list[Caution]) -> None:
    assert cautions(standing) == said


def test_a_reported_reaction_outweighs_everything(customer: Any, now: datetime) -> None:
    make_complaint(customer, now=now, is_reaction=True)
    assert brief_of(customer, now).cautions[0] is Caution.REACTION


def test_who_stopped_promotions_is_named_so(customer: Any, now: datetime) -> None:
    consent.opt_out(
        customer.phone, source=ConsentSource.OFFICE, text="no offers", scope=Scope.PROMOTION, actor=SYSTEM, now=now
    )
    consent.opt_out(
        customer.phone, source=ConsentSource.OFFICE, text="no calls", channel=Channel.CALL, actor=SYSTEM, now=now
    )
    assert brief_of(customer, now).cautions == [Caution.NO_CALLS, Caution.NO_PROMOTION]


def test_after_two_contacts_about_buying_the_next_is_for_care(customer: Any, now: datetime) -> None:
    for number, days in enumerate((20, 10)):
        day = now.date() - timedelta(days=days)
        contacts.write_down(customer.id, kind=ContactKind.WIN_BACK, day=day, origin_key=f"sale:{number}", now=now)
    assert brief_of(customer, now).cautions == [Caution.CARE_FIRST]


def test_restricted_products_that_were_given_back_forbid_nothing(customer: Any, now: datetime) -> None:
    purchase = make_purchase(
        customer, lines=[(make_product(is_restricted=True), 1, 200)], bought_at=now - timedelta(days=5)
    )
    assert brief_of(customer, now).cautions == [Caution.RESTRICTED]
    db.session.execute(
        db.text("UPDATE purchase_line SET returned = quantity WHERE purchase_id = :id"), {"id": purchase.id}
    )
    assert brief_of(customer, now).cautions == []


# Who may read it


def test_a_complaint_of_the_household_freezes_offers_and_keeps_its_words(shop: Any, owner: Any, now: datetime) -> None:
    home = make_household(store=shop)
    mine = make_customer(household=home, owner=owner)
    hers = make_customer(household=home, owner=make_staff(store=shop))
    make_complaint(hers, now=now)
    told = brief_json(brief_of(mine, now, actor=actor_of(owner)))
    assert told["cautions"] == ["complaint"]
    [case] = told["complaints"]
    assert (case["id"], case["number"], case["words"], case["is_own"]) == (None, "", "", False)
    assert told["others"] == []

    lead = actor_of(make_staff("supervisor", store=shop))
    told = brief_json(brief_of(mine, now, actor=lead))
    assert told["complaints"][0]["words"] != ""
    assert [one["id"] for one in told["others"]] == [hers.id]


def test_nobody_is_briefed_about_strangers(customer: Any, shop: Any, now: datetime) -> None:
    stranger = actor_of(make_staff(store=shop))
    assert briefs([customer.id], actor=stranger, now=now) == {}
    assert briefs([], actor=SYSTEM, now=now) == {}


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("lead", 200), ("office", 200), ("stranger", 404), ("other_lead", 404), (None, 401)],
)
def test_a_brief_is_read_by_those_who_may_see_the_file(
    customer: Any, shop: Any, owner: Any, client: FlaskClient, role: str | None, status: int
) -> None:
    people = {
        "owner": lambda: owner,
        "lead": lambda: make_staff("supervisor", store=shop),
        "office": lambda: make_staff("head_office"),
        "stranger": lambda: make_staff(store=shop),
        "other_lead": lambda: make_staff("supervisor", store=make_store()),
    }
    headers = key_of(people[role]()) if role else {}
    answer = client.get(f"{API}/customers/{customer.id}/brief", headers=headers)
    assert answer.status_code == status
    read = list(db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == reads.READ)))
    assert read == ([str(customer.id)] if status == 200 else [])


# What it costs


@contextmanager
def statements() -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_whole_day_of_briefs_costs_the_statements_of_one(shop: Any, owner: Any, now: datetime) -> None:
    make_checklist()
    ship_templates()
    customers = [make_customer(store=shop, owner=owner) for _ in range(12)]
    for one in customers:
        tell_everything(one, now)
    actor = actor_of(owner)
    with statements() as for_one:
        brief_json(brief_of(customers[0], now, actor=actor))
    with statements() as for_all:
        found = briefs([one.id for one in customers], actor=actor, now=now)
        told = [brief_json(one) for one in found.values()]
    assert len(told) == 12
    assert all(one["last_contacts"] and one["run_outs"] and one["cautions"] for one in told)
    assert len(for_all) == len(for_one) <= 20
