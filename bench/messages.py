"""The benchmarks of texts: accepting one (P9), sending many (P10, M1), small jobs (P11), a text that comes in (M2)."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, cycle, islice
from random import Random
from typing import IO, TYPE_CHECKING
from uuid import uuid4

import psycopg
from twilio.request_validator import RequestValidator

from bench import jobs, world
from bench.compare import RETRIES, NotPrepared, Passes, in_turns
from bench.load import request
from bench.measure import Cost, measured
from bench.results import Row
from bench.world import token_of
from dev.processes import Child, wait_until
from dev.procfile import ROOT, own_program
from dev.servers import free_port

if TYPE_CHECKING:
    from bench.run import Bench

ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "12345", "+15005550006"
PUBLIC_URL = "http://127.0.0.1:8000"
BODY = "陳女士您好，李嘉欣3月11日周四10:00-12:00上門探望您。方便請回1，想改時間請回2。"
LATENCY = 0.2
"""Seconds that the simulated carrier takes for each create (M1)."""
PER_SECOND = 100.0
"""Texts that come in at a steady pace (M2)."""
TEXTS_PER_REQUEST = 4
"""Sending is cheap: a pass takes more texts than other benchmarks take requests, to last long enough to be measured."""

Say = Callable[[str], None]


# P9: accepting a text


def p9(bench: Bench, _say: Say) -> None:
    limit = bench.side("limit", bench.limits, partial(_limit_writes, bench))
    ours = bench.side("ours", bench.ours, partial(_writes, bench))
    bench.cheaper_than("P9", "write a text / Flask, plain ORM, one row", 0.50, limit, ours)


def _writes(bench: Bench, count: int) -> list[bytes]:
    """Texts to customers of the first supervisor's store who are expecting somebody, so that none is a new contact."""
    size = bench.small
    token = token_of(world.people_of(size).supervisor)
    customers = range(1, size.customers + 1, size.stores)
    return [
        request(
            "POST",
            f"/api/v1/customers/{customers[number % len(customers)]}/messages",
            token=token,
            body={"text": BODY},
            headers={"Idempotency-Key": str(uuid4())},
        )
        for number in range(count)
    ]


def _limit_writes(bench: Bench, count: int) -> list[bytes]:
    return [
        request("POST", "/messages", body={"customer_id": 1 + number % bench.small.customers, "text": BODY})
        for number in range(count)
    ]


# P10, M1: sending


