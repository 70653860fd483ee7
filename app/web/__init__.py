"""Pages: mobile shell, supervisor, head office, sandbox. They compose the slices and hold no rules."""

from pathlib import Path
from typing import Any

import flask_babel
from flask import Flask, has_request_context, request
from flask_babel import Babel

from app.complaints import queries as complaint_queries
from app.core import clock
from app.core.errors import Unauthorized
from app.core.i18n import LOCALES
from app.messaging import inbox
from app.people.access import Actor
from app.people.auth import optional_actor
from app.web import (  # noqa: F401  (importing a page module registers its routes)
    account,
    board,
    care_plans,
    complaints,
    contacts,
    conversations,
    customer_intakes,
    customer_links,
    customer_members,
    customer_proofs,
    customer_stories,
    customer_tiers,
    customers,
    duplicates,
    exports,
    formats,
    hand_overs,
    home,
    lapsed,
    leaderboard,
    mobile,
    office,
    outgoing,
    people,
    promotions,
    proofs,
    rehearsal,
    revenue,
    sandbox,
    sign_in,
    task_forms,
    words,
)
from app.web.assets import init_assets
from app.web.customer_page import pages as customer_pages
from app.web.errors import show_problem
from app.web.language import LANGUAGES, READER_LOCALE, html_lang, select_locale
from app.web.navigation import Group, groups_for
from app.web.pages import csrf, here, here_with, web
from app.web.proof_page import pages as proof_pages
from app.web.security import init_security

TRANSLATIONS = Path(__file__).resolve().parent.parent.parent / "translations"


def init_web(app: Flask) -> None:
    """Register languages, pages, assets, headers and the page side of error handling."""
    _init_languages(app)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the API proves its writes in another way (DESIGN, API contract)
    csrf.init_app(app)
    init_assets(app)
    init_security(app)
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.globals.update(formats.GLOBALS)
    app.jinja_env.globals.update(words.GLOBALS)
    app.jinja_env.globals.update(here=here, here_with=here_with)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_for_every_page)
    app.extensions["huifang_page_errors"] = show_problem
    app.register_blueprint(web)
    app.register_blueprint(customer_pages)
    app.register_blueprint(proof_pages)


def _init_languages(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=_locale)
    # Nested application contexts (tests, commands) share one g, where Flask-Babel keeps the language of a request.
    app.before_request(flask_babel.refresh)


def _locale() -> str:
    return select_locale(_locale_on_file) if has_request_context() else "en"


def _locale_on_file() -> str | None:
    if READER_LOCALE in request.environ:
        return str(request.environ[READER_LOCALE])
    try:
        person = optional_actor()
    except Unauthorized:
        return None
    return person.locale if person else None


def _for_every_page() -> dict[str, Any]:
    if not has_request_context():
        return {}
    locale = formats.reader_locale()
    return {
        "locale": locale,
        "locales": LOCALES,
        "languages": LANGUAGES,
        "html_lang": html_lang(locale),
        "person": _person_or_none(),
        "navigation": _navigation,
    }


def _person_or_none() -> Actor | None:
    try:
        return optional_actor()
    except Unauthorized:
        return None


def _unread(person: Actor) -> int:
    return 0 if person.is_associate else inbox.unread_count(person)


def _navigation() -> list[Group]:
    person = _person_or_none()
    return groups_for(person, unread=_unread(person), overdue=_overdue(person)) if person else []


def _overdue(person: Actor) -> int:
    return 0 if person.is_associate else complaint_queries.overdue_count(person, now=clock.now())
