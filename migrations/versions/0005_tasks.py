"""Tasks: checklists, tasks with lines, answers, history and evidence, promises, held work."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REASONS = (
    "reason IN ('after_purchase', 'care', 'replenishment', 'birthday', 'festival', "
    "'milestone', 'lapsed', 'complaint', 'promotion', 'other')"
)
FROZEN = ("checklist_version", "task_history")


def upgrade() -> None:
    op.create_table(
        "checklist_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("current_version_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            REASONS,
            name=op.f("ck_checklist_template_reason"),
        ),
        sa.CheckConstraint(
            "task_type IN ('home_visit', 'delivery', 'callback')", name=op.f("ck_checklist_template_task_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_template")),
        sa.UniqueConstraint("key", name=op.f("uq_checklist_template_key")),
        sa.UniqueConstraint("task_type", "reason", name=op.f("uq_checklist_template_task_type_reason")),
    )
    op.create_table(
        "checklist_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["staff.id"], name=op.f("fk_checklist_version_published_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["checklist_template.id"], name=op.f("fk_checklist_version_template_id_checklist_template")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_version")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_checklist_version_template_id_number")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "number",
            sa.Text(),
            sa.Computed("'T' || lpad(id::text, greatest(6, length(id::text)), '0')", persisted=True),
            nullable=False,
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("former_assignee_ids", sa.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("door_code", sa.Text(), nullable=True),
        sa.Column("origin_key", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("checklist_version_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("end_note", sa.Text(), nullable=True),
        sa.Column("endings", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("door_code_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rated_heart", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(status IN ('completed', 'partly', 'failed', 'cancelled')) = (ended_at IS NOT NULL)",
            name=op.f("ck_task_ended_at"),
        ),
        sa.CheckConstraint("(type = 'delivery') = (direction IS NOT NULL)", name=op.f("ck_task_direction_of_delivery")),
        sa.CheckConstraint("direction IN ('bring', 'collect', 'return')", name=op.f("ck_task_direction")),
        sa.CheckConstraint("link IN ('carried', 'follow_up')", name=op.f("ck_task_link")),
        sa.CheckConstraint(
            REASONS,
            name=op.f("ck_task_reason"),
        ),
        sa.CheckConstraint("status <> 'open' OR assignee_id IS NULL", name=op.f("ck_task_open_is_unassigned")),
        sa.CheckConstraint(
            "status IN ('open', 'assigned', 'active', 'completed', 'partly', 'failed', 'cancelled')",
            name=op.f("ck_task_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('assigned', 'active', 'completed', 'partly', 'failed') OR assignee_id IS NOT NULL",
            name=op.f("ck_task_work_has_assignee"),
        ),
        sa.CheckConstraint("type IN ('home_visit', 'delivery', 'callback')", name=op.f("ck_task_type")),
        sa.CheckConstraint("(parent_id IS NULL) = (link IS NULL)", name=op.f("ck_task_link_of_parent")),
        sa.CheckConstraint("expected_minutes BETWEEN 1 AND 1440", name=op.f("ck_task_expected_minutes")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_task_rating")),
        sa.CheckConstraint("window_end > window_start", name=op.f("ck_task_window")),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name=op.f("fk_task_assignee_id_staff")),
        sa.ForeignKeyConstraint(
            ["checklist_version_id"],
            ["checklist_version.id"],
            name=op.f("fk_task_checklist_version_id_checklist_version"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_task_customer_id_customer")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["staff.id"], name=op.f("fk_task_ended_by_id_staff")),
        sa.ForeignKeyConstraint(["parent_id"], ["task.id"], name=op.f("fk_task_parent_id_task")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_task_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("number", name=op.f("uq_task_number")),
        sa.UniqueConstraint("origin_key", name=op.f("uq_task_origin_key")),
    )
    op.create_index("ix_task_assignee_id_window_start_id", "task", ["assignee_id", "window_start", "id"], unique=False)
    op.create_index(
        "ix_task_claimable",
        "task",
        ["store_id", "window_start", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("ix_task_customer_id_window_start_id", "task", ["customer_id", "window_start", "id"], unique=False)
    op.create_index(
        "ix_task_former_assignee_ids", "task", ["former_assignee_ids"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_task_parent_id", "task", ["parent_id"], unique=False, postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.create_index("ix_task_store_id_window_start_id", "task", ["store_id", "window_start", "id"], unique=False)
    op.create_table(
        "task_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=True),
        sa.CheckConstraint("(delivered IS NULL) = (refused IS NULL)", name=op.f("ck_task_line_outcome_together")),
        sa.CheckConstraint(
            "delivered >= 0 AND refused >= 0 AND delivered + refused <= quantity", name=op.f("ck_task_line_outcome")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_task_line_quantity")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_task_line_product_id_product")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_line_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_line")),
    )
    op.create_index("ix_task_line_task_id", "task_line", ["task_id"], unique=False)
    op.create_table(
        "task_answer",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_task_answer_staff_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_answer_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "item_key", name=op.f("pk_task_answer")),
    )
    op.create_table(
        "task_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("on_behalf_of_id", sa.Integer(), nullable=True),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("new", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["staff.id"], name=op.f("fk_task_history_on_behalf_of_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_history_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_history")),
    )
    op.create_index("ix_task_history_task_id_id", "task_history", ["task_id", "id"], unique=False)
    op.create_table(
        "blob",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("original_sha256", sa.Text(), nullable=False),
        sa.Column("original_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("original_bytes > 0 AND size_bytes > 0", name=op.f("ck_blob_size")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["staff.id"], name=op.f("fk_blob_uploaded_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
    )
    op.create_index("ix_blob_sha256", "blob", ["sha256"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=True),
        sa.Column("item_key", sa.Text(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("lat", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("lng", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("distance_metres", sa.Integer(), nullable=True),
        sa.Column("is_exception", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('photo', 'signature')) = (blob_id IS NOT NULL)", name=op.f("ck_evidence_picture_has_blob")
        ),
        sa.CheckConstraint("kind IN ('photo', 'signature', 'door_code', 'place')", name=op.f("ck_evidence_kind")),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_evidence_blob_id_blob")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_evidence_staff_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_evidence_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("task_id", "blob_id", name=op.f("uq_evidence_task_id_blob_id")),
    )
    op.create_index(
        "ix_evidence_blob_id", "evidence", ["blob_id"], unique=False, postgresql_where=sa.text("blob_id IS NOT NULL")
    )
    op.create_table(
        "promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("promised_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("told_key", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('window', 'eta')", name=op.f("ck_promise_kind")),
        sa.CheckConstraint("promised_end >= promised_start", name=op.f("ck_promise_promised")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_promise_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
        sa.UniqueConstraint("told_key", name=op.f("uq_promise_told_key")),
    )
    op.create_index("ix_promise_task_id_told_at", "promise", ["task_id", "told_at"], unique=False)
    op.create_table(
        "held_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_held_submission_decided_at")),
        sa.CheckConstraint("state IN ('pending', 'accepted', 'dismissed')", name=op.f("ck_held_submission_state")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_held_submission_decided_by_id_staff")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_held_submission_staff_id_staff")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_held_submission_store_id_store")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_held_submission_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_submission")),
    )
    op.create_index(
        "ix_held_submission_store_id_state_id", "held_submission", ["store_id", "state", "id"], unique=False
    )
    op.create_index("ix_held_submission_task_id", "held_submission", ["task_id"], unique=False)

    op.execute(
        """
        CREATE FUNCTION refuse_task_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_task_change()"
        )


def downgrade() -> None:
    op.drop_table("held_submission")
    op.drop_table("promise")
    op.drop_table("evidence")
    op.drop_table("blob")
    op.drop_table("task_history")
    op.drop_table("task_answer")
    op.drop_table("task_line")
    op.drop_table("task")
    op.drop_table("checklist_version")
    op.drop_table("checklist_template")
    op.execute("DROP FUNCTION refuse_task_change()")
