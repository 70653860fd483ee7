"""One day in a shop, told through the API alone: every operation it describes answers 2xx to somebody."""

import hashlib
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from schemathesis.openapi.loaders import from_wsgi
from sqlalchemy import select

from app.core import outbox
from app.core.db import db
from app.customers.hand_over_models import HandOverLine
from app.imports import jobs as imports
from app.messaging import conversations
from tests.factories.customers import make_customer
from tests.factories.messaging import make_conversation, make_inbound, make_message, ship_templates
from tests.factories.people import PASSWORD, make_skill, make_staff, make_store
from tests.factories.points import make_rules
from tests.factories.purchases import make_product, make_reservation
from tests.factories.tasks import ENOUGH_ANSWERS, make_checklist, make_task, text3

API = "/api/v1"
WEDNESDAY = datetime(2027, 3, 10, 1, 0, tzinfo=UTC)
BOSS, LEAD, ANN, BEA = "boss", "lead", "ann", "bea"
EXCEPTIONS: dict[str, str] = {}
"""Operations that can't succeed here, each with its reason. None so far."""


class Day:
    """Asks as one of four people, checks each answer against the description, and remembers what succeeded."""

    def __init__(self, app: Flask, client: FlaskClient, keys: dict[str, dict[str, str]]) -> None:
        self.client, self.keys = client, keys
        self.description = from_wsgi(f"{API}/openapi.json", app)
        self.addresses = app.url_map.bind("localhost")
        self.done: set[str] = set()

    def ask(self, who: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
        headers = {**self.keys.get(who, {}), **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        answer = self.client.open(f"{API}{path}", method=method, headers=headers, **options)
        assert 200 <= answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)}"
        rule, _ = self.addresses.match(f"{API}{path}".split("?")[0], method=method, return_rule=True)
        address = re.sub(r"<(?:[^>]*:)?(\w+)>", r"{\1}", rule.rule)
        self.description[address][method].validate_response(answer)
        self.done.add(f"{method} {address}")
        return answer.json if answer.is_json and answer.data else answer.data


def at(hour: int, *, day: int = 11) -> str:
    return datetime(2027, 3, day, hour - 8, tzinfo=UTC).isoformat()


def picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(held, "JPEG")
    return held.getvalue()


@pytest.fixture
def shop(session: Any, app: Flask, client: FlaskClient, sign_in: Callable[..., dict[str, str]]) -> dict[str, Any]:
    store = make_store()
    people = {
        BOSS: make_staff("head_office", phone="+85251110001", password=PASSWORD),
        LEAD: make_staff("supervisor", store),
        ANN: make_staff("associate", store),
        BEA: make_staff("associate", store),
    }
    make_checklist()
    make_checklist(task_type="delivery")
    ship_templates()
    rules = make_rules()
    make_skill("fitting")
    customer = make_customer(store=store, owner=people[ANN])
    return {
        "day": Day(app, client, {name: sign_in(person) for name, person in people.items()}),
        "store": store,
        "customer": customer,
        "relative": make_customer(store=store, owner=people[ANN]),
        "conversation": make_conversation(customer),
        "product": make_product(),
        "rules": rules,
        **people,
    }


def test_every_operation_succeeds_for_somebody(shop: dict[str, Any]) -> None:
    day: Day = shop["day"]
    for part in (
        sign_in_and_out, run_the_stores, look_after_people, keep_files, join_files, hand_books_over, sell,
        do_the_work, take_pictures, decide_held_work, write_to_customers, settle_complaints, plan_the_care,
        promote, bring_tables, keep_the_rules, take_lists_away, look_around,
    ):  # fmt: skip
        part(day, shop)
    described = {result.ok().label for result in day.description.get_all_operations()}
    assert described - day.done == set(EXCEPTIONS)


