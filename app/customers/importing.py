"""Customers by the table: the statements that take thousands of rows over at once, and take them back.

The rules are those of service.py: numbers by the store's country, owners who work in the store, the limits of care, one
household in one store, the later word of a consent. An empty cell says nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from app.core import audit
from app.core.db import db
from app.core.i18n import N_
from app.customers import importing_consent
from app.customers.access import audit_name
from app.customers.importing_columns import COLUMNS, FAULTS
from app.customers.importing_rows import prepare
from app.people.import_batch import CHANGED_SINCE, USED, Batch, ImportKind
from app.people.references import used_ids

_JUDGE = text("""
    WITH waiting AS (
        SELECT r.row, r.key, r.data, r.data -> 'fields' AS fields, r.data ->> 'phone' AS phone,
            (r.data ->> 'store_id')::int AS store_id
        FROM import_row r
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.key IS NOT NULL AND r.did IS NULL
    ), met AS (
        SELECT w.*, c.id AS customer_id, c.store_id AS there,
            c.id IS NOT NULL AND to_jsonb(c) @> w.fields
                AND (NOT w.data ? 'note' OR EXISTS (
                    SELECT 1 FROM customer_note n WHERE n.customer_id = c.id AND n.text = w.data ->> 'note'))
                AND (NOT w.data ? 'consent' OR EXISTS (
                    SELECT 1 FROM consent n WHERE n.phone = w.phone AND n.channel = 'sms' AND n.scope = 'all'
                        AND (n.state = w.data ->> 'consent' OR CASE WHEN w.data ->> 'consent_at' IS NULL
                            THEN w.data ->> 'consent' = 'in'
                            ELSE n.changed_at > (w.data ->> 'consent_at')::timestamptz END))) AS is_same,
            CASE WHEN w.phone IS NULL THEN (
                SELECT count(*) FROM customer o WHERE o.store_id = w.store_id AND o.name_key = w.fields ->> 'name_key'
                    AND o.name = w.fields ->> 'name' AND o.phone IS NULL) ELSE 0 END AS of_that_name,
            (SELECT min(o.row) FROM import_row o
             WHERE o.run_id = :run AND o.key = w.key AND o.row < w.row) AS twin,
            w.fields ? 'owner_id' AND NOT EXISTS (
                SELECT 1 FROM staff_store p JOIN staff s ON s.id = p.staff_id AND s.is_active
                WHERE p.staff_id = (w.fields ->> 'owner_id')::int AND p.store_id = w.store_id) AS owner_is_gone
        FROM waiting w LEFT JOIN LATERAL (
            SELECT c.* FROM customer c WHERE c.phone = w.phone
            UNION ALL
            SELECT c.* FROM customer c WHERE w.phone IS NULL AND c.store_id = w.store_id
                AND c.name_key = w.fields ->> 'name_key' AND c.name = w.fields ->> 'name' AND c.phone IS NULL
            LIMIT 1
        ) c ON true
    ), found AS (
        SELECT m.row, m.customer_id, m.is_same,
            CASE WHEN m.twin IS NOT NULL THEN jsonb_build_array(jsonb_build_object(
                    'column', CASE WHEN m.phone IS NULL THEN 'name' ELSE 'phone' END, 'code', 'twice',
                    'value', coalesce(m.phone, m.fields ->> 'name'),
                    'params', jsonb_build_object('row', m.twin::text)))
                WHEN m.there <> m.store_id THEN jsonb_build_array(jsonb_build_object(
                    'column', 'phone', 'code', 'other-store', 'value', m.phone))
                WHEN m.of_that_name > 1 THEN jsonb_build_array(jsonb_build_object(
                    'column', 'name', 'code', 'same-name-twice', 'value', m.fields ->> 'name'))
                WHEN m.owner_is_gone THEN jsonb_build_array(jsonb_build_object(
                    'column', 'owner', 'code', 'no-such-owner'))
                ELSE '[]'::jsonb END AS faults
        FROM met m
    ), judged AS (
        SELECT row, customer_id, faults,
            CASE WHEN faults <> '[]'::jsonb THEN 'wrong' WHEN customer_id IS NULL THEN 'new'
                 WHEN is_same THEN 'same' ELSE 'changed' END AS verdict
        FROM found
    )
    UPDATE import_row r SET faults = j.faults, target_id = j.customer_id, verdict = j.verdict
    FROM judged j
    WHERE r.run_id = :run AND r.row = j.row AND r.row BETWEEN :first AND :last
      AND (r.verdict IS DISTINCT FROM j.verdict OR r.target_id IS DISTINCT FROM j.customer_id OR r.faults <> j.faults)
