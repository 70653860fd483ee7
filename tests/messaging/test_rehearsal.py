"""A day played before it happens: the same texts as the day itself, and not a row written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy import text as sql

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Invalid, NotFound
from app.core.i18n import LOCALES
from app.customers import consent, numbers
from app.messaging import countries, moments, outbound, policy, service
from app.messaging.countries import known_countries
from app.messaging.drain import drain_messages
from app.messaging.kinds import Kind
from app.messaging.models import Message, Reach, State
from app.messaging.stage import Course, Fate, Happening, course_of, fail_reason
from app.messaging.templates import VARIABLES
from app.messaging.visits import as_visit
from app.messaging.wordings import DraftWording, book_in_force
from app.people.access import Actor
from app.people.models import Staff, Store
from app.reports import rehearsal
from app.reports.rehearsal import PlayedText, Rehearsal, Wanted, rehearse
from app.tasks import service as tasks
from app.tasks.kinds import Status
from app.tasks.models import Task
from tests.factories.customers import make_customer
from tests.factories.messaging import make_conversation, make_message, ship_templates
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import ENOUGH_ANSWERS, make_task

pytestmark = pytest.mark.usefixtures("session")

TOMORROW = date(2027, 3, 11)
Drain = Callable[..., int]


class Shop:
    """A store in Hong Kong with people, customers and a day full of work."""

    def __init__(self, drain: Drain, **store: Any) -> None:
        self.drain = drain
        self.store: Store = make_store(name="慧芳铜锣湾店", lat=22.2793, lng=114.1838, **store)
        self.associate: Staff = make_staff(store=self.store, name="李嘉欣")
        # Named as texts in traditional script call whoever is not known yet.
        self.somebody: Staff = make_staff(store=self.store, name="專員")
        self.supervisor: Staff = make_staff("supervisor", store=self.store)
        self.boss: Actor = actor_of(self.supervisor, self.store)
        self.worker: Actor = actor_of(self.associate, self.store)
        ship_templates()

    def task(self, at: str, *, day: date = TOMORROW, hours: float = 2, customer: Any = None, **changes: Any) -> Task:
        """A task from this local time on; open unless `assigned`."""
        locale = "zh_Hans" if changes.get("assigned", True) else "zh_Hant"
        customer = customer or make_customer(store=self.store, owner=self.associate, locale=locale)
        start = datetime.fromisoformat(f"{day}T{at}+08:00").astimezone(UTC)
        assigned = changes.pop("assigned", True)
        task = make_task(customer=customer, window_start=start, window_end=start + timedelta(hours=hours), **changes)
        if assigned:
            self.do(lambda now: tasks.assign(task.id, self.associate.id, actor=self.boss, now=now))
        return task

    def do(self, step: Callable[[datetime], object]) -> None:
        with transaction():
            step(clock.now())
        self.settle()

    def settle(self) -> None:
        while self.drain() or drain_messages():
            pass
        db.session.expire_all()

    def rehearse(self, *, day: date = TOMORROW, actor: Actor | None = None, **wanted: Any) -> Rehearsal:
        return rehearse(Wanted(store_id=self.store.id, day=day, **wanted), actor=actor or self.boss, now=clock.now())

    # The day itself

    def play(self, *, course: Course = Course.LIKELY) -> None:
        """Live the day: travel from moment to moment, do what is due then, let out what may go."""
        ahead = [
            (happening.at, task.id, happening)
            for task in db.session.scalars(select(Task).where(Task.store_id == self.store.id).order_by(Task.id))
            for happening in self.happenings(task, course)
        ]
        ahead.sort(key=lambda each: each[:2])
        while True:
            moment = min(filter(None, [ahead[0][0] if ahead else None, self.next_due()]), default=None)
            if moment is None:
                return
            with clock.fixed(max(moment, clock.now())):
                while ahead and ahead[0][0] <= clock.now():
                    _at, task_id, happening = ahead.pop(0)
                    self.happen(task_id, happening)
                self.settle()

    def happenings(self, task: Task, course: Course) -> list[Happening]:
        recipient = outbound.recipient_of(task.customer_id, store_id=task.store_id)
        return course_of(as_visit(task), recipient, course=course, begins_at=clock.now())

    def happen(self, task_id: int, happening: Happening) -> None:
        task = db.session.get(Task, task_id)
        match happening.to:
            case Status.ASSIGNED if task.status == Status.OPEN:
                self.do(lambda now: tasks.assign(task_id, self.somebody.id, actor=self.boss, now=now))
            case Status.ACTIVE:
                self.do(lambda now: tasks.start(task_id, actor=self.boss, now=now))
            case Status.COMPLETED:
                self.do(lambda now: tasks.complete(task_id, actor=self.boss, now=now, answers=ENOUGH_ANSWERS))
            case Status.FAILED:
                reason = fail_reason(as_visit(task)).value
                self.do(lambda now: tasks.fail(task_id, reason=reason, actor=self.boss, now=now))

    def next_due(self) -> datetime | None:
        waits = Message.state == State.PENDING.value
        return db.session.scalar(select(Message.not_before).where(waits).order_by(Message.not_before).limit(1))


@pytest.fixture
def shop(drain: Drain) -> Shop:
    return Shop(drain)


def all_texts(played: Rehearsal) -> list[PlayedText]:
    return [text for part in played.customers for text in part.texts]


def lines(played: Rehearsal) -> list[tuple[Any, ...]]:
    """What the play says of each text."""
    return sorted(
        (text.task_id, text.kind, text.fate.value, text.goes_at, worded(text.body), text.segments, text.reason or "")
        for text in all_texts(played)
    )


def rows(*, since: datetime) -> list[tuple[Any, ...]]:
    """What really became of each row since then."""
    fates = {"delivered": Fate.GOES, "canceled": Fate.CANCELLED, "expired": Fate.EXPIRED, "suppressed": Fate.SUPPRESSED}
    return sorted(
        (
            row.task_id,
            row.kind,
            fates[row.state].value,
            row.submitted_at,
            worded(row.body),
            row.segments,
            row.end_reason or "",
        )
        for row in db.session.scalars(select(Message))
        if (row.submitted_at or row.ended_at) >= since
    )


def worded(body: str) -> str:
    """The words without the key to the customer's page and the code of the door, which only a real text gives out."""
    return re.sub(r"核对码\d{4}|核對碼\d{4}|code \d{4}", lambda found: found[0][:-4] + "••••", _without_key(body))