def plan_the_care(day: Day, shop: dict[str, Any]) -> None:
    settings = {"timing": {"months": {"core": 1}}, "action": {"by": "callback"}}
    name = {"zh_Hans": "老顾客", "zh_Hant": "老顧客", "en": "Regulars"}
    plan = day.ask(BOSS, "POST", "/care-plans", {"kind": "cadence", "name": name, "settings": settings})
    path = f"/care-plans/{plan['id']}"
    day.ask(
        BOSS, "PATCH", path, {"version": plan["version"], "settings": {**settings, "timing": {"months": {"core": 2}}}}
    )
    day.ask(BOSS, "POST", f"{path}/on", {})
    day.ask(LEAD, "GET", f"{path}/forecast")
    day.ask(LEAD, "GET", "/care-plans/forecast")
    day.ask(LEAD, "POST", "/care-plans/preview", {"kind": "cadence", "settings": settings})
    day.ask(BOSS, "POST", f"{path}/off", {})
    day.ask(BOSS, "POST", f"{path}/copy")
    day.ask(LEAD, "GET", path)
    day.ask(LEAD, "GET", "/care-plans")
    day.ask(BOSS, "POST", "/care-plans/run", {"date": "2027-03-11"})
    day.ask(LEAD, "GET", "/care-runs")
    day.ask(ANN, "GET", "/occurrences?since=2027-03-10&state=booked")
    day.ask(ANN, "GET", f"/customers/{shop['customer'].id}/why")


def promote(day: Day, shop: dict[str, Any]) -> None:
    words = {"zh_Hans": "春茶到店。", "zh_Hant": "春茶到店。", "en": "Spring tea is here."}
    wish = {"reason": "春茶到店", "day": "2027-03-12", "store_ids": [shop["store"].id], "words": words}
    day.ask(LEAD, "POST", "/promotions/preview", wish)
    promotion = day.ask(LEAD, "POST", "/promotions", wish)
    path = f"/promotions/{promotion['id']}"
    changed = day.ask(LEAD, "PATCH", path, {**wish, "reason": "新茶", "version": promotion["version"]})
    day.ask(LEAD, "GET", f"{path}/left-out?reason=ceiling")
    seen = {"count": changed["preview"]["going"], "version": changed["version"]}
    day.ask(BOSS, "POST", f"{path}/confirm", seen)
    day.ask(LEAD, "POST", f"{path}/stop", {"reason": "rain"})
    day.ask(LEAD, "GET", path)
    day.ask(LEAD, "GET", "/promotions")


def bring_tables(day: Day, shop: dict[str, Any]) -> None:
    day.ask(LEAD, "GET", "/imports/kinds")
    table = f"name,phone,store\nNew Customer,9123 4561,{shop['store'].code}\nOther,nonsense,\n".encode()
    path = f"/imports/{day.ask(LEAD, 'POST', '/imports/customers?name=a.csv', data=table)['id']}"
    imports.run_due()
    day.ask(LEAD, "GET", f"{path}/faults")
    day.ask(LEAD, "GET", f"{path}/report?format=csv")
    day.ask(LEAD, "PUT", f"{path}/mapping", {"mapping": {"name": 0, "phone": 1, "store": 2}})
    imports.run_due()
    day.ask(LEAD, "POST", f"{path}/start", {})
    imports.run_due()
    day.ask(LEAD, "GET", path)
    day.ask(LEAD, "POST", f"{path}/undo")
    day.ask(LEAD, "GET", "/imports")
    other = day.ask(LEAD, "POST", "/imports/customers", data=table)
    imports.run_due()
    day.ask(LEAD, "DELETE", f"/imports/{other['id']}")


def settle_complaints(day: Day, shop: dict[str, Any]) -> None:
    body = {"customer_id": shop["customer"].id, "words": "The zip broke"}
    case = day.ask(ANN, "POST", "/complaints", body)
    path = f"/complaints/{case['id']}"

    def step(verb: str, **body: Any) -> None:
        version = day.ask(LEAD, "GET", path)["version"]
        day.ask(LEAD, "POST", f"{path}/{verb}", {**body, "version": version})

    right = {"apology": "We are sorry.", "cause": "A faulty batch.", "remedy": "A new one."}
    step("assign", staff_id=shop[LEAD].id)
    day.ask(ANN, "POST", f"{path}/statements", {"words": "And it was late"})
    step("acknowledge")
    step("plan", plan="Bring a new one", promised_for=at(18))
    step("resolve", **right)
    step("reopen", words="It broke again")
    step("acknowledge")
    step("resolve", **right)
    step("answer", satisfied=True, words="Fine")
    step("close")
    day.ask(LEAD, "GET", "/complaints?is_open=false")


