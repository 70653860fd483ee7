"""People: stores, staff, keys, shifts and time off."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = postgresql.ARRAY(sa.Text())
MOMENT = sa.DateTime(timezone=True)
LOCALES = "locale in ('zh_Hans', 'zh_Hant', 'en')"


def upgrade() -> None:
    op.create_table(
        "store",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("languages", TEXTS, nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False, server_default=""),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lng", sa.Float(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
        sa.UniqueConstraint("code", name=op.f("uq_store_code")),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_store_country")),
        sa.CheckConstraint(LOCALES, name=op.f("ck_store_locale")),
        sa.CheckConstraint("lat between -90 and 90 and lng between -180 and 180", name=op.f("ck_store_place")),
    )
    op.create_table(
        "skill",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", postgresql.JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_skill")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("languages", TEXTS, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("skills", TEXTS, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("home_store_id", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("session_epoch", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("deactivated_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("phone", name=op.f("uq_staff_phone")),
        sa.ForeignKeyConstraint(["home_store_id"], ["store.id"], name=op.f("fk_staff_home_store_id_store")),
        sa.CheckConstraint("role in ('head_office', 'supervisor', 'associate')", name=op.f("ck_staff_role")),
        sa.CheckConstraint(LOCALES, name=op.f("ck_staff_locale")),
        sa.CheckConstraint(
            "role <> 'associate' or home_store_id is not null", name=op.f("ck_staff_associate_has_home_store")
        ),
    )
    op.create_index(op.f("ix_staff_home_store_id"), "staff", ["home_store_id"])
    op.create_table(
        "staff_store",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "store_id", name=op.f("pk_staff_store")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_store_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_staff_store_store_id_store")),
    )
    op.create_index(op.f("ix_staff_store_store_id"), "staff_store", ["store_id"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, server_default=""),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("scopes", TEXTS, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_api_token_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("kind in ('session', 'cookie', 'api')", name=op.f("ck_api_token_kind")),
    )
    op.create_index(op.f("ix_api_token_staff_id"), "api_token", ["staff_id"])
    op.create_table(
        "sign_in_failure",
        sa.Column("phone_hash", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_tried_at", MOMENT, nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("phone_hash", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_last_tried_at"), "sign_in_failure", ["last_tried_at"])
    op.create_table(
        "shift_pattern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_pattern")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shift_pattern_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_shift_pattern_weekday")),
        sa.CheckConstraint("ends > starts", name=op.f("ck_shift_pattern_order")),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_shift_pattern_validity")),
    )
    op.create_index("ix_shift_pattern_staff_id_valid_from", "shift_pattern", ["staff_id", "valid_from"])
    op.create_table(
        "shift_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_exception")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shift_exception_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("(starts is null) = (ends is null)", name=op.f("ck_shift_exception_both_times")),
        sa.CheckConstraint("ends > starts", name=op.f("ck_shift_exception_order")),
    )
    op.create_index(
        "uq_shift_exception_staff_id_day_starts",
        "shift_exception",
        ["staff_id", "day", "starts"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "time_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("cover_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_time_off_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["cover_id"], ["staff.id"], name=op.f("fk_time_off_cover_id_staff")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_time_off_asked_by_staff")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_time_off_decided_by_staff")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_time_off_order")),
        sa.CheckConstraint("cover_id <> staff_id", name=op.f("ck_time_off_cover_is_another")),
        sa.CheckConstraint("status in ('asked', 'approved', 'declined', 'cancelled')", name=op.f("ck_time_off_status")),
        sa.CheckConstraint("reason in ('leave', 'sick', 'training', 'other')", name=op.f("ck_time_off_reason")),
    )
    op.create_index("ix_time_off_staff_id_starts_at", "time_off", ["staff_id", "starts_at"])
    op.create_index("ix_time_off_cover_id_starts_at", "time_off", ["cover_id", "starts_at"])
    # int4range makes the person comparable in a GiST index without the btree_gist extension.
    op.execute(
        "ALTER TABLE time_off ADD CONSTRAINT ex_time_off_no_overlap EXCLUDE USING gist ("
        "int4range(staff_id, staff_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&"
        ") WHERE (status in ('asked', 'approved'))"
    )


def downgrade() -> None:
    for table in (
        "time_off",
        "shift_exception",
        "shift_pattern",
        "sign_in_failure",
        "api_token",
        "staff_store",
        "staff",
        "skill",
        "store",
    ):
        op.drop_table(table)
