"""The built front end on its way to the browser."""

import json
import re
from pathlib import Path

import pytest

from app.web import assets, mobile
from app.web.assets import Manifest, island_tags, style_tags

TEMPLATES = Path(assets.__file__).parent / "templates"

CHUNKS = {
    "src/islands/page.ts": {"file": "assets/page-1.js", "imports": ["_shared.js"]},
    "src/islands/find.ts": {"file": "assets/find-1.js", "imports": ["_shared.js"]},
    "_shared.js": {"file": "assets/shared-1.js", "css": ["assets/shared-1.css"], "imports": ["_deep.js"]},
    "_deep.js": {"file": "assets/deep-1.js", "css": ["assets/deep-1.css"], "imports": ["_shared.js"]},
    "src/styles/pages.css": {"file": "assets/pages-1.css"},
}


@pytest.fixture
def built(tmp_path, monkeypatch):
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(json.dumps(CHUNKS))
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "page-1.js").write_text("export const plain = 1;")
    (tmp_path / "assets" / "page-1.js.br").write_bytes(b"brotli bytes")
    (tmp_path / "icons").mkdir()
    (tmp_path / "icons" / "icon.svg").write_text("<svg/>")
    (tmp_path / "m.html").write_text("<!doctype html><title>shell</title>")
    (tmp_path / "sw.js").write_text("// worker")
    monkeypatch.setattr(assets, "BUILT", tmp_path)
    monkeypatch.setattr(mobile, "BUILT", tmp_path)
    return tmp_path


def test_styles_of_deep_imports_are_found_and_named_once(built):
    tags = island_tags(Manifest(built), "page", "find")
    assert re.findall(r'rel="stylesheet" href="([^"]+)"', tags) == [
        "/static/assets/shared-1.css",
        "/static/assets/deep-1.css",
    ]
    assert tags.count("shared-1.js") == 1
    assert re.findall(r'script type="module" src="([^"]+)"', tags) == [
        "/static/assets/page-1.js",
        "/static/assets/find-1.js",
    ]


def test_a_style_entry_is_linked_by_its_own_file(built):
    assert style_tags(Manifest(built), "pages") == '<link rel="stylesheet" href="/static/assets/pages-1.css">'


def test_pages_work_before_the_front_end_is_built(tmp_path):
    assert island_tags(Manifest(tmp_path), "page") == ""
    assert style_tags(Manifest(tmp_path), "pages") == ""


def test_a_new_build_is_seen_without_a_restart(built):
    manifest = Manifest(built)
    assert manifest.entry("src/islands/new.ts") is None
    path = built / ".vite" / "manifest.json"
    path.write_text(json.dumps(CHUNKS | {"src/islands/new.ts": {"file": "assets/new.js"}}))
    assert manifest.entry("src/islands/new.ts") is not None


def test_hashed_files_never_change_and_come_precompressed(client, built):
    plain = client.get("/static/assets/page-1.js", headers={"Accept-Encoding": "identity"})
    small = client.get("/static/assets/page-1.js", headers={"Accept-Encoding": "br, gzip"})
    assert plain.data == b"export const plain = 1;"
    assert (small.data, small.headers["Content-Encoding"]) == (b"brotli bytes", "br")
    assert small.mimetype == "text/javascript"
    for answer in (plain, small):
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_other_built_files_are_kept_for_a_day(client, built):
    assert client.get("/static/icons/icon.svg").headers["Cache-Control"] == "public, max-age=86400"


def test_the_manifest_of_the_build_is_nobody_s_business(client, built):
    assert client.get("/static/.vite/manifest.json").status_code == 404
    assert client.get("/static/../assets.py").status_code == 404


@pytest.mark.parametrize("path", ["/m/", "/m/tasks/17", "/sw.js"])
def test_the_field_app_s_shell_is_public_and_asked_for_each_time(client, built, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer.headers


def test_the_field_app_also_keeps_trusted_types(client, built):
    assert "require-trusted-types-for 'script'" in client.get("/m/").headers["Content-Security-Policy"]
    assert "require-trusted-types-for" not in client.get("/sign-in").headers["Content-Security-Policy"]


def test_a_page_allows_nothing_that_it_does_not_need(client):
    headers = client.get("/sign-in").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_a_script_comes_without_the_headers_of_a_page(client, built):
    headers = client.get("/static/assets/page-1.js").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in headers


def test_a_picture_that_could_be_opened_as_a_page_keeps_its_policy(client, built):
    assert "default-src 'none'" in client.get("/static/icons/icon.svg").headers["Content-Security-Policy"]


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_a_script_or_style_of_its_own(template):
    text = template.read_text("utf-8")
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", text)