def sign_in_and_out(day: Day, shop: dict[str, Any]) -> None:
    phone = {"phone": shop[BOSS].phone, "password": PASSWORD}

    def come_in() -> dict[str, str]:
        return {"Authorization": f"Bearer {day.ask('nobody', 'POST', '/sessions', phone)['token']}"}

    made = day.ask(BOSS, "POST", "/tokens", {"name": "till", "scopes": ["tasks:read"]})
    day.ask(BOSS, "GET", "/tokens")
    day.ask(BOSS, "DELETE", f"/tokens/{made['id']}")
    day.keys["guest"] = come_in()
    day.ask("guest", "DELETE", "/sessions")
    day.keys["guest"] = come_in()
    day.ask("guest", "PUT", "/me/password", {"old_password": PASSWORD, "password": "another long secret 7"})
    phone["password"] = "another long secret 7"
    day.keys[BOSS] = come_in()
    day.ask(BOSS, "POST", "/sessions/end-all", {})
    day.keys[BOSS] = come_in()
    day.ask(BOSS, "GET", "/me")
    day.ask(BOSS, "PATCH", "/me", {"locale": "en"})


def run_the_stores(day: Day, shop: dict[str, Any]) -> None:
    body = {"code": "NEW1", "name": "New", "country": "HK", "zone": "Asia/Hong_Kong", "locale": "zh_Hant"}
    made = day.ask(BOSS, "POST", "/stores", body)
    day.ask(BOSS, "GET", "/stores")
    read = day.ask(BOSS, "GET", f"/stores/{made['id']}")
    day.ask(BOSS, "PATCH", f"/stores/{made['id']}", {"name": "Newer", "version": read["version"]})


def look_after_people(day: Day, shop: dict[str, Any]) -> None:
    body = {
        "name": "Cai",
        "phone": "+85261119999",
        "role": "associate",
        "locale": "en",
        "store_ids": [shop["store"].id],
    }
    made = day.ask(BOSS, "POST", "/staff", body)
    one = f"/staff/{made['id']}"
    day.ask(LEAD, "GET", "/staff")
    read = day.ask(BOSS, "GET", one)
    day.ask(BOSS, "PATCH", one, {"name": "Cai Li", "version": read["version"]})
    day.ask(BOSS, "PUT", f"{one}/password", {"password": "a third long secret 9"})
    day.ask(BOSS, "POST", f"{one}/end-sessions")
    day.ask(BOSS, "PUT", "/skills/gift_wrapping", {"label": text3("Gift wrapping")})
    day.ask(ANN, "GET", "/skills")
    day.ask(LEAD, "PUT", f"{one}/shifts", {"weekly": [{"weekday": 1, "starts": "10:00", "ends": "19:00"}]})
    day.ask(LEAD, "GET", f"{one}/shifts?first=2027-03-10&last=2027-03-16")
    away = f"/staff/{shop[ANN].id}/time-off"
    asked = [
        day.ask(ANN, "POST", away, {"starts_at": at(9, day=20 + n), "ends_at": at(18, day=20 + n), "reason": "leave"})
        for n in range(3)
    ]
    day.ask(ANN, "GET", away)
    day.ask(LEAD, "GET", "/time-off")
    day.ask(LEAD, "POST", f"/time-off/{asked[0]['id']}/approve", {"cover_id": shop[BEA].id})
    day.ask(LEAD, "POST", f"/time-off/{asked[1]['id']}/decline", {"note": "Festival week"})
    day.ask(ANN, "POST", f"/time-off/{asked[2]['id']}/cancel", {})


