"""`make translations`: collect every text that people read into translations/*/LC_MESSAGES/messages.po.

Translations that exist are kept, new texts arrive empty, texts that are gone leave.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
FOLDERS = ("app", "frontend")
KEYWORDS = DEFAULT_KEYWORDS | {"N_": None, "_n": (1, 2)}


def collect() -> Catalog:
    """Every text of Python, templates and TypeScript, with the places where it stands."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = Catalog(project="Huifang", charset="utf-8")
    texts = extract_from_dir(
        str(ROOT), methods, options, keywords=KEYWORDS, comment_tags=("i18n:",), directory_filter=is_ours
    )
    for path, line, text, comments, context in texts:
        found.add(text, locations=[(path, line)], auto_comments=comments, context=context)
    return found


def is_ours(folder: str) -> bool:
    parts = Path(folder).resolve().relative_to(ROOT).parts
    return not parts or (parts[0] in FOLDERS and not {"node_modules", "static_dist", "public"} & set(parts))


def po_file(locale: str) -> Path:
    return ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """A language without a file starts empty."""
    path = po_file(locale)
    if not path.is_file():
        return Catalog(locale=locale, project="Huifang", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def write(locale: str, catalog: Catalog) -> None:
    """All or nothing, so that an interrupted run never leaves half a catalog."""
    path = po_file(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.msgid_bugs_address = catalog.language_team = ""  # Babel would write addresses of its own invention
    fresh = path.with_suffix(".po.new")
    with fresh.open("wb") as file:
        write_po(file, catalog, width=0, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    fresh.replace(path)


def is_translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return bool(strings) and all(strings) and not message.fuzzy


def source_of(message: Message) -> str:
    return message.id[0] if isinstance(message.id, (tuple, list)) else message.id


def untranslated(texts: Catalog, translated: Catalog) -> Iterator[Message]:
    for message in texts:
        known = translated.get(message.id, message.context) if message.id else None
        if message.id and (known is None or not is_translated(known)):
            yield message


def gone(texts: Catalog, translated: Catalog) -> Iterator[Message]:
    return (message for message in translated if message.id and texts.get(message.id, message.context) is None)


def update(locale: str, texts: Catalog) -> str:
    catalog = read(locale)
    # No guesses: a near miss looks translated and says something else. The date stays, or every run would be a change.
    catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    write(locale, catalog)
    return f"{len(catalog)} texts, {len(list(untranslated(texts, catalog)))} not translated"


def complaints(locale: str, texts: Catalog) -> list[str]:
    """What keeps the catalog of a language from being complete, a line each."""
    catalog = read(locale)
    missing = [f"{place_of(message)}  {source_of(message)!r}" for message in untranslated(texts, catalog)]
    return missing + [f"no longer used  {source_of(message)!r}" for message in gone(texts, catalog)]


def place_of(message: Message) -> str:
    path, line = message.locations[0]
    return f"{path}:{line}"


def check(texts: Catalog) -> int:
    failed = False
    for locale in LOCALES:
        found = complaints(locale, texts)
        failed = failed or bool(found)
        print(f"  {locale}: {len(found)} to mend" if found else f"  {locale}: {len(texts)} texts, all translated")
        for line in found:
            print(f"    {line}")
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.translations", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list what is not translated or no longer used, and fail"
    )
    wanted = parser.parse_args(arguments)
    texts = collect()
    if wanted.check:
        return check(texts)
    for locale in LOCALES:
        print(f"  {locale}: {update(locale, texts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
