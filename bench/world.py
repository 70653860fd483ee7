"""The data that is measured on: a company of a chosen size, written with set-based SQL.

Everything hangs together as the service would have made it: ended tasks have answers, points and totals; each
associate has read the rules. One associate has a day of exactly fifty tasks; active tasks wait to be completed.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from bench import limits

CLOCK = "2027-03-10T10:00+08:00"
NOW = datetime.fromisoformat(CLOCK)
DAY_SIZE = 50
HEARTS = limits.KEYS
ITEMS = [
    {
        "key": heart,
        "heart": heart,
        "kind": "tick",
        "required": True,
        "label": {"zh_Hans": heart, "zh_Hant": heart, "en": heart},
    }
    for heart in HEARTS
]


@dataclass(frozen=True)
class Size:
    """Ended tasks of the past year, and active ones to be completed; ten associates and one supervisor per store."""

    ended: int
    active: int

    @property
    def stores(self) -> int:
        return max(10, self.ended // 10_000)

    @property
    def associates(self) -> int:
        return self.stores * 10

    @property
    def customers(self) -> int:
        return self.stores * 500


def fill(url: str, size: Size) -> None:
    """Fill a migrated, empty database."""
    with psycopg.connect(url) as connection:
        # Our own rows are consistent by construction; checking each of millions would only cost time.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for statement in (*_COMPANY, *_TASKS, *_OUTBOX, *_POINTS):
            connection.execute(statement, _values(size))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def fill_limits(url: str, size: Size) -> None:
    """The limits' own tables in the same database, with as many rows."""
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(limits.TABLES)
        for statement in _LIMITS:
            connection.execute(statement, _values(size))
        connection.execute(limits.INDEXES)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def token_of(staff_id: int) -> str:
    return f"bench-token-{staff_id}"


@dataclass(frozen=True)
class People:
    """Who sends the requests: staff ids."""

    day_associate: int
    first_associate: int
    supervisor: int


def people_of(size: Size) -> People:
    """Ids are given out in order: associates, then supervisors; the first associate has the day of fifty."""
    return People(day_associate=1, first_associate=2, supervisor=size.associates + 1)


