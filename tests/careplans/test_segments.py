"""Conditions: what may be written, and that the database means the same people as plain Python."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import text

from app.careplans.segments import (
    CHOICES,
    OPS,
    Bought,
    Condition,
    Field,
    Op,
    Range,
    Segment,
    condition_sql,
    parse_condition,
    parse_segment,
    segment_json,
    segment_sql,
)
from app.complaints.models import Complaint
from app.core.db import db
from app.core.errors import Invalid
from app.customers.models import ContactBooking, Customer, HouseholdMember
from app.purchases.models import PurchaseLine
from tests.careplans.segment_model import Child, Facts, Sale, means
from tests.factories.customers import make_customer
from tests.factories.people import make_store
from tests.factories.purchases import make_product, make_purchase
from tests.factories.tasks import make_task

TODAY = date(2027, 3, 10)
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NOON = datetime(2027, 3, 10, 12, 0, tzinfo=HONG_KONG)
TAGS = ("vip", "敏感肌", "dog owner")
CATEGORIES = ("formula", "hair")

days_ago = st.integers(0, 70)
near_days = days_ago.map(lambda days: TODAY - timedelta(days=days))
births = st.dates(date(2023, 1, 1), date(2027, 4, 30))


# --- what may be written ----------------------------------------------------------------------------------------------


def values_of(field: Field, op: Op) -> st.SearchStrategy:
    if op is Op.BETWEEN:
        ends = st.integers(0, 60)
        return st.one_of(
            st.tuples(ends, ends).map(lambda pair: Range(min(pair), max(pair))),
            ends.map(lambda low: Range(low, None)),
            ends.map(lambda high: Range(None, high)),
        )
    if op in (Op.AT_LEAST, Op.AT_MOST):
        return st.integers(0, 70)
    if field is Field.PRODUCT:
        return st.builds(Bought, st.sampled_from([(1,), (2,), (1, 2)]), st.none() | st.integers(1, 70))
    if field is Field.CATEGORY:
        return st.builds(Bought, st.sampled_from([("formula",), CATEGORIES]), st.none() | st.integers(1, 70))
    pool = CHOICES.get(field) or (TAGS if field is Field.TAGS else (1, 2))
    return st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def conditions(draw, field: Field | None = None) -> Condition:
    field = field or draw(st.sampled_from(list(Field)))
    op = draw(st.sampled_from(OPS[field]))
    return Condition(field, op, draw(values_of(field, op)))


segments = st.lists(conditions(), max_size=4).map(lambda found: Segment(tuple(found)))


@given(segments)
def test_what_is_stored_is_read_back_the_same(segment):
    assert parse_segment(segment_json(segment)) == segment


def test_no_conditions_mean_everybody():
    assert parse_segment(None) == parse_segment({"conditions": []}) == Segment(())
    assert segment_sql(Segment(())) == ("true", {})


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({"field": "income", "op": "in", "value": ["high"]}, "field"),
        ({"field": "tier", "op": "between", "value": ["core"]}, "op"),
        ({"field": "tier", "op": "in", "value": ["gold"]}, "value"),
        ({"field": "tier", "op": "in", "value": []}, "value"),
        ({"field": "tier", "op": "in", "value": "core"}, "value"),
        ({"field": "store", "op": "in", "value": ["1"]}, "value"),
        ({"field": "store", "op": "in", "value": [True]}, "value"),
        ({"field": "store", "op": "in", "value": [2**31]}, "value"),
        ({"field": "age", "op": "between", "value": {"from": 30, "to": 20}}, "value"),
        ({"field": "age", "op": "between", "value": {"from": None, "to": None}}, "value"),
        ({"field": "age", "op": "between", "value": {"from": -1}}, "value"),
        ({"field": "tags", "op": "any_of", "value": ["  "]}, "value"),
        ({"field": "tags", "op": "any_of", "value": ["a\x00b"]}, "value"),
        ({"field": "category", "op": "bought", "value": {"of": ["hair"], "days": 0}}, "value"),
        ({"field": "product", "op": "bought", "value": {"of": [], "days": None}}, "value"),
        ({"field": "days_since_purchase", "op": "at_least", "value": 1.5}, "value"),
        ({"field": "tier", "op": "in"}, "field"),
        ({"field": ["tier"], "op": "in", "value": ["core"]}, "field"),
        ("tier", "field"),
    ],
)
def test_a_faulty_condition_is_refused_and_its_field_named(condition, field):
    with pytest.raises(Invalid) as refused:
        parse_segment({"conditions": [condition]})
    assert set(refused.value.errors["conditions"]["0"]) == {field}


def test_every_faulty_condition_is_named_by_its_place():
    good = {"field": "tier", "op": "in", "value": ["core"]}
    bad = {"field": "tier", "op": "in", "value": ["gold"]}
    with pytest.raises(Invalid) as refused:
        parse_segment({"conditions": [bad, good, bad]})
    assert set(refused.value.errors["conditions"]) == {"0", "2"}


@given(segments)
def test_values_never_stand_in_the_sql_text(segment):
    sql, values = segment_sql(segment)
    assert not any(tag in sql for tag in (*TAGS, *CATEGORIES, "core", "female", "teacher"))
    assert all(f":{name} " in f"{sql} ".replace(")", " ") for name in values)


# --- the database agrees ----------------------------------------------------------------------------------------------


people = st.builds(
    Facts,
    tier=st.sampled_from(CHOICES[Field.TIER]),
    store_id=st.sampled_from([1, 2]),
    gender=st.none() | st.sampled_from(CHOICES[Field.GENDER]),
    occupation=st.none() | st.sampled_from(CHOICES[Field.OCCUPATION]),
    locale=st.sampled_from(CHOICES[Field.LOCALE]),
    tags=st.lists(st.sampled_from(TAGS), unique=True),
    birthday=st.none()
    | st.tuples(st.none() | st.integers(1960, 2026), st.sampled_from([2, 3, 4]), st.sampled_from([1, 9, 10, 11, 29])),
    sales=st.lists(
        st.builds(
            lambda day, product, quantity, back: Sale(
                day, product, CATEGORIES[product - 1], quantity, min(back, quantity)
            ),
            near_days,
            st.sampled_from([1, 2]),
            st.integers(1, 2),
            st.integers(0, 2),
        ),
        max_size=3,
    ),
    children=st.lists(
        st.builds(
            Child, st.sampled_from(["baby", "child", "partner"]), st.none() | births, st.booleans(), st.booleans()
        ),
        max_size=2,
    ),
    contacts=st.lists(near_days, max_size=2),
    open_matters=st.lists(st.sampled_from(CHOICES[Field.OPEN]), unique=True),
)


def open_complaint(customer: Customer) -> Complaint:
    moments = ("opened_at", "clocks_since", "acknowledge_due_at", "acknowledge_again_at", "plan_due_at")
    return Complaint(
        customer_id=customer.id,
        household_id=customer.household_id,
        store_id=customer.store_id,
        source="phone",
        plan_again_at=NOON,
        due_at=NOON,
        **dict.fromkeys(moments, NOON),
    )


class Shop:
    """Two stores and two products, numbered 1 and 2 in the facts."""

    def __init__(self) -> None:
        self.stores = {1: make_store(), 2: make_store(zone="Asia/Shanghai", country="CN")}
        self.products = {number: make_product(category=CATEGORIES[number - 1]) for number in (1, 2)}

    def admit(self, facts: Facts) -> int:
        """Write the facts down as rows; returns the customer's id."""
        year, month, number = facts.birthday or (None, None, None)
        customer = make_customer(
            store=self.stores[facts.store_id],
            tier=facts.tier,
            gender=facts.gender,
            occupation=facts.occupation,
            locale=facts.locale,
            tags=facts.tags,
            birthday_calendar="solar" if facts.birthday else None,
            birthday_year=year,
            birthday_month=month,
            birthday_day=number,
        )
        for position, sale in enumerate(facts.sales):
            # The first and the last minute of the local day, so that a slip by a zone or an hour shows.
            minute = time(0, 0) if position % 2 else time(23, 59)
            bought_at = datetime.combine(sale.day, minute, tzinfo=ZoneInfo(self.stores[facts.store_id].zone))
            bought = make_purchase(
                customer, lines=[(self.products[sale.product_id], sale.quantity, 10)], bought_at=bought_at
            )
            line = db.session.query(PurchaseLine).filter_by(purchase_id=bought.id).one()
            line.returned = sale.returned
        for child in facts.children:
            db.session.add(
                HouseholdMember(
                    household_id=customer.household_id,
                    name="小宝",
                    relation=child.relation,
                    birth_date=child.birth_date,
                    guardian_consent_text="同意" if child.agreed else None,
                    guardian_consent_channel="paper" if child.agreed else None,
                    guardian_consent_at=NOON if child.agreed else None,
                    consent_withdrawn_at=NOON if child.agreed and child.withdrawn else None,
                    created_at=NOON,
                )
            )
        for number, day in enumerate(facts.contacts):
            db.session.add(
                ContactBooking(
                    household_id=customer.household_id,
                    customer_id=customer.id,
                    kind="cadence",
                    day=day,
                    gap_days=1,
                    origin_key=f"test:{customer.id}:{number}",
                    state="recorded",
                    reserved_at=NOON,
                    recorded_at=NOON,
                )
            )
        if "task" in facts.open_matters:
            make_task(customer=customer)
        if "complaint" in facts.open_matters:
            db.session.add(open_complaint(customer))
        db.session.flush()
        return customer.id

    def here(self, segment: Segment) -> Segment:
        """The segment with the rows' ids instead of the numbers 1 and 2."""
        stores = {number: store.id for number, store in self.stores.items()}
        products = {number: product.id for number, product in self.products.items()}
        return Segment(tuple(self._with_ids(condition, stores, products) for condition in segment.conditions))

    def _with_ids(self, condition: Condition, stores: dict[int, int], products: dict[int, int]) -> Condition:
        value = condition.value
        if condition.field is Field.STORE and isinstance(value, tuple):
            return Condition(condition.field, condition.op, tuple(stores[number] for number in value))
        if condition.field is Field.PRODUCT and isinstance(value, Bought):
            return Condition(
                condition.field, condition.op, Bought(tuple(products[number] for number in value.of), value.days)
            )
        return condition


