"""Stores, the people who work there, their hours and their keys to the service."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.people.opening import DEFAULT_HOURS

_OPENS_DAILY = f"'{json.dumps(DEFAULT_HOURS)}'::jsonb"


class TokenKind(StrEnum):
    """What a key was made for: a program's sign-in, a browser's cookie, or another system."""

    SESSION = "session"
    COOKIE = "cookie"
    API = "api"


class TimeOffStatus(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class TimeOffReason(StrEnum):
    LEAVE = "leave"
    SICK = "sick"
    TRAINING = "training"
    OTHER = "other"


class Store(Base):
    __tablename__ = "store"
    __table_args__ = (
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint("locale in ('zh_Hans', 'zh_Hant', 'en')", name="locale"),
        CheckConstraint("lat between -90 and 90 and lng between -180 and 180", name="place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    region: Mapped[str]
    country: Mapped[str]
    zone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    locale: Mapped[str]
    phone: Mapped[str | None]
    address: Mapped[str] = mapped_column(server_default="")
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    # Per weekday, Monday "0": see app/people/opening.py.
    opening_hours: Mapped[dict[str, Any]] = mapped_column(
        default=lambda: deepcopy(DEFAULT_HOURS), server_default=text(_OPENS_DAILY.replace(":", r"\:"))
    )
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    created_at: Mapped[datetime]


class Skill(Base):
    """Something an associate can do that some tasks ask for, such as fitting or baby care."""

    __tablename__ = "skill"

    key: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[dict[str, str]]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class Staff(Base):
    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role in ('head_office', 'supervisor', 'associate')", name="role"),
        CheckConstraint("locale in ('zh_Hans', 'zh_Hant', 'en')", name="locale"),
        CheckConstraint("role <> 'associate' or home_store_id is not null", name="associate_has_home_store"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str | None]
    locale: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    home_store_id: Mapped[int | None] = mapped_column(ForeignKey("store.id"), index=True)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # Wants to hear of new, moved and cancelled work by SMS while the app is closed.
    work_texts: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # Sessions carry the epoch they began in; raising it ends all of them in one statement.
    session_epoch: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]


class StaffStore(Base):
    """The stores a supervisor looks after or an associate works in."""

    __tablename__ = "staff_store"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"), primary_key=True, index=True)


class ApiToken(Base):
    """A key to the service. Only its hash is kept, so the table opens no door to whoever reads it."""

    __tablename__ = "api_token"
    __table_args__ = (CheckConstraint("kind in ('session', 'cookie', 'api')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    token_hash: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    session_epoch: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInFailure(Base):
    """Wrong passwords in a row per phone number, known or not: a lockout must not tell which numbers we know."""

    __tablename__ = "sign_in_failure"

    phone_hash: Mapped[str] = mapped_column(primary_key=True)
    tries: Mapped[int]
    last_tried_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class ShiftPattern(Base):
    """One stretch of work of a usual week, in the store's wall-clock time; several on one weekday leave a break."""

    __tablename__ = "shift_pattern"
    __table_args__ = (
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        CheckConstraint("ends > starts", name="order"),
        CheckConstraint("valid_until > valid_from", name="validity"),
        Index("ix_shift_pattern_staff_id_valid_from", "staff_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class ShiftException(Base):
    """What replaces the usual week on one day: a stretch of work, or with no times a day without work."""

    __tablename__ = "shift_exception"
    __table_args__ = (
        CheckConstraint("(starts is null) = (ends is null)", name="both_times"),
        CheckConstraint("ends > starts", name="order"),
        Index(
            "uq_shift_exception_staff_id_day_starts",
            "staff_id",
            "day",
            "starts",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    day: Mapped[date]
    starts: Mapped[time | None]
    ends: Mapped[time | None]
    note: Mapped[str] = mapped_column(server_default="")


class TimeOff(Base):
    """Absence of one person, and who looks after the customers meanwhile."""

    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("cover_id <> staff_id", name="cover_is_another"),
        CheckConstraint("status in ('asked', 'approved', 'declined', 'cancelled')", name="status"),
        CheckConstraint("reason in ('leave', 'sick', 'training', 'other')", name="reason"),
        # int4range makes the person comparable in a GiST index without the btree_gist extension.
        ExcludeConstraint(
            (func.int4range(text("staff_id"), text("staff_id"), text("'[]'")), "&&"),
            (func.tstzrange(text("starts_at"), text("ends_at")), "&&"),
            name="ex_time_off_no_overlap",
            where=text("status in ('asked', 'approved')"),
            using="gist",
        ),
        Index("ix_time_off_staff_id_starts_at", "staff_id", "starts_at"),
        Index("ix_time_off_cover_id_starts_at", "cover_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(server_default="")
