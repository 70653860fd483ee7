"""Notes between colleagues: the same words from the same form are one note.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation_note", sa.Column("dedupe_key", sa.Text()))
    op.create_index(
        "uq_conversation_note_dedupe_key",
        "conversation_note",
        ["dedupe_key"],
        unique=True,
        postgresql_where=sa.text("dedupe_key is not null"),
    )


def downgrade() -> None:
    op.drop_index("uq_conversation_note_dedupe_key", table_name="conversation_note")
    op.drop_column("conversation_note", "dedupe_key")
