"""Keys to the customer's page: who holds one, how long it opens, and why nobody guesses one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.core.db import db
from app.core.errors import NotFound
from app.customers import links
from app.customers.links import CODE_ALPHABET, TOKEN_ALPHABET, TRIES_OF_ALL, TRIES_PER_ADDRESS, TooManyCodes
from app.customers.models import CodeTry, CustomerLinkRow
from app.people.access import Role
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_task

WEEK = timedelta(days=7)


@pytest.fixture
def task(session, now):
    return make_task(assignee=make_staff())


@pytest.fixture
def link(task, now):
    return links.link_for(task.customer_id, task_id=task.id, now=now)


def test_the_same_key_is_given_again(task, link, now):
    assert links.link_for(task.customer_id, task_id=task.id, now=now + timedelta(hours=1)) == link


def test_a_task_and_the_customer_have_keys_of_their_own(task, link, now):
    other = links.link_for(task.customer_id, task_id=None, now=now)
    assert other.code != link.code
    assert other.token != link.token


def test_the_address_is_short_and_ends_in_a_letter_or_digit(link):
    assert re.fullmatch(r"http://localhost/c/[1-9A-HJ-NP-Za-km-z]{21}", link.url)


def test_the_code_has_no_look_alikes(link):
    assert re.fullmatch(r"[2-9A-Y]{4}-[2-9A-Y]{4}", link.code)
    for alike in ("0O", "1IL", "2Z", "5S", "6G", "8B"):
        assert len(set(alike) & set(CODE_ALPHABET)) <= 1, alike


def test_the_token_opens_what_it_was_made_for(task, link, now):
    found = links.of_token(link.token, now=now)
    assert found is not None
    assert (found.customer_id, found.task_id, found.is_open) == (task.customer_id, task.id, True)


def test_the_table_holds_neither_token_nor_code(link, session):
    row = session.scalars(select(CustomerLinkRow)).one()
    stored = " ".join(str(value) for value in vars(row).values())
    assert link.token not in stored
    assert link.code.replace("-", "") not in stored.upper()


@pytest.mark.parametrize("position", [0, 5, 10, 15, 20])
def test_a_forged_token_opens_nothing(link, now, position):
    sign = link.token[position]
    other = TOKEN_ALPHABET[(TOKEN_ALPHABET.index(sign) + 1) % len(TOKEN_ALPHABET)]
    assert links.of_token(link.token[:position] + other + link.token[position + 1 :], now=now) is None


@pytest.mark.parametrize("token", ["", "1", "z" * 21, "0" * 21, "é" * 21, "1" * 21, "1" * 22, "../../etc/passwd.....x"])
def test_nonsense_opens_nothing(link, now, token):
    assert links.of_token(token, now=now) is None


def test_a_forged_token_is_refused_without_asking_the_database(link, now, session):
    asked = []
    db.event.listen(session.get_bind(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    links.of_token("2" * 21, now=now)
    assert asked == []


def test_another_secret_ends_every_key(link, now, monkeypatch):
    monkeypatch.setattr(links, "_keyed", lambda purpose, words: "00" * 32)
    assert links.of_token(link.token, now=now) is None


# How long it opens


def test_a_key_lasts_a_week_after_the_window(task, link, now):
    assert link.expires_at == task.window_end + WEEK
    last = links.of_token(link.token, now=task.window_end + WEEK - timedelta(seconds=1))
    assert last is not None
    assert last.is_open
    over = links.of_token(link.token, now=task.window_end + WEEK)
    assert over is not None
    assert not over.is_open


def test_a_visit_that_was_moved_keeps_the_page_of_its_old_text_alive(task, link, now):
    task.window_start += timedelta(days=20)
    task.window_end += timedelta(days=20)
    db.session.flush()
    found = links.of_token(link.token, now=now + timedelta(days=19))
    assert found is not None
    assert found.is_open


def test_a_key_for_no_visit_lasts_a_week(session, now):
    link = links.link_for(make_customer().id, task_id=None, now=now)
    assert link.expires_at == now + WEEK


def test_showing_a_key_again_keeps_it_alive(session, now):
    customer = make_customer()
    links.link_for(customer.id, task_id=None, now=now)
    again = links.link_for(customer.id, task_id=None, now=now + timedelta(days=5))
    assert again.expires_at == now + timedelta(days=12)
    assert links.of_token(again.token, now=now + timedelta(days=11)).is_open


def test_an_expired_key_is_never_revived_by_a_new_one(session, now):
    customer = make_customer()
    old = links.link_for(customer.id, task_id=None, now=now)
    new = links.link_for(customer.id, task_id=None, now=now + timedelta(days=8))
    assert new.token != old.token
    assert not links.of_token(old.token, now=now + timedelta(days=8)).is_open
    assert links.of_token(new.token, now=now + timedelta(days=8)).is_open


def test_a_visit_booked_after_its_end_does_not_open_a_key_again(session, now):
    customer = make_customer()
    old = links.link_for(customer.id, task_id=None, now=now)
    later, day = now + timedelta(days=30), timedelta(days=1)
    make_task(customer=customer, created_at=later, window_start=later + day, window_end=later + 2 * day)
    assert not links.of_token(old.token, now=later).is_open


def test_a_visit_booked_in_time_keeps_the_customers_key_alive(session, now):
    customer = make_customer()
    key = links.link_for(customer.id, task_id=None, now=now)
    start = now + timedelta(days=30)
    end = start + timedelta(hours=2)
    make_task(customer=customer, created_at=now + timedelta(days=3), window_start=start, window_end=end)
    assert links.of_token(key.token, now=start).is_open


def test_a_revoked_key_opens_nothing_and_the_next_one_is_new(task, link, now):
    supervisor = make_staff(Role.SUPERVISOR, stores=[])
    boss = actor_of(supervisor, db.session.get(type(make_store()), task.store_id))
    assert links.revoke_all(task.customer_id, actor=boss, now=now) == 1
    assert not links.of_token(link.token, now=now).is_open
    assert links.of_code(link.code, address="1.1.1.1", now=now) is None
    assert links.link_for(task.customer_id, task_id=task.id, now=now).token != link.token
    assert links.revoke_all(task.customer_id, actor=boss, now=now) == 1


def test_who_may_not_see_the_customer_can_neither_hand_out_nor_revoke(task, link, now):
    stranger = actor_of(make_staff(Role.SUPERVISOR))
    for act in (
        lambda: links.hand_out(task.customer_id, task_id=None, actor=stranger, now=now),
        lambda: links.revoke_all(task.customer_id, actor=stranger, now=now),
        lambda: links.get(link.id, actor=stranger, now=now),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_key_is_not_handed_out_for_somebody_elses_task(task, now):
    other = make_task(store_id=task.store_id)
    with pytest.raises(NotFound):
        links.hand_out(task.customer_id, task_id=other.id, actor=actor_of(make_staff(Role.HEAD_OFFICE)), now=now)


def test_handing_out_is_audited(task, now, session):
    office = actor_of(make_staff(Role.HEAD_OFFICE))
    link = links.hand_out(task.customer_id, task_id=task.id, actor=office, now=now)
    row = session.execute(text("SELECT action, detail FROM audit_entry ORDER BY id DESC LIMIT 1")).one()
    assert row.action == "customer.hand_out_link"
    assert row.detail == {"link_id": link.id}


# The short code


@pytest.mark.parametrize(
    "change", [str, str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:4]} {code[5:]} "]
)
def test_a_code_may_be_typed_in_any_way(link, now, change):
    found = links.of_code(change(link.code), address="1.1.1.1", now=now)
    assert found is not None
    assert found.id == link.id


def test_a_code_in_full_width_letters_is_understood(link, now):
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in link.code.replace("-", ""))
    assert links.of_code(wide, address="1.1.1.1", now=now) is not None


def test_unknown_and_expired_codes_get_the_same_answer(task, link, now):
    later = task.window_end + WEEK + timedelta(days=1)
    assert links.of_code(link.code, address="1.1.1.1", now=later) is None
    assert links.of_code("AAAA-AAAA", address="1.1.1.1", now=later) is None


def test_an_address_may_try_a_few_codes_and_then_waits(link, now):
    for _try in range(TRIES_PER_ADDRESS):
        assert links.of_code("AAAA-AAAA", address="1.1.1.1", now=now) is None
    with pytest.raises(TooManyCodes) as refused, db.session.begin_nested():
        links.of_code(link.code, address="1.1.1.1", now=now)
    assert refused.value.extra["retry_after"] == 600
    assert links.of_code(link.code, address="2.2.2.2", now=now) is not None
    assert links.of_code(link.code, address="1.1.1.1", now=now + timedelta(minutes=10)) is not None


def test_right_codes_use_up_no_tries(link, now):
    for _try in range(TRIES_PER_ADDRESS * 2):
        assert links.of_code(link.code, address="1.1.1.1", now=now) is not None


def test_many_addresses_together_are_stopped_as_well(link, now):
    for number in range(TRIES_OF_ALL):
        assert links.of_code("AAAA-AAAA", address=f"10.0.0.{number}", now=now) is None
    with pytest.raises(TooManyCodes):
        links.of_code(link.code, address="2.2.2.2", now=now)


def test_the_counters_hold_no_addresses_and_are_forgotten(link, now, session):
    links.of_code("AAAA-AAAA", address="203.0.113.9", now=now)
    assert "203.0.113.9" not in str(session.execute(select(CodeTry.scope)).all())
    links.of_code("AAAA-AAAA", address="203.0.113.9", now=now + timedelta(hours=1))
    assert session.scalar(select(func.min(CodeTry.since))) > now


def test_a_form_token_belongs_to_one_key(task, link, now):
    other = links.link_for(task.customer_id, task_id=None, now=now)
    assert links.is_form_token(link, links.form_token(link))
    assert not links.is_form_token(link, links.form_token(other))
    assert not links.is_form_token(link, "")


def test_openings_are_counted(link, now, session):
    links.count_opening(link.id, now=now)
    links.count_opening(link.id, now=now + timedelta(minutes=1))
    found = links.of_token(link.token, now=now)
    assert (found.openings, found.last_opened_at) == (2, now + timedelta(minutes=1))
