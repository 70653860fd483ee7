"""Notes and complaints that a phone without signal tells later: their own time, and "at the door" as a source.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BEFORE = "source in ('sms', 'page', 'phone', 'office')"
NOW = "source in ('sms', 'page', 'phone', 'office', 'visit')"


def upgrade() -> None:
    op.add_column("customer_note", sa.Column("written_at", sa.DateTime(timezone=True), nullable=True))
    _let(NOW)


def downgrade() -> None:
    op.drop_column("customer_note", "written_at")
    op.execute("UPDATE complaint SET source = 'office' WHERE source = 'visit'")
    # The trigger keeps statements as they were said; going back, "visit" has no name there.
    op.execute("ALTER TABLE complaint_statement DISABLE TRIGGER USER")
    op.execute("UPDATE complaint_statement SET source = 'office' WHERE source = 'visit'")
    op.execute("ALTER TABLE complaint_statement ENABLE TRIGGER USER")
    _let(BEFORE)


def _let(sources: str) -> None:
    for table in ("complaint", "complaint_statement"):
        op.drop_constraint(f"ck_{table}_source", table, type_="check")
        op.create_check_constraint(f"ck_{table}_source", table, sources)
