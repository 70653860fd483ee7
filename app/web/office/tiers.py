"""Tiers: how many customers stand where, the thresholds with a preview of who would move, and their versions."""

from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.i18n import N_
from app.people.access import Role
from app.people.auth import requires
from app.purchases import tiers
from app.purchases.tier_rules import CURRENCIES, STEPS, Basis, Scores, TierRules, Within, from_json
from app.purchases.tiers import LONGEST_NOTE, Preview
from app.web.formats import DEFAULT_ZONE, money
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web
from app.web.shop import own_stores

BASES = {
    Basis.SHARE: N_("The first per cent of customers by value"),
    Basis.POINTS: N_("Points for how lately, how often and how much"),
}
WITHINS = {
    Within.CURRENCY: N_("with all who pay in the same money"),
    Within.STORE: N_("with those of the same store"),
}
SCORINGS = {
    Scores.QUANTILE: N_("Each fifth of the customers gets one score"),
    Scores.STEPS: N_("Fixed limits"),
}
NUMBERS = (
    "core_percent",
    "important_percent",
    "core_points",
    "important_points",
    "core_purchases",
    "important_purchases",
)
LIMITS = ("recency_days", "purchases", *(f"value_{currency}" for currency in CURRENCIES))


@web.route("/office/tiers", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
def office_tiers() -> Any:
    if request.method == "GET":
        return _page(Form(values=_values_of(tiers.rules_in_force(moment()).rules)))
    if not actor().is_head_office:
        raise Forbidden
    form = Reader(request.form, zone=DEFAULT_ZONE)
    try:
        rules = _read(form)
        note = form.text("note", longest=LONGEST_NOTE)
        number = form.required_integer("number")
        effective_at = form.moment("effective_at")
        form.check()
        if request.form.get("do") != "save":
            preview = tiers.preview(rules, actor=actor(), now=moment())
            return _page(form_of(request.form), preview=preview)
        with transaction():
            saved = tiers.save_rules(
                rules, note=note, number=number, effective_at=effective_at, actor=actor(), now=moment()
            )
    except (Invalid, Conflict) as problem:
        return _page(form_of(request.form, problem)), problem.status
    if saved.effective_at is not None and saved.effective_at > moment():
        return done(_("Version %(number)s is saved for later.", number=saved.number), to("office_tiers"))
    said = _("Version %(number)s is in force. The customers move within a few minutes.", number=saved.number)
    return done(said, to("office_tiers"))


def _page(form: Form, *, preview: Preview | None = None) -> str:
    now: datetime = moment()
    stores = own_stores(actor())
    versions = tiers.versions(limit=20)
    standing = {one.store_id: one for one in tiers.standings(actor())}
    form.values.setdefault("number", versions[0].number if versions else 0)
    return page(
        "office/tiers.html",
        stores=stores,
        store_names={store.id: store.name for store in stores},
        standing=standing,
        in_force=tiers.rules_in_force(now),
        versions=versions,
        form=form,
        preview=preview,
        bases=[(value.value, _(words)) for value, words in BASES.items()],
        withins=[(value.value, _(words)) for value, words in WITHINS.items()],
        scorings=[(value.value, _(words)) for value, words in SCORINGS.items()],
        currencies=CURRENCIES,
        steps=range(1, STEPS + 1),
        may_change=actor().is_head_office,
        zone=DEFAULT_ZONE,
        now=now,
        money=money,
        longest_note=LONGEST_NOTE,
    )


def _read(form: Reader) -> TierRules:
    settings: dict[str, Any] = {
        "basis": form.choice("basis", [*Basis]),
        "within": form.choice("within", [*Within]),
        "scores": form.choice("scores", [*Scores]),
    }
    settings |= {name: form.required_integer(name, highest=1000) for name in NUMBERS}
    limits = {
        name: [form.required_integer(f"{name}-{step}", highest=100_000_000) for step in range(1, STEPS + 1)]
        for name in LIMITS
    }
    settings["steps"] = {
        "recency_days": limits["recency_days"],
        "purchases": limits["purchases"],
        "value": {currency: limits[f"value_{currency}"] for currency in CURRENCIES},
    }
    form.check()
    return from_json(settings)


def _values_of(rules: TierRules) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(rules, name) for name in NUMBERS}
    values |= {"basis": str(rules.basis), "within": str(rules.within), "scores": str(rules.scores)}
    found = {"recency_days": rules.steps.recency_days, "purchases": rules.steps.purchases}
    found |= {f"value_{currency}": rules.steps.value[currency] for currency in CURRENCIES}
    for name, limits in found.items():
        values |= {f"{name}-{step}": limit for step, limit in enumerate(limits, start=1)}
    return values
