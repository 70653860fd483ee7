"""The tables of this slice. Other slices refer to them by table name; consent is kept by phone, not by person."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.customers.naming import sort_key
from app.customers.values import (
    BookingState,
    GuardianChannel,
    IncomeBand,
    Industry,
    Occupation,
    OptionalField,
    Relation,
    Tier,
)


def _sort_key_of_row(context: DefaultExecutionContext) -> str:
    return sort_key(context.get_current_parameters()["name"])  # type: ignore[no-untyped-call]


def one_of(column: str, values: type[StrEnum]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})"


class Household(Base):
    """People who share one address and one contact budget. Everybody has one, if only for himself."""

    __tablename__ = "household"

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), index=True)
    name: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime]


class Customer(Base):
    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("length(btrim(name)) > 0", name="name_not_blank"),
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{5,14}$'", name="phone_e164"),
        CheckConstraint("locale in ('zh_Hans', 'zh_Hant', 'en')", name="locale"),
        CheckConstraint("gender in ('female', 'male', 'other')", name="gender"),
        CheckConstraint("tier in ('core', 'important', 'ordinary')", name="tier"),
        CheckConstraint("birthday_calendar in ('solar', 'lunar')", name="birthday_calendar"),
        CheckConstraint(
            "(birthday_month is null and birthday_day is null and birthday_calendar is null and birthday_year is null)"
            " or (birthday_month between 1 and 12 and birthday_day between 1 and 31 and birthday_calendar is not null)",
            name="birthday_whole",
        ),
        CheckConstraint(one_of("occupation", Occupation), name="occupation"),
        CheckConstraint(one_of("industry", Industry), name="industry"),
        CheckConstraint(one_of("income_band", IncomeBand), name="income_band"),
        CheckConstraint("(lat is null) = (lng is null)", name="position_whole"),
        CheckConstraint("lat between -90 and 90 and lng between -180 and 180", name="position_on_earth"),
        CheckConstraint(
            "(tier_pinned_at is null) = (tier_pin_reason is null)"
            " and (tier_pinned_at is not null or (tier_pinned_by_id is null and tier_pinned_until is null))",
            name="tier_pin_whole",
        ),
        Index("ix_customer_store_id_name_key_id", "store_id", "name_key", "id"),
        Index("ix_customer_owner_id_name_key_id", "owner_id", "name_key", "id"),
        Index("ix_customer_name_key_id", "name_key", "id"),
        Index("ix_customer_tags", "tags", postgresql_using="gin"),
        Index("ix_customer_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
        Index("ix_customer_phone_trgm", "phone", postgresql_using="gin", postgresql_ops={"phone": "gin_trgm_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(default=_sort_key_of_row)
    phone: Mapped[str | None] = mapped_column(unique=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"), index=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    locale: Mapped[str]
    dialect: Mapped[str | None]
    gender: Mapped[str | None]
    birthday_calendar: Mapped[str | None]
    birthday_year: Mapped[int | None]
    birthday_month: Mapped[int | None]
    birthday_day: Mapped[int | None]
    address: Mapped[str] = mapped_column(default="", server_default="")
    district: Mapped[str] = mapped_column(default="", server_default="")
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'::text[]"))
    preferences: Mapped[str] = mapped_column(default="", server_default="")
    # How to reach the door (gate code, floor, dog), in the customer's own words.
    access_notes: Mapped[str] = mapped_column(default="", server_default="")
    sizes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    # Each of these three may be switched off for the whole company: file_fields.py.
    occupation: Mapped[str | None]
    industry: Mapped[str | None]
    income_band: Mapped[str | None]
    tier: Mapped[str] = mapped_column(default=Tier.ORDINARY, server_default="ordinary")
    # A person has set the tier: it is not computed while the pin holds (until `tier_pinned_until`, or for ever).
    tier_pin_reason: Mapped[str | None]
    tier_pinned_at: Mapped[datetime | None]
    tier_pinned_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    tier_pinned_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class HouseholdMember(Base):
    """Somebody of the household for whom is bought or cared: a baby, a child, a partner. `customer_id` if there is a
    file of his own. Once anonymised the row knows nothing but that there was somebody; what refers to it stays whole.
    """

    __tablename__ = "household_member"
    __table_args__ = (
        CheckConstraint(one_of("relation", Relation), name="relation"),
        CheckConstraint(one_of("guardian_consent_channel", GuardianChannel), name="guardian_consent_channel"),
        CheckConstraint(
            "(guardian_consent_text is null) = (guardian_consent_at is null)"
            " and (guardian_consent_channel is null) = (guardian_consent_at is null)",
            name="guardian_consent_whole",
        ),
        CheckConstraint("consent_withdrawn_at is null or guardian_consent_at is not null", name="withdrawn_was_given"),
        CheckConstraint(
            "(anonymised_at is null and length(btrim(name)) > 0)"
            " or (anonymised_at is not null and name = '' and birth_date is null and customer_id is null)",
            name="anonymised_knows_nothing",
        ),
        Index("ix_household_member_household_id", "household_id"),
        Index(
            "uq_household_member_customer_id",
            "customer_id",
            unique=True,
            postgresql_where=text("customer_id is not null"),
        ),
        Index("ix_household_member_birth_date", "birth_date", postgresql_where=text("birth_date is not null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    name: Mapped[str]
    relation: Mapped[str]
    birth_date: Mapped[date | None]
    # The consent in force or the last one; every consent and withdrawal stands in member_consent_event.
    guardian_consent_text: Mapped[str | None]
    guardian_consent_channel: Mapped[str | None]
    guardian_consent_at: Mapped[datetime | None]
    guardian_consent_collector_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    consent_withdrawn_at: Mapped[datetime | None]
    anonymised_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]

    @property
    def has_consent(self) -> bool:
        return self.guardian_consent_at is not None and self.consent_withdrawn_at is None


class MemberConsentEvent(Base):
    """What a guardian agreed to or took back: the proof the law asks for, append-only (trigger), without a name."""

    __tablename__ = "member_consent_event"
    __table_args__ = (
        CheckConstraint("state in ('in', 'out')", name="state"),
        CheckConstraint(one_of("channel", GuardianChannel), name="channel"),
        Index("ix_member_consent_event_member_id_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("household_member.id"))
    state: Mapped[str]
    text: Mapped[str]
    channel: Mapped[str]
    occurred_at: Mapped[datetime]
    collector_kind: Mapped[str]
    collector_id: Mapped[int | None]
    recorded_at: Mapped[datetime]


class FileField(Base):
    """Whether the company keeps an optional field of the file; a field without a row is on."""

    __tablename__ = "file_field"
    __table_args__ = (
        CheckConstraint(one_of("key", OptionalField), name="key"),
        CheckConstraint("emptied_at is null or not is_on", name="emptied"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # When what stood in the files was deleted, after the field had been off for long enough.
    emptied_at: Mapped[datetime | None]


class OwnerHistory(Base):
    """Who looked after the customer, from when to when. Exactly one row per customer is open."""

    __tablename__ = "owner_history"
    __table_args__ = (
        CheckConstraint("until is null or until >= since", name="order"),
        Index("ix_owner_history_customer_id_since", "customer_id", "since"),
        Index(
            "uq_owner_history_open",
            "customer_id",
            unique=True,
            postgresql_where=text("until is null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    changed_by_kind: Mapped[str]
    changed_by_id: Mapped[int | None]


class TierHistory(Base):
    """Every change of a customer's tier: from what to what, since when, and why."""

    __tablename__ = "tier_history"
    __table_args__ = (
        CheckConstraint(
            "tier in ('core', 'important', 'ordinary') and previous in ('core', 'important', 'ordinary')", name="tier"
        ),
        CheckConstraint("cause in ('computed', 'pinned', 'unpinned', 'pin_ended')", name="cause"),
        Index("ix_tier_history_customer_id_since", "customer_id", "since"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    tier: Mapped[str]
    previous: Mapped[str]
    since: Mapped[datetime]
    cause: Mapped[str]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class CustomerNote(Base):
    __tablename__ = "customer_note"
    __table_args__ = (
        CheckConstraint("length(btrim(text)) > 0", name="text_not_blank"),
        Index("ix_customer_note_customer_id_created_at_id", "customer_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    author_kind: Mapped[str]
    author_id: Mapped[int | None]
    text: Mapped[str]
    created_at: Mapped[datetime]
    # When it was typed on a phone that had no signal, by its clock; lists go by when we got it.
    written_at: Mapped[datetime | None]


class Consent(Base):
    """The present state for one phone, channel and scope. This row is the stop: senders look at it last."""

    __tablename__ = "consent"
    __table_args__ = (
        UniqueConstraint("phone", "channel", "scope"),
        CheckConstraint("channel in ('sms', 'call')", name="channel"),
        CheckConstraint("scope in ('all', 'care', 'promotion')", name="scope"),
        CheckConstraint("state in ('in', 'out')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str]
    channel: Mapped[str]
    scope: Mapped[str]
    state: Mapped[str]
    changed_at: Mapped[datetime]


class ConsentEvent(Base):
    """Every change of consent with its words, way, time and collector. Append-only (trigger)."""

    __tablename__ = "consent_event"
    __table_args__ = (
        CheckConstraint("channel in ('sms', 'call')", name="channel"),
        CheckConstraint("scope in ('all', 'care', 'promotion')", name="scope"),
        CheckConstraint("state in ('in', 'out')", name="state"),
        CheckConstraint("source in ('sms', 'page', 'office', 'api', 'provider', 'import')", name="source"),
        Index("ix_consent_event_phone_occurred_at", "phone", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    phone: Mapped[str]
    channel: Mapped[str]
    scope: Mapped[str]
    state: Mapped[str]
    source: Mapped[str]
    text: Mapped[str]
    collector_kind: Mapped[str]
    collector_id: Mapped[int | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class PhoneFault(Base):
    """A number that can't receive SMS, as a carrier told us. It belongs to the number: a new one has none."""

    __tablename__ = "phone_fault"

    phone: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    code: Mapped[int]
    noted_at: Mapped[datetime]
    # Somebody has looked into it; the next text may try again.
    cleared_at: Mapped[datetime | None]
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class ContactRule(Base):
    """How many days lie between two proactive contacts of a household; the row without a store is the company's."""

    __tablename__ = "contact_rule"
    __table_args__ = (
        CheckConstraint("gap_days between 1 and 366", name="gap_days"),
        Index("uq_contact_rule_store_id", "store_id", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int | None] = mapped_column(ForeignKey("store.id"))
    gap_days: Mapped[int]
    changed_at: Mapped[datetime]


class ContactBooking(Base):
    """One line of the contact ledger. Two reserved ones of a household can't overlap, whoever writes them."""

    __tablename__ = "contact_booking"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    kind: Mapped[str]
    day: Mapped[date]
    gap_days: Mapped[int]
    origin_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=BookingState.RESERVED, server_default="reserved")
    reserved_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str | None]
    # It is about buying again; after two of these the next contact is for care.
    is_sales: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    __table_args__ = (
        CheckConstraint(
            "kind in ('recovery', 'replenishment', 'birthday', 'after_purchase', 'festival', 'milestone', 'cadence',"
            " 'win_back', 'personal', 'promotion')",
            name="kind",
        ),
        CheckConstraint("state in ('reserved', 'recorded', 'released')", name="state"),
        CheckConstraint("gap_days between 1 and 366", name="gap_days"),
        CheckConstraint("(state = 'recorded') = (recorded_at is not null)", name="recorded"),
        CheckConstraint("(state = 'released') = (released_at is not null)", name="released"),
        Index("ix_contact_booking_household_id_day", "household_id", "day"),
        # When the household was last in touch, without a look at the rows.
        Index(
            "ix_contact_booking_recorded_household_id_day",
            "household_id",
            "day",
            postgresql_where=text("state = 'recorded'"),
        ),
        ExcludeConstraint(
            (Column("household_id"), "="),
            (text("daterange(day, day + gap_days)"), "&&"),
            using="gist",
            where=text("state = 'reserved'"),
            name="ex_contact_booking_one_in_the_gap",
        ),
    )


class CustomerLinkRow(Base):
    """The key to one customer's page. `handle` is random; address and short code are derived from it and our secret,
    so that this table alone opens nothing."""

    __tablename__ = "customer_link"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint("openings >= 0", name="openings"),
        Index(
            "uq_customer_link_in_use",
            "customer_id",
            "task_id",
            unique=True,
            postgresql_where=text("revoked_at is null"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("uq_customer_link_code_hash", "code_hash", unique=True, postgresql_where=text("revoked_at is null")),
        Index("ix_customer_link_task_id", "task_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    handle: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_opened_at: Mapped[datetime | None]
    openings: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class CodeTry(Base):
    """How often short codes were tried in a stretch of time, per address (hashed) and by everybody together."""

    __tablename__ = "customer_code_try"
    __table_args__ = (Index("ix_customer_code_try_since", "since"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    tries: Mapped[int]
