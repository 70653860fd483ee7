"""The words of this slice: the values that columns, schemas and rules share."""

from __future__ import annotations

from enum import StrEnum


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