@dataclass
class BareSdk:
    """A process that sends with the SDK and nothing else."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, carrier: str, threads: int) -> BareSdk:
        command = own_program(["python", "-m", "bench.bare_sms", carrier, str(threads)])
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        bare = cls(process)
        bare.hears("ready")
        return bare

    def begin(self, messages: int) -> None:
        _pipe(self.process.stdin).write(f"{messages}\n")
        _pipe(self.process.stdin).flush()

    def hears(self, word: str) -> None:
        if _pipe(self.process.stdout).readline().strip() != word:
            raise NotPrepared("the bare SDK could not send")

    def end(self) -> None:
        _pipe(self.process.stdin).close()
        self.process.wait(timeout=10)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def p10(bench: Bench, say: Say) -> None:
    """Two processes on each side and a carrier that answers at once: what a text costs in CPU."""
    port = free_port()
    carrier = bench.site.process("stub", bench.small_url, ["python", "-m", "bench.stub", str(port), "0"])
    try:
        wait_until(partial(_is_open, port), timeout=20, what="the stub answering")
        limit, ours = _send_in_turns(bench, say, "P10", carrier, port, processes=2, threads=16)
        sent = _sent_by(port)
        if sent["creates"] != sent["messages"]:
            raise NotPrepared(f"{sent['creates']} creates for {sent['messages']} messages")
    finally:
        bench.site.end(carrier)
    ratio = limit.cpu_ms / ours.cpu_ms
    row = _row("P10", "send a text, 2 processes / bare SDK", "16", ours, limit, ratio=ratio, target=0.80)
    bench.rows.append(row)


def m1(bench: Bench, say: Say) -> None:
    """One worker and a carrier that takes 200 ms: texts a second, from the due row to the recorded answer."""
    port = free_port()
    simulator = ["python", "-m", "bench.carrier", str(port), str(LATENCY)]
    carrier = bench.site.process("simulator", bench.small_url, simulator)
    try:
        wait_until(partial(_is_open, port), timeout=20, what="the simulator answering")
        for threads in (16, 32):
            limit, ours = _send_in_turns(bench, say, "M1", carrier, port, processes=1, threads=threads)
            title = f"texts a second, one worker, {LATENCY * 1000:.0f} ms a call / bare SDK"
            ratio = ours.per_second / limit.per_second
            row = _row("M1", title, f"{threads} threads", ours, limit, ratio=ratio, target=0.80)
            bench.rows.append(replace(row, ours=ours.per_second, limit=limit.per_second, unit="/s"))
            row = _row("M1", "... CPU a text", f"{threads} threads", ours, limit, ratio=limit.cpu_ms / ours.cpu_ms)
            bench.rows.append(row)
    finally:
        bench.site.end(carrier)


def _row(
    key: str, title: str, clients: str, ours: Passes, limit: Passes, *, ratio: float, target: float | None = None
) -> Row:
    return Row(
        key=key,
        title=title,
        clients=clients,
        ours=ours.cpu_ms,
        limit=limit.cpu_ms,
        unit="CPU-ms",
        ratio=ratio,
        target=target,
        at_least=True,
        per_second=ours.per_second,
        noisy=limit.noisy + ours.noisy,
    )


def _send_in_turns(
    bench: Bench, say: Say, key: str, carrier: Child, port: int, *, processes: int, threads: int
) -> list[Passes]:
    """The bare SDK and our workers, with as many processes and threads, sending the same number of texts."""
    address = f"http://127.0.0.1:{port}"
    env = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": SENDER,
        "TWILIO_API_BASE_URL": address,
        "MESSAGING_THREADS": str(threads),
    }
    site, url, messages = bench.site, bench.small_url, bench.plan.requests * TEXTS_PER_REQUEST
    valkey = site.valkey.url
    tasks = [task_id for task_id, _ in world.active_tasks(url, limit=bench.small.active)]
    Random(key).shuffle(tasks)
    about = cycle(tasks)
    bare = [BareSdk.start(address, threads) for _ in range(processes)]
    workers = [site.process("relay", url, **env), *(site.process("sms", url, **env) for _ in range(processes))]
    servers = [site.postgres.child.pid, site.valkey.child.pid]
    try:
        _forget_waiting(url)
        return _in_turns(
            bench,
            partial(say_of, say, key, f"{threads} threads"),
            messages,
            {
                "limit": ([each.process.pid for each in bare], partial(_send_bare, bare, messages)),
                "ours": (
                    [*servers, *(worker.pid for worker in workers)],
                    partial(_send_ours, url, valkey, messages, about),
                ),
            },
            stage=[carrier.pid],
        )
    finally:
        for each in bare:
            each.end()
        site.end(*workers)


def _send_bare(bare: Sequence[BareSdk], messages: int) -> None:
    for each in bare:
        each.begin(messages // len(bare))
    for each in bare:
        each.hears("done")


WRITE = """
    INSERT INTO message (dedupe_key, kind, customer_id, store_id, task_id, to_phone, zone, locale, body, encoding,
                         segments, priority, speaks_of, not_before, expires_at, created_at)
    SELECT 'bench:' || gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN 'booked' ELSE 'done' END, c.id, c.store_id, t.id,
           c.phone, 'Asia/Hong_Kong', 'zh_Hant', %(body)s, 'UCS-2', 1, 40,
           CASE WHEN n %% 2 = 0 THEN t.window_start END, %(now)s, %(now)s::timestamptz + interval '12 hours', %(now)s
    FROM unnest(%(tasks)s::int[]) WITH ORDINALITY AS asked(id, n)
    JOIN task t ON t.id = asked.id JOIN customer c ON c.id = t.customer_id
"""
"""Half of them name a window, so that what the customer was told is written down too."""

# PostgreSQL's work counts as ours, so looking whether all is done must not cost what it is about to measure: each of
# these reads one entry of a small index.
ON_THE_WAY = """
    SELECT EXISTS (SELECT FROM message WHERE state = 'pending')
        OR EXISTS (SELECT FROM message WHERE state IN ('claimed', 'submitting'))
        OR EXISTS (SELECT FROM message WHERE state = 'unknown')
"""
SENT_ONCE = """SELECT count(*) FROM message
               WHERE dedupe_key LIKE 'bench:%' AND state = 'submitted' AND attempt_no = 1
                 AND provider_sid IS NOT NULL"""


def _send_ours(url: str, valkey: str, messages: int, about: Iterator[int]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")
        before = _count(connection, SENT_ONCE)
        connection.execute(WRITE, {"tasks": list(islice(about, messages)), "body": BODY, "now": world.NOW})
        jobs.ring(valkey)
        wait_until(lambda: not _count(connection, ON_THE_WAY), timeout=300, what="all texts sent", every=0.1)
        sent = _count(connection, SENT_ONCE) - before
        if sent != messages:
            raise NotPrepared(f"{sent} of {messages} texts were sent at the first attempt")


def _count(connection: psycopg.Connection[tuple[int]], sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def _forget_waiting(url: str) -> None:
    """Texts that other benchmarks left behind are not this one's work."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE message SET state = 'canceled', ended_at = now() WHERE state = 'pending'")


def _sent_by(port: int) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/sent", timeout=5) as answer:
        found: dict[str, int] = json.load(answer)
    return found


def _is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


# P11: small jobs


