"""What processes cost, from the kernel's own accounting in /proc, and how busy everybody else was meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
NOISE_LIMIT = 0.10
"""A pass is thrown away when processes outside of the measurement took more than this share of the machine."""


@dataclass(frozen=True)
class Cost:
    """What happened between two readings."""

    wall: float
    cpu: float
    others: float

    @property
    def noise(self) -> float:
        return self.others / (self.wall * CORES)

    @property
    def is_noisy(self) -> bool:
        return self.noise > NOISE_LIMIT


def parents() -> dict[int, int]:
    """Every process and its parent."""
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(entry)):
            found[int(entry.name)] = int(fields[1])
    return found


def tree_of(roots: Iterable[int]) -> set[int]:
    """The roots that live and everything that descends from them."""
    table = parents()
    members = {pid for pid in roots if pid in table}
    while more := {pid for pid, parent in table.items() if parent in members} - members:
        members |= more
    return members


def cpu_of(roots: Iterable[int]) -> float:
    """CPU seconds used so far by these process trees, ended children included."""
    return sum(_cpu(pid) for pid in tree_of(roots))


def _cpu(pid: int) -> float:
    """By the process's own clock, which counts threads that have ended too; clock ticks would be too coarse."""
    own = 0.0
    with suppress(OSError):  # ended while we looked
        own = time.clock_gettime(_clock_of(pid))
    fields = _stat(PROC / str(pid))
    of_ended_children = sum(map(int, fields[13:15])) if fields else 0
    return own + of_ended_children / TICK


def _clock_of(pid: int) -> int:
    """What clock_getcpuclockid(3) gives for another process; Python offers it for threads only."""
    return (~pid << 3) | 2


def _stat(process: Path) -> list[str]:
    """The fields after the name, which stands in brackets and may hold spaces itself; empty for an ended process."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def memory_of(roots: Iterable[int]) -> float:
    """Megabytes these trees hold; pages shared between them are counted once (PSS)."""
    total = 0
    for pid in tree_of(roots):
        with suppress(OSError):  # ended while we looked
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def machine_busy() -> float:
    """CPU seconds used so far by everything on this machine."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICK


def measured(roots: Iterable[int], work: Callable[[], Any], *, stage: Iterable[int] = ()) -> tuple[Cost, Any]:
    """Run `work` and say what the process trees of `roots` spent on it. Our own process and those of the `stage` (a
    carrier that is played, say) are neither cost nor anybody's noise."""
    roots, stage = tuple(roots), tuple(stage)

    def read() -> tuple[float, float, float, float]:
        return cpu_of(roots), machine_busy(), time.process_time() + cpu_of(stage), time.perf_counter()

    before = read()
    result = work()
    after = read()
    cpu, busy, own, wall = (late - early for early, late in zip(before, after, strict=True))
    return Cost(wall=wall, cpu=cpu, others=max(busy - cpu - own, 0.0)), result


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
