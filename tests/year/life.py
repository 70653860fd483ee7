"""What people do on a day of the year: the service works at night, associates call, customers buy, answer, complain,
refuse and move. Everything goes the way of the real thing; the drains are called here instead of by workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from time import monotonic, sleep

from sqlalchemy import text

from app.careplans import promotions
from app.complaints import service as complaints
from app.complaints.kinds import Source
from app.core import clock
from app.core.db import db, transaction
from app.core.schedule import Nightly
from app.customers import service as customers
from app.customers.values import Channel, ConsentSource, ConsentState, Scope
from app.messaging import service as messaging
from app.purchases import service as purchases
from tests.year.doing import Doing, due_tasks, refusals
from tests.year.hands import Hands
from tests.year.world import HOME, Consumer, Shop, World
from workers.jobs import JOBS

OPT_OUTS_A_DAY = 0.0003
RETURNS_A_DAY = 0.0001
COMPLAINTS_A_DAY = 0.0003
MOVES_A_DAY = 0.0002
ANSWERED = 1 / 3
STOPS = (time(8, 30), time(10, 30), time(13), time(16), time(18, 30), time(20, 45), time(22, 30))
"""When side effects are drained; the last two lie in and around the quiet hours, to try them."""
MOST_SECONDS, PAUSE = 600, 0.5


class Life:
    """One company's days. `did` counts what people did; with `stir` so many times as many of them change something."""

    def __init__(self, world: World, *, seed: int, stir: int = 1) -> None:
        self.world = world
        self.stir = stir
        self.random = Random(seed)
        self.hands = Hands(Doing(world.shops, seed=seed))
        self.did = self.hands.did
        self.receipts = 0

    def live(self, day: date) -> None:
        self._night(day)
        for stop in STOPS:
            now = datetime.combine(day, stop, tzinfo=HOME)
            with clock.fixed(now):
                if time(10) <= stop <= time(20):
                    self._work(day, now)
                    self._handle_complaints(now)
                if stop == time(13):
                    self._shop(day, now)
                    self._promote(day, now)
                if stop == time(16):
                    self._answer(now)
                    self._change_their_lives(now)
                self.settle(now)

    def _night(self, day: date) -> None:
        """The nightly jobs in the order of their hours, as the schedule runs them."""
        nightly = sorted(
            ((job.when.at, name) for name, job in JOBS.items() if isinstance(job.when, Nightly)), key=lambda one: one[0]
        )
        for at, name in nightly:
            now = datetime.combine(day, at, tzinfo=HOME)
            with clock.fixed(now):
                JOBS[name].run(now=now)

    # Associates

    def _work(self, day: date, now: datetime) -> None:
        """Each task whose window has begun is done, and what was handed over at the door is paid for."""
        paid = [
            self._receipt(customer_id, product_id, quantity, now, within_minutes=0)
            for customer_id, product_id, quantity in self.hands.share("work", due_tasks(now), now=now)
            if self._bring_home(customer_id, product_id, quantity, day)
        ]
        self.hands.share("record", paid, now=now)
        self.did["purchases"] += len(paid)

    def _bring_home(self, customer_id: int, product_id: int, quantity: int, day: date) -> bool:
        """More lies at home now; whether it was a product that somebody there uses up."""
        for consumer in self.world.consumers:
            if (consumer.customer_id, consumer.product_id) == (customer_id, product_id):
                consumer.left += consumer.pack * quantity
                consumer.last_bought = consumer.last_brought = day
                self.did["ordered by text and brought"] += 1
                return True
        return False

    def _handle_complaints(self, now: datetime) -> None:
        """A supervisor takes each case one step further: heard, planned, put right, the customer asked, closed."""
        cases = db.session.execute(
            text("""SELECT id, store_id, acknowledged_at, planned_at, resolved_at, satisfied, is_reaction FROM complaint
                    WHERE closed_at IS NULL ORDER BY id""")
        ).all()
        db.session.rollback()
        for case in cases:
            boss = self.world.shops[case.store_id].supervisor
            with self._maybe("refused complaint steps"), transaction():
                if case.acknowledged_at is None:
                    complaints.acknowledge(case.id, actor=boss, now=now)
                elif case.planned_at is None:
                    complaints.plan(case.id, plan="换新", promised_for=now + timedelta(days=2), actor=boss, now=now)
                elif case.resolved_at is None:
                    if self.random.random() < 0.3:
                        complaints.resolve(
                            case.id, apology="对不起", cause="包装破损", remedy="换新", actor=boss, now=now
                        )
                elif case.satisfied is None:
                    if self.random.random() < 0.5:
                        complaints.record_answer(case.id, satisfied=True, words="好了", actor=boss, now=now)
                elif case.satisfied:
                    complaints.close(case.id, actor=boss, now=now, outcome="已痊愈" if case.is_reaction else "")

    # Customers

    def _shop(self, day: date, now: datetime) -> None:
        wanted: list[purchases.NewPurchase] = []
        for customer_id, tempo in self.world.tempo.items():
            if self.random.random() < tempo:
                product_id = self.world.at_random(customer_id, self.random)
                wanted.append(self._receipt(customer_id, product_id, 1, now))
        for consumer in self.world.consumers:
            wanted += self._use_up(consumer, day, now)
        self.hands.share("record", wanted, now=now)
        self.did["purchases"] += len(wanted)

    def _use_up(self, consumer: Consumer, day: date, now: datetime) -> Iterator[purchases.NewPurchase]:
        """A day's amount is gone; when nothing is left for tomorrow the customer goes and buys."""
        consumer.left -= consumer.per_day
        if consumer.left < consumer.per_day:
            consumer.left += consumer.pack * consumer.packs_each_time
            consumer.last_bought = day
            yield self._receipt(consumer.customer_id, consumer.product_id, consumer.packs_each_time, now)

    def _receipt(
        self, customer_id: int, product_id: int, quantity: int, now: datetime, *, within_minutes: int = 120
    ) -> purchases.NewPurchase:
        self.receipts += 1
        amount = Decimal(self.world.prices[product_id] * quantity)
        return purchases.NewPurchase(
            source="till",
            external_id=f"y{self.receipts}",
            store_id=self.world.store_of[customer_id],
            bought_at=now - timedelta(minutes=self.random.randint(0, within_minutes)),
            lines=[purchases.NewLine(quantity=Decimal(quantity), amount=amount, product_id=product_id)],
            customer_id=customer_id,
        )

    def _answer(self, now: datetime) -> None:
        """Some of those who were asked something answer: mostly kindly."""
        asked = db.session.execute(
            text("""SELECT q.kind, m.to_phone, q.options FROM question q JOIN message m ON m.id = q.message_id
                    WHERE q.answered_at IS NULL AND q.expires_at > :now AND m.submitted_at > :since
                    ORDER BY q.id"""),
            {"now": now, "since": now - timedelta(days=1)},
        ).all()
        db.session.rollback()
        texts = []
        for row in asked:
            if self.random.random() < ANSWERED:
                word = self.random.choice("55543") if row.kind == "rating" else self.random.choice("1111112")
                texts.append((row.to_phone, word))
        self.hands.share("text_us", texts, now=now)
        self.did["answers"] += len(texts)

    def _text(self, phone: str, body: str, now: datetime) -> None:
        with transaction():
            messaging.answer_from_sandbox(phone, body, now=now)

    def _change_their_lives(self, now: datetime) -> None:
        for customer_id in self.world.customer_ids:
            chance = self.random.random() / self.stir
            if chance < OPT_OUTS_A_DAY:
                self._stop(customer_id, now)
            elif chance < (limit := OPT_OUTS_A_DAY + RETURNS_A_DAY):
                self._consent(customer_id, ConsentState.IN, Channel.SMS, now)
            elif chance < (limit := limit + COMPLAINTS_A_DAY):
                self._complain(customer_id, now)
            elif chance < limit + MOVES_A_DAY:
                self._move(customer_id, now)

    def _shop_of(self, customer_id: int) -> Shop:
        return self.world.shops[self.world.store_of[customer_id]]

    def _stop(self, customer_id: int, now: datetime) -> None:
        """By text where that reaches us, else, and for calls, told to the shop."""
        phone = self.world.phone_of.get(customer_id)
        if phone is None:
            return
        self.did["opt-outs"] += 1
        if self._shop_of(customer_id).country == "HK" and self.random.random() < 0.7:
            self._text(phone, self.random.choice(["TD", "STOP", "退訂", "唔好再send"]), now)
        else:
            channel = self.random.choice([Channel.SMS, Channel.CALL])
            self._consent(customer_id, ConsentState.OUT, channel, now)

    def _consent(self, customer_id: int, state: ConsentState, channel: Channel, now: datetime) -> None:
        with self._maybe("refused consents"), transaction():
            customers.record_consent(
                customer_id,
                state,
                channel=channel,
                scope=Scope.ALL,
                text="顾客在店里说的",
                source=ConsentSource.OFFICE,
                said_at=None,
                actor=self._shop_of(customer_id).supervisor,
                now=now,
            )

    def _complain(self, customer_id: int, now: datetime) -> None:
        self.did["complaints"] += 1
        words = self.random.choice(["貨是壞的，我要投訴", "用完出紅疹，好痕"])
        phone = self.world.phone_of.get(customer_id)
        shop = self._shop_of(customer_id)
        if phone is not None and shop.country == "HK":
            self._text(phone, words, now)
            return
        with self._maybe("refused complaints"), transaction():
            complaints.open_case(
                customer_id,
                source=Source.PHONE,
                words=words,
                origin_key=f"year:{customer_id}:{now.date()}",
                actor=shop.supervisor,
                now=now,
            )

    def _move(self, customer_id: int, now: datetime) -> None:
        """To a household of his own, in with somebody else, or to another store."""
        boss = self.world.head_office
        assert boss is not None
        with self._maybe("refused moves"), transaction():
            customer = customers.get(customer_id, actor=boss, now=now)
            way = self.random.choice(["apart", "together", "store"])
            if way == "apart":
                customers.leave_household(customer_id, actor=boss, now=now)
            elif way == "together":
                neighbours = [one for one in self.world.customer_ids if self.world.store_of[one] == customer.store_id]
                customers.join_household(
                    customer_id, with_customer_id=self.random.choice(neighbours), actor=boss, now=now
                )
            else:
                others = [one for one in self.world.shops.values() if one.id != customer.store_id]
                shop = self.random.choice(others)
                customers.update(
                    customer_id,
                    {"store_id": shop.id, "owner_id": self.random.choice(shop.associates).id},
                    version=customer.version,
                    actor=boss,
                    now=now,
                )
                self.world.store_of[customer_id] = shop.id
                for consumer in self.world.consumers:
                    if consumer.customer_id == customer_id:
                        consumer.store_id = shop.id
            self.did["moves"] += 1

    # Head office

    def _promote(self, day: date, now: datetime) -> None:
        """On the tenth of each month something is promoted to all customers of all stores, in three days' time."""
        if day.day != 10:
            return
        boss = self.world.head_office
        assert boss is not None
        wish = promotions.Wish(
            reason="会员日新品试用",
            day=day + timedelta(days=3),
            store_ids=tuple(self.world.shops),
            segment={"conditions": []},
            words={
                "zh_Hans": "会员日本周六，新到护肤小样请您来试。",
                "zh_Hant": "會員日本週六，新到護膚試用裝請您來試。",
                "en": "Members' day this Saturday: come and try our new skin care samples.",
            },
            hours=("10:00", "18:00"),
        )
        with self._maybe("refused promotions"):
            with transaction():
                proposed = promotions.propose(wish, actor=boss, now=now)
                number, version = proposed.id, proposed.version
            with transaction():
                count = promotions.preview(promotions.gate(number, actor=boss).target, now=now).going
                promotions.confirm(number, count=count, version=version, actor=boss, now=now)
            self.did["promotions"] += 1

    def _maybe(self, name: str) -> AbstractContextManager[None]:
        return refusals(self.did, name)

    def settle(self, now: datetime) -> None:
        """The side effects up to this moment, as relay and workers would bring them about; one that fails ends the
        year. Of two that wait for each other in a circle one is sent away, and comes again after a pause."""
        for job in ("expire_messages", "complaint_clocks", "expire_reservations", "hand_over_conversations"):
            JOBS[job].run(now=now)
        ends = monotonic() + MOST_SECONDS
        while True:
            self.hands.all("drain", now=now)
            waiting = db.session.execute(_UNDONE).all()
            db.session.rollback()
            broken = [row.last_error for row in waiting if row.state == "dead" or not _is_a_circle(row.last_error)]
            if broken or monotonic() > ends:
                raise RuntimeError(f"a side effect failed: {broken or [row.last_error for row in waiting]}")
            if not waiting:
                return
            self.did["tried again after a deadlock"] += len(waiting)
            sleep(PAUSE)


_UNDONE = text("""
    SELECT state, last_error FROM delivery WHERE state = 'due'
    UNION ALL SELECT state, last_error FROM delivery WHERE state = 'dead'
""")


def _is_a_circle(error: str | None) -> bool:
    return error is None or "deadlock detected" in error
