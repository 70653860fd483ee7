"""`make bench`: every benchmark, or one of them with ONLY=P1. Progress as it goes, a table at the end.

`python -m bench.run --quick` is a smoke run: few requests, a small large database, nothing kept.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import psycopg

from bench import field as field_app
from bench import imports, load, messages, plans, replays, results, world
from bench.compare import RETRIES, NotPrepared, Passes, Plan, Side, in_turns
from bench.load import request
from bench.measure import measured, memory_of
from bench.results import Row
from bench.site import Site, Web
from bench.world import HEARTS, NOW, Size, token_of
from dev.processes import ProcessFailed, wait_until

FOLDER = Path(__file__).resolve().parent.parent / "var" / f"bench-{os.getpid()}"
LIST_PATH = f"/api/v1/tasks?assignee=me&day={NOW.date().isoformat()}&limit=50"
DAY = "first=2027-03-10T00:00%2B08:00&last=2027-03-11T00:00%2B08:00"


@dataclass
class Bench:
    """One run: the site, its databases, and work handed out so that nothing is done twice."""

    site: Site
    plan: Plan
    small: Size
    large: Size
    people: int = 1_000_000
    rows: list[Row] = field(default_factory=list)
    care_url: str | None = None

    def prepare(self) -> None:
        with_limits = f"{self.small.ended:,} ended tasks and the limits' tables"
        self.small_url = timed(with_limits, lambda: self.site.make_database("small", self.small, with_limits=True))
        self.ours = self.site.ours(self.small_url)
        self.limits = self.site.limits(self.small_url)
        self.to_complete = iter(world.active_tasks(self.small_url, limit=self.small.active))
        self.limits_to_complete = iter(world.active_limit_tasks(self.small_url, limit=self.small.active))

    # --- the work -----------------------------------------------------------------------------------------------------

    def completions(self, tasks: Iterator[tuple[int, int]]) -> Callable[[int], list[bytes]]:
        body = {"answers": dict.fromkeys(HEARTS, True)}

        def make(count: int) -> list[bytes]:
            return [
                request(
                    "POST",
                    f"/api/v1/tasks/{task_id}/complete",
                    token=token_of(staff_id),
                    body=body,
                    headers={"Idempotency-Key": str(uuid4())},
                )
                for task_id, staff_id in take(tasks, count)
            ]

        return make

    def limit_completions(self, count: int) -> list[bytes]:
        return [request("POST", f"/complete/{task_id}", body={}) for task_id in take(self.limits_to_complete, count)]

    def creations(self, count: int) -> list[bytes]:
        size = self.small
        start = NOW + timedelta(days=3)
        token = token_of(world.people_of(size).supervisor)
        body = {
            "type": "home_visit",
            "reason": "other",
            "window_start": start.isoformat(),
            "window_end": (start + timedelta(hours=2)).isoformat(),
        }
        # Customers of the first supervisor's store.
        customers = range(1, size.customers + 1, size.stores)
        return [
            request(
                "POST",
                "/api/v1/tasks",
                token=token,
                body={**body, "customer_id": customers[number % len(customers)]},
                headers={"Idempotency-Key": str(uuid4())},
            )
            for number in range(count)
        ]

    def limit_creations(self, count: int) -> list[bytes]:
        body = {"associate_id": 3, "due": (NOW + timedelta(days=3)).isoformat()}
        customers = self.small.customers
        return [
            request("POST", "/tasks", body={**body, "customer_id": 1 + number % customers}) for number in range(count)
        ]

    def day(self, count: int) -> list[bytes]:
        return [request("GET", LIST_PATH, token=token_of(world.people_of(self.small).day_associate))] * count

    def limit_day(self, count: int) -> list[bytes]:
        return [request("GET", f"/day/1?{DAY}")] * count

    def board(self, count: int) -> list[bytes]:
        return [request("GET", "/api/v1/leaderboard", token=token_of(1))] * count

    # --- comparing ----------------------------------------------------------------------------------------------------

    def with_database(self, *webs: Web) -> Callable[[], Sequence[int]]:
        return lambda: [self.site.postgres.child.pid, *(web.pid for web in webs)]

    def side(self, name: str, web: Web, make: Callable[[int], Sequence[bytes]]) -> Side:
        return Side(name, web.port, self.with_database(web), make)

    def cheaper_than(self, key: str, title: str, target: float, limit: Side, ours: Side) -> None:
        """Ours does at least `target` of what the limit does with the same CPU."""
        for clients in self.plan.clients:
            theirs, mine = in_turns([limit, ours], self.plan, clients, say=progress(key))
            self.add(key, title, clients, mine, theirs, ratio=theirs.cpu_ms / mine.cpu_ms, target=target, at_least=True)

    def add(
        self,
        key: str,
        title: str,
        clients: int,
        mine: Passes,
        theirs: Passes,
        *,
        ratio: float,
        target: float,
        at_least: bool,
    ) -> None:
        self.rows.append(
            Row(
                key=key,
                title=title,
                clients=str(clients),
                ours=mine.cpu_ms,
                limit=theirs.cpu_ms,
                unit="CPU-ms",
                ratio=ratio,
                target=target,
                at_least=at_least,
                per_second=mine.per_second,
                p50=mine.ms(0.5),
                p99=mine.ms(0.99),
                noisy=mine.noisy + theirs.noisy,
            )
        )

    # --- the benchmarks -----------------------------------------------------------------------------------------------

    def p1(self) -> None:
        limit = self.side("limit", self.limits, self.limit_completions)
        ours = self.side("ours", self.ours, self.completions(self.to_complete))
        self.cheaper_than("P1", "complete a task / Flask, one statement", 0.60, limit, ours)

    def p1b(self) -> None:
        """Completions with all their side effects done, against the requests alone."""
        clients = 4
        alone = self.side("request", self.ours, self.completions(self.to_complete))
        (bare,) = in_turns([alone], self.plan, clients, say=progress("P1b"))
        self.forget_deliveries()
        workers = [self.site.process(name, self.small_url) for name in ("relay", "fast")]
        try:
            time.sleep(3)  # their start is not what we measure
            all_of_it = self.with_side_effects(workers, clients)
        finally:
            self.site.end(*workers)
        self.add(
            "P1b",
            "... with all deliveries done / the request alone",
            clients,
            all_of_it,
            bare,
            ratio=all_of_it.cpu_ms / bare.cpu_ms,
            target=2.0,
            at_least=False,
        )

    def with_side_effects(self, workers: Sequence[Any], clients: int) -> Passes:
        make = self.completions(self.to_complete)
        pids = [self.site.postgres.child.pid, self.ours.pid, self.site.valkey.child.pid, *(w.pid for w in workers)]
        found = Passes()

        def work(requests: Sequence[bytes]) -> list[float]:
            seconds = load.run(self.ours.port, requests, clients=clients)
            wait_until(self.nothing_due, timeout=300, what="the deliveries being done", every=0.2)
            return seconds

        for number in range(self.plan.rounds + 1):
            cost, seconds = measured(pids, lambda sent=make(self.plan.requests): work(sent))
            progress("P1b")(
                f"pass {number}/{self.plan.rounds} everything {cost.cpu * 1000 / len(seconds):6.2f} CPU-ms"
                f"  others {cost.noise:4.0%}"
            )
            if number:  # the first one warms the workers up
                found.add(cost, seconds)
                found.noisy += cost.is_noisy
        return found

    def p2(self) -> None:
        limit = self.side("limit", self.limits, self.limit_creations)
        ours = self.side("ours", self.ours, self.creations)
        self.cheaper_than("P2", "create a task / Flask, plain ORM", 1.10, limit, ours)

    def p4(self) -> None:
        count = len(load.answer_to(self.ours.port, self.day(1)[0])["items"])
        if count != world.DAY_SIZE:
            raise NotPrepared(f"the day has {count} tasks instead of {world.DAY_SIZE}")
        limit = self.side("limit", self.limits, self.limit_day)
        ours = self.side("ours", self.ours, self.day)
        self.cheaper_than("P4", "day of 50 tasks / Flask, JSON by PostgreSQL", 0.60, limit, ours)

    def p5(self) -> None:
        """The same requests on a database of very different size."""
        what = f"{self.large.ended:,} ended tasks"
        url = timed(what, lambda: self.site.make_database("large", self.large, with_limits=False))
        large = self.site.ours(url)
        many = iter(world.active_tasks(url, limit=self.large.active))
        try:
            for title, small_work, large_work in (
                ("day of 50", self.day, self.day),
                ("complete", self.completions(self.to_complete), self.completions(many)),
                ("leaderboard", self.board, self.board),
            ):
                sides = [self.side("small", self.ours, small_work), self.side("large", large, large_work)]
                few, lots = in_turns(sides, self.plan, 4, say=progress(f"P5 {title}"))
                self.add(
                    "P5",
                    f"{title}, {self.large.ended:,} / {self.small.ended:,} tasks",
                    4,
                    lots,
                    few,
                    ratio=lots.cpu_ms / few.cpu_ms,
                    target=1.25,
                    at_least=False,
                )
        finally:
            self.site.end(large)

    def p12(self) -> None:
        bare = self.site.bare()
        try:
            limit = Side("limit", bare.port, lambda: [bare.pid], lambda n: [request("GET", "/hello")] * n)
            ours = Side("ours", self.ours.port, lambda: [self.ours.pid], lambda n: [request("GET", "/healthz")] * n)
            self.cheaper_than("P12", "health with all middleware / bare Flask hello", 0.50, limit, ours)
        finally:
            self.site.end(bare)

    def p13(self) -> None:
        """From the start of the process to its first 200, in turns."""
        seconds: dict[str, list[float]] = {"limit": [], "ours": []}
        starts = {"limit": self.site.bare, "ours": partial(self.site.ours, self.small_url)}
        for number in range(self.plan.rounds):
            for name, start in starts.items():
                took = self.boot(start)
                seconds[name].append(took)
                progress("P13")(f"pass {number + 1}/{self.plan.rounds} {name:<10} {took:6.2f} s")
        ours, limit = (median(seconds[name]) for name in ("ours", "limit"))
        self.one_figure("P13", "boot to the first 200 / bare Flask", "s", ours, limit, 2.0)

    def boot(self, start: Callable[..., Web]) -> float:
        """Seconds of one start; repeated while other processes take the machine."""
        for _ in range(RETRIES + 1):
            web = start(wait=False)
            cost, took = measured([web.pid], web.wait)
            self.site.end(web)
            if not cost.is_noisy:
                break
        return float(took)

    def p14(self) -> None:
        """Master and two workers, after they have done some of everything."""
        for make in (self.day, self.creations, self.completions(self.to_complete)):
            load.run(self.ours.port, make(64), clients=16)
        for make in (self.limit_day, self.limit_creations, self.limit_completions):
            load.run(self.limits.port, make(64), clients=16)
        self.one_figure(
            "P14",
            "memory, master and 2 workers / Flask and SQLAlchemy",
            "MB PSS",
            memory_of([self.ours.pid]),
            memory_of([self.limits.pid]),
            1.5,
        )

    def one_figure(self, key: str, title: str, unit: str, ours: float, limit: float, target: float) -> None:
        self.rows.append(
            Row(
                key=key,
                title=title,
                clients="",
                ours=ours,
                limit=limit,
                unit=unit,
                ratio=ours / limit,
                target=target,
                at_least=False,
            )
        )

    # --- the outbox ---------------------------------------------------------------------------------------------------

    def nothing_due(self) -> bool:
        with psycopg.connect(self.small_url) as connection:
            left, error = connection.execute(
                "SELECT count(*), max(last_error) FROM delivery WHERE state <> 'done'"
            ).fetchone() or (0, None)
        if error:
            raise NotPrepared(f"a side effect fails, so it can't be measured: {error}")
        return left == 0

    def forget_deliveries(self) -> None:
        """What the benchmarks before left undelivered is not this one's work."""
        with psycopg.connect(self.small_url) as connection:
            connection.execute("UPDATE delivery SET state = 'done', done_at = now() WHERE state = 'due'")


