"""The conditions of a target group as an editor shows them: which fields there are, how they compare, and product
codes in place of ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.careplans import kept_fields
from app.careplans.plan_settings import PlanSettings
from app.careplans.saying import CHOICE_WORDS, FIELDS, OPS, Term
from app.careplans.segments import CHOICES, Bought, Field
from app.careplans.segments import OPS as FIELD_OPS
from app.careplans.speech import said
from app.core.db import db
from app.purchases.models import Product
from app.web.pages import actor
from app.web.shop import own_stores


def for_editor() -> dict[str, Any]:
    """What care/_condition.html wants beside the form."""
    off = kept_fields.not_kept()
    return {
        "fields": [(field.value, said(Term(FIELDS[field]))) for field in Field if field not in off],
        "field_words": {field.value: said(Term(FIELDS[field])) for field in Field},
        "ops": {field.value: [(op.value, said(Term(OPS[op]))) for op in FIELD_OPS[field]] for field in Field},
        "field_choices": _field_choices(),
    }


def _field_choices() -> dict[str, list[tuple[str, str]]]:
    found = {
        field.value: [(value, said(Term(CHOICE_WORDS[field][value]))) for value in values]
        for field, values in CHOICES.items()
    }
    found[Field.STORE.value] = [(str(store.id), store.name) for store in own_stores(actor())]
    return found


def without_effect(settings: PlanSettings) -> list[str]:
    """Names of the fields in the conditions that the company has switched off."""
    return [said(Term(FIELDS[field])) for field in Field if field in kept_fields.switched_off([settings.segment])]


def codes_in(settings: PlanSettings) -> dict[int, str]:
    """Codes of the products that the segment names."""
    ids: list[int] = []
    for condition in settings.segment.conditions:
        if condition.field is Field.PRODUCT and isinstance(condition.value, Bought):
            ids += condition.value.of
    rows = db.session.execute(select(Product.id, Product.code).where(Product.id.in_(ids))) if ids else ()
    return {row.id: row.code for row in rows}


def ids_of_codes(codes: Collection[str]) -> dict[str, int]:
    rows = db.session.execute(select(Product.id, Product.code).where(Product.code.in_(codes)))
    return {row.code: row.id for row in rows}