def _without_key(body: str) -> str:
    return re.sub(r"/c/\w+", "/c/", body)


def a_busy_day(shop: Shop) -> None:
    """All types of tasks and people; some told, some open, some early, some late in the evening."""
    chinese = make_customer(store=shop.store, name="陈美玲", gender="female", owner=shop.associate)
    english = make_customer(store=shop.store, name="Grace Chan", locale="en", phone="+85291110001")
    mainland = make_customer(store=shop.store, name="周丽娟", phone="+8613800138000")
    stopped = make_customer(store=shop.store, name="黃志強", locale="zh_Hant", phone="+85291110002")
    far = make_customer(store=shop.store, name="Far Away", locale="en", phone="+14155552671")
    shop.task("12:00", customer=chinese, door_code="4821")
    shop.task("16:30", customer=chinese, type="callback")
    shop.task("10:15", customer=english, type="delivery", direction="collect")
    shop.task("14:00", customer=mainland, type="delivery", door_code="1234")
    shop.task("11:00", customer=stopped)
    shop.task("09:00", customer=far)
    shop.task("20:00", hours=1, customer=english, assigned=False)
    shop.task("06:30", customer=mainland, type="callback", assigned=False)
    shop.task("07:10", assigned=False)
    shop.task("13:00", customer=make_customer(store=shop.store, phone=None))
    with transaction():
        consent.opt_out(stopped.phone, source="office", text="no", actor=shop.boss, now=clock.now())
    shop.settle()


# The same as the real thing


