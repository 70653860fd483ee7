"""The table of a complaint: who may do what, and when."""

import pytest

from app.complaints.errors import AnswerMissing, CaseClosed, NotYourCase, WrongStage
from app.complaints.kinds import Stage, Verb
from app.complaints.lifecycle import CaseState, allowed_actions, check
from app.people.access import Actor, Role


def person(role: Role, number: int = 7, *stores: int) -> Actor:
    return Actor(id=number, name="", role=role, store_ids=frozenset(stores or (1,)))


BOSS = person(Role.SUPERVISOR)
OFFICE = person(Role.HEAD_OFFICE, 8)
OWNER = person(Role.ASSOCIATE, 3)
COLLEAGUE = person(Role.ASSOCIATE, 4)
NEIGHBOUR = person(Role.SUPERVISOR, 5, 2)
CUSTOMER = Actor.customer(9)
SOMEBODY = Actor.customer(10)
SYSTEM = Actor.system()


def case(stage: str = Stage.OPENED, **changes: object) -> CaseState:
    values = {"stage": stage, "customer_id": 9, "store_id": 1, "owner_id": 3, **changes}
    return CaseState(**values)  # type: ignore[arg-type]


ALLOWED = {
    (Stage.OPENED, "boss"): {"acknowledge", "plan", "assign", "statements"},
    (Stage.OPENED, "owner"): {"acknowledge", "plan", "statements"},
    (Stage.OPENED, "colleague"): {"statements"},
    (Stage.OPENED, "customer"): {"statements"},
    (Stage.OPENED, "system"): {"acknowledge", "statements"},
    (Stage.OPENED, "neighbour"): set(),
    (Stage.OPENED, "somebody"): set(),
    (Stage.ACKNOWLEDGED, "boss"): {"plan", "resolve", "assign", "statements"},
    (Stage.ACKNOWLEDGED, "owner"): {"plan", "statements"},
    (Stage.PLANNED, "office"): {"plan", "resolve", "assign", "statements"},
    (Stage.PLANNED, "owner"): {"plan", "statements"},
    (Stage.RESOLVED, "boss"): {"answer", "reopen", "assign", "statements"},
    (Stage.RESOLVED, "owner"): {"answer", "statements"},
    (Stage.RESOLVED, "colleague"): {"statements"},
    (Stage.RESOLVED, "customer"): {"answer", "reopen", "statements"},
    (Stage.CLOSED, "boss"): {"reopen"},
    (Stage.CLOSED, "customer"): {"reopen"},
    (Stage.CLOSED, "owner"): set(),
}
PEOPLE = {
    "boss": BOSS,
    "office": OFFICE,
    "owner": OWNER,
    "colleague": COLLEAGUE,
    "neighbour": NEIGHBOUR,
    "customer": CUSTOMER,
    "somebody": SOMEBODY,
    "system": SYSTEM,
}


@pytest.mark.parametrize(("stage", "who"), ALLOWED, ids=lambda value: str(value))
def test_the_table_says_who_may_do_what(stage, who):
    assert set(allowed_actions(case(stage), PEOPLE[who])) == ALLOWED[stage, who]


def test_a_satisfied_customer_lets_who_leads_the_store_close():
    satisfied = case(Stage.RESOLVED, satisfied=True)
    assert {who for who, actor in PEOPLE.items() if "close" in allowed_actions(satisfied, actor)} == {"boss", "office"}


@pytest.mark.parametrize("answer", [None, False])
def test_without_the_customers_yes_nobody_closes(answer):
    for actor in PEOPLE.values():
        assert "close" not in allowed_actions(case(Stage.RESOLVED, satisfied=answer), actor)
    with pytest.raises(AnswerMissing):
        check(Verb.CLOSE, case(Stage.RESOLVED, satisfied=answer), BOSS)


def test_check_and_allowed_actions_agree_everywhere():
    for stage in Stage:
        for satisfied in (None, False, True):
            state = case(stage, satisfied=satisfied)
            for actor in PEOPLE.values():
                for verb in Verb:
                    try:
                        check(verb, state, actor)
                        may = True
                    except (NotYourCase, WrongStage, CaseClosed, AnswerMissing):
                        may = False
                    assert may == (verb in allowed_actions(state, actor)), (stage, actor.role, verb)


@pytest.mark.parametrize(
    ("verb", "stage", "actor", "refusal"),
    [
        (Verb.RESOLVE, Stage.ACKNOWLEDGED, OWNER, NotYourCase),
        (Verb.ACKNOWLEDGE, Stage.OPENED, COLLEAGUE, NotYourCase),
        (Verb.CLOSE, Stage.RESOLVED, SYSTEM, NotYourCase),
        (Verb.RESOLVE, Stage.OPENED, BOSS, WrongStage),
        (Verb.ACKNOWLEDGE, Stage.PLANNED, BOSS, WrongStage),
        (Verb.STATE, Stage.CLOSED, BOSS, CaseClosed),
    ],
)
def test_a_refusal_says_why(verb, stage, actor, refusal):
    with pytest.raises(refusal):
        check(verb, case(stage), actor)
