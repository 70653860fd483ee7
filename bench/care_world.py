"""A company with very many customers, for the nightly run of the care plans: set-based SQL on top of bench/world.py.

On this first night nobody has ever been planned for, so nearly every plan finds many: two of three customers are due
for their regular care, one in two has lapsed, and a share has bought, runs out, has a birthday or a growing baby.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from bench.world import NOW, Size

PRODUCTS = 50
PER_STORE = 5_000


@dataclass(frozen=True)
class Company(Size):
    """A household per customer, but every tenth customer lives with another one; few tasks beside them."""

    people: int

    @property
    def stores(self) -> int:
        return max(10, self.people // PER_STORE)

    @property
    def customers(self) -> int:
        return self.people


def company_of(people: int) -> Company:
    return Company(ended=1_000, active=50, people=people)


def fill(url: str, company: Company, *, say: Callable[[str], None]) -> None:
    """Add to a database that world.fill has filled for this company."""
    values: dict[str, Any] = {**asdict(company), "stores": company.stores, "now": NOW, "products": PRODUCTS}
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for what, statement in _STATEMENTS.items():
            began = time.monotonic()
            found = connection.execute(statement, values).rowcount
            say(f"{what}: {found:,} in {time.monotonic() - began:.0f} s")
    with psycopg.connect(url, autocommit=True) as connection:
        # All customers were updated: without this their table would be twice as long as the service's own.
        connection.execute("VACUUM FULL customer")
        connection.execute("VACUUM ANALYZE")
        # Nobody is to clean up after one side while the other one is measured.
        for table in ("occurrence", "contact_booking"):
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")


# Who bought when, and all else, follows from the number of the customer; the odd factors mix the numbers.
_BOUGHT = "%(now)s::timestamptz - make_interval(days => (1 + c.id * 37 %% 300)::int)"

_STATEMENTS = {
    "tiers, birthdays, shared households": """
        UPDATE customer c SET
            tier = CASE WHEN id %% 10 = 0 THEN 'core' WHEN id %% 10 < 3 THEN 'important' ELSE 'ordinary' END,
            birthday_calendar = CASE WHEN id %% 3 = 0 THEN 'lunar' ELSE 'solar' END,
            birthday_month = 1 + id * 7 %% 12, birthday_day = 1 + id * 11 / 12 %% 28,
            household_id = CASE WHEN id / %(stores)s %% 10 = 9 THEN id - %(stores)s ELSE id END""",
    "products": """
        INSERT INTO product (code, name, category, pack_size, created_at)
        SELECT 'SKU-' || n, jsonb_build_object('en', 'Thing ' || n), 'thing', 30, %(now)s
        FROM generate_series(1, %(products)s) n""",
    "purchases": f"""
        INSERT INTO purchase (source, external_id, customer_id, store_id, seller_id, bought_at, total, currency,
                              recorded_at)
        SELECT 'bench', 'R' || c.id, c.id, c.store_id, c.owner_id, {_BOUGHT}, 100 + c.id %% 900, 'HKD', {_BOUGHT}
        FROM customer c ORDER BY c.id""",
    "lines of purchases": """
        INSERT INTO purchase_line (purchase_id, product_id, quantity, amount)
        SELECT p.id, pr.id, 1, p.total
        FROM purchase p JOIN product pr ON pr.code = 'SKU-' || 1 + p.id %% %(products)s ORDER BY p.id""",
    "habits": """
        INSERT INTO buying_habit (customer_id, currency, last_bought_at, last_bought_on, days_bought, cycle_days,
                                  lapses_on, year_purchases, year_value)
        SELECT customer_id, currency, bought_at, day, 1, NULL, day + 120, 1, total
        FROM (SELECT *, timezone('Asia/Hong_Kong', bought_at)::date AS day FROM purchase) p ORDER BY customer_id""",
    "what runs out": """
        INSERT INTO run_out (customer_id, product_id, day, basis, packs, last_bought_on, reorder_quantity,
                             is_restricted, is_requested, needs_delivery, computed_at)
        SELECT h.customer_id, l.product_id, %(now)s::date + 1 + h.customer_id %% 60, 'label', '[]', h.last_bought_on, 1,
               false, h.customer_id %% 2 = 0, false, %(now)s
        FROM buying_habit h
        JOIN purchase p ON p.customer_id = h.customer_id
        JOIN purchase_line l ON l.purchase_id = p.id
        WHERE h.customer_id %% 10 < 3 ORDER BY h.customer_id""",
    "babies": """
        INSERT INTO household_member (household_id, name, relation, birth_date, guardian_consent_text,
                                      guardian_consent_channel, guardian_consent_at, created_at)
        SELECT id, 'Baby', 'baby', %(now)s::date - (id * 13 %% 730)::int, 'yes', 'paper', %(now)s, %(now)s
        FROM household WHERE id %% 5 = 0 ORDER BY id""",
    "complaints that were closed": """
        INSERT INTO complaint (customer_id, household_id, store_id, source, stage, opened_at, clocks_since,
            acknowledge_due_at, acknowledge_again_at, acknowledged_at, plan_due_at, plan_again_at, planned_at,
            resolved_at, apology, cause, remedy, satisfied, answered_at, closed_at, due_at)
        SELECT c.id, c.household_id, c.store_id, 'phone', 'closed', at, at, at, at, at, at, at, at, at, 'sorry',
            'cause', 'remedy', true, at, at, at
        FROM customer c
        CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - make_interval(days => (c.id %% 60)::int) AS at) x
        WHERE c.id %% 100 = 50 ORDER BY c.id""",
    "complaints that are open": """
        INSERT INTO complaint (customer_id, household_id, store_id, source, stage, opened_at, clocks_since,
            acknowledge_due_at, acknowledge_again_at, plan_due_at, plan_again_at, due_at)
        SELECT c.id, c.household_id, c.store_id, 'phone', 'opened', at, at, at, at, at, at, at
        FROM customer c CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - interval '1 hour' AS at) x
        WHERE c.id %% 1000 = 7 AND c.household_id = c.id ORDER BY c.id""",
    "people who want no texts": """
        INSERT INTO consent (phone, channel, scope, state, changed_at)
        SELECT phone, 'sms', 'all', 'out', %(now)s FROM customer WHERE id %% 100 = 3 ORDER BY id""",
    "contacts of the past": """
        INSERT INTO contact_booking (household_id, customer_id, kind, day, gap_days, origin_key, state, reserved_at,
                                     recorded_at)
        SELECT c.household_id, c.id, 'personal', %(now)s::date - (5 + c.id * 17 %% 90)::int, 14, 'bench:' || c.id,
               'recorded', %(now)s, %(now)s
        FROM customer c WHERE c.id %% 5 = 1 ORDER BY c.id""",
}