""")


def judge(batch: Batch) -> None:
    db.session.execute(_JUDGE, batch.values)


# One statement for all that a new file consists of, so that each waiting row is marked once: rows of some hundred bytes
# with three indexes are what an import writes most of. Who lives together: with whom of the same group has a file
# already, else together in a new household. `made` is asked by a hashed list, never joined: its size is guessed wrong.
_CREATE = text(f"""
    WITH fresh AS (
        SELECT r.row, r.data, (r.data ->> 'store_id')::int AS store_id,
            coalesce(r.group_key, 'row ' || r.row) AS home, r.group_key
        FROM import_row r
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.verdict = 'new' AND r.did IS NULL
    ), homes AS MATERIALIZED (
        SELECT f.home, f.store_id,
            (SELECT c.household_id FROM (
                 SELECT o.target_id::int AS id FROM import_row o
                 WHERE o.run_id = :run AND o.group_key = f.group_key AND o.target_id IS NOT NULL
                     AND o.verdict <> 'wrong' OFFSET 0
             ) o JOIN customer c USING (id) WHERE c.store_id = f.store_id LIMIT 1) AS known
        FROM (SELECT DISTINCT home, store_id, group_key FROM fresh) f
    ), placed AS (
        SELECT home, store_id, known IS NULL AS is_new,
            coalesce(known, nextval((SELECT pg_get_serial_sequence('household', 'id')::regclass))::int) AS household_id
        FROM homes
    ), built AS (
        INSERT INTO household (id, store_id, created_at)
        SELECT household_id, store_id, :now FROM placed WHERE is_new
    ), numbered AS MATERIALIZED (
        SELECT r.row, r.data, r.store_id, p.household_id,
            nextval((SELECT pg_get_serial_sequence('customer', 'id')::regclass))::int AS id, CASE WHEN r.data ? 'note'
                THEN nextval((SELECT pg_get_serial_sequence('customer_note', 'id')::regclass)) END AS note_id,
            {importing_consent.MEANT}
        FROM fresh r JOIN placed p USING (home, store_id) {importing_consent.KNOWN}
    ), made AS (
        INSERT INTO customer (id, name, name_key, phone, household_id, store_id, owner_id, locale, dialect, gender,
            birthday_calendar, birthday_year, birthday_month, birthday_day, address, district, tags, preferences,
            access_notes, occupation, industry, income_band, created_at, updated_at)
        SELECT n.id, f.name, f.name_key, n.data ->> 'phone', n.household_id, n.store_id, f.owner_id,
            coalesce(f.locale, n.data ->> 'locale'), f.dialect, f.gender, f.birthday_calendar, f.birthday_year,
            f.birthday_month, f.birthday_day, coalesce(f.address, ''), coalesce(f.district, ''),
            coalesce(f.tags, '{{}}'), coalesce(f.preferences, ''), coalesce(f.access_notes, ''), f.occupation,
            f.industry, f.income_band, :now, :now
        FROM numbered n CROSS JOIN LATERAL jsonb_populate_record(NULL::customer, n.data -> 'fields') f
        ORDER BY n.row
        ON CONFLICT (phone) DO NOTHING
        RETURNING id, owner_id
    ), owned AS (
        INSERT INTO owner_history (customer_id, owner_id, since, changed_by_kind, changed_by_id)
        SELECT id, owner_id, :now, :actor_kind, :actor_id FROM made
    ), noted AS (
        INSERT INTO customer_note (id, customer_id, author_kind, author_id, text, created_at)
        SELECT n.note_id, n.id, :actor_kind, :actor_id, n.data ->> 'note', :now
        FROM numbered n WHERE n.note_id IS NOT NULL AND (n.id IN (SELECT id FROM made)) IS TRUE
    ), meant AS MATERIALIZED (
        SELECT * FROM numbered n WHERE n.state IS NOT NULL AND (n.id IN (SELECT id FROM made)) IS TRUE
    ), {importing_consent.WRITTEN}
    UPDATE import_row r
    SET did = 'created', target_id = n.id,
        undo = jsonb_strip_nulls(jsonb_build_object('note_id', n.note_id)) || coalesce(n.undo, '{{}}'::jsonb)
    FROM numbered n
    WHERE r.run_id = :run AND r.row = n.row AND r.row BETWEEN :first AND :last
      AND (n.id IN (SELECT id FROM made)) IS TRUE
    RETURNING n.id, n.store_id, n.data ->> 'phone' AS phone, n.state, n.said_at
