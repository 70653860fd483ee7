"""The year as a table that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tests.year.watch import BREACHES, Breach, Promises

FLOOR = 0.99
REMINDED = 0.95


@dataclass
class Report:
    customers: int
    first: date
    days: int
    seconds: float
    did: Mapping[str, int]
    promises: Promises
    breaches: list[Breach] = field(default_factory=list)
    happened: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        return not self.breaches and self.promises.floor >= FLOOR and self.promises.reminded >= REMINDED

    def lines(self) -> list[str]:
        counted = {rail: sum(1 for breach in self.breaches if breach.rail == rail) for rail in BREACHES}
        out = [f"{self.customers} customers, {self.days} days from {self.first}, {self.seconds:.0f} s", ""]
        out += [f"  {rail:<60} {count:>8}" for rail, count in counted.items()]
        out += [
            "",
            f"  {'floor met, reachable core customers':<60} {self.promises.floor:>8.2%}"
            f"   of {self.promises.core_seen} looks, at least {FLOOR:.0%}",
            f"  {'told before it ran out, steady consumers':<60} {self.promises.reminded:>8.2%}"
            f"   of {self.promises.runs_out} times, at least {REMINDED:.0%}",
            "",
        ]
        out += [f"  {what:<60} {count:>8}" for what, count in sorted(self.did.items())]
        out += ["", *(f"  {what:<60} {count:>8}" for what, count in self.happened.items())]
        out += [f"  ? not told: {missed}" for missed in self.promises.missed[:20]]
        out += [f"  ! {breach.day} {breach.rail}: {breach.rows}" for breach in self.breaches[:20]]
        return out
