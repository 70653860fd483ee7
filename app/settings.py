"""Every setting of the service, as frozen values. Only create_app and the workers read the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from environs import Env, validate


class InvalidSettings(Exception):
    """The environment can't run the service; the message names every wrong or missing value."""


@dataclass(frozen=True)
class DatabaseSettings:
    url: str = field(repr=False)
    pool_size: int = 8


@dataclass(frozen=True)
class ValkeySettings:
    url: str = field(repr=False)


@dataclass(frozen=True)
class TwilioSettings:
    account_sid: str = ""
    auth_token: str = field(default="", repr=False)
    auth_token_old: str = field(default="", repr=False)
    messaging_service_sid: str = ""
    from_number: str = ""
    api_base_url: str = ""

    @property
    def is_configured(self) -> bool:
        return bool(self.account_sid and self.auth_token)


@dataclass(frozen=True)
class MessagingSettings:
    """Delays of the delivery state machine in seconds; time_scale shrinks all of them in tests."""

    http_timeout_seconds: float = 30.0
    claim_lease_seconds: float = 60.0
    submit_lease_seconds: float = 90.0
    claim_size: int = 100
    threads: int = 16
    time_scale: float = 1.0
    hand_over_minutes: float = 30.0
    """Opening time of the store after which an unanswered text is the supervisor's."""
    # How fast one sender may hand over, so that no queue grows at the carrier; 0 is without a limit.
    segments_per_second: float = 0.0
    # Results that the database could not take are kept here until it can.
    spool_root: str = "var/spool"
    # "" is Twilio with credentials, else the sandbox phone; see app/messaging/providers/__init__.py.
    carrier: str = ""
    carrier_options: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    # The local hour of the evening before, and the notice when that is too soon after the booking.
    reminder_hour: int = 18
    reminder_notice_hours: float = 2.0
    # How long news of work wait for the associate's app, or for more of them, and how far two such texts lie apart.
    work_patience_minutes: float = 2.0
    work_gap_minutes: float = 15.0


@dataclass(frozen=True)
class OutboxSettings:
    claim_size: int = 100
    lease_seconds: float = 60.0
    max_attempts: int = 12
    backoff_seconds: float = 1.0
    backoff_ceiling_seconds: float = 3600.0


@dataclass(frozen=True)
class TaskSettings:
    undo_window_seconds: float = 300.0
    customer_access_hours: int = 72
    proof_link_days: int = 30
    """How long the address of a proof sheet opens it, unless its maker says otherwise."""


@dataclass(frozen=True)
class ComplaintSettings:
    """The clocks of a complaint: acknowledged within working hours, planned within hours of the wall clock, and how
    long a customer may take to say whether it was put right before somebody should ask by phone."""

    acknowledge_working_hours: float = 2.0
    plan_hours: float = 24.0
    answer_hours: float = 72.0


@dataclass(frozen=True)
class PointsSettings:
    inspection_window_hours: float = 72.0


@dataclass(frozen=True)
class MediaSettings:
    root: str = "var/media"
    max_bytes: int = 12 * 1024 * 1024


@dataclass(frozen=True)
class FieldAppSettings:
    """The oldest schema of the field app that this service still understands; older ones are told to update."""

    min_schema: int = 0


@dataclass(frozen=True)
class MapSettings:
    """The pictures under the field app's map, as an address with {z}, {x} and {y}, and whom they are owed to. Without
    an address the map draws a plain grid and asks nobody."""

    tiles: str = ""
    attribution: str = ""
    max_zoom: int = 19
    # Maps made in mainland China are drawn beside the world's coordinates.
    is_mainland: bool = False

    @property
    def source(self) -> str:
        """The server of the pictures as a content security policy names it; empty when it is our own or none."""
        address = urlsplit(self.tiles)
        if not address.netloc:
            return ""
        return f"{address.scheme}://{address.netloc.replace('{s}', '*')}"


# A {s} stands for one of several servers and may only come first, where a policy knows a wildcard too.
TILES_ADDRESS = r"\A(https?://(\{s\}\.)?[A-Za-z0-9.-]+(:\d+)?)?/(?=\S*\{z\})(?=\S*\{x\})(?=\S*\{y\})\S*\Z"


@dataclass(frozen=True)
class ClockSettings:
    """A business clock that starts at `start` when the real clock shows `epoch` (unix seconds) and then runs."""

    start: datetime | None = None
    epoch: float | None = None


@dataclass(frozen=True)
class Settings:
    database: DatabaseSettings
    valkey: ValkeySettings
    secret_key: str = field(repr=False)
    environment: str = "development"
    public_url: str = "http://127.0.0.1:8000"
    twilio: TwilioSettings = TwilioSettings()
    messaging: MessagingSettings = MessagingSettings()
    outbox: OutboxSettings = OutboxSettings()
    tasks: TaskSettings = TaskSettings()
    complaints: ComplaintSettings = ComplaintSettings()
    points: PointsSettings = PointsSettings()
    media: MediaSettings = MediaSettings()
    field_app: FieldAppSettings = FieldAppSettings()
    map: MapSettings = MapSettings()
    clock: ClockSettings = ClockSettings()
    rate_limits: bool = True

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    def __post_init__(self) -> None:
        if not self.is_production:
            return
        problems = []
        if self.clock.start is not None:
            problems.append("CLOCK travels in time and is refused in production")
        if self.twilio.api_base_url and not self.twilio.api_base_url.startswith("https://"):
            problems.append("TWILIO_API_BASE_URL must be https in production")
        if not self.public_url.startswith("https://"):
            problems.append("PUBLIC_URL must be https in production: Twilio signs it and cookies are Secure")
        if len(self.secret_key) < 32:
            problems.append("SECRET_KEY must have at least 32 characters in production")
        if problems:
            raise InvalidSettings("; ".join(problems))


