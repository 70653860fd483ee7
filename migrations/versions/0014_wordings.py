"""Wordings: when each was last used is one look into an index, however many texts there are.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_message_template_id_created_at",
        "message",
        ["template_id", "created_at"],
        postgresql_where=sa.text("template_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_message_template_id_created_at", table_name="message")
