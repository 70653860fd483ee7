"""Write the catalogs of the front end: one JSON file per language, made from the same .po files as the pages."""

from __future__ import annotations

import json
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
SOURCES = "frontend/src"


def main() -> None:
    target = ROOT / "frontend" / "src" / "catalogs"
    target.mkdir(parents=True, exist_ok=True)
    for locale in LOCALES:
        catalog = read_catalog(ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po")
        texts = frontend_texts(catalog) if catalog else {}
        body = json.dumps(texts, ensure_ascii=False, sort_keys=True, indent=0) + "\n"
        write_if_changed(target / f"{locale}.json", body)


def read_catalog(po_file: Path) -> Catalog | None:
    """A missing file is no error: the app then speaks English instead of not being built."""
    if not po_file.exists():
        return None
    with po_file.open("rb") as file:
        return read_po(file)


def frontend_texts(catalog: Catalog) -> dict[str, str | list[str]]:
    return {source_of(message): translation_of(message) for message in catalog if is_for_the_front_end(message)}


def is_for_the_front_end(message: Message) -> bool:
    if not message.id or message.fuzzy or not any(message.string):
        return False
    return any(path.replace("\\", "/").startswith(SOURCES) for path, _line in message.locations)


def source_of(message: Message) -> str:
    return str(message.id[0] if message.pluralizable else message.id)


def translation_of(message: Message) -> str | list[str]:
    return list(message.string) if message.pluralizable else str(message.string)


def write_if_changed(path: Path, body: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != body:
        path.write_text(body, encoding="utf-8")


if __name__ == "__main__":
    main()
