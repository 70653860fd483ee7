"""Runs of imports and the remembered names of columns. The rows of a run wait in core's staging table."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class State(StrEnum):
    """Where a run stands. MAPPING waits for a person, CHECKED for a yes."""

    WAITING = "waiting"
    CHECKING = "checking"
    MAPPING = "mapping"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"
    DISCARDED = "discarded"


DUE = (State.WAITING, State.CHECKING, State.IMPORTING, State.UNDOING)
"""States in which a worker has something to do."""


class Step(StrEnum):
    READING = "reading"
    JUDGING = "judging"
    APPLYING = "applying"
    UNDOING = "undoing"


class ImportRun(Base):
    """One file on its way in.

    `goes_on`: import what is good as soon as it is checked. `wants_all`: import nothing if a row is wrong. `step_done`
    is the last row of the file that the step has behind it, so that a killed worker's successor continues there.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint("kind in ('customers', 'products', 'purchases', 'staff')", name="kind"),
        CheckConstraint("state in (" + ", ".join(f"'{state}'" for state in State) + ")", name="state"),
        CheckConstraint("step in ('reading', 'judging', 'applying', 'undoing')", name="step"),
        Index("ix_import_run_created_by_id_id", "created_by_id", "id"),
        Index(
            "ix_import_run_due",
            "id",
            postgresql_where=text("state in ('waiting', 'checking', 'importing', 'undoing')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    # Where rows belong that name no store.
    store_id: Mapped[int | None] = mapped_column(ForeignKey("store.id"))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=State.WAITING, server_default="waiting")
    wants_all: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    goes_on: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Kind of file, characters, delimiter, sheet, header and the first rows, once it has been opened.
    table_info: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    # Our column -> place in the header.
    mapping: Mapped[dict[str, Any] | None]
    step: Mapped[str] = mapped_column(default=Step.READING, server_default="reading")
    step_done: Mapped[int] = mapped_column(default=0, server_default="0")
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    last_row: Mapped[int] = mapped_column(default=0, server_default="0")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    # Why the file could not be read: a problem's code and message.
    fault: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]
    # When rows and file were deleted: from then on it can't be undone.
    forgotten_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    leased_until: Mapped[datetime | None]


class ImportMapping(Base):
    """How the columns of a header were understood the last time somebody looked at it."""

    __tablename__ = "import_mapping"

    kind: Mapped[str] = mapped_column(primary_key=True)
    header_key: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