def meant(segment: Segment, customer_ids: list[int], *, day: date = TODAY) -> list[bool]:
    sql, values = segment_sql(segment)
    rows = db.session.execute(
        text(
            f"select c.id, {sql} as is_meant from customer c join store s on s.id = c.store_id"
            " where c.id = any(:ids) order by c.id"
        ),
        {**values, "ids": customer_ids, "day": day},
    ).all()
    assert [row.id for row in rows] == sorted(customer_ids)
    return [row.is_meant for row in rows]


def compare(segment: Segment, crowd: list[Facts]) -> None:
    inner = db.session.begin_nested()
    try:
        shop = Shop()
        ids = [shop.admit(facts) for facts in crowd]
        assert meant(shop.here(segment), ids) == [means(segment, facts, day=TODAY) for facts in crowd]
    finally:
        inner.rollback()


@pytest.mark.parametrize("field", list(Field))
def test_the_database_and_plain_python_mean_the_same_people_field_by_field(session, field):
    @how(max_examples=12)
    @given(conditions(field), st.lists(people, min_size=1, max_size=3))
    def agree(condition, crowd):
        compare(Segment((condition,)), crowd)

    agree()


def test_the_database_and_plain_python_mean_the_same_people_for_several_conditions(session):
    @how(max_examples=25)
    @given(segments, st.lists(people, min_size=1, max_size=3))
    def agree(segment, crowd):
        compare(segment, crowd)

    agree()