""")  # noqa: S608  no text from outside

# A desk may have opened the file a moment before us; such a row is judged again and becomes a change.
_IS_LOST = text("""
    SELECT EXISTS (SELECT 1 FROM import_row WHERE run_id = :run AND row BETWEEN :first AND :last
                   AND verdict = 'new' AND did IS NULL)
""")
_EMPTY_HOMES = text("""
    DELETE FROM household h WHERE h.created_at = :now AND NOT EXISTS (
        SELECT 1 FROM customer c WHERE c.household_id = h.id)
""")

_COLUMNS_TO_CHANGE = (
    "name", "name_key", "owner_id", "locale", "dialect", "gender", "birthday_calendar", "birthday_year",
    "birthday_month", "birthday_day", "address", "district", "preferences", "access_notes", "occupation", "industry",
    "income_band",
)  # fmt: skip

_CHANGE = text(f"""
    WITH meant AS (
        SELECT r.row, c.id, c.owner_id AS owner_before, to_jsonb(c) AS whole, r.data -> 'fields' AS fields,
            ARRAY(SELECT tag FROM (
                SELECT tag, min(place) AS place FROM unnest(c.tags || ARRAY(
                    SELECT jsonb_array_elements_text(r.data -> 'fields' -> 'tags')))
                    WITH ORDINALITY AS given (tag, place)
                GROUP BY tag) named ORDER BY place) AS tags
        FROM import_row r JOIN customer c ON c.id = r.target_id
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.verdict = 'changed' AND r.did IS NULL
        ORDER BY c.id FOR UPDATE OF c
    ), changed AS (
        UPDATE customer c
        SET ({", ".join(_COLUMNS_TO_CHANGE)}) = (SELECT {", ".join("f." + name for name in _COLUMNS_TO_CHANGE)}
                FROM jsonb_populate_record(c, m.fields - 'tags') f),
            tags = m.tags, version = c.version + 1, updated_at = :now
        FROM meant m WHERE c.id = m.id
        RETURNING c.id, c.store_id, c.owner_id, c.version
    ), marked AS (
        UPDATE import_row r
        SET did = 'changed', undo = jsonb_build_object('version', h.version, 'before', (
            SELECT jsonb_object_agg(name, m.whole -> name) FROM jsonb_object_keys(m.fields) AS name))
        FROM meant m JOIN changed h USING (id)
        WHERE r.run_id = :run AND r.row = m.row AND r.row BETWEEN :first AND :last
    ), handed AS (
        SELECT h.id, h.owner_id FROM changed h JOIN meant m USING (id) WHERE h.owner_id IS DISTINCT FROM m.owner_before
    ), ended AS (
        UPDATE owner_history o SET until = greatest(o.since, CAST(:now AS timestamptz)) FROM handed h
        WHERE o.customer_id = h.id AND o.until IS NULL
    )
    SELECT h.id, h.store_id, EXISTS (SELECT 1 FROM handed d WHERE d.id = h.id) AS is_handed, h.owner_id FROM changed h
""")  # noqa: S608  no text from outside

# A statement of its own: within one, the row that ends and the row that begins would both count as open.
_NEXT_OWNER = text("""
    INSERT INTO owner_history (customer_id, owner_id, since, reason, changed_by_kind, changed_by_id)
    SELECT c.id, c.owner_id, :now, :reason, :actor_kind, :actor_id FROM customer c WHERE c.id = ANY(CAST(:ids AS int[]))
