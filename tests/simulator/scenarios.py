"""What may happen to one create, by name: the numbers Twilio reserves for its errors, and its bad days."""

from __future__ import annotations

from dataclasses import dataclass

MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The route to this number is not possible."),
    "+15005550003": (21408, "Permission to send an SMS to this region is not enabled."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient."),
    "+15005550009": (21614, "'To' number is not a valid mobile number."),
}
MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number."),
    "+15005550007": (21606, "The 'From' number cannot send SMS."),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages."),
}
UNSUBSCRIBED = MAGIC_TO["+15005550004"]
QUEUE_IS_FULL = MAGIC_FROM["+15005550008"]


@dataclass(frozen=True)
class Scenario:
    """What happens to one create: `accepts`: Twilio remembers the message; the rest is what the client sees.

    `is_held`: the answer waits for `release()`; whatever is to die in the middle of a call can die there.
    """

    accepts: bool = True
    status: int = 201
    code: int | None = None
    delay_seconds: float = 0.0
    resets: bool = False
    retry_after: str | None = None
    not_json: bool = False
    is_held: bool = False


OK = Scenario()
TOO_MANY = Scenario(accepts=False, status=429, code=20429)
SERVER_ERROR = Scenario(accepts=False, status=500, code=20500)
SERVER_ERROR_AFTER_ACCEPTING = Scenario(accepts=True, status=500, code=20500)
ACCEPT_THEN_RESET = Scenario(accepts=True, resets=True)
RESET_BEFORE_ACCEPTING = Scenario(accepts=False, resets=True)
UNAUTHORIZED = Scenario(accepts=False, status=401, code=20003)
SUSPENDED = Scenario(accepts=False, status=403, code=30002)
BAD_GATEWAY_PAGE = Scenario(accepts=False, status=502, not_json=True)
HELD = Scenario(is_held=True)
HELD_BEFORE_ACCEPTING = Scenario(accepts=False, resets=True, is_held=True)


def slow(seconds: float) -> Scenario:
    return Scenario(delay_seconds=seconds)


def refusal(code: int) -> Scenario:
    return Scenario(accepts=False, status=400, code=code)


NAMED = {
    "ok": OK,
    "slow": slow(25),
    "429": TOO_MANY,
    "500": SERVER_ERROR,
    "500 after accepting": SERVER_ERROR_AFTER_ACCEPTING,
    "reset": RESET_BEFORE_ACCEPTING,
    "reset after accepting": ACCEPT_THEN_RESET,
    "502 page": BAD_GATEWAY_PAGE,
    "401": UNAUTHORIZED,
    "suspended": SUSPENDED,
    "held": HELD,
    "21211": refusal(21211),
    "21610": refusal(21610),
    "21606": refusal(21606),
    "21611": refusal(21611),
}
"""For the control page and for chances: `simulator.chances = {"429": 0.1}`."""
