"""Tasks change in place: no index looks at their status, and each page keeps room for newer versions of its rows.

A step of a task used to add an entry to each of its nine indexes, because one of them chose its rows by status.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE task SET (fillfactor = 85)")
    _choose_claimable_by("assignee_id IS NULL")


def downgrade() -> None:
    _choose_claimable_by("status = 'open'")
    op.execute("ALTER TABLE task RESET (fillfactor)")


def _choose_claimable_by(rows: str) -> None:
    op.drop_index("ix_task_claimable", "task")
    op.create_index("ix_task_claimable", "task", ["store_id", "window_start", "id"], postgresql_where=sa.text(rows))
