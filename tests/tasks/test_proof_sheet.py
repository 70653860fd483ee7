"""What a proof sheet says, in whose language, and what it never says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.core.db import db
from app.reports import proof
from app.reports.proof import ProofSheet, words_of
from app.tasks import promises
from app.tasks.kinds import FailReason
from app.tasks.models import Evidence, Task, TaskAnswer, TaskLine
from app.tasks.proof_links import NothingToProve
from tests.factories.proofs import make_photo, make_signature
from tests.factories.tasks import NOON, make_checklist, text3
from tests.tasks.conftest import Shop

LABEL = {"zh_Hans": "检查数量", "zh_Hant": "檢查數量", "en": "Checked the quantity"}


def ended(shop: Shop, status: str = "completed", **changes: Any) -> Task:
    return shop.task(assignee=shop.ann, status=status, arrived_at=NOON + timedelta(minutes=5), **changes)


def answer(task: Task, **values: Any) -> None:
    for key, value in values.items():
        db.session.add(TaskAnswer(task_id=task.id, item_key=key, value=value, answered_at=NOON, recorded_at=NOON))
    db.session.flush()


def sheet_of(task: Task, shop: Shop) -> ProofSheet:
    db.session.flush()
    db.session.expire_all()
    return proof.read(task.id, now=shop.now)


def test_it_says_who_came_when_and_what_was_done(shop: Shop) -> None:
    shop.ann.name = "林詠詩"
    task = ended(shop, rating=5, rated_at=NOON, rated_heart="care")
    answer(task, greeted=True, product_fits="pass", stock_left=3, mood="glad")
    make_signature(task, shop.ann, now=NOON, item_key="signed")
    make_photo(task, shop.ann, now=NOON)
    sheet = sheet_of(task, shop)
    assert (sheet.number, sheet.shop.name, sheet.customer.name) == (task.number, shop.store.name, shop.customer.name)
    assert sheet.customer.address == shop.customer.address
    assert sheet.who == "詠詩"
    assert [(step.key, step.time) for step in sheet.steps] == [
        ("started", "11:40"), ("arrived", "12:05"), ("ended", "12:40"),
    ]  # fmt: skip
    assert [(heart.heart, [(item.text, item.answer) for item in heart.items]) for heart in sheet.hearts] == [
        ("care", [("Greeted by name", "")]),
        ("thoughtfulness", [("How is the customer", "Glad")]),
        ("detail", [("Tins left", "3 tin")]),
        ("conscience", [("The product suits", "")]),
    ]
    assert [(one.kind, one.caption, one.taken[-5:]) for one in sheet.pictures] == [
        ("photo", sheet.photos[0].caption, "12:00"), ("signature", "Signature", "12:00"),
    ]  # fmt: skip
    assert (sheet.rating, sheet.outcome.status, sheet.outcome.tone) == (5, "completed", "ok")


@pytest.mark.parametrize(
    ("locale", "kind", "day"),
    [
        ("zh_Hans", "上门", "2027年3月10日星期三"),
        ("zh_Hant", "上門", "2027年3月10日 星期三"),
        ("en", "Home visit", "Wednesday, March 10, 2027"),
    ],
)
def test_it_speaks_the_customers_language_whoever_asks(shop: Shop, locale: str, kind: str, day: str) -> None:
    shop.customer.locale = locale
    item = {"key": "counted", "heart": "detail", "kind": "tick", "label": LABEL}
    task = ended(shop, checklist=make_checklist(items=[item]))
    answer(task, counted=True)
    sheet = sheet_of(task, shop)
    assert (sheet.locale, sheet.kind, sheet.day) == (locale, kind, day)
    assert sheet.hearts[0].items[0].text == LABEL[locale]


def test_what_colleagues_write_for_each_other_stays_inside(shop: Shop) -> None:
    items = [
        {"key": "note", "heart": "detail", "kind": "text", "label": text3("Note")},
        {"key": "news", "heart": "conscience", "kind": "tick", "label": text3("News if due")},
        {"key": "door", "heart": "conscience", "kind": "code", "label": text3("Door code")},
        {"key": "left_out", "heart": "care", "kind": "tick", "label": text3("Not ticked")},
        {"key": "hidden", "heart": "care", "kind": "tick", "label": text3("Hidden"),
         "visible_if": {"item": "left_out", "is": True}},
    ]  # fmt: skip
    task = ended(
        shop, "failed", end_reason="refused", end_note="rude on the phone", note="owes money", door_code="4711",
        reasons=[text3("Lapsed")], checklist=make_checklist(items=items),
    )  # fmt: skip
    answer(task, note="he seemed short of money", news=True, door="4711", left_out=False, hidden=True)
    said = " ".join(words_of(sheet_of(task, shop)))
    for secret in ("short of money", "rude", "owes", "4711", "News if due", "Not ticked", "Hidden", "Lapsed"):
        assert secret not in said


def test_the_window_that_was_told_counts_not_the_one_that_was_planned(shop: Shop) -> None:
    task = ended(shop)
    assert not sheet_of(task, shop).was_told
    told = {"start": NOON - timedelta(hours=3), "end": NOON - timedelta(hours=2)}
    promises.tell_window(task.id, **told, channel="sms", told_key="m:1", now=shop.now)
    sheet = sheet_of(task, shop)
    assert sheet.was_told
    assert sheet.agreed.endswith("09:00–10:00")
    assert (sheet.is_late, "125" in sheet.kept) == (True, True)


def test_coming_within_the_window_is_said_and_coming_early_is_not(shop: Shop) -> None:
    on_time, early = ended(shop), shop.task(assignee=shop.ann, status="completed", arrived_at=NOON - timedelta(hours=1))
    assert sheet_of(on_time, shop).kept
    assert not sheet_of(on_time, shop).is_late
    assert not sheet_of(early, shop).kept


@pytest.mark.parametrize("reason", list(FailReason))
def test_each_reason_of_failing_has_words_for_the_customer_and_a_next_step(shop: Shop, reason: FailReason) -> None:
    outcome = sheet_of(ended(shop, "failed", end_reason=reason.value), shop).outcome
    assert outcome.why
    assert outcome.next
    assert outcome.tone == "warning"


def test_goods_say_what_was_handed_over_refused_and_left(shop: Shop) -> None:
    task = ended(shop, "partly", type="delivery", lines=[("Tea", 5), ("Soap", 1)])
    tea = db.session.query(TaskLine).filter_by(task_id=task.id, name="Tea").one()
    tea.delivered, tea.refused = 2, 1
    goods = sheet_of(task, shop).goods
    assert [(line.name, line.delivered, line.refused, line.short) for line in goods] == [
        ("Tea", 2, 1, 2), ("Soap", None, 0, 0),
    ]  # fmt: skip


def test_what_happens_next_is_named_once_the_customer_knows_it(shop: Shop) -> None:
    task = ended(shop, "partly")
    without = sheet_of(task, shop).outcome.next
    later = {"parent_id": task.id, "link": "carried", "window_start": NOON + timedelta(days=2)}
    rest = shop.task(assignee=shop.ann, window_end=NOON + timedelta(days=2, hours=2), **later)
    assert sheet_of(task, shop).outcome.next == without
    rest.confirmed_at = shop.now
    assert "2027年3月12日 星期五 12:00–14:00" in sheet_of(task, shop).outcome.next
    rest.status, rest.ended_at, rest.end_recorded_at = "completed", NOON + timedelta(days=3), NOON + timedelta(days=3)
    assert "2027年3月13日" in sheet_of(task, shop).outcome.next


def test_a_place_far_from_the_door_proves_nothing(shop: Shop) -> None:
    near, far = ended(shop), ended(shop)
    for task, metres, is_exception in ((near, 20, False), (far, 5000, True)):
        place = {
            "kind": "place",
            "place_state": "given",
            "captured_at": NOON,
            "recorded_at": NOON,
            "lat": 22,
            "lng": 114,
        }
        db.session.add(Evidence(task_id=task.id, distance_metres=metres, is_exception=is_exception, **place))
    assert len(sheet_of(near, shop).checked) == 1
    assert sheet_of(far, shop).checked == []


def test_a_checked_door_code_is_said_without_the_code(shop: Shop) -> None:
    [line] = sheet_of(ended(shop, door_code="4711", door_code_checked_at=NOON), shop).checked
    assert "12:00" in line
    assert "4711" not in line


@pytest.mark.parametrize("status", ["open", "assigned", "active", "cancelled"])
def test_there_is_nothing_to_prove_before_the_end_or_without_a_visit(shop: Shop, status: str) -> None:
    task = shop.task(status=status, assignee=None if status in ("open", "cancelled") else shop.ann)
    with pytest.raises(NothingToProve):
        proof.read(task.id, now=shop.now)
