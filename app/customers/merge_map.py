"""Everything that points at a customer or a household, and what a merge does with it. A test compares this with the
schema, so that no table can be forgotten; and the file that goes is deleted, so the database would refuse as well.

The order counts: what would collide with a row of the file that stays is settled before the rest is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.customers.journal import Journal


class Way(StrEnum):
    """MOVE: points at the file that stays from now on. DERIVED: is computed, and computed anew. KEPT: keeps the number
    of the file of that time, because it may not be changed; views follow the merge."""

    MOVE = "move"
    DERIVED = "derived"
    KEPT = "kept"


OF_CUSTOMER: Mapping[tuple[str, str], Way] = {
    ("purchase", "customer_id"): Way.MOVE,
    ("task", "customer_id"): Way.MOVE,
    ("stock_reservation", "customer_id"): Way.MOVE,
    ("intake", "customer_id"): Way.MOVE,
    ("run_out", "customer_id"): Way.DERIVED,
    ("buying_habit", "customer_id"): Way.DERIVED,
    ("tier_history", "customer_id"): Way.MOVE,
    ("referral", "new_customer_id"): Way.MOVE,
    ("referral", "referrer_id"): Way.MOVE,
    ("customer_note", "customer_id"): Way.MOVE,
    ("owner_history", "customer_id"): Way.MOVE,
    ("contact_booking", "customer_id"): Way.MOVE,
    ("customer_link", "customer_id"): Way.MOVE,
    ("household_member", "customer_id"): Way.MOVE,
    ("occurrence", "customer_id"): Way.MOVE,
    ("question", "customer_id"): Way.MOVE,
    ("conversation", "customer_id"): Way.MOVE,
    ("inbound", "customer_id"): Way.MOVE,
    ("message", "customer_id"): Way.MOVE,
    ("complaint", "customer_id"): Way.MOVE,
    ("complaint_statement", "customer_id"): Way.KEPT,
    ("hand_over_line", "customer_id"): Way.MOVE,
    ("customer_merge", "kept_id"): Way.MOVE,
    ("duplicate_pair", "low_id"): Way.DERIVED,
    ("duplicate_pair", "high_id"): Way.DERIVED,
}

OF_HOUSEHOLD: Mapping[tuple[str, str], Way] = {
    ("customer", "household_id"): Way.MOVE,
    ("household_member", "household_id"): Way.MOVE,
    ("contact_booking", "household_id"): Way.MOVE,
    ("complaint", "household_id"): Way.MOVE,
    ("occurrence", "household_id"): Way.MOVE,
}

OF_CONVERSATION: Mapping[tuple[str, str], Way] = {
    ("conversation_note", "conversation_id"): Way.MOVE,
    ("conversation_turn", "conversation_id"): Way.MOVE,
    ("conversation_seen", "conversation_id"): Way.DERIVED,
}
"""Two threads become one, which has one row for each customer."""


@dataclass(frozen=True)
class Files:
    """The two files of a merge. `joins`: their households become one."""

    kept: int
    gone: int
    kept_household: int
    gone_household: int
    joins: bool
    now: datetime


Settle = Callable[[Journal, Files], object]


def move_everything(journal: Journal, files: Files) -> None:
    """Settle what would collide, then move the rest, table by table."""
    for settle in SETTLED_BEFORE:
        settle(journal, files)
    for (table, column), way in OF_CUSTOMER.items():
        if way is Way.MOVE:
            journal.move(table, column, old=files.gone, new=files.kept)


def close_household(journal: Journal, files: Files) -> None:
    """Nobody lives there any more once the file has gone."""
    if files.joins:
        journal.delete("household", where="t.id = :household", household=files.gone_household)


def _touches(journal: Journal, files: Files) -> None:
    """What is planned for the file that goes ends with it; the plans look at the one that stays again tonight. A
    finished one with the same key keeps its place under a key of its own."""
    journal.change(
        "contact_booking",
        where="""t.customer_id = :gone AND t.state = 'reserved' AND t.origin_key IN (
            SELECT 'careplan:' || o.plan_id || ':cust:' || o.customer_id || ':' || o.key
                || CASE WHEN o.tries > 0 THEN '~' || o.tries ELSE '' END
            FROM occurrence o
            WHERE o.customer_id = :gone AND o.state IN ('due', 'deferred', 'booked', 'merged'))""",
        to={"state": "'released'", "released_at": ":now", "release_reason": "'merged_file'"},
        gone=files.gone,
        now=files.now,
    )
    journal.change(
        "occurrence",
        where="t.customer_id = :gone AND t.state IN ('due', 'deferred', 'booked', 'merged')",
        to={"state": "'dropped'", "reason": "'merged_file'", "decided_at": ":now"},
        gone=files.gone,
        now=files.now,
    )
    journal.change(
        "occurrence",
        where="""t.customer_id = :gone AND EXISTS (
            SELECT FROM occurrence o
            WHERE o.customer_id = :kept AND o.plan_id = t.plan_id AND o.key = t.key)""",
        to={"key": "t.key || '@' || t.customer_id"},
        gone=files.gone,
        kept=files.kept,
    )


def _bookings(journal: Journal, files: Files) -> None:
    """Contacts of both count from now on. Of two promised ones too close, that of the file that goes yields."""
    journal.change(
        "contact_booking",
        where="""t.state = 'reserved'
            AND (t.customer_id = :gone OR (:joins AND t.household_id = :gone_household))
            AND EXISTS (
                SELECT FROM contact_booking o
                WHERE o.household_id = :kept_household AND o.state = 'reserved' AND o.id <> t.id
                    AND o.customer_id <> :gone AND o.household_id <> t.household_id
                    AND daterange(o.day, o.day + o.gap_days) && daterange(t.day, t.day + t.gap_days))""",
        to={"state": "'released'", "released_at": ":now", "release_reason": "'merged_file'"},
        gone=files.gone,
        joins=files.joins,
        gone_household=files.gone_household,
        kept_household=files.kept_household,
        now=files.now,
    )


def _households(journal: Journal, files: Files) -> None:
    """The household of the file that goes, or only what was the person's own in it."""
    if files.gone_household == files.kept_household:
        return
    if files.joins:
        for table, column in OF_HOUSEHOLD:
            if table != "customer":
                journal.move(table, column, old=files.gone_household, new=files.kept_household)
        journal.change(
            "customer",
            where="t.household_id = :gone_household AND t.id <> :gone",
            to={"household_id": ":kept_household"},
            gone=files.gone,
            gone_household=files.gone_household,
            kept_household=files.kept_household,
        )
        return
    for table in ("contact_booking", "complaint", "occurrence", "household_member"):
        journal.change(
            table,
            where="t.customer_id = :gone AND t.household_id = :gone_household",
            to={"household_id": ":kept_household"},
            gone=files.gone,
            gone_household=files.gone_household,
            kept_household=files.kept_household,
        )


