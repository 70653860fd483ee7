"""Purchases by the table: a line of a receipt per row. Whole receipts go in or stay out, each once.

A receipt is known by its source and its number there; one that is stored stays as it is, because what was sold is
corrected on its page, with a reason. Fresh receipts are told as facts like those of a till. Old ones are history:
habits and run-out days learn of them at once and in bulk, nobody is called about them, and no stock moves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from app.core import audit
from app.core.columns import Column, FaultWords, RowReader, named
from app.core.db import db
from app.core.i18n import N_
from app.core.outbox import publish_many
from app.customers.access import audit_name
from app.customers.importing_rows import Owners, Stores
from app.events import PurchaseRecorded
from app.people.import_batch import (
    CHANGED_SINCE,
    COMMON_FAULTS,
    STOCK_MOVED,
    USED,
    Batch,
    Checked,
    ImportKind,
    RowCheck,
    Setting,
)
from app.people.references import used_ids
from app.purchases import habits, referrals, run_outs
from app.purchases.service import CLOCKS_DIFFER
from app.purchases.tier_models import Referral

FRESH = timedelta(days=7)
"""How long after the purchase it still is news: followed up, booked out of the stock, told to other systems."""
SOURCE = "import"

COLUMNS = (
    Column(
        "external_id",
        N_("Receipt number"),
        named(
            "单号|單號|小票号|收据号|收據號|订单号|訂單號|订单编号|receipt|receipt no|order|order no|order id|invoice"
        ),
        is_required=True,
        help=N_("Rows with the same number are lines of one receipt."),
        example="A-10023",
    ),
    Column("source", N_("Source"), named("来源|來源|系统|系統|till|system|channel"), example="pos"),
    Column(
        "customer_phone",
        N_("Customer’s phone"),
        named("电话|電話|手机|手機|手机号|客户电话|客戶電話|顾客电话|顧客電話|phone|mobile|customer"),
        is_required=True,
        example="+852 9123 4567",
    ),
    Column("store", N_("Store"), named("门店|門店|分店|店铺|店舖|shop|branch|store code")),
    Column(
        "bought_at",
        N_("Bought at"),
        named("日期|时间|時間|购买日期|購買日期|购买时间|購買時間|销售日期|銷售日期|date|time|sold at|purchase date"),
        is_required=True,
        example="2027-03-01 15:30",
    ),
    Column(
        "product_code",
        N_("Product code"),
        named("商品编号|商品編號|货号|貨號|商品代码|产品编号|產品編號|sku|item|item code|product|code"),
        is_required=True,
        example="DRESS-110",
    ),
    Column("quantity", N_("Quantity"), named("数量|數量|件数|件數|qty|pieces"), example="1"),
    Column(
        "amount",
        N_("Amount"),
        named("金额|金額|实付|實付|小计|小計|总价|總價|price|total|line total"),
        is_required=True,
        help=N_("What was paid for the line, not for one piece."),
        example="298.00",
    ),
    Column("seller", N_("Sold by"), named("导购|導購|店员|店員|销售员|銷售員|associate|sold by|staff")),
    Column("currency", N_("Currency"), named("币种|幣種|货币|貨幣"), example="HKD"),
)

FAULTS: Mapping[str, FaultWords] = {
    **COMMON_FAULTS,
    "no-store": FaultWords(
        N_("No store is named for this row."), N_("Fill in the store, or choose one for the whole file.")
    ),
    "no-such-owner": FaultWords(
        N_("Nobody of this name or number works in that store."),
        N_("Use the phone number of somebody who works there, or leave the cell empty."),
    ),
    "two-owners": FaultWords(
        N_("Several people of that store have this name."), N_("Write the phone number of the one who is meant.")
    ),
    "no-such-customer": FaultWords(
        N_("There is no customer with this number, or not in your stores."), N_("Import the customers first.")
    ),
    "no-such-product": FaultWords(
        N_("There is no such product, or it is no longer sold."), N_("Import the products first, or correct the code.")
    ),
    "not-a-currency": FaultWords(
        N_("This is not a currency we take."), N_("Write HKD, CNY or another code of three letters.")
    ),
    "receipt-disagrees": FaultWords(
        N_("The lines of this receipt name different customers, stores or times."),
        N_("All lines of a receipt must say the same; correct the one that differs."),
    ),
    "receipt-left-out": FaultWords(
        N_("Another line of this receipt is wrong, so the whole receipt is left out."),
        N_("Correct the other line; then both go in."),
    ),
    "receipt-known": FaultWords(
        N_("This receipt is stored already, with other lines."),
        N_("Correct it on its page, where the reason is kept; an import changes no receipt."),
    ),
}


def prepare(setting: Setting) -> RowCheck:
    stores, owners = Stores.read(setting), Owners.read()
    latest = setting.now + CLOCKS_DIFFER

    def check(cells: Mapping[str, str]) -> Checked:
        row = RowReader(cells)
        store = stores.of(row)
        number = row.code("external_id", required=True)
        source = row.text("source", longest=40) or SOURCE
        phone = row.phone("customer_phone", region=store.country, required=True) if store else None
        code = row.code("product_code", required=True)
        quantity = row.decimal("quantity", places=3, least="0.001", most="99999")
        amount = row.decimal("amount", places=2, required=True)
        currency = row.text("currency", longest=3)
        if currency and not (currency.isascii() and currency.isalpha() and len(currency) == 3):
            row.complain("currency", "not-a-currency")
        data: dict[str, Any] = {"source": source, "external_id": number, "phone": phone, "code": code}
        # Wrong lines keep their key too: they keep their receipt out.
        key = f"{source}\n{number}" if number else None
        if store is None:
            return Checked(key, data, row.faults)
        bought_at = row.moment("bought_at", zone=ZoneInfo(store.zone), latest=latest, required=True)
        seller_id = owners.find(row, "seller", store)
        data |= {
            "store_id": store.id,
            "bought_at": bought_at.isoformat() if bought_at else None,
            "quantity": str(quantity if quantity is not None else 1),
            "amount": str(amount) if amount is not None else None,
            "currency": currency.upper() if currency else ("CNY" if store.country == "CN" else "HKD"),
            "seller_id": seller_id,
        }
        return Checked(key, data, row.faults)

    return check


# Receipts belong to the batch in which their first row lies; their other rows come along wherever they are.
_RECEIPTS = """
    receipts AS (
        SELECT DISTINCT r.key FROM import_row r
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.key IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM import_row o WHERE o.run_id = :run AND o.key = r.key AND o.row < r.row)
    ), lines AS (
        SELECT r.* FROM import_row r JOIN receipts USING (key) WHERE r.run_id = :run AND r.did IS NULL
    )
