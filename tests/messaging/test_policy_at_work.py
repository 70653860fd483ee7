"""The policy as it meets real rows: looked at when they are claimed, and once more just before the call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.complaints import service as complaints
from app.complaints.kinds import Source
from app.core import clock
from app.core.db import db
from app.customers import consent, contacts
from app.customers.models import ContactBooking, ContactRule, Customer
from app.customers.values import ConsentSource, ContactKind, Scope
from app.messaging import outbound, policy, promises, upkeep
from app.messaging.drain import Drain
from app.messaging.errors import PromotesRestricted
from app.messaging.kinds import Kind
from app.messaging.models import Message, State
from app.messaging.outbound import Draft
from app.messaging.providers import Outgoing as Text
from app.messaging.providers import Permanent, Sent
from app.messaging.providers.sandbox import SandboxProvider
from app.people.access import Actor
from tests.factories.customers import make_customer, make_household
from tests.factories.messaging import make_message, ship_templates
from tests.factories.people import make_store
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_task

pytestmark = pytest.mark.usefixtures("session")

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
TODAY = date(2027, 3, 10)
SYSTEM = Actor.system()


class Watched(SandboxProvider):
    """A sandbox that notes what it is asked to send, and answers with `outcome` when there is one."""

    def __init__(self, outcome: Any = None) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.outcome = outcome

    def send(self, message: Text) -> Any:
        self.sent.append(message.message_id)
        return self.outcome or Sent(sid=f"SB{message.message_id}", is_delivered=True)


def run(at: datetime, provider: Watched | None = None) -> Watched:
    watched = provider or Watched()
    with clock.fixed(at):
        Drain(watched).run(stop_after_seconds=5)
    db.session.expire_all()
    return watched


def unasked(customer: Customer | None = None, kind: Kind = Kind.CARE, **changes: Any) -> Message:
    return make_message(customer, kind=kind.value, is_proactive=True, **changes)


def what_became_of(message: Message) -> tuple[str, str | None]:
    db.session.refresh(message)
    return message.state, message.held_reason or message.end_reason


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HONG_KONG)


# Consent by kind


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [
        (Scope.ALL, {"help", "care", "promotion"}),
        (Scope.CARE, {"care"}),
        (Scope.PROMOTION, {"promotion"}),
    ],
    ids=["all", "care", "promotion"],
)
def test_a_refusal_stops_the_kinds_it_speaks_of(now, scope, stopped):
    texts = {kind: make_message(kind=kind, is_proactive=kind != "help") for kind in ("help", "care", "promotion")}
    for text in texts.values():
        consent.opt_out(text.to_phone, source=ConsentSource.OFFICE, text="", actor=SYSTEM, now=now, scope=scope)
    run(now)
    ended = {kind for kind, text in texts.items() if what_became_of(text) == (State.SUPPRESSED, policy.OPTED_OUT)}
    assert ended == stopped
    assert {kind for kind, text in texts.items() if what_became_of(text)[0] == State.DELIVERED} == set(texts) - stopped


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [(Scope.ALL, {"help", "care", "promotion"}), (Scope.CARE, {"care"}), (Scope.PROMOTION, {"promotion"})],
    ids=["all", "care", "promotion"],
)
def test_a_refusal_ends_at_once_what_waits_for_another_day(now, drain, scope, stopped):
    customer = make_customer()
    later = now + timedelta(days=3)
    texts = {
        kind: make_message(customer, kind=kind, not_before=later, expires_at=later + timedelta(days=1))
        for kind in ("help", "care", "promotion")
    }
    consent.opt_out(customer.phone, source=ConsentSource.PAGE, text="", actor=SYSTEM, now=now, scope=scope)
    db.session.commit()
    drain()
    assert {kind for kind, text in texts.items() if what_became_of(text)[0] == State.SUPPRESSED} == stopped


# Just before the call


def between_claim_and_call(now: datetime, change: Callable[[], object]) -> tuple[Watched, Drain]:
    """Claim what is due, let something happen, and go on to the call."""
    watched = Watched()
    drain = Drain(watched)
    claimed = drain.claim()
    assert len(claimed) == 1
    change()
    db.session.commit()
    drain._record_and_submit([], claimed)
    db.session.expire_all()
    return watched, drain


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("help", "opts out of everything"),
        ("care", "opts out of care"),
        ("promotion", "opts out of promotions"),
        ("promotion", "complains"),
        ("care", "reports a reaction"),
        ("care", "is contacted"),
    ],
)
def test_what_happens_after_the_claim_still_stops_the_call(now, kind, change):
    customer = make_customer()
    text = make_message(customer, kind=kind, is_proactive=kind != "help")
    scopes = {"everything": Scope.ALL, "care": Scope.CARE, "promotions": Scope.PROMOTION}

    def happens() -> None:
        if change.startswith("opts out"):
            scope = scopes[change.rsplit(" ", 1)[1]]
            consent.opt_out(customer.phone, source=ConsentSource.PAGE, text="", actor=SYSTEM, now=now, scope=scope)
        elif change == "is contacted":
            contacts.release(text.dedupe_key, reason="overtaken", now=now)
        else:
            open_case(customer, now, is_reaction=change == "reports a reaction")

    with clock.fixed(now):
        between_claim_and_call(now, happens)
    assert text.state == State.PENDING
    assert text.attempt_no == 0


def test_without_a_change_the_call_is_made(now):
    text = unasked()
    with clock.fixed(now):
        between_claim_and_call(now, lambda: None)
    assert text.state == State.SUBMITTING


# Complaints


def open_case(customer: Customer, now: datetime, *, is_reaction: bool = False) -> Any:
    return complaints.open_case(
        customer.id,
        source=Source.OFFICE,
        words="包装破了，很失望",
        origin_key=f"test:{customer.id}",
        actor=SYSTEM,
        now=now,
        is_reaction=is_reaction,
    )


def test_an_open_complaint_of_the_household_drops_promotions(now):
    household = make_household()
    complaining, relative = make_customer(household=household), make_customer(household=household)
    open_case(complaining, now)
    offer = unasked(relative, Kind.PROMOTION)
    assert run(now).sent == []
    assert what_became_of(offer) == (State.SUPPRESSED, policy.COMPLAINT_OPEN)


def test_a_promotion_dropped_for_a_complaint_gives_its_slot_back(now):
    customer = make_customer()
    offer = unasked(customer, Kind.PROMOTION)
    contacts.reserve(customer.id, kind=ContactKind.PROMOTION, day=TODAY, origin_key=offer.dedupe_key, now=now)
    open_case(customer, now)
    run(now)
    assert db.session.query(ContactBooking).filter_by(origin_key=offer.dedupe_key).one().state == "released"


def test_an_open_complaint_does_not_stop_care(now):
    customer = make_customer()
    open_case(customer, now)
    care = unasked(customer)
    run(now)
    assert what_became_of(care)[0] == State.DELIVERED


def test_after_a_reported_reaction_a_person_speaks_before_any_automatic_care(now):
    customer = make_customer()
    open_case(customer, now, is_reaction=True)
    care = unasked(customer)
    run(now)
    assert what_became_of(care) == (State.PENDING, policy.REACTION_OPEN)
    assert care.held_until == now + policy.PAUSE_RECHECK


def test_a_complaint_elsewhere_changes_nothing(now):
    open_case(make_customer(), now)
    offer = unasked(make_customer(), Kind.PROMOTION)
    run(now)
    assert what_became_of(offer)[0] == State.DELIVERED


def test_who_moves_in_with_two_open_cases_still_gets_each_text_once(now):
    store = make_store()
    first, second = make_customer(store=store), make_customer(store=store)
    open_case(first, now)
    open_case(second, now)
    second.household_id = first.household_id
    db.session.flush()
    make_message(first, kind="help")
    care = unasked(first)
    watched = run(now)
    assert sorted(watched.sent) == sorted(set(watched.sent))
    assert str(care.id) in watched.sent


# Contact budget


def test_an_unasked_text_takes_the_households_slot_of_the_day(now):
    text = unasked()
    run(now)
    booking = db.session.query(ContactBooking).filter_by(origin_key=text.dedupe_key).one()
    assert (booking.state, booking.day, booking.kind) == ("recorded", TODAY, "cadence")


def test_households_are_written_in_the_order_in_which_a_claim_locks_them(now, monkeypatch):
    store = make_store()
    early, late = make_household(store=store), make_household(store=store)
    rows = [
        make_message(make_customer(store=store, household=household), kind="care", is_proactive=True)
        for household in (late, early)
    ]
    kept: list[Any] = []
    monkeypatch.setattr(promises, "keep", lambda told, *, now: kept.extend(one.id for one in told))
    Drain(SandboxProvider(), now=lambda: now).run(stop_after_seconds=5)
    assert kept == [rows[1].id, rows[0].id]


def test_a_second_unasked_text_waits_for_the_next_free_slot(now):
    household = make_household()
    unasked(make_customer(household=household), priority=1)
    later = unasked(make_customer(household=household), Kind.PROMOTION, expires_at=now + timedelta(days=9))
    assert len(run(now).sent) == 1
    assert what_became_of(later) == (State.PENDING, policy.CONTACTED_LATELY)
    assert later.held_until == at("2027-03-17T09:00")
    assert len(run(at("2027-03-17T09:00")).sent) == 1


def test_a_second_unasked_text_that_is_of_no_use_by_then_expires_and_says_why(now):
    household = make_household()
    unasked(make_customer(household=household), priority=1)
    later = unasked(make_customer(household=household), expires_at=now + timedelta(days=3))
    run(now)
    assert what_became_of(later) == (State.EXPIRED, policy.TOO_LATE_AFTER_WAITING)


def test_the_gap_is_the_one_of_the_households_store(now):
    store = make_store()
    db.session.add(ContactRule(store_id=store.id, gap_days=2, changed_at=now))
    household = make_household(store=store)
    unasked(make_customer(household=household), priority=1)
    later = unasked(make_customer(household=household), expires_at=now + timedelta(days=9))
    run(now)
    assert later.held_until == at("2027-03-12T09:00")


def test_a_text_held_overnight_moves_its_booking_to_the_day_it_goes(now):
    customer = make_customer()
    text = unasked(customer)
    contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=TODAY, origin_key=text.dedupe_key, now=now)
    run(at("2027-03-10T22:00"))
    assert what_became_of(text) == (State.PENDING, policy.QUIET_HOURS)
    run(at("2027-03-11T09:00"))
    assert db.session.query(ContactBooking).filter_by(origin_key=text.dedupe_key).one().day == date(2027, 3, 11)


def test_a_contact_that_came_between_takes_the_slot(now):
    customer = make_customer()
    text = unasked(customer, expires_at=now + timedelta(days=12))
    contacts.reserve(customer.id, kind=ContactKind.CADENCE, day=TODAY, origin_key=text.dedupe_key, now=now)
    visit = "careplan:1"
    contacts.reserve(customer.id, kind=ContactKind.BIRTHDAY, day=date(2027, 4, 1), origin_key=visit, now=now)
    contacts.record(visit, day=date(2027, 3, 9), now=now)
    assert run(now).sent == []
    assert what_became_of(text) == (State.PENDING, policy.CONTACTED_LATELY)
    assert text.held_until == at("2027-03-16T09:00")


def test_a_refused_text_gives_its_slot_back(now):
    text = unasked()
    run(now, Watched(Permanent(code=21211, number_is_bad=True)))
    assert text.state == State.FAILED
    assert db.session.query(ContactBooking).filter_by(origin_key=text.dedupe_key).one().state == "released"


def test_texts_of_a_task_ask_for_no_slot(now):
    customer = make_customer()
    unasked(customer, priority=1)
    task = make_task(customer=customer)
    reminder = make_message(customer, task=task, kind="reminder", speaks_of=task.window_start)
    run(now)
    assert what_became_of(reminder)[0] == State.DELIVERED


def test_a_batch_without_unasked_texts_asks_the_ledger_nothing(now, monkeypatch):
    make_message()
    monkeypatch.setattr(contacts, "take_today", lambda *_a, **_k: pytest.fail("nothing to ask"))
    assert len(run(now).sent) == 1


# Hours


def test_care_waits_for_the_hours_for_unasked_texts(now):
    care, reminder = unasked(not_before=at("2027-03-10T08:00")), make_message(not_before=at("2027-03-10T08:00"))
    run(at("2027-03-10T08:30"))
    assert what_became_of(reminder)[0] == State.DELIVERED
    assert what_became_of(care) == (State.PENDING, policy.UNASKED_HOURS)
    assert care.held_until == at("2027-03-10T09:00")


def test_where_promotions_are_not_allowed_they_end_and_say_so(now):
    offer = unasked(make_customer(phone="+8613800138000"), Kind.PROMOTION)
    run(now)
    assert what_became_of(offer) == (State.SUPPRESSED, policy.NO_PROMOTIONS_THERE)


# Expiry


@pytest.mark.parametrize(
    ("held_reason", "reason"),
    [
        (policy.QUIET_HOURS, policy.TOO_LATE_AFTER_QUIET_HOURS),
        (policy.UNASKED_HOURS, policy.TOO_LATE_AFTER_QUIET_HOURS),
        (policy.CONTACTED_LATELY, policy.TOO_LATE_AFTER_WAITING),
        (policy.MAYBE_OPT_OUT, policy.TOO_LATE_AFTER_WAITING),
        (None, policy.TOO_LATE),
    ],
    ids=["night", "unasked", "budget", "doubt", "not held"],
)
def test_what_expires_says_what_it_waited_for(now, held_reason, reason):
    text = make_message(held_reason=held_reason, held_until=now if held_reason else None, expires_at=now)
    upkeep.expire_due(now=now)
    assert what_became_of(text) == (State.EXPIRED, reason)


# Restricted products


FORMULA = {"zh_Hans": "婴儿配方奶粉 1段", "zh_Hant": "嬰兒配方奶粉 1段", "en": "Infant formula stage 1"}


def offer(body: str, customer: Customer, now: datetime, **changes: Any) -> Any:
    recipient = outbound.recipient_of(customer.id)
    assert recipient is not None
    return outbound.write(
        recipient, Draft(kind=Kind.PROMOTION, dedupe_key=f"offer:{body}", body=body, **changes), now=now
    )


@pytest.mark.parametrize(
    "body", ["婴儿配方奶粉本周八折", "嬰兒配方奶粉第二件半價", "INFANT  FORMULA: 10 % off", "奶粉买一送一"]
)
def test_a_promotion_that_names_a_restricted_product_is_refused_when_written(now, body):
    make_product(name=FORMULA, is_restricted=True)
    with pytest.raises(PromotesRestricted):
        offer(body, make_customer(), now)
    assert db.session.query(Message).count() == 0


def test_a_promotion_of_something_else_is_written_as_unasked(now):
    make_product(name=FORMULA, is_restricted=True)
    message_id = offer("纸尿裤本周八折", make_customer(), now)
    written = db.session.get(Message, message_id)
    assert (written.is_proactive, written.is_restricted) == (True, False)


def test_who_buys_restricted_products_only_gets_no_promotion(now):
    customer = make_customer()
    make_purchase(customer, lines=[(make_product(name=FORMULA, is_restricted=True), 2, 596)])
    with pytest.raises(PromotesRestricted):
        offer("纸尿裤本周八折", customer, now)
    make_purchase(customer)
    assert offer("纸尿裤本周八折", customer, now) is not None


def test_a_promotion_flagged_as_restricted_is_refused_whatever_it_says(now):
    with pytest.raises(PromotesRestricted):
        offer("本周好礼", make_customer(), now, is_restricted=True)


def test_a_flagged_row_that_stands_already_is_not_sent(now):
    text = unasked(kind=Kind.PROMOTION, is_restricted=True)
    assert run(now).sent == []
    assert what_became_of(text) == (State.SUPPRESSED, policy.RESTRICTED)


def test_care_about_a_restricted_product_is_no_promotion(now):
    text = unasked(is_restricted=True)
    run(now)
    assert what_became_of(text)[0] == State.DELIVERED


def test_a_care_text_has_words_in_three_languages(now):
    ship_templates()
    for locale in ("zh_Hans", "zh_Hant", "en"):
        recipient = outbound.recipient_of(make_customer(locale=locale).id)
        assert recipient is not None
        message_id = outbound.write(recipient, Draft(kind=Kind.CARE, dedupe_key=f"care:{locale}"), now=now)
        written = db.session.get(Message, message_id)
        assert written.is_proactive
        assert written.segments == 1, written.body