def keep_files(day: Day, shop: dict[str, Any]) -> None:
    made = day.ask(ANN, "POST", "/customers", {"name": "陈美玲", "store_id": shop["store"].id, "phone": "+85261118888"})
    one = f"/customers/{made['id']}"
    day.ask(ANN, "GET", "/customers")
    read = day.ask(ANN, "GET", one)
    day.ask(ANN, "PATCH", one, {"preferences": "after 18:00", "version": read["version"]})
    day.ask(ANN, "POST", f"{one}/notes", {"text": "Likes light colours"})
    day.ask(ANN, "GET", f"{one}/notes")
    day.ask(LEAD, "POST", f"{one}/consents", {"state": "in", "text": "said so in the shop"})
    day.ask(ANN, "GET", f"{one}/consents")
    day.ask(ANN, "GET", f"{one}/contact-budget")
    day.ask(LEAD, "DELETE", f"{one}/phone-fault")
    day.ask(ANN, "POST", f"{one}/link", {})
    day.ask(LEAD, "PUT", f"{one}/household", {"with_customer_id": shop["relative"].id})
    household = f"/households/{day.ask(LEAD, 'GET', one)['household_id']}"
    day.ask(LEAD, "GET", household)
    day.ask(LEAD, "PATCH", household, {"name": "Chan"})
    day.ask(LEAD, "DELETE", f"{one}/household")
    day.ask(ANN, "GET", f"{one}/timeline?kind=note&kind=file")
    day.ask(ANN, "GET", f"{one}/brief")
    day.ask(LEAD, "GET", f"{one}/reads?kind=read")
    keep_members(day, day.ask(ANN, "GET", one)["household_id"])
    day.ask(ANN, "GET", "/file-fields")
    day.ask(BOSS, "PATCH", "/file-fields", {"income_band": False})


def join_files(day: Day, shop: dict[str, Any]) -> None:
    twins = [
        day.ask(LEAD, "POST", "/customers", {"name": "林小玲", "store_id": shop["store"].id, "address": "弥敦道 9 号"})
        for _ in range(4)
    ]
    outbox.drain_deliveries()
    day.ask(BOSS, "POST", "/duplicates/search")
    assert day.ask(LEAD, "GET", "/duplicates")["items"]
    one, other, third, fourth = (twin["id"] for twin in twins)
    choices = {"name": "gone", "tags": "both"}
    made = day.ask(LEAD, "POST", f"/customers/{one}/merge", {"gone_id": other, "choices": choices})
    day.ask(LEAD, "GET", "/merges")
    day.ask(LEAD, "POST", f"/merges/{made['id']}/undo")
    day.ask(LEAD, "POST", f"/customers/{third}/not-same", {"other_id": fourth})


def hand_books_over(day: Day, shop: dict[str, Any]) -> None:
    mine = day.ask(ANN, "POST", "/customers", {"name": "何美", "store_id": shop["store"].id})["id"]
    book = day.ask(LEAD, "GET", f"/staff/{shop[ANN].id}/book")
    assert book["covers"]
    wanted = {"from_id": shop[ANN].id, "to_id": shop[BEA].id, "why": "leave", "until": at(18, day=20)}
    made = day.ask(LEAD, "POST", "/hand-overs", {**wanted, "customer_ids": [mine]})
    assert day.ask(LEAD, "GET", "/hand-overs")["items"][0]["customers"] == 1
    line = db.session.scalar(select(HandOverLine.id).where(HandOverLine.customer_id == mine))
    day.ask(BEA, "POST", f"/hand-over-lines/{line}/answer", {"is_fine": False, "words": "rather Ann"})
    assert day.ask(LEAD, "GET", "/hand-overs/refusals")["items"][0]["words"] == "rather Ann"
    day.ask(LEAD, "POST", f"/hand-over-lines/{line}/settle", {"note": "talked"})
    day.ask(LEAD, "POST", f"/hand-overs/{made['id']}/end")


def take_lists_away(day: Day, shop: dict[str, Any]) -> None:
    assert day.ask(LEAD, "GET", "/exports")["items"]
    assert day.ask(LEAD, "GET", f"/exports/customers?store={shop['store'].id}").startswith(b"\xef\xbb\xbf")


