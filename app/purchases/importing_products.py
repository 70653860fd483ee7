"""Products by the table. A restricted product is marked so from the start, and no table takes the mark off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from app.core import audit
from app.core.columns import Column, FaultWords, RowReader, named
from app.core.db import db
from app.core.i18n import N_
from app.customers.access import audit_name
from app.people.import_batch import (
    CHANGED_SINCE,
    COMMON_FAULTS,
    USED,
    Batch,
    Checked,
    ImportKind,
    RowCheck,
    Setting,
)
from app.people.references import used_ids
from app.purchases.restricted import EVERYDAY_WORDS
from app.purchases.values import BARCODE

COLUMNS = (
    Column(
        "code",
        N_("Code"),
        named("商品编号|商品編號|货号|貨號|商品代码|产品编号|產品編號|sku|item code|product code"),
        is_required=True,
        example="DRESS-110",
    ),
    Column(
        "barcode",
        N_("Barcode"),
        named("条码|條碼|商品条码|貨品條碼|国际条码|國際條碼|ean|gtin|upc|bar code"),
        help=N_("What is printed on the pack. Associates scan it when they bring the goods."),
        example="4901234567894",
    ),
    Column(
        "name_zh_hans",
        N_("Name in simplified Chinese"),
        named("名称|商品名称|简体名称|品名|产品名称|name zh_Hans|simplified name"),
    ),
    Column(
        "name_zh_hant",
        N_("Name in traditional Chinese"),
        named("名稱|商品名稱|繁體名稱|產品名稱|name zh_Hant|traditional name"),
    ),
    Column("name_en", N_("Name in English"), named("英文名|英文名称|英文名稱|english name|name|product name|product")),
    Column("category", N_("Category"), named("类别|類別|分类|分類|品类|品類|group")),
    Column(
        "pack_size", N_("Content of a pack"), named("规格|規格|净含量|淨含量|包装量|包裝量|size|content"), example="900"
    ),
    Column("unit", N_("Unit"), named("单位|單位|计量单位"), example="g"),
    Column(
        "is_restricted",
        N_("Restricted"),
        named("限制|受限|受限商品|限制销售|限制銷售|restricted product"),
        help=N_("Infant formula and the like: no offers, no gifts, no points."),
        example="否",
    ),
    Column(
        "follow_up_day",
        N_("Asked how it does after (days)"),
        named("回访天数|回訪天數|follow up|follow-up day"),
        example="3",
    ),
    Column("is_large", N_("Too big to carry"), named("大件|large|bulky"), example="否"),
    Column("is_consumable", N_("Used up and bought again"), named("消耗品|易耗品|consumable"), example="是"),
    Column(
        "until_age_months",
        N_("Outgrown at (months)"),
        named("适用至月龄|適用至月齡|until age|age months"),
        example="36",
    ),
    Column(
        "next_product",
        N_("What follows"),
        named("下一阶段|下一階段|后续商品|後續商品|next product|next code"),
        example="FORMULA-2",
    ),
    Column("is_active", N_("On sale"), named("在售|上架|active|on sale"), example="是"),
)

FAULTS: Mapping[str, FaultWords] = {
    **COMMON_FAULTS,
    "no-name": FaultWords(
        N_("A new product needs a name and a category."),
        N_("Fill in a name in at least one language, and the category."),
    ),
    "say-whether-restricted": FaultWords(
        N_("This sounds like infant formula, and the row does not say whether it is restricted."),
        N_("Write yes or no into the column “Restricted”."),
    ),
    "stays-restricted": FaultWords(
        N_("This product is restricted, and the row says it is not."),
        N_("Take the mark off on the product’s page, or leave the cell empty."),
    ),
    "no-such-product": FaultWords(
        N_("There is no product with this code."), N_("Add a row for it to the file, or correct the code.")
    ),
    "follows-itself": FaultWords(N_("A product can’t follow itself."), N_("Correct the product that follows.")),
    "no-barcode": FaultWords(
        N_("This is no barcode."), N_("Write the digits below the bars, 4 to 32 of them, without anything else.")
    ),
}

_NAMES = {"name_zh_hans": "zh_Hans", "name_zh_hant": "zh_Hant", "name_en": "en"}


def prepare(_setting: Setting) -> RowCheck:
    def check(cells: Mapping[str, str]) -> Checked:
        row = RowReader(cells)
        code = row.code("code", required=True)
        fields: dict[str, Any] = {}
        name = {locale: words for key, locale in _NAMES.items() if (words := row.text(key, longest=200))}
        if name:
            fields["name"] = name
        for key, longest in (("category", 80), ("unit", 20)):
            if (value := row.text(key, longest=longest)) is not None:
                fields[key] = value
        if (barcode := row.code("barcode")) is not None:
            if BARCODE.fullmatch(barcode):
                fields["barcode"] = barcode
            else:
                row.complain("barcode", "no-barcode")
        for key in ("is_restricted", "is_large", "is_consumable", "is_active"):
            if (answer := row.yes_or_no(key)) is not None:
                fields[key] = answer
        if (size := row.decimal("pack_size", places=3, least="0.001")) is not None:
            fields["pack_size"] = float(size)
        for key, most in (("follow_up_day", 365), ("until_age_months", 240)):
            if (count := row.whole(key, least=1, most=most)) is not None:
                fields[key] = count
        data: dict[str, Any] = {"code": code, "fields": fields, "next": row.code("next_product")}
        said = " ".join(name.values()).casefold()
        data["sounds_restricted"] = any(word.casefold() in said for word in EVERYDAY_WORDS)
        if data["next"] and data["next"] == code:
            row.complain("next_product", "follows-itself")
        return Checked(None if row.faults else code, data, row.faults)

    return check


_JUDGE = text("""
    WITH met AS (
        SELECT r.row, r.key, r.data, r.data -> 'fields' AS fields, g.id, g.is_restricted,
            g.id IS NOT NULL AND to_jsonb(g) @> (r.data -> 'fields') AND (
                r.data ->> 'next' IS NULL OR EXISTS (
                    SELECT 1 FROM product n WHERE n.id = g.next_product_id AND n.code = r.data ->> 'next')) AS is_same,
            (SELECT min(o.row) FROM import_row o WHERE o.run_id = :run AND o.key = r.key AND o.row < r.row) AS twin,
            r.data ->> 'next' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM product n WHERE n.code = r.data ->> 'next')
                AND NOT EXISTS (SELECT 1 FROM import_row o WHERE o.run_id = :run AND o.key = r.data ->> 'next')
                AS leads_nowhere
        FROM import_row r LEFT JOIN product g ON g.code = r.data ->> 'code'
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.key IS NOT NULL AND r.did IS NULL
    ), judged AS (
        SELECT m.row, m.id, m.is_same, CASE
            WHEN m.twin IS NOT NULL THEN jsonb_build_array(jsonb_build_object('column', 'code', 'code', 'twice',
                'value', m.key, 'params', jsonb_build_object('row', m.twin::text)))
            WHEN m.id IS NULL AND (NOT m.fields ? 'name' OR NOT m.fields ? 'category')
                THEN jsonb_build_array(jsonb_build_object('column', 'name_zh_hans', 'code', 'no-name'))
            WHEN m.id IS NULL AND (m.data ->> 'sounds_restricted')::boolean AND NOT m.fields ? 'is_restricted'
                THEN jsonb_build_array(jsonb_build_object('column', 'is_restricted', 'code', 'say-whether-restricted'))
            WHEN m.is_restricted AND (m.fields ->> 'is_restricted')::boolean IS FALSE
                THEN jsonb_build_array(jsonb_build_object('column', 'is_restricted', 'code', 'stays-restricted'))
            WHEN m.leads_nowhere THEN jsonb_build_array(jsonb_build_object(
                'column', 'next_product', 'code', 'no-such-product', 'value', m.data ->> 'next'))
            ELSE '[]'::jsonb END AS faults
        FROM met m
    )
    UPDATE import_row r
    SET faults = j.faults, target_id = j.id,
        verdict = CASE WHEN j.faults <> '[]'::jsonb THEN 'wrong' WHEN j.id IS NULL THEN 'new'
                       WHEN j.is_same THEN 'same' ELSE 'changed' END
    FROM judged j WHERE r.run_id = :run AND r.row = j.row AND r.row BETWEEN :first AND :last
