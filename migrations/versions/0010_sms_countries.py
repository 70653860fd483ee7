"""What SMS may do in a country, as rows; consent for care texts; texts about restricted products or looked at.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCOPES = "scope in ('all', 'care', 'promotion')"
OLD_SCOPES = "scope in ('all', 'promotion')"
TO_CHECK, NOT_NEEDED = "to_check", "not_needed"

# code, two-way, links, promotions, registration, price per segment in USD.
# Prices are starting values for previews of cost, to be replaced by those of the contract.
COUNTRIES = (
    ("HK", True, True, True, TO_CHECK, "0.0499"),
    ("CN", False, False, False, TO_CHECK, "0.0385"),
    ("TW", False, False, True, NOT_NEEDED, "0.0481"),
    ("MO", False, True, True, NOT_NEEDED, "0.0263"),
    ("SG", False, True, True, TO_CHECK, "0.0435"),
    ("MY", False, False, True, NOT_NEEDED, "0.0602"),
    ("US", True, True, True, TO_CHECK, "0.0083"),
    ("CA", True, True, True, NOT_NEEDED, "0.0083"),
    ("GB", True, True, True, NOT_NEEDED, "0.0524"),
    ("AU", True, True, True, NOT_NEEDED, "0.0515"),
)


def upgrade() -> None:
    _countries()
    for table in ("consent", "consent_event"):
        op.drop_constraint(f"ck_{table}_scope", table)
        op.create_check_constraint(op.f(f"ck_{table}_scope"), table, SCOPES)
    _messages()


def _messages() -> None:
    op.add_column("message", sa.Column("is_restricted", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("message", sa.Column("handled_at", sa.DateTime(timezone=True)))
    op.add_column("message", sa.Column("handled_by_id", sa.Integer()))
    op.create_foreign_key("fk_message_handled_by_id_staff", "message", "staff", ["handled_by_id"], ["id"])
    op.create_index(
        "ix_message_stopped",
        "message",
        ["ended_at"],
        postgresql_where=sa.text("state in ('suppressed', 'expired', 'canceled')"),
    )


def _countries() -> None:
    table = op.create_table(
        "sms_country",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sends", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("two_way", sa.Boolean(), nullable=False),
        sa.Column("links", sa.Boolean(), nullable=False),
        sa.Column("promotions", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("quiet_from", sa.Time(), server_default=sa.text("'21:00'"), nullable=False),
        sa.Column("quiet_to", sa.Time(), server_default=sa.text("'08:00'"), nullable=False),
        sa.Column("proactive_from", sa.Time(), server_default=sa.text("'09:00'"), nullable=False),
        sa.Column("proactive_to", sa.Time(), server_default=sa.text("'20:00'"), nullable=False),
        sa.Column("pause_from", sa.Time()),
        sa.Column("pause_to", sa.Time()),
        sa.Column("registration_status", sa.Text(), server_default="to_check", nullable=False),
        sa.Column("registration", sa.Text(), server_default="", nullable=False),
        sa.Column("price_per_segment", sa.Numeric(10, 5), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.Text(), server_default="USD", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("code ~ '^[A-Z]{2}$'", name="ck_sms_country_code"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_sms_country_currency"),
        sa.CheckConstraint("price_per_segment >= 0", name="ck_sms_country_price_per_segment"),
        sa.CheckConstraint("quiet_from <> quiet_to", name="ck_sms_country_quiet_hours"),
        sa.CheckConstraint("proactive_from < proactive_to", name="ck_sms_country_proactive_hours"),
        sa.CheckConstraint("(pause_from is null) = (pause_to is null)", name="ck_sms_country_pause"),
        sa.CheckConstraint(
            "registration_status in ('not_needed', 'to_check', 'registered', 'missing')",
            name="ck_sms_country_registration_status",
        ),
        sa.PrimaryKeyConstraint("code", name="pk_sms_country"),
    )
    names = ("code", "two_way", "links", "promotions", "registration_status", "price_per_segment")
    op.bulk_insert(table, [dict(zip(names, row, strict=True)) for row in COUNTRIES])
    # Offers are banned there at night until nine and over the midday rest.
    op.execute("UPDATE sms_country SET quiet_to = '09:00', pause_from = '12:30', pause_to = '13:30' WHERE code = 'TW'")


def downgrade() -> None:
    op.drop_index("ix_message_stopped", table_name="message")
    op.drop_column("message", "handled_by_id")
    op.drop_column("message", "handled_at")
    op.drop_column("message", "is_restricted")
    for table in ("consent", "consent_event"):
        if table == "consent":
            op.execute("DELETE FROM consent WHERE scope = 'care'")
        op.drop_constraint(f"ck_{table}_scope", table)
    op.create_check_constraint(op.f("ck_consent_scope"), "consent", OLD_SCOPES)
    # What was said stays written down: older rows are not checked again.
    op.execute(f"ALTER TABLE consent_event ADD CONSTRAINT ck_consent_event_scope CHECK ({OLD_SCOPES}) NOT VALID")
    op.drop_table("sms_country")
