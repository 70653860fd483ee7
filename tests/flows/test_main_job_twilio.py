"""The main job through the real Twilio SDK, against an HTTP service that answers and signs as Twilio does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.company import Company
from tests.flows.shop import Shop, open_shop
from tests.simulator.twilio import (
    ACCEPT_THEN_RESET,
    ACCOUNT_SID,
    AUTH_TOKEN,
    FROM_NUMBER,
    SERVER_ERROR_AFTER_ACCEPTING,
    SimulatedMessage,
    TwilioSimulator,
)

ASKS_FOR_STARS = "您给几分"


class TwilioShop(Shop):
    """The same shop; its customers' phones hang on the simulator."""

    def __init__(self, company: Company, twilio: TwilioSimulator) -> None:
        super().__init__(company)
        self.twilio = twilio
        self.texts_on = twilio.bodies_to

    def answers(self, customer: dict[str, Any], text: str, **options: Any) -> None:
        status = self.text_in(customer, text, **options)
        assert status == 200, f"{status}\n{self.company.logs()}"

    def text_in(self, customer: dict[str, Any], text: str, **options: Any) -> int:
        return self.twilio.text_in(
            to_url=f"{self.company.url}/twilio/inbound", sender=customer["phone"], body=text, **options
        )

    def created(self, customer: dict[str, Any]) -> list[SimulatedMessage]:
        return [message for message in self.twilio.messages if message.to == customer["phone"]]

    def wait_until_delivered(self, customer: dict[str, Any]) -> None:
        self.company.wait_for(
            lambda: all(row["state"] == "delivered" for row in self.rows(customer)) and bool(self.rows(customer))
        )

    def rows(self, customer: dict[str, Any]) -> list[dict[str, Any]]:
        """What was to be sent by now."""
        return self.company.rows(
            "select kind, state, provider, provider_sid, provider_status from message"
            " where customer_id = %(id)s and kind <> 'reminder' and state <> 'canceled' order by created_at",
            id=customer["id"],
        )


@pytest.fixture(scope="module")
def twilio() -> Iterator[TwilioSimulator]:
    with TwilioSimulator() as simulator:
        simulator.receipts, simulator.habits.apart_seconds = ("sending", "sent", "delivered"), 0.0
        yield simulator


@pytest.fixture(scope="module")
def shop(start_company: Callable[..., Company], twilio: TwilioSimulator) -> TwilioShop:
    credentials = {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": FROM_NUMBER,
        "TWILIO_API_BASE_URL": twilio.url,
    }
    return TwilioShop(start_company(prepare=open_shop, env=credentials), twilio)


def test_a_visit_goes_from_the_booking_to_the_points_over_twilio(shop: TwilioShop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer)
    shop.wait_for_text(customer, "上门看望您")
    shop.wait_until_delivered(customer)

    shop.answers(customer, "1")
    shop.company.wait_for(lambda: shop.task(task)["confirmed_at"])
    shop.wait_for_text(customer, "见，谢谢")

    shop.complete(task)
    shop.wait_for_text(customer, ASKS_FOR_STARS)
    shop.answers(customer, "5")
    shop.company.wait_for(lambda: ("rating", 10, "vested") in shop.points(task))
    assert shop.task(task)["rating"] == 5
    assert [rule for rule, _, state in shop.points(task) if state == "vested"] == [
        "home_visit",
        "hearts",
        "photo",
        "rating",
    ]

    shop.wait_until_delivered(customer)
    rows = shop.rows(customer)
    assert {row["provider"] for row in rows} == {"twilio"}
    assert {row["provider_status"] for row in rows} == {"delivered"}
    assert sorted(row["provider_sid"] for row in rows) == sorted(message.sid for message in shop.created(customer))
    bodies = [message.body for message in shop.created(customer)]
    assert len(set(bodies)) == len(bodies)


def test_each_text_names_its_callback_and_its_sender(shop: TwilioShop) -> None:
    customer = shop.fresh_customer()
    shop.visit(customer)
    shop.wait_for_text(customer, "上门看望您")
    (message,) = shop.created(customer)
    assert message.sender == FROM_NUMBER
    assert message.callback.startswith(f"{shop.company.url}/twilio/status?mid=")


def test_a_text_that_comes_twice_is_one_answer(shop: TwilioShop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer)
    shop.wait_for_text(customer, "上门看望您")
    sid = "SM" + "a1" * 16
    shop.answers(customer, "1", sid=sid)
    shop.answers(customer, "1", sid=sid)
    shop.wait_for_text(customer, "见，谢谢")
    shop.company.wait_until_quiet()
    shop.wait_until_delivered(customer)
    assert [message.body.count("见，谢谢") for message in shop.created(customer)] == [0, 1]
    confirmations = "select count(*) from task_history where task_id = %(id)s and action = 'confirm'"
    assert shop.company.value(confirmations, id=task["id"]) == 1


def test_an_answer_signed_with_another_token_changes_nothing(shop: TwilioShop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer)
    shop.wait_for_text(customer, "上门看望您")
    assert shop.text_in(customer, "1", token="f" * 32) == 403
    unsigned = requests.post(f"{shop.company.url}/twilio/inbound", data={"From": customer["phone"], "Body": "1"})
    assert unsigned.status_code == 403
    assert shop.task(task)["confirmed_at"] is None
    heard = "select count(*) from inbound where from_phone = %(phone)s"
    assert shop.company.value(heard, phone=customer["phone"]) == 0


@pytest.mark.parametrize(
    "bad_day", [ACCEPT_THEN_RESET, SERVER_ERROR_AFTER_ACCEPTING], ids=["reset", "500 after accepting"]
)
def test_a_lost_answer_of_twilio_does_not_send_the_text_twice(shop: TwilioShop, bad_day: Any) -> None:
    customer = shop.fresh_customer()
    shop.twilio.script(bad_day)
    shop.visit(customer)
    shop.wait_for_text(customer, "上门看望您")
    shop.wait_until_delivered(customer)
    assert len(shop.created(customer)) == 1


def test_stop_over_twilio_ends_all_texts(shop: TwilioShop) -> None:
    customer = shop.fresh_customer()
    task = shop.visit(customer, hours=28)
    shop.wait_for_text(customer, "上门看望您")
    shop.answers(customer, "STOP", opt_out_type="STOP")
    shop.company.wait_for(lambda: shop.messages(task, "reminder")[0]["state"] == "suppressed")
    shop.complete(task)
    shop.company.wait_until_quiet()
    shop.company.wait_for(lambda: all(row["state"] != "pending" for row in shop.messages(task)))
    assert len(shop.created(customer)) == 1
