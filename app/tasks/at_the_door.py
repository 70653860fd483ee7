"""What vouches for a visit at the door: the place of arrival, the code that the customer reads out, the codes on packs.

None of it is ever a reason to refuse the work; only a gift beside a restricted product is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.customers.models import Customer
from app.purchases.models import Product
from app.tasks import places
from app.tasks.checklists import GIVEN, Item
from app.tasks.kinds import DoorCodeState, EvidenceKind, ItemKind, PlaceState
from app.tasks.models import Task, TaskLine
from app.tasks.records import LoadedWork, NewEvidence

MOST_TRIES = 5
"""So many wrong codes are slips of the tongue; whoever sends more of them is guessing."""
CODE_LENGTH = 4


@dataclass(frozen=True)
class Place:
    """Where the phone was, or why that is not known. `accuracy` is its own doubt in metres."""

    state: PlaceState
    lat: float | None = None
    lng: float | None = None
    accuracy: float | None = None


def place_proof(task: Task, place: Place, *, at: datetime) -> NewEvidence:
    """The place as evidence, with the distance from the customer's door; far off is an exception to be looked at."""
    if place.state is not PlaceState.GIVEN or place.lat is None or place.lng is None:
        return NewEvidence(EvidenceKind.PLACE, captured_at=at, place_state=place.state)
    lat, lng = db.session.execute(select(Customer.lat, Customer.lng).where(Customer.id == task.customer_id)).one()
    distance = None if lat is None or lng is None else places.metres_between(place.lat, place.lng, lat, lng)
    return NewEvidence(
        EvidenceKind.PLACE,
        captured_at=at,
        lat=place.lat,
        lng=place.lng,
        accuracy_metres=None if place.accuracy is None else round(place.accuracy),
        place_state=PlaceState.GIVEN,
        distance_metres=distance,
        is_exception=places.is_too_far(distance, accuracy=place.accuracy),
    )


# The door code


def code_state(
    items: Sequence[Item], answers: Mapping[str, Any], *, expected: str | None, tries: int
) -> DoorCodeState | None:
    """Whether the code that was typed is the customer's; None while there is nothing to compare."""
    given = _given_code(items, answers)
    if expected is None or given is None:
        return None
    if tries > MOST_TRIES:
        return DoorCodeState.TOO_MANY
    return DoorCodeState.RIGHT if given == expected else DoorCodeState.WRONG


def tries_after(loaded: LoadedWork, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The column to write when these answers hold one more wrong code. Half a code tells nothing and counts nothing."""
    given, known = _given_code(loaded.items, answers), _given_code(loaded.items, loaded.values)
    expected = loaded.task.door_code
    if expected is None or given is None or len(given) != CODE_LENGTH or given in (expected, known):
        return {}
    return {"door_code_tries": min(loaded.task.door_code_tries + 1, 1000)}


def proves(loaded: LoadedWork, answers: Mapping[str, Any]) -> bool:
    """A wrong code proves nothing, but the work was done: it is stored and simply does not count as proof."""
    tries = tries_after(loaded, answers).get("door_code_tries", loaded.task.door_code_tries)
    after = loaded.values | dict(answers)
    return code_state(loaded.items, after, expected=loaded.task.door_code, tries=tries) is DoorCodeState.RIGHT


def _given_code(items: Sequence[Item], answers: Mapping[str, Any]) -> str | None:
    return next((str(answers[item.key]) for item in items if item.is_door_code and answers.get(item.key)), None)


# Goods


def lines_with_their_code(said: Sequence[Mapping[str, Any]]) -> set[int]:
    """Ids of the lines whose product bears the code that was read: its barcode, or our own number for it."""
    scanned = {one["id"]: one["scanned_code"].strip().casefold() for one in said if one.get("scanned_code")}
    if not scanned:
        return set()
    rows = db.session.execute(
        select(TaskLine.id, func.lower(Product.code), func.lower(Product.barcode))
        .join(Product, Product.id == TaskLine.product_id)
        .where(TaskLine.id.in_(scanned))
    )
    return {line_id for line_id, code, barcode in rows if scanned[line_id] in (code, barcode)}


def require_no_forbidden_gift(loaded: LoadedWork, answers: Mapping[str, Any]) -> None:
    """No gift comes along with a restricted product such as infant formula."""
    given = [item.key for item in loaded.items if item.kind is ItemKind.GIFT and answers.get(item.key) == GIVEN]
    if not given:
        return
    brings_restricted = (
        select(TaskLine.id)
        .join(Product, Product.id == TaskLine.product_id)
        .where(TaskLine.task_id == loaded.task.id, Product.is_restricted)
    )
    if db.session.scalar(brings_restricted.limit(1)) is not None:
        raise Invalid(errors={f"answers.{key}": [N_("A restricted product comes without any gift.")] for key in given})