@pytest.mark.parametrize("course", Course)
def test_the_rehearsed_day_is_the_day_as_it_then_happens(shop, course):
    a_busy_day(shop)
    with clock.fixed(clock.now() + timedelta(minutes=1)):
        since = clock.now()
        played = shop.rehearse(course=course)
        shop.play(course=course)
        assert lines(played) == rows(since=since)
    fates = {line[2] for line in lines(played)}
    assert fates >= {"goes", "suppressed"}
    assert len(lines(played)) > 20


def test_a_day_rehearsed_late_in_the_evening_is_the_day_as_it_then_happens(shop):
    """What waits through the night, and what the night makes useless."""
    a_busy_day(shop)
    with clock.fixed(datetime.fromisoformat("2027-03-10T22:30+08:00")):
        for at in ("07:30", "12:30", "19:00"):
            shop.task(at)
        shop.task("08:00", type="callback")
        shop.task("07:00", hours=1, assigned=False)
        since = clock.now()
        played = shop.rehearse()
        shop.play()
        assert lines(played) == rows(since=since)
    assert {line[2] for line in lines(played)} == {"goes", "suppressed", "expired", "cancelled"}
    assert any(text.delays for text in all_texts(played))


def test_a_day_that_is_under_way_is_played_from_now_on(shop):
    today = date(2027, 3, 10)
    with clock.fixed(datetime.fromisoformat("2027-03-10T09:00+08:00")):
        early, active, late = (shop.task(at, day=today) for at in ("10:00", "11:00", "15:00"))
    with clock.fixed(datetime.fromisoformat("2027-03-10T10:40+08:00")):
        shop.do(lambda now: tasks.start(early.id, actor=shop.worker, now=now))
        shop.do(lambda now: tasks.complete(early.id, actor=shop.worker, now=now, answers=ENOUGH_ANSWERS))
        shop.do(lambda now: tasks.start(active.id, actor=shop.worker, now=now))
    with clock.fixed(datetime.fromisoformat("2027-03-10T10:42+08:00")):
        played = shop.rehearse(day=today)
        since = clock.now()
        shop.play()
        assert lines(played) == rows(since=since)
        assert [text.kind for text in all_texts(played) if text.task_id == early.id] == ["rating"]
        assert played.already_sent == 5
    assert late.id in {text.task_id for text in all_texts(played)}


def test_the_wordings_read_at_once_are_those_found_one_by_one():
    ship_templates()
    changed = dict.fromkeys(LOCALES, "改了 1")
    service.publish_template(
        Kind.BOOKED, task_type="delivery", reach=Reach.TWO_WAY, texts=changed, actor=Actor.system(), now=clock.now()
    )
    book = book_in_force()
    for kind in VARIABLES:
        for task_type in ("", "home_visit", "delivery", "callback"):
            for reach in Reach:
                one, other = book.find(kind, task_type, reach), outbound.template_for(kind, task_type, reach)
                assert (one and one.id) == (other and other.id), (kind, task_type, reach)


# Nothing is written


def test_a_rehearsal_works_where_nothing_can_be_written_or_locked(shop):
    a_busy_day(shop)
    # The first look opens the scratch tables that each connection has for itself.
    shop.rehearse(draft=a_draft())
    db.session.commit()
    db.session.execute(sql("SET TRANSACTION READ ONLY"))
    played = shop.rehearse(draft=a_draft())
    assert played.total.messages > 10


def test_a_rehearsal_leaves_every_table_as_it_was(shop):
    a_busy_day(shop)
    before = counts()
    shop.rehearse()
    shop.rehearse(afresh=True, course=Course.COULD_NOT_MEET)
    assert counts() == before


def test_a_full_day_costs_as_many_queries_as_a_quiet_one(shop, monkeypatch):
    # The table of countries is read again every few seconds, which would blur the count.
    monkeypatch.setattr(countries, "FRESH_SECONDS", 1e9)
    shop.task("10:00", assigned=False)
    shop.rehearse()  # opens the scratch tables of this connection
    db.session.expire_all()
    few = queries_of(shop.rehearse)
    checklist = db.session.scalar(select(Task.checklist_version_id).limit(1))
    start = datetime(2027, 3, 11, 2, tzinfo=UTC)
    for number in range(500):
        customer = make_customer(store=shop.store)
        make_task(
            customer=customer,
            assignee=shop.associate,
            checklist_version_id=checklist,
            window_start=start + timedelta(minutes=number),
            window_end=start + timedelta(minutes=number + 60),
        )
    db.session.expire_all()
    plays: list[Rehearsal] = []
    assert queries_of(lambda: plays.append(shop.rehearse())) == few
    (played,) = plays
    assert (played.tasks, played.is_cut) == (501, False)
    assert played.total.messages == 501 * 4


