"""Every text that people read is in the catalogs, translated, with its placeholders intact."""

import re

import pytest
from babel.messages.catalog import Catalog, Message

from dev.translations import LOCALES, collect, is_translated, read

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return collect()


def ids_of(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def strings_of(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string,)


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def test_texts_are_found_in_python_templates_and_typescript(texts: Catalog) -> None:
    endings = {path.rsplit(".", 1)[-1] for message in texts for path, _line in message.locations}
    assert endings >= {"py", "html", "tsx"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_translated(texts: Catalog, locale: str) -> None:
    translated = read(locale)
    missing = []
    for message in texts:
        known = translated.get(message.id) if message.id else None
        if message.id and (known is None or not is_translated(known)):
            missing.append(f"{message.locations[0][0]}:{message.locations[0][1]}  {ids_of(message)[0]!r}")
    assert not missing, f"{len(missing)} texts lack {locale}; `make translations` collects them:\n" + "\n".join(missing)


@pytest.mark.parametrize("locale", LOCALES)
def test_translations_keep_the_placeholders(texts: Catalog, locale: str) -> None:
    translated = read(locale)
    wrong = []
    for message in texts:
        known = translated.get(message.id) if message.id else None
        if known is None or not is_translated(known):
            continue
        allowed = [placeholders(text) for text in ids_of(message)]
        wrong += [text for text in strings_of(known) if placeholders(text) not in allowed]
    assert not wrong, f"{locale}: other placeholders than the source:\n" + "\n".join(wrong)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalog_holds_no_text_that_is_gone(texts: Catalog, locale: str) -> None:
    gone = [ids_of(message)[0] for message in read(locale) if message.id and texts.get(message.id) is None]
    assert not gone, f"{locale}: `make translations` drops these:\n" + "\n".join(gone)
