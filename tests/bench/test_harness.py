"""The measuring itself: does it see the CPU of others, keep its own out, and judge a ratio rightly?"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench import load, measure, results, run
from bench.measure import cpu_of, measured, memory_of, percentile, tree_of
from bench.results import Row

ROW = Row(
    key="P1",
    title="complete",
    clients="4",
    ours=2.0,
    limit=1.2,
    unit="CPU-ms",
    ratio=0.6,
    target=0.6,
    at_least=True,
)
BUSY_FOR = 0.3
BURN = f"import time\nwhile time.process_time() < {BUSY_FOR}: pass\n"


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(0.6, "met"), (0.59, "near"), (0.52, "near"), (0.50, "missed"), (2.0, "met")]
)
def test_a_lower_bound_is_met_nearly_or_not_at_all(ratio: float, verdict: str) -> None:
    assert replace(ROW, ratio=ratio).verdict == verdict


@pytest.mark.parametrize(("ratio", "verdict"), [(2.0, "met"), (2.29, "near"), (2.31, "missed"), (0.1, "met")])
def test_an_upper_bound_is_met_nearly_or_not_at_all(ratio: float, verdict: str) -> None:
    assert replace(ROW, ratio=ratio, target=2.0, at_least=False).verdict == verdict


def test_the_table_is_markdown_with_a_line_per_row() -> None:
    lines = results.table([ROW, replace(ROW, key="P2", ratio=0.1)]).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1
    assert "met" in lines[2]
    assert "missed" in lines[3]


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="P99"):
        run.chosen("P1,P99")


def test_the_cpu_of_a_process_and_of_its_ended_children_counts() -> None:
    child = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {BURN!r}]); time.sleep(30)"
    with subprocess.Popen([sys.executable, "-c", child]) as parent:
        try:
            deadline = time.monotonic() + 30
            while cpu_of([parent.pid]) < BUSY_FOR and time.monotonic() < deadline:
                time.sleep(0.05)
            assert cpu_of([parent.pid]) >= BUSY_FOR
            assert memory_of([parent.pid]) > 1
        finally:
            parent.kill()


def test_the_cpu_of_a_thread_that_has_ended_counts() -> None:
    burn = "while time.process_time() < limit: pass"
    threads = f"""
import threading, time
limit = {BUSY_FOR}
def burn():
    {burn}
thread = threading.Thread(target=burn)
thread.start()
thread.join()
print("done", flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", threads], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        assert cpu_of([process.pid]) >= BUSY_FOR
        process.kill()


def test_a_tree_holds_the_descendants_and_nobody_else() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in tree_of([os.getpid()])
        assert tree_of([child.pid]) == {child.pid}
        child.kill()


def test_a_process_that_is_gone_has_no_tree() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert tree_of([child.pid]) == set()


def test_what_somebody_else_burns_is_noise_and_not_cost() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as idle:
        cost, answer = measured([idle.pid], lambda: subprocess.run([sys.executable, "-c", BURN], check=True) and "done")
        idle.kill()
    assert answer == "done"
    assert cost.cpu < BUSY_FOR / 3
    assert cost.others > BUSY_FOR / 3


def test_what_the_stage_burns_is_neither_cost_nor_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import time\ninput()\n{BURN}print('done', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as player:
        # A machine on which nobody else runs.
        monkeypatch.setattr(measure, "machine_busy", lambda: cpu_of([player.pid]) + time.process_time())

        def play() -> str:
            assert player.stdin is not None
            assert player.stdout is not None
            player.stdin.write("\n")
            player.stdin.flush()
            return player.stdout.readline()

        cost, answer = measured([], play, stage=[player.pid])
        burnt = cpu_of([player.pid])
        player.kill()
    assert answer == "done\n"
    assert burnt >= BUSY_FOR
    assert cost.cpu == 0
    assert cost.others < BUSY_FOR / 10


def test_a_percentile_of_few_values_is_one_of_them() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.0, 0.5, 0.99)] == [1.0, 2.0, 3.0]


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """Answers 200 to GET /fine and 409 to everything else; notes the first line of each request."""
    seen: list[bytes] = []
    loop = asyncio.new_event_loop()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with_body = b"HTTP/1.1 %s\r\nContent-Length: 13\r\n\r\n" + b'{"ok": "yes"}'
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                seen.append(head.split(b"\r\n")[0])
                writer.write(with_body % (b"200 OK" if b"GET /fine" in head else b"409 CONFLICT"))
        except asyncio.IncompleteReadError:
            writer.close()

    listening = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield listening.sockets[0].getsockname()[1], seen
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def test_every_request_is_sent_once_whatever_the_number_of_clients(server: tuple[int, list[bytes]]) -> None:
    port, seen = server
    requests = [load.request("GET", f"/fine/{number}") for number in range(25)]
    assert len(load.run(port, requests, clients=4)) == 25
    assert sorted(seen) == sorted(sent.split(b"\r\n")[0] for sent in requests)


def test_an_answer_that_is_no_success_stops_the_benchmark(server: tuple[int, list[bytes]]) -> None:
    with pytest.raises(load.LoadFailed, match=r"GET /other .* -> 409"):
        load.run(server[0], [load.request("GET", "/fine"), load.request("GET", "/other")], clients=2)


def test_an_answer_can_be_read(server: tuple[int, list[bytes]]) -> None:
    assert load.answer_to(server[0], load.request("GET", "/fine")) == {"ok": "yes"}


def test_a_request_carries_its_token_its_body_and_its_length() -> None:
    sent = load.request("POST", "/x", token="secret", body={"a": 1}, headers={"Idempotency-Key": "k"})
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert {b"Authorization: Bearer secret", b"Content-Length: 8", b"Idempotency-Key: k"} <= set(head.split(b"\r\n"))
