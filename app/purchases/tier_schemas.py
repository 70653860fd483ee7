"""What the routes of tiers and referrals take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from app.core.i18n import N_
from app.core.paging import PageArgs
from app.core.schemas import Input, View, page_schema
from app.customers.schemas import NamedPersonView, choice_field, id_field, text_field
from app.customers.tiers import LONGEST_REASON, Cause
from app.customers.values import Tier
from app.purchases.referrals import ReferralState, VoidReason
from app.purchases.tier_rules import STEPS, Basis, Scores, TierRules, Within, from_json
from app.purchases.tiers import LONGEST_NOTE


def _limits() -> Any:
    return fields.List(fields.Integer(strict=True), validate=validate.Length(equal=STEPS))


class ValueStepsInput(Input):
    HKD = _limits()
    CNY = _limits()


class StepsInput(Input):
    recency_days = _limits()
    purchases = _limits()
    value = fields.Nested(ValueStepsInput)


class TierRulesInput(Input):
    """What is left out is as shipped."""

    basis = choice_field(Basis)
    within = choice_field(Within)
    core_percent = fields.Integer(strict=True)
    important_percent = fields.Integer(strict=True)
    core_points = fields.Integer(strict=True)
    important_points = fields.Integer(strict=True)
    core_purchases = fields.Integer(strict=True)
    important_purchases = fields.Integer(strict=True)
    scores = choice_field(Scores)
    steps = fields.Nested(StepsInput)

    @post_load
    def as_rules(self, data: dict[str, Any], **_: Any) -> TierRules:
        return from_json(data)


class PreviewTiers(Input):
    settings = fields.Nested(TierRulesInput, required=True)


class SaveTierRules(PreviewTiers):
    number = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(min=0, max=2**31 - 1),
        metadata={"description": "the newest version you have seen; 0 for none"},
    )
    note = text_field(longest=LONGEST_NOTE, load_default="")
    effective_at = fields.AwareDateTime(allow_none=True, load_default=None)


class PinTier(Input):
    tier = choice_field(Tier, required=True)
    reason = text_field(longest=LONGEST_REASON, blank=False, required=True)
    until = fields.Date(allow_none=True, load_default=None, metadata={"description": "the last day; null for no end"})


class TierRulesView(View):
    number = fields.Integer()
    settings = fields.Dict(keys=fields.String())
    note = fields.String()
    effective_at = fields.AwareDateTime(allow_none=True)
    created_by = fields.String(allow_none=True)


class TierCountsView(View):
    core = fields.Integer()
    important = fields.Integer()
    ordinary = fields.Integer()


class TierStandingView(View):
    store_id = fields.Integer()
    counts = fields.Nested(TierCountsView)
    pinned = fields.Integer()


class TiersView(View):
    rules = fields.Nested(TierRulesView)
    newest = fields.Integer(metadata={"description": "the number to send with the next version"})
    stores = fields.List(fields.Nested(TierStandingView))


class TierVersionsView(View):
    items = fields.List(fields.Nested(TierRulesView))


class StoreMovesView(View):
    store_id = fields.Integer()
    now = fields.Nested(TierCountsView)
    then = fields.Nested(TierCountsView)
    up = fields.Integer()
    down = fields.Integer()


class MoveView(View):
    from_ = fields.String(data_key="from")
    to = fields.String()
    customers = fields.Integer()


class MoverView(View):
    customer = fields.Nested(NamedPersonView)
    store_id = fields.Integer()
    from_ = fields.String(data_key="from")
    to = fields.String()
    purchases = fields.Integer()
    value = fields.Decimal(as_string=True)
    currency = fields.String()
    last_bought_on = fields.Date(allow_none=True)


class TierPreviewView(View):
    moving = fields.Integer()
    stores = fields.List(fields.Nested(StoreMovesView))
    moves = fields.List(fields.Nested(MoveView))
    samples = fields.List(fields.Nested(MoverView))


class PinView(View):
    reason = fields.String()
    pinned_at = fields.AwareDateTime()
    pinned_by = fields.String(allow_none=True)
    until = fields.Date(allow_none=True)
    holds = fields.Boolean()


class TierWhyView(View):
    earned = choice_field(Tier)
    purchases = fields.Integer()
    value = fields.Decimal(as_string=True)
    currency = fields.String()
    last_bought_on = fields.Date(allow_none=True)
    recency_score = fields.Integer(allow_none=True)
    frequency_score = fields.Integer(allow_none=True)
    value_score = fields.Integer(allow_none=True)
    value_percent = fields.Decimal(as_string=True, allow_none=True)


class PastTierView(View):
    tier = choice_field(Tier)
    previous = choice_field(Tier)
    since = fields.AwareDateTime()
    cause = choice_field(Cause)
    reason = fields.String()
    changed_by = fields.String(allow_none=True)


class CustomerTierView(View):
    customer_id = fields.Integer()
    tier = choice_field(Tier)
    pin = fields.Nested(PinView, allow_none=True)
    why = fields.Nested(TierWhyView)
    history = fields.List(fields.Nested(PastTierView))


class RecordReferral(Input):
    new_customer_id = id_field(required=True)
    referrer_id = id_field()
    referrer_phone = text_field(longest=40)

    @validates_schema
    def names_one_referrer(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("referrer_id") is None) == (not data.get("referrer_phone")):
            raise ValidationError({"referrer_id": [N_("Name who brought the customer, by id or by number.")]})


class ReferralArgs(PageArgs):
    store_id = id_field(strict=False)
    referrer_id = id_field(strict=False)
    state = choice_field(ReferralState)


class SideView(View):
    """Null for a customer of a store that the reader doesn't see."""

    id = fields.Integer(allow_none=True)
    name = fields.String(allow_none=True)


class ReferralView(View):
    id = fields.Integer()
    new_customer = fields.Nested(SideView)
    referrer = fields.Nested(SideView)
    store_id = fields.Integer()
    state = choice_field(ReferralState)
    recorded_at = fields.AwareDateTime()
    recorded_by = fields.String(allow_none=True)
    counted_at = fields.AwareDateTime(allow_none=True)
    counted_purchase_id = fields.Integer(allow_none=True)
    taken_back_at = fields.AwareDateTime(allow_none=True)
    void_reason = choice_field(VoidReason, allow_none=True)


ReferralPage = page_schema(ReferralView)
