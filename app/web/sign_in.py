"""Coming in and going out."""

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Invalid, Problem
from app.people import auth, sessions
from app.people.access import Actor
from app.people.auth import current_credentials, optional_actor, public, requires
from app.people.errors import SignInLocked, WrongPhoneOrPassword
from app.people.models import TokenKind
from app.web.forms import Form, Reader, form_of
from app.web.navigation import home_of
from app.web.pages import moment, own_address, to, web

OPEN_TO_ASSOCIATES = ("/m", "/account")


@web.get("/sign-in")
@public
def sign_in() -> str | AnyResponse:
    person = optional_actor()
    if person:
        return redirect(_destination(person), 303)
    return render_template("sign_in.html", form=Form(), next=own_address(request.args.get("next"), ""), paused=False)


@web.post("/sign-in", endpoint="enter")
@public
@auth.limits_sign_in
def enter() -> AnyResponse | tuple[str, int, dict[str, str]]:
    form = Reader(request.form)
    phone = form.text("phone", required=True, longest=40)
    password = form.secret("password", required=True)
    try:
        form.check()
        auth.sign_in(phone, password, kind=TokenKind.COOKIE)
    except (WrongPhoneOrPassword, SignInLocked, Invalid) as problem:
        return _not_in(problem)
    return redirect(_destination(current_credentials().actor), 303)


@web.post("/sign-out")
@requires()
def sign_out() -> AnyResponse:
    auth.sign_out()
    flash(_("You are signed out."), "ok")
    return redirect(to("sign_in"), 303)


@web.post("/sign-out-everywhere")
@requires(sessions_only=True)
def sign_out_everywhere() -> AnyResponse:
    """Ends every session and every token: for a lost phone or a password that somebody else may know."""
    credentials = current_credentials()
    with transaction():
        sessions.close_all_sessions(credentials.actor.id, actor=credentials.actor, now=moment())
    auth.forget_cookie()
    flash(_("You are signed out on every device."), "ok")
    return redirect(to("sign_in"), 303)


def _destination(person: Actor) -> str:
    wanted = own_address(request.values.get("next"), "")
    if person.is_associate and not wanted.startswith(OPEN_TO_ASSOCIATES):
        return home_of(person)
    return wanted or home_of(person)


def _not_in(problem: Problem) -> tuple[str, int, dict[str, str]]:
    form = form_of(request.form, problem)
    form.values.pop("password", None)
    page = render_template(
        "sign_in.html",
        form=form,
        next=own_address(request.form.get("next"), ""),
        paused=isinstance(problem, SignInLocked),
    )
    headers = {"Retry-After": str(problem.extra["retry_after"])} if "retry_after" in problem.extra else {}
    return page, problem.status, headers
