"""Files, owners, households and notes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.core.models import AuditEntry
from app.customers import queries, service
from app.customers.birthdays import Birthday
from app.customers.errors import NewerWordKnown, NoPhone, OtherStoresHousehold, PhoneTaken, TooPrivate
from app.customers.models import Customer, CustomerNote
from app.customers.queries import CustomerFilter
from app.customers.service import NewCustomer
from app.customers.values import Calendar, Channel, ConsentSource, ConsentState, Scope
from app.people.access import Actor, Role
from app.people.models import Staff, Store
from tests.factories.customers import make_customer, make_household
from tests.factories.people import actor_of, make_staff, make_store

SYSTEM = Actor.system()


@pytest.fixture
def store(session: Session) -> Store:
    return make_store()


@pytest.fixture
def associate(store: Store) -> Staff:
    return make_staff(store=store)


@pytest.fixture
def supervisor(store: Store) -> Staff:
    return make_staff(Role.SUPERVISOR, store=store)


@pytest.fixture
def customer(store: Store, associate: Staff) -> Customer:
    return make_customer(store=store, owner=associate)


def audited(session: Session, customer: Customer) -> list[str]:
    stmt = select(AuditEntry.action).where(
        AuditEntry.subject_type == "customer", AuditEntry.subject_id == str(customer.id)
    )
    return list(session.scalars(stmt.order_by(AuditEntry.id)))


def names(filter_: CustomerFilter, now: datetime) -> list[str]:
    return [row[0].name for row in queries.page_of_customers(filter_, actor=SYSTEM, now=now).rows]


# --- opening a file


def test_a_new_file_has_a_household_an_owner_and_an_audit_entry(
    session: Session, store: Store, associate: Staff, now: datetime
) -> None:
    new = NewCustomer(name=" 陳美玲 ", phone="6123 4567", store_id=store.id)

    customer = service.create(new, actor=actor_of(associate), now=now)

    assert (customer.name, customer.phone, customer.locale) == ("陳美玲", "+85261234567", "zh_Hant")
    assert (customer.owner_id, customer.tier, customer.version) == (associate.id, "ordinary", 1)
    assert queries.household(customer.household_id, actor=SYSTEM, now=now).household.store_id == store.id
    assert [(row.owner_id, row.until) for row, _ in queries.owners_of(customer.id)] == [(associate.id, None)]
    assert audited(session, customer) == ["customer.create"]


def test_a_number_is_read_as_in_the_stores_country(session: Session, now: datetime) -> None:
    shenzhen = make_store(country="CN", zone="Asia/Shanghai", locale="zh_Hans")

    customer = service.create(
        NewCustomer(name="王芳", phone="138 0013 8000", store_id=shenzhen.id), actor=SYSTEM, now=now
    )

    assert customer.phone == "+8613800138000"


def test_a_number_belongs_to_one_customer(store: Store, customer: Customer, now: datetime) -> None:
    with pytest.raises(PhoneTaken):
        service.create(NewCustomer(name="X", phone=customer.phone, store_id=store.id), actor=SYSTEM, now=now)


def test_customers_without_a_number_may_be_many(session: Session, store: Store, now: datetime) -> None:
    first = service.create(NewCustomer(name="寶寶", store_id=store.id), actor=SYSTEM, now=now)
    second = service.create(NewCustomer(name="寶寶", store_id=store.id), actor=SYSTEM, now=now)

    assert first.phone is second.phone is None


def test_an_associate_cannot_open_a_file_for_a_colleague(store: Store, associate: Staff, now: datetime) -> None:
    colleague = make_staff(store=store)

    with pytest.raises(Forbidden):
        service.create(
            NewCustomer(name="X", store_id=store.id, owner_id=colleague.id), actor=actor_of(associate), now=now
        )


def test_an_owner_works_in_the_store(store: Store, supervisor: Staff, now: datetime) -> None:
    stranger = make_staff()

    with pytest.raises(Invalid) as refused:
        service.create(
            NewCustomer(name="X", store_id=store.id, owner_id=stranger.id), actor=actor_of(supervisor), now=now
        )
    assert list(refused.value.errors or {}) == ["owner_id"]


def test_a_new_customer_may_join_a_household_of_the_store(customer: Customer, store: Store, now: datetime) -> None:
    new = NewCustomer(name="陳先生", store_id=store.id, household_id=customer.household_id)

    assert service.create(new, actor=SYSTEM, now=now).household_id == customer.household_id


def test_a_household_of_another_store_is_not_found(store: Store, now: datetime) -> None:
    elsewhere = make_customer()

    with pytest.raises(Invalid) as refused:
        service.create(
            NewCustomer(name="X", store_id=store.id, household_id=elsewhere.household_id), actor=SYSTEM, now=now
        )
    assert list(refused.value.errors or {}) == ["household_id"]


def test_preferences_and_tags_respect_the_limits_of_care(store: Store, now: datetime) -> None:
    with pytest.raises(TooPrivate) as refused:
        service.create(
            NewCustomer(name="X", store_id=store.id, preferences="她离婚了", tags=["欠债", "素色"]),
            actor=SYSTEM,
            now=now,
        )
    assert set(refused.value.errors or {}) == {"preferences", "tags"}
    assert {word["word"] for word in refused.value.extra["words"]} == {"离婚", "欠债"}


# --- changing it


def test_a_change_raises_the_version_and_is_audited_by_field(
    session: Session, customer: Customer, associate: Staff, now: datetime
) -> None:
    changes = {"name": "陳小姐", "address": "彌敦道 2 號", "birthday": Birthday(Calendar.LUNAR, 8, 15)}

    changed = service.update(customer.id, changes, version=1, actor=actor_of(associate), now=now)

    assert (changed.version, changed.birthday_calendar, changed.birthday_month) == (2, "lunar", 8)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.update")).one()
    assert entry.detail["fields"] == ["address", "birthday", "name"]


def test_a_new_name_is_sorted_anew(customer: Customer, store: Store, now: datetime) -> None:
    make_customer(store=store, name="李娜")
    service.update(customer.id, {"name": "Amy"}, version=1, actor=SYSTEM, now=now)

    assert names(CustomerFilter(store_id=store.id), now) == ["Amy", "李娜"]


def test_a_stale_version_changes_nothing(customer: Customer, now: datetime) -> None:
    service.update(customer.id, {"district": "旺角"}, version=1, actor=SYSTEM, now=now)

    with pytest.raises(StaleVersion):
        service.update(customer.id, {"district": "中環"}, version=1, actor=SYSTEM, now=now)
    assert customer.district == "旺角"


def test_a_birthday_can_be_taken_away(customer: Customer, now: datetime) -> None:
    service.update(customer.id, {"birthday": Birthday(Calendar.SOLAR, 5, 1, 1990)}, version=1, actor=SYSTEM, now=now)

    changed = service.update(customer.id, {"birthday": None}, version=2, actor=SYSTEM, now=now)

    assert (changed.birthday_calendar, changed.birthday_year, changed.birthday_month) == (None, None, None)


@pytest.mark.parametrize("nothing", ["", None])
def test_a_number_can_be_taken_away(customer: Customer, now: datetime, nothing: str | None) -> None:
    assert service.update(customer.id, {"phone": nothing}, version=1, actor=SYSTEM, now=now).phone is None


def test_a_position_has_two_coordinates(customer: Customer, now: datetime) -> None:
    with pytest.raises(Invalid):
        service.update(customer.id, {"lat": None}, version=1, actor=SYSTEM, now=now)


def test_a_number_of_somebody_else_is_refused_and_the_rest_of_the_work_goes_on(
    session: Session, customer: Customer, store: Store, now: datetime
) -> None:
    other = make_customer(store=store)

    with pytest.raises(PhoneTaken):
        service.update(customer.id, {"phone": other.phone}, version=1, actor=SYSTEM, now=now)
    session.refresh(customer)
    assert (customer.phone != other.phone, customer.version) == (True, 1)


# --- owners


def test_a_new_owner_closes_the_line_of_the_old_one(
    customer: Customer, store: Store, associate: Staff, supervisor: Staff, now: datetime
) -> None:
    successor = make_staff(store=store)

    service.change_owner(customer.id, successor.id, reason="产假", actor=actor_of(supervisor), now=now)

    history = [(row.owner_id, row.until, row.reason) for row, _ in queries.owners_of(customer.id)]
    assert history == [(successor.id, None, "产假"), (associate.id, now, "")]


def test_an_associate_cannot_give_a_customer_away(
    customer: Customer, store: Store, associate: Staff, now: datetime
) -> None:
    with pytest.raises(Forbidden):
        service.change_owner(customer.id, make_staff(store=store).id, reason="", actor=actor_of(associate), now=now)


def test_somebody_who_left_cannot_become_the_owner(customer: Customer, store: Store, now: datetime) -> None:
    gone = make_staff(store=store, is_active=False)

    with pytest.raises(Invalid):
        service.change_owner(customer.id, gone.id, reason="", actor=SYSTEM, now=now)


def test_moving_to_another_store_takes_the_household_along_and_leaves_the_owner(
    session: Session, customer: Customer, now: datetime
) -> None:
    target = make_store()
    household_id = customer.household_id

    moved = service.update(customer.id, {"store_id": target.id}, version=1, actor=SYSTEM, now=now)

    assert (moved.store_id, moved.owner_id, moved.household_id) == (target.id, None, household_id)
    assert queries.household(household_id, actor=SYSTEM, now=now).household.store_id == target.id


def test_who_moves_away_from_a_shared_household_gets_an_own_one(store: Store, now: datetime) -> None:
    household = make_household(store=store)
    mover, stayer = make_customer(household=household), make_customer(household=household)

    moved = service.update(mover.id, {"store_id": make_store().id}, version=1, actor=SYSTEM, now=now)

    assert moved.household_id != stayer.household_id == household.id
    assert household.store_id == store.id


def test_a_supervisor_moves_customers_only_to_stores_of_his(
    customer: Customer, supervisor: Staff, now: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        service.update(customer.id, {"store_id": make_store().id}, version=1, actor=actor_of(supervisor), now=now)
    assert list(refused.value.errors or {}) == ["store_id"]


# --- reading


def test_reading_the_full_file_is_audited(
    session: Session, customer: Customer, associate: Staff, now: datetime
) -> None:
    service.read_file(customer.id, actor=actor_of(associate), now=now)

    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.read")).one()
    assert (entry.actor, entry.subject_id, entry.store_id) == (str(associate.id), str(customer.id), customer.store_id)


def test_a_file_of_somebody_else_is_not_found(customer: Customer, store: Store, now: datetime) -> None:
    with pytest.raises(NotFound):
        service.read_file(customer.id, actor=actor_of(make_staff(store=store)), now=now)


# --- households


def test_joining_and_leaving_a_household(session: Session, customer: Customer, store: Store, now: datetime) -> None:
    other = make_customer(store=store)

    service.join_household(customer.id, with_customer_id=other.id, actor=SYSTEM, now=now)
    assert customer.household_id == other.household_id

    service.leave_household(customer.id, actor=SYSTEM, now=now)
    assert customer.household_id != other.household_id
    assert audited(session, customer) == ["customer.join_household", "customer.leave_household"]


def test_who_lives_alone_has_nothing_to_leave(customer: Customer, now: datetime) -> None:
    before = customer.household_id

    service.leave_household(customer.id, actor=SYSTEM, now=now)

    assert (customer.household_id, customer.version) == (before, 1)


def test_customers_of_two_stores_share_no_household(customer: Customer, now: datetime) -> None:
    with pytest.raises(OtherStoresHousehold):
        service.join_household(customer.id, with_customer_id=make_customer().id, actor=SYSTEM, now=now)


def test_a_household_shows_only_members_the_asker_sees(
    customer: Customer, store: Store, associate: Staff, now: datetime
) -> None:
    household = make_household(store=store)
    own = make_customer(household=household, owner=associate)
    make_customer(household=household)

    file = queries.household(household.id, actor=actor_of(associate), now=now)

    assert [member.id for member, _ in file.members] == [own.id]


# --- notes and consent


def test_a_note_is_kept_with_its_author(session: Session, customer: Customer, associate: Staff, now: datetime) -> None:
    saved = service.add_note(customer.id, " 喜欢浅色 ", actor=actor_of(associate), now=now)

    assert (saved.note.text, saved.note.author_id, saved.offer) == ("喜欢浅色", associate.id, None)
    assert audited(session, customer) == ["customer.note"]


def test_a_private_note_is_not_kept(session: Session, customer: Customer, now: datetime) -> None:
    with pytest.raises(TooPrivate) as refused:
        service.add_note(customer.id, "最近失业，心情不好", actor=SYSTEM, now=now)

    assert refused.value.extra["words"] == [{"topic": "money", "word": "失业"}]
    assert session.scalars(select(CustomerNote)).all() == []


def test_a_note_about_a_reaction_is_kept_and_a_complaint_offered(customer: Customer, now: datetime) -> None:
    saved = service.add_note(customer.id, "用了新面霜后起红疹", actor=SYSTEM, now=now)

    assert saved.note.id
    assert saved.offer is not None
    assert "complaint" in saved.offer


def say(customer: Customer, state: ConsentState, actor: Actor, now: datetime, said_at: datetime | None = None) -> None:
    service.record_consent(
        customer.id,
        state,
        channel=Channel.SMS,
        scope=Scope.ALL,
        text="在收银台当面说的",
        source=ConsentSource.OFFICE,
        said_at=said_at,
        actor=actor,
        now=now,
    )


def test_an_associate_may_take_a_stop_but_no_consent(customer: Customer, associate: Staff, now: datetime) -> None:
    say(customer, ConsentState.OUT, actor_of(associate), now)

    with pytest.raises(Forbidden):
        say(customer, ConsentState.IN, actor_of(associate), now + timedelta(minutes=1))


def test_an_older_word_does_not_undo_a_later_stop(customer: Customer, supervisor: Staff, now: datetime) -> None:
    say(customer, ConsentState.OUT, SYSTEM, now)

    with pytest.raises(NewerWordKnown):
        say(customer, ConsentState.IN, actor_of(supervisor), now, said_at=now - timedelta(days=3))


def test_without_a_number_there_is_nothing_to_consent_to(store: Store, now: datetime) -> None:
    with pytest.raises(NoPhone):
        say(make_customer(store=store, phone=None), ConsentState.OUT, SYSTEM, now)


def test_nobody_consents_tomorrow(customer: Customer, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        say(customer, ConsentState.IN, SYSTEM, now, said_at=now + timedelta(hours=1))
    assert list(refused.value.errors or {}) == ["said_at"]


# --- lists


@pytest.mark.parametrize("search", ["美玲", "陳美", "4567", "6123 45", "+852 6123", "素色"])
def test_a_customer_is_found_by_part_of_the_name_by_digits_and_by_tag(store: Store, now: datetime, search: str) -> None:
    make_customer(store=store, name="陳美玲", phone="+85261234567", tags=["素色"])
    make_customer(store=store, name="黃志強", phone="+85290000000", tags=["素色衣服"])

    assert names(CustomerFilter(search=search), now) == ["陳美玲"]


def test_signs_of_the_search_language_are_plain_text(store: Store, now: datetime) -> None:
    make_customer(store=store, name="100% Silk Ltd_")
    make_customer(store=store, name="100 Silk")

    assert names(CustomerFilter(search="0% s"), now) == ["100% Silk Ltd_"]


def test_lists_are_narrowed_by_store_owner_tier_and_tag(store: Store, associate: Staff, now: datetime) -> None:
    wanted = make_customer(store=store, owner=associate, tier="core", tags=["VIP"])
    make_customer(store=store, owner=associate, tier="ordinary", tags=["VIP"])
    make_customer(store=store, tier="core", tags=["VIP"])
    make_customer(tier="core", owner=None, tags=["VIP"])
    make_customer(store=store, owner=associate, tier="core")

    found = names(CustomerFilter(store_id=store.id, owner_id=associate.id, tier="core", tag="VIP"), now)

    assert found == [wanted.name]


def test_pages_follow_each_other_without_gap_or_repetition(store: Store, now: datetime) -> None:
    for name in ("李娜", "Amy", "陈静", "王芳", "李娜", "张伟", "陈静"):
        make_customer(store=store, name=name)

    seen: list[str] = []
    cursor = None
    while True:
        page = queries.page_of_customers(
            CustomerFilter(store_id=store.id), actor=SYSTEM, now=now, cursor=cursor, limit=2
        )
        seen += [row[0].name for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == ["Amy", "陈静", "陈静", "李娜", "李娜", "王芳", "张伟"]
