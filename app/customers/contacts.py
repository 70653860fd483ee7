"""The contact ledger: who may be contacted unasked, and when. Nobody else counts contacts.

One contact is one proactive task, or one proactive SMS that belongs to no task. The life of a booking:
`reserve` when the touch is planned -> `take_today` just before it -> `record` when it has happened, or `release` when
it will not.
Per household the days between two contacts are kept by a lock on the household while reserving, and by an exclusion
constraint for whoever writes bookings in bulk. A caller that reserves for many customers in one transaction does so in
the order of their ids, else two of them may wait for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.errors import NotFound
from app.customers.contact_budget import DEFAULT_GAP_DAYS, Stretch, first_free_day
from app.customers.errors import OriginKeyTaken
from app.customers.models import ContactBooking, ContactRule, Customer, Household
from app.customers.values import BookingState, ContactKind
from app.people.models import Store

SALES_KINDS = frozenset({ContactKind.WIN_BACK, ContactKind.PROMOTION})
"""About buying again. A replenishment is too unless somebody asked for it, which only its booker knows."""
LONGEST_GAP = timedelta(days=366)
"""No rule keeps a household free for longer, as the table checks."""
SHOWN_DAYS = 90
"""How far back a household's contacts are shown."""


class RefusalReason(StrEnum):
    CEILING = "ceiling"


@dataclass(frozen=True)
class Reserved:
    """The slot is ours. `is_new` is False when this origin key had reserved it before."""

    booking_id: int
    day: date
    is_new: bool


@dataclass(frozen=True)
class Refused:
    """The household was, or will be, contacted too close to that day. The caller may merge into `held_by`."""

    reason: RefusalReason
    held_by: str
    held_on: date
    next_free_day: date


@dataclass(frozen=True)
class Overtaken:
    """A booking released because another contact in fact took place too close to it."""

    origin_key: str
    day: date


@dataclass(frozen=True)
class Touch:
    """A contact that is about to take place."""

    origin_key: str
    customer_id: int
    kind: ContactKind


@dataclass(frozen=True)
class Budget:
    """What a page shows of a household's contact budget."""

    household_id: int
    gap_days: int
    today: date
    last: ContactBooking | None
    next: ContactBooking | None
    next_free_day: date
    contacts: Sequence[ContactBooking]

    @property
    def is_free_today(self) -> bool:
        return self.next_free_day == self.today

    def free_from(self, day: date) -> date:
        """The first day from then on on which one contact more fits."""
        return first_free_day(map(_stretch, self.contacts), gap_days=self.gap_days, not_before=day)


def reserve(
    customer_id: int,
    *,
    kind: ContactKind,
    day: date,
    origin_key: str,
    now: datetime,
    is_sales: bool | None = None,
) -> Reserved | Refused:
    """Book one proactive contact of the customer's household on a local day. Whether it is about sales follows from
    its kind unless told.

    `origin_key` names the touch (`careplan:12:cust:9:2027-01`): asking twice gives the same booking, a released one is
    booked anew. Refused leaves nothing behind.
    """
    household_id = _lock_household_of(customer_id)
    known = _booking(origin_key)
    if known is not None and known.household_id != household_id and known.customer_id != customer_id:
        raise OriginKeyTaken()
    if known is not None and known.state != BookingState.RELEASED:
        return Reserved(booking_id=known.id, day=known.day, is_new=False)
    gap_days = gap_days_of(household_id)
    wanted = Stretch(day, gap_days)
    near = _live_bookings(household_id, _reaches(day))
    blocking = next((booking for booking in near if wanted.collides_with(_stretch(booking))), None)
    if blocking is not None:
        free = first_free_day(map(_stretch, near), gap_days=gap_days, not_before=day)
        return Refused(
            reason=RefusalReason.CEILING, held_by=blocking.origin_key, held_on=blocking.day, next_free_day=free
        )
    values = {
        "household_id": household_id,
        "customer_id": customer_id,
        "kind": kind.value,
        "day": day,
        "gap_days": gap_days,
        "state": BookingState.RESERVED.value,
        "reserved_at": now,
        "released_at": None,
        "release_reason": None,
        "is_sales": kind in SALES_KINDS if is_sales is None else is_sales,
    }
    row = insert(ContactBooking).values(origin_key=origin_key, **values)
    # A released booking of this key lives again; a live one of another household stays what it is.
    booking_id = db.session.execute(
        row.on_conflict_do_update(
            index_elements=[ContactBooking.origin_key],
            set_=values,
            where=ContactBooking.state == BookingState.RELEASED.value,
        ).returning(ContactBooking.id)
    ).scalar()
    if booking_id is None:
        raise OriginKeyTaken()
    return Reserved(booking_id=booking_id, day=day, is_new=True)


