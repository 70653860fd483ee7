"""The words of this slice: the values that columns, schemas and rules share."""

from __future__ import annotations

import re
from enum import StrEnum

BARCODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,31}")
"""What is printed below the bars or held by the square: EAN, UPC, or letters of our own."""


class ChangeKind(StrEnum):
    """What became of a purchase after it was recorded."""

    CORRECTION = "correction"
    RETURN = "return"


class MovementKind(StrEnum):
    """Why the stock of a product changed."""

    COUNT = "count"
    SOLD = "sold"
    RETURNED = "returned"
    TAKEN = "taken"


class ReservationState(StrEnum):
    HELD = "held"
    TAKEN = "taken"
    RELEASED = "released"
    EXPIRED = "expired"


class Basis(StrEnum):
    """What a run-out day rests on: the label and the daily amount, reorders that correct it, or reorders alone."""

    LABEL = "label"
    MEASURED = "measured"
    REORDER = "reorder"


def one_of(column: str, values: type[StrEnum]) -> str:
    """A check constraint's text; `values` are ours."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"
