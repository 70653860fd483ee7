"""A shop with people at their desks: each signs in by the form and sends forms with the page's own token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.db import db
from app.people.access import Role
from app.people.models import Staff, Store
from tests.company import Company
from tests.factories.messaging import ship_templates
from tests.factories.people import PASSWORD, make_staff, make_store
from tests.factories.points import make_rules
from tests.scenes import scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

DEMO_PASSWORD = "huifang-demo"
COOKIE = "huifang"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Desk:
    """One person's browser."""

    def __init__(self, client: FlaskClient, person: Staff, *, session: SignedIn | None = None) -> None:
        self.client = client
        self.person = person
        if session is not None:
            client.set_cookie(COOKIE, session.cookie)
            self.token = session.token
            return
        self.token = token_in(client.get("/sign-in").text)
        answer = client.post("/sign-in", data={"phone": person.phone, "password": PASSWORD, "csrf_token": self.token})
        assert answer.status_code == 303, answer.text
        self.token = token_in(client.get("/account").text)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def page(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path)
        while answer.status_code == 303:
            path = answer.location
            answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:400]}"
        return answer.text

    def send(self, path: str, **fields: Any) -> TestResponse:
        """Post a form as the page would."""
        return self.client.post(path, data={"csrf_token": self.token, **fields})

    def told(self, path: str, **fields: Any) -> str:
        """Post a form that leads back to a page, and return that page with its message."""
        answer = self.send(path, **fields)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {answer.text[:400]}"
        return self.page(answer.location)


@dataclass(frozen=True)
class SignedIn:
    """What a browser keeps of a sign-in, and the token of the forms it is shown."""

    cookie: str
    token: str

    @classmethod
    def by_form(cls, person: Staff) -> SignedIn:
        desk = Desk(current_app.test_client(), person)
        cookie = desk.client.get_cookie(COOKIE)
        assert cookie is not None
        return cls(cookie.value, desk.token)


def token_in(page: str) -> str:
    found = TOKEN.search(page)
    assert found, "the page has no form with a token"
    return found[1]


@dataclass
class Shop:
    store: Store
    elsewhere: Store
    boss: Staff
    supervisor: Staff
    associate: Staff
    colleague: Staff
    stranger: Staff
    sessions: dict[int, SignedIn] = field(default_factory=dict)
    """One of each person with a password, by staff id."""


@scene
def web_scene(_now: datetime) -> Shop:
    """Two stores; `stranger` leads the other one. Rules and texts as shipped; everybody reads English."""
    store, elsewhere = make_store(name="沙田店"), make_store(name="南山店")
    found = Shop(
        store=store,
        elsewhere=elsewhere,
        boss=make_staff(Role.HEAD_OFFICE, password=PASSWORD, locale="en", name="葉翠珊"),
        supervisor=make_staff(Role.SUPERVISOR, store, password=PASSWORD, locale="en", name="何淑儀"),
        associate=make_staff(Role.ASSOCIATE, store, password=PASSWORD, locale="en", name="林詠詩"),
        colleague=make_staff(Role.ASSOCIATE, store, locale="en", name="張嘉欣"),
        stranger=make_staff(Role.SUPERVISOR, elsewhere, password=PASSWORD, locale="en", name="周丽娟"),
    )
    make_rules()
    ship_templates()
    db.session.commit()
    for person in (found.boss, found.supervisor, found.associate, found.stranger):
        found.sessions[person.id] = SignedIn.by_form(person)
    return found


@pytest.fixture
def shop(web_scene: Shop) -> Shop:
    return web_scene


@pytest.fixture
def sit(app: Flask, shop: Shop) -> Any:
    """`sit(person)`: the person at a desk, signed in, in a browser of his or her own."""

    def sit_down(person: Staff) -> Desk:
        return Desk(app.test_client(), person, session=shop.sessions.pop(person.id, None))

    return sit_down


@pytest.fixture
def supervisor(sit: Any, shop: Shop) -> Desk:
    return sit(shop.supervisor)


@pytest.fixture
def boss(sit: Any, shop: Shop) -> Desk:
    return sit(shop.boss)


# In a real browser


@pytest.fixture(scope="module")
def company(running_company: Company) -> Company:
    return running_company


@pytest.fixture
def desk(browser: Browser, company: Company) -> Iterator[Any]:
    """`desk(phone, size, language="en", dark=False)`: a page of somebody who has signed in."""
    contexts: list[BrowserContext] = []

    def sit_down(phone: str, size: tuple[int, int], *, language: str = "en", dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=company.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
        )
        context.add_cookies([{"name": "lang", "value": language, "url": company.url}])
        contexts.append(context)
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("[name=phone]", phone)
        page.fill("[name=password]", DEMO_PASSWORD)
        page.click("button.primary")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield sit_down
    for context in contexts:
        context.close()
