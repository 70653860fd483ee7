from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.core.db import db, transaction
from app.people.access import Actor, Role
from app.tasks import service
from app.tasks.errors import TaskTaken
from app.tasks.models import Task, TaskHistory
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_staff, make_store
from tests.factories.tasks import make_task


def test_of_eight_people_who_claim_one_task_one_wins_and_seven_are_told(
    app: Flask, fresh_database: str, now: Any
) -> None:
    store = make_store()
    crowd = [actor_of(make_staff(Role.ASSOCIATE, store)) for _ in range(8)]
    task_id = make_task(customer=make_customer(store=store)).id
    db.session.commit()
    start = Barrier(len(crowd))
    outcomes: list[str] = []

    def try_to_claim(actor: Actor) -> None:
        with app.app_context():
            start.wait(timeout=20)
            try:
                with transaction():
                    service.claim(task_id, actor=actor, now=now)
                outcomes.append(f"won:{actor.id}")
            except TaskTaken:
                outcomes.append("taken")

    threads = [Thread(target=try_to_claim, args=(actor,)) for actor in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(outcome.split(":")[0] for outcome in outcomes) == ["taken"] * 7 + ["won"]
    winner = next(outcome for outcome in outcomes if outcome.startswith("won")).split(":")[1]
    db.session.expire_all()
    task = db.session.get_one(Task, task_id)
    assert (task.status, task.assignee_id, task.version) == ("assigned", int(winner), 2)
    claims = db.session.scalars(select(TaskHistory).where(TaskHistory.task_id == task_id)).all()
    assert [line.actor_id for line in claims] == [int(winner)]
