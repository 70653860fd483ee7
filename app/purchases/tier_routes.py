"""/tiers, /customers/{id}/tier and /referrals."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import problems
from app.core.idempotency import idempotent
from app.customers import service as customers
from app.customers import tiers as files
from app.customers.models import Customer
from app.customers.values import Tier
from app.people.access import Role, require_store
from app.people.auth import current_actor, requires
from app.purchases import referrals, tiers
from app.purchases import tier_schemas as schemas
from app.purchases.referrals import Bringing, ReferralState
from app.purchases.tier_rules import TierRules, to_json
from app.purchases.tiers import RulesInForce

blp = Blueprint("tiers", __name__, description="Tiers of customers, and who brings whom")

EVERYBODY = (Role.HEAD_OFFICE, Role.SUPERVISOR, Role.ASSOCIATE)
LEADERS = (Role.HEAD_OFFICE, Role.SUPERVISOR)
READ = "customers:read"
WRITE = "customers:write"
ROW_ID = "int(max=2147483647)"


@blp.route("/tiers", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.response(200, schemas.TiersView)
@problems(blp, 401, 403)
def show_tiers() -> dict[str, Any]:
    """The thresholds in force, and how many customers of your stores stand in each tier."""
    versions = tiers.versions(limit=1)
    return {
        "rules": _rules(tiers.rules_in_force(clock.now())),
        "newest": versions[0].number if versions else 0,
        "stores": tiers.standings(current_actor()),
    }


@blp.route("/tiers", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=WRITE)
@idempotent
@blp.arguments(schemas.SaveTierRules)
@blp.response(201, schemas.TierRulesView)
@problems(blp, 400, 401, 403, 409, 422)
def save_tiers(body: dict[str, Any]) -> dict[str, Any]:
    """Publish the next version of the thresholds. Customers move when the tiers are computed next."""
    rules = body.pop("settings")
    return _rules(tiers.save_rules(rules, actor=current_actor(), now=clock.now(), **body))


@blp.route("/tiers/versions", methods=["GET"])
@requires(*LEADERS, scope=READ)
@blp.response(200, schemas.TierVersionsView)
@problems(blp, 401, 403)
def list_tier_versions() -> dict[str, Any]:
    """All versions of the thresholds, the newest first."""
    return {"items": [_rules(version) for version in tiers.versions()]}


@blp.route("/tiers/preview", methods=["POST"])
@requires(Role.HEAD_OFFICE, scope=READ)
@idempotent
@blp.arguments(schemas.PreviewTiers)
@blp.response(200, schemas.TierPreviewView)
@problems(blp, 400, 401, 403, 422)
def preview_tiers(body: dict[str, Any]) -> dict[str, Any]:
    """Who would move under these thresholds, by store, with a sample. Stores nothing."""
    rules: TierRules = body["settings"]
    shown = tiers.preview(rules, actor=current_actor(), now=clock.now())
    return {
        "moving": shown.moving,
        "stores": shown.stores,
        "moves": [
            {"from_": before, "to": after, "customers": count} for (before, after), count in sorted(shown.moves.items())
        ],
        "samples": [
            {
                "customer": {"id": mover.customer_id, "name": mover.name},
                "store_id": mover.store_id,
                "from_": mover.tier,
                "to": mover.then,
                "purchases": mover.purchases,
                "value": mover.value,
                "currency": mover.currency,
                "last_bought_on": mover.last_bought_on,
            }
            for mover in shown.samples
        ],
    }


@blp.route(f"/customers/<{ROW_ID}:customer_id>/tier", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.CustomerTierView)
@problems(blp, 401, 403, 404)
def show_tier(customer_id: int) -> dict[str, Any]:
    """A customer's tier, what it is computed from, the pin and the history."""
    return _tier(customers.get(customer_id, actor=current_actor(), now=clock.now()))


