"""Whom a plan is for: conditions about a customer, checked when they are written and made into SQL when they are used.

Pure: no database. What we don't know about a customer never fulfils a condition that names values ("aged 20 to 29",
"bought formula"), and never breaks one that excludes them ("not male"). A field of the file that the company has
switched off is not known of anybody, whatever still stands in the files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from app.core.errors import Invalid
from app.core.i18n import LOCALES, N_, Worded
from app.customers.values import Gender, Occupation, OptionalField, Tier

_E = TypeVar("_E", bound=StrEnum)

MAX_CONDITIONS = 12
MAX_VALUES = 200
MAX_TEXT = 60
MAX_AGE = 120
MAX_MONTHS = 240
MAX_DAYS = 3650


class Field(StrEnum):
    TIER = "tier"
    STORE = "store"
    AGE = "age"
    GENDER = "gender"
    OCCUPATION = "occupation"
    TAGS = "tags"
    LOCALE = "locale"
    PRODUCT = "product"
    CATEGORY = "category"
    MEMBER_AGE_MONTHS = "member_age_months"
    DAYS_SINCE_PURCHASE = "days_since_purchase"
    DAYS_SINCE_CONTACT = "days_since_contact"
    OPEN = "open"


class Op(StrEnum):
    IN = "in"
    NOT_IN = "not_in"
    BETWEEN = "between"
    ANY_OF = "any_of"
    ALL_OF = "all_of"
    NONE_OF = "none_of"
    BOUGHT = "bought"
    NOT_BOUGHT = "not_bought"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class OpenMatter(StrEnum):
    """Something between the customer and us that is not finished yet."""

    TASK = "task"
    COMPLAINT = "complaint"


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included; None leaves that side open."""

    low: int | None
    high: int | None


@dataclass(frozen=True)
class Bought:
    """At least one of these, kept (returned goods don't count), within so many days or ever."""

    of: tuple[Any, ...]
    days: int | None = None


Value = tuple[Any, ...] | Range | Bought | int


@dataclass(frozen=True)
class Condition:
    field: Field
    op: Op
    value: Value


@dataclass(frozen=True)
class Segment:
    """All conditions must hold; without any, everybody is meant."""

    conditions: tuple[Condition, ...] = ()


EVERYBODY = Segment()

_LIST_OPS = (Op.IN, Op.NOT_IN)
_SET_OPS = (Op.ANY_OF, Op.ALL_OF, Op.NONE_OF)
_BUY_OPS = (Op.BOUGHT, Op.NOT_BOUGHT)
_DAY_OPS = (Op.AT_LEAST, Op.AT_MOST)

OPS: Mapping[Field, tuple[Op, ...]] = {
    Field.TIER: _LIST_OPS,
    Field.STORE: _LIST_OPS,
    Field.AGE: (Op.BETWEEN,),
    Field.GENDER: _LIST_OPS,
    Field.OCCUPATION: _LIST_OPS,
    Field.TAGS: _SET_OPS,
    Field.LOCALE: _LIST_OPS,
    Field.PRODUCT: _BUY_OPS,
    Field.CATEGORY: _BUY_OPS,
    Field.MEMBER_AGE_MONTHS: (Op.BETWEEN,),
    Field.DAYS_SINCE_PURCHASE: _DAY_OPS,
    Field.DAYS_SINCE_CONTACT: _DAY_OPS,
    Field.OPEN: (Op.ANY_OF, Op.NONE_OF),
}

CHOICES: Mapping[Field, tuple[str, ...]] = {
    Field.TIER: tuple(Tier),
    Field.GENDER: tuple(Gender),
    Field.OCCUPATION: tuple(Occupation),
    Field.LOCALE: LOCALES,
    Field.OPEN: tuple(OpenMatter),
}
"""Fields whose values come from a closed list."""

IDS = frozenset({Field.STORE, Field.PRODUCT})
"""Fields whose values are row ids."""

OPTIONAL: Mapping[Field, OptionalField] = {Field.OCCUPATION: OptionalField.OCCUPATION}
"""Fields that stand in the file only as long as the company keeps them (app/customers/file_fields.py)."""

_LIMITS = {Field.AGE: MAX_AGE, Field.MEMBER_AGE_MONTHS: MAX_MONTHS}