def take_today(touches: Sequence[Touch], *, now: datetime) -> dict[str, datetime]:
    """Make sure that each touch holds its household's slot of today, whatever was booked before or has come between.

    Returns, by origin key, from when a slot is free for those that hold none now. The households stay locked until the
    caller's transaction ends, so of many workers that ask at once one gets the slot. A batch costs a handful of
    statements, however long it is.
    """
    households = _lock_households_of({touch.customer_id for touch in touches})
    home_of = {member: home for home in households.values() for member in home.members}
    # Nowhere is it yet, or still, another day than one of these.
    live = _live_bookings_of(households, _reaches((now - timedelta(days=1)).date()))
    own = {booking.origin_key: booking for booking in _bookings([touch.origin_key for touch in touches])}
    free_from: dict[str, datetime] = {}
    for touch in touches:
        home = home_of[touch.customer_id]
        booking = own.get(touch.origin_key)
        if booking is not None and booking.state == BookingState.RECORDED:
            continue
        today = Stretch(now.astimezone(home.zone).date(), home.gap_days)
        others = [_stretch(other) for other in live[home.id] if other.origin_key != touch.origin_key]
        if any(today.collides_with(other) for other in others):
            free = first_free_day(others, gap_days=home.gap_days, not_before=today.day)
            free_from[touch.origin_key] = datetime.combine(free, time(), tzinfo=home.zone).astimezone(UTC)
        else:
            live[home.id] = [
                *(other for other in live[home.id] if other.origin_key != touch.origin_key),
                _book_today(touch, booking, home=home, today=today, now=now),
            ]
    db.session.flush()
    return free_from


def _book_today(
    touch: Touch, booking: ContactBooking | None, *, home: Home, today: Stretch, now: datetime
) -> ContactBooking:
    if booking is None:
        booking = ContactBooking(
            origin_key=touch.origin_key,
            customer_id=touch.customer_id,
            kind=touch.kind.value,
            is_sales=touch.kind in SALES_KINDS,
            reserved_at=now,
        )
        db.session.add(booking)
    booking.household_id, booking.day, booking.gap_days = home.id, today.day, today.gap_days
    if booking.state != BookingState.RESERVED:
        booking.state, booking.reserved_at = BookingState.RESERVED, now
        booking.released_at, booking.release_reason = None, None
    return booking


def record_now(origin_key: str, *, now: datetime) -> tuple[Overtaken, ...]:
    """Write down that the contact takes place on the household's present day; see `record`."""
    household_id = _lock_household_of(_required(origin_key).customer_id)
    return record(origin_key, day=now.astimezone(_zone_of(household_id)).date(), now=now)


def record(origin_key: str, *, day: date, now: datetime) -> tuple[Overtaken, ...]:
    """Write down that the contact took place on `day`, which may differ from the booked one; it is a fact, so never
    refused, whatever became of the booking. Bookings that now lie too close are released and returned, for their
    owners to plan anew. Recording twice changes nothing; raises NotFound for an unknown key.
    """
    household_id = _lock_household_of(_required(origin_key).customer_id)
    booking = _required(origin_key)
    if booking.state == BookingState.RECORDED:
        return ()
    overtaken = _overtake(household_id, day, booking.gap_days, except_id=booking.id, now=now)
    _set(
        ContactBooking.id == booking.id,
        state=BookingState.RECORDED.value,
        day=day,
        recorded_at=now,
        released_at=None,
        release_reason=None,
    )
    return overtaken


def record_many(days: Mapping[str, date], *, now: datetime) -> dict[str, tuple[Overtaken, ...]]:
    """The same for many contacts at once, by origin key; the households are locked in one order. What was overtaken is
    told under the key of the contact that did it. Costs a handful of statements, however many there are."""
    return _record_many(list(days), lambda key, _home: days[key], now=now)


def record_many_now(origin_keys: Sequence[str], *, now: datetime) -> dict[str, tuple[Overtaken, ...]]:
    """`record_many` for contacts that take place now, each on the present day of its household."""
    return _record_many(origin_keys, lambda _key, home: now.astimezone(home.zone).date(), now=now)


