"""What SMS may do in a country, as data: answers, links, hours, registration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

from app.core.phone import country_of


@dataclass(frozen=True)
class Country:
    """`two_way`: answers reach us. `links`: a text may carry an address. Quiet hours are local."""

    code: str
    two_way: bool
    links: bool
    quiet_from: time = time(21)
    quiet_to: time = time(8)
    registration: str = ""


COUNTRIES = {
    country.code: country
    for country in (
        Country("HK", two_way=True, links=True, registration="sender id registered with OFCA (#)"),
        Country("CN", two_way=False, links=False, registration="signature and template registered beforehand"),
        Country("TW", two_way=False, links=False, quiet_to=time(9), registration="sender overwritten by the carrier"),
        Country("MO", two_way=False, links=True),
        Country("SG", two_way=False, links=True, registration="sender id registered with SGNIC"),
        Country("MY", two_way=False, links=False),
        Country("US", two_way=True, links=True, registration="A2P 10DLC"),
        Country("CA", two_way=True, links=True),
        Country("GB", two_way=True, links=True),
        Country("AU", two_way=True, links=True),
    )
}

# A country we know nothing about gets the text that is safe everywhere: no link, no reply words, a phone number.
CAUTIOUS = Country("", two_way=False, links=False)


def country_for(phone: str) -> Country:
    return COUNTRIES.get(country_of(phone), CAUTIOUS)


def zone_for(phone: str, *, store_zone: str, store_country: str) -> str:
    """The recipient's zone: the store's for a number of the store's country, else where the number lives."""
    if country_of(phone) == store_country:
        return store_zone
    try:
        zones = time_zones_for_number(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return store_zone
    return zones[0] if zones and zones[0] != "Etc/Unknown" else store_zone
