"""Stores, people and skills, changed by head office."""

import pytest
from sqlalchemy import select

from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.models import AuditEntry
from app.people import auth, queries, service, sessions
from app.people.access import Role
from app.people.errors import CodeTaken, LastHeadOffice, NotYourself, PhoneTaken, StoreInUse
from app.people.models import Staff, TimeOff, TokenKind
from tests.factories.people import actor_of, make_skill, make_staff, make_store


@pytest.fixture
def boss(session):
    return make_staff(Role.HEAD_OFFICE)


def add_person(boss, now, **changes):
    values = {"name": "陳美玲", "phone": "+85291234599", "role": Role.ASSOCIATE, "locale": "zh_Hant"}
    return service.create_staff(**{**values, **changes}, actor=actor_of(boss), now=now)


def change(person, boss, now, *, version=None, store_ids=None, **changes):
    return service.update_staff(
        person.id,
        changes,
        version=version or person.version,
        store_ids=store_ids,
        actor=actor_of(boss),
        now=now,
    )


def test_a_new_associate_gets_stores_and_the_first_is_home(session, now, boss):
    one, two = make_store(), make_store()
    person = add_person(boss, now, store_ids=[two.id, one.id])
    assert person.home_store_id == two.id
    assert queries.store_ids_of(person.id) == {one.id, two.id}


def test_the_phone_is_read_as_written_in_the_store_s_country(session, now, boss):
    shenzhen = make_store(country="CN", zone="Asia/Shanghai")
    assert add_person(boss, now, phone="138 0013 8000", store_ids=[shenzhen.id]).phone == "+8613800138000"


@pytest.mark.parametrize("role", [Role.ASSOCIATE, Role.SUPERVISOR])
def test_who_works_in_stores_needs_at_least_one(session, now, boss, role):
    with pytest.raises(Invalid) as refusal:
        add_person(boss, now, role=role)
    assert "store_ids" in refusal.value.errors


def test_head_office_needs_no_store(session, now, boss):
    assert add_person(boss, now, role=Role.HEAD_OFFICE).home_store_id is None


def test_unknown_stores_skills_and_foreign_homes_are_named(session, now, boss):
    store, other = make_store(), make_store()
    for field, changes in {
        "store_ids": {"store_ids": [2**31 - 1]},
        "skills": {"store_ids": [store.id], "skills": ["flying"]},
        "home_store_id": {"store_ids": [store.id], "home_store_id": other.id},
    }.items():
        with pytest.raises(Invalid) as refusal:
            add_person(boss, now, **changes)
        assert list(refusal.value.errors) == [field]


def test_a_phone_number_signs_in_one_person_only(session, now, boss):
    store = make_store()
    add_person(boss, now, store_ids=[store.id])
    with pytest.raises(PhoneTaken):
        add_person(boss, now, store_ids=[store.id])
    assert len(session.scalars(select(Staff).where(Staff.phone == "+85291234599")).all()) == 1


def test_a_change_is_written_down_with_its_fields_but_not_its_values(session, now, boss):
    person = make_staff()
    change(person, boss, now, name="New Name", phone="+85291234599")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "staff.update")).one()
    assert entry.actor == str(boss.id)
    assert entry.subject_id == str(person.id)
    assert set(entry.detail["changed"]) == {"name", "phone"}
    assert "91234599" not in str(entry.detail)


def test_who_saw_an_older_version_changes_nothing(session, now, boss):
    person = make_staff()
    change(person, boss, now, name="First")
    with pytest.raises(StaleVersion):
        change(person, boss, now, version=1, name="Second")
    session.refresh(person)
    assert person.name == "First"


def test_a_field_that_is_not_open_to_change_is_refused(session, now, boss):
    with pytest.raises(Invalid) as refusal:
        change(make_staff(), boss, now, password_hash="x")
    assert list(refusal.value.errors) == ["password_hash"]


def test_moving_to_another_store_moves_the_home_along(session, now, boss):
    person, store = make_staff(), make_store()
    change(person, boss, now, store_ids=[store.id])
    assert person.home_store_id == store.id
    assert queries.store_ids_of(person.id) == {store.id}


def test_a_second_store_leaves_the_home_where_it_is(session, now, boss):
    home, second = make_store(), make_store()
    person = make_staff(store=home)
    change(person, boss, now, store_ids=[second.id, home.id])
    assert person.home_store_id == home.id


def test_an_associate_made_head_office_may_lose_the_stores(session, now, boss):
    person = make_staff()
    change(person, boss, now, role="head_office", store_ids=[])
    assert person.role == Role.HEAD_OFFICE
    assert person.home_store_id is None


def test_leaving_ends_sessions_tokens_and_covers(session, now, boss):
    store = make_store()
    leaver, away = make_staff(store=store), make_staff(store=store)
    key = sessions.open_session(leaver.id, kind=TokenKind.SESSION, now=now)
    absence = TimeOff(
        staff_id=away.id,
        cover_id=leaver.id,
        starts_at=now,
        ends_at=now.replace(day=20),
        reason="leave",
        status="approved",
        asked_by=away.id,
        asked_at=now,
    )
    session.add(absence)
    session.flush()
    service.deactivate_staff(leaver.id, version=leaver.version, actor=actor_of(boss), now=now)
    session.refresh(absence)
    assert auth.look_up(key.token) is None
    assert absence.cover_id is None
    assert leaver.deactivated_at == now


