"""Two sides doing the same work in turns, and the ratio of what it cost them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from bench import load
from bench.measure import Cost, measured, percentile

ROUNDS = 5
RETRIES = 4
"""How often a noisy pass is repeated before its figures are taken all the same, and marked."""

WARMING = 20
"""Requests per client before any counts. A connection prepares a statement when it comes for the sixth time, and
PostgreSQL plans it anew five times more."""


class NotPrepared(Exception):
    """The work to be done ran out: more active tasks are needed than were made."""


@dataclass(frozen=True)
class Side:
    """One of the two: where the requests go, whose CPU counts, and how to make the next `n` requests."""

    name: str
    port: int
    pids: Callable[[], Sequence[int]]
    make: Callable[[int], Sequence[bytes]]


@dataclass
class Passes:
    """All passes of one side at one number of clients."""

    costs: list[Cost] = field(default_factory=list)
    requests: int = 0
    seconds: list[float] = field(default_factory=list)
    noisy: int = 0

    def add(self, cost: Cost, seconds: list[float]) -> None:
        self.costs.append(cost)
        self.requests = len(seconds)
        self.seconds += seconds

    @property
    def cpu_ms(self) -> float:
        """CPU-ms per operation, median of the passes."""
        return median(cost.cpu for cost in self.costs) * 1000 / self.requests

    @property
    def per_second(self) -> float:
        return self.requests / median(cost.wall for cost in self.costs)

    def ms(self, share: float) -> float:
        return percentile(self.seconds, share) * 1000


@dataclass(frozen=True)
class Plan:
    rounds: int
    requests: int
    clients: tuple[int, ...]
    per_second: float | None = None


def in_turns(sides: Sequence[Side], plan: Plan, clients: int, *, say: Callable[[str], None]) -> list[Passes]:
    """`plan.rounds` passes of each side, alternating so that both see the same machine."""
    found = [Passes() for _ in sides]
    for side in sides:
        load.run(side.port, side.make(clients * WARMING), clients=clients)
    for number in range(plan.rounds):
        for side, passes in zip(sides, found, strict=True):
            cost, seconds, tries = _one_pass(side, plan, clients)
            passes.add(cost, seconds)
            passes.noisy += cost.is_noisy
            say(
                f"c={clients:<2} pass {number + 1}/{plan.rounds} {side.name:<10}"
                f" {cost.cpu * 1000 / len(seconds):6.2f} CPU-ms  {len(seconds) / cost.wall:7.0f}/s"
                f"  others {cost.noise:4.0%}{f'  after {tries} noisy passes' if tries else ''}"
            )
    return found


def _one_pass(side: Side, plan: Plan, clients: int) -> tuple[Cost, list[float], int]:
    tries = 0
    while True:
        prepared = side.make(plan.requests)
        work = partial(load.run, side.port, prepared, clients=clients, per_second=plan.per_second)
        cost, seconds = measured(side.pids(), work)
        if not cost.is_noisy or tries == RETRIES:
            return cost, seconds, tries
        tries += 1
