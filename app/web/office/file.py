"""What a customer's file holds: the optional fields, each of which a company may do without."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.customers import file_fields
from app.customers.values import OptionalField
from app.people.access import Role
from app.people.auth import requires
from app.web import file_words
from app.web.formats import DEFAULT_ZONE
from app.web.pages import actor, done, moment, page, to, web


@web.route("/office/file", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_file() -> Any:
    if request.method == "GET":
        return page(
            "office/file.html",
            states=file_fields.states(),
            names=file_words.OPTIONAL_FIELDS,
            lists=file_words.OPTIONAL_WORDS,
            keep_days=file_fields.EMPTY_AFTER_DAYS,
            zone=DEFAULT_ZONE,
        )
    wanted = {key: key.value in request.form.getlist("kept") for key in OptionalField}
    with transaction():
        file_fields.switch(wanted, actor=actor(), now=moment())
    return done(_("The files hold what you chose."), to("office_file"))