BENCHMARKS: dict[str, Callable[[Bench], None]] = {
    "P1": Bench.p1,
    "P1B": Bench.p1b,
    "P1R": replays.p1r,
    "P2": Bench.p2,
    "P3": lambda bench: plans.p3(bench, say),
    "P4": Bench.p4,
    "P5": Bench.p5,
    "P6": lambda bench: plans.p6(bench, say),
    "P9": lambda bench: messages.p9(bench, say),
    "P10": lambda bench: messages.p10(bench, say),
    "P11": lambda bench: messages.p11(bench, say),
    "P12": Bench.p12,
    "P13": Bench.p13,
    "P14": Bench.p14,
    "P15": lambda bench: plans.p15(bench, say),
    "I1": lambda bench: imports.i1(bench, say),
    "I2": lambda bench: imports.i2(bench, say),
    "M1": lambda bench: messages.m1(bench, say),
    "M2": lambda bench: messages.m2(bench, say),
    "F1": lambda bench: field_app.f1(bench, say),
}


def take(source: Iterator[Any], count: int) -> list[Any]:
    taken = list(islice(source, count))
    if len(taken) < count:
        raise NotPrepared("no active tasks are left to complete; make more with --active")
    return taken


def say(line: str) -> None:
    print(f"  {line}", flush=True)


