"""Phone numbers: kept as E.164, shown masked."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

from app.core.errors import Invalid
from app.core.i18n import N_


def parse_e164(text: str, *, region: str = "HK") -> str:
    """Turn what a person typed into E.164, such as "9123 4567" into "+85291234567"; raises Invalid."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise Invalid(errors={"phone": [N_("This is not a phone number.")]}) from error
    if not phonenumbers.is_valid_number(number):
        raise Invalid(errors={"phone": [N_("This phone number does not exist.")]})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=8192)
def mask(number: str | None) -> str:
    """Enough to recognise a number, too little to dial it: "+852 9••• ••67"."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "•••"
    national = str(parsed.national_number)
    hidden = "•" * max(len(national) - 3, 0)
    body = national[0] + hidden + national[-2:]
    half = len(body) // 2
    return f"+{parsed.country_code} {body[:half]} {body[half:]}"


@lru_cache(maxsize=8192)
def country_of(number: str) -> str:
    """ISO region of an E.164 number ("HK"), or "" when unknown."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def format_for_people(number: str) -> str:
    """The number as it is written internationally: "+852 9123 4567"."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
