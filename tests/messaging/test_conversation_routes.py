"""Each route about conversations, asked by each role."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import db
from app.messaging.models import Conversation, Message, QuickAnswer
from tests.factories.customers import make_customer
from tests.factories.messaging import make_inbound
from tests.factories.tasks import make_task
from tests.messaging.roles import ALL, SEES, World, ask, each

pytestmark = pytest.mark.usefixtures("session")

LEADS = {"head_office": 200, "supervisor": 200, "owner": 403, "colleague": 403, "other_supervisor": 404}
OFFICE_WRITES = {"head_office": 201, "supervisor": 403, "owner": 403, "colleague": 403, "other_supervisor": 403}
OFFICE_CHANGES = OFFICE_WRITES | {"head_office": 200}
WORDS = {"zh_Hans": "好", "zh_Hant": "好", "en": "Fine, {name}."}


def talk_path(world: World, verb: str = "") -> str:
    return f"/conversations/{world.conversation.id}{'/' + verb if verb else ''}"


@pytest.mark.parametrize("path", ["", "messages"], ids=["conversation", "texts"])
@each(SEES)
def test_who_may_read_a_conversation(client, world, role, status, path):
    assert ask(client, world, role, "GET", talk_path(world, path)).status_code == status


@pytest.mark.parametrize("verb", ["take", "hand-back"])
@each(LEADS)
def test_who_may_pass_a_conversation_on(client, world, role, status, verb):
    assert ask(client, world, role, "POST", talk_path(world, verb)).status_code == status


@each(LEADS)
def test_who_may_give_a_conversation_to_somebody(client, world, role, status):
    body = {"assignee_id": world.people["colleague"].id}
    answer = ask(client, world, role, "POST", talk_path(world, "assign"), body)
    assert answer.status_code == status
    if status == 200:
        assert answer.json["assignee"]["id"] == world.people["colleague"].id


@pytest.mark.parametrize("verb", ["hand-over", "may-go-on", "opt-out"])
@each(SEES)
def test_who_may_settle_what_a_text_meant(client, world, role, status, verb):
    assert ask(client, world, role, "POST", talk_path(world, verb)).status_code == status


@each(SEES)
def test_who_may_say_that_nothing_is_left_to_answer(client, world, role, status):
    assert ask(client, world, role, "POST", talk_path(world, "settle")).status_code == status


def test_settling_tells_of_what_came_meanwhile(client, world):
    world.conversation.unread = 2
    db.session.commit()
    answer = ask(client, world, "owner", "POST", talk_path(world, "settle"), {"unread": 1})
    assert (answer.status_code, answer.json["code"]) == (409, "more-has-come")
    assert ask(client, world, "owner", "POST", talk_path(world, "settle"), {"unread": 2}).status_code == 200


@each({**LEADS, "other_supervisor": 409, "head_office": 409, "supervisor": 409})
def test_who_may_say_whose_number_it_is(client, world, role, status):
    if role == "other_supervisor":
        status = 404
    body = {"customer_id": world.customer.id}
    assert ask(client, world, role, "POST", talk_path(world, "attach"), body).status_code == status
    body = {"name": "陳太", "store_id": world.store.id}
    assert ask(client, world, role, "POST", talk_path(world, "open-file"), body).status_code == status


@each(ALL)
def test_everybody_has_a_number_of_conversations(client, world, role, status):
    answer = ask(client, world, role, "GET", "/conversations/counts")
    assert answer.status_code == status
    assert answer.json["to_answer"] == (1 if role == "supervisor" else 0)


def test_the_detail_tells_how_it_came_here(client, world):
    ask(client, world, "supervisor", "POST", talk_path(world, "take"))
    shown = ask(client, world, "supervisor", "GET", talk_path(world)).json
    assert [(turn["step"], turn["actor"]) for turn in shown["history"]] == [("taken", world.people["supervisor"].name)]
    assert (shown["may_pass_on"], shown["is_mine"], shown["turn"]) == (True, True, "person")


@pytest.mark.parametrize(("view", "count"), [("mine", 1), ("unread", 1), ("complaint", 0), ("unknown", 0)])
def test_the_inbox_is_narrowed_by_view(client, world, view, count):
    assert len(ask(client, world, "supervisor", "GET", f"/conversations?view={view}").json["items"]) == count


def test_a_view_that_is_none_is_refused(client, world):
    assert ask(client, world, "supervisor", "GET", "/conversations?view=party").status_code == 422


# The box to write in


@each(SEES)
def test_who_may_look_into_the_box(client, world, role, status):
    answer = ask(client, world, role, "GET", f"/customers/{world.customer.id}/messages/box")
    assert answer.status_code == status


def box(client, world, role="owner"):
    return ask(client, world, role, "GET", f"/customers/{world.customer.id}/messages/box").json


def test_quick_answers_are_filled_in_for_the_customer_and_the_writer(client, world):
    shown = box(client, world)
    texts = [one["text"] for one in shown["answers"]]
    assert len(texts) >= 10
    assert any("陈美玲" in text and "李嘉欣" in text for text in texts)
    assert not any("{" in text for text in texts)


def test_an_answer_about_a_visit_needs_a_visit(client, world):
    with_visit = len(box(client, world)["answers"])
    db.session.execute(db.text("update task set status = 'cancelled', ended_at = now()"))
    assert len(box(client, world)["answers"]) == with_visit - 1


def test_at_night_the_box_says_until_when_a_text_would_be_held(client, world, now):
    with clock.fixed(now + timedelta(hours=13)):  # 23:00
        shown = box(client, world)
    assert (shown["held_until"], shown["goes_until"]) == ("2027-03-11T00:00:00+00:00", None)
    assert shown["held_reason"]


def test_a_fresh_text_may_be_answered_at_night(client, world, now):
    with clock.fixed(now + timedelta(hours=13)):
        make_inbound(world.customer, "仲喺度？", received_at=clock.now() - timedelta(minutes=2))
        shown = box(client, world)
    assert (shown["held_until"], shown["goes_until"]) == (None, "2027-03-10T15:08:00+00:00")


def test_by_day_the_box_says_until_when_a_text_goes_at_once(client, world):
    shown = box(client, world)
    assert (shown["held_until"], shown["goes_until"]) == (None, "2027-03-10T13:00:00+00:00")


def test_the_box_is_closed_for_who_wants_no_texts(client, world):
    ask(client, world, "owner", "POST", talk_path(world, "opt-out"))
    shown = box(client, world)
    assert (shown["is_open"], shown["answers"]) == (False, [])
    assert shown["closed_reason"]


def test_the_box_says_what_counts_as_a_contact_and_when_the_next_is_possible(client, world, now):
    calm = make_customer(store=world.store, owner=world.people["owner"])
    path = f"/customers/{calm.id}/messages"
    before = ask(client, world, "owner", "GET", f"{path}/box").json
    ask(client, world, "owner", "POST", path, {"text": "新貨到咗"})
    after = ask(client, world, "owner", "GET", f"{path}/box").json
    assert (before["is_new_contact"], before["is_open"], before["next_free_day"]) == (True, True, None)
    assert (after["is_open"], after["next_free_day"]) == (False, "2027-03-17")


def test_the_box_knows_the_price(client, world):
    shown = box(client, world)
    assert float(shown["price_per_segment"]) > 0
    assert len(shown["currency"]) == 3


# Quick answers


@each(ALL)
def test_everybody_reads_the_quick_answers(client, world, role, status):
    answer = ask(client, world, role, "GET", "/quick-answers")
    assert answer.status_code == status
    assert len(answer.json["items"]) >= 12
    assert all(set(item["texts"]) == {"zh_Hans", "zh_Hant", "en"} for item in answer.json["items"])


@each(OFFICE_WRITES)
def test_who_may_add_a_quick_answer(client, world, role, status):
    assert ask(client, world, role, "POST", "/quick-answers", {"titles": WORDS, "texts": WORDS}).status_code == status


@each(OFFICE_CHANGES)
def test_who_may_change_a_quick_answer(client, world, role, status):
    answer_id = db.session.query(QuickAnswer.id).first()[0]
    answer = ask(client, world, role, "PATCH", f"/quick-answers/{answer_id}", {"texts": {"en": "Thanks"}})
    assert answer.status_code == status
    if status == 200:
        assert answer.json["texts"]["en"] == "Thanks"
        assert answer.json["texts"]["zh_Hant"]


def test_an_answer_that_is_not_offered_stays_out_of_the_box(client, world):
    first = box(client, world)["answers"][0]
    ask(client, world, "head_office", "PATCH", f"/quick-answers/{first['id']}", {"is_active": False})
    assert first["id"] not in [one["id"] for one in box(client, world)["answers"]]


@pytest.mark.parametrize(
    ("field", "words"),
    [("texts", {"en": ""}), ("texts", {"en": "{secret}"}), ("texts", {"en": "Reply STOP"}), ("texts", {"en": "{name"})],
    ids=["empty", "placeholder", "carrier word", "bracket"],
)
def test_a_faulty_quick_answer_is_refused_by_language(client, world, field, words):
    body = {"titles": WORDS, "texts": {**WORDS, **words}}
    answer = ask(client, world, "head_office", "POST", "/quick-answers", body)
    assert (answer.status_code, list(answer.json["errors"][field])) == (422, ["en"])


# Coming late


@pytest.fixture
def road(world, now):
    return make_task(
        customer=world.customer, assignee=world.people["owner"], status="active", started_at=now, window_start=now
    )


def late(client, world, role, task, now, minutes=40):
    body = {"eta": (now + timedelta(minutes=minutes)).isoformat(), "at": now.isoformat()}
    return ask(client, world, role, "POST", f"/tasks/{task.id}/late", body)


@each(SEES)
def test_who_may_tell_that_somebody_comes_late(client, world, road, now, role, status):
    answer = late(client, world, role, road, now)
    assert answer.status_code == status
    if status == 200:
        assert answer.json["is_told"]
        assert "10:40" in db.session.query(Message).filter_by(kind="late").one().body


def test_the_same_time_is_told_once(client, world, road, now):
    late(client, world, "owner", road, now)
    assert late(client, world, "owner", road, now).json["is_told"] is False
    assert db.session.query(Message).filter_by(kind="late").count() == 1


def test_a_later_estimate_takes_the_place_of_one_that_has_not_gone_out(client, world, road, now):
    late(client, world, "owner", road, now)
    late(client, world, "owner", road, now, minutes=60)
    states = {row.body[-12:]: row.state for row in db.session.query(Message).filter_by(kind="late")}
    assert sorted(states.values()) == ["canceled", "pending"]


@pytest.mark.parametrize("change", ["arrived", "over", "past"])
def test_what_is_no_news_any_more_is_told_to_nobody_and_is_no_error(client, world, road, now, change):
    if change == "arrived":
        road.arrived_at = now
    if change == "over":
        road.status, road.ended_at = "completed", now
    db.session.flush()
    answer = late(client, world, "owner", road, now, minutes=-5 if change == "past" else 20)
    assert (answer.status_code, answer.json["is_told"], answer.json["message_id"]) == (200, False, None)


def test_nobody_is_late_before_setting_out(client, world, now):
    task = make_task(customer=world.customer, assignee=world.people["owner"])
    assert late(client, world, "owner", task, now).json["code"] == "not-under-way"


def test_a_call_has_no_arrival(client, world, now):
    call = make_task(
        customer=world.customer, assignee=world.people["owner"], type="callback", status="active", started_at=now
    )
    assert late(client, world, "owner", call, now).json["code"] == "nobody-travels"


def test_a_time_far_away_is_a_new_appointment(client, world, road, now):
    assert late(client, world, "owner", road, now, minutes=24 * 60).status_code == 422


def test_the_bootstrap_tells_the_last_text_of_the_day_s_customers(client, world, now):
    quiet = make_customer(store=world.store, owner=world.people["owner"])
    make_task(customer=quiet, assignee=world.people["owner"], window_start=now)
    db.session.add(Message(**_sent(quiet, now)))
    db.session.flush()
    day = ask(client, world, "owner", "GET", "/bootstrap").json
    assert {one["customer_id"]: one["text"] for one in day["last_texts"]}[quiet.id] == "明天见"
    assert quiet.id not in [talk["customer"]["id"] for talk in day["conversations"]]


def _sent(customer, now):
    return {
        "dedupe_key": "test:last-text",
        "kind": "booked",
        "customer_id": customer.id,
        "store_id": customer.store_id,
        "to_phone": customer.phone,
        "zone": "Asia/Hong_Kong",
        "locale": customer.locale,
        "body": "明天见",
        "encoding": "UCS-2",
        "segments": 1,
        "priority": 40,
        "not_before": now,
        "expires_at": now + timedelta(hours=1),
        "created_at": now,
        "state": "delivered",
        "submitted_at": now,
    }


def test_a_conversation_given_away_can_still_be_shown_in_the_answer(client, world):
    db.session.get(Conversation, world.conversation.id).assignee_id = world.people["colleague"].id
    db.session.flush()
    answer = ask(client, world, "colleague", "POST", talk_path(world, "hand-over"))
    assert (answer.status_code, answer.json["turn"]) == (200, "lead")