"""
_JUDGE = text(f"""
    WITH {_RECEIPTS}, met AS (
        SELECT l.row, l.key, l.data, p.id AS stored_id, c.id AS customer_id, g.id AS product_id,
            CASE WHEN jsonb_array_length(l.faults) > 0 AND l.faults -> 0 ->> 'code' NOT IN (
                    'no-such-customer', 'no-such-product', 'receipt-disagrees', 'receipt-left-out', 'receipt-known')
                    THEN l.faults
                WHEN p.id IS NOT NULL THEN '[]'::jsonb
                WHEN c.id IS NULL THEN jsonb_build_array(jsonb_build_object(
                    'column', 'customer_phone', 'code', 'no-such-customer', 'value', l.data ->> 'phone'))
                WHEN g.id IS NULL THEN jsonb_build_array(jsonb_build_object(
                    'column', 'product_code', 'code', 'no-such-product', 'value', l.data ->> 'code'))
                ELSE '[]'::jsonb END AS faults
        FROM lines l
        LEFT JOIN purchase p ON p.source = l.data ->> 'source' AND p.external_id = l.data ->> 'external_id'
        LEFT JOIN customer c ON c.phone = l.data ->> 'phone'
            AND (CAST(:all_stores AS boolean) OR c.store_id = ANY(CAST(:stores AS int[])))
        LEFT JOIN product g ON g.code = l.data ->> 'code' AND g.is_active
    ), whole AS (
        SELECT m.key, bool_or(m.faults <> '[]'::jsonb) AS is_wrong,
            count(DISTINCT (m.data ->> 'phone', m.data ->> 'store_id', m.data ->> 'bought_at',
                m.data ->> 'currency', m.data ->> 'seller_id')) > 1 AS disagrees,
            max(m.stored_id) AS stored_id, sum((m.data ->> 'amount')::numeric) AS total, count(*) AS lines,
            max(m.customer_id) AS customer_id, max((m.data ->> 'store_id')::int) AS store_id
        FROM met m GROUP BY m.key
    ), judged AS (
        SELECT m.row, w.stored_id, CASE
            WHEN m.faults <> '[]'::jsonb THEN m.faults
            WHEN w.is_wrong THEN jsonb_build_array(jsonb_build_object(
                'column', 'external_id', 'code', 'receipt-left-out', 'value', m.data ->> 'external_id'))
            WHEN w.disagrees THEN jsonb_build_array(jsonb_build_object(
                'column', 'external_id', 'code', 'receipt-disagrees', 'value', m.data ->> 'external_id'))
            WHEN w.stored_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM purchase p WHERE p.id = w.stored_id AND p.store_id = w.store_id AND p.total = w.total
                    AND (SELECT count(*) FROM purchase_line n WHERE n.purchase_id = p.id) = w.lines)
                THEN jsonb_build_array(jsonb_build_object(
                    'column', 'external_id', 'code', 'receipt-known', 'value', m.data ->> 'external_id'))
            ELSE '[]'::jsonb END AS faults
        FROM met m JOIN whole w USING (key)
    )
    UPDATE import_row r
    SET faults = j.faults, target_id = j.stored_id,
        verdict = CASE WHEN j.faults <> '[]'::jsonb THEN 'wrong' WHEN j.stored_id IS NULL THEN 'new' ELSE 'same' END
    FROM judged j WHERE r.run_id = :run AND r.row = j.row AND r.row >= :first
