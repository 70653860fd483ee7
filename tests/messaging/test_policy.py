"""May this text go out now? Quiet hours, direct answers, opt-outs, tasks that moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.customers.values import Scope
from app.messaging import policy
from app.messaging.countries import Country, country_for, zone_for
from app.messaging.kinds import RULES, Kind
from app.messaging.policy import Cancel, Expire, Facts, Hold, Send, Suppress, decide, quiet_until

HK = Country("HK", two_way=True, links=True)
US = Country("US", two_way=True, links=True)
ZONE = "Asia/Hong_Kong"
TEN = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
ELEVEN_PM = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)
NEXT_EIGHT = datetime(2027, 3, 11, 0, 0, tzinfo=UTC)


def facts(kind: Kind = Kind.BOOKED, **changes: object) -> Facts:
    usual = Facts(rule=RULES[kind], country=HK, zone=ZONE, expires_at=TEN + timedelta(days=2))
    return replace(usual, **changes)


def test_by_day_a_text_may_go_until_nine_in_the_evening():
    assert decide(facts(), TEN) == Send(until=datetime(2027, 3, 10, 13, 0, tzinfo=UTC))


def test_at_eleven_at_night_it_is_held_until_eight():
    assert decide(facts(), ELEVEN_PM) == Hold(policy.QUIET_HOURS, NEXT_EIGHT)


@pytest.mark.parametrize(
    ("local", "is_quiet"),
    [("20:59:59", False), ("21:00:00", True), ("00:00:00", True), ("07:59:59", True), ("08:00:00", False)],
)
def test_quiet_hours_begin_at_nine_and_end_at_eight(local, is_quiet):
    moment = datetime.fromisoformat(f"2027-03-10T{local}+08:00").astimezone(UTC)
    assert (quiet_until(moment, ZONE, HK) is not None) == is_quiet


def test_on_the_night_clocks_go_forward_the_hold_ends_at_eight_local_time():
    night = datetime(2027, 3, 14, 23, 0, tzinfo=ZoneInfo("America/New_York")) - timedelta(days=1)
    opens = quiet_until(night.astimezone(UTC), "America/New_York", US)
    assert opens == datetime(2027, 3, 14, 12, 0, tzinfo=UTC)  # 08:00 at UTC-4, nine real hours later
    assert opens - night.astimezone(UTC) == timedelta(hours=8)


def test_on_the_night_clocks_go_back_the_hold_ends_at_eight_local_time():
    night = datetime(2027, 11, 6, 23, 0, tzinfo=ZoneInfo("America/New_York"))
    opens = quiet_until(night.astimezone(UTC), "America/New_York", US)
    assert opens == datetime(2027, 11, 7, 13, 0, tzinfo=UTC)
    assert opens - night.astimezone(UTC) == timedelta(hours=10)


def test_the_recipients_zone_counts_not_the_stores():
    assert decide(facts(zone="Europe/London"), TEN) == Hold(policy.QUIET_HOURS, datetime(2027, 3, 10, 8, tzinfo=UTC))


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1)),
    st.sampled_from([ZONE, "America/New_York", "Europe/London", "Australia/Lord_Howe"]),
)
def test_a_held_text_is_always_released_into_open_hours_within_half_a_day(moment, zone):
    now = moment.replace(tzinfo=UTC)
    opens = quiet_until(now, zone, HK)
    if opens is None:
        assert 8 <= now.astimezone(ZoneInfo(zone)).hour < 21
    else:
        assert now < opens <= now + timedelta(hours=12.1)
        assert quiet_until(opens, zone, HK) is None


@pytest.mark.parametrize("kind", [Kind.ON_THE_WAY, Kind.LATE, Kind.DOOR_CODE])
def test_texts_of_an_active_task_go_at_any_hour(kind):
    assert decide(facts(kind, task_status="active"), ELEVEN_PM) == Send(until=TEN + timedelta(days=2))


@pytest.mark.parametrize("kind", [Kind.ON_THE_WAY, Kind.LATE, Kind.DOOR_CODE])
@pytest.mark.parametrize("status", ["assigned", "completed", None])
def test_texts_of_an_active_task_are_pointless_once_it_is_not_active(kind, status):
    assert decide(facts(kind, task_status=status), TEN) == Cancel(policy.TASK_OVER)


def test_a_direct_answer_within_ten_minutes_goes_at_night():
    asked = ELEVEN_PM - timedelta(minutes=10)
    assert isinstance(decide(facts(Kind.SLOTS, task_status="assigned", answers_inbound_at=asked), ELEVEN_PM), Send)


def test_an_answer_after_eleven_minutes_waits_for_the_morning():
    asked = ELEVEN_PM - timedelta(minutes=11)
    assert isinstance(decide(facts(Kind.STAFF, answers_inbound_at=asked), ELEVEN_PM), Hold)


def test_a_text_that_answers_nobody_is_no_direct_answer():
    asked = ELEVEN_PM - timedelta(minutes=1)
    assert isinstance(decide(facts(Kind.BOOKED, answers_inbound_at=asked), ELEVEN_PM), Hold)


def test_who_refused_everything_gets_nothing():
    for kind in RULES:
        assert decide(facts(kind, refused_scopes=["all"], task_status="active"), TEN) == Suppress(policy.OPTED_OUT)


def test_who_refused_promotions_still_gets_service_texts():
    assert isinstance(decide(facts(refused_scopes=["promotion"]), TEN), Send)


def test_a_promotion_needs_that_promotions_are_not_refused():
    rule = replace(RULES[Kind.STAFF], scope=Scope.PROMOTION)
    assert decide(
        facts(refused_scopes=["promotion"]).__class__(
            **{**facts().__dict__, "rule": rule, "refused_scopes": ["promotion"]}
        ),
        TEN,
    ) == Suppress(policy.OPTED_OUT)


@pytest.mark.parametrize("status", ["completed", "partly", "failed", "cancelled"])
def test_a_reminder_of_a_closed_task_is_cancelled(status):
    assert decide(facts(Kind.REMINDER, task_status=status), TEN) == Cancel(policy.TASK_OVER)


def test_a_reminder_that_names_another_window_is_cancelled():
    moved = facts(
        Kind.REMINDER, task_status="assigned", task_window_start=TEN, speaks_of_window_start=TEN - timedelta(hours=1)
    )
    assert decide(moved, TEN) == Cancel(policy.TASK_MOVED)


def test_a_text_past_its_use_expires():
    assert decide(facts(expires_at=TEN), TEN) == Expire(policy.TOO_LATE)


def test_a_text_that_is_useless_in_the_morning_expires_at_once():
    assert decide(facts(expires_at=NEXT_EIGHT), ELEVEN_PM) == Expire(policy.TOO_LATE_AFTER_QUIET_HOURS)


def test_while_a_person_finds_out_about_a_doubtful_no_automatic_texts_wait():
    assert decide(facts(is_paused=True), TEN) == Hold(policy.MAYBE_OPT_OUT, TEN + timedelta(hours=1))


def test_a_pause_does_not_stop_the_person_who_asks():
    assert isinstance(decide(facts(Kind.STAFF, is_paused=True), TEN), Send)


@pytest.mark.parametrize(
    ("phone", "two_way", "links"),
    [
        ("+85291234567", True, True),
        ("+8613800138000", False, False),
        ("+886912345678", False, False),
        ("+14155552671", True, True),
        ("+33612345678", False, False),
    ],
)
def test_countries_say_whether_answers_and_links_arrive(session, phone, two_way, links):
    country = country_for(phone)
    assert (country.two_way, country.links) == (two_way, links)


def test_the_zone_of_a_number_from_elsewhere_is_where_it_lives():
    assert zone_for("+85291234567", store_zone=ZONE, store_country="HK") == ZONE
    assert zone_for("+12125552671", store_zone=ZONE, store_country="HK") == "America/New_York"
    assert zone_for("+10000000000", store_zone=ZONE, store_country="HK") == ZONE
