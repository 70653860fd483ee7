"""The start page, and the switch between languages."""

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_
from app.people.auth import optional_actor, public
from app.web.language import remember_language
from app.web.navigation import home_of
from app.web.pages import back, to, web


@web.get("/")
@public
def home() -> AnyResponse:
    """Everybody's own first page; strangers are asked who they are."""
    person = optional_actor()
    return redirect(home_of(person) if person else to("sign_in"), 303)


@web.post("/language")
@public
def switch_language() -> AnyResponse:
    locale = request.form.get("lang", "")
    if locale not in LOCALES:
        raise Invalid(errors={"lang": [N_("We don't speak this language yet.")]})
    answer = back("/")
    remember_language(answer, locale)
    return answer
