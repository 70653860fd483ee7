"""Texts in three languages. Rules and errors only mark a text; the edge that shows it translates it."""

from __future__ import annotations

from collections.abc import Mapping

LOCALES = ("zh_Hans", "zh_Hant", "en")
DEFAULT_LOCALE = "zh_Hans"

Text3 = dict[str, str]
"""One text in every locale of LOCALES, as content keeps it (checklists, templates, rules)."""


def N_(message: str) -> str:  # noqa: N802  the name that catalogs know
    """Mark a message for the catalog; it is translated where a person reads it."""
    return message


class Worded(str):
    """A marked message with the values that belong into it; the edge fills them in when it translates."""

    params: Mapping[str, str]

    def __new__(cls, message: str, **params: str) -> Worded:
        worded = super().__new__(cls, message)
        worded.params = params
        return worded


def pick(text: Mapping[str, str], locale: str) -> str:
    """The text in the reader's language; another Chinese before English, then whatever there is."""
    fallbacks = {"zh_Hans": ("zh_Hant", "en"), "zh_Hant": ("zh_Hans", "en"), "en": ("zh_Hans", "zh_Hant")}
    for candidate in (locale, *fallbacks.get(locale, LOCALES)):
        if text.get(candidate):
            return text[candidate]
    return ""


def negotiate(wanted: str) -> str | None:
    """Map a language tag such as zh-HK or en-GB to one of LOCALES; None if we don't speak it."""
    tag = wanted.strip().lower().replace("_", "-")
    if tag.startswith("zh"):
        traditional = any(part in ("hant", "tw", "hk", "mo") for part in tag.split("-"))
        return "zh_Hant" if traditional else "zh_Hans"
    return "en" if tag.split("-")[0] == "en" else None
