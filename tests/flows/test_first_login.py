"""A company of one's own, from an empty database: `flask company open` and the first sign-in."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.messaging.models import MessageTemplate
from app.people.models import Staff

PHONE = "+85291234567"
PASSWORD = "a long enough secret"


@pytest.fixture
def open_company(app: Flask, session: Session) -> Callable[..., Result]:
    def run(*, phone: str = PHONE, password: str = PASSWORD) -> Result:
        command = ["company", "open", "--name", "葉翠珊", "--phone", phone, "--password", password]
        return app.test_cli_runner().invoke(args=command)

    return run


def sign_in(client: FlaskClient) -> Any:
    return client.post("/api/v1/sessions", json={"phone": PHONE, "password": PASSWORD})


def test_head_office_can_sign_in_after_opening(open_company: Callable[..., Result], client: FlaskClient) -> None:
    assert open_company().exit_code == 0
    answer = sign_in(client)
    assert (answer.status_code, answer.json["staff"]["role"]) == (201, "head_office")


def test_opening_publishes_checklists_texts_and_rules(open_company: Callable[..., Result], client: FlaskClient) -> None:
    open_company()
    headers = {"Authorization": f"Bearer {sign_in(client).json['token']}"}
    for address in ("/checklist-templates", "/message-templates", "/points/rules"):
        assert client.get(f"/api/v1{address}", headers=headers).json["items"], address


def test_an_update_publishes_what_it_brings_and_leaves_the_companys_own(
    app: Flask, open_company: Callable[..., Result], session: Session
) -> None:
    open_company()
    own = {"zh_Hans": "自己的话", "zh_Hant": "自己的話", "en": "Our own words"}
    kept = session.query(MessageTemplate).filter_by(kind="done", reach="two_way").first()
    missing = session.query(MessageTemplate).filter_by(kind="not_now").all()
    assert kept is not None
    assert missing
    kept.texts = own
    for wording in missing:
        session.delete(wording)
    session.flush()
    answer = app.test_cli_runner().invoke(args=["company", "refresh"])
    assert answer.exit_code == 0, answer.output
    session.expire_all()
    assert session.query(MessageTemplate).filter_by(kind="not_now").count() == len(missing)
    assert kept.texts == own


def test_opening_twice_is_refused(open_company: Callable[..., Result], session: Session) -> None:
    open_company()
    again = open_company(phone="+85291234568")
    assert again.exit_code == 1
    assert "people already" in again.output
    assert session.query(Staff).count() == 1


@pytest.mark.parametrize(
    ("wrong", "named"), [({"phone": "12"}, "phone"), ({"password": "short"}, "password")], ids=["phone", "password"]
)
def test_a_wrong_value_is_named_and_nothing_is_opened(
    open_company: Callable[..., Result], session: Session, wrong: dict[str, str], named: str
) -> None:
    refused = open_company(**wrong)
    assert refused.exit_code == 1
    assert named in refused.output
    assert session.query(Staff).count() == 0
