"""What SMS may do in a country, over HTTP."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.messaging import country_book
from app.messaging.country_schemas import AddSmsCountry, ChangeSmsCountry, SmsCountryFile, SmsCountryList
from app.messaging.models import SmsCountry
from app.people.access import Role
from app.people.auth import current_actor, requires

blp = Blueprint("sms_countries", __name__, description="What SMS may do in a country: hours, answers, links, price")

ONE = "/sms-countries/<string(length=2):code>"


@blp.route("/sms-countries")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@blp.response(200, SmsCountryList)
def sms_countries() -> dict[str, Any]:
    """All countries we know rules for, by code. Everywhere else texts go with care: no links, no offers."""
    return {"items": country_book.countries_in_order(), "next_cursor": None}


@blp.route("/sms-countries", methods=["POST"])
@requires(Role.HEAD_OFFICE)
@idempotent
@blp.arguments(AddSmsCountry)
@blp.response(201, SmsCountryFile)
@problems(blp, 409, 422)
def add_sms_country(body: dict[str, Any]) -> dict[str, Any]:
    """Enter a country."""
    code = body.pop("code")
    return _file(country_book.add(code, body, actor=current_actor(), now=clock.now()))


@blp.route(ONE)
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@blp.response(200, SmsCountryFile)
@problems(blp, 404)
def sms_country(code: str) -> dict[str, Any]:
    """One country with the history of its rules."""
    return _file(country_book.country(code))


@blp.route(ONE, methods=["PUT"])
@requires(Role.HEAD_OFFICE)
@idempotent
@blp.arguments(ChangeSmsCountry)
@blp.response(200, SmsCountryFile)
@problems(blp, 404, 409, 422)
def change_sms_country(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Change the rules of a country; they hold from the next claim of waiting texts on."""
    version = body.pop("version")
    return _file(country_book.change(code, body, version=version, actor=current_actor(), now=clock.now()))


def _file(row: SmsCountry) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in SmsCountry.__table__.columns}
    return values | {"history": country_book.history(row.code)}
