"""The main job through the API alone: request, relay, worker, the customer's phone, and back."""

from datetime import timedelta

from tests.conftest import NOW
from tests.flows.shop import PASSWORD, RIVALS_POINTS, SHENZHEN_ASSOCIATE, SHENZHEN_PHONE, SHENZHEN_SUPERVISOR, Shop

TWO_SLOTS = "两个时间供您选"
ASKS_FOR_STARS = "您给几分"


def test_a_visit_goes_from_the_booking_to_the_leaderboard(shop: Shop) -> None:
    customer = shop.fresh_customer()
    before = shop.standing()[1]
    task = shop.visit(customer)
    assert "请回1" in shop.wait_for_text(customer, "上门看望您")

    shop.answers(customer, "1")
    shop.company.wait_for(lambda: shop.task(task)["confirmed_at"])
    shop.wait_for_text(customer, "见，谢谢")

    ended = shop.complete(task)
    assert ended["status"] == "completed"
    shop.wait_for_text(customer, ASKS_FOR_STARS)
    asked = shop.messages(task, "rating")[0]
    assert asked["not_before"] >= shop.company.value("select ended_at from task where id = %(id)s", id=task["id"])

    shop.answers(customer, "5")
    shop.company.wait_for(lambda: shop.task(task)["rating"] == 5)
    shop.company.wait_for(lambda: ("rating", 10, "vested") in shop.points(task))

    mine = shop.associate.get("/me/points")
    lines = [entry for entry in mine["entries"] if entry["task_id"] == task["id"]]
    assert {entry["rule_key"] for entry in lines} == {"home_visit", "hearts", "photo", "rating"}
    assert all(entry["reason"] and entry["state"] == "vested" for entry in lines)
    earned = sum(entry["amount"] for entry in lines)
    assert earned > RIVALS_POINTS
    assert shop.standing() == (1, before + earned)


def test_every_step_told_the_customer_once(shop: Shop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer)
    shop.wait_for_text(customer, "上门看望您")
    shop.answers(customer, "好的")
    shop.wait_for_text(customer, "见，谢谢")
    shop.do(task, "start")
    shop.wait_for_text(customer, "已经出发")
    shop.complete(task)
    shop.wait_for_text(customer, ASKS_FOR_STARS)
    shop.company.wait_until_quiet()
    sent = [row["kind"] for row in shop.messages(task) if row["state"] == "delivered"]
    assert sent == ["booked", "confirmed", "on_the_way", "door_code", "rating"]
    assert len(shop.texts_on(customer["phone"])) == len(sent)


def test_undo_withdraws_the_rating_question_and_the_points(shop: Shop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer)
    before = shop.standing()[1]
    shop.complete(task)
    shop.company.wait_for(lambda: shop.points(task))
    assert shop.do(task, "undo")["status"] == "active"
    shop.company.wait_for(lambda: [row["state"] for row in shop.messages(task, "rating")] == ["canceled"])
    shop.company.wait_until_quiet()
    assert sum(amount for _, amount, _ in shop.points(task)) == 0
    assert {state for *_, state in shop.points(task)} == {"reversed"}
    assert shop.standing()[1] == before

    assert shop.do(task, "complete")["status"] == "completed"
    shop.wait_for_text(customer, ASKS_FOR_STARS)
    assert [row["state"] for row in shop.messages(task, "rating")] == ["canceled", "delivered"]


def test_the_answer_2_offers_two_slots_and_moves_the_visit(shop: Shop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer, hours=26)
    shop.wait_for_text(customer, "上门看望您")
    shop.answers(customer, "2")
    offer = shop.wait_for_text(customer, TWO_SLOTS)
    assert "1. " in offer
    assert "2. " in offer
    offered = shop.company.value(
        "select options from question where subject_id = %(id)s and kind = 'slot'", id=task["id"]
    )

    shop.answers(customer, "2")
    moved = shop.company.wait_for(
        lambda: (found := shop.task(task, shop.supervisor))["window_start"] != task["window_start"] and found
    )
    assert moved["window_start"] == offered[1]["start"]
    assert moved["window_end"] == offered[1]["end"]
    assert moved["confirmed_at"] is not None
    shop.wait_for_text(customer, "见，谢谢")


