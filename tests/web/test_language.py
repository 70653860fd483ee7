"""Which language a reader gets, and how it is changed."""

import pytest

from app.web.language import first_known
from tests.web.conftest import token_in


@pytest.mark.parametrize(
    ("tags", "locale"),
    [
        (["zh-HK"], "zh_Hant"),
        (["zh-TW"], "zh_Hant"),
        (["zh-MO"], "zh_Hant"),
        (["zh-Hant-CN"], "zh_Hant"),
        (["zh-CN"], "zh_Hans"),
        (["zh"], "zh_Hans"),
        (["en-GB"], "en"),
        (["fr", "de", "en"], "en"),
        (["fr"], "zh_Hans"),
        ([], "zh_Hans"),
        (["zh_Hant", "en"], "zh_Hant"),
    ],
)
def test_the_first_known_tag_decides(tags, locale):
    assert first_known(tags) == locale


def lang_of(page: str) -> str:
    return page.split('<html lang="')[1].split('"')[0]


def test_a_stranger_reads_what_the_browser_wishes(client):
    assert lang_of(client.get("/sign-in", headers={"Accept-Language": "zh-HK,en;q=0.5"}).text) == "zh-Hant"
    assert lang_of(client.get("/sign-in", headers={"Accept-Language": "en-US"}).text) == "en"


def test_the_own_choice_wins_over_the_browser(client):
    token = token_in(client.get("/sign-in").text)
    answer = client.post("/language", data={"lang": "zh_Hant", "back": "/sign-in", "csrf_token": token})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert lang_of(client.get("/sign-in", headers={"Accept-Language": "en"}).text) == "zh-Hant"


def test_the_person_s_file_wins_over_the_browser(supervisor):
    assert lang_of(supervisor.get("/board", headers={"Accept-Language": "zh-CN"}).text) == "en"


def test_the_cookie_wins_over_the_person_s_file(supervisor):
    supervisor.send("/language", lang="zh_Hans", back="/board")
    assert lang_of(supervisor.page("/board")) == "zh-Hans"


def test_an_unknown_language_changes_nothing(client):
    token = token_in(client.get("/sign-in").text)
    answer = client.post("/language", data={"lang": "tlh", "back": "/sign-in", "csrf_token": token})
    assert answer.status_code == 303
    assert "lang=" not in str(answer.headers.getlist("Set-Cookie"))


def test_the_switch_never_leads_to_another_site(client):
    token = token_in(client.get("/sign-in").text)
    for address in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        answer = client.post("/language", data={"lang": "en", "back": address, "csrf_token": token})
        assert answer.location == "/"


def test_the_manifest_speaks_the_asked_language(client):
    manifest = client.get("/manifest.webmanifest?lang=zh-HK").json
    assert (manifest["lang"], manifest["scope"], manifest["display"]) == ("zh-Hant", "/m/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512", "any"}