def keep_members(day: Day, household_id: int) -> None:
    members = f"/households/{household_id}/members"
    agreed = {"text": "I agree that my child's name and birth date are kept", "channel": "paper"}
    baby = {"name": "乐乐", "relation": "baby", "birth_date": "2026-11-03", "consent": agreed}
    made = day.ask(ANN, "POST", members, baby)
    one = f"/members/{made['id']}"
    day.ask(ANN, "GET", members)
    day.ask(ANN, "GET", one)
    day.ask(ANN, "PUT", f"{one}/consent", agreed)
    version = day.ask(ANN, "GET", one)["version"]
    day.ask(ANN, "PATCH", one, {"name": "樂樂", "version": version})
    day.ask(ANN, "GET", f"{one}/consent")
    day.ask(ANN, "POST", f"{one}/withdraw", {"text": "Please delete it"})
    uncle = day.ask(ANN, "POST", members, {"name": "王先生", "relation": "partner"})
    day.ask(ANN, "DELETE", f"/members/{uncle['id']}")


def sell(day: Day, shop: dict[str, Any]) -> None:
    day.ask(BOSS, "POST", "/products", {"code": "TEA-1", "name": text3("Tea"), "category": "tea"})
    day.ask(ANN, "GET", "/products")
    sale = {
        "source": "till",
        "external_id": "R-1",
        "customer_id": shop["customer"].id,
        "store_id": shop["store"].id,
        "bought_at": at(9, day=9),
        "lines": [{"product_id": shop["product"].id, "quantity": "1", "amount": "88.00"}],
    }
    day.ask(LEAD, "POST", "/purchases", sale)
    day.ask(LEAD, "GET", "/purchases")
    rank_customers(day, shop)
    change_purchase(day, shop, day.ask(LEAD, "GET", "/purchases?source=till&limit=1")["items"][0]["id"])
    keep_stock(day, shop)
    keep_intakes(day, shop)


def change_purchase(day: Day, shop: dict[str, Any], purchase_id: int) -> None:
    product = shop["product"]
    seen = day.ask(BOSS, "GET", f"/products?q={product.code}")["items"][0]["version"]
    day.ask(BOSS, "PATCH", f"/products/{product.id}", {"version": seen, "is_consumable": True})
    one = f"/purchases/{purchase_id}"
    day.ask(LEAD, "GET", one)
    lines = [{"product_id": product.id, "quantity": "2", "amount": "176.00"}]
    day.ask(LEAD, "POST", f"{one}/corrections", {"external_id": "C1", "reason": "It was two", "lines": lines})
    back = {"product_id": product.id, "quantity": "1", "is_restocked": True}
    day.ask(LEAD, "POST", f"{one}/returns", {"external_id": "B1", "lines": [back]})
    day.ask(LEAD, "GET", f"{one}/changes")


def keep_stock(day: Day, shop: dict[str, Any]) -> None:
    store, product, customer = shop["store"].id, shop["product"], shop["customer"]
    items = [{"product_id": product.id, "on_hand": "40"}]
    day.ask(LEAD, "POST", "/stock/counts", {"store_id": store, "items": items, "note": "counted"})
    day.ask(ANN, "GET", f"/stock?store_id={store}")
    day.ask(LEAD, "GET", f"/stock/movements?store_id={store}")
    make_reservation(customer, product)
    held = day.ask(LEAD, "GET", f"/stock/reservations?store_id={store}")["items"]
    day.ask(LEAD, "POST", f"/stock/reservations/{held[0]['id']}/release")


def keep_intakes(day: Day, shop: dict[str, Any]) -> None:
    intakes = f"/customers/{shop['customer'].id}/intakes"
    made = day.ask(ANN, "POST", intakes, {"product_id": shop["product"].id, "per_day": "12.5", "since": "2027-03-01"})
    one = f"/intakes/{made['id']}"
    wish = {"text": "Please tell me in time", "channel": "phone", "version": made["version"]}
    version = day.ask(ANN, "POST", f"{one}/request", wish)["version"]
    version = day.ask(ANN, "DELETE", f"{one}/request?version={version}")["version"]
    version = day.ask(ANN, "PATCH", one, {"version": version, "per_day": "15", "since": "2027-02-20"})["version"]
    day.ask(ANN, "GET", intakes)
    day.ask(ANN, "GET", f"/customers/{shop['customer'].id}/run-outs")
    day.ask(ANN, "POST", f"{one}/end", {"version": version, "reason": "uses another"})


