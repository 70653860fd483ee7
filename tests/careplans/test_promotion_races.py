"""Promotions that several desks propose, change and confirm at one moment, on real connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.careplans import promotions
from app.careplans.models import CareRun, Occurrence
from app.careplans.promotion_models import Promotion, PromotionStore
from app.careplans.promotions import NotProposed, SlotTaken, Wish
from app.core.db import db, transaction
from app.core.errors import Conflict, StaleVersion
from app.people.access import Actor
from tests.factories.customers import make_customer
from tests.factories.messaging import ship_templates
from tests.factories.people import actor_of, make_staff, make_store

DESKS = 5
WORDS = {"zh_Hans": "春茶到店。", "zh_Hant": "春茶到店。", "en": "Spring tea is here."}


def at_once(app: Flask, work: Callable[[int], Any]) -> list[Any]:
    """What each desk's work returned, or the refusal it met; all begin together, each on a connection of its own."""
    together = Barrier(DESKS)

    def run(desk: int) -> Any:
        with app.app_context():
            together.wait()
            try:
                with transaction():
                    return work(desk)
            except Conflict as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(DESKS) as pool:
        return list(pool.map(run, range(DESKS)))


def wish(store_ids: tuple[int, ...], now: datetime) -> Wish:
    day = now.date() + timedelta(days=2)
    return Wish("春茶到店", day, store_ids, {"conditions": []}, WORDS, ("10:00", "19:00"))


def office() -> Actor:
    actor = actor_of(make_staff("head_office"))
    db.session.commit()
    return actor


def test_days_that_several_desks_want_go_to_one_of_them(app: Flask, fresh_database: str, now: datetime) -> None:
    stores, boss = [make_store().id for _ in range(3)], office()

    def propose(desk: int) -> int:
        # Each wants two of three stores, named in another order: nobody may wait for each other in a circle.
        wanted = tuple(stores[(desk + turn) % 3] for turn in ((0, 1) if desk % 2 else (1, 0)))
        return promotions.propose(wish(wanted, now), actor=boss, now=now).id

    answers = at_once(app, propose)

    won = [answer for answer in answers if isinstance(answer, int)]
    assert len(won) == 1
    assert all(isinstance(answer, SlotTaken) for answer in answers if not isinstance(answer, int))
    assert db.session.scalars(select(Promotion.id)).all() == won
    assert db.session.scalar(select(func.count()).select_from(PromotionStore)) == 2


def test_a_promotion_confirmed_by_several_at_once_goes_once(app: Flask, fresh_database: str, now: datetime) -> None:
    ship_templates()
    store, boss = make_store(), office()
    for _ in range(3):
        make_customer(store=store)
    promotion = promotions.propose(wish((store.id,), now), actor=boss, now=now)
    promotion_id, version = promotion.id, promotion.version
    db.session.commit()

    answers = at_once(
        app,
        lambda _desk: promotions.confirm(promotion_id, count=3, version=version, actor=boss, now=now).state,
    )

    assert answers.count("confirmed") == 1
    assert all(isinstance(answer, StaleVersion | NotProposed) for answer in answers if answer != "confirmed")
    assert db.session.scalars(select(Occurrence.state)).all() == ["due"] * 3
    assert db.session.scalar(select(func.count()).select_from(CareRun)) == 1


def test_a_promotion_stopped_while_it_is_confirmed_ends_either_way(
    app: Flask, fresh_database: str, now: datetime
) -> None:
    ship_templates()
    store, boss = make_store(), office()
    make_customer(store=store)
    promotion = promotions.propose(wish((store.id,), now), actor=boss, now=now)
    promotion_id, version = promotion.id, promotion.version
    db.session.commit()

    def decide(desk: int) -> str:
        if desk % 2:
            return promotions.stop(promotion_id, reason="", actor=boss, now=now).state
        return promotions.confirm(promotion_id, count=1, version=version, actor=boss, now=now).state

    at_once(app, decide)

    assert db.session.scalar(select(Promotion.state)) in ("stopped", "withdrawn")
    assert db.session.scalars(select(PromotionStore.is_live)).all() == [False]
    assert not set(db.session.scalars(select(Occurrence.state))) - {"ended"}
