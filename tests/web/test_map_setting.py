"""Where the pictures under the field app's map may come from."""

import pytest

from app.settings import InvalidSettings, MapSettings, settings_from_environment
from app.web.security import field_app_policy
from tests.factories.people import make_staff, make_store


def images_of(policy: str) -> str:
    return next(part.strip() for part in policy.split(";") if part.strip().startswith("img-src"))


@pytest.mark.parametrize(
    ("tiles", "source"),
    [
        ("https://tile.example.org/{z}/{x}/{y}.png", "https://tile.example.org"),
        ("https://{s}.tile.example.org:8443/{z}/{x}/{y}.png?key=a;b", "https://*.tile.example.org:8443"),
        ("/tiles/{z}/{x}/{y}.png", ""),
        ("", ""),
    ],
)
def test_the_policy_names_the_server_of_the_tiles_and_nothing_else(tiles, source):
    assert MapSettings(tiles=tiles).source == source
    expected = ["img-src", "'self'", *([source] if source else []), "blob:", "data:"]
    assert images_of(field_app_policy(MapSettings(tiles=tiles).source)).split() == expected


def test_trusted_types_stay_as_strict_with_a_map():
    assert field_app_policy("https://tile.example.org").endswith(
        "require-trusted-types-for 'script'; trusted-types app"
    )


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/huifang")
    monkeypatch.setenv("REDIS_URL", "redis://localhost/0")
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    return monkeypatch


@pytest.mark.parametrize(
    "address",
    [
        "https://tile.example.org/{z}/{x}.png",
        "https://tile.example.org; script-src *; /{z}/{x}/{y}.png",
        "https://a.{s}.example.org/{z}/{x}/{y}.png",
        "javascript:/{z}/{x}/{y}",
    ],
)
def test_an_address_that_is_none_for_tiles_is_refused_at_the_start(environment, address):
    environment.setenv("MAP_TILES", address)
    with pytest.raises(InvalidSettings, match="MAP_TILES"):
        settings_from_environment()


def test_without_an_address_the_map_asks_nobody(environment):
    environment.delenv("MAP_TILES", raising=False)
    assert settings_from_environment().map == MapSettings()


def test_the_phone_hears_what_to_draw_the_map_with_and_where_the_store_is(client, sign_in, session):
    store = make_store(lat=22.28, lng=114.18)
    headers = sign_in(make_staff(store=store))
    day = client.get("/api/v1/bootstrap", headers=headers).json
    assert day["map"] == {"tiles": "", "attribution": "", "max_zoom": 19, "is_mainland": False}
    assert (day["user"]["store"]["lat"], day["user"]["store"]["lng"]) == (22.28, 114.18)