def settings_from_environment() -> Settings:
    """Read and check every value; raises InvalidSettings naming all that is wrong at once."""
    env = Env(eager=False)
    start = env.str("CLOCK", "")
    values: dict[str, Any] = {
        "database": DatabaseSettings(
            url=_psycopg_url(env.str("DATABASE_URL") or ""), pool_size=env.int("DATABASE_POOL_SIZE", 8)
        ),
        "valkey": ValkeySettings(url=env.str("REDIS_URL") or ""),
        "secret_key": env.str("SECRET_KEY"),
        "environment": env.str("HUIFANG_ENV", "development"),
        "public_url": (env.str("PUBLIC_URL", "http://127.0.0.1:8000") or "").rstrip("/"),
        "twilio": TwilioSettings(
            account_sid=env.str("TWILIO_ACCOUNT_SID", ""),
            auth_token=env.str("TWILIO_AUTH_TOKEN", ""),
            auth_token_old=env.str("TWILIO_AUTH_TOKEN_OLD", ""),
            messaging_service_sid=env.str("TWILIO_MESSAGING_SERVICE_SID", ""),
            from_number=env.str("TWILIO_FROM", ""),
            api_base_url=env.str("TWILIO_API_BASE_URL", ""),
        ),
        "messaging": MessagingSettings(
            http_timeout_seconds=env.float("MESSAGING_HTTP_TIMEOUT", 30.0),
            threads=env.int("MESSAGING_THREADS", 16),
            claim_size=env.int("MESSAGING_CLAIM_SIZE", 100),
            time_scale=env.float("MESSAGING_TIME_SCALE", 1.0),
            hand_over_minutes=env.float("HAND_OVER_MINUTES", 30.0),
            segments_per_second=env.float("MESSAGING_SEGMENTS_PER_SECOND", 0.0),
            spool_root=env.str("MESSAGING_SPOOL", "var/spool"),
            carrier=env.str("SMS_CARRIER", ""),
            carrier_options=tuple(sorted((env.dict("SMS_CARRIER_OPTIONS", None) or {}).items())),
            reminder_hour=env.int("MESSAGING_REMINDER_HOUR", 18, validate=validate.Range(min=0, max=23)),
            reminder_notice_hours=env.float("MESSAGING_REMINDER_NOTICE_HOURS", 2.0, validate=validate.Range(min=0)),
            work_patience_minutes=env.float("WORK_TEXT_PATIENCE_MINUTES", 2.0, validate=validate.Range(min=0)),
            work_gap_minutes=env.float("WORK_TEXT_GAP_MINUTES", 15.0, validate=validate.Range(min=0)),
        ),
        "outbox": OutboxSettings(
            lease_seconds=env.float("OUTBOX_LEASE_SECONDS", 60.0),
            backoff_seconds=env.float("OUTBOX_BACKOFF_SECONDS", 1.0),
        ),
        "tasks": TaskSettings(
            undo_window_seconds=env.float("UNDO_WINDOW", 300.0),
            proof_link_days=env.int("PROOF_LINK_DAYS", 30, validate=validate.Range(min=1, max=365)),
        ),
        "complaints": ComplaintSettings(
            acknowledge_working_hours=env.float("COMPLAINT_ACKNOWLEDGE_HOURS", 2.0),
            plan_hours=env.float("COMPLAINT_PLAN_HOURS", 24.0),
            answer_hours=env.float("COMPLAINT_ANSWER_HOURS", 72.0),
        ),
        "points": PointsSettings(inspection_window_hours=env.float("INSPECTION_WINDOW_HOURS", 72.0)),
        "media": MediaSettings(
            root=env.str("MEDIA_ROOT", "var/media"), max_bytes=env.int("MEDIA_MAX_BYTES", 12 * 1024 * 1024)
        ),
        "field_app": FieldAppSettings(min_schema=env.int("FIELD_APP_MIN_SCHEMA", 0)),
        "map": MapSettings(
            tiles=env.str("MAP_TILES", "", validate=validate.Regexp(rf"\A\Z|{TILES_ADDRESS}")),
            attribution=env.str("MAP_ATTRIBUTION", ""),
            max_zoom=env.int("MAP_MAX_ZOOM", 19, validate=validate.Range(min=1, max=22)),
            is_mainland=env.bool("MAP_IS_MAINLAND", False),
        ),
        "clock": ClockSettings(
            start=_aware(start) if start else None,
            epoch=env.float("CLOCK_EPOCH", None),
        ),
        "rate_limits": env.bool("RATE_LIMITS", True),
    }
    try:
        env.seal()
    except Exception as error:
        raise InvalidSettings(str(error)) from error
    return Settings(**values)


def _psycopg_url(url: str) -> str:
    """SQLAlchemy wants the driver named; the usual addresses don't name one."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise InvalidSettings("CLOCK needs an offset, for example 2027-03-10T10:00+08:00")
    return moment