def active_tasks(url: str, *, limit: int) -> list[tuple[int, int]]:
    """(task, assignee) of tasks that can be completed."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT id, assignee_id FROM task WHERE status = 'active' AND assignee_id <> 1 ORDER BY id LIMIT %s",
            [limit],
        ).fetchall()


def active_limit_tasks(url: str, *, limit: int) -> list[int]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT id FROM limits.task WHERE status = 'active' ORDER BY id LIMIT %s", [limit])
        return [row[0] for row in found]


def _values(size: Size) -> dict[str, Any]:
    return {
        **asdict(size),
        "stores": size.stores,
        "associates": size.associates,
        "customers": size.customers,
        "items": json.dumps(ITEMS),
        "now": NOW,
        "long_ago": NOW - timedelta(days=400),
        "day": DAY_SIZE,
        "keys": list(HEARTS),
    }


# Store of associate a and of customer c is 1 + (number - 1) modulo the number of stores, so both can be computed.
_COMPANY = (
    """INSERT INTO store (id, code, name, region, country, zone, languages, locale, phone, lat, lng, created_at)
       SELECT n, 'B' || n, '门店 ' || n, 'Hong Kong', 'HK', 'Asia/Hong_Kong', '{yue,en}', 'zh_Hant', '+85228000000',
              22.28, 114.16, %(long_ago)s
       FROM generate_series(1, %(stores)s) n""",
    """INSERT INTO staff (id, name, phone, role, locale, home_store_id, created_at)
       SELECT n, '导购 ' || n, '+8525' || lpad(n::text, 7, '0'), 'associate', 'zh_Hant', 1 + (n - 1) %% %(stores)s,
              %(long_ago)s
       FROM generate_series(1, %(associates)s) n""",
    """INSERT INTO staff (id, name, phone, role, locale, home_store_id, created_at)
       SELECT %(associates)s + n, '督导 ' || n, '+8526' || lpad(n::text, 7, '0'), 'supervisor', 'zh_Hant', n,
              %(long_ago)s
       FROM generate_series(1, %(stores)s) n""",
    "INSERT INTO staff_store (staff_id, store_id) SELECT id, home_store_id FROM staff",
    """INSERT INTO api_token (staff_id, kind, token_hash, hint, session_epoch, created_at, expires_at)
       SELECT id, 'session', encode(sha256(('bench-token-' || id)::bytea), 'hex'), 'bnch', 0, %(long_ago)s, '2099-01-01'
       FROM staff""",
    """INSERT INTO household (id, store_id, created_at)
       SELECT n, 1 + (n - 1) %% %(stores)s, %(long_ago)s FROM generate_series(1, %(customers)s) n""",
    """INSERT INTO customer (id, name, name_key, phone, household_id, store_id, owner_id, locale, address, district,
                             lat, lng, created_at, updated_at)
       SELECT n, '顾客 ' || n, 'guke ' || n, '+8529' || lpad(n::text, 7, '0'), n, 1 + (n - 1) %% %(stores)s,
              1 + (n - 1) %% %(associates)s, 'zh_Hant', '轩尼诗道 ' || n %% 400 || ' 号', '湾仔', 22.27, 114.17,
              %(long_ago)s, %(long_ago)s
       FROM generate_series(1, %(customers)s) n""",
    """SELECT setval(pg_get_serial_sequence(t, 'id'), (SELECT max(id) FROM staff))
       FROM unnest(ARRAY['store', 'staff']) t""",
    """SELECT setval(pg_get_serial_sequence(t, 'id'), %(customers)s) FROM unnest(ARRAY['customer', 'household']) t""",
)

_TASKS = (
    """INSERT INTO checklist_template (key, task_type, reason, name, created_at)
       VALUES ('bench', 'home_visit', 'other', '{"en": "bench"}', %(long_ago)s)
       ON CONFLICT (task_type, reason) DO UPDATE SET name = excluded.name""",
    """INSERT INTO checklist_version (template_id, number, items, digest, published_at)
       SELECT id, 999, %(items)s::jsonb, 'bench', %(long_ago)s FROM checklist_template
       WHERE task_type = 'home_visit' AND reason = 'other'""",
    """UPDATE checklist_template SET current_version_id = v.id FROM checklist_version v
       WHERE v.template_id = checklist_template.id AND v.number = 999""",
    """INSERT INTO task (type, reason, status, customer_id, store_id, assignee_id, window_start, window_end,
                         expected_minutes, checklist_version_id, created_at, assigned_at, started_at, arrived_at,
                         ended_at, end_recorded_at, ended_by_id, endings)
       SELECT 'home_visit', 'other', 'completed', 1 + (n * %(stores)s + (a - 1) %% %(stores)s) %% %(customers)s,
              1 + (a - 1) %% %(stores)s, a, at, at + interval '2 hours', 45, v.id, at - interval '2 days',
              at - interval '2 days', at, at, at + interval '40 minutes', at + interval '40 minutes', a, 1
       FROM generate_series(1::bigint, %(ended)s) n
       CROSS JOIN LATERAL (SELECT 1 + n %% %(associates)s AS a,
                                  %(now)s::timestamptz - make_interval(mins => (1440 + n %% 500000)::int) AS at) x
       JOIN checklist_version v ON v.number = 999""",
    """INSERT INTO task_answer (task_id, item_key, value, answered_at, recorded_at, staff_id)
       SELECT t.id, k, 'true', t.ended_at, t.ended_at, t.assignee_id
       FROM task t CROSS JOIN unnest(ARRAY['care', 'detail']) k""",
    """INSERT INTO task_history (task_id, action, actor_kind, actor_id, client, at, recorded_at)
       SELECT id, 'complete', 'staff', assignee_id, 'bench', ended_at, ended_at FROM task""",
    """INSERT INTO task (type, reason, status, customer_id, store_id, assignee_id, window_start, window_end,
                         expected_minutes, checklist_version_id, created_at, assigned_at, started_at)
       SELECT 'home_visit', 'other', CASE WHEN n <= %(day)s THEN 'assigned' ELSE 'active' END,
              1 + (n * %(stores)s + (a - 1) %% %(stores)s) %% %(customers)s, 1 + (a - 1) %% %(stores)s, a,
              %(now)s::timestamptz + make_interval(mins => (n %% %(day)s)::int),
              %(now)s::timestamptz + make_interval(mins => (n %% %(day)s)::int) + interval '2 hours', 45, v.id,
              %(now)s::timestamptz - interval '1 day', %(now)s::timestamptz - interval '1 day',
              CASE WHEN n > %(day)s THEN %(now)s::timestamptz - interval '10 minutes' END
       FROM generate_series(1::bigint, %(day)s + %(active)s) n
       CROSS JOIN LATERAL (SELECT CASE WHEN n <= %(day)s THEN 1 ELSE 2 + n %% (%(associates)s - 1) END AS a) x
       JOIN checklist_version v ON v.number = 999""",
)

# What the house keeps of a month's work. In empty tables each look-up would be planned as a walk through all rows, and
# the first minutes of a new company are not what is measured.
_OUTBOX = (
    """INSERT INTO fact (event_id, name, occurred_at, recorded_at, payload)
       SELECT gen_random_uuid(), 'TaskCompleted', ended_at, ended_at, jsonb_build_object('task_id', id)
       FROM task WHERE status = 'completed' AND ended_at > %(now)s::timestamptz - interval '30 days'""",
    """INSERT INTO delivery (fact_id, subscriber, state, attempts, next_attempt_at, done_at)
       SELECT id, subscriber, 'done', 1, recorded_at, recorded_at
       FROM fact CROSS JOIN unnest(ARRAY['messaging', 'points', 'stock', 'careplans']) subscriber""",
    """INSERT INTO idempotency_key (key, owner, request_hash, status, body, created_at)
       SELECT gen_random_uuid(), 'staff:' || assignee_id, sha256(number::bytea), 200, '{}', ended_at
       FROM task WHERE status = 'completed' AND ended_at > %(now)s::timestamptz - interval '30 days'""",
)

_POINTS = (
    """INSERT INTO points_acknowledgement (rule_set_id, staff_id, acknowledged_at)
       SELECT r.id, s.id, %(long_ago)s FROM points_rule_set r CROSS JOIN staff s WHERE s.role = 'associate'""",
    """INSERT INTO points_entry (event_id, associate_id, store_id, task_id, ending, season, rule_set_id, rule_key,
                                 amount, message, params, evidence, effective_at, recorded_at, vests_at, state,
                                 vested_at)
       SELECT gen_random_uuid(), t.assignee_id, t.store_id, t.id, 1,
              to_char(timezone('Asia/Hong_Kong', t.ended_at), 'YYYY-MM'), r.id, 'home_visit', 20,
              'Home visit done in the promised time: %%(amount)s points', '{"amount": 20}', '{}', t.ended_at,
              t.ended_at, t.ended_at, 'vested', t.ended_at
       FROM task t CROSS JOIN points_rule_set r WHERE t.status = 'completed'""",
    """INSERT INTO points_rollup (season, store_id, staff_id, vested, pending, entries_count, gained, gained_on,
                                  updated_at)
       SELECT season, store_id, associate_id, sum(amount), 0, count(*), 0, max(effective_at)::date, max(effective_at)
       FROM points_entry GROUP BY 1, 2, 3""",
)

_LIMITS = (
    """INSERT INTO limits.customer SELECT n, '顾客 ' || n, '+8529' || lpad(n::text, 7, '0'), '轩尼诗道 ' || n
       FROM generate_series(1, %(customers)s) n""",
    """INSERT INTO limits.task (customer_id, associate_id, due, status)
       SELECT 1 + n %% %(customers)s, CASE WHEN n <= %(day)s THEN 1 ELSE 2 + n %% (%(associates)s - 1) END,
              %(now)s::timestamptz + make_interval(mins => (n %% %(day)s)::int),
              CASE WHEN n <= %(day)s THEN 'assigned' ELSE 'active' END
       FROM generate_series(1, %(day)s + %(active)s) n""",
    """INSERT INTO limits.task (customer_id, associate_id, due, status, completed_at)
       SELECT 1 + n %% %(customers)s, 1 + n %% %(associates)s, at, 'completed', at
       FROM generate_series(1, %(ended)s) n
       CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - make_interval(mins => 1440 + n %% 500000) AS at) x""",
    """INSERT INTO limits.item (task_id, key, done) SELECT t.id, k, t.status = 'completed'
       FROM limits.task t CROSS JOIN unnest(%(keys)s::text[]) k""",
    """INSERT INTO limits.points SELECT n, 0 FROM generate_series(1, %(associates)s) n""",
)


def main(url: str, ended: str, active: str, with_limits: str) -> None:
    size = Size(ended=int(ended), active=int(active))
    fill(url, size)
    if with_limits == "yes":
        fill_limits(url, size)


if __name__ == "__main__":
    main(*sys.argv[1:])
