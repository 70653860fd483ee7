"""P6, P15 and P3: the nightly run of the care plans over very many customers, and tasks created in bulk.

The limit is raw SQL in the same process and run, in turns: INSERT ... SELECT of the very rows that ours wrote, out of a
copy, into the same emptied tables with all their indexes and checks.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import IO, TYPE_CHECKING, Any, cast

import psycopg

from bench import care_world, load, world
from bench.care_world import Company, company_of
from bench.compare import NotPrepared
from bench.load import request
from bench.measure import Cost, measured, memory_of, percentile
from bench.results import Row
from bench.world import NOW, token_of
from dev.procfile import ROOT, own_program

if TYPE_CHECKING:
    from bench.run import Bench

MEGABYTES_ALLOWED = 300.0
SAMPLE_SECONDS = 0.25
CREATED = 10_000
CLIENTS = 4
SINGLE_PLANS = {"cadence": NOW, "easter": NOW + timedelta(days=5)}
"""The plan that looks up most, and the plainest one that reaches everybody; each at a time when it is due."""
MOST_ROUNDS = 3
MANY = 500_000
"""With so many customers a pass takes minutes: two of each side are enough."""
STRETCHES_MADE = 5

Say = Callable[[str], None]


class Worker:
    """The process that does the work of both sides; its memory is sampled while it works."""

    def __init__(self, bench: Bench, url: str, say: Say) -> None:
        self.roots = [bench.site.postgres.child.pid]
        self.say = say
        self.process = subprocess.Popen(
            own_program(["python", "-m", "bench.plan_work"]),
            env=bench.site.environment(url),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.roots.append(self.process.pid)
        self._answer()

    def do(self, what: str, **told: Any) -> int:
        into = cast("IO[str]", self.process.stdin)
        into.write(json.dumps({"do": what, **told}) + "\n")
        into.flush()
        return int(self._answer())

    def measured(self, what: str, **told: Any) -> tuple[Cost, int]:
        cost, rows = measured(self.roots, lambda: self.do(what, **told))
        return cost, rows

    def _answer(self) -> Any:
        for line in cast("IO[str]", self.process.stdout):
            # What the service logs goes the same way.
            if not line.startswith("{"):
                continue
            heard = json.loads(line)
            if "say" in heard:
                self.say(heard["say"])
            elif "done" in heard or "ready" in heard:
                return heard.get("done")
        raise NotPrepared(f"the worker of the plans ended with {self.process.wait()}")

    def close(self) -> None:
        cast("IO[str]", self.process.stdin).close()
        self.process.wait(timeout=60)


@contextmanager
def peak_of(pid: int) -> Iterator[list[float]]:
    """A list whose only item comes to be the most megabytes that the process held meanwhile."""
    peak, ended = [memory_of([pid])], threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], memory_of([pid]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


@dataclass
class Pair:
    """The passes of ours and of raw SQL over the same rows."""

    rows: int = 0
    ours: list[Cost] = field(default_factory=list)
    raw: list[Cost] = field(default_factory=list)

    def told(self, side: str, cost: Cost, rows: int) -> str:
        return (
            f"{side:<5} {rows:,} rows, {cost.cpu * 1e6 / max(rows, 1):6.1f} CPU-us each, {cost.wall:6.1f} s,"
            f" {rows / cost.wall:,.0f}/s, others {cost.noise:4.0%}"
        )


@dataclass
class Bed:
    """The database and its worker, and how to put both sides back to the start."""

    bench: Bench
    url: str
    company: Company
    worker: Worker
    say: Say

    @property
    def rounds(self) -> int:
        return min(self.bench.plan.rounds, 2 if self.company.people >= MANY else MOST_ROUNDS)

    def direct(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows_of(self, table: str) -> int:
        with psycopg.connect(self.url) as connection:
            return int((connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,))[0])

    def columns(self, table: str, *, without: Sequence[str] = ()) -> str:
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                """SELECT column_name FROM information_schema.columns
                   WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER'
                   ORDER BY ordinal_position""",
                [table],
            )
            return ", ".join(name for (name,) in found if name not in without)

    def copy(self, table: str, name: str, where: str = "true") -> None:
        self.direct(
            f"DROP TABLE IF EXISTS {name}",
            f"CREATE UNLOGGED TABLE {name} AS SELECT * FROM {table} WHERE {where} ORDER BY id",
            f"ANALYZE {name}",
        )

    @contextmanager
    def only(self, key: str) -> Iterator[None]:
        """No other plan is on meanwhile."""
        with psycopg.connect(self.url) as connection:
            on = [number for (number,) in connection.execute("SELECT id FROM care_plan WHERE is_on")]
        self.direct(f"UPDATE care_plan SET is_on = key = '{key}'")
        try:
            yield
        finally:
            self.direct(f"UPDATE care_plan SET is_on = id IN ({', '.join(map(str, on))})")

    def first_night(self) -> None:
        """As if no plan had ever run. The checkpoint keeps the writing of one pass out of the next one's cost."""
        self.direct(
            "TRUNCATE occurrence, contact_booking",
            f"INSERT INTO contact_booking ({self.columns('contact_booking')})"
            f" SELECT {self.columns('contact_booking')} FROM bench_ledger ORDER BY id",
            "ANALYZE occurrence, contact_booking",
            "VACUUM contact_booking",
            "CHECKPOINT",
        )


