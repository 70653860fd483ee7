"""Whose turn a conversation is, what each person has seen, whose number it is, and what search finds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.customers import consent
from app.customers import service as customers
from app.customers.errors import TooPrivate
from app.customers.models import Customer
from app.messaging import access, conversations, desk, inbox, queries, service, turns, writing
from app.messaging.errors import MoreHasCome, NotAStranger, NothingWaits, NotToBeGiven
from app.messaging.inbox import Turn, View
from app.messaging.models import Attention, Conversation, ConversationTurn, Message
from app.people.models import TimeOff
from tests.factories.customers import make_customer
from tests.factories.messaging import make_inbound, make_message, ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_task
from tests.scenes import scene

pytestmark = pytest.mark.usefixtures("session")

STRANGER = "+85261112222"
HALF_AN_HOUR = timedelta(minutes=30)


class Shop:
    """A store with two associates and a lead, and what customers write to it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.store = make_store()
        self.ann, self.bea = make_staff(store=self.store, name="Ann"), make_staff(store=self.store, name="Bea")
        self.lead = make_staff("supervisor", store=self.store, name="Lea")
        self.boss = actor_of(make_staff("head_office", name="Bo"))
        self.customer = make_customer(store=self.store, owner=self.ann, name="黃美玲", phone="+85291234567")

    def who(self, person):
        return actor_of(person, self.store)

    def texts(self, body="你哋幾點收工？", *, at=None, customer=None, **options):
        """A text that needs a person lands in its thread."""
        at = at or self.now
        customer = customer or self.customer
        options.setdefault("needs_person", True)
        conversations.note_inbound(make_inbound(customer, body, received_at=at), **options)
        return self.talk(customer)

    def stranger_texts(self, body="邊位？", *, phone=STRANGER):
        inbound = make_inbound(None, body, from_phone=phone, received_at=self.now)
        conversations.note_inbound(inbound, needs_person=True, attention=Attention.UNKNOWN_SENDER)
        return db.session.scalars(select(Conversation).where(Conversation.phone == phone)).one()

    def talk(self, customer=None):
        owner = customer or self.customer
        stmt = select(Conversation).where(Conversation.customer_id == owner.id)
        return db.session.scalars(stmt.execution_options(populate_existing=True)).one()

    def seen_by(self, person, talk=None):
        return inbox.talk((talk or self.talk()).id, actor=self.who(person), now=self.now)

    def badge(self, person):
        return inbox.unread_count(self.who(person))

    def leave(self, person, *, cover=None, starts=timedelta(0)):
        absence = TimeOff(
            staff_id=person.id,
            cover_id=cover.id if cover else None,
            starts_at=self.now + starts,
            ends_at=self.now + timedelta(days=5),
            reason="leave",
            status="approved",
            asked_by=person.id,
            asked_at=self.now,
        )
        db.session.add(absence)
        db.session.flush()

    def steps(self):
        stmt = select(ConversationTurn.step).where(ConversationTurn.conversation_id == self.talk().id)
        return list(db.session.scalars(stmt.order_by(ConversationTurn.id)))


@scene
def conversations_scene(now) -> Shop:
    return Shop(now)


@pytest.fixture
def shop(conversations_scene) -> Shop:
    return conversations_scene


# Where a text lands


def test_a_text_lands_with_the_owner(shop):
    assert shop.texts().assignee_id == shop.ann.id
    assert shop.seen_by(shop.ann).is_mine
    assert not shop.seen_by(shop.lead).is_mine


def test_whoever_is_on_the_way_answers_before_the_owner(shop):
    make_task(customer=shop.customer, assignee=shop.bea, status="active", started_at=shop.now)
    assert shop.texts().assignee_id == shop.bea.id


@pytest.mark.parametrize(("hours", "name"), [(71, "Bea"), (73, "Ann")], ids=["lately", "long ago"])
def test_whom_the_customer_met_last_answers_while_the_file_is_open_to_her(shop, hours, name):
    make_task(customer=shop.customer, assignee=shop.bea, status="completed", ended_at=shop.now - timedelta(hours=hours))
    assert shop.seen_by(shop.lead, shop.texts()).assignee_name == name


