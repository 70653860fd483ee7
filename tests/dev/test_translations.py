"""`make translations` collects without losing a translation; `--check` lists what is left and touches nothing."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from dev import translations


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """A house of two texts, in which nothing is translated yet."""
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    found = Catalog()
    found.add("Good morning", locations=[("app/web/home.py", 3)])
    found.add(("%(num)s visit", "%(num)s visits"), locations=[("app/web/home.py", 4)])
    monkeypatch.setattr(translations, "collect", lambda: found)
    return found


def translate(locale: str, words: dict[str, str]) -> None:
    catalog = translations.read(locale)
    for message in catalog:
        if message.id and translations.source_of(message) in words:
            text = words[translations.source_of(message)]
            message.string = (text,) if message.pluralizable else text
    translations.write(locale, catalog)


def test_a_new_text_arrives_empty_and_is_listed(texts: Catalog, capsys: pytest.CaptureFixture[str]) -> None:
    assert translations.main([]) == 0
    assert translations.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert "zh_Hans: 2 texts, 2 not translated" in said
    assert "app/web/home.py:3  'Good morning'" in said
    assert "app/web/home.py:4  '%(num)s visit'" in said


def test_a_check_writes_nothing(texts: Catalog) -> None:
    assert translations.main(["--check"]) == 1
    assert not translations.po_file("zh_Hans").exists()


def test_a_complete_catalog_passes_and_another_run_changes_nothing(texts: Catalog) -> None:
    translations.main([])
    for locale in translations.LOCALES:
        translate(locale, {"Good morning": "早上好", "%(num)s visit": "%(num)s 次上门"})
    translations.main([])
    before = translations.po_file("zh_Hans").read_bytes()
    assert translations.main(["--check"]) == 0
    assert translations.main([]) == 0
    assert translations.po_file("zh_Hans").read_bytes() == before


def test_a_text_that_is_gone_is_listed_and_leaves_with_the_next_run(
    texts: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    translations.main([])
    for locale in translations.LOCALES:
        translate(locale, {"Good morning": "早上好", "%(num)s visit": "%(num)s 次上门"})
    texts.delete("Good morning")
    assert translations.main(["--check"]) == 1
    assert "no longer used  'Good morning'" in capsys.readouterr().out
    translations.main([])
    assert translations.main(["--check"]) == 0
    assert "早上好" not in translations.po_file("zh_Hans").read_text()