def rank_customers(day: Day, shop: dict[str, Any]) -> None:
    customer, store = shop["customer"].id, shop["store"].id
    day.ask(BOSS, "POST", "/tiers/preview", {"settings": {"basis": "points"}})
    day.ask(BOSS, "POST", "/tiers", {"settings": {"core_percent": 15}, "number": 0})
    day.ask(LEAD, "GET", "/tiers")
    day.ask(LEAD, "GET", "/tiers/versions")
    day.ask(LEAD, "POST", f"/customers/{customer}/tier", {"tier": "core", "reason": "Friend of the house"})
    day.ask(ANN, "GET", f"/customers/{customer}/tier")
    day.ask(LEAD, "DELETE", f"/customers/{customer}/tier")
    new = day.ask(ANN, "POST", "/customers", {"name": "許佩雯", "phone": "+85291239876", "store_id": store})["id"]
    referral = day.ask(ANN, "POST", "/referrals", {"new_customer_id": new, "referrer_id": customer})
    day.ask(LEAD, "GET", "/referrals")
    day.ask(ANN, "GET", f"/referrals/{referral['id']}")
    day.ask(ANN, "DELETE", f"/referrals/{referral['id']}")
    day.ask(LEAD, "GET", "/lapsed-customers")
    make_checklist(task_type="callback")
    day.ask(LEAD, "POST", f"/customers/{new}/win-back", {})
    day.ask(LEAD, "GET", "/reports/revenue")
    day.ask(LEAD, "GET", "/reports/revenue/customers?from=2027-01-01&to=2027-12-31")


def do_the_work(day: Day, shop: dict[str, Any]) -> None:
    ann = shop[ANN].id

    def plan(**changes: Any) -> str:
        body = {"type": "home_visit", "customer_id": shop["customer"].id, "window_start": at(12), "window_end": at(14)}
        return f"/tasks/{day.ask(LEAD, 'POST', '/tasks', {**body, **changes})['id']}"

    visit = plan()
    day.ask(LEAD, "POST", f"{visit}/assign", {"staff_id": ann})
    day.ask(ANN, "POST", f"{visit}/decline", {"reason": "no_time"})
    day.ask(ANN, "GET", "/tasks/claimable")
    day.ask(ANN, "POST", f"{visit}/claim", {})
    day.ask(ANN, "POST", f"{visit}/accept", {})
    day.ask(LEAD, "POST", f"{visit}/confirm", {})
    day.ask(LEAD, "POST", f"{visit}/reschedule", {"window_start": at(15), "window_end": at(17)})
    day.ask(ANN, "POST", f"{visit}/start", {})
    day.ask(ANN, "POST", f"{visit}/arrive", {"lat": 22.28, "lng": 114.17})
    day.ask(ANN, "PATCH", f"{visit}/checklist", {"answers": {"greeted": True}})
    day.ask(ANN, "POST", f"{visit}/complete", {"answers": ENOUGH_ANSWERS})
    day.ask(ANN, "POST", f"{visit}/undo", {})
    day.ask(ANN, "POST", f"{visit}/complete", {})
    day.ask(LEAD, "POST", f"{visit}/reopen", {"reason": "wrong customer"})
    day.ask(ANN, "POST", f"{visit}/fail", {"reason": "not_at_home"})
    for path in ("", "/history", "/slots", "/proof", "/proof.pdf"):
        day.ask(ANN, "GET", f"{visit}{path}")
    shown = day.ask(ANN, "POST", f"{visit}/proof-links", {"days": 3})
    day.ask(LEAD, "GET", f"{visit}/proof-links")
    day.ask(ANN, "DELETE", f"{visit}/proof-links/{shown['id']}")
    half = plan(
        type="delivery",
        reason="after_purchase",
        direction="bring",
        assignee_id=ann,
        lines=[{"name": "Tea", "quantity": 2}],
    )
    started = day.ask(ANN, "POST", f"{half}/start", {})
    outcome = [{"id": started["lines"][0]["id"], "delivered": 1}]
    day.ask(ANN, "POST", f"{half}/complete-partly", {"answers": ENOUGH_ANSWERS, "lines": outcome})
    day.ask(LEAD, "POST", f"{plan()}/cancel", {"reason": "not_needed"})
    day.ask(LEAD, "GET", "/tasks")
    item = {"key": "done", "heart": "care", "kind": "tick", "label": text3("Done")}
    template = {"task_type": "callback", "reason": "lapsed", "name": text3("Lapsed"), "items": [item]}
    day.ask(BOSS, "POST", "/checklist-templates", template)
    day.ask(ANN, "GET", "/checklist-templates")