def test_the_cover_gets_the_text_and_may_read_and_answer_it(shop):
    ship_templates()
    shop.leave(shop.ann, cover=shop.bea)
    talk = shop.texts()
    assert talk.assignee_id == shop.bea.id
    writing.write_by_hand(shop.customer.id, "九點。", actor=shop.who(shop.bea), now=shop.now)
    assert shop.talk().waiting_since is None


def test_leave_that_begins_meanwhile_passes_the_conversation_to_the_cover(shop):
    shop.texts()
    shop.leave(shop.ann, cover=shop.bea, starts=timedelta(minutes=5))
    turns.hand_over_waiting(now=shop.now + timedelta(minutes=6))
    assert shop.talk().assignee_id == shop.bea.id
    assert shop.steps() == ["arrived", "covered"]


def test_nobody_left_means_the_store(shop):
    shop.leave(shop.ann)
    talk = shop.texts()
    assert (talk.assignee_id, talk.handed_over_at) == (None, shop.now)
    assert shop.seen_by(shop.lead).is_mine


def test_what_the_service_understood_by_itself_is_nobodys_turn(shop):
    talk = shop.texts("1", needs_person=False)
    assert (talk.waiting_since, talk.assignee_id, shop.badge(shop.ann)) == (None, None, 0)


def test_the_second_text_stays_with_who_has_the_first(shop):
    shop.texts()
    make_task(customer=shop.customer, assignee=shop.bea, status="active", started_at=shop.now)
    assert shop.texts("？？").assignee_id == shop.ann.id


# Handing over


def test_half_an_hour_without_an_answer_hands_over_to_the_lead(shop):
    shop.texts()
    turns.hand_over_waiting(now=shop.now + HALF_AN_HOUR - timedelta(seconds=1))
    assert shop.talk().assignee_id == shop.ann.id
    turns.hand_over_waiting(now=shop.now + HALF_AN_HOUR)
    assert (shop.talk().assignee_id, shop.talk().handed_over_at) == (None, shop.now + HALF_AN_HOUR)
    assert shop.seen_by(shop.lead).turn is Turn.LEAD


def test_handing_over_twice_is_once(shop):
    shop.texts()
    later = shop.now + timedelta(hours=1)
    assert (turns.hand_over_waiting(now=later), turns.hand_over_waiting(now=later)) == (1, 0)


def test_the_clock_runs_from_the_oldest_unanswered_text(shop):
    shop.texts()
    shop.texts("喂？", at=shop.now + timedelta(minutes=20))
    assert shop.talk().hand_over_due_at == shop.now + HALF_AN_HOUR


def test_an_answer_ends_the_turn(shop):
    ship_templates()
    shop.texts()
    writing.write_by_hand(shop.customer.id, "九點。", actor=shop.who(shop.ann), now=shop.now)
    talk = shop.talk()
    assert (talk.waiting_since, talk.hand_over_due_at, talk.unread) == (None, None, 0)
    assert shop.steps() == ["arrived", "answered"]
    assert turns.hand_over_waiting(now=shop.now + timedelta(hours=2)) == 0


def test_the_lead_takes_it_and_it_stays(shop):
    shop.texts()
    desk.take(shop.talk().id, actor=shop.who(shop.lead), now=shop.now)
    turns.hand_over_waiting(now=shop.now + timedelta(hours=2))
    assert shop.talk().assignee_id == shop.lead.id
    assert not shop.seen_by(shop.ann).is_mine


def test_somebody_it_was_given_to_reads_and_answers_though_the_file_is_closed(shop):
    ship_templates()
    talk = shop.texts()
    with pytest.raises(NotFound):
        access.customer_of_talk(shop.customer.id, actor=shop.who(shop.bea), now=shop.now)
    desk.assign(talk.id, shop.bea.id, actor=shop.who(shop.lead), now=shop.now)
    writing.write_by_hand(shop.customer.id, "九點。", actor=shop.who(shop.bea), now=shop.now)
    assert shop.talk().waiting_since is None
    with pytest.raises(NotFound):
        access.customer_of_talk(shop.customer.id, actor=shop.who(shop.bea), now=shop.now + timedelta(hours=73))


