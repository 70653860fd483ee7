"""No text outside the catalogs: what a page or the field app shows goes through `_()`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "app" / "web" / "templates").rglob("*.html"))
TYPESCRIPT = sorted(path for path in (ROOT / "frontend" / "src").rglob("*.ts*") if not path.name.endswith(".d.ts"))
PAGES = sorted((ROOT / "app" / "web").rglob("*.py"))

NAMES = {"Huifang", "SMS", "STOP", "YES", "API", "PDF", "CSV", "QR", "JSON", "HTTP", "Twilio", "min", "km", "kB", "OK"}
"""Proper names and units that read the same in every language."""
SHOWN_ATTRIBUTES = r"(?:title|placeholder|aria-label|aria-description|alt|label)"
HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z\u3400-\u9fff]{2,}")
SENTENCE = re.compile(r"^[A-Z][a-z']+\b.* [a-z']+")
LANGUAGE_NAMES = {"简体中文", "繁體中文", "简体", "繁體", "English"}
WHAT_CUSTOMERS_TEXT = {"退订"}
HOLE = "\x00"
"""Stands where the template computes something."""


def words_in(text: str) -> list[str]:
    return [word for word in WORD.findall(re.sub(r"&#?\w+;", " ", text)) if word not in NAMES | LANGUAGE_NAMES]


# --- templates --------------------------------------------------------------------------------------------------------


def shown_by_template(source: str) -> Iterator[str]:
    """The words of a template that reach the reader without a catalog."""
    source = re.sub(r"{%-? block \w*class -?%}.*?{%-? endblock -?%}", "", source)  # class names, not words
    tokens = list(Environment().lex(source))
    page = "".join(value if kind == "data" else HOLE for _line, kind, value in tokens)
    page = re.sub(r"<!--.*?-->", "", page, flags=re.S)
    page = re.sub(r"<(script|style|kbd)\b.*?</\1>", "", page, flags=re.S)
    for attribute in re.findall(rf'\s{SHOWN_ATTRIBUTES}="([^"]*)"', page):
        if words_in(attribute):
            yield re.sub(f"{HOLE}+", "…", attribute)
    for between_tags in re.split(r"<[^>]*>", page):
        if words_in(between_tags):
            yield " ".join(re.sub(f"(?:{HOLE}\\s*)+", "… ", between_tags).split()).strip("… ")
    yield from literals_in_expressions(tokens)


def literals_in_expressions(tokens: list[tuple[int, str, str]]) -> Iterator[str]:
    """Sentences handed to a macro or printed, unless they stand in a call that translates."""
    code = [(kind, value) for _line, kind, value in tokens if kind not in ("data", "whitespace", "comment")]
    translating, depths = 0, []
    for position, (kind, value) in enumerate(code):
        if kind == "operator" and value == "(":
            called = code[position - 1][1] if position else ""
            depths.append(called in ("_", "gettext", "ngettext"))
            translating += depths[-1]
        elif kind == "operator" and value == ")" and depths:
            translating -= depths.pop()
        elif kind == "string" and not translating:
            text = value[1:-1]
            if text not in LANGUAGE_NAMES and (HAN.search(text) or SENTENCE.match(text)):
                yield text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_templates_show_no_text_outside_the_catalogs(template: Path) -> None:
    assert list(shown_by_template(template.read_text())) == []


def test_the_template_check_finds_bare_words_and_attributes() -> None:
    page = """<h1>Tasks of today</h1><p title="Close it">{{ _('fine') }}</p>{{ field('x', 'Your name here') }}"""
    assert list(shown_by_template(page)) == ["Close it", "Tasks of today", "Your name here"]
    assert list(shown_by_template("""<p class="soft big">{{ _('Tasks of today') }} &middot; 12</p>""")) == []


# --- the field app ----------------------------------------------------------------------------------------------------


def shown_by_typescript(source: str, *, jsx: bool) -> Iterator[str]:
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    source = re.sub(r"(?<![:\"'`])//[^\n]*", "", source)
    if jsx:
        for text in re.findall(r"(?<![=\-])>([^<>{}()=;]*)(?=<[/A-Za-z]|\{)", source):
            if words_in(text) and not re.search(r"[|&:,]|\b(?:const|return|extends|string|number)\b", text):
                yield " ".join(text.split())
        for attribute in re.findall(rf'\s{SHOWN_ATTRIBUTES}="([^"]*)"', source):
            if words_in(attribute):
                yield attribute
    for before, _quote, text in re.findall(r"(\w*\(?)\s*([\"'`])((?:(?!\2)[^\\\n]|\\.)*)\2", source):
        if before in ("_(", "N_(", "ngettext(", "Error(") or text in LANGUAGE_NAMES:
            continue
        if HAN.search(text) or (SENTENCE.match(text) and f'", "{text}"' not in source):
            yield text


@pytest.mark.parametrize("file", TYPESCRIPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_field_app_shows_no_text_outside_the_catalogs(file: Path) -> None:
    assert list(shown_by_typescript(file.read_text(), jsx=file.suffix == ".tsx")) == []


def test_the_typescript_check_finds_bare_words_and_attributes() -> None:
    source = """return <p title="Close it">Tasks of today <b>{_("Fine here")}</b></p>; const x = "Please try again";"""
    assert sorted(set(shown_by_typescript(source, jsx=True))) == ["Close it", "Please try again", "Tasks of today"]
    assert list(shown_by_typescript("""<p class="soft">{_("Tasks of today")}</p>""", jsx=True)) == []


# --- the code behind the pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_code_behind_the_pages_holds_no_chinese(page: Path) -> None:
    lines = [line for line in page.read_text().splitlines() if not line.lstrip().startswith("#")]
    known = LANGUAGE_NAMES | WHAT_CUSTOMERS_TEXT
    assert [line for line in lines if HAN.search(line) and not any(name in line for name in known)] == []
