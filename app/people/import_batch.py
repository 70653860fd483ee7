"""What an import asks of a slice, and the stretch of staged rows that it hands over at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.core.columns import CELL_FAULTS, Column, Fault, FaultWords
from app.core.i18n import N_
from app.people.access import Actor

COMMON_FAULTS: Mapping[str, FaultWords] = {
    **CELL_FAULTS,
    "twice": FaultWords(
        N_("Row %(row)s of this file is about the same."), N_("Keep one of the two rows and delete the other.")
    ),
    "no-such-store": FaultWords(
        N_("There is no such store, or it is not yours."), N_("Use the store’s code as head office wrote it.")
    ),
    "changed-meanwhile": FaultWords(
        N_("Somebody else changed the same thing while the import ran."), N_("Import this row once more.")
    ),
}

USED = "used"
CHANGED_SINCE = "changed-since"
STOCK_MOVED = "stock-moved"
KEPT_WORDS: Mapping[str, str] = {
    USED: N_("It has been used since: something else refers to it."),
    CHANGED_SINCE: N_("Somebody has changed it since."),
    STOCK_MOVED: N_("Its goods have been booked out of the stock."),
}
"""Why a row of an import that is taken back stays."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows `first` to `last` of a run. `file` names where they came from, for whoever asks later."""

    run_id: int
    first: int
    last: int
    actor: Actor
    now: datetime
    file: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """Bound parameters that all statements over a batch share."""
        return {"run": self.run_id, "first": self.first, "last": self.last, "now": self.now}


@dataclass(frozen=True)
class Checked:
    """One row as understood by itself, before anything is looked up for all rows at once."""

    key: str | None
    data: dict[str, Any]
    faults: list[Fault]
    group_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """For whom and for which store the file is read."""

    actor: Actor
    now: datetime
    store_id: int | None = None
    source: str = ""


RowCheck = Callable[[Mapping[str, str]], Checked]


def _nothing(_batch: Batch) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class ImportKind:
    """How a slice takes in a table.

    `prepare` reads what every row needs and gives the check of one row. `judge` gives the rows of a batch that are not
    wrong their verdict. `apply` judges again and takes over what is new or changed. `undo` takes back what `apply` did
    and marks what has to stay. Each is called in a transaction and may run twice over the same rows.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    faults: Mapping[str, FaultWords]
    prepare: Callable[[Setting], RowCheck]
    judge: Callable[[Batch], None]
    apply: Callable[[Batch], None]
    undo: Callable[[Batch], None]
    finish: Callable[[Batch], None] = field(default=_nothing)
    for_supervisors: bool = False