def test_the_next_text_of_a_given_talk_goes_to_the_same_person(shop):
    ship_templates()
    talk = shop.texts()
    desk.assign(talk.id, shop.bea.id, actor=shop.who(shop.lead), now=shop.now)
    writing.write_by_hand(shop.customer.id, "九點。", actor=shop.who(shop.bea), now=shop.now)
    assert shop.texts("唔該", at=shop.now + timedelta(hours=1)).assignee_id == shop.bea.id


def test_a_talk_of_long_ago_is_given_to_nobody_any_more(shop):
    ship_templates()
    talk = shop.texts()
    desk.assign(talk.id, shop.bea.id, actor=shop.who(shop.lead), now=shop.now)
    writing.write_by_hand(shop.customer.id, "九點。", actor=shop.who(shop.bea), now=shop.now)
    later = shop.now + timedelta(hours=80)
    assert (shop.texts("唔該", at=later).assignee_id, shop.talk().by_hand) == (shop.ann.id, False)


def test_an_associate_who_was_given_it_loses_it_after_half_an_hour(shop):
    talk = shop.texts()
    later = shop.now + timedelta(minutes=10)
    desk.assign(talk.id, shop.bea.id, actor=shop.who(shop.lead), now=later)
    assert shop.talk().hand_over_due_at == later + HALF_AN_HOUR


def test_handing_back_finds_the_familiar_face(shop):
    talk = shop.texts()
    desk.take(talk.id, actor=shop.who(shop.lead), now=shop.now)
    desk.hand_back(talk.id, actor=shop.who(shop.lead), now=shop.now)
    assert shop.talk().assignee_id == shop.ann.id
    assert shop.steps() == ["arrived", "taken", "handed_back"]


def test_an_associate_asks_the_lead_to_answer(shop):
    talk = shop.texts()
    desk.to_the_lead(talk.id, actor=shop.who(shop.ann), now=shop.now)
    assert shop.seen_by(shop.lead).is_mine


def test_an_associate_gives_nothing_away(shop):
    talk = shop.texts()
    with pytest.raises(Forbidden):
        desk.assign(talk.id, shop.bea.id, actor=shop.who(shop.ann), now=shop.now)


def test_it_is_given_to_people_of_the_store_only(shop):
    talk = shop.texts()
    with pytest.raises(NotToBeGiven):
        desk.assign(talk.id, make_staff().id, actor=shop.who(shop.lead), now=shop.now)


def test_what_waits_for_nobody_can_t_be_given(shop):
    talk = shop.texts("1", needs_person=False)
    with pytest.raises(NothingWaits):
        desk.take(talk.id, actor=shop.who(shop.lead), now=shop.now)


def test_the_history_names_everybody(shop):
    talk = shop.texts()
    desk.assign(talk.id, shop.bea.id, actor=shop.who(shop.lead), now=shop.now)
    newest, first = turns.history(talk.id)
    assert (newest.step, newest.assignee, newest.actor) == ("assigned", "Bea", "Lea")
    assert (first.step, first.assignee, first.actor) == ("arrived", "Ann", None)


def test_a_talk_follows_the_customer_to_another_store(shop, drain):
    shop.texts()
    elsewhere = make_store()
    lead = make_staff("supervisor", store=elsewhere)
    version = shop.customer.version
    customers.update(shop.customer.id, {"store_id": elsewhere.id}, version=version, actor=shop.boss, now=shop.now)
    drain()
    talk = inbox.talk(shop.talk().id, actor=actor_of(lead, elsewhere), now=shop.now)
    assert (talk.store_id, talk.turn, talk.is_mine) == (elsewhere.id, Turn.LEAD, True)
    with pytest.raises(NotFound):
        shop.seen_by(shop.lead)


def test_texts_that_wait_follow_the_customer_but_not_those_about_a_visit_of_the_old_store(shop, drain):
    ours = make_message(shop.customer, kind="staff", state="pending")
    visits = make_message(shop.customer, task=make_task(customer=shop.customer), kind="booked", state="pending")
    sent = make_message(shop.customer, kind="staff", state="delivered", provider="sandbox", submitted_at=shop.now)
    elsewhere = make_store()
    version = shop.customer.version
    customers.update(shop.customer.id, {"store_id": elsewhere.id}, version=version, actor=shop.boss, now=shop.now)
    drain()
    assert [one.store_id for one in (ours, visits, sent)] == [elsewhere.id, shop.store.id, shop.store.id]