@pytest.mark.parametrize(
    ("birth", "day", "months"),
    [
        (date(2027, 1, 31), date(2027, 2, 28), 1),
        (date(2027, 1, 31), date(2027, 2, 27), 0),
        (date(2024, 2, 29), date(2027, 2, 28), 36),
        (date(2024, 2, 29), date(2027, 2, 27), 35),
        (date(2026, 8, 31), date(2026, 11, 30), 3),
    ],
)
def test_a_month_is_full_on_the_last_day_of_a_month_that_lacks_the_day(session, birth, day, months):
    customer_id = Shop().admit(
        Facts("core", 1, None, None, "en", [], None, children=[Child("baby", birth, True, False)])
    )
    exactly = Segment((Condition(Field.MEMBER_AGE_MONTHS, Op.BETWEEN, Range(months, months)),))
    assert meant(exactly, [customer_id], day=day) == [True]


def test_the_day_may_be_a_column_of_the_statement(session):
    customer_id = Shop().admit(Facts("core", 1, None, None, "en", [], None, contacts=[TODAY - timedelta(days=5)]))
    sql, values = condition_sql(
        parse_condition({"field": "days_since_contact", "op": "at_most", "value": 4}), day_param="d.day", prefix="one"
    )
    rows = db.session.execute(
        text(
            "select d.day from customer c join store s on s.id = c.store_id"
            " cross join (values (date '2027-03-09'), (date '2027-03-10')) d(day)"
            f" where c.id = :id and {sql}"
        ),
        {**values, "id": customer_id},
    ).all()
    assert [row.day for row in rows] == [date(2027, 3, 9)]
