import pytest
from sqlalchemy import text

from app.core.db import db

PASSWORD = "a-long-password-1"
OPEN = ("company", "open", "--name", "葉翠珊", "--phone", "+85251000001", "--password")


@pytest.fixture
def run(app, fresh_database):
    """Runs a flask command against a database of its own."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=list(words))


def count(table: str) -> int:
    db.session.rollback()
    return db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_a_company_opens_with_checklists_texts_rules_and_a_login_that_works(run, app):
    done = run(*OPEN, PASSWORD)
    assert done.exit_code == 0, done.output
    assert count("checklist_version") == 10
    assert count("message_template")
    assert count("points_rule")
    answer = app.test_client().post("/api/v1/sessions", json={"phone": "+85251000001", "password": PASSWORD})
    assert answer.status_code in (200, 201)
    assert answer.json["staff"]["role"] == "head_office"


def test_a_company_opens_once(run):
    run(*OPEN, PASSWORD)
    again = run(*OPEN, PASSWORD)
    assert again.exit_code == 1
    assert count("staff") == 1


@pytest.mark.parametrize(
    ("phone", "password"), [("12", PASSWORD), ("+85251000001", "short")], ids=["no phone number", "short password"]
)
def test_a_wrong_first_login_is_refused_with_the_reason_and_leaves_nothing(run, phone, password):
    refused = run("company", "open", "--name", "A", "--phone", phone, "--password", password)
    assert refused.exit_code == 1
    assert "Error" in refused.output
    assert count("staff") + count("checklist_version") == 0


def test_the_outbox_can_be_looked_at(run):
    assert "due 0  dead 0" in run("outbox", "status").output
    assert "No dead letters" in run("outbox", "dead").output
    assert run("outbox", "retry").exit_code == 2
    assert "0 due again" in run("outbox", "retry", "--all").output


def test_the_tiers_are_computed_by_hand(run):
    done = run("tiers", "compute")
    assert done.exit_code == 0, done.output
    assert "0 customers moved" in done.output