def _record_many(
    origin_keys: Sequence[str], day_of: Callable[[str, Home], date], *, now: datetime
) -> dict[str, tuple[Overtaken, ...]]:
    customers = {booking.customer_id for booking in _bookings(origin_keys)} if origin_keys else set()
    if not customers:
        return {}
    households = _lock_households_of(customers)
    home_of = {member: home for home in households.values() for member in home.members}
    mine = {
        booking.origin_key: booking
        for booking in _bookings(origin_keys)
        if booking.state != BookingState.RECORDED and booking.customer_id in home_of
    }
    if not mine:
        return {}
    days = {key: day_of(key, home_of[booking.customer_id]) for key, booking in mine.items()}
    is_promised = ContactBooking.state == BookingState.RESERVED.value
    live = _live_bookings_of(households, and_(is_promised, _reaches(min(days.values()))))
    overtaken: dict[str, tuple[Overtaken, ...]] = {}
    ended: dict[int, ContactBooking] = {}
    for key, booking in sorted(mine.items(), key=lambda one: (days[one[0]], one[1].id)):
        happened = Stretch(days[key], booking.gap_days)
        too_close = [
            other
            for other in live[home_of[booking.customer_id].id]
            if other.origin_key not in mine and other.id not in ended and happened.collides_with(_stretch(other))
        ]
        ended |= {other.id: other for other in too_close}
        overtaken[key] = tuple(Overtaken(origin_key=other.origin_key, day=other.day) for other in too_close)
    if ended:
        _set(
            ContactBooking.id.in_(ended),
            state=BookingState.RELEASED.value,
            released_at=now,
            release_reason="overtaken",
        )
    for key, booking in mine.items():
        booking.state, booking.day, booking.recorded_at = BookingState.RECORDED.value, days[key], now
        booking.released_at = booking.release_reason = None
    db.session.flush()
    return overtaken


def write_down(
    customer_id: int, *, kind: ContactKind, day: date, origin_key: str, now: datetime, is_sales: bool | None = None
) -> tuple[Overtaken, ...]:
    """A contact that took place without a booking, such as a call made by hand. As `record`, also for the rest."""
    household_id = _lock_household_of(customer_id)
    if _booking(origin_key) is not None:
        return record(origin_key, day=day, now=now)
    gap_days = gap_days_of(household_id)
    overtaken = _overtake(household_id, day, gap_days, except_id=None, now=now)
    db.session.execute(
        insert(ContactBooking).values(
            household_id=household_id,
            customer_id=customer_id,
            kind=kind.value,
            day=day,
            gap_days=gap_days,
            origin_key=origin_key,
            state=BookingState.RECORDED.value,
            reserved_at=now,
            recorded_at=now,
            is_sales=kind in SALES_KINDS if is_sales is None else is_sales,
        )
    )
    return overtaken


def hold(customer_id: int) -> int | None:
    """Let nobody else decide about the customer's household until the transaction ends; returns it, or None when there
    is no such file. Whoever changes what is planned for a household holds it first, then the plans, then bookings."""
    return next(iter(hold_all([customer_id])), None)


def hold_all(customer_ids: Iterable[int]) -> list[int]:
    """The same for the households of many, always in the same order."""
    return sorted(_lock_households_of(customer_ids))


def customers_behind(origin_keys: Sequence[str]) -> list[int]:
    """Whose contacts these are."""
    return sorted({booking.customer_id for booking in _bookings(origin_keys)})


def standing(household_id: int, *, since: date) -> Sequence[ContactBooking]:
    """The household's reserved and recorded contacts from a day on, those that members bring along too."""
    return _live_bookings(household_id, ContactBooking.day >= since)


def take_back(origin_key: str, *, now: datetime) -> bool:
    """What was recorded did not take place after all, or not yet: the slot is held again if it still fits, else given
    back. Returns whether it was recorded."""
    known = _booking(origin_key)
    if known is None:
        return False
    household_id = _lock_household_of(known.customer_id)
    booking = _required(origin_key)
    if booking.state != BookingState.RECORDED:
        return False
    if _is_free(household_id, booking.day, booking):
        _set(ContactBooking.id == booking.id, state=BookingState.RESERVED.value, recorded_at=None)
    else:
        _set(
            ContactBooking.id == booking.id,
            state=BookingState.RELEASED.value,
            recorded_at=None,
            released_at=now,
            release_reason="taken_back",
        )
    return True


def hold_again(origin_key: str, *, day: date, now: datetime) -> tuple[Overtaken, ...]:
    """A contact that had been given up is under way after all: it holds a slot again, on `day`. That can't be refused,
    so bookings that now lie too close are released and returned, for their owners to plan anew. Nothing happens to one
    that holds its slot or took place, or to an unknown key."""
    known = _booking(origin_key)
    if known is None:
        return ()
    household_id = _lock_household_of(known.customer_id)
    booking = _required(origin_key)
    if booking.state != BookingState.RELEASED:
        return ()
    overtaken = _overtake(household_id, day, booking.gap_days, except_id=booking.id, now=now)
    _set(
        ContactBooking.id == booking.id,
        household_id=household_id,
        state=BookingState.RESERVED.value,
        day=day,
        reserved_at=now,
        released_at=None,
        release_reason=None,
    )
    return overtaken


