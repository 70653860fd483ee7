"""The field app's shell and what a phone asks for to install it. Public: none of it holds data of a person."""

from typing import Any

from flask import jsonify, request, send_from_directory
from flask.wrappers import Response
from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.i18n import negotiate
from app.people.auth import public
from app.web.assets import BUILT
from app.web.formats import reader_locale
from app.web.language import html_lang
from app.web.pages import web

ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)


def _uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@web.get("/m/", defaults={"path": ""})
@web.get("/m/<path:path>")
@public
def field_app(path: str) -> Response:
    """The shell is the same for every address below /m/: the app itself reads the path."""
    del path
    return _uncached(send_from_directory(BUILT, "m.html", conditional=True))


@web.get("/sw.js")
@public
def service_worker() -> Response:
    return _uncached(send_from_directory(BUILT, "sw.js", mimetype="text/javascript", conditional=True))


@web.get("/favicon.ico")
@public
def favicon() -> Response:
    return send_from_directory(BUILT, "icons/icon-192.png", max_age=86400)


@web.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    locale = negotiate(request.args.get("lang", "")) or reader_locale()
    with force_locale(locale):
        content: dict[str, Any] = {
            "name": _("Huifang, my visits"),
            "short_name": _("Huifang"),
            "id": "/m/",
            "start_url": "/m/",
            "scope": "/m/",
            "display": "standalone",
            "background_color": "#fbfaf7",
            "theme_color": "#a8324a",
            "lang": html_lang(locale),
            "icons": [
                {"src": f"/static/icons/{file}", "sizes": sizes, "type": "image/png", "purpose": purpose}
                for file, sizes, purpose in ICONS
            ]
            + [{"src": "/static/icons/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
        }
    answer = jsonify(content)
    answer.mimetype = "application/manifest+json"
    return _uncached(answer)