def test_a_day_with_more_tasks_than_are_played_says_so(shop, monkeypatch):
    for at in ("10:00", "11:00", "12:00"):
        shop.task(at)
    monkeypatch.setattr(rehearsal, "MOST_TASKS", 2)
    played = shop.rehearse()
    assert (played.tasks, played.is_cut) == (2, True)


# What it tells


def test_a_visit_is_booked_reminded_announced_and_rated(shop):
    shop.task("12:00", assigned=False)
    texts = all_texts(shop.rehearse())
    assert [(text.kind, f"{text.goes_at.astimezone(UTC):%d %H:%M}") for text in texts] == [
        ("booked", "10 02:00"),
        ("reminder", "10 10:00"),
        ("on_the_way", "11 03:50"),
        ("rating", "11 06:05"),
    ]


def test_a_visit_nobody_has_yet_names_no_one(shop):
    shop.task("12:00", assigned=False)
    assert "專員" in all_texts(shop.rehearse())[0].body


def test_a_visit_that_was_told_is_not_told_again(shop):
    shop.task("12:00")
    played = shop.rehearse()
    assert [text.kind for text in all_texts(played)] == ["reminder", "on_the_way", "rating"]
    assert all_texts(played)[0].is_written
    assert played.already_sent == 1


def test_nobody_at_home_is_apologised_for(shop):
    shop.task("12:00")
    kinds = [text.kind for text in all_texts(shop.rehearse(course=Course.COULD_NOT_MEET))]
    assert kinds == ["reminder", "on_the_way", "could_not_meet"]


def test_a_call_that_is_not_answered_says_so(shop):
    shop.task("12:00", type="callback")
    [text] = all_texts(shop.rehearse(course=Course.COULD_NOT_MEET))
    assert (text.kind, "没有接通" in text.body) == ("could_not_meet", True)


def test_a_text_due_at_night_tells_why_and_until_when_it_is_held(shop):
    with clock.fixed(datetime.fromisoformat("2027-03-10T22:00+08:00")):
        shop.task("12:00", assigned=False)
        played = shop.rehearse()
    booked = all_texts(played)[0]
    [delay] = booked.delays
    assert (delay.reason, delay.until) == (policy.QUIET_HOURS, datetime(2027, 3, 11, 0, tzinfo=UTC))
    assert booked.goes_at == delay.until
    assert played.total.held == 1
    assert [(why.fate, why.reason, why.count) for why in played.reasons] == [(Fate.HELD, policy.QUIET_HOURS, 1)]


def test_a_text_that_the_night_makes_useless_expires_with_its_reason(shop):
    with clock.fixed(datetime.fromisoformat("2027-03-10T22:00+08:00")):
        shop.task("06:00", assigned=False, hours=1.5, type="callback")
        played = shop.rehearse()
    first = all_texts(played)[0]
    assert (first.fate, first.reason) == (Fate.EXPIRED, policy.TOO_LATE_AFTER_QUIET_HOURS)
    assert played.fates[Fate.EXPIRED] == 1


def test_a_customer_who_said_stop_gets_nothing(shop):
    customer = make_customer(store=shop.store)
    with transaction():
        consent.opt_out(customer.phone, source="office", text="no", actor=shop.boss, now=clock.now())
    shop.task("12:00", customer=customer, assigned=False)
    played = shop.rehearse()
    assert played.total.messages == 0
    assert {(why.fate, why.reason) for why in played.reasons} >= {(Fate.SUPPRESSED, policy.OPTED_OUT)}


