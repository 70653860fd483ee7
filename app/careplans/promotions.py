"""The promotion gate (R17): a named reason, a target group, free days in the calendar, a look at who is left out and
why, and a person who confirms the number just seen. Only then are the touches written; the engine books them by its own
rules and the texts go within the allowed hours. It can be stopped at any moment.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, exists, func, select, text, update
from sqlalchemy.exc import IntegrityError

from app.careplans import audience, engine
from app.careplans.audience import LATER_DAYS, Audience, Target
from app.careplans.booking import origin_key_sql
from app.careplans.jobs import ASKED_RUNS
from app.careplans.manners import AHEAD_DAYS
from app.careplans.models import CarePlan, CarePlanVersion
from app.careplans.plan_settings import By, PlanKind, PlanSettings, parse, settings_json
from app.careplans.promotion_models import Promotion, PromotionStore
from app.careplans.reasons import WhyNot
from app.careplans.segments import Bought, Field, Op, segment_json
from app.careplans.service import checked_settings
from app.core import audit, schedule
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from app.core.i18n import LOCALES, N_, Text3, Worded
from app.core.outbox import publish
from app.core.paging import Page, page_of
from app.customers import contacts_bulk
from app.customers.access import audit_name
from app.events import TouchesWithdrawn
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Store
from app.purchases import restricted
from app.purchases.models import Product

FARTHEST_DAYS = 180
SHORTEST_REASON, LONGEST_REASON = 2, 120
_EARLIEST = date(2000, 1, 1)
WITHDRAWN_AT_ONCE = 1000


class SlotTaken(Conflict):
    code = "promotion-slot-taken"
    message = N_("Another promotion holds these days in one of the stores. Choose other days.")


class AudienceChanged(Conflict):
    code = "promotion-audience-changed"
    message = N_("The number of people has changed meanwhile: it would go to %(count)s now. Please look again.")


class NotProposed(Conflict):
    code = "promotion-not-proposed"
    message = N_("This promotion has been decided about already.")


class TooEarly(Conflict):
    code = "promotion-too-early"
    message = N_("It can be confirmed from %(days)s days before on: contacts are booked so far ahead.")


class DayPassed(Conflict):
    code = "promotion-day-passed"
    message = N_("Its day has passed. Propose it anew for another day.")


class NobodyLeft(Conflict):
    code = "promotion-nobody"
    message = N_("Nobody may get it as things stand.")


@dataclass(frozen=True)
class Wish:
    """What somebody wants to promote: `settings` holds segment and action as any plan's does."""

    reason: str
    day: date
    store_ids: tuple[int, ...]
    segment: dict[str, object]
    words: Text3
    hours: tuple[str, str]


@dataclass(frozen=True)
class Gate:
    """A promotion with what it says, and the stores in which it holds its days."""

    promotion: Promotion
    plan: CarePlan
    settings: PlanSettings
    stores: Sequence[Store]

    @property
    def store_ids(self) -> tuple[int, ...]:
        return tuple(store.id for store in self.stores)

    @property
    def target(self) -> Target:
        return Target(self.settings.segment, self.store_ids, self.promotion.day)

    @property
    def last_day(self) -> date:
        return last_day_of(self.promotion.day)

    @property
    def words(self) -> Text3:
        return self.settings.action.words or {}

    @property
    def key_prefix(self) -> str:
        """How the origin keys of its touches begin."""
        return f"careplan:{self.promotion.plan_id}:"


def last_day_of(day: date) -> date:
    return day + timedelta(days=LATER_DAYS)


def may_confirm(actor: Actor) -> bool:
    return actor.is_head_office


# Looking


def gate(promotion_id: int, *, actor: Actor) -> Gate:
    """One promotion; NotFound unless it concerns a store of the actor's."""
    return _gate(promotion_id, actor=actor)


def page_of_gates(
    *, actor: Actor, since: date, cursor: str | None = None, limit: int | None = None, is_live: bool = False
) -> Page:
    """Gate rows: promotions whose days end on or after `since`, the next first; `is_live` leaves out what has ended."""
    stmt = _visible(_rows(), actor).where(Promotion.day >= _first_day_that_reaches(since))
    if is_live:
        stmt = stmt.where(Promotion.ended_at.is_(None))
    page = page_of(stmt, keys=[Promotion.day, Promotion.id], cursor=cursor, limit=limit)
    return Page(rows=_gates(page.rows), next_cursor=page.next_cursor)