""")  # noqa: S608  no text from outside


def judge(batch: Batch) -> None:
    db.session.execute(_JUDGE, _values(batch))


def _values(batch: Batch) -> dict[str, Any]:
    return batch.values | {"all_stores": batch.actor.sees_all_stores, "stores": sorted(batch.actor.store_ids)}


_NUMBER = text(f"""
    WITH {_RECEIPTS}, numbered AS (
        SELECT key, nextval(pg_get_serial_sequence('purchase', 'id')) AS id
        FROM (SELECT key, min(row) FROM lines WHERE verdict = 'new' GROUP BY key ORDER BY min(row)) fresh
    )
    UPDATE import_row r SET target_id = n.id FROM numbered n
    WHERE r.run_id = :run AND r.key = n.key AND r.row >= :first
""")  # noqa: S608  no text from outside
_INSERT = text(f"""
    WITH {_RECEIPTS}
    INSERT INTO purchase (id, source, external_id, customer_id, store_id, seller_id, bought_at, total, currency,
        recorded_at)
    SELECT l.target_id, min(l.data ->> 'source'), min(l.data ->> 'external_id'), min(c.id),
        min((l.data ->> 'store_id')::int), min((l.data ->> 'seller_id')::int),
        min((l.data ->> 'bought_at')::timestamptz), sum((l.data ->> 'amount')::numeric), min(l.data ->> 'currency'),
        :now
    FROM lines l JOIN customer c ON c.phone = l.data ->> 'phone'
    WHERE l.verdict = 'new'
    GROUP BY l.target_id ORDER BY 2, 3
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING id, customer_id, store_id, bought_at
""")  # noqa: S608  no text from outside
_LINES = text(f"""
    WITH {_RECEIPTS}, marked AS (
        UPDATE import_row r SET did = 'created' FROM lines l, purchase p
        WHERE r.run_id = :run AND r.row = l.row AND r.row >= :first AND l.verdict = 'new' AND p.id = l.target_id
        RETURNING r.row, r.data, r.target_id
    )
    INSERT INTO purchase_line (purchase_id, product_id, quantity, amount)
    SELECT m.target_id, g.id, (m.data ->> 'quantity')::numeric, (m.data ->> 'amount')::numeric
    FROM marked m JOIN product g ON g.code = m.data ->> 'code' ORDER BY m.row
""")  # noqa: S608  no text from outside

TRIES = 3


def apply(batch: Batch) -> None:
    """Store the receipts that begin in this batch. A till that is faster wins; its receipt counts as stored."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('import:purchases', 0))"))
    values = _values(batch)
    for _try in range(TRIES):
        judge(batch)
        db.session.execute(_NUMBER, values)
        stored = db.session.execute(_INSERT, values).all()
        db.session.execute(_LINES, values)
        _tell(stored, batch)
        left = text(f"WITH {_RECEIPTS} SELECT EXISTS (SELECT 1 FROM lines WHERE verdict = 'new')")  # noqa: S608
        if not db.session.execute(left, values).scalar_one():
            return


