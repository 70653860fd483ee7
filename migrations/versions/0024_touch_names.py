"""The name of a touch is kept with its occurrence once it has left the house: a merge of files doesn't change it.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEPT_BY_NOW = """
    WITH first_file AS (
        -- Whoever was merged away had another number when the name was given; his keys may have got a suffix besides.
        SELECT DISTINCT ON (occurrence_id) occurrence_id, customer_id FROM (
            SELECT CAST(moved.row_of ->> 'id' AS bigint) AS occurrence_id, s.old_id AS customer_id, s.id
            FROM customer_merge_step s
            JOIN customer_merge m ON m.id = s.merge_id AND m.undone_at IS NULL
            CROSS JOIN LATERAL jsonb_array_elements(s.rows) AS moved(row_of)
            WHERE s.kind = 'moved' AND s.table_name = 'occurrence' AND s.column_name = 'customer_id') steps
        ORDER BY occurrence_id, id
    )
    UPDATE occurrence o SET origin_key =
        'careplan:' || o.plan_id || ':cust:' || named.customer_id || ':' || named.key
            || CASE WHEN named.tries > 0 THEN '~' || named.tries ELSE '' END
    FROM (
        SELECT x.id, coalesce(f.customer_id, x.customer_id) AS customer_id,
            CASE WHEN f.customer_id IS NULL THEN x.key ELSE regexp_replace(x.key, '(@[0-9]+)+$', '') END AS key,
            -- What is to be tried again bears the name of the try that failed.
            CASE WHEN x.state IN ('made', 'done', 'ended', 'missed') THEN x.tries ELSE x.tries - 1 END AS tries
        FROM occurrence x LEFT JOIN first_file f ON f.occurrence_id = x.id
        WHERE x.lead_id IS NULL AND (x.state IN ('made', 'done')
            OR (x.state IN ('ended', 'missed') AND (x.task_id IS NOT NULL OR x.booked_day IS NOT NULL
                OR x.detail ? 'text'))
            OR (x.state IN ('due', 'deferred', 'booked', 'merged') AND x.tries > 0))
    ) named
    WHERE named.id = o.id
"""


def upgrade() -> None:
    op.add_column("occurrence", sa.Column("origin_key", sa.Text))
    op.execute(KEPT_BY_NOW)
    op.create_index(
        "uq_occurrence_origin_key",
        "occurrence",
        ["origin_key"],
        unique=True,
        postgresql_where=sa.text("origin_key is not null"),
    )


def downgrade() -> None:
    op.drop_index("uq_occurrence_origin_key", table_name="occurrence")
    op.drop_column("occurrence", "origin_key")
