"""Whose data needs a guardian's consent, and when the purpose for which it is kept has ended."""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from app.customers.values import Relation

CONSENT_AGE = 14
"""Below it the mainland's law asks for a guardian's consent; we hold ourselves to it everywhere."""
FORMULA_MONTHS = 36
"""When the last stage of formula ends, and with it the reason to know a baby's birth date."""
KEEP_DAYS = 30
"""After the end of the purpose, so that a last delivery or question still finds whom it is about."""

MINORS = frozenset({Relation.BABY, Relation.CHILD})


def needs_guardian(relation: Relation, birth_date: date | None, *, today: date) -> bool:
    """A baby or a child, unless old enough by its birth date; anybody else who is too young by it."""
    if birth_date is not None:
        return relation is Relation.BABY or today < birth_date + relativedelta(years=CONSENT_AGE)
    return relation in MINORS


def purpose_ends_on(relation: Relation, birth_date: date | None, *, known_since: date) -> date | None:
    """The first day on which the name and birth date of a child are kept no more; None for a grown-up.

    Without a birth date the months count from the day on which we were told.
    """
    if relation not in MINORS:
        return None
    born = birth_date or known_since
    is_baby = relation is Relation.BABY or birth_date is None
    ends = born + (relativedelta(months=FORMULA_MONTHS) if is_baby else relativedelta(years=CONSENT_AGE))
    return ends + timedelta(days=KEEP_DAYS)


def months_old(birth_date: date, today: date) -> int:
    """Whole months of age; a day that the month lacks counts as its last one."""
    age = relativedelta(today, birth_date)
    return age.years * 12 + age.months
