"""Tables of proof sheets: addresses that open one, and when they were opened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class ProofLink(Base):
    """An address that shows one task's proof sheet to whoever has it. Of its secret only the hash is kept."""

    __tablename__ = "proof_link"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_by"),
        CheckConstraint("reads >= 0", name="reads"),
        Index("ix_proof_link_task_id_id", "task_id", "id"),
        Index("uq_proof_link_secret_hash", "secret_hash", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    secret_hash: Mapped[str]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reads: Mapped[int] = mapped_column(server_default=text("0"))
    last_read_at: Mapped[datetime | None]


class ProofRead(Base):
    """When a proof sheet was opened by a link, and in which form; never by whom."""

    __tablename__ = "proof_read"
    __table_args__ = (
        CheckConstraint("form IN ('page', 'pdf')", name="form"),
        Index("ix_proof_read_link_id_id", "link_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("proof_link.id"))
    form: Mapped[str]
    read_at: Mapped[datetime]