def move(origin_key: str, *, day: date) -> bool:
    """The promised contact will take place on another day: its slot goes along if that day is free, else it stays.
    Returns whether the slot lies on that day now."""
    known = _booking(origin_key)
    if known is None:
        return False
    household_id = _lock_household_of(known.customer_id)
    booking = _required(origin_key)
    if booking.state != BookingState.RESERVED:
        return False
    if booking.day != day and _is_free(household_id, day, booking):
        _set(ContactBooking.id == booking.id, day=day)
        return True
    return booking.day == day


def _is_free(household_id: int, day: date, booking: ContactBooking) -> bool:
    wanted = Stretch(day, booking.gap_days)
    live = _live_bookings(household_id, _reaches(day))
    return not any(wanted.collides_with(_stretch(other)) for other in live if other.id != booking.id)


def _overtake(
    household_id: int, day: date, gap_days: int, *, except_id: int | None, now: datetime
) -> tuple[Overtaken, ...]:
    """Release the bookings that lie too close to a contact of that day."""
    happened = Stretch(day, gap_days)
    is_promised = ContactBooking.state == BookingState.RESERVED.value
    too_close = [
        other
        for other in _live_bookings(household_id, and_(is_promised, _reaches(day)))
        if other.id != except_id and happened.collides_with(_stretch(other))
    ]
    if too_close:
        _set(
            ContactBooking.id.in_([other.id for other in too_close]),
            state=BookingState.RELEASED.value,
            released_at=now,
            release_reason="overtaken",
        )
    return tuple(Overtaken(origin_key=other.origin_key, day=other.day) for other in too_close)


def release(origin_key: str, *, reason: str, now: datetime) -> bool:
    """Give the slot back because the contact will not happen. Returns whether a reservation was open; what took place
    stays recorded, and an unknown key is nothing to release.
    """
    return bool(
        _set(
            (ContactBooking.origin_key == origin_key) & (ContactBooking.state == BookingState.RESERVED.value),
            state=BookingState.RELEASED.value,
            released_at=now,
            release_reason=reason,
        )
    )


def budget(household_id: int, *, now: datetime) -> Budget:
    """The household's contacts of late, those booked, and the next day that is free."""
    found = budgets([household_id], now=now).get(household_id)
    if found is None:
        raise NotFound()
    return found


def budgets(household_ids: Collection[int], *, now: datetime) -> dict[int, Budget]:
    """The same of many households, in two statements."""
    homes = _homes(household_ids)
    if not homes:
        return {}
    earliest = min(now.astimezone(home.zone).date() for home in homes.values())
    live = _live_bookings_of(homes, ContactBooking.day >= earliest - LONGEST_GAP)
    return {home.id: _budget(home, live[home.id], today=now.astimezone(home.zone).date()) for home in homes.values()}


def _budget(home: Home, live: Sequence[ContactBooking], *, today: date) -> Budget:
    live = [booking for booking in live if booking.day >= today - LONGEST_GAP]
    return Budget(
        household_id=home.id,
        gap_days=home.gap_days,
        today=today,
        last=next((booking for booking in reversed(live) if booking.state == BookingState.RECORDED), None),
        next=next((b for b in live if b.state == BookingState.RESERVED and b.day >= today), None),
        next_free_day=first_free_day(map(_stretch, live), gap_days=home.gap_days, not_before=today),
        contacts=[booking for booking in live if booking.day >= today - timedelta(days=SHOWN_DAYS)],
    )


def gap_days_of(household_id: int) -> int:
    """Days between two contacts: the rule of the household's store, else the company's, else the default."""
    store_id = select(Household.store_id).where(Household.id == household_id).scalar_subquery()
    gap_days = db.session.scalar(
        select(ContactRule.gap_days)
        .where(or_(ContactRule.store_id == store_id, ContactRule.store_id.is_(None)))
        .order_by(ContactRule.store_id.is_(None))
        .limit(1)
    )
    return DEFAULT_GAP_DAYS if gap_days is None else gap_days


@dataclass(frozen=True)
class Home:
    """What the arithmetic needs to know of a household."""

    id: int
    zone: ZoneInfo
    gap_days: int
    members: frozenset[int]


def _zone_of(household_id: int) -> ZoneInfo:
    zone = db.session.scalar(
        select(Store.zone).join(Household, Household.store_id == Store.id).where(Household.id == household_id)
    )
    if zone is None:
        raise NotFound()
    return ZoneInfo(zone)


