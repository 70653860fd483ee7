"""P1r: a phone that lost the answer asks again with the same key, and gets the stored one."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from bench import load
from bench.load import request
from bench.world import DAY_SIZE

if TYPE_CHECKING:
    from bench.run import Bench


def p1r(bench: Bench) -> None:
    """Replays of completions, against bare Flask with one select."""
    repeated = cycle(bench.completions(bench.to_complete)(bench.plan.requests))
    known = cycle(range(1, DAY_SIZE + 1))

    def replays(count: int) -> list[bytes]:
        sent = [next(repeated) for _ in range(count)]
        # What is measured is the second time: the first one stores the answer.
        load.run(bench.ours.port, sent, clients=4)
        return sent

    def reads(count: int) -> list[bytes]:
        return [request("GET", f"/task/{next(known)}") for _ in range(count)]

    limit = bench.side("limit", bench.limits, reads)
    ours = bench.side("ours", bench.ours, replays)
    bench.cheaper_than("P1r", "the same key again, stored answer / Flask, one select", 0.60, limit, ours)