@blp.route(f"/customers/<{ROW_ID}:customer_id>/tier", methods=["POST"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.arguments(schemas.PinTier)
@blp.response(200, schemas.CustomerTierView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def pin_tier(body: dict[str, Any], customer_id: int) -> dict[str, Any]:
    """Set the tier by hand, with the reason, through a day or for good. It is not computed while the pin holds."""
    tier = Tier(body.pop("tier"))
    return _tier(files.pin(customer_id, tier, actor=current_actor(), now=clock.now(), **body))


@blp.route(f"/customers/<{ROW_ID}:customer_id>/tier", methods=["DELETE"])
@requires(*LEADERS, scope=WRITE)
@idempotent
@blp.response(200, schemas.CustomerTierView)
@problems(blp, 400, 401, 403, 404, 409)
def unpin_tier(customer_id: int) -> dict[str, Any]:
    """Take the pin off: the computed tier is back at once."""
    return _tier(tiers.unpin(customer_id, actor=current_actor(), now=clock.now()))


@blp.route("/referrals", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.arguments(schemas.ReferralArgs, location="query")
@blp.response(200, schemas.ReferralPage)
@problems(blp, 401, 403, 404, 422)
def list_referrals(args: dict[str, Any]) -> dict[str, Any]:
    """Who brought whom, the newest first, as far as you see the new customers."""
    actor = current_actor()
    if args.get("store_id") is not None:
        require_store(actor, args["store_id"])
    state = ReferralState(args.pop("state")) if args.get("state") else None
    page = referrals.page_of_referrals(actor=actor, now=clock.now(), state=state, **args)
    return {"items": [_referral(row) for row in page.rows], "next_cursor": page.next_cursor}


@blp.route("/referrals", methods=["POST"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.arguments(schemas.RecordReferral)
@blp.response(201, schemas.ReferralView)
@problems(blp, 400, 401, 403, 404, 409, 422)
def record_referral(body: dict[str, Any]) -> dict[str, Any]:
    """Write down who brought a new customer. It counts when the new customer first buys."""
    actor, now = current_actor(), clock.now()
    recorded = referrals.record(body.pop("new_customer_id"), actor=actor, now=now, **body)
    return _referral(referrals.get(recorded.id, actor=actor, now=now))


@blp.route(f"/referrals/<{ROW_ID}:referral_id>", methods=["GET"])
@requires(*EVERYBODY, scope=READ)
@blp.response(200, schemas.ReferralView)
@problems(blp, 401, 403, 404)
def show_referral(referral_id: int) -> dict[str, Any]:
    """One referral."""
    return _referral(referrals.get(referral_id, actor=current_actor(), now=clock.now()))


@blp.route(f"/referrals/<{ROW_ID}:referral_id>", methods=["DELETE"])
@requires(*EVERYBODY, scope=WRITE)
@idempotent
@blp.response(204)
@problems(blp, 400, 401, 403, 404, 409)
def withdraw_referral(referral_id: int) -> None:
    """Take back what was written down by mistake."""
    referrals.withdraw(referral_id, actor=current_actor(), now=clock.now())


def _rules(version: RulesInForce) -> dict[str, Any]:
    return {
        "number": version.number,
        "settings": to_json(version.rules),
        "note": version.note,
        "effective_at": version.effective_at,
        "created_by": version.created_by,
    }


def _tier(customer: Customer) -> dict[str, Any]:
    return {
        "customer_id": customer.id,
        "tier": customer.tier,
        "pin": files.pin_of(customer, now=clock.now()),
        "why": tiers.why(customer.id),
        "history": files.history(customer.id),
    }


def _referral(one: Bringing) -> dict[str, Any]:
    referral = one.referral
    return {
        "id": referral.id,
        "new_customer": one.newcomer,
        "referrer": one.referrer,
        "store_id": one.store_id,
        "state": one.state.value,
        "recorded_at": referral.recorded_at,
        "recorded_by": one.recorded_by,
        "counted_at": referral.counted_at,
        "counted_purchase_id": referral.counted_purchase_id,
        "taken_back_at": referral.taken_back_at,
        "void_reason": referral.void_reason,
    }
