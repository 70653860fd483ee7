"""The waiting room of imports: rows of a file, read and checked, before and after they are taken over.

The rows of a slice's own tables are written by that slice alone, set-based, from here; so every slice may read and
mark these rows, and none knows who put them here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class StagedRow(Base):
    """One row of the file.

    `key` says what it is about (two rows with one key mean the same thing), `group_key` what it belongs to. `data` is
    what was understood, `faults` what is wrong. `did` and `undo` say what was made of it and how to take it back.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        CheckConstraint("verdict in ('new', 'changed', 'same', 'wrong')", name="verdict"),
        CheckConstraint("did in ('created', 'changed', 'undone')", name="did"),
        Index("ix_import_row_run_id_key_row", "run_id", "key", "row"),
        Index("ix_import_row_run_id_group_key", "run_id", "group_key", postgresql_where=text("group_key is not null")),
        Index("ix_import_row_wrong", "run_id", "row", postgresql_where=text("verdict = 'wrong'")),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None]
    group_key: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    verdict: Mapped[str | None]
    faults: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    target_id: Mapped[int | None] = mapped_column(BigInteger)
    did: Mapped[str | None]
    undo: Mapped[dict[str, Any] | None]
    # Why this row could not be taken back.
    kept: Mapped[str | None]
