"""Who sees whom, as rules."""

import pytest

from app.core.errors import Forbidden, NotFound
from app.people.access import (
    Actor,
    Role,
    may_lead_store,
    may_manage_hours_of,
    may_see_details_of,
    may_see_store,
    require_lead,
    require_store,
)

HEAD_OFFICE = Actor(id=1, name="H", role=Role.HEAD_OFFICE)
SUPERVISOR = Actor(id=2, name="S", role=Role.SUPERVISOR, store_ids=frozenset({10}))
ASSOCIATE = Actor(id=3, name="A", role=Role.ASSOCIATE, store_ids=frozenset({10}))


def test_head_office_and_the_service_see_every_store():
    assert may_see_store(HEAD_OFFICE, 99)
    assert may_see_store(Actor.system(), 99)


@pytest.mark.parametrize("actor", [SUPERVISOR, ASSOCIATE])
def test_others_see_their_own_stores_only(actor):
    assert may_see_store(actor, 10)
    assert not may_see_store(actor, 99)
    with pytest.raises(NotFound):
        require_store(actor, 99)


def test_a_customer_sees_no_store():
    assert not may_see_store(Actor.customer(7), 10)


def test_an_associate_leads_no_store():
    assert not may_lead_store(ASSOCIATE, 10)
    with pytest.raises(Forbidden):
        require_lead(ASSOCIATE, 10)


def test_a_supervisor_leads_the_own_store_and_does_not_learn_of_others():
    require_lead(SUPERVISOR, 10)
    with pytest.raises(NotFound):
        require_lead(SUPERVISOR, 99)


def test_a_supervisor_plans_own_associates_but_no_supervisors():
    assert may_manage_hours_of(SUPERVISOR, role="associate", store_ids=frozenset({10, 11}))
    assert not may_manage_hours_of(SUPERVISOR, role="associate", store_ids=frozenset({11}))
    assert not may_manage_hours_of(SUPERVISOR, role="supervisor", store_ids=frozenset({10}))
    assert not may_manage_hours_of(ASSOCIATE, role="associate", store_ids=frozenset({10}))


def test_colleagues_see_names_but_no_details():
    assert may_see_details_of(ASSOCIATE, 3)
    assert not may_see_details_of(ASSOCIATE, 4)
    assert may_see_details_of(SUPERVISOR, 4)


def test_an_actor_says_what_its_id_refers_to():
    assert (HEAD_OFFICE.kind, HEAD_OFFICE.staff_id) == ("staff", 1)
    assert (Actor.system().kind, Actor.system().staff_id) == ("system", None)
    assert (Actor.customer(7).kind, Actor.customer(7).id) == ("customer", 7)


def test_an_actor_can_not_be_changed():
    with pytest.raises(AttributeError):
        ASSOCIATE.role = Role.HEAD_OFFICE  # type: ignore[misc]
