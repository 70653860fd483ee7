"""A small shop with a PostgreSQL of its own and a simulated carrier; each storm gets customers of its own in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from tests.chaos.scene import Scene, environment
from tests.chaos.storm import Carrier, Storm, Visit
from tests.company import Caller, Company
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import PASSWORD, make_staff, make_store
from tests.factories.points import make_acknowledgement, make_rules
from tests.factories.tasks import make_checklist
from tests.simulator.twilio import TwilioSimulator

OFFICE_PHONE = "+85251110000"
ASSOCIATES = 4
VISITS_EACH = 3
STORMS = 8


@dataclass
class Shop:
    company: Company
    carrier: Carrier
    office: Caller
    associates: dict[int, Caller]
    days: list[dict[int, list[Visit]]]
    """One for each storm: staff id -> the visits to make."""
    calm: Visit | None = None

    def storm(self) -> Storm:
        day = self.days.pop()
        return Storm(
            company=self.company,
            carrier=self.carrier,
            office=self.office,
            associates={staff_id: (self.associates[staff_id], visits) for staff_id, visits in day.items()},
        )

    def before_any_storm(self) -> Visit:
        self.calm = self.calm or self.storm().calm_visit()
        return self.calm


@pytest.fixture(scope="module")
def shop(start_company: Callable[..., Company]) -> Iterator[Shop]:
    phones: dict[int, str] = {}
    days: list[dict[int, list[Visit]]] = []
    with (carrier := Carrier()).simulator:
        company = start_company(
            own_postgres=True,
            prepare=lambda _session: open_shop(phones, days),
            undo_window=0.5,
            env=carrier.environment,
        )
        carrier.company = company
        yield Shop(
            company=company,
            carrier=carrier,
            office=company.sign_in(OFFICE_PHONE, PASSWORD),
            associates={staff_id: company.sign_in(phone, PASSWORD) for staff_id, phone in phones.items()},
            days=days,
        )
        company.stop()


@pytest.fixture
def calm_visit(shop: Shop) -> Visit:
    """A visit that nothing disturbed."""
    return shop.before_any_storm()


@pytest.fixture
def storm(shop: Shop) -> Storm:
    return shop.storm()


@pytest.fixture(scope="module")
def stage(app: Flask, start_company: Callable[..., Company]) -> Iterator[Scene]:
    """A company with servers of its own for all lines of the failure matrix."""
    store_ids: list[int] = []

    def prepare(_session: object) -> None:
        store = make_store()
        make_staff("supervisor", store, phone=OFFICE_PHONE, password=PASSWORD)
        make_checklist()
        ship_templates()
        store_ids.append(store.id)

    with TwilioSimulator() as twilio:
        company = start_company(
            own_postgres=True,
            prepare=prepare,
            undo_window=0.5,
            names=("web", "relay", "fast", "sms"),
            env=environment(twilio),
        )
        yield Scene(
            company=company,
            twilio=twilio,
            app=app,
            store_id=store_ids[0],
            office=company.sign_in(OFFICE_PHONE, PASSWORD),
        )
        company.stop()


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    stage.open()
    yield stage
    stage.close()


def open_shop(phones: dict[int, str], days: list[dict[int, list[Visit]]]) -> None:
    store = make_store()
    make_staff("supervisor", store, phone=OFFICE_PHONE, password=PASSWORD)
    make_checklist()
    ship_templates()
    rules = make_rules()
    people = [make_staff(store=store, password=PASSWORD) for _ in range(ASSOCIATES)]
    for person in people:
        make_acknowledgement(person, rules)
        phones[person.id] = person.phone
    for _ in range(STORMS):
        customers = {
            person.id: [make_customer(store=store, owner=person) for _ in range(VISITS_EACH)] for person in people
        }
        days.append(
            {
                staff_id: [Visit(customer_id=customer.id, phone=customer.phone) for customer in own]
                for staff_id, own in customers.items()
            }
        )