""")

_NOTES = text("""
    WITH noted AS (
        SELECT r.row, r.target_id::int AS customer_id, r.data ->> 'note' AS words,
            nextval(pg_get_serial_sequence('customer_note', 'id')) AS id
        FROM import_row r
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.did = 'changed'
          AND r.data ? 'note' AND NOT r.undo ? 'note_id'
          AND NOT EXISTS (SELECT 1 FROM customer_note n
                          WHERE n.customer_id = r.target_id AND n.text = r.data ->> 'note')
    ), kept AS (
        INSERT INTO customer_note (id, customer_id, author_kind, author_id, text, created_at)
        SELECT id, customer_id, :actor_kind, :actor_id, words, :now FROM noted
    )
    UPDATE import_row r SET undo = r.undo || jsonb_build_object('note_id', noted.id)
    FROM noted WHERE r.run_id = :run AND r.row = noted.row AND r.row BETWEEN :first AND :last
""")

TRIES = 3


def apply(batch: Batch) -> None:
    """Take over what is new or changed. Imports of customers follow one another; desks may work meanwhile."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('import:customers', 0))"))
    values = batch.values | {"actor_kind": batch.actor.kind, "actor_id": batch.actor.id or None, "file": batch.file}
    detail = {"client": "import", "import": batch.run_id}
    for _try in range(TRIES):
        judge(batch)
        importing_consent.lock(values)
        created = db.session.execute(_CREATE, values).all()
        importing_consent.tell(created)
        _record("customer.create", created, batch, detail)
        changed = db.session.execute(_CHANGE, values).all()
        if changed:
            handed = [row.id for row in changed if row.is_handed]
            if handed:
                db.session.execute(_NEXT_OWNER, values | {"ids": handed, "reason": batch.file})
            db.session.execute(_NOTES, values)
            importing_consent.take(values)
            _record("customer.update", changed, batch, detail)
        if not db.session.execute(_IS_LOST, batch.values).scalar_one():
            return
        db.session.execute(_EMPTY_HOMES, batch.values)


_MADE = text("""
    SELECT r.row, c.id, c.store_id, c.household_id, c.version FROM import_row r JOIN customer c ON c.id = r.target_id
    WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.did = 'created'
    ORDER BY c.id FOR UPDATE OF c
""")

_TAKE_AWAY = text("""
    WITH gone AS (SELECT unnest(CAST(:ids AS int[])) AS id), notes AS (
        DELETE FROM customer_note n USING import_row r
        WHERE r.run_id = :run AND r.target_id = ANY(CAST(:ids AS int[])) AND n.id = (r.undo ->> 'note_id')::bigint
    ), owners AS (DELETE FROM owner_history o USING gone WHERE o.customer_id = gone.id)
    SELECT 1
""")

_RESTORE = text(f"""
    WITH meant AS (
        SELECT r.row, c.id, c.store_id, c.version, c.owner_id AS owner_now, r.undo -> 'before' AS before,
            (r.undo ->> 'note_id')::bigint AS note_id, c.version = (r.undo ->> 'version')::int AS is_as_left
        FROM import_row r JOIN customer c ON c.id = r.target_id
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.did = 'changed'
        ORDER BY c.id FOR UPDATE OF c
    ), restored AS (
        UPDATE customer c
        SET ({", ".join((*_COLUMNS_TO_CHANGE, "tags"))}) = (
                SELECT {", ".join("f." + name for name in (*_COLUMNS_TO_CHANGE, "tags"))}
                FROM jsonb_populate_record(c, m.before) f),
            version = c.version + 1, updated_at = :now
        FROM meant m WHERE c.id = m.id AND m.is_as_left
        RETURNING c.id, c.store_id, c.owner_id
    ), notes AS (
        DELETE FROM customer_note n USING meant m WHERE n.id = m.note_id AND m.is_as_left
    ), marked AS (
        UPDATE import_row r
        SET did = CASE WHEN m.is_as_left THEN 'undone' ELSE r.did END,
            kept = CASE WHEN m.is_as_left THEN NULL ELSE :changed_since END
        FROM meant m WHERE r.run_id = :run AND r.row = m.row AND r.row BETWEEN :first AND :last
    ), ended AS (
        UPDATE owner_history o SET until = greatest(o.since, CAST(:now AS timestamptz))
        FROM restored h JOIN meant m USING (id)
        WHERE o.customer_id = h.id AND o.until IS NULL AND h.owner_id IS DISTINCT FROM m.owner_now
    )
    SELECT h.id, h.store_id, h.owner_id IS DISTINCT FROM m.owner_now AS is_handed
    FROM restored h JOIN meant m USING (id)
""")  # noqa: S608  no text from outside