def _tell(stored: Sequence[Any], batch: Batch) -> None:
    if not stored:
        return
    since = batch.now - FRESH
    publish_many(
        [
            PurchaseRecorded(
                purchase_id=row.id, customer_id=row.customer_id, store_id=row.store_id, occurred_at=row.bought_at
            )
            for row in stored
            if row.bought_at >= since
        ]
    )
    _learn({row.customer_id for row in stored if row.bought_at < since}, batch)
    _record("purchase.create", [(row.id, row.store_id) for row in stored], batch, {"import": batch.run_id})


def _learn(customer_ids: Collection[int], batch: Batch) -> None:
    """What the handlers of a purchase do for one, for many at once."""
    if not customer_ids:
        return
    habits.refresh_for(customer_ids, now=batch.now)
    run_outs.refresh(batch.now, customer_ids)
    brought = select(Referral.new_customer_id).where(Referral.new_customer_id.in_(sorted(customer_ids)))
    for customer_id in db.session.scalars(brought.order_by(Referral.new_customer_id)).all():
        referrals.recount(customer_id, now=batch.now)


def _record(action: str, subjects: list[tuple[int, int | None]], batch: Batch, detail: Mapping[str, Any]) -> None:
    detail = {"client": "import", **detail}
    who = audit_name(batch.actor)
    audit.record_many(who, action=action, kind="purchase", subjects=subjects, now=batch.now, detail=detail)


# Each receipt is taken back where its last row lies: undoing goes from the end, and then none of its rows is left.
_MADE = text("""
    SELECT p.id, p.customer_id, p.store_id, p.version,
        EXISTS (SELECT 1 FROM stock_movement s WHERE s.purchase_id = p.id) AS moved_stock
    FROM purchase p
    WHERE p.id IN (SELECT r.target_id FROM import_row r
                   WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.did = 'created')
    ORDER BY p.id FOR UPDATE
""")
_MARK = text("""
    UPDATE import_row SET did = CASE WHEN target_id = ANY(CAST(:gone AS bigint[])) THEN 'undone' ELSE did END,
        kept = CASE WHEN target_id = ANY(CAST(:changed AS bigint[])) THEN :changed_since
                    WHEN target_id = ANY(CAST(:moved AS bigint[])) THEN :stock_moved
                    WHEN target_id = ANY(CAST(:used AS bigint[])) THEN :used_since END
    WHERE run_id = :run AND did = 'created' AND target_id = ANY(CAST(:all AS bigint[]))
""")


def undo(batch: Batch) -> None:
    """Remove the receipts that nobody has corrected, returned or booked out of the stock since."""
    made = db.session.execute(_MADE, batch.values).all()
    ids = [row.id for row in made]
    changed = [row.id for row in made if row.version != 1]
    moved = [row.id for row in made if row.moved_stock]
    used = used_ids("purchase", ids, except_tables={"purchase_line", "stock_movement", "referral"})
    gone = [row for row in made if row.id not in {*changed, *moved, *used}]
    gone_ids = {"ids": [row.id for row in gone]}
    touched = {row.customer_id for row in gone}
    db.session.execute(
        text("UPDATE referral SET counted_purchase_id = NULL WHERE counted_purchase_id = ANY(CAST(:ids AS bigint[]))"),
        gone_ids,
    )
    for table, column in (("purchase_line", "purchase_id"), ("purchase", "id")):
        db.session.execute(text(f"DELETE FROM {table} WHERE {column} = ANY(CAST(:ids AS bigint[]))"), gone_ids)  # noqa: S608
    marks = {"gone": gone_ids["ids"], "changed": changed, "moved": moved, "used": sorted(used), "all": ids}
    words = {"changed_since": CHANGED_SINCE, "stock_moved": STOCK_MOVED, "used_since": USED}
    db.session.execute(_MARK, {"run": batch.run_id} | marks | words)
    _learn(touched, batch)
    _record("purchase.delete", [(row.id, row.store_id) for row in gone], batch, {"undone_import": batch.run_id})


KIND = ImportKind(
    key="purchases",
    title=N_("Purchases"),
    columns=COLUMNS,
    faults=FAULTS,
    prepare=prepare,
    judge=judge,
    apply=apply,
    undo=undo,
    for_supervisors=True,
)