# Unread, for each person


def test_only_whose_turn_it_is_has_a_number(shop):
    shop.texts()
    assert [shop.badge(person) for person in (shop.ann, shop.bea, shop.lead)] == [1, 0, 0]


def test_reading_clears_it_for_the_reader_alone(shop):
    talk = shop.texts()
    service.mark_read(talk.id, actor=shop.who(shop.lead), now=shop.now)
    assert (shop.seen_by(shop.lead).unread, shop.seen_by(shop.ann).unread) == (0, 1)
    assert shop.badge(shop.ann) == 1


def test_a_further_text_after_reading_counts_exactly(shop):
    talk = shop.texts()
    shop.texts("喂")
    service.mark_read(talk.id, actor=shop.who(shop.ann), now=shop.now)
    shop.texts("？")
    assert (shop.seen_by(shop.ann).unread, shop.seen_by(shop.lead).unread) == (1, 3)


def test_reading_while_a_colleague_answers_hides_no_later_text(shop):
    talk = shop.texts()
    db.session.execute(text("UPDATE conversation SET unread = 0, waiting_since = NULL"))
    assert talk.unread == 1, "still what was read before the colleague's answer"
    conversations.mark_read(talk, reader_id=shop.ann.id, now=shop.now)
    shop.texts("喂")
    assert shop.seen_by(shop.ann).unread == 1


def test_an_answer_clears_it_for_everybody(shop):
    ship_templates()
    talk = shop.texts()
    service.mark_read(talk.id, actor=shop.who(shop.ann), now=shop.now)
    writing.write_by_hand(shop.customer.id, "九點。", actor=shop.who(shop.ann), now=shop.now)
    assert shop.seen_by(shop.lead).unread == 0
    shop.texts("唔該", at=shop.now + timedelta(minutes=5))
    assert shop.seen_by(shop.ann).unread == 1


def test_a_text_that_came_meanwhile_keeps_the_talk_open(shop):
    talk, lead = shop.texts(), shop.who(shop.lead)
    service.mark_read(talk.id, actor=lead, now=shop.now)
    shop.texts("？")
    with pytest.raises(MoreHasCome):
        service.settle(talk.id, unread=0, actor=lead, now=shop.now)
    assert (shop.talk().unread, shop.talk().waiting_since) == (2, shop.now)
    service.settle(talk.id, unread=1, actor=lead, now=shop.now)
    assert (shop.talk().unread, shop.talk().waiting_since) == (0, None)


def test_counts_tell_mine_from_the_store_s(shop):
    shop.texts()
    other = make_customer(store=shop.store, owner=shop.bea)
    shop.texts(customer=other)
    desk.take(shop.talk(other).id, actor=shop.who(shop.lead), now=shop.now)
    found = inbox.counts(shop.who(shop.lead), now=shop.now)
    assert (found.to_answer, found.unread, found.store_unread, found.store_waiting) == (1, 1, 2, 2)


def test_a_store_without_a_lead_is_head_office_s(shop):
    shop.texts()
    turns.hand_over_waiting(now=shop.now + HALF_AN_HOUR)
    assert inbox.unread_count(shop.boss) == 0
    shop.lead.is_active = False
    db.session.flush()
    assert inbox.unread_count(shop.boss) == 1


# Numbers nobody knows


def test_a_stranger_s_text_is_head_office_s_when_several_stores_could_be_meant(shop):
    make_store()
    shop.stranger_texts()
    assert (inbox.unread_count(shop.boss), shop.badge(shop.lead), shop.badge(shop.ann)) == (1, 0, 0)


def test_a_stranger_s_text_is_the_only_store_s_of_the_country(shop):
    store = make_store(country="CN", region="广东", zone="Asia/Shanghai")
    lead = make_staff("supervisor", store=store)
    talk = shop.stranger_texts(phone="+8613812345678")
    assert talk.store_id == store.id
    assert inbox.unread_count(actor_of(lead, store)) == 1