def page_of_past_gates(*, actor: Actor, today: date, cursor: str | None = None, limit: int | None = None) -> Page:
    """Gate rows of promotions that are over or were ended, the latest day first."""
    is_past = Promotion.ended_at.is_not(None) | (Promotion.day < _first_day_that_reaches(today))
    stmt = _visible(_rows(), actor).where(is_past)
    page = page_of(stmt, keys=[Promotion.day.desc(), Promotion.id.desc()], cursor=cursor, limit=limit)
    return Page(rows=_gates(page.rows), next_cursor=page.next_cursor)


def gates_between(first: date, last: date, *, actor: Actor) -> list[Gate]:
    """What holds days of this stretch of the calendar."""
    stmt = _visible(_rows(), actor).where(
        Promotion.day.between(_first_day_that_reaches(first), last), Promotion.ended_at.is_(None)
    )
    return _gates(db.session.execute(stmt.order_by(Promotion.day, Promotion.id)).all())


def _rows() -> Select[Any]:
    columns: list[Any] = [Promotion, CarePlan, CarePlanVersion]
    stmt: Select[Any] = select(*columns)
    return stmt.join(CarePlan, CarePlan.id == Promotion.plan_id).join(
        CarePlanVersion, CarePlanVersion.id == CarePlan.current_version_id
    )


def _first_day_that_reaches(day: date) -> date:
    """A promotion that begins on this day still holds `day`."""
    return max(day, _EARLIEST) - timedelta(days=LATER_DAYS)


def _gates(rows: Sequence[Any]) -> list[Gate]:
    stores = _stores_of([row.Promotion.id for row in rows])
    return [
        Gate(
            row.Promotion,
            row.CarePlan,
            parse(PlanKind.PROMOTION, row.CarePlanVersion.settings),
            stores.get(row.Promotion.id, []),
        )
        for row in rows
    ]


def checked(wish: Wish, *, actor: Actor, now: datetime) -> PlanSettings:
    """The settings of the plan that this wish becomes; raises Invalid naming every fault, Forbidden for other stores.

    Nothing restricted is promoted: neither in the words, nor to who was chosen for having bought it.
    """
    errors: dict[str, object] = {}
    reason = wish.reason.strip()
    if len(reason) < SHORTEST_REASON:
        errors["reason"] = [N_("Name the reason: why should the customer hear of this now?")]
    elif len(reason) > LONGEST_REASON:
        errors["reason"] = [Worded(N_("At most %(count)s characters."), count=str(LONGEST_REASON))]
    stores = {store.id: store for store in db.session.scalars(people.stores(actor).where(Store.is_active))}
    if not wish.store_ids or set(wish.store_ids) - set(stores):
        errors["store_ids"] = [N_("Choose at least one of your stores.")]
    errors |= _day_faults(wish.day, [stores[one] for one in wish.store_ids if one in stores], now=now)
    settings: PlanSettings | None = None
    try:
        settings = checked_settings(
            PlanKind.PROMOTION,
            {
                "segment": wish.segment,
                "timing": {},
                "action": {
                    "by": By.SMS.value,
                    "minutes": 0,
                    "hours": list(wish.hours),
                    "words": wish.words,
                    "made_days_before": 0,
                },
                "season": None,
            },
        )
    except Invalid as invalid:
        errors |= {"settings": (invalid.errors or {}).get("settings", invalid.errors)}
    if settings is not None:
        errors |= _restricted_faults(settings)
    if errors or settings is None:
        raise Invalid(errors=errors)
    return settings


def _day_faults(day: date, stores: Sequence[Store], *, now: datetime) -> dict[str, object]:
    for store in stores:
        today = now.astimezone(ZoneInfo(store.zone)).date()
        if day < today:
            return {"day": [N_("This day has passed.")]}
        if day > today + timedelta(days=FARTHEST_DAYS):
            return {"day": [N_("Choose a day within half a year.")]}
    return {}