def p6(bench: Bench, say: Say) -> None:
    with bed(bench, lambda line: say(f"P6    {line}")) as it:
        for key, now in SINGLE_PLANS.items():
            _single(it, key, now.isoformat())
        _night(it)


def p15(bench: Bench, say: Say) -> None:
    with bed(bench, lambda line: say(f"P15   {line}")) as it:
        _day_meanwhile(it)


def p3(bench: Bench, say: Say) -> None:
    with bed(bench, lambda line: say(f"P3    {line}")) as it:
        _bulk(it)


@contextmanager
def bed(bench: Bench, say: Say) -> Iterator[Bed]:
    company = company_of(bench.people)
    url = _database(bench, company, say)
    worker = Worker(bench, url, say)
    try:
        yield Bed(bench, url, company, worker, say)
    finally:
        worker.close()


def _database(bench: Bench, company: Company, say: Say) -> str:
    """Made once a run, whichever of these benchmarks comes first."""
    if bench.care_url is None:
        began = time.monotonic()
        say(f"{company.people:,} customers of {company.stores} stores ...")
        bench.care_url = bench.site.make_database("care", company, with_limits=False)
        care_world.fill(bench.care_url, company, say=say)
        with psycopg.connect(bench.care_url, autocommit=True) as connection:
            connection.execute("CREATE UNLOGGED TABLE bench_ledger AS SELECT * FROM contact_booking")
        say(f"{company.people:,} customers: {time.monotonic() - began:.0f} s")
    return bench.care_url


# P6: one plan, and the night of all of them


def _single(it: Bed, key: str, now: str) -> None:
    """As a run does it for a company that has only this plan on: nothing to merge, no rounds of bookings."""
    pair = Pair()
    with it.only(key):
        for number in range(it.rounds):
            _pass(it, pair, f"{key} {number + 1}/{it.rounds}", now)
            _raw_pass(it, pair, f"{key} {number + 1}/{it.rounds}")
    _add(it, "P6", f"one plan ({key}), {pair.rows:,} rows / INSERT ... SELECT", pair, 0.80)


