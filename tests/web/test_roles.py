"""Every page and every form, asked by everybody: allowed, refused, or asked to sign in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from app.careplans import promotions
from app.core.db import db
from app.core.i18n import LOCALES
from app.customers import links
from app.imports import service as imports
from app.imports.models import ImportRun
from app.messaging.models import MessageTemplate, QuickAnswer
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Staff
from app.tasks import proof_links
from app.tasks.models import HeldSubmission
from tests.factories.careplans import make_plan
from tests.factories.complaints import make_complaint
from tests.factories.customers import make_customer, make_member
from tests.factories.messaging import make_conversation, make_inbound, make_message
from tests.factories.proofs import make_photo
from tests.factories.purchases import make_intake, make_product, make_reservation, make_stock
from tests.factories.tasks import make_task

EVERYBODY = {"boss", "supervisor", "stranger", "associate"}
DESK = {"boss", "supervisor", "stranger"}
OWN_STORE = {"boss", "supervisor"}
BOSS = {"boss"}

PAGES = {
    "/account": EVERYBODY,
    "/board": DESK,
    "/care/contacts": DESK,
    "/care/lapsed": DESK,
    "/care/referrals": DESK,
    "/care/promotions": DESK,
    "/care/promotions/new": DESK,
    "/reports/revenue": DESK,
    "/care/plans": DESK,
    "/care/plans/forecast": DESK,
    "/care/plans/new?kind=birthday": BOSS,
    "/care/plans/{plan}": DESK,
    "/tasks/new": DESK,
    "/leaderboard": DESK,
    "/complaints": DESK,
    "/complaints/new": DESK,
    "/conversations": DESK,
    "/conversations/badge": EVERYBODY,
    "/messages": DESK,
    "/customers": DESK,
    "/customers/new": DESK,
    "/people": DESK,
    "/customers/duplicates": DESK,
    "/people/hand-overs": DESK,
    "/exports": DESK,
    "/exports/{export}?format=xlsx": DESK,
    "/exports/{export}/numbers": BOSS,
    "/rehearsal": DESK,
    "/sandbox": DESK,
    "/office": BOSS,
    "/office/stores": BOSS,
    "/office/stores/new": BOSS,
    "/office/stores/{store}": BOSS,
    "/office/staff": BOSS,
    "/office/staff/new": BOSS,
    "/office/staff/{associate}": BOSS,
    "/office/checklists": DESK,
    "/office/checklists/{checklist}": DESK,
    "/office/checklists/{checklist}/edit": BOSS,
    "/office/templates": BOSS,
    "/office/quick-answers": BOSS,
    "/office/quick-answers/new": BOSS,
    "/office/quick-answers/{quick_answer}": BOSS,
    "/office/templates/{template}": BOSS,
    "/office/rules": DESK,
    "/office/countries": BOSS,
    "/office/countries/new": BOSS,
    "/office/countries/HK": BOSS,
    "/office/rules/new": BOSS,
    "/office/health": BOSS,
    "/office/file": BOSS,
    "/office/imports": DESK,
    "/office/imports/customers.xlsx": DESK,
    "/office/stock": DESK,
    "/office/stock/{product}": DESK,
    "/office/tiers": DESK,
}
"""Page -> who gets it. The others get 403."""

OF_A_STORE = {
    "/tasks/{task}": 303,
    "/tasks/new?customer={customer}": 200,
    "/board?task={task}": 200,
    "/tasks/{done}/proof": 200,
    "/tasks/{done}/proof/sheet.pdf": 200,
    "/tasks/{done}/proof/pictures/{proof_picture}": 200,
    "/board?store={store}": 200,
    "/leaderboard?store={store}": 200,
    "/rehearsal?store={store}": 200,
    "/complaints/{complaint}": 200,
    "/complaints?store={store}": 200,
    "/complaints/new?customer={customer}": 200,
    "/conversations?thread={conversation}": 200,
    "/customers/{customer}": 200,
    "/customers/{customer}/edit": 200,
    "/customer-links/{link}.svg": 200,
    "/customers/{customer}/timeline": 200,
    "/customers/{customer}/reads": 200,
    "/customers/{customer}/members/new": 200,
    "/customers/{customer}/members/{member}": 200,
    "/customers/{customer}/intakes/new": 200,
    "/customers/{customer}/intakes/{intake}": 200,
    "/people/{associate}": 200,
    "/people/{associate}/hand-over": 200,
    "/care/promotions/{promotion}": 200,
    "/care/promotions/{promotion}/edit": 200,
    "/office/imports/{import}": 200,
    "/office/imports/{import}/report.{table}": 200,
}
"""Page about something of the first store -> the answer; who leads another store finds nothing there."""

OF_THE_STORE = ("task", "done", "held", "message", "conversation", "customer", "associate", "promotion", "import")

FORMS = {
    "/care/lapsed/{customer}/call": DESK,
    "/customers/{customer}/referrer": DESK,
    "/referrals/1/withdraw": DESK,
    "/customers/{customer}/tier": DESK,
    "/customers/{customer}/tier/unpin": DESK,
    "/care/promotions/new": DESK,
    "/care/promotions/{promotion}/edit": DESK,
    "/care/promotions/{promotion}/confirm": BOSS,
    "/care/promotions/{promotion}/stop": DESK,
    "/office/tiers": BOSS,
    "/office/imports": DESK,
    "/office/imports/{import}/mapping": DESK,
    "/office/imports/{import}/start": DESK,
    "/office/imports/{import}/undo": DESK,
    "/office/imports/{import}/discard": DESK,
    "/customers/duplicates/merge": DESK,
    "/customers/duplicates/apart": DESK,
    "/customers/duplicates/search": BOSS,
    "/customers/merges/1/undo": DESK,
    "/people/{associate}/hand-over": DESK,
    "/people/hand-overs/1/end": DESK,
    "/people/hand-over-lines/1/settle": DESK,
    "/people/hand-over-lines/1/answer": DESK,
    "/exports/{export}/numbers": BOSS,
    "/care/contacts/run": BOSS,
    "/care/plans/new?kind=birthday": BOSS,
    "/care/plans/{plan}": BOSS,
    "/care/plans/{plan}/on": BOSS,
    "/care/plans/{plan}/off": BOSS,
    "/care/plans/{plan}/copy": BOSS,
    "/tasks/{task}/assign": DESK,
    "/tasks/{task}/confirm": DESK,
    "/board/assign": DESK,
    "/held/{held}/accept": DESK,
    "/messages/{message}/cancel": DESK,
    "/messages/{message}/try-again": DESK,
    "/messages/{message}/leave": DESK,
    "/complaints/new": DESK,
    "/complaints/{complaint}/acknowledge": DESK,
    "/complaints/{complaint}/plan": DESK,
    "/complaints/{complaint}/resolve": DESK,
    "/complaints/{complaint}/answer": DESK,
    "/complaints/{complaint}/close": DESK,
    "/complaints/{complaint}/reopen": DESK,
    "/complaints/{complaint}/assign": DESK,
    "/complaints/{complaint}/statements": DESK,
    "/conversations/{conversation}/answer": DESK,
    "/conversations/{conversation}/note": DESK,
    "/conversations/{conversation}/settle": DESK,
    "/conversations/{conversation}/assign": DESK,
    "/conversations/{conversation}/take": DESK,
    "/conversations/{conversation}/hand-back": DESK,
    "/conversations/{conversation}/attach": DESK,
    "/conversations/{conversation}/open-file": DESK,
    "/conversations/{conversation}/opt-out": DESK,
    "/conversations/{conversation}/may-go-on": DESK,
    "/tasks/{task}/late": DESK,
    "/tasks/{done}/proof/links": DESK,
    "/tasks/{done}/proof/links/{proof_link}/revoke": DESK,
    "/customers/{customer}/write": DESK,
    "/customers/{customer}/notes": DESK,
    "/customers/{customer}/consent": DESK,
    "/customers/{customer}/owner": DESK,
    "/customers/{customer}/number-works": DESK,
    "/customers/{customer}/edit": DESK,
    "/customers/{customer}/link": DESK,
    "/customers/{customer}/link/revoke": DESK,
    "/customers/{customer}/household/join": DESK,
    "/customers/{customer}/household/leave": DESK,
    "/customers/{customer}/members/new": DESK,
    "/customers/{customer}/members/{member}": DESK,
    "/customers/{customer}/members/{member}/consent": DESK,
    "/customers/{customer}/members/{member}/withdraw": DESK,
    "/customers/{customer}/members/{member}/remove": DESK,
    "/office/file": BOSS,
    "/office/stock": DESK,
    "/office/stock/{product}": DESK,
    "/office/stock/reservations/{reservation}/release": DESK,
    "/office/products/{product}": BOSS,
    "/customers/{customer}/intakes/new": DESK,
    "/customers/{customer}/intakes/{intake}/amount": DESK,
    "/customers/{customer}/intakes/{intake}/request": DESK,
    "/customers/{customer}/intakes/{intake}/unrequest": DESK,
    "/customers/{customer}/intakes/{intake}/end": DESK,
    "/customers/new": DESK,
    "/tasks/new": DESK,
    "/people/{associate}/week": DESK,
    "/people/{associate}/days": DESK,
    "/people/{associate}/days/1/drop": DESK,
    "/people/{associate}/time-off": DESK,
    "/people/{associate}/time-off/1/approve": DESK,
    "/sandbox/answer": DESK,
    "/account/tokens": DESK,
    "/account/tokens/1/revoke": DESK,
    "/account/password": EVERYBODY,
    "/sign-out": EVERYBODY,
    "/sign-out-everywhere": EVERYBODY,
    "/office/stores/new": BOSS,
    "/office/stores/{store}": BOSS,
    "/office/staff/new": BOSS,
    "/office/staff/{associate}": BOSS,
    "/office/staff/{associate}/password": BOSS,
    "/office/staff/{associate}/deactivate": BOSS,
    "/office/checklists/{checklist}/edit": BOSS,
    "/office/templates/{template}": BOSS,
    "/office/templates/{template}/try": BOSS,
    "/office/templates/{template}/bring-back": BOSS,
    "/rehearsal": DESK,
    "/office/countries/new": BOSS,
    "/office/countries/HK": BOSS,
    "/office/quick-answers/new": BOSS,
    "/office/quick-answers/{quick_answer}": BOSS,
    "/office/rules/new": BOSS,
    "/office/health/retry": BOSS,
    "/office/health/send-now": BOSS,
    "/office/health/settle-alert": BOSS,
    "/office/health/missed-texts": BOSS,
}


@dataclass
class World:
    ids: dict[str, Any]

    def fill(self, path: str) -> str:
        return path.format(**self.ids)


def a_wish(store_id: int, now: datetime) -> promotions.Wish:
    return promotions.Wish(
        reason="春茶到店",
        day=now.date() + timedelta(days=1),
        store_ids=(store_id,),
        segment={"conditions": []},
        words=dict.fromkeys(LOCALES, "Tea"),
        hours=("10:00", "19:00"),
    )


def hand_in(person: Staff, now: datetime) -> ImportRun:
    return imports.hand_in("customers", BytesIO(b"name\n"), name="people.csv", actor=actor_of(person), now=now)


def actor_of(person: Staff) -> Actor:
    return people.actor_for(person.id)


@pytest.fixture
def world(shop, now):
    customer = make_customer(store=shop.store, owner=shop.associate)
    task = make_task(customer=customer, assignee=shop.associate, window_start=now, checklist=None)
    done = make_task(customer=customer, assignee=shop.associate, status="completed", window_start=now)
    message = make_message(customer, state="delivered", provider="sandbox", submitted_at=now)
    make_inbound(customer, "你们几点下班？")
    conversation = make_conversation(customer, unread=1, last_inbound_at=now, waiting_since=now)
    held = HeldSubmission(
        task_id=task.id,
        store_id=shop.store.id,
        verb="start",
        payload={},
        why="reassigned",
        at=now,
        received_at=now,
        staff_id=shop.colleague.id,
        client="field",
    )
    db.session.add(held)
    db.session.flush()
    product = make_product()
    make_stock(product, 5, store_id=shop.store.id)
    ids = {
        "product": product.id,
        "reservation": make_reservation(customer, product).id,
        "intake": make_intake(customer, product).id,
        "store": shop.store.id,
        "associate": shop.associate.id,
        "customer": customer.id,
        "task": task.id,
        "done": done.id,
        "proof_picture": make_photo(done, shop.associate, now=now).id,
        "proof_link": proof_links.make(done.id, actor=actor_of(shop.supervisor), now=now)[0].id,
        "export": "customers",
        "complaint": make_complaint(customer, now=now).id,
        "conversation": conversation.id,
        "message": message.id,
        "member": make_member(customer).id,
        "plan": make_plan("birthday").id,
        "promotion": promotions.propose(a_wish(shop.store.id, now), actor=actor_of(shop.supervisor), now=now).id,
        "import": hand_in(shop.supervisor, now).id,
        "table": "csv",
        "link": links.link_for(customer.id, task_id=task.id, now=now).id,
        "held": held.id,
        "checklist": db.session.execute(db.text("select id from checklist_template limit 1")).scalar(),
        "quick_answer": db.session.query(QuickAnswer.id).first()[0],
        "template": db.session.query(MessageTemplate.id).first()[0],
    }
    db.session.commit()
    return World(ids)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_each_page_opens_for_those_it_is_for(world, shop, sit, role):
    desk = sit(getattr(shop, role))
    answers = {path: desk.get(world.fill(path)).status_code for path in PAGES}
    assert answers == {path: 200 if role in allowed else 403 for path, allowed in PAGES.items()}


@pytest.mark.parametrize(
    ("role", "others"), [("boss", None), ("supervisor", None), ("stranger", 404), ("associate", 403)]
)
def test_what_belongs_to_a_store_is_there_for_its_people_only(world, shop, sit, role, others):
    desk = sit(getattr(shop, role))
    answers = {path: desk.get(world.fill(path)).status_code for path in OF_A_STORE}
    assert answers == {path: others or expected for path, expected in OF_A_STORE.items()}


def test_strangers_are_asked_to_sign_in_on_every_page(world, client):
    for path in (*PAGES, *OF_A_STORE):
        answer = client.get(world.fill(path))
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/sign-in"), path


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_each_form_is_taken_only_from_those_it_is_for(world, shop, sit, role):
    for path, allowed in FORMS.items():
        if role in allowed:
            continue
        answer = sit_once(sit, shop, role).send(world.fill(path), back="/account")
        assert answer.status_code == 403, path


def test_the_forms_of_an_own_store_find_nothing_elsewhere(world, shop, sit):
    """Who leads another store gets 404 for what is not there for him, and nothing changes."""
    desk = sit(shop.stranger)
    before = counts()
    for path in FORMS:
        if any(f"{{{name}}}" in path for name in OF_THE_STORE):
            fields = {"version": "1", "staff_id": shop.stranger.id, "text": "x", "state": "out", "scope": "all"}
            fields |= {"reason": "leave", "starts": "10:00", "ends": "11:00", "day": "2027-03-20", "owner_id": ""}
            fields |= {"starts_at": "2027-03-20T10:00", "ends_at": "2027-03-21T10:00", "password": "long enough"}
            answer = desk.send(world.fill(path), **fields)
            assert answer.status_code in (403, 404), path
    assert counts() == before


def test_forms_without_a_session_lead_to_the_door_and_change_nothing(world, client):
    before = counts()
    token = client.get("/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]
    for path in FORMS:
        answer = client.post(world.fill(path), data={"csrf_token": token})
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/sign-in"), path
    assert counts() == before


def test_no_form_is_taken_without_its_token(world, supervisor):
    before = counts()
    for path in FORMS:
        answer = supervisor.client.post(world.fill(path), data={}, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 400, path
    assert counts() == before


def test_the_tables_name_every_page_and_form_of_the_desk(app):
    known = {shape(path.split("?")[0]) for path in (*PAGES, *OF_A_STORE, *FORMS)}
    known |= {
        "/",
        "/m/",
        "/m/*",
        # One route takes all steps of a complaint; each stands in FORMS.
        "/complaints/*/*",
        # One route switches a plan on and off; both stand in FORMS.
        "/care/plans/*/*",
        # And one all steps of an import.
        "/office/imports/*/*",
        "/sw.js",
        "/favicon.ico",
        "/manifest.webmanifest",
        "/sign-in",
        "/language",
        "/static/*",
    }
    rules = {shape(rule.rule) for rule in app.url_map.iter_rules() if rule.endpoint.startswith("web.")}
    assert rules - known == set()


def shape(path: str) -> str:
    """ "/tasks/<int:task_id>/assign" and "/tasks/{task}/assign" alike."""
    parts = []
    for part in path.split("/"):
        is_open = "<" in part or "{" in part or part.isdigit()
        is_verb = part in ("confirm", "accept", "approve", "deactivate", "HK", "customers.xlsx")
        parts.append("*" if is_open or is_verb else part)
    return "/".join(parts)


def sit_once(sit, shop, role):
    key = f"_{role}"
    if not hasattr(shop, key):
        setattr(shop, key, sit(getattr(shop, role)))
    return getattr(shop, key)


def counts() -> dict[str, Any]:
    tables = (
        "task_history",
        "message",
        "customer_note",
        "consent_event",
        "staff",
        "store",
        "time_off",
        "shift_pattern",
    )
    return {name: db.session.execute(db.text(f"select count(*) from {name}")).scalar() for name in tables}