def progress(key: str) -> Callable[[str], None]:
    return lambda line: say(f"{key:<5} {line}")


def timed(what: str, work: Callable[[], str]) -> str:
    say(f"{what} ...")
    began = time.monotonic()
    made = work()
    say(f"{what}: {time.monotonic() - began:.0f} s")
    return made


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help="one or several benchmarks, separated by commas: P1,P4")
    parser.add_argument("--quick", action="store_true", help="a smoke run; its figures mean nothing and are not kept")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="ended tasks in the large database (P5)")
    parser.add_argument("--active", type=int, default=60_000, help="tasks to be completed")
    parser.add_argument("--customers", type=int, default=1_000_000, help="customers of the night (P3, P6, P15)")
    parser.add_argument("--requests", type=int, default=600, help="requests per pass")
    parser.add_argument("--rounds", type=int, default=5, help="passes of each side")
    return parser.parse_args()


def chosen(only: str) -> list[str]:
    wanted = [key.strip().upper() for key in only.split(",") if key.strip()] or list(BENCHMARKS)
    unknown = [key for key in wanted if key not in BENCHMARKS]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.")
    return wanted


def main() -> int:
    options = arguments()
    keys = chosen(options.only)
    if options.quick:
        plan, small, large = Plan(1, 40, (1, 4)), Size(2_000, 2_000), Size(20_000, 500)
        options.customers = min(options.customers, 10_000)
    else:
        plan = Plan(options.rounds, options.requests, (1, 4, 16))
        small, large = Size(10_000, options.active), Size(options.tasks, options.active // 4)
    bench = Bench(Site(FOLDER), plan, small, large, options.customers)
    began = time.monotonic()
    try:
        bench.site.open()
        bench.prepare()
        for key in keys:
            BENCHMARKS[key](bench)
    except (ProcessFailed, load.LoadFailed, NotPrepared, OSError) as problem:
        say(f"stopped: {problem}")
        return 1
    finally:
        with suppress(ProcessFailed):
            bench.site.close()
    print(f"\n{results.table(bench.rows)}\n\n  {time.monotonic() - began:.0f} s")
    if not options.quick:
        results.keep(bench.rows, setting=setting_of(bench))
    return 0 if all(row.is_near for row in bench.rows) else 2


def setting_of(bench: Bench) -> str:
    return (
        f"{bench.small.ended:,} ended tasks (P5: {bench.large.ended:,}), "
        f"{bench.people:,} customers in P3, P6 and P15, {bench.plan.requests} requests a pass, "
        f"{bench.plan.rounds} passes a side"
    )


if __name__ == "__main__":
    sys.exit(main())
