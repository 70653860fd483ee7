"""Changing the simulator while it runs: the same knobs over HTTP as in Python.

GET  /_control/state
POST /_control/knobs    {"latency_seconds": 0.2, "chances": {"429": 0.1}, "habits": {"times": 3}, ...}
POST /_control/script   {"scenarios": ["429", "500 after accepting"]}
POST /_control/text     {"from": "+85291234567", "body": "1", "times": 1}
POST /_control/report   {"sid": "SM...", "statuses": ["sent", "delivered"], "times": 1, "error_code": null}
POST /_control/block    {"number": "+85291234567", "blocked": true}
POST /_control/skip     {"seconds": 3600}
POST /_control/release, /_control/reset
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import requests

from tests.simulator.scenarios import NAMED
from tests.simulator.shapes import FROM_NUMBER, SERVICE_SID, SimulatedMessage
from tests.simulator.webhooks import Habits

if TYPE_CHECKING:
    from tests.simulator.twilio import TwilioSimulator

PLAIN_KNOBS = ("latency_seconds", "latency_jitter_seconds", "segments_per_second", "retry_pause_seconds")
SHOWN_MESSAGES = 500


class Unknown(Exception):
    """No such order."""


def answer(simulator: TwilioSimulator, order: str, body: dict[str, Any]) -> dict[str, Any]:
    if order not in ORDERS:
        raise Unknown(f"no order {order!r}; there are: {', '.join(ORDERS)}")
    return ORDERS[order](simulator, body)


def state(simulator: TwilioSimulator, _body: dict[str, Any]) -> dict[str, Any]:
    known = [*simulator.messages, *simulator.inbound, *simulator.auto_replies]
    known.sort(key=lambda message: message.created_at)
    return {
        "knobs": knobs_of(simulator),
        "scenarios": list(NAMED),
        "messages": [shown(message) for message in known[-SHOWN_MESSAGES:]],
        "blocked": sorted(number for _, number in simulator.opt_outs.blocked),
        "held": simulator.held_count,
        "is_busy": simulator.is_busy,
        "accepted": len(simulator.messages),
        "requests": len(simulator.requests),
        "webhooks": [
            {"kind": kind, "status": status, "count": count}
            for (kind, status), count in sorted(simulator.webhook_answers.items())
        ],
        "given_up": len(simulator.given_up),
    }


def knobs_of(simulator: TwilioSimulator) -> dict[str, Any]:
    return {
        **{name: getattr(simulator, name) for name in PLAIN_KNOBS},
        "receipts": list(simulator.receipts),
        "habits": asdict(simulator.habits),
        "chances": simulator.chances,
        "advanced_opt_out": simulator.opt_outs.is_advanced,
        "more_stop_words": sorted(simulator.opt_outs.more_stop_words),
    }


def shown(message: SimulatedMessage) -> dict[str, Any]:
    is_inbound = message.direction == "inbound"
    return {
        "sid": message.sid,
        "phone": message.from_number if is_inbound else message.to,
        "direction": message.direction,
        "body": message.body,
        "status": message.status,
        "error_code": message.error_code,
        "at": message.created_at.isoformat(),
        "mid": message.mid,
    }


def change_knobs(simulator: TwilioSimulator, body: dict[str, Any]) -> dict[str, Any]:
    """Only what is named changes; a name that does not exist changes nothing at all."""
    known = {*knobs_of(simulator), "seed"}
    habits = body.get("habits", {})
    if wrong := (set(body) - known) | (set(habits) - {one.name for one in fields(Habits)}):
        raise LookupError(f"no knob {', '.join(sorted(wrong))}")
    chances = {name: float(share) for name, share in body.get("chances", simulator.chances).items()}
    if wrong := set(chances) - set(NAMED):
        raise LookupError(f"no scenario {', '.join(sorted(wrong))}")
    if sum(chances.values()) > 1:
        raise ValueError("the chances add up to more than 1")
    plain = {name: float(body.get(name, getattr(simulator, name))) for name in PLAIN_KNOBS}
    simulator.chances = chances
    for name, value in plain.items():
        setattr(simulator, name, value)
    simulator.receipts = tuple(body.get("receipts", simulator.receipts))
    simulator.habits = Habits(**{**asdict(simulator.habits), **habits})
    simulator.opt_outs.is_advanced = bool(body.get("advanced_opt_out", simulator.opt_outs.is_advanced))
    words = body.get("more_stop_words", simulator.opt_outs.more_stop_words)
    simulator.opt_outs.more_stop_words = frozenset(word.upper() for word in words)
    if "seed" in body:
        simulator.seed(int(body["seed"]))
    return knobs_of(simulator)


def script(simulator: TwilioSimulator, body: dict[str, Any]) -> dict[str, Any]:
    simulator.script(*[NAMED[name] for name in body["scenarios"]])
    return {"scripted": body["scenarios"]}


def text(simulator: TwilioSimulator, body: dict[str, Any]) -> dict[str, Any]:
    """A customer's text; `sid` and `times` let the same one come again."""
    url = body.get("url") or simulator.inbound_url
    sid = body.get("sid") or f"SM{uuid4().hex}"
    answers: list[int | str] = []
    for _ in range(int(body.get("times", 1))):
        try:
            answers.append(simulator.text_in(to_url=url, sender=body["from"], body=body["body"], sid=sid))
        except requests.RequestException as error:
            answers.append(f"the service did not answer: {type(error).__name__}")
    return {"sid": sid, "answers": answers}


def report(simulator: TwilioSimulator, body: dict[str, Any]) -> dict[str, Any]:
    message = simulator.message(body["sid"])
    if message is None:
        raise LookupError(f"no message {body['sid']}")
    answers = simulator.report(
        message,
        body["statuses"],
        times=int(body.get("times", 1)),
        error_code=body.get("error_code"),
        token=body.get("token"),
    )
    return {"answers": answers}


def block(simulator: TwilioSimulator, body: dict[str, Any]) -> dict[str, Any]:
    """Behind our back, at our number and at the service."""
    for sender in (FROM_NUMBER, SERVICE_SID):
        if body.get("blocked", True):
            simulator.block(body["number"], sender=sender)
        else:
            simulator.opt_outs.blocked.discard((sender, body["number"]))
    return {"blocked": sorted({number for _, number in simulator.opt_outs.blocked})}


def skip(simulator: TwilioSimulator, body: dict[str, Any]) -> dict[str, Any]:
    simulator.skip(float(body["seconds"]))
    return {"skipped": body["seconds"]}


def release(simulator: TwilioSimulator, _body: dict[str, Any]) -> dict[str, Any]:
    simulator.release()
    return {"released": True}


def reset(simulator: TwilioSimulator, _body: dict[str, Any]) -> dict[str, Any]:
    simulator.reset()
    return knobs_of(simulator)


ORDERS: dict[str, Callable[[TwilioSimulator, dict[str, Any]], dict[str, Any]]] = {
    "state": state,
    "knobs": change_knobs,
    "script": script,
    "text": text,
    "report": report,
    "block": block,
    "skip": skip,
    "release": release,
    "reset": reset,
}
