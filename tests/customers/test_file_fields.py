"""The optional fields of the file: taken and shown while they are on, and forgotten after they were switched off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Forbidden, Invalid
from app.core.models import AuditEntry
from app.customers import file_fields, jobs, service
from app.customers.values import OptionalField
from app.people.access import Role
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store

API = "/api/v1"
ALL_THREE = {"occupation": "office", "industry": "finance", "income_band": "20k_to_40k"}


@pytest.fixture
def boss(session: Any, now: Any) -> Any:
    return make_staff(Role.HEAD_OFFICE)


@pytest.fixture
def customer(boss: Any) -> Any:
    return make_customer(store=make_store(), **ALL_THREE)


def switch_off(key: str, boss: Any, now: datetime) -> None:
    file_fields.switch({OptionalField(key): False}, actor=actor_of(boss), now=now)


def test_all_are_on_until_somebody_switches_one_off(boss: Any, now: datetime) -> None:
    assert file_fields.in_use() == ("occupation", "industry", "income_band")
    switch_off("industry", boss, now)
    assert file_fields.in_use() == ("occupation", "income_band")
    assert file_fields.switched_off() == {"industry"}


def test_the_file_shows_and_takes_what_is_on(
    customer: Any, boss: Any, client: FlaskClient, sign_in: Callable[..., dict[str, str]]
) -> None:
    headers = sign_in(boss)
    file = client.get(f"{API}/customers/{customer.id}", headers=headers).get_json()
    assert {name: file[name] for name in ALL_THREE} == ALL_THREE
    body = {"occupation": "retired", "income_band": None, "version": file["version"]}
    changed = client.patch(f"{API}/customers/{customer.id}", json=body, headers=headers).get_json()
    assert (changed["occupation"], changed["income_band"]) == ("retired", None)


@pytest.mark.parametrize("key", sorted(ALL_THREE))
def test_what_is_off_is_neither_shown_nor_taken(
    customer: Any, boss: Any, now: datetime, client: FlaskClient, sign_in: Callable[..., dict[str, str]], key: str
) -> None:
    headers = sign_in(boss)
    switch_off(key, boss, now)
    file = client.get(f"{API}/customers/{customer.id}", headers=headers).get_json()
    assert key not in file
    assert set(ALL_THREE) - {key} <= set(file)
    body = {key: ALL_THREE[key], "version": file["version"]}
    answer = client.patch(f"{API}/customers/{customer.id}", json=body, headers=headers)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [key])
    new = {"name": "新客", "store_id": customer.store_id, key: ALL_THREE[key]}
    assert client.post(f"{API}/customers", json=new, headers=headers).status_code == 422


def test_values_outside_the_closed_lists_are_refused(customer: Any, boss: Any, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        service.update(customer.id, {"occupation": "spy"}, version=1, actor=actor_of(boss), now=now)
    assert list(refused.value.errors) == ["occupation"]


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ASSOCIATE])
def test_only_head_office_decides(boss: Any, now: datetime, role: Role) -> None:
    somebody = actor_of(make_staff(role, make_store()))
    with pytest.raises(Forbidden):
        file_fields.switch({OptionalField.INDUSTRY: False}, actor=somebody, now=now)


def test_a_switch_is_on_record_once(boss: Any, now: datetime) -> None:
    for _ in range(2):
        switch_off("industry", boss, now)
    entries = list(db.session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "file_field")))
    assert [(entry.action, entry.subject_id) for entry in entries] == [("file_field.switch_off", "industry")]


def test_what_stood_in_the_files_goes_after_a_month(customer: Any, boss: Any, now: datetime) -> None:
    switch_off("industry", boss, now)
    db.session.commit()
    assert jobs.forget_what_has_ended(now=now + timedelta(days=29)).files == 0
    assert jobs.forget_what_has_ended(now=now + timedelta(days=30)).files == 1
    db.session.expire_all()
    assert (customer.industry, customer.occupation) == (None, "office")
    [state] = [one for one in file_fields.states() if one.key == "industry"]
    assert (state.emptied_at, state.empties_at) == (now + timedelta(days=30), None)


def test_a_switch_thrown_by_mistake_loses_nothing(customer: Any, boss: Any, now: datetime) -> None:
    switch_off("industry", boss, now)
    file_fields.switch({OptionalField.INDUSTRY: True}, actor=actor_of(boss), now=now + timedelta(days=2))
    db.session.commit()
    jobs.forget_what_has_ended(now=now + timedelta(days=60))
    db.session.expire_all()
    assert customer.industry == "finance"


def test_many_files_are_emptied_chunk_by_chunk(boss: Any, now: datetime) -> None:
    store = make_store()
    for _ in range(5):
        make_customer(store=store, industry="finance")
    switch_off("industry", boss, now)
    later = now + timedelta(days=31)
    assert [file_fields.empty_next(now=later, limit=2) for _ in range(4)] == [2, 2, 1, 0]