def test_a_stranger_is_attached_to_a_customer_without_a_number(shop):
    newcomer = make_customer(store=shop.store, owner=shop.ann, phone=None)
    talk = shop.stranger_texts()
    joined = desk.attach(talk.id, newcomer.id, use_number=False, actor=shop.who(shop.lead), now=shop.now)
    assert (joined.customer_id, joined.assignee_id, joined.attention) == (newcomer.id, shop.ann.id, None)
    assert newcomer.phone == STRANGER
    assert [line.text for line in queries.thread(newcomer.id)] == ["邊位？"]


@pytest.mark.parametrize("words", ["佢啱啱離婚", "她最近失业", "is a Muslim"])
def test_a_word_between_colleagues_keeps_the_limits_of_care(shop, words):
    talk = shop.texts()
    with pytest.raises(TooPrivate):
        service.add_note(talk.id, words, actor=shop.who(shop.lead), now=shop.now)


def test_texts_of_a_second_phone_join_without_changing_the_number(shop):
    shop.texts("第一句", at=shop.now - timedelta(hours=1))
    talk = shop.stranger_texts("用老公電話")
    service.add_note(talk.id, "佢先生嘅電話", actor=shop.who(shop.lead), now=shop.now)
    desk.attach(talk.id, shop.customer.id, use_number=False, actor=shop.who(shop.lead), now=shop.now)
    assert shop.customer.phone == "+85291234567"
    assert {line.text for line in queries.thread(shop.customer.id)} == {"第一句", "用老公電話", "佢先生嘅電話"}
    assert shop.talk().waiting_since == shop.now - timedelta(hours=1)
    assert shop.talk().unread == 2


def test_a_new_number_replaces_the_old_one_when_told_so(shop):
    talk = shop.stranger_texts()
    desk.attach(talk.id, shop.customer.id, use_number=True, actor=shop.who(shop.lead), now=shop.now)
    assert db.session.get(Customer, shop.customer.id).phone == STRANGER


def test_a_file_is_opened_for_a_stranger(shop):
    talk = shop.stranger_texts()
    joined = desk.open_file(
        talk.id, name="陳太", store_id=shop.store.id, locale="zh_Hant", actor=shop.who(shop.lead), now=shop.now
    )
    customer = db.session.get(Customer, joined.customer_id)
    assert (customer.name, customer.phone, customer.locale) == ("陳太", STRANGER, "zh_Hant")


def test_a_known_customer_s_conversation_can_t_be_attached(shop):
    with pytest.raises(NotAStranger):
        desk.attach(shop.texts().id, shop.customer.id, use_number=False, actor=shop.boss, now=shop.now)


def test_a_file_opened_elsewhere_gets_the_texts_within_a_minute(shop):
    shop.stranger_texts()
    newcomer = make_customer(store=shop.store, owner=shop.bea, phone=STRANGER)
    assert conversations.keep_in_order(now=shop.now) == 1
    assert shop.talk(newcomer).assignee_id == shop.bea.id


# A doubtful no


def test_a_doubtful_no_is_the_owner_s_to_decide(shop):
    make_task(customer=shop.customer, assignee=shop.bea, status="active", started_at=shop.now)
    talk = shop.texts("N", attention=Attention.MAYBE_OPT_OUT, pauses=True)
    assert talk.assignee_id == shop.ann.id


def test_wanting_no_more_texts_is_kept_with_the_customer_s_words(shop):
    talk = shop.texts("咪再send嚟", attention=Attention.MAYBE_OPT_OUT, pauses=True)
    desk.opt_out(talk.id, actor=shop.who(shop.ann), now=shop.now)
    [event] = consent.history(shop.customer.phone)
    assert (event.state, event.source, event.text) == ("out", "office", "咪再send嚟")
    assert (shop.talk().paused_at, shop.talk().attention, shop.talk().waiting_since) == (None, None, None)


def test_going_on_releases_what_waited(shop):
    talk = shop.texts("N", attention=Attention.MAYBE_OPT_OUT, pauses=True)
    held = make_message(
        shop.customer,
        kind="reminder",
        held_reason="the customer may want no more messages: please ask",
        held_until=shop.now + timedelta(hours=1),
        not_before=shop.now + timedelta(hours=1),
    )
    desk.may_go_on(talk.id, actor=shop.who(shop.ann), now=shop.now)
    db.session.refresh(held)
    assert (held.held_reason, held.not_before) == (None, shop.now)
    assert not consent.is_opted_out(shop.customer.phone)


