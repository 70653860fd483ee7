"""Members of a household with their guardian's consent; optional fields of the file that a company may switch off.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

OCCUPATIONS = (
    "office",
    "manager",
    "self_employed",
    "service",
    "sales",
    "trade",
    "driver",
    "health",
    "education",
    "public_service",
    "creative",
    "student",
    "homemaker",
    "retired",
    "other",
)
INDUSTRIES = (
    "manufacturing",
    "construction",
    "retail",
    "catering",
    "transport",
    "finance",
    "property",
    "technology",
    "media",
    "education",
    "health",
    "public",
    "agriculture",
    "services",
    "other",
)
INCOME_BANDS = ("under_10k", "10k_to_20k", "20k_to_40k", "40k_to_80k", "over_80k")
CHANNELS = ("in_person", "paper", "phone", "sms", "page")


def one_of(column: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


def upgrade() -> None:
    _members()
    _optional_fields()


def _members() -> None:
    op.create_table(
        "household_member",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("household_id", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Integer),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Date),
        sa.Column("guardian_consent_text", sa.Text),
        sa.Column("guardian_consent_channel", sa.Text),
        sa.Column("guardian_consent_at", MOMENT),
        sa.Column("guardian_consent_collector_id", sa.Integer),
        sa.Column("consent_withdrawn_at", MOMENT),
        sa.Column("anonymised_at", MOMENT),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household_member"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_household_member_household_id_household"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_household_member_customer_id_customer"),
        sa.ForeignKeyConstraint(
            ["guardian_consent_collector_id"],
            ["staff.id"],
            name="fk_household_member_guardian_consent_collector_id_staff",
        ),
        sa.CheckConstraint(
            one_of("relation", ("baby", "child", "partner", "parent", "other")), name="ck_household_member_relation"
        ),
        sa.CheckConstraint(
            one_of("guardian_consent_channel", CHANNELS), name="ck_household_member_guardian_consent_channel"
        ),
        sa.CheckConstraint(
            "(guardian_consent_text is null) = (guardian_consent_at is null)"
            " and (guardian_consent_channel is null) = (guardian_consent_at is null)",
            name="ck_household_member_guardian_consent_whole",
        ),
        sa.CheckConstraint(
            "consent_withdrawn_at is null or guardian_consent_at is not null",
            name="ck_household_member_withdrawn_was_given",
        ),
        sa.CheckConstraint(
            "(anonymised_at is null and length(btrim(name)) > 0)"
            " or (anonymised_at is not null and name = '' and birth_date is null and customer_id is null)",
            name="ck_household_member_anonymised_knows_nothing",
        ),
    )
    op.create_index("ix_household_member_household_id", "household_member", ["household_id"])
    op.create_index(
        "uq_household_member_customer_id",
        "household_member",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("customer_id is not null"),
    )
    op.create_index(
        "ix_household_member_birth_date",
        "household_member",
        ["birth_date"],
        postgresql_where=sa.text("birth_date is not null"),
    )
    op.create_table(
        "member_consent_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("member_id", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("collector_kind", sa.Text, nullable=False),
        sa.Column("collector_id", sa.Integer),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_member_consent_event"),
        sa.ForeignKeyConstraint(
            ["member_id"], ["household_member.id"], name="fk_member_consent_event_member_id_household_member"
        ),
        sa.CheckConstraint("state in ('in', 'out')", name="ck_member_consent_event_state"),
        sa.CheckConstraint(one_of("channel", CHANNELS), name="ck_member_consent_event_channel"),
    )
    op.create_index("ix_member_consent_event_member_id_id", "member_consent_event", ["member_id", "id"])
    op.execute(
        """
        CREATE FUNCTION member_consent_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'member_consent_event is append-only: write a new event';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER member_consent_event_append_only BEFORE UPDATE OR DELETE ON member_consent_event
        FOR EACH ROW EXECUTE FUNCTION member_consent_event_is_append_only()
        """
    )


def _optional_fields() -> None:
    op.add_column("customer", sa.Column("occupation", sa.Text))
    op.add_column("customer", sa.Column("industry", sa.Text))
    op.add_column("customer", sa.Column("income_band", sa.Text))
    op.create_check_constraint("ck_customer_occupation", "customer", one_of("occupation", OCCUPATIONS))
    op.create_check_constraint("ck_customer_industry", "customer", one_of("industry", INDUSTRIES))
    op.create_check_constraint("ck_customer_income_band", "customer", one_of("income_band", INCOME_BANDS))
    op.create_table(
        "file_field",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by_id", sa.Integer),
        # When what stood in the files was deleted, after the field had been off for long enough.
        sa.Column("emptied_at", MOMENT),
        sa.PrimaryKeyConstraint("key", name="pk_file_field"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["staff.id"], name="fk_file_field_changed_by_id_staff"),
        sa.CheckConstraint("key in ('occupation', 'industry', 'income_band')", name="ck_file_field_key"),
        sa.CheckConstraint("emptied_at is null or not is_on", name="ck_file_field_emptied"),
    )


def downgrade() -> None:
    op.drop_table("file_field")
    for name in ("income_band", "industry", "occupation"):
        op.drop_constraint(f"ck_customer_{name}", "customer", type_="check")
        op.drop_column("customer", name)
    op.drop_table("member_consent_event")
    op.execute("DROP FUNCTION member_consent_event_is_append_only()")
    op.drop_table("household_member")