def _night(it: Bed) -> None:
    pair, again = Pair(), Pair()
    with peak_of(it.worker.process.pid) as peak:
        for number in range(it.rounds):
            what = f"night {number + 1}/{it.rounds}"
            new = _pass(it, pair, what, NOW.isoformat())
            cost, more = it.worker.measured("night", step="plan")
            again.ours.append(cost)
            it.say(f"{what} again: {more} rows, {cost.wall:.1f} s, {cost.cpu:.1f} CPU-s")
            if more or it.rows_of("occurrence") != new:
                raise NotPrepared("the second run of the same night made something")
            if number + 1 == it.rounds:
                made, rows_made = _making(it)
            _raw_pass(it, pair, what)
    _add(it, "P6", f"a whole night, {pair.rows:,} rows / INSERT ... SELECT", pair, 0.50)
    ours, first = _cpu(again.ours), _cpu(pair.ours)
    _figure(it, "... its second run, which makes nothing / the first", "CPU-s", ours, first, 0.40, again.ours)
    _figure(it, "... memory of the worker against what is allowed", "MB PSS", peak[0], MEGABYTES_ALLOWED, 1.0, [])
    title = f"... making {rows_made:,} tasks and texts of it / planning the night, per row"
    _figure(it, title, "CPU-us", made.cpu * 1e6 / max(rows_made, 1), first * 1e6 / pair.rows, None, [made])


def _pass(it: Bed, pair: Pair, what: str, now: str) -> int:
    """One of ours; what it wrote is kept for raw SQL to write. How many occurrences."""
    it.first_night()
    cost, new = it.worker.measured("night", step="plan", now=now)
    booked = it.rows_of("contact_booking WHERE state = 'reserved'")
    pair.rows = new + booked
    pair.ours.append(cost)
    it.say(f"{what} {pair.told('ours', cost, pair.rows)} ({booked:,} of them booked)")
    if not new:
        raise NotPrepared(f"{what}: nobody is found")
    if len(pair.ours) == 1:
        it.copy("occurrence", "bench_occurrence")
        it.copy("contact_booking", "bench_booking", "state = 'reserved'")
    return new


def _raw_pass(it: Bed, pair: Pair, what: str) -> None:
    it.first_night()
    cost, rows = it.worker.measured(
        "sql",
        statements=[
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}"
            for table, source in (("occurrence", "bench_occurrence"), ("contact_booking", "bench_booking"))
            for columns in [it.columns(table)]
        ],
    )
    pair.raw.append(cost)
    it.say(f"{what} {pair.told('raw', cost, rows)}")


def _making(it: Bed) -> tuple[Cost, int]:
    """Tasks and texts of a night that has just been planned; of very many, some stretches tell what one costs."""
    marks = _marks(it)
    it.direct("CHECKPOINT")
    cost, made = it.worker.measured("night", step="make", most=STRETCHES_MADE)
    it.say(f"making {Pair().told('ours', cost, made)}")
    _forget(it, marks)
    return cost, made


# P15: the associates' morning meanwhile


def _day_meanwhile(it: Bed) -> None:
    web = it.bench.site.ours(it.url)
    sent = [request("GET", _DAY, token=token_of(world.people_of(it.company).day_associate))] * it.bench.plan.requests
    roots = [it.bench.site.postgres.child.pid, web.pid]
    try:
        it.first_night()
        load.run(web.port, sent[:40], clients=CLIENTS)
        quiet, calm = measured(roots, lambda: load.run(web.port, sent, clients=CLIENTS))
        it.say(f"quiet: p95 {percentile(calm, 0.95) * 1000:.1f} ms, others {quiet.noise:.0%}")
        busy: list[float] = []
        night = threading.Thread(target=_whole_night, args=[it])
        night.start()
        while night.is_alive():
            busy += load.run(web.port, sent[:40], clients=CLIENTS)
        night.join()
        it.say(f"while the night runs: p95 {percentile(busy, 0.95) * 1000:.1f} ms of {len(busy):,} requests")
        after, calm_again = measured(roots, lambda: load.run(web.port, sent, clients=CLIENTS))
    finally:
        it.bench.site.end(web)
    calm += calm_again
    title = f"day of 50, p95 while the night of {it.company.people:,} customers runs / quiet"
    ours, limit = (percentile(seconds, 0.95) * 1000 for seconds in (busy, calm))
    _figure(it, title, "ms", ours, limit, 3.0, [quiet, after], key="P15", clients=str(CLIENTS))