def p11(bench: Bench, say: Say) -> None:
    """What it costs to have a job done that does nothing: RQ's own in-process worker, and a delivery of our outbox."""
    site, url, valkey = bench.site, bench.small_url, bench.site.valkey.url
    count = bench.plan.requests * 2
    bench.forget_deliveries()
    limit = site.process("rq", url, ["python", "-m", "bench.jobs", "limit"])
    ours = [site.process("relay", url), site.process("outbox", url, ["python", "-m", "bench.jobs", "ours"])]
    servers = [site.postgres.child.pid, site.valkey.child.pid]
    try:
        found = _in_turns(
            bench,
            partial(say_of, say, "P11", ""),
            count,
            {
                "limit": ([site.valkey.child.pid, limit.pid], partial(_jobs_done, valkey, count)),
                "ours": ([*servers, *(child.pid for child in ours)], partial(_deliveries_done, bench, count)),
            },
        )
    finally:
        site.end(limit, *ours)
    ratio = found[1].cpu_ms / found[0].cpu_ms
    row = _row(
        "P11", "a delivery that does nothing / RQ SimpleWorker", "1", found[1], found[0], ratio=ratio, target=1.2
    )
    bench.rows.append(replace(row, at_least=False))


def _jobs_done(valkey: str, count: int) -> None:
    waiting = jobs.queue(valkey)
    jobs.enqueue(valkey, count)
    # The queue is empty a moment before its last job is done.
    wait_until(
        lambda: waiting.count == 0 and waiting.started_job_registry.count == 0,
        timeout=300,
        what="the jobs being done",
        every=0.1,
    )
    if waiting.failed_job_registry.count:
        raise NotPrepared("a job that does nothing failed")


def _deliveries_done(bench: Bench, count: int) -> None:
    jobs.write(bench.small_url, bench.site.valkey.url, count)
    wait_until(bench.nothing_due, timeout=300, what="the deliveries being done", every=0.1)


def _in_turns(
    bench: Bench,
    say: Say,
    amount: int,
    sides: Mapping[str, tuple[Sequence[int], Callable[[], None]]],
    *,
    stage: Sequence[int] = (),
) -> list[Passes]:
    """Passes of whole loads, alternating; the first of each only warms up. `stage`: processes that only play along."""
    found = {name: Passes(requests=amount) for name in sides}
    for _pids, work in sides.values():
        work()
    for number in range(bench.plan.rounds):
        for name, (pids, work) in sides.items():
            cost = _quiet_cost(pids, work, stage)
            found[name].costs.append(cost)
            found[name].noisy += cost.is_noisy
            say(
                f"pass {number + 1}/{bench.plan.rounds} {name:<10} {cost.cpu * 1000 / amount:6.2f} CPU-ms"
                f"  {amount / cost.wall:7.0f}/s  others {cost.noise:4.0%}"
            )
    return list(found.values())


def _quiet_cost(pids: Sequence[int], work: Callable[[], None], stage: Sequence[int]) -> Cost:
    """Repeated while other processes take the machine, then taken all the same."""
    tries = 0
    while True:
        cost, _ = measured(pids, work, stage=stage)
        if not cost.is_noisy or tries == RETRIES:
            return cost
        tries += 1


def say_of(say: Say, key: str, what: str, line: str) -> None:
    say(f"{key:<5} {what} {line}")


# M2: a text that comes in


def m2(bench: Bench, say: Say) -> None:
    """The webhook as the carrier calls it, signed, against one insert; then both at a hundred a second."""
    signer = RequestValidator(TOKEN)
    numbers = count(1)
    web = bench.site.ours(bench.small_url, TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN=TOKEN, TWILIO_FROM=SENDER)

    def texts(amount: int, *, path: str, is_signed: bool) -> list[bytes]:
        return [_webhook(next(numbers), bench, signer if is_signed else None, path) for _ in range(amount)]

    limit = bench.side("limit", bench.limits, partial(texts, path="/inbound", is_signed=False))
    ours = bench.side("ours", web, partial(texts, path="/twilio/inbound", is_signed=True))
    progress = partial(say_of, say, "M2", "")
    try:
        for clients in bench.plan.clients:
            theirs, mine = in_turns([limit, ours], bench.plan, clients, say=progress)
            ratio = mine.cpu_ms / theirs.cpu_ms
            title = "a text comes in / Flask, one insert"
            bench.add("M2", title, clients, mine, theirs, ratio=ratio, target=2.0, at_least=False)
        steady = replace(bench.plan, per_second=PER_SECOND)
        theirs, mine = in_turns([limit, ours], steady, 32, say=progress)
        row = _row("M2", "... at a hundred a second", "100/s", mine, theirs, ratio=mine.cpu_ms / theirs.cpu_ms)
        bench.rows.append(replace(row, at_least=False, p50=mine.ms(0.5), p99=mine.ms(0.99)))
    finally:
        bench.site.end(web)


def _webhook(number: int, bench: Bench, signer: RequestValidator | None, path: str) -> bytes:
    sid = f"SM{number:032x}"
    form = {
        "ToCountry": "HK",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "MessageSid": sid,
        "NumMedia": "0",
        "SmsStatus": "received",
        "Body": ("1", "好的，謝謝", "可以改星期五嗎？", "Thank you, see you then")[number % 4],
        "NumSegments": "1",
        "AccountSid": ACCOUNT,
        "From": f"+8529{1 + number % bench.small.customers:07d}",
        "To": SENDER,
        "ApiVersion": "2010-04-01",
    }
    signature = signer.compute_signature(PUBLIC_URL + path, form) if signer else "none"
    return request("POST", path, form=form, headers={"X-Twilio-Signature": signature})
