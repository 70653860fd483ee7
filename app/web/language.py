"""Which of the three languages a reader gets: the own choice, then the file of the person, then the browser."""

from collections.abc import Callable, Iterable

from flask import request
from werkzeug.wrappers import Response

from app.core.i18n import DEFAULT_LOCALE, negotiate

LANGUAGES = {"zh_Hans": "简体", "zh_Hant": "繁體", "en": "English"}
"""Each language named in itself, for the switch: a reader who is lost recognises the own one."""

READER_LOCALE = "huifang.reader_locale"
"""Where a page that is opened with a key, not by a person, says in the request whose language is meant."""

COOKIE = "lang"
COOKIE_DAYS = 365


def first_known(tags: Iterable[str | None]) -> str:
    """The locale of the first tag that names a language we have."""
    for tag in tags:
        if tag and (locale := negotiate(tag)):
            return locale
    return DEFAULT_LOCALE


def select_locale(locale_on_file: Callable[[], str | None]) -> str:
    """Flask-Babel's selector: cookie, then the signed-in person's file, then the browser's wishes.

    `locale_on_file` is asked only when the cookie is silent, so that a reader with a cookie costs no look-up.
    """
    chosen = request.cookies.get(COOKIE)
    if chosen and negotiate(chosen):
        return first_known([chosen])
    return first_known([locale_on_file(), *request.accept_languages.values()])


def html_lang(locale: str) -> str:
    return locale.replace("_", "-")


def remember_language(answer: Response, locale: str) -> Response:
    answer.set_cookie(
        COOKIE,
        locale,
        max_age=COOKIE_DAYS * 24 * 3600,
        samesite="Lax",
        secure=request.is_secure,
        # The field app reads it to choose its catalog before it has spoken to the server.
        httponly=False,
    )
    return answer
