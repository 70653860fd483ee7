"""I1: a table of 100,000 customers with one wrong row in a hundred, as XLSX and as CSV in GB18030; and of purchases.
I2: the list of as many customers on its way out, as CSV and as XLSX.

Each comes with three rows: the time against a bare read of the same file and a COPY of its cells in the same run, and
time and memory against what is allowed.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from app.core.tabular import csv_rows
from app.core.workbook import xlsx_file
from bench.compare import NotPrepared
from bench.measure import CORES, NOISE_LIMIT, machine_busy, memory_of
from bench.results import Row
from bench.world import Size
from dev.procfile import ROOT, own_program

if TYPE_CHECKING:
    from bench.run import Bench

ROWS, WRONG_IN = 100_000, 100
SECONDS_ALLOWED, MEGABYTES_ALLOWED = 60.0, 300.0
SAMPLE_SECONDS = 0.25
Say = Callable[[str], None]

CUSTOMERS = [
    "姓名",
    "电话",
    "门店",
    "生日",
    "性别",
    "地址",
    "区",
    "标签",
    "偏好",
    "备注",
    "同意短信",
    "同意日期",
    "家庭",
]
PURCHASES = ["小票号", "电话", "门店", "日期", "货号", "数量", "金额"]


def i1(bench: Bench, say: Say) -> None:
    rows = 2_000 if bench.small.ended < 10_000 else ROWS
    url = bench.site.make_database("imports", Size(100, 50), with_limits=False)
    codes = _codes(url)
    folder = bench.site.folder
    for title, path, kind in (
        ("XLSX of customers", folder / "customers.xlsx", "customers"),
        ("GB18030 CSV of customers", folder / "customers.csv", "customers"),
        ("GB18030 CSV of purchases", folder / "purchases.csv", "purchases"),
    ):
        # Other people in each file, so that each makes as many files as it has good rows.
        start = 0 if path.suffix == ".xlsx" or kind == "purchases" else rows
        cells = _customers(codes, rows, start) if kind == "customers" else _purchases(codes, rows)
        _write(path, CUSTOMERS if kind == "customers" else PURCHASES, cells)
        say(f"I1    {title}: {path.stat().st_size / 1e6:.1f} MB")
        bare, _ = _run(bench, url, "bare", path, kind)
        ours, peak = _run(bench, url, "ours", path, kind)
        if ours["state"] != "done" or ours["counts"]["wrong"] != rows // WRONG_IN:
            raise NotPrepared(f"the import came out as {ours}")
        took = f"{ours['seconds']:.1f} s, bare {bare['seconds']:.1f} s"
        say(f"I1    {title}: {took}, peak {peak:.0f} MB, {ours['counts']}")
        _add(bench, f"{rows:,} rows, {title} / bare read and COPY", "s", ours["seconds"], bare["seconds"], None, ours)
        _add(bench, "... against the time allowed", "s", ours["seconds"], SECONDS_ALLOWED, 1.0, ours)
        _add(bench, "... memory of the worker against what is allowed", "MB PSS", peak, MEGABYTES_ALLOWED, 1.0, ours)


def i2(bench: Bench, say: Say) -> None:
    rows = 2_000 if bench.small.ended < 10_000 else ROWS
    url = bench.site.make_database("exports", Size(100, 50), with_limits=False)
    rows = _fill(url, rows)
    bare, _ = _run(bench, url, "copied", bench.site.folder / "bare", "customers")
    for kind in ("csv", "xlsx"):
        path = bench.site.folder / f"list.{kind}"
        ours, peak = _run(bench, url, "taken", path, "customers")
        if ours["rows"] != rows:
            raise NotPrepared(f"the export came out as {ours}")
        first = f"first byte after {ours['first']:.2f} s"
        say(f"I2    {kind}: {ours['seconds']:.1f} s, {first}, bare {bare['seconds']:.2f} s, peak {peak:.0f} MB")
        title = f"{rows:,} customers as {kind.upper()} / bare COPY of the same columns"
        _add(bench, title, "s", ours["seconds"], bare["seconds"], None, ours, key="I2")
        _add(bench, "... against the time allowed", "s", ours["seconds"], SECONDS_ALLOWED, 1.0, ours, key="I2")
        _add(bench, "... memory against what is allowed", "MB PSS", peak, MEGABYTES_ALLOWED, 1.0, ours, key="I2")


def _fill(url: str, rows: int) -> int:
    """Customers as an import leaves them: their fields filled, each with a number of its own. Returns how many are."""
    with psycopg.connect(url) as connection:
        stores = [row[0] for row in connection.execute("SELECT id FROM store WHERE country = 'HK' ORDER BY id")]
        known = connection.execute("SELECT count(*) FROM customer").fetchone()
        wanted = rows - (known[0] if known else 0)
        connection.execute(
            """WITH home AS (
                   INSERT INTO household (store_id, created_at)
                   SELECT (%(stores)s::int[])[1 + n %% cardinality(%(stores)s::int[])], now()
                   FROM generate_series(1, %(rows)s) n RETURNING id, store_id
               )
               INSERT INTO customer (name, name_key, phone, household_id, store_id, locale, gender, birthday_calendar,
                   birthday_year, birthday_month, birthday_day, address, district, tags, preferences, created_at,
                   updated_at)
               SELECT '陈小' || chr(19968 + id %% 3000), lpad(id::text, 9, '0'), '+86139' || lpad(id::text, 8, '0'), id,
                   store_id, 'zh_Hant', 'female', 'solar', 1960 + id %% 40, 1 + id %% 9, 1 + id %% 28,
                   '轩尼诗道' || id %% 900 || '号', '湾仔', '{新客,喜欢浅色}', '喜欢浅色，怕痒', now(), now()
               FROM home""",
            {"rows": max(wanted, 0), "stores": stores},
        )
        return rows - min(wanted, 0)


def _add(
    bench: Bench,
    title: str,
    unit: str,
    ours: float,
    limit: float,
    target: float | None,
    found: dict[str, Any],
    *,
    key: str = "I1",
) -> None:
    bench.rows.append(
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
            noisy=int(found["noisy"]),
        )
    )


def _run(bench: Bench, url: str, side: str, path: Path, kind: str) -> tuple[dict[str, Any], float]:
    """What the program said, and the most memory that it and its children held together."""
    busy = machine_busy()
    worker = subprocess.Popen(
        own_program(["python", "-m", "bench.import_work", side, str(path), kind]),
        env=bench.site.environment(url),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    peak, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(SAMPLE_SECONDS):
            peak = max(peak, memory_of([worker.pid]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, _ = worker.communicate()
    ended.set()
    watcher.join()
    if worker.returncode:
        raise NotPrepared(f"{side} {path.name} ended with {worker.returncode}")
    found = json.loads(said.strip().splitlines()[-1])
    # PostgreSQL and the worker together keep at most two cores busy; what goes beyond is somebody else's.
    spent = machine_busy() - busy
    found["noisy"] = spent > found["seconds"] * min(CORES, 2) * (1 + NOISE_LIMIT)
    return found, peak


def _codes(url: str) -> Sequence[str]:

    with psycopg.connect(url) as connection:
        connection.execute(
            """INSERT INTO product (code, name, category, created_at)
               SELECT 'SKU-' || n, '{"en": "Thing"}', 'thing', now() FROM generate_series(1, 200) n"""
        )
        return [row[0] for row in connection.execute("SELECT code FROM store WHERE country = 'HK' ORDER BY id")]


def _customers(stores: Sequence[str], count: int, start: int) -> Iterator[list[str]]:
    dice = random.Random(20270310)
    family = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
    for number in range(start, start + count):
        wrong = number % WRONG_IN == 7
        yield [
            f"{dice.choice(family)}小{chr(0x4E00 + number % 3000)}",
            "12345" if wrong else _phone(number),
            stores[number % len(stores)],
            f"19{60 + number % 40}-0{1 + number % 9}-{1 + number % 28:02d}",
            "女" if number % 5 else "男",
            f"轩尼诗道{number % 900}号{number % 40}楼",
            "湾仔",
            "新客,喜欢浅色" if number % 3 else "老客",
            "喜欢浅色，怕痒的领标要剪掉" if number % 4 == 0 else "",
            "第一次来店，由朋友介绍" if number % 10 == 0 else "",
            "是" if number % 2 else "",
            "2026-05-01" if number % 2 else "",
            f"H{number // 2}" if number % 4 < 2 else "",
        ]


def _phone(number: int) -> str:
    """Real blocks of Hong Kong mobiles: eight of them hold 80,000 numbers each."""
    block = 9010 + number // 10_000 if number < 80_000 else 9192 + number // 10_000
    return f"+852 {block} {number % 10_000:04d}"


def _purchases(stores: Sequence[str], count: int) -> Iterator[list[str]]:
    """Two lines a receipt, of the past year; every customer of the first file comes twice or so."""
    for number in range(count):
        receipt = number // 2
        person = receipt % max(count // 2, 1)
        person += person % WRONG_IN == 7
        wrong = receipt % WRONG_IN == 50 and number % 2 == 0
        yield [
            f"R-{receipt}",
            _phone(person),
            stores[person % len(stores)],
            f"2026-{1 + receipt % 12:02d}-{1 + receipt % 28:02d} 15:{receipt % 60:02d}",
            "SKU-none" if wrong else f"SKU-{1 + number % 200}",
            str(1 + number % 3),
            f"{100 + number % 900}.00",
        ]


def _write(path: Path, header: Sequence[str], rows: Iterator[list[str]]) -> None:
    if path.suffix == ".xlsx":
        with xlsx_file(header, rows) as file:
            path.write_bytes(file.read())
        return
    with path.open("wb") as file:
        for piece in csv_rows(header, rows):
            file.write(piece.decode().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").encode("gb18030"))