# What people and programs write


def parse_segment(data: Any) -> Segment:
    """Read the stored or typed form; raises Invalid that names each faulty field."""
    if data is None:
        return EVERYBODY
    if not isinstance(data, Mapping) or set(data) - {"conditions"}:
        raise Invalid(errors={"conditions": [N_("Give a list of conditions.")]})
    rows = data.get("conditions") or []
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise Invalid(errors={"conditions": [N_("Give a list of conditions.")]})
    if len(rows) > MAX_CONDITIONS:
        raise Invalid(errors={"conditions": [Worded(N_("At most %(count)s conditions."), count=str(MAX_CONDITIONS))]})
    found: list[Condition] = []
    faults: dict[str, Any] = {}
    for position, row in enumerate(rows):
        try:
            found.append(parse_condition(row))
        except Invalid as invalid:
            faults[str(position)] = invalid.errors
    if faults:
        raise Invalid(errors={"conditions": faults})
    return Segment(tuple(found))


def parse_condition(data: Any) -> Condition:
    if not isinstance(data, Mapping) or set(data) != {"field", "op", "value"}:
        raise Invalid(errors={"field": [N_("A condition has a field, an operator and a value.")]})
    field = _member(Field, data["field"])
    if field is None:
        raise Invalid(errors={"field": [N_("There is no such field.")]})
    op = _member(Op, data["op"])
    if op not in OPS[field]:
        raise Invalid(errors={"op": [N_("This field can't be compared in this way.")]})
    return Condition(field, op, _value(field, op, data["value"]))


def segment_json(segment: Segment) -> dict[str, Any]:
    """As it is stored; `parse_segment` reads it back."""
    return {"conditions": [condition_json(condition) for condition in segment.conditions]}


def condition_json(condition: Condition) -> dict[str, Any]:
    value: Any = condition.value
    if isinstance(value, Range):
        value = {"from": value.low, "to": value.high}
    elif isinstance(value, Bought):
        value = {"of": list(value.of), "days": value.days}
    elif isinstance(value, tuple):
        value = list(value)
    return {"field": condition.field.value, "op": condition.op.value, "value": value}


def _member(kind: type[_E], value: Any) -> _E | None:
    return kind(value) if isinstance(value, str) and value in tuple(kind) else None


def _value(field: Field, op: Op, raw: Any) -> Value:
    if op is Op.BETWEEN:
        return _range(raw, limit=_LIMITS[field])
    if op in _BUY_OPS:
        return _bought(field, raw)
    if op in _DAY_OPS:
        return _whole(raw, low=0, high=MAX_DAYS)
    return _values(field, raw)


