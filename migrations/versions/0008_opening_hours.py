"""Stores: opening hours.

Revision ID: 0008
Revises: 0007
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPENS_DAILY = json.dumps({str(weekday): [["10:00", "20:00"]] for weekday in range(7)})


def upgrade() -> None:
    # In SQL text a colon before a letter or digit would be a bound parameter.
    default = sa.text(f"'{OPENS_DAILY}'::jsonb".replace(":", r"\:"))
    op.add_column("store", sa.Column("opening_hours", postgresql.JSONB(), nullable=False, server_default=default))


def downgrade() -> None:
    op.drop_column("store", "opening_hours")