""")

_FIELDS = (
    "barcode",
    "category",
    "pack_size",
    "unit",
    "is_restricted",
    "follow_up_day",
    "is_large",
    "is_consumable",
    "until_age_months",
    "is_active",
)
_CREATE = text("""
    WITH made AS (
        INSERT INTO product (code, barcode, name, category, pack_size, unit, is_restricted, follow_up_day, is_large,
            is_consumable, until_age_months, is_active, created_at)
        SELECT r.data ->> 'code', f.barcode, f.name, f.category, f.pack_size, coalesce(f.unit, ''),
            coalesce(f.is_restricted, false), coalesce(f.follow_up_day, 3), coalesce(f.is_large, false),
            coalesce(f.is_consumable, false), f.until_age_months, coalesce(f.is_active, true), :now
        FROM import_row r CROSS JOIN LATERAL jsonb_populate_record(NULL::product, r.data -> 'fields') f
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.verdict = 'new' AND r.did IS NULL
        ORDER BY r.row
        ON CONFLICT (code) DO NOTHING
        RETURNING id, code
    )
    UPDATE import_row r SET did = 'created', target_id = m.id, undo = '{"version": 1}'::jsonb
    FROM made m WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.verdict = 'new' AND r.key = m.code
    RETURNING r.target_id AS id
