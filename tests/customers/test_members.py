"""Members of a household: kept only with a guardian's consent, and forgotten when it is taken back or of no use."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.models import AuditEntry, FactRow
from app.customers import jobs, member_rules, members, service
from app.customers.errors import ConsentMissing, MemberIsGone, TooPrivate
from app.customers.members import GuardianConsent, NewMember
from app.customers.models import HouseholdMember, MemberConsentEvent
from app.customers.values import GuardianChannel, Relation
from app.people.access import Actor, Role
from tests.factories.customers import make_customer, make_household, make_member
from tests.factories.people import actor_of, make_staff, make_store

AGREED = GuardianConsent(text="同意保存名字和出生日期", channel=GuardianChannel.PAPER)
BORN = date(2026, 11, 3)


@pytest.fixture
def home(session: Any, now: Any) -> Any:
    store = make_store()
    owner = make_staff(store=store, name="李导购")
    customer = make_customer(store=store, owner=owner)
    return customer, actor_of(owner)


def baby(**changes: Any) -> NewMember:
    return NewMember(**{"name": "乐乐", "relation": Relation.BABY, "birth_date": BORN, "consent": AGREED, **changes})


def facts_named(name: str) -> list[dict[str, Any]]:
    rows = db.session.scalars(select(FactRow).where(FactRow.name == name).order_by(FactRow.id))
    return [row.payload for row in rows]


# The rules


@pytest.mark.parametrize(
    ("relation", "birth_date", "needed"),
    [
        (Relation.BABY, None, True),
        (Relation.CHILD, None, True),
        (Relation.CHILD, date(2013, 3, 11), True),
        (Relation.CHILD, date(2013, 3, 10), False),
        (Relation.PARTNER, None, False),
        (Relation.PARTNER, date(1990, 1, 1), False),
        (Relation.OTHER, date(2020, 1, 1), True),
    ],
)
def test_who_is_under_fourteen_needs_a_guardian(relation: Relation, birth_date: Any, needed: bool) -> None:
    assert member_rules.needs_guardian(relation, birth_date, today=date(2027, 3, 10)) is needed


def test_a_baby_is_kept_until_formula_ends_and_a_month_longer() -> None:
    ends = member_rules.purpose_ends_on(Relation.BABY, date(2024, 1, 31), known_since=date(2024, 2, 1))
    assert ends == date(2027, 1, 31) + timedelta(days=30)


def test_a_baby_without_a_birth_date_is_counted_from_the_day_it_was_entered() -> None:
    ends = member_rules.purpose_ends_on(Relation.BABY, None, known_since=date(2024, 2, 29))
    assert ends == date(2027, 2, 28) + timedelta(days=30)


def test_a_grown_up_has_no_end_of_purpose() -> None:
    assert member_rules.purpose_ends_on(Relation.PARENT, None, known_since=date(2020, 1, 1)) is None


@given(born=st.dates(date(2000, 1, 1), date(2040, 1, 1)), days=st.integers(0, 6000))
def test_age_in_months_never_runs_backwards(born: date, days: int) -> None:
    today = born + timedelta(days=days)
    assert 0 <= member_rules.months_old(born, today) <= member_rules.months_old(born, today + timedelta(days=1))


# Adding and changing


def test_a_baby_is_kept_with_the_words_channel_time_and_collector_of_its_consent(home: Any, now: datetime) -> None:
    customer, owner = home
    said = now - timedelta(hours=2)
    consent = GuardianConsent(text="同意保存名字和出生日期", channel=GuardianChannel.PAPER, at=said)
    kept = members.add(customer.household_id, baby(consent=consent), actor=owner, now=now)

    assert (kept.name, kept.relation, kept.birth_date) == ("乐乐", "baby", BORN)
    assert (kept.guardian_consent_channel, kept.guardian_consent_at) == ("paper", said)
    assert kept.guardian_consent_collector_id == owner.id
    [event] = db.session.scalars(select(MemberConsentEvent))
    assert (event.state, event.text, event.occurred_at, event.recorded_at) == ("in", AGREED.text, said, now)


@pytest.mark.parametrize("relation", [Relation.BABY, Relation.CHILD])
def test_a_child_is_not_kept_without_a_consent(home: Any, now: datetime, relation: Relation) -> None:
    customer, owner = home
    with pytest.raises(ConsentMissing):
        members.add(customer.household_id, baby(relation=relation, consent=None), actor=owner, now=now)
    assert members.members_of(customer.household_id) == []


def test_a_partner_needs_none(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, NewMember(name="陈先生", relation=Relation.PARTNER), actor=owner, now=now)
    assert kept.guardian_consent_at is None


def test_a_member_may_be_a_customer_of_the_same_household(home: Any, now: datetime) -> None:
    customer, owner = home
    spouse = make_customer(
        store_id=customer.store_id, owner_id=owner.id, household_id=customer.household_id, name="陈先生"
    )
    new = NewMember(name="陈先生", relation=Relation.PARTNER, customer_id=spouse.id)
    assert members.add(customer.household_id, new, actor=owner, now=now).customer_id == spouse.id
    with pytest.raises(Invalid) as refused:
        members.add(customer.household_id, new, actor=owner, now=now)
    assert "customer_id" in refused.value.errors


def test_a_customer_of_another_household_is_no_member(home: Any, now: datetime) -> None:
    customer, owner = home
    stranger = make_customer(store_id=customer.store_id, owner_id=owner.id)
    new = NewMember(name="别人", relation=Relation.OTHER, customer_id=stranger.id)
    with pytest.raises(Invalid) as refused:
        members.add(customer.household_id, new, actor=owner, now=now)
    assert "customer_id" in refused.value.errors


@pytest.mark.parametrize("birth_date", [date(2027, 3, 11), date(1899, 12, 31)])
def test_a_birth_date_lies_in_the_past(home: Any, now: datetime, birth_date: date) -> None:
    customer, owner = home
    with pytest.raises(Invalid) as refused:
        members.add(customer.household_id, baby(birth_date=birth_date), actor=owner, now=now)
    assert "birth_date" in refused.value.errors


def test_today_is_the_day_of_the_store(home: Any) -> None:
    """In Hong Kong the 11th has begun while it is still the 10th in London."""
    customer, owner = home
    late = datetime(2027, 3, 10, 17, 0, tzinfo=UTC)
    kept = members.add(customer.household_id, baby(birth_date=date(2027, 3, 11)), actor=owner, now=late)
    assert kept.birth_date == date(2027, 3, 11)


def test_a_consent_from_the_future_is_refused(home: Any, now: datetime) -> None:
    customer, owner = home
    tomorrow = GuardianConsent(text="同意", channel=GuardianChannel.PHONE, at=now + timedelta(days=1))
    with pytest.raises(Invalid):
        members.add(customer.household_id, baby(consent=tomorrow), actor=owner, now=now)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "前夫"},
        {"name": "her ex-husband"},
        {"consent": GuardianConsent(text="單親媽媽，同意保存", channel=GuardianChannel.SMS)},
    ],
)
def test_private_life_is_kept_neither_in_a_name_nor_in_a_consent(
    home: Any, now: datetime, changes: dict[str, Any]
) -> None:
    customer, owner = home
    with pytest.raises(TooPrivate):
        members.add(customer.household_id, baby(**changes), actor=owner, now=now)


@pytest.mark.parametrize("name", ["Charlotte Church", "Christian Chan", "Faith Wong", "Rash Patel"])
def test_a_name_may_look_like_such_a_word(home: Any, now: datetime, name: str) -> None:
    customer, owner = home
    assert members.add(customer.household_id, baby(name=name), actor=owner, now=now).name == name


def test_a_member_is_changed_in_the_version_seen(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, baby(), actor=owner, now=now)
    seen = kept.version
    members.change(kept.id, {"name": "樂樂"}, version=seen, actor=owner, now=now)
    assert kept.name == "樂樂"
    with pytest.raises(StaleVersion):
        members.change(kept.id, {"name": "又"}, version=seen, actor=owner, now=now)


def test_an_adult_becomes_a_child_only_with_a_consent(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, NewMember(name="小陈", relation=Relation.OTHER), actor=owner, now=now)
    with pytest.raises(ConsentMissing):
        members.change(kept.id, {"relation": Relation.CHILD}, version=kept.version, actor=owner, now=now)
    members.consent_again(kept.id, AGREED, actor=owner, now=now)
    members.change(kept.id, {"relation": Relation.CHILD}, version=kept.version, actor=owner, now=now)
    assert kept.relation == "child"


# Letting go


def test_a_consent_taken_back_deletes_name_and_birth_date_and_keeps_both_words(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, baby(), actor=owner, now=now)
    members.withdraw(kept.id, text="不要再保存了", channel=GuardianChannel.PHONE, actor=owner, now=now)

    assert (kept.name, kept.birth_date, kept.anonymised_at, kept.consent_withdrawn_at) == ("", None, now, now)
    assert [(event.state, event.text) for event, _ in members.consent_history(kept.id)] == [
        ("in", AGREED.text),
        ("out", "不要再保存了"),
    ]
    assert members.members_of(customer.household_id) == []
    [withdrawn] = facts_named("GuardianConsentWithdrawn")
    assert (withdrawn["member_id"], withdrawn["household_id"]) == (kept.id, customer.household_id)
    [gone] = facts_named("MemberAnonymised")
    assert (gone["member_id"], gone["reason"]) == (kept.id, "withdrawn")


def test_a_guardian_is_never_refused_for_the_wording(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, baby(), actor=owner, now=now)
    members.withdraw(kept.id, text="我们离婚了，请删除", channel=GuardianChannel.SMS, actor=owner, now=now)
    assert kept.anonymised_at is not None


def test_taking_back_twice_changes_nothing(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, baby(), actor=owner, now=now)
    for _ in range(2):
        members.withdraw(kept.id, text="删除", channel=GuardianChannel.SMS, actor=owner, now=now)
    assert len(facts_named("GuardianConsentWithdrawn")) == 1
    assert len(members.consent_history(kept.id)) == 2


def test_what_was_never_given_can_t_be_taken_back(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, NewMember(name="陈先生", relation=Relation.PARTNER), actor=owner, now=now)
    with pytest.raises(Invalid):
        members.withdraw(kept.id, text="", channel=GuardianChannel.SMS, actor=owner, now=now)


def test_a_removed_member_is_forgotten_and_can_t_be_changed_any_more(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, baby(), actor=owner, now=now)
    for _ in range(2):
        members.anonymise(kept.id, actor=owner, now=now)
    assert (kept.name, kept.birth_date) == ("", None)
    assert [fact["reason"] for fact in facts_named("MemberAnonymised")] == ["removed"]
    with pytest.raises(MemberIsGone):
        members.change(kept.id, {"name": "又来"}, version=kept.version, actor=owner, now=now)
    with pytest.raises(MemberIsGone):
        members.consent_again(kept.id, AGREED, actor=owner, now=now)


def test_nothing_personal_is_left_of_a_forgotten_child_but_the_proof(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, baby(name="陈独一"), actor=owner, now=now)
    members.withdraw(kept.id, text="删除", channel=GuardianChannel.SMS, actor=owner, now=now)
    for table in ("household_member", "member_consent_event", "audit_entry", "fact"):
        found = db.session.execute(text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%陈独一%'")).scalar()
        assert found == 0, table
        born = db.session.execute(text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%2026-11-03%'")).scalar()
        assert born == 0, table


def test_the_proof_of_a_consent_can_be_neither_changed_nor_deleted(home: Any, now: datetime) -> None:
    customer, owner = home
    members.add(customer.household_id, baby(), actor=owner, now=now)
    for statement in ("UPDATE member_consent_event SET text = 'x'", "DELETE FROM member_consent_event"):
        with pytest.raises(Exception, match="append-only"), db.session.begin_nested():
            db.session.execute(text(statement))


# The night


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({"birth_date": date(2024, 2, 9)}, True),  # ends on 11 March
        ({"birth_date": date(2024, 2, 8)}, False),  # ended today
        ({"birth_date": None, "created_at": datetime(2024, 1, 1, tzinfo=UTC)}, False),
        ({"birth_date": None, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}, True),
        ({"relation": "child", "birth_date": date(2020, 1, 1)}, True),
        ({"relation": "child", "birth_date": date(2013, 2, 8)}, False),
        ({"relation": "partner", "birth_date": date(1960, 1, 1)}, True),
    ],
)
def test_the_night_forgets_children_whose_purpose_has_ended(
    home: Any, now: datetime, changes: dict[str, Any], is_kept: bool
) -> None:
    kept = make_member(home[0], **changes)
    db.session.commit()
    jobs.forget_what_has_ended(now=now)
    db.session.expire_all()
    assert (kept.anonymised_at is None) is is_kept
    assert (kept.name != "") is is_kept


def test_the_night_keeps_the_promise_that_the_page_makes(home: Any, now: datetime) -> None:
    kept = make_member(home[0], birth_date=date(2024, 2, 29))
    ends = member_rules.purpose_ends_on(Relation.BABY, kept.birth_date, known_since=kept.created_at.date())
    assert ends is not None
    at = datetime(ends.year, ends.month, ends.day, 1, tzinfo=UTC)
    assert members.anonymise_ended(now=at - timedelta(days=1)) == 0
    assert members.anonymise_ended(now=at) == 1


def test_the_night_leaves_a_member_with_a_file_to_that_file(home: Any, now: datetime) -> None:
    customer, _owner = home
    made = make_member(customer, birth_date=date(2020, 1, 1), customer_id=customer.id)
    db.session.commit()
    assert jobs.forget_what_has_ended(now=now).members == 0
    assert made.name


def test_a_second_night_finds_nothing(home: Any, now: datetime) -> None:
    make_member(home[0], birth_date=date(2020, 1, 1))
    db.session.commit()
    assert jobs.forget_what_has_ended(now=now).members == 1
    assert jobs.forget_what_has_ended(now=now).members == 0
    assert [fact["reason"] for fact in facts_named("MemberAnonymised")] == ["purpose_ended"]


# Whose they are


def test_members_are_there_for_who_may_see_a_customer_of_the_household(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = make_member(customer)
    stranger = actor_of(make_staff(store=make_store()))
    assert members.get(kept.id, actor=owner, now=now).id == kept.id
    for act in (
        lambda: members.get(kept.id, actor=stranger, now=now),
        lambda: members.visible_members_of(customer.household_id, actor=stranger, now=now),
        lambda: members.add(customer.household_id, baby(), actor=stranger, now=now),
        lambda: members.change(kept.id, {}, version=1, actor=stranger, now=now),
        lambda: members.withdraw(kept.id, text="", channel=GuardianChannel.SMS, actor=stranger, now=now),
        lambda: members.anonymise(kept.id, actor=stranger, now=now),
    ):
        with pytest.raises(NotFound):
            act()


def test_every_change_of_a_member_is_on_record_without_a_name(home: Any, now: datetime) -> None:
    customer, owner = home
    kept = members.add(customer.household_id, baby(name="陈乐乐"), actor=owner, now=now)
    members.change(kept.id, {"name": "陈樂樂"}, version=kept.version, actor=owner, now=now)
    members.anonymise(kept.id, actor=owner, now=now)
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action.like("member.%")).order_by(AuditEntry.id))
    found = [(entry.action, entry.actor, entry.detail["member_id"]) for entry in entries]
    assert found == [(f"member.{act}", str(owner.id), kept.id) for act in ("create", "update", "remove")]


def test_children_move_along_when_nobody_else_stays(home: Any, now: datetime) -> None:
    customer, _owner = home
    child = make_member(customer)
    lead = Actor(id=make_staff(Role.HEAD_OFFICE).id, name="", role=Role.HEAD_OFFICE)
    other = make_customer(household=make_household(store_id=customer.store_id))
    service.join_household(customer.id, with_customer_id=other.id, actor=lead, now=now)
    db.session.refresh(child)
    assert child.household_id == other.household_id


def test_children_stay_with_who_stays(home: Any, now: datetime) -> None:
    customer, _owner = home
    child = make_member(customer)
    spouse = make_customer(store_id=customer.store_id, household_id=customer.household_id)
    own_entry = make_member(customer, name="陈先生", relation="partner", birth_date=None, customer_id=spouse.id)
    lead = Actor(id=make_staff(Role.HEAD_OFFICE).id, name="", role=Role.HEAD_OFFICE)
    service.leave_household(spouse.id, actor=lead, now=now)
    db.session.refresh(child)
    db.session.refresh(own_entry)
    assert child.household_id == customer.household_id
    assert own_entry.household_id == spouse.household_id


def test_the_database_keeps_nothing_of_who_was_forgotten(home: Any, now: datetime) -> None:
    kept = make_member(home[0])
    with pytest.raises(Exception, match="anonymised_knows_nothing"), db.session.begin_nested():
        db.session.execute(
            HouseholdMember.__table__.update().where(HouseholdMember.id == kept.id).values(anonymised_at=now)
        )
