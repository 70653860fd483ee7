"""Open hours on clocks that jump: at no instant, in no zone, does a text go inside closed hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.messaging.countries import Country
from app.messaging.hours import Hours
from app.messaging.kinds import RULES, Kind
from app.messaging.policy import Facts, Hold, Send, decide, hours_of

NEW_YORK, LONDON = "America/New_York", "Europe/London"
# Copies of the others, some counting leap seconds.
ZONES = sorted(zone for zone in available_timezones() if not zone.startswith(("posix/", "right/")) and "/" in zone)
JUMPY = [
    NEW_YORK,
    LONDON,
    "Australia/Lord_Howe",  # half an hour
    "America/Havana",  # at midnight
    "Africa/Casablanca",  # around Ramadan
    "Pacific/Apia",  # left out a whole day in 2011
    "Asia/Beirut",
    "Antarctica/Troll",  # two hours
]

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
CLOCKS = st.times().map(lambda clock: clock.replace(microsecond=0))


def jumps_of(zone: str, *, first: int, last: int) -> list[datetime]:
    """The hours in which the zone's clock is moved."""
    info, found = ZoneInfo(zone), []
    hour, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    while hour < end:
        after = hour + timedelta(hours=6)
        if hour.astimezone(info).utcoffset() != after.astimezone(info).utcoffset():
            found.append(hour)
        hour = after
    return found


JUMPS = [
    (zone, hour)
    for zone in JUMPY
    for hour in jumps_of(zone, first=2027, last=2029) + jumps_of(zone, first=2011, last=2012)
]
NEAR_JUMPS = st.tuples(st.sampled_from(JUMPS), st.integers(-30 * 3600, 30 * 3600)).map(
    lambda drawn: (drawn[0][0], drawn[0][1] + timedelta(seconds=drawn[1]))
)
ANYWHERE = st.tuples(st.sampled_from(ZONES), INSTANTS)


@st.composite
def countries(draw: st.DrawFn) -> Country:
    """Hours that leave something open."""
    quiet_from, quiet_to = draw(CLOCKS), draw(CLOCKS)
    starts, ends = sorted((draw(CLOCKS), draw(CLOCKS)))
    country = Country(
        "", True, True, quiet_from=quiet_from, quiet_to=quiet_to, proactive_from=starts, proactive_to=ends
    )
    return country if quiet_from != quiet_to and starts != ends else Country("", True, True)


def facts(kind: Kind, country: Country, zone: str, now: datetime) -> Facts:
    return Facts(rule=RULES[kind], country=country, zone=zone, expires_at=now + timedelta(days=30))


def is_closed_by_hand(country: Country, clock: time, *, unasked: bool) -> bool:
    """The rule once more, in other words than the code's."""
    if country.quiet_from < country.quiet_to:
        quiet = country.quiet_from <= clock < country.quiet_to
    else:
        quiet = not country.quiet_to <= clock < country.quiet_from
    return quiet or (unasked and not country.proactive_from <= clock < country.proactive_to)


@settings(max_examples=400)
@given(
    st.one_of(NEAR_JUMPS, ANYWHERE), countries(), st.sampled_from([Kind.BOOKED, Kind.CARE, Kind.PROMOTION]), st.data()
)
@example(
    (NEW_YORK, datetime(2027, 3, 14, 6, 30, tzinfo=UTC)),
    Country("", True, True, time(21), time(2, 30)),
    Kind.BOOKED,
    None,
)
@example(
    (LONDON, datetime(2027, 10, 31, 0, 45, tzinfo=UTC)),
    Country("", True, True, time(1, 30), time(8)),
    Kind.BOOKED,
    None,
)
def test_no_text_goes_inside_closed_hours_and_none_is_held_into_them(place, country, kind, data):
    zone, now = place
    asked = facts(kind, country, zone, now)
    unasked = asked.rule.is_proactive

    def closed(at: datetime) -> bool:
        return is_closed_by_hand(country, at.astimezone(ZoneInfo(zone)).time(), unasked=unasked)

    verdict = decide(asked, now)
    if isinstance(verdict, Send):
        assert not closed(now)
        allowed = (verdict.until - now).total_seconds()
        shares = (
            [0.0, 0.25, 0.5, 0.75, 0.999999] if data is None else [data.draw(st.floats(0, 0.999999)) for _ in range(8)]
        )
        assert not any(closed(now + timedelta(seconds=allowed * share)) for share in shares)
    elif isinstance(verdict, Hold) and any(_ever_open(country, clock, unasked) for clock in _edges(country)):
        assert closed(now)
        assert verdict.until > now
        assert not closed(verdict.until)
        assert closed(verdict.until - timedelta(seconds=1))


