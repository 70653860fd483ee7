"""The closed lists of this slice."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """How the customer's words reached us."""

    SMS = "sms"
    PAGE = "page"
    PHONE = "phone"
    OFFICE = "office"
    VISIT = "visit"


class Stage(StrEnum):
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    PLANNED = "planned"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Verb(StrEnum):
    """The steps of a case; each is the last part of a URL."""

    ACKNOWLEDGE = "acknowledge"
    PLAN = "plan"
    RESOLVE = "resolve"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"
    ASSIGN = "assign"
    STATE = "statements"


class Alarm(StrEnum):
    """What an escalation is about: one of the two clocks, or a bodily reaction, which waits for no clock."""

    ACKNOWLEDGE = "acknowledge"
    PLAN = "plan"
    REACTION = "reaction"


class Level(StrEnum):
    SUPERVISOR = "supervisor"
    HEAD_OFFICE = "head_office"