def _values(field: Field, raw: Any) -> tuple[Any, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise _fault(N_("Choose at least one value."))
    if len(raw) > MAX_VALUES:
        raise _fault(Worded(N_("At most %(count)s values."), count=str(MAX_VALUES)))
    if field in IDS:
        return tuple(dict.fromkeys(_row_id(value) for value in raw))
    if field in CHOICES:
        if not all(isinstance(value, str) and value in CHOICES[field] for value in raw):
            raise _fault(N_("One of these values does not exist."))
        return tuple(dict.fromkeys(str(value) for value in raw))
    return tuple(dict.fromkeys(_word(value) for value in raw))


def _range(raw: Any, *, limit: int) -> Range:
    if not isinstance(raw, Mapping) or set(raw) - {"from", "to"}:
        raise _fault(N_("Give where it begins and where it ends."))
    low, high = raw.get("from"), raw.get("to")
    if low is None and high is None:
        raise _fault(N_("Give where it begins and where it ends."))
    low = None if low is None else _whole(low, low=0, high=limit)
    high = None if high is None else _whole(high, low=0, high=limit)
    if low is not None and high is not None and low > high:
        raise _fault(N_("The end must not lie before the beginning."))
    return Range(low, high)


def _bought(field: Field, raw: Any) -> Bought:
    if not isinstance(raw, Mapping) or set(raw) - {"of", "days"}:
        raise _fault(N_("Name what was bought, and within how many days."))
    days = raw.get("days")
    return Bought(_values(field, raw.get("of")), None if days is None else _whole(days, low=1, high=MAX_DAYS))


def _whole(raw: Any, *, low: int, high: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        raise _fault(Worded(N_("Give a whole number from %(low)s to %(high)s."), low=str(low), high=str(high)))
    return raw


def _row_id(raw: Any) -> int:
    return _whole(raw, low=1, high=2147483647)


def _word(raw: Any) -> str:
    word = raw.strip() if isinstance(raw, str) else ""
    if not word or len(word) > MAX_TEXT or any(sign < " " or "\ud800" <= sign <= "\udfff" for sign in word):
        raise _fault(Worded(N_("A value is a word of at most %(count)s characters."), count=str(MAX_TEXT)))
    return word


def _fault(message: str) -> Invalid:
    return Invalid(errors={"value": [message]})


# What the database reads


class _Parameters:
    """Gives each value a name of its own; values never stand in the SQL text."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.values: dict[str, Any] = {}

    def __call__(self, value: Any, sql_type: str) -> str:
        name = f"{self.prefix}_{len(self.values)}"
        self.values[name] = value
        return f"cast(:{name} as {sql_type})"


def segment_sql(segment: Segment, *, day_param: str = ":day", prefix: str = "seg") -> tuple[str, dict[str, Any]]:
    """A boolean expression (never null) over the aliases `c` (customer) and `s` (the customer's store), and its values.

    `day_param` is the SQL of the day that counts as today: a parameter or a column. Two segments in one statement need
    different prefixes.
    """
    parameters = _Parameters(prefix)
    day = f"cast({day_param} as date)"
    clauses = [_SQL[condition.field](_Clause(condition, day, parameters)) for condition in segment.conditions]
    return " and ".join(clauses) or "true", parameters.values


def condition_sql(condition: Condition, *, day_param: str = ":day", prefix: str = "seg") -> tuple[str, dict[str, Any]]:
    """As `segment_sql`, for one condition."""
    return segment_sql(Segment((condition,)), day_param=day_param, prefix=prefix)


@dataclass(frozen=True)
class _Clause:
    """What one condition's SQL is made from: the day's SQL, and a way to put values beside the text."""

    condition: Condition
    day: str
    put: _Parameters

    @property
    def op(self) -> Op:
        return self.condition.op

    @property
    def values(self) -> list[Any]:
        return list(cast(tuple[Any, ...], self.condition.value))

    @property
    def range(self) -> Range:
        return cast(Range, self.condition.value)

    @property
    def bought(self) -> Bought:
        return cast(Bought, self.condition.value)

    def start(self, *, minus: str) -> str:
        """The moment when the local day so many days before begins at the customer's store."""
        return f"(cast({self.day} - {minus} as timestamp) at time zone s.zone)"


_Maker = Callable[[_Clause], str]


def _one_of(column: str, sql_type: str) -> _Maker:
    def make(clause: _Clause) -> str:
        values = clause.put(clause.values, f"{sql_type}[]")
        if clause.op is Op.IN:
            return f"({column} is not null and {column} = any({values}))"
        return f"({column} is null or {column} <> all({values}))"

    return make


def _kept(field: OptionalField) -> str:
    """The column, or nothing while it is switched off; asked once a statement."""
    is_off = f"exists (select from file_field where key = '{field.value}' and not is_on)"
    return f"(case when {is_off} then null else c.{field.value} end)"


def _tags(clause: _Clause) -> str:
    values = clause.put(clause.values, "text[]")
    if clause.op is Op.ALL_OF:
        return f"(c.tags @> {values})"
    return f"(c.tags && {values})" if clause.op is Op.ANY_OF else f"(not c.tags && {values})"


def _age(clause: _Clause) -> str:
    """In years. A lunar birthday is counted by its own numbers as if they were solar: an age band does not turn on the
    few weeks between the two calendars."""
    age = (
        f"(extract(year from {clause.day})::int - c.birthday_year"
        f" - case when (c.birthday_month, c.birthday_day)"
        f" > (extract(month from {clause.day})::int, extract(day from {clause.day})::int) then 1 else 0 end)"
    )
    limits = ["c.birthday_year is not null", f"{age} >= 0"]
    if clause.range.low is not None:
        limits.append(f"{age} >= {clause.put(clause.range.low, 'int')}")
    if clause.range.high is not None:
        limits.append(f"{age} <= {clause.put(clause.range.high, 'int')}")
    return f"({' and '.join(limits)})"


def _member_age(clause: _Clause) -> str:
    """A child of the household whose guardian agreed. Months are full when the day of the month has come again, or the
    month's last day for one that lacks it."""
    wanted = clause.range
    limits = [f"hm.birth_date <= {clause.day}"]
    if wanted.low is not None:
        limits.append(f"hm.birth_date + make_interval(months => {clause.put(wanted.low, 'int')}) <= {clause.day}")
    if wanted.high is not None:
        limits.append(f"hm.birth_date + make_interval(months => {clause.put(wanted.high + 1, 'int')}) > {clause.day}")
    return (
        "exists (select from household_member hm where hm.household_id = c.household_id"
        " and hm.relation in ('baby', 'child') and hm.anonymised_at is null"
        " and hm.guardian_consent_at is not null and hm.consent_withdrawn_at is null"
        f" and {' and '.join(limits)})"
    )


def _purchase_of(column: str, sql_type: str) -> _Maker:
    def make(clause: _Clause) -> str:
        bought = clause.bought
        wanted = f"{column} = any({clause.put(list(bought.of), f'{sql_type}[]')})"
        since = (
            "" if bought.days is None else f" and p.bought_at >= {clause.start(minus=clause.put(bought.days, 'int'))}"
        )
        found = (
            "exists (select from purchase p join purchase_line pl on pl.purchase_id = p.id"
            " join product pr on pr.id = pl.product_id"
            f" where p.customer_id = c.id and p.bought_at < {clause.start(minus='-1')}{since}"
            f" and pl.quantity > pl.returned and {wanted})"
        )
        return found if clause.op is Op.BOUGHT else f"(not {found})"

    return make


def _days_since_purchase(clause: _Clause) -> str:
    """Who never bought has not bought for at least any number of days."""
    days = clause.put(clause.condition.value, "int")
    first = days if clause.op is Op.AT_MOST else f"({days} - 1)"
    recent = (
        "exists (select from purchase p where p.customer_id = c.id"
        f" and p.bought_at >= {clause.start(minus=first)} and p.bought_at < {clause.start(minus='-1')})"
    )
    return recent if clause.op is Op.AT_MOST else f"(not {recent})"


def _days_since_contact(clause: _Clause) -> str:
    """Contacts are counted per household, as its budget is; whom we never contacted, we have not for any number."""
    days = clause.put(clause.condition.value, "int")
    first = days if clause.op is Op.AT_MOST else f"({days} - 1)"
    recent = (
        "exists (select from contact_booking cb where cb.household_id = c.household_id and cb.state = 'recorded'"
        f" and cb.day between {clause.day} - {first} and {clause.day})"
    )
    return recent if clause.op is Op.AT_MOST else f"(not {recent})"


_OPEN_SQL = {
    OpenMatter.TASK: (
        "exists (select from task t where t.customer_id = c.id and t.status in ('open', 'assigned', 'active'))"
    ),
    OpenMatter.COMPLAINT: (
        "exists (select from complaint cp where cp.household_id = c.household_id and cp.closed_at is null)"
    ),
}


def _open(clause: _Clause) -> str:
    found = " or ".join(_OPEN_SQL[OpenMatter(value)] for value in clause.values)
    return f"({found})" if clause.op is Op.ANY_OF else f"(not ({found}))"


_SQL: Mapping[Field, _Maker] = {
    Field.TIER: _one_of("c.tier", "text"),
    Field.STORE: _one_of("c.store_id", "int"),
    Field.AGE: _age,
    Field.GENDER: _one_of("c.gender", "text"),
    Field.OCCUPATION: _one_of(_kept(OptionalField.OCCUPATION), "text"),
    Field.TAGS: _tags,
    Field.LOCALE: _one_of("c.locale", "text"),
    Field.PRODUCT: _purchase_of("pl.product_id", "int"),
    Field.CATEGORY: _purchase_of("pr.category", "text"),
    Field.MEMBER_AGE_MONTHS: _member_age,
    Field.DAYS_SINCE_PURCHASE: _days_since_purchase,
    Field.DAYS_SINCE_CONTACT: _days_since_contact,
    Field.OPEN: _open,
}