_MARK = text("""
    UPDATE import_row SET did = CASE WHEN target_id = ANY(CAST(:gone AS bigint[])) THEN 'undone' ELSE did END,
        kept = CASE WHEN target_id = ANY(CAST(:changed AS bigint[])) THEN :changed_since
                    WHEN target_id = ANY(CAST(:used AS bigint[])) THEN :used_since END
    WHERE run_id = :run AND row BETWEEN :first AND :last AND did = 'created'
""")

# Neither taken back nor a reason why: the file went into another one when two were merged.
_LEFT = text("""
    UPDATE import_row SET kept = :changed_since
    WHERE run_id = :run AND row BETWEEN :first AND :last AND did IN ('created', 'changed') AND kept IS NULL
""")

_OWN_TABLES = frozenset({"owner_history", "customer_note", "buying_habit", "run_out", "duplicate_pair"})
"""What a file brings along by itself; anything else that names the customer means that he was served since."""


_BROUGHT_ALONG = (
    ("run_out", "customer_id"),
    ("buying_habit", "customer_id"),
    ("duplicate_pair", "low_id"),
    ("duplicate_pair", "high_id"),
    ("customer", "id"),
)


def undo(batch: Batch) -> None:
    """Remove the files that nobody has used or changed since; give those that were changed their former values."""
    values = batch.values | {"actor_kind": batch.actor.kind, "actor_id": batch.actor.id or None}
    values |= {"changed_since": CHANGED_SINCE, "used_since": USED}
    made = db.session.execute(_MADE, values).all()
    changed = {row.id for row in made if row.version != 1}
    used = used_ids("customer", [row.id for row in made], except_tables=_OWN_TABLES)
    used |= _noted_since([row.id for row in made], values)
    gone = [row for row in made if row.id not in used | changed]
    ids = [row.id for row in gone]
    importing_consent.take_back(batch, gone={row.id for row in gone})
    db.session.execute(_TAKE_AWAY, values | {"ids": ids})
    for table, column in _BROUGHT_ALONG:
        db.session.execute(text(f"DELETE FROM {table} WHERE {column} = ANY(CAST(:ids AS int[]))"), {"ids": ids})  # noqa: S608
    _remove_empty_homes([row.household_id for row in gone])
    db.session.execute(_MARK, values | {"gone": ids, "changed": sorted(changed), "used": sorted(used - changed)})
    restored = db.session.execute(_RESTORE, values).all()
    handed = [row.id for row in restored if row.is_handed]
    if handed:
        db.session.execute(_NEXT_OWNER, values | {"ids": handed, "reason": batch.file})
    db.session.execute(_LEFT, values)
    detail = {"client": "import", "undone_import": batch.run_id}
    _record("customer.delete", gone, batch, detail)
    _record("customer.update", restored, batch, detail)


def _noted_since(ids: list[int], values: dict[str, Any]) -> set[int]:
    """Files with a note that did not come with this import."""
    rows = db.session.execute(
        text("""SELECT DISTINCT n.customer_id FROM customer_note n
                WHERE n.customer_id = ANY(CAST(:ids AS int[])) AND NOT EXISTS (
                    SELECT 1 FROM import_row r WHERE r.run_id = :run AND r.row BETWEEN :first AND :last
                        AND r.target_id = n.customer_id AND n.id = (r.undo ->> 'note_id')::bigint)"""),
        values | {"ids": ids},
    )
    return {row[0] for row in rows}


def _remove_empty_homes(household_ids: list[int]) -> None:
    ids = sorted(set(household_ids))
    kept = used_ids("household", ids, except_tables=frozenset())
    db.session.execute(
        text("DELETE FROM household WHERE id = ANY(CAST(:ids AS int[]))"),
        {"ids": [one for one in ids if one not in kept]},
    )


def _record(action: str, rows: Sequence[Any], batch: Batch, detail: Mapping[str, Any]) -> None:
    audit.record_many(
        audit_name(batch.actor),
        action=action,
        kind="customer",
        subjects=[(row.id, row.store_id) for row in rows],
        now=batch.now,
        detail=detail,
    )


KIND = ImportKind(
    key="customers",
    title=N_("Customers"),
    columns=COLUMNS,
    faults=FAULTS,
    prepare=prepare,
    judge=judge,
    apply=apply,
    undo=undo,
    for_supervisors=True,
)
