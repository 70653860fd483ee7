"""Which texts speak of restricted products, and who buys nothing else."""

from __future__ import annotations

import pytest

from app.purchases import restricted
from tests.factories.customers import make_customer
from tests.factories.purchases import make_product, make_purchase

NAMES = [
    ({"zh_Hans": "婴儿配方奶粉 1段", "zh_Hant": "嬰兒配方奶粉 1段", "en": "Infant formula stage 1"}, "MB-F1"),
    (
        {"zh_Hans": "水解蛋白粉（低敏）900克", "zh_Hant": "水解蛋白粉（低敏）900克", "en": "Hydrolysed powder, 900 g"},
        "MB-H1",
    ),
]


@pytest.mark.parametrize(
    "body",
    [
        "婴儿配方奶粉八折",
        "嬰兒配方奶粉第二件半價",
        "INFANT   Formula: 10 % off",
        "水解蛋白粉買一送一",
        "MB-F1 now cheaper",
        "奶粉本周特惠",
        "hydrolysed powder, now cheaper",
    ],
)
def test_a_name_counts_in_any_language_without_size_and_stage(body):
    assert restricted.names_one_of(body, NAMES)


@pytest.mark.parametrize("body", ["纸尿裤八折", "Nappies 10 % off", "新春快樂", "", "stage 1 of our summer sale"])
def test_other_texts_name_none(body):
    assert not restricted.names_one_of(body, NAMES)


def test_everyday_words_count_only_where_something_restricted_is_sold(session):
    make_product()
    assert not restricted.text_names_restricted("奶粉本周特惠")
    make_product(name=NAMES[0][0], is_restricted=True)
    assert restricted.text_names_restricted("奶粉本周特惠")


def test_who_has_bought_nothing_buys_not_only_restricted_products(session):
    assert not restricted.buys_nothing_else(make_customer().id)


def test_one_other_product_among_the_purchases_is_enough(session):
    customer, formula = make_customer(), make_product(name=NAMES[0][0], is_restricted=True)
    make_purchase(customer, lines=[(formula, 2, 500)])
    assert restricted.buys_nothing_else(customer.id)
    make_purchase(customer, lines=[(formula, 1, 250), (make_product(), 1, 88)])
    assert not restricted.buys_nothing_else(customer.id)
