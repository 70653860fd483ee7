"""How a complaint may change: one table, read by the API, the pages and the customers' answers alike. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.complaints.errors import AnswerMissing, CaseClosed, NotYourCase, WrongStage
from app.complaints.kinds import Stage, Verb
from app.people.access import Actor, Role


class Who(StrEnum):
    """What the asking person is to the case."""

    OWNER = "owner"
    COLLEAGUE = "colleague"
    SUPERVISOR = "supervisor"
    HEAD_OFFICE = "head_office"
    CUSTOMER = "customer"
    SYSTEM = "system"
    STRANGER = "stranger"


@dataclass(frozen=True)
class Transition:
    """One row of the table; `to` None keeps the stage."""

    verb: Verb
    by: frozenset[Who]
    source: frozenset[Stage]
    to: Stage | None = None


@dataclass(frozen=True)
class CaseState:
    """What the rules need to know of a case. `satisfied` is the customer's own answer, None while there is none."""

    stage: str
    customer_id: int
    store_id: int
    owner_id: int | None = None
    is_reaction: bool = False
    satisfied: bool | None = None


_LEADS = frozenset({Who.SUPERVISOR, Who.HEAD_OFFICE})
_HANDLES = _LEADS | {Who.OWNER}
_STAFF = _HANDLES | {Who.COLLEAGUE}
_ALIVE = frozenset(Stage) - {Stage.CLOSED}

TRANSITIONS: tuple[Transition, ...] = (
    # The service itself acknowledges when the recovery call was made: the deed counts, not the click.
    Transition(Verb.ACKNOWLEDGE, _HANDLES | {Who.SYSTEM}, frozenset({Stage.OPENED}), Stage.ACKNOWLEDGED),
    # Who tells the customer a plan has acknowledged, too.
    Transition(Verb.PLAN, _HANDLES, frozenset({Stage.OPENED, Stage.ACKNOWLEDGED, Stage.PLANNED}), Stage.PLANNED),
    Transition(Verb.RESOLVE, _LEADS, frozenset({Stage.ACKNOWLEDGED, Stage.PLANNED}), Stage.RESOLVED),
    Transition(Verb.ANSWER, _HANDLES | {Who.CUSTOMER, Who.SYSTEM}, frozenset({Stage.RESOLVED})),
    Transition(Verb.CLOSE, _LEADS, frozenset({Stage.RESOLVED}), Stage.CLOSED),
    Transition(
        Verb.REOPEN, _LEADS | {Who.CUSTOMER, Who.SYSTEM}, frozenset({Stage.RESOLVED, Stage.CLOSED}), Stage.OPENED
    ),
    Transition(Verb.ASSIGN, _LEADS, _ALIVE),
    Transition(Verb.STATE, _STAFF | {Who.CUSTOMER, Who.SYSTEM}, _ALIVE),
)
BY_VERB = {transition.verb: transition for transition in TRANSITIONS}


def who_is(actor: Actor, state: CaseState) -> Who:
    """What `actor` is to this case. Whether he or she may see it at all is decided before, in access.py."""
    if actor.role is Role.SYSTEM:
        return Who.SYSTEM
    if actor.role is Role.CUSTOMER:
        return Who.CUSTOMER if actor.id == state.customer_id else Who.STRANGER
    if actor.role is Role.HEAD_OFFICE:
        return Who.HEAD_OFFICE
    if actor.role is Role.SUPERVISOR:
        return Who.SUPERVISOR if state.store_id in actor.store_ids else Who.STRANGER
    return Who.OWNER if actor.id == state.owner_id else Who.COLLEAGUE


def check(verb: Verb, state: CaseState, actor: Actor) -> Transition:
    """The transition, or the refusal that explains best why not."""
    row = BY_VERB[verb]
    if who_is(actor, state) not in row.by:
        raise NotYourCase()
    if state.stage not in row.source:
        raise CaseClosed() if state.stage == Stage.CLOSED else WrongStage()
    if verb is Verb.CLOSE and state.satisfied is not True:
        raise AnswerMissing()
    return row


def allowed_actions(state: CaseState, actor: Actor) -> tuple[str, ...]:
    """The verbs that check() would let this person do now, in the table's order."""
    who = who_is(actor, state)
    return tuple(
        row.verb.value
        for row in TRANSITIONS
        if who in row.by and state.stage in row.source and (row.verb is not Verb.CLOSE or state.satisfied is True)
    )


def needs_outcome(state: CaseState) -> bool:
    """A reported reaction is never explained away: who leads the store writes down what came of it (R19)."""
    return state.is_reaction
