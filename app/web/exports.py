"""Taking a list away as a table: the links beside a list, and the page on which head office asks for whole numbers."""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.careplans import reasons as care_reasons
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.people.access import Role
from app.people.auth import requires
from app.reports import export_answers
from app.reports.export_lists import LISTS
from app.reports.exports import Format
from app.web import complaints, contacts, file_words, hand_overs, lapsed, words
from app.web.forms import Form, form_of
from app.web.office import texts
from app.web.pages import actor, page, web

DESK = (Role.SUPERVISOR, Role.HEAD_OFFICE)
NOT_FILTERS = frozenset({"cursor", "format", "offer", "full_numbers", "reason", "csrf_token", "back"})
MESSAGE_STATES = {
    "pending": N_("waiting"),
    "claimed": N_("waiting"),
    "submitting": N_("on its way"),
    "submitted": N_("on its way"),
    "unknown": N_("unclear"),
    "sent": N_("sent"),
    "delivered": N_("arrived"),
    "undelivered": N_("not arrived"),
    "failed": N_("failed"),
    "needs_attention": N_("needs a look"),
    "suppressed": N_("not sent"),
    "expired": N_("too late"),
    "canceled": N_("taken back"),
}
WORD_LISTS: dict[str, Any] = {
    "TIERS": words.TIERS,
    "LOCALE_WORDS": words.LOCALES,
    "SPOKEN": words.SPOKEN,
    "GENDERS": words.GENDERS,
    "CALENDARS": {"solar": N_("solar"), "lunar": N_("lunar")},
    "OCCUPATIONS": file_words.OCCUPATIONS,
    "INDUSTRIES": file_words.INDUSTRIES,
    "INCOME_BANDS": file_words.INCOME_BANDS,
    "RELATIONS": {**file_words.RELATIONS, "file": N_("Customer")},
    "ROLES": words.ROLES,
    "TASK_TYPES": words.TASK_TYPES,
    "REASONS": words.REASONS,
    "STATUSES": words.STATUSES,
    "END_REASONS": words.END_REASONS,
    "STAGES": complaints.STAGES,
    "MESSAGE_KINDS": texts.KINDS,
    "MESSAGE_STATES": MESSAGE_STATES,
    "POINT_RULES": words.POINT_RULES,
    "ENTRY_STATES": words.ENTRY_STATES,
    "CONTACT_KINDS": words.CONTACT_KINDS,
    "OCCURRENCE_STATES": contacts.STATES,
    "OCCURRENCE_REASONS": care_reasons.WORDS,
    "REFERRAL_STATES": lapsed.REFERRAL_STATES,
    "HAND_OVER_REASONS": hand_overs.REASONS,
    "HAND_OVER_STATES": hand_overs.STATES,
    "HAND_OVER_ANSWERS": hand_overs.ANSWERS,
}


@web.get("/exports")
@requires(*DESK)
def all_exports() -> str:
    return page("exports.html", lists=[one for one in LISTS.values() if actor().role in one.roles])


@web.get("/exports/<key>")
@requires(*DESK)
def export(key: str) -> AnyResponse:
    """The list as it stands, with masked numbers."""
    wanted = request.args.get("format", "csv")
    if wanted not in set(Format):
        raise NotFound
    return export_answers.answer(key, _filters(), format=Format(wanted), words_of=_word)


@web.route("/exports/<key>/numbers", methods=["GET", "POST"])
@requires(Role.HEAD_OFFICE)
def export_numbers(key: str) -> Any:
    """Whole phone numbers leave the house only for a reason that is kept."""
    chosen = LISTS.get(key)
    if chosen is None or not chosen.has_phones:
        raise NotFound
    if request.method == "GET":
        return page("export_numbers.html", chosen=chosen, form=Form(values={"reason": "", "format": "xlsx"}))
    wanted = request.form.get("format", "xlsx")
    try:
        return export_answers.answer(
            key,
            _filters(),
            format=Format(wanted) if wanted in set(Format) else Format.XLSX,
            full_numbers=True,
            reason=request.form.get("reason", ""),
            words_of=_word,
        )
    except Invalid as problem:
        return page("export_numbers.html", chosen=chosen, form=form_of(request.form, problem)), problem.status


@web.app_template_global()
def export_address(key: str, format: str, **fixed: Any) -> str:
    """Where this list, narrowed as on this page, is to be had as a file."""
    query = {**_filters(), **{name: value for name, value in fixed.items() if value not in (None, "")}}
    if format == "numbers":
        return url_for("web.export_numbers", key=key, **query)
    return url_for("web.export", key=key, format=format, **query)


def _filters() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name not in NOT_FILTERS and value}


def _word(name: str, value: str) -> str:
    """The words in English; a reason of the policy is a sentence already."""
    return value if name == "SENTENCE" else str(WORD_LISTS[name].get(value, value))