def _restricted_faults(settings: PlanSettings) -> dict[str, object]:
    faults: dict[str, object] = {}
    words = settings.action.words or {}
    named = {
        locale: [N_("This names a restricted product; such products are never promoted.")]
        for locale in LOCALES
        if restricted.text_names_restricted(words.get(locale, ""))
    }
    if named:
        faults["settings"] = {"action": {"words": named}}
    for number, condition in enumerate(settings.segment.conditions):
        if condition.op is Op.BOUGHT and _any_restricted(condition.field, condition.value):
            faults["settings"] = {
                **dict(faults.get("settings") or {}),  # type: ignore[call-overload]
                "segment": {
                    "conditions": {
                        str(number): {"value": [N_("Buyers of a restricted product are no target of a promotion.")]}
                    }
                },
            }
    return faults


def _any_restricted(field: Field, value: object) -> bool:
    if not isinstance(value, Bought):
        return False
    column = Product.id if field is Field.PRODUCT else Product.category
    return bool(db.session.scalar(select(exists().where(column.in_(value.of), Product.is_restricted))))


def preview(target: Target, *, now: datetime) -> Audience:
    return audience.look(target, now=now)


# Deciding


def propose(wish: Wish, *, actor: Actor, now: datetime) -> Promotion:
    """Write the promotion down and hold its days. Raises Invalid, SlotTaken."""
    settings = checked(wish, actor=actor, now=now)
    reason = wish.reason.strip()
    plan = CarePlan(
        key=f"promotion-{uuid4()}",
        kind=PlanKind.PROMOTION.value,
        name=dict.fromkeys(LOCALES, reason[:60]),
        is_on=False,
        created_at=now,
    )
    db.session.add(plan)
    db.session.flush()
    _publish(plan, settings, number=1, actor=actor, now=now)
    promotion = Promotion(plan_id=plan.id, reason=reason, day=wish.day, proposed_by_id=actor.staff_id, proposed_at=now)
    db.session.add(promotion)
    db.session.flush()
    _hold_days(promotion, wish.store_ids)
    _note(promotion, "promotion.propose", actor=actor, now=now, stores=list(wish.store_ids))
    return promotion


def change(promotion_id: int, wish: Wish, *, version: int, actor: Actor, now: datetime) -> Promotion:
    """Change what is only proposed. Raises StaleVersion, NotProposed, Invalid, SlotTaken."""
    found = _locked(promotion_id, actor=actor, version=version)
    promotion = found.promotion
    if promotion.state != "proposed":
        raise NotProposed
    _require_all_stores(found, actor)
    settings = checked(wish, actor=actor, now=now)
    promotion.reason, promotion.day = wish.reason.strip(), wish.day
    promotion.proposed_by_id, promotion.proposed_at = actor.staff_id, now
    promotion.version += 1
    found.plan.name = dict.fromkeys(LOCALES, promotion.reason[:60])
    number = db.session.scalar(select(func.max(CarePlanVersion.number)).where(CarePlanVersion.plan_id == found.plan.id))
    _publish(found.plan, settings, number=(number or 0) + 1, actor=actor, now=now)
    db.session.execute(text("DELETE FROM promotion_store WHERE promotion_id = :id"), {"id": promotion.id})
    _hold_days(promotion, wish.store_ids)
    _note(promotion, "promotion.change", actor=actor, now=now, stores=list(wish.store_ids))
    return promotion