def _whole_night(it: Bed) -> None:
    it.worker.do("night", step="plan")
    # Of very many customers the planning alone takes long enough to be felt.
    it.worker.do("night", step="make", most=STRETCHES_MADE if it.company.people >= MANY else None)


_DAY = f"/api/v1/tasks?assignee=me&day={NOW.date().isoformat()}&limit=50"


# P3: tasks in bulk

_WRITTEN = ("task", "task_history", "fact", "delivery")


def _bulk(it: Bed) -> None:
    count, pair = min(CREATED, it.company.people), Pair()
    marks = _marks(it)
    for number in range(it.bench.plan.rounds):
        it.direct("CHECKPOINT")
        cost, pair.rows = it.worker.measured("create", mark=f"bulk{number}", count=count)
        pair.ours.append(cost)
        it.say(f"{number + 1}/{it.bench.plan.rounds} {pair.told('ours', cost, pair.rows)}")
        if number == 0:
            for table, mark in marks.items():
                it.copy(table, f"bench_{table}", f"id > {mark}")
        _forget(it, marks)
        cost, _ = it.worker.measured(
            "sql",
            statements=[
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM bench_{table}"
                for table in _WRITTEN
                for columns in [it.columns(table)]
            ],
        )
        pair.raw.append(cost)
        it.say(f"{number + 1}/{it.bench.plan.rounds} {pair.told('raw', cost, pair.rows)}")
        _forget(it, marks)
    _add(it, "P3", f"create {pair.rows:,} tasks with history and facts / INSERT ... SELECT", pair, 0.45)


def _marks(it: Bed) -> dict[str, int]:
    """The last row of each of these tables, for `_forget`."""
    with psycopg.connect(it.url) as connection:
        return {
            table: int((connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone() or (0,))[0])
            for table in _WRITTEN
        }


def _forget(it: Bed, marks: dict[str, int]) -> None:
    it.direct(
        "SET session_replication_role = replica",
        *(f"DELETE FROM {table} WHERE id > {mark}" for table, mark in marks.items()),
        *(f"VACUUM ANALYZE {table}" for table in marks),
        "CHECKPOINT",
    )


# Figures


def _cpu(costs: Sequence[Cost]) -> float:
    return median(cost.cpu for cost in costs)


def _add(it: Bed, key: str, title: str, pair: Pair, target: float) -> None:
    ours, raw = (_cpu(costs) * 1e6 / pair.rows for costs in (pair.ours, pair.raw))
    wall, raw_wall = (median(cost.wall for cost in costs) for costs in (pair.ours, pair.raw))
    it.say(f"{title}: {raw / ours:.2f} by CPU, {raw_wall / wall:.2f} by the clock")
    it.bench.rows.append(
        Row(
            key=key,
            title=title,
            clients="",
            ours=ours,
            limit=raw,
            unit="CPU-us",
            ratio=raw / ours,
            target=target,
            at_least=True,
            per_second=pair.rows / wall,
            noisy=sum(cost.is_noisy for cost in (*pair.ours, *pair.raw)),
        )
    )


def _figure(
    it: Bed,
    title: str,
    unit: str,
    ours: float,
    limit: float,
    target: float | None,
    costs: Sequence[Cost],
    *,
    key: str = "P6",
    clients: str = "",
) -> None:
    it.bench.rows.append(
        Row(
            key=key,
            title=title,
            clients=clients,
            ours=ours,
            limit=limit,
            unit=unit,
            ratio=ours / limit,
            target=target,
            at_least=False,
            noisy=sum(cost.is_noisy for cost in costs),
        )
    )
