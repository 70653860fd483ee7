"""What a segment means, said once more in plain Python over plain facts: the measure for the SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.careplans.calendar import months_after
from app.careplans.segments import Bought, Condition, Field, Op, Range, Segment


@dataclass
class Sale:
    day: date
    product_id: int
    category: str
    quantity: int
    returned: int


@dataclass
class Child:
    relation: str
    birth_date: date | None
    agreed: bool
    withdrawn: bool


@dataclass
class Facts:
    """Everything that the conditions ask about one customer."""

    tier: str
    store_id: int
    gender: str | None
    occupation: str | None
    locale: str
    tags: list[str]
    birthday: tuple[int | None, int, int] | None
    sales: list[Sale] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    contacts: list[date] = field(default_factory=list)
    open_matters: list[str] = field(default_factory=list)


def means(segment: Segment, facts: Facts, *, day: date) -> bool:
    return all(holds(condition, facts, day=day) for condition in segment.conditions)


def holds(condition: Condition, facts: Facts, *, day: date) -> bool:
    value: Any = condition.value
    match condition.field:
        case Field.TIER | Field.GENDER | Field.OCCUPATION | Field.LOCALE:
            return (getattr(facts, condition.field.value) in value) == (condition.op is Op.IN)
        case Field.STORE:
            return (facts.store_id in value) == (condition.op is Op.IN)
        case Field.TAGS:
            common = set(facts.tags) & set(value)
            if condition.op is Op.ALL_OF:
                return common == set(value)
            return bool(common) == (condition.op is Op.ANY_OF)
        case Field.OPEN:
            return bool(set(facts.open_matters) & set(value)) == (condition.op is Op.ANY_OF)
        case Field.AGE:
            years = _age(facts, day)
            return years is not None and years >= 0 and _within(years, value)
        case Field.MEMBER_AGE_MONTHS:
            return any(_within(_months(child.birth_date, day), value) for child in _known(facts, day))
        case Field.PRODUCT | Field.CATEGORY:
            return _bought(condition, value, facts, day) == (condition.op is Op.BOUGHT)
        case Field.DAYS_SINCE_PURCHASE:
            return _since([sale.day for sale in facts.sales], condition, day)
        case Field.DAYS_SINCE_CONTACT:
            return _since(facts.contacts, condition, day)


def _within(number: int, wanted: Range) -> bool:
    return (wanted.low is None or number >= wanted.low) and (wanted.high is None or number <= wanted.high)


def _age(facts: Facts, day: date) -> int | None:
    if facts.birthday is None or facts.birthday[0] is None:
        return None
    year, month, number = facts.birthday
    return day.year - year - ((month, number) > (day.month, day.day))


def _known(facts: Facts, day: date) -> list[Child]:
    return [
        child
        for child in facts.children
        if child.relation in ("baby", "child")
        and child.birth_date is not None
        and child.birth_date <= day
        and child.agreed
        and not child.withdrawn
    ]


def _months(birth: date | None, day: date) -> int:
    assert birth is not None
    months = 0
    while months_after(birth, months + 1) <= day:
        months += 1
    return months


def _bought(condition: Condition, value: Bought, facts: Facts, day: date) -> bool:
    return any(
        sale.quantity > sale.returned
        and sale.day <= day
        and (value.days is None or (day - sale.day).days <= value.days)
        and (sale.product_id if condition.field is Field.PRODUCT else sale.category) in value.of
        for sale in facts.sales
    )


def _since(days: list[date], condition: Condition, day: date) -> bool:
    ago = min(((day - one).days for one in days if one <= day), default=None)
    if condition.op is Op.AT_MOST:
        return ago is not None and ago <= condition.value
    return ago is None or ago >= condition.value
