"""What people and workers do at one moment, through the real services. Several processes do it side by side, so chance
hangs on the thing that is done and not on who does it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from psycopg.errors import DeadlockDetected
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app.core import outbox
from app.core.db import db, transaction
from app.core.errors import Problem
from app.demo import pictures
from app.messaging import service as messaging
from app.messaging.drain import drain_messages
from app.people.access import Actor
from app.purchases import service as purchases
from app.tasks import checklists
from app.tasks import service as tasks
from app.tasks.kinds import FailReason, ItemKind
from app.tasks.models import ChecklistVersion, TaskLine
from tests.year.world import Shop

NOT_REACHED = 0.07
LEFT_UNDONE = 0.01
TILL = Actor.system("till")
TRIES = 5
"""Of two who wait for each other in a circle PostgreSQL sends one away; phones and tills then try again."""

Delivered = tuple[int, int, int]
"""Customer, product and how many packs were handed over at the door."""


class Doing:
    """`did` counts what came about."""

    def __init__(self, shops: Mapping[int, Shop], *, seed: int) -> None:
        self.shops = shops
        self.seed = seed
        self.did: Counter[str] = Counter()
        self.items: dict[int, Sequence[checklists.Item]] = {}

    # Associates

    def work(self, due: Sequence[tuple[Any, ...]], *, now: datetime) -> list[Delivered]:
        """Each of these tasks is done by somebody of its store, or nobody was reached."""
        delivered: list[Delivered] = []
        for task in due:
            chance = Random(f"{self.seed}:{now}:{task[0]}")
            if chance.random() >= LEFT_UNDONE:
                delivered += self._careful("refused tasks", lambda: self._do(task, chance, now)) or []  # noqa: B023
        return delivered

    def _do(self, task: tuple[Any, ...], chance: Random, now: datetime) -> list[Delivered]:
        number, store_id, type_, status, assignee_id, version, door_code, customer_id = task
        shop = self.shops[store_id]
        associate = next((one for one in shop.associates if one.id == assignee_id), None)
        if associate is None:
            associate = chance.choice(shop.associates)
            tasks.assign(number, associate.id, actor=shop.supervisor, now=now)
        if status != "active":
            tasks.start(number, actor=associate, now=now, at=now)
        if type_ != "callback":
            tasks.arrive(number, actor=associate, now=now, at=now)
        if chance.random() < NOT_REACHED:
            reason = FailReason.NO_ANSWER if type_ == "callback" else FailReason.NOT_AT_HOME
            tasks.fail(number, actor=associate, now=now, at=now, reason=reason)
            self.did["calls and visits that reached nobody"] += 1
            return []
        lines = [] if type_ == "callback" else _lines(number)
        tasks.complete(
            number, actor=associate, now=now, at=now,
            answers=self._answers(version, door_code, associate, chance, now),
            lines=[{"id": line.id, "delivered": line.quantity, "refused": 0} for line in lines],
        )  # fmt: skip
        self.did[f"{type_} done"] += 1
        return [(customer_id, line.product_id, line.quantity) for line in lines if line.product_id is not None]

    def _answers(self, version: int, door_code: str, associate: Actor, chance: Random, now: datetime) -> dict[str, Any]:
        """What the checklist requires, filled in as a careful associate does."""
        if version not in self.items:
            raw = db.session.scalar(select(ChecklistVersion.items).where(ChecklistVersion.id == version))
            self.items[version] = checklists.parse(raw)
        items = self.items[version]
        answers: dict[str, Any] = {}
        for position in range(len(items)):
            state = checklists.evaluate(items, answers)[position]
            if state.visible and state.required:
                answers[state.item.key] = self._fill(state.item, door_code, associate, chance, now)
        return answers

    def _fill(self, item: checklists.Item, door_code: str, associate: Actor, chance: Random, now: datetime) -> Any:
        match item.kind:
            case ItemKind.TICK:
                return True
            case ItemKind.PASS_FAIL:
                return "pass"
            case ItemKind.NUMBER:
                return int(item.maximum if item.maximum is not None else item.minimum or 0)
            case ItemKind.CHOICE | ItemKind.GIFT:
                return item.choices[0][0]
            case ItemKind.TEXT:
                return "一切都好"
            case ItemKind.PHOTO:
                return [str(self._picture(pictures.scene(chance.randint(0, 11)), associate, chance, now))]
            case ItemKind.SIGNATURE:
                return str(self._picture(pictures.signature(chance.randint(0, 5)), associate, chance, now))
            case ItemKind.CODE:
                return door_code

    def _picture(self, data: bytes, associate: Actor, chance: Random, now: datetime) -> UUID:
        blob_id = UUID(int=chance.getrandbits(128), version=4)
        tasks.put_blob(blob_id, data, sha256=sha256(data).hexdigest(), actor=associate, now=now)
        return blob_id

    # Customers

    def record(self, receipts: Sequence[purchases.NewPurchase], *, now: datetime) -> None:
        """The tills send what was sold."""
        for start in range(0, len(receipts), 100):
            self._careful(
                "refused receipts",
                lambda: purchases.record_purchases(receipts[start : start + 100], actor=TILL, now=now),  # noqa: B023
            )

    def text_us(self, texts: Sequence[tuple[str, str]], *, now: datetime) -> None:
        for phone, body in texts:
            with transaction():
                messaging.answer_from_sandbox(phone, body, now=now)

    # Workers

    def drain(self, *, now: datetime) -> None:
        """All that is due, as the workers do it."""
        while True:
            deliveries, calls = outbox.drain_deliveries(stop_after_seconds=600), drain_messages(stop_after_seconds=600)
            self.did["side effects"] += deliveries
            self.did["texts sent"] += calls
            if not deliveries and not calls:
                return

    def _careful(self, name: str, do: Callable[[], Any]) -> Any:
        for left in reversed(range(TRIES)):
            try:
                with refusals(self.did, name), transaction():
                    return do()
                return None
            except OperationalError as error:
                if not isinstance(error.orig, DeadlockDetected) or not left:
                    raise
                self.did["tried again after a deadlock"] += 1
                time.sleep(0.05)
        return None


@contextmanager
def refusals(did: Counter[str], name: str) -> Iterator[None]:
    """What the service refuses with a reason is part of life, and counted; anything else ends the year."""
    try:
        yield
    except Problem as problem:
        db.session.rollback()
        did[f"{name}: {type(problem).__name__}"] += 1


def _lines(task_id: int) -> list[TaskLine]:
    return list(db.session.scalars(select(TaskLine).where(TaskLine.task_id == task_id).order_by(TaskLine.id)))


def due_tasks(now: datetime) -> list[tuple[Any, ...]]:
    """Whose windows have begun."""
    rows = db.session.execute(
        text("""SELECT id, store_id, type, status, assignee_id, checklist_version_id, door_code, customer_id FROM task
                WHERE status IN ('open', 'assigned', 'active') AND window_start <= :now ORDER BY id"""),
        {"now": now},
    ).all()
    db.session.rollback()
    return [tuple(row) for row in rows]