def test_asking_the_customer_does_not_end_the_pause(shop):
    ship_templates()
    shop.texts("N", attention=Attention.MAYBE_OPT_OUT, pauses=True)
    writing.write_by_hand(shop.customer.id, "您還想收短訊嗎？", actor=shop.who(shop.ann), now=shop.now)
    assert (shop.talk().waiting_since, shop.talk().attention) == (None, "maybe_opt_out")
    assert shop.talk().paused_at is not None


# The list and its search


@pytest.mark.parametrize(
    ("view", "names"),
    [
        (View.MINE, ["黃美玲"]),
        (View.UNREAD, ["黃美玲", "梁太"]),
        (View.WAITING, ["黃美玲", "梁太"]),
        (View.HANDED_OVER, ["黃美玲"]),
        (View.COMPLAINT, ["梁太"]),
        (View.LOW_RATING, []),
        (View.MAYBE_OPT_OUT, []),
        (None, ["黃美玲", "梁太", "何生"]),
    ],
    ids=str,
)
def test_the_list_is_narrowed_by_view(shop, view, names):
    shop.texts()
    turns.hand_over_waiting(now=shop.now + HALF_AN_HOUR)
    angry = make_customer(store=shop.store, owner=shop.bea, name="梁太")
    shop.texts("壞咗", customer=angry, attention=Attention.COMPLAINT, at=shop.now + HALF_AN_HOUR)
    shop.texts("5", customer=make_customer(store=shop.store, name="何生"), needs_person=False)
    page = inbox.inbox(shop.who(shop.lead), now=shop.now, view=view)
    assert {talk.name for talk in page.rows} == set(names)


@pytest.mark.parametrize("narrowed", [{"view": View.WAITING}, {"view": View.MINE}, {"waiting": True}], ids=str)
def test_of_those_who_wait_the_gravest_comes_first_then_who_has_waited_longest(shop, narrowed):
    waits: list[tuple[str, Attention | None, int]] = [
        ("new", None, 1),
        ("old", None, 9),
        ("doubtful", Attention.MAYBE_OPT_OUT, 8),
        ("stars", Attention.LOW_RATING, 2),
        ("angry now", Attention.COMPLAINT, 3),
        ("angry before", Attention.COMPLAINT, 4),
    ]
    for name, attention, minutes in waits:
        customer = make_customer(store=shop.store, name=name)
        shop.texts("?", customer=customer, attention=attention, at=shop.now - timedelta(minutes=minutes))
    db.session.execute(update(Conversation).values(assignee_id=shop.lead.id))
    who, cursor, names = shop.who(shop.lead), None, []
    for _ in range(3):
        page = inbox.inbox(who, now=shop.now, limit=2, cursor=cursor, **narrowed)
        names += [talk.name for talk in page.rows]
        cursor = page.next_cursor
    assert names == ["angry before", "angry now", "stars", "doubtful", "old", "new"]
    assert cursor is None


def test_the_whole_list_shows_the_liveliest_first(shop):
    for name, attention, minutes in (("angry", Attention.COMPLAINT, 3), ("new", None, 1)):
        customer = make_customer(store=shop.store, name=name)
        shop.texts("?", customer=customer, attention=attention, at=shop.now - timedelta(minutes=minutes))
    assert [talk.name for talk in inbox.inbox(shop.who(shop.lead), now=shop.now).rows] == ["new", "angry"]


@pytest.mark.parametrize(
    ("before", "then", "kept"),
    [
        ("complaint", "low_rating", "complaint"),
        ("complaint", "maybe_opt_out", "complaint"),
        ("low_rating", "complaint", "complaint"),
        ("maybe_opt_out", "low_rating", "maybe_opt_out"),
        (None, "low_rating", "low_rating"),
    ],
)
@pytest.mark.parametrize("by", ["text", "page"])
def test_what_comes_after_never_hides_something_graver(shop, before, then, kept, by):
    shop.texts("壞咗", attention=Attention(before) if before else None)
    if by == "page":
        conversations.note_from_page(shop.customer, attention=Attention(then), at=shop.now)
    else:
        shop.texts("1", attention=Attention(then))
    assert (shop.talk().attention, shop.talk().unread) == (kept, 2)