def _edges(country: Country) -> tuple[time, ...]:
    return (country.quiet_from, country.quiet_to, country.proactive_from, country.proactive_to)


def _ever_open(country: Country, clock: time, unasked: bool) -> bool:
    return not is_closed_by_hand(country, clock, unasked=unasked)


@settings(max_examples=200)
@given(st.one_of(NEAR_JUMPS, ANYWHERE))
def test_no_open_instant_is_slept_through(place):
    zone, now = place
    hours = hours_of(facts(Kind.BOOKED, Country("", True, True), zone, now))
    opens = hours.open_from(now)
    step = now
    while step < opens:
        assert not hours.is_open(step)
        step += timedelta(minutes=7)


# Both edges, by hand


def local(zone: str, text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "quiet_to", "asked", "opens"),
    [
        (NEW_YORK, time(2, 30), "2027-03-14T01:45", "2027-03-14T03:00"),
        (LONDON, time(1, 30), "2027-03-28T00:45", "2027-03-28T02:00"),
    ],
    ids=["New York", "London"],
)
def test_an_end_of_quiet_that_is_left_out_in_spring_opens_with_the_jump(zone, quiet_to, asked, opens):
    hours = Hours(zone, ((time(21), quiet_to),))
    assert hours.open_from(local(zone, asked)) == local(zone, opens)


@pytest.mark.parametrize(
    ("zone", "quiet_from", "asked", "closes"),
    [
        (NEW_YORK, time(2, 30), "2027-03-14T01:45", "2027-03-14T03:00"),
        (LONDON, time(1, 30), "2027-03-28T00:45", "2027-03-28T02:00"),
    ],
    ids=["New York", "London"],
)
def test_a_start_of_quiet_that_is_left_out_in_spring_closes_with_the_jump(zone, quiet_from, asked, closes):
    hours = Hours(zone, ((quiet_from, time(8)),))
    assert hours.open_until(local(zone, asked)) == local(zone, closes)


@pytest.mark.parametrize(
    ("zone", "day"), [(NEW_YORK, "2027-11-07"), (LONDON, "2027-10-31")], ids=["New York", "London"]
)
def test_an_end_of_quiet_that_comes_twice_in_autumn_is_kept_both_times(zone, day):
    hours = Hours(zone, ((time(21), time(1, 30)),))
    first, second = local(zone, f"{day}T01:30"), local(zone, f"{day}T01:30", fold=1)
    goes_back = local(zone, f"{day}T01:00", fold=1)
    assert hours.open_from(first - timedelta(minutes=10)) == first
    assert hours.open_until(first) == goes_back
    assert not hours.is_open(goes_back)
    assert hours.open_from(goes_back) == second


@pytest.mark.parametrize(
    ("zone", "night", "real_hours"),
    [
        (NEW_YORK, "2027-03-13T21:00", 10),
        (NEW_YORK, "2027-11-06T21:00", 12),
        (LONDON, "2027-03-27T21:00", 10),
        (LONDON, "2027-10-30T21:00", 12),
        (NEW_YORK, "2027-06-01T21:00", 11),
    ],
)
def test_the_night_of_a_jump_is_an_hour_shorter_or_longer(zone, night, real_hours):
    hours = Hours(zone, ((time(21), time(8)),))
    nine = local(zone, night)
    assert hours.open_from(nine) - nine == timedelta(hours=real_hours)
    assert hours.open_from(nine).astimezone(ZoneInfo(zone)).time() == time(8)


def test_a_day_that_a_country_left_out_is_slept_over():
    hours = Hours("Pacific/Apia", ((time(21), time(8)),))
    night = local("Pacific/Apia", "2011-12-29T22:00")
    assert hours.open_from(night) == local("Pacific/Apia", "2011-12-31T08:00")


def test_a_rest_at_midday_closes_the_hours_for_unasked_texts_only():
    country = Country("TW", True, True, pause_from=time(12, 30), pause_to=time(13, 30))
    noon = local("Asia/Taipei", "2027-03-10T12:40")
    assert isinstance(decide(facts(Kind.BOOKED, country, "Asia/Taipei", noon), noon), Send)
    held = decide(facts(Kind.PROMOTION, country, "Asia/Taipei", noon), noon)
    assert isinstance(held, Hold)
    assert held.until == local("Asia/Taipei", "2027-03-10T13:30")
