"""Whose turn it is to answer a customer's text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.people.opening import Opening, working_deadline


@dataclass(frozen=True)
class Person:
    """Somebody who could answer. `works_here`: active, and in the customer's store."""

    id: int
    works_here: bool = True
    is_away: bool = False
    cover_id: int | None = None

    @property
    def answers(self) -> int | None:
        """Who answers in this person's place at this moment: he or she, else the cover, else nobody."""
        if not self.works_here:
            return None
        return self.cover_id if self.is_away else self.id


@dataclass(frozen=True)
class Known:
    """Who has to do with the customer.

    `holder` was given the conversation by hand, `on_the_way` has a task with the customer under way, `met_lately`
    finished the last one and may still see the file, `owner` looks after the customer.
    """

    holder: Person | None = None
    on_the_way: Person | None = None
    met_lately: Person | None = None
    owner: Person | None = None


def first_to_answer(known: Known, *, is_for_the_owner: bool = False) -> int | None:
    """The familiar face first: who is at it just now, whom the customer met last, whom the customer belongs to.

    Somebody away is answered for by the cover. Nobody left means whoever leads the store. Whom the customer met longer
    ago than the file stays open (72 h) is not asked: he could not read what he is to answer.
    """
    in_order = (known.holder, known.on_the_way, known.met_lately, known.owner)
    wanted = (known.owner,) if is_for_the_owner else in_order
    return next((person.answers for person in wanted if person and person.answers is not None), None)


def hand_over_due(since: datetime, *, minutes: float, opening: Opening, zone: str) -> datetime:
    """When a text that nobody answered goes to whoever leads the store: after some minutes of opening time."""
    return working_deadline(since, minutes / 60, opening=opening, zone=ZoneInfo(zone))
