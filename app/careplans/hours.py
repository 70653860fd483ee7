"""The hours that a store's associates are there, and what is booked on them already: one statement each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text

from app.core.db import db

WEEK = timedelta(days=7)

_AVAILABLE = text("""
    with person as (
        select st.id, st.home_store_id as store_id, s.zone
        from staff st join store s on s.id = st.home_store_id
        where st.role = 'associate' and st.is_active and s.id = any(cast(:stores as int[]))
    ),
    stretch as (
        select p.id as staff_id, p.store_id, d.day, p.zone, sp.starts, sp.ends
        from person p
        join shift_pattern sp on sp.staff_id = p.id
        cross join lateral (
            select cast(g as date) as day
            from generate_series(
                greatest(sp.valid_from, cast(:first as date)),
                least(coalesce(sp.valid_until - 1, cast(:last as date)), cast(:last as date)),
                interval '1 day'
            ) g
            where extract(isodow from g) - 1 = sp.weekday
        ) d
        where not exists (select from shift_exception e where e.staff_id = p.id and e.day = d.day)
        union all
        select p.id, p.store_id, e.day, p.zone, e.starts, e.ends
        from person p
        join shift_exception e on e.staff_id = p.id
        where e.day between cast(:first as date) and cast(:last as date) and e.starts is not null
    ),
    span as (
        select staff_id, store_id, day,
               tstzrange((day + starts) at time zone zone, (day + ends) at time zone zone) as there
        from stretch
    )
    select store_id, cast(date_trunc('week', day) as date) as week, cast(sum(floor(seconds / 60)) as int) as minutes
    from (
        select span.staff_id, span.store_id, span.day,
               sum(extract(epoch from upper(there) - lower(there)) - coalesce(away.seconds, 0)) as seconds
        from span
        left join lateral (
            select sum(extract(epoch from least(t.ends_at, upper(there)) - greatest(t.starts_at, lower(there))))
                as seconds
            from time_off t
            where t.staff_id = span.staff_id and t.status = 'approved'
              and tstzrange(t.starts_at, t.ends_at) && there
        ) away on true
        group by 1, 2, 3
    ) working_day
    group by 1, 2
""")

_BOOKED = text("""
    select t.store_id, cast(date_trunc('week', t.window_start at time zone s.zone) as date) as week,
           cast(sum(t.expected_minutes) as int) as minutes
    from task t join store s on s.id = t.store_id
    where t.store_id = any(cast(:stores as int[]))
      and t.status in ('open', 'assigned', 'active')
      and t.window_start >= cast(:first as timestamp) at time zone s.zone
      and t.window_start < cast(cast(:last as date) + 1 as timestamp) at time zone s.zone
    group by 1, 2
""")


@dataclass(frozen=True)
class Hours:
    """Minutes by store and the Monday of a week."""

    available: dict[tuple[int, date], int]
    booked: dict[tuple[int, date], int]


def of_stores(store_ids: Collection[int], *, first: date, last: date) -> Hours:
    """From `first` to `last`, both included: time at work without approved time off, and unfinished tasks."""
    values = {"stores": sorted(store_ids), "first": first, "last": last}
    return Hours(available=_read(_AVAILABLE, values), booked=_read(_BOOKED, values))


def _read(statement: object, values: dict[str, object]) -> dict[tuple[int, date], int]:
    rows = db.session.execute(statement, values)  # type: ignore[call-overload]
    return {(row.store_id, row.week): row.minutes for row in rows}


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
