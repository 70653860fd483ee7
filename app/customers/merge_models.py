"""Files that may be the same person's, merges of files, and what each merge moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class DuplicatePair(Base):
    """Two files that look like one person's, with what speaks for it; or that a person has told apart for good."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="order"),
        CheckConstraint("state in ('open', 'different')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="decided"),
        Index("ix_duplicate_pair_high_id", "high_id"),
        Index("ix_duplicate_pair_open", "score", "low_id", "high_id", postgresql_where=text("state = 'open'")),
    )

    low_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True, autoincrement=False)
    high_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True, autoincrement=False)
    score: Mapped[int] = mapped_column(SmallInteger)
    evidence: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class CustomerMerge(Base):
    """One file went into another: the tombstone of `gone_id` while it is not undone.

    The row of the file itself is kept in `gone`, so that no list, plan or report can meet it by mistake, and so that
    the database refuses a merge that forgets something which still points there.
    """

    __tablename__ = "customer_merge"
    __table_args__ = (
        CheckConstraint("gone_id <> into_id", name="two_files"),
        CheckConstraint("undone_at is not null or undone_by_id is null", name="undone"),
        Index("uq_customer_merge_gone_id", "gone_id", unique=True, postgresql_where=text("undone_at is null")),
        Index("ix_customer_merge_kept_id", "kept_id"),
        Index("ix_customer_merge_store_id_id", "store_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    gone_id: Mapped[int]
    # Into which file it went; `kept_id` is the one that holds it now, after further merges.
    into_id: Mapped[int]
    kept_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    gone_name: Mapped[str]
    gone: Mapped[dict[str, Any]]
    # Field -> [before, after] of the file that stays.
    changes: Mapped[dict[str, Any]]
    # Table -> how many rows were moved.
    moved: Mapped[dict[str, Any]]
    merged_at: Mapped[datetime]
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class CustomerMergeStep(Base):
    """What one statement of a merge did, with all that is needed to take it back."""

    __tablename__ = "customer_merge_step"
    __table_args__ = (
        CheckConstraint("kind in ('moved', 'changed', 'deleted')", name="kind"),
        Index("ix_customer_merge_step_merge_id_id", "merge_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    merge_id: Mapped[int] = mapped_column(ForeignKey("customer_merge.id"))
    kind: Mapped[str]
    table_name: Mapped[str]
    column_name: Mapped[str] = mapped_column(default="", server_default="")
    old_id: Mapped[int | None]
    new_id: Mapped[int | None]
    # Keys of moved rows; whole rows of deleted ones; {"before", "after"} of changed ones.
    rows: Mapped[list[Any]]
