"""What this slice refuses, in the words of the store."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden
from app.core.i18n import N_


class CaseClosed(Conflict):
    code = "complaint-already-closed"
    message = N_("This complaint is already closed.")


class WrongStage(Conflict):
    code = "wrong-stage"
    message = N_("This step does not fit how far the complaint is.")


class NotYourCase(Forbidden):
    code = "not-your-case"
    message = N_("This step belongs to whoever handles the case.")


class AnswerMissing(Conflict):
    """R14: a case ends with the customer's word, never with ours."""

    code = "customers-answer-missing"
    message = N_("A complaint closes only when the customer has said that it is put right.")


class AnotherCaseOpen(Conflict):
    code = "another-case-open"
    message = N_("This household has another open complaint. Continue there.")
