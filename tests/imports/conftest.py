"""A company to import into, and the way a file takes: handed in by a person, worked off by a worker."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.db import db, transaction
from app.core.staging import StagedRow
from app.imports import jobs, service
from app.imports.models import ImportRun
from app.people.access import Actor, Role
from app.people.models import Staff, Store
from tests.factories.people import actor_of, make_skill, make_staff, make_store
from tests.scenes import scene

Cells = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Shop:
    store: Store
    other: Store
    head: Actor
    lead: Actor
    ann: Staff


@scene
def imports_scene(_now: datetime) -> Shop:
    return open_shop()


@pytest.fixture
def shop(imports_scene: Shop) -> Shop:
    return imports_scene


def open_shop() -> Shop:
    store, other = make_store(code="HK01", name="湾仔店"), make_store(code="SZ01", name="深圳店", country="CN")
    make_skill()
    lead = make_staff(Role.SUPERVISOR, store)
    return Shop(
        store=store,
        other=other,
        head=actor_of(make_staff(Role.HEAD_OFFICE)),
        lead=actor_of(lead, store),
        ann=make_staff(store=store, name="李美"),
    )


def csv_of(rows: Cells, *, codec: str = "utf-8") -> io.BytesIO:
    lines = [",".join(f'"{cell}"' if "," in str(cell) else str(cell) for cell in row) for row in rows]
    return io.BytesIO("\r\n".join(lines).encode(codec))


@pytest.fixture
def bring(now: datetime) -> Callable[..., ImportRun]:
    """`bring("customers", rows, by=shop.head)`: hand a table in and let the worker do what is due."""

    def hand_in_and_work(kind: str, rows: Cells, *, by: Actor, codec: str = "utf-8", **options: Any) -> ImportRun:
        options.setdefault("dry_run", False)
        with transaction():
            run = service.hand_in(kind, csv_of(rows, codec=codec), name="file.csv", actor=by, now=now, **options)
        return work(run)

    return hand_in_and_work


def work(run: ImportRun) -> ImportRun:
    jobs.run_due()
    db.session.expire_all()
    return db.session.get_one(ImportRun, run.id)


def rows_of(run: ImportRun) -> list[StagedRow]:
    return list(db.session.scalars(select(StagedRow).where(StagedRow.run_id == run.id).order_by(StagedRow.row)))


def faults_of(run: ImportRun) -> list[tuple[int, str, str]]:
    """(row, column, code) of everything that is wrong."""
    return [(row.row, one["column"], one["code"]) for row in rows_of(run) for one in row.faults]


def count(table: str) -> int:
    return int(db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