def test_a_customer_who_may_want_no_more_is_held_for_a_person(shop):
    customer = make_customer(store=shop.store)
    make_conversation(customer, paused_at=clock.now())
    shop.task("12:00", customer=customer, assigned=False)
    texts = all_texts(shop.rehearse())
    assert {text.fate for text in texts} == {Fate.HELD}
    assert {text.reason for text in texts} == {policy.MAYBE_OPT_OUT}


def test_a_number_that_cannot_receive_gets_nothing(shop):
    customer = make_customer(store=shop.store)
    numbers.note_fault(customer.phone, reason=policy.NUMBER_IS_BAD, code=21614, now=clock.now())
    shop.task("12:00", customer=customer, assigned=False)
    played = shop.rehearse()
    assert played.total.messages == 0
    assert {(why.fate, why.reason) for why in played.reasons} >= {(Fate.SUPPRESSED, policy.NUMBER_IS_BAD)}


def test_who_has_no_number_is_counted(shop):
    shop.task("12:00", customer=make_customer(store=shop.store, phone=None))
    played = shop.rehearse()
    assert (played.without_phone, played.customers, played.total.messages) == (1, [], 0)


def test_a_number_abroad_is_written_to_in_its_own_open_hours(shop):
    customer = make_customer(store=shop.store, phone="+14155552671", locale="en")
    shop.task("23:30", customer=customer, assigned=False, type="callback")
    first = all_texts(shop.rehearse())[0]
    assert (first.country, first.goes_at) == ("US", clock.now())  # 18:00 of the evening before in California


def test_the_price_is_segments_times_the_price_of_the_country(shop):
    shop.task("12:00", customer=make_customer(store=shop.store, phone="+8613800138000"))
    shop.task("14:00")
    played = shop.rehearse()
    prices = {code: country.price_per_segment for code, country in known_countries().items()}
    expected = sum((prices[text.country] * text.segments for text in all_texts(played)), Decimal(0))
    assert expected > 0
    assert sum(played.total.costs.values()) == expected
    assert {text.country for text in all_texts(played)} == {"HK", "CN"}


def test_hours_and_kinds_add_up_to_the_total(shop):
    a_busy_day(shop)
    played = shop.rehearse()
    for sums in (played.hours, played.kinds):
        assert sum(each.messages for _key, each in sums) == played.total.messages
        assert sum(each.segments for _key, each in sums) == played.total.segments
    assert sum(part.messages for part in played.customers) == played.total.messages
    assert played.total.messages == played.fates[Fate.GOES]


def test_a_reassigned_visit_s_old_reminder_is_taken_back_not_sent(shop):
    task = shop.task("12:00")
    other = make_staff(store=shop.store, name="何敏仪")
    shop.do(lambda now: tasks.assign(task.id, other.id, actor=shop.boss, now=now))
    reminders = [text for text in all_texts(shop.rehearse()) if text.kind == "reminder"]
    assert [(text.fate, "何敏仪" in text.body) for text in reminders] == [(Fate.GOES, True)]


def test_a_waiting_reminder_is_superseded_when_the_associate_sets_out_early(shop):
    today = date(2027, 3, 10)
    task = shop.task("15:00", day=today)
    make_message(
        db.session.get(Task, task.id) and make_customer(store=shop.store),
        task=task,
        kind="reminder",
        speaks_of=task.window_start,
        not_before=task.window_start + timedelta(minutes=1),
    )
    texts = all_texts(shop.rehearse(day=today))
    superseded = [text for text in texts if text.fate is Fate.CANCELLED]
    assert [(text.kind, text.reason) for text in superseded] == [("reminder", moments.SUPERSEDED)]


def test_a_cancelled_task_plays_no_part(shop):
    task = shop.task("12:00", assigned=False)
    shop.do(lambda now: tasks.cancel(task.id, reason="customer_asked", actor=shop.boss, now=now))
    assert shop.rehearse().tasks == 0
    assert shop.rehearse(afresh=True).tasks == 0


def test_the_code_of_the_door_stays_hidden(shop):
    shop.task("12:00", door_code="4821")
    [text] = [text for text in all_texts(shop.rehearse()) if text.kind == "door_code"]
    assert "••••" in text.body
    assert "4821" not in "".join(text.body for text in all_texts(shop.rehearse(afresh=True)))


