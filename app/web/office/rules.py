"""Point rules: every published version with its four questions, and the next one."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.i18n import LOCALES
from app.people.access import Role
from app.people.auth import requires
from app.points import queries, service
from app.points.models import PointsRule
from app.points.rules import MAX_AMOUNT, PARAM_LIMITS, ZERO_RULES, RuleKey
from app.points.service import QUESTIONS, RuleChange
from app.web.formats import DEFAULT_ZONE
from app.web.forms import Form, Reader, form_of
from app.web.pages import actor, done, moment, page, to, web


@web.get("/office/rules")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
def office_rules() -> str:
    found = queries.published_rules(actor(), now=moment(), cursor=request.args.get("cursor"), limit=10)
    return page("office/rules.html", versions=found.rows, next_cursor=found.next_cursor, zone=DEFAULT_ZONE)


@web.route("/office/rules/new", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def office_new_rules() -> Any:
    latest = queries.published_rules(actor(), now=moment(), limit=1).rows
    standing: list[PointsRule] = list(latest[0].rules) if latest else []
    if request.method == "GET":
        return _edit_page(standing, Form(values=_values_of(standing)))
    form = Reader(request.form, zone=DEFAULT_ZONE)
    try:
        changes = [change for rule in standing if (change := _read_change(form, rule))]
        summary = {locale: form.text(f"summary-{locale}", required=True, longest=2000) for locale in LOCALES}
        valid_from = form.moment("valid_from")
        form.check()
        with transaction():
            published = service.publish(changes, summary=summary, valid_from=valid_from, actor=actor(), now=moment())
    except (Invalid, Conflict) as problem:
        return _edit_page(standing, form_of(request.form, problem)), problem.status
    said = _("Version %(version)s is published. Associates are asked to read it.", version=published.version)
    return done(said, to("office_rules"))


def _read_change(form: Reader, rule: PointsRule) -> RuleChange | None:
    """What the form says differently about one rule; None for nothing."""
    key = RuleKey(rule.key)
    amount = rule.amount if key in ZERO_RULES else form.required_integer(f"{key}-amount", highest=MAX_AMOUNT)
    limits = PARAM_LIMITS.get(key, {})
    params = {name: form.required_integer(f"{key}-{name}", highest=limit) for name, limit in limits.items()}
    texts = {
        question: words
        for question in QUESTIONS
        if (words := {locale: form.text(f"{key}-{question}-{locale}", longest=2000) for locale in LOCALES})
        != rule.four_questions[question]
    }
    if amount == rule.amount and params == dict(rule.params) and not texts:
        return None
    return RuleChange(key=key, amount=amount, params=params if limits else None, texts=texts)


def _values_of(rules: list[PointsRule]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for rule in rules:
        values[f"{rule.key}-amount"] = rule.amount
        values |= {f"{rule.key}-{name}": value for name, value in rule.params.items()}
        for question, words in rule.four_questions.items():
            values |= {f"{rule.key}-{question}-{locale}": words.get(locale, "") for locale in LOCALES}
    return values


def _edit_page(rules: list[PointsRule], form: Form) -> str:
    return page(
        "office/rules_edit.html",
        rules=rules,
        form=form,
        zero_rules=ZERO_RULES,
        limits=PARAM_LIMITS,
        questions=QUESTIONS,
        most=MAX_AMOUNT,
    )
