"""kill -9 in the middle of work: afterwards every completion has exactly its points and its texts, none twice."""

import random
import time
from collections import Counter

import pytest

from tests.chaos.storm import TOLD, Storm, Visit

SHARES = (0.05, 0.35, 0.65)
"""How much of the day's work is done when the plug is pulled."""
VICTIMS = ("fast", "sms", "relay", "web", "valkey", "postgres")


@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_is_lost_and_nothing_doubled_when_it_is_killed(storm, calm_visit, victim):
    def disasters() -> None:
        for share in SHARES:
            storm.wait_for_share(share)
            kill_and_revive(storm, victim, away_seconds=0.7)

    storm.rage(disasters)
    assert_all_is_done_once(storm, calm_visit)


def test_nothing_is_lost_and_nothing_doubled_when_everything_dies_in_turn(storm, calm_visit):
    dice = random.Random(20270310)
    order = [*VICTIMS, "sms", "fast"]
    dice.shuffle(order)

    def disasters() -> None:
        for number, victim in enumerate(order):
            storm.wait_for_share(number / (len(order) + 1))
            time.sleep(dice.uniform(0.0, 0.4))
            kill_and_revive(storm, victim, away_seconds=dice.uniform(0.1, 1.0))

    storm.rage(disasters)
    assert_all_is_done_once(storm, calm_visit)


def kill_and_revive(storm: Storm, victim: str, *, away_seconds: float) -> None:
    storm.company.kill(victim)
    time.sleep(away_seconds)
    storm.company.revive(victim)


def assert_all_is_done_once(storm: Storm, calm_visit: Visit) -> None:
    assert_each_booking_is_one_finished_task(storm)
    assert_each_fact_was_told_and_handled_once(storm)
    assert_points_are_right(storm, calm_visit)
    assert_texts_are_right(storm)


def assert_each_booking_is_one_finished_task(storm: Storm) -> None:
    statement = "select customer_id, id, status, endings, rating from task where customer_id = any(%(customers)s)"
    customers = [visit.customer_id for visit in storm.visits]
    found = [tuple(row.values()) for row in storm.company.rows(statement, customers=customers)]
    assert sorted(found) == sorted(
        (visit.customer_id, visit.task_id, "completed", 1, 5 if visit.is_rated else None) for visit in storm.visits
    )


def assert_each_fact_was_told_and_handled_once(storm: Storm) -> None:
    assert storm.company.rows("select * from delivery where state <> 'done'") == []
    statement = "select name, payload->>'task_id' as task_id from fact where payload ? 'task_id'"
    told = Counter((row["name"], row["task_id"]) for row in storm.company.rows(statement))
    for visit in storm.visits:
        once = ["TaskCreated", "TaskAssigned", "TaskStarted", "TaskCompleted", *(["TaskRated"] * visit.is_rated)]
        assert [told[name, str(visit.task_id)] for name in once] == [1] * len(once), f"task {visit.task_id}"


def assert_points_are_right(storm: Storm, calm_visit: Visit) -> None:
    lines = storm.company.rows("select task_id, rule_key, amount from points_entry")

    def earned(visit: Visit) -> Counter[tuple[str, int]]:
        mine = (line for line in lines if line["task_id"] == visit.task_id)
        return Counter((line["rule_key"], line["amount"]) for line in mine)

    expected = earned(calm_visit)
    assert {key for key, _ in expected} == {"home_visit", "hearts", "rating"}
    for visit in storm.visits:
        promised = Counter({line: times for line, times in expected.items() if visit.is_rated or line[0] != "rating"})
        assert earned(visit) == promised, f"task {visit.task_id}"
    summed = """select season, store_id, associate_id as staff_id,
                       coalesce(sum(amount) filter (where state = 'vested'), 0)::int as vested,
                       coalesce(sum(amount) filter (where state in ('pending', 'held')), 0)::int as pending,
                       count(*)::int as entries_count
                from points_entry group by 1, 2, 3 order by 3"""
    kept = "select season, store_id, staff_id, vested, pending, entries_count from points_rollup order by staff_id"
    assert storm.company.rows(kept) == storm.company.rows(summed)


def assert_texts_are_right(storm: Storm) -> None:
    texts = storm.company.rows("select id, task_id, kind, state, possible_duplicate from message")
    for visit in storm.visits:
        assert Counter(text["kind"] for text in texts if text["task_id"] == visit.task_id) == Counter(TOLD)
    sent = Counter(message.callback.split("mid=")[1].split("#")[0] for message in storm.carrier.accepted)
    assert set(sent) <= {str(text["id"]) for text in texts}
    for text in texts:
        # At most once: a call that died before the carrier heard of it is shown to a person and never repeated.
        times = {0} if text["state"] == "needs_attention" else {1}
        if text["possible_duplicate"]:
            assert text["kind"] == "door_code", "only a code that must arrive may go out again, and says so"
            times = {1, 2}
        assert sent[str(text["id"])] in times, f"{text} was sent {sent[str(text['id'])]} times"
