"""When a household will have used up what it bought: pure arithmetic. run_outs.py says the same in SQL.

Units: the content of a pack and the daily amount are counted in the product's unit (grams, pieces, millilitres); time
is counted in local days of the store that sold.

* A pack is opened when it is bought or when the one before is empty, whichever is later. Several consumers share it.
* The run-out day is the first day for which not enough is left: 900 g bought on the 1st at 100 g a day last from the
  1st to the 9th and run out on the 10th; with 850 g the 9th is the first day that falls short.
* When the daily amount changes, each day is counted with the amount of that day. A pack bought before anybody used the
  product lies untouched until somebody does.
* Measured: after two reorders since the amount last changed, the household's own pace replaces the label. The pace is
  what was bought over the newest intervals (at most three), up to the last purchase, over the days between. A pace more
  than three times faster or slower than the recorded amount is no measure (somebody bought elsewhere or for others).
* Reorder: nobody recorded an amount, so the pace of the reorders is all there is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from dateutil.relativedelta import relativedelta

from app.purchases.values import Basis

REORDERS_NEEDED = 2
INTERVALS_MEASURED = 3
FAR_OFF = 3
"""How many times the measured pace may differ from the recorded amount."""
LONGEST_DAYS = 36_500
"""No run-out lies further away; it keeps absurd amounts inside the calendar."""
FORMULA_MONTHS = 36
"""The age at which a restricted product ends when the product itself says nothing."""


@dataclass(frozen=True)
class Pack:
    """What was bought of a product on a day and kept; `content` in the product's unit."""

    bought_on: date
    content: Decimal


@dataclass(frozen=True)
class Consumer:
    """Somebody's daily amount from `since` to the end of `until`."""

    per_day: Decimal
    since: date
    until: date | None = None

    @property
    def gone(self) -> date | None:
        """The first day without."""
        return None if self.until is None else self.until + timedelta(days=1)

    def is_using(self, day: date) -> bool:
        return self.since <= day and (self.gone is None or self.gone > day)

    def used_before(self, day: date) -> Fraction:
        """How much this consumer would have used up to the morning of `day`, had there always been enough."""
        end = day if self.gone is None else min(day, self.gone)
        return Fraction(self.per_day) * max(0, (end - self.since).days)


@dataclass(frozen=True)
class OpenPack:
    """A pack that was not empty when the last one was bought."""

    bought_on: date
    content: Decimal
    used_up_on: date


@dataclass(frozen=True)
class RunOut:
    day: date
    basis: Basis
    packs: tuple[OpenPack, ...]


def run_out(packs: Iterable[Pack], consumers: Sequence[Consumer]) -> RunOut | None:
    """The run-out of one product in one household; None if it can't be told or nobody will be using it then."""
    bought = by_day(packs)
    if not bought:
        return None
    if not consumers:
        return by_reorders(bought)
    by_amount = by_label(bought, consumers)
    if by_amount is None or not any(one.is_using(by_amount.day) for one in consumers):
        return None
    return by_measure(bought, consumers) or by_amount


def by_day(packs: Iterable[Pack]) -> list[Pack]:
    """One pack a day, the earliest first; what was returned whole is none."""
    contents: dict[date, Decimal] = {}
    for pack in packs:
        contents[pack.bought_on] = contents.get(pack.bought_on, Decimal(0)) + pack.content
    return [Pack(day, content) for day, content in sorted(contents.items()) if content > 0]


def by_label(bought: Sequence[Pack], consumers: Sequence[Consumer]) -> RunOut | None:
    """By the recorded amounts alone. None if what is left is never used up."""
    marks = sorted({one.since for one in consumers} | {one.gone for one in consumers if one.gone is not None})
    last = _used_before(bought[-1].bought_on, consumers)
    open_packs = []
    end = Fraction(0)
    for pack in bought:
        # Counted in the product's unit, not in days: the place on the line of all that is ever used.
        end = max(end, _used_before(pack.bought_on, consumers)) + Fraction(pack.content)
        if end > last:
            day = _day_of(end, marks, consumers)
            if day is None:
                return None
            open_packs.append(OpenPack(pack.bought_on, pack.content, day))
    return RunOut(open_packs[-1].used_up_on, Basis.LABEL, tuple(open_packs))


def by_measure(bought: Sequence[Pack], consumers: Sequence[Consumer]) -> RunOut | None:
    """By the pace of reorders since the amounts last changed; None when they are too few or tell of something else."""
    changed = max([one.gone or one.since for one in consumers])
    measured = _pace([pack for pack in bought if pack.bought_on >= changed])
    if measured is None:
        return None
    amount, days, last = measured
    label = sum((Fraction(one.per_day) for one in consumers if one.until is None), Fraction(0)) * days
    if not (amount <= FAR_OFF * label and label <= FAR_OFF * amount):
        return None
    return _at_pace(amount, days, last, Basis.MEASURED)


def by_reorders(bought: Sequence[Pack]) -> RunOut | None:
    measured = _pace(bought)
    return None if measured is None else _at_pace(*measured, Basis.REORDER)


def ends_on(birth_dates: Collection[date | None], months: int | None) -> date | None:
    """The day from which all consumers have outgrown a product; None if it has no age or one of theirs is unknown."""
    if months is None or not birth_dates:
        return None
    known = [born for born in birth_dates if born is not None]
    if len(known) < len(birth_dates):
        return None
    return max(born + relativedelta(months=months) for born in known)


def _used_before(day: date, consumers: Iterable[Consumer]) -> Fraction:
    return sum((one.used_before(day) for one in consumers), Fraction(0))


def _day_of(amount: Fraction, marks: Sequence[date], consumers: Sequence[Consumer]) -> date | None:
    """The first day for which less than its whole amount is left of `amount`."""
    mark = max((day for day in marks if _used_before(day, consumers) < amount), default=None)
    if mark is None:
        return None
    rate = sum((Fraction(one.per_day) for one in consumers if one.is_using(mark)), Fraction(0))
    if not rate:
        return None
    days = (amount - _used_before(mark, consumers)) // rate
    return mark + timedelta(days=min(LONGEST_DAYS, days))


def _pace(bought: Sequence[Pack]) -> tuple[Fraction, int, Pack] | None:
    """What was used in how many days up to the last pack, and that pack."""
    newest = bought[-(INTERVALS_MEASURED + 1) :]
    if len(newest) <= REORDERS_NEEDED:
        return None
    amount = sum((Fraction(pack.content) for pack in newest[:-1]), Fraction(0))
    return amount, (newest[-1].bought_on - newest[0].bought_on).days, newest[-1]


def _at_pace(amount: Fraction, days: int, last: Pack, basis: Basis) -> RunOut:
    lasts = Fraction(last.content) * days // amount
    day = last.bought_on + timedelta(days=min(LONGEST_DAYS, lasts))
    return RunOut(day, basis, (OpenPack(last.bought_on, last.content, day),))