def take_pictures(day: Day, shop: dict[str, Any]) -> None:
    task = make_task(customer=shop["customer"], assignee=shop[ANN], status="active")
    blob, data = uuid4(), picture()
    headers = {"X-Content-SHA256": hashlib.sha256(data).hexdigest()}
    day.ask(ANN, "PUT", f"/blobs/{blob}", data=data, content_type="image/jpeg", headers=headers)
    day.ask(ANN, "POST", f"/tasks/{task.id}/evidence", {"blob_id": str(blob), "kind": "photo", "item_key": "shelf"})
    day.ask(ANN, "GET", f"/blobs/{blob}")


def decide_held_work(day: Day, shop: dict[str, Any]) -> None:
    for decision in ("accept", "dismiss"):
        task = make_task(
            customer=shop["customer"], assignee=shop[BEA], status="active", former_assignee_ids=[shop[ANN].id]
        )
        late = (datetime(2027, 3, 10, 2, tzinfo=UTC) - timedelta(minutes=5)).isoformat()
        held = day.ask(ANN, "POST", f"/tasks/{task.id}/complete", {"answers": ENOUGH_ANSWERS, "at": late})
        day.ask(LEAD, "GET", "/held-submissions")
        day.ask(LEAD, "POST", f"/held-submissions/{held['held_id']}/{decision}", {"note": "seen"})


def pass_on(day: Day, shop: dict[str, Any]) -> None:
    talk, lead = f"/conversations/{shop['conversation'].id}", shop[LEAD]
    said = make_inbound(shop["customer"], "幾點收工？")
    conversations.note_inbound(said, needs_person=True)
    day.ask(ANN, "POST", f"{talk}/hand-over")
    day.ask(LEAD, "POST", f"{talk}/take")
    day.ask(LEAD, "POST", f"{talk}/hand-back")
    day.ask(LEAD, "POST", f"{talk}/assign", {"assignee_id": lead.id})
    day.ask(LEAD, "GET", talk)
    day.ask(LEAD, "POST", f"{talk}/may-go-on")
    strangers = []
    for number in ("+85261110001", "+85261110002", "+85261110003"):
        conversations.note_inbound(make_inbound(None, "邊位？", from_phone=number), needs_person=True)
        strangers.append(day.ask(BOSS, "GET", "/conversations?view=unknown&limit=1")["items"][0]["id"])
    day.ask(BOSS, "POST", f"/conversations/{strangers[0]}/attach", {"customer_id": shop["customer"].id})
    file = {"name": "陳太", "store_id": shop["store"].id}
    day.ask(BOSS, "POST", f"/conversations/{strangers[1]}/open-file", file)
    day.ask(BOSS, "POST", f"/conversations/{strangers[2]}/opt-out")
    words = {"zh_Hans": "好", "zh_Hant": "好", "en": "Fine"}
    day.ask(ANN, "GET", "/quick-answers")
    added = day.ask(BOSS, "POST", "/quick-answers", {"titles": words, "texts": words})
    day.ask(BOSS, "PATCH", f"/quick-answers/{added['id']}", {"is_active": False})
    road = make_task(customer=shop["customer"], assignee=shop[ANN], status="active", started_at=WEDNESDAY)
    day.ask(ANN, "POST", f"/tasks/{road.id}/late", {"eta": (WEDNESDAY + timedelta(hours=1)).isoformat()})