""")
_CHANGE = text(f"""
    WITH meant AS (
        SELECT r.row, g.id, to_jsonb(g) AS whole, r.data -> 'fields' AS fields
        FROM import_row r JOIN product g ON g.id = r.target_id
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.verdict = 'changed' AND r.did IS NULL
        ORDER BY g.id FOR UPDATE OF g
    ), changed AS (
        UPDATE product g
        SET ({", ".join(_FIELDS)}) = (SELECT {", ".join("f." + name for name in _FIELDS)}
                FROM jsonb_populate_record(g, m.fields) f),
            name = g.name || coalesce(m.fields -> 'name', '{{}}'::jsonb), version = g.version + 1
        FROM meant m WHERE g.id = m.id
        RETURNING g.id, g.version
    )
    UPDATE import_row r SET did = 'changed', undo = jsonb_build_object('version', h.version, 'before', m.whole)
    FROM meant m JOIN changed h USING (id) WHERE r.run_id = :run AND r.row = m.row
    RETURNING m.id
""")  # noqa: S608  no text from outside
# Last of all, when every product of the file is there. The line of stages must not lead back to where it began.
_FOLLOW = text("""
    WITH RECURSIVE meant AS (
        SELECT r.row, g.id, n.id AS next_id FROM import_row r
        JOIN product g ON g.id = r.target_id JOIN product n ON n.code = r.data ->> 'next'
        WHERE r.run_id = :run AND r.did IN ('created', 'changed') AND r.data ->> 'next' IS NOT NULL
    ), leads AS (
        SELECT g.id, coalesce(m.next_id, g.next_product_id) AS next_id
        FROM product g LEFT JOIN meant m USING (id)
    ), walk AS (
        SELECT id AS start, next_id AS at, 1 AS steps FROM meant
        UNION ALL
        SELECT w.start, l.next_id, w.steps + 1 FROM walk w JOIN leads l ON l.id = w.at
        WHERE w.at <> w.start AND l.next_id IS NOT NULL AND w.steps < 100
    ), circles AS (
        SELECT DISTINCT start FROM walk WHERE at = start
    ), followed AS (
        UPDATE product g SET next_product_id = m.next_id FROM meant m
        WHERE g.id = m.id AND m.id NOT IN (SELECT start FROM circles)
    )
    UPDATE import_row r SET verdict = 'wrong', faults = '[{"column": "next_product", "code": "follows-itself"}]'
    FROM meant m WHERE r.run_id = :run AND r.row = m.row AND m.id IN (SELECT start FROM circles)