def test_stop_ends_the_texts_that_wait(shop: Shop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer, hours=28)
    shop.wait_for_text(customer, "上门看望您")
    assert [row["state"] for row in shop.messages(task, "reminder")] == ["pending"]

    shop.answers(customer, "退订")
    shop.company.wait_for(lambda: shop.messages(task, "reminder")[0]["state"] == "suppressed")
    before = shop.texts_on(customer["phone"])
    shop.complete(task)
    shop.company.wait_until_quiet()
    shop.company.wait_for(lambda: all(row["state"] != "pending" for row in shop.messages(task)))
    assert shop.texts_on(customer["phone"]) == before
    assert shop.task(task)["status"] == "completed"


def test_words_nobody_expected_wait_in_the_owners_inbox(shop: Shop) -> None:
    customer = shop.fresh_customer()
    shop.visit(customer)
    shop.wait_for_text(customer, "上门看望您")
    shop.answers(customer, "请问可以带一盒小样来吗")

    def talk() -> object:
        return next(
            (
                item
                for item in shop.associate.get("/conversations", params={"unread": True})["items"]
                if item["customer"] and item["customer"]["id"] == customer["id"]
            ),
            None,
        )

    shop.company.wait_for(talk)
    shop.associate.post(f"/customers/{customer['id']}/messages", {"text": "可以的，我帮您带上。"})
    shop.wait_for_text(customer, "我帮您带上")


def test_work_that_arrives_after_the_task_was_given_away_waits_for_the_supervisor(shop: Shop) -> None:
    task = shop.visit(shop.fresh_customer())
    rival = shop.company.value("select id from staff where name = '欧阳静'")
    version = shop.task(task, shop.supervisor)["version"]
    shop.supervisor.post(f"/tasks/{task['id']}/assign", {"staff_id": rival, "version": version})

    answer = shop.do(task, "start", {"at": NOW.isoformat()})
    assert answer["held"] is True
    assert shop.task(task, shop.supervisor)["status"] == "assigned"
    waiting = shop.supervisor.get("/held-submissions", params={"state": "pending"})["items"]
    assert [(item["id"], item["verb"]) for item in waiting] == [(answer["held_id"], "start")]

    shop.supervisor.post(f"/held-submissions/{answer['held_id']}/accept", {})
    assert shop.task(task, shop.supervisor)["status"] == "active"


def test_a_text_to_shenzhen_carries_a_phone_number_and_asks_for_no_answer(shop: Shop) -> None:
    supervisor = shop.company.sign_in(SHENZHEN_SUPERVISOR, PASSWORD)
    associate = shop.company.sign_in(SHENZHEN_ASSOCIATE, PASSWORD).get("/me")["id"]
    customer = shop.company.rows("select id, phone from customer where name = '刘晓燕'")[0]
    supervisor.post(
        "/tasks",
        {
            "type": "home_visit",
            "reason": "after_purchase",
            "customer_id": customer["id"],
            "window_start": (NOW + timedelta(hours=2)).isoformat(),
            "window_end": (NOW + timedelta(hours=4)).isoformat(),
            "assignee_id": associate,
        },
    )

    def texts() -> list[str]:
        answer = supervisor.call("GET", "/sandbox/messages", params={"phone": customer["phone"]})
        return [line["text"] for line in answer.json().get("items", [])]

    text = shop.company.wait_for(texts)[0]
    assert SHENZHEN_PHONE.removeprefix("+86") in text.replace(" ", "").replace("-", "").replace("+86", "")
    assert "请回" not in text
    assert "http" not in text
    assert not shop.company.rows("select id from question where customer_id = %(id)s", id=customer["id"])