def test_coming_back_opens_the_account_again(session, now, boss):
    person = make_staff()
    service.deactivate_staff(person.id, version=person.version, actor=actor_of(boss), now=now)
    change(person, boss, now, is_active=True)
    assert person.is_active
    assert person.deactivated_at is None


@pytest.mark.parametrize("changes", [{"is_active": False}, {"role": "supervisor"}])
def test_nobody_takes_away_the_own_access(session, now, boss, changes):
    with pytest.raises(NotYourself):
        change(boss, boss, now, **changes)


def test_the_last_of_head_office_stays(session, now, boss):
    with pytest.raises(LastHeadOffice):
        service.update_staff(
            boss.id, {"is_active": False}, version=boss.version, actor=actor_of(make_staff(Role.SUPERVISOR)), now=now
        )


def test_somebody_unknown_can_not_be_changed(session, now, boss):
    with pytest.raises(NotFound):
        service.update_staff(2**31 - 1, {"name": "X"}, version=1, actor=actor_of(boss), now=now)


# Stores


def open_store(boss, now, **changes):
    values = {
        "code": "TST",
        "name": "沙田店",
        "region": "New Territories",
        "country": "HK",
        "zone": "Asia/Hong_Kong",
        "locale": "zh_Hant",
        "languages": ["yue"],
    }
    return service.create_store(**{**values, **changes}, actor=actor_of(boss), now=now)


def test_a_store_keeps_its_phone_as_e164(session, now, boss):
    assert open_store(boss, now, phone="2345 6789").phone == "+85223456789"


def test_a_store_code_is_given_once(session, now, boss):
    open_store(boss, now)
    with pytest.raises(CodeTaken):
        open_store(boss, now)


@pytest.mark.parametrize(("field", "value"), [("zone", "Mars/Olympus"), ("locale", "xx")])
def test_a_store_needs_a_zone_and_a_language_that_exist(session, now, boss, field, value):
    with pytest.raises(Invalid) as refusal:
        open_store(boss, now, **{field: value})
    assert list(refusal.value.errors) == [field]


def test_a_store_where_people_work_stays_open(session, now, boss):
    store = make_store()
    make_staff(store=store)
    with pytest.raises(StoreInUse):
        service.update_store(store.id, {"is_active": False}, version=1, actor=actor_of(boss), now=now)


def test_an_empty_store_can_be_closed_and_takes_nobody_any_more(session, now, boss):
    store = make_store()
    service.update_store(store.id, {"is_active": False}, version=1, actor=actor_of(boss), now=now)
    with pytest.raises(Invalid):
        add_person(boss, now, store_ids=[store.id])


def test_a_stale_store_change_is_refused(session, now, boss):
    store = make_store()
    service.update_store(store.id, {"name": "A"}, version=1, actor=actor_of(boss), now=now)
    with pytest.raises(StaleVersion):
        service.update_store(store.id, {"name": "B"}, version=1, actor=actor_of(boss), now=now)


# Skills


def test_a_skill_can_be_renamed_and_retired(session, now, boss):
    make_skill("fitting")
    label = {"zh_Hans": "量身", "zh_Hant": "度身", "en": "Measuring"}
    service.put_skill("fitting", label=label, is_active=False, actor=actor_of(boss), now=now)
    assert [(skill.key, skill.label, skill.is_active) for skill in queries.skills()] == [("fitting", label, False)]
    assert queries.skills(only_active=True) == []


def test_a_skill_needs_its_name_in_every_language(session, now, boss):
    with pytest.raises(Invalid):
        service.put_skill("fitting", label={"en": "Fitting"}, is_active=True, actor=actor_of(boss), now=now)


# Who sees whom


def test_people_are_found_by_those_who_share_a_store(session, now, boss):
    here, there = make_store(), make_store()
    me, colleague, stranger = make_staff(store=here), make_staff(store=here), make_staff(store=there)
    seen = {person.id for person in session.scalars(queries.people(actor_of(me)))}
    assert seen == {me.id, colleague.id}
    with pytest.raises(NotFound):
        queries.visible_person(stranger.id, actor=actor_of(me))


def test_head_office_finds_everybody(session, now, boss):
    people = {make_staff().id, make_staff(Role.SUPERVISOR).id, boss.id}
    assert {person.id for person in session.scalars(queries.people(actor_of(boss)))} == people


def test_the_stores_of_many_people_take_one_query(session, now, boss):
    one, two = make_store(), make_store()
    first, second = make_staff(stores=[one, two]), make_staff(store=two)
    found = queries.store_ids_by_staff([first.id, second.id])
    assert {staff_id: sorted(ids) for staff_id, ids in found.items()} == {
        first.id: [one.id, two.id],
        second.id: [two.id],
    }
