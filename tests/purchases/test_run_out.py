"""When something is used up: the arithmetic without a database."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.purchases.run_out import (
    LONGEST_DAYS,
    Consumer,
    OpenPack,
    Pack,
    RunOut,
    by_day,
    by_label,
    by_measure,
    ends_on,
    run_out,
)
from app.purchases.values import Basis

D0 = date(2027, 1, 1)


def day(number: int) -> date:
    return D0 + timedelta(days=number)


def pack(number: int, content: str | int = 900) -> Pack:
    return Pack(day(number), Decimal(content))


def uses(per_day: str | int = 100, *, since: int = 0, until: int | None = None) -> Consumer:
    return Consumer(Decimal(per_day), day(since), None if until is None else day(until))


def told(packs: list[Pack], *consumers: Consumer) -> RunOut:
    found = run_out(packs, consumers)
    assert found is not None
    return found


def test_one_pack_lasts_its_content_by_the_daily_amount() -> None:
    assert told([pack(0)], uses()) == RunOut(day(9), Basis.LABEL, (OpenPack(day(0), Decimal(900), day(9)),))


def test_a_rest_too_small_for_a_whole_day_counts_as_run_out() -> None:
    assert told([pack(0, 850)], uses()).day == day(8)


def test_two_packs_bought_at_once_are_opened_one_after_the_other() -> None:
    assert told([pack(0), pack(0)], uses()).day == day(18)


def test_a_pack_bought_early_is_opened_when_the_one_before_is_empty() -> None:
    found = told([pack(0), pack(5)], uses())

    assert found.day == day(18)
    assert [one.used_up_on for one in found.packs] == [day(9), day(18)]


def test_a_pack_bought_late_is_opened_on_the_day_it_was_bought() -> None:
    assert told([pack(0), pack(20)], uses()).day == day(29)


def test_packs_empty_before_the_last_purchase_are_not_listed_as_open() -> None:
    assert [one.bought_on for one in told([pack(0), pack(20)], uses()).packs] == [day(20)]


def test_two_consumers_share_the_packs() -> None:
    assert told([pack(0)], uses(50), uses(100)).day == day(6)


def test_a_consumer_who_joins_later_makes_the_rest_run_out_sooner() -> None:
    # Four days at 100 leave 500; from then on 200 a day.
    assert told([pack(0)], uses(100), uses(100, since=4)).day == day(6)


def test_a_changed_amount_counts_from_its_day() -> None:
    assert told([pack(0)], uses(100, until=3), uses(50, since=4)).day == day(14)


def test_a_pack_bought_before_anybody_used_it_waits() -> None:
    assert told([pack(0)], uses(since=10)).day == day(19)


def test_nobody_left_to_use_it_means_no_run_out() -> None:
    assert run_out([pack(0)], [uses(until=4)]) is None


def test_the_last_consumer_stopping_with_the_last_gram_means_no_run_out() -> None:
    assert run_out([pack(0)], [uses(until=8)]) is None


def test_nothing_bought_means_no_run_out() -> None:
    assert run_out([], [uses()]) is None


def test_a_pack_returned_whole_was_never_bought() -> None:
    assert run_out([pack(0, 0)], [uses()]) is None


def test_one_reorder_leaves_the_label_in_force() -> None:
    assert told([pack(0), pack(12)], uses()).basis is Basis.LABEL


def test_after_two_reorders_the_measured_interval_beats_the_label() -> None:
    found = told([pack(0), pack(12), pack(24)], uses())

    assert (found.basis, found.day) == (Basis.MEASURED, day(36))


def test_a_double_purchase_lasts_twice_the_measured_interval() -> None:
    assert told([pack(0), pack(12), pack(24, 1800)], uses()).day == day(48)


def test_only_the_newest_intervals_are_measured() -> None:
    packs = [pack(0), pack(26), pack(38), pack(50), pack(62)]

    assert told(packs, uses()).day == day(74)


def test_reorders_before_the_amount_changed_measure_nothing() -> None:
    found = told([pack(0), pack(12), pack(24)], uses(100, until=19), uses(150, since=20))

    assert found.basis is Basis.LABEL


@pytest.mark.parametrize("gap", [2, 100])
def test_a_pace_far_from_the_recorded_amount_is_no_measure(gap: int) -> None:
    assert told([pack(0), pack(gap), pack(2 * gap)], uses()).basis is Basis.LABEL


def test_without_an_amount_the_pace_of_the_reorders_tells() -> None:
    found = told([pack(0), pack(30), pack(60)])

    assert (found.basis, found.day) == (Basis.REORDER, day(90))


def test_without_an_amount_one_reorder_tells_nothing() -> None:
    assert run_out([pack(0), pack(30)], []) is None


def test_absurd_amounts_stay_inside_the_calendar() -> None:
    assert told([pack(0, 10**9)], uses("0.001")).day == day(LONGEST_DAYS)


def test_formula_ends_when_the_youngest_has_grown_out_of_it() -> None:
    assert ends_on([date(2026, 8, 31), date(2027, 2, 28)], 36) == date(2030, 2, 28)


def test_a_month_without_that_day_ends_on_its_last() -> None:
    assert ends_on([date(2026, 8, 31)], 6) == date(2027, 2, 28)


def test_one_unknown_birth_date_leaves_the_end_open() -> None:
    assert ends_on([date(2026, 8, 31), None], 36) is None


def test_a_product_without_an_age_never_ends() -> None:
    assert ends_on([date(2026, 8, 31)], None) is None


contents = st.decimals(min_value=1, max_value=5000, places=3)
amounts = st.decimals(min_value=Decimal("0.1"), max_value=500, places=3)
days = st.integers(min_value=0, max_value=400)
packs_lists = st.lists(st.builds(lambda number, content: pack(number, content), days, contents), min_size=1, max_size=8)


@st.composite
def consumer(draw: st.DrawFn, *, open_ended: bool = False) -> Consumer:
    since = draw(days)
    until = None if open_ended else draw(st.none() | st.integers(min_value=since, max_value=500))
    return uses(str(draw(amounts)), since=since, until=until)


households = st.lists(consumer(), max_size=3)
still_used = st.lists(consumer(open_ended=True), min_size=1, max_size=3)


@given(packs_lists, still_used)
def test_a_run_out_never_lies_before_the_last_purchase(packs: list[Pack], consumers: list[Consumer]) -> None:
    assert told(packs, *consumers).day >= max(one.bought_on for one in packs)


@given(packs_lists, st.builds(pack, days, contents), still_used)
def test_one_pack_more_never_runs_out_earlier(packs: list[Pack], more: Pack, consumers: list[Consumer]) -> None:
    before, after = (by_label(by_day(bought), consumers) for bought in (packs, [*packs, more]))

    assert before is not None
    assert after is not None
    assert after.day >= before.day


@given(packs_lists, still_used, consumer(open_ended=True))
def test_one_consumer_more_never_runs_out_later(packs: list[Pack], consumers: list[Consumer], more: Consumer) -> None:
    bought = by_day(packs)
    # Nobody used it before the first did: one who comes earlier opens what lay untouched.
    before, after = by_label(bought, consumers), by_label(bought, [*consumers, more])

    assert before is not None
    assert after is not None
    assert after.day <= before.day


@given(packs_lists, still_used, st.decimals(min_value=0, max_value=100, places=3))
def test_a_larger_amount_never_runs_out_later(packs: list[Pack], consumers: list[Consumer], more: Decimal) -> None:
    bought = by_day(packs)
    hungrier = [Consumer(one.per_day + more, one.since) for one in consumers]
    before, after = by_label(bought, consumers), by_label(bought, hungrier)

    assert before is not None
    assert after is not None
    assert after.day <= before.day


@given(packs_lists, households)
def test_the_order_in_which_receipts_arrive_changes_nothing(packs: list[Pack], consumers: list[Consumer]) -> None:
    assert run_out(packs, consumers) == run_out(list(reversed(packs)), consumers)


@given(st.integers(min_value=1, max_value=60), contents, st.integers(min_value=3, max_value=7))
def test_a_steady_buyer_runs_out_after_one_more_interval(interval: int, content: Decimal, times: int) -> None:
    packs = [pack(number * interval, str(content)) for number in range(times)]

    assert told(packs).day == day(times * interval)


@given(packs_lists, still_used, contents)
def test_a_bigger_last_purchase_never_runs_out_earlier_by_the_measure(
    packs: list[Pack], consumers: list[Consumer], more: Decimal
) -> None:
    bought = by_day(packs)
    bigger = [*bought[:-1], Pack(bought[-1].bought_on, bought[-1].content + more)]
    before, after = by_measure(bought, consumers), by_measure(bigger, consumers)

    assert (before is None) == (after is None)
    assert before is None or after is None or after.day >= before.day
