"""Says the sentences of this slice in the reader's language. For routes and pages only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from babel.dates import format_skeleton
from flask_babel import get_locale, gettext

from app.careplans.saying import Listed, Said, Term
from app.core.http import in_words
from app.core.i18n import DEFAULT_LOCALE, pick


def said(thing: Any) -> str:
    """A sentence, a term, a list, a text in three languages, a day or a plain value, as the reader says it."""
    match thing:
        case Said():
            return str(gettext(thing.text, **{name: said(value) for name, value in thing.params.items()}))
        case Term():
            return str(gettext(thing.text))
        case Listed():
            return (", " if _locale() == "en" else "、").join(map(said, thing.items))
        case Mapping():
            return pick(thing, _locale())
        case date():
            return str(format_skeleton("yMMMd", datetime.combine(thing, time(), UTC), locale=_locale()))
        case None:
            return ""
        case _:
            return in_words(thing) if hasattr(thing, "params") else str(thing)


def _locale() -> str:
    return str(get_locale() or DEFAULT_LOCALE)