def write_to_customers(day: Day, shop: dict[str, Any]) -> None:
    customer, talk = f"/customers/{shop['customer'].id}", f"/conversations/{shop['conversation'].id}"
    day.ask(ANN, "GET", "/conversations")
    day.ask(ANN, "GET", "/conversations/counts")
    day.ask(ANN, "GET", f"{talk}/messages?notes=true")
    day.ask(ANN, "GET", f"{customer}/messages/box")
    pass_on(day, shop)
    day.ask(ANN, "POST", f"{talk}/read")
    day.ask(ANN, "POST", f"{talk}/settle")
    day.ask(ANN, "POST", f"{talk}/notes", {"text": "Call her after lunch"})
    written = day.ask(ANN, "POST", f"{customer}/messages", {"text": "您好，明天见。"})
    day.ask(ANN, "GET", f"{customer}/messages")
    day.ask(LEAD, "GET", "/messages")
    day.ask(LEAD, "GET", f"/messages/{written['id']}")
    day.ask(LEAD, "POST", f"/messages/{written['id']}/cancel")
    lost = [make_message(shop["customer"], state="needs_attention", ended_at=WEDNESDAY).id for _ in range(2)]
    day.ask(LEAD, "POST", f"/messages/{lost[0]}/try-again")
    day.ask(LEAD, "POST", f"/messages/{lost[1]}/leave")
    known = day.ask(LEAD, "GET", "/sms-countries")["items"]
    rules = {name: value for name, value in known[0].items() if name not in ("code", "version", "updated_at")}
    day.ask(LEAD, "GET", f"/sms-countries/{known[0]['code']}")
    day.ask(BOSS, "PUT", f"/sms-countries/{known[0]['code']}", {**rules, "version": 1, "quiet_from": "22:00"})
    day.ask(BOSS, "POST", "/sms-countries", {**rules, "code": "FR"})
    wording = day.ask(BOSS, "GET", "/message-templates")["items"][0]
    day.ask(BOSS, "GET", f"/message-templates/{wording['id']}")
    day.ask(BOSS, "POST", f"/message-templates/{wording['id']}/preview", {})
    words = {name: wording[name] for name in ("kind", "task_type", "reach", "texts")}
    published = day.ask(BOSS, "POST", "/message-templates", words)
    day.ask(BOSS, "GET", f"/message-templates/{published['id']}/versions")
    day.ask(BOSS, "POST", f"/message-templates/{wording['id']}/restore", {"seen_version": published["version"]})
    play = {"store_id": shop["customer"].store_id, "date": "2027-03-11"}
    day.ask(LEAD, "GET", f"/message-rehearsals?store_id={play['store_id']}&date={play['date']}")
    day.ask(LEAD, "POST", "/message-rehearsals", {**play, "draft": words})
    day.ask(LEAD, "GET", "/sandbox/phones")
    phone = shop["customer"].phone.replace("+", "%2B")
    day.ask(LEAD, "GET", f"/sandbox/messages?phone={phone}")
    day.ask(LEAD, "POST", "/sandbox/messages", {"phone": shop["customer"].phone, "text": "1"})


def keep_the_rules(day: Day, shop: dict[str, Any]) -> None:
    day.ask(ANN, "POST", f"/points/rules/{shop['rules'].id}/acknowledge")
    day.ask(BOSS, "POST", "/points/rules", {"summary": text3("Spring season")})
    day.ask(ANN, "GET", "/points/rules")
    day.ask(ANN, "GET", "/points/entries")
    day.ask(ANN, "GET", "/leaderboard")


def look_around(day: Day, shop: dict[str, Any]) -> None:
    for path in ("/me/day", "/me/points", "/me/customers", "/bootstrap"):
        day.ask(ANN, "GET", path)
