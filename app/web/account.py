"""My account: password, other devices, and the keys that other systems use in my name."""

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.core.db import transaction
from app.core.errors import Problem
from app.core.i18n import N_
from app.people import auth, queries, sessions
from app.people.access import Role
from app.people.auth import current_credentials, requires
from app.people.sessions import API_TOKEN_DAYS, MAX_API_TOKEN_DAYS, IssuedToken
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, to, web

TOKEN_MAKERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)


@web.get("/account")
@requires()
def account() -> str:
    return _page()


@web.post("/account/password")
@requires(sessions_only=True)
def change_password() -> AnyResponse | tuple[str, int]:
    form = Reader(request.form)
    old = form.secret("old_password", required=True)
    new = form.secret("password", required=True)
    if new != form.secret("password_again"):
        form.complain("password_again", N_("The two new passwords differ."))
    credentials = current_credentials()
    try:
        form.check()
        with transaction():
            sessions.change_own_password(old, new, token_id=credentials.token_id, actor=credentials.actor, now=moment())
    except Problem as problem:
        return _page(password_form=Form(errors=form_of(request.form, problem).errors)), problem.status
    return done(_("Your password is changed. Other devices have to sign in again."), to("account"))


@web.post("/account/tokens")
@requires(*TOKEN_MAKERS, sessions_only=True)
def create_token() -> str | tuple[str, int]:
    form = Reader(request.form)
    name = form.text("name", required=True, longest=80)
    scopes = form.many("scopes", sorted(auth.known_scopes))
    days = form.integer("days", lowest=1, highest=MAX_API_TOKEN_DAYS) or API_TOKEN_DAYS
    if not scopes:
        form.complain("scopes", N_("Choose at least one."))
    try:
        form.check()
        with transaction():
            key = sessions.create_api_token(
                name=name, scopes=scopes, known_scopes=auth.known_scopes, days=days, actor=actor(), now=moment()
            )
    except Problem as problem:
        return _page(token_form=form_of(request.form, problem)), problem.status
    # Shown in this answer and never again: a redirect would have to keep the key somewhere.
    return _page(new_key=key)


@web.post("/account/tokens/<int:token_id>/revoke")
@requires(*TOKEN_MAKERS, sessions_only=True)
def revoke_token(token_id: int) -> AnyResponse:
    with transaction():
        sessions.revoke_api_token(token_id, actor=actor(), now=moment())
    return done(_("The token no longer opens anything."), to("account"))


def _page(
    *, password_form: Form | None = None, token_form: Form | None = None, new_key: IssuedToken | None = None
) -> str:
    person = queries.staff(actor().id)
    may_make_tokens = actor().role in TOKEN_MAKERS
    return render_template(
        "account.html",
        me=person,
        password_form=password_form or Form(),
        token_form=token_form or Form(values={"days": str(API_TOKEN_DAYS)}),
        may_make_tokens=may_make_tokens,
        tokens=queries.api_tokens(actor=actor(), now=moment()) if may_make_tokens else [],
        scopes=[(scope, scope) for scope in sorted(auth.known_scopes)],
        new_key=new_key,
    )