def _members(journal: Journal, files: Files) -> None:
    """One person is one member: the entry of the file that goes stays as a name without a file."""
    journal.change(
        "household_member",
        where="""t.customer_id = :gone
            AND EXISTS (SELECT FROM household_member o WHERE o.customer_id = :kept)""",
        to={"customer_id": "NULL"},
        gone=files.gone,
        kept=files.kept,
    )


def _owners(journal: Journal, files: Files) -> None:
    journal.change(
        "owner_history",
        where="t.customer_id = :gone AND t.until IS NULL",
        to={"until": "greatest(t.since, :now)"},
        gone=files.gone,
        now=files.now,
    )


def _hand_overs(journal: Journal, files: Files) -> None:
    """One file has one owner: the hand-over of the file that goes ends with it."""
    journal.change(
        "hand_over_line",
        where="""t.customer_id = :gone AND t.state IN ('given', 'refused') AND EXISTS (
            SELECT FROM hand_over_line o WHERE o.customer_id = :kept AND o.state IN ('given', 'refused'))""",
        to={"state": "'over'", "ended_at": ":now"},
        gone=files.gone,
        kept=files.kept,
        now=files.now,
    )


def _links(journal: Journal, files: Files) -> None:
    journal.change(
        "customer_link",
        where="""t.customer_id = :gone AND t.revoked_at IS NULL AND EXISTS (
            SELECT FROM customer_link o
            WHERE o.customer_id = :kept AND o.revoked_at IS NULL AND o.task_id IS NOT DISTINCT FROM t.task_id)""",
        to={"revoked_at": ":now"},
        gone=files.gone,
        kept=files.kept,
        now=files.now,
    )