def test_a_low_rating_on_the_page_takes_the_thread_to_the_customer_s_store(shop):
    shop.texts()
    shop.customer.store_id = make_store().id
    db.session.flush()
    conversations.note_from_page(shop.customer, attention=Attention.LOW_RATING, at=shop.now + HALF_AN_HOUR)
    talk = shop.talk()
    assert (talk.store_id, talk.last_inbound_at, talk.last_at) == (
        shop.customer.store_id,
        shop.now,
        shop.now + HALF_AN_HOUR,
    )


def test_a_stranger_s_complaint_stays_one_when_the_texts_join(shop):
    shop.texts("1", attention=Attention.LOW_RATING)
    inbound = make_inbound(None, "壞咗", from_phone=STRANGER, received_at=shop.now)
    conversations.note_inbound(inbound, needs_person=True, attention=Attention.COMPLAINT)
    stranger = db.session.scalars(select(Conversation).where(Conversation.phone == STRANGER)).one()
    assert conversations.join(stranger, shop.customer).attention == "complaint"


def test_unknown_numbers_have_a_view_and_stay_masked(shop):
    make_store()
    shop.stranger_texts()
    [talk] = inbox.inbox(shop.boss, now=shop.now, view=View.UNKNOWN).rows
    assert talk.name == "+852 6••• ••22"


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        ("美玲", True),
        ("收工", True),
        ("工收", False),
        ("閂門", True),
        ("孖寶", True),
        ("9123 4567", True),
        ("+852 9123 4567", True),
        ("9123", False),
        ("提早", False),
        ("PUSHCHAIR", True),
        ("陳", False),
    ],
    ids=["name", "inbound", "order", "outbound", "note", "number", "whole", "piece", "automatic", "case", "other"],
)
def test_search_finds_names_whole_numbers_and_words(shop, search, is_found):
    talk = shop.texts("你哋幾點收工？ the pushchair squeaks")
    make_message(shop.customer, kind="staff", body="九點閂門。")
    make_message(shop.customer, kind="reminder", body="提早話您知")
    service.add_note(talk.id, "佢有孖寶", actor=shop.who(shop.lead), now=shop.now)
    found = inbox.inbox(shop.who(shop.lead), now=shop.now, search=search).rows
    assert bool(found) is is_found
    assert all("9123" not in one.phone_masked for one in found)


def test_search_looks_only_where_one_may_read(shop):
    shop.texts("佢個BB瞓覺")
    assert inbox.inbox(shop.who(shop.bea), now=shop.now, search="瞓覺").rows == []


def test_a_percent_sign_is_only_a_sign(shop):
    shop.texts("好")
    assert inbox.inbox(shop.who(shop.lead), now=shop.now, search="%%").rows == []


# The thread


def test_a_text_sent_again_is_one_line_with_its_story(shop):
    first = make_message(
        shop.customer, state="undelivered", end_reason="the phone could not be reached", submitted_at=shop.now
    )
    second = make_message(
        shop.customer,
        state="failed",
        end_reason="the carrier gave no reason",
        parent_id=first.id,
        submitted_at=shop.now,
    )
    third = make_message(shop.customer, state="delivered", parent_id=second.id, submitted_at=shop.now)
    [line] = queries.thread(shop.customer.id)
    assert (line.status, line.message_id) == ("delivered", third.id)
    assert [(one.status, one.status_reason) for one in line.earlier] == [
        ("undelivered", "the phone could not be reached"),
        ("failed", "the carrier gave no reason"),
    ]


def test_the_last_text_of_a_customer_may_be_an_automatic_one(shop):
    make_message(shop.customer, kind="booked", body="明日見", state="delivered", submitted_at=shop.now)
    [last] = inbox.last_texts({shop.customer.id})
    assert (last.text, last.direction) == ("明日見", "out")
    make_inbound(shop.customer, "好", received_at=shop.now + timedelta(minutes=1))
    assert inbox.last_texts({shop.customer.id})[0].text == "好"


def test_a_text_of_one_s_own_is_kept_with_its_writer(shop):
    ship_templates()
    shop.texts()
    writing.write_by_hand(shop.customer.id, "九點。", actor=shop.who(shop.ann), now=shop.now)
    assert db.session.scalars(select(Message.sender_id).where(Message.kind == "staff")).one() == shop.ann.id