def confirm(promotion_id: int, *, count: int, version: int, actor: Actor, now: datetime) -> Promotion:
    """Let the batch go: a deliberate second step that names the number of people just seen.

    The numbers are looked at once more; raises AudienceChanged when they are no longer those. Everybody who was meant
    gets an occurrence: those who are left out with their reason, the others for the engine to book.
    """
    if not may_confirm(actor):
        raise Forbidden()
    found = _locked(promotion_id, actor=actor, version=version)
    promotion = found.promotion
    if promotion.state != "proposed":
        raise NotProposed
    today = min(now.astimezone(ZoneInfo(store.zone)).date() for store in found.stores)
    if promotion.day < max(now.astimezone(ZoneInfo(store.zone)).date() for store in found.stores):
        raise DayPassed
    if promotion.day > today + timedelta(days=AHEAD_DAYS):
        raise TooEarly(days=AHEAD_DAYS)
    # What was written long ago is checked against the products of today.
    faults = _restricted_faults(found.settings)
    if faults:
        raise Invalid(errors=faults)
    seen = audience.look(found.target, now=now)
    if seen.going != count:
        raise AudienceChanged(count=seen.going, extra={"count": seen.going})
    if not seen.going:
        raise NobodyLeft
    promotion.state, promotion.confirmed_by_id, promotion.confirmed_at = "confirmed", actor.staff_id, now
    promotion.confirmed_count = count
    promotion.counts = {"going": seen.going, **{why.value: people for why, people in seen.left_out.items()}}
    promotion.version += 1
    found.plan.is_on = True
    found.plan.version += 1
    db.session.flush()
    _write_occurrences(found, now=now)
    engine.ask(None, staff_id=actor.staff_id, now=now)
    schedule.ask_for(ASKED_RUNS, now=now)
    _note(promotion, "promotion.confirm", actor=actor, now=now, count=count)
    return promotion


def _write_occurrences(found: Gate, *, now: datetime) -> None:
    sql, values = audience.verdicts(found.target, now=now)
    db.session.execute(
        text(f"""
            INSERT INTO occurrence (plan_id, plan_version_id, customer_id, household_id, store_id, key, kind, due_day,
                state, reason, decided_at, created_at)
            SELECT :plan_id, :version_id, v.customer_id, v.household_id, v.store_id, CAST(:day AS text), 'promotion',
                CAST(:day AS date), CASE WHEN v.reason IS NULL THEN 'due' ELSE 'dropped' END, v.reason,
                CASE WHEN v.reason IS NOT NULL THEN CAST(:now AS timestamptz) END, :now
            FROM ({sql}) v
            ON CONFLICT (customer_id, plan_id, key) DO NOTHING
        """),  # noqa: S608  fixed parts, values are bound
        values | {"plan_id": found.plan.id, "version_id": found.plan.current_version_id},
    )


def stop(promotion_id: int, *, reason: str, version: int | None = None, actor: Actor, now: datetime) -> Promotion:
    """Take back a proposal, or stop what has not gone out yet; its days are free again. Stopping twice is once."""
    found = _locked(promotion_id, actor=actor, version=version)
    promotion = found.promotion
    if promotion.ended_at is not None:
        return promotion
    _require_all_stores(found, actor)
    is_going = promotion.state == "confirmed"
    promotion.state = "stopped" if is_going else "withdrawn"
    promotion.ended_by_id, promotion.ended_at = actor.staff_id, now
    promotion.end_reason = reason.replace("\x00", "").strip()[:LONGEST_REASON]
    promotion.version += 1
    found.plan.is_on = False
    found.plan.version += 1
    db.session.execute(update(PromotionStore).where(PromotionStore.promotion_id == promotion.id).values(is_live=False))
    if is_going:
        _end_occurrences(found, now=now)
    db.session.flush()
    _note(promotion, "promotion.stop" if is_going else "promotion.withdraw", actor=actor, now=now)
    return promotion


def _end_occurrences(found: Gate, *, now: datetime) -> None:
    """What no carrier has seen ends: booked slots are given back, texts are taken back by their keys."""
    ended = db.session.execute(
        text(f"""
            UPDATE occurrence o SET state = 'ended', reason = :why, decided_at = :now
            FROM occurrence before
            WHERE o.plan_id = :plan_id AND before.id = o.id AND o.state IN ('due', 'deferred', 'booked')
            RETURNING {origin_key_sql("o")} AS key
        """),  # noqa: S608  fixed parts, values are bound
        {"plan_id": found.plan.id, "why": WhyNot.PLAN_SWITCHED_OFF.value, "now": now},
    ).all()
    contacts_bulk.release_many(
        "SELECT unnest(CAST(:keys AS text[])) AS origin_key, CAST(:why AS text) AS reason",
        {"keys": [row.key for row in ended], "why": WhyNot.PLAN_SWITCHED_OFF.value},
        now=now,
    )
    under_way = list(
        db.session.scalars(
            text(f"""SELECT {origin_key_sql("o")} FROM occurrence o
                     WHERE o.plan_id = :plan_id AND o.state = 'made' ORDER BY o.id"""),  # noqa: S608
            {"plan_id": found.plan.id},
        )
    )
    for start in range(0, len(under_way), WITHDRAWN_AT_ONCE):
        keys = under_way[start : start + WITHDRAWN_AT_ONCE]
        publish(TouchesWithdrawn(occurred_at=now, origin_keys=keys, reason=WhyNot.PLAN_SWITCHED_OFF.value))


