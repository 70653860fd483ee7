"""Coming in, going out, and the own account."""

import pytest

from app.core.db import db
from app.people.models import ApiToken
from tests.factories.people import PASSWORD
from tests.web.conftest import token_in


def enter(client, phone, password, **more):
    token = token_in(client.get("/sign-in").text)
    return client.post("/sign-in", data={"phone": phone, "password": password, "csrf_token": token, **more})


@pytest.mark.parametrize(("role", "home"), [("associate", "/m/"), ("supervisor", "/board"), ("boss", "/office")])
def test_everybody_comes_to_the_own_first_page(client, shop, role, home):
    assert enter(client, getattr(shop, role).phone, PASSWORD).location == home
    assert client.get("/").location == home
    assert client.get("/sign-in").location == home


def test_a_number_may_be_typed_without_its_country(client, shop):
    assert enter(client, shop.supervisor.phone.removeprefix("+852"), PASSWORD).status_code == 303


def test_a_wrong_password_is_said_and_the_number_stays(client, shop):
    answer = enter(client, shop.supervisor.phone, "wrong")
    assert answer.status_code == 401
    assert shop.supervisor.phone in answer.text
    assert 'role="alert"' in answer.text
    assert "wrong" not in answer.text.split("<form")[1].split("</form>")[0]


def test_too_many_tries_are_said_clearly_with_the_time_left(client, shop):
    for _try in range(5):
        answer = enter(client, shop.supervisor.phone, "wrong")
    assert answer.status_code == 429
    assert (
        "15 minutes"
        in client.post(
            "/sign-in",
            headers={"Accept-Language": "en"},
            data={
                "phone": shop.supervisor.phone,
                "password": PASSWORD,
                "csrf_token": token_in(client.get("/sign-in").text),
            },
        ).text
    )
    assert answer.headers["Retry-After"] == "900"


def test_what_is_no_number_is_said_at_its_field(client):
    answer = enter(client, "abc", "x")
    assert answer.status_code == 422
    assert 'id="phone-error"' in answer.text


def test_after_signing_in_one_comes_where_one_wanted_to_go(client, shop):
    assert client.get("/customers?q=1").location == "/sign-in?next=/customers?q%3D1"
    assert enter(client, shop.supervisor.phone, PASSWORD, next="/customers?q=1").location == "/customers?q=1"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(client, shop, address):
    assert enter(client, shop.supervisor.phone, PASSWORD, next=address).location == "/board"


def test_an_associate_is_led_to_the_field_app_whatever_was_wanted(client, shop):
    assert enter(client, shop.associate.phone, PASSWORD, next="/board").location == "/m/"


def test_a_form_without_its_token_changes_nothing(supervisor):
    answer = supervisor.client.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 400
    assert supervisor.get("/board").status_code == 200


def test_signing_out_ends_this_session_only(sit, shop):
    here, there = sit(shop.supervisor), sit(shop.supervisor)
    assert here.send("/sign-out").location == "/sign-in"
    assert here.get("/board").status_code == 303
    assert there.get("/board").status_code == 200


def test_signing_out_everywhere_ends_all_sessions_and_tokens(sit, shop):
    here, there = sit(shop.supervisor), sit(shop.supervisor)
    here.send("/account/tokens", name="till", scopes=["tasks:read"], days="10")
    here.send("/sign-out-everywhere")
    assert there.get("/board").status_code == 303
    assert db.session.query(ApiToken).filter_by(staff_id=shop.supervisor.id, revoked_at=None).count() == 0


def test_a_token_is_shown_once(supervisor, shop):
    answer = supervisor.send("/account/tokens", name="till", scopes=["tasks:read", "customers:read"], days="10")
    key = db.session.query(ApiToken).filter_by(staff_id=shop.supervisor.id, kind="api").one()
    assert answer.status_code == 200
    assert "hf_" in answer.text
    assert sorted(key.scopes) == ["customers:read", "tasks:read"]
    assert "hf_" not in supervisor.page("/account")


def test_a_token_needs_a_name_and_something_it_may_do(supervisor):
    answer = supervisor.send("/account/tokens", name="", days="10")
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert db.session.query(ApiToken).filter_by(kind="api").count() == 0


def test_an_ended_token_is_gone_from_the_list(supervisor):
    supervisor.send("/account/tokens", name="till of Central", scopes=["tasks:read"], days="10")
    token_id = db.session.query(ApiToken.id).filter_by(kind="api").scalar()
    assert "till of Central" not in supervisor.told(f"/account/tokens/{token_id}/revoke")


def test_changing_the_password_keeps_this_device_and_ends_the_others(sit, shop):
    here, there = sit(shop.supervisor), sit(shop.supervisor)
    here.told("/account/password", old_password=PASSWORD, password="a new password", password_again="a new password")
    assert here.get("/board").status_code == 200
    assert there.get("/board").status_code == 303


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"old_password": "wrong", "password": "long enough", "password_again": "long enough"}, "old_password"),
        ({"old_password": PASSWORD, "password": "long enough", "password_again": "other"}, "password_again"),
        ({"old_password": PASSWORD, "password": "short", "password_again": "short"}, "password"),
    ],
)
def test_a_password_that_can_t_be_changed_is_explained_at_its_field(supervisor, fields, name):
    answer = supervisor.send("/account/password", **fields)
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