# Drafts and past days


def a_draft() -> DraftWording:
    texts = {
        "zh_Hans": "【{shop}】{name}，新的说法。请回1至5。",
        "zh_Hant": "【{shop}】{name}，新的說法。請回1至5。",
        "en": "{shop}: {name}, new words. Reply 1 to 5.",
    }
    return DraftWording(Kind.RATING, "", Reach.TWO_WAY, texts)


def test_a_draft_speaks_before_it_is_published(shop):
    shop.task("12:00")
    ratings = [text.body for text in all_texts(shop.rehearse(draft=a_draft())) if text.kind == "rating"]
    assert ["新的说法" in body for body in ratings] == [True]
    assert "新的说法" not in "".join(text.body for text in all_texts(shop.rehearse()))


def test_a_text_that_lies_ready_keeps_its_words_whatever_is_drafted(shop):
    shop.task("12:00")
    texts = dict.fromkeys(LOCALES, "改写的提醒，请回1")
    draft = DraftWording(Kind.REMINDER, "home_visit", Reach.TWO_WAY, texts)
    now_on = [text for text in all_texts(shop.rehearse(draft=draft)) if text.kind == "reminder"]
    afresh = [text for text in all_texts(shop.rehearse(draft=draft, afresh=True)) if text.kind == "reminder"]
    assert "改写的提醒" not in now_on[0].body
    assert "改写的提醒" in afresh[0].body


def test_a_draft_with_faults_is_refused_by_language(shop):
    draft = DraftWording(Kind.RATING, "", Reach.TWO_WAY, a_draft().texts | {"en": "Reply STOP, 1 to 5"})
    with pytest.raises(Invalid) as refused:
        shop.rehearse(draft=draft)
    assert list(refused.value.errors["draft"]["texts"]) == ["en"]


def test_a_day_that_is_over_is_played_afresh(shop):
    task = shop.task("12:00", day=date(2027, 3, 9), assigned=False)
    db.session.execute(sql("UPDATE task SET created_at = '2027-03-08T10:00+08:00' WHERE id = :id"), {"id": task.id})
    db.session.expire_all()
    played = shop.rehearse(day=date(2027, 3, 9))
    assert played.afresh
    assert [text.kind for text in all_texts(played)] == ["booked", "reminder", "on_the_way", "rating"]


def test_a_finished_day_played_afresh_counts_what_it_would_cost_again(shop):
    task = shop.task("12:00")
    shop.play()
    assert db.session.get(Task, task.id).status == Status.COMPLETED
    assert [text.kind for text in all_texts(shop.rehearse(afresh=True))] == [
        "booked",
        "reminder",
        "on_the_way",
        "rating",
    ]


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2037, 1, 1)])
def test_a_day_far_away_is_refused(shop, day):
    with pytest.raises(Invalid):
        shop.rehearse(day=day)


# Who and how much


def test_another_store_s_supervisor_finds_nothing(shop):
    elsewhere = make_store()
    stranger = actor_of(make_staff("supervisor", store=elsewhere), elsewhere)
    with pytest.raises(NotFound):
        shop.rehearse(actor=stranger)


def test_the_list_comes_in_pages(shop):
    for at in ("10:00", "11:00", "12:00", "13:00", "14:00"):
        shop.task(at)
    played = shop.rehearse()
    seen, cursor = [], None
    while True:
        parts, cursor = played.page(cursor=cursor, limit=2)
        seen += [part.customer_id for part in parts]
        if cursor is None:
            break
    assert seen == [part.customer_id for part in played.customers]
    assert len(seen) == 5


def test_a_cursor_of_nothing_is_refused(shop):
    shop.task("10:00")
    with pytest.raises(Invalid):
        shop.rehearse().page(cursor="0", limit=2)


def counts() -> dict[str, int]:
    tables = db.session.scalars(
        sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    ).all()
    return {table: db.session.scalar(sql(f"SELECT count(*) FROM {table}")) for table in tables}


def queries_of(step: Callable[[], object]) -> int:
    seen = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        step()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return len(seen)