# Rows


def _publish(plan: CarePlan, settings: PlanSettings, *, number: int, actor: Actor, now: datetime) -> None:
    version = CarePlanVersion(
        plan_id=plan.id,
        number=number,
        settings=settings_json(settings),
        published_at=now,
        published_by_id=actor.staff_id,
        note="",
    )
    db.session.add(version)
    db.session.flush()
    plan.current_version_id = version.id
    plan.version += 1
    db.session.flush()


def _hold_days(promotion: Promotion, store_ids: Collection[int]) -> None:
    # One at a time: two that look at each other's new rows would end in a deadlock instead of in words.
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('promotion'))"))
    try:
        with db.session.begin_nested():
            for store_id in sorted(set(store_ids)):
                db.session.add(
                    PromotionStore(
                        promotion_id=promotion.id,
                        store_id=store_id,
                        first_day=promotion.day,
                        last_day=last_day_of(promotion.day),
                    )
                )
            db.session.flush()
    except IntegrityError as error:
        if "one_at_a_time" not in str(error.orig):
            raise
        raise SlotTaken from None


def _gate(promotion_id: int, *, actor: Actor) -> Gate:
    promotion = db.session.scalar(
        _visible(select(Promotion).where(Promotion.id == promotion_id), actor).execution_options(populate_existing=True)
    )
    if promotion is None:
        raise NotFound()
    plan = db.session.get_one(CarePlan, promotion.plan_id, populate_existing=True)
    version = db.session.get_one(CarePlanVersion, plan.current_version_id)
    return Gate(
        promotion,
        plan,
        parse(PlanKind.PROMOTION, version.settings),
        _stores_of([promotion.id]).get(promotion.id, []),
    )


def _locked(promotion_id: int, *, actor: Actor, version: int | None) -> Gate:
    db.session.execute(select(Promotion.id).where(Promotion.id == promotion_id).with_for_update())
    found = _gate(promotion_id, actor=actor)
    if version is not None and found.promotion.version != version:
        raise StaleVersion()
    return found


def _visible(stmt: Select[Any], actor: Actor) -> Select[Any]:
    if actor.sees_all_stores:
        return stmt
    own = and_(PromotionStore.promotion_id == Promotion.id, PromotionStore.store_id.in_(actor.store_ids))
    return stmt.where(exists().where(own))


def _require_all_stores(found: Gate, actor: Actor) -> None:
    """Who looks after one of its stores sees it; only who looks after all of them may change it."""
    if not actor.sees_all_stores and set(found.store_ids) - set(actor.store_ids):
        raise Forbidden()


def _stores_of(promotion_ids: Collection[int]) -> dict[int, list[Store]]:
    found: dict[int, list[Store]] = {}
    rows = db.session.execute(
        select(PromotionStore.promotion_id, Store)
        .join(Store, Store.id == PromotionStore.store_id)
        .where(PromotionStore.promotion_id.in_(promotion_ids))
        .order_by(Store.id)
    )
    for promotion_id, store in rows:
        found.setdefault(promotion_id, []).append(store)
    return found


def _note(promotion: Promotion, action: str, *, actor: Actor, now: datetime, **detail: object) -> None:
    audit.record(
        audit_name(actor),
        action=action,
        subject=("promotion", promotion.id),
        now=now,
        detail={"day": promotion.day.isoformat(), **detail},
    )


def segment_of(found: Gate) -> dict[str, object]:
    """The target group as it is stored."""
    return segment_json(found.settings.segment)
