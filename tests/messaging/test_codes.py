"""Each code of Twilio that we know, and what it asks of us."""

from __future__ import annotations

import pytest

from app.messaging.providers import UNMAPPED, Act, ConfigFailure, OptedOut, Permanent, Retry, Unknown
from app.messaging.providers.twilio import outcome_of_error
from app.messaging.providers.twilio_codes import MEANINGS, meaning_of


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (20429, Retry),
        (14107, Retry),
        (21611, Retry),
        (63038, Retry),
        (20500, Unknown),
        (20503, Unknown),
        (20003, ConfigFailure),
        (20404, ConfigFailure),
        (21606, ConfigFailure),
        (21212, ConfigFailure),
        (21601, ConfigFailure),
        (21603, ConfigFailure),
        (21703, ConfigFailure),
        (21704, ConfigFailure),
        (21705, ConfigFailure),
        (30002, ConfigFailure),
        (21610, OptedOut),
        (21211, Permanent),
        (21614, Permanent),
        (21635, Permanent),
        (21408, Permanent),
        (21612, Permanent),
        (21608, Permanent),
        (21602, Permanent),
        (21617, Permanent),
        (21619, Permanent),
        (30034, Permanent),
    ],
)
def test_a_refused_request_ends_as_its_code_says(code, kind):
    assert isinstance(outcome_of_error(status=400, code=code), kind)


@pytest.mark.parametrize("code", [21211, 21614, 21635])
def test_a_number_that_is_none_is_known_as_bad(code):
    assert outcome_of_error(status=400, code=code) == Permanent(code=code, http_status=400, number_is_bad=True)


@pytest.mark.parametrize("code", [21408, 21612, 21608, 21617])
def test_a_refusal_that_is_not_about_the_number_leaves_it_alone(code):
    outcome = outcome_of_error(status=400, code=code)
    assert isinstance(outcome, Permanent)
    assert not outcome.number_is_bad


def test_a_full_queue_waits_minutes_and_says_so():
    outcome = outcome_of_error(status=400, code=21611)
    assert isinstance(outcome, Retry)
    assert (outcome.is_full, meaning_of(21611).wait_seconds) == (True, 300)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_unknown_whatever_its_code(status):
    assert isinstance(outcome_of_error(status=status, code=21211), Unknown)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_unknown_code_of_a_refused_key_is_the_accounts_failure(status):
    assert isinstance(outcome_of_error(status=status, code=None), ConfigFailure)


def test_a_code_that_nobody_knows_ends_the_text_visibly():
    outcome = outcome_of_error(status=400, code=59999)
    assert outcome == Permanent(code=59999, http_status=400)
    assert meaning_of(59999) is UNMAPPED


@pytest.mark.parametrize(
    ("code", "times"),
    [(30003, 2), (30008, 1), (30001, 2), (30017, 2), (30022, 2), (30023, 1), (30027, 1), (63038, 1), (30036, 1)],
)
def test_a_passing_failure_is_worth_a_new_row(code, times):
    assert meaning_of(code).resends == times


@pytest.mark.parametrize(
    "code", [30002, 30004, 30005, 30006, 30007, 30018, 30032, 30034, 30410, 30450, 30610, 30640, 21610, 59999]
)
def test_a_lasting_or_doubtful_failure_is_never_sent_again(code):
    assert meaning_of(code).resends == 0


@pytest.mark.parametrize("code", [20003, 20404, 21606, 30002, 30018, 30032, 30034, 21408, 21617, 11200, 11205])
def test_head_office_hears_of_what_only_people_can_mend(code):
    assert meaning_of(code).tells_office


def test_a_doubtful_one_is_never_tried_again_by_itself():
    assert {code for code, meaning in MEANINGS.items() if meaning.act is Act.UNCLEAR and meaning.resends} == set()
