"""Customers: household, file, owner history, notes, consent, contact ledger.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # btree_gist: one constraint over a household and a span of days; pg_trgm: search inside names and numbers.
    # Both are trusted extensions: the owner of the database may create them.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _files()
    _consent()
    _contact_ledger()


def _files() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_household_store_id_store"),
    )
    op.create_index("ix_household_store_id", "household", ["store_id"])
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("household_id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.Integer),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("dialect", sa.Text),
        sa.Column("gender", sa.Text),
        sa.Column("birthday_calendar", sa.Text),
        sa.Column("birthday_year", sa.Integer),
        sa.Column("birthday_month", sa.Integer),
        sa.Column("birthday_day", sa.Integer),
        sa.Column("address", sa.Text, nullable=False, server_default=""),
        sa.Column("district", sa.Text, nullable=False, server_default=""),
        sa.Column("lat", sa.Float),
        sa.Column("lng", sa.Float),
        sa.Column("tags", postgresql.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'::text[]")),
        sa.Column("preferences", sa.Text, nullable=False, server_default=""),
        sa.Column("sizes", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("tier", sa.Text, nullable=False, server_default="ordinary"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
        sa.UniqueConstraint("phone", name="uq_customer_phone"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_customer_household_id_household"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_customer_store_id_store"),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name="fk_customer_owner_id_staff"),
        sa.CheckConstraint("length(btrim(name)) > 0", name="ck_customer_name_not_blank"),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{5,14}$'", name="ck_customer_phone_e164"),
        sa.CheckConstraint("locale in ('zh_Hans', 'zh_Hant', 'en')", name="ck_customer_locale"),
        sa.CheckConstraint("gender in ('female', 'male', 'other')", name="ck_customer_gender"),
        sa.CheckConstraint("tier in ('core', 'important', 'ordinary')", name="ck_customer_tier"),
        sa.CheckConstraint("birthday_calendar in ('solar', 'lunar')", name="ck_customer_birthday_calendar"),
        sa.CheckConstraint(
            "(birthday_month is null and birthday_day is null and birthday_calendar is null and birthday_year is null)"
            " or (birthday_month between 1 and 12 and birthday_day between 1 and 31 and birthday_calendar is not null)",
            name="ck_customer_birthday_whole",
        ),
        sa.CheckConstraint("(lat is null) = (lng is null)", name="ck_customer_position_whole"),
        sa.CheckConstraint("lat between -90 and 90 and lng between -180 and 180", name="ck_customer_position_on_earth"),
    )
    op.create_index("ix_customer_household_id", "customer", ["household_id"])
    op.create_index("ix_customer_store_id_name_key_id", "customer", ["store_id", "name_key", "id"])
    op.create_index("ix_customer_owner_id_name_key_id", "customer", ["owner_id", "name_key", "id"])
    op.create_index("ix_customer_name_key_id", "customer", ["name_key", "id"])
    op.create_index("ix_customer_tags", "customer", ["tags"], postgresql_using="gin")
    for column in ("name", "phone"):
        op.create_index(
            f"ix_customer_{column}_trgm",
            "customer",
            [column],
            postgresql_using="gin",
            postgresql_ops={column: "gin_trgm_ops"},
        )
    op.create_table(
        "owner_history",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.Integer),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("changed_by_kind", sa.Text, nullable=False),
        sa.Column("changed_by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_owner_history"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_owner_history_customer_id_customer"),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name="fk_owner_history_owner_id_staff"),
        sa.CheckConstraint("until is null or until >= since", name="ck_owner_history_order"),
    )
    op.create_index("ix_owner_history_customer_id_since", "owner_history", ["customer_id", "since"])
    op.create_index(
        "uq_owner_history_open",
        "owner_history",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "customer_note",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("author_kind", sa.Text, nullable=False),
        sa.Column("author_id", sa.Integer),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer_note"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_customer_note_customer_id_customer"),
        sa.CheckConstraint("length(btrim(text)) > 0", name="ck_customer_note_text_not_blank"),
    )
    op.create_index("ix_customer_note_customer_id_created_at_id", "customer_note", ["customer_id", "created_at", "id"])


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
        sa.UniqueConstraint("phone", "channel", "scope", name="uq_consent_phone_channel_scope"),
        sa.CheckConstraint("channel in ('sms', 'call')", name="ck_consent_channel"),
        sa.CheckConstraint("scope in ('all', 'promotion')", name="ck_consent_scope"),
        sa.CheckConstraint("state in ('in', 'out')", name="ck_consent_state"),
    )
    op.create_table(
        "consent_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("collector_kind", sa.Text, nullable=False),
        sa.Column("collector_id", sa.Integer),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_event"),
        sa.CheckConstraint("channel in ('sms', 'call')", name="ck_consent_event_channel"),
        sa.CheckConstraint("scope in ('all', 'promotion')", name="ck_consent_event_scope"),
        sa.CheckConstraint("state in ('in', 'out')", name="ck_consent_event_state"),
        sa.CheckConstraint(
            "source in ('sms', 'page', 'office', 'api', 'provider', 'import')", name="ck_consent_event_source"
        ),
    )
    op.create_index("ix_consent_event_phone_occurred_at", "consent_event", ["phone", "occurred_at"])
    op.execute(
        """
        CREATE FUNCTION consent_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'consent_event is append-only: write a new event';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER consent_event_append_only BEFORE UPDATE OR DELETE ON consent_event
        FOR EACH ROW EXECUTE FUNCTION consent_event_is_append_only()
        """
    )


def _contact_ledger() -> None:
    op.create_table(
        "contact_rule",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("store_id", sa.Integer),
        sa.Column("gap_days", sa.Integer, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_rule"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name="fk_contact_rule_store_id_store"),
        sa.CheckConstraint("gap_days between 1 and 366", name="ck_contact_rule_gap_days"),
    )
    op.create_index(
        "uq_contact_rule_store_id", "contact_rule", ["store_id"], unique=True, postgresql_nulls_not_distinct=True
    )
    op.execute("INSERT INTO contact_rule (store_id, gap_days, changed_at) VALUES (NULL, 7, now())")
    op.create_table(
        "contact_booking",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("household_id", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("gap_days", sa.Integer, nullable=False),
        sa.Column("origin_key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="reserved"),
        sa.Column("reserved_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT),
        sa.Column("released_at", MOMENT),
        sa.Column("release_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_contact_booking"),
        sa.UniqueConstraint("origin_key", name="uq_contact_booking_origin_key"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_contact_booking_household_id_household"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_contact_booking_customer_id_customer"),
        sa.CheckConstraint(
            "kind in ('recovery', 'replenishment', 'birthday', 'after_purchase', 'festival', 'milestone', 'cadence',"
            " 'win_back', 'personal', 'promotion')",
            name="ck_contact_booking_kind",
        ),
        sa.CheckConstraint("state in ('reserved', 'recorded', 'released')", name="ck_contact_booking_state"),
        sa.CheckConstraint("gap_days between 1 and 366", name="ck_contact_booking_gap_days"),
        sa.CheckConstraint("(state = 'recorded') = (recorded_at is not null)", name="ck_contact_booking_recorded"),
        sa.CheckConstraint("(state = 'released') = (released_at is not null)", name="ck_contact_booking_released"),
        postgresql.ExcludeConstraint(
            (sa.Column("household_id"), "="),
            (sa.text("daterange(day, day + gap_days)"), "&&"),
            using="gist",
            where=sa.text("state = 'reserved'"),
            name="ex_contact_booking_one_in_the_gap",
        ),
    )
    op.create_index("ix_contact_booking_customer_id", "contact_booking", ["customer_id"])
    op.create_index("ix_contact_booking_household_id_day", "contact_booking", ["household_id", "day"])


def downgrade() -> None:
    for table in (
        "contact_booking",
        "contact_rule",
        "consent_event",
        "consent",
        "customer_note",
        "owner_history",
        "customer",
        "household",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION consent_event_is_append_only()")