def _lock_households_of(customer_ids: Iterable[int]) -> dict[int, Home]:
    """As `_lock_household_of`, for many at once and always in the same order."""
    household_ids = set(
        db.session.scalars(
            select(Customer.household_id)
            .where(Customer.id.in_(list(customer_ids)))
            .order_by(Customer.id)
            .with_for_update(read=True)
        )
    )
    db.session.execute(
        select(Household.id)
        .where(Household.id.in_(household_ids))
        .order_by(Household.id)
        .with_for_update(key_share=True)
    )
    return _homes(household_ids)


def _homes(household_ids: Collection[int]) -> dict[int, Home]:
    own, company = aliased(ContactRule), aliased(ContactRule)
    rows = db.session.execute(
        select(
            Household.id,
            Store.zone,
            func.coalesce(own.gap_days, company.gap_days, DEFAULT_GAP_DAYS).label("gap_days"),
            func.array(
                select(Customer.id).where(Customer.household_id == Household.id).correlate(Household).scalar_subquery()
            ).label("members"),
        )
        .join(Store, Store.id == Household.store_id)
        .outerjoin(own, own.store_id == Household.store_id)
        .outerjoin(company, company.store_id.is_(None))
        .where(Household.id.in_(household_ids))
    )
    return {
        row.id: Home(id=row.id, zone=ZoneInfo(row.zone), gap_days=row.gap_days, members=frozenset(row.members))
        for row in rows
    }


def _reaches(day: date) -> ColumnElement[bool]:
    """Those which that day, or a later one, may be too close to. A household's years of contacts are not among them."""
    return and_(ContactBooking.day >= day - LONGEST_GAP, ContactBooking.day + ContactBooking.gap_days > day)


def _live_bookings_of(
    households: Mapping[int, Home], which: ColumnElement[bool]
) -> defaultdict[int, list[ContactBooking]]:
    """As `_live_bookings`, by household."""
    home_of = {member: home.id for home in households.values() for member in home.members}
    found: defaultdict[int, list[ContactBooking]] = defaultdict(list)
    bookings = db.session.scalars(
        select(ContactBooking)
        .where(
            or_(ContactBooking.household_id.in_(list(households)), ContactBooking.customer_id.in_(list(home_of))),
            ContactBooking.state != BookingState.RELEASED.value,
            which,
        )
        .order_by(ContactBooking.day, ContactBooking.id)
        .execution_options(populate_existing=True)
    )
    for booking in bookings:
        for home_id in {booking.household_id, home_of.get(booking.customer_id, booking.household_id)}:
            found[home_id].append(booking)
    return found


def _lock_household_of(customer_id: int) -> int:
    """Let one at a time decide about a household. The customer row is held too, so that he can't move meanwhile."""
    household_id = db.session.scalar(
        select(Customer.household_id).where(Customer.id == customer_id).with_for_update(read=True)
    )
    if household_id is None:
        raise NotFound()
    db.session.execute(select(Household.id).where(Household.id == household_id).with_for_update(key_share=True))
    return household_id


def _live_bookings(household_id: int, which: ColumnElement[bool]) -> Sequence[ContactBooking]:
    """Reserved and recorded contacts in the order of their days. Members' earlier bookings count wherever made: who
    moves in brings them along."""
    members = select(Customer.id).where(Customer.household_id == household_id)
    return db.session.scalars(
        select(ContactBooking)
        .where(
            or_(ContactBooking.household_id == household_id, ContactBooking.customer_id.in_(members)),
            ContactBooking.state != BookingState.RELEASED.value,
            which,
        )
        .order_by(ContactBooking.day, ContactBooking.id)
        .execution_options(populate_existing=True)
    ).all()


def _booking(origin_key: str) -> ContactBooking | None:
    return db.session.scalar(
        select(ContactBooking).where(ContactBooking.origin_key == origin_key).execution_options(populate_existing=True)
    )


def _bookings(origin_keys: Sequence[str]) -> Sequence[ContactBooking]:
    return db.session.scalars(
        select(ContactBooking)
        .where(ContactBooking.origin_key.in_(origin_keys))
        .execution_options(populate_existing=True)
    ).all()


def _required(origin_key: str) -> ContactBooking:
    booking = _booking(origin_key)
    if booking is None:
        raise NotFound()
    return booking


def _set(where: ColumnElement[bool], **values: object) -> int:
    result = db.session.execute(
        update(ContactBooking).where(where).values(**values).execution_options(synchronize_session="fetch")
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _stretch(booking: ContactBooking) -> Stretch:
    return Stretch(booking.day, booking.gap_days)
