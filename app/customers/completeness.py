"""How complete a file is: what an associate would be glad to know before ringing the bell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.core.i18n import N_


class File(Protocol):
    """What the rule looks at; the customer row fits."""

    @property
    def phone(self) -> str | None: ...
    @property
    def address(self) -> str: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def dialect(self) -> str | None: ...
    @property
    def gender(self) -> str | None: ...
    @property
    def birthday_month(self) -> int | None: ...
    @property
    def owner_id(self) -> int | None: ...
    @property
    def preferences(self) -> str: ...
    @property
    def tags(self) -> list[str]: ...
    @property
    def sizes(self) -> dict[str, str]: ...


LABELS = {
    "phone": N_("phone"),
    "address": N_("address"),
    "position": N_("place on the map"),
    "dialect": N_("dialect"),
    "gender": N_("gender"),
    "birthday": N_("birthday"),
    "preferences": N_("preferences"),
    "sizes": N_("sizes"),
    "owner": N_("owner"),
}


@dataclass(frozen=True)
class Completeness:
    percent: int
    missing: tuple[str, ...]


def completeness(file: File) -> Completeness:
    """Every item weighs the same; `missing` holds keys of LABELS in their order."""
    known = {
        "phone": bool(file.phone),
        "address": bool(file.address),
        "position": file.lat is not None,
        "dialect": bool(file.dialect),
        "gender": bool(file.gender),
        "birthday": file.birthday_month is not None,
        "preferences": bool(file.preferences or file.tags),
        "sizes": bool(file.sizes),
        "owner": file.owner_id is not None,
    }
    missing = tuple(key for key in LABELS if not known[key])
    return Completeness(percent=round(100 * (len(LABELS) - len(missing)) / len(LABELS)), missing=missing)