""")


def judge(batch: Batch) -> None:
    db.session.execute(_JUDGE, batch.values)


def apply(batch: Batch) -> None:
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('import:products', 0))"))
    judge(batch)
    created = db.session.execute(_CREATE, batch.values).all()
    judge(batch)
    changed = db.session.execute(_CHANGE, batch.values).all()
    _record("product.create", created, batch, {"import": batch.run_id})
    _record("product.update", changed, batch, {"import": batch.run_id})


def finish(batch: Batch) -> None:
    db.session.execute(_FOLLOW, batch.values)


_MADE = text("""
    SELECT g.id, g.version FROM import_row r JOIN product g ON g.id = r.target_id
    WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.did = 'created' ORDER BY g.id FOR UPDATE OF g
""")
_RESTORE = text(f"""
    WITH meant AS (
        SELECT r.row, g.id, r.undo -> 'before' AS before, g.version = (r.undo ->> 'version')::int AS is_as_left
        FROM import_row r JOIN product g ON g.id = r.target_id
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.did = 'changed' ORDER BY g.id FOR UPDATE OF g
    ), restored AS (
        UPDATE product g
        SET (name, next_product_id, {", ".join(_FIELDS)}) = (
                SELECT f.name, f.next_product_id, {", ".join("f." + name for name in _FIELDS)}
                FROM jsonb_populate_record(g, m.before) f), version = g.version + 1
        FROM meant m WHERE g.id = m.id AND m.is_as_left RETURNING g.id
    )
    UPDATE import_row r SET did = CASE WHEN m.is_as_left THEN 'undone' ELSE r.did END,
        kept = CASE WHEN m.is_as_left THEN NULL ELSE :changed_since END
    FROM meant m WHERE r.run_id = :run AND r.row = m.row
    RETURNING m.id, m.is_as_left
""")  # noqa: S608  no text from outside
_MARK = text("""
    UPDATE import_row SET did = CASE WHEN target_id = ANY(CAST(:gone AS bigint[])) THEN 'undone' ELSE did END,
        kept = CASE WHEN target_id = ANY(CAST(:changed AS bigint[])) THEN :changed_since
                    WHEN target_id = ANY(CAST(:used AS bigint[])) THEN :used_since END
    WHERE run_id = :run AND row BETWEEN :first AND :last AND did = 'created'
""")


def undo(batch: Batch) -> None:
    """Remove products that were never sold, counted or named since; give the changed ones their former values."""
    words = {"changed_since": CHANGED_SINCE, "used_since": USED}
    restored = db.session.execute(_RESTORE, batch.values | words).all()
    made = db.session.execute(_MADE, batch.values).all()
    ids = [row.id for row in made]
    changed = {row.id for row in made if row.version != 1}
    # Stages of one file follow each other: within it they may all go together.
    within = text("""UPDATE product SET next_product_id = NULL
                     WHERE id = ANY(CAST(:ids AS int[])) AND version = 1""")
    used = used_ids("product", ids, except_tables={"product"})
    gone = [row for row in made if row.id not in used | changed]
    gone_ids = {"ids": [row.id for row in gone]}
    db.session.execute(within, gone_ids)
    named_by_others = used_ids("product", gone_ids["ids"], except_tables=frozenset())
    used |= named_by_others
    gone = [row for row in gone if row.id not in named_by_others]
    gone_ids = {"ids": [row.id for row in gone]}
    db.session.execute(text("DELETE FROM product WHERE id = ANY(CAST(:ids AS int[]))"), gone_ids)
    marks = {"gone": gone_ids["ids"], "changed": sorted(changed), "used": sorted(used)}
    db.session.execute(_MARK, batch.values | words | marks)
    _record("product.delete", gone, batch, {"undone_import": batch.run_id})
    _record("product.update", [row for row in restored if row.is_as_left], batch, {"undone_import": batch.run_id})


def _record(action: str, rows: Sequence[Any], batch: Batch, detail: Mapping[str, Any]) -> None:
    detail = {"client": "import", **detail}
    subjects = [(row.id, None) for row in rows]
    who = audit_name(batch.actor)
    audit.record_many(who, action=action, kind="product", subjects=subjects, now=batch.now, detail=detail)


KIND = ImportKind(
    key="products",
    title=N_("Products"),
    columns=COLUMNS,
    faults=FAULTS,
    prepare=prepare,
    judge=judge,
    apply=apply,
    undo=undo,
    finish=finish,
)