def _questions(journal: Journal, files: Files) -> None:
    """Two open questions of one customer have different codes: those that would clash count on from the highest."""
    journal.change(
        "question",
        where="""t.customer_id = :gone AND t.answered_at IS NULL AND t.closed_at IS NULL AND EXISTS (
            SELECT FROM question o
            WHERE o.customer_id = :kept AND o.answered_at IS NULL AND o.closed_at IS NULL AND o.code = t.code)""",
        to={
            "code": """((SELECT max(CAST(o.code AS int)) FROM question o
                WHERE o.customer_id IN (:gone, :kept) AND o.answered_at IS NULL AND o.closed_at IS NULL)
                + (SELECT count(*) FROM question e WHERE e.customer_id = :gone AND e.answered_at IS NULL
                    AND e.closed_at IS NULL AND e.id <= t.id))::text"""
        },
        gone=files.gone,
        kept=files.kept,
    )


def _intakes(journal: Journal, files: Files) -> None:
    journal.change(
        "intake",
        where="""t.customer_id = :gone AND t.until IS NULL AND EXISTS (
            SELECT FROM intake o
            WHERE o.customer_id = :kept AND o.until IS NULL AND o.product_id = t.product_id
                AND o.household_member_id IS NOT DISTINCT FROM t.household_member_id)""",
        to={"until": "greatest(t.since, CAST(:now AS date))", "end_reason": "'merged'"},
        gone=files.gone,
        kept=files.kept,
        now=files.now,
    )


def _referrals(journal: Journal, files: Files) -> None:
    """Nobody brings himself, directly or through others, and everybody was brought by one person: the file that stays
    is believed."""
    journal.delete(
        "referral",
        where=f"""(t.new_customer_id = :gone AND {_was_brought_by("t.referrer_id", ":kept")})
            OR (t.referrer_id = :gone AND {_was_brought_by(":kept", "t.new_customer_id")})
            OR (t.new_customer_id = :gone AND EXISTS (SELECT FROM referral o WHERE o.new_customer_id = :kept))""",
        gone=files.gone,
        kept=files.kept,
    )


def _was_brought_by(somebody: str, other: str) -> str:
    """SQL: the one is the other, or was brought by him directly or through others."""
    return f"""{other} IN (
        WITH RECURSIVE chain (id) AS (
            SELECT CAST({somebody} AS int)
            UNION SELECT r.referrer_id FROM chain JOIN referral r ON r.new_customer_id = chain.id)
        SELECT id FROM chain)"""  # noqa: S608  columns


def _threads(journal: Journal, files: Files) -> None:
    """Two threads become one: what waits in either waits in it."""
    both = """SELECT o.id FROM conversation o WHERE o.customer_id = :gone
        AND EXISTS (SELECT FROM conversation k WHERE k.customer_id = :kept)"""
    values = {"gone": files.gone, "kept": files.kept}
    other = "(SELECT o.{0} FROM conversation o WHERE o.customer_id = :gone)"
    journal.change(
        "conversation",
        where=f"t.customer_id = :kept AND EXISTS ({both})",
        to={
            "unread": f"t.unread + {other.format('unread')}",
            "attention": f"coalesce(t.attention, {other.format('attention')})",
            "waiting_since": f"least(t.waiting_since, {other.format('waiting_since')})",
            "last_at": f"greatest(t.last_at, {other.format('last_at')})",
            "last_inbound_at": f"greatest(t.last_inbound_at, {other.format('last_inbound_at')})",
            "paused_at": f"least(t.paused_at, {other.format('paused_at')})",
            "hand_over_due_at": f"least(t.hand_over_due_at, {other.format('hand_over_due_at')})",
        },
        **values,
    )
    journal.delete("conversation_seen", where=f"t.conversation_id IN ({both})", **values)
    for table in ("conversation_note", "conversation_turn"):
        journal.change(
            table,
            where=f"t.conversation_id IN ({both})",
            to={"conversation_id": "(SELECT k.id FROM conversation k WHERE k.customer_id = :kept)"},
            **values,
        )
    journal.delete("conversation", where=f"t.id IN ({both})", **values)


def _computed(journal: Journal, files: Files) -> None:
    for table in ("run_out", "buying_habit"):
        journal.delete(table, where="t.customer_id = :gone", gone=files.gone)
    journal.delete("duplicate_pair", where=":gone IN (t.low_id, t.high_id)", gone=files.gone)


SETTLED_BEFORE: tuple[Settle, ...] = (
    _touches,
    _bookings,
    _households,
    _members,
    _owners,
    _hand_overs,
    _links,
    _questions,
    _intakes,
    _referrals,
    _threads,
    _computed,
)
