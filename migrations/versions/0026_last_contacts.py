"""An index of the contacts that took place, for the nightly run.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_contact_booking_recorded_household_id_day",
        "contact_booking",
        ["household_id", "day"],
        postgresql_where=sa.text("state = 'recorded'"),
    )


def downgrade() -> None:
    op.drop_index("ix_contact_booking_recorded_household_id_day", "contact_booking")
