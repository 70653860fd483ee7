"""`make translations`: collect every text that people read into translations/*/LC_MESSAGES/messages.po.

Translations that exist are kept, new texts arrive empty, texts that are gone leave.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
FOLDERS = ("app", "frontend")
KEYWORDS = DEFAULT_KEYWORDS | {"N_": None, "_n": (1, 2)}


def collect() -> Catalog:
    """Every text of Python, templates and TypeScript, with the places where it stands."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping(mapping)
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
    with po_file(locale).open("rb") as file:
        return read_po(file, locale=locale)


def is_translated(message) -> bool:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return bool(strings) and all(strings) and not message.fuzzy


def main() -> None:
    texts = collect()
    for locale in LOCALES:
        path = po_file(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = read(locale) if path.is_file() else Catalog(locale=locale, project="Huifang", charset="utf-8")
        # No guesses: a near miss looks translated and says something else.
        catalog.update(texts, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=0, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
        missing = sum(1 for message in catalog if message.id and not is_translated(message))
        print(f"  {locale}: {len(catalog)} texts, {missing} not translated")


if __name__ == "__main__":
    main()
